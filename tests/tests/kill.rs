//! `kill -9` of the server under load: whatever a client was answered is in the ledger, once.

use std::{
    collections::HashMap,
    env,
    iter::Sum,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use serde_json::{Value, json};
use tokio::{
    sync::Notify,
    task::JoinSet,
    time::{sleep, timeout},
};
use turnpike_core::{Ambient, CallId, Outcome, TenantId};
use turnpike_store::{CallFilter, PreviewState, Store};
use turnpike_testkit::Postgres;
use turnpike_tests::process::{Answer, Caller, Deployment, PASSWORD, PATIENCE};

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
";

/// Rounds on each database, unless `TEST_KILL_ROUNDS` says otherwise.
const ROUNDS: u64 = 100;
/// The server is killed within so many milliseconds of its first answer.
const LAST_MOMENT: u16 = 64;
/// Clients that read, and clients that each change a campaign of their own.
const READERS: u64 = 5;
const WRITERS: u64 = 3;
/// The sandbox's account reached directly, and the number before its first campaign.
const ACCOUNT: &str = "2000000005";
const CAMPAIGNS: u64 = 5_000_000;

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_that_a_client_received_is_in_the_ledger_once() {
    let rounds = env::var("TEST_KILL_ROUNDS").map_or(ROUNDS, |rounds| rounds.parse().unwrap());
    let postgres = Postgres::shared().await.unwrap();
    let database = postgres.database().await.unwrap();
    // Both at once: one waits for its disk while the other works.
    let (on_sqlite, on_postgres) =
        tokio::join!(async { Ordeal::begin(Deployment::on_sqlite(SETTINGS), true).await.run(rounds).await }, async {
            Ordeal::begin(Deployment::on_postgres(&database, SETTINGS).await, false).await.run(rounds).await
        },);
    println!("SQLite      {}", on_sqlite.line());
    println!("PostgreSQL  {}", on_postgres.line());
    let all: Figures = [on_sqlite, on_postgres].into_iter().sum();
    println!("{}", all.line());
    println!(
        "{} confirmed writes cut off: {} recorded as interrupted, 0 forgotten; {} claimed previews refused when confirmed again",
        all.cut_off, all.interrupted, all.refused_again
    );
    assert_eq!((all.rounds, all.missing, all.twice), (2 * rounds, 0, 0));
    assert!(rounds < ROUNDS || (all.interrupted > 0 && all.refused_again > 0), "no write was cut off in the middle");
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

/// What clients were answered, and what they were not.
#[derive(Default)]
struct Memory {
    answered: Vec<CallId>,
    /// Confirmations that were sent and not answered, with their preview.
    cut_off: Vec<Value>,
}

#[derive(Clone, Copy, Default)]
struct Figures {
    rounds: u64,
    answers: usize,
    once: usize,
    missing: usize,
    twice: usize,
    without_answer: usize,
    cut_off: usize,
    interrupted: usize,
    refused_again: usize,
}

impl Ordeal {
    async fn begin(deployment: Deployment, alone: bool) -> Self {
        let tenant = deployment.add_tenant().await;
        let key = deployment.add_key(tenant).await;
        deployment.connect_sandbox(tenant).await;
        let (caller, memory) = (Caller::new(&key), Memory::default());
        Self { deployment, alone, tenant, key, caller, memory }
    }

    async fn run(mut self, rounds: u64) -> Figures {
        for _ in 0..rounds {
            self.round().await;
        }
        self.reckon(rounds).await
    }

    /// Starts the server, lets clients call it, and kills it at some moment after its first answer.
    async fn round(&mut self) {
        let server = self.deployment.serve().await;
        let stage = Arc::new(Stage::default());
        let mut clients = JoinSet::new();
        for number in 1..=READERS + WRITERS {
            let (caller, stage) = (self.caller.at(&server), stage.clone());
            if number <= WRITERS {
                clients.spawn(async move { change(&caller, &stage, CAMPAIGNS + number).await });
            } else {
                clients.spawn(async move { read(&caller, &stage).await });
            }
        }
        timeout(PATIENCE, stage.answered.notified()).await.expect("no call is answered");
        // The fault is a moment in time: nothing else than time can choose it.
        sleep(Duration::from_millis(random_below(LAST_MOMENT))).await;

        let (seen, logged) = (server.command_line(), server.log());
        for secret in [&self.key, PASSWORD, "sandbox-secret", "1//sandbox-refresh", "ya29."] {
            assert!(!seen.contains(secret), "a secret stands in the command line: {seen}");
            assert!(!logged.contains(secret), "a secret stands in the log");
        }
        stage.killed.store(true, Ordering::SeqCst);
        server.kill();
        for memory in clients.join_all().await {
            self.memory.answered.extend(memory.answered);
            self.memory.cut_off.extend(memory.cut_off);
        }
    }

    /// Starts the server a last time and compares what the clients remember with what the ledger says.
    async fn reckon(mut self, rounds: u64) -> Figures {
        if !self.alone {
            // To a server that may have neighbours a write is interrupted when it is two minutes old, not before.
            self.deployment.execute("UPDATE write_intents SET started_at = started_at - 120000000").await;
        }
        let server = self.deployment.serve().await;
        let caller = self.caller.at(&server);
        let store = self.deployment.store().await;
        self.memory.answered.push(caller.list_accounts().await.unwrap().call_id());
        let refused_again = self.confirm_again(&caller, &store).await;
        server.kill();

        let forgotten = store.system().list_unfinished_intents(Ambient::system().now()).await.unwrap();
        assert!(forgotten.is_empty(), "{} writes have neither answer nor ledger row: {forgotten:?}", forgotten.len());

        let everything = CallFilter { limit: i64::MAX, ..CallFilter::default() };
        let ledger = store.tenant(self.tenant).list_calls(&everything).await.unwrap();
        let mut rows = HashMap::<CallId, usize>::new();
        ledger.iter().for_each(|row| *rows.entry(row.call_id).or_default() += 1);
        let interrupted = ledger.iter().filter(|row| row.class.as_deref() == Some("interrupted"));
        let interrupted: Vec<_> = interrupted.inspect(|row| assert_eq!(row.outcome, Outcome::OurFault)).collect();
        let answered: HashMap<CallId, ()> = self.memory.answered.iter().map(|id| (*id, ())).collect();
        assert!(
            interrupted.iter().all(|row| !answered.contains_key(&row.call_id)),
            "an answered write counts as interrupted"
        );

        let times = |id: &CallId| rows.get(id).copied().unwrap_or(0);
        let of = |wanted: fn(usize) -> bool| answered.keys().filter(|id| wanted(times(id))).count();
        Figures {
            rounds,
            answers: self.memory.answered.len(),
            once: of(|times| times == 1),
            missing: of(|times| times == 0),
            twice: of(|times| times > 1) + self.memory.answered.len() - answered.len(),
            without_answer: rows.keys().filter(|id| !answered.contains_key(id)).count(),
            cut_off: self.memory.cut_off.len(),
            interrupted: interrupted.len(),
            refused_again,
        }
    }

    /// Confirms again whatever a killed server had begun: nothing goes to the upstream a second time.
    async fn confirm_again(&mut self, caller: &Caller, store: &Store) -> usize {
        let rows = store.tenant(self.tenant);
        let mut refused = 0;
        for confirmation in &self.memory.cut_off {
            let preview = rows
                .find_preview(confirmation["preview_id"].as_str().unwrap().parse().unwrap())
                .await
                .unwrap()
                .unwrap();
            if preview.state != PreviewState::Claimed {
                continue;
            }
            let answer = caller.call("set_status", confirmation).await.unwrap();
            assert_eq!(answer.class(), Some("outcome_unknown"), "{}", answer.text());
            let row = rows.find_call(answer.call_id()).await.unwrap().unwrap();
            assert_eq!(row.upstream_requests, 0, "a change of unknown outcome is sent again");
            self.memory.answered.push(answer.call_id());
            refused += 1;
        }
        refused
    }
}

/// What the clients of a round have in common.
#[derive(Default)]
struct Stage {
    killed: AtomicBool,
    answered: Notify,
}

impl Stage {
    /// The answer, or nothing when the server was killed over it.
    fn heard(&self, answer: Result<Answer, reqwest::Error>) -> Option<Answer> {
        let killed = self.killed.load(Ordering::SeqCst);
        let answer =
            answer.inspect_err(|error| assert!(killed, "the server breaks off a call by itself: {error}")).ok()?;
        assert_eq!(answer.class(), None, "{}", answer.text());
        self.answered.notify_one();
        Some(answer)
    }
}

async fn read(caller: &Caller, stage: &Stage) -> Memory {
    let mut memory = Memory::default();
    while let Some(answer) = stage.heard(caller.list_accounts().await) {
        memory.answered.push(answer.call_id());
    }
    memory
}

/// Pauses and enables a campaign in turn, each time with preview and confirmation.
async fn change(caller: &Caller, stage: &Stage, campaign: u64) -> Memory {
    let mut memory = Memory::default();
    for status in ["PAUSED", "ENABLED"].into_iter().cycle() {
        let mut change =
            json!({ "customer_id": ACCOUNT, "level": "campaign", "ids": [campaign.to_string()], "status": status });
        let Some(preview) = stage.heard(caller.call("set_status", &change).await) else { break };
        memory.answered.push(preview.call_id());
        let Some(id) = preview.field("preview_id") else { continue };
        change["preview_id"] = id.into();
        let Some(applied) = stage.heard(caller.call("set_status", &change).await) else {
            memory.cut_off.push(change);
            break;
        };
        memory.answered.push(applied.call_id());
    }
    memory
}

impl Figures {
    fn line(&self) -> String {
        let Self { rounds, answers, once, missing, twice, without_answer, .. } = self;
        format!(
            "kill -9: {rounds} rounds, {answers} answers received, {once} in the ledger once, {missing} missing, {twice} twice, \
             {without_answer} rows without an answer"
        )
    }
}

impl Sum for Figures {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |one, two| Self {
            rounds: one.rounds + two.rounds,
            answers: one.answers + two.answers,
            once: one.once + two.once,
            missing: one.missing + two.missing,
            twice: one.twice + two.twice,
            without_answer: one.without_answer + two.without_answer,
            cut_off: one.cut_off + two.cut_off,
            interrupted: one.interrupted + two.interrupted,
            refused_again: one.refused_again + two.refused_again,
        })
    }
}

fn random_below(end: u16) -> u64 {
    u64::from(u16::from_le_bytes(Ambient::system().bytes()) % end)
}
