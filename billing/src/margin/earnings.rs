//! What tenants bring in a time: of the lines of invoices, and of those that are to come, the part that falls into it.

use std::collections::{BTreeMap, HashMap};

use turnpike_config::PaymentProvider;
use turnpike_core::{TenantId, Timestamp};
use turnpike_store::{InvoiceLine, LineKind, Subscription};

use crate::{
    Billing, BillingError,
    invoices::{
        calendar::{month_of, next_month, overlap, share},
        close::is_running,
        issue::{month_invoice, period_invoice},
    },
    margin::{Margin, split},
};

const DAY: i64 = 86_400_000_000;

/// An amount for a time.
pub(super) struct Earning {
    kind: LineKind,
    pub(super) amount: i64,
    since: Timestamp,
    until: Timestamp,
}

impl Earning {
    /// By day: a fee by time, usage by the units of each day.
    pub(super) fn by_day(&self, known: &BTreeMap<Timestamp, Margin>) -> Vec<(Timestamp, i64)> {
        let days: Vec<_> = (self.since.micros().div_euclid(DAY)..=(self.until.micros() - 1).div_euclid(DAY))
            .map(|day| Timestamp::from_micros(day * DAY))
            .collect();
        let time =
            |day: &Timestamp| overlap(self.since, self.until, (*day, Timestamp::from_micros(day.micros() + DAY)));
        let units = |day: &Timestamp| known.get(day).map_or(0, |margin| margin.units);
        let by_units = self.kind == LineKind::Usage && days.iter().any(|day| units(day) > 0);
        let weights: Vec<_> = days.iter().map(|day| if by_units { units(day) } else { time(day) }).collect();
        let parts = split(self.amount, &weights);
        days.into_iter().zip(parts).collect()
    }
}

impl Billing {
    pub(super) async fn earnings(
        &self,
        time: (Timestamp, Timestamp),
        callers: &[TenantId],
    ) -> Result<BTreeMap<TenantId, Vec<Earning>>, BillingError> {
        let system = self.0.store.system();
        let mut lines = system.list_invoice_lines_between(time.0, time.1).await?;
        let subscriptions = system.list_subscriptions().await?;
        for (tenant, running) in subscriptions.iter().filter(|(_, it)| is_running(it)) {
            let present = period_invoice(*tenant, running.period_start);
            // Its draft is in the lines of the period already.
            lines.retain(|(_, invoice, _)| *invoice != present);
            let of_period = self.period_lines(*tenant, running, running.period_end).await?;
            lines.extend(of_period.into_iter().map(|line| (*tenant, present, line)));
        }
        if self.provider() == PaymentProvider::Invoice {
            for tenant in callers {
                let running = subscriptions.iter().find(|(of, _)| of == tenant).map(|(_, it)| it);
                lines.extend(
                    self.without_plan(*tenant, running, time).await?.into_iter().map(|(id, line)| (*tenant, id, line)),
                );
            }
        }
        let mut earned = BTreeMap::<_, Vec<_>>::new();
        let mut parts = HashMap::new();
        for (tenant, _, line) in lines {
            if let Some(earning) = self.part(tenant, &line, time, &mut parts).await? {
                earned.entry(tenant).or_default().push(earning);
            }
        }
        Ok(earned)
    }

    /// What will be invoiced of the months that reach into the time to a tenant without a plan.
    async fn without_plan(
        &self,
        tenant: TenantId,
        subscription: Option<&Subscription>,
        (since, until): (Timestamp, Timestamp),
    ) -> Result<Vec<(turnpike_core::InvoiceId, InvoiceLine)>, BillingError> {
        let mut lines = vec![];
        let mut begin = month_of(since);
        while begin < until {
            let end = next_month(begin);
            if end <= begin {
                break;
            }
            let month = self.unsubscribed_lines(tenant, subscription, (begin, end)).await?;
            lines.extend(month.into_iter().map(|line| (month_invoice(tenant, line.since), line)));
            begin = end;
        }
        Ok(lines)
    }

    /// The part of a line that falls into the time: of a fee by time, of usage by units.
    async fn part(
        &self,
        tenant: TenantId,
        line: &InvoiceLine,
        time: (Timestamp, Timestamp),
        known: &mut HashMap<(TenantId, Timestamp, Timestamp), (i64, i64)>,
    ) -> Result<Option<Earning>, BillingError> {
        let (since, until) = (line.since.max(time.0), line.until.min(time.1));
        if since >= until || !matches!(line.kind, LineKind::Fee | LineKind::Usage) {
            return Ok(None);
        }
        let amount = match line.kind {
            _ if (since, until) == (line.since, line.until) => line.amount.0,
            LineKind::Usage => {
                let span = (tenant, line.since, line.until);
                let rows = self.0.store.tenant(tenant);
                let (part, whole) = match known.get(&span) {
                    Some(units) => *units,
                    None => {
                        let part = rows.units_between(since, until).await?;
                        (part, rows.units_between(line.since, line.until).await?)
                    }
                };
                known.insert(span, (part, whole));
                share(line.amount.0, part, whole)
            }
            _ => share(line.amount.0, until.micros() - since.micros(), line.until.micros() - line.since.micros()),
        };
        Ok(Some(Earning { kind: line.kind, amount, since, until }))
    }
}
