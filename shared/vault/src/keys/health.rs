//! Whether the key service answers: told once when it stops and once when it is back, and not asked on and on between.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use turnpike_core::Timestamp;

use super::KeyError;

/// How long nobody is asked after the key service has not answered: each question costs its caller seconds.
const PAUSE: Duration = Duration::from_secs(2);

/// A key service that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyTrouble {
    /// Since when.
    pub since: Timestamp,
    /// What is wrong and what to do, for people.
    pub reason: String,
}

#[derive(Default)]
pub(super) struct Health(Mutex<State>);

#[derive(Default)]
struct State {
    trouble: Option<KeyTrouble>,
    ask_from: Option<Timestamp>,
}

impl Health {
    pub(super) fn trouble(&self) -> Option<KeyTrouble> {
        self.state().trouble.clone()
    }

    /// The answer of a moment ago, while it still stands.
    pub(super) fn check(&self, now: Timestamp) -> Result<(), KeyError> {
        let state = self.state();
        match (&state.trouble, state.ask_from) {
            (Some(trouble), Some(retry_at)) if now < retry_at => {
                Err(KeyError::Unreachable { reason: trouble.reason.clone(), retry_at })
            }
            _ => Ok(()),
        }
    }

    /// Takes note of an answer. Those that are about one key or row only say that the service is there.
    pub(super) fn note<T>(&self, now: Timestamp, mut result: Result<T, KeyError>) -> Result<T, KeyError> {
        let mut state = self.state();
        let reason = match &mut result {
            Err(KeyError::Unreachable { reason, retry_at }) => {
                *retry_at = now.plus(PAUSE);
                state.ask_from = Some(*retry_at);
                reason.clone()
            }
            Ok(_) | Err(KeyError::Refused | KeyError::NoProvider { .. }) => {
                state.ask_from = None;
                if let Some(trouble) = state.trouble.take() {
                    tracing::info!(since = %trouble.since, "the vault's keys can be used again");
                }
                return result;
            }
            Err(error) => {
                state.ask_from = None;
                error.to_string()
            }
        };
        match &mut state.trouble {
            Some(trouble) => trouble.reason = reason,
            None => {
                tracing::error!(reason, "the vault's keys cannot be used: only tenants whose keys are in memory go on");
                state.trouble = Some(KeyTrouble { since: now, reason });
            }
        }
        result
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_that_does_not_answer_is_left_alone_for_a_moment_and_remembered_until_it_does() {
        let (health, now) = (Health::default(), Timestamp::from_micros(1_000_000));
        let gone = || Err::<(), _>(KeyError::Unreachable { reason: "no answer".into(), retry_at: now });
        let error = health.note(now, gone()).unwrap_err();
        assert_eq!(error.retry_at(), Some(now.plus(PAUSE)));
        assert!(health.check(now.plus(Duration::from_secs(1))).is_err());
        assert!(health.check(now.plus(PAUSE)).is_ok(), "then somebody asks again");
        health.note(now.plus(PAUSE), gone()).unwrap_err();
        assert_eq!(health.trouble().unwrap().since, now, "it is the same trouble");
        health.note(now.plus(PAUSE * 2), Ok(())).unwrap();
        assert_eq!(health.trouble(), None);
    }

    #[test]
    fn a_key_that_is_disabled_is_trouble_and_a_row_that_does_not_open_is_none() {
        let (health, now) = (Health::default(), Timestamp::from_micros(1));
        health.note(now, Err::<(), _>(KeyError::Refused)).unwrap_err();
        assert_eq!(health.trouble(), None);
        health.note(now, Err::<(), _>(KeyError::Disabled { reason: "it is off".into() })).unwrap_err();
        assert!(health.trouble().unwrap().reason.contains("aws kms enable-key"));
        assert!(health.check(now).is_ok(), "each call says what KMS says, which it does at once");
    }
}
