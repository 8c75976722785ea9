//! Whatever is cut off, repeated, delayed or lost on the way: in the end Stripe has counted what the ledger says, once.

use std::{
    future::{Future, poll_fn},
    ops::Range,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::Poll,
    time::Duration,
};

use futures_util::future::{BoxFuture, FutureExt as _, join};
use tempfile::TempDir;
use turnpike_billing::{
    Billing, BillingError,
    usage::{Delivery, LateCharge, UsageEvent, UsageSink},
};
use turnpike_core::{TenantId, Timestamp};
use turnpike_fake_stripe::Fault;
use turnpike_store::{BatchState, Store};

use crate::world::{DAY, HOUR, MINUTE, Place, START, World};

/// So many worlds go wrong, each in its own way, in each of five tests.
const RUNS: u64 = 200;

/// So many of them a second time, with the mutation.
const MUTATED: u64 = 100;

const FAULTS: [Fault; 6] = [
    Fault::TimeoutAfterCommit,
    Fault::TimeoutBeforeCommit,
    Fault::Status500After,
    Fault::Status500Before,
    Fault::TooManyRequests,
    Fault::Status(503),
];

mod stripe_counts_what_the_ledger_says_whatever_goes_wrong {
    use super::{RUNS, differing};

    /// Each seed is a run of its own; the parts only let several cores work.
    macro_rules! parts {
        ($($name:ident: $part:literal;)*) => {$(
            #[test]
            fn $name() {
                let wrong = differing($part * RUNS..($part + 1) * RUNS, false);
                assert!(wrong.is_empty(), "seeds of the runs that differ: {wrong:?}");
            }
        )*};
    }

    parts! {
        in_the_first_runs: 0;
        in_the_second_runs: 1;
        in_the_third_runs: 2;
        in_the_fourth_runs: 3;
        in_the_last_runs: 4;
    }
}

#[test]
fn without_the_identifier_it_does_not() {
    let wrong = differing(0..MUTATED, true);
    let (count, said) = (wrong.len(), "runs differ without the identifier");
    std::io::Write::write_fmt(&mut std::io::stdout(), format_args!("{count} of {MUTATED} {said}\n")).unwrap();
    assert!(count > 0, "the runs above prove nothing");
}

/// The seeds of the runs after which the sums differ.
fn differing(seeds: Range<u64>, forgetful: bool) -> Vec<u64> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let template = runtime.block_on(template());
    seeds.filter(|seed| !runtime.block_on(run(template.path(), *seed, forgetful))).collect()
}

/// A folder in memory, where there is one: thousands of small transactions need not wait for a disk.
fn folder() -> TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

/// A migrated file to copy.
async fn template() -> TempDir {
    let folder = folder();
    let store = Store::open(&format!("sqlite:{}", folder.path().join("turnpike.db").display()), 1).await.unwrap();
    store.migrate().await.unwrap();
    folder
}

/// Calls, faults, two workers that are cut off anywhere, and a clock that jumps; then peace. Whether the sums agree.
async fn run(template: &Path, seed: u64, forgetful: bool) -> bool {
    let copy = folder();
    for file in std::fs::read_dir(template).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), copy.path().join(file.file_name())).unwrap();
    }
    let it = World::seeded(Place::folder(copy), seed).await;
    let chance = |of: u64| it.random() % of;
    let mut customers = vec![];
    for _ in 0..2 {
        let (tenant, customer) = it.tenant().await;
        if chance(2) == 0 {
            let mut subscription = it.subscription(Some(&customer));
            subscription.period_end = START.plus(MINUTE * 90);
            it.rows(tenant).set_subscription(&subscription).await.unwrap();
        }
        customers.push((tenant, customer));
    }
    it.fake.set_summary_lag(i64::try_from(chance(3600)).unwrap());
    let workers = match forgetful {
        false => [it.billing.clone(), it.beside().await],
        true => [it.beside().await, it.beside().await],
    };
    if forgetful {
        for worker in &workers {
            let sink = Forgetful { billing: it.billing.clone(), sent: AtomicU64::new(chance(u64::MAX)) };
            worker.send_usage_to(Arc::new(sink));
        }
    }
    for _ in 0..5 + chance(4) {
        for _ in 0..chance(4) {
            let (tenant, _) = &customers[usize::try_from(chance(2)).unwrap()];
            let before = Duration::from_secs(chance(3 * 3600));
            it.call(*tenant, it.now().minus(before), 1 + i64::try_from(chance(10)).unwrap()).await;
        }
        it.advance(
            [MINUTE, MINUTE * 7, HOUR, HOUR * 3, HOUR * 23, HOUR * 25, DAY * 3][usize::try_from(chance(7)).unwrap()],
        )
        .await;
        for _ in 0..chance(4) {
            it.fake.fail_next("meter_events", FAULTS[usize::try_from(chance(6)).unwrap()], 1);
        }
        let crash = || if chance(3) == 0 { usize::MAX } else { usize::try_from(chance(60)).unwrap() };
        let [one, other] = &workers;
        join(until_cut_off(crash(), work(one, it.now())), until_cut_off(crash(), work(other, it.now()))).await;
        // What was sent before the cut arrives: no network keeps a request for hours.
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
    }
    settle_down(&it, &workers[0], &customers).await;
    agrees(&it, &customers, seed.is_multiple_of(10)).await
}

/// One round of a worker. What goes wrong is tried again in the next.
async fn work(billing: &Billing, now: Timestamp) {
    let _ = billing.seal_usage(now).await;
    let _ = billing.send_usage().await;
}

/// Stops a future for good when it has been woken so often: as a process that is killed between any two steps.
async fn until_cut_off<T>(wakes: usize, future: impl Future<Output = T>) -> Option<T> {
    let (mut future, mut left) = (Box::pin(future), wakes);
    poll_fn(move |context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        future.as_mut().poll(context).map(Some)
    })
    .await
}

/// Goes on without faults until nothing is under way.
async fn settle_down(it: &World, worker: &Billing, customers: &[(TenantId, String)]) {
    for _ in 0..40 {
        it.advance(HOUR * 2).await;
        work(worker, it.now()).await;
        let mut open = 0;
        for (tenant, _) in customers {
            let states = it.states(*tenant).await;
            open += states.iter().filter(|state| **state != BatchState::Accepted).count();
        }
        // What was used last is sealed by then.
        if open == 0 && it.billing.seal_usage(it.now()).await.unwrap() == 0 {
            return;
        }
    }
}

/// Stripe's sums, by the hour, are those of the ledger. The proof finds the same, and takes longer to say it.
async fn agrees(it: &World, customers: &[(TenantId, String)], prove: bool) -> bool {
    it.advance(HOUR * 3).await;
    let mut same = true;
    for (tenant, customer) in customers {
        let mut used = 0;
        for hour in it.rows(*tenant).list_used_hours(START.minus(DAY), it.now()).await.unwrap() {
            let second = hour.hour.micros() / 1_000_000;
            same &= it.fake.meter_total(customer, second, second + 3_600) == hour.units;
            used += hour.units;
        }
        same &= it.counted(customer) == used;
    }
    if prove {
        assert_eq!(it.prove().await.differences.is_empty(), same);
    }
    same
}

/// Sends each attempt under another identifier: the mutation.
struct Forgetful {
    billing: Billing,
    sent: AtomicU64,
}

impl UsageSink for Forgetful {
    fn send<'a>(&'a self, event: &'a UsageEvent) -> BoxFuture<'a, Delivery> {
        async move {
            let identifier = format!("any:{}", self.sent.fetch_add(1, Ordering::SeqCst));
            self.billing.usage_sink().unwrap().send(&UsageEvent { identifier, ..event.clone() }).await
        }
        .boxed()
    }

    fn charge<'a>(&'a self, late: &'a LateCharge) -> BoxFuture<'a, Delivery> {
        self.billing.usage_sink().unwrap().charge(late)
    }

    fn sums<'a>(
        &'a self,
        customer: &'a str,
        since: Timestamp,
        until: Timestamp,
    ) -> BoxFuture<'a, Result<Vec<(Timestamp, i64)>, BillingError>> {
        self.billing.usage_sink().unwrap().sums(customer, since, until)
    }
}
