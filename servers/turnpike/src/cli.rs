//! Commands and their options.

use std::{path::PathBuf, process::ExitCode};

use clap::{Args, Parser, Subcommand};
use turnpike_config::{Layers, Settings};
use turnpike_core::TenantId;

use crate::commands;

/// Hosted MCP servers with a vault, limits, metering and billing.
///
/// `turnpike demo` needs no settings and shows everything with simulated vendors. `turnpike config defaults` prints all
/// settings with their meaning; `turnpike serve -c FILE` runs with yours.
#[derive(Parser)]
#[command(name = "turnpike", version, disable_help_subcommand = true)]
pub struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

#[derive(Args, Clone)]
pub(crate) struct Global {
    /// Settings file; `turnpike config defaults` prints one to start from.
    #[arg(short, long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Folder for the SQLite file and the local key [default: data]
    #[arg(long, global = true, value_name = "DIR")]
    data: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Command {
    /// Try it: one tenant, five simulated vendors, one real call, and settings to paste into your agent.
    Demo {
        /// Address to listen on; port 0 picks a free one [default: 127.0.0.1:8080]
        #[arg(long, value_name = "ADDR")]
        listen: Option<String>,
        /// Print one line of JSON once ready, for programs.
        #[arg(long)]
        json: bool,
    },
    /// Serve the MCP servers until Ctrl-C or SIGTERM, then finish the calls under way.
    Serve {
        /// Address to listen on; port 0 picks a free one.
        #[arg(long, value_name = "ADDR")]
        listen: Option<String>,
    },
    /// Bring the database to this version. On PostgreSQL it connects as `store.owner_url`.
    Migrate,
    /// Look at the settings.
    Config {
        #[command(subcommand)]
        command: commands::config::Command,
    },
    /// Ask a running server whether it is ready; the exit code says so.
    Healthcheck {
        /// Where it runs.
        #[arg(long, default_value = "http://127.0.0.1:8080")]
        url: String,
    },
    /// One MCP server over standard input and output, for an agent on this machine.
    Stdio {
        /// Name of the integration, such as google-ads.
        #[arg(long)]
        server: String,
        /// The tenant whose connection it uses.
        #[arg(long)]
        tenant: TenantId,
        /// Also offer the tools that change something.
        #[arg(long)]
        write: bool,
    },
    /// What was used and what it costs, from the ledger.
    Usage(commands::usage::Options),
    /// Work of a tenant that has outlasted its call: how far it has come, newest first.
    Jobs {
        /// The tenant.
        #[arg(long)]
        tenant: TenantId,
    },
    /// Add, list, suspend, export and delete tenants, and set what they are shown while an upstream fails.
    Tenant {
        #[command(subcommand)]
        command: commands::tenant::Command,
    },
    /// Say who may open the operator console.
    Staff {
        #[command(subcommand)]
        command: commands::staff::Command,
    },
    /// Stop calls at once, on every running server, and let them go on: everything, or one integration, tool, tenant or
    /// connection.
    Switch {
        #[command(subcommand)]
        command: commands::switch::Command,
    },
    /// Ask more of those who use some of a tenant's tools: a higher role, a group of members, or forbid them to all.
    ToolPolicy {
        #[command(subcommand)]
        command: commands::tool_policy::Command,
    },
    /// Make, list and revoke API keys.
    Key {
        #[command(subcommand)]
        command: commands::key::Command,
    },
    /// List and change the keys that sign agents' access tokens.
    SigningKey {
        #[command(subcommand)]
        command: commands::signing_key::Command,
    },
    /// See and set how far writes through a connection may go: caps, and what a person must approve.
    Policy {
        #[command(subcommand)]
        command: commands::policy::Command,
    },
    /// List, approve and deny the writes that wait for a person.
    Approval {
        #[command(subcommand)]
        command: commands::approval::Command,
    },
    /// See whether the audit log is as it was written.
    Audit {
        #[command(subcommand)]
        command: commands::audit::Command,
    },
    /// Connect a tenant to an integration, or renew its connection. Reads the credential as JSON from standard input.
    Connect(commands::connect::Options),
}

impl Global {
    /// The settings from all their layers.
    pub(crate) fn settings(&self, listen: Option<String>) -> anyhow::Result<Settings> {
        let variables = std::env::vars().filter(|(name, _)| name.starts_with("TURNPIKE_")).collect();
        Ok(Layers { file: self.config.clone(), variables, data: self.data.clone(), listen }.load()?)
    }
}

/// Runs one command.
pub async fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    let Cli { global, command } = cli;
    match command {
        Command::Demo { listen, json } => commands::demo::run(&global, listen, json).await?,
        Command::Serve { listen } => commands::serve::run(&global.settings(listen)?).await?,
        Command::Migrate => commands::migrate::run(&global.settings(None)?).await?,
        Command::Config { command: commands::config::Command::Check } => {
            commands::config::check(&global.settings(None)?)?
        }
        Command::Config { command: commands::config::Command::Defaults } => commands::config::defaults(),
        Command::Healthcheck { url } => commands::healthcheck::run(&url).await?,
        Command::Stdio { server, tenant, write } => {
            commands::stdio::run(&global.settings(None)?, &server, tenant, write).await?
        }
        Command::Usage(options) => commands::usage::run(&global.settings(None)?, &options).await?,
        Command::Jobs { tenant } => commands::jobs::run(&global.settings(None)?, tenant).await?,
        Command::Tenant { command } => commands::tenant::run(&global.settings(None)?, command).await?,
        Command::Staff { command } => commands::staff::run(&global.settings(None)?, command).await?,
        Command::Switch { command } => commands::switch::run(&global.settings(None)?, command).await?,
        Command::ToolPolicy { command } => commands::tool_policy::run(&global.settings(None)?, command).await?,
        Command::Key { command } => commands::key::run(&global.settings(None)?, command).await?,
        Command::SigningKey { command } => commands::signing_key::run(&global.settings(None)?, command).await?,
        Command::Policy { command } => commands::policy::run(&global.settings(None)?, command).await?,
        Command::Approval { command } => commands::approval::run(&global.settings(None)?, command).await?,
        Command::Audit { command } => commands::audit::run(&global.settings(None)?, command).await?,
        Command::Connect(options) => commands::connect::run(&global.settings(None)?, &options).await?,
    }
    Ok(ExitCode::SUCCESS)
}
