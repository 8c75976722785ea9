//! The price of a call: its cost class gives the list price, its outcome what part of that is charged.

use turnpike_config::PriceSettings;
use turnpike_core::{Currency, Micros, Money, Outcome};

/// The prices in force.
#[derive(Clone, Debug)]
pub struct PriceBook(PriceSettings);

/// The price of one call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Price {
    /// What a successful call of its class costs.
    pub list: Micros,
    /// What is charged.
    pub charged: Micros,
    /// The currency of both.
    pub currency: Currency,
}

impl Price {
    /// What is charged, with its currency.
    pub fn money(&self) -> Money {
        Money { micros: self.charged, currency: self.currency }
    }
}

impl PriceBook {
    /// Prices from the settings, whose check has seen to it that every outcome has one.
    pub fn new(settings: PriceSettings) -> Self {
        Self(settings)
    }

    /// The currency of all prices.
    pub fn currency(&self) -> Currency {
        self.0.currency
    }

    /// The price of a call of a cost class (`light`, `standard`, `heavy`) that ended so.
    pub fn price(&self, cost_class: &str, outcome: Outcome) -> Price {
        let list = match cost_class {
            "light" => self.0.light,
            "heavy" => self.0.heavy,
            _ => self.0.standard,
        };
        let percent = i64::from(self.0.percent.get(&outcome).copied().unwrap_or_default());
        Price { list: Micros(list), charged: Micros(list.saturating_mul(percent) / 100), currency: self.0.currency }
    }
}

#[cfg(test)]
mod tests {
    use turnpike_config::Layers;

    use super::*;

    #[test]
    fn work_done_is_charged_and_failures_are_not() {
        let book = PriceBook::new(Layers::default().load().unwrap().prices);
        let charged = |outcome| book.price("standard", outcome).charged;
        assert_eq!(charged(Outcome::Success), Micros(4_000));
        assert_eq!(charged(Outcome::Cached), Micros(1_000));
        assert_eq!(charged(Outcome::Stale), Micros(400));
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
            assert_eq!(charged(free), Micros(0), "{free}");
            assert_eq!(book.price("standard", free).list, Micros(4_000));
        }
    }
}
