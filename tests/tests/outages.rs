//! Redis, AWS KMS and PostgreSQL go away in turn, under load on three gateways: what is refused, what goes on, what comes back
//! by itself, and that nothing which was answered is lost.

use std::{
    collections::{BTreeMap, HashMap},
    env,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use serde_json::json;
use tokio::{
    task::JoinSet,
    time::{MissedTickBehavior, interval, sleep},
};
use turnpike_core::{CallId, TenantId};
use turnpike_store::CallFilter;
use turnpike_testkit::{Kms, Postgres, Redis};
use turnpike_tests::process::{Caller, Cluster, Deployment, PATIENCE, Vendor};

const GATEWAYS: usize = 3;
/// Tenants that call all the time, each with so many callers, each of whom begins a call this often at most.
const TENANTS: usize = 3;
const CALLERS: usize = 4;
const PACE: Duration = Duration::from_millis(100);
/// How long each thing is away, unless `TEST_PROOF_OUTAGE_SECONDS` says otherwise.
const AWAY: u64 = 4;
/// Limits that no client of ours reaches: what is refused here is refused because something is away.
const LIMITS: &str = "
[limits]
tenant_per_minute = 10000000
tenant_burst = 10000000
principal_per_minute = 10000000
principal_burst = 10000000
";

#[tokio::test(flavor = "multi_thread")]
async fn redis_kms_and_postgresql_go_away_in_turn_and_nothing_that_was_answered_is_lost() {
    let away = Duration::from_secs(env::var("TEST_PROOF_OUTAGE_SECONDS").map_or(AWAY, |away| away.parse().unwrap()));
    // What PostgreSQL has said to be written must be there after a crash.
    let (mut postgres, mut redis) = (Postgres::start_durable().await.unwrap(), Redis::start().await.unwrap());
    let mut kms = Kms::start().unwrap();
    let vendor = Vendor::of(&turnpike_google_ads::integration()).await;
    let settings = format!(
        "{LIMITS}[redis]\nurl = \"{}\"\n[vault]\nkey_provider = \"aws-kms\"\nkms_key = \"{}\"\nkms_region = \"eu-central-1\"\n\
         kms_endpoint = \"{}\"\n{}read_per_minute = 10000000\nread_burst = 10000000\n",
        redis.url(),
        kms.add_key("one"),
        kms.url(),
        vendor.settings()
    );
    let deployment = Deployment::on_postgres(&postgres.database().await.unwrap(), &settings)
        .await
        .with_variables(&[("AWS_ACCESS_KEY_ID", "AKIATEST"), ("AWS_SECRET_ACCESS_KEY", "of-nobody")]);
    let cluster = Cluster::start(deployment, GATEWAYS, String::new(), |_, _| Vec::new()).await;
    let load = Load::begin(cluster, &vendor).await;

    load.enter("everything is there");
    load.go_on(away).await;
    load.enter("Redis is away");
    redis.kill();
    load.go_on(away).await;
    redis.restart().await.unwrap();
    load.recover("Redis is back").await;

    load.enter("KMS is away");
    kms.down();
    load.go_on(away).await;
    let cold = load.call_cold().await;
    kms.up().unwrap();
    load.recover("KMS is back").await;
    let opened = load.wait_for_cold().await;

    load.enter("PostgreSQL is away");
    postgres.kill();
    load.go_on(away).await;
    postgres.restart().await.unwrap();
    load.recover("PostgreSQL is back").await;
    let (phases, clients, cluster) = load.end().await;

    println!("{}", table(&phases));
    println!(
        "A tenant whose data key no gateway had in memory was told while KMS was away: {cold}. Its calls went through \
         {opened:.1?} after KMS was back."
    );
    for phase in &phases {
        println!("{}: {}", phase.name, phase.words());
    }

    let mut ledger = HashMap::<CallId, usize>::new();
    let store = cluster.deployment().store().await;
    for tenant in clients {
        let everything = CallFilter { limit: i64::MAX, ..CallFilter::default() };
        for row in store.tenant(tenant).list_calls(&everything).await.unwrap() {
            *ledger.entry(row.call_id).or_default() += 1;
        }
    }
    let answered: Vec<_> = phases.iter().flat_map(|phase| &phase.answered).collect();
    let missing = answered.iter().filter(|id| !ledger.contains_key(id)).count();
    let doubled = ledger.values().filter(|times| **times > 1).count();
    println!(
        "{} answers, {missing} missing in the ledger, {doubled} there twice; {} rows of calls that were refused or broken off",
        answered.len(),
        ledger.len() - (answered.len() - missing),
    );
    assert_eq!((missing, doubled), (0, 0));
    for phase in phases.iter().filter(|phase| phase.name != "PostgreSQL is away" && !phase.name.ends_with("back")) {
        assert!(phase.others.is_empty(), "{}: {}", phase.name, phase.words());
    }
    let without_database = phases.iter().find(|phase| phase.name == "PostgreSQL is away").unwrap();
    assert!(without_database.others.keys().all(|words| !words.contains("reconnect")), "{}", without_database.words());
}

/// What a stretch of time was like for those who called in it.
struct Phase {
    name: &'static str,
    answered: Vec<CallId>,
    /// Refusals by their words, and calls that were broken off.
    others: BTreeMap<String, usize>,
    slowest: Duration,
    /// From the return of what was away to the first good answer of the gateway that took longest.
    recovered: Option<Duration>,
}

/// Callers without pause.
struct Load {
    shared: Arc<Shared>,
    callers: JoinSet<()>,
    tenants: Vec<TenantId>,
    /// One of those that call.
    warm: Caller,
    /// A tenant that has not called yet.
    cold: Caller,
}

struct Shared {
    cluster: Cluster,
    phases: Mutex<Vec<Phase>>,
    over: AtomicBool,
}

impl Load {
    async fn begin(cluster: Cluster, vendor: &Vendor) -> Self {
        let shared = Arc::new(Shared { cluster, phases: Mutex::default(), over: AtomicBool::new(false) });
        let (mut callers, mut tenants) = (JoinSet::new(), Vec::new());
        shared.enter("warming up");
        let cold = shared.add_tenant(vendor, &mut tenants).await;
        let mut warm = cold.clone();
        for _ in 0..TENANTS {
            let caller = shared.add_tenant(vendor, &mut tenants).await;
            warm = caller.clone();
            // Each gateway has opened the credential once.
            for place in 0..GATEWAYS {
                shared.call(&caller, Some(place)).await;
            }
            for _ in 0..CALLERS {
                callers.spawn(shared.clone().call_on_and_on(caller.clone()));
            }
        }
        Self { shared, callers, tenants, warm, cold }
    }

    fn enter(&self, name: &'static str) {
        self.shared.enter(name);
    }

    async fn go_on(&self, how_long: Duration) {
        // The fault is a stretch of time.
        sleep(how_long).await;
    }

    /// Waits until each gateway gives a good answer again. Nobody restarts anything.
    async fn recover(&self, name: &'static str) {
        self.shared.enter(name);
        let began = Instant::now();
        join_all((0..GATEWAYS).map(|place| self.shared.until_good(&self.warm, place, began))).await;
        self.shared.phases().last_mut().unwrap().recovered = Some(began.elapsed());
        sleep(Duration::from_secs(1)).await;
    }

    async fn call_cold(&self) -> String {
        match self.cold.at_url(&self.shared.cluster.address()).attempt("list_accounts", &json!({})).await.unwrap() {
            Ok(answer) => {
                answer.class().map_or_else(|| "nothing".to_owned(), |class| format!("`{class}`: {}", answer.text()))
            }
            Err(words) => words,
        }
    }

    async fn wait_for_cold(&self) -> Duration {
        let began = Instant::now();
        join_all((0..GATEWAYS).map(|place| self.shared.until_good(&self.cold, place, began))).await;
        began.elapsed()
    }

    async fn end(self) -> (Vec<Phase>, Vec<TenantId>, Cluster) {
        self.shared.over.store(true, Ordering::SeqCst);
        self.callers.join_all().await;
        let shared = Arc::into_inner(self.shared).expect("every caller has ended");
        (shared.phases.into_inner().unwrap(), self.tenants, shared.cluster)
    }
}

impl Shared {
    async fn add_tenant(&self, vendor: &Vendor, tenants: &mut Vec<TenantId>) -> Caller {
        let deployment = self.cluster.deployment();
        let tenant = deployment.add_tenant().await;
        let caller = Caller::new(&deployment.add_key(tenant).await);
        deployment.connect(tenant, vendor).await;
        tenants.push(tenant);
        caller
    }

    fn enter(&self, name: &'static str) {
        let (answered, others, slowest) = (Vec::new(), BTreeMap::new(), Duration::ZERO);
        self.phases().push(Phase { name, answered, others, slowest, recovered: None });
    }

    async fn call_on_and_on(self: Arc<Self>, caller: Caller) {
        let mut pace = interval(PACE);
        pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while !self.over.load(Ordering::SeqCst) {
            pace.tick().await;
            self.call(&caller, None).await;
        }
    }

    /// Calls once and writes down how that ended, in the phase in which it ended; whether the answer was good.
    async fn call(&self, caller: &Caller, place: Option<usize>) -> bool {
        let began = Instant::now();
        let url = place.map_or_else(|| self.cluster.address(), |place| self.cluster.address_of(place).unwrap());
        let end = caller.at_url(&url).attempt("list_accounts", &json!({})).await;
        let mut phases = self.phases();
        let phase = phases.last_mut().unwrap();
        phase.slowest = phase.slowest.max(began.elapsed());
        let words = match end {
            Ok(Ok(answer)) => match answer.class() {
                None => {
                    phase.answered.push(answer.call_id());
                    return true;
                }
                Some(class) => format!("refused, `{class}`"),
            },
            Ok(Err(words)) => format!("turned away: {words}"),
            Err(_) => "broken off".to_owned(),
        };
        *phase.others.entry(words).or_default() += 1;
        false
    }

    async fn until_good(&self, caller: &Caller, place: usize, began: Instant) {
        while !self.call(caller, Some(place)).await {
            assert!(began.elapsed() < PATIENCE, "gateway {place} does not recover: {}", self.cluster.log());
            sleep(Duration::from_millis(20)).await;
        }
    }

    fn phases(&self) -> MutexGuard<'_, Vec<Phase>> {
        self.phases.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Phase {
    fn words(&self) -> String {
        let all: Vec<_> = self.others.iter().map(|(words, count)| format!("{count} × {words}")).collect();
        if all.is_empty() { "nothing was refused".into() } else { all.join("; ") }
    }

    fn count(&self, beginning: &str) -> usize {
        self.others.iter().filter(|(words, _)| words.starts_with(beginning)).map(|(_, count)| count).sum()
    }
}

fn table(phases: &[Phase]) -> String {
    let mut table = "| phase               | answered | refused | turned away | broken off | slowest | recovered after |\n\
                     |---------------------|---------:|--------:|------------:|-----------:|--------:|----------------:|\n"
        .to_owned();
    for phase in phases {
        let recovered = phase.recovered.map_or_else(String::new, |after| format!("{:.2} s", after.as_secs_f64()));
        table += &format!(
            "| {:<19} | {:>8} | {:>7} | {:>11} | {:>10} | {:>5.2} s | {recovered:>15} |\n",
            phase.name,
            phase.answered.len(),
            phase.count("refused"),
            phase.count("turned away"),
            phase.count("broken off"),
            phase.slowest.as_secs_f64(),
        );
    }
    table
}
