//! Thin events about the meter, which the library does not know: which batches Stripe has refused after it had taken them.

use serde::Deserialize;
use serde_json::Value;

use super::v2::ThinEvents;
use crate::{Billing, BillingError};

#[derive(Deserialize)]
struct Report {
    #[serde(default)]
    reason: Reason,
}

#[derive(Deserialize, Default)]
struct Reason {
    #[serde(default)]
    error_count: i64,
    #[serde(default)]
    error_types: Vec<ErrorType>,
}

#[derive(Deserialize)]
struct ErrorType {
    code: String,
    #[serde(default)]
    sample_errors: Vec<Sample>,
}

#[derive(Deserialize)]
struct Sample {
    request: Option<Request>,
}

#[derive(Deserialize)]
struct Request {
    identifier: Option<String>,
}

/// Takes over what is refused: as it stands in the event, or where that came thin, in the event at Stripe. A report names samples
/// only; what it does not name is found by the proof.
pub(super) async fn work_on(
    billing: &Billing,
    events: &ThinEvents,
    id: &str,
    payload: &Value,
) -> Result<(), BillingError> {
    let fetched = match payload.get("data") {
        Some(_) => None,
        None => events.find(id).await?,
    };
    let whole = fetched.as_ref().unwrap_or(payload);
    let report = whole.get("data").and_then(|data| Report::deserialize(data).ok());
    let reason = report.map(|report| report.reason).unwrap_or_default();
    let refused = refused(&reason);
    let (errors, named) = (reason.error_count, refused.len());
    tracing::error!(errors, named, "Stripe refuses usage that it had taken: run the proof");
    if refused.is_empty() { Ok(()) } else { billing.reject_batches(&refused).await.map(drop) }
}

fn refused(reason: &Reason) -> Vec<(String, String)> {
    let of_type = |kind: &ErrorType| {
        let code = kind.code.clone();
        let requests = kind.sample_errors.iter().filter_map(|sample| sample.request.as_ref()?.identifier.clone());
        requests.map(|identifier| (identifier, code.clone())).collect::<Vec<_>>()
    };
    reason.error_types.iter().flat_map(of_type).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_report_names_batches_and_why_each_is_refused() {
        let data = json!({
            "developer_message_summary": "There are 2 invalid events",
            "reason": {"error_count": 2, "error_types": [
                {"code": "meter_event_customer_not_found", "error_count": 1, "sample_errors": [
                    {"error_message": "no such customer", "request": {"identifier": "u1:a:1:0"}},
                    {"error_message": "no such customer"}
                ]},
                {"code": "timestamp_too_far_in_past", "error_count": 1}
            ]}
        });
        let report = Report::deserialize(&data).unwrap();
        assert_eq!(refused(&report.reason), [("u1:a:1:0".to_owned(), "meter_event_customer_not_found".to_owned())]);
    }
}
