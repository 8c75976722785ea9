//! What a month's units cost by a plan: graduated tiers, of which the first is what the plan includes.

use turnpike_config::PlanSettings;
use turnpike_core::{Currency, Micros};

/// The units of one tier, and what they cost.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TierCharge {
    /// The last unit of the tier; none: it has no end.
    pub up_to: Option<i64>,
    /// Units that fell into it.
    pub units: i64,
    /// What each costs.
    pub unit_price: Micros,
    /// What they cost together, rounded to what can be paid.
    pub amount: Micros,
}

/// The tiers of a plan, what it includes first: where each ends, and what a unit costs in it.
pub fn tiers(plan: &PlanSettings) -> Vec<(Option<i64>, Micros)> {
    let included = (plan.included_units > 0).then_some((Some(plan.included_units), Micros(0)));
    included.into_iter().chain(plan.tiers.iter().map(|tier| (tier.up_to, Micros(tier.price)))).collect()
}

/// What so many units of one month cost. Tiers that were not reached are left out; of no units the first one stays.
pub fn rate(plan: &PlanSettings, units: i64, currency: Currency) -> Vec<TierCharge> {
    let mut from = 0;
    let mut charges = vec![];
    for (up_to, unit_price) in tiers(plan) {
        let end = up_to.unwrap_or(i64::MAX).min(units);
        if end > from || charges.is_empty() {
            let units = (end - from).max(0);
            let amount = payable(Micros(units.saturating_mul(unit_price.0)), currency);
            charges.push(TierCharge { up_to, units, unit_price, amount });
            from = from.max(end);
        }
    }
    charges
}

/// What `more` units cost in the tiers that they fall into after `used` ones, to the micro-unit.
pub(crate) fn price_of_more(plan: &PlanSettings, used: i64, more: i64) -> Micros {
    let (mut from, mut price) = (0, 0_i64);
    for (up_to, unit_price) in tiers(plan) {
        let end = up_to.unwrap_or(i64::MAX);
        let units = end.min(used.saturating_add(more)).saturating_sub(used.max(from)).max(0);
        price = price.saturating_add(units.saturating_mul(unit_price.0));
        from = end;
    }
    Micros(price)
}

/// An amount rounded, half away from nought, to the smallest coin of its currency: Stripe rounds each line so.
pub fn payable(amount: Micros, currency: Currency) -> Micros {
    let coin = currency.coin().0;
    let (sign, size) = (amount.0.signum(), amount.0.saturating_abs());
    Micros(sign * ((size.saturating_add(coin / 2)) / coin * coin))
}

#[cfg(test)]
mod tests {
    use turnpike_config::Layers;

    use super::*;

    fn cost(plan: &PlanSettings, units: i64) -> i64 {
        rate(plan, units, Currency::USD).iter().map(|charge| charge.amount.0).sum()
    }

    #[test]
    fn each_unit_costs_what_its_tier_says() {
        let plan = &Layers::default().load().unwrap().plans["starter"];
        for (units, expected) in [
            (0, 0),
            (1, 0),
            (8_000, 0),
            // One tenth of a cent is no cent, five are one.
            (8_001, 0),
            (8_004, 0),
            (8_005, 10_000),
            (8_010, 10_000),
            (40_000, 32_000_000),
            (40_011, 32_010_000),
            (50_000, 32_000_000 + 9_000_000),
        ] {
            assert_eq!(cost(plan, units), expected, "{units}");
            assert_eq!(rate(plan, units, Currency::USD).iter().map(|charge| charge.units).sum::<i64>(), units);
        }
        assert_eq!(rate(plan, 0, Currency::USD).len(), 1);
        assert_eq!(rate(plan, 8_000, Currency::USD).len(), 1);
        assert_eq!(rate(plan, 50_000, Currency::USD).len(), 3);
    }

    #[test]
    fn a_call_costs_what_the_tiers_say_in_which_its_units_fall() {
        let plan = &Layers::default().load().unwrap().plans["starter"];
        for (used, more, expected) in [
            (0, 10, 0),
            (7_996, 4, 0),
            (7_998, 4, 2_000),
            (8_000, 10, 10_000),
            (39_999, 10, 1_000 + 9 * 900),
            (40_000, 10, 9_000),
            (7_990, 40_000, 32_000 * 1_000 + 7_990 * 900),
            (50_000, 0, 0),
        ] {
            assert_eq!(price_of_more(plan, used, more), Micros(expected), "{more} after {used}");
        }
    }

    #[test]
    fn a_currency_without_coins_is_rounded_to_whole_units() {
        let yen = "JPY".parse().unwrap();
        assert_eq!(payable(Micros(1_499_999), yen), Micros(1_000_000));
        assert_eq!(payable(Micros(1_500_000), yen), Micros(2_000_000));
        assert_eq!(payable(Micros(-1_500_000), yen), Micros(-2_000_000));
        assert_eq!(payable(Micros(14_999), Currency::USD), Micros(10_000));
    }
}
