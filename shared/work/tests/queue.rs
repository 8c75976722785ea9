//! Several workers on one database: `sqlite::…` and `postgres::…` are the same test.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a failing test panics")]

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use tempfile::TempDir;
use tokio::{
    sync::Notify,
    task::JoinHandle,
    time::{Instant, sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use turnpike_store::{Store, WorkItem};
use turnpike_testkit::Postgres;
use turnpike_work::{Kind, Pace, Queue, Worker};

/// How long anything here may take that takes a moment.
const LONG: Duration = Duration::from_secs(30);
const NEVER: Duration = Duration::from_secs(100_000);

/// A migrated database.
struct Database {
    url: String,
    _folder: TempDir,
    _server: Option<Postgres>,
}

impl Database {
    async fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("turnpike.db").display());
        Store::open(&url, 2).await.unwrap().migrate().await.unwrap();
        Self { url, _folder: folder, _server: None }
    }

    async fn postgres() -> Self {
        let server = Postgres::shared().await.unwrap();
        let urls = server.database().await.unwrap();
        let owner = Store::open(&urls.owner_url, 1).await.unwrap();
        owner.migrate().await.unwrap();
        owner.grant_application_role("turnpike_app").await.unwrap();
        Self { url: urls.app_url, _folder: tempfile::tempdir().unwrap(), _server: Some(server) }
    }

    /// As a process of its own has it.
    async fn open(&self) -> Store {
        Store::open(&self.url, 4).await.unwrap()
    }
}

macro_rules! on_both {
    ($(async fn $name:ident($database:ident: Database) $body:block)*) => {
        $(async fn $name($database: Database) $body)*

        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                super::$name(super::Database::sqlite().await).await;
            })*
        }

        mod postgres {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                super::$name(super::Database::postgres().await).await;
            })*
        }
    };
}

/// A worker at work. It is killed when dropped.
struct Running {
    queue: Queue,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Running {
    fn start(store: &Store, name: &str, pace: Pace, kinds: Vec<Kind>) -> Self {
        let (queue, stop) = (Queue::new(store.clone()), CancellationToken::new());
        let worker = Worker::new(store.clone(), queue.clone(), name.into(), kinds).at(pace);
        Self { queue, task: tokio::spawn(worker.run(stop.clone())), stop }
    }

    async fn stop(mut self) {
        self.stop.cancel();
        timeout(LONG, &mut self.task).await.unwrap().unwrap();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn pace() -> Pace {
    Pace { lease: Duration::from_millis(600), look: Duration::from_millis(20), ..Pace::default() }
}

/// The one item that there is.
async fn item(store: &Store) -> WorkItem {
    let (items, _) = store.system().list_work().await.unwrap();
    let [item] = <[WorkItem; 1]>::try_from(items).unwrap();
    item
}

async fn until(store: &Store, what: &str, holds: impl Fn(&WorkItem) -> bool) -> WorkItem {
    let deadline = Instant::now() + LONG;
    loop {
        let (items, _) = store.system().list_work().await.unwrap();
        if let [item] = &items[..]
            && holds(item)
        {
            return item.clone();
        }
        assert!(Instant::now() < deadline, "never {what}: {items:?}");
        sleep(Duration::from_millis(10)).await;
    }
}

/// Counts how often something is done, and how much of it at the same time.
#[derive(Default)]
struct Tally {
    done: AtomicUsize,
    now: AtomicI64,
    most: AtomicI64,
}

impl Tally {
    async fn work(self: Arc<Self>, lasts: Duration) {
        let _here = Here::enter(&self);
        sleep(lasts).await;
        self.done.fetch_add(1, Ordering::SeqCst);
    }

    fn done(&self) -> usize {
        self.done.load(Ordering::SeqCst)
    }
}

/// Also leaves when its work is cut off.
struct Here<'a>(&'a Tally);

impl<'a> Here<'a> {
    fn enter(tally: &'a Tally) -> Self {
        let now = tally.now.fetch_add(1, Ordering::SeqCst) + 1;
        tally.most.fetch_max(now, Ordering::SeqCst);
        Self(tally)
    }
}

impl Drop for Here<'_> {
    fn drop(&mut self) {
        self.0.now.fetch_sub(1, Ordering::SeqCst);
    }
}

fn tallied(name: &'static str, every: Duration, tally: &Arc<Tally>, lasts: Duration) -> Kind {
    let tally = tally.clone();
    Kind::every(name, every, move |_| {
        let tally = tally.clone();
        async move {
            tally.work(lasts).await;
            Ok::<_, String>(())
        }
    })
}

on_both! {
    async fn three_workers_do_each_slot_once(database: Database) {
        let (tally, every) = (Arc::<Tally>::default(), Duration::from_millis(200));
        let mut workers = vec![];
        for name in ["one", "two", "three"] {
            let kinds = vec![tallied("test.slots", every, &tally, Duration::from_millis(5))];
            workers.push(Running::start(&database.open().await, name, pace(), kinds));
        }
        let store = database.open().await;
        let first = {
            let deadline = Instant::now() + LONG;
            while tally.done() == 0 {
                assert!(Instant::now() < deadline);
                sleep(Duration::from_millis(5)).await;
            }
            until(&store, "ended", |item| item.last_ended_at.is_some()).await
        };
        let last = loop {
            let now = item(&store).await;
            if now.fence - first.fence >= 10 && now.leased_until.is_none() {
                break now;
            }
            sleep(Duration::from_millis(20)).await;
        };
        // Each claim began another slot: they lie at least as far apart as the slots that were counted.
        let slot = |item: &WorkItem| item.last_started_at.unwrap().micros() / 200_000;
        let (claims, slots) = (last.fence - first.fence, slot(&last) - slot(&first));
        assert!(claims <= slots && claims >= 10, "{claims} claims in {slots} slots");
        assert_eq!(tally.most.load(Ordering::SeqCst), 1);
        assert_eq!(last.attempts, 0);
    }

    async fn missed_slots_are_one(database: Database) {
        let (store, tally) = (database.open().await, Arc::<Tally>::default());
        store.system().plan_work("test.missed", "", Duration::from_millis(50)).await.unwrap();
        // Nobody works for twenty slots.
        sleep(Duration::from_millis(1000)).await;
        let planned = item(&store).await;
        // From here on it has long slots, so that the ones that follow do not count.
        store.system().plan_work("test.missed", "", NEVER).await.unwrap();
        assert_eq!(item(&store).await.run_at, planned.run_at);
        let _worker = Running::start(&store, "one", pace(), vec![tallied("test.missed", NEVER, &tally, Duration::ZERO)]);
        let ended = until(&store, "ended", |item| item.last_ended_at.is_some() && item.leased_until.is_none()).await;
        assert_eq!((tally.done(), ended.attempts), (1, 0));
        assert!(ended.run_at.unwrap() > ended.last_ended_at.unwrap());
    }

    async fn what_a_killed_process_had_is_taken_over_after_its_lease_and_not_before(database: Database) {
        let store = database.open().await;
        let system = store.system();
        system.add_work("test.once", "acme", Duration::ZERO).await.unwrap();
        let killed = system.claim_work(&["test.once"], "killed", Duration::from_millis(700)).await.unwrap().unwrap();
        let claimed_at = Instant::now();
        assert_eq!(system.claim_work(&["test.once"], "other", LONG).await.unwrap(), None);
        let taken = Arc::new(Notify::new());
        let tell = taken.clone();
        let kind = Kind::on_demand("test.once", move |turn| {
            let tell = tell.clone();
            async move {
                assert_eq!((turn.subject(), turn.attempt()), ("acme", 2));
                assert!(turn.holds().await.unwrap());
                tell.notify_one();
                std::future::pending::<Result<(), String>>().await
            }
        });
        let worker = Running::start(&database.open().await, "heir", pace(), vec![kind]);
        timeout(LONG, taken.notified()).await.unwrap();
        assert!(claimed_at.elapsed() >= Duration::from_millis(650), "after {:?}", claimed_at.elapsed());
        let now = item(&store).await;
        assert_eq!(now.leased_by.as_deref(), Some("heir"));
        assert_eq!(now.last_error.as_deref(), Some("process killed was gone before it ended"));
        // What the killed one would say, were it only slow, is not heard.
        assert!(!system.renew_work(&killed, LONG).await.unwrap());
        assert!(!system.end_work(&killed).await.unwrap());
        assert!(!system.fail_work(&killed, "late", LONG).await.unwrap());
        assert!(!system.release_work(&killed).await.unwrap());
        // For longer than a lease the heir keeps it.
        sleep(Duration::from_millis(1500)).await;
        assert_eq!(item(&store).await.leased_by.as_deref(), Some("heir"));
        drop(worker);
    }

    async fn a_worker_whose_lease_was_lost_stops_before_it_ends_its_work(database: Database) {
        let (store, tally) = (database.open().await, Arc::<Tally>::default());
        let kinds = || vec![tallied("test.lost", NEVER, &tally, Duration::from_millis(1500))];
        let slow = Running::start(&database.open().await, "slow", pace(), kinds());
        until(&store, "planned", |_| true).await;
        slow.queue.hasten("test.lost").await.unwrap();
        // It is leased a moment before it is done.
        let had = until(&store, "begun", |item| item.leased_by.is_some() && tally.now.load(Ordering::SeqCst) == 1).await;
        // As if its lease had run out unnoticed: another one has it now.
        store.system().release_work(&had).await.unwrap();
        let other = store.system().claim_work(&["test.lost"], "other", LONG).await.unwrap().unwrap();
        let deadline = Instant::now() + LONG;
        while tally.now.load(Ordering::SeqCst) > 0 {
            assert!(Instant::now() < deadline, "it goes on without a lease");
            sleep(Duration::from_millis(5)).await;
        }
        assert_eq!(tally.done(), 0);
        let now = item(&store).await;
        assert_eq!((now.fence, now.leased_by.as_deref()), (other.fence, Some("other")));
        assert!(store.system().end_work(&other).await.unwrap());
    }

    async fn what_fails_or_panics_is_shown_and_tried_again_with_growing_waits(database: Database) {
        let (store, times) = (database.open().await, Arc::new(AtomicUsize::new(0)));
        let count = times.clone();
        let kind = Kind::on_demand("test.fails", move |_| {
            let time = count.fetch_add(1, Ordering::SeqCst);
            async move {
                match time {
                    0 => Err("the vendor is out"),
                    1 => panic!("a bug"),
                    _ => Ok(()),
                }
            }
        });
        let fine = Arc::<Tally>::default();
        let beside = tallied("test.fine", NEVER, &fine, Duration::ZERO);
        let worker = Running::start(&store, "one", pace(), vec![kind, beside]);
        worker.queue.add("test.fails", "").await.unwrap();
        let find = |error: &'static str| {
            let store = store.clone();
            async move {
                let deadline = Instant::now() + LONG;
                loop {
                    let (items, now) = store.system().list_work().await.unwrap();
                    let found = items.into_iter().find(|item| item.last_error.as_deref() == Some(error));
                    if let Some(item) = found.filter(|item| item.leased_until.is_none()) {
                        return (item.attempts, item.run_at.unwrap().since(now));
                    }
                    assert!(Instant::now() < deadline, "never: {error}");
                    sleep(Duration::from_millis(5)).await;
                }
            }
        };
        let (attempts, wait) = find("the vendor is out").await;
        assert!(attempts == 1 && wait <= Duration::from_secs(1) && wait > Duration::from_millis(500), "{attempts} {wait:?}");
        let (attempts, wait) = find("it panicked: a bug").await;
        assert!(attempts == 2 && wait <= Duration::from_secs(2) && wait > Duration::from_millis(1500), "{attempts} {wait:?}");
        worker.queue.hasten("test.fine").await.unwrap();
        worker.queue.hasten("test.fails").await.unwrap();
        // It is over, and the other kind goes on.
        until(&store, "over", |item| item.kind == "test.fine" && item.last_ended_at.is_some()).await;
        assert_eq!((times.load(Ordering::SeqCst), fine.done()), (3, 1));
    }

    async fn what_is_asked_for_while_it_is_done_is_done_once_more(database: Database) {
        let (store, tally) = (database.open().await, Arc::<Tally>::default());
        let worker =
            Running::start(&store, "one", pace(), vec![tallied("test.again", NEVER, &tally, Duration::from_millis(300))]);
        until(&store, "planned", |_| true).await;
        worker.queue.hasten("test.again").await.unwrap();
        until(&store, "begun", |item| item.leased_until.is_some()).await;
        worker.queue.hasten("test.again").await.unwrap();
        worker.queue.hasten("test.again").await.unwrap();
        until(&store, "done twice", |item| tally.done() == 2 && item.leased_until.is_none()).await;
        sleep(Duration::from_millis(200)).await;
        assert_eq!((tally.done(), tally.most.load(Ordering::SeqCst)), (2, 1));
    }

    async fn a_worker_that_stops_lets_short_work_end_and_gives_long_work_back(database: Database) {
        let (store, short, long) = (database.open().await, Arc::<Tally>::default(), Arc::<Tally>::default());
        let pace = Pace { patience: Duration::from_millis(400), ..pace() };
        let kinds = vec![
            tallied("test.long", NEVER, &long, NEVER),
            tallied("test.short", NEVER, &short, Duration::from_millis(150)),
        ];
        let worker = Running::start(&store, "one", pace, kinds);
        let deadline = Instant::now() + LONG;
        while store.system().list_work().await.unwrap().0.len() < 2 {
            assert!(Instant::now() < deadline);
            sleep(Duration::from_millis(5)).await;
        }
        worker.queue.hasten("test.long").await.unwrap();
        worker.queue.hasten("test.short").await.unwrap();
        while long.now.load(Ordering::SeqCst) + short.now.load(Ordering::SeqCst) < 2 {
            assert!(Instant::now() < deadline);
            sleep(Duration::from_millis(5)).await;
        }
        worker.stop().await;
        let (items, now) = store.system().list_work().await.unwrap();
        assert!(items.iter().all(|item| item.leased_until.is_none() && item.attempts == 0), "{items:?}");
        assert_eq!((short.done(), long.done()), (1, 0));
        // Another one may go on at once.
        assert!(items[0].run_at.unwrap() <= now && items[1].run_at.unwrap() > now);
    }
}
