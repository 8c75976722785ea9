//! Whether a fresh key works, and which accounts it reaches.

use std::collections::{BTreeMap, BTreeSet};

use turnpike_core::{AccountId, Class};
use turnpike_sdk::{Account, BoxFuture, Cx, ToolError};

use crate::{api, source};

/// Proves the key, then asks each data source that has a login for its accounts. A source that refuses, because the
/// licence or the key does not cover it, is left out; when all refuse, the refusal is the answer.
pub(crate) fn find(cx: Cx) -> BoxFuture<'static, Result<Vec<Account>, ToolError>> {
    Box::pin(async move {
        api::prove_key(&cx).await?;
        let sources: BTreeSet<String> = api::logins(&cx).await?.into_iter().map(|login| login.ds_info.ds_id).collect();
        if sources.is_empty() {
            return Err(ToolError::Refused {
                reason: "the key works, but its Supermetrics team has no login to any data source".into(),
                next_step: "Log in to a data source in the Supermetrics Hub, then connect again.".into(),
            });
        }
        let mut accounts = BTreeMap::new();
        let mut refusal = None;
        for ds_id in sources {
            match api::accounts(&cx, &ds_id).await {
                Ok(logins) => logins.into_iter().for_each(|login| add(&mut accounts, &ds_id, login)),
                Err(ToolError::Upstream(fault)) if matches!(fault.class, Class::Permission | Class::BadRequest) => {
                    refusal = Some(fault);
                }
                Err(error) => return Err(error),
            }
        }
        match refusal {
            Some(fault) if accounts.is_empty() => Err(fault.into()),
            _ => Ok(accounts.into_values().collect()),
        }
    })
}

/// Of several logins that reach an account the first one listed is used.
fn add(accounts: &mut BTreeMap<AccountId, Account>, ds_id: &str, login: api::AccountsOfLogin) {
    for found in login.accounts {
        let id = source::account_id(ds_id, &found.account_id);
        accounts.entry(id.clone()).or_insert_with(|| Account {
            id,
            name: found.account_name,
            // Supermetrics tells neither; answers name the currency where the source has a field for it.
            currency: String::new(),
            time_zone: String::new(),
            manager: false,
            via: Some(AccountId::new(login.ds_user.clone())).filter(|login| !login.as_str().is_empty()),
            region: None,
        });
    }
}
