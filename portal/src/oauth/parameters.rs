//! Parameters of the endpoints: a form, and who the client is.

use axum::extract::{FromRequest, Request};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{HeaderMap, header};
use secrecy::SecretString;
use turnpike_oauth::{ClientProof, Code};
use url::form_urlencoded;

use super::endpoints::OAuthFailure;

/// The largest body that is read, in bytes.
const LARGEST: usize = 64 * 1024;

/// A form, with the client that sent it.
pub(super) struct Parameters {
    pub(super) client: ClientProof,
    /// Whether the client named itself in the header.
    pub(super) by_header: bool,
    fields: Vec<(String, String)>,
}

impl<S: Send + Sync> FromRequest<S> for Parameters {
    type Rejection = OAuthFailure;

    async fn from_request(request: Request, _: &S) -> Result<Self, OAuthFailure> {
        let (parts, body) = request.into_parts();
        let kind = parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if !kind.starts_with("application/x-www-form-urlencoded") {
            return Err(malformed("send the parameters as application/x-www-form-urlencoded"));
        }
        let body = axum::body::to_bytes(body, LARGEST).await.map_err(|_| malformed("the body is too large"))?;
        let fields: Vec<(String, String)> = form_urlencoded::parse(&body).into_owned().collect();
        for (at, (name, _)) in fields.iter().enumerate() {
            if fields[..at].iter().any(|(other, _)| other == name) {
                return Err(malformed("a parameter comes twice"));
            }
        }
        let client = client(&parts.headers, &fields)?;
        Ok(Self { by_header: parts.headers.contains_key(header::AUTHORIZATION), client, fields })
    }
}

impl Parameters {
    /// A parameter; one without a value is as if it were not sent.
    pub(super) fn get(&self, name: &str) -> Option<String> {
        find(&self.fields, name).map(str::to_owned)
    }
}

fn find<'a>(fields: &'a [(String, String)], name: &str) -> Option<&'a str> {
    fields.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
}

/// Who asks: by the header or in the body, and not by both.
fn client(headers: &HeaderMap, fields: &[(String, String)]) -> Result<ClientProof, OAuthFailure> {
    let (id, secret) = (find(fields, "client_id"), find(fields, "client_secret"));
    let Some(value) = headers.get(header::AUTHORIZATION) else {
        let id = id.ok_or_else(|| malformed("`client_id` is missing"))?.to_owned();
        return Ok(ClientProof { id, secret: secret.map(SecretString::from) });
    };
    if secret.is_some() {
        return Err(malformed("the client's secret comes by the header and in the body: send one"));
    }
    let (named, secret) =
        value.to_str().ok().and_then(basic).ok_or_else(|| malformed("the Authorization header is not Basic"))?;
    if id.is_some_and(|id| id != named) {
        return Err(malformed("the header and the body name different clients"));
    }
    Ok(ClientProof { id: named, secret: Some(secret) })
}

/// RFC 6749 §2.3.1: both parts are percent-encoded before they are joined.
fn basic(value: &str) -> Option<(String, SecretString)> {
    let (scheme, encoded) = value.split_once(' ')?;
    let decoded = scheme.eq_ignore_ascii_case("basic").then(|| STANDARD.decode(encoded.trim()).ok())??;
    let text = String::from_utf8(decoded).ok()?;
    let (id, secret) = text.split_once(':')?;
    let plain = |text: &str| form_urlencoded::parse(text.as_bytes()).next().map(|(name, _)| name.into_owned());
    Some((plain(id)?, plain(secret).unwrap_or_default().into()))
}

fn malformed(description: &str) -> OAuthFailure {
    OAuthFailure::new(Code::InvalidRequest, description)
}
