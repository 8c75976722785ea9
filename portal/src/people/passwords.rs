//! Passwords: Argon2id, off the threads that serve pages, and as slow for unknown people as for known ones.

use std::sync::Arc;

use argon2::{
    Argon2,
    password_hash::{PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash},
};
use tokio::{sync::Semaphore, task::spawn_blocking};
use turnpike_core::Ambient;
use zeroize::Zeroizing;

use crate::http::Failure;

/// The fewest characters.
const SHORTEST: usize = 10;
/// The most; longer ones only cost time.
const LONGEST: usize = 200;
/// Each takes 19 MiB while it is hashed.
const AT_ONCE: usize = 4;

/// Hashes and checks passwords.
pub(crate) struct Passwords {
    ambient: Ambient,
    places: Arc<Semaphore>,
}

/// What is wrong with a new password; empty where nothing is. Length is what counts.
pub(crate) fn problem_with(password: &str, email: &str) -> &'static str {
    let own = email.split('@').next().unwrap_or_default();
    let letters = password.to_lowercase();
    match password.chars().count() {
        count if count < SHORTEST => "Use at least 10 characters; a few words are fine.",
        count if count > LONGEST => "Use at most 200 characters.",
        _ if own.len() > 3 && letters.contains(own) => "It must not contain your address.",
        _ if letters.chars().all(|letter| letters.starts_with(letter)) => "Use more than one character.",
        _ => "",
    }
}

impl Passwords {
    pub(crate) fn new(ambient: Ambient) -> Self {
        Self { ambient, places: Arc::new(Semaphore::new(AT_ONCE)) }
    }

    /// The hash to store.
    pub(crate) async fn hash(&self, password: &str) -> Result<String, Failure> {
        let (salt, password) = (self.ambient.bytes::<16>(), Zeroizing::new(password.to_owned()));
        self.run(move || {
            let hash = Argon2::default().hash_password_with_salt(password.as_bytes(), &salt);
            hash.map(|hash| hash.to_string()).map_err(|error| Failure::Internal(error.to_string()))
        })
        .await?
    }

    /// Whether a password fits a stored hash. Without one it takes as long, and does not.
    pub(crate) async fn fits(&self, password: &str, stored: Option<String>) -> Result<bool, Failure> {
        let Some(stored) = stored else { return self.hash(password).await.map(|_| false) };
        let password = Zeroizing::new(password.to_owned());
        self.run(move || {
            PasswordHash::new(&stored)
                .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
        })
        .await
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Failure> {
        let place = self.places.clone().acquire_owned().await;
        let done = spawn_blocking(move || {
            let _place = place;
            work()
        });
        done.await.map_err(|error| Failure::Internal(error.to_string()))
    }
}
