//! The price of a call: its cost class says how many units it uses up, its outcome how much of that.

use turnpike_config::{BookText, PlanSettings, Plans, PriceSettings};
use turnpike_core::{Currency, Micros, Money, Outcome, Timestamp};

/// A version of the price book.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriceBook {
    /// Its number; nought is the one of the settings.
    pub version: i64,
    /// From when on calls are priced by it.
    pub effective_at: Timestamp,
    /// What calls cost.
    pub prices: PriceSettings,
    /// What can be subscribed to.
    pub plans: Plans,
}

/// The price of one call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Price {
    /// What it uses up.
    pub units: i64,
    /// What a successful call of its class costs without a plan.
    pub list: Micros,
    /// What this one costs without a plan.
    pub charged: Micros,
    /// The currency of both.
    pub currency: Currency,
    /// The version of the book that says so.
    pub version: i64,
}

impl Price {
    /// What is charged without a plan, with its currency.
    pub fn money(&self) -> Money {
        Money { micros: self.charged, currency: self.currency }
    }
}

impl PriceBook {
    /// The book of the settings, whose check has seen to it that every outcome has a price.
    pub fn of_settings(prices: PriceSettings, plans: Plans) -> Self {
        Self { version: 0, effective_at: Timestamp::from_micros(0), prices, plans }
    }

    /// The book as it is written.
    pub fn text(&self) -> BookText {
        BookText { prices: self.prices.clone(), plans: self.plans.clone() }
    }

    /// The currency of all prices.
    pub fn currency(&self) -> Currency {
        self.prices.currency
    }

    /// The plan of that name.
    pub fn plan(&self, name: &str) -> Option<&PlanSettings> {
        self.plans.get(name)
    }

    /// Units of a successful call of a cost class (`free`, `light`, `standard`, `heavy`).
    pub fn units(&self, cost_class: &str) -> i64 {
        match cost_class {
            "free" => 0,
            "light" => self.prices.light,
            "heavy" => self.prices.heavy,
            _ => self.prices.standard,
        }
    }

    /// The price of a call of a cost class that ended so. A part of a unit is not charged.
    pub fn price(&self, cost_class: &str, outcome: Outcome) -> Price {
        self.price_of(self.units(cost_class), outcome)
    }

    /// The price of a call that would use up so many units if it succeeded.
    pub fn price_of(&self, all: i64, outcome: Outcome) -> Price {
        let percent = i64::from(self.prices.percent.get(&outcome).copied().unwrap_or_default());
        let units = all.saturating_mul(percent) / 100;
        let cost = |units: i64| Micros(units.saturating_mul(self.prices.unit));
        Price { units, list: cost(all), charged: cost(units), currency: self.currency(), version: self.version }
    }
}

#[cfg(test)]
mod tests {
    use turnpike_config::Layers;

    use super::*;

    #[test]
    fn work_done_is_charged_and_failures_are_not() {
        let settings = Layers::default().load().unwrap();
        let book = PriceBook::of_settings(settings.prices, settings.plans);
        let units = |outcome| book.price("standard", outcome).units;
        assert_eq!(units(Outcome::Success), 4);
        assert_eq!(units(Outcome::Cached), 1);
        assert_eq!(units(Outcome::Stale), 0, "four tenths of a unit are none");
        assert_eq!(book.price("heavy", Outcome::Stale).charged, Micros(1_000));
        for free in [
            Outcome::Pending,
            Outcome::Replayed,
            Outcome::Sandbox,
            Outcome::CallerFault,
            Outcome::SwitchedOff,
            Outcome::Throttled,
            Outcome::BreakerOpen,
            Outcome::UpstreamFault,
            Outcome::OurFault,
        ] {
            assert_eq!(units(free), 0, "{free}");
            assert_eq!(book.price("standard", free).list, Micros(4_000));
        }
    }
}
