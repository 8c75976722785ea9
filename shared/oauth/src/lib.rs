//! The authorization server of a deployment: who may act for whom, by which client, with which tokens.
//!
//! Pages and endpoints are the portal's; the gateway asks here whether a token is good.

mod client;
mod document;
mod egress;
mod redirect;
pub mod registration;
#[cfg(test)]
mod stranger;

pub use client::{AuthMethod, ClientMetadata};
pub use document::{DocumentError, Documents, is_document_id};
pub use egress::{Answer, Egress, EgressError, Guard, Names, SystemNames, is_public};
pub use redirect::{RedirectError, RedirectRules, RedirectTarget, matches};
pub use registration::RegistrationError;
