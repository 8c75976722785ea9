//! Pinned API versions have an end: said in time, and not only when calls begin to fail.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use chrono::NaiveDate;
use turnpike_config::Settings;
use turnpike_core::Timestamp;
use turnpike_sdk::Integration;

/// How many days before its end a version is spoken of.
const SPEAK_UP: i64 = 60;

/// When the version of an integration ends that is in use.
pub(crate) struct VersionEnd {
    /// The integration.
    pub(crate) integration: &'static str,
    title: &'static str,
    version: String,
    /// The day on which it is gone.
    pub(crate) on: NaiveDate,
}

/// The end of each version of which it is known.
pub(crate) fn ends(settings: &Settings, integrations: &[Arc<Integration>]) -> Result<Vec<VersionEnd>> {
    let mut all = vec![];
    for manifest in integrations.iter().map(|integration| &integration.manifest) {
        let own = settings.integration(manifest.name);
        let (version, ends) = match (own.version.as_str(), own.version_ends.as_str()) {
            ("", "") => (manifest.version.version, manifest.version.ends),
            ("", ends) => (manifest.version.version, ends),
            (version, ends) => (version, ends),
        };
        // Nobody says when it ends.
        if ends.is_empty() {
            continue;
        }
        let setting = || format!("setting `integrations.{}.version_ends`: write a day as 2027-11-30", manifest.name);
        let on = ends.parse().with_context(setting)?;
        all.push(VersionEnd { integration: manifest.name, title: manifest.title, version: version.to_owned(), on });
    }
    Ok(all)
}

/// One line for each version that ends soon or has ended.
pub(crate) fn ending(settings: &Settings, integrations: &[Arc<Integration>], now: Timestamp) -> Result<Vec<String>> {
    let mut lines = vec![];
    for VersionEnd { title, version, on: end, .. } in ends(settings, integrations)? {
        let left = (end - now.to_utc().date_naive()).num_days();
        if left < SPEAK_UP {
            let when = if left < 0 { format!("has ended on {end}") } else { format!("ends on {end}, in {left} days") };
            let advice = "move to a newer one and set `version` and `version_ends` of its section";
            lines.push(format!("{title} {version} {when}: {advice}"));
        }
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use turnpike_config::Layers;

    use super::*;

    const DAY: u64 = 86_400;

    fn lines(days_later: u64, ends: &str) -> Result<Vec<String>> {
        let mut settings = Layers::default().load()?;
        settings.integrations.entry("google-ads".into()).or_default().version_ends = ends.into();
        let integrations: Vec<_> = turnpike_catalog::integrations().into_iter().map(Arc::new).collect();
        // 2026-11-01
        let now = Timestamp::from_micros(1_793_491_200_000_000).plus(Duration::from_secs(days_later * DAY));
        ending(&settings, &integrations, now)
    }

    #[test]
    fn an_end_is_told_sixty_days_ahead_and_after() {
        assert_eq!(lines(0, "2027-01-10").unwrap(), [""; 0]);
        assert!(lines(20, "2027-01-10").unwrap()[0].contains("v26 ends on 2027-01-10, in 50 days"));
        assert!(lines(71, "2027-01-10").unwrap()[0].contains("has ended on 2027-01-10"));
        assert!(lines(0, "next year").unwrap_err().to_string().contains("integrations.google-ads.version_ends"));
    }
}
