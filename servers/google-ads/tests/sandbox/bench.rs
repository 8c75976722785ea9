//! A connection to the sandbox, with the plainest possible way out.

use std::sync::{Arc, Mutex};

use axum::{
    Router,
    body::{Body, to_bytes},
};
use http::{StatusCode, header};
use serde_json::Value;
use tower::ServiceExt as _;
use turnpike_core::{AccountId, Ambient, ConnectionId, Entropy, Fault, Handles, ManualClock, TenantId, Timestamp};
use turnpike_sdk::{
    Account, BoxFuture, CallScope, Connection, Cx, Egress, Integration, Planned, Prepared, Request, Response, Script,
    TokenEndpoint, ToolError, Touches,
};

/// Noon of 2026-11-21, UTC.
pub(crate) const NOW: Timestamp = Timestamp::from_micros(1_795_262_400_000_000);

pub(crate) const OUTDOOR: &str = "1000000002";
pub(crate) const WHOLESALE: &str = "1000000004";
pub(crate) const STUDIO: &str = "2000000005";
pub(crate) const MANAGER: &str = "1000000001";
pub(crate) const STRANGER: &str = "9000000009";

pub(crate) struct Bench {
    pub(crate) integration: Integration,
    pub(crate) script: Script,
    pub(crate) tokens: TokenEndpoint,
    pub(crate) accounts: Vec<Account>,
    out: Arc<Out>,
    handles: Handles,
    tenant: TenantId,
    connection: ConnectionId,
}

/// Sends to the sandbox with a bearer token, and classifies.
struct Out {
    router: Router,
    token: Mutex<String>,
    classify: turnpike_sdk::Classify,
}

impl Bench {
    /// A connection whose accounts have been found.
    pub(crate) async fn connected() -> Self {
        let mut bench = Self::unconnected().await;
        bench.accounts = bench.find_accounts().await.expect("accounts");
        bench
    }

    pub(crate) async fn unconnected() -> Self {
        let ambient = Ambient::new(Arc::new(ManualClock::at(NOW)), Entropy::seeded(11));
        let integration = turnpike_google_ads::integration();
        let sandbox = (integration.sandbox)(ambient.clone());
        let (script, tokens) = (sandbox.script.clone(), sandbox.tokens.clone().expect("an OAuth shape"));
        let form =
            sandbox.credential.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&");
        let router = sandbox.into_router();
        let out = Arc::new(Out { router, token: Mutex::default(), classify: integration.classify });
        let bench = Self {
            handles: Handles::new(&ambient.bytes(), ambient.clone()),
            tenant: ambient.id(),
            connection: ambient.id(),
            accounts: vec![],
            integration,
            script,
            tokens,
            out,
        };
        bench.refresh(&form).await;
        bench
    }

    async fn refresh(&self, form: &str) {
        let request = http::Request::post("/token")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(format!("grant_type=refresh_token&{form}")))
            .expect("a request");
        let (status, answer) = self.raw(request).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        *self.out.token.lock().expect("unpoisoned") = answer["access_token"].as_str().expect("a token").to_owned();
    }

    pub(crate) fn token(&self) -> String {
        self.out.token.lock().expect("unpoisoned").clone()
    }

    /// Sends a request as it is.
    pub(crate) async fn raw(&self, request: http::Request<Body>) -> (StatusCode, Value) {
        let response = self.out.router.clone().oneshot(request).await.expect("infallible");
        let status = response.status();
        let body = to_bytes(response.into_body(), usize::MAX).await.expect("a body");
        (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
    }

    fn cx(&self, tool: &'static str) -> Cx {
        Cx::new(CallScope {
            now: NOW,
            tool,
            principal: "tests".into(),
            connection: Arc::new(Connection {
                id: self.connection,
                tenant: self.tenant,
                integration: "google-ads".into(),
                sandbox: true,
                accounts: self.accounts.clone(),
            }),
            version: self.integration.manifest.version.version.into(),
            egress: self.out.clone(),
            handles: self.handles.clone(),
        })
    }

    pub(crate) async fn find_accounts(&self) -> Result<Vec<Account>, ToolError> {
        (self.integration.accounts)(self.cx("connect")).await
    }

    /// Runs a read tool as the pipeline would, and holds its answer against its schema.
    pub(crate) async fn read(&self, tool: &'static str, arguments: Value) -> Result<Value, ToolError> {
        match self.prepare(tool, arguments)? {
            Prepared::Read(call) => {
                let answer = call.call(self.cx(tool)).await?;
                let schema = Value::Object(self.integration.find_tool(tool).expect("a tool").output_schema.clone());
                fits(&answer, &schema, &schema, tool);
                Ok(answer)
            }
            _ => panic!("{tool} does not only read"),
        }
    }

    /// Every row of a listing, page after page.
    pub(crate) async fn all_rows(&self, tool: &'static str, rows: &str, arguments: Value) -> Vec<Value> {
        let mut all = vec![];
        let mut arguments = arguments;
        loop {
            let answer = self.read(tool, arguments.clone()).await.expect("a page");
            all.extend(answer[rows].as_array().expect("rows").iter().cloned());
            let page = &answer["page"];
            assert_eq!(page["truncated"].as_bool(), Some(page.get("next_cursor").is_some()));
            match page.get("next_cursor") {
                Some(next) => arguments["cursor"] = next.clone(),
                None => return all,
            }
        }
    }

    /// Observes, plans and lets Google check.
    pub(crate) async fn preview(&self, tool: &'static str, arguments: Value) -> Result<(Value, Planned), ToolError> {
        let Prepared::Write { steps, .. } = self.prepare(tool, arguments)? else { panic!("{tool} only reads") };
        let cx = self.cx(tool);
        let before = steps.observe(&cx).await?;
        let planned = steps.plan(&before)?;
        steps.dry_run(&planned.after, &cx).await?;
        assert_eq!(steps.observe(&cx).await?, before, "a preview changes nothing");
        Ok((before, planned))
    }

    /// Applies, and reads back.
    pub(crate) async fn apply(&self, tool: &'static str, arguments: Value) -> Result<Value, ToolError> {
        let Prepared::Write { steps, .. } = self.prepare(tool, arguments)? else { panic!("{tool} only reads") };
        let cx = self.cx(tool);
        let before = steps.observe(&cx).await?;
        // What our own plan refuses is sent all the same: here it is Google that must refuse.
        let after = steps.plan(&before).map_or(before, |planned| planned.after);
        steps.apply(&after, &cx).await?;
        steps.observe(&cx).await
    }

    fn prepare(&self, tool: &'static str, arguments: Value) -> Result<Prepared, ToolError> {
        let arguments = arguments.as_object().cloned().unwrap_or_default();
        let prepared = self.integration.find_tool(tool).expect("a tool").prepare(arguments)?;
        if let Touches::Accounts(ids) = prepared.touches() {
            assert!(ids.iter().all(|id: &AccountId| id.as_str().len() == 10), "canonical ids");
        }
        Ok(prepared)
    }
}

impl Egress for Out {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, Fault>> {
        Box::pin(async move {
            let mut builder = http::Request::builder()
                .method(request.method)
                .uri(request.path)
                .header(header::AUTHORIZATION, format!("Bearer {}", self.token.lock().expect("unpoisoned")));
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
            match (self.classify)(&response, NOW) {
                Some(fault) => Err(fault),
                None => Ok(response),
            }
        })
    }
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
