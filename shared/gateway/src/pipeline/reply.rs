//! The answer as the agent gets it.

use rmcp::model::{CallToolResult, ContentBlock, MetaObject};
use serde_json::{Value, json};
use turnpike_core::{Outcome, Timestamp};
use turnpike_metering::LedgerError;

use super::{
    Answer, Call, Refusal, Shown,
    cost::{Charged, quota_told},
    jobs::seconds_until,
    text,
};
use crate::{Gateway, RefusalClass};

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
        recorded: Result<Charged, LedgerError>,
    ) -> CallToolResult {
        let charged = match recorded {
            Ok(charged) => charged,
            Err(error) => {
                tracing::error!(call_id = %call.id, tenant_id = %call.caller.tenant, %error, "the answer is withheld");
                return self.refuse(call, &not_recorded(&error, &result), None);
            }
        };
        let Shown { answer: Answer { outcome, value, kept_since }, text } = match result {
            Ok(shown) => shown,
            Err(refusal) => return self.refuse(call, &refusal, Some(charged)),
        };
        let mut meta = self.meta(call, outcome, Some(charged));
        let mut content = vec![ContentBlock::text(text)];
        if let Some(since) = kept_since {
            let age = self.ambient.now().since(since).as_secs();
            match &call.failure {
                Some(failure) => content.push(ContentBlock::text(mark_stale(&mut meta, failure, since, age))),
                None => drop(meta.insert("cache".into(), json!({ "hit": true, "age_seconds": age }))),
            }
        }
        let mut reply = CallToolResult::success(content);
        reply.structured_content = Some(value);
        reply.meta = Some(meta);
        reply
    }

    /// A refusal goes as text and in `_meta`, not as structured content: that must have the tool's output schema.
    pub(super) fn refuse(&self, call: &Call, refusal: &Refusal, charged: Option<Charged>) -> CallToolResult {
        let errand = self.find_errand(call, refusal);
        let mut meta = self.meta(call, refusal.outcome, charged);
        let mut details = text::clean(refusal.details(errand.as_ref())).0;
        if let (RefusalClass::Pending, Some(job)) = (refusal.class, &call.job) {
            details["job_id"] = json!(job.id);
            details["poll_after_seconds"] = json!(seconds_until(job.poll_at, self.ambient.now()));
        }
        meta.insert("error".into(), details);
        let (words, _) = text::clean(Value::String(format!("{} (call id {})", refusal.text(errand.as_ref()), call.id)));
        let mut reply = CallToolResult::error(vec![ContentBlock::text(words.as_str().unwrap_or_default())]);
        reply.meta = Some(meta);
        reply
    }

    fn meta(&self, call: &Call, outcome: Outcome, charged: Option<Charged>) -> MetaObject {
        let mut meta = MetaObject::new();
        meta.insert("call_id".into(), json!(call.id));
        meta.insert("outcome".into(), json!(outcome));
        meta.insert("source".into(), json!(call.found.manifest().name));
        if let Some(charged) = charged {
            meta.insert("price".into(), json!(charged.price.money()));
            meta.insert("cost".into(), charged.told());
        }
        if let Some(quota) = &call.quota {
            meta.insert("quota".into(), quota_told(quota));
        }
        if call.connected.as_ref().is_some_and(|connected| connected.connection.sandbox) {
            meta.insert("sandbox".into(), json!(true));
        }
        meta
    }
}

pub(super) fn too_large(length: usize, most: usize) -> Refusal {
    Refusal::new(
        Outcome::CallerFault,
        RefusalClass::TooLarge,
        format!("the answer has {length} characters, more than {most}"),
    )
    .next("Ask for fewer rows, fewer days or fewer fields.")
}

/// Says in `_meta`, and in the sentence that it returns, that the answer is an earlier one.
fn mark_stale(meta: &mut MetaObject, failure: &Refusal, since: Timestamp, age: u64) -> String {
    meta.insert("stale".into(), json!(true));
    meta.insert("age_seconds".into(), json!(age));
    meta.insert("as_of".into(), json!(since.to_string()));
    meta.insert("upstream_error".into(), text::clean(failure.details(None)).0);
    let why = failure.message.trim_end_matches('.');
    let retry = failure.retry_at.map(|at| format!(" A fresh answer may be had from {at} on.")).unwrap_or_default();
    let words = format!(
        "This answer is not fresh: it is from {since}, {age} seconds old, because the upstream could not be asked now \
         ({why}). Say so to whoever relies on it.{retry}"
    );
    text::clean(Value::String(words)).0.as_str().unwrap_or_default().to_owned()
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
    Refusal::new(Outcome::OurFault, RefusalClass::NotRecorded, message).next(next)
}
