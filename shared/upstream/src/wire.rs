//! The network.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt as _, future::BoxFuture};
use reqwest::{Client, redirect::Policy};
use turnpike_core::{Wire, WireError};

/// The largest answer that is read, and the largest content of a packed file.
pub(crate) const LARGEST: usize = 32 << 20;

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

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(query: &str) -> String {
        let request = http::Request::get(format!("https://host.example/path?{query}")).body(Bytes::new()).unwrap();
        reqwest::Request::try_from(request).unwrap().url().query().unwrap().to_owned()
    }

    #[test]
    fn a_query_that_is_already_encoded_is_sent_byte_for_byte() {
        for query in [
            "accounts=List(urn%3Ali%3AsponsoredAccount%3A1,urn%3Ali%3AsponsoredAccount%3A2)",
            "dateRange=(start:(year:2026,month:11,day:1),end:(year:2026,month:11,day:7))",
            "name=a*b~c!d",
            "name=50%25%20off%20%2B%20A%2FB%3DC%3F",
            "urns=List(urn%3Ali%3AstaffCountRange%3A%2811%2C50%29)",
            "name=%E6%A0%AA&q=analytics&fields=impressions,clicks",
        ] {
            assert_eq!(sent(query), query);
        }
        // The one character that is rewritten, and therefore not taken in an encoded query.
        assert_eq!(sent("name=''"), "name=%27%27");
    }
}
