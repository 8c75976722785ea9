//! A vendor says "too many requests" while three replicas are busy: hardly a request follows until the named instant, nothing
//! that the refusal is not about is stopped, and service resumes by itself.

mod front;

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use turnpike_sdk::Behaviour;
use turnpike_testkit::Redis;
use turnpike_tests::{
    agent::Agent,
    app::{Backend, TestApp, unlimited},
};

use crate::storm::front::{Front, Storm};

/// What the vendor may get of a scope after its first refusal, until the hold ends.
const AT_MOST: usize = 3;
/// Agents of each tenant at each replica.
const AGENTS: usize = 2;
/// What an agent that does not heed `retry_at` waits between refusals.
const IMPATIENCE: Duration = Duration::from_millis(20);
const PATIENCE: Duration = Duration::from_secs(60);

struct Case {
    integration: &'static str,
    tool: &'static str,
    account: &'static str,
    behaviour: Behaviour,
    /// What of the upstream is held: the beginning of the key.
    held: &'static str,
    /// How long the hold lasts.
    lasts: Duration,
}

#[tokio::test(flavor = "multi_thread")]
async fn a_storm_of_google_about_an_account() {
    storm(google("account/", Behaviour::Storm { seconds: 4 })).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_storm_of_google_about_the_shared_app() {
    storm(google("app/", Behaviour::QuotaDaily { seconds: 4 })).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_storm_of_meta_about_an_account() {
    storm(Case {
        integration: "meta-ads",
        account: "710000000000001",
        tool: "list_campaigns",
        behaviour: Behaviour::Storm { seconds: 4 },
        held: "account/",
        lasts: Duration::from_secs(4),
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_storm_of_amazon_about_a_profile() {
    storm(Case {
        integration: "amazon-ads",
        account: "18446744073709551557",
        tool: "list_campaigns",
        behaviour: Behaviour::Storm { seconds: 4 },
        held: "account/",
        lasts: Duration::from_secs(4),
    })
    .await;
}

/// LinkedIn does not say until when: half a minute is ours.
#[tokio::test(flavor = "multi_thread")]
async fn a_storm_of_linkedin_about_the_shared_app() {
    storm(Case {
        integration: "linkedin-ads",
        account: "511000001",
        tool: "list_campaigns",
        behaviour: Behaviour::Storm { seconds: 0 },
        held: "app/",
        lasts: Duration::from_secs(30),
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_storm_of_supermetrics_about_our_address() {
    storm(Case {
        integration: "supermetrics",
        account: "AW:1000000002",
        tool: "run_query",
        behaviour: Behaviour::Storm { seconds: 4 },
        held: "host",
        lasts: Duration::from_secs(4),
    })
    .await;
}

fn google(held: &'static str, behaviour: Behaviour) -> Case {
    let (integration, tool, account) = ("google-ads", "list_campaigns", "1000000002");
    Case { integration, tool, account, behaviour, held, lasts: Duration::from_secs(4) }
}

impl Case {
    fn arguments(&self, account: &str) -> Value {
        match self.integration {
            "supermetrics" => {
                let field = if account.starts_with("FA:") { "cost" } else { "Cost" };
                json!({
                    "account_id": account, "start_date": "2026-11-01", "end_date": "2026-11-02", "fields": [field]
                })
            }
            _ => json!({ "account_id": account }),
        }
    }

    /// The class of the answer, if it is a refusal.
    async fn ask(&self, agent: &Agent, account: &str) -> Option<String> {
        let result = agent.call(self.integration, self.tool, self.arguments(account)).await;
        result["_meta"]["error"]["class"].as_str().map(str::to_owned)
    }

    /// Another account of the same connection, of which the tool can tell something.
    async fn another_account(&self, agent: &Agent) -> String {
        let listed = agent.ok(self.integration, "list_accounts", json!({})).await;
        for account in listed["accounts"].as_array().unwrap() {
            let id = account["account_id"].as_str().or(account["id"].as_str()).unwrap();
            if id != self.account && self.ask(agent, id).await.is_none() {
                return id.to_owned();
            }
        }
        panic!("there is no other account that answers: {listed}");
    }
}

/// Three replicas, three tenants who share the vendor's app, and an agent of each that calls without pause.
struct Scene {
    app: TestApp,
    fronts: BTreeMap<String, Front>,
    agents: Vec<Agent>,
    _redis: Redis,
}

impl Scene {
    async fn set(case: &Case) -> Self {
        let redis = Redis::start().await.unwrap();
        let mut fronts = BTreeMap::new();
        let app = TestApp::start_with(Backend::Postgres, |settings| {
            unlimited(settings);
            settings.redis.url = redis.url().into();
            settings.store.max_connections = 6;
            let own = settings.integrations.get_mut(case.integration).unwrap();
            let (front, url) = Front::before(&own.base_url);
            own.base_url = url;
            fronts.insert(case.integration.to_owned(), front);
        })
        .await;
        let replicas = [app.url.clone(), app.start_replica().await.0, app.start_replica().await.0];
        let mut agents = vec![];
        for name in ["one", "two", "three"] {
            let tenant = app.unconnected(name).await;
            app.connect(tenant.id, case.integration).await;
            for url in &replicas {
                agents.push(Agent::new(url, tenant.agent.key()));
            }
        }
        Self { app, fronts, agents, _redis: redis }
    }
}

async fn storm(case: Case) {
    let scene = Scene::set(&case).await;
    let case = Arc::new(case);
    let front = &scene.fronts[case.integration];
    for agent in &scene.agents {
        assert_eq!(case.ask(agent, case.account).await, None, "before the storm");
    }
    let other = match case.held {
        "account/" => Some(case.another_account(&scene.agents[0]).await),
        _ => None,
    };

    let stop = Arc::new(AtomicBool::new(false));
    let refused = Arc::new(AtomicUsize::new(0));
    let busy = |agent: &Agent| {
        let (case, stop, refused, agent) = (case.clone(), stop.clone(), refused.clone(), agent.clone());
        tokio::spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                if let Some(class) = case.ask(&agent, case.account).await {
                    assert!(["rate_storm", "quota_daily"].contains(&class.as_str()), "{class}");
                    refused.fetch_add(1, Ordering::Relaxed);
                    tokio::time::sleep(IMPATIENCE).await;
                }
            }
        })
    };
    let callers: Vec<_> = scene.agents.iter().cycle().take(AGENTS * scene.agents.len()).map(busy).collect();
    let about = if other.is_some() { case.account.to_owned() } else { String::new() };
    // The vendor measures from its own first refusal, which is before we have read it.
    let storm = Storm { about, behaviour: case.behaviour, lasts: case.lasts };
    front.begin(&scene.app.vendor(case.integration).script, storm);
    let first = wait("the storm", || front.first_refusal()).await;

    // While it lasts: what is held, and what is not.
    let held: Vec<_> = scene.app.operator.upstream.health().await.into_iter().map(|scope| scope.part).collect();
    assert!(held.iter().all(|part| part.starts_with(case.held)) && held.len() <= 1, "{held:?}");
    if let Some(other) = &other {
        for agent in &scene.agents {
            assert_eq!(case.ask(agent, other).await, None, "another account is not stopped");
        }
    }
    let resumed = wait("service", || {
        let answered = front.arrivals().into_iter().filter_map(|arrival| arrival.answered);
        answered.filter(|(_, refused)| !refused).map(|(at, _)| at).find(|at| *at > first + case.lasts)
    })
    .await;
    stop.store(true, Ordering::Relaxed);
    for caller in callers {
        caller.await.unwrap();
    }

    let arrivals = front.arrivals();
    let in_flight =
        arrivals.iter().filter(|own| own.at < first && own.answered.is_none_or(|(at, _)| at > first)).count();
    let further = arrivals.iter().filter(|own| own.at >= first && own.at < first + case.lasts).count();
    println!(
        "{} {}: {} callers at 3 replicas; in flight at the first refusal: {in_flight}; after it: {further}; calls refused: {}; \
         first answer again after {:.2} s of {} s",
        case.integration,
        case.held,
        AGENTS * scene.agents.len(),
        refused.load(Ordering::Relaxed),
        (resumed - first).as_secs_f64(),
        case.lasts.as_secs(),
    );
    assert!(further <= AT_MOST, "the vendor got {further} further requests");
    assert!(refused.load(Ordering::Relaxed) > 20, "nobody asked");
}

/// Looks until there is something.
async fn wait<T>(what: &str, find: impl Fn() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = find() {
            return found;
        }
        assert!(Instant::now() < deadline, "{what} does not come");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
