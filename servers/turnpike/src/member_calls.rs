//! Calls that members make from a page go the way of every other call.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use serde_json::Value;
use turnpike_gateway::{Caller, Gateway};
use turnpike_portal::{CallAnswer, CallOrder, Calls};
use turnpike_sdk::Integration;
use turnpike_store::Store;

/// What the ledger says that called.
const CLIENT: &str = "portal";

/// The gateway, as the portal sees it.
pub(crate) struct MemberCalls {
    pub(crate) gateway: Arc<Gateway>,
    pub(crate) store: Store,
    pub(crate) integrations: Vec<Arc<Integration>>,
}

impl MemberCalls {
    async fn make(&self, order: CallOrder) -> Result<CallAnswer, String> {
        let CallOrder { tenant, person, role, integration, tool, arguments } = order;
        let policies = self.store.tenant(tenant.id).list_tool_policies().await.map_err(|error| error.to_string())?;
        let member = self.store.system().find_member(tenant.id, person).await.map_err(|error| error.to_string())?;
        let groups = member.map_or_else(Vec::new, |member| member.groups);
        // What a role may not do is refused by the role; a person has no scopes besides.
        let manifests = self.integrations.iter().map(|integration| &integration.manifest);
        let scopes = manifests.flat_map(|manifest| [manifest.read_scope(), manifest.write_scope()]).collect();
        let caller = Caller::member(&tenant, person, role, groups, policies, scopes, true);
        let Value::Object(arguments) = arguments else { return Err("arguments are an object".into()) };
        let answer = self.gateway.call_for(caller, &integration, &tool, arguments, CLIENT).await;
        let answer = answer.ok_or_else(|| format!("{integration} has no tool {tool}"))?;
        Ok(CallAnswer { call_id: answer.call_id, outcome: answer.outcome, text: answer.text })
    }
}

impl Calls for MemberCalls {
    fn call(&self, order: CallOrder) -> BoxFuture<'_, Result<CallAnswer, String>> {
        Box::pin(self.make(order))
    }
}
