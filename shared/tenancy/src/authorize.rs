//! Sending a person to the vendor to grant access, and taking the vendor's answer.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;
use turnpike_core::{Canonical, Digest, TenantId};
use turnpike_sdk::AuthShape;
use turnpike_store::NewAuthorization;
use turnpike_vault::{AuthorizationCode, Credential};
use url::Url;

use crate::{
    Actor, Allow, ConnectError, Connected, Side, Tenancy,
    connect::{Wanted, check_side},
};

/// How long the vendor's answer is waited for.
const PATIENCE: Duration = Duration::from_secs(600);

/// What a browser brings back from the vendor.
#[derive(Default)]
pub struct AuthorizationAnswer {
    /// What we gave it along.
    pub state: String,
    /// What the access is got with.
    pub code: Option<SecretString>,
    /// Why there is none.
    pub error: Option<String>,
    /// Who says that it answers (RFC 9207).
    pub iss: Option<String>,
}

impl Tenancy {
    /// Where to send the browser. `browser` is a random value that a cookie keeps there: whoever brings the answer must have
    /// it too.
    pub async fn begin_authorization(
        &self,
        actor: &Actor,
        tenant: TenantId,
        integration: &str,
        side: Side,
        browser: &[u8; 32],
    ) -> Result<Url, ConnectError> {
        let manifest = &self.route(integration)?.integration.manifest;
        let (Some(oauth), Some((app, mut url)), Some(callback)) =
            (manifest.auth.oauth(), self.find_app(integration, side), self.callback_url())
        else {
            return Err(ConnectError::NoApp { title: manifest.title });
        };
        self.refuse_switched_off(tenant, integration).await?;
        let rows = self.parts().store.tenant(tenant);
        check_side(rows.find_connection(integration).await?.as_ref(), side, manifest.title)?;

        let (state, now) = (URL_SAFE_NO_PAD.encode(self.parts().ambient.bytes::<32>()), self.parts().ambient.now());
        let waiting = NewAuthorization {
            hash: hash_of_state(&state),
            integration: integration.into(),
            sandbox: side.is_sandbox(),
            actor: actor.0.clone(),
            browser: hash_of_browser(browser),
            created_at: now,
            expires_at: now.plus(PATIENCE),
        };
        rows.insert_authorization(&waiting).await?;

        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", &app.client_id)
            .append_pair("redirect_uri", callback.as_str())
            .append_pair("state", &state)
            .extend_pairs(oauth.authorize_parameters);
        if !oauth.scopes.is_empty() {
            url.query_pairs_mut().append_pair("scope", &oauth.scopes.join(" "));
        }
        if oauth.pkce {
            let challenge = Digest::of(self.verifier(&state).expose_secret().as_bytes());
            url.query_pairs_mut()
                .append_pair("code_challenge", &URL_SAFE_NO_PAD.encode(challenge.as_bytes()))
                .append_pair("code_challenge_method", "S256");
        }
        // Not every vendor reads `+` as a space.
        let query = url.query().unwrap_or_default().replace('+', "%20");
        url.set_query(Some(&query));
        Ok(url)
    }

    /// Takes the vendor's answer. A state is good once, for ten minutes, and from the browser that was sent; whoever comes
    /// with another learns nothing, and has used it up.
    pub async fn finish_authorization(
        &self,
        answer: &AuthorizationAnswer,
        browser: &[u8; 32],
    ) -> Result<Connected, ConnectError> {
        let found = self.parts().store.system().take_authorization(&hash_of_state(&answer.state)).await?;
        let now = self.parts().ambient.now();
        let (tenant, waiting) = found
            .filter(|(_, waiting)| waiting.expires_at > now && waiting.browser == hash_of_browser(browser))
            .ok_or(ConnectError::StateUnknown)?;
        let actor = Actor(waiting.actor);
        let (integration, side) = (waiting.integration.as_str(), Side::of(waiting.sandbox));
        let wanted = Wanted { actor: &actor, tenant, integration, side, allow: Allow::AsBefore };
        let done = match self.redeem(&wanted, answer).await {
            Ok(credential) => self.keep(&wanted, credential).await,
            Err(error) => Err(error),
        };
        self.tell_of_refusal(&wanted, done).await
    }

    /// The credential that the answer's code stands for.
    async fn redeem(&self, wanted: &Wanted<'_>, answer: &AuthorizationAnswer) -> Result<Credential, ConnectError> {
        let route = self.route(wanted.integration)?;
        let manifest = &route.integration.manifest;
        let title = manifest.title;
        let endpoint = if wanted.side.is_sandbox() { route.sandbox.as_ref() } else { Some(&route.live) };
        let (Some(oauth), Some((app, _)), Some(callback), Some(token_url)) = (
            manifest.auth.oauth(),
            self.find_app(wanted.integration, wanted.side),
            self.callback_url(),
            endpoint.and_then(|endpoint| endpoint.token_url.as_deref()),
        ) else {
            return Err(ConnectError::NoApp { title });
        };
        if let (Some(known), Some(given)) = (oauth.issuer, &answer.iss)
            && known != given
        {
            return Err(ConnectError::WrongIssuer { title });
        }
        if let Some(error) = &answer.error {
            // It came through the address line: no more of it is repeated than can be a word of RFC 6749.
            let words = error.chars().filter(|letter| letter.is_ascii_lowercase() || *letter == '_').take(40).collect();
            return Err(ConnectError::Denied { title, words });
        }
        let code = answer.code.as_ref().ok_or(ConnectError::Incomplete { field: "code" })?;
        self.refuse_switched_off(wanted.tenant, wanted.integration).await?;
        let verifier = oauth.pkce.then(|| self.verifier(&answer.state));
        let code = AuthorizationCode {
            client_id: &app.client_id,
            client_secret: &app.client_secret,
            code,
            redirect_uri: callback.as_str(),
            verifier: verifier.as_ref(),
        };
        let shape: &AuthShape = &manifest.auth;
        let redeemed = self.parts().vault.redeem(token_url, &route.version, shape, &code).await;
        redeemed.map_err(|error| ConnectError::of_credential(error, title))?.ok_or(ConnectError::NotLasting { title })
    }

    /// Writes down that a connection did not come about, and why.
    pub(crate) async fn tell_of_refusal(
        &self,
        wanted: &Wanted<'_>,
        done: Result<Connected, ConnectError>,
    ) -> Result<Connected, ConnectError> {
        if let Err(error) = &done {
            let details = json!({ "why": error.word(), "sandbox": wanted.side.is_sandbox() });
            let subject = format!("integration:{}", wanted.integration);
            self.record(wanted.tenant, wanted.actor, "connection.refused", &subject, details).await?;
        }
        done
    }

    /// The PKCE verifier of a state. It is stored nowhere: it follows from the state and a secret of the deployment.
    fn verifier(&self, state: &str) -> SecretString {
        let message = Canonical::of("pkce-verifier/1").field(state);
        URL_SAFE_NO_PAD.encode(Digest::hmac(&*self.0.verifier_key, message.as_bytes()).as_bytes()).into()
    }
}

fn hash_of_state(state: &str) -> [u8; 32] {
    *Canonical::of("authorization-state/1").field(state).digest().as_bytes()
}

fn hash_of_browser(browser: &[u8; 32]) -> [u8; 32] {
    *Canonical::of("authorization-browser/1").field(browser).digest().as_bytes()
}
