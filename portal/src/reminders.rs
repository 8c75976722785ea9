//! Mails about connections, to the owners and admins of those whom they concern.
//!
//! Each is taken, mailed, and noted when a mail server has it: a process that dies between costs a second mail at worst, never
//! the only one. Of two processes one takes it.

use std::time::Duration;

use turnpike_core::{Role, TenantId, Timestamp};
use turnpike_store::{BrokenConnection, EndingConnection, Reminder, StoreError, TenantState};
use turnpike_tenancy::{REMINDED_BEFORE, reminded_before, why_then};

use crate::{
    Portal,
    mail::{ConnectionLetter, Letter},
    pages::day,
};

/// How long others leave a reminder alone that somebody has taken.
const TAKEN_FOR: Duration = Duration::from_secs(15 * 60);
/// A connection that a person connects just now asks for one, for a moment.
const SETTLED: Duration = Duration::from_secs(10);
/// What broke longer ago is not told any more.
const RECENT: Duration = Duration::from_secs(30 * 24 * 3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

impl Portal {
    /// Mails what is due to be told about connections, and was not; how many mails. However many servers ask, each thing is
    /// told once.
    pub async fn send_connection_reminders(&self, now: Timestamp) -> Result<usize, StoreError> {
        let (system, mut due) = (self.store.system(), vec![]);
        let furthest = DAY * REMINDED_BEFORE.into_iter().max().unwrap_or_default();
        for (tenant, own) in system.list_ending_connections(now, now.plus(furthest)).await? {
            due.extend(self.of_ending(&own, now).map(|(reminder, what)| (tenant, reminder, what)));
        }
        for (tenant, own) in system.list_broken_connections(now.minus(RECENT), now.minus(SETTLED)).await? {
            due.extend(self.of_broken(own).map(|(reminder, what)| (tenant, reminder, what)));
        }
        let mut sent = 0;
        for (tenant, reminder, what) in due {
            // What cannot be told to one shall not keep the others from hearing theirs.
            match self.remind(tenant, &reminder, what, now).await {
                Ok(count) => sent += count,
                Err(error) => tracing::error!(%tenant, %error, "a reminder of a connection was not mailed"),
            }
        }
        Ok(sent)
    }

    /// The nearest of the days before its end, and nothing of those that were missed.
    fn of_ending(&self, own: &EndingConnection, now: Timestamp) -> Option<(Reminder, ConnectionLetter)> {
        let manifest = &self.find_integration(&own.integration)?.manifest;
        let end = own.predicted_end;
        let days = reminded_before(&manifest.auth, end, now)?;
        if own.told_days.is_some_and(|told| told <= i64::from(days)) {
            return None;
        }
        let (title, on, why) = (manifest.title, day(end), why_then(manifest, Some(end), None));
        let left = end.since(now).as_secs().div_ceil(DAY.as_secs());
        let reminder = Reminder { connection_id: own.connection_id, about: end, days: days.into() };
        Some((reminder, ConnectionLetter::Ends { title, on, days: left, why }))
    }

    fn of_broken(&self, own: BrokenConnection) -> Option<(Reminder, ConnectionLetter)> {
        let title = self.find_integration(&own.integration)?.manifest.title;
        let reason = own.reason.unwrap_or_else(|| "the grant is gone".into());
        let reminder = Reminder { connection_id: own.connection_id, about: own.stored_at, days: 0 };
        Some((reminder, ConnectionLetter::Broken { title, reason }))
    }

    /// Tells the owners and admins of one tenant who were not told; how many.
    async fn remind(
        &self,
        tenant: TenantId,
        reminder: &Reminder,
        what: ConnectionLetter,
        now: Timestamp,
    ) -> Result<usize, StoreError> {
        let (system, rows) = (self.store.system(), self.store.tenant(tenant));
        let active =
            |tenant: &turnpike_store::Tenant| tenant.deleted_at.is_none() && tenant.state == TenantState::Active;
        let Some(own) = system.find_tenant(tenant).await?.filter(active) else { return Ok(0) };
        let Some(mut told) = rows.take_reminder(reminder, now, now.plus(TAKEN_FOR)).await? else { return Ok(0) };
        let brand = self.brand_of_notices().await?;
        let link = format!("{}/reconnect/{}", brand.url, reminder.connection_id);
        let letter = Letter::Connection { organisation: own.name, what, link };
        let (mut sent, mut all) = (0, true);
        for member in system.list_members(tenant).await? {
            let id = member.person_id.to_string();
            if !matches!(member.role, Role::Owner | Role::Admin) || told.contains(&id) {
                continue;
            }
            match self.mailer.deliver(&brand, &member.email, &letter).await {
                Ok(()) => sent += 1,
                Err(error) => {
                    tracing::error!(%tenant, %error, "a reminder of a connection did not reach somebody");
                    if !error.is_final() {
                        all = false;
                        continue;
                    }
                }
            }
            told.push(id);
            rows.update_reminder(reminder, &told, None).await?;
        }
        // Where nobody is left to be told, somebody may come who is.
        if all && !told.is_empty() {
            rows.update_reminder(reminder, &told, Some(now)).await?;
        }
        Ok(sent)
    }
}
