//! What these tests share: an app, a tenant, and a person who goes to a vendor and comes back.

use reqwest::Url;
use secrecy::SecretString;
use turnpike_core::{AccountId, PersonId};
use turnpike_sdk::{Account, Example, Integration, TokenEndpoint};
use turnpike_store::{AuditEvent, AuditFilter, ConnectionRow};
use turnpike_tenancy::{Actor, AuthorizationAnswer, ConnectError, Connected, Side, Tenancy};
use turnpike_tests::{
    app::{Tenant, TestApp},
    tour::first_read,
};

use crate::connecting::browser::{open, parameter, press};

/// What the person's browser keeps in a cookie.
pub const BROWSER: [u8; 32] = [7; 32];

pub struct Scene {
    pub app: TestApp,
    pub tenant: Tenant,
    pub person: Actor,
}

impl Scene {
    pub async fn new() -> Self {
        let app = TestApp::start_unlimited().await;
        let tenant = app.unconnected("one").await;
        let person = Actor::person(app.operator.ambient.id::<PersonId>());
        Self { app, tenant, person }
    }

    pub fn tenancy(&self) -> &Tenancy {
        &self.app.operator.tenancy
    }

    /// Where the person is sent.
    pub async fn begin(&self, integration: &str, side: Side) -> Result<Url, ConnectError> {
        self.tenancy().begin_authorization(&self.person, self.tenant.id, integration, side, &BROWSER).await
    }

    /// The person goes there and allows what is asked for.
    pub async fn allow(&self, url: &Url, filled_in: &[(&str, &str)]) -> AuthorizationAnswer {
        answer(&press(&open(url).await, Some(("decision", "allow")), filled_in).await.leads_to())
    }

    /// The person comes back.
    pub async fn finish(&self, answer: &AuthorizationAnswer) -> Result<Connected, ConnectError> {
        self.tenancy().finish_authorization(answer, &BROWSER).await
    }

    /// All of that.
    pub async fn consent(&self, integration: &str, side: Side) -> Connected {
        let url = self.begin(integration, side).await.unwrap();
        let answer = self.allow(&url, &[]).await;
        self.finish(&answer).await.unwrap()
    }

    /// Lets the connection use all that it reaches.
    pub async fn choose_all(&self, connected: &Connected) -> Vec<AccountId> {
        let all: Vec<_> = connected.offered.iter().map(|account| account.id.clone()).collect();
        let id = connected.connection.id;
        self.tenancy().choose_accounts(&self.person, self.tenant.id, id, &all).await.unwrap();
        all
    }

    /// An agent reads from the upstream; returns what it asked.
    pub async fn read(&self, integration: &Integration) -> Example {
        let script = &self.app.vendor(integration.manifest.name).script;
        let sandbox = self.app.operator.sandboxes.find(integration.manifest.name).map(|served| served.script.clone());
        let received = || script.received() + sandbox.as_ref().map_or(0, |sandbox| sandbox.received());
        first_read(integration, &self.tenant.agent, received).await
    }

    pub async fn find_row(&self, integration: &str) -> Option<ConnectionRow> {
        self.app.store().tenant(self.tenant.id).find_connection(integration).await.unwrap()
    }

    pub async fn row(&self, integration: &str) -> ConnectionRow {
        self.find_row(integration).await.expect("a connection")
    }

    /// The authorization server of the simulated vendor.
    pub fn vendor_tokens(&self, integration: &str) -> &TokenEndpoint {
        self.app.vendor(integration).tokens.as_ref().expect("an OAuth shape")
    }

    /// The tenant's audit log, newest first.
    pub async fn audit(&self) -> Vec<AuditEvent> {
        let filter = AuditFilter { limit: 100, ..AuditFilter::default() };
        self.app.store().tenant(self.tenant.id).list_audit(&filter).await.unwrap()
    }

    /// Its actions.
    pub async fn actions(&self) -> Vec<String> {
        self.audit().await.into_iter().map(|event| event.action).collect()
    }
}

/// What a connection uses before anybody has chosen: the one account, where there is no other.
pub fn unchosen(connected: &Connected) -> Vec<Account> {
    match &connected.offered[..] {
        [only] => vec![only.clone()],
        _ => vec![],
    }
}

/// What came back in an address.
pub fn answer(url: &Url) -> AuthorizationAnswer {
    AuthorizationAnswer {
        state: parameter(url, "state").unwrap_or_default(),
        code: parameter(url, "code").map(SecretString::from),
        error: parameter(url, "error"),
        iss: parameter(url, "iss"),
    }
}

/// The integrations to which a person connects by consenting, and those to which by a form alone.
pub fn by_shape() -> (Vec<Integration>, Vec<Integration>) {
    turnpike_catalog::integrations().into_iter().partition(|integration| integration.manifest.auth.oauth().is_some())
}
