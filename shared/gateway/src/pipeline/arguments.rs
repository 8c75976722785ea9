//! What a call was made with, kept for a while.

use std::time::Duration;

use serde_json::Value;
use turnpike_store::CallArguments;
use turnpike_telemetry::scrub;

use super::Call;
use crate::Gateway;

/// Longer ones are not kept: a part of them would be of no use.
const LONGEST: usize = 8 * 1024;

impl Gateway {
    /// Keeps the arguments of a call that is in the ledger, where the operator wants that.
    pub(super) fn keep_arguments(&self, call: &Call) {
        let days = self.limits.keep_arguments_days;
        if days == 0 || call.arguments.len() > LONGEST {
            return;
        }
        self.arguments.keep(CallArguments {
            tenant_id: call.caller.tenant,
            call_id: call.id,
            arguments_json: without_secrets(&call.arguments),
            expires_at: call.began.plus(Duration::from_secs(u64::from(days) * 86_400)),
        });
    }
}

/// The same text where nothing in it has the shape of a secret: its digest is then that of the call.
fn without_secrets(arguments_json: &str) -> String {
    let Ok(mut arguments) = serde_json::from_str(arguments_json) else { return "{}".into() };
    if redact("", &mut arguments) { arguments.to_string() } else { arguments_json.to_owned() }
}

/// Takes out each value that has, alone or behind its field's name, the shape of a secret; whether there was one.
fn redact(field: &str, value: &mut Value) -> bool {
    match value {
        Value::Array(items) => items.iter_mut().fold(false, |found, item| redact(field, item) | found),
        Value::Object(fields) => fields.iter_mut().fold(false, |found, (name, value)| redact(name, value) | found),
        Value::Null | Value::Bool(_) => false,
        Value::Number(_) | Value::String(_) => {
            let words = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let behind_its_name = format!("{field}={words}");
            let found = scrub(&words) != words || scrub(&behind_its_name) != behind_its_name;
            if found {
                *value = "[redacted]".into();
            }
            found
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_taken_out_and_everything_else_stays_to_the_letter() {
        let harmless = r#"{"account_id":"1234567890","days":7,"words":["a \"b\"","c"]}"#;
        assert_eq!(without_secrets(harmless), harmless);
        let with =
            r#"{"note":"use Bearer abcdefghijkl","auth":{"password":1234,"client_secret":"hush \"hush\""},"days":7}"#;
        let without = r#"{"auth":{"client_secret":"[redacted]","password":"[redacted]"},"days":7,"note":"[redacted]"}"#;
        let clean: Value = serde_json::from_str(&without_secrets(with)).unwrap();
        assert_eq!(clean, serde_json::from_str::<Value>(without).unwrap());
    }
}
