//! Commands and their options.

use std::{path::PathBuf, process::ExitCode};

use clap::{Args, Parser, Subcommand};
use turnpike_config::{Layers, ProcessRole, Settings};
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

/// What `turnpike serve` may be told.
#[derive(Args)]
struct Serve {
    /// Address to listen on; port 0 picks a free one.
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
    /// What this process does: gateway, portal, worker, or several of them. Apart they need PostgreSQL.
    #[arg(long, value_name = "ROLES", value_delimiter = ',', value_parser = role)]
    roles: Vec<ProcessRole>,
    /// The integrations that it serves, such as google-ads [default: all]
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    servers: Vec<String>,
}

#[derive(Subcommand)]
enum Command {
    /// Try it: one tenant, simulated vendors, one real call, and settings to paste into your agent.
    Demo {
        /// Address to listen on; port 0 picks a free one [default: 127.0.0.1:8080]
        #[arg(long, value_name = "ADDR")]
        listen: Option<String>,
        /// Print one line of JSON once ready, for programs.
        #[arg(long)]
        json: bool,
    },
    /// Serve the MCP servers until Ctrl-C or SIGTERM, then finish the calls under way.
    Serve(Serve),
    /// Bring the database to this version. On PostgreSQL it connects as `store.owner_url`.
    Migrate,
    /// Look whether everything works, and say what to do where it does not: settings, database, keys, Redis, mails, API
    /// versions, and every connection, with one request to its vendor that costs nothing.
    ///
    /// The exit code is 0 when all is well and 1 when something needs doing; each line says what. A connection is `ok`, or it
    /// must be connected again (`reconnect`, `ends_soon`), lacks a right or its accounts (`permission`, `no_accounts`), waits
    /// for an allowance (`held`), meets a vendor in trouble (`vendor_down`) or an API version that has ended
    /// (`version_dead`), is stopped by a switch (`switched_off`), or this deployment is at fault (`ours`). A grant that turns
    /// out to be gone is marked, as when a call meets it; nothing else is changed, and no secret is printed.
    Doctor(commands::doctor::Options),
    /// Look at the settings.
    Config {
        #[command(subcommand)]
        command: commands::config::Command,
    },
    /// Make the files of a deployment from its settings file (-c FILE): everything that a target needs, and no secret.
    ///
    /// Secrets stay where they are: the settings file names each by `<key>_file`, and a target says where it wants the file of
    /// that name. Sizes, image and the like stand in the section `[deploy]`. `deploy/TARGET/README.md` has the steps.
    Render(commands::render::Options),
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
    /// Prove that what was used, sent and invoiced is the same, and repair what is not.
    Billing {
        #[command(subcommand)]
        command: commands::billing::Command,
    },
    /// Work of a tenant that has outlasted its call: how far it has come, newest first.
    Jobs {
        /// The tenant.
        #[arg(long)]
        tenant: TenantId,
    },
    /// See what is done in the background and by which processes, and do it now.
    Work {
        #[command(subcommand)]
        command: commands::work::Command,
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
    /// See and set the price book: what calls cost and what can be subscribed to, with the effect of a change.
    Prices {
        #[command(subcommand)]
        command: commands::prices::Command,
    },
    /// Make, list and revoke API keys.
    Key {
        #[command(subcommand)]
        command: commands::key::Command,
    },
    /// See and replace the keys that credentials are sealed with.
    Keys {
        #[command(subcommand)]
        command: commands::keys::Command,
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
    /// Write a new integration into this checkout: a folder that works at once, from which you go on to the real vendor.
    ///
    /// It compiles, has tools, a strict simulated vendor and tests, and passes certification; the portal's card, the connect
    /// form and the prices follow from its manifest. Outside of its folder the catalogue gets two lines. The shape is how the
    /// vendor knows its callers:
    ///
    /// oauth2: a person consents, and a refresh token gives access tokens (as Google Ads). system-user: a token that a person
    /// makes for an app, whose secret signs each request (as Meta Ads). lwa: Login with Amazon, with client and profile
    /// headers (as Amazon Ads). api-key: a static key in a header (as Supermetrics). restli: OAuth 2 with Rest.li and version
    /// headers, and a grant that ends on a fixed day (as LinkedIn Ads).
    New(commands::new::Options),
    /// Run the certification suite for one integration of this checkout, and write a signed report.
    ///
    /// The suite is what every integration must pass: its own tests, the listing of its tools, what it puts on the wire, each
    /// fault's class, pages, limits, writes and what its simulated vendor refuses. The report names each test with its
    /// outcome, the digest of the integration's folder, and the toolchain. It is signed with ES256, also when tests have
    /// failed; then the exit code is 1. `turnpike certify --verify REPORT` tells whether a report is genuine and whether the
    /// folder is still as it was certified.
    Certify(commands::certify::Options),
    /// Record one call of a live connection as a test of its integration, with the client's data replaced.
    ///
    /// The tool is called as for an agent: with the tenant's credential, within the vendor's quota and our holds. Only tools that
    /// read can be recorded, and no sandbox. Credentials are put on behind the place where is recorded. Then names, ids, texts and
    /// figures are replaced by random ones of the same form, the tool runs again on what is left, and only if it goes the same
    /// way and nothing of the client is found in the result `servers/NAME/tests/recorded/CASE.json` is written. Certification
    /// plays it from then on. The tenant's audit log says that it was made.
    Record(commands::record::Options),
    /// Connect a tenant to an integration, or renew its connection. Reads the credential as JSON from standard input.
    Connect(commands::connect::Options),
}

impl Global {
    /// The settings from all their layers.
    pub(crate) fn settings(&self, listen: Option<String>) -> anyhow::Result<Settings> {
        self.load(Serve { listen, roles: vec![], servers: vec![] })
    }

    fn load(&self, told: Serve) -> anyhow::Result<Settings> {
        let variables = std::env::vars().filter(|(name, _)| name.starts_with("TURNPIKE_")).collect();
        let Serve { listen, roles, servers } = told;
        let (file, data) = (self.config.clone(), self.data.clone());
        let credentials = std::env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from);
        Ok(Layers { file, variables, data, listen, roles, servers, credentials }.load()?)
    }
}

/// A role, as the settings name it.
fn role(text: &str) -> Result<ProcessRole, String> {
    let found = ProcessRole::ALL.into_iter().find(|role| role.as_str() == text);
    found.ok_or_else(|| format!("the roles are {}", ProcessRole::ALL.map(ProcessRole::as_str).join(", ")))
}

/// Runs one command.
pub async fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    let Cli { global, command } = cli;
    match command {
        Command::Demo { listen, json } => commands::demo::run(&global, listen, json).await?,
        Command::Serve(told) => commands::serve::run(&global.load(told)?).await?,
        Command::Migrate => commands::migrate::run(&global.settings(None)?).await?,
        Command::Doctor(options) => return commands::doctor::run(global.settings(None), &options).await,
        Command::Config { command: commands::config::Command::Check } => {
            commands::config::check(&global.settings(None)?)?
        }
        Command::Config { command: commands::config::Command::Defaults } => commands::config::defaults(),
        Command::Render(options) => commands::render::run(global.config.as_deref(), &options)?,
        Command::Healthcheck { url } => commands::healthcheck::run(&url).await?,
        Command::Stdio { server, tenant, write } => {
            commands::stdio::run(&global.settings(None)?, &server, tenant, write).await?
        }
        Command::Usage(options) => commands::usage::run(&global.settings(None)?, &options).await?,
        Command::Billing { command } => return commands::billing::run(&global.settings(None)?, command).await,
        Command::Jobs { tenant } => commands::jobs::run(&global.settings(None)?, tenant).await?,
        Command::Work { command } => commands::work::run(&global.settings(None)?, command).await?,
        Command::Tenant { command } => commands::tenant::run(&global.settings(None)?, command).await?,
        Command::Staff { command } => commands::staff::run(&global.settings(None)?, command).await?,
        Command::Switch { command } => commands::switch::run(&global.settings(None)?, command).await?,
        Command::ToolPolicy { command } => commands::tool_policy::run(&global.settings(None)?, command).await?,
        Command::Prices { command } => commands::prices::run(&global.settings(None)?, command).await?,
        Command::Key { command } => commands::key::run(&global.settings(None)?, command).await?,
        Command::Keys { command } => commands::keys::run(&global.settings(None)?, command).await?,
        Command::SigningKey { command } => commands::signing_key::run(&global.settings(None)?, command).await?,
        Command::Policy { command } => commands::policy::run(&global.settings(None)?, command).await?,
        Command::Approval { command } => commands::approval::run(&global.settings(None)?, command).await?,
        Command::Audit { command } => commands::audit::run(&global.settings(None)?, command).await?,
        Command::New(options) => commands::new::run(options)?,
        Command::Certify(options) => return commands::certify::run(&options),
        Command::Record(options) => commands::record::run(&global.settings(None)?, &options).await?,
        Command::Connect(options) => commands::connect::run(&global.settings(None)?, &options).await?,
    }
    Ok(ExitCode::SUCCESS)
}
