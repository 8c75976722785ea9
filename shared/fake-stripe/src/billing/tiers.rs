//! What a number of units costs at a price.

use serde_json::Value;

use crate::{
    catalog::prices::unit_parts,
    json::{entries, int, text},
    money::{self, PARTS},
};

/// Units of one tier, and what they cost together in coins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Share {
    pub(crate) units: i64,
    pub(crate) amount: i64,
    /// What one of them costs.
    pub(crate) unit_amount: String,
}

/// One share for each tier that is reached, each rounded by itself; fewer units than none are none.
pub(crate) fn shares(price: &Value, units: i64) -> Vec<Share> {
    let units = units.max(0);
    let tiers = entries(&price["tiers"]);
    match text(price, "tiers_mode") {
        "graduated" => graduated(&tiers, units),
        "volume" => {
            let reached = tiers.iter().find(|tier| tier["up_to"].is_null() || int(tier, "up_to") >= units);
            reached.map(|tier| share(tier, units)).into_iter().collect()
        }
        _ => vec![share(price, transformed(price, units))],
    }
}

fn graduated(tiers: &[Value], units: i64) -> Vec<Share> {
    let (mut shares, mut below) = (Vec::new(), 0);
    for tier in tiers {
        if units > below || shares.is_empty() {
            let up_to = tier["up_to"].as_i64().unwrap_or(i64::MAX);
            shares.push(share(tier, units.min(up_to) - below));
            below = up_to;
        }
    }
    shares
}

fn share(tier: &Value, units: i64) -> Share {
    let flat = tier["flat_amount_decimal"].as_str().and_then(|text| money::parse(text, "flat_amount").ok());
    // A tier that nothing of was used costs nothing.
    let flat = flat.filter(|_| units > 0).unwrap_or_default();
    let unit = unit_parts(tier);
    Share { units, amount: money::divide(i128::from(units) * unit + flat, PARTS), unit_amount: money::text(unit) }
}

fn transformed(price: &Value, units: i64) -> i64 {
    let by = int(&price["transform_quantity"], "divide_by");
    match text(&price["transform_quantity"], "round") {
        _ if by <= 0 => units,
        "up" => units.div_euclid(by) + i64::from(units.rem_euclid(by) > 0),
        _ => units.div_euclid(by),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn price() -> Value {
        json!({ "tiers_mode": "graduated", "tiers": [
            { "up_to": 10_000, "unit_amount_decimal": "0" },
            { "up_to": 50_000, "unit_amount_decimal": "0.4" },
            { "up_to": null, "unit_amount_decimal": "0.25" },
        ] })
    }

    #[test]
    fn each_reached_tier_is_rounded_by_itself() {
        for (units, wanted) in [
            (-5, vec![(0, 0)]),
            (0, vec![(0, 0)]),
            (10_000, vec![(10_000, 0)]),
            (10_001, vec![(10_000, 0), (1, 0)]),
            (10_003, vec![(10_000, 0), (3, 1)]),
            (50_000, vec![(10_000, 0), (40_000, 16_000)]),
            (50_001, vec![(10_000, 0), (40_000, 16_000), (1, 0)]),
            (50_002, vec![(10_000, 0), (40_000, 16_000), (2, 1)]),
        ] {
            let got: Vec<_> = shares(&price(), units).iter().map(|share| (share.units, share.amount)).collect();
            assert_eq!(got, wanted, "{units}");
        }
    }

    #[test]
    fn volume_prices_all_units_by_the_reached_tier() {
        let mut price = price();
        price["tiers_mode"] = json!("volume");
        assert_eq!(shares(&price, 10_001)[0].amount, 4_000);
    }

    #[test]
    fn a_quantity_is_divided_before_it_is_priced() {
        let price = json!({ "unit_amount_decimal": "150", "transform_quantity": { "divide_by": 1000, "round": "up" } });
        assert_eq!([0, 1, 1000, 1001].map(|units| shares(&price, units)[0].amount), [0, 150, 150, 300]);
    }
}
