//! `turnpike connect`: a credential goes in through standard input, never through the arguments.

use std::{collections::HashMap, io::Read as _};

use anyhow::{Context as _, Result, anyhow, bail};
use clap::Args;
use turnpike_config::Settings;
use turnpike_core::{Ambient, TenantId};
use turnpike_telemetry::Telemetry;
use turnpike_tenancy::{Actor, Allow, ConnectError, Side};

use super::{at_the_desk, check_known, get_tenant};

#[derive(Args)]
pub(crate) struct Options {
    /// Whose.
    #[arg(long)]
    tenant: TenantId,
    /// Name of the integration, such as google-ads.
    #[arg(long)]
    integration: String,
    /// Connect to the integration's sandbox; needs no credential.
    #[arg(long)]
    sandbox: bool,
}

pub(crate) async fn run(settings: &Settings, options: &Options) -> Result<()> {
    // What is found only in part is told as a warning.
    let telemetry = Telemetry::start(&settings.telemetry, &Ambient::system())?;
    let operator = at_the_desk(settings).await?;
    check_known(&options.integration, None)?;
    get_tenant(&operator.store, options.tenant).await?;
    let Some(route) = operator.upstream.find_route(&options.integration) else {
        bail!(
            "this deployment does not serve `{}`; `server.servers` in the settings says what it serves",
            options.integration
        )
    };
    let fields: Vec<_> = route.integration.manifest.connect_form.iter().map(|field| field.name).collect();
    let form = match operator.sandboxes.find(&options.integration) {
        Some(sandbox) if options.sandbox => sandbox.credential.iter().cloned().collect(),
        _ => read_form(&fields)?,
    };
    let side = if options.sandbox { Side::Sandbox } else { Side::Live };
    let (tenant, integration) = (options.tenant, &options.integration);
    let connected =
        operator.tenancy.connect_with_form(&Actor::desk(), tenant, integration, side, form, Allow::All).await;
    let connected = connected.map_err(|error| match error {
        ConnectError::SwitchedOff { .. } => anyhow!("{error}; `turnpike switch on` comes before `connect`"),
        error => anyhow!("{error}. {}", error.what_to_do()),
    })?;
    println!("connected; accounts: {}", connected.offered.len());
    for account in &connected.offered {
        println!("  {}  {} {} {}", account.id, account.currency, account.time_zone, account.name);
    }
    tokio::task::spawn_blocking(|| telemetry.finish()).await?;
    Ok(())
}

fn read_form(fields: &[&'static str]) -> Result<HashMap<&'static str, String>> {
    let mut text = zeroize::Zeroizing::new(String::new());
    std::io::stdin().read_to_string(&mut text).context("standard input cannot be read")?;
    let shape = fields.iter().map(|name| format!("\"{name}\": \"…\"")).collect::<Vec<_>>().join(", ");
    // The parser's own words could repeat a part of a secret.
    let Ok(mut given) = serde_json::from_str::<HashMap<String, String>>(&text) else {
        bail!("give the credential as JSON on standard input: {{{shape}}}");
    };
    let form: HashMap<_, _> = fields.iter().filter_map(|name| Some((*name, given.remove(*name)?))).collect();
    if form.len() < fields.len() || !given.is_empty() {
        bail!("the credential needs exactly these fields: {{{shape}}}");
    }
    Ok(form)
}
