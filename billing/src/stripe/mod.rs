//! Stripe: subscriptions, Checkout, webhooks and meters.

mod amounts;
mod catalog;
mod changes;
mod checkout;
mod client;
mod customers;
mod events;
mod meter;
mod sync;
mod terms;
mod thin;
mod v2;
mod webhook;

use std::sync::OnceLock;

use turnpike_config::PaymentSettings;

pub use self::webhook::router;
pub(crate) use self::{
    client::{Failure, StripeClient},
    meter::METER_EVENT,
};
use self::{sync::Labels, v2::ThinEvents};
use crate::{Billing, BillingError, payments::Payments};

/// Stripe, by async-stripe.
pub struct Stripe {
    main: StripeClient,
    meter: StripeClient,
    read: StripeClient,
    meter_id: OnceLock<String>,
    labels: Labels,
    thin: ThinEvents,
}

impl Stripe {
    /// Clients for the keys of the settings.
    pub(crate) fn new(settings: &PaymentSettings) -> Result<Self, BillingError> {
        Ok(Self {
            main: StripeClient::new(settings, &settings.stripe_key)?,
            meter: StripeClient::new(settings, &settings.stripe_meter_key)?,
            read: StripeClient::new(settings, &settings.stripe_read_key)?,
            meter_id: OnceLock::new(),
            labels: Labels::default(),
            thin: ThinEvents::new(settings)?,
        })
    }

    /// With the key that may do everything.
    pub(crate) fn client(&self) -> &StripeClient {
        &self.main
    }

    /// With the key that may write meter events.
    pub(crate) fn meter_client(&self) -> &StripeClient {
        &self.meter
    }

    /// With the key that may read.
    pub(crate) fn read_client(&self) -> &StripeClient {
        &self.read
    }
}

impl Billing {
    /// Stripe, where it collects the money.
    pub(crate) fn stripe(&self) -> Option<&Stripe> {
        match &self.0.payments {
            Payments::Stripe(stripe) => Some(stripe),
            Payments::InvoiceOnly => None,
        }
    }

    /// What nobody else has written: for keys of requests that are made once.
    fn random(&self) -> String {
        self.0.ambient.bytes::<12>().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}
