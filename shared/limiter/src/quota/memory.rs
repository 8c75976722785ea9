//! The count of one process, and the rule in its plainest form.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Mutex, MutexGuard, PoisonError},
};

use turnpike_core::Timestamp;

use super::{Allowance, AppUsage, Ask, BUCKETS, Drawn, REMEMBERED, Standing, Verdict, millis};

/// Use by tenant.
type Used = BTreeMap<String, u64>;

/// All apps that this process has drawn from.
#[derive(Default)]
pub(super) struct Memory(Mutex<HashMap<String, App>>);

struct App {
    allowance: Allowance,
    /// Use by number of the bucket, of those that the window still touches.
    buckets: BTreeMap<i64, Used>,
    /// When each tenant asked last, in milliseconds.
    seen: BTreeMap<String, i64>,
}

impl Memory {
    pub(super) fn draw(&self, ask: Ask<'_>, now: Timestamp) -> Verdict {
        self.with(ask, now, |app, current| {
            let (standing, used) = app.standing(ask.tenant);
            if app.fits(&used, &standing, ask) {
                app.add(current, ask);
                return Verdict::Drawn(current);
            }
            Verdict::Refused(standing, app.fits_at(used, standing, ask).map(|at| at - millis(now)))
        })
    }

    /// Counts what was drawn elsewhere.
    pub(super) fn note(&self, ask: Ask<'_>, now: Timestamp) {
        self.with(ask, now, |app, current| app.add(current, ask));
    }

    pub(super) fn give_back(&self, drawn: &Drawn) {
        let mut apps = self.lock();
        let used = apps
            .get_mut(&drawn.app)
            .and_then(|app| app.buckets.get_mut(&drawn.bucket))
            .and_then(|bucket| bucket.get_mut(&drawn.tenant));
        if let Some(used) = used {
            *used = used.saturating_sub(drawn.operations);
        }
    }

    pub(super) fn list(&self, now: Timestamp) -> Vec<AppUsage> {
        let mut apps = self.lock();
        apps.retain(|_, app| {
            app.forget(now);
            !app.seen.is_empty()
        });
        let told = |(name, app): (&String, &App)| {
            let used = app.used();
            let of = |tenant: &String| (tenant.clone(), used.get(tenant).copied().unwrap_or(0));
            let (operations, reserve) = (app.allowance.operations, app.reserve());
            AppUsage { app: name.clone(), operations, reserve, tenants: app.seen.keys().map(of).collect() }
        };
        apps.iter().map(told).collect()
    }

    /// Does something with an app that knows of this tenant, in the bucket of `now`.
    fn with<T>(&self, ask: Ask<'_>, now: Timestamp, act: impl FnOnce(&mut App, i64) -> T) -> T {
        let mut apps = self.lock();
        let new = || App { allowance: *ask.allowance, buckets: BTreeMap::new(), seen: BTreeMap::new() };
        let app = apps.entry(ask.app.to_owned()).or_insert_with(new);
        app.allowance = *ask.allowance;
        app.seen.insert(ask.tenant.to_owned(), millis(now));
        app.forget(now);
        act(app, millis(now).div_euclid(ask.allowance.bucket()))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, App>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl App {
    /// Drops what the window no longer touches. With the present bucket these are 25: a window that begins within an hour
    /// has all of that hour in it, so that it is never more than the vendor counts that is thought to be free.
    fn forget(&mut self, now: Timestamp) {
        let (now, month) = (millis(now), i64::try_from(REMEMBERED.as_millis()).unwrap_or(i64::MAX));
        let oldest = now.div_euclid(self.allowance.bucket()) - BUCKETS;
        self.buckets.retain(|number, _| *number >= oldest);
        self.seen.retain(|_, last| *last > now - month);
    }

    fn used(&self) -> Used {
        let mut all = Used::new();
        for (tenant, used) in self.buckets.values().flatten() {
            *all.entry(tenant.clone()).or_default() += used;
        }
        all
    }

    fn reserve(&self) -> u64 {
        let set_aside = self.allowance.operations.saturating_mul(self.allowance.reserve_percent.into()) / 100;
        set_aside / (self.seen.len() as u64).max(1)
    }

    fn standing(&self, tenant: &str) -> (Standing, Used) {
        let used = self.used();
        let standing = Standing {
            used: used.values().sum(),
            own_used: used.get(tenant).copied().unwrap_or(0),
            own_reserve: self.reserve(),
            tenants: self.seen.len() as u64,
        };
        (standing, used)
    }

    /// The rule.
    fn fits(&self, used: &Used, standing: &Standing, ask: Ask<'_>) -> bool {
        let (quota, after) = (self.allowance.operations, standing.used + ask.operations);
        let unused = |tenant: &String| standing.own_reserve.saturating_sub(used.get(tenant).copied().unwrap_or(0));
        let of_others: u64 = self.seen.keys().filter(|tenant| *tenant != ask.tenant).map(unused).sum();
        let within_own = standing.own_used + ask.operations <= standing.own_reserve;
        after <= quota && (within_own || after + of_others <= quota)
    }

    /// When it fits, in milliseconds: as one bucket after the other leaves the window.
    fn fits_at(&self, mut used: Used, mut standing: Standing, ask: Ask<'_>) -> Option<i64> {
        for (number, bucket) in &self.buckets {
            for (tenant, gone) in bucket {
                if let Some(left) = used.get_mut(tenant) {
                    *left -= gone;
                }
                standing.used -= gone;
                if tenant == ask.tenant {
                    standing.own_used -= gone;
                }
            }
            if self.fits(&used, &standing, ask) {
                return Some((number + BUCKETS + 1) * self.allowance.bucket());
            }
        }
        None
    }

    fn add(&mut self, bucket: i64, ask: Ask<'_>) {
        if ask.operations > 0 {
            *self.buckets.entry(bucket).or_default().entry(ask.tenant.to_owned()).or_default() += ask.operations;
        }
    }
}
