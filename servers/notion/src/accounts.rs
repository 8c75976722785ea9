//! Which workspace a fresh connection reaches: one grant is for one.

use turnpike_core::AccountId;
use turnpike_sdk::{Account, BoxFuture, Cx, ToolError};

use crate::{api::User, id, workspace};

/// Finds the workspace.
pub(crate) fn find(cx: Cx) -> BoxFuture<'static, Result<Vec<Account>, ToolError>> {
    Box::pin(async move {
        let me = me(&cx).await?;
        let id = me.bot.workspace_id.as_deref().and_then(id::uuid).ok_or_else(|| ToolError::Refused {
            reason: "Notion does not say which workspace the token is for".into(),
            next_step: "Connect again, and choose pages of a workspace when Notion asks.".into(),
        })?;
        Ok(vec![Account {
            id: AccountId::new(id),
            name: me.bot.workspace_name.unwrap_or_else(|| "Notion workspace".into()),
            // A workspace has neither.
            currency: String::new(),
            time_zone: String::new(),
            manager: false,
            via: None,
            region: None,
        }])
    })
}

/// The connection's own bot.
pub(crate) async fn me(cx: &Cx) -> Result<User, ToolError> {
    Ok(cx.send(workspace::versioned(cx, turnpike_sdk::Request::get("/v1/users/me"))).await?.json()?)
}
