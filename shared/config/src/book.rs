//! What a price book must be, wherever it comes from.

use serde::{Deserialize, Serialize};
use turnpike_core::Outcome;

use crate::{ConfigError, PlanSettings, Plans, PriceSettings, layers::with_line};

/// A price book, as it is written: the sections `[prices]` and `[plans]` of the settings file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BookText {
    /// What calls cost.
    pub prices: PriceSettings,
    /// What can be subscribed to.
    pub plans: Plans,
}

impl BookText {
    /// Reads both sections from TOML, and refuses what cannot be right.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        let book: Self = toml::from_str(text)
            .map_err(|error| ConfigError::Wrong { key: "prices or plans".into(), reason: with_line(text, &error) })?;
        check_book(&book.prices, &book.plans).map_err(|(key, reason)| ConfigError::Refused { key, reason })?;
        Ok(book)
    }

    /// The same as TOML, to be changed.
    pub fn to_toml(&self) -> String {
        toml::to_string(self).unwrap_or_default()
    }
}

/// Refuses a price book that cannot be right; the error is the key and what is wrong with it.
pub fn check_book(prices: &PriceSettings, plans: &Plans) -> Result<(), (&'static str, String)> {
    if let Some(missing) = Outcome::ALL.iter().find(|outcome| !prices.percent.contains_key(outcome)) {
        return Err(("prices.percent", format!("outcome `{missing}` has no price")));
    }
    if let Some((outcome, percent)) = prices.percent.iter().find(|(_, percent)| **percent > 100) {
        return Err(("prices.percent", format!("outcome `{outcome}`: {percent} is more than all of the price")));
    }
    if [prices.unit, prices.light, prices.standard, prices.heavy].iter().any(|price| *price < 0) {
        return Err(("prices", "a price must not be negative".into()));
    }
    if plans.is_empty() {
        return Err(("plans", "there must be at least one".into()));
    }
    for (name, plan) in plans {
        check_plan(plan).map_err(|reason| ("plans", format!("{name}: {reason}")))?;
    }
    Ok(())
}

fn check_plan(plan: &PlanSettings) -> Result<(), String> {
    if plan.title.trim().is_empty() {
        return Err("`title` is empty".into());
    }
    if [plan.monthly, plan.yearly, plan.included_units].iter().any(|value| *value < 0) {
        return Err("`monthly`, `yearly` and `included_units` must not be negative".into());
    }
    let Some((last, before)) = plan.tiers.split_last() else {
        return Err("`tiers` is empty: say what a unit beyond those included costs, if it is nothing".into());
    };
    if last.up_to.is_some() {
        return Err("the last of its `tiers` must have no `up_to`, so that every unit has a price".into());
    }
    let mut reached = plan.included_units;
    for tier in before {
        match tier.up_to {
            Some(up_to) if up_to > reached => reached = up_to,
            Some(up_to) => {
                return Err(format!("the `up_to` of its tiers must rise from `included_units`: {up_to} does not"));
            }
            None => return Err("only the last of its `tiers` may have no `up_to`".into()),
        }
    }
    match plan.tiers.iter().any(|tier| tier.price < 0) {
        true => Err("a price must not be negative".into()),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Layers;

    fn shipped() -> BookText {
        let settings = Layers::default().load().unwrap();
        BookText { prices: settings.prices, plans: settings.plans }
    }

    #[test]
    fn a_book_is_written_as_it_is_read() {
        assert_eq!(BookText::parse(&shipped().to_toml()).unwrap(), shipped());
        let sections = Layers::defaults();
        let prices =
            &sections[sections.find("[prices]").unwrap()..sections.find("# How the service presents").unwrap()];
        let plans = &sections[sections.find("[plans.").unwrap()..sections.find("# How money comes in").unwrap()];
        assert_eq!(
            BookText::parse(&format!("{prices}{plans}")).unwrap(),
            shipped(),
            "the sections of the file are one"
        );
    }

    #[test]
    fn what_cannot_be_right_is_named() {
        let changed = |from: &str, to: &str| {
            let text = shipped().to_toml();
            assert!(text.contains(from), "{from} in {text}");
            BookText::parse(&text.replacen(from, to, 1)).unwrap_err().to_string()
        };
        for (from, to, expected) in [
            ("unit = 1000", "unit = -1", "must not be negative"),
            ("unit = 1000", "unite = 1000", "line 3: unknown field `unite`"),
            ("cached = 25", "cached = 101", "outcome `cached`: 101 is more"),
            ("cached = 25\n", "", "outcome `cached` has no price"),
            ("title = \"Growth\"", "title = \" \"", "growth: `title` is empty"),
            ("up_to = 200000\n", "", "only the last of its `tiers`"),
            ("up_to = 200000", "up_to = 40000", "must rise"),
            ("cap = \"soft\"", "cap = \"rubber\"", "unknown variant `rubber`"),
            ("included_units = 40000", "included_units = -4", "must not be negative"),
        ] {
            let error = changed(from, to);
            assert!(error.contains(expected), "{error}");
        }
    }
}
