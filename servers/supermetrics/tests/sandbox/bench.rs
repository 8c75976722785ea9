//! A connection to the sandbox, with the plainest possible way out. Time passes when a tool waits, and only then.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, to_bytes},
};
use http::{StatusCode, header};
use serde_json::{Value, json};
use tower::ServiceExt as _;
use turnpike_core::{Ambient, Clock as _, ConnectionId, Entropy, Fault, Handles, ManualClock, TenantId, Timestamp};
use turnpike_sdk::{
    Account, BoxFuture, CallScope, Connection, Cx, Egress, Integration, Prepared, Request, Response, Script, ToolError,
    Touches,
};

/// Noon of 2026-11-21, UTC.
pub(crate) const NOW: Timestamp = Timestamp::from_micros(1_795_262_400_000_000);

pub(crate) const KEY: &str = "api_sandbox";
pub(crate) const OUTDOOR: &str = "AW:1000000002";
pub(crate) const WHOLESALE: &str = "AW:1000000004";
pub(crate) const ARCHIVE: &str = "AW:1000000006";
pub(crate) const BROKEN: &str = "AW:1000000008";
pub(crate) const SOCIAL: &str = "FA:1000000002";
pub(crate) const WEB: &str = "GAWA:300000001";

pub(crate) struct Bench {
    pub(crate) integration: Integration,
    pub(crate) script: Script,
    pub(crate) accounts: Vec<Account>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) principal: &'static str,
    key: &'static str,
    router: Router,
    handles: Handles,
    tenant: TenantId,
    connection: ConnectionId,
}

/// Sends to the sandbox with the key, and classifies.
struct Out {
    router: Router,
    key: &'static str,
    classify: turnpike_sdk::Classify,
    clock: Arc<ManualClock>,
    deadline: Timestamp,
    waited: Mutex<Vec<u64>>,
}

impl Bench {
    /// A connection whose accounts have been found.
    pub(crate) async fn connected() -> Self {
        let mut bench = Self::with_key(KEY);
        bench.accounts = bench.find_accounts().await.expect("accounts");
        bench
    }

    pub(crate) fn with_key(key: &'static str) -> Self {
        let clock = Arc::new(ManualClock::at(NOW));
        let ambient = Ambient::new(clock.clone(), Entropy::seeded(11));
        let integration = turnpike_supermetrics::integration();
        let sandbox = (integration.sandbox)(ambient.clone());
        assert_eq!(sandbox.credential, [("key", KEY.to_owned())]);
        let script = sandbox.script.clone();
        Self {
            handles: Handles::new(&ambient.bytes(), ambient.clone()),
            tenant: ambient.id(),
            connection: ambient.id(),
            accounts: vec![],
            router: sandbox.into_router(),
            principal: "tests",
            integration,
            script,
            clock,
            key,
        }
    }

    /// Sends a request as it is.
    pub(crate) async fn raw(&self, request: http::Request<Body>) -> (StatusCode, Value) {
        let response = self.router.clone().oneshot(request).await.expect("infallible");
        let status = response.status();
        let body = to_bytes(response.into_body(), usize::MAX).await.expect("a body");
        (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
    }

    /// Asks the sandbox with its key.
    pub(crate) async fn post(&self, query: &Value) -> (StatusCode, Value) {
        let request = http::Request::post("/enterprise/v2/query/data/json")
            .header(header::AUTHORIZATION, format!("Bearer {KEY}"))
            .header(header::CONTENT_TYPE, "application/json");
        self.raw(request.body(Body::from(query.to_string())).expect("a request")).await
    }

    fn cx(&self, tool: &'static str) -> Cx {
        Cx::new(CallScope {
            now: self.clock.now(),
            tool,
            principal: self.principal.into(),
            connection: Arc::new(Connection {
                id: self.connection,
                tenant: self.tenant,
                integration: "supermetrics".into(),
                sandbox: true,
                accounts: self.accounts.clone(),
            }),
            version: self.integration.manifest.version.version.into(),
            egress: Arc::new(Out {
                router: self.router.clone(),
                key: self.key,
                classify: self.integration.classify,
                clock: self.clock.clone(),
                deadline: self.clock.now().plus(Duration::from_secs(45)),
                waited: Mutex::default(),
            }),
            handles: self.handles.clone(),
        })
    }

    pub(crate) async fn find_accounts(&self) -> Result<Vec<Account>, ToolError> {
        (self.integration.accounts)(self.cx("connect")).await
    }

    /// Runs a read tool as the pipeline would, and holds its answer against its schema.
    pub(crate) async fn read(&self, tool: &'static str, arguments: Value) -> Result<Value, ToolError> {
        let arguments = arguments.as_object().cloned().unwrap_or_default();
        let prepared = self.integration.find_tool(tool).expect("a tool").prepare(arguments)?;
        if let Touches::Accounts(ids) = prepared.touches() {
            let known = |id| self.accounts.iter().any(|account| account.id == id);
            assert!(ids.into_iter().all(known), "the pipeline would have refused this");
        }
        let Prepared::Read(call) = prepared else { panic!("{tool} writes") };
        let answer = call.call(self.cx(tool)).await?;
        let schema = Value::Object(self.integration.find_tool(tool).expect("a tool").output_schema.clone());
        fits(&answer, &schema, &schema, tool);
        Ok(answer)
    }

    pub(crate) async fn ok(&self, tool: &'static str, arguments: Value) -> Value {
        self.read(tool, arguments).await.unwrap_or_else(|error| panic!("{tool}: {error}"))
    }

    /// Every row of a listing, page after page.
    pub(crate) async fn all_rows(&self, tool: &'static str, rows: &str, arguments: Value) -> Vec<Value> {
        let mut all = vec![];
        let mut arguments = arguments;
        loop {
            let answer = self.ok(tool, arguments.clone()).await;
            all.extend(answer[rows].as_array().expect("rows").iter().cloned());
            let page = &answer["page"];
            assert_eq!(page["truncated"].as_bool(), Some(page.get("next_cursor").is_some()));
            match page.get("next_cursor") {
                Some(next) => arguments["cursor"] = next.clone(),
                None => return all,
            }
        }
    }
}

/// Arguments over the first week of November.
pub(crate) fn week(account: &str) -> Value {
    json!({ "account_id": account, "start_date": "2026-11-01", "end_date": "2026-11-07" })
}

/// The arguments with more of them.
pub(crate) fn with(mut arguments: Value, more: Value) -> Value {
    let more = more.as_object().expect("an object").clone();
    arguments.as_object_mut().expect("an object").extend(more);
    arguments
}

impl Egress for Out {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, Fault>> {
        Box::pin(async move {
            let query: Vec<_> =
                request.query.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
            let mut builder = http::Request::builder()
                .method(request.method)
                .uri(format!("{}?{}", request.path, query.join("&")))
                .header(header::AUTHORIZATION, format!("Bearer {}", self.key));
            for (name, value) in request.headers {
                builder = builder.header(name, value);
            }
            let body = match request.json {
                Some(json) => {
                    builder = builder.header(header::CONTENT_TYPE, "application/json");
                    Body::from(json)
                }
                None => Body::empty(),
            };
            let sent = self.router.clone().oneshot(builder.body(body).expect("a request")).await.expect("infallible");
            let (parts, body) = sent.into_parts();
            let body = to_bytes(body, usize::MAX).await.expect("a body");
            let response = Response { status: parts.status, headers: parts.headers, body };
            match (self.classify)(&response, self.clock.now()) {
                Some(fault) => Err(fault),
                None => Ok(response),
            }
        })
    }

    fn time_left(&self) -> Duration {
        self.deadline.since(self.clock.now())
    }

    fn pause(&self, pause: Duration) -> BoxFuture<'_, ()> {
        self.waited.lock().expect("unpoisoned").push(pause.as_secs());
        self.clock.advance(pause);
        assert!(self.time_left() > Duration::ZERO, "waited past the deadline");
        Box::pin(std::future::ready(()))
    }
}

/// As the URL of a request holds it.
pub(crate) fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// Every required field is there, and none that the schema does not name.
fn fits(value: &Value, schema: &Value, root: &Value, place: &str) {
    let schema = match schema.get("$ref").and_then(Value::as_str) {
        Some(reference) => root.pointer(reference.trim_start_matches('#')).expect("a definition"),
        None => schema,
    };
    match value {
        Value::Object(fields) if schema.get("properties").is_some() => {
            for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
                assert!(fields.contains_key(name), "{place}: `{name}` is missing");
            }
            for (name, value) in fields {
                let property =
                    schema["properties"].get(name).unwrap_or_else(|| panic!("{place}: `{name}` is not in the schema"));
                fits(value, property, root, &format!("{place}.{name}"));
            }
        }
        Value::Array(items) => items.iter().for_each(|item| fits(item, &schema["items"], root, place)),
        _ => {}
    }
}
