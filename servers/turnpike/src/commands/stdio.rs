//! `turnpike stdio`: one MCP server for an agent on this machine. Standard output belongs to the protocol.

use std::{net::SocketAddr, sync::Arc};

use anyhow::{Result, bail};
use rmcp::ServiceExt as _;
use turnpike_config::Settings;
use turnpike_core::{Ambient, TenantId};
use turnpike_gateway::{Caller, Face, McpHost, Origin};
use turnpike_telemetry::Telemetry;

use super::at_the_desk;
use crate::app::App;

pub(crate) async fn run(settings: &Settings, server: &str, tenant: TenantId, write: bool) -> Result<()> {
    let telemetry = Telemetry::start(&settings.telemetry, &Ambient::system())?;
    let address = SocketAddr::from(([127, 0, 0, 1], 8080));
    let app = App::start(settings.clone(), at_the_desk(settings).await?, address).await?;
    super::check_known(server, None)?;
    super::get_tenant(&app.operator.store, tenant).await?;
    let Some(route) = app.operator.upstream.find_route(server) else {
        bail!("this deployment does not serve `{server}`; `server.servers` in the settings says what it serves")
    };
    let manifest = &route.integration.manifest;
    let mut scopes = vec![manifest.read_scope()];
    if write {
        scopes.push(manifest.write_scope());
    }
    let rows = app.operator.store.tenant(tenant);
    let caller = Caller::at_the_desk(&rows.get().await?, rows.list_tool_policies().await?, scopes);
    let host = McpHost::new(app.gateway.clone(), Face::One(manifest.name), Origin::Desk(Arc::new(caller)));
    let running = host.serve(rmcp::transport::stdio()).await?;
    tokio::select! {
        ended = running.waiting() => drop(ended?),
        () = super::stop_signal() => {}
    }
    app.finish().await?;
    tokio::task::spawn_blocking(|| telemetry.finish()).await?;
    Ok(())
}
