//! The page on which a person lets the client in: what the vendor's authorization endpoint is to a browser.
//!
//! What is wrong with a request is told here and sent nowhere: an address that is not known to be the client's gets nothing.

use std::collections::HashMap;

use axum::{
    Form, Router,
    extract::{Query, State, rejection::FormRejection, rejection::QueryRejection},
    http::{HeaderName, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use url::Url;

use super::{
    grants::Proof,
    page::{escape, page},
    token::TokenEndpoint,
};
use crate::{Manifest, OAuth};

/// Where the page is, below the address at which the sandbox shows its pages.
pub(super) const PATH: &str = "/authorize";
/// The parameters that every vendor takes.
const PARAMETERS: [&str; 7] =
    ["response_type", "client_id", "redirect_uri", "scope", "state", "code_challenge", "code_challenge_method"];

#[derive(Clone)]
struct Consent {
    tokens: TokenEndpoint,
    title: &'static str,
    oauth: &'static OAuth,
}

type Pairs = Vec<(String, String)>;

pub(super) fn router(tokens: TokenEndpoint, manifest: &'static Manifest) -> Router {
    let Some(oauth) = manifest.auth.oauth() else { return Router::new() };
    let consent = Consent { tokens, title: manifest.title, oauth };
    Router::new().route(PATH, get(ask).post(decide)).with_state(consent)
}

async fn ask(State(consent): State<Consent>, query: Result<Query<Pairs>, QueryRejection>) -> Response {
    let asked = query.map_err(|_| "The query cannot be read.".to_owned()).and_then(|Query(pairs)| consent.check(pairs));
    match asked {
        Ok(asked) => consent.show(&asked),
        Err(reason) => consent.refuse(&reason),
    }
}

async fn decide(State(consent): State<Consent>, form: Result<Form<Pairs>, FormRejection>) -> Response {
    let Ok(Form(mut pairs)) = form else { return consent.refuse("The form cannot be read.") };
    let mut take = |name: &str| {
        let at = pairs.iter().position(|(own, _)| own == name)?;
        Some(pairs.remove(at).1)
    };
    let (decision, choice) = (take("decision").unwrap_or_default(), take("choice").unwrap_or_default());
    let asked = match consent.check(pairs) {
        Ok(asked) => asked,
        Err(reason) => return consent.refuse(&reason),
    };
    match decision.as_str() {
        "allow" if choice.is_empty() || consent.tokens.choices.iter().any(|(value, _)| *value == choice) => {
            let code = consent.tokens.give_code(&asked["redirect_uri"], consent.proof(&asked), &choice);
            consent.answer(&asked, ("code", &code))
        }
        "deny" => consent.answer(&asked, ("error", "access_denied")),
        _ => consent.refuse("The form lacks a decision."),
    }
}

impl Consent {
    /// The parameters, when a person may be asked.
    fn check(&self, pairs: Pairs) -> Result<HashMap<String, String>, String> {
        let count = pairs.len();
        let asked: HashMap<String, String> = pairs.into_iter().collect();
        if asked.len() < count {
            return Err("invalid_request: a parameter is there twice.".into());
        }
        let extra = self.oauth.authorize_parameters;
        let known = |name: &str| PARAMETERS.contains(&name) || extra.iter().any(|(own, _)| *own == name);
        if let Some(unknown) = asked.keys().find(|name| !known(name)) {
            return Err(format!("invalid_request: the parameter {unknown} is not known."));
        }
        let field = |name: &str| asked.get(name).map_or("", String::as_str);
        if field("client_id") != self.tokens.client.client_id {
            return Err("invalid_client: the OAuth client was not found.".into());
        }
        if !self.tokens.is_registered(field("redirect_uri")) {
            return Err("redirect_uri_mismatch: the address to return to is not one of the client's.".into());
        }
        if field("response_type") != "code" {
            return Err("unsupported_response_type: it must be code.".into());
        }
        if asked.contains_key("scope") && self.oauth.scopes.is_empty() {
            return Err("invalid_scope: what the client may do is set where it is registered.".into());
        }
        if field("scope") != self.oauth.scopes.join(" ") {
            return Err("invalid_scope: the client may ask for other scopes than these.".into());
        }
        if field("state").is_empty() {
            return Err("invalid_request: the state is missing.".into());
        }
        if let Some((name, value)) = extra.iter().find(|(name, value)| field(name) != *value) {
            return Err(format!("invalid_request: {name} must be {value} for access that lasts."));
        }
        let (challenge, method) = (asked.get("code_challenge"), asked.get("code_challenge_method"));
        match (challenge, method.map(String::as_str)) {
            (None, None) => Ok(asked),
            (Some(challenge), Some("S256")) if challenge.len() == 43 => Ok(asked),
            _ => Err("invalid_request: a code challenge must be made by the method S256.".into()),
        }
    }

    fn show(&self, asked: &HashMap<String, String>) -> Response {
        let client = &self.tokens.client.client_id;
        let heading = format!("Sandbox of {}: {client} asks for access", self.title);
        let scopes: String = self.oauth.scopes.iter().map(|scope| format!("<li>{}</li>\n", escape(scope))).collect();
        let scopes = match scopes.as_str() {
            "" => String::new(),
            scopes => format!("<p>The client asks for:</p>\n<ul>\n{scopes}</ul>\n"),
        };
        let mut names: Vec<_> = asked.keys().collect();
        names.sort();
        let hidden: String = names
            .into_iter()
            .map(|name| {
                format!("<input type=\"hidden\" name=\"{}\" value=\"{}\">\n", escape(name), escape(&asked[name]))
            })
            .collect();
        let body = format!(
            "<p>Nothing here is real: no account of yours is touched, and no password is asked for.</p>\n{scopes}\
             <form method=\"post\" action=\"authorize\">\n{hidden}{}\
             <p><button name=\"decision\" value=\"allow\">Allow</button>\n\
             <button name=\"decision\" value=\"deny\">Deny</button></p>\n</form>\n",
            self.choices()
        );
        page(StatusCode::OK, &heading, &body)
    }

    fn choices(&self) -> String {
        if self.tokens.choices.is_empty() {
            return String::new();
        }
        let options = self.tokens.choices.iter().enumerate().map(|(at, (value, words))| {
            let checked = if at == 0 { " checked" } else { "" };
            format!(
                "<p><label><input type=\"radio\" name=\"choice\" value=\"{}\"{checked}> {}</label></p>\n",
                escape(value),
                escape(words)
            )
        });
        format!("<fieldset>\n<legend>Give access to</legend>\n{}</fieldset>\n", options.collect::<String>())
    }

    fn refuse(&self, reason: &str) -> Response {
        let heading = format!("Sandbox of {}: the request is refused", self.title);
        page(StatusCode::BAD_REQUEST, &heading, &format!("<p>{}</p>\n", escape(reason)))
    }

    fn proof(&self, asked: &HashMap<String, String>) -> Proof {
        match asked.get("code_challenge") {
            _ if !self.oauth.pkce => Proof::NotServed,
            Some(challenge) => Proof::Verifier(challenge.clone()),
            None => Proof::Nothing,
        }
    }

    /// Back to the client.
    fn answer(&self, asked: &HashMap<String, String>, said: (&str, &str)) -> Response {
        let Ok(mut back) = Url::parse(&asked["redirect_uri"]) else {
            return self.refuse("redirect_uri_mismatch: the address to return to is no URL.");
        };
        back.query_pairs_mut().append_pair(said.0, said.1).append_pair("state", &asked["state"]);
        if let Some(issuer) = self.oauth.issuer {
            back.query_pairs_mut().append_pair("iss", issuer);
        }
        let headers: [(HeaderName, String); 3] = [
            (header::LOCATION, back.into()),
            (header::CACHE_CONTROL, "no-store".into()),
            (header::REFERRER_POLICY, "no-referrer".into()),
        ];
        (StatusCode::SEE_OTHER, headers).into_response()
    }
}
