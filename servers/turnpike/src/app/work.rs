//! What this product does in the background: a line for each kind.

use std::{future::Future, time::Duration};

use turnpike_billing::{Billing, BillingError};
use turnpike_core::{Currency, Timestamp};
use turnpike_metering::record_interrupted;
use turnpike_oauth::AuthorizationServer;
use turnpike_portal::Portal;
use turnpike_store::StoreError;
use turnpike_tenancy::ConnectError;
use turnpike_vault::Upkeep;
use turnpike_work::{Kind, Queue, Turn};

use super::ABANDONED;
use crate::{operator::Operator, upkeep};

/// How often the small work that no call waits for is done.
const OFTEN: Duration = Duration::from_secs(10);
/// How often it is looked for what clients must be told of their money. It looks at what every client has used.
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);
/// For how long after its last word a process is still shown.
const REMEMBERED: Duration = Duration::from_secs(3600);
/// How far before the last time that all writes were accounted for it is looked for further ones. The processes' clocks, by which
/// calls begin, may differ from the database's, by which that time was taken.
const LOOK_BACK: Duration = Duration::from_secs(3600);
/// The work on writes that were cut off.
const RECOVERY: &str = "calls.recover";
/// The work on money, which need not wait for its next slot when the payment provider has told something.
const BILLING: &str = "billing.work";

/// What the work is done with.
#[derive(Clone)]
pub(super) struct Desk {
    pub(super) operator: Operator,
    pub(super) oauth: AuthorizationServer,
    pub(super) portal: Portal,
    pub(super) currency: Currency,
    /// How long a browser may do nothing and stay signed in.
    pub(super) idle: Duration,
    /// When connections are looked after.
    pub(super) upkeep: Upkeep,
}

impl Desk {
    fn now(&self) -> Timestamp {
        self.operator.ambient.now()
    }

    /// All kinds. Each is done once in its slot, by one of all processes that have the role of the worker.
    pub(super) fn kinds(&self) -> Vec<Kind> {
        vec![
            Kind::every(RECOVERY, OFTEN, self.each_turn(recover_calls)),
            Kind::every("store.expire", OFTEN, self.each(delete_expired)),
            Kind::every("connections.revoke", OFTEN, self.each(revoke_waiting)),
            Kind::every("connections.renew", upkeep::EVERY, self.each(renew_ahead)),
            Kind::every("connections.remind", upkeep::EVERY, self.each(remind)),
            Kind::every("vault.keys", HOUR, self.each(async |desk| desk.operator.vault.tidy_keys().await.map(drop))),
            Kind::every("store.months", DAY, self.each(make_months)),
            Kind::every("oauth.keys", OFTEN, self.each(async |desk| desk.oauth.maintain().await)),
            Kind::every(BILLING, OFTEN, self.each_turn(work_on_money)),
            Kind::every("billing.notices", MINUTE, self.each(tell_of_money)),
        ]
    }
}

impl Desk {
    /// The work, done with a copy of the desk each time.
    fn each<F: Future, W: Fn(Self) -> F>(&self, work: W) -> impl Fn(Turn) -> F + use<F, W> {
        self.each_turn(move |desk, _| work(desk))
    }

    /// The same, for work that goes on from where it last ended.
    fn each_turn<F: Future, W: Fn(Self, Turn) -> F>(&self, work: W) -> impl Fn(Turn) -> F + use<F, W> {
        let desk = self.clone();
        move |turn| work(desk.clone(), turn)
    }
}

/// Writes that a killed process has sent, and nobody has written down how they ended.
async fn recover_calls(desk: Desk, turn: Turn) -> Result<(), StoreError> {
    let now = desk.now();
    let begun = unaccounted(turn.last_ended_at(), now)..now.minus(ABANDONED);
    record_interrupted(&desk.operator.store, begun, now, desk.currency).await
}

/// The same, before a process serves. One that is alone need not leave time to others that may still be busy.
pub(super) async fn recover_at_start(operator: &Operator, alone: bool, currency: Currency) -> Result<(), StoreError> {
    let (known, _) = operator.store.system().list_work().await?;
    let ended = known.into_iter().find(|item| item.kind == RECOVERY).and_then(|item| item.last_ended_at);
    let now = operator.ambient.now();
    let before = if alone { now } else { now.minus(ABANDONED) };
    record_interrupted(&operator.store, unaccounted(ended, now)..before, now, currency).await
}

/// From when on there may be writes of which nobody knows how they ended: not all of time, which grows.
fn unaccounted(ended: Option<Timestamp>, now: Timestamp) -> Timestamp {
    ended.map_or(Timestamp::from_micros(0), |ended| ended.min(now).minus(LOOK_BACK))
}

/// Events, usage, invoices, and the nightly proof.
async fn work_on_money(desk: Desk, turn: Turn) -> Result<(), BillingError> {
    desk.operator.billing.work(desk.now(), turn.last_ended_at()).await
}

/// Results, arguments, and those who did not come back from a vendor.
async fn delete_expired(desk: Desk) -> Result<(), StoreError> {
    let (now, system) = (desk.now(), desk.operator.store.system());
    system.delete_expired_jobs(now).await?;
    system.delete_expired_call_arguments(now).await?;
    system.delete_expired_authorizations(now).await?;
    system.delete_expired_links(now).await?;
    system.delete_ended_sessions(now.minus(desk.idle), now).await?;
    system.delete_silent_processes(REMEMBERED).await.map(drop)
}

/// Vendors that did not answer when they were asked to take a grant back.
async fn revoke_waiting(desk: Desk) -> Result<(), ConnectError> {
    desk.operator.tenancy.revoke_waiting(desk.now()).await
}

/// Access tokens and grants that would end before anybody asks.
async fn renew_ahead(desk: Desk) -> anyhow::Result<()> {
    upkeep::renew(&desk.operator, desk.upkeep, desk.now()).await.map(drop)
}

/// People whose connections end soon, or have broken.
async fn remind(desk: Desk) -> anyhow::Result<()> {
    upkeep::remind(&desk.portal, desk.now()).await.map(drop)
}

/// The ledger's tables for the next months.
async fn make_months(desk: Desk) -> Result<(), StoreError> {
    for month in desk.operator.store.system().make_partitions(desk.now()).await? {
        if !month.made {
            tracing::warn!(
                month = month.name,
                "calls of this month lie in the ledger's part for the rest, and stay there"
            );
        }
    }
    Ok(())
}

async fn tell_of_money(desk: Desk) -> Result<(), BillingError> {
    desk.portal.send_billing_notices(desk.now()).await.map(drop)
}

/// Lets the work on money begin at once when a webhook has come to this process, in whichever process a worker is.
pub(super) async fn hasten_billing(billing: Billing, queue: Queue) {
    loop {
        billing.woken().await;
        if let Err(error) = queue.hasten(BILLING).await {
            tracing::warn!(%error, "what the payment provider has told waits for the next round");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_looked_for_cut_off_writes_since_all_were_last_accounted_for() {
        let at = |hours: i64| Timestamp::from_micros(hours * 3_600_000_000);
        assert_eq!(unaccounted(None, at(100)), at(0), "nobody has ever looked");
        assert_eq!(unaccounted(Some(at(99)), at(100)), at(98));
        assert_eq!(unaccounted(Some(at(20)), at(100)), at(19), "all processes were away for days");
        assert_eq!(unaccounted(Some(at(105)), at(100)), at(99), "our own clock is behind");
    }
}
