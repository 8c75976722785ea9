//! The one way out. [`Lane::send`](lane) reads in the order in which a request is made.

mod apply;
mod lane;
mod routes;
mod wire;

pub use lane::{Lane, Step};
pub use routes::{Endpoint, Route, Upstream};
pub use wire::NetworkWire;
