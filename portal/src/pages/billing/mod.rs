//! What a tenant pays for: plan, state, what is used of it and what that costs so far, and its invoices.

mod actions;
mod banners;
mod costs;
mod invoice;
mod quota;
mod standing;
mod statement;

pub(crate) use actions::{cancel, keep_on, manage, set_cap};
use askama::Template;
use axum::extract::State;
pub(crate) use banners::banners;
use costs::{Costs, costs};
pub(crate) use invoice::{Line, event_name, find_of_call, lines as invoice_lines, pdf, show as show_invoice};
use quota::Quota;
pub(crate) use standing::{Standing, has_begun};
pub(crate) use statement::{Asked as AskedStatement, HEADER as STATEMENT_HEADER, cells, export as export_statement};
use turnpike_billing::Account;
use turnpike_config::PaymentProvider;
use turnpike_core::{Micros, Timestamp};
use turnpike_store::InvoiceLine;

use super::{Tag, calendar::Month, money, shown};
use crate::{
    Member, Permission, Portal,
    http::{Answer, Failure, FieldErrors, Frame, page},
};

/// What a tenant pays for.
struct Plan {
    title: String,
    tag: Tag,
    class: &'static str,
    meaning: String,
    to_do: &'static str,
    /// The fee in words.
    fee: String,
    from: String,
    until: String,
    used: i64,
    quota: Option<Quota>,
    costs: Costs,
    credit: String,
    /// It is over, or was never paid.
    over: bool,
    /// When it ends, where that is decided.
    ends: Option<String>,
}

/// What is used without a plan, in the present month.
struct Unplanned {
    units: i64,
    each: String,
    total: String,
    /// Calls to real accounts need a plan.
    needed: bool,
}

#[derive(Template)]
#[template(path = "pages/billing.html")]
struct BillingPage {
    frame: Frame,
    errors: FieldErrors,
    plan: Option<Plan>,
    unplanned: Option<Unplanned>,
    cap: String,
    invoices: Vec<Line>,
    stripe: bool,
    may_choose: bool,
    may_cap: bool,
    may_export: bool,
}

pub(crate) async fn show(State(portal): State<Portal>, frame: Frame, member: Member) -> Answer {
    page(billing(&portal, frame, &member, FieldErrors::default()).await?)
}

async fn billing(portal: &Portal, frame: Frame, member: &Member, errors: FieldErrors) -> Result<BillingPage, Failure> {
    let (account, now) = (portal.billing.find_account(member.tenant.id).await?, portal.ambient.now());
    let upcoming = portal.billing.upcoming(member.tenant.id).await?;
    let cap = account.as_ref().and_then(|account| account.subscription.cap_units);
    Ok(BillingPage {
        errors,
        cap: cap.map(|units| units.to_string()).unwrap_or_default(),
        plan: account.as_ref().map(|account| plan(portal, account, upcoming, now)),
        unplanned: if account.is_none() { Some(unplanned(portal, member, now).await?) } else { None },
        invoices: invoice_lines(portal.store.tenant(member.tenant.id).list_invoices().await?, now),
        stripe: portal.billing.provider() == PaymentProvider::Stripe,
        may_choose: member.may(Permission::ChoosePlan),
        may_cap: member.may(Permission::SetCap) && account.is_some(),
        may_export: member.may(Permission::Export),
        frame,
    })
}

fn plan(portal: &Portal, account: &Account, upcoming: Vec<InvoiceLine>, now: Timestamp) -> Plan {
    let own = &account.subscription;
    let standing = Standing::of(own, portal.settings.payments.grace_days, now);
    Plan {
        title: account.plan.as_ref().map_or(&own.plan, |plan| &plan.title).clone(),
        tag: Tag::of_subscription(own.state),
        class: standing.class(),
        meaning: standing.meaning(),
        to_do: standing.to_do(),
        fee: fee(account),
        from: shown(own.period_start),
        until: shown(own.period_end),
        used: account.used,
        quota: Quota::of(account),
        costs: costs(account, upcoming, now),
        credit: money(account.credit, account.book.currency()),
        over: own.state.is_over(),
        ends: own.cancel_at.map(shown),
    }
}

/// What the present month's units cost without a plan.
async fn unplanned(portal: &Portal, member: &Member, now: Timestamp) -> Result<Unplanned, Failure> {
    let (month, book) = (Month::of(now), portal.book());
    let lines = portal.store.tenant(member.tenant.id).usage(month.begins(), month.ends()).await?;
    Ok(Unplanned {
        units: lines.iter().map(|line| line.units).sum(),
        each: money(Micros(book.prices.unit), book.currency()),
        total: money(Micros(lines.iter().map(|line| line.price.0).sum()), book.currency()),
        needed: portal.settings.payments.needs_subscription(),
    })
}

/// What a subscription's fee is, in words.
pub(crate) fn fee(account: &Account) -> String {
    let (own, currency) = (&account.subscription, account.book.currency());
    let Some(plan) = &account.plan else { return "as agreed".into() };
    let (each, term) = if own.yearly { (plan.yearly, "year") } else { (plan.monthly, "month") };
    let all = money(Micros(each.saturating_mul(own.integrations)), currency);
    match own.integrations {
        1 => format!("{all} a {term}"),
        integrations => {
            format!("{all} a {term}: {} for each of {integrations} integrations", money(Micros(each), currency))
        }
    }
}
