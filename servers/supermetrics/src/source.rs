//! Accounts and the data sources they belong to.
//!
//! An account id is unique within its data source only: the same number may be a Google Ads account and an Analytics
//! property. Our ids therefore hold both, `AW:1234567890`, and a tool that takes one cannot mix them up.

use turnpike_core::AccountId;
use turnpike_sdk::{Account, ArgumentError, Cx};

/// The id of an account of a data source.
pub(crate) fn account_id(ds_id: &str, account: &str) -> AccountId {
    AccountId::new(format!("{ds_id}:{account}"))
}

/// The data source of an account, and the account's id there.
pub(crate) fn parts(account: &Account) -> (&str, &str) {
    account.id.as_str().split_once(':').unwrap_or_default()
}

/// The data source, if the connection has an account of it.
pub(crate) fn connected<'a>(cx: &'a Cx, ds_id: &str) -> Result<&'a str, ArgumentError> {
    let mut sources = cx.accounts().iter().map(|account| parts(account).0);
    sources.find(|source| *source == ds_id).ok_or_else(|| {
        let fix = "Send a data_source of an account in list_accounts, such as the AW of AW:1234567890.";
        ArgumentError::new("data_source", "this connection has no account of such a data source", fix)
    })
}
