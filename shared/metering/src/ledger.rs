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
                // That took its time, so that some may have given up since.
                for (row, written) in rows.iter().zip(waiting).filter(|(_, written)| !written.is_closed()) {
                    let _ = written.send(write_alone(&store, row).await);
                }
            }
        }
    }
}

/// One bad row must not take the others of its group with it.
async fn write_alone(store: &Store, row: &CallRow) -> Result<(), LedgerError> {
    let result = match store.system().insert_calls(std::slice::from_ref(row)).await {
        // The group was committed, and only the database's word for it was lost.
        Err(StoreError::Conflict { .. }) if is_written(store, row).await => Ok(()),
        result => result,
    };
    result.map_err(|error| {
        tracing::error!(call_id = %row.call_id, tenant_id = %row.tenant_id, %error, "a ledger row was not written");
        LedgerError::NotWritten
    })
}

async fn is_written(store: &Store, row: &CallRow) -> bool {
    matches!(store.tenant(row.tenant_id).find_call(row.call_id).await, Ok(Some(found)) if found == *row)
}

#[cfg(test)]
mod tests {
    use turnpike_core::{Ambient, Currency, Micros, Outcome, TenantId};
    use turnpike_store::NewTenant;

    use super::*;

    fn row(ids: &Ambient, tenant_id: TenantId) -> CallRow {
        CallRow {
            call_id: ids.id(),
            tenant_id,
            connection_id: None,
            principal: "key:1".into(),
            grant_id: None,
            client: None,
            integration: "google-ads".into(),
            tool: "list_campaigns".into(),
            outcome: Outcome::Success,
            class: None,
            list_price: Micros(4_000),
            price: Micros(4_000),
            currency: Currency::USD,
            units: 4,
            price_version: 0,
            started_at: ids.now(),
            duration_micros: 1,
            upstream_requests: 1,
            answer_rows: 0,
            steps: "[]".into(),
            arguments_digest: "digest".into(),
            trace_id: None,
            sandbox: false,
        }
    }

    #[tokio::test]
    async fn a_row_whose_commit_was_not_heard_of_is_recorded_and_another_of_its_id_is_not() {
        let (folder, ids) = (tempfile::tempdir().unwrap(), Ambient::system());
        let store = Store::open(&format!("sqlite:{}", folder.path().join("turnpike.db").display()), 2).await.unwrap();
        store.migrate().await.unwrap();
        let tenant = NewTenant { id: ids.id(), name: "one".into(), created_at: ids.now() };
        store.system().insert_tenant(&tenant).await.unwrap();
        let row = row(&ids, tenant.id);
        store.system().insert_calls(std::slice::from_ref(&row)).await.unwrap();
        let (ledger, _writer) = Ledger::start(store.clone());
        ledger.record(row.clone()).await.unwrap();
        let other = ledger.record(CallRow { units: 5, ..row }).await;
        assert!(matches!(other, Err(LedgerError::NotWritten)), "{other:?}");
        assert_eq!(store.system().count_calls().await.unwrap(), 1);
    }
}
