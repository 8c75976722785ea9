//! Who is served: the state of the subscription, the plan's cap and the tenant's own, and all of it without a restart.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};
use turnpike_config::{Cap, Settings};
use turnpike_core::Outcome;
use turnpike_store::{Subscription, SubscriptionState};
use turnpike_tenancy::Side;
use turnpike_tests::{
    agent::Agent,
    app::{Backend, Tenant, TestApp, subscription, unlimited},
    probe,
};

const DAY: Duration = Duration::from_secs(86_400);

fn account() -> Value {
    json!({ "account": probe::ACCOUNT })
}

async fn subscribe(app: &TestApp, tenant: &Tenant, row: &Subscription) {
    app.store().tenant(tenant.id).set_subscription(row).await.unwrap();
}

/// A tenant that has subscribed.
async fn subscribed(app: &TestApp, name: &str) -> Tenant {
    let tenant = app.tenant(name).await;
    subscribe(app, &tenant, &subscription(app.operator.ambient.now(), SubscriptionState::Active)).await;
    tenant
}

/// An app whose plan has so many units and no more.
async fn capped(units: i64) -> TestApp {
    TestApp::start_with(Backend::Sqlite, move |settings| {
        unlimited(settings);
        cap(settings, units, Cap::Hard);
    })
    .await
}

fn cap(settings: &mut Settings, units: i64, cap: Cap) {
    let plan = settings.plans.get_mut("starter").unwrap();
    (plan.included_units, plan.cap) = (units, cap);
}

/// What was read of a subscription is not believed any more.
fn later(app: &TestApp) {
    app.clock.advance(Duration::from_secs(6));
}

/// What came of a call: nought for an answer, else the class of the refusal.
async fn class(tenant: &Tenant, tool: &str) -> String {
    let result = tenant.agent.call("probe", tool, account()).await;
    result["_meta"]["error"]["class"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn each_state_serves_what_it_should_on_both_databases() {
    for backend in [Backend::Sqlite, Backend::Postgres] {
        let app = TestApp::start_with(backend, unlimited).await;
        for sandbox in [false, true] {
            let tenant = match sandbox {
                false => app.tenant("live").await,
                true => {
                    let tenant = app.unconnected("sandbox").await;
                    let form = app.operator.sandboxes.find("probe").unwrap().credential.iter().cloned().collect();
                    app.connect_with(tenant.id, "probe", Side::Sandbox, form).await.unwrap();
                    tenant
                }
            };
            for state in SubscriptionState::ALL {
                let row = Subscription {
                    past_due_since: Some(app.operator.ambient.now().minus(DAY * 8)),
                    ..subscription(app.operator.ambient.now(), *state)
                };
                subscribe(&app, &tenant, &row).await;
                later(&app);
                let (reads, writes) = match state {
                    SubscriptionState::Trialing | SubscriptionState::Active => ("", ""),
                    SubscriptionState::PastDue => ("", "read_only"),
                    SubscriptionState::Unpaid | SubscriptionState::Incomplete => ("payment_needed", "payment_needed"),
                    SubscriptionState::IncompleteExpired | SubscriptionState::Canceled => {
                        ("subscription_needed", "subscription_needed")
                    }
                    SubscriptionState::Paused => ("subscription_paused", "subscription_paused"),
                };
                let expected = if sandbox { ("", "") } else { (reads, writes) };
                let told = (class(&tenant, "fetch").await, class(&tenant, "set").await);
                assert_eq!((told.0.as_str(), told.1.as_str()), expected, "{backend:?} {state:?} sandbox: {sandbox}");
            }
            let charged = app.calls(tenant.id).await.into_iter().filter(|row| row.class.is_some() || row.sandbox);
            assert_eq!(charged.map(|row| row.units).sum::<i64>(), 0, "{backend:?}");
        }
    }
}

#[tokio::test]
async fn who_is_refused_is_told_where_a_person_pays() {
    let app = TestApp::start().await;
    let tenant = app.tenant("one").await;
    subscribe(&app, &tenant, &subscription(app.operator.ambient.now(), SubscriptionState::Unpaid)).await;
    let before = app.vendor("probe").script.received();
    let result = tenant.agent.call("probe", "fetch", account()).await;
    let error = &result["_meta"]["error"];
    assert_eq!(error["billing_url"], format!("{}/billing", app.url));
    assert!(result["content"][0]["text"].as_str().unwrap().contains(error["billing_url"].as_str().unwrap()));
    assert_eq!((&result["_meta"]["cost"]["units"], &result["_meta"]["price"]["micros"]), (&json!(0), &json!(0)));
    assert_eq!(app.vendor("probe").script.received(), before, "nothing was sent");
    let row = &app.calls(tenant.id).await[0];
    assert_eq!((row.outcome, row.class.as_deref(), row.units), (Outcome::CallerFault, Some("payment_needed"), 0));
}

#[tokio::test]
async fn a_missing_payment_is_borne_then_nothing_is_changed_then_nothing_is_served() {
    let app = TestApp::start().await;
    let tenant = app.tenant("one").await;
    let now = app.operator.ambient.now();
    let row = Subscription {
        past_due_since: Some(now),
        period_end: now.plus(DAY * 60),
        ..subscription(now, SubscriptionState::PastDue)
    };
    subscribe(&app, &tenant, &row).await;
    for (days, reads, writes) in
        [(0, "", ""), (6, "", ""), (2, "", "read_only"), (5, "", "read_only"), (2, "payment_needed", "payment_needed")]
    {
        app.clock.advance(DAY * days);
        let told = (class(&tenant, "fetch").await, class(&tenant, "set").await);
        assert_eq!((told.0.as_str(), told.1.as_str()), (reads, writes), "after {days} more days");
    }
}

#[tokio::test]
async fn who_has_paid_is_served_at_once() {
    let app = TestApp::start().await;
    let tenant = app.tenant("one").await;
    let late = Subscription {
        past_due_since: Some(app.operator.ambient.now().minus(DAY * 30)),
        ..subscription(app.operator.ambient.now(), SubscriptionState::PastDue)
    };
    for _ in 0..3 {
        subscribe(&app, &tenant, &late).await;
        later(&app);
        assert_eq!(class(&tenant, "fetch").await, "payment_needed");
        subscribe(&app, &tenant, &Subscription { state: SubscriptionState::Active, ..late.clone() }).await;
        assert_eq!(class(&tenant, "fetch").await, "");
    }
}

#[tokio::test]
async fn without_a_subscription_live_calls_are_refused_only_where_one_is_required() {
    for required in [false, true] {
        let app =
            TestApp::start_with(Backend::Sqlite, |settings| settings.payments.subscription_required = required).await;
        let tenant = app.tenant("one").await;
        let expected = if required { "subscription_needed" } else { "" };
        assert_eq!(class(&tenant, "fetch").await, expected);
        let sandboxed = app.unconnected("two").await;
        let form = app.operator.sandboxes.find("probe").unwrap().credential.iter().cloned().collect();
        app.connect_with(sandboxed.id, "probe", Side::Sandbox, form).await.unwrap();
        assert_eq!(class(&sandboxed, "fetch").await, "");
    }
}

#[tokio::test]
async fn a_storm_of_calls_never_passes_a_hard_cap() {
    let app = capped(15).await;
    let tenant = subscribed(&app, "one").await;
    // Twelve of them; three are left, and a call may use up four.
    let echoes = join_all((0..50).map(|_| class(&tenant, "echo"))).await;
    let served = echoes.iter().filter(|class| class.is_empty()).count();
    assert!(echoes.iter().all(|class| class.is_empty() || class == "quota_exhausted"), "{echoes:?}");
    assert!(served <= 3, "{served} of 50 calls were served");
    let used = || async { app.calls(tenant.id).await.iter().map(|row| row.units).sum::<i64>() };
    assert_eq!(used().await, 4 * served as i64);
    // Whoever was refused for the sake of the others may call again.
    while class(&tenant, "echo").await.is_empty() {}
    assert_eq!(used().await, 12);
    let refused = tenant.agent.call("probe", "echo", account()).await;
    let (meta, error) = (&refused["_meta"], &refused["_meta"]["error"]);
    assert_eq!(
        (&meta["quota"]["used"], &meta["quota"]["left"], &meta["quota"]["cap"]),
        (&json!(12), &json!(3), &json!(15))
    );
    assert_eq!(
        (&error["whose_limit"], &error["retry_at"]),
        (&json!("your organisation's plan"), &meta["quota"]["period_ends"])
    );
    assert_eq!(error["billing_url"], format!("{}/billing", app.url));
    // What costs less than is left is served.
    tenant.agent.ok("google-ads", "list_accounts", json!({})).await;
    assert_eq!(used().await, 13);
    let throttled = app.calls(tenant.id).await.into_iter().filter(|row| row.outcome == Outcome::Throttled);
    assert!(throttled.clone().count() >= 47 && throttled.map(|row| row.units).sum::<i64>() == 0);
}

#[tokio::test]
async fn a_call_that_fails_gives_back_what_was_set_aside() {
    let app = capped(4).await;
    let tenant = subscribed(&app, "one").await;
    for _ in 0..5 {
        assert_eq!(class(&tenant, "panic").await, "panic");
    }
    assert_eq!(class(&tenant, "echo").await, "");
    assert_eq!(class(&tenant, "echo").await, "quota_exhausted");
}

#[tokio::test]
async fn a_soft_cap_goes_on_and_the_tenants_own_does_not() {
    let app = TestApp::start_with(Backend::Sqlite, |settings| cap(settings, 4, Cap::Soft)).await;
    let tenant = subscribed(&app, "one").await;
    for _ in 0..3 {
        assert_eq!(class(&tenant, "echo").await, "");
    }
    let rows = app.store().tenant(tenant.id);
    rows.set_usage_cap(Some(16), app.operator.ambient.now()).await.unwrap();
    later(&app);
    assert_eq!(class(&tenant, "echo").await, "");
    let error = tenant.agent.refused("probe", "echo", account()).await;
    assert_eq!(
        (&error["class"], &error["whose_limit"]),
        (&json!("quota_exhausted"), &json!("your organisation's own cap"))
    );
    rows.set_usage_cap(Some(20), app.operator.ambient.now()).await.unwrap();
    assert_eq!(class(&tenant, "echo").await, "", "raised, it holds at once");
    assert_eq!(class(&tenant, "echo").await, "quota_exhausted");
}

#[tokio::test]
async fn the_next_period_begins_by_the_clock_also_when_nobody_has_written_it_down() {
    let app = capped(4).await;
    let tenant = subscribed(&app, "one").await;
    assert_eq!(class(&tenant, "echo").await, "");
    assert_eq!(class(&tenant, "echo").await, "quota_exhausted");
    app.clock.advance(DAY * 20);
    let result = tenant.agent.call("probe", "echo", account()).await;
    assert_eq!((&result["isError"], &result["_meta"]["quota"]["used"]), (&json!(false), &json!(4)));
    assert_eq!(class(&tenant, "echo").await, "quota_exhausted");
}

#[tokio::test]
async fn another_process_learns_what_was_used_from_the_store() {
    let app = capped(8).await;
    let tenant = subscribed(&app, "one").await;
    let (url, _) = app.start_replica().await;
    let elsewhere = Tenant { id: tenant.id, agent: Agent::new(&url, tenant.agent.key()) };
    assert_eq!(class(&tenant, "echo").await, "");
    assert_eq!(class(&elsewhere, "echo").await, "");
    // It may believe for five seconds that four are left; before it refuses, it looks.
    for _ in 0..2 {
        later(&app);
        assert_eq!(class(&tenant, "echo").await, "quota_exhausted");
    }
}

#[tokio::test]
async fn when_the_store_cannot_be_read_nobody_new_is_served() {
    let app = TestApp::start().await;
    let tenant = app.tenant("one").await;
    app.execute_as_owner("ALTER TABLE subscriptions RENAME TO elsewhere").await;
    assert_eq!(class(&tenant, "fetch").await, "subscription_unreadable");
    app.execute_as_owner("ALTER TABLE elsewhere RENAME TO subscriptions").await;
    assert_eq!(class(&tenant, "fetch").await, "");
}
