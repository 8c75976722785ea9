//! Figures by their path: `plans.growth.monthly`.

use turnpike_config::{Layers, PlanSettings};
use turnpike_core::Micros;
use turnpike_gateway::OFFERED_VERSIONS;
use turnpike_metering::tiers;
use turnpike_sdk::{Access, Integration, Tool};

use super::{Facts, tables::end_of};
use crate::placeholder::Value;

impl Facts {
    pub(super) fn find(&self, path: &[String]) -> Result<Value, String> {
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        if let ["plans", plan, _] = path.as_slice() {
            self.offered_plan(plan)?;
        }
        let derived = match path.as_slice() {
            ["plans", which] => self.of_all_plans(which),
            ["plans", plan, field] => self.book.plan(plan).and_then(|plan| self.of_plan(plan, field)),
            ["prices", "unit1000"] => Some(self.money(1_000 * self.book.prices.unit)),
            ["integrations", which] => self.of_all_integrations(which),
            ["integrations", name, field] => {
                self.find_integration(name).ok().and_then(|one| of_integration(one, field))
            }
            ["tools", which] => self.of_all_tools(which),
            ["mcp", which] => of_protocol(which),
            _ => None,
        };
        match derived {
            Some(value) => Ok(value),
            None => self.find_setting(&path),
        }
    }

    fn find_setting(&self, path: &[&str]) -> Result<Value, String> {
        let name = path.join(".");
        if Layers::is_secret(&name) {
            return Err("a secret does not go into a page".into());
        }
        let (mut at, mut above) = (&toml::Value::Table(self.table.clone()), String::from("the settings"));
        for key in path {
            let table = at.as_table().ok_or_else(|| format!("`{above}` has nothing below it"))?;
            at = table.get(*key).ok_or_else(|| {
                let known = table.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
                format!("there is no `{key}` in `{above}`; there are {known}")
            })?;
            above = (*key).to_owned();
        }
        self.setting_value(path, at)
    }

    fn setting_value(&self, path: &[&str], value: &toml::Value) -> Result<Value, String> {
        match (path, value) {
            (["plans", _, "monthly" | "yearly"] | ["prices", "unit"], toml::Value::Integer(micros))
            | (["costs", "payment_fixed"] | ["payments", "repair_up_to"], toml::Value::Integer(micros))
            | (["integrations", _, "cost_per_request" | "cost_per_row"], toml::Value::Integer(micros)) => {
                Ok(self.money(*micros))
            }
            (["prices", "percent", _], toml::Value::Integer(percent)) => Ok(Value::Percent(100 * percent)),
            (["costs", "payment_rate"] | ["payments", "tax_rate"], toml::Value::Integer(hundredths)) => {
                Ok(Value::Percent(*hundredths))
            }
            (_, toml::Value::Integer(number)) => Ok(Value::Number(*number)),
            (_, toml::Value::Boolean(whether)) => Ok(Value::Text(whether.to_string())),
            (_, toml::Value::String(text)) if text.is_empty() => {
                Err("this setting is empty, so nothing can stand here".into())
            }
            (_, toml::Value::String(text)) => Ok(Value::Text(text.clone())),
            (_, toml::Value::Array(all)) => {
                let all: Option<Vec<_>> = all.iter().map(toml::Value::as_str).collect();
                all.map(|all| Value::Text(all.join(", ")))
                    .ok_or_else(|| "it is no list of texts; ask for one of its parts".into())
            }
            _ => Err("it is a section; ask for one of its keys".into()),
        }
    }

    pub(super) fn money(&self, micros: i64) -> Value {
        Value::Money(Micros(micros), self.book.currency())
    }

    fn of_all_plans(&self, which: &str) -> Option<Value> {
        let monthly: Vec<i64> = self.offered().map(|(_, plan)| plan.monthly).collect();
        match which {
            "count" => Some(Value::Number(i64::try_from(monthly.len()).unwrap_or(i64::MAX))),
            "cheapest" => monthly.iter().min().map(|fee| self.money(*fee)),
            "dearest" => monthly.iter().max().map(|fee| self.money(*fee)),
            _ => None,
        }
    }

    /// A page that is sent to clients says nothing of a plan that they cannot choose.
    pub(super) fn offered_plan(&self, name: &str) -> Result<&PlanSettings, String> {
        self.book.plan(name).filter(|plan| plan.offered).ok_or_else(|| {
            let offered: Vec<_> = self.offered().map(|(name, _)| name.as_str()).collect();
            format!("no plan `{name}` is offered; there are {}", offered.join(", "))
        })
    }

    /// The plans that can be chosen, cheapest first.
    pub(super) fn offered(&self) -> impl Iterator<Item = (&String, &PlanSettings)> {
        let mut plans: Vec<_> = self.book.plans.iter().filter(|(_, plan)| plan.offered).collect();
        plans.sort_by_key(|(_, plan)| plan.monthly);
        plans.into_iter()
    }

    fn of_plan(&self, plan: &PlanSettings, field: &str) -> Option<Value> {
        match field {
            "yearly_saving" => Some(self.money(12 * plan.monthly - plan.yearly)),
            "overage" => plan.tiers.first().map(|tier| self.money(1_000 * tier.price)),
            "tiers" => Some(Value::Text(self.tiers_in_words(plan))),
            _ => None,
        }
    }

    /// `$0.90 for 1,000 units up to 200,000, then $0.75`.
    pub(super) fn tiers_in_words(&self, plan: &PlanSettings) -> String {
        let mut words = String::new();
        for (up_to, Micros(price)) in tiers(plan).into_iter().skip(usize::from(plan.included_units > 0)) {
            let price = self.money(1_000 * price).print();
            words.push_str(&if words.is_empty() {
                format!("{price} for 1,000 units")
            } else {
                format!(", then {price}")
            });
            if let Some(up_to) = up_to {
                words.push_str(&format!(" up to {}", Value::Number(up_to).print()));
            }
        }
        words
    }

    fn of_all_integrations(&self, which: &str) -> Option<Value> {
        let titles: Vec<_> = self.integrations.iter().map(|one| one.manifest.title).collect();
        match which {
            "count" => Some(count(titles.iter())),
            "titles" => Some(Value::Text(enumerate(&titles))),
            _ => None,
        }
    }

    fn of_all_tools(&self, which: &str) -> Option<Value> {
        let tools = self.integrations.iter().flat_map(|one| &one.tools);
        match which {
            "count" => Some(count(tools)),
            "reads" => Some(count(tools.filter(|tool| reads(tool)))),
            "writes" => Some(count(tools.filter(|tool| !reads(tool)))),
            _ => None,
        }
    }
}

fn of_integration(integration: &Integration, field: &str) -> Option<Value> {
    let (manifest, tools) = (&integration.manifest, integration.tools.iter());
    match field {
        "title" => Some(Value::Text(manifest.title.into())),
        "summary" => Some(Value::Text(manifest.summary.into())),
        "version" => Some(Value::Text(manifest.version.version.into())),
        "version_ends" => Some(Value::Text(end_of(&manifest.version).into())),
        "tools" => Some(count(tools)),
        "reads" => Some(count(tools.filter(|tool| reads(tool)))),
        "writes" => Some(count(tools.filter(|tool| !reads(tool)))),
        "scopes" => {
            let scopes: Vec<_> = manifest.auth.scopes().iter().map(|scope| format!("`{scope}`")).collect();
            Some(Value::Text(scopes.join(", ")))
        }
        "read_scope" => Some(Value::Text(manifest.read_scope())),
        "write_scope" => Some(Value::Text(manifest.write_scope())),
        "read_per_minute" => Some(Value::Number(manifest.limits.read.per_minute.into())),
        "read_burst" => Some(Value::Number(manifest.limits.read.burst.into())),
        "write_per_minute" => Some(Value::Number(manifest.limits.write.per_minute.into())),
        "write_burst" => Some(Value::Number(manifest.limits.write.burst.into())),
        "app_quota_per_day" => {
            manifest.app_quota.map(|quota| Value::Number(i64::try_from(quota.operations).unwrap_or(i64::MAX)))
        }
        _ => None,
    }
}

fn of_protocol(which: &str) -> Option<Value> {
    let [oldest, .., newest] = OFFERED_VERSIONS;
    match which {
        "revisions" => Some(Value::Text(enumerate(&OFFERED_VERSIONS))),
        "oldest" => Some(Value::Text(oldest.into())),
        "newest" => Some(Value::Text(newest.into())),
        _ => None,
    }
}

pub(super) fn reads(tool: &Tool) -> bool {
    tool.spec.access == Access::Read
}

fn count<T>(all: impl Iterator<Item = T>) -> Value {
    Value::Number(i64::try_from(all.count()).unwrap_or(i64::MAX))
}

/// `a, b and c`.
fn enumerate(all: &[&str]) -> String {
    match all.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, before)) => format!("{} and {last}", before.join(", ")),
        None => String::new(),
    }
}
