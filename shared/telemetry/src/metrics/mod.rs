//! Metrics: what is counted and timed, exported by OTLP while an endpoint is set. Else every function here returns at once.
//!
//! One function for each thing that happens; nobody else names an instrument or an attribute. What a value may be is seen from its
//! type: a `&'static str` was written by a programmer, and no stranger.

mod export;
mod gauges;
mod list;
mod recorder;

use std::{sync::OnceLock, time::Duration};

pub(crate) use export::provider;
pub use gauges::{Deployment, Pool, Process, deployment_stands, process_stands};
pub use list::{ATTRIBUTES, Attribute, INSTRUMENTS, Instrument, InstrumentKind};
use opentelemetry::{KeyValue, Value, metrics::MeterProvider};
use turnpike_core::{Class, Outcome, Scope};

use self::{
    list::{
        ERROR, HTTP_METHOD, HTTP_ROUTE, HTTP_STATUS, INTEGRATION, MCP_METHOD, OUTCOME, RESULT, SCOPE, SERVER, TOOL,
        WORK,
    },
    recorder::Recorder,
};

static RECORDER: OnceLock<Recorder> = OnceLock::new();

/// From now on what happens is recorded. The first one counts.
pub(crate) fn record_with(provider: &impl MeterProvider) {
    RECORDER.get_or_init(|| Recorder::new(&provider.meter("turnpike")));
}

/// Whether anything is recorded.
pub fn are_on() -> bool {
    RECORDER.get().is_some()
}

impl Attribute {
    fn of(self, value: impl Into<Value>) -> KeyValue {
        KeyValue::new(self.name, value)
    }
}

/// A call that was answered.
pub struct CallEnded {
    /// The integration.
    pub integration: &'static str,
    /// The tool.
    pub tool: &'static str,
    /// How it ended.
    pub outcome: Outcome,
    /// Class of the refusal, if it is one.
    pub class: Option<&'static str>,
    /// How long it took.
    pub took: Duration,
}

/// A call was answered.
pub fn call_ended(call: &CallEnded) {
    let Some(own) = RECORDER.get() else { return };
    let mut attributes = vec![
        MCP_METHOD.of("tools/call"),
        TOOL.of(call.tool),
        INTEGRATION.of(call.integration),
        OUTCOME.of(call.outcome.as_str()),
    ];
    attributes.extend(call.class.map(|class| ERROR.of(class)));
    own.calls.record(call.took.as_secs_f64(), &attributes);
}

/// A request was answered, whatever the answer. `route` is the pattern of its path, if it is one of ours.
pub fn request_served(method: &str, route: Option<&str>, status: u16, took: Duration) {
    let Some(own) = RECORDER.get() else { return };
    let mut attributes = vec![HTTP_METHOD.of(known_method(method)), HTTP_STATUS.of(i64::from(status))];
    attributes.extend(route.map(|route| HTTP_ROUTE.of(route.to_owned())));
    own.served.record(took.as_secs_f64(), &attributes);
}

/// A request to a vendor that has ended.
pub struct RequestSent<'a> {
    /// The integration.
    pub integration: &'static str,
    /// HTTP method.
    pub method: &'a str,
    /// Scheme, host and more of the vendor's address, where it is one of few.
    pub root: Option<&'a str>,
    /// HTTP status; nought when no answer came.
    pub status: u16,
    /// Class of the failure, if it failed.
    pub class: Option<Class>,
    /// How long it took.
    pub took: Duration,
}

/// A request to a vendor has ended.
pub fn request_sent(request: &RequestSent<'_>) {
    let Some(own) = RECORDER.get() else { return };
    let mut attributes = vec![INTEGRATION.of(request.integration), HTTP_METHOD.of(known_method(request.method))];
    attributes.extend(request.root.and_then(host_of).map(|host| SERVER.of(host.to_owned())));
    attributes.extend((request.status != 0).then(|| HTTP_STATUS.of(i64::from(request.status))));
    attributes.extend(request.class.map(|class| ERROR.of(class.as_str())));
    own.sent.record(request.took.as_secs_f64(), &attributes);
}

/// A vendor lets us wait, or would refuse the next request as well.
pub fn held(integration: &'static str, scope: Scope, class: Class) {
    let Some(own) = RECORDER.get() else { return };
    own.holds.add(1, &[INTEGRATION.of(integration), SCOPE.of(scope.as_str()), ERROR.of(class.as_str())]);
}

/// A credential was opened.
pub fn credential_opened(integration: &'static str) {
    let Some(own) = RECORDER.get() else { return };
    own.openings.add(1, &[INTEGRATION.of(integration)]);
}

/// How an authorization server has answered.
#[derive(Clone, Copy, Debug)]
pub enum RefreshEnd {
    /// With another token.
    Renewed,
    /// The grant has ended.
    Refused,
    /// Not, or with something else.
    Failed,
}

/// An authorization server was asked for another token.
pub fn refreshed(integration: &'static str, end: RefreshEnd) {
    let Some(own) = RECORDER.get() else { return };
    let result = match end {
        RefreshEnd::Renewed => "renewed",
        RefreshEnd::Refused => "refused",
        RefreshEnd::Failed => "failed",
    };
    own.refreshes.add(1, &[INTEGRATION.of(integration), RESULT.of(result)]);
}

/// A connection asks for a person.
pub fn connection_broke(integration: &'static str) {
    let Some(own) = RECORDER.get() else { return };
    own.breaks.add(1, &[INTEGRATION.of(integration)]);
}

/// Background work has ended.
pub fn work_ended(kind: &'static str, result: &'static str) {
    let Some(own) = RECORDER.get() else { return };
    own.runs.add(1, &[WORK.of(kind), RESULT.of(result)]);
}

/// A stranger chooses the method of a request, and not what we count by.
fn known_method(method: &str) -> &'static str {
    const KNOWN: [&str; 9] = ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"];
    KNOWN.into_iter().find(|known| *known == method).unwrap_or("_OTHER")
}

fn host_of(root: &str) -> Option<&str> {
    let (_, rest) = root.split_once("://")?;
    let authority = rest.split('/').next()?;
    match authority.split_once(']') {
        Some((address, _)) => address.strip_prefix('['),
        None => authority.split(':').next(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vendor_is_told_by_its_host_and_nothing_more() {
        for (root, host) in [
            ("https://ads.example", Some("ads.example")),
            ("http://127.0.0.1:4711/na", Some("127.0.0.1")),
            ("http://[::1]:4711", Some("::1")),
            ("ads.example", None),
        ] {
            assert_eq!(host_of(root), host, "{root}");
        }
    }

    #[test]
    fn without_an_endpoint_nothing_is_recorded_and_nothing_fails() {
        connection_broke("google-ads");
        deployment_stands(None);
        assert!(!are_on());
    }

    #[test]
    fn a_made_up_method_is_one_of_few() {
        assert_eq!([known_method("POST"), known_method("canary"), known_method("post")], ["POST", "_OTHER", "_OTHER"]);
    }
}
