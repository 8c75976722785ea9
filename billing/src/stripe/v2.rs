//! The one path of Stripe's second API that is needed, which the library does not have: what a thin event is about.

use std::time::Duration;

use reqwest::{Client, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use turnpike_config::PaymentSettings;
use url::Url;

use super::Failure;
use crate::BillingError;

const TIMEOUT: Duration = Duration::from_secs(20);

/// Reads thin events, with the key that may read.
pub(super) struct ThinEvents {
    client: Client,
    root: Url,
    key: SecretString,
    account: String,
}

impl ThinEvents {
    pub(super) fn new(settings: &PaymentSettings) -> Result<Self, BillingError> {
        let garbled = || BillingError::Refused { message: "the address is garbled".into() };
        let root = if settings.stripe_url.is_empty() { "https://api.stripe.com/" } else { &settings.stripe_url };
        let narrow = &settings.stripe_read_key;
        let key = if narrow.expose_secret().is_empty() { &settings.stripe_key } else { narrow };
        Ok(Self {
            client: Client::builder().timeout(TIMEOUT).build().map_err(|_| garbled())?,
            root: root.parse().map_err(|_| garbled())?,
            key: key.clone(),
            account: settings.stripe_account.clone(),
        })
    }

    /// The whole of an event; none if it is not known there.
    pub(super) async fn find(&self, id: &str) -> Result<Option<Value>, Failure> {
        let mut url = self.root.clone();
        url.path_segments_mut().map_err(|()| Failure::Unreadable)?.pop_if_empty().extend(["v2", "core", "events", id]);
        let mut request = self
            .client
            .get(url)
            .bearer_auth(self.key.expose_secret())
            .header("stripe-version", stripe_client_core::VERSION.as_str());
        if !self.account.is_empty() {
            request = request.header("stripe-context", &self.account);
        }
        let answer = request.send().await.map_err(|_| Failure::Unreachable)?;
        match answer.status() {
            StatusCode::NOT_FOUND => Ok(None),
            StatusCode::TOO_MANY_REQUESTS => Err(Failure::Busy),
            status if status.is_server_error() => Err(Failure::Broken(status.as_u16())),
            status if !status.is_success() => Err(Failure::Refused {
                status: status.as_u16(),
                code: None,
                message: "a thin event may not be read".into(),
            }),
            _ => {
                let body = answer.bytes().await.map_err(|_| Failure::Unreachable)?;
                serde_json::from_slice(&body).map(Some).map_err(|_| Failure::Unreadable)
            }
        }
    }
}
