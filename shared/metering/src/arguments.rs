//! The arguments of calls, kept for a while: written together now and then, and waited for by nobody. A crash loses those
//! of the last second.

use std::time::Duration;

use tokio::{
    sync::mpsc,
    task::JoinHandle,
    time::{Instant, timeout_at},
};
use turnpike_store::{CallArguments, Store};

/// How long the first of a batch waits for others.
const GATHERING: Duration = Duration::from_secs(1);
/// The most in one batch.
const BATCH: usize = 256;

/// Keeps the arguments of calls. Cheap to clone; the writer ends when the last clone is gone.
#[derive(Clone)]
pub struct ArgumentsKeeper(mpsc::Sender<CallArguments>);

impl ArgumentsKeeper {
    /// Starts the writer. Await the handle after the last clone is dropped to know that all is written.
    pub fn start(store: Store) -> (Self, JoinHandle<()>) {
        let (sender, receiver) = mpsc::channel(4 * BATCH);
        (Self(sender), tokio::spawn(write_batches(store, receiver)))
    }

    /// Keeps these. When more come than can be written, they are not kept.
    pub fn keep(&self, arguments: CallArguments) {
        if let Err(error) = self.0.try_send(arguments) {
            tracing::debug!(%error, "the arguments of a call are not kept");
        }
    }
}

async fn write_batches(store: Store, mut arriving: mpsc::Receiver<CallArguments>) {
    let mut batch = Vec::with_capacity(BATCH);
    while let Some(first) = arriving.recv().await {
        batch.push(first);
        gather(&mut arriving, &mut batch).await;
        if let Err(error) = store.system().insert_call_arguments(&batch).await {
            tracing::warn!(calls = batch.len(), %error, "the arguments of some calls are not kept");
        }
        batch.clear();
    }
}

/// Takes what arrives until the batch is full, its time is over, or nobody is left to send.
async fn gather(arriving: &mut mpsc::Receiver<CallArguments>, batch: &mut Vec<CallArguments>) {
    let end = Instant::now() + GATHERING;
    while batch.len() < BATCH {
        match timeout_at(end, arriving.recv_many(batch, BATCH - batch.len())).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use turnpike_core::{Ambient, CallId, TenantId};
    use turnpike_store::NewTenant;

    use super::*;

    #[tokio::test]
    async fn what_waits_is_written_when_nobody_is_left_who_could_send_more() {
        let (folder, ambient) = (tempfile::tempdir().unwrap(), Ambient::system());
        let store = Store::open(&format!("sqlite:{}", folder.path().join("turnpike.db").display()), 2).await.unwrap();
        store.migrate().await.unwrap();
        let (tenant_id, now): (TenantId, _) = (ambient.id(), ambient.now());
        let tenant = NewTenant { id: tenant_id, name: "one".into(), created_at: now };
        store.system().insert_tenant(&tenant).await.unwrap();
        let (keeper, written) = ArgumentsKeeper::start(store.clone());
        let calls: Vec<CallId> = (0..3).map(|_| ambient.id()).collect();
        for call_id in &calls {
            let expires_at = now.plus(Duration::from_secs(60));
            keeper.keep(CallArguments { tenant_id, call_id: *call_id, arguments_json: "{}".into(), expires_at });
        }
        drop(keeper);
        written.await.unwrap();
        for call_id in calls {
            assert_eq!(store.tenant(tenant_id).find_call_arguments(call_id, now).await.unwrap().as_deref(), Some("{}"));
        }
    }
}
