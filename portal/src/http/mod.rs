//! What every page has in common: the gate, the cookie, headers, errors, forms.

mod address;
mod cookie;
mod failure;
mod forms;
mod frame;
mod gate;
mod headers;
mod notice;

pub(crate) use address::Address;
pub(crate) use cookie::Cookies;
pub(crate) use cookie::hash;
pub(crate) use failure::dress;
pub(crate) use failure::{Answer, Failure};
pub(crate) use forms::{FieldErrors, Form, local_path};
pub(crate) use frame::{Banner, Frame, again, page};
pub use gate::Access;
pub(crate) use gate::{Gate, gate};
pub(crate) use headers::{content_security_policy, guard_headers};
pub(crate) use notice::Notice;
