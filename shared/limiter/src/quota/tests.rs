use std::collections::BTreeMap;

use proptest::prelude::*;
use turnpike_testkit::Redis as Server;

use super::*;

const HOUR: Duration = Duration::from_secs(3600);

fn allowance(operations: u64, reserve_percent: u8) -> Allowance {
    Allowance { operations, window: 24 * HOUR, reserve_percent }
}

fn ask<'a>(allowance: &'a Allowance, tenant: &'a str, operations: u64) -> Ask<'a> {
    Ask { app: "ads https://ads.example app", allowance, tenant, operations }
}

fn at(minutes: u64) -> Timestamp {
    Timestamp::from_micros(1_763_000_000_000_000).plus(Duration::from_secs(60 * minutes))
}

/// A verdict that can be compared: the bucket, or how things stand and the milliseconds to wait.
fn plain(verdict: Verdict) -> Result<i64, (Standing, Option<i64>)> {
    match verdict {
        Verdict::Drawn(bucket) => Ok(bucket),
        Verdict::Refused(standing, wait) => Err((standing, wait)),
    }
}

fn draw(memory: &Memory, allowance: &Allowance, tenant: &str, operations: u64, now: Timestamp) -> bool {
    matches!(memory.draw(ask(allowance, tenant, operations), now), Verdict::Drawn(_))
}

#[test]
fn a_greedy_tenant_takes_what_is_free_and_no_more() {
    let (memory, allowance) = (Memory::default(), allowance(100, 50));
    for modest in ["b", "c", "d", "e"] {
        assert!(draw(&memory, &allowance, modest, 1, at(0)));
    }
    assert!(draw(&memory, &allowance, "a", 1, at(0)));
    let taken = 1 + (0..200).filter(|_| draw(&memory, &allowance, "a", 1, at(1))).count();
    // Each of five has 10; of the four others nine are unused.
    assert_eq!(taken, 100 - 4 - 4 * 9);
    for modest in ["b", "c", "d", "e"] {
        assert_eq!(
            (0..200).filter(|_| draw(&memory, &allowance, modest, 1, at(2))).count(),
            9,
            "{modest} has its share"
        );
    }
}

#[test]
fn a_tenant_with_an_app_of_its_own_has_the_whole_quota() {
    let (memory, allowance) = (Memory::default(), allowance(100, 50));
    assert_eq!((0..200).filter(|_| draw(&memory, &allowance, "a", 1, at(0))).count(), 100);
}

#[test]
fn a_newcomer_gets_a_share_as_soon_as_anything_frees() {
    let (memory, allowance) = (Memory::default(), allowance(100, 50));
    (0..40).for_each(|_| assert!(draw(&memory, &allowance, "a", 1, at(0))));
    (0..60).for_each(|_| assert!(draw(&memory, &allowance, "a", 1, at(120))));
    let Err((standing, Some(wait))) = plain(memory.draw(ask(&allowance, "new", 1), at(180))) else {
        panic!("it is used up to the last");
    };
    assert_eq!((standing.used, standing.own_used, standing.own_reserve, standing.tenants), (100, 0, 25, 2));
    let free = at(180).plus(Duration::from_millis(u64::try_from(wait).unwrap()));
    assert!(free <= at(25 * 60), "what was used in the first hour frees within 25");
    // The greedy one is there first, and must leave it its share.
    assert_eq!((0..200).filter(|_| draw(&memory, &allowance, "a", 1, free)).count(), 15);
    assert_eq!((0..200).filter(|_| draw(&memory, &allowance, "new", 1, free)).count(), 25);
}

#[test]
fn a_tenant_that_does_not_ask_for_a_month_leaves_its_share_to_the_others() {
    let (memory, allowance) = (Memory::default(), allowance(100, 100));
    assert!(draw(&memory, &allowance, "gone", 1, at(0)));
    assert_eq!((0..200).filter(|_| draw(&memory, &allowance, "a", 1, at(29 * 24 * 60))).count(), 50);
    assert_eq!((0..200).filter(|_| draw(&memory, &allowance, "a", 1, at(31 * 24 * 60))).count(), 100);
}

#[test]
fn what_was_not_sent_is_given_back_and_what_costs_nothing_is_never_refused_below_the_quota() {
    let (memory, allowance) = (Memory::default(), allowance(10, 0));
    let Verdict::Drawn(bucket) = memory.draw(ask(&allowance, "a", 10), at(0)) else { panic!("it fits") };
    assert!(!draw(&memory, &allowance, "a", 1, at(1)) && draw(&memory, &allowance, "a", 0, at(1)));
    let app = ask(&allowance, "a", 10).app.to_owned();
    memory.give_back(&Drawn { app, tenant: "a".into(), operations: 10, bucket, shared: false });
    assert!(draw(&memory, &allowance, "a", 10, at(2)));
}

#[test]
fn more_at_once_than_can_ever_be_had_has_no_instant_from_which_it_can() {
    let (memory, allowance) = (Memory::default(), allowance(100, 50));
    assert!(draw(&memory, &allowance, "a", 1, at(0)) && draw(&memory, &allowance, "b", 1, at(0)));
    let (_, wait) = plain(memory.draw(ask(&allowance, "a", 76), at(1))).unwrap_err();
    assert_eq!(wait, None);
    let (_, wait) = plain(memory.draw(ask(&allowance, "a", 75), at(1))).unwrap_err();
    assert!(wait.is_some());
}

/// Asks of five tenants: minutes since the one before, whose, how much.
fn asks(longest_pause: u64) -> impl Strategy<Value = Vec<(u64, usize, u64)>> {
    prop::collection::vec((0..=longest_pause, 0usize..5, 0u64..6), 1..300)
}

const TENANTS: [&str; 5] = ["a", "b", "c", "d", "e"];

proptest! {
    #[test]
    fn who_is_below_its_reserve_is_served_and_no_window_has_more_than_the_quota(
        trace in asks(90), quota in 20u64..200, percent in 0u8..=100,
    ) {
        let (memory, allowance) = (Memory::default(), allowance(quota, percent));
        let reserve = quota * u64::from(percent) / 100 / 5;
        TENANTS.iter().for_each(|tenant| assert!(draw(&memory, &allowance, tenant, 0, at(0))));
        let (mut now, mut sent) = (at(0), Vec::<(Timestamp, usize, u64)>::new());
        for (pause, tenant, operations) in trace {
            now = now.plus(Duration::from_secs(60 * pause));
            match plain(memory.draw(ask(&allowance, TENANTS[tenant], operations), now)) {
                Ok(_) => sent.push((now, tenant, operations)),
                Err((standing, _)) => prop_assert!(standing.own_used + operations > reserve, "{standing:?}"),
            }
            let in_window = sent.iter().filter(|(at, ..)| at.plus(24 * HOUR) > now);
            prop_assert!(in_window.map(|(_, _, operations)| operations).sum::<u64>() <= quota);
        }
    }

    #[test]
    fn newcomers_never_lead_beyond_the_quota(trace in asks(90), quota in 20u64..200, percent in 0u8..=100) {
        let (memory, allowance) = (Memory::default(), allowance(quota, percent));
        let (mut now, mut sent) = (at(0), Vec::<(Timestamp, u64)>::new());
        for (pause, tenant, operations) in trace {
            now = now.plus(Duration::from_secs(60 * pause));
            match plain(memory.draw(ask(&allowance, TENANTS[tenant], operations), now)) {
                Ok(_) => sent.push((now, operations)),
                Err((standing, _)) => prop_assert!(
                    standing.own_used + operations > standing.own_reserve || standing.used + operations > quota
                ),
            }
            let in_window = sent.iter().filter(|(at, _)| at.plus(24 * HOUR) > now);
            prop_assert!(in_window.map(|(_, operations)| operations).sum::<u64>() <= quota);
        }
    }

    #[test]
    fn whoever_waits_until_the_named_instant_is_served_and_not_a_moment_before(
        trace in asks(60), quota in 20u64..60, percent in 0u8..=100,
    ) {
        let (memory, allowance) = (Memory::default(), allowance(quota, percent));
        let mut now = at(0);
        for (pause, tenant, operations) in trace {
            now = now.plus(Duration::from_secs(60 * pause));
            let wanted = ask(&allowance, TENANTS[tenant], operations);
            let Err((_, Some(wait))) = plain(memory.draw(wanted, now)) else { continue };
            let then = now.plus(Duration::from_millis(u64::try_from(wait).unwrap()));
            prop_assert!(plain(memory.draw(wanted, then.minus(Duration::from_millis(1)))).is_err());
            prop_assert!(plain(memory.draw(wanted, then)).is_ok());
            now = then;
        }
    }
}

#[tokio::test]
async fn redis_answers_as_memory_does_on_a_recorded_trace() {
    let server = Server::start().await.unwrap();
    let shared = Shared::new(Redis::open(&server.url().into()).unwrap());
    let (memory, allowance) = (Memory::default(), allowance(60, 40));
    // A fixed sequence: what it is matters less than that it meets every branch.
    let mut state = 7u64;
    let mut next = |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let (mut now, mut drawn, mut refused) = (at(0), 0, 0);
    for step in 0..2000 {
        now = now.plus(Duration::from_millis(next(40 * 60_000)));
        let tenant = TENANTS[usize::try_from(next(5).min(next(5))).unwrap()];
        let wanted = ask(&allowance, tenant, next(6));
        let here = plain(memory.draw(wanted, now));
        let there = plain(shared.draw(wanted, Some(now)).await.unwrap());
        assert_eq!(here, there, "step {step}, {tenant}, {} operations", wanted.operations);
        match here {
            Ok(bucket) if next(10) == 0 => {
                let (app, operations) = (wanted.app.into(), wanted.operations);
                let drawn = Drawn { app, tenant: tenant.into(), operations, bucket, shared: true };
                memory.give_back(&drawn);
                shared.give_back(&drawn).await.unwrap();
            }
            Ok(_) => drawn += 1,
            Err(_) => refused += 1,
        }
        if step % 100 == 0 {
            let sorted = |mut all: Vec<AppUsage>| {
                all.iter_mut().for_each(|app| app.tenants.sort());
                all
            };
            assert_eq!(sorted(memory.list(now)), sorted(shared.list(Some(now)).await.unwrap()));
        }
    }
    println!("2000 asks answered alike by memory and Redis: {drawn} drawn, {refused} refused");
    assert!(drawn > 500 && refused > 300, "{drawn} drawn, {refused} refused");
}

#[tokio::test]
async fn three_processes_share_one_quota_and_everybody_gets_a_share() {
    let server = Server::start().await.unwrap();
    let process = || QuotaBroker::new(Some(Redis::open(&server.url().into()).unwrap()), WhenGone::Refuse);
    let processes = [process(), process(), process()];
    let (allowance, now) = (allowance(300, 50), at(0));
    for tenant in TENANTS {
        let _ = processes[0].draw("app", &allowance, tenant, 0, now).await.unwrap();
    }
    let greedy = async |process: &QuotaBroker, tenant: &str, times: usize| {
        let mut served = 0;
        for _ in 0..times {
            served += usize::from(process.draw("app", &allowance, tenant, 1, now).await.is_ok());
        }
        served
    };
    // One wants all of it from everywhere, while another takes its share a little later.
    let (one, two, three, modest) = tokio::join!(
        greedy(&processes[0], "a", 300),
        greedy(&processes[1], "a", 300),
        greedy(&processes[2], "a", 300),
        greedy(&processes[1], "b", 30),
    );
    assert_eq!((one + two + three, modest), (300 - 4 * 30, 30));
    for tenant in ["c", "d", "e"] {
        assert_eq!(greedy(&processes[2], tenant, 40).await, 30, "{tenant} has its share");
    }
    let listed = processes[1].list(now).await;
    let used: BTreeMap<_, _> = listed[0].tenants.iter().cloned().collect();
    println!("300 operations by tenant: {used:?}");
    assert_eq!((listed.len(), listed[0].operations, listed[0].reserve, used.values().sum::<u64>()), (1, 300, 30, 300));
}

#[tokio::test]
async fn in_redis_too_what_was_used_frees_when_it_was_said_to() {
    let server = Server::start().await.unwrap();
    let broker = QuotaBroker::new(Some(Redis::open(&server.url().into()).unwrap()), WhenGone::Refuse);
    let allowance = Allowance { operations: 3, window: Duration::from_millis(2400), reserve_percent: 50 };
    let now = || turnpike_core::Ambient::system().now();
    for _ in 0..3 {
        let _ = broker.draw("app", &allowance, "a", 1, now()).await.unwrap();
    }
    let Err(Refused::UsedUp { retry_at: Some(retry_at), .. }) = broker.draw("app", &allowance, "a", 1, now()).await
    else {
        panic!("the fourth of three fits");
    };
    tokio::time::sleep(retry_at.since(now())).await;
    let _ = broker.draw("app", &allowance, "a", 1, now()).await.unwrap();
}

#[tokio::test]
async fn without_redis_each_process_counts_for_itself_or_refuses() {
    let mut server = Server::start().await.unwrap();
    let broker = |when_gone| QuotaBroker::new(Some(Redis::open(&server.url().into()).unwrap()), when_gone);
    let (local, refuse) = (broker(WhenGone::CountAlone), broker(WhenGone::Refuse));
    let (allowance, now) = (allowance(10, 50), at(0));
    for _ in 0..4 {
        let _ = local.draw("app", &allowance, "a", 1, now).await.unwrap();
    }
    server.kill();
    assert_eq!(refuse.draw("app", &allowance, "a", 1, now).await, Err(Refused::Uncounted));
    let mut served = 0;
    for _ in 0..20 {
        served += usize::from(local.draw("app", &allowance, "a", 1, now).await.is_ok());
    }
    assert_eq!(served, 6, "it knows what it has drawn before");
}
