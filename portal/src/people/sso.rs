//! Single sign-on by the agency's identity provider (OpenID Connect, authorization code with PKCE).
//!
//! All that must come back unchanged is derived from one random value in a cookie, so that nothing is stored for strangers.

use std::time::Duration;

use axum::{
    extract::{Query, State},
    response::{AppendHeaders, IntoResponse, Redirect, Response},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderMap, header::CONTENT_TYPE};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header, jwk::JwkSet};
use moka::future::Cache;
use oauth2::{PkceCodeChallenge, PkceCodeVerifier};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, de::DeserializeOwned};
use turnpike_config::OidcSettings;
use turnpike_store::Person;
use url::{Url, form_urlencoded};

use super::{address_of, begin, link::add_person};
use crate::{
    Portal,
    http::{Answer, Failure, hash},
    portal::StartError,
};

/// The cookie between leaving and coming back.
const COOKIE: &str = "sso";
/// How long the provider's own description is believed.
const BELIEVED: Duration = Duration::from_secs(3600);
/// Signatures that are taken: none that a public key could be misused for.
const ALGORITHMS: [Algorithm; 4] = [Algorithm::RS256, Algorithm::PS256, Algorithm::ES256, Algorithm::EdDSA];

/// The identity provider.
pub(crate) struct SingleSignOn {
    /// What stands on the button.
    pub(crate) label: String,
    issuer: String,
    client_id: String,
    client_secret: SecretString,
    redirect_uri: String,
    client: reqwest::Client,
    known: Cache<(), Provider>,
}

/// What the provider says of itself.
#[derive(Clone, Deserialize)]
struct Provider {
    issuer: String,
    authorization_endpoint: Url,
    token_endpoint: String,
    jwks_uri: String,
}

#[derive(Deserialize)]
struct Tokens {
    id_token: String,
}

/// What an ID token says.
#[derive(Deserialize)]
struct Claims {
    sub: String,
    nonce: Option<String>,
    email: Option<String>,
    #[serde(default)]
    email_verified: bool,
    name: Option<String>,
}

/// What the provider sends back.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Returned {
    state: String,
    code: String,
    error: String,
    iss: Option<String>,
}

/// A value that must come back, one for each use of the cookie's secret.
fn derived(purpose: &str, secret: &[u8; 32]) -> String {
    URL_SAFE_NO_PAD.encode(hash(purpose, secret))
}

impl SingleSignOn {
    /// `None` when the settings name no issuer.
    pub(crate) fn new(settings: &OidcSettings, public_url: &str) -> Result<Option<Self>, StartError> {
        if settings.issuer.is_empty() {
            return Ok(None);
        }
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Duration::from_secs(10))
            .no_proxy()
            .build()?;
        Ok(Some(Self {
            label: settings.label.clone(),
            issuer: settings.issuer.trim_end_matches('/').to_owned(),
            client_id: settings.client_id.clone(),
            client_secret: settings.client_secret.clone(),
            redirect_uri: format!("{public_url}/oidc/callback"),
            client,
            known: Cache::builder().time_to_live(BELIEVED).build(),
        }))
    }

    async fn provider(&self) -> Result<Provider, Failure> {
        if let Some(known) = self.known.get(&()).await {
            return Ok(known);
        }
        let request = self.client.get(format!("{}/.well-known/openid-configuration", self.issuer));
        let provider: Provider = answer(request).await?;
        if provider.issuer.trim_end_matches('/') != self.issuer {
            return Err(no_sign_on("it calls itself by another name"));
        }
        self.known.insert((), provider.clone()).await;
        Ok(provider)
    }

    async fn leave(&self, secret: &[u8; 32]) -> Result<Url, Failure> {
        let mut url = self.provider().await?.authorization_endpoint;
        let challenge =
            PkceCodeChallenge::from_code_verifier_sha256(&PkceCodeVerifier::new(derived("verifier", secret)));
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.client_id)
            .append_pair("redirect_uri", &self.redirect_uri)
            .append_pair("scope", "openid email profile")
            .append_pair("state", &derived("state", secret))
            .append_pair("nonce", &derived("nonce", secret))
            .append_pair("code_challenge", challenge.as_str())
            .append_pair("code_challenge_method", "S256");
        Ok(url)
    }

    /// Who came back.
    async fn claims(&self, returned: &Returned, secret: &[u8; 32]) -> Result<Claims, Failure> {
        let provider = self.provider().await?;
        let wrong_issuer = returned.iss.as_ref().is_some_and(|iss| *iss != provider.issuer);
        if returned.state != derived("state", secret) || wrong_issuer || !returned.error.is_empty() {
            return Err(no_sign_on("it did not let you in, or too much time has passed"));
        }
        let verifier = derived("verifier", secret);
        let form = form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", "authorization_code")
            .append_pair("code", &returned.code)
            .append_pair("redirect_uri", &self.redirect_uri)
            .append_pair("code_verifier", &verifier)
            .finish();
        let request = self.client.post(&provider.token_endpoint);
        let request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(form);
        let tokens: Tokens =
            answer(request.basic_auth(&self.client_id, Some(self.client_secret.expose_secret()))).await?;
        let keys: JwkSet = answer(self.client.get(&provider.jwks_uri)).await?;
        let claims = self.verified(&tokens.id_token, &keys, &provider.issuer)?;
        if claims.nonce.as_deref() != Some(derived("nonce", secret).as_str()) {
            return Err(no_sign_on("its answer is to another question"));
        }
        Ok(claims)
    }

    fn verified(&self, token: &str, keys: &JwkSet, issuer: &str) -> Result<Claims, Failure> {
        let not_signed = |_| no_sign_on("its answer is not signed as it should be");
        let header = decode_header(token).map_err(not_signed)?;
        let key = match &header.kid {
            Some(kid) => keys.find(kid),
            None => keys.keys.first().filter(|_| keys.keys.len() == 1),
        };
        let key = key.ok_or_else(|| no_sign_on("its answer is signed with an unknown key"))?;
        if !ALGORITHMS.contains(&header.alg) {
            return Err(no_sign_on("its answer is signed in a way that is not taken"));
        }
        let mut validation = Validation::new(header.alg);
        validation.set_audience(&[&self.client_id]);
        validation.set_issuer(&[issuer]);
        validation.set_required_spec_claims(&["exp", "aud", "iss", "sub"]);
        let key = DecodingKey::from_jwk(key).map_err(not_signed)?;
        Ok(decode::<Claims>(token, &key, &validation).map_err(not_signed)?.claims)
    }
}

async fn answer<T: DeserializeOwned>(request: reqwest::RequestBuilder) -> Result<T, Failure> {
    // The library's error names the URL.
    let answer = request.send().await.and_then(reqwest::Response::error_for_status);
    let answer = answer.map_err(|error| {
        tracing::warn!(status = ?error.status(), "the identity provider refused or did not answer");
        no_sign_on("it does not answer")
    })?;
    answer.json().await.map_err(|_| no_sign_on("its answer cannot be read"))
}

fn no_sign_on(reason: &str) -> Failure {
    Failure::Refused(format!("the identity provider cannot be used: {reason}"))
}

pub(crate) async fn start(State(portal): State<Portal>) -> Answer {
    let sso = portal.sso.as_ref().ok_or(Failure::NotFound)?;
    let secret = portal.ambient.bytes::<32>();
    let url = sso.leave(&secret).await?;
    Ok((AppendHeaders([portal.cookies.set(COOKIE, &secret)]), Redirect::to(url.as_str())).into_response())
}

pub(crate) async fn callback(
    State(portal): State<Portal>,
    headers: HeaderMap,
    Query(returned): Query<Returned>,
) -> Answer {
    let sso = portal.sso.as_ref().ok_or(Failure::NotFound)?;
    let secret = portal.cookies.read(&headers, COOKIE).ok_or(Failure::LinkOver)?;
    let claims = sso.claims(&returned, &secret).await?;
    let person = person(&portal, &sso.issuer, claims).await?;
    let response: Response = begin(&portal, &headers, &person, None, "/").await?;
    Ok((AppendHeaders([portal.cookies.remove(COOKIE)]), response).into_response())
}

/// The person whom the provider names: known by its own name for them, or by an address that it has checked.
async fn person(portal: &Portal, issuer: &str, claims: Claims) -> Result<Person, Failure> {
    let (system, subject) = (portal.store.system(), format!("{issuer} {}", claims.sub));
    if let Some(known) = system.find_person_by_subject(&subject).await? {
        return Ok(known);
    }
    let email = claims.email.as_deref().and_then(address_of).filter(|_| claims.email_verified);
    let email = email.ok_or_else(|| no_sign_on("it names no address of yours that it has checked"))?;
    let mut person = match system.find_person_by_email(&email).await? {
        Some(known) => known,
        None if portal.settings.portal.sign_up => {
            let name = claims.name.filter(|name| !name.trim().is_empty()).unwrap_or_else(|| email.clone());
            let name: String = turnpike_core::visible(&name).chars().take(100).collect();
            add_person(portal, &email, &name, None).await?
        }
        None => return Err(Failure::Refused("nobody with your address is known here; ask to be invited".into())),
    };
    person.oidc_subject = Some(subject);
    system.update_person(&person).await?;
    Ok(person)
}
