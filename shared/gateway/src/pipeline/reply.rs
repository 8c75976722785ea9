//! The answer as the agent gets it.

use rmcp::model::{CallToolResult, ContentBlock, MetaObject};
use serde_json::{Value, json};
use turnpike_core::Outcome;
use turnpike_metering::{LedgerError, Price};

use super::{
    Answer, Call, Refusal, Shown,
    jobs::{PENDING, seconds_until},
    text,
};
use crate::Gateway;

impl Gateway {
    /// The answer without hidden characters, if it is not too long: before it is priced. What has been changed is told at
    /// any length.
    pub(super) fn shown(&self, answer: Answer) -> Result<Shown, Refusal> {
        let (value, text) = text::clean(answer.value);
        let most = self.limits.answer_characters;
        if text.len() > most && value["status"] != "applied" {
            return Err(too_large(text.len(), most));
        }
        Ok(Shown { answer: Answer { value, ..answer }, text })
    }

    /// Puts the result together: structured content, the same as text, and what the call was in `_meta`.
    pub(super) fn reply(
        &self,
        call: &Call,
        result: Result<Shown, Refusal>,
        recorded: Result<Price, LedgerError>,
    ) -> CallToolResult {
        let price = match recorded {
            Ok(price) => price,
            Err(error) => {
                tracing::error!(call_id = %call.id, tenant_id = %call.caller.tenant, %error, "the answer is withheld");
                return self.refuse(call, &not_recorded(&error, &result), None);
            }
        };
        let Shown { answer: Answer { outcome, value, kept_since }, text } = match result {
            Ok(shown) => shown,
            Err(refusal) => return self.refuse(call, &refusal, Some(price)),
        };
        let mut meta = self.meta(call, outcome, Some(price));
        if let Some(since) = kept_since {
            meta.insert(
                "cache".into(),
                json!({ "hit": true, "age_seconds": self.ambient.now().since(since).as_secs() }),
            );
        }
        let mut reply = CallToolResult::success(vec![ContentBlock::text(text)]);
        reply.structured_content = Some(value);
        reply.meta = Some(meta);
        reply
    }

    /// A refusal goes as text and in `_meta`, not as structured content: that must have the tool's output schema.
    pub(super) fn refuse(&self, call: &Call, refusal: &Refusal, price: Option<Price>) -> CallToolResult {
        let connection = call.connected.as_ref().map(|connected| connected.connection.id);
        let link = connection.filter(|_| refusal.reconnect).map(|id| format!("{}/reconnect/{id}", self.public_url));
        let mut meta = self.meta(call, refusal.outcome, price);
        let mut details = text::clean(refusal.details(link.as_deref())).0;
        if let (PENDING, Some(job)) = (refusal.class, &call.job) {
            details["job_id"] = json!(job.id);
            details["poll_after_seconds"] = json!(seconds_until(job.poll_at, self.ambient.now()));
        }
        meta.insert("error".into(), details);
        let (words, _) = text::clean(Value::String(format!("{} (call id {})", refusal.text(link.as_deref()), call.id)));
        let mut reply = CallToolResult::error(vec![ContentBlock::text(words.as_str().unwrap_or_default())]);
        reply.meta = Some(meta);
        reply
    }

    fn meta(&self, call: &Call, outcome: Outcome, price: Option<Price>) -> MetaObject {
        let mut meta = MetaObject::new();
        meta.insert("call_id".into(), json!(call.id));
        meta.insert("outcome".into(), json!(outcome));
        meta.insert("source".into(), json!(call.found.manifest().name));
        if let Some(price) = price {
            meta.insert("price".into(), json!({ "micros": price.charged, "currency": price.currency }));
        }
        if call.connected.as_ref().is_some_and(|connected| connected.connection.sandbox) {
            meta.insert("sandbox".into(), json!(true));
        }
        meta
    }
}

pub(super) fn too_large(length: usize, most: usize) -> Refusal {
    Refusal::new(Outcome::CallerFault, "too_large", format!("the answer has {length} characters, more than {most}"))
        .next("Ask for fewer rows, fewer days or fewer fields.")
}

fn not_recorded(error: &LedgerError, result: &Result<Shown, Refusal>) -> Refusal {
    let message = match error {
        LedgerError::NotWritten => "the call could not be recorded, so it is not charged and its answer is withheld",
        LedgerError::Timeout => {
            "the call was not recorded in time and its answer is withheld; it is charged only if the usage shows it"
        }
    };
    let changed = result.as_ref().is_ok_and(|shown| shown.answer.value["status"] == "applied");
    let next = if changed {
        "The change was made: read the present value before you try again."
    } else {
        "Try again in a minute."
    };
    Refusal::new(Outcome::OurFault, "not_recorded", message).next(next)
}
