//! The connection doctor: goes an agent's whole way in, step by step, by real requests to the public address, and says
//! where it ends and what to do about it.

mod advice;
mod agent;
mod consent;
mod discovery;
mod kept;
mod page;
mod registration;
mod report;
mod token;
mod upstream;

pub(crate) use page::{show, start, try_it};
use report::{Chart, Report, Step};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use turnpike_core::{GrantId, PersonId, TenantId};
use turnpike_oauth::Resource;
use turnpike_store::StoreError;
use turnpike_tenancy::Actor;

use crate::Portal;

/// What the doctor's own program is called.
const NAME: &str = "Connection doctor";
/// Where it would be sent back to. Nobody is.
const REDIRECT: &str = "http://127.0.0.1/connection-doctor";
/// The revision that its agent speaks.
const REVISION: &str = "2026-07-28";

/// Who examines what.
struct Doctor<'a> {
    portal: &'a Portal,
    client: reqwest::Client,
    tenant: TenantId,
    /// In whose name.
    person: PersonId,
    resource: Resource,
}

impl Doctor<'_> {
    /// All of it. Whatever was granted for it is taken back before this returns.
    async fn examine(&self) -> (Report, Option<String>) {
        let mut chart = Chart::default();
        let client_id = self.go_in(&mut chart).await;
        chart.fill();
        self.look_upstream(&mut chart).await;
        (Report { server: self.resource.url.clone(), findings: chart.0 }, client_id)
    }

    /// The way in, as far as it leads; the client id of the doctor's program, once it has one.
    async fn go_in(&self, chart: &mut Chart) -> Option<String> {
        let metadata = chart.note(Step::Challenge, self.challenge().await)?;
        chart.note(Step::Resource, self.read_resource(&metadata).await)?;
        let server = chart.note(Step::Server, self.read_server().await)?;
        let client_id = chart.note(Step::Registration, self.register(&server).await)?;
        if let Some(agreed) = chart.note(Step::Authorization, self.authorize(&server, &client_id).await) {
            let token = chart.note(Step::Token, self.redeem(&server, &client_id, &agreed).await);
            if let Some(token) = token {
                chart.note(Step::Call, self.call(&token).await);
            }
            self.take_back(agreed.grant).await;
        }
        Some(client_id)
    }

    /// The server's path at the public address.
    fn path(&self) -> &str {
        self.resource.url.strip_prefix(&*self.portal.public_url).unwrap_or_default()
    }

    /// The first call of an agent.
    fn list_tools(&self, token: Option<&SecretString>) -> reqwest::RequestBuilder {
        let meta = json!({
            "io.modelcontextprotocol/protocolVersion": REVISION, "io.modelcontextprotocol/clientCapabilities": {},
        });
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": { "_meta": meta } });
        let request = self
            .client
            .post(&self.resource.url)
            .header("content-type", "application/json")
            .header("accept", "application/json, text/event-stream")
            .header("mcp-protocol-version", REVISION)
            .header("mcp-method", "tools/list")
            .body(body.to_string());
        match token {
            Some(token) => request.bearer_auth(token.expose_secret()),
            None => request,
        }
    }

    /// The grant's beginning and end are in the audit log, as those of every other.
    async fn write_down(&self, action: &'static str, grant: GrantId, details: Value) -> Result<(), StoreError> {
        let actor = Actor::person(self.person);
        self.portal.tenancy.record(self.tenant, &actor, action, &format!("grant:{grant}"), details).await
    }
}
