//! How PostgreSQL answers what the product asks of a large ledger: the store's own methods, run as the role that serves, each
//! with the plan that was really used.
//!
//! `tests/plans/run` does it with ten million rows and prints the table of `playbook/src/proof/ledger-plans.md`. Without
//! `TEST_PLANS_ROWS` there are as many rows as a test has time for, and the rules are the same.

#![expect(clippy::unwrap_used, reason = "a failing test panics")]

mod fill;
mod plan;
mod questions;
mod rules;

use std::env;

use turnpike_store::Store;
use turnpike_testkit::Postgres;

use crate::{fill::Ledger, plan::Plans};

#[tokio::test]
async fn no_question_reads_more_of_the_ledger_than_it_must() {
    let rows: u64 = env::var("TEST_PLANS_ROWS").map_or(200_000, |rows| rows.parse().unwrap());
    let server = match rows {
        ..1_000_000 => Postgres::shared().await,
        // What a small database server has.
        _ => {
            Postgres::start_with(&["fsync=off", "shared_buffers=1GB", "maintenance_work_mem=512MB", "max_wal_size=4GB"])
                .await
        }
    };
    let server = server.unwrap();
    let database = server.database().await.unwrap();
    let owner = Store::open(&database.owner_url, 1).await.unwrap();
    owner.migrate().await.unwrap();
    owner.grant_application_role("turnpike_app").await.unwrap();
    let ledger = Ledger::fill(&database, &owner, rows).await;
    let plans = Plans::listen(&database).await;
    // Everything is asked on one connection, by one thread: the notices of a question come before its answer.
    let store = Store::open(&database.app_url, 1).await.unwrap();
    let asked = questions::ask(&store, &ledger, &plans).await;
    println!("\n{}", rules::table(&asked));
    let broken: Vec<_> = asked.iter().flat_map(rules::broken).collect();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}
