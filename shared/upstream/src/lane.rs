//! A request to the upstream, step by step.

mod faults;
mod file;
mod quota;

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use serde::Serialize;
use tracing::Instrument as _;
use turnpike_breaker::Key;
use turnpike_core::{Class, Fault, Scope, Timestamp, WireError};
use turnpike_limiter::quota::Drawn;
use turnpike_sdk::{Connection, Effect, Egress, Hold, Link, Request, Response};
use turnpike_telemetry::{
    Traceparent, UpstreamSpan,
    metrics::{self, RequestSent},
    scrub, upstream_span,
};
use turnpike_vault::{Lease, Renewal, VaultError};

use self::faults::{broken_json, mends_itself, not_answered, not_settled, stopped};
use crate::{Endpoint, Route, Upstream, apply::apply};

/// How often a read is tried when the upstream fails, and the pauses between.
const PAUSES: [Duration; 2] = [Duration::from_millis(200), Duration::from_millis(800)];
/// The pauses in which a new access token may become known everywhere at the upstream.
const SETTLING: [Duration; 3] = [Duration::from_millis(300), Duration::from_millis(900), Duration::from_millis(1800)];
/// How long a connection is left alone whose new access token is still not known.
const UNSETTLED_HOLD: Duration = Duration::from_secs(5);
/// How often one request asks for another access token. Once is enough for a token that was given to it; what another replica
/// was given a while ago may have ended as well.
const MOST_RENEWALS: u32 = 3;
/// A hold without a named end.
const SHORT_HOLD: Duration = Duration::from_secs(30);
/// A hold because of what does not mend itself: it is tried again as rarely as this.
const LONG_HOLD: Duration = Duration::from_secs(60);
/// The longest hold that we believe.
const LONGEST_HOLD: Duration = Duration::from_secs(24 * 3600);

/// What one upstream request did, for the ledger.
#[derive(Clone, Debug, Serialize)]
pub struct Step {
    /// HTTP method.
    pub method: String,
    /// Path without query.
    pub path: String,
    /// HTTP status; nought when no answer came.
    pub status: u16,
    /// How long it took.
    pub millis: u64,
    /// Class of the failure, if it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<Class>,
    /// The vendor's id of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

/// The way out for one call. Remembers the steps it took.
pub struct Lane {
    upstream: Upstream,
    route: Route,
    endpoint: Endpoint,
    connection: Arc<Connection>,
    deadline: AtomicI64,
    steps: Mutex<Vec<Step>>,
    own_fault: Mutex<Option<String>>,
    keys_away_until: Mutex<Option<Timestamp>>,
    in_flight: AtomicBool,
}

impl Lane {
    pub(crate) fn new(
        upstream: Upstream,
        route: Route,
        endpoint: Endpoint,
        connection: Arc<Connection>,
        deadline: Timestamp,
    ) -> Self {
        Self {
            upstream,
            route,
            endpoint,
            connection,
            deadline: AtomicI64::new(deadline.micros()),
            steps: Mutex::default(),
            own_fault: Mutex::default(),
            keys_away_until: Mutex::default(),
            in_flight: AtomicBool::new(false),
        }
    }

    /// The upstream requests so far.
    pub fn steps(&self) -> Vec<Step> {
        self.steps.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Gives the work more time.
    pub fn extend(&self, deadline: Timestamp) {
        self.deadline.store(deadline.micros(), Ordering::Relaxed);
    }

    fn deadline(&self) -> Timestamp {
        Timestamp::from_micros(self.deadline.load(Ordering::Relaxed))
    }

    /// Set when a request failed through no fault of the upstream or the caller.
    pub fn own_fault(&self) -> Option<String> {
        self.own_fault.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Set when the credential could not be opened because the vault's key service is away: when it is worth trying again.
    pub fn keys_away_until(&self) -> Option<Timestamp> {
        *self.keys_away_until.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether an upstream request has been sent and not been answered.
    pub fn in_flight(&self) -> bool {
        self.in_flight.load(Ordering::Relaxed)
    }

    async fn send_guarded(&self, request: Request) -> Result<Response, Fault> {
        let renewal = self
            .upstream
            .renewal(&self.connection)
            .ok_or_else(|| self.blame_us("the integration is not served here"))?;
        let root = self.root(&request)?;
        let mut keys = vec![self.key(root, "host")];
        self.add_keys(&mut keys, root, &request, &format!("connection/{}", self.connection.id));
        if let Some(account) = &request.account {
            self.add_keys(&mut keys, root, &request, &format!("account/{account}"));
        }
        self.upstream.breakers().peek(&keys, self.upstream.now()).map_err(|why| stopped(why, &keys))?;

        let mut lease = self.upstream.vault().lease(&renewal).await.map_err(|error| self.not_leased(error))?;
        let app = match lease.credential.app() {
            Some(app) => format!("app/{app}"),
            None => format!("app/of/{}", self.connection.id),
        };
        self.add_keys(&mut keys, root, &request, &app);
        keys.push(self.credential_key(root, &lease));

        let began = self.upstream.now();
        let mut renewals = 0;
        let mut attempt = 0;
        let mut settling = SETTLING.iter();
        loop {
            let drawn = self.draw(&app, &request).await?;
            let now = self.upstream.now();
            // Last of all: whatever came in between, another process may have been told to wait.
            if let Err(why) = self.upstream.breakers().check(&keys, now, self.deadline().since(now)).await {
                self.give_back(drawn.as_ref()).await;
                return Err(stopped(why, &keys));
            }
            attempt += 1;
            let fault = match self.send_once(&request, root, &lease, attempt, drawn.as_ref()).await {
                Ok(response) => {
                    let now = self.upstream.now();
                    self.upstream.breakers().healthy(&keys[..1], now);
                    for hold in (self.route.integration.holds)(&response, now) {
                        self.stop(&keys, hold).await;
                    }
                    return Ok(response);
                }
                Err(fault) => fault,
            };
            match fault.class {
                Class::AuthExpired if renewals == 0 || renewals < MOST_RENEWALS && given_before(&lease, began) => {
                    renewals += 1;
                    // It has answered: a probe ends here, or nobody could ask while we refresh.
                    self.upstream.breakers().healthy(&keys[..1], self.upstream.now());
                    lease = Box::pin(self.renew(&renewal, &lease)).await?;
                    keys.pop();
                    keys.push(self.credential_key(root, &lease));
                    continue;
                }
                Class::AuthRevoked if let Some(settled_at) = self.settles_at(&lease) => {
                    self.upstream.breakers().healthy(&keys[..1], self.upstream.now());
                    match settling.next() {
                        // The token was refused, so that a write has done nothing and may go again.
                        Some(pause) if self.has_time_for(*pause) => tokio::time::sleep(*pause).await,
                        _ => {
                            let until = settled_at.min(now.plus(UNSETTLED_HOLD));
                            return Err(self.hold(&keys, not_settled(fault, until)).await);
                        }
                    }
                    continue;
                }
                Class::AuthRevoked => return Err(Box::pin(self.revoked(&keys, &renewal, &lease, fault)).await),
                Class::RateStorm | Class::QuotaDaily | Class::VersionDead => return Err(self.hold(&keys, fault).await),
                // The fresh token is refused as well: another would be, too, until a person connects again.
                Class::AuthExpired => return Err(self.hold(&keys, Fault { scope: Scope::Connection, ..fault }).await),
                Class::Upstream => self.upstream.breakers().failed(&keys[0], self.upstream.now()),
                _ => self.upstream.breakers().healthy(&keys[..1], self.upstream.now()),
            }
            match PAUSES.get(attempt as usize - 1) {
                Some(pause) if self.may_repeat(&request, &fault, *pause) => tokio::time::sleep(*pause).await,
                _ => return Err(fault),
            }
        }
    }

    /// One attempt: credential on, trace on, sent, recorded, classified.
    async fn send_once(
        &self,
        request: &Request,
        root: &str,
        lease: &Lease,
        attempt: u32,
        drawn: Option<&Drawn>,
    ) -> Result<Response, Fault> {
        let span = upstream_span(&UpstreamSpan {
            method: request.method.as_str(),
            integration: &self.connection.integration,
            host: root.split("://").nth(1).unwrap_or_default(),
            attempt,
        });
        let http = match self.to_http(request, root, lease, &span) {
            Ok(http) => http,
            Err(fault) => {
                self.give_back(drawn).await;
                return Err(fault);
            }
        };
        let began = Instant::now();
        self.in_flight.store(true, Ordering::Relaxed);
        let sent = self.upstream.wire().send(http).instrument(span.clone()).await;
        self.in_flight.store(false, Ordering::Relaxed);
        let took = began.elapsed();

        let (status, result) = match sent {
            Ok(answer) => {
                let (parts, body) = answer.into_parts();
                let response = Response { status: parts.status, headers: parts.headers, body };
                let fault = (self.route.integration.classify)(&response, self.upstream.now());
                let fault = fault.or_else(|| broken_json(&response, request.effect));
                // A vendor may quote what we sent.
                let fault = fault.map(|fault| Fault { message: scrub(&fault.message).into_owned(), ..fault });
                (parts.status.as_u16(), fault.map_or(Ok(response), Err))
            }
            Err(error) => {
                if error == WireError::Connect {
                    self.give_back(drawn).await;
                }
                (0, Err(not_answered(error, request.effect)))
            }
        };
        let fault = result.as_ref().err();
        span.record("http.response.status_code", status);
        if let Some(fault) = fault {
            span.record("error.type", fault.class.as_str());
            span.record("otel.status_code", "ERROR");
        }
        metrics::request_sent(&RequestSent {
            integration: self.route.integration.manifest.name,
            method: request.method.as_str(),
            root: Some(root),
            status,
            class: fault.map(|fault| fault.class),
            took,
        });
        self.steps.lock().unwrap_or_else(PoisonError::into_inner).push(Step {
            method: request.method.to_string(),
            path: request.path.clone(),
            status,
            millis: millis_of(took),
            class: fault.map(|fault| fault.class),
            request_id: fault.and_then(|fault| fault.request_id.clone()),
        });
        result
    }

    fn to_http(
        &self,
        request: &Request,
        root: &str,
        lease: &Lease,
        span: &tracing::Span,
    ) -> Result<http::Request<Bytes>, Fault> {
        if !request.path.starts_with('/') || !request.path.bytes().all(is_path_byte) || request.path.contains("..") {
            return Err(self.blame_us("a tool built a path with characters that do not belong there"));
        }
        if !request.raw_query.bytes().all(is_query_byte) {
            return Err(self.blame_us("a tool built a query with characters that do not belong there"));
        }
        let mut http = http::Request::builder().method(request.method.clone());
        for (name, value) in &request.headers {
            http = http.header(*name, value);
        }
        let (content_type, body) = match (&request.form, &request.json) {
            (Some(form), _) => (Some("application/x-www-form-urlencoded"), form.clone()),
            (None, Some(json)) => (Some(request.content_type.unwrap_or("application/json")), json.clone()),
            (None, None) => (None, Bytes::new()),
        };
        if let Some(content_type) = content_type {
            http = http.header(http::header::CONTENT_TYPE, content_type);
        }
        if let Some(parent) = Traceparent::of(span) {
            http = http.header("traceparent", parent.header());
        }
        let (shape, version) = (&self.route.integration.manifest.auth, &self.route.version);
        let (account, credential) = (request.account.as_ref(), &lease.credential);
        let (http, query) = apply(http, &request.raw_query, &request.query, account, credential, shape, version);
        let question = if query.is_empty() { "" } else { "?" };
        let uri = format!("{root}{}{question}{query}", request.path);
        http.uri(uri).body(body).map_err(|_| self.blame_us("a tool built a request that is not valid HTTP"))
    }

    async fn renew(&self, renewal: &Renewal, spent: &Lease) -> Result<Arc<Lease>, Fault> {
        self.upstream.vault().renew(renewal, spent.generation).await.map_err(|error| self.not_leased(error))
    }

    /// The connection learns that its grant is gone: the next call need not ask.
    async fn revoked(&self, keys: &[Key], renewal: &Renewal, lease: &Lease, fault: Fault) -> Fault {
        self.upstream.breakers().healthy(&keys[..1], self.upstream.now());
        match self.upstream.vault().revoked(renewal, lease, &fault.message).await {
            Ok(()) => fault,
            Err(error) => self.not_leased(error),
        }
    }

    /// A read may go again when the upstream failed and there is time.
    fn may_repeat(&self, request: &Request, fault: &Fault, pause: Duration) -> bool {
        fault.class == Class::Upstream && request.effect == Effect::Read && self.has_time_for(pause)
    }

    fn has_time_for(&self, pause: Duration) -> bool {
        self.upstream.now().plus(pause) < self.deadline()
    }

    /// When the access token will be known everywhere at the upstream, if that is still to come: until then a refusal says
    /// nothing about the grant.
    fn settles_at(&self, lease: &Lease) -> Option<Timestamp> {
        let issued_at = lease.credential.grant()?.access.as_ref()?.issued_at;
        let settled_at = issued_at.plus(self.route.integration.manifest.auth.settles_in());
        (settled_at > self.upstream.now()).then_some(settled_at)
    }

    /// Stops the scope that the upstream complained of, until the instant that it named.
    async fn hold(&self, keys: &[Key], mut fault: Fault) -> Fault {
        let now = self.upstream.now();
        let usual = if mends_itself(fault.class) { SHORT_HOLD } else { LONG_HOLD };
        let until = fault.retry_at.unwrap_or_else(|| now.plus(usual)).min(now.plus(LONGEST_HOLD));
        let of_account = keys.iter().any(|key| key.part.starts_with("account/"));
        // A limit of an account, met by a request that names none.
        let scope = if fault.scope == Scope::Account && !of_account { Scope::App } else { fault.scope };
        self.stop(keys, Hold { class: fault.class, scope, until }).await;
        self.upstream.breakers().healthy(&keys[..1], now);
        fault.retry_at = Some(until).filter(|_| mends_itself(fault.class));
        fault
    }

    /// Stops the narrowest key of the scope, if the request has one.
    async fn stop(&self, keys: &[Key], Hold { class, scope, until }: Hold) {
        let of = |scope: &str| keys.iter().rfind(|key| key.part.starts_with(scope));
        let key = match scope {
            Scope::App => of("app/"),
            Scope::Account => of("account/"),
            // What is refused is the token: that of a person who has connected again is another.
            Scope::Connection if class == Class::AuthExpired => of("credential/"),
            Scope::Connection => of("connection/"),
            Scope::Address => keys.first(),
        };
        if let Some(key) = key {
            let now = self.upstream.now();
            metrics::held(self.route.integration.manifest.name, scope, class);
            self.upstream.breakers().hold(key, class, until.min(now.plus(LONGEST_HOLD)), now).await;
        }
    }

    /// A scope, and within it what the vendor counts on its own: a request is stopped by a hold of either.
    fn add_keys(&self, keys: &mut Vec<Key>, root: &str, request: &Request, scope: &str) {
        keys.push(self.key(root, scope));
        keys.extend(request.counted_as.map(|name| self.key(root, &format!("{scope}/{name}"))));
    }

    fn not_leased(&self, error: VaultError) -> Fault {
        match error {
            VaultError::Reconnect { reason } => Fault::new(Class::AuthRevoked, reason),
            // The authorization server is another host: its failures say nothing of this one.
            VaultError::Unanswered(_) | VaultError::Unusable | VaultError::Busy | VaultError::Failed(_) => {
                Fault::new(Class::Upstream, error.to_string())
            }
            VaultError::ClientRefused(_) | VaultError::Unsealed | VaultError::Key(_) | VaultError::Store(_) => {
                *self.keys_away_until.lock().unwrap_or_else(PoisonError::into_inner) = error.keys_away_until();
                self.blame_us(&error.to_string())
            }
        }
    }

    /// Nothing that the caller or the vendor could mend: the words go to the log, the agent gets the call id.
    fn blame_us(&self, reason: &str) -> Fault {
        tracing::error!(connection_id = %self.connection.id, reason, "an upstream request could not be made");
        *self.own_fault.lock().unwrap_or_else(PoisonError::into_inner) = Some(reason.to_owned());
        Fault::new(Class::Upstream, "the request could not be made")
    }

    /// Where the request goes: to the region of its account, where the vendor has regions, and nowhere else.
    fn root(&self, request: &Request) -> Result<&Arc<str>, Fault> {
        let region = match &request.account {
            Some(id) => {
                let account = self.connection.accounts.iter().find(|account| account.id == *id);
                account.and_then(|account| account.region.as_deref())
            }
            None => request.region,
        };
        self.endpoint.root(region).ok_or_else(|| self.blame_us("a request names no region of its vendor"))
    }

    /// The credential as it is now; connecting again makes another of it.
    fn credential_key(&self, root: &str, lease: &Lease) -> Key {
        self.key(root, &format!("credential/{}/{}", self.connection.id, lease.generation))
    }

    /// What a breaker or a hold covers, at one host: regions fail apart.
    pub(crate) fn key(&self, root: &str, part: &str) -> Key {
        Key { upstream: format!("{} {root}", self.connection.integration), part: part.into() }
    }
}

impl Egress for Lane {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, Fault>> {
        Box::pin(self.send_guarded(request))
    }

    fn download<'a>(&'a self, link: &'a Link) -> BoxFuture<'a, Result<Bytes, Fault>> {
        Box::pin(self.fetch(link))
    }

    fn warn(&self, words: &str) {
        tracing::warn!(tenant_id = %self.connection.tenant, connection_id = %self.connection.id, "{words}");
    }

    fn time_left(&self) -> Duration {
        self.deadline().since(self.upstream.now())
    }

    fn pause(&self, pause: Duration) -> BoxFuture<'_, ()> {
        Box::pin(tokio::time::sleep(pause))
    }
}

fn millis_of(took: Duration) -> u64 {
    u64::try_from(took.as_millis()).unwrap_or(u64::MAX)
}

fn is_path_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~/:".contains(&byte)
}

/// The apostrophe is not among them: the HTTP client's URL library would send it as `%27`.
fn is_query_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~!$&()*+,;=:@/?%".contains(&byte)
}

/// Whether the access token is older than the request that it was refused for.
fn given_before(lease: &Lease, began: Timestamp) -> bool {
    lease.credential.grant().and_then(|grant| grant.access.as_ref()).is_some_and(|access| access.issued_at < began)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_encoded_query_holds_nothing_that_another_library_would_write_anew() {
        assert!("ids=List(1,2)&s=(a:b%20c)&name=a*b~c!d&f=x,y".bytes().all(is_query_byte));
        assert!("#'\" <>\\^`{|}\r\n\u{e9}".bytes().all(|byte| !is_query_byte(byte)));
    }
}
