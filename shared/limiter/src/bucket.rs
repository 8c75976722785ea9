//! A bucket, and what becomes of it when a call draws from it.

use std::time::Duration;

use turnpike_core::Timestamp;

/// How far a bucket may be ahead of what it can have come to, in microseconds: calls under way at the same time come with
/// instants that differ a little.
const AHEAD: i64 = 60_000_000;
/// The longest that a full bucket takes to fill again, in microseconds: a hundred years, so that no sum leaves the whole
/// numbers that Redis can count with.
const LONGEST: i64 = 100 * 365 * 86_400 * 1_000_000;
/// When to ask again at a bucket that admits nothing.
const CLOSED: Duration = Duration::from_secs(3600);

/// Whose limit a bucket is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Whose {
    /// The tenant's, for one tool.
    Tool,
    /// The tenant's, over all tools.
    Tenant,
    /// One API key's, one grant's or one member's.
    Principal,
}

impl Whose {
    /// In words for an agent.
    pub const fn describe(self) -> &'static str {
        match self {
            Self::Tool => "your organisation's limit for this tool",
            Self::Tenant => "your organisation's limit over all tools",
            Self::Principal => "the limit of this credential",
        }
    }
}

/// One bucket that a call draws from.
#[derive(Clone, Debug)]
pub struct Bucket {
    /// Whose it is.
    pub whose: Whose,
    /// Names it among all buckets of the tenant. It stands in Redis as it is: no secret, no address of a person.
    pub key: String,
    /// Calls a minute in the long run; nought admits nothing.
    pub per_minute: u32,
    /// Calls that may come at once.
    pub burst: u32,
}

/// A call that was not admitted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Refusal {
    /// Whose limit it was.
    pub whose: Whose,
    /// When the call would be admitted if nothing else comes.
    pub retry_at: Timestamp,
}

/// A bucket's limit in whole microseconds, the only unit in which it is counted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    /// Between two calls in the long run; `None` admits nothing.
    pub(crate) interval: Option<i64>,
    /// How much earlier than that calls may come.
    pub(crate) tolerance: i64,
}

impl Bucket {
    pub(crate) fn pace(&self) -> Pace {
        let micros = |time: Duration| i64::try_from(time.as_micros()).map_or(LONGEST, |micros| micros.min(LONGEST));
        let interval = Duration::from_secs(60).checked_div(self.per_minute);
        let tolerance = interval.map_or(Duration::ZERO, |interval| interval * self.burst.saturating_sub(1));
        Pace { interval: interval.map(micros), tolerance: micros(tolerance) }
    }

    /// The next arrival time if the call is admitted. `admit.lua` says the same; a change here is one there.
    pub(crate) fn draw(&self, arrival: Timestamp, now: Timestamp) -> Result<Timestamp, Refusal> {
        let Pace { interval: Some(interval), tolerance } = self.pace() else { return Err(self.refuse(now, CLOSED)) };
        let (mut arrival, now) = (arrival.micros(), now.micros());
        // A clock was turned back, or the limit was higher when it was drawn from: nobody waits for what cannot have been.
        if arrival > now + tolerance + interval + AHEAD {
            arrival = now + tolerance;
        }
        let wait = arrival - tolerance - now;
        match u64::try_from(wait) {
            Ok(wait) if wait > 0 => Err(self.refuse(Timestamp::from_micros(now), Duration::from_micros(wait))),
            _ => Ok(Timestamp::from_micros(arrival.max(now) + interval)),
        }
    }

    pub(crate) fn refuse(&self, now: Timestamp, wait: Duration) -> Refusal {
        Refusal { whose: self.whose, retry_at: now.plus(wait) }
    }
}
