//! What happens by itself when time passes.

use serde_json::{Value, json};

use super::{
    cancel, collect,
    finalize::{self, Reason},
    items::is_metered,
    parts::Part,
    period,
};
use crate::{
    account::Account,
    json::{entries, int, text},
    refusal::Refusal,
};

const HOUR: i64 = 60 * 60;
const DAY: i64 = 24 * HOUR;

/// How long before a trial's end Stripe says so.
const REMINDER: i64 = 3 * DAY;
/// How long a first payment may take.
const FIRST_PAYMENT: i64 = 23 * HOUR;

/// What is due of an object. What comes first is done first at the same moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Due {
    /// An invoice is final.
    Finalize,
    /// A failed charge is tried again.
    Retry,
    /// A trial ends in three days.
    Reminder,
    /// A subscription ends.
    Cancel,
    /// A trial ends.
    TrialEnd,
    /// A period ends.
    PeriodEnd,
    /// Nobody has paid the first invoice, or a Checkout page.
    Expire,
}

/// The items of a subscription.
pub(crate) fn items(subscription: &Value) -> Vec<Value> {
    entries(&subscription["items"])
}

/// What happens next until a moment.
pub(crate) fn next(account: &Account, until: i64) -> Option<(i64, Due, String)> {
    let of_invoices = account.all("invoice").into_iter().flat_map(|invoice| of_invoice(&invoice));
    let of_subscriptions =
        account.all("subscription").into_iter().flat_map(|subscription| of_subscription(account, &subscription));
    let of_sessions = account.all("checkout.session").into_iter().filter(|session| session["status"] == "open");
    let of_sessions =
        of_sessions.map(|session| (int(&session, "expires_at"), Due::Expire, text(&session, "id").to_owned()));
    let all = of_invoices.chain(of_subscriptions).chain(of_sessions);
    all.filter(|(at, ..)| *at <= until).min()
}

fn of_invoice(invoice: &Value) -> Vec<(i64, Due, String)> {
    let id = || text(invoice, "id").to_owned();
    let finalize = invoice["automatically_finalizes_at"].as_i64().map(|at| (at, Due::Finalize, id()));
    let open = invoice["status"] == "open";
    let retry = invoice["next_payment_attempt"].as_i64().filter(|_| open).map(|at| (at, Due::Retry, id()));
    finalize.into_iter().chain(retry).collect()
}

fn of_subscription(account: &Account, subscription: &Value) -> Vec<(i64, Due, String)> {
    let id = text(subscription, "id").to_owned();
    let status = text(subscription, "status");
    let mut due = Vec::new();
    let mut add = |at: i64, what: Due| due.push((at, what, id.clone()));
    match status {
        "incomplete" => add(int(subscription, "created") + FIRST_PAYMENT, Due::Expire),
        "trialing" => {
            let end = int(subscription, "trial_end");
            add(end, Due::TrialEnd);
            if !account.reminded.contains(&id) {
                add((end - REMINDER).max(int(subscription, "created")), Due::Reminder);
            }
        }
        "active" | "past_due" | "unpaid" => {
            let ends = items(subscription).iter().map(|item| int(item, "current_period_end")).min();
            ends.into_iter().for_each(|at| add(at, Due::PeriodEnd));
        }
        _ => return due,
    }
    subscription["cancel_at"].as_i64().into_iter().for_each(|at| add(at, Due::Cancel));
    due
}

/// Lets it happen.
pub(crate) fn happen(account: &mut Account, what: Due, id: &str) -> Result<(), Refusal> {
    match what {
        Due::Finalize => finalize::finalize(account, id, true).map(|_| ()),
        Due::Retry => {
            // A card that is declined is told by the invoice.
            let _ = collect::pay(account, id);
            Ok(())
        }
        Due::Reminder => {
            account.reminded.insert(id.to_owned());
            let subscription = account.get("subscription", id)?.clone();
            account.emit("customer.subscription.trial_will_end", &subscription);
            Ok(())
        }
        Due::Cancel => cancel::end(account, id, "cancellation_requested").map(|_| ()),
        Due::TrialEnd => trial_end(account, id),
        Due::PeriodEnd => period_end(account, id, false).map(|_| ()),
        Due::Expire if id.starts_with("cs_") => crate::checkout::sessions::expire_now(account, id).map(|_| ()),
        Due::Expire => cancel::expire(account, id),
    }
}

fn trial_end(account: &mut Account, id: &str) -> Result<(), Refusal> {
    let subscription = account.get("subscription", id)?.clone();
    let has_card = collect::has_card(account, &subscription, text(&subscription, "customer"));
    match text(&subscription["trial_settings"]["end_behavior"], "missing_payment_method") {
        "cancel" if !has_card => cancel::end(account, id, "payment_failed").map(|_| ()),
        "pause" if !has_card => {
            collect::set_status(account, id, "paused")?;
            let paused = account.get("subscription", id)?.clone();
            account.emit("customer.subscription.paused", &paused);
            Ok(())
        }
        _ => {
            account.get_mut("subscription", id)?["status"] = json!("active");
            period_end(account, id, true).map(|_| ())
        }
    }
}

/// Begins the next period of every item whose period is over, with an invoice for what was used and what is to come.
/// What is used while a trial lasts costs nothing.
pub(crate) fn period_end(account: &mut Account, id: &str, was_trial: bool) -> Result<Value, Refusal> {
    let mut subscription = account.get("subscription", id)?.clone();
    let previous = json!({ "items": subscription["items"] });
    let customer = text(&subscription, "customer").to_owned();
    let anchor = int(&subscription, "billing_cycle_anchor");
    let (mut parts, now) = (Vec::new(), account.now);
    let mut items = items(&subscription);
    for item in items.iter_mut().filter(|item| int(item, "current_period_end") <= now) {
        let (start, end) = (int(item, "current_period_start"), int(item, "current_period_end"));
        let next = period::end(&item["price"], anchor, end);
        let ended = item.clone();
        item["current_period_start"] = json!(end);
        item["current_period_end"] = json!(next);
        parts.push(match is_metered(&item["price"]) {
            true => Part::Usage { item: ended, customer: customer.clone(), start, end, free: was_trial },
            false => Part::Fee { item: item.clone(), start: end, end: next, free: false },
        });
    }
    subscription["items"]["data"] = json!(items);
    account.put(subscription.clone());
    account.emit_change("customer.subscription.updated", &subscription, Some(previous));
    finalize::open(account, &subscription, Reason::Cycle, parts)
}
