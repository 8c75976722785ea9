//! `turnpike doctor`: looks whether everything works, and says what to do where it does not.

mod connections;
mod deployment;
mod finding;

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use turnpike_config::Settings;
use turnpike_core::TenantId;

use finding::{Finding, Verdict};

#[derive(Args)]
pub(crate) struct Options {
    /// Look at the connections of this tenant only.
    #[arg(long)]
    tenant: Option<TenantId>,
    /// One JSON object a line, for programs.
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(settings: Result<Settings>, options: &Options) -> Result<ExitCode> {
    let printer = Printer { json: options.json };
    let mut well = true;
    let mut tell = |finding: Finding| {
        well &= finding.is_well();
        printer.print(&finding);
    };
    let settings = match settings {
        Ok(settings) => settings,
        Err(error) => {
            tell(
                Finding::of_deployment("settings", Verdict::Failed, format!("{error:#}")).needing("Mend the settings."),
            );
            return Ok(ExitCode::FAILURE);
        }
    };
    tell(Finding::of_deployment("settings", Verdict::Ok, "they can be used"));
    if let Some(operator) = deployment::look(&settings, &mut tell).await {
        if let Some(tenant) = options.tenant {
            super::get_tenant(&operator.store, tenant).await?;
        }
        // What is looked at here is not in use for it.
        operator.vault.only_look();
        connections::look(&settings, &operator, options.tenant, &mut tell).await?;
        // A token that a vendor has just given must reach the database.
        operator.vault.drain().await;
    }
    Ok(if well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Prints a finding as soon as it is made.
struct Printer {
    json: bool,
}

impl Printer {
    fn print(&self, finding: &Finding) {
        match self.json {
            true => println!("{}", finding.to_json()),
            false => println!("{finding}"),
        }
    }
}
