//! Tables, queries and migrations, one text for SQLite and PostgreSQL.
//!
//! A tenant's rows are reachable only through [`Store::tenant`]: in each of its statements `$1` is the tenant, bound in
//! one place, and on PostgreSQL row-level security says the same a second time. [`Store::system`] is the exception for
//! jobs and the operator, easy to find by its name.

mod access;
mod announcements;
mod api_keys;
mod approvals;
mod audit;
mod audit_chain;
mod authorizations;
mod brands;
mod call_arguments;
mod callers;
mod calls;
mod connections;
mod credentials;
mod data_keys;
mod db;
mod deletion;
mod dialect;
mod error;
mod export;
mod intents;
mod jobs;
mod kill_switches;
mod mailed_links;
mod members;
mod migrate;
mod overview;
mod people;
mod previews;
mod row;
mod secrets;
mod session;
mod sessions;
mod store;
mod tenants;
mod tool_policies;
mod usage;
mod value;
mod visits;
mod write_policies;

pub use access::{SystemStore, TenantStore};
pub use announcements::Announcement;
pub use api_keys::{ApiKey, NewApiKey};
pub use approvals::{ApprovalRow, ApprovalState, NewApproval};
pub use audit::{AuditEvent, AuditFilter, NewAuditEvent};
pub use audit_chain::{AuditError, AuditHead, AuditHeadError};
pub use authorizations::{AuthorizationRow, NewAuthorization};
pub use brands::{BrandRow, Logo};
pub use call_arguments::CallArguments;
pub use callers::{CallerUse, LastCalls, TenantUse};
pub use calls::{CallFilter, CallRow};
pub use connections::{ConnectionRow, ConnectionState, NewConnection};
pub use credentials::{CredentialRow, NewCredential, Replacement, Revocation};
pub use data_keys::DataKeyRow;
pub use error::StoreError;
pub use intents::Intent;
pub use jobs::{JobRow, JobState};
pub use kill_switches::{KillSwitch, SwitchTarget};
pub use mailed_links::{LinkPurpose, MailedLink};
pub use members::{Member, Membership};
pub use overview::Latency;
pub use people::Person;
pub use previews::{NewPreview, PreviewRow, PreviewState};
pub use secrets::SecretRow;
pub use sessions::Session;
pub use store::Store;
pub use tenants::{NewTenant, Tenant, TenantState};
pub use tool_policies::{EVERY_TOOL, ToolPolicy};
pub use usage::{DayLine, UsageLine};
pub use value::WordError;
pub use visits::Visit;
pub use write_policies::PolicyRow;
