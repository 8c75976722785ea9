//! Putting the credential on a request: the one place, besides the vault, where a secret stands in clear.

use http::{HeaderValue, header::AUTHORIZATION, request::Builder};
use secrecy::ExposeSecret;
use turnpike_core::{AccountId, Digest};
use turnpike_sdk::AuthShape;
use turnpike_vault::{Credential, OAuthGrant};
use url::form_urlencoded::Serializer;
use zeroize::Zeroizing;

/// Adds what the auth shape asks for; returns the request and its query string: `raw_query` as it is, then the pairs.
pub(crate) fn apply(
    request: Builder,
    raw_query: &str,
    query: &[(&'static str, String)],
    account: Option<&AccountId>,
    credential: &Credential,
    shape: &AuthShape,
    version: &str,
) -> (Builder, String) {
    let mut pairs = Serializer::new(raw_query.to_owned());
    pairs.extend_pairs(query);
    let request = match credential {
        Credential::OAuthRefresh(grant) => bearer(request, access(grant)),
        Credential::SystemUserToken(own) => {
            let token = own.token.expose_secret();
            if let Some(app) = &own.app {
                pairs.append_pair("appsecret_proof", &proof(app.app_secret.expose_secret(), token));
            }
            bearer(request, token)
        }
        Credential::LoginWithAmazon(grant) => {
            let request = bearer(request, access(grant)).header("Amazon-Advertising-API-ClientId", &grant.client_id);
            // What is for no profile, such as the list of them, is refused with this header.
            match account {
                Some(profile) => request.header("Amazon-Advertising-API-Scope", profile.as_str()),
                None => request,
            }
        }
        Credential::RestliOAuth { grant, .. } => bearer(request, access(grant))
            .header("X-Restli-Protocol-Version", "2.0.0")
            .header("LinkedIn-Version", version),
        Credential::ApiKey { key } => match shape {
            AuthShape::ApiKey { header, prefix } => {
                request.header(*header, sensitive(&Zeroizing::new(format!("{prefix}{}", key.expose_secret()))))
            }
            _ => request,
        },
    };
    (request, pairs.finish())
}

fn access(grant: &OAuthGrant) -> &str {
    grant.access.as_ref().map_or("", |access| access.token.expose_secret())
}

fn bearer(request: Builder, token: &str) -> Builder {
    request.header(AUTHORIZATION, sensitive(&Zeroizing::new(format!("Bearer {token}"))))
}

/// A header value that is never printed. One that cannot be a header becomes empty, and the upstream refuses it.
fn sensitive(text: &str) -> HeaderValue {
    let mut value = HeaderValue::from_str(text).unwrap_or_else(|_| HeaderValue::from_static(""));
    value.set_sensitive(true);
    value
}

/// Meta's `appsecret_proof`: HMAC-SHA-256 of the token under the app's secret, in hexadecimal.
fn proof(app_secret: &str, token: &str) -> String {
    Digest::hmac(app_secret.as_bytes(), token.as_bytes()).to_string()
}

#[cfg(test)]
mod tests {
    use std::{collections::HashMap, time::Duration};

    use turnpike_sdk::{OAuth, SystemUser, TokenApp, TokenStyle};

    use super::*;

    const OAUTH: OAuth = OAuth {
        authorize_url: "",
        authorize_parameters: &[],
        issuer: None,
        pkce: true,
        token_url: "",
        revoke_url: None,
        token_style: TokenStyle::USUAL,
        scopes: &[],
        refresh_ahead: Duration::ZERO,
        lapses_unused: None,
        ends_also: "",
    };

    const SYSTEM_USER: SystemUser =
        SystemUser { scopes: &[], app: Some(TokenApp { token_url: "", renew_ahead: Duration::ZERO }) };

    fn applied(shape: &AuthShape, raw_query: &str) -> (HashMap<String, String>, String) {
        let form = [
            ("client_id", "client"),
            ("client_secret", "s"),
            ("refresh_token", "r"),
            ("app_id", "app"),
            ("app_secret", "app-secret"),
            ("access_token", "system-token"),
            ("key", "the-key"),
        ];
        let form = form.into_iter().map(|(name, value)| (name, value.to_owned())).collect();
        let credential = Credential::from_form(shape, form).unwrap();
        let pairs = [("q", "a b&c".into())];
        let account = AccountId::new("18446744073709551615");
        let (request, query) =
            apply(http::Request::builder(), raw_query, &pairs, Some(&account), &credential, shape, "202607");
        let request = request.body(()).unwrap();
        let headers = request.headers().iter();
        (headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect(), query)
    }

    #[test]
    fn each_shape_puts_its_own_headers_on() {
        let (headers, query) = applied(&AuthShape::OAuthRefresh(OAUTH), "");
        assert_eq!(headers["authorization"], "Bearer ");
        assert_eq!(query, "q=a+b%26c");

        let (headers, query) = applied(&AuthShape::SystemUserToken(SYSTEM_USER), "");
        assert_eq!(headers["authorization"], "Bearer system-token");
        assert_eq!(query, format!("q=a+b%26c&appsecret_proof={}", proof("app-secret", "system-token")));

        let (headers, query) = applied(&AuthShape::SystemUserToken(SystemUser { app: None, ..SYSTEM_USER }), "");
        assert_eq!((&*headers["authorization"], &*query), ("Bearer system-token", "q=a+b%26c"));

        let (headers, _) = applied(&AuthShape::LoginWithAmazon(OAUTH), "");
        assert_eq!(headers["amazon-advertising-api-clientid"], "client");
        assert_eq!(headers["amazon-advertising-api-scope"], "18446744073709551615");

        let (headers, _) = applied(&AuthShape::RestliOAuth(OAUTH), "");
        assert_eq!((&*headers["x-restli-protocol-version"], &*headers["linkedin-version"]), ("2.0.0", "202607"));

        let (headers, _) = applied(&AuthShape::ApiKey { header: "x-api-key", prefix: "" }, "");
        assert_eq!(headers["x-api-key"], "the-key");
        let (headers, _) = applied(&AuthShape::ApiKey { header: "authorization", prefix: "Bearer " }, "");
        assert_eq!(headers["authorization"], "Bearer the-key");
    }

    #[test]
    fn a_query_that_is_already_encoded_goes_as_it_is_before_the_pairs() {
        let raw = "ids=List(1,2)&u=urn%3Ali%3Aperson%3Aabc";
        let (_, query) = applied(&AuthShape::RestliOAuth(OAUTH), raw);
        assert_eq!(query, format!("{raw}&q=a+b%26c"));
    }
}
