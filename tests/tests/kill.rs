//! `kill -9` of the server under load: whatever a client was answered is in the ledger, once.

use std::{
    collections::{HashMap, HashSet},
    env,
    ops::Range,
    time::{Duration, Instant},
};

use tokio::time::sleep;
use turnpike_core::{Ambient, CallId, Outcome, TenantId, Timestamp};
use turnpike_store::{CallFilter, CallRow, PreviewState, Store};
use turnpike_testkit::{Postgres, Redis};
use turnpike_tests::process::{Caller, Deployment, Load, Memory, PASSWORD, PATIENCE, random_below};

/// Limits that no client of ours reaches.
const SETTINGS: &str = "
[limits]
tenant_per_minute = 10000000
tenant_burst = 10000000
principal_per_minute = 10000000
principal_burst = 10000000
[integrations.google-ads]
read_per_minute = 10000000
read_burst = 10000000
write_per_minute = 10000000
write_burst = 10000000
[writes]
approve_starts = false
";

/// Rounds on each database, unless `TEST_KILL_ROUNDS` says otherwise.
const ROUNDS: usize = 100;
/// The server is killed within so many milliseconds of its first answer.
const LAST_MOMENT: u16 = 64;

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_that_a_client_received_is_in_the_ledger_once() {
    let rounds = env::var("TEST_KILL_ROUNDS").map_or(ROUNDS, |rounds| rounds.parse().unwrap());
    let postgres = Postgres::shared().await.unwrap();
    let database = postgres.database().await.unwrap();
    let begin = async |deployment, alone| Ordeal::begin(deployment, alone).await.run(rounds).await;
    // Both at once: one waits for its disk while the other works.
    let (on_sqlite, on_postgres) = tokio::join!(
        begin(Deployment::on_sqlite(SETTINGS), true),
        begin(Deployment::on_postgres(&database, SETTINGS).await, false),
    );
    println!("SQLite      {}", line(&[on_sqlite]));
    println!("PostgreSQL  {}", line(&[on_postgres]));
    let all = [on_sqlite, on_postgres];
    let [interrupted, refused] = [|it: &Figures| it.interrupted, |it: &Figures| it.refused].map(|of| sum(&all, of));
    println!("{}", line(&all));
    println!(
        "{} confirmed writes cut off: {interrupted} recorded as interrupted. Confirmed again, {refused} are told as unknown, {} \
         had been applied and give their answer; the others had not been claimed",
        sum(&all, |it| it.cut_off),
        sum(&all, |it| it.replayed),
    );
    println!(
        "{} applied writes answered, {} of them can be taken back; {} applied in all, {} entries to take them back by",
        sum(&all, |it| it.applied),
        sum(&all, |it| it.revertible),
        sum(&all, |it| it.applied + it.replayed),
        sum(&all, |it| it.entries),
    );
    assert_eq!((sum(&all, |it| it.missing), sum(&all, |it| it.twice)), (0, 0));
    for it in &all {
        assert_eq!((it.revertible, it.entries), (it.applied, it.applied + it.replayed), "an applied write is lost");
    }
    assert!(rounds < ROUNDS || (interrupted > 0 && refused > 0), "no write was cut off in the middle");
}

/// Writes of a neighbour that is gone, older than any that could still be under way, and not by much.
const ABANDONED_WRITES: &str = "
INSERT INTO write_intents (tenant_id, call_id, connection_id, principal, integration, tool, arguments_digest, started_at)
SELECT tenant_id, gen_random_uuid()::text, id, 'key/gone', integration, 'set_status', 'digest',
    (extract(epoch FROM now()) * 1000000)::bigint - 1000000000
FROM connections, generate_series(1, 200)";

#[tokio::test(flavor = "multi_thread")]
async fn a_server_records_the_writes_of_a_dead_neighbour_while_it_runs() {
    let postgres = Postgres::shared().await.unwrap();
    let database = postgres.database().await.unwrap();
    let ordeal = Ordeal::begin(Deployment::on_postgres(&database, SETTINGS).await, false).await;
    let server = ordeal.deployment.serve().await;
    ordeal.caller.at(&server).list_accounts().await.unwrap();
    ordeal.deployment.execute(ABANDONED_WRITES).await;

    let store = ordeal.deployment.store().await;
    let deadline = Instant::now() + PATIENCE;
    loop {
        let left = store.system().list_unfinished_intents(until_now()).await.unwrap().len();
        if left == 0 {
            break;
        }
        assert!(Instant::now() < deadline, "{left} writes have no ledger row, and get none before the next start");
        sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_that_start_at_once_do_not_stumble_over_the_same_interrupted_writes() {
    let (postgres, redis) = (Postgres::shared().await.unwrap(), Redis::start().await.unwrap());
    let (database, settings) =
        (postgres.database().await.unwrap(), SETTINGS.to_owned() + &Deployment::redis_section(&redis));
    let ordeal = Ordeal::begin(Deployment::on_postgres(&database, &settings).await, false).await;
    ordeal.deployment.execute(ABANDONED_WRITES).await;

    let (one, two, three) =
        tokio::join!(ordeal.deployment.serve(), ordeal.deployment.serve(), ordeal.deployment.serve());
    for server in [one, two, three] {
        let answer = ordeal.caller.at(&server).list_accounts().await;
        assert!(answer.is_ok(), "a server has stopped: {}", server.log());
    }
}

/// A deployment, its one tenant, and what the clients remember.
struct Ordeal {
    deployment: Deployment,
    /// Only one process uses the database at a time, and it may rely on that.
    alone: bool,
    tenant: TenantId,
    key: String,
    caller: Caller,
    memory: Memory,
}

/// What the ledger says of all that.
#[derive(Clone, Copy)]
struct Figures {
    rounds: usize,
    answers: usize,
    once: usize,
    missing: usize,
    twice: usize,
    without_answer: usize,
    /// Answered as applied, and how many of those have an entry.
    applied: usize,
    revertible: usize,
    /// Everything that the store has to take a change back by.
    entries: usize,
    cut_off: usize,
    interrupted: usize,
    /// Claimed by a killed server, and told as of unknown outcome.
    refused: usize,
    /// Applied by a killed server before it could answer.
    replayed: usize,
}

impl Ordeal {
    async fn begin(deployment: Deployment, alone: bool) -> Self {
        let tenant = deployment.add_tenant().await;
        let key = deployment.add_key(tenant).await;
        deployment.connect_sandbox(tenant).await;
        let (caller, memory) = (Caller::new(&key), Memory::default());
        Self { deployment, alone, tenant, key, caller, memory }
    }

    async fn run(mut self, rounds: usize) -> Figures {
        for _ in 0..rounds {
            self.round().await;
        }
        self.reckon(rounds).await
    }

    /// Starts the server, lets clients call it, and kills it at some moment after its first answer.
    async fn round(&mut self) {
        let server = self.deployment.serve().await;
        let load = Load::begin(&self.caller.at(&server)).await;
        // The fault is a moment in time: nothing else than time can choose it.
        sleep(Duration::from_millis(random_below(LAST_MOMENT))).await;

        let (seen, logged) = (server.command_line(), server.log());
        for secret in [&self.key, PASSWORD, "sandbox-secret", "1//sandbox-refresh", "ya29."] {
            assert!(!seen.contains(secret), "a secret stands in the command line: {seen}");
            assert!(!logged.contains(secret), "a secret stands in the log");
        }
        let memory = load.kill(server).await;
        self.memory.absorb(memory);
    }

    /// Starts the server a last time and compares what the clients remember with what the ledger says.
    async fn reckon(mut self, rounds: usize) -> Figures {
        if !self.alone {
            // To a server that may have neighbours a write is interrupted when it is a quarter of an hour old, not before.
            self.deployment.execute("UPDATE write_intents SET started_at = started_at - 900000000").await;
        }
        let server = self.deployment.serve().await;
        let caller = self.caller.at(&server);
        let store = self.deployment.store().await;
        self.memory.answered.push(caller.list_accounts().await.unwrap().call_id());
        let (refused, replayed) = self.confirm_again(&caller, &store).await;
        let (rows, mut revertible) = (store.tenant(self.tenant), 0);
        for change in &self.memory.applied {
            let entry = rows.find_preview(*change).await.unwrap();
            revertible += usize::from(entry.is_some_and(|entry| entry.state == PreviewState::Applied));
        }
        let entries = self.deployment.count("SELECT COUNT(*) FROM previews WHERE state = 'applied'").await;
        server.kill();

        let forgotten = store.system().list_unfinished_intents(until_now()).await.unwrap();
        assert!(forgotten.is_empty(), "{} writes have neither answer nor ledger row: {forgotten:?}", forgotten.len());

        let everything = CallFilter { limit: i64::MAX, ..CallFilter::default() };
        let ledger = store.tenant(self.tenant).list_calls(&everything).await.unwrap();
        let mut times = HashMap::<CallId, usize>::new();
        ledger.iter().for_each(|row| *times.entry(row.call_id).or_default() += 1);
        let answered: HashSet<CallId> = self.memory.answered.iter().copied().collect();
        let interrupted: Vec<_> = ledger.iter().filter(|row| row.class.as_deref() == Some("interrupted")).collect();
        let unanswered = |row: &&CallRow| row.outcome == Outcome::OurFault && !answered.contains(&row.call_id);
        assert!(interrupted.iter().all(unanswered), "an answered write counts as interrupted");

        let of = |wanted: fn(usize) -> bool| {
            answered.iter().filter(|id| wanted(times.get(id).copied().unwrap_or(0))).count()
        };
        Figures {
            rounds,
            answers: self.memory.answered.len(),
            once: of(|times| times == 1),
            missing: of(|times| times == 0),
            twice: of(|times| times > 1) + self.memory.answered.len() - answered.len(),
            without_answer: times.keys().filter(|id| !answered.contains(id)).count(),
            applied: self.memory.applied.len(),
            revertible,
            entries,
            cut_off: self.memory.cut_off.len(),
            interrupted: interrupted.len(),
            refused,
            replayed,
        }
    }

    /// Confirms again whatever a killed server had claimed: nothing goes to the upstream a second time. Returns how many
    /// are told as of unknown outcome, and how many give the answer that nobody received.
    async fn confirm_again(&mut self, caller: &Caller, store: &Store) -> (usize, usize) {
        let rows = store.tenant(self.tenant);
        let (mut refused, mut replayed) = (0, 0);
        for confirmation in &self.memory.cut_off {
            let id = confirmation["preview_id"].as_str().unwrap().parse().unwrap();
            let preview = rows.find_preview(id).await.unwrap().unwrap();
            if preview.state == PreviewState::Open {
                continue;
            }
            let answer = caller.call("set_status", confirmation).await.unwrap();
            if preview.state == PreviewState::Applied {
                assert_eq!(answer.field("change_id"), confirmation["preview_id"].as_str(), "{}", answer.text());
                replayed += 1;
            } else {
                assert_eq!(answer.class(), Some("outcome_unknown"), "{}", answer.text());
                assert!(rows.find_call(preview.call_id.unwrap()).await.unwrap().is_some(), "claimed, and no intent");
                refused += 1;
            }
            let row = rows.find_call(answer.call_id()).await.unwrap().unwrap();
            assert_eq!(row.upstream_requests, 0, "a change of unknown outcome is sent again");
            self.memory.answered.push(answer.call_id());
        }
        (refused, replayed)
    }
}

fn line(all: &[Figures]) -> String {
    let sum = |of| sum(all, of);
    format!(
        "kill -9: {} rounds, {} answers received, {} in the ledger once, {} missing, {} twice, {} rows without an answer",
        sum(|it| it.rounds),
        sum(|it| it.answers),
        sum(|it| it.once),
        sum(|it| it.missing),
        sum(|it| it.twice),
        sum(|it| it.without_answer),
    )
}

fn sum(all: &[Figures], of: fn(&Figures) -> usize) -> usize {
    all.iter().map(of).sum()
}

fn until_now() -> Range<Timestamp> {
    Timestamp::from_micros(0)..Ambient::system().now()
}
