//! The labels of prices, which never change.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use stripe_product::price::RetrievePrice;
use stripe_shared::Price;

use crate::stripe::{Failure, Stripe, terms::Label};

/// Labels by the id of their price; none where it is no price of ours.
#[derive(Default)]
pub(in crate::stripe) struct Labels(Mutex<HashMap<String, Option<Label>>>);

impl Stripe {
    /// The label of a price that was fetched.
    pub(super) fn note_label(&self, price: &Price) -> Option<Label> {
        let label = Label::of(&price.metadata);
        let mut known = self.labels.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(price.id.to_string(), label.clone());
        label
    }

    /// The label of a price of which the id is known.
    pub(super) async fn label(&self, price: &str) -> Result<Option<Label>, Failure> {
        let known = self.labels.0.lock().unwrap_or_else(PoisonError::into_inner).get(price).cloned();
        match known {
            Some(label) => Ok(label),
            None => Ok(self.note_label(&self.read_client().get(&RetrievePrice::new(price)).await?)),
        }
    }
}
