//! Customers, and what is sold to them.

pub(crate) mod customers;
pub(crate) mod prices;
pub(crate) mod products;
mod tiers;
