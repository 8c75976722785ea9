//! Rows of either database, and the structs that they become.

use sqlx::{Row as _, postgres::PgRow, sqlite::SqliteRow};
use turnpike_core::TenantId;

use crate::value::FromSql;

/// A row of either database.
pub(crate) enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

impl Row {
    /// The value of a column.
    pub(crate) fn get<T: FromSql>(&self, column: &'static str) -> Result<T, sqlx::Error> {
        let raw = match self {
            Self::Sqlite(row) => row.try_get(column)?,
            Self::Postgres(row) => row.try_get(column)?,
        };
        T::from_raw(raw).map_err(|source| sqlx::Error::ColumnDecode { index: column.into(), source })
    }
}

/// What a row becomes.
pub(crate) trait FromRow: Sized {
    fn from_row(row: &Row) -> Result<Self, sqlx::Error>;
}

/// A single value, selected under the name `value`.
pub(crate) struct Scalar<T>(pub(crate) T);

impl<T: FromSql> FromRow for Scalar<T> {
    fn from_row(row: &Row) -> Result<Self, sqlx::Error> {
        row.get("value").map(Self)
    }
}

/// A row and whose it is, for what the system reads across tenants.
impl<T: FromRow> FromRow for (TenantId, T) {
    fn from_row(row: &Row) -> Result<Self, sqlx::Error> {
        Ok((row.get("tenant_id")?, T::from_row(row)?))
    }
}

/// Reads a struct from columns that are named like its fields.
macro_rules! from_row {
    ($type:ident { $($column:ident),* }) => {
        impl $crate::row::FromRow for $type {
            fn from_row(row: &$crate::row::Row) -> Result<Self, sqlx::Error> {
                Ok(Self { $($column: row.get(stringify!($column))?),* })
            }
        }
    };
}
pub(crate) use from_row;

/// Like `from_row!`, and names the columns once for the whole file: `columns!()` is their list in SQL, `columns!(row)`
/// the arguments in the same order.
macro_rules! table {
    ($type:ident { $first:ident $(, $column:ident)* $(,)? }) => {
        $crate::row::from_row!($type { $first $(, $column)* });

        macro_rules! columns {
            () => { concat!(stringify!($first) $(, ", ", stringify!($column))*) };
            ($row:expr) => { [&$row.$first as &dyn $crate::value::Argument $(, &$row.$column)*] };
        }
    };
}
pub(crate) use table;
