//! The bench of these tests: the accounts of the sandbox's world, and how a request is signed.

use turnpike_contract::Outgoing;
pub(crate) use turnpike_contract::{Bench, NOW};
use turnpike_core::Digest;
use turnpike_sdk::Recorded;

pub(crate) const OUTDOOR: &str = "710000000000001";
pub(crate) const BAKERY: &str = "710000000000002";
pub(crate) const WHOLESALE: &str = "710000000000003";
pub(crate) const BUSY: &str = "710000000000004";
pub(crate) const STRANGER: &str = "910000000000009";
pub(crate) const APP_ID: &str = "1380000000000001";
pub(crate) const APP_SECRET: &str = "sandbox-app-secret";
pub(crate) const TOKEN: &str = "EAASandboxSystemUserWithoutEnd";

/// A connection whose accounts have been found.
pub(crate) async fn connected() -> Bench {
    Bench::connected(turnpike_meta_ads::integration(), sign).await
}

pub(crate) async fn unconnected() -> Bench {
    Bench::unconnected(turnpike_meta_ads::integration(), sign).await
}

fn sign(request: &mut Outgoing, _: &str) {
    request.header("authorization", &format!("Bearer {TOKEN}"));
    request.parameter("appsecret_proof", &proof(TOKEN));
}

/// What `appsecret_proof` must be.
pub(crate) fn proof(token: &str) -> String {
    Digest::hmac(APP_SECRET.as_bytes(), token.as_bytes()).to_string()
}

/// Path and body of what was sent to change something.
pub(crate) fn changes(bench: &Bench) -> Vec<(String, String)> {
    let body = |request: &Recorded| String::from_utf8(request.body.to_vec()).expect("a form");
    let posts = bench.script.recorded().into_iter().filter(|request| request.method == http::Method::POST);
    let sent = posts.map(|request| (request.uri.path().to_owned(), body(&request)));
    sent.filter(|(path, body)| !path.ends_with("/insights") && !body.contains("validate_only")).collect()
}
