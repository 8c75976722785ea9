//! `turnpike billing`: the proof that all sums agree, and what repairs them.

use std::process::ExitCode;

use anyhow::{Context as _, Result, ensure};
use chrono::NaiveDate;
use clap::Subcommand;
use turnpike_billing::proof::Proof;
use turnpike_config::Settings;
use turnpike_core::Timestamp;

use super::{at_the_desk, day};

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Compare ledger, batches, payment provider and invoices, for every customer and hour. The exit code is 1 when anything
    /// differs.
    ///
    /// Every call that costs something must be in one batch; every batch must be counted by the payment provider's meter; and
    /// every invoice must have the units of its period at the prices of its plan. The last two hours are left out, whose sums
    /// are not ready. What differs is printed with what would repair it; nothing is repaired that is worth more than the
    /// setting `payments.repair_up_to`, which is nought by default. A server does the same every night.
    Prove {
        /// First day, UTC, YYYY-MM-DD [default: five weeks ago]
        #[arg(long, value_parser = day::parse)]
        since: Option<NaiveDate>,
        /// Last day, UTC, included [default: today]
        #[arg(long, value_parser = day::parse)]
        until: Option<NaiveDate>,
        /// One JSON object, as the console keeps it.
        #[arg(long)]
        json: bool,
    },
    /// Sum up into batches what was used and is in no batch. A server does it after every hour; this looks further back.
    Seal {
        /// First day, UTC, YYYY-MM-DD
        #[arg(long, value_parser = day::parse)]
        since: NaiveDate,
    },
    /// Let a batch that the payment provider has refused be sent once more, when its reason was put right. A running server
    /// sends it.
    Resend {
        /// The batch, as `turnpike billing prove` names it.
        identifier: String,
    },
}

pub(crate) async fn run(settings: &Settings, command: Command) -> Result<ExitCode> {
    let operator = at_the_desk(settings).await?;
    let (billing, now) = (&operator.billing, operator.ambient.now());
    match command {
        Command::Prove { since, until, json } => {
            let today = now.to_utc().date_naive();
            let since = since.or_else(|| today.checked_sub_days(chrono::Days::new(35))).unwrap_or(today);
            let end = until.unwrap_or(today).succ_opt().context("--until is too late a day")?;
            ensure!(since < end, "--since is after --until");
            let proof = billing.prove(day::midnight(since), day::midnight(end)).await?;
            match json {
                true => println!("{}", serde_json::to_string(&proof)?),
                false => print(&proof),
            }
            Ok(if proof.differences.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
        Command::Seal { since } => {
            let batches = billing.seal_since(day::midnight(since), now).await?;
            println!("{batches} batches sealed");
            Ok(ExitCode::SUCCESS)
        }
        Command::Resend { identifier } => {
            let found = billing.resend_batch(&identifier).await?;
            ensure!(
                found,
                "there is no refused batch `{identifier}`; `turnpike billing prove` names those that there are"
            );
            println!("{identifier} will be sent again");
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn print(proof: &Proof) {
    let minute = |at: Timestamp| at.to_utc().format("%Y-%m-%d %H:%M").to_string();
    let Proof { since, until, customers, hours, invoices, differences } = proof;
    println!("compared      {} to {} UTC", minute(*since), minute(*until));
    println!("customers     {customers}");
    println!("hours         {hours}");
    println!("invoices      {invoices}");
    println!("differences   {}", differences.len());
    for difference in differences {
        let (one, other) = difference.between;
        println!();
        println!("{}  {} to {} UTC", difference.tenant, minute(difference.since), minute(difference.until));
        println!("  {one:<12} {:>14}", difference.first);
        println!("  {other:<12} {:>14}", difference.second);
        println!("  {} {}", if difference.repaired { "repaired by" } else { "to repair it:" }, difference.repair);
    }
}
