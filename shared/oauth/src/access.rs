//! Access tokens: JWTs by ES256 (RFC 9068), for one server, of a few minutes.

use jsonwebtoken::{Algorithm, Header, Validation, decode, decode_header, encode, errors::ErrorKind};
use serde::{Deserialize, Serialize};
use turnpike_core::{GrantId, PersonId, Role, ServiceAgentId, TenantId, Timestamp};

use crate::{OAuthError, keys::KeyRing};

/// How much longer a token lives than its client is told, in seconds: some go by that to the last moment, and begin all over
/// when they come a moment late.
const SLACK: i64 = 10;

/// The media type in the header, which tells them from every other JWT.
const KIND: &str = "at+jwt";

/// In whose name a token acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Subject {
    /// A member's, by a grant.
    Person(PersonId, GrantId),
    /// A service agent's own.
    Service(ServiceAgentId),
}

/// What a token says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Claims {
    pub(crate) iss: String,
    /// The server that it is for, exactly.
    pub(crate) aud: String,
    /// `person:<id>` or `service:<id>`.
    pub(crate) sub: String,
    pub(crate) iat: i64,
    pub(crate) exp: i64,
    pub(crate) jti: String,
    pub(crate) client_id: String,
    pub(crate) scope: String,
    pub(crate) tenant: TenantId,
    /// For those who read the token; what counts is what the person is at the moment of the call.
    pub(crate) role: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) grant: Option<GrantId>,
}

/// A token that is good at this moment, as far as it says itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessToken {
    /// The tenant.
    pub tenant: TenantId,
    /// In whose name.
    pub subject: Subject,
    /// The client that it was given to.
    pub client_id: String,
    /// What it may do.
    pub scopes: Vec<String>,
    /// When it was made.
    pub issued_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// Why an access token is not taken.
#[derive(Debug, thiserror::Error)]
pub enum Unaccepted {
    /// It is no JWT of the right kind, or was changed.
    #[error("this access token is not one of this service, or was changed")]
    Malformed,
    /// It asks for another algorithm.
    #[error("this access token is not signed with ES256")]
    Algorithm,
    /// It names a key that is not, or no longer, used.
    #[error("the key that signed this access token is not in use")]
    UnknownKey,
    /// Somebody else has made it.
    #[error("this access token is from another issuer")]
    Issuer,
    /// It is for another server.
    #[error("this access token is for another server ({0}); ask for one with `resource` set to the URL of this one")]
    Audience(String),
    /// Its time is over.
    #[error("this access token has expired")]
    Expired,
    /// What it stands for has ended.
    #[error("the permission behind this access token was taken back or has ended")]
    Ended,
    /// It cannot be checked now.
    #[error("access tokens cannot be checked at the moment; try again")]
    Unavailable(#[from] OAuthError),
}

impl Claims {
    fn subject(&self) -> Option<Subject> {
        match (self.sub.split_once(':')?, self.grant) {
            (("person", id), Some(grant)) => Some(Subject::Person(id.parse().ok()?, grant)),
            (("service", id), None) => Some(Subject::Service(id.parse().ok()?)),
            _ => None,
        }
    }
}

/// Whose token is to be made, and for what.
pub(crate) struct NewToken<'a> {
    pub(crate) issuer: &'a str,
    pub(crate) resource: &'a str,
    pub(crate) subject: Subject,
    pub(crate) client_id: &'a str,
    pub(crate) tenant: TenantId,
    pub(crate) role: Role,
    pub(crate) scopes: &'a [String],
    pub(crate) id: String,
    pub(crate) now: Timestamp,
    /// How long it lives, as its client is told.
    pub(crate) seconds: u32,
}

/// Signs a token.
pub(crate) async fn sign(keys: &KeyRing, new: NewToken<'_>) -> Result<String, OAuthError> {
    let (kid, key) = keys.signer().await?;
    let (sub, grant) = match new.subject {
        Subject::Person(person, grant) => (format!("person:{person}"), Some(grant)),
        Subject::Service(id) => (format!("service:{id}"), None),
    };
    let iat = new.now.micros() / 1_000_000;
    let claims = Claims {
        iss: new.issuer.to_owned(),
        aud: new.resource.to_owned(),
        sub,
        iat,
        exp: iat + i64::from(new.seconds) + SLACK,
        jti: new.id,
        client_id: new.client_id.to_owned(),
        scope: new.scopes.join(" "),
        tenant: new.tenant,
        role: new.role.as_str().to_owned(),
        grant,
    };
    let header = Header { typ: Some(KIND.into()), kid: Some(kid), ..Header::new(Algorithm::ES256) };
    Ok(encode(&header, &claims, &key)?)
}

/// Reads a token that is to be for `audience`; for any server of ours when that is `None`.
pub(crate) async fn check(
    keys: &KeyRing,
    issuer: &str,
    audience: Option<&str>,
    now: Timestamp,
    text: &str,
) -> Result<AccessToken, Unaccepted> {
    let header = decode_header(text).map_err(|error| match error.kind() {
        ErrorKind::InvalidAlgorithmName | ErrorKind::Json(_) => Unaccepted::Algorithm,
        _ => Unaccepted::Malformed,
    })?;
    if header.alg != Algorithm::ES256 {
        return Err(Unaccepted::Algorithm);
    }
    if header.typ.as_deref() != Some(KIND) {
        return Err(Unaccepted::Malformed);
    }
    let kid = header.kid.ok_or(Unaccepted::UnknownKey)?;
    let key = keys.find(&kid).await?.ok_or(Unaccepted::UnknownKey)?;
    // Issuer, audience and times are looked at below: the clock is ours, and each has words of its own.
    let mut rules = Validation::new(Algorithm::ES256);
    (rules.validate_exp, rules.validate_aud) = (false, false);
    let claims: Claims = decode(text, &key, &rules).map_err(|_| Unaccepted::Malformed)?.claims;
    if claims.iss != issuer {
        return Err(Unaccepted::Issuer);
    }
    if audience.is_some_and(|audience| audience != claims.aud) {
        return Err(Unaccepted::Audience(claims.aud));
    }
    let seconds = |seconds: i64| Timestamp::from_micros(seconds.saturating_mul(1_000_000));
    let expires_at = seconds(claims.exp);
    if expires_at <= now {
        return Err(Unaccepted::Expired);
    }
    let subject = claims.subject().ok_or(Unaccepted::Malformed)?;
    let scopes = claims.scope.split_whitespace().map(str::to_owned).collect();
    let issued_at = seconds(claims.iat);
    Ok(AccessToken { tenant: claims.tenant, subject, client_id: claims.client_id, scopes, issued_at, expires_at })
}
