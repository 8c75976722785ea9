//! A call that was not answered, in words that let an agent go on: what happened, whose limit, until when, what next.

use serde_json::{Map, Value, json};
use turnpike_core::{ApprovalId, Class, Fault, Outcome, Scope, Timestamp};
use turnpike_sdk::{ArgumentError, ToolError};

mod class;

pub use class::{Again, RefusalClass};

use super::{Errand, errand::Deed};

/// Why a call has no answer.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) outcome: Outcome,
    pub(super) class: RefusalClass,
    pub(super) message: String,
    pub(super) next_step: String,
    pub(super) whose: Option<&'static str>,
    pub(super) retry_at: Option<Timestamp>,
    /// The vendor's own code.
    pub(super) code: Option<String>,
    /// What a person must do first: the reply says where.
    pub(super) needs_person: Option<Deed>,
    /// A person must decide on this before the same call can go on.
    pub(super) approval: Option<ApprovalId>,
}

impl Refusal {
    pub(super) fn new(outcome: Outcome, class: RefusalClass, message: impl Into<String>) -> Self {
        debug_assert!(class.outcomes().contains(&outcome), "{class:?} does not end as {outcome}");
        let (message, next_step) = (message.into(), String::new());
        let (whose, retry_at, code, approval) = (None, None, None, None);
        Self { outcome, class, message, next_step, whose, retry_at, code, needs_person: None, approval }
    }

    /// We failed. The agent gets the call id and no detail.
    pub(super) fn internal() -> Self {
        Self::new(Outcome::OurFault, RefusalClass::Internal, "the service failed; nothing is charged")
            .next("Try again once. If it fails again, report the call id to the service provider.")
    }

    /// The same, after a panic.
    pub(super) fn panicked() -> Self {
        Self { class: RefusalClass::Panic, ..Self::internal() }
    }

    pub(super) fn next(self, step: impl Into<String>) -> Self {
        Self { next_step: step.into(), ..self }
    }

    pub(super) fn whose(self, whose: &'static str) -> Self {
        Self { whose: Some(whose), ..self }
    }

    pub(super) fn retry_at(self, at: Timestamp) -> Self {
        Self { retry_at: Some(at), ..self }
    }

    /// Whether it is the upstream that cannot be had, by no fault of the caller or the connection.
    pub(super) fn is_outage(&self) -> bool {
        match self.outcome {
            Outcome::UpstreamFault | Outcome::BreakerOpen => true,
            Outcome::Throttled => [RefusalClass::RateStorm, RefusalClass::QuotaDaily].contains(&self.class),
            _ => false,
        }
    }

    /// A person must connect the integration, or connect it again.
    pub(super) fn needs_connection(self) -> Self {
        Self { needs_person: Some(Deed::Connect), ..self }
    }

    /// A person must pay, or choose what to pay.
    pub(super) fn needs_payment(self) -> Self {
        Self { needs_person: Some(Deed::Pay), ..self }
    }

    pub(super) fn approval(self, id: ApprovalId) -> Self {
        Self { approval: Some(id), ..self }
    }

    /// As one sentence after the other.
    pub(super) fn text(&self, errand: Option<&Errand>) -> String {
        let retry = self.retry_at.map(|at| format!(" Retry at {at}.")).unwrap_or_default();
        let link = errand.map(|errand| format!(" {}", errand.url)).unwrap_or_default();
        format!("{}.{retry} {}{link}", self.message.trim_end_matches('.'), self.next_step).trim_end().to_owned()
    }

    /// For programs.
    pub(super) fn details(&self, errand: Option<&Errand>) -> Value {
        let mut details = Map::from_iter([
            ("class".to_owned(), json!(self.class.as_str())),
            ("message".to_owned(), json!(self.message)),
            ("next_step".to_owned(), json!(self.next_step)),
        ]);
        let optional = [
            ("whose_limit", self.whose.map(|whose| json!(whose))),
            ("retry_at", self.retry_at.map(|at| json!(at.to_string()))),
            ("upstream_code", self.code.as_ref().map(|code| json!(code))),
            ("approval_id", self.approval.map(|id| json!(id))),
        ];
        details.extend(optional.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
        details.extend(errand.map(|errand| (errand.field.to_owned(), json!(errand.url))));
        details.into()
    }
}

impl From<ArgumentError> for Refusal {
    fn from(error: ArgumentError) -> Self {
        Self::new(Outcome::CallerFault, RefusalClass::InvalidArgument, format!("`{}`: {}", error.field, error.problem))
            .next(error.fix)
    }
}

impl From<ToolError> for Refusal {
    fn from(error: ToolError) -> Self {
        match error {
            ToolError::Argument(error) => error.into(),
            ToolError::Refused { reason, next_step } => {
                Self::new(Outcome::CallerFault, RefusalClass::Refused, reason).next(next_step)
            }
            ToolError::Upstream(fault) => fault.into(),
            ToolError::Bug(words) => {
                tracing::error!(words, "a tool has a bug");
                Self::internal()
            }
        }
    }
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        let whose = match fault.scope {
            Scope::App => "the upstream's limit for the whole vendor app",
            Scope::Account => "the upstream's limit for this account",
            Scope::Connection => "the upstream's limit for the connected user",
            Scope::Address => "the upstream's limit for the address that this service calls from",
        };
        let wait =
            "Wait until `retry_at`, then send the same call again; earlier calls are refused without being sent.";
        let (outcome, class, next) = match fault.class {
            Class::AuthExpired | Class::AuthRevoked => (
                Outcome::CallerFault,
                RefusalClass::ReconnectNeeded,
                "Nothing will work until a person renews the connection. Show them this link:",
            ),
            Class::Permission => (
                Outcome::CallerFault,
                RefusalClass::Permission,
                "The connected user may not do this at the upstream. Ask its owner for access, or use another account.",
            ),
            Class::QuotaDaily => (Outcome::Throttled, RefusalClass::QuotaDaily, wait),
            Class::RateStorm => (Outcome::Throttled, RefusalClass::RateStorm, wait),
            Class::InProgress => (
                Outcome::UpstreamFault,
                RefusalClass::InProgress,
                "The upstream is still at work. Send the same call again in a minute.",
            ),
            Class::BadRequest => (
                Outcome::CallerFault,
                RefusalClass::BadRequest,
                "Mend the arguments as the upstream says, then call again.",
            ),
            Class::VersionDead => (
                Outcome::OurFault,
                RefusalClass::VersionDead,
                "The service provider must move to a newer API version. Report the call id; do not retry.",
            ),
            Class::Upstream if fault.code.as_deref() == Some(RefusalClass::BreakerOpen.as_str()) => {
                (Outcome::BreakerOpen, RefusalClass::BreakerOpen, wait)
            }
            Class::Upstream => {
                (Outcome::UpstreamFault, RefusalClass::Upstream, "It is not your fault. Try again in a minute.")
            }
        };
        let limit = matches!(fault.class, Class::QuotaDaily | Class::RateStorm).then_some(whose);
        Self {
            whose: limit,
            retry_at: fault.retry_at,
            code: fault.code,
            needs_person: (class == RefusalClass::ReconnectNeeded).then_some(Deed::Connect),
            ..Self::new(outcome, class, fault.message).next(next)
        }
    }
}
