//! Clients whose id is the URL of a document about them (draft-ietf-oauth-client-id-metadata-document).

mod error;
#[cfg(test)]
mod tests;

pub use error::DocumentError;

use std::{sync::Arc, time::Duration};

use http::{HeaderMap, header};
use moka::future::Cache;
use serde_json::Value;
use turnpike_core::{Ambient, Timestamp};
use url::Url;

use crate::{
    AuthMethod, ClientMetadata, Egress, RedirectRules,
    client::{Name, lists, present},
};

/// The most characters of a client's id.
const LONGEST: usize = 2_000;
/// The most documents in memory.
const MOST: u64 = 1_000;
/// How long a document is believed whose host does not say.
const USUAL: Duration = Duration::from_secs(10 * 60);
/// The least and the most, whatever its host says.
const LEAST: Duration = Duration::from_secs(60);
const LONGEST_KEPT: Duration = Duration::from_secs(24 * 3600);
/// How long nothing is asked again after a failure: so nobody makes us hammer a host.
const PAUSE: Duration = Duration::from_secs(30);

/// Whether a client's id is the URL of a document: https with a path, in the one spelling that a browser would give it;
/// no query, no fragment, nobody before an `@`, no dot segments. An id of another form was registered, or is unknown.
pub fn is_document_id(client_id: &str) -> bool {
    read_id(client_id).is_some()
}

fn read_id(client_id: &str) -> Option<Url> {
    let url = Url::parse(client_id).ok().filter(|_| client_id.len() <= LONGEST)?;
    let plain = url.as_str() == client_id && url.scheme() == "https" && url.path() != "/";
    let bare = url.query().is_none() && url.fragment().is_none() && !url.authority().contains('@');
    (plain && bare).then_some(url)
}

/// What was found out about an id, and until when it is believed.
#[derive(Clone)]
struct Found {
    client: Result<Arc<ClientMetadata>, DocumentError>,
    until: Timestamp,
}

/// Reads the documents of clients, and remembers them as long as their hosts say, within bounds.
pub struct Documents {
    egress: Egress,
    rules: RedirectRules,
    trusted_hosts: Vec<String>,
    ambient: Ambient,
    known: Cache<String, Found>,
}

impl Documents {
    /// Reads by this way out and by these rules. With `trusted_hosts`, documents of other hosts are not read; without
    /// any, every public host's are.
    pub fn new(egress: Egress, rules: RedirectRules, trusted_hosts: Vec<String>, ambient: Ambient) -> Self {
        Self { egress, rules, trusted_hosts, ambient, known: Cache::new(MOST) }
    }

    /// The client whose document stands at its id. However many ask at the same time, one fetch is made.
    pub async fn find(&self, client_id: &str) -> Result<Arc<ClientMetadata>, DocumentError> {
        let url = read_id(client_id).ok_or(DocumentError::NotADocument)?;
        let trusted = |host: &str| {
            self.trusted_hosts.is_empty() || self.trusted_hosts.iter().any(|known| known.eq_ignore_ascii_case(host))
        };
        if !url.host_str().is_some_and(trusted) {
            return Err(DocumentError::Untrusted);
        }
        let now = self.ambient.now();
        let entry = self.known.entry_by_ref(client_id);
        entry.or_insert_with_if(self.fetch(&url), |found| found.until <= now).await.into_value().client
    }

    async fn fetch(&self, url: &Url) -> Found {
        let fetched = self.egress.json(url).await;
        let now = self.ambient.now();
        let client = fetched
            .map_err(DocumentError::from)
            .and_then(|answer| Ok((self.read(url.as_str(), &answer.body)?, now.plus(kept(&answer.headers)))));
        match client {
            Ok((client, until)) => Found { client: Ok(Arc::new(client)), until },
            Err(error) => Found { client: Err(error), until: now.plus(PAUSE) },
        }
    }

    fn read(&self, client_id: &str, document: &Value) -> Result<ClientMetadata, DocumentError> {
        let members = document.as_object().ok_or(DocumentError::NotAnObject)?;
        if members.get("client_id").and_then(Value::as_str) != Some(client_id) {
            return Err(DocumentError::WrongId);
        }
        if members.contains_key("client_secret") || members.contains_key("client_secret_expires_at") {
            return Err(DocumentError::Secret);
        }
        // A client that prefers to sign says so in the one, and in the list that it can do without.
        let method = present(members, "token_endpoint_auth_method");
        if method.is_some_and(|method| method != "none")
            && !lists(members, "token_endpoint_auth_methods_supported", "none")
        {
            return Err(DocumentError::AuthMethod);
        }
        let Name::Fit(name) = Name::read(members) else { return Err(DocumentError::Name) };
        let redirect_uris = self.rules.read(present(members, "redirect_uris"))?;
        Ok(ClientMetadata { name, redirect_uris, auth_method: AuthMethod::None })
    }
}

/// How long a document may be kept, by what its host says.
fn kept(headers: &HeaderMap) -> Duration {
    let said = headers.get_all(header::CACHE_CONTROL).iter().filter_map(|value| value.to_str().ok());
    let mut kept = USUAL;
    for directive in said.flat_map(|value| value.split(',')) {
        let (name, value) = directive.trim().split_once('=').unwrap_or((directive.trim(), ""));
        match name.to_ascii_lowercase().as_str() {
            "no-store" | "no-cache" => return LEAST,
            "max-age" => kept = value.trim_matches('"').parse().map_or(LEAST, Duration::from_secs),
            _ => {}
        }
    }
    kept.clamp(LEAST, LONGEST_KEPT)
}
