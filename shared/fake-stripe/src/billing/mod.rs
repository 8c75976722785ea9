//! Subscriptions, their periods, and the invoices that come of them.

pub(crate) mod cancel;
pub(crate) mod change;
pub(crate) mod collect;
pub(crate) mod coupons;
pub(crate) mod credit_notes;
pub(crate) mod credits;
pub(crate) mod cycle;
pub(crate) mod finalize;
pub(crate) mod invoice_items;
pub(crate) mod invoices;
pub(crate) mod items;
pub(crate) mod money_back;
pub(crate) mod parts;
pub(crate) mod period;
pub(crate) mod preview;
pub(crate) mod subscribe;
pub(crate) mod subscriptions;
pub(crate) mod tiers;
pub(crate) mod totals;
