//! `turnpike key`.

use std::time::Duration;

use anyhow::{Result, bail};
use clap::Subcommand;
use turnpike_config::Settings;
use turnpike_core::{ApiKeyId, Role, TenantId};
use turnpike_tenancy::{Actor, KeyRequest};

use super::{at_the_desk, check_known, get_tenant};
use crate::operator::open_store;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Make a key. It is printed once and kept nowhere.
    Add {
        /// Whose.
        #[arg(long)]
        tenant: TenantId,
        /// Name, to know it again in lists.
        #[arg(long)]
        name: String,
        /// What it may do: google-ads:read, google-ads:write; may be given several times.
        #[arg(long = "scope", required = true)]
        scopes: Vec<String>,
        /// What it may do with the tools that its scopes open: auditor reads; member also changes things; admin and owner
        /// also use what the tenant's tool policies keep from members [default: member with a write scope, else auditor]
        #[arg(long)]
        role: Option<Role>,
        /// The integrations it reaches [default: all]; may be given several times.
        #[arg(long = "server")]
        servers: Vec<String>,
        /// Days until it ends [default: never]
        #[arg(long, value_parser = clap::value_parser!(u64).range(1..=36_500))]
        days: Option<u64>,
        /// A key for tests: it reaches sandbox connections only.
        #[arg(long)]
        test: bool,
    },
    /// List a tenant's keys.
    List {
        /// Whose.
        #[arg(long)]
        tenant: TenantId,
    },
    /// Revoke a key; running servers refuse it within 10 seconds.
    Revoke {
        /// Whose.
        #[arg(long)]
        tenant: TenantId,
        /// The key's id, from the list.
        id: ApiKeyId,
    },
}

pub(crate) async fn run(settings: &Settings, command: Command) -> Result<()> {
    match command {
        Command::Add { tenant, name, scopes, role, servers, days, test } => {
            let operator = at_the_desk(settings).await?;
            get_tenant(&operator.store, tenant).await?;
            let manifests: Vec<_> =
                turnpike_catalog::integrations().into_iter().map(|integration| integration.manifest).collect();
            let known: Vec<_> =
                manifests.iter().flat_map(|manifest| [manifest.read_scope(), manifest.write_scope()]).collect();
            if let Some(unknown) = scopes.iter().find(|scope| !known.contains(scope)) {
                bail!("there is no scope `{unknown}`; there are: {}", known.join(", "));
            }
            servers.iter().try_for_each(|server| check_known(server, None))?;
            let expires_at = days.map(|days| operator.ambient.now().plus(Duration::from_secs(days * 86_400)));
            let servers = (!servers.is_empty()).then_some(servers);
            let request = KeyRequest { name: &name, scopes, role, servers, expires_at, live: !test };
            let (_, key) = operator.tenancy.add_key(&Actor::desk(), tenant, request).await?;
            println!("{}", key.expose());
        }
        Command::List { tenant } => {
            let store = open_store(settings).await?;
            get_tenant(&store, tenant).await?;
            for key in store.tenant(tenant).list_api_keys().await? {
                let state = if key.revoked_at.is_some() { "revoked" } else { "active" };
                let used = key.last_used_at.map_or_else(|| "never used".into(), |at| format!("last used {at}"));
                let (scopes, role) = (key.scopes.join(" "), key.role.as_str());
                println!("{}  {}  {state:<8} {role:<8} {used}  {scopes}  {}", key.id, key.hint, key.name);
            }
        }
        Command::Revoke { tenant, id } => {
            if !at_the_desk(settings).await?.tenancy.revoke_key(&Actor::desk(), tenant, id).await? {
                bail!("there is no such key, or it was revoked before");
            }
            println!("revoked");
        }
    }
    Ok(())
}
