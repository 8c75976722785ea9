//! The authorization server of a deployment: who may act for whom, by which client, with which tokens.
//!
//! Pages and endpoints are the portal's; the gateway asks here whether a token is good.

mod client;

pub use client::{AuthMethod, ClientMetadata};
