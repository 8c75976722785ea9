use std::{sync::Mutex, time::Duration};

use futures_util::future::join_all;
use serde_json::json;
use turnpike_core::{Entropy, ManualClock};

use super::*;
use crate::{
    EgressError, Guard, RedirectError,
    stranger::{Reply, Stranger},
};

const ID: &str = "https://client.example/client.json";

fn good() -> Value {
    json!({
        "client_id": ID,
        "client_name": "Acme Agent",
        "client_uri": "https://client.example/",
        "redirect_uris": ["https://client.example/callback", "http://127.0.0.1/callback"],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
    })
}

/// The documents of a host that sends this, and a clock.
async fn documents(headers: &'static str, document: Value) -> (Stranger, Documents, Arc<ManualClock>) {
    let stranger = Stranger::who(move || Reply::json(headers, &document.to_string())).await;
    let clock = Arc::new(ManualClock::at(Timestamp::from_micros(1_800_000_000_000_000)));
    let documents = reading(stranger.egress(), clock.clone());
    (stranger, documents, clock)
}

fn reading(egress: Egress, clock: Arc<ManualClock>) -> Documents {
    Documents::new(egress, RedirectRules::new(vec![]), vec![], Ambient::new(clock, Entropy::seeded(1)))
}

/// The good document with other members, and without those that are null.
async fn read_with(changes: Value) -> Result<ClientMetadata, DocumentError> {
    let mut document = good();
    for (name, value) in changes.as_object().unwrap() {
        document[name] = value.clone();
    }
    document.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    documents("", document).await.1.find(ID).await.map(|client| (*client).clone())
}

#[test]
fn an_id_is_an_https_url_with_a_path_in_its_one_spelling() {
    for id in [
        ID,
        "https://claude.ai/oauth/mcp-oauth-client-metadata",
        "https://chatgpt.com/oauth/abc/client.json",
        "https://vscode.dev/oauth/client-metadata.json",
        "https://client.example:8443/client.json",
    ] {
        assert!(is_document_id(id), "{id}");
    }
    for id in [
        "",
        "a5b6",
        "client.example/client.json",
        "http://client.example/client.json",
        "https://client.example",
        "https://client.example/",
        "https://client.example/client.json#",
        "https://client.example/client.json?",
        "https://client.example/client.json?a=b",
        "https://acme@client.example/client.json",
        "https://@client.example/client.json",
        "https://acme:secret@client.example/client.json",
        "https://client.example/../client.json",
        "https://client.example/./client.json",
        "https://client.example/a/%2E%2e/client.json",
        "https://Client.example/client.json",
        "HTTPS://client.example/client.json",
        "https://client.example:443/client.json",
        "https://client.example\\client.json",
        "https:client.example/client.json",
        "https://client.example/a b",
        "https://client.example/\tclient.json",
        " https://client.example/client.json",
        "https://2130706433/client.json",
        "javascript://client.example/%0aalert(1)",
    ] {
        assert!(!is_document_id(id), "{id}");
    }
}

#[tokio::test]
async fn a_document_makes_a_public_client() {
    let client = read_with(json!({})).await.unwrap();
    assert_eq!(client.name, "Acme Agent");
    assert_eq!(client.redirect_uris, ["https://client.example/callback", "http://127.0.0.1/callback"]);
    assert_eq!(client.auth_method, AuthMethod::None);
    assert!(!client.only_this_computer());
    let local = read_with(json!({ "redirect_uris": ["http://localhost/callback", "http://127.0.0.1/callback"] })).await;
    assert!(local.unwrap().only_this_computer());
}

#[tokio::test]
async fn a_client_may_prefer_to_sign_when_it_can_do_without() {
    for changes in [
        json!({ "token_endpoint_auth_method": null }),
        json!({
            "token_endpoint_auth_method": "private_key_jwt",
            "token_endpoint_auth_methods_supported": ["none", "private_key_jwt"],
            "token_endpoint_auth_signing_alg": "RS256",
            "jwks_uri": "https://client.example/jwks.json",
        }),
    ] {
        assert_eq!(read_with(changes).await.unwrap().auth_method, AuthMethod::None);
    }
}

#[tokio::test]
async fn a_document_that_says_something_wrong_is_refused() {
    for (changes, error) in [
        (json!({ "client_id": "https://client.example/other.json" }), DocumentError::WrongId),
        (json!({ "client_id": "https://client.example/client.json/" }), DocumentError::WrongId),
        (json!({ "client_id": null }), DocumentError::WrongId),
        (json!({ "client_name": null }), DocumentError::Name),
        (json!({ "client_name": " \u{200b}" }), DocumentError::Name),
        (json!({ "client_name": "a".repeat(101) }), DocumentError::Name),
        (json!({ "redirect_uris": null }), RedirectError::Missing.into()),
        (json!({ "redirect_uris": ["http://client.example/callback"] }), RedirectError::PlainHttp.into()),
        (json!({ "redirect_uris": ["cursor://anysphere.cursor-mcp/oauth/callback"] }), RedirectError::Unlisted.into()),
        (json!({ "client_secret": "s" }), DocumentError::Secret),
        (json!({ "client_secret_expires_at": 0 }), DocumentError::Secret),
        (json!({ "token_endpoint_auth_method": "private_key_jwt" }), DocumentError::AuthMethod),
        (json!({ "token_endpoint_auth_method": "client_secret_basic" }), DocumentError::AuthMethod),
    ] {
        let refused = read_with(changes.clone()).await.unwrap_err();
        assert_eq!(refused, error, "{changes}");
        assert!(!refused.what_to_do().is_empty());
    }
    assert_eq!(documents("", json!([good()])).await.1.find(ID).await.unwrap_err(), DocumentError::NotAnObject);
}

#[tokio::test]
async fn an_id_that_cannot_be_fetched_says_why_and_an_odd_one_is_not_tried() {
    let (stranger, documents, clock) = documents("", good()).await;
    for (id, error) in [
        ("https://10.0.0.1/client.json", EgressError::NotAName.into()),
        ("https://[::1]/client.json", EgressError::NotAName.into()),
        ("https://client.example:8443/client.json", EgressError::Port.into()),
        ("https://client.example/a/../client.json", DocumentError::NotADocument),
        ("a5b6", DocumentError::NotADocument),
    ] {
        assert_eq!(documents.find(id).await.unwrap_err(), error, "{id}");
    }
    let public = Guard { allowed: crate::is_public, ..stranger.guard() };
    let private = reading(Egress::new(public).unwrap(), clock).find(ID).await.unwrap_err();
    assert_eq!(private, EgressError::Private.into());
    assert_eq!(private.to_string(), "the host name leads into a private network");
    assert_eq!(stranger.connections(), 0);
}

#[tokio::test]
async fn where_the_operator_lists_hosts_no_other_is_asked() {
    let (stranger, mut documents, _) = documents("", good()).await;
    documents.trusted_hosts = vec!["other.example".into(), "example".into()];
    assert_eq!(documents.find(ID).await.unwrap_err(), DocumentError::Untrusted);
    assert_eq!(stranger.connections(), 0);
    documents.trusted_hosts.push("Client.example".into());
    documents.find(ID).await.unwrap();
}

#[tokio::test]
async fn many_who_ask_at_once_wait_for_one_fetch() {
    let (stranger, documents, _) = documents("", good()).await;
    for client in join_all((0..50).map(|_| documents.find(ID))).await {
        client.unwrap();
    }
    assert_eq!(stranger.requests().len(), 1);
}

#[tokio::test]
async fn a_document_is_believed_as_long_as_its_host_says_within_bounds() {
    for (headers, seconds) in [
        ("", 600),
        ("cache-control: public\r\n", 600),
        ("cache-control: public, max-age=3600\r\n", 3600),
        ("cache-control: Max-Age=\"120\"\r\n", 120),
        ("cache-control: max-age=0\r\n", 60),
        ("cache-control: max-age=soon\r\n", 60),
        ("cache-control: max-age=3600\r\ncache-control: no-store\r\n", 60),
        ("cache-control: no-cache\r\n", 60),
        ("cache-control: max-age=31536000\r\n", 86_400),
    ] {
        let (stranger, documents, clock) = documents(headers, good()).await;
        documents.find(ID).await.unwrap();
        clock.advance(Duration::from_secs(seconds - 1));
        documents.find(ID).await.unwrap();
        assert_eq!(stranger.requests().len(), 1, "{headers}");
        clock.advance(Duration::from_secs(1));
        documents.find(ID).await.unwrap();
        assert_eq!(stranger.requests().len(), 2, "{headers}");
    }
}

#[tokio::test]
async fn a_failure_is_believed_for_half_a_minute() {
    let replies = Mutex::new(vec![Reply::json("cache-control: max-age=3600\r\n", "{}")]);
    let stranger =
        Stranger::who(move || replies.lock().unwrap().pop().unwrap_or_else(|| Reply::json("", &good().to_string())))
            .await;
    let clock = Arc::new(ManualClock::at(Timestamp::from_micros(0)));
    let documents = reading(stranger.egress(), clock.clone());
    for advance in [0, 29] {
        clock.advance(Duration::from_secs(advance));
        assert_eq!(documents.find(ID).await.unwrap_err(), DocumentError::WrongId);
    }
    assert_eq!(stranger.requests().len(), 1);
    clock.advance(Duration::from_secs(1));
    documents.find(ID).await.unwrap();
}
