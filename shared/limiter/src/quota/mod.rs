//! The quota of a vendor app, shared fairly by the tenants that are connected through it.
//!
//! A part of the quota is set aside, an equal share for each tenant that was seen within 30 days. Who has used less than that
//! is served; the rest goes to whoever comes first. So no tenant takes what another still has a right to, and hardly anything
//! is left unused.

mod memory;
mod shared;

use std::time::Duration;

use turnpike_core::Timestamp;
use turnpike_redis::Redis;

use crate::WhenGone;

use self::{memory::Memory, shared::Shared};

/// In how many parts of the window use is counted. What was used in one of them frees all at once.
const BUCKETS: i64 = 24;
/// How long a tenant that asks for nothing keeps its share.
const REMEMBERED: Duration = Duration::from_secs(30 * 24 * 3600);

/// What a vendor lets one app do, and how much of it is set aside.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Allowance {
    /// Operations in any window.
    pub operations: u64,
    /// The window, which slides: what was used at its beginning frees first.
    pub window: Duration,
    /// What part is set aside, an equal share for each tenant.
    pub reserve_percent: u8,
}

impl Allowance {
    /// Length of a bucket in milliseconds.
    fn bucket(&self) -> i64 {
        (i64::try_from(self.window.as_millis()).unwrap_or(i64::MAX) / BUCKETS).max(1)
    }
}

/// What was drawn, to be given back if the request was certainly not sent.
#[derive(Clone, PartialEq, Eq, Debug)]
#[must_use = "what is not sent is given back"]
pub struct Drawn {
    app: String,
    tenant: String,
    operations: u64,
    /// Number of the bucket, and whether it is Redis's or this process's.
    bucket: i64,
    shared: bool,
}

/// How an app and one of its tenants stand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Standing {
    /// Used by all in the window.
    pub used: u64,
    /// Used by this tenant.
    pub own_used: u64,
    /// Set aside for this tenant.
    pub own_reserve: u64,
    /// How many share the app.
    pub tenants: u64,
}

/// Why nothing was drawn.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Refused {
    /// What is left is set aside for others, or nothing is left.
    UsedUp {
        /// How things stand.
        standing: Standing,
        /// When it would be admitted if nobody else asks; `None` if never, since it is too much at once.
        retry_at: Option<Timestamp>,
    },
    /// Redis is gone, and the settings say to refuse meanwhile.
    Uncounted,
}

/// An app, for the operator's eyes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AppUsage {
    /// Its name, as whoever drew wrote it.
    pub app: String,
    /// Operations in any window.
    pub operations: u64,
    /// Set aside for each tenant.
    pub reserve: u64,
    /// Each tenant with what it has used in the window, by its name.
    pub tenants: Vec<(String, u64)>,
}

/// What one request wants.
#[derive(Clone, Copy)]
struct Ask<'a> {
    app: &'a str,
    allowance: &'a Allowance,
    tenant: &'a str,
    operations: u64,
}

/// What became of it.
enum Verdict {
    /// It was drawn from the bucket of this number.
    Drawn(i64),
    /// It fits after so many milliseconds, or never.
    Refused(Standing, Option<i64>),
}

/// Counts what the tenants of each app use: in Redis where there is one, else in this process.
pub struct QuotaBroker {
    memory: Memory,
    shared: Option<Shared>,
    when_gone: WhenGone,
}

impl Default for QuotaBroker {
    fn default() -> Self {
        Self::new(None, WhenGone::CountAlone)
    }
}

impl QuotaBroker {
    /// For all processes on this Redis, or for this one alone.
    pub fn new(redis: Option<Redis>, when_gone: WhenGone) -> Self {
        Self { memory: Memory::default(), shared: redis.map(Shared::new), when_gone }
    }

    /// Draws `operations` for a tenant of `app`, or nothing. `app` names it among all vendors; it is shown to the operator.
    ///
    /// # Errors
    /// When it does not fit, with the instant from which it does.
    pub async fn draw(
        &self,
        app: &str,
        allowance: &Allowance,
        tenant: &str,
        operations: u64,
        now: Timestamp,
    ) -> Result<Drawn, Refused> {
        let ask = Ask { app, allowance, tenant, operations };
        let asked = match &self.shared {
            Some(shared) => Some(shared.draw(ask, None).await),
            None => None,
        };
        let (verdict, shared) = match asked {
            Some(Ok(verdict)) => {
                if matches!(verdict, Verdict::Drawn(_)) {
                    // So that this process has something to go by when Redis goes.
                    self.memory.note(ask, now);
                }
                (verdict, true)
            }
            Some(Err(_)) if self.when_gone == WhenGone::Refuse => return Err(Refused::Uncounted),
            Some(Err(_)) | None => (self.memory.draw(ask, now), false),
        };
        match verdict {
            Verdict::Drawn(bucket) => Ok(Drawn { app: app.into(), tenant: tenant.into(), operations, bucket, shared }),
            Verdict::Refused(standing, wait) => {
                let wait = wait.map(|millis| Duration::from_millis(u64::try_from(millis).unwrap_or(0)));
                Err(Refused::UsedUp { standing, retry_at: wait.map(|wait| now.plus(wait)) })
            }
        }
    }

    /// Gives back what was drawn for a request that was certainly not sent.
    pub async fn give_back(&self, drawn: &Drawn) {
        self.memory.give_back(drawn);
        if let Some(shared) = self.shared.as_ref().filter(|_| drawn.shared) {
            // What cannot be given back frees with the window.
            let _ = shared.give_back(drawn).await;
        }
    }

    /// Every app that was drawn from within 30 days, by name: of all processes while Redis is there.
    pub async fn list(&self, now: Timestamp) -> Vec<AppUsage> {
        let told = match &self.shared {
            Some(shared) => shared.list(None).await.ok(),
            None => None,
        };
        let mut all = told.unwrap_or_else(|| self.memory.list(now));
        for app in &mut all {
            app.tenants.sort();
        }
        all.sort_by(|one, other| one.app.cmp(&other.app));
        all
    }
}

fn millis(at: Timestamp) -> i64 {
    at.micros() / 1000
}

#[cfg(test)]
mod tests;
