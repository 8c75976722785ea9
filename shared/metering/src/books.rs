//! The versions of the price book, and which was in force when.

use std::{
    sync::{Arc, PoisonError, RwLock, Weak},
    time::Duration,
};

use turnpike_config::BookText;
use turnpike_core::Timestamp;
use turnpike_store::{PriceVersion, Store, StoreError};

use crate::PriceBook;

/// How often the versions are read again. A version begins at least [`NOTICE`] after it was set, so that every process knows it.
const EVERY: Duration = Duration::from_secs(5);

/// How long before it is in force a version must be set.
pub const NOTICE: Duration = Duration::from_secs(60);

/// All versions of the price book. Cheap to clone; reads them again until the last clone is gone.
#[derive(Clone)]
pub struct Books(Arc<RwLock<Arc<Vec<Arc<PriceBook>>>>>);

impl Books {
    /// Reads the versions, and goes on reading them.
    pub async fn start(store: Store, settings: PriceBook) -> Result<Self, StoreError> {
        let settings = Arc::new(settings);
        let known = Arc::new(RwLock::new(Arc::new(read(&store, &settings).await?)));
        tokio::spawn(follow(store, settings, Arc::downgrade(&known)));
        Ok(Self(known))
    }

    /// The book in force at that time: of those that had begun, the one that was set last.
    pub fn at(&self, time: Timestamp) -> Arc<PriceBook> {
        let all = self.all();
        all.iter().rev().find(|book| book.effective_at <= time).unwrap_or(&all[0]).clone()
    }

    /// The book of that number. One that is not known any more is read as the first.
    pub fn version(&self, version: i64) -> Arc<PriceBook> {
        let all = self.all();
        all.iter().find(|book| book.version == version).unwrap_or(&all[0]).clone()
    }

    /// All of them, oldest first; the first is that of the settings.
    pub fn all(&self) -> Arc<Vec<Arc<PriceBook>>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

async fn read(store: &Store, settings: &Arc<PriceBook>) -> Result<Vec<Arc<PriceBook>>, StoreError> {
    let rows = store.system().list_price_versions().await?;
    let later = rows.into_iter().filter_map(|row| match of_row(&row) {
        Ok(book) => Some(Arc::new(book)),
        Err(error) => {
            tracing::error!(version = row.version, %error, "a version of the price book cannot be read");
            None
        }
    });
    Ok([settings.clone()].into_iter().chain(later).collect())
}

fn of_row(row: &PriceVersion) -> Result<PriceBook, serde_json::Error> {
    let BookText { prices, plans } = serde_json::from_str(&row.book_json)?;
    Ok(PriceBook { version: row.version, effective_at: row.effective_at, prices, plans })
}

async fn follow(store: Store, settings: Arc<PriceBook>, known: Weak<RwLock<Arc<Vec<Arc<PriceBook>>>>>) {
    loop {
        tokio::time::sleep(EVERY).await;
        let Some(known) = known.upgrade() else { return };
        match read(&store, &settings).await {
            Ok(books) => *known.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(books),
            Err(error) => tracing::warn!(%error, "the versions of the price book were not read again"),
        }
    }
}
