//! What a price costs: an amount for each unit, or tiers.

use serde_json::{Value, json};

use crate::{form::Form, money, refusal::Refusal};

/// `billing_scheme`, and either an amount or `tiers_mode` and `tiers`.
pub(super) fn amounts(form: &Form) -> Result<Value, Refusal> {
    let scheme = form.choice("billing_scheme", &["per_unit", "tiered"])?.unwrap_or("per_unit");
    if scheme == "per_unit" {
        return per_unit(form);
    }
    for field in ["unit_amount", "unit_amount_decimal"] {
        if form.has(field) {
            return Err(Refusal::param(field, format!("`{field}` cannot be set for a tiered price.")));
        }
    }
    form.need("tiers_mode")?;
    let mode = form.choice("tiers_mode", &["graduated", "volume"])?;
    let tiers = tiers(form)?;
    Ok(
        json!({ "billing_scheme": scheme, "tiers_mode": mode, "tiers": tiers, "unit_amount": null, "unit_amount_decimal": null }),
    )
}

fn per_unit(form: &Form) -> Result<Value, Refusal> {
    if form.has("tiers") || form.has("tiers_mode") {
        return Err(Refusal::param("tiers", "`tiers` need `billing_scheme` to be `tiered`."));
    }
    let (amount, decimal) = amount(form, "unit_amount", "")?.ok_or_else(|| Refusal::missing("unit_amount"))?;
    Ok(json!({
        "billing_scheme": "per_unit", "tiers_mode": null, "tiers": null,
        "unit_amount": amount, "unit_amount_decimal": decimal,
    }))
}

fn tiers(form: &Form) -> Result<Vec<Value>, Refusal> {
    let sent = form.items("tiers");
    let (mut tiers, mut below) = (Vec::new(), 0);
    for (index, tier) in sent.iter().enumerate() {
        let place = format!("tiers[{index}]");
        tier.only(&["up_to", "unit_amount", "unit_amount_decimal", "flat_amount", "flat_amount_decimal"])
            .map_err(|_| Refusal::unknown(&place))?;
        let last = index + 1 == sent.len();
        let up_to = match tier.need("up_to").map_err(|_| Refusal::missing(&format!("{place}[up_to]")))? {
            "inf" => None,
            _ => tier.int("up_to")?,
        };
        if up_to.is_none() != last {
            return Err(Refusal::param("tiers", "The last tier, and no other, must be `up_to=inf`."));
        }
        if up_to.is_some_and(|up_to| up_to <= below) {
            return Err(Refusal::param("tiers", "Each tier must end above the one before it."));
        }
        below = up_to.unwrap_or(below);
        let unit = amount(tier, "unit_amount", &place)?;
        let flat = amount(tier, "flat_amount", &place)?;
        if unit.is_none() && flat.is_none() {
            return Err(Refusal::missing(&format!("{place}[unit_amount]")));
        }
        let (unit, flat) = (unit.unwrap_or_default(), flat.unwrap_or_default());
        tiers.push(json!({
            "flat_amount": flat.0, "flat_amount_decimal": flat.1, "unit_amount": unit.0, "unit_amount_decimal": unit.1,
            "up_to": up_to,
        }));
    }
    if tiers.is_empty() { Err(Refusal::missing("tiers")) } else { Ok(tiers) }
}

/// Whole coins, and the exact number as text.
type Amount = (Option<i64>, Option<String>);

/// An amount, in whole coins or with decimals, but not both.
fn amount(form: &Form, field: &str, place: &str) -> Result<Option<Amount>, Refusal> {
    let decimal = format!("{field}_decimal");
    let name = |field: &str| if place.is_empty() { field.to_owned() } else { format!("{place}[{field}]") };
    let parts = match (form.int(field)?, form.text(&decimal)) {
        (Some(_), Some(_)) => {
            let message = format!("You may only specify one of `{field}` and `{decimal}`.");
            return Err(Refusal::param(&name(field), message));
        }
        (Some(whole), None) => i128::from(whole) * money::PARTS,
        (None, Some(text)) => money::parse(text, &name(&decimal))?,
        (None, None) => return Ok(None),
    };
    if parts < 0 {
        return Err(Refusal::param(&name(field), "Invalid non-negative integer"));
    }
    Ok(Some((money::whole(parts), Some(money::text(parts)))))
}
