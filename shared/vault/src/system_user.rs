//! A system user's token: looked at when a person gives it, exchanged while it lives. The Graph API's way is not OAuth's.
//!
//! Tokens and secrets go in the body of a `POST`, never in a URL. Meta's words may quote a token, so that its codes are told
//! instead. <https://developers.facebook.com/docs/business-management-apis/system-users/install-apps-and-generate-tokens>

use std::time::Duration;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::json;
use turnpike_core::{Timestamp, Wire};
use url::form_urlencoded::Serializer;
use zeroize::Zeroizing;

use crate::{
    Inspection, VaultError,
    credential::SigningApp,
    exchange::{Failure, Fresh},
};

/// What a token lives that was asked to live 60 days, when the answer does not tell.
const ASKED_LIFE: Duration = Duration::from_secs(60 * 24 * 3600);

/// What Meta says of a token.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Inspected {
    is_valid: bool,
    app_id: String,
    #[serde(rename = "type")]
    kind: String,
    scopes: Vec<String>,
    /// Seconds since 1970; nought for a token without an end.
    expires_at: i64,
    error: Option<GraphError>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct GraphError {
    code: i64,
    #[serde(alias = "error_subcode")]
    subcode: Option<i64>,
}

#[derive(Deserialize)]
struct Refused {
    error: GraphError,
}

#[derive(Deserialize)]
struct Data {
    data: Inspected,
}

/// One answer of a batch: its body is JSON in a string.
#[derive(Deserialize)]
struct Item {
    body: String,
}

#[derive(Deserialize)]
struct Exchanged {
    access_token: String,
    expires_in: Option<u64>,
}

/// Looks at a token: refuses one that cannot be used and tells when it ends, if it does.
///
/// `debug_token` takes the token in its URL; sent as the one item of a batch, that URL is part of the body.
pub(crate) async fn inspect(
    wire: &dyn Wire,
    inspection: &Inspection,
    (app, token): (&SigningApp, &SecretString),
    now: Timestamp,
) -> Result<Option<Timestamp>, VaultError> {
    let token =
        Zeroizing::new(Serializer::new(String::new()).append_pair("input_token", token.expose_secret()).finish());
    let batch =
        Zeroizing::new(json!([{ "method": "GET", "relative_url": format!("debug_token?{}", *token) }]).to_string());
    let access = Zeroizing::new(format!("{}|{}", app.app_id, app.app_secret.expose_secret()));
    let form = form(&[("batch", &batch), ("include_headers", "false"), ("access_token", &access)]);
    let url = format!("{}/", inspection.base_url);
    let body = match post::<Vec<Option<Item>>>(wire, &url, form).await? {
        Said::Well(items) => match <[Option<Item>; 1]>::try_from(items) {
            Ok([Some(item)]) => item.body,
            _ => return Err(VaultError::Unusable),
        },
        Said::No(error) => return Err(refused_app(&error)),
    };
    match serde_json::from_str::<Data>(&body) {
        Ok(Data { data }) => data.judge(&app.app_id, inspection.scopes, now),
        Err(_) => match serde_json::from_str::<Refused>(&body) {
            Ok(Refused { error }) => Err(refused_app(&error)),
            Err(_) => Err(VaultError::Unusable),
        },
    }
}

/// Exchanges a token that has an end for one that ends later. The old one lives on until its own end.
pub(crate) async fn renew(
    wire: &dyn Wire,
    token_url: &str,
    (app, token): (&SigningApp, &SecretString),
) -> Result<Fresh, Failure> {
    let form = form(&[
        ("grant_type", "fb_exchange_token"),
        ("client_id", &app.app_id),
        ("client_secret", app.app_secret.expose_secret()),
        ("set_token_expires_in_60_days", "true"),
        ("fb_exchange_token", token.expose_secret()),
    ]);
    match post::<Exchanged>(wire, token_url, form).await.map_err(Failure::Other)? {
        Said::Well(exchanged) => Ok(Fresh {
            access_token: exchanged.access_token.into(),
            life: exchanged.expires_in.map_or(ASKED_LIFE, Duration::from_secs),
            refresh_token: None,
            refresh_life: None,
        }),
        Said::No(error) if error.code == 190 => Err(Failure::GrantEnded(error.of_token())),
        Said::No(error) => Err(Failure::Other(refused_app(&error))),
    }
}

impl Inspected {
    fn judge(self, app_id: &str, scopes: &[&str], now: Timestamp) -> Result<Option<Timestamp>, VaultError> {
        let end = (self.expires_at > 0).then(|| Timestamp::from_micros(self.expires_at.saturating_mul(1_000_000)));
        let reason = if let Some(end) = end.filter(|end| *end <= now) {
            format!("the token ended on {}; make a new one for the system user", end.to_utc().date_naive())
        } else if !self.is_valid {
            let why = self.error.map_or_else(|| "no reason given".to_owned(), |error| error.of_token());
            format!("Meta calls the token invalid ({why}); make a new one for the system user")
        } else if self.app_id != app_id {
            "the token was made for another app; make one for the app whose id is given here".to_owned()
        } else if self.kind != "SYSTEM_USER" {
            "the token is not of a system user; make one for a system user in the business settings".to_owned()
        } else if !self.scopes.iter().any(|scope| scopes.contains(&scope.as_str())) {
            format!("the token lacks the permission {}; make one that has it", scopes.join(" or "))
        } else {
            return Ok(end);
        };
        Err(VaultError::Reconnect { reason })
    }
}

impl GraphError {
    fn of_token(&self) -> String {
        let meaning = match self.subcode {
            Some(458) => "the app was removed",
            Some(459 | 464) => "the user must pass a security check at Meta",
            Some(460) => "the session was ended, as by a changed password",
            Some(463) => "it has expired",
            Some(467) => "it was taken back",
            _ => "it is not valid",
        };
        format!("{meaning}; {}", self.codes())
    }

    fn codes(&self) -> String {
        self.subcode.map_or_else(|| format!("code {}", self.code), |subcode| format!("code {}/{subcode}", self.code))
    }

    /// Meta's trouble, or too many requests: nothing that is final.
    fn passes(&self) -> bool {
        matches!(self.code, 1 | 2 | 4 | 17 | 341 | 613)
    }
}

/// The app's id and secret were refused, unless Meta was in trouble.
fn refused_app(error: &GraphError) -> VaultError {
    match error.passes() {
        true => VaultError::Unusable,
        false => {
            VaultError::ClientRefused(format!("Meta does not take this app id and app secret ({})", error.codes()))
        }
    }
}

/// What the Graph API answers: what was asked for, or an error object.
enum Said<T> {
    Well(T),
    No(GraphError),
}

async fn post<T: DeserializeOwned>(wire: &dyn Wire, url: &str, form: Bytes) -> Result<Said<T>, VaultError> {
    let request = http::Request::post(url).header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(form);
    let request = request
        .map_err(|_| VaultError::ClientRefused("the URL of the Graph API in the settings is not a URL".into()))?;
    let (parts, body) = wire.send(request).await?.into_parts();
    if parts.status.is_success()
        && let Ok(said) = serde_json::from_slice(&body)
    {
        return Ok(Said::Well(said));
    }
    match serde_json::from_slice::<Refused>(&body) {
        // A server in trouble says nothing that is final, whatever words it finds.
        Ok(Refused { error }) if !parts.status.is_server_error() => Ok(Said::No(error)),
        _ => Err(VaultError::Unusable),
    }
}

fn form(pairs: &[(&str, &str)]) -> Bytes {
    Serializer::new(String::new()).extend_pairs(pairs).finish().into()
}

#[cfg(test)]
mod tests;
