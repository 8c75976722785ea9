//! Sums over the lines of the ledger's own sums.

use std::collections::BTreeMap;

use turnpike_core::{Currency, Micros, Outcome, Timestamp};
use turnpike_store::{DayLine, UsageLine};

use super::{
    super::{calendar::days, money},
    Period,
};
use crate::Portal;

/// Amounts by currency. The ledger may hold several: prices can be changed to another.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
struct Amounts(BTreeMap<String, (Currency, i64)>);

impl Amounts {
    fn add(&mut self, price: Micros, currency: Currency) {
        self.0.entry(currency.to_string()).or_insert((currency, 0)).1 += price.0;
    }

    /// Each that is not nought, else nought in the currency of the prices in force.
    fn shown(&self, portal: &Portal) -> String {
        let all = self.0.values().filter(|(_, micros)| *micros != 0);
        let all: Vec<_> = all.map(|(currency, micros)| money(Micros(*micros), *currency)).collect();
        if all.is_empty() { money(Micros(0), portal.book().currency()) } else { all.join(" + ") }
    }
}

/// The calls of a tool, priced in one currency.
pub(super) struct ByTool {
    pub(super) integration: String,
    pub(super) tool: String,
    pub(super) outcomes: Vec<(Outcome, i64)>,
    pub(super) upstream_requests: i64,
    pub(super) units: i64,
    pub(super) price: Micros,
    pub(super) currency: Currency,
}

/// All of a period.
#[derive(Default)]
pub(super) struct Sums {
    pub(super) calls: i64,
    pub(super) units: i64,
    pub(super) failures: i64,
    /// Failures that cost nothing.
    pub(super) free_failures: i64,
    kept: i64,
    spent: Amounts,
    pub(super) tools: Vec<ByTool>,
}

impl Sums {
    pub(super) fn of(lines: &[UsageLine]) -> Self {
        let mut sums = Self::default();
        for line in lines {
            let failures = if line.outcome.is_failure() { line.calls } else { 0 };
            sums.calls += line.calls;
            sums.units += line.units;
            sums.failures += failures;
            sums.free_failures += if line.price.0 == 0 { failures } else { 0 };
            sums.kept += if line.outcome == Outcome::Cached { line.calls } else { 0 };
            sums.spent.add(line.price, line.currency);
            let same = |own: &&mut ByTool| {
                (&own.integration, &own.tool, own.currency) == (&line.integration, &line.tool, line.currency)
            };
            match sums.tools.iter_mut().find(same) {
                Some(own) => own.add(line),
                None => sums.tools.push(ByTool::of(line)),
            }
        }
        sums
    }

    /// The share of calls that were answered from what was kept, in percent.
    pub(super) fn kept_percent(&self) -> i64 {
        if self.calls == 0 { 0 } else { self.kept * 100 / self.calls }
    }

    pub(super) fn spent(&self, portal: &Portal) -> String {
        self.spent.shown(portal)
    }
}

impl ByTool {
    fn of(line: &UsageLine) -> Self {
        let mut own = Self {
            integration: line.integration.clone(),
            tool: line.tool.clone(),
            outcomes: vec![],
            upstream_requests: 0,
            units: 0,
            price: Micros(0),
            currency: line.currency,
        };
        own.add(line);
        own
    }

    fn add(&mut self, line: &UsageLine) {
        self.outcomes.push((line.outcome, line.calls));
        self.upstream_requests += line.upstream_requests;
        self.units += line.units;
        self.price.0 += line.price.0;
    }
}

/// A day, also one without a call.
pub(super) struct ByDay {
    pub(super) day: Timestamp,
    pub(super) calls: i64,
    pub(super) failures: i64,
    spent: Amounts,
}

impl ByDay {
    /// Each day of the period.
    pub(super) fn of(lines: &[DayLine], period: &Period) -> Vec<Self> {
        let mut by_day: BTreeMap<_, _> = days(period.since, period.until)
            .map(|day| (day, Self { day, calls: 0, failures: 0, spent: Amounts::default() }))
            .collect();
        for line in lines {
            let Some(own) = by_day.get_mut(&line.day) else { continue };
            own.calls += line.calls;
            own.failures += line.failures;
            own.spent.add(line.price, line.currency);
        }
        by_day.into_values().collect()
    }

    /// What was spent in that currency.
    pub(super) fn price(&self, currency: Currency) -> Micros {
        Micros(self.spent.0.get(&currency.to_string()).map_or(0, |(_, micros)| *micros))
    }

    pub(super) fn spent(&self, portal: &Portal) -> String {
        self.spent.shown(portal)
    }
}

#[cfg(test)]
mod tests {
    use super::{super::super::calendar::read_day, *};

    fn line(tool: &str, outcome: Outcome, calls: i64, price: i64, currency: &str) -> UsageLine {
        UsageLine {
            units: 0,
            answer_rows: 0,
            integration: "google-ads".into(),
            tool: tool.into(),
            outcome,
            calls,
            upstream_requests: calls,
            price: Micros(price),
            list_price: Micros(price),
            currency: currency.parse().unwrap(),
        }
    }

    #[test]
    fn a_tool_has_a_line_for_each_currency_and_a_count_for_each_outcome() {
        let sums = Sums::of(&[
            line("list", Outcome::Success, 3, 12, "USD"),
            line("list", Outcome::Cached, 1, 1, "USD"),
            line("list", Outcome::UpstreamFault, 4, 0, "USD"),
            line("list", Outcome::Success, 2, 8, "EUR"),
        ]);
        assert_eq!((sums.calls, sums.failures, sums.free_failures, sums.kept_percent()), (10, 4, 4, 10));
        let told: Vec<_> = sums.tools.iter().map(|own| (own.outcomes.len(), own.price.0)).collect();
        assert_eq!(told, [(3, 13), (1, 8)]);
        assert_eq!(Sums::of(&[]).kept_percent(), 0);
    }

    #[test]
    fn days_without_a_call_are_there_and_currencies_are_not_mixed() {
        let (since, until) = (read_day("2026-11-01").unwrap(), read_day("2026-11-04").unwrap());
        let period = Period { since, until, name: String::new(), word: String::new() };
        let line = |currency: &str, price| DayLine {
            day: read_day("2026-11-02").unwrap(),
            integration: "google-ads".into(),
            calls: 2,
            failures: 1,
            upstream_requests: 2,
            price: Micros(price),
            currency: currency.parse().unwrap(),
        };
        let by_day = ByDay::of(&[line("EUR", 5), line("USD", 7)], &period);
        let told: Vec<_> = by_day.iter().map(|own| (own.calls, own.failures, own.price(Currency::USD).0)).collect();
        assert_eq!(told, [(0, 0, 0), (4, 2, 7), (0, 0, 0)]);
    }
}
