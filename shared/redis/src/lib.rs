//! A connection to Redis that answers in a quarter of a second, or says that there is none.
//!
//! What is kept in Redis here is shared, never owned: limits and holds. Who uses it knows what to do without, so that the
//! one thing that must not happen is to wait. After a failure Redis is left alone for a second; a call in between learns at
//! once that it is gone. It is connected again by itself.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use redis::{
    Client,
    aio::{ConnectionManager, ConnectionManagerConfig},
};
pub use redis::{FromRedisValue, Script, ScriptInvocation};
use secrecy::{ExposeSecret as _, SecretString};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_millis(250);
/// How long Redis is left alone after a failure.
const PAUSE: Duration = Duration::from_secs(1);

/// Redis cannot be used now.
#[derive(Clone, Debug, thiserror::Error)]
#[error("Redis cannot be used: {0}")]
pub struct Gone(pub Arc<str>);

/// A connection that is shared by all its users. Cheap to clone.
#[derive(Clone)]
pub struct Redis(Arc<Inner>);

struct Inner {
    connection: ConnectionManager,
    failure: Mutex<Option<Failure>>,
}

/// The last thing that went wrong, while nothing has gone well since.
struct Failure {
    at: Instant,
    gone: Gone,
}

impl fmt::Debug for Redis {
    /// The URL holds a password.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Redis")
    }
}

impl Redis {
    /// For `redis://…` or `rediss://…`. Connects when first used.
    ///
    /// # Errors
    /// When the text is no such URL; the error does not show it.
    pub fn open(url: &SecretString) -> Result<Self, Gone> {
        let not_a_url = |_| Gone("the URL must be redis://HOST:PORT/NUMBER, or rediss:// for TLS".into());
        let client = Client::open(url.expose_secret()).map_err(not_a_url)?;
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(PATIENCE))
            .set_response_timeout(Some(PATIENCE))
            .set_number_of_retries(0);
        let connection = ConnectionManager::new_lazy_with_config(client, config).map_err(not_a_url)?;
        Ok(Self(Arc::new(Inner { connection, failure: Mutex::default() })))
    }

    /// Runs a script, which Redis does as one step.
    pub async fn run<T: FromRedisValue>(&self, script: &ScriptInvocation<'_>) -> Result<T, Gone> {
        if let Some(gone) = self.recent_failure() {
            return Err(gone);
        }
        let mut connection = self.0.connection.clone();
        let answer = tokio::time::timeout(2 * PATIENCE, script.invoke_async(&mut connection)).await;
        let reason = match answer {
            Ok(Ok(value)) => {
                self.came_back();
                return Ok(value);
            }
            Ok(Err(error)) => error.to_string(),
            Err(_) => "no answer".to_owned(),
        };
        Err(self.went(reason))
    }

    /// Whether it answers.
    pub async fn ping(&self) -> Result<(), Gone> {
        self.run(&Script::new("return 1").prepare_invoke()).await
    }

    /// Why it cannot be used, as far as is known: the last use has failed.
    pub fn failure(&self) -> Option<Gone> {
        self.lock().as_ref().map(|failure| failure.gone.clone())
    }

    /// Why it is left alone now. When that is over one caller tries it, and the others are told meanwhile as before: where it
    /// does not answer at all, one of them waits and not each.
    fn recent_failure(&self) -> Option<Gone> {
        let mut failure = self.lock();
        let failure = failure.as_mut()?;
        if failure.at.elapsed() < PAUSE {
            return Some(failure.gone.clone());
        }
        failure.at = Instant::now();
        None
    }

    fn went(&self, reason: String) -> Gone {
        let gone = Gone(reason.into());
        if self.lock().replace(Failure { at: Instant::now(), gone: gone.clone() }).is_none() {
            tracing::error!(reason = %gone.0, "Redis is gone");
        }
        gone
    }

    fn came_back(&self) {
        if self.lock().take().is_some() {
            tracing::info!("Redis is back");
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Failure>> {
        self.0.failure.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use turnpike_testkit::Redis as Server;

    use super::*;

    #[tokio::test]
    async fn what_is_gone_is_told_at_once_and_what_is_back_is_used_again() {
        let mut server = Server::start().await.unwrap();
        let redis = Redis::open(&server.url().into()).unwrap();
        let script = Script::new("return tonumber(ARGV[1]) + 1");
        assert_eq!(redis.run::<i64>(&script.arg(41)).await.unwrap(), 42);

        server.kill();
        let asked = Instant::now();
        assert!(redis.run::<i64>(&script.arg(1)).await.is_err() && redis.failure().is_some());
        for _ in 0..1000 {
            redis.run::<i64>(&script.arg(1)).await.unwrap_err();
        }
        assert!(asked.elapsed() < Duration::from_secs(3), "a thousand callers waited {:?}", asked.elapsed());

        server.restart().await.unwrap();
        let deadline = Instant::now() + Duration::from_secs(30);
        while redis.ping().await.is_err() {
            assert!(Instant::now() < deadline, "it is not connected again");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert!(redis.failure().is_none());
    }

    #[test]
    fn a_wrong_url_is_refused_without_being_shown() {
        let error = Redis::open(&"http://canary:canary@host".into()).unwrap_err().to_string();
        assert!(error.contains("redis://") && !error.contains("canary"), "{error}");
    }
}
