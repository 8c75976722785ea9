//! The MCP side: rmcp's handler over the pipeline.

mod elicit;
mod tasks;

use std::{borrow::Cow, sync::Arc};

use elicit::Telling;
use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        CacheScope, CallToolRequestParams, CallToolResponse, CancelTaskParams, CompleteRequestMethod,
        CompleteRequestParams, CompleteResult, ConstString, CreateTaskResult, DiscoverResult, ErrorCode, GetTaskParams,
        GetTaskResult, Implementation, JsonObject, ListPromptsRequestMethod, ListPromptsResult,
        ListResourceTemplatesRequestMethod, ListResourceTemplatesResult, ListResourcesRequestMethod,
        ListResourcesResult, ListToolsResult, MetaObject, PaginatedRequestParams, ProtocolVersion, ServerCapabilities,
        ServerConfig, UpdateTaskParams,
    },
    service::RequestContext,
};
use serde_json::json;
use turnpike_store::JobState;
use turnpike_telemetry::Traceparent;

use crate::{
    Caller, Face, Gateway,
    pipeline::{CallRequest, Reply},
    servers::Found,
};

/// How long a client may keep the answer of `server/discover`: it is the same for everyone.
const DISCOVER_TTL_MS: u64 = 3_600_000;
/// How long a client may keep `tools/list`: it depends on the caller's scopes and role, and on what is switched off.
const TOOLS_TTL_MS: u64 = 60_000;
/// The revisions served, oldest first.
const REVISIONS: [ProtocolVersion; 3] =
    [ProtocolVersion::V_2025_06_18, ProtocolVersion::V_2025_11_25, ProtocolVersion::V_2026_07_28];

/// Where the caller comes from.
#[derive(Clone)]
pub enum Origin {
    /// The HTTP layer has put it on the request.
    Request,
    /// Standard input and output: one caller for the whole process.
    Desk(Arc<Caller>),
}

/// One MCP server, or the combined one. Made for each request; cheap.
#[derive(Clone)]
pub struct McpHost {
    gateway: Arc<Gateway>,
    face: Face,
    origin: Origin,
}

impl McpHost {
    /// The server for this face.
    pub fn new(gateway: Arc<Gateway>, face: Face, origin: Origin) -> Self {
        Self { gateway, face, origin }
    }

    fn caller(&self, context: &RequestContext<RoleServer>) -> Result<Arc<Caller>, ErrorData> {
        let caller = match &self.origin {
            Origin::Desk(caller) => Some(caller.clone()),
            Origin::Request => parts(context).and_then(|parts| parts.extensions.get::<Arc<Caller>>().cloned()),
        };
        caller.ok_or_else(|| ErrorData::internal_error("the caller was not established", None))
    }

    fn call_request(
        &self,
        found: Found,
        arguments: JsonObject,
        caller: Arc<Caller>,
        context: &RequestContext<RoleServer>,
    ) -> CallRequest {
        let header =
            |name: &str| parts(context).and_then(|parts| parts.headers.get(name)).and_then(|value| value.to_str().ok());
        let traceparent = context.meta.get_traceparent().or_else(|| header("traceparent")).and_then(Traceparent::parse);
        let client =
            context.meta.client_info().map(|client| client.name).or_else(|| header("user-agent").map(str::to_owned));
        let protocol_version = context.meta.protocol_version().map(|version| version.to_string());
        CallRequest {
            found,
            arguments,
            caller,
            client: client.map(|client| shortened(&client)),
            protocol_version: protocol_version
                .or_else(|| header("mcp-protocol-version").map(str::to_owned))
                .unwrap_or_default(),
            traceparent,
            cancelled: context.ct.clone(),
        }
    }

    fn implementation(&self) -> Implementation {
        let brand = &self.gateway.brand_name;
        match &self.face {
            Face::Combined => Implementation::new("integrations", env!("CARGO_PKG_VERSION")).with_title(brand),
            Face::One(name) => match self.gateway.servers.find_integration(name) {
                Some(integration) => Implementation::new(*name, integration.manifest.server_version)
                    .with_title(format!("{brand} {}", integration.manifest.title)),
                None => Implementation::new(*name, env!("CARGO_PKG_VERSION")),
            },
        }
    }

    fn instructions(&self) -> String {
        let served = self.gateway.servers.integrations.iter().filter(|integration| match &self.face {
            Face::One(name) => integration.manifest.name == *name,
            Face::Combined => true,
        });
        served.map(|integration| integration.manifest.instructions).collect::<Vec<_>>().join("\n\n")
    }

    fn stamp(&self) -> MetaObject {
        let mut meta = MetaObject::new();
        meta.insert("io.modelcontextprotocol/serverInfo".into(), json!(self.implementation()));
        meta
    }
}

fn parts(context: &RequestContext<RoleServer>) -> Option<&http::request::Parts> {
    context.extensions.get()
}

impl ServerHandler for McpHost {
    fn get_info(&self) -> ServerConfig {
        let mut info = ServerConfig::new(ServerCapabilities::builder().enable_tools().enable_tasks().build());
        info.server_info = self.implementation();
        info.instructions = Some(self.instructions());
        info
    }

    fn supported_protocol_versions(&self) -> Cow<'static, [ProtocolVersion]> {
        Cow::Owned(REVISIONS.to_vec())
    }

    async fn discover(&self, _: RequestContext<RoleServer>) -> Result<DiscoverResult, ErrorData> {
        let mut result = DiscoverResult::from_server_info(REVISIONS.to_vec(), self.get_info());
        result.ttl_ms = DISCOVER_TTL_MS;
        result.cache_scope = CacheScope::Public;
        Ok(result)
    }

    async fn list_tools(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        if request.and_then(|request| request.cursor).is_some() {
            return Err(ErrorData::invalid_params("tools/list is one page here: there is no such cursor", None));
        }
        let caller = self.caller(&context)?;
        let failed = |error: &dyn std::error::Error| {
            tracing::error!(tenant_id = %caller.tenant, %error, "the tools cannot be listed");
            ErrorData::internal_error("the tools cannot be listed at the moment; try again", None)
        };
        let mut connected = vec![];
        for integration in &self.gateway.servers.integrations {
            let name = integration.manifest.name;
            let found = self.gateway.find_connection(caller.tenant, name).await.map_err(|error| failed(&error))?;
            connected.extend(found.map(|_| name));
        }
        let switches = self.gateway.switches.standing().map_err(|error| failed(&error))?;
        let switched_on = |found: &Found| !switches.iter().any(|switch| found.is_stopped_by(switch, &caller));
        let connected = |name: &str| connected.contains(&name);
        let tools = self.gateway.servers.list(&self.face, &caller, connected, switched_on);
        let mut result = ListToolsResult::with_all_items(tools);
        result.ttl_ms = Some(TOOLS_TTL_MS);
        result.cache_scope = Some(CacheScope::Private);
        result.meta = Some(self.stamp());
        Ok(result)
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let caller = self.caller(&context)?;
        let found = self.gateway.servers.find(&self.face, &request.name).ok_or_else(|| {
            ErrorData::invalid_params(
                format!("there is no tool `{}` here; see tools/list", shortened(&request.name)),
                None,
            )
        })?;
        let declares_tasks = context.client_capabilities().is_some_and(|client| client.supports_tasks());
        let is_get_job = found.spec().name == "get_job";
        let telling = Telling::to(&context, request.input_responses.as_ref());
        let call = self.call_request(found, request.arguments.unwrap_or_default(), caller, &context);
        // Boxed: rmcp moves the future of a request a few times before it runs.
        let Reply { id, mut result, job, errand, .. } = Box::pin(self.gateway.call(call)).await;
        result.meta.get_or_insert_default().extend(self.stamp());
        if let Some(job) = job.filter(|job| declares_tasks && !is_get_job && job.state == JobState::Pending) {
            let task = CreateTaskResult::new(tasks::task(&job, self.gateway.ambient.now()));
            return Ok(task.with_meta(result.meta.unwrap_or_default()).into());
        }
        match errand {
            Some(errand) => telling.tell(errand, id, result),
            None => Ok(result.into()),
        }
    }

    async fn get_task(
        &self,
        request: GetTaskParams,
        context: RequestContext<RoleServer>,
    ) -> Result<GetTaskResult, ErrorData> {
        let ask = self.ask_for_task(request.task_id, &context).await?;
        self.task_result(Box::pin(self.gateway.call(ask)).await)
    }

    /// No tool asks for anything while it works: what is answered here was not asked for, and is left aside.
    async fn update_task(
        &self,
        request: UpdateTaskParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        let ask = self.ask_for_task(request.task_id, &context).await?;
        tasks::found(&Box::pin(self.gateway.find_own_job(ask)).await)
    }

    async fn cancel_task(
        &self,
        request: CancelTaskParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        let ask = self.ask_for_task(request.task_id, &context).await?;
        tasks::found(&Box::pin(self.gateway.cancel_job(ask)).await)
    }

    async fn list_prompts(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        Err(not_offered(ListPromptsRequestMethod::VALUE))
    }

    async fn list_resources(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        Err(not_offered(ListResourcesRequestMethod::VALUE))
    }

    async fn list_resource_templates(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        Err(not_offered(ListResourceTemplatesRequestMethod::VALUE))
    }

    async fn complete(
        &self,
        _: CompleteRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        Err(not_offered(CompleteRequestMethod::VALUE))
    }
}

fn not_offered(method: &'static str) -> ErrorData {
    ErrorData::new(ErrorCode::METHOD_NOT_FOUND, method, None)
}

/// A name from outside, fit for logs and the ledger: short, on one line, and without what PostgreSQL does not store.
fn shortened(text: &str) -> String {
    text.chars().filter(|character| !character.is_control()).take(80).collect()
}
