//! How much of its allowances each account has used up, told in the headers of every answer.

use std::time::Duration;

use axum::{http::HeaderMap, response::Response};
use serde_json::json;
use turnpike_core::Timestamp;

use super::{fault, refusal::Refusal};

/// What one request of a busy account costs, in per cent.
const STEP: f64 = 12.0;
/// After this the points are there again.
const RESET: Duration = Duration::from_secs(300);

/// An account's points.
#[derive(Clone, Copy)]
pub(super) struct Meter {
    step: f64,
    used: f64,
    since: Option<Timestamp>,
}

/// What the headers of an answer tell.
#[derive(Clone, Copy)]
pub(super) struct Reading {
    account: u64,
    used: f64,
    left: u64,
}

impl Meter {
    /// An account that is seldom asked about.
    pub(super) fn idle() -> Self {
        Self { step: 0.0, used: 5.0, since: None }
    }

    /// An account whose points each request uses up.
    pub(super) fn climbing() -> Self {
        Self { step: STEP, used: 0.0, since: None }
    }

    /// Counts a request; refuses it when the points are used up.
    pub(super) fn count(&mut self, account: u64, now: Timestamp) -> Result<Reading, Refusal> {
        if self.since.is_none_or(|since| since.plus(RESET) <= now) && self.step > 0.0 {
            (self.used, self.since) = (0.0, Some(now));
        }
        let left = self.since.map_or(0, |since| since.plus(RESET).since(now).as_secs());
        if self.used + self.step > 100.0 {
            return Err(fault::account_limit(100.0, left));
        }
        self.used += self.step;
        Ok(Reading { account, used: self.used, left })
    }
}

impl Reading {
    pub(super) fn tell(self, kind: &str, response: &mut Response) {
        let tier = "standard_access";
        let of_account =
            json!({ "acc_id_util_pct": self.used, "reset_time_duration": self.left, "ads_api_access_tier": tier });
        let of_business = json!({ self.account.to_string(): [{
            "type": kind, "call_count": 2, "total_cputime": 1, "total_time": 1,
            "estimated_time_to_regain_access": 0, "ads_api_access_tier": tier,
        }] });
        insert(response.headers_mut(), "x-ad-account-usage", &of_account.to_string());
        insert(response.headers_mut(), "x-business-use-case-usage", &of_business.to_string());
    }
}

/// What every answer tells of the app.
pub(super) fn tell_of_app(response: &mut Response) {
    let usage = json!({ "call_count": 3, "total_time": 2, "total_cputime": 2 });
    insert(response.headers_mut(), "x-app-usage", &usage.to_string());
}

fn insert(headers: &mut HeaderMap, name: &'static str, value: &str) {
    if let Ok(value) = value.parse() {
        headers.insert(name, value);
    }
}
