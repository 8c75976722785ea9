//! Which accounts a fresh connection reaches, and through which manager.

use std::collections::BTreeMap;

use turnpike_core::{AccountId, Class};
use turnpike_sdk::{Account, BoxFuture, Cx, Request, ToolError};

use crate::{
    api::{self, AccessibleCustomers, Row},
    arguments::CustomerId,
    customer::Customer,
    gaql::{Query, Test},
};

/// Finds the accounts. One that refuses us, such as a cancelled one, is left out; when all refuse, the refusal is the
/// answer.
pub(crate) fn find(cx: Cx) -> BoxFuture<'static, Result<Vec<Account>, ToolError>> {
    Box::pin(async move {
        let mut accounts = BTreeMap::new();
        let mut refusal = None;
        for id in accessible(&cx).await? {
            match below(&cx, &id).await {
                Ok(found) => found.into_iter().for_each(|account| prefer_direct(&mut accounts, account)),
                Err(ToolError::Upstream(fault)) if fault.class == Class::Permission => refusal = Some(fault),
                Err(error) => return Err(error),
            }
        }
        match refusal {
            Some(fault) if accounts.is_empty() => Err(fault.into()),
            _ => Ok(accounts.into_values().collect()),
        }
    })
}

/// The ids that the grant reaches without a manager.
pub(crate) async fn accessible(cx: &Cx) -> Result<Vec<AccountId>, ToolError> {
    let path = format!("/{}/customers:listAccessibleCustomers", cx.version());
    let found: AccessibleCustomers = cx.send(Request::get(path)).await?.json()?;
    let id = |name: String| CustomerId::try_from(name.strip_prefix("customers/")?.to_owned()).ok();
    Ok(found.resource_names.into_iter().filter_map(id).map(AccountId::from).collect())
}

/// The account itself and, of a manager, every enabled account below it, however deep.
async fn below(cx: &Cx, id: &AccountId) -> Result<Vec<Account>, ToolError> {
    let own = Customer::found(cx, id, None).rows::<Row>(&own_query()).await?;
    let mut accounts: Vec<Account> = own.into_iter().map(|row| account(row.customer, None)).collect();
    if accounts.iter().any(|account| account.manager) {
        let clients = Customer::found(cx, id, Some(id)).rows::<Row>(&clients_query()).await?;
        accounts.extend(clients.into_iter().map(|row| account(row.customer_client, Some(id.clone()))));
    }
    Ok(accounts)
}

fn own_query() -> Query {
    Query::select(&[
        "customer.id",
        "customer.descriptive_name",
        "customer.currency_code",
        "customer.time_zone",
        "customer.manager",
    ])
    .from("customer")
}

fn clients_query() -> Query {
    Query::select(&[
        "customer_client.id",
        "customer_client.descriptive_name",
        "customer_client.currency_code",
        "customer_client.time_zone",
        "customer_client.manager",
    ])
    .from("customer_client")
    .filter("customer_client.level", Test::at_least(1_u32))
    .filter("customer_client.status", Test::is("ENABLED"))
}

fn account(found: api::Customer, via: Option<AccountId>) -> Account {
    Account {
        id: AccountId::new(found.id),
        name: found.descriptive_name,
        currency: found.currency_code,
        time_zone: found.time_zone,
        manager: found.manager,
        via,
        region: None,
    }
}

/// Direct access needs no manager and outlives its unlinking.
fn prefer_direct(accounts: &mut BTreeMap<AccountId, Account>, account: Account) {
    if account.via.is_none() || !accounts.contains_key(&account.id) {
        accounts.insert(account.id.clone(), account);
    }
}
