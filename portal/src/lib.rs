//! Customer pages and the operator console: axum and askama, rendered here, of use without script.
//!
//! `routes.rs` lists every page with whom it lets in; `permission.rs` says what each role may do. The gate in `http/gate.rs`
//! is the only one who decides, and pages take what it found out as arguments.

mod brand;
mod catalog;
mod console;
mod doctor;
mod hosts;
mod http;
mod mail;
mod notices;
mod oauth;
mod pages;
mod people;
mod permission;
mod portal;
mod routes;
mod staff;
mod start;
mod viewer;

pub use ::http::Method;
pub use hosts::{HostSettings, HostTarget, host_settings, sign_in_settings};
pub use http::Access;
pub use mail::{MailError, check_mail};
pub use people::address_of;
pub use permission::Permission;
pub use portal::{CallAnswer, CallOrder, Calls, Parts, Portal, StartError};
pub use routes::{Route, router, routes};
pub use staff::add_staff;
pub use viewer::{Member, SignedIn, Staff};
