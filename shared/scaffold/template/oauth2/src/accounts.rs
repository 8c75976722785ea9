//! Which accounts a fresh connection reaches.

use turnpike_core::AccountId;
use turnpike_sdk::{Account, BoxFuture, Cx, Request, ToolError};

use crate::{
    api::{self, LARGEST_PAGE},
    paths,
};

/// Finds the accounts, page after page. One that was closed is left out.
pub(crate) fn find(cx: Cx) -> BoxFuture<'static, Result<Vec<Account>, ToolError>> {
    Box::pin(async move {
        let mut accounts = vec![];
        let mut next: Option<String> = None;
        loop {
            let mut request = Request::get(paths::accounts(&cx));
            request.query = vec![("limit", LARGEST_PAGE.to_string())];
            request.query.extend(next.take().map(|next| ("cursor", next)));
            let page: api::Accounts = cx.send(request).await?.json()?;
            accounts.extend(page.accounts.into_iter().filter(|account| account.status == "open").map(Account::from));
            next = page.next;
            match next {
                Some(_) => {}
                None if accounts.is_empty() => return Err(nothing()),
                None => return Ok(accounts),
            }
        }
    })
}

// CHANGE: how a person gives access to an account, in the vendor's own words.
fn nothing() -> ToolError {
    ToolError::Refused {
        reason: "the connected user reaches no open account".into(),
        next_step: "Give the user a role in an account at the vendor, then connect again.".into(),
    }
}

impl From<api::Account> for Account {
    fn from(found: api::Account) -> Self {
        Self {
            id: AccountId::new(found.id),
            name: found.name,
            // CHANGE: of a vendor without amounts, or without days of its own, the text is empty.
            currency: found.currency,
            time_zone: found.time_zone,
            manager: false,
            via: None,
            region: None,
        }
    }
}
