//! The words that every other crate speaks: ids, instants, money, error classes, outcomes and sealed handles.
//!
//! Nothing here reads a file, a socket or the system clock by itself: time and randomness come in through [`Ambient`].

mod ambient;
mod api_key;
mod arguments;
mod canonical;
mod clock;
mod fault;
mod group;
mod handle;
mod ids;
mod money;
mod outcome;
mod policy;
mod role;
mod service_secret;
mod visible;
mod wire;

pub use ambient::{Ambient, Entropy};
pub use api_key::ApiKey;
pub use arguments::arguments_digest;
pub use canonical::{Canonical, Digest};
pub use clock::{Clock, ManualClock, SystemClock, Timestamp};
pub use fault::{Class, Fault, Scope};
pub use group::{GroupError, parse_groups};
pub use handle::{HandleError, Handles};
pub use ids::{
    AccountId, AnnouncementId, ApiKeyId, ApprovalId, AttemptId, CallId, ConnectionId, CreditId, GrantId, IdError,
    InvoiceId, JobId, LinkId, PersonId, PreviewId, ProcessId, ProofId, ServiceAgentId, SessionId, SwitchId, TenantId,
    VisitId,
};
pub use money::{Currency, Micros, Money, MoneyError, grouped};
pub use outcome::Outcome;
pub use policy::WritePolicy;
pub use role::{LeastRole, Role};
pub use service_secret::ServiceSecret;
pub use visible::{hides, visible};
pub use wire::{Wire, WireError};
