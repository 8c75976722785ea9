//! The app, its tokens, and the signature that every request must carry.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::http::{HeaderMap, header::AUTHORIZATION};
use serde::Deserialize;
use serde_json::{Value, json};
use turnpike_core::{Ambient, Digest, Timestamp};
use turnpike_sdk::{mint, read_minted};

use super::{fault, params::Params, refusal::Refusal};

pub(super) const APP_ID: &str = "1380000000000001";
pub(super) const APP_SECRET: &str = "sandbox-app-secret";
/// The token of the sandbox's connection.
pub(super) const WITHOUT_END: &str = "EAASandboxSystemUserWithoutEnd";
/// Ends 60 days after the start, and can be exchanged until then.
const SIXTY_DAYS: &str = "EAASandboxSystemUserSixtyDays";
/// Of a person.
const OF_A_PERSON: &str = "EAASandboxTokenOfAPerson";
/// May read no ads.
const WITHOUT_ADS: &str = "EAASandboxSystemUserWithoutAds";
const LIFE: Duration = Duration::from_secs(60 * 24 * 3600);

#[derive(Clone, Copy)]
struct Token {
    end: Option<Timestamp>,
    kind: &'static str,
    scopes: &'static [&'static str],
}

/// What the app's tokens are good for. Clones share their state.
#[derive(Clone)]
pub(super) struct Tokens {
    ambient: Ambient,
    known: Arc<Mutex<HashMap<String, Token>>>,
}

#[derive(Deserialize)]
struct Item {
    method: String,
    relative_url: String,
}

impl Tokens {
    pub(super) fn new(ambient: Ambient) -> Self {
        let ads: &[&str] = &["ads_read", "ads_management", "business_management"];
        let ours = Token { end: None, kind: "SYSTEM_USER", scopes: ads };
        let end = Some(ambient.now().plus(LIFE));
        let known = [
            (WITHOUT_END, ours),
            (SIXTY_DAYS, Token { end, ..ours }),
            (OF_A_PERSON, Token { kind: "USER", end, ..ours }),
            (WITHOUT_ADS, Token { scopes: &["business_management"], ..ours }),
        ];
        let known = known.into_iter().map(|(text, token)| (text.to_owned(), token)).collect();
        Self { ambient, known: Arc::new(Mutex::new(known)) }
    }

    /// The token of a request, which must be in a header, live, and come with its proof.
    pub(super) fn admit(&self, headers: &HeaderMap, params: &mut Params) -> Result<String, Refusal> {
        if params.has("access_token") {
            return Err(Refusal::param("The access token belongs in the Authorization header, not in the URL"));
        }
        let header = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let Some(text) = header.and_then(|value| value.strip_prefix("Bearer ")) else {
            return Err(Refusal::new(104, "An access token is required to request this resource."));
        };
        // Meta quotes what it cannot read.
        let token = self.find(text).ok_or_else(|| Refusal::new(190, format!("Malformed access token {text}")))?;
        if !self.lives(token) {
            return Err(fault::expired());
        }
        let unsigned = |message: &str| Refusal::new(100, message).kind("GraphMethodException");
        match params.take("appsecret_proof") {
            None => Err(unsigned("API calls from the server require an appsecret_proof argument")),
            Some(given) if given != proof(text) => {
                Err(unsigned("Invalid appsecret_proof provided in the API argument"))
            }
            Some(_) if !token.scopes.contains(&"ads_read") => Err(Refusal::denied()),
            Some(_) => Ok(text.to_owned()),
        }
    }

    /// `POST /oauth/access_token`: a token that lives for one that ends later.
    pub(super) fn exchange(&self, mut form: Params) -> Result<Value, Refusal> {
        let mut take = |name: &str| form.take(name).unwrap_or_default();
        if (take("client_id").as_str(), take("client_secret").as_str()) != (APP_ID, APP_SECRET) {
            return Err(Refusal::new(101, "Error validating application. Invalid application ID or secret."));
        }
        if (take("grant_type").as_str(), take("set_token_expires_in_60_days").as_str()) != ("fb_exchange_token", "true")
        {
            return Err(Refusal::param("Param grant_type must be fb_exchange_token, to end in 60 days"));
        }
        let given = take("fb_exchange_token");
        form.end()?;
        let token = self.find(&given).ok_or_else(|| Refusal::new(190, format!("Malformed access token {given}")))?;
        if !self.lives(token) {
            return Err(fault::expired());
        }
        let fresh = format!("EAASandboxRenewed{}", hex(&self.ambient.bytes::<16>()));
        let end = Some(self.ambient.now().plus(LIFE));
        self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(fresh.clone(), Token { end, ..token });
        Ok(json!({ "access_token": fresh, "token_type": "bearer", "expires_in": LIFE.as_secs() }))
    }

    /// `POST /` with a batch of one: `debug_token`.
    pub(super) fn debug(&self, mut form: Params) -> Result<Value, Refusal> {
        let app = form.take("access_token").unwrap_or_default();
        let items: Vec<Item> =
            form.take_json("batch")?.ok_or_else(|| Refusal::param("The parameter batch is required"))?;
        form.take("include_headers");
        form.end()?;
        let [Item { method, relative_url }] = &items[..] else {
            return Err(Refusal::param("The sandbox takes a batch of one"));
        };
        let Some(("debug_token", query)) = relative_url.split_once('?').filter(|_| method == "GET") else {
            return Err(Refusal::param("The sandbox takes debug_token in a batch, and nothing else"));
        };
        let (code, body) = match (app.split_once('|'), Params::read(query)?.take("input_token")) {
            (Some((APP_ID, APP_SECRET)), Some(input)) => (200, json!({ "data": self.describe(&input) })),
            (_, None) => (400, Refusal::param("The parameter input_token is required").body()),
            _ => (400, Refusal::new(190, "Invalid OAuth access token signature.").body()),
        };
        Ok(json!([{ "code": code, "body": body.to_string() }]))
    }

    fn describe(&self, text: &str) -> Value {
        let Some(token) = self.find(text) else {
            let error = json!({ "code": 190, "message": "Malformed access token", "subcode": 467 });
            return json!({ "error": error, "is_valid": false, "scopes": [] });
        };
        json!({
            "app_id": APP_ID, "type": token.kind, "application": "Sandbox", "user_id": "122",
            "expires_at": token.end.map_or(0, |end| end.micros() / 1_000_000), "data_access_expires_at": 0,
            "is_valid": self.lives(token), "issued_at": 1_790_000_000, "scopes": token.scopes,
        })
    }

    /// Another token without an end.
    pub(super) fn make(&self) -> String {
        mint(&self.ambient, WITHOUT_END, "")
    }

    fn find(&self, text: &str) -> Option<Token> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let like = if read_minted(WITHOUT_END, text).is_some() { WITHOUT_END } else { text };
        known.get(like).copied()
    }

    fn lives(&self, token: Token) -> bool {
        token.end.is_none_or(|end| end > self.ambient.now())
    }
}

/// What `appsecret_proof` must be.
fn proof(token: &str) -> String {
    Digest::hmac(APP_SECRET.as_bytes(), token.as_bytes()).to_string()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
