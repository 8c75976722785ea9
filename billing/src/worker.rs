//! The work that nobody waits for.

use std::{
    sync::atomic::{AtomicI64, Ordering},
    time::Duration,
};

use tokio::sync::Notify;
use turnpike_core::Timestamp;

use crate::{Billing, BillingError, usage::hour_of};

/// How long what the payment provider has told us is kept.
const KEEP_EVENTS: Duration = Duration::from_hours(90 * 24);
/// How often every subscription is fetched, for events that never came.
const SWEEP_EVERY: Duration = Duration::from_hours(24);

/// What one process remembers of its work.
pub(crate) struct Work {
    /// Something has come that need not wait for the next round.
    come: Notify,
    /// The version of the price book whose prices are at the payment provider.
    seeded: AtomicI64,
    /// When every subscription was fetched.
    swept_at: AtomicI64,
    /// The hour in which the proof of the day was last asked for.
    proven_in: AtomicI64,
}

impl Default for Work {
    fn default() -> Self {
        let [seeded, swept_at, proven_in] = [-1, 0, 0].map(AtomicI64::new);
        Self { come: Notify::new(), seeded, swept_at, proven_in }
    }
}

impl Billing {
    /// One round of it: events, usage, periods that are over, and what is done once a day. What fails is tried in the next round;
    /// the first error is given out after everything was tried. `ended` is when the last round ended well, whoever made it.
    pub async fn work(&self, now: Timestamp, ended: Option<Timestamp>) -> Result<(), BillingError> {
        self.seal_from(ended);
        let results = [
            self.seed_present_book().await,
            self.work_on_events().await.map(drop),
            self.seal_usage(now).await.map(drop),
            self.send_usage().await.map(drop),
            self.close_periods(now).await.map(drop),
            self.sweep(now).await,
            self.prove_today(now).await,
        ];
        results.into_iter().collect()
    }

    /// Resolves when something has come that need not wait for the next round.
    pub async fn woken(&self) {
        self.0.work.come.notified().await;
    }

    /// Lets the next round begin now.
    pub(crate) fn wake(&self) {
        self.0.work.come.notify_one();
    }

    /// A version of the price book has begun: its prices are made before anybody chooses them.
    async fn seed_present_book(&self) -> Result<(), BillingError> {
        let (version, seeded) = (self.books().at(self.now()).version, &self.0.work.seeded);
        if seeded.load(Ordering::Relaxed) != version {
            self.seed_catalog().await?;
            seeded.store(version, Ordering::Relaxed);
        }
        Ok(())
    }

    async fn sweep(&self, now: Timestamp) -> Result<(), BillingError> {
        let swept_at = &self.0.work.swept_at;
        if now.since(Timestamp::from_micros(swept_at.load(Ordering::Relaxed))) >= SWEEP_EVERY {
            self.sweep_subscriptions().await?;
            self.0.store.system().delete_old_payment_events(now.minus(KEEP_EVENTS)).await?;
            swept_at.store(now.micros(), Ordering::Relaxed);
        }
        Ok(())
    }

    /// Asked for once an hour; the day has one whichever process comes first.
    async fn prove_today(&self, now: Timestamp) -> Result<(), BillingError> {
        let (hour, proven_in) = (hour_of(now).micros(), &self.0.work.proven_in);
        if proven_in.load(Ordering::Relaxed) != hour {
            self.prove_nightly(now).await?;
            proven_in.store(hour, Ordering::Relaxed);
        }
        Ok(())
    }
}
