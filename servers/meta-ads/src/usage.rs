//! How much of its allowances Meta says is used up. It tells percentages in the headers of every answer, and refuses at 100:
//! what is nearly used up is left alone before that.
//!
//! <https://developers.facebook.com/docs/graph-api/overview/rate-limiting>. Some may be missing, and each is JSON in a text.

use std::{collections::BTreeMap, time::Duration};

use serde::{Deserialize, de::DeserializeOwned};
use turnpike_core::{Class, Scope, Timestamp};
use turnpike_sdk::{Hold, Response};

/// The percentage from which an allowance is left alone.
const HIGH: f64 = 95.0;
/// Where Meta names no time: the next request then finds out how much has been freed.
const PAUSE: Duration = Duration::from_secs(60);

#[derive(Deserialize, Default)]
#[serde(default)]
struct AppUsage {
    call_count: f64,
    total_time: f64,
    total_cputime: f64,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct AccountUsage {
    acc_id_util_pct: f64,
    /// Seconds.
    reset_time_duration: f64,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct BusinessUsage {
    #[serde(flatten)]
    counts: AppUsage,
    /// Minutes.
    estimated_time_to_regain_access: f64,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct InsightsThrottle {
    app_id_util_pct: f64,
    acc_id_util_pct: f64,
}

/// The holds that a good answer asks for.
pub(crate) fn holds(response: &Response, now: Timestamp) -> Vec<Hold> {
    let hold = |class, scope, wait: Option<Duration>| Hold { class, scope, until: now.plus(wait.unwrap_or(PAUSE)) };
    let mut holds = vec![];
    if read::<AppUsage>(response, "x-app-usage").is_some_and(|usage| usage.highest() >= HIGH) {
        holds.push(hold(Class::RateStorm, Scope::App, None));
    }
    let account: Option<AccountUsage> = read(response, "x-ad-account-usage");
    if account.is_some_and(|usage| usage.acc_id_util_pct >= HIGH) {
        holds.push(hold(Class::RateStorm, Scope::Account, account_wait(response)));
    }
    if business(response).any(|usage| usage.counts.highest() >= HIGH) {
        holds.push(hold(Class::QuotaDaily, Scope::Account, business_wait(response)));
    }
    let throttle: InsightsThrottle = read(response, "x-fb-ads-insights-throttle").unwrap_or_default();
    if throttle.app_id_util_pct >= HIGH {
        holds.push(hold(Class::RateStorm, Scope::App, None));
    }
    if throttle.acc_id_util_pct >= HIGH {
        holds.push(hold(Class::RateStorm, Scope::Account, None));
    }
    holds
}

/// When the account's points come back, where Meta tells.
pub(crate) fn account_wait(response: &Response) -> Option<Duration> {
    let usage: AccountUsage = read(response, "x-ad-account-usage")?;
    wait(usage.reset_time_duration)
}

/// When the longest of the account's quotas is open again, where Meta tells.
pub(crate) fn business_wait(response: &Response) -> Option<Duration> {
    let minutes = business(response).map(|usage| usage.estimated_time_to_regain_access).fold(0.0, f64::max);
    wait(minutes * 60.0)
}

fn wait(seconds: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(seconds).ok().filter(|wait| !wait.is_zero())
}

fn business(response: &Response) -> impl Iterator<Item = BusinessUsage> {
    let usage: BTreeMap<String, Vec<BusinessUsage>> = read(response, "x-business-use-case-usage").unwrap_or_default();
    usage.into_values().flatten()
}

fn read<T: DeserializeOwned>(response: &Response, name: &str) -> Option<T> {
    serde_json::from_str(response.header(name)?).ok()
}

impl AppUsage {
    fn highest(&self) -> f64 {
        self.call_count.max(self.total_time).max(self.total_cputime)
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

    use super::*;

    /// 2026-11-21, noon.
    const NOW: Timestamp = Timestamp::from_micros(1_795_262_400_000_000);

    fn answer(headers: &[(&'static str, &'static str)]) -> Response {
        let headers: HeaderMap = headers
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect();
        Response { status: StatusCode::OK, headers, body: "{}".into() }
    }

    fn held(name: &'static str, value: &'static str) -> Vec<(Class, Scope, u64)> {
        let holds = holds(&answer(&[(name, value)]), NOW);
        holds.iter().map(|hold| (hold.class, hold.scope, hold.until.since(NOW).as_secs())).collect()
    }

    #[test]
    fn each_header_holds_its_own_scope_for_its_own_unit_of_time() {
        for (name, value, expected) in [
            (
                "x-app-usage",
                r#"{"call_count":95,"total_time":25,"total_cputime":25}"#,
                (Class::RateStorm, Scope::App, 60),
            ),
            (
                "x-app-usage",
                r#"{"call_count":5,"total_time":25,"total_cputime":99}"#,
                (Class::RateStorm, Scope::App, 60),
            ),
            (
                "x-ad-account-usage",
                r#"{"acc_id_util_pct":96.67,"reset_time_duration":100,"ads_api_access_tier":"standard_access"}"#,
                (Class::RateStorm, Scope::Account, 100),
            ),
            (
                "x-business-use-case-usage",
                r#"{"123":[{"type":"ads_insights","call_count":100,"estimated_time_to_regain_access":19}]}"#,
                (Class::QuotaDaily, Scope::Account, 19 * 60),
            ),
            (
                "x-business-use-case-usage",
                r#"{"123":[{"type":"ads_management","call_count":1},{"type":"ads_insights","total_cputime":97}]}"#,
                (Class::QuotaDaily, Scope::Account, 60),
            ),
            (
                "x-fb-ads-insights-throttle",
                r#"{"app_id_util_pct":10,"acc_id_util_pct":100,"ads_api_access_tier":"standard_access"}"#,
                (Class::RateStorm, Scope::Account, 60),
            ),
            ("x-fb-ads-insights-throttle", r#"{"app_id_util_pct":95}"#, (Class::RateStorm, Scope::App, 60)),
        ] {
            assert_eq!(held(name, value), [expected], "{value}");
        }
    }

    #[test]
    fn what_is_lower_missing_or_unreadable_holds_nothing() {
        for (name, value) in [
            ("x-app-usage", r#"{"call_count":94,"total_time":94,"total_cputime":94}"#),
            ("x-ad-account-usage", r#"{"acc_id_util_pct":9.67,"reset_time_duration":100}"#),
            ("x-business-use-case-usage", r#"{"123":[{"type":"ads_insights","estimated_time_to_regain_access":0}]}"#),
            ("x-business-use-case-usage", "soon"),
            ("x-app-usage", "{}"),
        ] {
            assert_eq!(held(name, value), [], "{value}");
        }
        assert_eq!(holds(&answer(&[]), NOW), []);
    }
}
