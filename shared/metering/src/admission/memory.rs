//! What a process remembers of each tenant between two looks at the store.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use tokio::time::timeout;
use turnpike_core::{TenantId, Timestamp};
use turnpike_store::StoreError;

use super::{
    Denied,
    reservation::{Reservation, Terms},
};

/// With more than so many tenants, those are forgotten that have no call under way.
const MANY: usize = 10_000;

/// A subscription's terms, and the units used in its period; none for a tenant without one.
pub(super) type Found = Option<(Terms, i64)>;

/// All tenants that have called.
#[derive(Default)]
pub(super) struct Memory(Mutex<HashMap<TenantId, Arc<Remembered>>>);

/// One tenant.
#[derive(Default)]
pub(super) struct Remembered {
    present: Mutex<Present>,
    /// When the last reading began, and whether it came to an end. Held while one is under way.
    reading: tokio::sync::Mutex<Option<(Instant, bool)>>,
}

#[derive(Default)]
struct Present {
    /// When it was begun to be read.
    read_at: Option<Timestamp>,
    terms: Option<Arc<Terms>>,
    /// In the period, as the store said.
    counted: i64,
    /// By this process since it asked. What was written down while the answer was on its way may be in both: rather one call
    /// refused, until the next reading, than one too many served.
    settled: i64,
    /// Of that, since the reading began that is under way.
    settled_meanwhile: i64,
    /// By calls under way, at most.
    reserved: i64,
}

impl Memory {
    pub(super) fn of(&self, tenant: TenantId) -> Arc<Remembered> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() > MANY {
            all.retain(|_, known| Arc::strong_count(known) > 1);
        }
        all.entry(tenant).or_default().clone()
    }
}

impl Remembered {
    /// Whether what is remembered is not older, and of the period of this moment.
    pub(super) fn is_fresh(&self, oldest: Duration, now: Timestamp) -> bool {
        let present = self.present();
        // A clock that was turned back makes nothing fresh.
        present.read_at.is_some_and(|at| at <= now && now.since(at) <= oldest)
            && present.terms.as_ref().is_none_or(|terms| now < terms.period.end)
    }

    pub(super) fn terms(&self) -> Result<Option<Arc<Terms>>, Denied> {
        let present = self.present();
        present.read_at.ok_or(Denied::Unreadable)?;
        Ok(present.terms.clone())
    }

    /// Reads, unless a reading has begun since; whether there is one that has worked.
    pub(super) async fn read_since<Reading>(
        &self,
        since: Instant,
        (patience, now): (Duration, Timestamp),
        read: impl FnOnce() -> Reading,
    ) -> bool
    where
        Reading: Future<Output = Result<Found, StoreError>>,
    {
        let mut last = self.reading.lock().await;
        if let Some((_, worked)) = last.filter(|(begun, _)| *begun >= since) {
            return worked;
        }
        let begun = Instant::now();
        self.present().settled_meanwhile = 0;
        let found = match timeout(patience, read()).await {
            Ok(Ok(found)) => Some(found),
            Ok(Err(error)) => {
                tracing::error!(%error, "a subscription cannot be read");
                None
            }
            Err(_) => {
                tracing::error!("a subscription could not be read in time");
                None
            }
        };
        let worked = found.is_some();
        if let Some(found) = found {
            self.present().take(now, found);
        }
        *last = Some((begun, worked));
        worked
    }

    /// Sets units aside, if that passes no cap of the terms of this moment.
    pub(super) fn reserve(self: &Arc<Self>, units: i64) -> Result<Reservation, Denied> {
        let mut present = self.present();
        let Some(terms) = present.terms.clone() else { return Ok(Reservation::without_plan()) };
        let used = present.used();
        if units > 0
            && let Some((cap, whose)) = terms.cap()
            && used.saturating_add(present.reserved).saturating_add(units) > cap
        {
            let running = used.saturating_add(units) <= cap;
            return Err(Denied::Exhausted { whose, running, quota: terms.quota(used) });
        }
        present.reserved = present.reserved.saturating_add(units);
        drop(present);
        Ok(Reservation::new(self.clone(), terms, units))
    }

    /// Gives back what was set aside, and counts what was used up of it; how much was used before.
    pub(super) fn settle(&self, terms: &Terms, reserved: i64, units: i64) -> i64 {
        let mut present = self.present();
        let used = present.used();
        // A call that began before the present period is none of it.
        if present.terms.as_ref().is_some_and(|known| known.period.start == terms.period.start) {
            present.reserved = present.reserved.saturating_sub(reserved).max(0);
            present.settled = present.settled.saturating_add(units);
            present.settled_meanwhile = present.settled_meanwhile.saturating_add(units);
        }
        used
    }

    /// Units used in the period.
    pub(super) fn used(&self) -> i64 {
        self.present().used()
    }

    fn present(&self) -> MutexGuard<'_, Present> {
        self.present.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Present {
    fn used(&self) -> i64 {
        self.counted.saturating_add(self.settled)
    }

    fn take(&mut self, read_at: Timestamp, found: Found) {
        let start = |terms: &Option<Arc<Terms>>| terms.as_ref().map(|terms| terms.period.start);
        let before = start(&self.terms);
        let (terms, counted) = found.map_or((None, 0), |(terms, used)| (Some(Arc::new(terms)), used));
        self.settled = self.settled_meanwhile;
        if start(&terms) != before {
            (self.settled, self.settled_meanwhile, self.reserved) = (0, 0, 0);
        }
        (self.read_at, self.terms, self.counted) = (Some(read_at), terms, counted);
    }
}

#[cfg(test)]
mod tests {
    use turnpike_store::Subscription;

    use super::{super::sample::subscription, *};
    use crate::admission::Period;

    const SOON: (Duration, Timestamp) = (Duration::from_secs(60), Timestamp::from_micros(0));

    fn terms(start: i64, cap: i64) -> Terms {
        let row = Subscription {
            cap_units: Some(cap),
            ..subscription(Timestamp::from_micros(start), Timestamp::from_micros(start + 1_000))
        };
        Terms { period: Period::of(&row, row.period_start), subscription: row, plan: None }
    }

    async fn read(known: &Remembered, found: Found) {
        assert!(known.read_since(Instant::now(), SOON, || async { Ok(found) }).await);
    }

    fn units_left(known: &Arc<Remembered>) -> i64 {
        (1..100).take_while(|units| known.reserve(*units).is_ok()).last().unwrap_or(0)
    }

    #[tokio::test]
    async fn what_runs_may_use_up_all_that_it_has_set_aside() {
        let known = Arc::new(Remembered::default());
        read(&known, Some((terms(0, 10), 3))).await;
        assert_eq!(units_left(&known), 7);
        let one = known.reserve(4).unwrap();
        assert_eq!(units_left(&known), 3);
        assert_eq!(one.settle(1).unwrap().quota.used, 4);
        assert_eq!(units_left(&known), 6);
        let denied = known.reserve(7).err();
        assert!(matches!(denied, Some(Denied::Exhausted { running: false, .. })), "{denied:?}");
        let other = known.reserve(6).unwrap();
        let denied = known.reserve(1).err();
        assert!(matches!(denied, Some(Denied::Exhausted { running: true, .. })), "{denied:?}");
        drop(other);
        assert_eq!(units_left(&known), 6);
    }

    #[tokio::test]
    async fn what_is_written_down_while_the_store_is_asked_is_counted_all_the_same() {
        let known = Arc::new(Remembered::default());
        read(&known, Some((terms(0, 10), 0))).await;
        let call = known.reserve(4).unwrap();
        let asked = known.read_since(Instant::now(), SOON, || async {
            // The store has counted before the row was there, and answers after it is.
            call.settle(4);
            Ok(Some((terms(0, 10), 0)))
        });
        assert!(asked.await);
        assert_eq!(units_left(&known), 6);
        read(&known, Some((terms(0, 10), 4))).await;
        assert_eq!(units_left(&known), 6);
    }

    #[tokio::test]
    async fn a_call_that_outlasts_its_period_uses_up_nothing_of_the_next() {
        let known = Arc::new(Remembered::default());
        read(&known, Some((terms(0, 10), 8))).await;
        let call = known.reserve(2).unwrap();
        assert_eq!(units_left(&known), 0);
        read(&known, Some((terms(1_000, 10), 0))).await;
        assert_eq!(units_left(&known), 10);
        call.settle(2);
        assert_eq!(units_left(&known), 10);
    }

    #[tokio::test]
    async fn many_who_ask_at_once_share_one_reading() {
        let known = Remembered::default();
        let (asked_at, readings) = (Instant::now(), std::sync::atomic::AtomicU32::new(0));
        let count = || async {
            readings.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            Err(StoreError::NotFound { what: "a subscription" })
        };
        for _ in 0..3 {
            assert!(!known.read_since(asked_at, SOON, count).await);
        }
        assert_eq!(readings.into_inner(), 1);
    }
}
