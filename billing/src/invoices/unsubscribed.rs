//! Usage without a plan is invoiced by the calendar month, at list price.

use turnpike_core::{Micros, TenantId, Timestamp};
use turnpike_metering::payable;
use turnpike_store::{InvoiceLine, Subscription};

use crate::{
    Billing, BillingError,
    invoices::{
        calendar::{month_before, month_of},
        close::is_running,
        issue::{Bill, month_invoice},
        lines::{numbered, usage},
    },
};

/// So many months back are looked at, in case no worker ran for a while.
const MONTHS: usize = 3;

impl Billing {
    /// Invoices the months that ended at `over` or before to those that used something without a plan.
    pub(super) async fn close_months(&self, over: Timestamp, now: Timestamp) -> Result<usize, BillingError> {
        let system = self.0.store.system();
        let mut months = vec![(month_before(over), month_of(over))];
        for _ in 1..MONTHS {
            months.extend(months.last().map(|(begin, _)| (month_before(*begin), *begin)));
        }
        let oldest = months.last().map_or(over, |(begin, _)| *begin);
        let done = system.list_told_notices(oldest).await?;
        let (mut closed, mut failed) = (0, None);
        for (begin, end) in months.into_iter().rev() {
            let key = format!("closed/{}", begin.to_utc().format("%Y-%m"));
            if done.contains(&(TenantId::NONE, key.clone())) {
                continue;
            }
            let mut all = true;
            for tenant in system.list_tenants().await?.into_iter().filter(|tenant| tenant.deleted_at.is_none()) {
                match self.close_month(tenant.id, (begin, end), now).await {
                    Ok(new) => closed += usize::from(new),
                    Err(error) => {
                        tracing::error!(tenant = %tenant.id, %error, "a month was not closed");
                        (all, failed) = (false, failed.or(Some(error)));
                    }
                }
            }
            if all {
                self.0.store.tenant(TenantId::NONE).close_notice(&key, now).await?;
            }
        }
        failed.map_or(Ok(closed), Err)
    }

    /// Invoices what a tenant has used without a plan until now, because it ends: nobody will when the month is over.
    pub(crate) async fn close_months_early(&self, tenant: TenantId, now: Timestamp) -> Result<(), BillingError> {
        let present = month_of(now);
        for month in [(month_before(present), present), (present, now)] {
            self.close_month(tenant, month, now).await?;
        }
        Ok(())
    }

    async fn close_month(
        &self,
        tenant: TenantId,
        month: (Timestamp, Timestamp),
        now: Timestamp,
    ) -> Result<bool, BillingError> {
        let rows = self.0.store.tenant(tenant);
        let lines = self.unsubscribed_lines(tenant, rows.find_subscription().await?.as_ref(), month).await?;
        // The first part that no invoice covers: what is invoiced early, and goes on being used, is not the same again.
        let Some(id) = lines.first().map(|line| month_invoice(tenant, line.since)) else { return Ok(false) };
        let book = self.0.books.at(Timestamp::from_micros(month.1.micros() - 1));
        let (price_version, currency) = (book.version, book.currency());
        let bill = Bill { tenant, id, plan: None, price_version, currency, period: month, lines };
        self.issue(bill, None, now).await
    }

    /// Usage in the parts of a time that neither a subscription nor an invoice covers, each call at the price that it was made
    /// for.
    pub(crate) async fn unsubscribed_lines(
        &self,
        tenant: TenantId,
        subscription: Option<&Subscription>,
        time: (Timestamp, Timestamp),
    ) -> Result<Vec<InvoiceLine>, BillingError> {
        let rows = self.0.store.tenant(tenant);
        let invoices = rows.list_invoices().await?;
        let running = subscription.filter(|it| is_running(it)).map(|it| (it.period_start, it.period_end));
        let invoiced = invoices.iter().filter(|invoice| invoice.plan.is_some() || invoice.external_id.is_none());
        let covered = invoiced.map(|invoice| (invoice.period_start, invoice.period_end)).chain(running).collect();
        let currency = self.0.books.at(Timestamp::from_micros(time.1.micros() - 1)).currency();
        let mut lines = vec![];
        for (since, until) in uncovered(time, covered) {
            let used = rows.usage(since, until).await?;
            let used = || used.iter().filter(|line| line.currency == currency);
            let (units, price) = (used().map(|line| line.units).sum(), used().map(|line| line.price.0).sum());
            if units > 0 {
                let each = (price % units == 0).then_some(Micros(price / units));
                let amount = payable(Micros(price), currency);
                lines.push(usage("Calls without a plan".into(), (units, each, amount), (since, until)));
            }
        }
        Ok(numbered(lines))
    }
}

/// The parts of a time that are in none of the others.
fn uncovered(time: (Timestamp, Timestamp), mut covered: Vec<(Timestamp, Timestamp)>) -> Vec<(Timestamp, Timestamp)> {
    covered.sort();
    let mut from = time.0;
    let mut parts = vec![];
    for (since, until) in covered {
        if since > from && from < time.1 {
            parts.push((from, since.min(time.1)));
        }
        from = from.max(until);
    }
    if from < time.1 {
        parts.push((from, time.1));
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_subscription_covers_is_left() {
        let span = |(a, b)| (Timestamp::from_micros(a), Timestamp::from_micros(b));
        let left = |covered: &[(i64, i64)]| uncovered(span((10, 20)), covered.iter().copied().map(span).collect());
        let spans = |list: &[(i64, i64)]| list.iter().copied().map(span).collect::<Vec<_>>();
        assert_eq!(left(&[]), spans(&[(10, 20)]));
        assert_eq!(left(&[(0, 30)]), []);
        assert_eq!(left(&[(14, 16), (12, 15)]), spans(&[(10, 12), (16, 20)]));
        assert_eq!(left(&[(0, 5), (18, 40), (50, 60)]), spans(&[(10, 18)]));
    }
}
