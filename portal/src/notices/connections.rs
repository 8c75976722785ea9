//! Mails about connections, to the owners and admins of those whom they concern.

use std::time::Duration;

use turnpike_core::{ConnectionId, Role, Timestamp};
use turnpike_store::{BrokenConnection, EndingConnection, StoreError};
use turnpike_tenancy::{REMINDED_BEFORE, reminded_before, why_then};

use crate::{
    Portal,
    mail::{ConnectionLetter, Letter},
    notices::Audience,
    pages::day,
};

/// Who is suspended is asked to do nothing.
const OWNERS_AND_ADMINS: Audience = Audience { roles: &[Role::Owner, Role::Admin], suspended: false };
/// A connection that a person connects just now asks for one, for a moment.
const SETTLED: Duration = Duration::from_secs(10);
const DAY: Duration = Duration::from_secs(24 * 3600);
/// What broke longer ago is not told any more.
const RECENT: Duration = Duration::from_secs(30 * 24 * 3600);

/// What there is to tell of a connection.
struct Due {
    connection: ConnectionId,
    /// The end that is foretold; of one that has broken, when the credential was stored that has ended.
    about: Timestamp,
    /// So many days before; nought of one that has broken.
    days: u32,
    what: ConnectionLetter,
}

impl Due {
    /// As what it is noted, once they know.
    fn key(&self) -> String {
        format!("connection/{}/{}/{}", self.connection, self.about.micros(), self.days)
    }
}

impl Portal {
    /// Mails what is due to be told about connections, and was not; how many mails. However many servers ask, each thing is
    /// told once.
    pub async fn send_connection_reminders(&self, now: Timestamp) -> Result<usize, StoreError> {
        let (system, mut due) = (self.store.system(), vec![]);
        let furthest = DAY * REMINDED_BEFORE.into_iter().max().unwrap_or_default();
        for (tenant, own) in system.list_ending_connections(now, now.plus(furthest)).await? {
            due.extend(self.of_ending(own, now).map(|due| (tenant, due)));
        }
        for (tenant, own) in system.list_broken_connections(now.minus(RECENT), now.minus(SETTLED)).await? {
            due.extend(self.of_broken(own).map(|due| (tenant, due)));
        }
        // Whatever is due now was not told before that.
        let told = system.list_told_notices(now.minus(RECENT.max(furthest))).await?;
        let mut sent = 0;
        for (tenant, due) in due {
            let key = due.key();
            if told.contains(&(tenant, key.clone())) {
                continue;
            }
            let path = format!("/reconnect/{}", due.connection);
            let letter = |organisation, link| Letter::Connection { organisation, what: due.what, link };
            // What cannot be told to one shall not keep the others from hearing theirs.
            match self.tell((tenant, &key), &OWNERS_AND_ADMINS, &path, letter, now).await {
                Ok(count) => sent += count,
                Err(error) => tracing::error!(%tenant, %error, "a reminder of a connection was not mailed"),
            }
        }
        Ok(sent)
    }

    /// The nearest of the days before its end, and nothing of those that were missed.
    fn of_ending(&self, own: EndingConnection, now: Timestamp) -> Option<Due> {
        let manifest = &self.find_integration(&own.integration)?.manifest;
        let end = own.predicted_end;
        let days = reminded_before(&manifest.auth, end, now)?;
        let (title, on, why) = (manifest.title, day(end), why_then(manifest, Some(end), None));
        let left = end.since(now).as_secs().div_ceil(DAY.as_secs());
        let what = ConnectionLetter::Ends { title, on, days: left, why };
        Some(Due { connection: own.connection_id, about: end, days, what })
    }

    fn of_broken(&self, own: BrokenConnection) -> Option<Due> {
        let title = self.find_integration(&own.integration)?.manifest.title;
        let reason = own.reason.unwrap_or_else(|| "the grant is gone".into());
        let what = ConnectionLetter::Broken { title, reason };
        Some(Due { connection: own.connection_id, about: own.stored_at, days: 0, what })
    }
}
