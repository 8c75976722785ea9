//! `turnpike work`: what is done in the background, and by which processes.

use std::time::Duration;

use anyhow::{Result, ensure};
use clap::Subcommand;
use turnpike_config::Settings;
use turnpike_core::Timestamp;
use turnpike_store::WorkItem;

use crate::operator::open_store;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// All work: when it is due, who has it, how it ended the last time; then the processes that serve.
    List,
    /// Do work now, out of turn: at once where a worker serves.
    Retry {
        /// The kind, as `turnpike work list` shows it.
        kind: String,
        /// Only that of this subject.
        subject: Option<String>,
    },
}

pub(crate) async fn run(settings: &Settings, command: Command) -> Result<()> {
    let store = open_store(settings).await?;
    let system = store.system();
    match command {
        Command::List => {
            let (items, now) = system.list_work().await?;
            for item in &items {
                println!("{}", line(item, now));
            }
            let (processes, now) = system.list_processes().await?;
            println!();
            for row in processes {
                println!(
                    "{}  {} {} at {}, since {}, seen {} ago",
                    row.id,
                    row.roles_json.join(","),
                    row.version,
                    row.address,
                    row.started_at,
                    in_words(now.since(row.seen_at))
                );
            }
        }
        Command::Retry { kind, subject } => {
            let items = system.hasten_work(&kind, subject.as_deref()).await?;
            ensure!(items > 0, "there is no such work; `turnpike work list` shows all that there is");
            println!("due now: {items}");
        }
    }
    Ok(())
}

fn line(item: &WorkItem, now: Timestamp) -> String {
    let WorkItem { kind, subject, every, run_at, attempts, leased_by, last_ended_at, last_error, .. } = item;
    let name = if subject.is_empty() { kind.clone() } else { format!("{kind} {subject}") };
    let every = every.map_or_else(|| "once".into(), |every| format!("every {}", in_words(every)));
    let next = match (leased_by, run_at) {
        (Some(process), _) => format!("under way in {process}"),
        (None, Some(at)) if *at <= now => format!("due for {}", in_words(now.since(*at))),
        (None, Some(at)) => format!("due in {}", in_words(at.since(now))),
        (None, None) => "not planned".into(),
    };
    let ended = last_ended_at.map_or_else(|| "never ended well".into(), |at| format!("ended well at {at}"));
    let failed = last_error.as_ref().map(|error| format!("\n    attempt {attempts}: {error}")).unwrap_or_default();
    format!("{name:<24} {every:<12} {next}, {ended}{failed}")
}

fn in_words(time: Duration) -> String {
    match time.as_secs() {
        seconds @ 0..120 => format!("{seconds} s"),
        seconds if seconds < 7200 => format!("{} min", seconds / 60),
        seconds => format!("{} h", seconds / 3600),
    }
}
