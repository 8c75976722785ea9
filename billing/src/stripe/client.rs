//! Requests to Stripe: which key they carry, how often they are tried, and what went wrong in our words.

use std::time::Duration;

use futures_util::TryStreamExt;
use miniserde::Deserialize;
use secrecy::{ExposeSecret, SecretString};
use stripe::{Client, ClientBuilder, IdempotencyKey, RequestStrategy, StripeError, StripeRequest};
use turnpike_config::PaymentSettings;

use crate::BillingError;

/// One attempt ends after this.
const TIMEOUT: Duration = Duration::from_secs(20);

/// How often a request is sent that may be sent again.
pub(super) const ATTEMPTS: u32 = 3;

/// What is waited before the second attempt; twice as much before the third.
const PAUSE: Duration = Duration::from_millis(200);

/// Why Stripe did not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Failure {
    /// It says no: nothing was done, and the same request is refused again.
    #[error("refused with {status}: {message}")]
    Refused { status: u16, code: Option<String>, message: String },
    /// Not now: nothing was done.
    #[error("too many requests")]
    Busy,
    /// It failed (5xx). Whether something was done is unknown, and the same idempotency key gives this answer again.
    #[error("failed with {0}")]
    Broken(u16),
    /// No answer. Whether something was done is unknown; the same idempotency key does it once.
    #[error("no answer")]
    Unreachable,
    /// An answer that is not understood. Whether something was done is unknown.
    #[error("the answer is not understood")]
    Unreadable,
}

impl Failure {
    /// Whether there is no such object.
    pub(crate) fn is_missing(&self) -> bool {
        matches!(self, Self::Refused { status: 404, .. }) || self.has_code("resource_missing")
    }

    /// Whether Stripe gives that code for it.
    pub(crate) fn has_code(&self, expected: &str) -> bool {
        matches!(self, Self::Refused { code: Some(code), .. } if code == expected)
    }

    fn of(error: StripeError) -> Self {
        match error {
            StripeError::Stripe(_, 429) => Self::Busy,
            StripeError::Stripe(_, status @ 500..) => Self::Broken(status),
            // What Stripe says of keys names a part of them.
            StripeError::Stripe(_, status @ (401 | 403)) => {
                Self::Refused { status, code: None, message: "the key is not accepted, or may not do this".into() }
            }
            StripeError::Stripe(error, status) => Self::Refused {
                status,
                code: error.code.as_ref().map(|code| code.as_str().to_owned()),
                message: error.message.unwrap_or_default(),
            },
            StripeError::Timeout | StripeError::ClientError(_) => Self::Unreachable,
            StripeError::JSONDeserialize(_) | StripeError::ConfigError(_) => Self::Unreadable,
        }
    }
}

impl From<Failure> for BillingError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused { message, .. } => Self::Refused { message },
            Failure::Busy | Failure::Broken(_) | Failure::Unreachable => Self::Unreachable,
            Failure::Unreadable => Self::Unreadable,
        }
    }
}

/// Sends requests with one key.
pub(crate) struct StripeClient(Client);

impl StripeClient {
    /// The client of a key, or of the main key where that one is empty.
    pub(super) fn new(settings: &PaymentSettings, key: &SecretString) -> Result<Self, BillingError> {
        let key = if key.expose_secret().is_empty() { &settings.stripe_key } else { key };
        let mut client =
            ClientBuilder::new(key.expose_secret()).timeout(TIMEOUT).request_strategy(RequestStrategy::Once);
        if !settings.stripe_account.is_empty() {
            client = client.account_id(settings.stripe_account.as_str().into());
        }
        if !settings.stripe_url.is_empty() {
            client = client.url(settings.stripe_url.as_str());
        }
        client
            .build()
            .map(Self)
            .map_err(|_| BillingError::Refused { message: "the key or the address is garbled".into() })
    }

    /// Reads something; tried again when there is no answer.
    pub(crate) async fn get<R>(&self, request: &R) -> Result<R::Output, Failure>
    where
        R: StripeRequest,
        R::Output: Deserialize,
    {
        self.set(request).await
    }

    /// Writes something that comes to the same when it is done twice, so that it needs no key; tried again as a reading is.
    pub(crate) async fn set<R>(&self, request: &R) -> Result<R::Output, Failure>
    where
        R: StripeRequest,
        R::Output: Deserialize,
    {
        let mut attempt = 1;
        loop {
            match self.send(request, RequestStrategy::Once).await {
                Err(Failure::Busy | Failure::Broken(_) | Failure::Unreachable) if attempt < ATTEMPTS => {
                    pause(attempt).await;
                    attempt += 1;
                }
                result => return result,
            }
        }
    }

    /// Writes something that does no harm when it is done twice. Without an answer it is sent again with the same key; after a
    /// failure with a new one, because the old one would only give the failure again.
    pub(crate) async fn write<R>(&self, request: &R, key: &str) -> Result<R::Output, Failure>
    where
        R: StripeRequest,
        R::Output: Deserialize,
    {
        let (mut attempt, mut failures) = (1, 0);
        loop {
            let present = if failures == 0 { key.to_owned() } else { format!("{key}.{failures}") };
            match self.once(request, &present).await {
                Err(failure @ (Failure::Busy | Failure::Broken(_) | Failure::Unreachable)) if attempt < ATTEMPTS => {
                    failures += u32::from(matches!(failure, Failure::Broken(_)));
                    pause(attempt).await;
                    attempt += 1;
                }
                result => return result,
            }
        }
    }

    /// Writes something, in one attempt with this idempotency key.
    pub(crate) async fn once<R>(&self, request: &R, key: &str) -> Result<R::Output, Failure>
    where
        R: StripeRequest,
        R::Output: Deserialize,
    {
        let key = IdempotencyKey::new(key).map_err(|_| Failure::Unreadable)?;
        self.send(request, RequestStrategy::Idempotent(key)).await
    }

    /// Reads all pages of a list.
    pub(crate) async fn all<T>(&self, list: stripe::ListPaginator<stripe_types::List<T>>) -> Result<Vec<T>, Failure>
    where
        T: stripe_types::Object + Send + Sync + 'static,
        stripe_types::List<T>: Deserialize,
    {
        list.stream(&self.0).try_collect().await.map_err(Failure::of)
    }

    async fn send<R>(&self, request: &R, strategy: RequestStrategy) -> Result<R::Output, Failure>
    where
        R: StripeRequest,
        R::Output: Deserialize,
    {
        request.customize().request_strategy(strategy).send(&self.0).await.map_err(Failure::of)
    }
}

/// Waits before the next attempt.
pub(super) async fn pause(attempt: u32) {
    tokio::time::sleep(PAUSE * attempt).await;
}
