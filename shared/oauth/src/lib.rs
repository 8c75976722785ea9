//! The authorization server of a deployment: who may act for whom, by which client, with which tokens.
//!
//! Pages and endpoints are the portal's; the gateway asks here whether a token is good.

mod access;
mod client;
mod clients;
mod consent;
mod document;
mod egress;
mod endpoint;
mod error;
mod inspect;
mod keys;
mod redirect;
mod refresh;
pub mod registration;
mod request;
mod server;
mod standing;
#[cfg(test)]
mod stranger;

pub use access::{AccessToken, Subject, Unaccepted};
pub use client::{AuthMethod, ClientMetadata};
pub use clients::{KnownClient, Source, UnknownClient};
pub use consent::{Allowed, Consent, ConsentError};
pub use document::{DocumentError, Documents, is_document_id};
pub use egress::{Answer, Egress, EgressError, Guard, Names, SystemNames, is_public};
pub use endpoint::{ClientProof, Code, Denied, FamilyEnd, TokenAnswer, TokenRequest};
pub use error::OAuthError;
pub use inspect::{Introspection, Taken};
pub use redirect::{RedirectError, RedirectRules, RedirectTarget, matches};
pub use registration::RegistrationError;
pub use request::{AuthorizationRequest, Misdirected, NotStarted, Refused};
pub use server::{AuthorizationServer, OFFLINE, Parts, Resource, ScopeOf};
pub use standing::Standing;
