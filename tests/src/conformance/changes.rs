//! Announcements of changed lists, from the tool that makes them to every open `subscriptions/listen`.

use rmcp::service::SubscriptionContext;
use tokio::sync::broadcast::{self, error::RecvError};

/// More than the suites ever announce while one stream is slow.
const BACKLOG: usize = 16;

/// What changed.
#[derive(Clone, Copy)]
pub(super) enum Change {
    Tools,
    Prompts,
}

/// The one thing that clones of the fixture share.
#[derive(Clone)]
pub(super) struct Changes(broadcast::Sender<Change>);

impl Changes {
    pub(super) fn new() -> Self {
        Self(broadcast::Sender::new(BACKLOG))
    }

    pub(super) fn announce(&self, change: Change) {
        // An error only says that nobody listens.
        let _ = self.0.send(change);
    }

    /// Passes on what the client asked for until it closes the stream.
    pub(super) async fn forward(&self, subscription: &SubscriptionContext) {
        let mut changes = self.0.subscribe();
        loop {
            let change = tokio::select! {
                () = subscription.cancelled() => return,
                change = changes.recv() => change,
            };
            let sent = match change {
                Ok(Change::Tools) if subscription.accepted().tools_list_changed == Some(true) => {
                    subscription.sink().notify_tool_list_changed().await
                }
                Ok(Change::Prompts) if subscription.accepted().prompts_list_changed == Some(true) => {
                    subscription.sink().notify_prompt_list_changed().await
                }
                Ok(_) | Err(RecvError::Lagged(_)) => Ok(()),
                Err(RecvError::Closed) => return,
            };
            if sent.is_err() {
                return;
            }
        }
    }
}
