//! The seam to the network: one request out, one answer back.

use bytes::Bytes;
use futures_util::future::BoxFuture;

/// Why no complete answer came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// Nothing was sent: the name did not resolve or the connection was refused.
    #[error("could not connect to the upstream")]
    Connect,
    /// Sent, and no complete answer in time.
    #[error("the upstream did not answer in time")]
    Timeout,
    /// Sent, and the connection broke.
    #[error("the connection to the upstream broke")]
    Broken,
    /// The answer is longer than we accept.
    #[error("the upstream's answer is too large")]
    TooLarge,
}

impl WireError {
    /// Whether the upstream may have acted on the request.
    pub fn may_have_acted(self) -> bool {
        self != Self::Connect
    }
}

/// Sends one HTTP request. The network is one implementation; tests record with another.
pub trait Wire: Send + Sync {
    /// Sends and reads the whole answer.
    fn send(&self, request: http::Request<Bytes>) -> BoxFuture<'_, Result<http::Response<Bytes>, WireError>>;
}
