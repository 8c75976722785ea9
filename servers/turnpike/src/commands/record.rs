//! `turnpike record`: one call of a live connection becomes a test of its integration, without its client's data.

use std::{
    fs,
    io::{ErrorKind, Read as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context as _, Result, bail, ensure};
use clap::Args;
use serde_json::{Map, Value, json};
use turnpike_config::Settings;
use turnpike_core::{Ambient, TenantId};
use turnpike_recording::{Order, PATIENCE, Recording, check_reads, record};
use turnpike_scaffold::Checkout;
use turnpike_sdk::{Connection, Manifest};
use turnpike_store::{ConnectionRow, ConnectionState};
use turnpike_telemetry::Telemetry;
use turnpike_tenancy::Actor;

use super::{at_the_desk, check_known};
use crate::operator::Operator;

#[derive(Args)]
pub(crate) struct Options {
    /// The integration, such as google-ads.
    name: String,
    /// The tenant whose live connection answers.
    #[arg(long)]
    tenant: TenantId,
    /// A tool that only reads.
    #[arg(long)]
    tool: String,
    /// Its arguments as JSON, or `-` to read them from standard input [default: none]
    #[arg(long, value_name = "JSON", default_value = "{}", hide_default_value = true)]
    arguments: String,
    /// Name of the recording, which replaces the one that had it [default: the tool's]
    #[arg(long = "as", value_name = "CASE")]
    case: Option<String>,
    /// A folder of the checkout [default: this one]
    #[arg(long, value_name = "ROOT", default_value = ".", hide_default_value = true)]
    path: PathBuf,
}

pub(crate) async fn run(settings: &Settings, options: &Options) -> Result<()> {
    check_known(&options.name, Some(&options.tool))?;
    let arguments = read_arguments(&options.arguments)?;
    let case = options.case.clone().unwrap_or_else(|| options.tool.replace('_', "-"));
    let folder = folder_of(&options.path, &options.name)?;
    let file = file_of(&folder, &case)?;
    let words = read_words(&folder)?;

    let telemetry = Telemetry::start(&settings.telemetry, &Ambient::system())?;
    let operator = at_the_desk(settings).await?;
    let recording = call(&operator, options, arguments, words).await?;
    write(&file, &recording)?;
    println!("recorded  {} {}, {} requests", recording.integration, recording.tool, recording.exchanges.len());
    println!("file      {}", file.display());
    println!("Read it before you commit it: names and figures were replaced, and it is you who knows the client.");
    tokio::task::spawn_blocking(|| telemetry.finish()).await?;
    Ok(())
}

async fn call(
    operator: &Operator,
    options: &Options,
    arguments: Map<String, Value>,
    words: Vec<String>,
) -> Result<Recording> {
    let (name, tool, tenant) = (&options.name, &options.tool, options.tenant);
    let Some(route) = operator.upstream.find_route(name) else { bail!("{name} is not among `server.servers`") };
    check_reads(&route.integration, tool)?;
    let manifest = &route.integration.manifest;
    let pinned = manifest.version.version;
    ensure!(
        route.version == pinned,
        "the settings use version {} of {name}, and its manifest pins {pinned}: a recording is of what the manifest pins",
        route.version
    );
    let rows = operator.store.tenant(tenant);
    let tenant_name = rows.get().await?.name;
    let found = rows.find_connection(name).await?;
    let row = found.with_context(|| format!("the tenant has no connection to {name}"))?;
    check_connection(&row, manifest)?;
    let switches = operator.store.system().list_switches().await?;
    if let Some(switch) = switches.iter().find(|switch| switch.target.covers(tenant, name, Some(tool))) {
        bail!("{} is switched off ({}); `turnpike switch on` comes before `record`", switch.target, switch.reason);
    }

    let (subject, details) = (format!("connection:{}", row.id), json!({ "integration": name, "tool": tool }));
    operator.tenancy.record(tenant, &Actor::desk(), "call.recorded", &subject, details).await?;
    let connection = Arc::new(Connection {
        id: row.id,
        tenant,
        integration: row.integration,
        sandbox: false,
        accounts: serde_json::from_str(&row.accounts_json)?,
    });
    let deadline = operator.ambient.now().plus(PATIENCE);
    let lane = operator.upstream.lane(connection.clone(), deadline).context("the integration is not served here")?;
    let lane = Arc::new(lane);
    let order = Order { tool: tool.clone(), arguments, connection, tenant_name, words };
    let recorded = record(&route.integration, order, lane.clone(), operator.ambient.clone()).await;
    recorded.with_context(|| match lane.own_fault() {
        Some(reason) => format!("nothing is recorded, through a fault of this deployment: {reason}"),
        None => "nothing is recorded".into(),
    })
}

/// A recording is the vendor's word. What our own sandbox says proves nothing about it.
fn check_connection(row: &ConnectionRow, manifest: &Manifest) -> Result<()> {
    ensure!(!row.sandbox, "the connection leads to our own sandbox: only what {} answers is recorded", manifest.title);
    let usable = matches!(row.state, ConnectionState::Ok | ConnectionState::Expiring);
    ensure!(usable, "the connection cannot be used: {}", row.reason.as_deref().unwrap_or("it is disconnected"));
    Ok(())
}

fn read_arguments(given: &str) -> Result<Map<String, Value>> {
    let text = match given {
        "-" => {
            let mut text = String::new();
            std::io::stdin().read_to_string(&mut text).context("standard input cannot be read")?;
            text
        }
        text => text.to_owned(),
    };
    serde_json::from_str(&text).context("--arguments is not a JSON object")
}

/// Where the integration's recordings lie.
fn folder_of(path: &Path, name: &str) -> Result<PathBuf> {
    let folder = Checkout::find(path)?.integration(name);
    ensure!(folder.is_dir(), "{} is not there: record where the integration's sources are", folder.display());
    Ok(folder.join("tests/recorded"))
}

/// Where this one goes.
fn file_of(folder: &Path, case: &str) -> Result<PathBuf> {
    let fits = !case.is_empty() && case.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    ensure!(fits, "--as takes small letters, digits and dashes");
    Ok(folder.join(format!("{case}.json")))
}

/// The vendor's own words that no rule knows, one a line.
fn read_words(folder: &Path) -> Result<Vec<String>> {
    let file = folder.join("words.txt");
    match fs::read_to_string(&file) {
        Ok(text) => Ok(text.lines().map(str::to_owned).collect()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(vec![]),
        Err(error) => Err(error).with_context(|| format!("{} cannot be read", file.display())),
    }
}

fn write(file: &Path, recording: &Recording) -> Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    }
    fs::write(file, recording.to_text()?).with_context(|| format!("{} cannot be written", file.display()))
}
