//! Which accounts a connection reaches.

use turnpike_core::AccountId;
use turnpike_sdk::{Account, BoxFuture, Cx, Request, ToolError};

use crate::api::{AdAccount, Listed};

/// Accounts in one page.
const PAGE: u32 = 100;

/// Finds the accounts. One that was closed is left out.
pub(crate) fn find(cx: Cx) -> BoxFuture<'static, Result<Vec<Account>, ToolError>> {
    Box::pin(async move {
        let open = |account: &AdAccount| account.account_status != AdAccount::CLOSED;
        let accounts: Vec<Account> = list(&cx).await?.into_iter().filter(open).map(Account::from).collect();
        if accounts.is_empty() {
            return Err(ToolError::Refused {
                reason: "the system user is assigned to no open ad account".into(),
                next_step: "Assign ad accounts to the system user in Meta's business settings, then connect again."
                    .into(),
            });
        }
        Ok(accounts)
    })
}

/// All accounts that are assigned to the system user now.
pub(crate) async fn list(cx: &Cx) -> Result<Vec<AdAccount>, ToolError> {
    let mut accounts = vec![];
    let mut after: Option<String> = None;
    loop {
        let mut request = Request::get(format!("/{}/me/adaccounts", cx.version()));
        request.query = vec![("fields", AdAccount::FIELDS.to_owned()), ("limit", PAGE.to_string())];
        request.query.extend(after.take().map(|after| ("after", after)));
        let page: Listed<AdAccount> = cx.send(request).await?.json()?;
        accounts.extend(page.data);
        after = page.paging.next();
        if after.is_none() {
            return Ok(accounts);
        }
    }
}

impl From<AdAccount> for Account {
    fn from(found: AdAccount) -> Self {
        Self {
            id: AccountId::new(found.account_id),
            name: found.name,
            currency: found.currency,
            time_zone: found.timezone_name,
            manager: false,
            via: None,
            region: None,
        }
    }
}
