//! What is done in the background, by whichever process takes it first.
//!
//! All instants here are those of the database's clock: two processes whose own clocks differ still agree on what is due and
//! on who has it. A lease bears a number, the fence, that grows each time; what is said under an old one is not heard.

use std::time::Duration;

use turnpike_core::Timestamp;

use crate::{StoreError, SystemStore, dialect, row::Scalar, row::table, session::Session};

/// A piece of work that is done once, or again and again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkItem {
    /// What is done.
    pub kind: String,
    /// To what it is done; empty where there is nothing to name.
    pub subject: String,
    /// How long its slots are; `None` when it is done once.
    pub every: Option<Duration>,
    /// From when on it is due; `None` while it is done and nothing was asked for afterwards.
    pub run_at: Option<Timestamp>,
    /// How often it was begun since it last ended well.
    pub attempts: i64,
    /// The number of the last lease.
    pub fence: i64,
    /// Until when one process has it for itself.
    pub leased_until: Option<Timestamp>,
    /// The process.
    pub leased_by: Option<String>,
    /// When it was last begun.
    pub last_started_at: Option<Timestamp>,
    /// When it last ended well.
    pub last_ended_at: Option<Timestamp>,
    /// Why it did not end well the last time.
    pub last_error: Option<String>,
}

table!(WorkItem {
    kind,
    subject,
    every,
    run_at,
    attempts,
    fence,
    leased_until,
    leased_by,
    last_started_at,
    last_ended_at,
    last_error,
});

impl WorkItem {
    /// Whether it did not end well the last time.
    pub fn fails(&self) -> bool {
        self.last_error.is_some()
    }
}

/// Nobody has it, and its time has come; or who had it has let its lease run out.
macro_rules! due {
    () => {
        "((leased_until IS NULL AND run_at <= $1) OR leased_until <= $1) AND $2 LIKE '%,' || kind || ',%'"
    };
}

/// Takes the item that has been due longest. Its next slot is planned already: slots that were missed are one.
macro_rules! claim {
    ($skip_locked:literal) => {
        concat!(
            "UPDATE work_items SET leased_until = $3, leased_by = $4, fence = fence + 1, attempts = attempts + 1, ",
            "last_started_at = $1, run_at = CASE WHEN every IS NULL THEN NULL ELSE ($1 / every + 1) * every END, ",
            "last_error = CASE WHEN leased_until IS NULL THEN last_error ",
            "ELSE 'process ' || leased_by || ' was gone before it ended' END ",
            "WHERE (kind, subject) = (SELECT kind, subject FROM work_items WHERE ",
            due!(),
            " ORDER BY COALESCE(leased_until, run_at), kind, subject LIMIT 1",
            $skip_locked,
            ") RETURNING ",
            columns!()
        )
    };
}

/// One writes at a time.
const CLAIM_ON_SQLITE: &str = claim!("");
/// Many write at a time: what another one is about to take is passed over, and not waited for.
const CLAIM_ON_POSTGRES: &str = claim!(" FOR UPDATE SKIP LOCKED");

impl SystemStore {
    /// Plans work that is done again and again, first in the next slot. Saying it again changes nothing; another length of its
    /// slots is taken over.
    pub async fn plan_work(&self, kind: &str, subject: &str, every: Duration) -> Result<(), StoreError> {
        let sql = "INSERT INTO work_items (kind, subject, every, run_at, attempts, fence) \
                   VALUES ($1, $2, $3, ($4 / $3 + 1) * $3, 0, $4) ON CONFLICT (kind, subject) DO UPDATE SET \
                   every = excluded.every, run_at = CASE WHEN work_items.run_at < excluded.run_at THEN work_items.run_at \
                   ELSE excluded.run_at END WHERE work_items.every IS NULL OR work_items.every <> excluded.every";
        let mut session = self.0.transaction().await?;
        let now = session.now().await?;
        session.execute(sql, &[&kind, &subject, &every, &now]).await?;
        session.commit().await
    }

    /// Asks for work that is done once, so long from now. When it waits already, it is done at the earlier of both times; when
    /// it is under way, it is done once more.
    pub async fn add_work(&self, kind: &str, subject: &str, after: Duration) -> Result<(), StoreError> {
        let sql = "INSERT INTO work_items (kind, subject, run_at, attempts, fence) VALUES ($1, $2, $3, 0, $4) \
                   ON CONFLICT (kind, subject) DO UPDATE SET run_at = CASE WHEN work_items.run_at < excluded.run_at \
                   THEN work_items.run_at ELSE excluded.run_at END";
        let mut session = self.0.transaction().await?;
        let now = session.now().await?;
        session.execute(sql, &[&kind, &subject, &now.plus(after), &now]).await?;
        session.commit().await
    }

    /// Lets work of that kind be done now, and once more when it is under way; all of it, or that of one subject. How many
    /// items.
    pub async fn hasten_work(&self, kind: &str, subject: Option<&str>) -> Result<u64, StoreError> {
        let sql = "UPDATE work_items SET run_at = $3 WHERE kind = $1 AND subject = COALESCE($2, subject) \
                   AND (run_at IS NULL OR run_at > $3 OR leased_until IS NOT NULL)";
        let known = "SELECT COUNT(*) AS value FROM work_items WHERE kind = $1 AND subject = COALESCE($2, subject)";
        let subject = subject.map(str::to_owned);
        let mut session = self.0.transaction().await?;
        let now = session.now().await?;
        session.execute(sql, &[&kind, &subject, &now]).await?;
        let known = session.list::<Scalar<i64>>(known, &[&kind, &subject]).await?;
        session.commit().await?;
        Ok(known.first().map_or(0, |Scalar(count)| u64::try_from(*count).unwrap_or(0)))
    }

    /// How long it is until some work of these kinds is due; `None` when nothing is planned.
    pub async fn next_work(&self, kinds: &[&str]) -> Result<Option<Duration>, StoreError> {
        let sql =
            "SELECT MIN(COALESCE(leased_until, run_at)) AS value FROM work_items WHERE $1 LIKE '%,' || kind || ',%'";
        let mut session = self.0.write().await?;
        let now = session.now().await?;
        let next = session.list::<Scalar<Option<Timestamp>>>(sql, &[&listed(kinds)]).await?;
        session.commit().await?;
        Ok(next.into_iter().find_map(|Scalar(at)| at).map(|at| at.since(now)))
    }

    /// Takes what has been due longest, for this process and for so long.
    pub async fn claim_work(&self, kinds: &[&str], by: &str, lease: Duration) -> Result<Option<WorkItem>, StoreError> {
        let mut session = self.0.transaction().await?;
        let now = session.now().await?;
        let sql = if session.is_postgres() { CLAIM_ON_POSTGRES } else { CLAIM_ON_SQLITE };
        let taken = session.list(sql, &[&now, &listed(kinds), &now.plus(lease), &by]).await?;
        session.commit().await?;
        Ok(taken.into_iter().next())
    }

    /// Lengthens a lease to so long from now; false when it was lost, whereupon nothing may be done under it any more.
    pub async fn renew_work(&self, item: &WorkItem, lease: Duration) -> Result<bool, StoreError> {
        let sql = "UPDATE work_items SET leased_until = $4 \
                   WHERE kind = $1 AND subject = $2 AND fence = $3 AND leased_until IS NOT NULL";
        let mut session = self.0.transaction().await?;
        let until = session.now().await?.plus(lease);
        let renewed = session.execute(sql, &[&item.kind, &item.subject, &item.fence, &until]).await? > 0;
        session.commit().await?;
        Ok(renewed)
    }

    /// It has ended well; false when the lease was lost, and another process does it too.
    pub async fn end_work(&self, item: &WorkItem) -> Result<bool, StoreError> {
        let over = "DELETE FROM work_items WHERE kind = $1 AND subject = $2 AND fence = $3 AND leased_until IS NOT NULL \
                    AND every IS NULL AND run_at IS NULL";
        let again = "UPDATE work_items SET leased_until = NULL, leased_by = NULL, attempts = 0, last_error = NULL, \
                     last_ended_at = $4 WHERE kind = $1 AND subject = $2 AND fence = $3 AND leased_until IS NOT NULL";
        let mut session = self.0.transaction().await?;
        let now = session.now().await?;
        let ended = session.execute(over, &[&item.kind, &item.subject, &item.fence]).await? > 0
            || session.execute(again, &[&item.kind, &item.subject, &item.fence, &now]).await? > 0;
        session.commit().await?;
        Ok(ended)
    }

    /// It has failed: it is due again so long from now, or in its next slot, whichever is earlier. False when the lease was
    /// lost.
    pub async fn fail_work(&self, item: &WorkItem, error: &str, after: Duration) -> Result<bool, StoreError> {
        let sql = "UPDATE work_items SET leased_until = NULL, leased_by = NULL, last_error = $4, \
                   run_at = CASE WHEN run_at < $5 THEN run_at ELSE $5 END \
                   WHERE kind = $1 AND subject = $2 AND fence = $3 AND leased_until IS NOT NULL";
        let mut session = self.0.transaction().await?;
        let again = session.now().await?.plus(after);
        let failed = session.execute(sql, &[&item.kind, &item.subject, &item.fence, &error, &again]).await? > 0;
        session.commit().await?;
        Ok(failed)
    }

    /// It was cut off by its own process, which is going: another one may take it at once.
    pub async fn release_work(&self, item: &WorkItem) -> Result<bool, StoreError> {
        let sql = "UPDATE work_items SET leased_until = NULL, leased_by = NULL, attempts = attempts - 1, run_at = $4 \
                   WHERE kind = $1 AND subject = $2 AND fence = $3 AND leased_until IS NOT NULL";
        let mut session = self.0.transaction().await?;
        let now = session.now().await?;
        let released = session.execute(sql, &[&item.kind, &item.subject, &item.fence, &now]).await? > 0;
        session.commit().await?;
        Ok(released)
    }

    /// All of it, by kind and subject; and what time it is by the clock that it goes by.
    pub async fn list_work(&self) -> Result<(Vec<WorkItem>, Timestamp), StoreError> {
        let mut session = self.0.write().await?;
        let now = session.now().await?;
        let all = session.list(concat!("SELECT ", columns!(), " FROM work_items ORDER BY kind, subject"), &[]).await?;
        session.commit().await?;
        Ok((all, now))
    }
}

/// As [`due`] looks for them.
fn listed(kinds: &[&str]) -> String {
    format!(",{},", kinds.join(","))
}

impl Session {
    /// What time it is by the database's clock, the one that all processes share.
    pub(crate) async fn now(&mut self) -> Result<Timestamp, StoreError> {
        let sql = if self.is_postgres() { dialect::CLOCK_OF_POSTGRES } else { dialect::CLOCK_OF_SQLITE };
        let now = self.list::<Scalar<Timestamp>>(sql, &[]).await?.into_iter().next();
        now.map(|Scalar(now)| now).ok_or(StoreError::NotFound { what: "clock" })
    }
}
