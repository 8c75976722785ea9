//! Several processes that draw from one bucket, each with a clock of its own.

use std::time::Instant;

use turnpike_testkit::Redis as Server;

use super::*;

const HOUR: Duration = Duration::from_secs(3600);
const LASTING: Duration = Duration::from_secs(5);
/// Calls a second, and at once.
const RATE: u32 = 100;
const BURST: u32 = 50;

/// What a replica's clock makes of the right time.
type Turned = fn(Timestamp) -> Timestamp;

/// Calls that were admitted and refused, and the longest wait that was told.
async fn hammer(limiter: Limiter, begun: Instant, clock: Turned) -> (u32, u32, Duration) {
    let buckets = [bucket(Whose::Tool, 60 * RATE, BURST), bucket(Whose::Tenant, 600_000, 100_000)];
    let (mut admitted, mut refused, mut longest) = (0, 0, Duration::ZERO);
    while begun.elapsed() < LASTING {
        let now = clock(Ambient::system().now());
        match limiter.admit("t", &buckets, now).await {
            Ok(()) => admitted += 1,
            Err(NotAdmitted::Empty(refusal)) => {
                assert_eq!(refusal.whose, Whose::Tool);
                assert!(refusal.retry_at > now, "by its own clock it is not over yet");
                longest = longest.max(refusal.retry_at.since(now));
                refused += 1;
            }
            // Redis took too long, on a machine with much to do: nothing is let through, and the others go on.
            Err(NotAdmitted::Unreadable(_)) => refused += 1,
        }
    }
    (admitted, refused, longest)
}

#[tokio::test(flavor = "multi_thread")]
async fn three_replicas_with_wrong_clocks_admit_what_one_would() {
    let server = Server::start().await.unwrap();
    // A connection each, as processes have.
    let limiter = || Limiter::shared(Redis::open(&server.url().into()).unwrap(), WhenGone::Refuse);
    let clocks: [(&str, Turned); 3] =
        [("right", |now| now), ("an hour ahead", |now| now.plus(HOUR)), ("an hour behind", |now| now.minus(HOUR))];
    let begun = Instant::now();
    let replicas = clocks.map(|(name, clock)| (name, tokio::spawn(hammer(limiter(), begun, clock))));
    let (mut all, mut asked) = (0, 0);
    println!("| clock of the replica | admitted | refused | longest wait told |\n|---|---|---|---|");
    for (name, replica) in replicas {
        let (admitted, refused, longest) = replica.await.unwrap();
        println!("| {name} | {admitted} | {refused} | {longest:?} |");
        assert!(longest <= Duration::from_millis(11), "one comes free every 10 ms");
        all += admitted;
        asked += admitted + refused;
    }
    let lasted = begun.elapsed();
    let should = f64::from(BURST) + lasted.as_secs_f64() * f64::from(RATE);
    let off = 100.0 * (f64::from(all) / should - 1.0);
    println!("| all | {all} | should be {should:.1} | off by {off:+.2} % |");
    println!("{asked} calls in {lasted:?}: {:?} a call of three replicas at once", lasted * 3 / asked);
    assert!(off.abs() < 1.0, "{all} were admitted and not {should}");
}

/// What the script costs one call after the other, with the three buckets of a `tools/call`.
#[tokio::test]
async fn a_draw_costs_a_round_trip() {
    let server = Server::start().await.unwrap();
    let limiter = Limiter::shared(Redis::open(&server.url().into()).unwrap(), WhenGone::Refuse);
    let buckets = [Whose::Tool, Whose::Tenant, Whose::Principal].map(|whose| bucket(whose, 6_000_000, 100_000));
    limiter.admit("t", &buckets, at(0)).await.unwrap();
    let mut took = Vec::new();
    for _ in 0..2000 {
        let begun = Instant::now();
        limiter.admit("t", &buckets, at(0)).await.unwrap();
        took.push(begun.elapsed());
    }
    took.sort();
    println!("a draw from three buckets: median {:?}, 99th of a hundred {:?}", took[1000], took[1980]);
    assert!(took[1000] < Duration::from_millis(50), "{:?}", took[1000]);
}
