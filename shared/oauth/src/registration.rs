//! Clients that register themselves (RFC 7591), without storing them.

#[cfg(test)]
mod tests;

use serde_json::{Map, Value, json};
use turnpike_core::{Canonical, Timestamp};

use crate::{
    AuthMethod, ClientMetadata, RedirectError, RedirectRules, RedirectTarget,
    client::{Name, lists, present},
    redirect::without_port,
};

/// Why a client is not registered. The text is for `error_description`: it names the member and what to do, and says
/// nothing that the client wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RegistrationError {
    /// Not a JSON object.
    #[error("the body must be a JSON object of client metadata")]
    NotAnObject,
    /// A redirect that is not allowed.
    #[error(transparent)]
    Redirect(#[from] RedirectError),
    /// No text, or too long.
    #[error("client_name must be a string of up to 100 characters")]
    Name,
    /// A way to show who it is that this server does not have.
    #[error("token_endpoint_auth_method must be none, client_secret_basic or client_secret_post")]
    AuthMethod,
    /// It does not want the one way in which people let a client act.
    #[error("grant_types must be a list that has authorization_code, or be left out")]
    GrantTypes,
    /// It does not want a code.
    #[error("response_types must be a list that has code, or be left out")]
    ResponseTypes,
}

impl RegistrationError {
    /// The code of RFC 7591 §3.2.2.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Redirect(_) => "invalid_redirect_uri",
            _ => "invalid_client_metadata",
        }
    }
}

/// What a client that registers itself says. Members that are not known are passed over, as the RFC wants: hosts send many.
pub fn read(body: &Value, rules: &RedirectRules) -> Result<ClientMetadata, RegistrationError> {
    let members = body.as_object().ok_or(RegistrationError::NotAnObject)?;
    let redirect_uris = rules.read(present(members, "redirect_uris"))?;
    let name = match Name::read(members) {
        Name::Fit(name) => name,
        Name::Missing => named_after(&redirect_uris),
        Name::Unfit => return Err(RegistrationError::Name),
    };
    if present(members, "grant_types").is_some() && !lists(members, "grant_types", "authorization_code") {
        return Err(RegistrationError::GrantTypes);
    }
    if present(members, "response_types").is_some() && !lists(members, "response_types", "code") {
        return Err(RegistrationError::ResponseTypes);
    }
    Ok(ClientMetadata { name, redirect_uris, auth_method: auth_method(members)? })
}

/// A client without a name is called by where it is sent back to: that much is certain.
fn named_after(redirect_uris: &[String]) -> String {
    match redirect_uris.first().map(|uri| RedirectTarget::of(uri)) {
        Some(RedirectTarget::Web { host }) => host,
        Some(RedirectTarget::App { scheme }) => scheme,
        Some(RedirectTarget::ThisComputer) | None => "localhost".to_owned(),
    }
}

/// A client that does not say is public, and not one with a secret as in RFC 7591 §2, which lets the server choose: PKCE is
/// asked of all, a secret that anybody gets for the asking proves nothing, and only a client without one is the same
/// client when it registers again.
fn auth_method(members: &Map<String, Value>) -> Result<AuthMethod, RegistrationError> {
    let Some(said) = present(members, "token_endpoint_auth_method") else { return Ok(AuthMethod::None) };
    match serde_json::from_value(said.clone()) {
        Ok(method) => Ok(method),
        Err(_) if lists(members, "token_endpoint_auth_methods_supported", "none") => Ok(AuthMethod::None),
        Err(_) => Err(RegistrationError::AuthMethod),
    }
}

/// The same for the same client, however often it registers: hosts do so at every connection. Neither the order of its
/// redirects counts, nor the port on a person's own computer. Clients with a secret must not share an id, since a new secret
/// would end the other's: look up public ones by it only.
pub fn fingerprint(client: &ClientMetadata) -> [u8; 32] {
    let mut redirects: Vec<_> = client.redirect_uris.iter().map(|uri| without_port(uri)).collect();
    redirects.sort_unstable();
    redirects.dedup();
    let method = match client.auth_method {
        AuthMethod::None => "none",
        AuthMethod::ClientSecretBasic => "client_secret_basic",
        AuthMethod::ClientSecretPost => "client_secret_post",
    };
    let start = Canonical::of("client registration").field(&client.name).field(method);
    *redirects.iter().fold(start, Canonical::field).digest().as_bytes()
}

/// The answer to a registration (RFC 7591 §3.2.1), with no member that is null: some hosts stumble over those. A secret
/// does not end by itself.
pub fn response(client_id: &str, client: &ClientMetadata, issued_at: Timestamp, secret: Option<&str>) -> Value {
    let mut answer = json!({
        "client_id": client_id,
        "client_id_issued_at": issued_at.micros() / 1_000_000,
        "client_name": client.name,
        "redirect_uris": client.redirect_uris,
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": client.auth_method,
    });
    if let Some(secret) = secret {
        answer["client_secret"] = secret.into();
        answer["client_secret_expires_at"] = 0.into();
    }
    answer
}
