//! How our types are stored: as text, whole numbers, booleans or bytes, the same in both databases.

use std::time::Duration;

use sqlx::{
    Arguments as _, Decode, Encode, Postgres, Sqlite, Type, error::BoxDynError, postgres::PgArguments,
    sqlite::SqliteArguments,
};
use turnpike_core::{
    AnnouncementId, ApiKeyId, ApprovalId, AttemptId, CallId, ConnectionId, CreditId, Currency, GrantId, InvoiceId,
    JobId, LeastRole, LinkId, Micros, Outcome, PersonId, PreviewId, ProcessId, ProofId, Role, ServiceAgentId,
    SessionId, SwitchId, TenantId, Timestamp, VisitId,
};

use crate::{
    ApprovalState, BatchState, ConnectionState, CreditKind, InvoiceState, JobState, LineKind, LinkPurpose,
    MoneyEventKind, PaymentEventState, PreviewState, SubscriptionState, TenantState,
};

/// What both drivers store by themselves.
pub(crate) trait Raw:
    Send
    + 'static
    + Type<Sqlite>
    + Type<Postgres>
    + for<'q> Encode<'q, Sqlite>
    + for<'q> Encode<'q, Postgres>
    + for<'r> Decode<'r, Sqlite>
    + for<'r> Decode<'r, Postgres>
{
}

impl Raw for bool {}
impl Raw for i64 {}
impl Raw for String {}
impl Raw for Vec<u8> {}
impl<T: Raw> Raw for Option<T> {}

/// A value that can be stored.
pub(crate) trait ToSql {
    type Raw: Raw;
    fn to_raw(&self) -> Self::Raw;
}

/// A value that can be read back.
pub(crate) trait FromSql: ToSql + Sized {
    fn from_raw(raw: Self::Raw) -> Result<Self, BoxDynError>;
}

/// One of a statement's arguments, whatever its type.
pub(crate) trait Argument: Sync {
    fn bind_sqlite(&self, to: &mut SqliteArguments) -> Result<(), BoxDynError>;
    fn bind_postgres(&self, to: &mut PgArguments) -> Result<(), BoxDynError>;
}

/// A statement's arguments, `$1` first.
pub(crate) type Arguments<'a> = &'a [&'a dyn Argument];

impl<T: ToSql + Sync> Argument for T {
    fn bind_sqlite(&self, to: &mut SqliteArguments) -> Result<(), BoxDynError> {
        to.add(self.to_raw())
    }

    fn bind_postgres(&self, to: &mut PgArguments) -> Result<(), BoxDynError> {
        to.add(self.to_raw())
    }
}

impl<T: ToSql> ToSql for Option<T> {
    type Raw = Option<T::Raw>;

    fn to_raw(&self) -> Self::Raw {
        self.as_ref().map(T::to_raw)
    }
}

impl<T: FromSql> FromSql for Option<T> {
    fn from_raw(raw: Self::Raw) -> Result<Self, BoxDynError> {
        raw.map(T::from_raw).transpose()
    }
}

impl ToSql for &str {
    type Raw = String;

    fn to_raw(&self) -> String {
        storable(self)
    }
}

/// PostgreSQL stores no NUL in a text, and what one database refuses neither keeps.
pub(crate) fn storable(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

/// `type as raw: value -> raw, raw -> value`
macro_rules! stored {
    ($($type:ty as $raw:ty: |$value:ident| $to:expr, |$from:ident| $back:expr;)*) => {$(
        impl ToSql for $type {
            type Raw = $raw;

            fn to_raw(&self) -> $raw {
                let $value = self;
                $to
            }
        }

        impl FromSql for $type {
            fn from_raw($from: $raw) -> Result<Self, BoxDynError> {
                Ok($back)
            }
        }
    )*};
}

stored! {
    bool as bool: |it| *it, |raw| raw;
    i64 as i64: |it| *it, |raw| raw;
    String as String: |it| storable(it), |raw| raw;
    Vec<u8> as Vec<u8>: |it| it.clone(), |raw| raw;
    [u8; 32] as Vec<u8>: |it| it.to_vec(), |raw| raw.as_slice().try_into()?;
    Vec<String> as String: |it| serde_json::Value::from(it.as_slice()).to_string(), |raw| serde_json::from_str(&raw)?;
    Timestamp as i64: |it| it.micros(), |raw| Self::from_micros(raw);
    Duration as i64: |it| i64::try_from(it.as_micros()).unwrap_or(i64::MAX), |raw| Self::from_micros(u64::try_from(raw)?);
    Micros as i64: |it| it.0, |raw| Self(raw);
    AttemptId as String: |it| it.to_string(), |raw| raw.parse()?;
    GrantId as String: |it| it.to_string(), |raw| raw.parse()?;
    ServiceAgentId as String: |it| it.to_string(), |raw| raw.parse()?;
    AnnouncementId as String: |it| it.to_string(), |raw| raw.parse()?;
    ApiKeyId as String: |it| it.to_string(), |raw| raw.parse()?;
    ApprovalId as String: |it| it.to_string(), |raw| raw.parse()?;
    CallId as String: |it| it.to_string(), |raw| raw.parse()?;
    CreditId as String: |it| it.to_string(), |raw| raw.parse()?;
    InvoiceId as String: |it| it.to_string(), |raw| raw.parse()?;
    ProofId as String: |it| it.to_string(), |raw| raw.parse()?;
    ConnectionId as String: |it| it.to_string(), |raw| raw.parse()?;
    JobId as String: |it| it.to_string(), |raw| raw.parse()?;
    LinkId as String: |it| it.to_string(), |raw| raw.parse()?;
    PersonId as String: |it| it.to_string(), |raw| raw.parse()?;
    PreviewId as String: |it| it.to_string(), |raw| raw.parse()?;
    ProcessId as String: |it| it.to_string(), |raw| raw.parse()?;
    SessionId as String: |it| it.to_string(), |raw| raw.parse()?;
    SwitchId as String: |it| it.to_string(), |raw| raw.parse()?;
    TenantId as String: |it| it.to_string(), |raw| raw.parse()?;
    VisitId as String: |it| it.to_string(), |raw| raw.parse()?;
    Currency as String: |it| it.to_string(), |raw| raw.parse()?;
    Outcome as String: |it| it.to_string(), |raw| raw.parse()?;
    Role as String: |it| it.to_string(), |raw| raw.parse()?;
    LeastRole as String: |it| it.to_string(), |raw| raw.parse()?;
    ApprovalState as String: |it| it.to_string(), |raw| raw.parse()?;
    ConnectionState as String: |it| it.to_string(), |raw| raw.parse()?;
    JobState as String: |it| it.to_string(), |raw| raw.parse()?;
    LinkPurpose as String: |it| it.to_string(), |raw| raw.parse()?;
    PreviewState as String: |it| it.to_string(), |raw| raw.parse()?;
    BatchState as String: |it| it.to_string(), |raw| raw.parse()?;
    CreditKind as String: |it| it.to_string(), |raw| raw.parse()?;
    InvoiceState as String: |it| it.to_string(), |raw| raw.parse()?;
    LineKind as String: |it| it.to_string(), |raw| raw.parse()?;
    MoneyEventKind as String: |it| it.to_string(), |raw| raw.parse()?;
    PaymentEventState as String: |it| it.to_string(), |raw| raw.parse()?;
    SubscriptionState as String: |it| it.to_string(), |raw| raw.parse()?;
    TenantState as String: |it| it.to_string(), |raw| raw.parse()?;
}

/// A word in the database that this program does not know.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is no known state")]
pub struct WordError(pub(crate) String);

/// Defines an enum that is stored as a word.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$variant_doc])* $variant,)* }

        impl $name {
            /// Every one of them.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The word in the database.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::WordError;

            fn from_str(word: &str) -> Result<Self, Self::Err> {
                Self::ALL.iter().copied().find(|it| it.as_str() == word).ok_or_else(|| $crate::WordError(word.into()))
            }
        }
    };
}
pub(crate) use words;
