//! The wire types, as far as we use them.

use serde::{Deserialize, Deserializer, Serialize, de::DeserializeOwned};
use serde_json::Value;
use turnpike_core::AccountId;
use turnpike_sdk::{Cx, Effect, Request, ToolError};

/// Most answers: a list under `data`.
#[derive(Deserialize)]
struct Listing<Item> {
    #[serde(default = "Vec::new")]
    data: Vec<Item>,
}

/// A stored login to a data source.
#[derive(Deserialize)]
pub(crate) struct Login {
    pub(crate) ds_info: DataSource,
    pub(crate) expiry_time: Option<String>,
    pub(crate) revoked_time: Option<String>,
    #[serde(default)]
    pub(crate) is_refreshable: bool,
}

#[derive(Deserialize)]
pub(crate) struct DataSource {
    pub(crate) ds_id: String,
    #[serde(default, deserialize_with = "text")]
    pub(crate) name: String,
}

/// A login and the accounts that it reaches.
#[derive(Deserialize)]
pub(crate) struct AccountsOfLogin {
    #[serde(default, deserialize_with = "text")]
    pub(crate) ds_user: String,
    #[serde(default)]
    pub(crate) accounts: Vec<Account>,
}

#[derive(Deserialize)]
pub(crate) struct Account {
    pub(crate) account_id: String,
    #[serde(default, deserialize_with = "text")]
    pub(crate) account_name: String,
}

/// A field of a data source.
#[derive(Deserialize)]
pub(crate) struct FieldInfo {
    pub(crate) field_id: String,
    #[serde(default, deserialize_with = "text")]
    pub(crate) field_name: String,
    /// `dim` or `met`.
    #[serde(default)]
    pub(crate) field_type: String,
    #[serde(default)]
    pub(crate) group_name: Option<String>,
}

impl FieldInfo {
    pub(crate) fn is_metric(&self) -> bool {
        self.field_type == "met"
    }
}

#[derive(Serialize)]
struct OfSource<'a> {
    ds_id: &'a str,
}

/// A query. Supermetrics ignores what it does not know, so each name here is held against the sandbox by a test.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Query {
    pub(crate) ds_id: String,
    pub(crate) ds_accounts: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) ds_user: Option<String>,
    pub(crate) fields: Vec<String>,
    pub(crate) start_date: String,
    pub(crate) end_date: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) filter: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) order_rows: Vec<String>,
    pub(crate) max_rows: u32,
    /// Given by the first answer; sent with the same query from then on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) schedule_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) sync_timeout: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) offset_start: Option<usize>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) offset_end: Option<usize>,
    #[serde(default)]
    pub(crate) settings: Settings,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Settings {
    /// Without it each page begins with a row of names.
    no_headers: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self { no_headers: true }
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct QueryResponse {
    pub(crate) meta: QueryMeta,
    pub(crate) data: Option<Vec<Vec<Value>>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct QueryMeta {
    pub(crate) request_id: Option<String>,
    pub(crate) schedule_id: Option<String>,
    pub(crate) status_code: Option<String>,
    pub(crate) query: Option<QueryEcho>,
    pub(crate) result: Option<ResultMeta>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct QueryEcho {
    pub(crate) fields: Vec<Column>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Column {
    pub(crate) id: String,
    pub(crate) field_id: String,
    pub(crate) field_name: String,
    pub(crate) field_type: String,
    pub(crate) data_column: Option<usize>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct ResultMeta {
    pub(crate) total_rows: Option<u64>,
    pub(crate) data_sampled: Option<bool>,
    pub(crate) cache_used: Option<bool>,
    pub(crate) cache_time: Option<String>,
}

/// The cheapest request that the key must be good for.
pub(crate) async fn prove_key(cx: &Cx) -> Result<(), ToolError> {
    cx.send(Request::get("/me")).await?;
    Ok(())
}

/// Every stored login of the team.
pub(crate) async fn logins(cx: &Cx) -> Result<Vec<Login>, ToolError> {
    let found: Listing<Login> = cx.send(Request::get(format!("/{}/ds/logins", cx.version()))).await?.json()?;
    Ok(found.data)
}

/// The accounts of a data source, login by login.
pub(crate) async fn accounts(cx: &Cx, ds_id: &str) -> Result<Vec<AccountsOfLogin>, ToolError> {
    of_source(cx, "accounts", ds_id).await
}

/// The fields of a data source.
pub(crate) async fn fields(cx: &Cx, ds_id: &str) -> Result<Vec<FieldInfo>, ToolError> {
    of_source(cx, "fields", ds_id).await
}

async fn of_source<Item: DeserializeOwned>(cx: &Cx, what: &str, ds_id: &str) -> Result<Vec<Item>, ToolError> {
    let mut request = Request::get(format!("/{}/query/{what}", cx.version()));
    let json = serde_json::to_string(&OfSource { ds_id }).map_err(|error| ToolError::Bug(error.to_string()))?;
    request.query.push(("json", json));
    let found: Listing<Item> = cx.send(request).await?.json()?;
    Ok(found.data)
}

/// Starts a query, or asks how far it has come.
pub(crate) async fn query(cx: &Cx, account: &AccountId, query: &Query) -> Result<QueryResponse, ToolError> {
    let path = format!("/{}/query/data/json", cx.version());
    Ok(cx.send(Request::post(path, query, Effect::Read)?.account(account)).await?.json()?)
}

/// A text, where null is none.
fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}
