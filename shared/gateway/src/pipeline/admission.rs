//! May this tenant be served: is its subscription in order, and is enough of its period's units left?

use turnpike_core::Outcome;
use turnpike_metering::{Denied, WhoseCap};
use turnpike_sdk::Access;
use turnpike_store::SubscriptionState;

use super::{Call, Refusal};
use crate::{Gateway, RefusalClass, gateway::Connected};

/// Seconds after which a call may be sent again that was refused for the sake of those running.
const A_MOMENT: std::time::Duration = std::time::Duration::from_secs(2);

impl Gateway {
    /// Sets aside what a call may use up. Known only now: a sandbox needs no subscription while it costs nothing, and whether
    /// a call reaches one depends on the connection.
    pub(super) async fn check_plan(&self, call: &mut Call, connected: &Connected) -> Result<(), Refusal> {
        let mut units = self.most_units(call);
        if connected.connection.sandbox {
            units = self.books.at(call.began).price_of(units, Outcome::Sandbox).units;
            if units == 0 {
                return Ok(());
            }
        }
        let writes = call.found.spec().access == Access::Write;
        match self.admission.admit(call.caller.tenant, writes, units).await {
            Ok(reservation) => {
                call.reservation = Some(reservation);
                Ok(())
            }
            Err(denied) => {
                if let Denied::Exhausted { quota, .. } = &denied {
                    call.quota = Some(*quota);
                }
                Err(self.refusal_of(&denied, units))
            }
        }
    }

    /// The same in words.
    pub(super) fn refusal_of(&self, denied: &Denied, units: i64) -> Refusal {
        match denied {
            Denied::NoSubscription => {
                let message = "this organisation has no subscription, and calls to real accounts need one";
                Refusal::new(Outcome::CallerFault, RefusalClass::SubscriptionNeeded, message)
                    .next("Sandboxes go on. A person of the organisation chooses a plan here:")
                    .needs_payment()
            }
            Denied::ReadOnly { until } => {
                let message = format!(
                    "a payment of this organisation is missing, so nothing can be changed; reading goes on until {until}"
                );
                Refusal::new(Outcome::CallerFault, RefusalClass::ReadOnly, message)
                    .next("A person of the organisation pays here, and everything goes on at once:")
                    .needs_payment()
            }
            Denied::Blocked(state) => blocked(*state),
            Denied::Exhausted { whose, running: false, quota } => {
                let (used, cap) = (quota.used, quota.cap.unwrap_or_default());
                let message = format!(
                    "this call may use up {units} units, and {used} of the {cap} that {} allows until {} are used",
                    describe(*whose),
                    quota.period_ends
                );
                let next = match whose {
                    WhoseCap::Plan => "Wait until then, or let a person of the organisation choose a larger plan here:",
                    WhoseCap::Tenant => "Wait until then, or let an owner of the organisation raise its cap here:",
                };
                Refusal::new(Outcome::Throttled, RefusalClass::QuotaExhausted, message)
                    .whose(describe(*whose))
                    .retry_at(quota.period_ends)
                    .next(next)
                    .needs_payment()
            }
            Denied::Exhausted { whose, running: true, .. } => {
                let message = "calls that are running may use up all that is left of this period's units";
                Refusal::new(Outcome::Throttled, RefusalClass::QuotaExhausted, message)
                    .whose(describe(*whose))
                    .retry_at(self.ambient.now().plus(A_MOMENT))
                    .next("Wait for one of them to end, then send the same call again.")
            }
            Denied::Unreadable => {
                let message = "the service cannot tell what this organisation has subscribed to, so nothing was done";
                Refusal::new(Outcome::OurFault, RefusalClass::SubscriptionUnreadable, message)
                    .next("Try again in a minute.")
            }
        }
    }
}

fn describe(whose: WhoseCap) -> &'static str {
    match whose {
        WhoseCap::Plan => "your organisation's plan",
        WhoseCap::Tenant => "your organisation's own cap",
    }
}

fn blocked(state: SubscriptionState) -> Refusal {
    let pay = "Nothing live will work until a person of the organisation pays. Show them this link:";
    let choose = "Nothing live will work until a person of the organisation chooses a plan. Show them this link:";
    let (class, message, next) = match state {
        SubscriptionState::PastDue | SubscriptionState::Unpaid => {
            (RefusalClass::PaymentNeeded, "this organisation's payments are missing", pay)
        }
        SubscriptionState::Incomplete => {
            (RefusalClass::PaymentNeeded, "the first payment of this organisation's subscription has not come yet", pay)
        }
        SubscriptionState::IncompleteExpired => (
            RefusalClass::SubscriptionNeeded,
            "the first payment of this organisation's subscription never came",
            choose,
        ),
        SubscriptionState::Paused => (
            RefusalClass::SubscriptionPaused,
            "this organisation's subscription is paused",
            "Nothing live will work until a person of the organisation resumes it. Show them this link:",
        ),
        SubscriptionState::Canceled | SubscriptionState::Trialing | SubscriptionState::Active => {
            (RefusalClass::SubscriptionNeeded, "this organisation's subscription has ended", choose)
        }
    };
    Refusal::new(Outcome::CallerFault, class, message).next(next).needs_payment()
}
