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
pub struct Books {
    known: Arc<RwLock<Arc<Vec<Arc<PriceBook>>>>>,
    settings_are_a_version: bool,
}

impl Books {
    /// Reads the versions, and goes on reading them. What the settings say becomes one until somebody has subscribed or called;
    /// after that nothing is priced anew because a file has changed.
    pub async fn start(store: Store, settings: PriceBook, now: Timestamp) -> Result<Self, StoreError> {
        let settings = Arc::new(settings);
        let is_known = |books: &[Arc<PriceBook>]| {
            books.iter().any(|book| (&book.prices, &book.plans) == (&settings.prices, &settings.plans))
        };
        let mut books = read(&store, &settings).await?;
        if !is_known(&books) {
            // Perhaps another process is quicker, with the same.
            let book_json = serde_json::to_string(&settings.text()).unwrap_or_default();
            store.system().insert_price_version_of_settings(&book_json, now).await?;
            books = read(&store, &settings).await?;
        }
        let settings_are_a_version = is_known(&books);
        let known = Arc::new(RwLock::new(Arc::new(books)));
        tokio::spawn(follow(store, settings, Arc::downgrade(&known)));
        Ok(Self { known, settings_are_a_version })
    }

    /// Whether what the settings say of prices and plans is one of the versions. If not, nothing goes by it.
    pub fn settings_are_a_version(&self) -> bool {
        self.settings_are_a_version
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

    /// All of them, oldest first.
    pub fn all(&self) -> Arc<Vec<Arc<PriceBook>>> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

async fn read(store: &Store, settings: &Arc<PriceBook>) -> Result<Vec<Arc<PriceBook>>, StoreError> {
    let rows = store.system().list_price_versions().await?;
    let books = rows.into_iter().filter_map(|row| match of_row(&row) {
        Ok(book) => Some(Arc::new(book)),
        Err(error) => {
            tracing::error!(version = row.version, %error, "a version of the price book cannot be read");
            // There is always a first one.
            (row.version == settings.version).then(|| settings.clone())
        }
    });
    Ok(books.collect())
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
