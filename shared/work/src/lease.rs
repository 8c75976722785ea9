//! One piece of work under its lease, from the claim to the end.

use std::time::Duration;

use tokio::{
    task::JoinError,
    time::{Instant, sleep_until, timeout},
};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};
use turnpike_store::{Store, StoreError, WorkItem};
use turnpike_telemetry::metrics;

use crate::{Kind, Turn, worker::Pace};

/// The first wait after a failure; each further one is twice as long.
const FIRST_WAIT: Duration = Duration::from_secs(1);
/// The longest.
const LONGEST_WAIT: Duration = Duration::from_secs(300);
/// As much of an error is kept.
const WORDS: usize = 1000;

/// How it ended.
enum End {
    Well,
    Failed(String),
    /// Another process has it, or may have it by now.
    Lost,
    /// The process is going.
    CutOff,
}

impl End {
    /// The word in metrics.
    fn word(&self) -> &'static str {
        match self {
            Self::Well => "well",
            Self::Failed(_) => "failed",
            Self::Lost => "lost",
            Self::CutOff => "cut_off",
        }
    }
}

/// What somebody who does work needs.
pub(crate) struct Bench {
    pub(crate) store: Store,
    pub(crate) pace: Pace,
    /// No more work is taken.
    pub(crate) stopping: CancellationToken,
    /// What is under way is cut off.
    pub(crate) over: CancellationToken,
}

impl Bench {
    /// Does it and writes down how it ended. `since` is an instant before the lease was asked for.
    pub(crate) async fn perform(&self, kind: Kind, item: WorkItem, since: Instant) {
        let name = kind.name;
        let end = self.run(kind, &item, since).await;
        metrics::work_ended(name, end.word());
        let system = self.store.system();
        let kept = match &end {
            End::Well => system.end_work(&item).await,
            End::Failed(error) => {
                let after = wait_after(item.attempts);
                tracing::warn!(kind = name, subject = item.subject, error, attempt = item.attempts, "work failed");
                system.fail_work(&item, error, after).await
            }
            End::CutOff => system.release_work(&item).await,
            End::Lost => Ok(false),
        };
        match kept {
            Ok(true) => {}
            Ok(false) => tracing::warn!(kind = name, subject = item.subject, "work was taken over by another process"),
            // Its lease runs out, and then it is done again.
            Err(error) => tracing::warn!(kind = name, %error, "how work ended was not written down"),
        }
    }

    /// Runs it as a task of its own, whose panic is its own, and lengthens the lease while it lasts.
    async fn run(&self, kind: Kind, item: &WorkItem, since: Instant) -> End {
        let turn = Turn {
            store: self.store.clone(),
            item: item.clone(),
            stopping: self.stopping.clone(),
            lease: self.pace.lease,
        };
        let mut work = AbortOnDropHandle::new(tokio::spawn((kind.run)(turn)));
        let mut ends_at = since + self.pace.lease;
        loop {
            let look_at = (Instant::now() + self.pace.lease / 3).min(self.give_up_at(ends_at));
            tokio::select! {
                // What has ended has ended, whatever else is true by now.
                biased;
                ended = &mut work => return how(ended),
                () = self.over.cancelled() => return cut(work, End::CutOff).await,
                () = sleep_until(look_at) => {
                    let asked_at = Instant::now();
                    match self.renew(item, ends_at).await {
                        Some(Ok(true)) => ends_at = asked_at + self.pace.lease,
                        Some(Ok(false)) | None => return cut(work, End::Lost).await,
                        Some(Err(error)) => tracing::warn!(kind = kind.name, %error, "a lease was not lengthened"),
                    }
                }
            }
        }
    }

    /// A little before the lease ends, so that it has stopped when another one begins.
    fn give_up_at(&self, ends_at: Instant) -> Instant {
        ends_at - self.pace.lease / 6
    }

    /// `None` when the lease may be over: a database that does not answer gives no more time.
    async fn renew(&self, item: &WorkItem, ends_at: Instant) -> Option<Result<bool, StoreError>> {
        let left = self.give_up_at(ends_at).saturating_duration_since(Instant::now());
        if left.is_zero() {
            return None;
        }
        timeout(left, self.store.system().renew_work(item, self.pace.lease)).await.ok()
    }
}

/// Stops the task, and waits until it has.
async fn cut(work: AbortOnDropHandle<Result<(), String>>, end: End) -> End {
    work.abort();
    match work.await {
        // It was quicker.
        Ok(ended) if matches!(end, End::CutOff) => how(Ok(ended)),
        _ => end,
    }
}

fn how(ended: Result<Result<(), String>, JoinError>) -> End {
    match ended {
        Ok(Ok(())) => End::Well,
        Ok(Err(error)) => End::Failed(error.chars().take(WORDS).collect()),
        Err(error) => match error.try_into_panic() {
            Ok(panic) => {
                let words = panic.downcast_ref::<String>().map(String::as_str);
                let words = words.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no words");
                End::Failed(format!("it panicked: {words}").chars().take(WORDS).collect())
            }
            Err(_) => End::CutOff,
        },
    }
}

/// How long to wait after so many attempts.
fn wait_after(attempts: i64) -> Duration {
    let doublings = u32::try_from(attempts.saturating_sub(1).clamp(0, 16)).unwrap_or(0);
    (FIRST_WAIT * 2_u32.pow(doublings)).min(LONGEST_WAIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_wait_is_twice_the_one_before_up_to_five_minutes() {
        let seconds: Vec<_> = (0..12).map(|attempts| wait_after(attempts).as_secs()).collect();
        assert_eq!(seconds, [1, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
        assert_eq!(wait_after(i64::MAX), LONGEST_WAIT);
    }
}
