//! Idempotency keys: the first stored answer comes again, whatever it was, for a day.

use std::collections::HashMap;

use serde_json::Value;

use crate::refusal::{Answer, Refusal};

const REMEMBERED_SECONDS: i64 = 24 * 60 * 60;

/// What the keys of one account have been answered with.
#[derive(Debug, Clone, Default)]
pub(crate) struct Answers(HashMap<String, Stored>);

#[derive(Debug, Clone)]
struct Stored {
    at: i64,
    asked: (String, Value),
    answer: Answer,
}

impl Answers {
    /// The stored answer to the same question.
    pub(crate) fn find(&self, key: &str, now: i64, path: &str, form: &Value) -> Option<Answer> {
        let stored = self.0.get(key).filter(|stored| now - stored.at < REMEMBERED_SECONDS)?;
        if stored.asked.0 == path && stored.asked.1 == *form {
            return Some(stored.answer.clone());
        }
        Some(Err(Refusal::key_reused()))
    }

    /// Remembers an answer, unless it refused before work was begun.
    pub(crate) fn keep(&mut self, key: &str, now: i64, path: &str, form: &Value, answer: &Answer) {
        if !answer.as_ref().is_err_and(|refusal| refusal.before_work) {
            let asked = (path.to_owned(), form.clone());
            self.0.insert(key.to_owned(), Stored { at: now, asked, answer: answer.clone() });
        }
    }
}
