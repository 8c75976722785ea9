//! What connecting makes of each kind of token.

use serde_json::json;
use turnpike_contract::Sign;
use turnpike_core::Class;
use turnpike_sdk::{Account, ToolError};

use crate::bench::{Bench, WORKSPACE, bearer, connected, reader};

async fn found(sign: Sign) -> Result<Vec<Account>, ToolError> {
    Bench::unconnected(turnpike_slack::integration(), sign).await.find_accounts().await
}

#[tokio::test]
async fn a_bots_token_reaches_one_workspace() {
    let bench = connected().await;
    let [workspace] = &bench.accounts[..] else { panic!("{:?}", bench.accounts) };
    assert_eq!(
        (workspace.id.as_str(), &*workspace.name, &*workspace.time_zone),
        (WORKSPACE, "Sandbox Workspace", "UTC")
    );
    assert_eq!(bench.script.received(), 1, "one request finds it");
}

#[tokio::test]
async fn tokens_of_other_kinds_are_refused_with_what_to_do() {
    for (sign, words) in [
        ((|request, _| bearer(request, "xoxp-sandbox-person")) as Sign, "is a person's"),
        (|request, _| bearer(request, "xoxb-sandbox-rotated"), "rotates its tokens"),
        (|request, _| bearer(request, "xoxb-sandbox-organization"), "whole organization"),
    ] {
        match found(sign).await {
            Err(ToolError::Refused { reason, next_step }) => {
                assert!(reason.contains(words) && next_step.contains("token"), "{reason}. {next_step}");
            }
            other => panic!("{other:?}"),
        }
    }
    for sign in [
        (|request, _| bearer(request, "xoxb-sandbox-removed")) as Sign,
        |request, _| bearer(request, "xoxb-guessed"),
        |_, _| {},
    ] {
        match found(sign).await {
            Err(ToolError::Upstream(fault)) => assert_eq!(fault.class, Class::AuthRevoked),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn list_accounts_tells_which_permissions_are_missing() {
    let whole = connected().await.ok("list_accounts", json!({})).await;
    assert_eq!(whole["accounts"][0]["bot_user_id"], "U0100000900");
    assert_eq!(whole["accounts"][0].get("missing_permissions"), None);
    let reader = reader().await.ok("list_accounts", json!({})).await;
    let missing = ["groups:read", "groups:history", "chat:write", "channels:write.topic", "groups:write.topic"];
    assert_eq!(reader["accounts"][0]["missing_permissions"], json!(missing));
}
