//! Calls that a person makes from a page: the same pipeline, ledger, price and limits as an agent's.

use std::sync::Arc;

use rmcp::model::JsonObject;
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use turnpike_core::{CallId, Outcome};

use super::{CallRequest, Reply};
use crate::{Caller, Face, Gateway};

/// What a call from a page came to.
#[derive(Debug, Clone)]
pub struct PageAnswer {
    /// Its id in the ledger.
    pub call_id: CallId,
    /// How it ended.
    pub outcome: Outcome,
    /// Whether the text says why there is no answer.
    pub is_error: bool,
    /// What an agent would read.
    pub text: String,
    /// The answer for programs.
    pub structured: Option<Value>,
    /// What the call was: price, connection's side, error.
    pub meta: Value,
}

impl Gateway {
    /// Makes a call in a person's name; `None` when there is no such tool. `client` is the page, for the ledger. The call goes
    /// on to its end when nobody waits for it any more.
    pub async fn call_for(
        self: &Arc<Self>,
        caller: Caller,
        integration: &str,
        tool: &str,
        arguments: JsonObject,
        client: &str,
    ) -> Option<PageAnswer> {
        let face = Face::One(self.servers.find_integration(integration)?.manifest.name);
        let request = CallRequest {
            found: self.servers.find(&face, tool)?,
            arguments,
            caller: Arc::new(caller),
            client: Some(client.to_owned()),
            protocol_version: String::new(),
            traceparent: None,
            cancelled: CancellationToken::new(),
        };
        let gateway = self.clone();
        tokio::spawn(async move { gateway.call(request).await }).await.ok().map(PageAnswer::from)
    }
}

impl From<Reply> for PageAnswer {
    fn from(Reply { result, id, outcome, .. }: Reply) -> Self {
        let texts = result.content.iter().filter_map(|block| block.as_text()).map(|block| block.text.as_str());
        Self {
            call_id: id,
            outcome,
            is_error: result.is_error.unwrap_or(false),
            text: texts.collect::<Vec<_>>().join("\n"),
            structured: result.structured_content,
            meta: result.meta.map(|meta| serde_json::to_value(meta).unwrap_or_default()).unwrap_or_default(),
        }
    }
}
