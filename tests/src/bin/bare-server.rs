//! The yardstick of tests/bench: rmcp as its documentation shows it, with one tool that sends the same upstream request
//! and gives the same answer as `list_accounts` of Google Ads. No key, no limits, no vault, no ledger.
//!
//!   bare-server UPSTREAM_URL

use std::{
    io::{self, Write},
    sync::Arc,
};

use axum::Router;
use rmcp::{
    ErrorData, Json,
    handler::server::wrapper::Parameters,
    tool, tool_router,
    transport::streamable_http_server::{
        StreamableHttpServerConfig, StreamableHttpService, session::never::NeverSessionManager,
    },
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;

/// As many as bench-upstream has.
const ACCOUNTS: u64 = 14;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Args {
    /// Only accounts whose name or id contains this, in any case.
    #[serde(default)]
    matching: Option<String>,
    /// Accounts in one answer, 1 to 1000; 40 if left out.
    #[serde(default)]
    max_rows: Option<usize>,
}

#[derive(Serialize, JsonSchema)]
struct Answer {
    accounts: Vec<Line>,
    page: Page,
}

#[derive(Clone, Serialize, JsonSchema)]
struct Line {
    account_id: String,
    name: String,
    currency: String,
    time_zone: String,
    manager: bool,
    reachable: bool,
}

#[derive(Serialize, JsonSchema)]
struct Page {
    shown: usize,
    total: usize,
    truncated: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AccessibleCustomers {
    resource_names: Vec<String>,
}

#[derive(Clone)]
struct Bare {
    upstream: Arc<str>,
    client: reqwest::Client,
    accounts: Arc<[Line]>,
}

#[tool_router(server_handler)]
impl Bare {
    /// Lists the Google Ads accounts of this connection.
    #[tool]
    async fn list_accounts(&self, Parameters(args): Parameters<Args>) -> Result<Json<Answer>, ErrorData> {
        let direct = self.accessible().await.map_err(|error| ErrorData::internal_error(error.to_string(), None))?;
        let matching = args.matching.unwrap_or_default().to_lowercase();
        let wanted: Vec<_> = self
            .accounts
            .iter()
            .filter(|account| account.name.to_lowercase().contains(&matching) || account.account_id.contains(&matching))
            .collect();
        let accounts: Vec<_> = wanted
            .iter()
            .take(args.max_rows.unwrap_or(40))
            .map(|account| Line { reachable: direct.contains(&account.account_id), ..(*account).clone() })
            .collect();
        let page = Page { shown: accounts.len(), total: wanted.len(), truncated: accounts.len() < wanted.len() };
        Ok(Json(Answer { accounts, page }))
    }

    async fn accessible(&self) -> reqwest::Result<Vec<String>> {
        let url = format!("{}/v26/customers:listAccessibleCustomers", self.upstream);
        let found: AccessibleCustomers = self.client.get(url).bearer_auth("ya29.bench").send().await?.json().await?;
        let id = |name: &String| name.strip_prefix("customers/").map(str::to_owned);
        Ok(found.resource_names.iter().filter_map(id).collect())
    }
}

#[tokio::main]
pub(crate) async fn main() -> io::Result<()> {
    let upstream = std::env::args().nth(1).ok_or_else(|| io::Error::other("usage: bare-server UPSTREAM_URL"))?;
    let accounts = (1..=ACCOUNTS).map(|n| {
        let account_id = (1_000_000_000 + n).to_string();
        let name = format!("Account {account_id}");
        let (currency, time_zone) = ("EUR".into(), "Europe/Berlin".into());
        Line { account_id, name, currency, time_zone, manager: false, reachable: false }
    });
    let bare = Bare { upstream: upstream.into(), client: reqwest::Client::new(), accounts: accounts.collect() };
    let settings = StreamableHttpServerConfig::default().with_legacy_session_mode(false).with_json_response(true);
    let service =
        StreamableHttpService::new(move || Ok(bare.clone()), Arc::new(NeverSessionManager::default()), settings);

    let listener = TcpListener::bind("127.0.0.1:0").await?;
    writeln!(io::stdout(), "listening on http://{}", listener.local_addr()?)?;
    axum::serve(listener, Router::new().route_service("/mcp", service)).await
}
