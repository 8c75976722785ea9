//! Scripted faults in Meta's words.

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::json;
use turnpike_sdk::Behaviour;

use super::refusal::Refusal;

/// The answer that Meta gives in such a case.
pub(super) fn answer(behaviour: Behaviour) -> Response {
    refusal(behaviour).into_response()
}

fn refusal(behaviour: Behaviour) -> Refusal {
    match behaviour {
        Behaviour::ExpiredToken => expired(),
        Behaviour::Revoked => {
            let message = "Error validating access token: The user has not authorized application 1380000000000001.";
            Refusal::new(190, message).subcode(458)
        }
        Behaviour::Permission => Refusal::denied(),
        // In minutes.
        Behaviour::QuotaDaily { seconds } => {
            let usage = json!({ "710000000000001": [{
                "type": "ads_management", "call_count": 100, "total_cputime": 20, "total_time": 30,
                "estimated_time_to_regain_access": seconds.div_ceil(60), "ads_api_access_tier": "standard_access",
            }] });
            let message = "(#80004) There have been too many calls to this ad-account. Wait a bit and try again.";
            Refusal::new(80_004, message).subcode(2_446_079).header("x-business-use-case-usage", usage)
        }
        // In seconds.
        Behaviour::Storm { seconds } => account_limit(100.0, seconds),
        Behaviour::VersionDead => version_dead(),
        // The script acts out the others itself.
        _ => Refusal::new(2, "An unexpected error has occurred. Please retry your request later.")
            .status(StatusCode::INTERNAL_SERVER_ERROR),
    }
}

/// The token has ended.
pub(super) fn expired() -> Refusal {
    let message = "Error validating access token: Session has expired on Wednesday, 18-Nov-26 08:00:00 PST.";
    Refusal::new(190, message).subcode(463)
}

/// The version is served no longer, or never was.
pub(super) fn version_dead() -> Refusal {
    Refusal::new(
        2635,
        "(#2635) You are calling a deprecated version of the Ads API. Please update to the latest version.",
    )
}

/// The account's points are used up.
pub(super) fn account_limit(percent: f64, seconds: u64) -> Refusal {
    let usage =
        json!({ "acc_id_util_pct": percent, "reset_time_duration": seconds, "ads_api_access_tier": "standard_access" });
    let message = "(#17) User request limit reached";
    Refusal::new(17, message).subcode(2_446_079).status(StatusCode::FORBIDDEN).header("x-ad-account-usage", usage)
}
