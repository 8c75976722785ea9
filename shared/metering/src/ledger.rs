//! The usage ledger: append-only, committed in groups, waited for.
//!
//! One task writes. It takes whatever has come while the last commit ran and commits that together, so that the rows of a
//! busy moment share one fsync and a lone row waits for nobody.

use std::time::Duration;

use tokio::{
    sync::{mpsc, oneshot},
    task::JoinHandle,
    time::timeout,
};
use turnpike_store::{CallRow, Store, StoreError};

/// Rows of one commit at most.
const GROUP: usize = 128;
/// How long a call waits for its row.
const PATIENCE: Duration = Duration::from_secs(10);

/// Why a call is not in the ledger.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The database failed.
    #[error("the usage ledger cannot be written")]
    NotWritten,
    /// The database did not answer in time.
    #[error("the usage ledger did not answer in time")]
    Timeout,
}

struct Entry {
    row: CallRow,
    written: oneshot::Sender<Result<(), LedgerError>>,
}

/// Writes the ledger. Cheap to clone; the writer ends when the last clone is gone.
#[derive(Clone)]
pub struct Ledger(mpsc::Sender<Entry>);

impl Ledger {
    /// Starts the writer. Await the handle after the last clone is dropped to know that all is written.
    pub fn start(store: Store) -> (Self, JoinHandle<()>) {
        let (sender, receiver) = mpsc::channel(4 * GROUP);
        (Self(sender), tokio::spawn(write_groups(store, receiver)))
    }

    /// Returns once the row is durable. An error means that it is not there: the caller must not serve the answer.
    pub async fn record(&self, row: CallRow) -> Result<(), LedgerError> {
        let (written, answer) = oneshot::channel();
        let record = async {
            self.0.send(Entry { row, written }).await.map_err(|_| LedgerError::NotWritten)?;
            answer.await.map_err(|_| LedgerError::NotWritten)?
        };
        timeout(PATIENCE, record).await.map_err(|_| LedgerError::Timeout)?
    }
}

async fn write_groups(store: Store, mut entries: mpsc::Receiver<Entry>) {
    let mut group = Vec::with_capacity(GROUP);
    while entries.recv_many(&mut group, GROUP).await > 0 {
        // Nobody waits for a row whose call gave up: it told its client that the call was not recorded.
        let (rows, waiting): (Vec<_>, Vec<_>) =
            group.drain(..).filter(|entry| !entry.written.is_closed()).map(|entry| (entry.row, entry.written)).unzip();
        match store.system().insert_calls(&rows).await {
            Ok(()) => waiting.into_iter().for_each(|written| drop(written.send(Ok(())))),
            Err(error) => {
                tracing::error!(rows = rows.len(), %error, "a group of ledger rows was not written; trying them one by one");
                for (row, written) in rows.iter().zip(waiting) {
                    let _ = written.send(write_alone(&store, row).await);
                }
            }
        }
    }
}

/// One bad row must not take the others of its group with it.
async fn write_alone(store: &Store, row: &CallRow) -> Result<(), LedgerError> {
    let result: Result<(), StoreError> = store.system().insert_calls(std::slice::from_ref(row)).await;
    result.map_err(|error| {
        tracing::error!(call_id = %row.call_id, tenant_id = %row.tenant_id, %error, "a ledger row was not written");
        LedgerError::NotWritten
    })
}
