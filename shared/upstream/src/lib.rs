//! The one way out. [`Lane::send`](lane) reads in the order in which a request is made.

mod apply;
mod health;
mod lane;
mod probe;
mod routes;
mod upkeep;
mod wire;

pub use health::{AppQuotaHealth, ScopeHealth};
pub use lane::{Lane, Step};
pub use routes::{Endpoint, Route, Upstream};
pub use turnpike_breaker::State as ScopeState;
pub use wire::NetworkWire;
