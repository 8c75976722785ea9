//! Secret keys and what they may do.

use axum::http::Method;

use crate::{FakeStripe, refusal::Refusal};

/// Which key a request came with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// May do everything.
    Full,
    /// May send meter events, and nothing else.
    Meter,
    /// May read.
    Read,
}

impl FakeStripe {
    /// A secret key that may do everything.
    pub const KEY: &str = "sk_test_fakeallrights";
    /// A restricted key that may send meter events, and nothing else.
    pub const METER_KEY: &str = "rk_test_fakemeterevents";
    /// A restricted key that may read.
    pub const READ_KEY: &str = "rk_test_fakereadonly";
}

impl KeyKind {
    /// From the header `authorization`: `Bearer KEY`.
    pub(crate) fn read(header: Option<&str>) -> Result<Self, Refusal> {
        match header.and_then(|header| header.strip_prefix("Bearer ")).map(str::trim) {
            None | Some("") => Err(Refusal::no_key()),
            Some(FakeStripe::KEY) => Ok(Self::Full),
            Some(FakeStripe::METER_KEY) => Ok(Self::Meter),
            Some(FakeStripe::READ_KEY) => Ok(Self::Read),
            Some(_) => Err(Refusal::unknown_key()),
        }
    }

    pub(crate) fn allow(self, method: &Method, path: &str) -> Result<(), Refusal> {
        let allowed = match self {
            Self::Full => true,
            Self::Meter => method == Method::POST && path == "/v1/billing/meter_events",
            Self::Read => method == Method::GET,
        };
        if allowed { Ok(()) } else { Err(Refusal::key_without_right()) }
    }
}
