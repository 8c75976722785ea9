//! What Stripe says when it refuses.

use serde_json::{Value, json};

/// A refusal, in Stripe's form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    kind: &'static str,
    code: Option<String>,
    message: String,
    param: Option<String>,
    /// What the header `stripe-should-retry` says.
    pub(crate) should_retry: Option<bool>,
    /// Refused before any work was begun: not what an idempotency key remembers.
    pub(crate) before_work: bool,
}

/// What a request is answered with.
pub(crate) type Answer = Result<Value, Refusal>;

impl Refusal {
    /// A bad request that says no more than a sentence.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self {
            status: 400,
            kind: "invalid_request_error",
            code: None,
            message: message.into(),
            param: None,
            should_retry: None,
            before_work: false,
        }
    }

    /// A bad request because of one parameter.
    pub(crate) fn param(param: &str, message: impl Into<String>) -> Self {
        Self { param: Some(param.to_owned()), ..Self::invalid(message) }
    }

    pub(crate) fn unknown(param: &str) -> Self {
        Self::param(param, format!("Received unknown parameter: {param}")).code("parameter_unknown").unstored()
    }

    pub(crate) fn missing(param: &str) -> Self {
        Self::param(param, format!("Missing required param: {param}.")).code("parameter_missing").unstored()
    }

    pub(crate) fn empty(param: &str) -> Self {
        let message = format!(
            "You passed an empty string for '{param}'. We assume empty values are an attempt to unset a parameter; however \
             '{param}' cannot be unset."
        );
        Self::param(param, message).code("parameter_invalid_empty").unstored()
    }

    pub(crate) fn no_such(kind: &str, id: &str) -> Self {
        Self { status: 404, ..Self::param("id", format!("No such {kind}: '{id}'")).code("resource_missing") }
    }

    pub(crate) fn no_such_path(method: &str, path: &str) -> Self {
        Self { status: 404, ..Self::invalid(format!("Unrecognized request URL ({method}: {path}).")) }.unstored()
    }

    pub(crate) fn no_key() -> Self {
        Self { status: 401, ..Self::invalid("You did not provide an API key.") }.unstored()
    }

    pub(crate) fn unknown_key() -> Self {
        Self { status: 401, ..Self::invalid("Invalid API Key provided.") }.unstored()
    }

    pub(crate) fn key_without_right() -> Self {
        let message = "The provided key does not have the required permissions for this endpoint.";
        Self { status: 403, ..Self::invalid(message).code("more_permissions_required") }.unstored()
    }

    pub(crate) fn no_access_to(account: &str) -> Self {
        let message = format!("The provided key does not have access to account '{account}'.");
        Self { status: 403, ..Self::invalid(message).code("account_invalid") }.unstored()
    }

    pub(crate) fn too_many() -> Self {
        Self { status: 429, ..Self::invalid("Request rate limit exceeded.").code("rate_limit") }.unstored()
    }

    pub(crate) fn key_reused() -> Self {
        let message =
            "Keys for idempotent requests can only be used with the same parameters they were first used with.";
        Self { kind: "idempotency_error", ..Self::invalid(message) }.unstored()
    }

    pub(crate) fn key_in_use() -> Self {
        let message = "There is currently another in-progress request using this Idempotency Key.";
        Self { status: 409, kind: "idempotency_error", ..Self::invalid(message).code("idempotency_key_in_use") }
            .unstored()
    }

    pub(crate) fn card(code: &str, message: &str) -> Self {
        Self { status: 402, kind: "card_error", ..Self::invalid(message).code(code) }
    }

    pub(crate) fn status(status: u16) -> Self {
        Self { status, kind: "api_error", ..Self::invalid("An unknown error occurred.") }
    }

    pub(crate) fn code(self, code: &str) -> Self {
        Self { code: Some(code.to_owned()), ..self }
    }

    /// Says that to ask again is of no use.
    pub(crate) fn final_answer(self) -> Self {
        Self { should_retry: Some(false), ..self }
    }

    fn unstored(self) -> Self {
        Self { before_work: true, ..self }
    }

    /// What a person is told.
    pub(crate) fn said(&self) -> String {
        self.message.clone()
    }

    /// The body of the answer.
    pub(crate) fn body(&self) -> Value {
        let mut error = json!({ "type": self.kind, "message": self.message });
        if let Some(code) = &self.code {
            error["code"] = json!(code);
        }
        if let Some(param) = &self.param {
            error["param"] = json!(param);
        }
        json!({ "error": error })
    }
}
