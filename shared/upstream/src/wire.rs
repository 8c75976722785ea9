//! The network.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt as _, future::BoxFuture};
use reqwest::{Client, redirect::Policy};
use turnpike_core::{Wire, WireError};

/// The largest answer that is read.
const LARGEST: usize = 32 << 20;

/// Sends over the network. Follows no redirect: a credential goes to the host it was meant for and to no other.
pub struct NetworkWire(Client);

impl NetworkWire {
    /// A client with bounded patience.
    pub fn new() -> Result<Self, reqwest::Error> {
        let client = Client::builder()
            .redirect(Policy::none())
            .connect_timeout(Duration::from_secs(5))
            .timeout(Duration::from_secs(40))
            .pool_idle_timeout(Duration::from_secs(60))
            .tcp_nodelay(true)
            .no_proxy()
            .build()?;
        Ok(Self(client))
    }

    async fn exchange(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, WireError> {
        let request = reqwest::Request::try_from(request).map_err(|_| WireError::Connect)?;
        let response = self.0.execute(request).await.map_err(error)?;
        let (status, headers) = (response.status(), response.headers().clone());
        let mut body = BytesMut::new();
        let mut chunks = response.bytes_stream();
        while let Some(chunk) = chunks.next().await {
            body.extend_from_slice(&chunk.map_err(error)?);
            if body.len() > LARGEST {
                return Err(WireError::TooLarge);
            }
        }
        let mut answer = http::Response::new(body.freeze());
        *answer.status_mut() = status;
        *answer.headers_mut() = headers;
        Ok(answer)
    }
}

impl Wire for NetworkWire {
    fn send(&self, request: http::Request<Bytes>) -> BoxFuture<'_, Result<http::Response<Bytes>, WireError>> {
        Box::pin(self.exchange(request))
    }
}

/// The library's error names the URL; ours does not.
fn error(error: reqwest::Error) -> WireError {
    if error.is_connect() {
        WireError::Connect
    } else if error.is_timeout() {
        WireError::Timeout
    } else {
        WireError::Broken
    }
}
