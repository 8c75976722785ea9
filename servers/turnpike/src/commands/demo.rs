//! `turnpike demo`: the main job on embedded defaults.

use std::{fs::OpenOptions, io::Write as _, os::unix::fs::OpenOptionsExt as _, path::Path};

use anyhow::{Context as _, Result, bail};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use turnpike_billing::{Choice, Customer};
use turnpike_config::Settings;
use turnpike_core::{Ambient, CallId, Outcome, TenantId};
use turnpike_portal::add_staff;
use turnpike_store::Store;
use turnpike_telemetry::Telemetry;
use turnpike_tenancy::{Actor, Allow, KeyRequest, Side};

use super::{at_the_desk, stop_signal, usage::call_line};
use crate::{
    app::{App, listen},
    cli::Global,
    clients,
    operator::Operator,
};

/// Who opens the demo's console.
const STAFF: &str = "operator@example.com";

/// What the demo must remember between starts. The key reaches nothing but sandboxes.
#[derive(Serialize, Deserialize)]
struct Remembered {
    tenant_id: TenantId,
    api_key: String,
}

pub(crate) async fn run(global: &Global, address: Option<String>, json: bool) -> Result<()> {
    let mut settings = global.settings(address)?;
    if settings.telemetry.filter == "info,rmcp=warn" && !json {
        settings.telemetry.filter = "warn".into();
    }
    // Here the sandbox costs what a vendor would, so that usage, quota and invoices can be seen.
    settings.prices.percent.insert(Outcome::Sandbox, 100);
    let telemetry = Telemetry::start(&settings.telemetry, &Ambient::system())?;
    let listener = listen(&settings).await?;
    let operator = at_the_desk(&settings).await?;
    let remembered = seed(&operator, &settings).await?;
    let (store, sandboxes) = (operator.store.clone(), operator.sandboxes.clone());
    let app = App::start(settings.clone(), operator, listener.local_addr()?).await?;
    let url = app.public_url.clone();
    let servers: Vec<_> = sandboxes.names().map(|name| (name, format!("{url}/{name}/mcp"))).collect();

    // From the first moment on, so that an early Ctrl-C is not lost.
    let stop = CancellationToken::new();
    let signalled = stop.clone();
    tokio::spawn(async move {
        stop_signal().await;
        signalled.cancel();
    });
    let console = add_staff(&store, &Ambient::system(), STAFF, "Operator").await?;
    let serving = tokio::spawn(app.serve(listener, stop.clone().cancelled_owned()));
    let shown = first_call(&url, &remembered, &store).await;
    match shown {
        Ok(_) if json => print_json(&url, &servers, &remembered, &console)?,
        Ok(shown) => {
            print!("{shown}");
            println!(
                "{}",
                clients::settings(&url, &servers, &remembered.api_key, remembered.tenant_id, &settings.data)?
            );
            println!(
                "Portal\n  {url}/\n    Sign up there as a client would. Mails are files here: {url}/outbox\n  {url}{console}\n    \
                 The operator console, as {STAFF}. The link works once, within a day.\n"
            );
            println!("Serving until Ctrl-C.");
        }
        Err(error) => {
            stop.cancel();
            serving.await??;
            return Err(error);
        }
    }
    serving.await??;
    tokio::task::spawn_blocking(|| telemetry.finish()).await?;
    Ok(())
}

/// The tenant, its sandbox connections and its key: from the first start, or made now.
async fn seed(operator: &Operator, settings: &Settings) -> Result<Remembered> {
    let (path, desk) = (settings.data.join("demo.json"), Actor::desk());
    let remembered = match std::fs::read(&path) {
        Ok(bytes) => serde_json::from_slice(&bytes)
            .with_context(|| format!("{} is damaged; remove the data folder to start afresh", path.display()))?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let tenant_id = operator.tenancy.add_tenant(&desk, "Demo").await?;
            let manifests = operator.integrations.iter().map(|integration| &integration.manifest);
            let scopes = manifests.flat_map(|manifest| [manifest.read_scope(), manifest.write_scope()]).collect();
            let request = KeyRequest { name: "demo", scopes, role: None, servers: None, expires_at: None, live: false };
            let (_, key) = operator.tenancy.add_key(&desk, tenant_id, request).await?;
            subscribe(operator, settings, tenant_id).await?;
            let made = Remembered { tenant_id, api_key: key.expose().to_owned() };
            remember(&path, &made)?;
            made
        }
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
    };
    let rows = operator.store.tenant(remembered.tenant_id);
    rows.get().await.with_context(|| {
        format!("{} does not fit the database; remove the data folder to start afresh", path.display())
    })?;
    for name in operator.sandboxes.names() {
        if rows.find_connection(name).await?.is_none() {
            let form = operator
                .sandboxes
                .find(name)
                .map(|sandbox| sandbox.credential.iter().cloned().collect())
                .unwrap_or_default();
            let (tenant, side) = (remembered.tenant_id, Side::Sandbox);
            operator.tenancy.connect_with_form(&desk, tenant, name, side, form, Allow::All).await?;
        }
    }
    Ok(remembered)
}

/// To the cheapest plan, with all integrations; it begins with its trial.
async fn subscribe(operator: &Operator, settings: &Settings, tenant: TenantId) -> Result<()> {
    let offered = settings.plans.iter().filter(|(_, plan)| plan.offered);
    let Some((plan, _)) = offered.min_by_key(|(_, plan)| plan.monthly) else { return Ok(()) };
    let integrations = i64::try_from(operator.integrations.len()).unwrap_or(1);
    let choice = Choice { plan: plan.clone(), yearly: false, integrations };
    let customer = Customer { name: "Demo".into(), email: STAFF.into(), back: String::new() };
    operator.billing.subscribe(tenant, &choice, &customer).await?;
    Ok(())
}

fn remember(path: &Path, made: &Remembered) -> Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(&serde_json::to_vec_pretty(made)?)?;
    Ok(file.sync_all()?)
}

/// One real call through the public endpoint, and what the ledger says of it.
async fn first_call(url: &str, remembered: &Remembered, store: &Store) -> Result<String> {
    let client = reqwest::Client::builder().no_proxy().build()?;
    let call = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {
        "name": "google_ads_list_accounts", "arguments": {},
        "_meta": { "io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {} },
    }});
    let request = client
        .post(format!("{url}/mcp"))
        .bearer_auth(&remembered.api_key)
        .header("accept", "application/json, text/event-stream")
        .header("mcp-protocol-version", "2026-07-28")
        .header("mcp-method", "tools/call")
        .header("mcp-name", "google_ads_list_accounts");
    let answer: Value = request.json(&call).send().await?.json().await?;
    let result = &answer["result"];
    if result["isError"] != false {
        bail!("the first call failed: {answer}");
    }
    let meta = &result["_meta"];
    let call_id: CallId = meta["call_id"].as_str().unwrap_or_default().parse()?;
    let row =
        store.tenant(remembered.tenant_id).find_call(call_id).await?.context("the first call is not in the ledger")?;
    let text = result["content"][0]["text"].as_str().unwrap_or_default();
    let short: String = text.chars().take(300).collect();
    Ok(format!(
        "A call through {url}/mcp\n  tool    {}\n  result  {short}{}\n  cost    {}\n  quota   {}\n  ledger  {}\n\n",
        row.tool,
        if short.len() < text.len() { "…" } else { "" },
        meta["cost"],
        meta["quota"],
        call_line(&row)
    ))
}

fn print_json(url: &str, servers: &[(&str, String)], remembered: &Remembered, console: &str) -> Result<()> {
    let servers: serde_json::Map<_, _> = servers.iter().map(|(name, url)| ((*name).to_owned(), json!(url))).collect();
    let line = json!({
        "mcp_url": format!("{url}/mcp"), "servers": servers, "api_key": remembered.api_key, "tenant_id": remembered.tenant_id,
        "portal_url": url, "console_url": format!("{url}{console}"),
    });
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    Ok(out.flush()?)
}
