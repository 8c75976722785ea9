//! Whether a connection works, by one request that costs nothing.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use turnpike_core::{Class, Fault, Handles};
use turnpike_sdk::{CallScope, Connection, Cx, Egress, Link, Request, Response, ToolError};

use crate::{Lane, Upstream};

/// How long a vendor may take.
const PATIENCE: Duration = Duration::from_secs(20);

impl Upstream {
    /// Sends the first of the requests that tell which accounts a connection reaches, and no other: that it is answered shows
    /// that credential, version and vendor are in order. A credential that has ended is renewed on the way, and a grant that
    /// is gone marks the connection, as when a call meets it.
    pub async fn probe(&self, connection: Arc<Connection>, handles: Handles) -> Result<(), ToolError> {
        let now = self.now();
        let not_served = || ToolError::Bug(format!("integration {} is not served here", connection.integration));
        let lane = Arc::new(self.lane(connection.clone(), now.plus(PATIENCE)).ok_or_else(not_served)?);
        let route = self.find_route(&connection.integration).ok_or_else(not_served)?;
        let first =
            Arc::new(FirstOnly { lane: lane.clone(), asked: AtomicBool::new(false), good: AtomicBool::new(false) });
        let cx = Cx::new(CallScope {
            now,
            tool: "accounts",
            principal: "probe".into(),
            connection: connection.clone(),
            version: route.version.clone(),
            egress: first.clone(),
            handles,
        });
        let found = (route.integration.accounts)(cx).await;
        match found {
            _ if first.good.load(Ordering::Relaxed) => Ok(()),
            Ok(_) => Ok(()),
            Err(error) => Err(lane.own_fault().map_or(error, ToolError::Bug)),
        }
    }
}

/// Lets one request pass.
struct FirstOnly {
    lane: Arc<Lane>,
    asked: AtomicBool,
    good: AtomicBool,
}

impl Egress for FirstOnly {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, Fault>> {
        Box::pin(async move {
            if self.asked.swap(true, Ordering::Relaxed) {
                return Err(enough());
            }
            let answered = self.lane.send(request).await;
            if answered.is_ok() {
                self.good.store(true, Ordering::Relaxed);
            }
            answered
        })
    }

    fn download<'a>(&'a self, _: &'a Link) -> BoxFuture<'a, Result<Bytes, Fault>> {
        Box::pin(std::future::ready(Err(enough())))
    }

    fn warn(&self, _: &str) {}
}

/// Seen by nobody: the first answer is the result.
fn enough() -> Fault {
    Fault::new(Class::BadRequest, "one request is enough")
}
