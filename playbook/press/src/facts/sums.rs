//! Sums, by the code that rates.

use turnpike_config::{Cap, PlanSettings};
use turnpike_core::Micros;
use turnpike_metering::{TierCharge, rate};

use super::Facts;
use crate::placeholder::{Arguments, Value, expression::number};

/// A sum's parts.
struct Parts<'a> {
    plan: &'a PlanSettings,
    integrations: i64,
    /// Of a month.
    units: i64,
    /// How many months.
    months: i64,
    fee: i64,
    tiers: Vec<TierCharge>,
}

impl Parts<'_> {
    fn usage(&self) -> i64 {
        self.months * self.tiers.iter().map(|tier| tier.amount.0).sum::<i64>()
    }

    fn fees(&self) -> i64 {
        self.integrations * self.fee
    }
}

impl Facts {
    /// `sum plan=growth integrations=3 units=60000`.
    pub(super) fn sum(&self, arguments: &Arguments) -> Result<Value, String> {
        let part = arguments.get("part").map_or("total", String::as_str);
        if !arguments.contains_key("plan") {
            let units = self.units_asked(arguments)?;
            return match part {
                "units" => Ok(Value::Number(units)),
                "total" | "usage" => Ok(self.money(units * self.book.prices.unit)),
                _ => Err(format!("without `plan` there is no `part={part}`; there are total, usage, units")),
            };
        }
        let parts = self.parts(arguments)?;
        match part {
            "total" => Ok(self.money(parts.fees() + parts.usage())),
            "fee" => Ok(self.money(parts.fees())),
            "usage" => Ok(self.money(parts.usage())),
            "units" => Ok(Value::Number(parts.units)),
            "beyond" => Ok(Value::Number((parts.units - parts.plan.included_units).max(0))),
            _ => Err(format!("there is no `part={part}`; there are total, fee, usage, units, beyond")),
        }
    }

    /// The same as a table: fee, each tier, and all together.
    pub(super) fn work_out(&self, arguments: &Arguments) -> Result<String, String> {
        let parts = self.parts(arguments)?;
        let (money, numeral) = (|micros| self.money(micros).print(), |number| Value::Number(number).print());
        let (fee, months) = if parts.months == 1 { ("a month", "") } else { ("a year", ", each of 12 months") };
        let mut rows = vec![format!(
            "| {}, {fee} | {} × {} | {} |",
            parts.plan.title,
            numeral(parts.integrations),
            money(parts.fee),
            money(parts.fees())
        )];
        let mut from = 0;
        for tier in &parts.tiers {
            let last = from + tier.units;
            rows.push(if tier.unit_price.0 == 0 {
                let included = numeral(parts.plan.included_units);
                format!(
                    "| Units used that are included{months} | {} of {included} | {} |",
                    numeral(tier.units),
                    money(0)
                )
            } else {
                format!(
                    "| Units {} to {}{months} | {} × {} | {} |",
                    numeral(from + 1),
                    numeral(last),
                    numeral(tier.units),
                    money(tier.unit_price.0),
                    money(parts.months * tier.amount.0)
                )
            });
            from = last;
        }
        let total = money(parts.fees() + parts.usage());
        Ok(format!(
            "| What | How much | Amount |\n|---|---:|---:|\n{}\n| **Together** | | **{total}** |",
            rows.join("\n")
        ))
    }

    fn parts(&self, arguments: &Arguments) -> Result<Parts<'_>, String> {
        let name = arguments.get("plan").ok_or("say of which plan: `plan=NAME`")?;
        let plan = self.offered_plan(name)?;
        let units = self.units_asked(arguments)?;
        if plan.cap == Cap::Hard && units > plan.included_units {
            return Err(format!("nobody can use {units} units: this plan ends at {}", plan.included_units));
        }
        let (fee, months) = match arguments.get("period").map_or("month", String::as_str) {
            "month" => (plan.monthly, 1),
            "year" if plan.yearly > 0 => (plan.yearly, 12),
            "year" => return Err(format!("`{name}` is not sold by the year")),
            other => return Err(format!("there is no `period={other}`; there are month, year")),
        };
        let integrations = arguments.get("integrations").map_or(Ok(1), |text| number(text))?;
        let tiers = rate(plan, units, self.book.currency());
        Ok(Parts { plan, integrations, units, months, fee, tiers })
    }

    fn units_asked(&self, arguments: &Arguments) -> Result<i64, String> {
        let asked = |key: &str| arguments.get(key).map_or(Ok(0), |text| number(text));
        let prices = &self.book.prices;
        let by_calls =
            asked("light")? * prices.light + asked("standard")? * prices.standard + asked("heavy")? * prices.heavy;
        match (asked("units")?, by_calls) {
            (units, 0) => Ok(units),
            (0, by_calls) => Ok(by_calls),
            _ => Err("give either `units` or calls (`light`, `standard`, `heavy`)".into()),
        }
    }

    /// Units of a call of `INTEGRATION/TOOL`.
    pub(super) fn units_of(&self, tool: &str) -> Result<i64, String> {
        let (integration, name) = tool.split_once('/').ok_or("say `units tool=INTEGRATION/TOOL`")?;
        let found = self.find_integration(integration)?.find_tool(name);
        let tool = found.ok_or_else(|| format!("there is no tool `{name}` in {integration}"))?;
        Ok(self.book.units(tool.spec.cost.as_str()))
    }
}

/// Two figures of the same kind; a plain number takes the kind of the other, as whole units of money.
pub(super) fn combine(a: &Value, b: &Value, how: fn(i64, i64) -> Option<i64>) -> Result<Value, String> {
    let too_large = || "the result is too large".to_owned();
    let whole = |number: &i64| number.checked_mul(1_000_000).ok_or_else(too_large);
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => how(*a, *b).map(Value::Number).ok_or_else(too_large),
        (Value::Money(Micros(a), currency), Value::Money(Micros(b), other)) if currency == other => {
            how(*a, *b).map(|sum| Value::Money(Micros(sum), *currency)).ok_or_else(too_large)
        }
        (Value::Money(Micros(a), currency), Value::Number(b)) => {
            how(*a, whole(b)?).map(|sum| Value::Money(Micros(sum), *currency)).ok_or_else(too_large)
        }
        (Value::Number(a), Value::Money(Micros(b), currency)) => {
            how(whole(a)?, *b).map(|sum| Value::Money(Micros(sum), *currency)).ok_or_else(too_large)
        }
        _ => Err("only amounts and numbers can be reckoned with".into()),
    }
}

pub(super) fn times(times: i64, value: &Value) -> Result<Value, String> {
    let product = |number: &i64| number.checked_mul(times).ok_or_else(|| "the result is too large".to_owned());
    match value {
        Value::Number(number) => product(number).map(Value::Number),
        Value::Money(Micros(micros), currency) => product(micros).map(|micros| Value::Money(Micros(micros), *currency)),
        Value::Percent(_) | Value::Text(_) => Err("only amounts and numbers can be multiplied".into()),
    }
}
