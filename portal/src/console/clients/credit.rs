//! A client's money, and credit that the agency gives it.

use axum::{
    extract::{Path, State},
    response::{IntoResponse, Redirect},
};
use serde_json::json;
use turnpike_billing::payments::NewCredit;
use turnpike_core::{Currency, Micros, TenantId};
use turnpike_store::CreditKind;
use turnpike_tenancy::Actor;

use super::{find, path, show::client};
use crate::{
    Portal, Staff,
    console::check_reason,
    http::{Answer, Failure, FieldErrors, Form, Frame, Notice, again},
    pages::{
        Tag,
        billing::{Standing, fee},
        calendar::{DAY, read_day},
        money, shown,
    },
    start::subscribe::sentence,
};

/// More than anybody gives by intent: a million of the currency.
const MOST: Micros = Micros(1_000_000_000_000);

/// How a client stands with its money.
pub(super) struct Account {
    pub(super) plan: String,
    pub(super) fee: String,
    pub(super) tag: Tag,
    pub(super) meaning: String,
    pub(super) used: i64,
    pub(super) until: String,
    pub(super) credit: String,
}

/// The form for credit, as it was typed.
#[derive(Default)]
pub(super) struct Typed {
    pub(super) amount: String,
    pub(super) paid: bool,
    pub(super) note: String,
    pub(super) ends: String,
}

/// How the client stands; none if it has never subscribed.
pub(super) async fn account(portal: &Portal, tenant: TenantId) -> Result<Option<Account>, Failure> {
    let Some(own) = portal.billing.find_account(tenant).await? else { return Ok(None) };
    let subscription = &own.subscription;
    let standing = Standing::of(subscription, portal.settings.payments.grace_days, portal.ambient.now());
    Ok(Some(Account {
        plan: own.plan.as_ref().map_or(&subscription.plan, |plan| &plan.title).clone(),
        fee: fee(&own),
        tag: Tag::of_subscription(subscription.state),
        meaning: standing.meaning(),
        used: own.used,
        until: shown(subscription.period_end),
        credit: money(own.credit, own.book.currency()),
    }))
}

pub(crate) async fn give_credit(
    State(portal): State<Portal>,
    frame: Frame,
    staff: Staff,
    Path(id): Path<String>,
    form: Form,
) -> Answer {
    let (tenant, now) = (find(&portal, &id).await?, portal.ambient.now());
    let typed = Typed {
        amount: form.text("amount").to_owned(),
        paid: form.text("kind") == "paid",
        note: form.text("reason").to_owned(),
        ends: form.text("ends").to_owned(),
    };
    let amount = read_amount(&typed.amount, portal.book().currency());
    let expires_at = read_day(&typed.ends).map(|day| day.plus(DAY)).filter(|end| *end > now);
    let mut errors = FieldErrors::default();
    errors.check(amount.is_none(), "amount", "Write an amount such as 25 or 12.50.");
    errors.check(expires_at.is_none() && !typed.ends.is_empty(), "ends", "Choose today or a later day, or none.");
    let mut note = FieldErrors::default();
    check_reason(&mut note, &typed.note);
    errors.check(!note.is_empty(), "note", note.of("reason"));
    if let (Some(amount), true) = (amount, errors.is_empty()) {
        let by = Actor::person(staff.person.id);
        let kind = if typed.paid { CreditKind::Paid } else { CreditKind::Promotional };
        let credit = NewCredit { kind, amount, note: typed.note.clone(), expires_at, made_by: by.0.clone() };
        match portal.billing.grant_credit(tenant.id, &credit).await.map_err(Failure::from) {
            Ok(()) => {
                let amount = money(amount, portal.book().currency());
                let details = json!({ "amount": amount, "kind": kind.as_str(), "note": typed.note });
                portal.tenancy.record(tenant.id, &by, "credit.granted", &amount, details).await?;
                return Ok(Redirect::to(&Notice::CreditGiven.at(&path(tenant.id))).into_response());
            }
            Err(Failure::Billing(error)) => errors.add("amount", sentence(&error.to_string())),
            Err(other) => return Err(other),
        }
    }
    let mut shown = client(&portal, frame, tenant, errors).await?;
    shown.typed = typed;
    again(shown)
}

/// An amount above nought that can be paid.
fn read_amount(text: &str, currency: Currency) -> Option<Micros> {
    let amount = Micros::from_decimal(&text.replace(',', "."))?;
    let whole = amount.0 % currency.coin().0 == 0;
    (amount > Micros(0) && amount <= MOST && whole).then_some(amount)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_above_nought_and_has_no_part_of_a_coin() {
        let read = |text| read_amount(text, Currency::USD).map(|amount| amount.0);
        assert_eq!((read("25"), read("12.50"), read("0,05")), (Some(25_000_000), Some(12_500_000), Some(50_000)));
        for wrong in ["", "0", "-1", "0.001", "1e30", "ten", "1000000.01", "1.000,00"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
