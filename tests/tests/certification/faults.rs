//! What goes wrong at a vendor, scripted in each sandbox: its class, what the agent is told to do, and how often the vendor is
//! asked again before it can be better.

use futures_util::future::join_all;
use turnpike_sdk::{Behaviour, Integration};
use turnpike_tests::tour::first_read;

use crate::scene::{certified, start_alone};

/// Calls that an agent which does not listen makes after the first refusal.
const STUBBORN: usize = 20;
/// What they may cost the vendor.
const FURTHER: u64 = 3;

#[tokio::test]
async fn each_fault_has_its_class_its_next_step_and_an_end_to_asking() {
    println!("{:<14} {:<14} {:<17} asked first, then by {STUBBORN} more calls", "", "fault", "class");
    // Side by side: most of the time is pauses between attempts.
    join_all(certified().iter().map(meet_all)).await;
}

async fn meet_all(integration: &Integration) {
    for (fault, behaviour, class, waits) in [
        ("storm", Behaviour::Storm { seconds: 90 }, "rate_storm", true),
        ("daily quota", Behaviour::QuotaDaily { seconds: 7200 }, "quota_daily", true),
        ("revoked", Behaviour::Revoked, "reconnect_needed", false),
        ("dead version", Behaviour::VersionDead, "version_dead", false),
        ("HTML 500", Behaviour::Html500, "upstream", false),
        ("cut-off body", Behaviour::Reset, "upstream", false),
        ("no JSON", Behaviour::Garbage, "upstream", false),
    ] {
        let (first, further) = meet(integration, behaviour, class, waits).await;
        println!("{:<14} {fault:<14} {class:<17} {first}, {further}", integration.manifest.name);
        assert!(further <= FURTHER, "{} {fault}: asked {further} times more", integration.manifest.name);
    }
}

/// The class of the fault and its words are checked; gives what the first call cost the vendor, and what the others did.
async fn meet(integration: &Integration, behaviour: Behaviour, class: &str, waits: bool) -> (u64, u64) {
    let name = integration.manifest.name;
    let app = start_alone(name).await;
    let tenant = app.tenant("one").await;
    let script = &app.vendor(name).script;
    let read = first_read(integration, &tenant.agent, || script.received()).await;
    let call = || tenant.agent.refused(name, read.tool, read.arguments.clone());
    app.clock.advance(integration.manifest.auth.settles_in());

    script.next(1000, behaviour);
    let before = script.received();
    let error = call().await;
    assert_eq!(error["class"], class, "{name} {behaviour:?}: {error}");
    assert_eq!(error["retry_at"].is_string(), waits, "{name} {behaviour:?}: {error}");
    assert!(error["next_step"].as_str().is_some_and(|step| step.len() > 10), "{name} {behaviour:?}: {error}");
    assert!(!error.to_string().contains("<html>"), "{name}: {error}");
    let first = script.received() - before;
    for _ in 0..STUBBORN {
        call().await;
    }
    (first, script.received() - before - first)
}

#[tokio::test]
async fn an_expired_access_token_is_renewed_once_and_the_agent_sees_nothing_of_it() {
    for integration in certified() {
        let name = integration.manifest.name;
        let app = start_alone(name).await;
        let tenant = app.tenant("one").await;
        let vendor = app.vendor(name);
        let Some(tokens) = &vendor.tokens else { continue };
        let read = first_read(&integration, &tenant.agent, || vendor.script.received()).await;
        let before = tokens.refreshes();
        tokens.expire_all();
        tenant.agent.ok(name, read.tool, read.arguments.clone()).await;
        assert_eq!(tokens.refreshes() - before, 1, "{name}");
        // A vendor that goes on saying so is not asked for token after token.
        vendor.script.next(1000, Behaviour::ExpiredToken);
        for _ in 0..STUBBORN {
            tenant.agent.refused(name, read.tool, read.arguments.clone()).await;
        }
        assert!(tokens.refreshes() - before <= 1 + FURTHER, "{name}: {} refreshes", tokens.refreshes() - before);
    }
}

#[tokio::test]
async fn what_a_caller_may_not_do_stops_no_other_caller() {
    for integration in certified() {
        let name = integration.manifest.name;
        let app = start_alone(name).await;
        let (one, two) = (app.tenant("one").await, app.tenant("two").await);
        let vendor = app.vendor(name);
        let read = first_read(&integration, &one.agent, || vendor.script.received()).await;
        for _ in 0..STUBBORN {
            vendor.script.next(1, Behaviour::Permission);
            let error = one.agent.refused(name, read.tool, read.arguments.clone()).await;
            assert_eq!(error["class"], "permission", "{name}: {error}");
        }
        vendor.script.clear();
        two.agent.ok(name, read.tool, read.arguments.clone()).await;
    }
}

#[tokio::test]
async fn a_token_that_is_not_known_everywhere_yet_is_no_reason_to_reconnect() {
    for integration in certified() {
        let (name, settles_in) = (integration.manifest.name, integration.manifest.auth.settles_in());
        if settles_in.is_zero() {
            continue;
        }
        let app = start_alone(name).await;
        let tenant = app.tenant("one").await;
        let script = &app.vendor(name).script;
        let read = first_read(&integration, &tenant.agent, || script.received()).await;
        script.next(1000, Behaviour::Revoked);
        let error = tenant.agent.refused(name, read.tool, read.arguments.clone()).await;
        assert_eq!(error["class"], "upstream", "{name}: {error}");
        let before = script.received();
        for _ in 0..STUBBORN {
            tenant.agent.refused(name, read.tool, read.arguments.clone()).await;
        }
        assert!(script.received() - before <= FURTHER, "{name}: asked {} times more", script.received() - before);
        script.clear();
        app.clock.advance(settles_in);
        tenant.agent.ok(name, read.tool, read.arguments.clone()).await;
    }
}
