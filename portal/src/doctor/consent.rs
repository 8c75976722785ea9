//! Step 5: a person is asked. Who presses the button has agreed by that, to reading only; the grant ends with the
//! examination.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;
use turnpike_core::{Digest, GrantId};
use turnpike_oauth::{Consent, NotStarted};
use url::form_urlencoded;

use super::{
    Doctor, REDIRECT,
    agent::{clean, send},
    discovery::Described,
    report::{Outcome, Problem},
};

/// The person has agreed.
pub(super) struct Agreed {
    pub(super) grant: GrantId,
    pub(super) code: SecretString,
    pub(super) verifier: SecretString,
}

impl Doctor<'_> {
    pub(super) async fn authorize(&self, server: &Described, client_id: &str) -> Outcome<Agreed> {
        let verifier = SecretString::from(URL_SAFE_NO_PAD.encode(self.portal.ambient.bytes::<32>()));
        let parameters = self.request(client_id, &verifier);
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(&parameters).finish();
        // A browser that is not signed in: whatever stands before the page lets it through, and it asks who is there.
        let answer = send(self.client.get(format!("{}?{query}", server.authorize))).await?;
        let place = answer.headers.get("location").and_then(|value| value.to_str().ok()).unwrap_or_default();
        if !answer.status.is_redirection() || !place.starts_with("/sign-in") {
            return Err(answer.unexpected("The page where a person agrees must ask who is there"));
        }
        let consent = self.ask(&parameters).await?;
        let grant = consent.grant;
        match self.agree(consent).await {
            Ok(code) => {
                let seen = "The page where a person agrees answers, and takes a request as agents send it. For this examination you have agreed, to reading only.";
                Ok((Agreed { grant, code, verifier }, seen.into()))
            }
            Err(problem) => {
                self.take_back(grant).await;
                Err(problem)
            }
        }
    }

    /// What an agent asks for, PKCE and all.
    fn request(&self, client_id: &str, verifier: &SecretString) -> Vec<(String, String)> {
        let challenge = URL_SAFE_NO_PAD.encode(Digest::of(verifier.expose_secret().as_bytes()).as_bytes());
        let state = URL_SAFE_NO_PAD.encode(self.portal.ambient.bytes::<16>());
        let scope = self.resource.basic_scopes().join(" ");
        let parameters = [
            ("response_type", "code"),
            ("client_id", client_id),
            ("redirect_uri", REDIRECT),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
            ("state", &state),
            ("resource", &self.resource.url),
            ("scope", &scope),
        ];
        parameters.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
    }

    /// What the page would ask the person.
    async fn ask(&self, parameters: &[(String, String)]) -> Result<Consent, Problem> {
        let refused = |words: &str| {
            let seen = format!("A request as agents send it is refused: {}.", clean(words));
            Problem::new(seen, "Tell your service provider, and give the number of this examination.")
        };
        let request = self.portal.oauth.read_request(parameters).await.map_err(|why| match why {
            NotStarted::Page(why) => refused(&why.to_string()),
            NotStarted::Back(why) => refused(&why.description),
        })?;
        let person = self.person;
        self.portal.oauth.open_consent(person, &self.portal.oauth.seal(person, &request)).map_err(Problem::ours)
    }

    /// The code.
    async fn agree(&self, consent: Consent) -> Result<SecretString, Problem> {
        let chosen = self.resource.basic_scopes();
        let details = json!({
            "client_id": consent.client_id, "client_name": consent.client_name, "resource": consent.resource,
            "scopes": chosen,
        });
        let allowed = self.portal.oauth.allow(consent, self.tenant, self.person, &chosen).await;
        let allowed = allowed.map_err(Problem::ours)?;
        self.write_down("grant.made", allowed.grant, details).await.map_err(Problem::ours)?;
        let code = allowed.location.query_pairs().find(|(name, _)| name == "code");
        code.map(|(_, code)| code.into_owned().into()).ok_or_else(|| Problem::ours("a consent has no code"))
    }

    /// Ends what was made for the examination.
    pub(super) async fn take_back(&self, grant: GrantId) {
        let rows = self.portal.store.tenant(self.tenant);
        let ended = match rows.revoke_grant(grant, "doctor", self.portal.ambient.now()).await {
            Ok(true) => self.write_down("grant.revoked", grant, json!({ "why": "doctor" })).await,
            Ok(false) => Ok(()),
            Err(error) => Err(error),
        };
        if let Err(error) = ended {
            tracing::error!(%error, %grant, "the connection doctor's grant may not have ended");
        }
    }
}
