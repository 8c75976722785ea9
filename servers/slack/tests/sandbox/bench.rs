//! The bench of these tests: places of the sandbox's workspace, and how a request is signed.

use serde_json::{Value, json};
use turnpike_contract::Outgoing;
pub(crate) use turnpike_contract::{Bench, with};

pub(crate) const WORKSPACE: &str = "T0100000001";
pub(crate) const GENERAL: &str = "C0100000001";
pub(crate) const CAMPAIGNS: &str = "C0100000002";
pub(crate) const LAUNCH_PLANS: &str = "C0100000003";
pub(crate) const RANDOM: &str = "C0100000004";
pub(crate) const OLD_PROJECT: &str = "C0100000005";
pub(crate) const ANNOUNCEMENTS: &str = "C0100000006";
pub(crate) const ODD_TOPIC: &str = "C0100000007";
/// Private, and the bot is not in it.
pub(crate) const BOARD: &str = "C0100000009";
/// Has twelve replies.
pub(crate) const THREAD: &str = "1793610000.000100";
pub(crate) const TOKEN: &str = "xoxb-sandbox-workspace";
pub(crate) const DISTRIBUTED: &str = "xoxb-sandbox-distributed";
pub(crate) const READER: &str = "xoxb-sandbox-reader";

/// A connection whose workspace has been found.
pub(crate) async fn connected() -> Bench {
    Bench::connected(turnpike_slack::integration(), |request, _| bearer(request, TOKEN)).await
}

/// The same with the token of an app that is sold outside the marketplace.
pub(crate) async fn distributed() -> Bench {
    Bench::connected(turnpike_slack::integration(), |request, _| bearer(request, DISTRIBUTED)).await
}

/// The same with the token of an app that may only read.
pub(crate) async fn reader() -> Bench {
    Bench::connected(turnpike_slack::integration(), |request, _| bearer(request, READER)).await
}

pub(crate) fn bearer(request: &mut Outgoing, token: &str) {
    request.header("authorization", &format!("Bearer {token}"));
}

/// Arguments about a channel.
pub(crate) fn of(channel: &str, more: &Value) -> Value {
    with(json!({ "account_id": WORKSPACE, "channel_id": channel }), more)
}

/// Method and body of what was sent to change something.
pub(crate) fn changes(bench: &Bench) -> Vec<(String, Value)> {
    let posts = bench.script.recorded().into_iter().filter(|request| request.method == http::Method::POST);
    let sent = posts.map(|request| {
        let body = serde_json::from_slice(&request.body).expect("JSON");
        (request.uri.path().trim_start_matches("/api/").to_owned(), body)
    });
    sent.filter(|(method, _)| method != "auth.test").collect()
}
