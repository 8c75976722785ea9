//! `turnpike prices`: the price book and its versions.

use std::{io::Read as _, path::PathBuf};

use anyhow::{Context as _, Result, bail};
use chrono::{DateTime, Datelike as _, NaiveDate, Utc};
use clap::Subcommand;
use turnpike_billing::effect::Effects;
use turnpike_config::{BookText, Settings};
use turnpike_core::{Micros, Money, Timestamp};
use turnpike_store::PriceVersion;

use super::{at_the_desk, day, operator_name};
use crate::operator::Operator;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// The versions, oldest first: from when on each is in force, who set it and why.
    ///
    /// What the settings file says is a version until somebody has subscribed or called; a change of the file after that has no
    /// effect until `set` makes it the next version.
    List,
    /// The book in force as TOML, to be changed and given back to `set`.
    Show {
        /// Another version.
        #[arg(long)]
        version: Option<i64>,
    },
    /// What last month's calls would have come to by another book, for each client. Changes nothing.
    Effect {
        /// The sections [prices] and [plans]; `-` reads them from standard input.
        file: PathBuf,
    },
    /// Set the next version, after showing its effect on last month.
    ///
    /// Calls are priced by it from the given day on. Subscriptions keep the terms of their own version until their plan is
    /// changed.
    Set {
        /// The sections [prices] and [plans]; `-` reads them from standard input.
        file: PathBuf,
        /// The first day on which it is in force, UTC, YYYY-MM-DD [default: in two minutes]
        #[arg(long, value_parser = day::parse)]
        from: Option<NaiveDate>,
        /// Why, for those who look later.
        #[arg(long)]
        note: String,
    },
}

pub(crate) async fn run(settings: &Settings, command: Command) -> Result<()> {
    let operator = at_the_desk(settings).await?;
    match command {
        Command::List => list(&operator).await,
        Command::Show { version } => {
            print!("{}", show(&operator, version)?);
            Ok(())
        }
        Command::Effect { file } => print_effects(&operator, &read(&file)?).await,
        Command::Set { file, from, note } => {
            let book = read(&file)?;
            print_effects(&operator, &book).await?;
            let effective_at = match from {
                Some(day) => day::midnight(day),
                None => operator.ambient.now().plus(2 * turnpike_metering::NOTICE),
            };
            let version = operator.billing.set_book(&book, effective_at, &note, &operator_name()).await?;
            println!("Version {version} is in force from {effective_at}.");
            Ok(())
        }
    }
}

async fn list(operator: &Operator) -> Result<()> {
    for PriceVersion { version, effective_at, note, set_by, set_at, .. } in
        operator.store.system().list_price_versions().await?
    {
        match set_by.as_str() {
            PriceVersion::BY_SETTINGS => println!("{version}  from the beginning  the settings file of {set_at}"),
            _ => println!("{version}  from {effective_at}  set {set_at} by {set_by}: {note}"),
        }
    }
    Ok(())
}

fn show(operator: &Operator, version: Option<i64>) -> Result<String> {
    let books = operator.billing.books();
    let book = version.map_or_else(|| books.at(operator.ambient.now()), |version| books.version(version));
    if version.is_some_and(|version| version != book.version) {
        bail!("there is no such version; `turnpike prices list` shows them");
    }
    Ok(book.text().to_toml())
}

fn read(file: &PathBuf) -> Result<BookText> {
    let text = match file.as_os_str() == "-" {
        true => {
            let mut text = String::new();
            std::io::stdin().read_to_string(&mut text).map(|_| text)
        }
        false => std::fs::read_to_string(file),
    };
    let text = text.with_context(|| format!("cannot read {}", file.display()))?;
    BookText::parse(&text).with_context(|| format!("{} is no price book", file.display()))
}

async fn print_effects(operator: &Operator, book: &BookText) -> Result<()> {
    let (since, until) = last_month(operator.ambient.now().to_utc())?;
    let Effects { currency, tenants } = operator.billing.effects(book, since, until).await?;
    println!("What the calls from {since} to {until} would have come to:");
    if tenants.is_empty() {
        println!("  nobody called or had a plan");
    }
    let money = |micros| Money { micros, currency };
    let (mut before, mut after) = (0, 0);
    for own in &tenants {
        println!(
            "  {}  {:<12} {:>10} units {:>18}  would be {:>10} units {:>18}",
            own.tenant,
            own.plan.as_deref().unwrap_or("no plan"),
            own.units_before,
            money(own.before).to_string(),
            own.units_after,
            money(own.after).to_string()
        );
        (before, after) = (before + own.before.0, after + own.after.0);
    }
    println!("  all together {}, would be {}", money(Micros(before)), money(Micros(after)));
    Ok(())
}

fn last_month(now: DateTime<Utc>) -> Result<(Timestamp, Timestamp)> {
    let until = now.date_naive().with_day(1).context("there is no such day")?;
    let since = until.checked_sub_months(chrono::Months::new(1)).context("there is no such month")?;
    Ok((day::midnight(since), day::midnight(until)))
}
