//! A connection to the sandbox of one integration.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, to_bytes},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{StatusCode, header};
use serde_json::{Value, json};
use tower::ServiceExt as _;
use turnpike_core::{
    Ambient, Class, Clock as _, ConnectionId, Entropy, Fault, Handles, ManualClock, TenantId, Timestamp,
};
use turnpike_sdk::{
    Account, Behaviour, CallScope, Connection, Cx, Hold, Integration, Planned, Prepared, PreparedLong, PreparedWrite,
    Progress, Script, TokenEndpoint, TokenRequest, TokenStyle, ToolError, Touches,
};

use crate::egress::{Out, Sign};

/// Noon of 2026-11-21, UTC: when every bench begins.
pub const NOW: Timestamp = Timestamp::from_micros(1_795_262_400_000_000);
/// How long a call lasts.
const PATIENCE: Duration = Duration::from_secs(45);

/// A connection to the sandbox of one integration.
pub struct Bench {
    /// The integration.
    pub integration: Integration,
    /// What goes wrong next, and what was received.
    pub script: Script,
    /// The accounts of the connection.
    pub accounts: Vec<Account>,
    /// The only clock there is.
    pub clock: Arc<ManualClock>,
    /// Who calls.
    pub principal: &'static str,
    /// The access token, of an OAuth shape.
    pub token: String,
    /// What the operator was told.
    pub warnings: Arc<Mutex<Vec<String>>>,
    tokens: Option<TokenEndpoint>,
    sign: Sign,
    router: Router,
    held: Arc<Mutex<Vec<Hold>>>,
    handles: Handles,
    tenant: TenantId,
    connection: ConnectionId,
}

impl Bench {
    /// A connection whose accounts have been found.
    pub async fn connected(integration: Integration, sign: Sign) -> Self {
        let mut bench = Self::unconnected(integration, sign).await;
        bench.accounts = bench.find_accounts().await.expect("accounts");
        bench
    }

    /// A connection that knows no account yet. Of an OAuth shape it has a token that is good.
    pub async fn unconnected(integration: Integration, sign: Sign) -> Self {
        let clock = Arc::new(ManualClock::at(NOW));
        let ambient = Ambient::new(clock.clone(), Entropy::seeded(11));
        let sandbox = (integration.sandbox)(ambient.clone());
        let (script, tokens, path) = (sandbox.script.clone(), sandbox.tokens.clone(), sandbox.token_path);
        let credential = sandbox.credential.clone();
        let mut bench = Self {
            handles: Handles::new(&ambient.bytes(), ambient.clone()),
            tenant: ambient.id(),
            connection: ambient.id(),
            accounts: vec![],
            router: sandbox.into_router(),
            held: Arc::default(),
            principal: "tests",
            token: String::new(),
            warnings: Arc::default(),
            integration,
            script,
            tokens,
            clock,
            sign,
        };
        if bench.tokens.is_some() {
            bench.token = bench.refresh(path, &credential).await;
            // A new token may not be known everywhere at once.
            bench.clock.advance(bench.integration.manifest.auth.settles_in());
        }
        bench
    }

    async fn refresh(&self, path: &str, credential: &[(&'static str, String)]) -> String {
        let style = self.integration.manifest.auth.oauth().map_or(TokenStyle::USUAL, |oauth| oauth.token_style);
        let mut request = http::Request::post(path);
        if let Some(name) = style.version_header {
            request = request.header(name, self.integration.manifest.version.version);
        }
        let field = |name| credential.iter().find(|(own, _)| *own == name).map_or("", |(_, value)| value);
        let request = match style.request {
            TokenRequest::Form => {
                let form: Vec<_> = credential.iter().map(|(name, value)| format!("{name}={value}")).collect();
                request
                    .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                    .body(Body::from(format!("grant_type=refresh_token&{}", form.join("&"))))
            }
            TokenRequest::BasicJson => {
                let pair = format!("{}:{}", field("client_id"), field("client_secret"));
                let body = json!({ "grant_type": "refresh_token", "refresh_token": field("refresh_token") });
                request
                    .header(header::AUTHORIZATION, format!("Basic {}", STANDARD.encode(pair)))
                    .header(header::CONTENT_TYPE, "application/json")
                    .body(Body::from(body.to_string()))
            }
        };
        let (status, answer) = self.raw(request.expect("a request")).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        answer["access_token"].as_str().expect("a token").to_owned()
    }

    /// The authorization server of an OAuth shape.
    pub fn tokens(&self) -> &TokenEndpoint {
        self.tokens.as_ref().expect("an OAuth shape")
    }

    /// The holds that good answers have asked for since the last time.
    pub fn take_holds(&self) -> Vec<Hold> {
        std::mem::take(&mut self.held.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Sends a request as it is.
    pub async fn raw(&self, request: http::Request<Body>) -> (StatusCode, Value) {
        let response = self.router.clone().oneshot(request).await.expect("infallible");
        let status = response.status();
        let body = to_bytes(response.into_body(), usize::MAX).await.expect("a body");
        (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
    }

    /// What a call of the tool may do.
    pub fn cx(&self, tool: &'static str) -> Cx {
        let now = self.clock.now();
        Cx::new(CallScope {
            now,
            tool,
            principal: self.principal.into(),
            connection: Arc::new(Connection {
                id: self.connection,
                tenant: self.tenant,
                integration: self.integration.manifest.name.into(),
                sandbox: true,
                accounts: self.accounts.clone(),
            }),
            version: self.integration.manifest.version.version.into(),
            egress: Arc::new(Out {
                router: self.router.clone(),
                sign: self.sign,
                token: self.token.clone(),
                classify: self.integration.classify,
                holds: self.integration.holds,
                held: self.held.clone(),
                clock: self.clock.clone(),
                deadline: now.plus(PATIENCE),
                accounts: self.accounts.clone(),
                warnings: self.warnings.clone(),
            }),
            handles: self.handles.clone(),
        })
    }

    /// The accounts that the connection reaches.
    pub async fn find_accounts(&self) -> Result<Vec<Account>, ToolError> {
        (self.integration.accounts)(self.cx("connect")).await
    }

    /// Runs a tool that reads as the pipeline would, and holds its answer against its schema. Long work is polled to its
    /// end, however long that takes.
    pub async fn read(&self, tool: &'static str, arguments: Value) -> Result<Value, ToolError> {
        let answer = match self.prepare(tool, arguments)? {
            Prepared::Read(call) => call.call(self.cx(tool)).await?,
            Prepared::Long { work, .. } => {
                let mut progress = work.begin(&self.cx(tool)).await?;
                loop {
                    match progress {
                        Progress::Done(mut answer) => {
                            answer["status"] = "done".into();
                            break answer;
                        }
                        Progress::Pending { job, poll_after } => {
                            self.clock.advance(poll_after);
                            progress = work.poll(&job, &self.cx(tool)).await?;
                        }
                    }
                }
            }
            Prepared::Write { .. } | Prepared::Job(_) | Prepared::Revert { .. } | Prepared::Estimate { .. } => {
                panic!("{tool} is no tool of its own that reads")
            }
        };
        self.check_shape(tool, &answer);
        Ok(answer)
    }

    /// The same, where nothing can go wrong.
    pub async fn ok(&self, tool: &'static str, arguments: Value) -> Value {
        self.read(tool, arguments).await.unwrap_or_else(|error| panic!("{tool}: {error}"))
    }

    /// The fault that a call meets.
    pub async fn fault(&self, tool: &'static str, arguments: &Value) -> Fault {
        match self.read(tool, arguments.clone()).await {
            Err(ToolError::Upstream(fault)) => fault,
            other => panic!("{tool}: {other:?}"),
        }
    }

    /// Each fault that a script can name gets its class when a call meets it, and nothing of it lingers. `but` names those
    /// that have another class at this vendor than at the others.
    pub async fn check_fault_classes(&self, tool: &'static str, arguments: &Value, but: &[(Behaviour, Class)]) {
        for (behaviour, usual) in [
            (Behaviour::ExpiredToken, Class::AuthExpired),
            (Behaviour::Revoked, Class::AuthRevoked),
            (Behaviour::Permission, Class::Permission),
            (Behaviour::QuotaDaily { seconds: 3600 }, Class::QuotaDaily),
            (Behaviour::Storm { seconds: 5 }, Class::RateStorm),
            (Behaviour::VersionDead, Class::VersionDead),
            (Behaviour::Html500, Class::Upstream),
            (Behaviour::Garbage, Class::Upstream),
            (Behaviour::Status { code: 503 }, Class::Upstream),
            (Behaviour::Status { code: 404 }, Class::BadRequest),
        ] {
            let own = but.iter().find(|(other, _)| *other == behaviour);
            self.script.next(1, behaviour);
            let fault = self.fault(tool, arguments).await;
            assert_eq!(fault.class, own.map_or(usual, |(_, class)| *class), "{behaviour:?}: {fault}");
        }
        self.ok(tool, arguments.clone()).await;
    }

    /// Every row of a listing, page after page.
    pub async fn all_rows(&self, tool: &'static str, rows: &str, mut arguments: Value) -> Vec<Value> {
        let mut all = vec![];
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

    /// Observes, plans and lets it be checked.
    pub async fn preview(&self, tool: &'static str, arguments: Value) -> Result<(Value, Planned), ToolError> {
        let (steps, cx) = (self.steps(tool, arguments)?, self.cx(tool));
        let before = steps.observe(&cx).await?;
        let planned = steps.plan(&before)?;
        steps.dry_run(&planned.after, &cx).await?;
        assert_eq!(steps.observe(&cx).await?, before, "a preview changes nothing");
        Ok((before, planned))
    }

    /// Applies, and reads back. What our own plan refuses is sent all the same: then it is the upstream that must refuse.
    pub async fn apply(&self, tool: &'static str, arguments: Value) -> Result<Value, ToolError> {
        let (steps, cx) = (self.steps(tool, arguments)?, self.cx(tool));
        let before = steps.observe(&cx).await?;
        let after = steps.plan(&before).map_or(before, |planned| planned.after);
        steps.apply(&after, &cx).await?;
        steps.observe(&cx).await
    }

    /// The steps of a write.
    pub fn steps(&self, tool: &'static str, arguments: Value) -> Result<Box<dyn PreparedWrite>, ToolError> {
        match self.prepare(tool, arguments)? {
            Prepared::Write { steps, .. } => Ok(steps),
            _ => panic!("{tool} only reads"),
        }
    }

    /// The beginning and the polls of long work.
    pub fn work(&self, tool: &'static str, arguments: Value) -> Result<Box<dyn PreparedLong>, ToolError> {
        match self.prepare(tool, arguments)? {
            Prepared::Long { work, .. } => Ok(work),
            _ => panic!("{tool} takes no longer than a call"),
        }
    }

    fn prepare(&self, tool: &'static str, arguments: Value) -> Result<Prepared, ToolError> {
        let arguments = arguments.as_object().cloned().unwrap_or_default();
        let prepared = self.integration.find_tool(tool).expect("a tool").prepare(arguments)?;
        if let Touches::Accounts(ids) = prepared.touches() {
            let known = |id| self.accounts.iter().any(|account| account.id == id);
            assert!(ids.into_iter().all(known), "the pipeline would have refused this account");
        }
        Ok(prepared)
    }

    fn check_shape(&self, tool: &str, answer: &Value) {
        let schema = Value::Object(self.integration.find_tool(tool).expect("a tool").output_schema.clone());
        let validator = jsonschema::validator_for(&schema).expect("a schema");
        let problems: Vec<_> = validator.iter_errors(answer).map(|error| error.to_string()).collect();
        assert!(problems.is_empty(), "{tool}: {problems:?}\n{answer}");
    }
}

/// The arguments with more of them.
pub fn with(mut arguments: Value, more: &Value) -> Value {
    let more = more.as_object().expect("an object").clone();
    arguments.as_object_mut().expect("an object").extend(more);
    arguments
}
