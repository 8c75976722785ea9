//! Everything that is kept of a tenant, for the tenant to take along.

mod tables;

#[cfg(test)]
mod tests;

use serde_json::{Map, Value, json};
use turnpike_core::{TenantId, Timestamp};

use crate::{Store, StoreError, row::Row};
use tables::{Column, Kind, LEFT_OUT, TABLES, Table};

impl Store {
    /// All rows of a tenant, by table, and its members' names and addresses. What opens something is left out, and named
    /// with the reason. All of it is held in memory at once.
    pub async fn export(&self, tenant: TenantId) -> Result<Value, StoreError> {
        let ours = self.tenant(tenant);
        ours.get().await?;
        let mut tables = Map::new();
        for table in TABLES {
            let rows = ours.0.rows(table.sql, &[]).await?;
            tables.insert(table.name.into(), rows.iter().map(|row| to_json(table, row)).collect::<Result<_, _>>()?);
        }
        let members = self.system().list_members(tenant).await?;
        let people: Vec<_> = members
            .iter()
            .map(|member| json!({"id": member.person_id, "name": member.name, "email": member.email}))
            .collect();
        tables.insert("people".into(), people.into());
        let left_out = LEFT_OUT.iter().map(|(column, reason)| ((*column).to_owned(), Value::from(*reason)));
        Ok(json!({"tenant_id": tenant, "tables": tables, "left_out": left_out.collect::<Map<_, _>>()}))
    }
}

fn to_json(table: &Table, row: &Row) -> Result<Value, sqlx::Error> {
    let columns = table.columns.iter().map(|column| Ok((column.name.to_owned(), value(column, row)?)));
    columns.collect::<Result<Map<_, _>, sqlx::Error>>().map(Value::Object)
}

/// The value of a column, as people and programs read it: instants as text, what is stored as JSON as that.
fn value(column: &Column, row: &Row) -> Result<Value, sqlx::Error> {
    Ok(match column.kind {
        Kind::Text => row.get::<Option<String>>(column.name)?.into(),
        Kind::Number => row.get::<Option<i64>>(column.name)?.into(),
        Kind::Flag => row.get::<Option<bool>>(column.name)?.into(),
        Kind::Instant => row.get::<Option<Timestamp>>(column.name)?.map_or(Value::Null, |at| json!(at)),
        Kind::Hash => {
            row.get::<[u8; 32]>(column.name)?.iter().map(|byte| format!("{byte:02x}")).collect::<String>().into()
        }
        Kind::Json => row
            .get::<Option<String>>(column.name)?
            .map_or(Value::Null, |json| serde_json::from_str(&json).unwrap_or(Value::String(json))),
    })
}
