//! Files that an upstream leaves behind a link: fetched with nothing of ours, and from few places.
//!
//! The link is a secret, and it is the upstream's word on where to send something. So nothing here knows a credential, no
//! header is put on, no redirect is followed, and the host must be one that the manifest or the operator has named.

use std::{
    io::Read as _,
    sync::{PoisonError, atomic::Ordering},
    time::Instant,
};

use bytes::Bytes;
use flate2::read::MultiGzDecoder;
use tracing::Instrument as _;
use turnpike_core::{Class, Fault, WireError};
use turnpike_sdk::{Effect, LINK_REFUSED, Link};
use turnpike_telemetry::{
    UpstreamSpan,
    metrics::{self, RequestSent},
    upstream_span,
};
use url::{Host, Url};

use super::{Lane, PAUSES, Step, millis_of, not_answered, stopped};
use crate::wire::LARGEST;

/// What a step says in the place of the path, which is a part of the secret.
const PATH: &str = "(a file by link)";
/// What every gzip file begins with.
const GZIP: [u8; 2] = [0x1f, 0x8b];

impl Lane {
    /// Fetches the file at `link`, unpacked.
    pub(super) async fn fetch(&self, link: &Link) -> Result<Bytes, Fault> {
        let url = Url::parse(link.expose())
            .map_err(|_| Fault::new(Class::Upstream, "the upstream's link to the file is none"))?;
        if !self.allows(&url) {
            // The host is no secret, the rest of the link is.
            let host = url.host_str().unwrap_or("nowhere");
            return Err(self.blame_us(&format!(
                "a file lies at {host}, from where no file may be fetched; if it is the vendor's, add it to the setting \
                 integrations.{}.download_hosts",
                self.connection.integration
            )));
        }
        let key = self.key(&url.origin().ascii_serialization(), "host");
        let mut attempt = 0;
        loop {
            attempt += 1;
            let now = self.upstream.now();
            let breakers = self.upstream.breakers();
            breakers
                .check(std::slice::from_ref(&key), now, self.deadline().since(now))
                .await
                .map_err(|why| stopped(why, std::slice::from_ref(&key)))?;
            let fault = match self.fetch_once(&url, attempt).await {
                Ok(packed) => {
                    breakers.healthy(std::slice::from_ref(&key), self.upstream.now());
                    return unpacked(packed).await;
                }
                Err(fault) => fault,
            };
            if fault.class == Class::Upstream {
                breakers.failed(&key, self.upstream.now());
            } else {
                breakers.healthy(std::slice::from_ref(&key), self.upstream.now());
            }
            match PAUSES.get(attempt as usize - 1) {
                Some(pause) if fault.class == Class::Upstream && self.has_time_for(*pause) => {
                    tokio::time::sleep(*pause).await;
                }
                _ => return Err(fault),
            }
        }
    }

    /// Whether a file may be fetched from there.
    fn allows(&self, url: &Url) -> bool {
        // A sandbox leaves its files with itself.
        let sandbox =
            |root: &str| Url::parse(root).is_ok_and(|root| root.origin() == url.origin() && is_loopback(&root));
        if sandbox(&self.endpoint.base_url) {
            return true;
        }
        let Some(Host::Domain(host)) = url.host() else { return false };
        let plain =
            url.scheme() == "https" && url.port().is_none() && url.username().is_empty() && url.password().is_none();
        plain && self.route.download_hosts.iter().any(|pattern| fits(host, pattern))
    }

    /// One attempt: sent bare, recorded without the link.
    async fn fetch_once(&self, url: &Url, attempt: u32) -> Result<Bytes, Fault> {
        let host = url.host_str().unwrap_or_default();
        let integration = &self.connection.integration;
        let span = upstream_span(&UpstreamSpan { method: "GET", integration, host, attempt });
        let request = http::Request::get(url.as_str())
            .body(Bytes::new())
            .map_err(|_| Fault::new(Class::Upstream, "the upstream's link to the file is none"))?;
        let began = Instant::now();
        self.in_flight.store(true, Ordering::Relaxed);
        let sent = self.upstream.wire().send(request).instrument(span.clone()).await;
        self.in_flight.store(false, Ordering::Relaxed);
        let took = began.elapsed();
        let (status, result) = match sent {
            Ok(answer) => (answer.status().as_u16(), file(answer)),
            Err(error) => (0, Err(not_answered(error, Effect::Read))),
        };
        let class = result.as_ref().err().map(|fault| fault.class);
        span.record("http.response.status_code", status);
        if let Some(class) = class {
            span.record("error.type", class.as_str());
            span.record("otel.status_code", "ERROR");
        }
        let integration = self.route.integration.manifest.name;
        // A vendor has as many hosts for files as it likes.
        metrics::request_sent(&RequestSent { integration, method: "GET", root: None, status, class, took });
        self.steps.lock().unwrap_or_else(PoisonError::into_inner).push(Step {
            method: "GET".into(),
            path: PATH.into(),
            status,
            millis: millis_of(took),
            class,
            request_id: None,
        });
        result
    }
}

/// The body of a good answer. What a bad one says may quote the link.
fn file(answer: http::Response<Bytes>) -> Result<Bytes, Fault> {
    let status = answer.status();
    if status.is_success() {
        return Ok(answer.into_body());
    }
    if status.is_client_error() && status != http::StatusCode::TOO_MANY_REQUESTS {
        let message = format!("the place of the file refused its link with HTTP status {}", status.as_u16());
        return Err(Fault { code: Some(LINK_REFUSED.into()), ..Fault::new(Class::BadRequest, message) });
    }
    Err(Fault::new(Class::Upstream, format!("the place of the file answered with HTTP status {}", status.as_u16())))
}

/// The file's content. Its length is known only while it is unpacked, so that is where the limit is.
async fn unpacked(packed: Bytes) -> Result<Bytes, Fault> {
    if !packed.starts_with(&GZIP) {
        return Ok(packed);
    }
    let unpack = tokio::task::spawn_blocking(move || {
        let mut plain = vec![];
        let limit = u64::try_from(LARGEST).unwrap_or(u64::MAX).saturating_add(1);
        MultiGzDecoder::new(&packed[..]).take(limit).read_to_end(&mut plain).map(|_| plain)
    });
    match unpack.await {
        Ok(Ok(plain)) if plain.len() <= LARGEST => Ok(plain.into()),
        Ok(Ok(_)) => Err(not_answered(WireError::TooLarge, Effect::Read)),
        _ => Err(Fault::new(Class::Upstream, "the upstream's file is damaged")),
    }
}

/// Whether the host is the pattern's, label by label; a `*` is a part of one label and never empty.
fn fits(host: &str, pattern: &str) -> bool {
    let (host, pattern): (Vec<_>, Vec<_>) = (host.split('.').collect(), pattern.split('.').collect());
    host.len() == pattern.len() && host.iter().zip(pattern).all(|(label, pattern)| label_fits(label, pattern))
}

fn label_fits(label: &str, pattern: &str) -> bool {
    match pattern.split_once('*') {
        None => label.eq_ignore_ascii_case(pattern),
        Some((before, after)) => {
            label.len() > before.len() + after.len() && label.starts_with(before) && label.ends_with(after)
        }
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

#[cfg(test)]
mod tests;
