//! Which accounts a fresh connection reaches.

use turnpike_core::AccountId;
use turnpike_sdk::{Account, BoxFuture, Cx, ToolError};

use crate::{
    api::{AdAccount, Found},
    restli::Query,
};

/// Finds the accounts. One that was closed is left out.
pub(crate) fn find(cx: Cx) -> BoxFuture<'static, Result<Vec<Account>, ToolError>> {
    Box::pin(async move {
        let mut accounts = vec![];
        let mut token: Option<String> = None;
        loop {
            // No `search`: with a page token, LinkedIn does not take it here.
            let query = Query::finder("search").with("pageSize", 100_u32).with_some("pageToken", token.as_deref());
            let request = query.get("/rest/adAccounts", "FINDER").counted_as("adAccounts");
            let found: Found<AdAccount> = cx.send(request).await?.json()?;
            accounts.extend(found.elements.into_iter().filter(AdAccount::is_open).map(Account::from));
            match found.metadata.next_page_token {
                Some(next) => token = Some(next),
                None if accounts.is_empty() => return Err(nothing()),
                None => return Ok(accounts),
            }
        }
    })
}

fn nothing() -> ToolError {
    ToolError::Refused {
        reason: "the connected LinkedIn member has a role in no open ad account; LinkedIn answers an empty list then, \
            rather than a refusal"
            .into(),
        next_step: "Give the member a role in the ad account in LinkedIn's Campaign Manager, then connect again."
            .into(),
    }
}

impl AdAccount {
    fn is_open(&self) -> bool {
        matches!(self.status.as_str(), "ACTIVE" | "DRAFT")
    }
}

impl From<AdAccount> for Account {
    fn from(found: AdAccount) -> Self {
        Self {
            id: AccountId::new(found.id.to_string()),
            name: found.name,
            currency: found.currency,
            // Of every account: LinkedIn knows no other days.
            time_zone: "UTC".into(),
            manager: false,
            via: None,
            region: None,
        }
    }
}
