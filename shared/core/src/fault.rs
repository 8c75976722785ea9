//! The nine classes of upstream failure, and a failure that was given its class.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// What kind of failure it is: the class alone decides who retries, who waits and what the agent is told.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// The access token is spent. One refresh, one retry.
    AuthExpired,
    /// The grant is gone. Only a person can reconnect it.
    AuthRevoked,
    /// The grant does not reach this account or act. Never retried; no breaker counts it.
    Permission,
    /// A long allowance is used up: a hold until a known time.
    QuotaDaily,
    /// Too fast: a short hold on its own scope.
    RateStorm,
    /// The upstream is still working on it: poll, no error.
    InProgress,
    /// The request is wrong. The agent sees the upstream's words.
    BadRequest,
    /// The pinned API version has ended: the operator must move on.
    VersionDead,
    /// The upstream or the way to it is broken. The only class that a breaker counts.
    Upstream,
}

impl Class {
    /// Every one of them.
    pub const ALL: [Self; 9] = [
        Self::AuthExpired,
        Self::AuthRevoked,
        Self::Permission,
        Self::QuotaDaily,
        Self::RateStorm,
        Self::InProgress,
        Self::BadRequest,
        Self::VersionDead,
        Self::Upstream,
    ];

    /// The word in answers, logs and the ledger.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AuthExpired => "auth_expired",
            Self::AuthRevoked => "auth_revoked",
            Self::Permission => "permission",
            Self::QuotaDaily => "quota_daily",
            Self::RateStorm => "rate_storm",
            Self::InProgress => "in_progress",
            Self::BadRequest => "bad_request",
            Self::VersionDead => "version_dead",
            Self::Upstream => "upstream",
        }
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Whose allowance a limit or a failure belongs to: a hold stops just this much.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// The vendor app (OAuth client, API licence) that several tenants may share.
    #[default]
    App,
    /// One account at the upstream.
    Account,
    /// One connection: the vendor counts what its user does.
    Connection,
    /// Our own address on the network: everybody who calls the upstream from here.
    Address,
}

impl Scope {
    /// The word in metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::App => "app",
            Self::Account => "account",
            Self::Connection => "connection",
            Self::Address => "address",
        }
    }
}

/// An upstream failure with its class, in words that may be shown to an agent.
///
/// `message` is the vendor's sentence where the vendor wrote it for callers; it never holds a body, a token or an address.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{class}: {message}")]
pub struct Fault {
    /// The class.
    pub class: Class,
    /// What the upstream said, or what happened on the way.
    pub message: String,
    /// The vendor's own code, such as `quotaError.RESOURCE_EXHAUSTED`.
    pub code: Option<String>,
    /// When a further attempt makes sense.
    pub retry_at: Option<Timestamp>,
    /// What a hold must stop.
    pub scope: Scope,
    /// The vendor's id of the request, for support.
    pub request_id: Option<String>,
    /// The request may have taken effect although no answer came: only a read can tell.
    pub unanswered: bool,
}

impl Fault {
    /// A failure with only a class and a sentence.
    pub fn new(class: Class, message: impl Into<String>) -> Self {
        Self {
            class,
            message: message.into(),
            code: None,
            retry_at: None,
            scope: Scope::App,
            request_id: None,
            unanswered: false,
        }
    }
}
