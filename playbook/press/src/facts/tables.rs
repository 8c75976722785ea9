//! Tables and lists.

use turnpike_core::Outcome;
use turnpike_sdk::{AuthShape, Cost, Integration, Manifest, Tool, VersionPin};

use super::{Facts, paths::reads, retention};
use crate::placeholder::Value;

impl Facts {
    /// `table plans`, `table tools google-ads`.
    pub(super) fn list_rows(&self, of: &[String]) -> Result<String, String> {
        let of: Vec<&str> = of.iter().map(String::as_str).collect();
        match of.as_slice() {
            ["plans"] => Ok(self.plans()),
            ["prices"] => Ok(self.prices()),
            ["outcomes"] => Ok(self.outcomes()),
            ["integrations"] => Ok(table(&["Integration", "What it does", "Reads", "Writes", "API"], self.catalogue())),
            ["versions"] => Ok(table(&["Integration", "API version", "Ends"], self.versions())),
            ["retention"] => Ok(table(&["What", "Where", "How long"], retention::rows(&self.table)?)),
            ["tools", name] => Ok(self.tools(self.find_integration(name)?)),
            ["scopes", name] => Ok(scopes(&self.find_integration(name)?.manifest)),
            ["hosts", name] => Ok(table(&["Host", "What for"], hosts(&self.find_integration(name)?.manifest))),
            _ => Err(format!(
                "there is no table `{}`; there are plans, prices, outcomes, integrations, versions, retention, tools NAME, \
                 scopes NAME, hosts NAME",
                of.join(" ")
            )),
        }
    }

    /// `list integrations`.
    pub(super) fn list_items(&self, of: &str) -> Result<String, String> {
        let lines: Vec<_> = match of {
            "integrations" => self
                .integrations
                .iter()
                .map(|one| format!("- **{}** – {}", one.manifest.title, one.manifest.summary))
                .collect(),
            "plans" => self
                .offered()
                .map(|(_, plan)| {
                    let monthly = self.money(plan.monthly).print();
                    format!("- **{}** – {} {monthly} a month for each integration.", plan.title, plan.description)
                })
                .collect(),
            _ => return Err(format!("there is no list `{of}`; there are integrations, plans")),
        };
        Ok(lines.join("\n"))
    }

    fn plans(&self) -> String {
        let rows = self.offered().map(|(_, plan)| {
            let yearly = if plan.yearly > 0 { self.money(plan.yearly).print() } else { "–".into() };
            let beyond = match plan.cap {
                turnpike_config::Cap::Soft => self.tiers_in_words(plan),
                turnpike_config::Cap::Hard => "calls are refused".into(),
            };
            vec![
                plan.title.clone(),
                self.money(plan.monthly).print(),
                yearly,
                Value::Number(plan.included_units).print(),
                beyond,
                format!("{} days", plan.trial_days),
            ]
        });
        let head =
            ["Plan", "A month, each integration", "A year, each integration", "Units a month", "Beyond them", "Trial"];
        let table = table(&head, rows.collect());
        // Numbers stand below each other.
        table.replacen("|---|---|---|---|", "|---|---:|---:|---:|", 1)
    }

    fn prices(&self) -> String {
        let rows = [Cost::Free, Cost::Light, Cost::Standard, Cost::Heavy].map(|cost| {
            let units = self.book.units(cost.as_str());
            let without = self.money(units * self.book.prices.unit).print();
            vec![cost.as_str().to_owned(), Value::Number(units).print(), without]
        });
        table(&["Cost class", "Units of a call", "Without a plan"], rows.into())
    }

    fn outcomes(&self) -> String {
        let rows = Outcome::ALL.iter().map(|outcome| {
            let percent = i64::from(self.book.prices.percent.get(outcome).copied().unwrap_or_default());
            let pays = if percent == 0 { "nobody".into() } else { Value::Percent(100 * percent).print() };
            vec![format!("`{outcome}`"), outcome.about(), pays]
        });
        table(&["Outcome", "What it means", "Of its units the client pays"], rows.collect())
    }

    fn catalogue(&self) -> Vec<Vec<String>> {
        let row = |one: &Integration| {
            let count = |all: usize| all.to_string();
            let reading = one.tools.iter().filter(|tool| reads(tool)).count();
            let Manifest { title, summary, version, .. } = &one.manifest;
            vec![
                (*title).to_owned(),
                (*summary).to_owned(),
                count(reading),
                count(one.tools.len() - reading),
                version.version.to_owned(),
            ]
        };
        self.integrations.iter().map(row).collect()
    }

    /// Of those vendors that have versions.
    fn versions(&self) -> Vec<Vec<String>> {
        let row = |one: &Integration| {
            let Manifest { title, version, .. } = &one.manifest;
            [*title, version.version, end_of(version)].map(str::to_owned).to_vec()
        };
        self.integrations.iter().map(row).collect()
    }

    fn tools(&self, integration: &Integration) -> String {
        let row = |tool: &Tool| {
            let units = Value::Number(self.book.units(tool.spec.cost.as_str())).print();
            let units = match tool.spec.cost {
                Cost::HeavyPerRows(rows) => format!("{units} for each {} rows", Value::Number(rows.into()).print()),
                _ => units,
            };
            let kind = if reads(tool) { "read" } else { "write" };
            vec![
                format!("`{}`", tool.spec.name),
                tool.spec.title.into(),
                kind.into(),
                tool.spec.cost.as_str().into(),
                units,
            ]
        };
        table(&["Tool", "What it does", "Kind", "Cost class", "Units"], integration.tools.iter().map(row).collect())
    }
}

fn scopes(manifest: &Manifest) -> String {
    let rows = manifest.auth.scopes().iter().map(|scope| vec![format!("`{scope}`")]).collect();
    table(&[&format!("Scopes that {} is asked for", manifest.title)], rows)
}

/// The day on which a version ends, or that there is none to name.
pub(crate) fn end_of(version: &VersionPin) -> &'static str {
    if version.ends.is_empty() { "none is known" } else { version.ends }
}

/// Every host that the product talks to for an integration, and what for.
pub(crate) fn hosts(manifest: &Manifest) -> Vec<Vec<String>> {
    let mut rows = vec![];
    let mut add = |url: &str, why: &str| {
        let host = url.split("://").last().unwrap_or_default().split('/').next().unwrap_or_default();
        rows.push(vec![format!("`{host}`"), why.to_owned()]);
    };
    match manifest.regions {
        [] => add(manifest.base_url, "the API"),
        regions => {
            regions.iter().for_each(|region| add(region.base_url, &format!("the API, region `{}`", region.name)))
        }
    }
    match &manifest.auth {
        AuthShape::OAuthRefresh(oauth) | AuthShape::LoginWithAmazon(oauth) | AuthShape::RestliOAuth(oauth) => {
            add(oauth.authorize_url, "the page on which a person grants access; the person's browser goes there");
            add(oauth.token_url, "exchanging codes and refresh tokens");
            if let Some(url) = oauth.revoke_url {
                add(url, "taking a grant back");
            }
        }
        AuthShape::SystemUserToken(user) => {
            if let Some(app) = &user.app {
                add(app.token_url, "exchanging a token before it ends");
            }
        }
        AuthShape::ApiKey { .. } => {}
    }
    manifest.download_hosts.iter().for_each(|host| add(host, "report files, by links that the API has given"));
    rows
}

/// A Markdown table.
pub(crate) fn table(head: &[&str], rows: Vec<Vec<String>>) -> String {
    let line = |cells: Vec<String>| {
        let cells: Vec<_> = cells.iter().map(|cell| cell.replace('|', "\\|").replace('\n', " ")).collect();
        format!("| {} |", cells.join(" | "))
    };
    let mut lines =
        vec![line(head.iter().map(|cell| (*cell).to_owned()).collect()), format!("|{}", "---|".repeat(head.len()))];
    lines.extend(rows.into_iter().map(line));
    lines.join("\n")
}
