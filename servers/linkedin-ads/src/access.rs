//! What the connected member may do. LinkedIn answers a member without access with an empty list rather than a refusal, so
//! that the role has to be asked for.

use std::collections::BTreeMap;

use turnpike_core::{AccountId, Class, Fault};
use turnpike_sdk::{Account, Cx, ToolError};

use crate::{
    api::{AccountUser, Found},
    restli::{Query, urn},
};

/// Entries in one page of roles.
const PAGE: u32 = 100;

/// The member's role in each account that the grant reaches.
pub(crate) async fn roles(cx: &Cx) -> Result<BTreeMap<AccountId, String>, ToolError> {
    let mut roles = BTreeMap::new();
    for start in (0_u32..).step_by(PAGE as usize) {
        let query = Query::finder("authenticatedUser").with("start", start).with("count", PAGE);
        let request = query.get("/rest/adAccountUsers", "FINDER").counted_as("adAccountUsers");
        let found: Found<AccountUser> = cx.send(request).await?.json()?;
        let full = found.elements.len() >= PAGE as usize;
        for user in found.elements {
            if let Some(id) = user.account.strip_prefix("urn:li:sponsoredAccount:") {
                roles.insert(AccountId::new(id.to_owned()), user.role);
            }
        }
        if !full {
            break;
        }
    }
    Ok(roles)
}

/// The member's role in the account; without one the emptiness of an answer is explained as what it is.
pub(crate) async fn role(cx: &Cx, account: &Account) -> Result<String, ToolError> {
    let no_role = || {
        Fault::new(
            Class::Permission,
            format!(
                "the connected LinkedIn member has no role in the ad account {} any more; LinkedIn answers an empty list \
                 then, rather than a refusal",
                urn("sponsoredAccount", &account.id)
            ),
        )
    };
    roles(cx).await?.remove(&account.id).ok_or_else(|| no_role().into())
}

/// Refuses a change that LinkedIn would refuse for the member's role. LinkedIn has no dry run; this is as near as it gets.
pub(crate) async fn may_change(cx: &Cx, account: &Account) -> Result<(), ToolError> {
    match role(cx, account).await?.as_str() {
        role @ ("VIEWER" | "CREATIVE_MANAGER") => Err(Fault::new(
            Class::Permission,
            format!("the connected LinkedIn member is {role} in this ad account, and may not change campaigns"),
        )
        .into()),
        _ => Ok(()),
    }
}
