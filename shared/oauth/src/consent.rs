//! A person's answer. What they were asked is sealed into the page, for them alone and for ten minutes; one page is answered
//! once.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use turnpike_core::{Canonical, GrantId, HandleError, PersonId, TenantId};
use turnpike_store::{NewGrant, StoreError};
use url::Url;

use crate::{AuthorizationRequest, AuthorizationServer, OAuthError, Source};

/// How long a page may be thought about.
const THOUGHT: Duration = Duration::from_secs(600);
/// How long an authorization code is good.
const CODE: Duration = Duration::from_secs(60);

/// What a person was asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consent {
    /// The id that the grant will have: a second answer finds it taken.
    pub grant: GrantId,
    /// The client.
    pub client_id: String,
    /// What it calls itself.
    pub client_name: String,
    /// Where the answer goes.
    pub redirect_uri: String,
    /// What the client wants to see again.
    pub state: Option<String>,
    /// What its verifier will hash to.
    pub code_challenge: String,
    /// The server.
    pub resource: String,
    /// It has registered itself: its use is noted, so that it is not forgotten.
    pub registered: bool,
}

/// A person has agreed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allowed {
    /// The grant.
    pub grant: GrantId,
    /// What was agreed to.
    pub scopes: Vec<String>,
    /// Where the browser goes, with the code.
    pub location: Url,
}

/// Why an answer does not count.
#[derive(Debug, thiserror::Error)]
pub enum ConsentError {
    /// The page was made for somebody else, changed, or is too old.
    #[error("this page is too old, or was made for somebody else")]
    Stale,
    /// It was answered before.
    #[error("this page was answered before")]
    Answered,
    /// Nothing was chosen that there is on that server.
    #[error("nothing was chosen that the program may do")]
    Nothing,
    /// The database failed.
    #[error(transparent)]
    Unavailable(#[from] OAuthError),
}

impl From<HandleError> for ConsentError {
    fn from(_: HandleError) -> Self {
        Self::Stale
    }
}

fn purpose(person: PersonId) -> Canonical {
    Canonical::of("consent/1").field(person.to_string())
}

impl AuthorizationServer {
    /// Seals what this person is asked into their page.
    pub fn seal(&self, person: PersonId, request: &AuthorizationRequest) -> String {
        let consent = Consent {
            grant: self.ambient.id(),
            client_id: request.client.id.clone(),
            client_name: request.client.metadata.name.clone(),
            redirect_uri: request.redirect_uri.clone(),
            state: request.state.clone(),
            code_challenge: request.code_challenge.clone(),
            resource: request.resource.url.clone(),
            registered: request.client.source == Source::Registered,
        };
        self.handles.seal(TenantId::NONE, &purpose(person), self.ambient.now().plus(THOUGHT), &consent)
    }

    /// What this person was asked.
    pub fn open_consent(&self, person: PersonId, sealed: &str) -> Result<Consent, ConsentError> {
        Ok(self.handles.open(TenantId::NONE, &purpose(person), sealed)?)
    }

    /// The person agrees, in the tenant's name, to what they have chosen of the server's scopes: less than was asked for, or
    /// more, since programs ask for no more than the server's challenge names.
    pub async fn allow(
        &self,
        consent: Consent,
        tenant: TenantId,
        person: PersonId,
        chosen: &[String],
    ) -> Result<Allowed, ConsentError> {
        let Consent { grant, client_id, client_name, redirect_uri, state, code_challenge, resource, .. } = consent;
        let offered = self.find_resource(&resource).map(|own| own.scopes.iter()).into_iter().flatten();
        let scopes: Vec<_> = offered.map(|scope| &scope.name).filter(|scope| chosen.contains(scope)).cloned().collect();
        if scopes.is_empty() {
            return Err(ConsentError::Nothing);
        }
        let (code, now) = (self.refresh.code(grant), self.ambient.now());
        let location = self.answer_at(&redirect_uri, state.as_deref(), &[("code", &code)]);
        if consent.registered {
            self.store.system().touch_oauth_client(&client_id, now).await.map_err(OAuthError::from)?;
        }
        let new = NewGrant {
            id: grant,
            person_id: person,
            client_id,
            client_name,
            redirect_uri,
            resource,
            scopes: scopes.clone(),
            hash: code_hash(&code),
            code_challenge,
            code_expires_at: now.plus(CODE),
            created_at: now,
        };
        match self.store.tenant(tenant).insert_grant(&new).await {
            Ok(()) => Ok(Allowed { grant, scopes, location }),
            Err(StoreError::Conflict { .. }) => Err(ConsentError::Answered),
            Err(error) => Err(OAuthError::from(error).into()),
        }
    }

    /// The person does not agree: where the browser goes.
    pub fn deny(&self, consent: &Consent) -> Url {
        let answer = [("error", "access_denied"), ("error_description", "the person did not agree")];
        self.answer_at(&consent.redirect_uri, consent.state.as_deref(), &answer)
    }
}

/// What is stored of a code. It has 256 random bits: no slow hash is needed.
pub(crate) fn code_hash(code: &str) -> [u8; 32] {
    *Canonical::of("authorization-code").field(code).digest().as_bytes()
}
