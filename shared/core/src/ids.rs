//! Ids: UUID version 7 in a newtype each, so that one kind is never taken for another.

use std::{borrow::Cow, fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::Timestamp;

/// What is wrong with a text that should be an id.
#[derive(Debug, thiserror::Error)]
#[error("`{given}` is no {kind} id")]
pub struct IdError {
    kind: &'static str,
    given: String,
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $kind:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                Uuid::from_str(text).map(Self).map_err(|_| IdError { kind: $kind, given: text.chars().take(64).collect() })
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }
    };
}

id!(
    /// A client of the agency.
    TenantId, "tenant"
);
impl TenantId {
    /// No tenant: under it stands in the audit log what the agency's staff does to no tenant in particular.
    pub const NONE: Self = Self(Uuid::nil());
}

id!(
    /// A tenant's grant to one SaaS.
    ConnectionId, "connection"
);
id!(
    /// One `tools/call`.
    CallId, "call"
);
impl CallId {
    /// When it was made, to the millisecond; none for an id that does not begin with an instant.
    pub fn made_at(self) -> Option<Timestamp> {
        let millis = i64::try_from(self.0.as_u128() >> 80).ok().filter(|_| self.0.get_version_num() == 7)?;
        millis.checked_mul(1_000).map(Timestamp::from_micros)
    }
}
id!(
    /// An agent's API key (the row, not the secret).
    ApiKeyId, "API key"
);
id!(
    /// A running process of a deployment.
    ProcessId, "process"
);
id!(
    /// Something that the operator has switched off.
    SwitchId, "switch"
);
id!(
    /// A previewed write. Once it is applied, this is the id of the change.
    PreviewId, "preview"
);
id!(
    /// A person's decision on a previewed write.
    ApprovalId, "approval"
);

id!(
    /// Work that outlasted the call that began it.
    JobId, "job"
);

id!(
    /// Somebody who signs in.
    PersonId, "person"
);
id!(
    /// A signed-in browser (the row, not the secret).
    SessionId, "session"
);
id!(
    /// A link that was mailed (the row, not the secret).
    LinkId, "link"
);
id!(
    /// A look of the agency's staff at a tenant's pages.
    VisitId, "visit"
);
id!(
    /// An invoice.
    InvoiceId, "invoice"
);
id!(
    /// A change of a tenant's credit.
    CreditId, "credit"
);
id!(
    /// A run of the proof that all sums agree.
    ProofId, "proof"
);
id!(
    /// Something that the agency tells its clients.
    AnnouncementId, "announcement"
);

id!(
    /// A member's permission for a client to act in their name.
    GrantId, "grant"
);
id!(
    /// A program of a tenant that acts in nobody's name (the row, not the secret); its client id.
    ServiceAgentId, "service agent"
);
id!(
    /// A step of an agent's attempt to connect.
    AttemptId, "attempt"
);

/// The upstream's own id of an account, in the upstream's canonical text form (Google Ads: ten digits without dashes).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AccountId(Cow<'static, str>);

impl AccountId {
    /// Takes the canonical text as it is; each integration checks the form of its own.
    pub fn new(text: impl Into<Cow<'static, str>>) -> Self {
        Self(text.into())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
