//! Checkout, the customer portal, and their hosted pages.

pub(crate) mod complete;
pub(crate) mod pages;
pub(crate) mod portal;
pub(crate) mod sessions;
