//! The end: what is left to write is written, and nothing waits for ever.

use std::{future::Future, time::Duration};

use anyhow::Result;
use tokio::time::timeout;

use super::App;

/// How long the end waits for each thing that should have ended by then.
pub(super) const LAST_PATIENCE: Duration = Duration::from_secs(15);
/// How long it waits for what is one statement.
const SHORT_PATIENCE: Duration = Duration::from_secs(5);

impl App {
    /// Stops what no call waits for; waits for mails, for refreshes and for the ledger.
    pub async fn finish(self) -> Result<()> {
        let Self { operator, gateway, portal, ledger, arguments, .. } = self;
        within(LAST_PATIENCE, portal.finish(), "a mail is still on its way and is given up").await;
        drop(portal);
        within(SHORT_PATIENCE, gateway.stop_background(), "a read in the background does not end and is given up")
            .await;
        let late = "a refresh has not ended and is cut off; its connection may need a person";
        within(LAST_PATIENCE, operator.vault.drain(), late).await;
        let late = "the database does not answer; the last use of credentials is not written down";
        if let Some(Err(error)) = within(SHORT_PATIENCE, gateway.authenticator().flush_last_used(), late).await {
            tracing::warn!(%error, "the last use of credentials was not written down");
        }
        drop(gateway);
        within(LAST_PATIENCE, ledger, "a call still holds the ledger; it is left behind").await;
        within(LAST_PATIENCE, arguments, "the arguments of the last calls are not kept").await;
        tracing::info!("stopped");
        Ok(())
    }
}

/// Waits for so long; `None` when it was not enough.
pub(super) async fn within<T>(patience: Duration, end: impl Future<Output = T>, late: &'static str) -> Option<T> {
    let ended = timeout(patience, end).await.ok();
    if ended.is_none() {
        tracing::warn!("{late}");
    }
    ended
}
