//! What people do to a tenant: connect and disconnect accounts, make and revoke keys, let programs do less. Each act leaves an
//! event in the audit log, whoever does it and from where: a page, the command line, the program itself.

mod accounts;
mod actor;
mod authorize;
mod connect;
mod delete;
mod disconnect;
mod error;
mod grants;
mod groups;
mod keys;
mod prediction;
mod service_agents;
mod tenancy;
mod tenants;

pub use actor::Actor;
pub use authorize::AuthorizationAnswer;
pub use connect::{Allow, Connected};
pub use delete::Receipt;
pub use disconnect::{Disconnected, Revoked};
pub use error::ConnectError;
pub use grants::GrantError;
pub use groups::ToolRule;
pub use keys::{KeyRequest, PEPPER};
pub use prediction::{Prediction, REMINDED_BEFORE, reminded_before, why_then};
pub use service_agents::ServiceAgentRequest;
pub use tenancy::{OAuthApp, Parts, Side, Tenancy};
