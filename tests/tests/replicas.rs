//! Three gateways, a rotating authorization server that is not ours, and `kill -9`: each token is refreshed once, and a token
//! that a crash has lost is never lost in silence.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    env, fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use futures_util::future::{join_all, try_join_all};
use serde_json::json;
use tokio::time::{sleep, timeout};
use turnpike_core::{CallId, TenantId};
use turnpike_store::{CallFilter, Store};
use turnpike_testkit::{Postgres, Redis};
use turnpike_tests::process::{
    Caller, Cluster, Death, Deployment, Family, PATIENCE, Presented, RotatingServer, StrictUpstream, random_below,
};

/// Limits that no client of ours reaches.
const LIMITS: &str = "
[limits]
tenant_per_minute = 10000000
tenant_burst = 10000000
principal_per_minute = 10000000
principal_burst = 10000000
";
const GATEWAYS: usize = 3;
/// Connections, and the tasks that call through each of them at once: 50 in all.
const CONNECTIONS: usize = 10;
const TASKS: usize = 5;
/// Of the connections, those whose access tokens end by the clock; the others' are ended by the authorization server.
const BY_THE_CLOCK: usize = 3;
/// Expiries, unless `TEST_PROOF_EXPIRIES` says otherwise.
const EXPIRIES: usize = 60;
/// From so many on there is time to let a cut off refresh wait its whole minute; below, the journal is made to look older.
const PATIENT_FROM: usize = 300;
/// The authorization server holds an answer back for so many milliseconds at most: as wide is the window.
const WINDOW: u16 = 60;
/// A refresh under way takes less.
const SURELY_OVER: Duration = Duration::from_secs(3);
/// A death within so many milliseconds of the rotation can have kept the answer from being stored.
const NEAR: i64 = 2_000;
/// What a connection whose token was lost says.
const REASON: &str = "an earlier refresh was cut off and its new token was lost";

#[tokio::test(flavor = "multi_thread")]
async fn three_gateways_refresh_each_token_once_and_a_kill_loses_none_in_silence() {
    let expiries = env::var("TEST_PROOF_EXPIRIES").map_or(EXPIRIES, |expiries| expiries.parse().unwrap());
    let proof = Arc::new(Proof::prepare(expiries).await);
    let figures = proof.clone().run().await;
    println!("{figures}");
    if !figures.at_the_door.is_empty() || !figures.other_refusals.is_empty() {
        println!("turned away: {:?}; refused: {:?}", figures.at_the_door, figures.other_refusals);
    }
    assert!(figures.twice.is_empty(), "refreshed more than once beside any crash: {:#?}", figures.twice);
    assert!(figures.revoked_outside.is_empty(), "revoked beside any crash: {:#?}", figures.revoked_outside);
    assert_eq!(figures.told, figures.in_window, "a crash in the window was not told of, or something else was");
    assert_eq!((figures.missing, figures.doubled), (0, 0), "answers are missing in the ledger, or there twice");
    assert_eq!(figures.other_refusals, BTreeMap::new());
    assert!(figures.deaths > 0 && (figures.in_window > 0 || expiries < PATIENT_FROM), "the crashes show nothing");
}

/// One tenant and its connection.
struct Client {
    tenant: TenantId,
    caller: Caller,
    /// The kind of access tokens that it gets.
    kind: &'static str,
}

struct Proof {
    provider: Arc<RotatingServer>,
    _upstream: StrictUpstream,
    cluster: Cluster,
    store: Store,
    clients: Vec<Client>,
    expiries: usize,
    begun: AtomicUsize,
    over: AtomicBool,
    seen: Mutex<Seen>,
    // Dropped last: the gateways use them.
    _redis: Redis,
    _postgres: Postgres,
}

/// What the clients saw.
#[derive(Default)]
struct Seen {
    answered: Vec<CallId>,
    refused: BTreeMap<String, usize>,
    /// What has no call id.
    at_the_door: BTreeMap<String, usize>,
    cut_off: usize,
    /// Families whose end was told as `reconnect_needed` with the reason.
    told: HashSet<String>,
    deaths: Vec<Death>,
    aimed: usize,
    longest: Duration,
}

impl Proof {
    async fn prepare(expiries: usize) -> Self {
        let provider = Arc::new(RotatingServer::start());
        let upstream = StrictUpstream::start(provider.clone()).await;
        let (postgres, redis) = (Postgres::shared().await.unwrap(), Redis::start().await.unwrap());
        let (base, tokens) = (&upstream.url, provider.token_url("connect"));
        let settings = format!(
            "{LIMITS}[redis]\nurl = \"{}\"\n[integrations.google-ads]\nbase_url = \"{base}\"\ntoken_url = \"{tokens}\"\n\
             read_per_minute = 10000000\nread_burst = 10000000\n",
            redis.url()
        );
        let deployment = Deployment::on_postgres(&postgres.database().await.unwrap(), &settings).await;
        let store = deployment.store().await;
        // Each process has a token endpoint of its own, so that the authorization server knows who came.
        let cluster = Cluster::start(deployment, GATEWAYS, provider.token_url("NAME"), |name, token_url| {
            vec![("TURNPIKE_INTEGRATIONS__GOOGLE_ADS__TOKEN_URL", token_url.replace("NAME", name))]
        })
        .await;
        let mut clients = Vec::new();
        for number in 0..CONNECTIONS {
            let tenant = cluster.deployment().add_tenant().await;
            let caller = Caller::new(&cluster.deployment().add_key(tenant).await);
            clients.push(Client { tenant, caller, kind: if number < BY_THE_CLOCK { "moment" } else { "hour" } });
        }
        provider.answer_late(WINDOW).await;
        Self {
            provider,
            _upstream: upstream,
            cluster,
            store,
            clients,
            expiries,
            begun: AtomicUsize::new(0),
            over: AtomicBool::new(false),
            seen: Mutex::default(),
            _redis: redis,
            _postgres: postgres,
        }
    }

    async fn run(self: Arc<Self>) -> Figures {
        let began = Instant::now();
        let killer = tokio::spawn(self.clone().kill_now_and_then());
        let clients = (0..CONNECTIONS).map(|client| tokio::spawn(self.clone().let_expire(client)));
        try_join_all(clients).await.unwrap();
        let took = began.elapsed();
        self.over.store(true, Ordering::SeqCst);
        killer.await.unwrap();
        self.reckon(took).await
    }

    /// Lets one connection's access token expire again and again, with calls through any gateway each time.
    async fn let_expire(self: Arc<Self>, client: usize) {
        let client = &self.clients[client];
        let mut family = self.connect(client).await;
        let mut fresh = true;
        while self.begun.fetch_add(1, Ordering::SeqCst) < self.expiries {
            if client.kind == "hour" || fresh {
                assert!(self.provider.end(&family).await, "the newest token of {family} was never used");
            }
            fresh = false;
            let began = Instant::now();
            loop {
                assert!(began.elapsed() < 10 * PATIENCE, "nobody gets an answer from {family} any more");
                let ends = join_all((0..TASKS).map(|_| self.call(client))).await;
                if ends.contains(&End::Answered) {
                    break;
                }
                if ends.contains(&End::AsksForAPerson) {
                    self.told(client, &family).await;
                    family = self.connect(client).await;
                    fresh = true;
                    break;
                }
            }
            let mut seen = self.seen();
            seen.longest = seen.longest.max(began.elapsed());
        }
        // Whatever the last round has left behind shows now.
        let began = Instant::now();
        loop {
            assert!(began.elapsed() < 10 * PATIENCE, "{family} has ended, and nobody says so");
            match self.call(client).await {
                End::Answered => break,
                End::AsksForAPerson => {
                    self.told(client, &family).await;
                    family = self.connect(client).await;
                }
                End::Refused | End::CutOff => {}
            }
        }
    }

    /// A person grants access, and the operator stores what they got.
    async fn connect(&self, client: &Client) -> String {
        let (family, credential) = self.provider.grant(client.kind).await;
        self.cluster.deployment().connect_with(client.tenant, "google-ads", &credential).await;
        family
    }

    async fn call(&self, client: &Client) -> End {
        let answer = client.caller.at_url(&self.cluster.address()).attempt("list_accounts", &json!({})).await;
        let mut seen = self.seen();
        let answer = match answer {
            Ok(Ok(answer)) => answer,
            Ok(Err(words)) => {
                *seen.at_the_door.entry(words).or_default() += 1;
                return End::Refused;
            }
            Err(_) => {
                seen.cut_off += 1;
                return End::CutOff;
            }
        };
        seen.answered.push(answer.call_id());
        match answer.class() {
            None => End::Answered,
            Some("reconnect_needed") => {
                assert!(answer.reconnect_url().is_some(), "{}", answer.text());
                *seen.refused.entry("reconnect_needed".into()).or_default() += 1;
                End::AsksForAPerson
            }
            Some(class) => {
                *seen.refused.entry(format!("{class}: {}", answer.text())).or_default() += 1;
                End::Refused
            }
        }
    }

    /// The store says why a person is needed.
    async fn told(&self, client: &Client, family: &str) {
        let connection = self.store.tenant(client.tenant).find_connection("google-ads").await.unwrap().unwrap();
        assert_eq!(connection.reason.as_deref(), Some(REASON), "{family}");
        assert!(self.seen().told.insert(family.to_owned()));
    }

    /// Kills a gateway at any moment, or in the moment between the authorization server's act and its answer.
    async fn kill_now_and_then(self: Arc<Self>) {
        let patient = self.expiries >= PATIENT_FROM;
        while !self.over.load(Ordering::SeqCst) {
            // The fault is a moment in time: nothing else than time can choose it.
            sleep(Duration::from_millis(300 + random_below(if patient { 12_000 } else { 700 }))).await;
            let aimed = self.seen().deaths.len().is_multiple_of(2);
            let place = if aimed { self.next_to_rotate().await } else { Some(self.cluster.any()) };
            let Some(death) = place.and_then(|place| self.cluster.kill(place).map(|death| (place, death))) else {
                continue;
            };
            let (place, death) = death;
            if !patient {
                tokio::spawn(self.clone().let_a_minute_pass(death.clone()));
            }
            {
                let mut seen = self.seen();
                seen.aimed += usize::from(aimed);
                seen.deaths.push(death);
            }
            self.cluster.restart(place).await;
        }
    }

    async fn next_to_rotate(&self) -> Option<usize> {
        let by = timeout(Duration::from_secs(1), self.provider.next_rotation()).await.ok()?;
        self.cluster.place_of(&by)
    }

    /// Makes what the killed process has left in the journal older than any refresh that could still be under way. What a
    /// living process has noted before the death is over by then.
    async fn let_a_minute_pass(self: Arc<Self>, death: Death) {
        sleep(SURELY_OVER).await;
        let sql = format!(
            "UPDATE credentials SET refresh_started_at = refresh_started_at - 61000000 WHERE refresh_started_at < {}",
            death.at.micros()
        );
        self.cluster.deployment().execute(sql).await;
    }

    /// Compares what the clients saw with what the authorization server and the ledger say.
    async fn reckon(&self, took: Duration) -> Figures {
        let families = self.provider.families().await;
        let mut ledger = HashMap::<CallId, usize>::new();
        for client in &self.clients {
            let everything = CallFilter { limit: i64::MAX, ..CallFilter::default() };
            for row in self.store.tenant(client.tenant).list_calls(&everything).await.unwrap() {
                *ledger.entry(row.call_id).or_default() += 1;
            }
        }
        let seen = self.seen();
        let died: HashMap<&str, i64> =
            seen.deaths.iter().map(|death| (death.name.as_str(), death.at.micros() / 1000)).collect();
        let mut figures = Figures {
            took,
            answered: seen.answered.len() - seen.refused.values().sum::<usize>(),
            cut_off: seen.cut_off,
            deaths: seen.deaths.len(),
            aimed: seen.aimed,
            told: seen.told.len(),
            longest: seen.longest,
            missing: seen.answered.iter().filter(|id| !ledger.contains_key(id)).count(),
            doubled: ledger.values().filter(|times| **times > 1).count(),
            without_answer: ledger.len() - seen.answered.iter().collect::<HashSet<_>>().len(),
            ledger: ledger.len(),
            refused: seen.refused.clone(),
            at_the_door: seen.at_the_door.clone(),
            other_refusals: seen.refused.clone(),
            ..Figures::default()
        };
        // Calls that waited for a refresh which a killed process has begun are told to come again.
        figures.other_refusals.retain(|words, _| !is_about_a_refresh(words));
        families.iter().for_each(|family| figures.count(family, &died));
        figures
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_about_a_refresh(words: &str) -> bool {
    words == "reconnect_needed" || words.contains("a refresh by another replica has not finished")
}

/// How a call ended for its client.
#[derive(PartialEq, Eq)]
enum End {
    Answered,
    AsksForAPerson,
    Refused,
    /// The gateway died over it.
    CutOff,
}

#[derive(Default)]
struct Figures {
    took: Duration,
    /// Expiries that a gateway dealt with, by the kind of their access tokens.
    expiries: BTreeMap<String, usize>,
    once: usize,
    in_window: usize,
    /// Of those, where the one who found that out died over it as well.
    again: usize,
    /// Between the rotation and the death, in milliseconds.
    gaps: Vec<i64>,
    twice: Vec<Family>,
    revoked_inside: usize,
    revoked_outside: Vec<Family>,
    told: usize,
    deaths: usize,
    aimed: usize,
    answered: usize,
    refused: BTreeMap<String, usize>,
    other_refusals: BTreeMap<String, usize>,
    at_the_door: BTreeMap<String, usize>,
    cut_off: usize,
    ledger: usize,
    missing: usize,
    doubled: usize,
    without_answer: usize,
    longest: Duration,
}

impl Figures {
    /// Each refresh token of a family is an expiry: whoever presents it wants another access token.
    fn count(&mut self, family: &Family, died: &HashMap<&str, i64>) {
        let mut tokens = BTreeMap::<u64, Vec<&Presented>>::new();
        for presented in family.presented.iter().filter(|presented| presented.by != "connect") {
            tokens.entry(presented.ordinal).or_default().push(presented);
        }
        let mut cut_off = false;
        for presentations in tokens.values() {
            *self.expiries.entry(family.client.clone()).or_default() += 1;
            // Whoever gets no answer stored presents the token in vain for the next: each must have died over it but the last,
            // who told of it. Nobody asks after that.
            let gap = |presented: &Presented| died.get(presented.by.as_str()).map(|death| death - presented.at);
            let fatal = |presented: &&Presented| gap(presented).is_some_and(|gap| gap.abs() < NEAR);
            let before_last = &presentations[..presentations.len() - 1];
            let died_over_it = before_last.iter().copied().take_while(fatal).count() == before_last.len();
            match (presentations[0].outcome.as_str(), presentations.len()) {
                ("rotated", 1) => self.once += 1,
                ("rotated", times) if died_over_it => {
                    cut_off = true;
                    self.in_window += 1;
                    self.again += usize::from(times > 2);
                    self.gaps.extend(gap(presentations[0]));
                }
                _ => self.twice.push(family.clone()),
            }
        }
        match &family.revoked {
            Some(_) if cut_off => self.revoked_inside += 1,
            Some(_) => self.revoked_outside.push(family.clone()),
            None => {}
        }
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let row =
            |to: &mut fmt::Formatter<'_>, words: &str, number: usize| writeln!(to, "| {words:<62} | {number:>7} |");
        let of = |kind| self.expiries.get(kind).copied().unwrap_or(0);
        writeln!(to, "| {:<62} | {:>7} |\n|{:-<64}|{:->8}:|", "refresh", "", "", "")?;
        row(to, "expiries", self.expiries.values().sum())?;
        row(to, "  access token ended by the authorization server", of("hour"))?;
        row(to, "  access token ended by the clock", of("moment"))?;
        row(to, "refreshed exactly once", self.once)?;
        row(to, "cut off by a crash between the rotation and our commit", self.in_window)?;
        row(to, "  of them told as `reconnect_needed`, with the reason", self.told)?;
        row(to, "  of them found out by a process that was killed over it, too", self.again)?;
        row(to, "refreshed more than once without such a crash", self.twice.len())?;
        row(to, "families revoked after such a crash", self.revoked_inside)?;
        row(to, "families revoked without one", self.revoked_outside.len())?;
        row(to, "`kill -9` of a gateway", self.deaths)?;
        row(to, "  of them aimed between rotation and answer", self.aimed)?;
        row(to, "calls answered", self.answered)?;
        let of = |wanted: fn(&str) -> bool| {
            self.refused.iter().filter(|(words, _)| wanted(words)).map(|(_, count)| count).sum::<usize>()
        };
        row(to, "calls refused: `reconnect_needed`", of(|words| words == "reconnect_needed"))?;
        row(
            to,
            "calls refused: another's refresh has not finished",
            of(|words| words != "reconnect_needed" && is_about_a_refresh(words)),
        )?;
        row(to, "calls refused for another reason", self.other_refusals.values().sum())?;
        row(to, "calls turned away at the door, to come again", self.at_the_door.values().sum())?;
        row(to, "calls cut off by the death of their gateway", self.cut_off)?;
        row(to, "answers missing in the ledger", self.missing)?;
        row(to, "calls twice in the ledger", self.doubled)?;
        row(to, "ledger rows", self.ledger)?;
        row(to, "  of calls whose gateway died before the answer left", self.without_answer)?;
        write!(
            to,
            "{GATEWAYS} gateways, {CONNECTIONS} connections, {} tasks; {:.0} s; the longest expiry took {:.1} s; milliseconds from \
             rotation to death: {:?}",
            CONNECTIONS * TASKS,
            self.took.as_secs_f64(),
            self.longest.as_secs_f64(),
            self.gaps
        )
    }
}
