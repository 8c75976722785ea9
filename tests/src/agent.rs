//! An agent that speaks raw JSON-RPC, so that tests see exactly what is on the wire.

use reqwest::{Client, RequestBuilder, StatusCode, header::HeaderMap};
use serde_json::{Value, json};

/// Revision that agents of the tests speak unless said otherwise.
pub const MODERN: &str = "2026-07-28";

/// An agent with a key.
#[derive(Clone)]
pub struct Agent {
    client: Client,
    url: String,
    key: String,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: StatusCode,
    /// Headers.
    pub headers: HeaderMap,
    /// Body, if it is JSON.
    pub body: Value,
}

impl Agent {
    /// An agent that calls this server with this key.
    pub fn new(url: &str, key: &str) -> Self {
        let client = Client::builder().no_proxy().build().unwrap();
        Self { client, url: url.into(), key: key.into() }
    }

    /// The key.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// A POST to an endpoint with the usual headers and the key.
    pub fn post(&self, path: &str) -> RequestBuilder {
        self.anonymous(path).bearer_auth(&self.key)
    }

    /// The same without the key.
    pub fn anonymous(&self, path: &str) -> RequestBuilder {
        self.client
            .post(format!("{}{path}", self.url))
            .header("content-type", "application/json")
            .header("accept", "application/json, text/event-stream")
    }

    /// Any other request.
    pub fn request(&self, method: reqwest::Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.url))
    }

    /// A request of the 2026 revision.
    pub async fn rpc(&self, path: &str, id: Value, method: &str, params: Value) -> Answer {
        self.rpc_with(json!({}), path, id, method, params).await
    }

    /// The same of a client that takes tasks for answers.
    pub async fn with_tasks(&self, path: &str, method: &str, params: Value) -> Answer {
        let capabilities = json!({ "extensions": { "io.modelcontextprotocol/tasks": {} } });
        self.rpc_with(capabilities, path, json!(1), method, params).await
    }

    /// The same of a client that declares these capabilities.
    pub async fn rpc_with(
        &self,
        capabilities: Value,
        path: &str,
        id: Value,
        method: &str,
        mut params: Value,
    ) -> Answer {
        params["_meta"]["io.modelcontextprotocol/protocolVersion"] = json!(MODERN);
        params["_meta"]["io.modelcontextprotocol/clientCapabilities"] = capabilities;
        let mut request = self.post(path).header("mcp-protocol-version", MODERN).header("mcp-method", method);
        if let Some(name) = params["name"].as_str().or(params["taskId"].as_str()) {
            request = request.header("mcp-name", name);
        }
        send(request.body(json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }).to_string())).await
    }

    /// A tool call; the result as it is on the wire.
    pub async fn call(&self, integration: &str, tool: &str, arguments: Value) -> Value {
        let path = format!("/{integration}/mcp");
        let answer = self.rpc(&path, json!(1), "tools/call", json!({ "name": tool, "arguments": arguments })).await;
        assert!(answer.body["result"].is_object(), "{tool}: {answer:?}");
        answer.body["result"].clone()
    }

    /// A tool call that must succeed; its structured content.
    pub async fn ok(&self, integration: &str, tool: &str, arguments: Value) -> Value {
        let result = self.call(integration, tool, arguments).await;
        assert_eq!(result["isError"], false, "{tool}: {result}");
        result["structuredContent"].clone()
    }

    /// A tool call that must be refused; what `_meta.error` says.
    pub async fn refused(&self, integration: &str, tool: &str, arguments: Value) -> Value {
        let result = self.call(integration, tool, arguments).await;
        assert_eq!(result["isError"], true, "{tool}: {result}");
        result["_meta"]["error"].clone()
    }

    /// The tools that an endpoint lists.
    pub async fn tools(&self, path: &str) -> Vec<Value> {
        let answer = self.rpc(path, json!(1), "tools/list", json!({})).await;
        answer.body["result"]["tools"].as_array().unwrap_or_else(|| panic!("{answer:?}")).clone()
    }
}

/// Sends and reads the whole answer.
pub async fn send(request: RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    let bytes = response.bytes().await.unwrap();
    Answer { status, headers, body: serde_json::from_slice(&bytes).unwrap_or(Value::Null) }
}
