//! From a name to the addresses that may be connected to.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use futures_util::future::BoxFuture;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::EgressError;

/// Looks up the addresses of a name.
pub trait Names: Send + Sync {
    /// All of them. Port 0 stands for the usual one.
    fn find<'a>(&'a self, name: &'a str) -> BoxFuture<'a, io::Result<Vec<SocketAddr>>>;
}

/// Looks names up as every program on this machine does.
pub struct SystemNames;

impl Names for SystemNames {
    fn find<'a>(&'a self, name: &'a str) -> BoxFuture<'a, io::Result<Vec<SocketAddr>>> {
        Box::pin(async move { Ok(tokio::net::lookup_host((name, 0)).await?.collect()) })
    }
}

/// Gives the addresses of a name to the connection that is about to be made, if all of them may be connected to. One that
/// may not is reason enough to refuse the name: no honest host mixes them, and a dishonest one counts on the mix.
pub(super) struct Checked {
    pub(super) names: Arc<dyn Names>,
    pub(super) allowed: fn(IpAddr) -> bool,
}

impl Resolve for Checked {
    fn resolve(&self, name: Name) -> Resolving {
        let (names, allowed) = (self.names.clone(), self.allowed);
        Box::pin(async move {
            let found = names.find(name.as_str()).await.unwrap_or_default();
            if found.is_empty() {
                return Err(EgressError::Unknown.into());
            }
            if !found.iter().all(|address| allowed(address.ip())) {
                return Err(EgressError::Private.into());
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}
