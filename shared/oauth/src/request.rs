//! An authorization request, from the client's URL to something that a person can be asked.

use std::collections::BTreeMap;

use url::Url;

use crate::{AuthorizationServer, KnownClient, OFFLINE, Resource, UnknownClient, matches};

/// A request that a person can be asked about.
#[derive(Debug, Clone)]
pub struct AuthorizationRequest {
    /// Who asks.
    pub client: KnownClient,
    /// Where the answer goes.
    pub redirect_uri: String,
    /// What the client wants to see again with the answer.
    pub state: Option<String>,
    /// What its verifier will hash to (S256).
    pub code_challenge: String,
    /// The server that it wants to reach.
    pub resource: Resource,
    /// What it asks for there, of what there is.
    pub scopes: Vec<String>,
}

/// Why nobody can be asked.
#[derive(Debug)]
pub enum NotStarted {
    /// It is not certain who asks or where the answer would go: the person is told, and nobody is sent anywhere.
    Page(Misdirected),
    /// The client is told, at its redirect.
    Back(Refused),
}

/// Why the person is told and not the client.
#[derive(Debug, thiserror::Error)]
pub enum Misdirected {
    /// The client is not known.
    #[error(transparent)]
    Client(#[from] UnknownClient),
    /// No client is named.
    #[error("the request does not say which program asks (client_id)")]
    NoClient,
    /// The same parameter comes twice.
    #[error("the request says `{0}` twice")]
    Twice(&'static str),
    /// The redirect is not one of the client's.
    #[error("the program asks to be answered at an address that it has not registered (redirect_uri)")]
    Redirect,
}

/// What a client is told at its redirect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The client, for those who look for the reason.
    pub client_id: String,
    /// What it calls itself.
    pub client_name: String,
    /// Error code of RFC 6749 §4.1.2.1 or RFC 8707.
    pub code: &'static str,
    /// What is wrong.
    pub description: String,
    /// Where the browser goes with it.
    pub location: Url,
}

/// Parameters that may come once only.
const ONCE: [&str; 10] = [
    "client_id",
    "redirect_uri",
    "response_type",
    "response_mode",
    "state",
    "code_challenge",
    "code_challenge_method",
    "scope",
    "prompt",
    "resource",
];

/// Longest `state` that is carried, in bytes.
const LONGEST_STATE: usize = 4096;

impl AuthorizationServer {
    /// Reads the parameters of a request.
    pub async fn read_request(&self, parameters: &[(String, String)]) -> Result<AuthorizationRequest, NotStarted> {
        let mut given: BTreeMap<&'static str, &str> = BTreeMap::new();
        let mut twice = vec![];
        for (name, value) in parameters {
            let Some(known) = ONCE.into_iter().find(|known| known == name) else { continue };
            if given.insert(known, value).is_some() {
                twice.push(known);
            }
        }
        let get = |name: &str| given.get(name).copied().filter(|value| !value.is_empty());
        if let Some(name) = twice.iter().find(|name| ["client_id", "redirect_uri", "state"].contains(name)) {
            return Err(NotStarted::Page(Misdirected::Twice(name)));
        }
        let id = get("client_id").ok_or(NotStarted::Page(Misdirected::NoClient))?;
        let client = self.find_client(id).await.map_err(|error| NotStarted::Page(error.into()))?;
        let redirect_uri = redirect(&client, get("redirect_uri")).ok_or(NotStarted::Page(Misdirected::Redirect))?;

        let refuse = |code, description: &str| {
            let location =
                self.answer_at(&redirect_uri, get("state"), &[("error", code), ("error_description", description)]);
            let (client_id, client_name) = (client.id.clone(), client.metadata.name.clone());
            let refused = Refused { client_id, client_name, code, description: description.to_owned(), location };
            Err(NotStarted::Back(refused))
        };
        if let Some(name) = twice.first() {
            return refuse("invalid_request", &format!("`{name}` comes twice"));
        }
        if parameters.iter().any(|(name, _)| name == "request" || name == "request_uri") {
            return refuse("request_not_supported", "send the parameters themselves, not a request object");
        }
        if get("response_type") != Some("code") {
            return refuse("unsupported_response_type", "`response_type` must be `code`");
        }
        if get("response_mode").is_some_and(|mode| mode != "query") {
            return refuse("invalid_request", "`response_mode` must be `query`");
        }
        if get("state").is_some_and(|state| state.len() > LONGEST_STATE) {
            return refuse("invalid_request", "`state` is longer than 4096 bytes");
        }
        let Some(challenge) = get("code_challenge") else {
            return refuse(
                "invalid_request",
                "PKCE is needed: send `code_challenge` with `code_challenge_method=S256`",
            );
        };
        if get("code_challenge_method") != Some("S256") {
            return refuse("invalid_request", "`code_challenge_method` must be `S256`; `plain` protects nothing");
        }
        if challenge.len() != 43 || !challenge.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
        {
            return refuse("invalid_request", "`code_challenge` must be a SHA-256 in base64url: 43 characters");
        }
        // Who asks without a person being there cannot be answered: consent is asked each time.
        if get("prompt").is_some_and(|prompt| prompt.split(' ').any(|word| word == "none")) {
            return refuse("interaction_required", "a person must agree; `prompt=none` cannot be answered");
        }
        let Some(resource) = self.wanted_resource(get("resource")) else {
            return refuse(
                "invalid_target",
                "`resource` is not the URL of a server here: send the URL that was pasted",
            );
        };
        let Some(scopes) = scopes(resource, get("scope")) else {
            let known: Vec<_> = resource.scopes.iter().map(|scope| scope.name.as_str()).collect();
            return refuse(
                "invalid_scope",
                &format!("this server has none of these scopes; it has: {}", known.join(" ")),
            );
        };
        Ok(AuthorizationRequest {
            redirect_uri,
            state: get("state").map(str::to_owned),
            code_challenge: challenge.to_owned(),
            resource: resource.clone(),
            scopes,
            client,
        })
    }

    /// The redirect with an answer: state and issuer go with each.
    pub(crate) fn answer_at(&self, redirect_uri: &str, state: Option<&str>, answer: &[(&str, &str)]) -> Url {
        let own = Url::parse(redirect_uri).or_else(|_| Url::parse(&self.issuer));
        #[expect(
            clippy::expect_used,
            reason = "redirects have passed the rules, which parse them, and so has the issuer"
        )]
        let mut location = own.expect("a redirect is a URL");
        let state = state.map(|state| ("state", state));
        location.query_pairs_mut().extend_pairs(answer).extend_pairs(state).append_pair("iss", &self.issuer);
        location
    }
}

/// The redirect, if it is one of the client's. A client with one need not say it.
fn redirect(client: &KnownClient, wanted: Option<&str>) -> Option<String> {
    let own = &client.metadata.redirect_uris;
    match (wanted, own.as_slice()) {
        (Some(wanted), own) => own.iter().any(|own| matches(own, wanted)).then(|| wanted.to_owned()),
        (None, [only]) => Some(only.clone()),
        (None, _) => None,
    }
}

/// What of the scopes asked for there is; the basic ones where none is asked for, and `None` where all are unknown.
fn scopes(resource: &Resource, asked: Option<&str>) -> Option<Vec<String>> {
    let asked: Vec<_> = asked.unwrap_or_default().split_whitespace().filter(|scope| *scope != OFFLINE).collect();
    if asked.is_empty() {
        return Some(resource.basic_scopes());
    }
    let known = resource.scopes.iter().filter(|own| asked.contains(&own.name.as_str()));
    let known: Vec<_> = known.map(|own| own.name.clone()).collect();
    (!known.is_empty()).then_some(known)
}
