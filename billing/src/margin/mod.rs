//! What is left: revenue, less what vendors and payments cost.

mod earnings;
mod split;

use std::collections::{BTreeMap, BTreeSet};

use turnpike_core::{Currency, Micros, TenantId, Timestamp};
use turnpike_store::CostLine;

use self::{earnings::Earning, split::split};
use crate::{
    Billing, BillingError,
    invoices::calendar::{prorated, share},
};

/// What one tenant, one integration of it, or one tool brings and costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Margin {
    /// Fees and usage.
    pub revenue: Micros,
    /// What vendors charge for its requests and rows.
    pub vendor_cost: Micros,
    /// What payments cost.
    pub payment_cost: Micros,
    /// So many calls.
    pub calls: i64,
    /// So many units.
    pub units: i64,
}

impl Margin {
    /// What is left.
    pub fn left(&self) -> Micros {
        Micros(self.revenue.0 - self.vendor_cost.0 - self.payment_cost.0)
    }

    fn add(&mut self, other: Self) {
        self.revenue.0 += other.revenue.0;
        self.vendor_cost.0 += other.vendor_cost.0;
        self.payment_cost.0 += other.payment_cost.0;
        self.calls += other.calls;
        self.units += other.units;
    }
}

/// The margin of a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Margins {
    /// The currency of all amounts.
    pub currency: Currency,
    /// All together.
    pub total: Margin,
    /// By tenant, those that cost more than they bring first.
    pub tenants: Vec<(TenantId, Margin)>,
    /// By integration.
    pub integrations: Vec<(String, Margin)>,
    /// By integration and tool.
    pub tools: Vec<(String, String, Margin)>,
    /// By UTC day, all together.
    pub days: Vec<(Timestamp, Margin)>,
}

/// The views while they are summed up.
#[derive(Default)]
struct Sums {
    total: Margin,
    tenants: BTreeMap<TenantId, Margin>,
    tools: BTreeMap<(String, String), Margin>,
    days: BTreeMap<Timestamp, Margin>,
}

impl Billing {
    /// The margin of the calls begun at `since` or later and before `until`. A tenant's revenue is its plan's fee for that time
    /// and what its units cost by its tiers, as invoiced or, where there is no invoice yet, as it would be; integrations and
    /// tools share it by their units. A tenant with revenue pays once a month. What one pays that has called nothing stands
    /// under an integration without a name. Each view adds up to the total.
    pub async fn margins(&self, since: Timestamp, until: Timestamp) -> Result<Margins, BillingError> {
        let mut calls = BTreeMap::<TenantId, Vec<CostLine>>::new();
        for (tenant, line) in self.0.store.system().usage_by_tenant_and_day(since, until).await? {
            calls.entry(tenant).or_default().push(line);
        }
        let callers: Vec<_> = calls.keys().copied().collect();
        let mut earned = self.earnings((since, until), &callers).await?;
        let all: BTreeSet<_> = callers.into_iter().chain(earned.keys().copied()).collect();
        let mut sums = Sums::default();
        for tenant in all {
            let (earned, calls) =
                (earned.remove(&tenant).unwrap_or_default(), calls.remove(&tenant).unwrap_or_default());
            self.add(&mut sums, tenant, &earned, &calls, (since, until));
        }
        let mut tenants: Vec<_> = sums.tenants.into_iter().collect();
        tenants.sort_by_key(|(_, margin)| margin.left());
        let mut integrations = BTreeMap::<String, Margin>::new();
        for ((integration, _), margin) in &sums.tools {
            integrations.entry(integration.clone()).or_default().add(*margin);
        }
        Ok(Margins {
            currency: self.0.books.at(self.now()).currency(),
            total: sums.total,
            tenants,
            integrations: integrations.into_iter().collect(),
            tools: sums.tools.into_iter().map(|((integration, tool), margin)| (integration, tool, margin)).collect(),
            days: sums.days.into_iter().collect(),
        })
    }

    /// Adds what one tenant brings and costs to all views.
    fn add(
        &self,
        sums: &mut Sums,
        tenant: TenantId,
        earned: &[Earning],
        calls: &[CostLine],
        time: (Timestamp, Timestamp),
    ) {
        let mut tools = BTreeMap::<(&str, &str), Margin>::new();
        let mut days = BTreeMap::<Timestamp, Margin>::new();
        for call in calls {
            let vendor_cost = Micros(self.vendor_cost(call));
            let margin = Margin { vendor_cost, calls: call.calls, units: call.units, ..Margin::default() };
            tools.entry((&call.integration, &call.tool)).or_default().add(margin);
            days.entry(call.day).or_default().add(margin);
        }
        if tools.is_empty() {
            tools.entry(("", "")).or_default();
        }
        let revenue = earned.iter().map(|earning| earning.amount).sum();
        let parts = split(revenue, &by_units(tools.values()));
        for (margin, part) in tools.values_mut().zip(parts) {
            margin.revenue.0 += part;
        }
        for earning in earned {
            for (day, part) in earning.by_day(&days) {
                days.entry(day).or_default().revenue.0 += part;
            }
        }
        let payment = self.payment_cost(revenue, time);
        for views in [tools.values_mut().collect::<Vec<_>>(), days.values_mut().collect()] {
            let parts: Vec<_> = views.iter().map(|margin| margin.revenue.0.max(0)).collect();
            for (margin, part) in views.into_iter().zip(split(payment, &parts)) {
                margin.payment_cost.0 += part;
            }
        }
        for ((integration, tool), margin) in tools {
            sums.total.add(margin);
            sums.tenants.entry(tenant).or_default().add(margin);
            sums.tools.entry((integration.into(), tool.into())).or_default().add(margin);
        }
        for (day, margin) in days {
            sums.days.entry(day).or_default().add(margin);
        }
    }

    fn vendor_cost(&self, call: &CostLine) -> i64 {
        let settings = self.0.integrations.iter().find(|(name, _)| *name == call.integration);
        settings.map_or(0, |(_, settings)| {
            let requests = call.upstream_requests.saturating_mul(settings.cost_per_request);
            requests.saturating_add(call.answer_rows.saturating_mul(settings.cost_per_row))
        })
    }

    fn payment_cost(&self, revenue: i64, (since, until): (Timestamp, Timestamp)) -> i64 {
        let costs = &self.0.costs;
        match revenue {
            ..=0 => 0,
            _ => share(revenue, costs.payment_rate.into(), 10_000) + prorated(costs.payment_fixed, since, until).0,
        }
    }
}

/// By what revenue is shared: units, or calls where there are none.
fn by_units<'a>(margins: impl Iterator<Item = &'a Margin> + Clone) -> Vec<i64> {
    match margins.clone().any(|margin| margin.units > 0) {
        true => margins.map(|margin| margin.units).collect(),
        false => margins.map(|margin| margin.calls).collect(),
    }
}
