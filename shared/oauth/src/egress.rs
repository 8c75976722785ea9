//! The one way to fetch what a stranger names: over https, from public addresses only, little and soon.

mod address;
mod names;
#[cfg(test)]
mod tests;

pub use address::is_public;
pub use names::{Names, SystemNames};

use std::{error::Error, net::IpAddr, sync::Arc, time::Duration};

use futures_util::StreamExt as _;
use http::{HeaderMap, StatusCode, header};
use reqwest::{Certificate, Client, redirect::Policy};
use serde_json::Value;
use url::{Host, Url};

use names::Checked;

/// The most bytes that are read, unpacked.
const LARGEST: usize = 64 << 10;
/// How long looking up, connecting and reading may take together.
const PATIENCE: Duration = Duration::from_secs(5);
/// Some hosts turn away who gives no name. It names no product: the deployment goes under the agency's.
const USER_AGENT: &str = "oauth-client-metadata/1.0";

/// Why nothing was fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EgressError {
    /// Another scheme than https.
    #[error("the address does not begin with https")]
    NotHttps,
    /// An IP address in whatever spelling, or a name without a dot.
    #[error("the address has no full host name")]
    NotAName,
    /// Another port than 443.
    #[error("the address names a port")]
    Port,
    /// The name has no address.
    #[error("the host name is not known")]
    Unknown,
    /// The name has an address that is not public.
    #[error("the host name leads into a private network")]
    Private,
    /// No connection, no good certificate, or one that broke.
    #[error("the host cannot be reached by https")]
    Unreachable,
    /// The time is over.
    #[error("the host took too long to answer")]
    TooSlow,
    /// It sends to another place.
    #[error("the host answered with a redirect")]
    Redirected,
    /// It does not have it.
    #[error("the host answered with status {0}")]
    Status(u16),
    /// More than is read.
    #[error("the answer is larger than 64 KiB")]
    TooLarge,
    /// It says that it is something else than JSON, or is.
    #[error("the answer is not JSON")]
    NotJson,
}

/// What was fetched.
#[derive(Debug)]
pub struct Answer {
    /// The headers, for how long it may be kept.
    pub headers: HeaderMap,
    /// The JSON.
    pub body: Value,
}

/// What a fetcher goes by. Tests put other names, addresses and roots in; a deployment uses [`Guard::public`] as it is.
pub struct Guard {
    /// Looks names up.
    pub names: Arc<dyn Names>,
    /// Which addresses may be connected to.
    pub allowed: fn(IpAddr) -> bool,
    /// Certificates that are trusted beside the machine's.
    pub roots: Vec<Certificate>,
    /// How long one fetch may take.
    pub patience: Duration,
}

impl Guard {
    /// Public addresses, found and trusted as the machine does, and five seconds.
    pub fn public() -> Self {
        Self { names: Arc::new(SystemNames), allowed: is_public, roots: vec![], patience: PATIENCE }
    }
}

/// Fetches JSON from where strangers say. Cheap to clone.
#[derive(Clone)]
pub struct Egress(Client);

impl Egress {
    /// For deployments: reaches public addresses only.
    pub fn public() -> Result<Self, reqwest::Error> {
        Self::new(Guard::public())
    }

    /// By another guard, for tests.
    pub fn new(guard: Guard) -> Result<Self, reqwest::Error> {
        let client = Client::builder()
            .https_only(true)
            .redirect(Policy::none())
            .referer(false)
            .no_proxy()
            .user_agent(USER_AGENT)
            .connect_timeout(guard.patience)
            .timeout(guard.patience)
            // Every fetch looks the name up, is checked, and connects to the addresses that were checked.
            .pool_max_idle_per_host(0)
            .dns_resolver(Arc::new(Checked { names: guard.names, allowed: guard.allowed }))
            .tls_certs_merge(guard.roots)
            .build()?;
        Ok(Self(client))
    }

    /// What stands at this URL, which must be JSON, and say so.
    pub async fn json(&self, url: &Url) -> Result<Answer, EgressError> {
        check(url)?;
        let request = self.0.get(url.clone()).header(header::ACCEPT, "application/json");
        let response = request.send().await.map_err(|error| fact(&error))?;
        match response.status() {
            StatusCode::OK => {}
            status if status.is_redirection() => return Err(EgressError::Redirected),
            status => return Err(EgressError::Status(status.as_u16())),
        }
        let headers = response.headers().clone();
        if !says_json(&headers) {
            return Err(EgressError::NotJson);
        }
        let mut body = vec![];
        let mut chunks = response.bytes_stream();
        while let Some(chunk) = chunks.next().await {
            body.extend_from_slice(&chunk.map_err(|error| fact(&error))?);
            if body.len() > LARGEST {
                return Err(EgressError::TooLarge);
            }
        }
        let body = serde_json::from_slice(&body).map_err(|_| EgressError::NotJson)?;
        Ok(Answer { headers, body })
    }
}

/// An IP address would be connected to without being looked up, and so without being checked: a name is asked for.
fn check(url: &Url) -> Result<(), EgressError> {
    if url.scheme() != "https" {
        return Err(EgressError::NotHttps);
    }
    match url.host() {
        Some(Host::Domain(name)) if name.trim_end_matches('.') == name && name.contains('.') => {}
        _ => return Err(EgressError::NotAName),
    }
    if url.port().is_some() { Err(EgressError::Port) } else { Ok(()) }
}

fn says_json(headers: &HeaderMap) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind == "application/json" || kind.starts_with("application/") && kind.ends_with("+json")
}

/// The library's error names the URL; ours does not.
fn fact(error: &reqwest::Error) -> EgressError {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(inner) = cause {
        if let Some(refused) = inner.downcast_ref::<EgressError>() {
            return *refused;
        }
        cause = inner.source();
    }
    if error.is_timeout() { EgressError::TooSlow } else { EgressError::Unreachable }
}
