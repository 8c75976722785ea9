//! An agent that calls one MCP server over the network and may lose it at any moment.

use reqwest::header::{HeaderMap, HeaderName};
use serde_json::{Value, json};
use turnpike_core::CallId;

use super::Server;

const REVISION: &str = "2026-07-28";

/// Calls the Google Ads server of a running program. Cheap to clone.
#[derive(Clone)]
pub struct Caller {
    http: reqwest::Client,
    url: String,
    key: String,
    traceparent: Option<String>,
}

/// An answer that was received whole: a tool's result or a refusal.
#[derive(Debug, Clone)]
pub struct Answer(Value);

impl Caller {
    /// Has this key, and no server yet.
    pub fn new(key: &str) -> Self {
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { http, url: String::new(), key: key.to_owned(), traceparent: None }
    }

    /// The same for this server. Making an HTTP client takes longer than many calls, so it is kept.
    #[must_use]
    pub fn at(&self, server: &Server) -> Self {
        self.at_integration("google-ads", server)
    }

    /// The same for another of its integrations.
    #[must_use]
    pub fn at_integration(&self, integration: &str, server: &Server) -> Self {
        Self { url: format!("{}/{integration}/mcp", server.url), ..self.clone() }
    }

    /// The same for whatever listens at this address: scheme, host and port.
    #[must_use]
    pub fn at_url(&self, url: &str) -> Self {
        Self { url: format!("{url}/google-ads/mcp"), ..self.clone() }
    }

    /// The same by this HTTP client.
    #[must_use]
    pub fn with_http(self, http: reqwest::Client) -> Self {
        Self { http, ..self }
    }

    /// The same with another key.
    #[must_use]
    pub fn with_key(&self, key: &str) -> Self {
        Self { key: key.to_owned(), ..self.clone() }
    }

    /// The same as part of this trace.
    #[must_use]
    pub fn traced(&self, traceparent: &str) -> Self {
        Self { traceparent: Some(traceparent.to_owned()), ..self.clone() }
    }

    /// The same, said in an HTTP header and not in the message.
    #[must_use]
    pub fn traced_by_header(&self, traceparent: &str) -> Self {
        let headers = HeaderMap::from_iter([(HeaderName::from_static("traceparent"), traceparent.parse().unwrap())]);
        let http = reqwest::Client::builder().no_proxy().default_headers(headers).build().unwrap();
        Self { http, ..self.clone() }
    }

    /// Whatever is answered to no request at all.
    pub async fn raw(&self) -> String {
        let response = self.http.post(&self.url).bearer_auth(&self.key).send().await.unwrap();
        format!("{:?} {}", response.headers().clone(), response.text().await.unwrap())
    }

    /// Calls a tool.
    ///
    /// # Errors
    /// When no whole answer comes back.
    pub async fn call(&self, tool: &str, arguments: &Value) -> Result<Answer, reqwest::Error> {
        Ok(self
            .attempt(tool, arguments)
            .await?
            .unwrap_or_else(|refusal| panic!("{tool} is answered with no result: {refusal}")))
    }

    /// Calls a tool of a server that may not be able to serve: the answer, or the words of a refusal at the door, which has no
    /// call id and no place in the ledger.
    ///
    /// # Errors
    /// When no whole answer comes back.
    pub async fn attempt(&self, tool: &str, arguments: &Value) -> Result<Result<Answer, String>, reqwest::Error> {
        let mut body = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {
            "name": tool,
            "arguments": arguments,
            "_meta": { "io.modelcontextprotocol/protocolVersion": REVISION, "io.modelcontextprotocol/clientCapabilities": {} },
        }});
        if let Some(traceparent) = &self.traceparent {
            body["params"]["_meta"]["traceparent"] = traceparent.as_str().into();
        }
        let request = self
            .http
            .post(&self.url)
            .bearer_auth(&self.key)
            .header("accept", "application/json, text/event-stream")
            .header("mcp-protocol-version", REVISION)
            .header("mcp-method", "tools/call")
            .header("mcp-name", tool);
        let mut answer: Value = request.json(&body).send().await?.json().await?;
        let result = answer["result"].take();
        Ok(if result.is_object() {
            Ok(Answer(result))
        } else {
            Err(answer["error"]["message"].as_str().map_or_else(|| answer.to_string(), str::to_owned))
        })
    }

    /// The cheapest call that reaches the upstream.
    ///
    /// # Errors
    /// When no whole answer comes back.
    pub async fn list_accounts(&self) -> Result<Answer, reqwest::Error> {
        self.call("list_accounts", &json!({})).await
    }
}

impl Answer {
    /// The call's id, as the ledger has it.
    pub fn call_id(&self) -> CallId {
        self.0["_meta"]["call_id"].as_str().and_then(|id| id.parse().ok()).expect("an answer bears its call id")
    }

    /// Why the call was refused; `None` when it was not.
    pub fn class(&self) -> Option<&str> {
        (self.0["isError"] == true).then(|| self.0["_meta"]["error"]["class"].as_str().unwrap_or("unknown"))
    }

    /// The link that renews the connection, if the refusal has one.
    pub fn reconnect_url(&self) -> Option<&str> {
        self.0["_meta"]["error"]["reconnect_url"].as_str()
    }

    /// What a person reads.
    pub fn text(&self) -> &str {
        self.0["content"][0]["text"].as_str().unwrap_or_default()
    }

    /// The whole of it.
    pub fn json(&self) -> String {
        self.0.to_string()
    }

    /// A field of the structured answer.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.0["structuredContent"][name].as_str()
    }
}
