//! A tenant with a connection, its owner, and a program that has registered.

use std::{collections::BTreeMap, time::Duration};

use reqwest::StatusCode;
use serde_json::{Value, json};
use turnpike_config::Settings;
use turnpike_core::TenantId;
use turnpike_store::AuditFilter;
use turnpike_tests::{
    agent::Answer,
    app::{Backend, TestApp, unlimited},
    oauth::{Program, Tokens},
    visitor::Visitor,
};

/// Within this time what was taken back is refused.
pub const PROMISED: Duration = Duration::from_secs(10);
pub const SERVER: &str = "/google-ads/mcp";
pub const READ: &str = "google-ads:read";

pub struct Scene {
    pub app: TestApp,
    pub owner: Visitor,
    pub tenant: TenantId,
    pub program: Program,
}

/// Parameters of an endpoint.
pub type Parameters = BTreeMap<&'static str, String>;

impl Scene {
    pub async fn set() -> Self {
        Self::set_with(|_| {}).await
    }

    pub async fn set_with(change: impl FnOnce(&mut Settings)) -> Self {
        let app = TestApp::start_with(Backend::Sqlite, |settings| {
            unlimited(settings);
            change(settings);
        })
        .await;
        let (owner, tenant) = app.sign_up("Acme", "ann@example.com").await;
        app.connect(tenant, "google-ads").await;
        let program = Program::register(&app.url).await;
        Self { app, owner, tenant, program }
    }

    /// Another program than the first.
    pub async fn another_program(&self) -> Program {
        let mut program = Program::new(&self.app.url, "", "https://client.example/callback");
        let body = json!({ "client_name": "Another", "redirect_uris": [program.redirect_uri] });
        let answer = program.send_registration(&body).await;
        program.client_id = answer.body["client_id"].as_str().unwrap().to_owned();
        program
    }

    /// From the owner's consent to the tokens of the first program.
    pub async fn connect(&self) -> Tokens {
        self.program.connect(&self.owner, SERVER, READ).await
    }

    /// A code for the first program.
    pub async fn code(&self) -> String {
        self.program.code(&self.owner, SERVER, READ).await
    }

    /// Why grants of the tenant were revoked, as the audit log has it, oldest first.
    pub async fn revocations(&self) -> Vec<String> {
        let filter = AuditFilter { action: Some("grant.revoked".into()), limit: 100, ..AuditFilter::default() };
        let events = self.app.store().tenant(self.tenant).list_audit(&filter).await.unwrap();
        let details = events.iter().rev().map(|event| serde_json::from_str::<Value>(&event.details_json).unwrap());
        details.map(|details| details["why"].as_str().unwrap().to_owned()).collect()
    }

    /// Waits until an access token is not taken any more.
    pub async fn ends(&self, tokens: &Tokens) {
        until(PROMISED, async || self.status(tokens).await == StatusCode::UNAUTHORIZED).await;
    }

    /// How a call with a token is answered.
    pub async fn status(&self, tokens: &Tokens) -> StatusCode {
        self.program.agent(tokens).rpc(SERVER, json!(1), "tools/list", json!({})).await.status
    }
}

/// Asserts that an endpoint says no in this way, in words that hold these.
pub fn denied(answer: &Answer, status: StatusCode, code: &str, words: &str) {
    assert_eq!((answer.status, answer.body["error"].as_str()), (status, Some(code)), "{words}: {answer:?}");
    assert!(answer.body["error_description"].as_str().unwrap().contains(words), "{words}: {answer:?}");
    assert_eq!(answer.headers["cache-control"], "no-store");
}

/// The same parameters with another one, or without it.
pub fn with(parameters: &Parameters, name: &'static str, value: &str) -> Parameters {
    let mut parameters = parameters.clone();
    parameters.insert(name, value.to_owned());
    parameters
}

/// Waits until it is so.
pub async fn until(longest: Duration, mut so: impl AsyncFnMut() -> bool) {
    let looks = async {
        while !so().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(longest, looks).await.expect("it has not come about in time");
}
