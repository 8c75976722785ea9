//! The lines of a period: its fee and its usage by the subscription's terms.

use turnpike_config::PlanSettings;
use turnpike_core::{Currency, Micros, TenantId, Timestamp, grouped};
use turnpike_metering::{payable, rate};
use turnpike_store::{InvoiceLine, LineKind, Subscription, TenantStore};

use crate::{
    Billing, BillingError,
    invoices::{
        calendar::{days, month_of, next_month, prorated, share, year_after},
        close::is_running,
        issue::period_invoice,
    },
};

/// A plan as a subscription has it.
pub(crate) struct Terms {
    /// What it is.
    pub(crate) plan: PlanSettings,
    /// In which currency.
    pub(crate) currency: Currency,
}

impl Billing {
    /// The terms of a subscription.
    pub(crate) fn terms(&self, subscription: &Subscription) -> Result<Terms, BillingError> {
        let book = self.0.books.version(subscription.price_version);
        let plan = book.plan(&subscription.plan).ok_or_else(|| BillingError::UnknownPlan(subscription.plan.clone()))?;
        Ok(Terms { plan: plan.clone(), currency: book.currency() })
    }

    /// What the present period of a tenant has come to so far, as its invoice will say it, credit aside: the fee of the whole
    /// period, and usage until now. Nothing without a subscription.
    pub async fn upcoming(&self, tenant: TenantId) -> Result<Vec<InvoiceLine>, BillingError> {
        match self.0.store.tenant(tenant).find_subscription().await? {
            Some(running) if is_running(&running) => self.period_lines(tenant, &running, running.period_end).await,
            _ => Ok(vec![]),
        }
    }

    /// The lines of the present period until `until`, without credit: what earlier terms have left in its draft, and the rest by
    /// the present ones. Units go on being counted where the earlier terms have left them, so that no change of plan gives what
    /// is included twice, and none makes cheaper what was used before it.
    pub(crate) async fn period_lines(
        &self,
        tenant: TenantId,
        subscription: &Subscription,
        until: Timestamp,
    ) -> Result<Vec<InvoiceLine>, BillingError> {
        let rows = self.0.store.tenant(tenant);
        let terms = self.terms(subscription)?;
        let begin = subscription.period_start;
        let paid_from = subscription.trial_ends_at.unwrap_or(begin).clamp(begin, until.max(begin));
        let mut lines = rows.list_invoice_lines(period_invoice(tenant, begin)).await?;
        lines.retain(|line| line.kind != LineKind::Usage || line.since >= paid_from);
        let covered = covered(&rows.list_fees(begin).await?).map_or(paid_from, |covered| covered.max(paid_from));
        lines.extend(fees(&terms, subscription, covered, until));
        if paid_from > begin {
            let units = rows.units_between(begin, paid_from).await?;
            lines.push(usage("Calls in the trial".into(), (units, Some(Micros(0)), Micros(0)), (begin, paid_from)));
        }
        lines.extend(self.usage_after(&rows, &terms, &lines, (paid_from, until)).await?);
        Ok(numbered(lines))
    }

    /// Usage that no line counts yet.
    async fn usage_after(
        &self,
        rows: &TenantStore,
        terms: &Terms,
        lines: &[InvoiceLine],
        (since, until): (Timestamp, Timestamp),
    ) -> Result<Vec<InvoiceLine>, BillingError> {
        let counted = || lines.iter().filter(|line| line.kind == LineKind::Usage && line.since >= since);
        let before: i64 = counted().map(|line| line.quantity).sum();
        let from = counted().map(|line| line.until).max().unwrap_or(since);
        let units = rows.units_between(since, until).await?;
        Ok(tier_lines(terms, before, units.max(before), (from, until)))
    }
}

/// Until when fees are paid for, by all their lines in order: one below nought has given the rest of its time back.
pub(crate) fn covered(fees: &[InvoiceLine]) -> Option<Timestamp> {
    fees.last().map(|line| if line.amount.0 < 0 { line.since } else { line.until })
}

/// The fees from `from` to `until`: a month's by its days, a year's in full when it begins.
fn fees(terms: &Terms, subscription: &Subscription, mut from: Timestamp, until: Timestamp) -> Vec<InvoiceLine> {
    let Terms { plan, currency } = terms;
    let count = subscription.integrations;
    let line = |description, unit_price, amount: i64, since, until| InvoiceLine {
        position: 0,
        kind: LineKind::Fee,
        description,
        quantity: count,
        unit_price,
        amount: payable(Micros(amount), *currency),
        since,
        until,
    };
    let mut lines = vec![];
    while from < until {
        let to = if subscription.yearly { year_after(from) } else { next_month(from).min(until) };
        if to <= from {
            break;
        }
        let span = days(from, to);
        lines.push(if subscription.yearly {
            let amount = plan.yearly.saturating_mul(count);
            line(format!("{}, a year: {span}", plan.title), Some(Micros(plan.yearly)), amount, from, to)
        } else {
            let whole = from == month_of(from) && to == next_month(from);
            let amount = prorated(plan.monthly.saturating_mul(count), from, to);
            line(format!("{}: {span}", plan.title), whole.then_some(Micros(plan.monthly)), amount.0, from, to)
        });
        from = to;
    }
    lines
}

/// What is given back of a fee that reaches beyond `now`; none does so but a year's.
pub(crate) fn given_back(terms: &Terms, fees: &[InvoiceLine], now: Timestamp) -> Option<InvoiceLine> {
    let line = fees.last().filter(|line| line.amount.0 > 0 && line.until > now)?;
    let since = now.max(line.since);
    let whole = line.until.micros() - line.since.micros();
    let amount = share(line.amount.0, line.until.micros() - since.micros(), whole);
    Some(InvoiceLine {
        position: 0,
        kind: LineKind::Fee,
        description: format!("{}, the rest of the year: {}", terms.plan.title, days(since, line.until)),
        quantity: line.quantity,
        unit_price: None,
        amount: payable(Micros(-amount), terms.currency),
        since,
        until: line.until,
    })
}

/// The lines of the units after `before` up to `all` of a month, one for each tier; one of no units where there are none.
fn tier_lines(terms: &Terms, before: i64, all: i64, span: (Timestamp, Timestamp)) -> Vec<InvoiceLine> {
    let Terms { plan, currency } = terms;
    let earlier = rate(plan, before, *currency);
    let mut first = 1;
    let mut lines = vec![];
    for (place, charge) in rate(plan, all, *currency).into_iter().enumerate() {
        let units = charge.units - earlier.get(place).map_or(0, |charge| charge.units);
        if units > 0 || all == 0 {
            let amount = payable(Micros(units.saturating_mul(charge.unit_price.0)), *currency);
            let which = match charge.up_to {
                Some(up_to) if place == 0 && up_to == plan.included_units => {
                    format!("included, up to {}", grouped(up_to))
                }
                Some(up_to) => format!("{} to {}", grouped(first), grouped(up_to)),
                None => format!("{} and more", grouped(first)),
            };
            lines.push(usage(format!("Calls, units {which}"), (units, Some(charge.unit_price), amount), span));
        }
        first = charge.up_to.map_or(first, |up_to| up_to + 1);
    }
    lines
}

/// A line of usage: units, what each costs and what all do, and when the calls began.
pub(super) fn usage(
    description: String,
    (quantity, unit_price, amount): (i64, Option<Micros>, Micros),
    (since, until): (Timestamp, Timestamp),
) -> InvoiceLine {
    InvoiceLine { position: 0, kind: LineKind::Usage, description, quantity, unit_price, amount, since, until }
}

/// The lines with their places.
pub(super) fn numbered(mut lines: Vec<InvoiceLine>) -> Vec<InvoiceLine> {
    for (place, line) in (0..).zip(&mut lines) {
        line.position = place;
    }
    lines
}
