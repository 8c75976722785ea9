//! Which workspace a connection reaches, and whether its token is the right one.

use turnpike_core::AccountId;
use turnpike_sdk::{Account, BoxFuture, Cx, Effect, Request, ToolError};

use crate::{api::Identity, manifest::MANIFEST};

/// A method's body is JSON, and Slack warns of one that does not name its characters.
pub(crate) const JSON: &str = "application/json; charset=utf-8";

/// Finds the one workspace that a bot's token is for, and refuses other kinds of token.
pub(crate) fn find(cx: Cx) -> BoxFuture<'static, Result<Vec<Account>, ToolError>> {
    Box::pin(async move {
        let (identity, granted) = identify(&cx).await?;
        identity.check()?;
        if !granted.iter().any(|scope| MANIFEST.auth.scopes().contains(&scope.as_str())) {
            return Err(refused(
                "the token has none of the permissions that the tools need",
                "Add the bot scopes to the app, install it again, and connect with the token that Slack shows then.",
            ));
        }
        Ok(vec![Account {
            id: AccountId::new(identity.team_id),
            name: identity.team,
            currency: String::new(),
            // A workspace has no zone of its own: each member has one.
            time_zone: "UTC".to_owned(),
            manager: false,
            via: None,
            region: None,
        }])
    })
}

/// Who the token is, and what it may do.
pub(crate) async fn identify(cx: &Cx) -> Result<(Identity, Vec<String>), ToolError> {
    let mut request = Request::post("/api/auth.test", &serde_json::Map::new(), Effect::Read)?.counted_as("auth.test");
    request.content_type = Some(JSON);
    let response = cx.send(request).await?;
    let granted = response.header("x-oauth-scopes").unwrap_or_default();
    let granted = granted.split(',').map(|scope| scope.trim().to_owned()).filter(|scope| !scope.is_empty()).collect();
    Ok((response.json()?, granted))
}

impl Identity {
    fn check(&self) -> Result<(), ToolError> {
        let next_step = "Give the bot user OAuth token of the app (xoxb-…), from its page OAuth & Permissions.";
        if self.bot_id.is_none() {
            return Err(refused("the token is a person's, and ends with that person's account", next_step));
        }
        if self.expires_in.is_some() {
            return Err(refused(
                "the app rotates its tokens, so that this one ends within hours",
                "Make an app without token rotation, which cannot be turned off again, and connect with its token.",
            ));
        }
        if self.is_enterprise_install {
            return Err(refused(
                "the app is installed for a whole organization",
                "Install it for one workspace, and connect with the token of that installation.",
            ));
        }
        Ok(())
    }
}

fn refused(reason: &str, next_step: &str) -> ToolError {
    ToolError::Refused { reason: reason.into(), next_step: next_step.into() }
}
