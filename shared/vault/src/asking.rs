//! How an authorization server is asked: in a form, or with HTTP Basic and JSON.
//!
//! The OAuth library writes forms. Where the vendor wants JSON, the form is written anew on its way out, and a refusal in the
//! vendor's own envelope is read as one of RFC 6749.

use std::{borrow::Cow, sync::Arc};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{
    HeaderName, HeaderValue,
    header::{AUTHORIZATION, CONTENT_TYPE},
};
use oauth2::{AsyncHttpClient, AuthType, HttpRequest, HttpResponse};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use turnpike_core::{Wire, WireError};
use turnpike_sdk::{TokenRequest, TokenStyle};
use url::form_urlencoded;

/// The way to the authorization servers.
pub(crate) struct OverWire(pub(crate) Arc<dyn Wire>);

/// An authorization server, and how it is asked.
#[derive(Clone, Copy)]
pub(crate) struct TokenServer<'a> {
    /// Its token endpoint.
    pub(crate) url: &'a str,
    /// How it is asked, and what it leaves unsaid.
    pub(crate) style: TokenStyle,
    /// The pinned version of the vendor's API.
    pub(crate) version: &'a str,
}

impl TokenServer<'_> {
    /// Where the library puts the client's id and secret.
    pub(crate) fn auth_type(&self) -> AuthType {
        match self.style.request {
            TokenRequest::Form => AuthType::RequestBody,
            TokenRequest::BasicJson => AuthType::BasicAuth,
        }
    }
}

/// Lets the OAuth library send through our wire, as this server wants it.
pub(crate) struct Asking<'a> {
    pub(crate) wire: &'a OverWire,
    pub(crate) server: TokenServer<'a>,
}

impl<'c> AsyncHttpClient<'c> for Asking<'_> {
    type Error = WireError;
    type Future = BoxFuture<'c, Result<HttpResponse, WireError>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        let (mut parts, mut body) = request.into_parts();
        let json = self.server.style.request == TokenRequest::BasicJson;
        if json {
            body = as_json(&body);
            parts.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            // The library has made it of the client's secret.
            parts.headers.get_mut(AUTHORIZATION).into_iter().for_each(|value| value.set_sensitive(true));
        }
        if let Some((name, version)) = version_header(self.server) {
            parts.headers.insert(name, version);
        }
        let sent = self.wire.0.send(http::Request::from_parts(parts, Bytes::from(body)));
        Box::pin(async move {
            let (parts, body) = sent.await?.into_parts();
            // A server in trouble says nothing that is final, whatever words it finds.
            let in_trouble = parts.status.is_server_error() || parts.status == http::StatusCode::TOO_MANY_REQUESTS;
            let body = match (in_trouble, json && !parts.status.is_success()) {
                (true, _) => vec![],
                (false, true) => as_rfc_6749(&body).into_owned(),
                (false, false) => body.to_vec(),
            };
            Ok(http::Response::from_parts(parts, body))
        })
    }
}

/// The header that names the API's version, where this server wants one.
pub(crate) fn version_header(server: TokenServer<'_>) -> Option<(HeaderName, HeaderValue)> {
    let name = HeaderName::from_static(server.style.version_header?);
    Some((name, HeaderValue::from_str(server.version).ok()?))
}

/// The fields of a form as a JSON object.
fn as_json(form: &[u8]) -> Vec<u8> {
    let fields = form_urlencoded::parse(form).map(|(name, value)| (name.into_owned(), Value::from(value.into_owned())));
    Value::Object(fields.collect::<Map<_, _>>()).to_string().into_bytes()
}

/// A refusal of the API itself, such as `{"object": "error", "code": "invalid_grant", "message": "…"}`.
#[derive(Deserialize)]
struct Envelope {
    code: String,
    #[serde(default)]
    message: String,
}

/// The refusal as RFC 6749 words it, whichever of the two it came in.
pub(crate) fn as_rfc_6749(body: &[u8]) -> Cow<'_, [u8]> {
    match serde_json::from_slice::<Envelope>(body) {
        Ok(Envelope { code, message }) => {
            let error = if code == "unauthorized" { "invalid_client" } else { &code };
            json!({ "error": error, "error_description": message }).to_string().into_bytes().into()
        }
        Err(_) => body.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_written_anew_as_json_byte_for_byte() {
        let form = form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", "refresh_token")
            .append_pair("refresh_token", "nrt_a+b/c=&d \"e\"")
            .finish();
        let json: Value = serde_json::from_slice(&as_json(form.as_bytes())).unwrap();
        assert_eq!(json, json!({ "grant_type": "refresh_token", "refresh_token": "nrt_a+b/c=&d \"e\"" }));
    }

    #[test]
    fn a_refusal_in_the_vendors_envelope_is_one_of_the_standard() {
        let read = |body: Value| serde_json::from_slice::<Value>(&as_rfc_6749(body.to_string().as_bytes())).unwrap();
        let ended = json!({ "object": "error", "status": 400, "code": "invalid_grant", "message": "revoked" });
        assert_eq!(read(ended), json!({ "error": "invalid_grant", "error_description": "revoked" }));
        let client = json!({ "object": "error", "status": 401, "code": "unauthorized", "message": "no" });
        assert_eq!(read(client)["error"], "invalid_client");
        let standard = json!({ "error": "invalid_grant" });
        assert_eq!(read(standard.clone()), standard);
    }
}
