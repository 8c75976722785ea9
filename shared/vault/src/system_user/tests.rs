use std::sync::Mutex;

use futures_util::future::BoxFuture;
use serde_json::Value;
use turnpike_core::WireError;

use super::*;

/// 2026-11-21, noon.
const NOW: Timestamp = Timestamp::from_micros(1_795_262_400_000_000);

/// Answers the same to everything, and remembers what was sent.
struct Meta {
    status: u16,
    answer: Value,
    sent: Mutex<Vec<(String, String)>>,
}

impl Meta {
    fn answering(status: u16, answer: Value) -> Self {
        Self { status, answer, sent: Mutex::default() }
    }

    fn saying_of_the_token(data: &Value) -> Self {
        Self::answering(200, json!([{ "code": 200, "body": json!({ "data": data }).to_string() }]))
    }

    fn sent(&self) -> (String, String) {
        self.sent.lock().unwrap().pop().unwrap()
    }
}

impl Wire for Meta {
    fn send(&self, request: http::Request<Bytes>) -> BoxFuture<'_, Result<http::Response<Bytes>, WireError>> {
        let body = String::from_utf8(request.body().to_vec()).unwrap();
        self.sent.lock().unwrap().push((request.uri().to_string(), body));
        let answer = http::Response::builder().status(self.status).body(self.answer.to_string().into()).unwrap();
        Box::pin(std::future::ready(Ok(answer)))
    }
}

fn app() -> SigningApp {
    SigningApp { app_id: "138".into(), app_secret: "canary-secret".into() }
}

fn token() -> SecretString {
    "EAAcanary+token".into()
}

async fn look(data: &Value) -> (Result<Option<Timestamp>, VaultError>, Meta) {
    let meta = Meta::saying_of_the_token(data);
    let inspection = Inspection { base_url: "https://graph.example".into(), scopes: &["ads_read", "ads_management"] };
    (inspect(&meta, &inspection, (&app(), &token()), NOW).await, meta)
}

fn good() -> Value {
    json!({ "app_id": "138", "type": "SYSTEM_USER", "application": "X", "expires_at": 0, "data_access_expires_at": 0,
        "is_valid": true, "issued_at": 1_700_000_000, "scopes": ["ads_read", "public_profile"], "user_id": "122" })
}

#[tokio::test]
async fn a_token_without_an_end_has_none_and_nothing_secret_is_in_a_url() {
    let (found, meta) = look(&good()).await;
    assert_eq!(found.unwrap(), None);
    let (url, body) = meta.sent();
    assert_eq!(url, "https://graph.example/");
    let form: std::collections::HashMap<_, _> = url::form_urlencoded::parse(body.as_bytes()).into_owned().collect();
    assert_eq!(form["access_token"], "138|canary-secret");
    let batch: Value = serde_json::from_str(&form["batch"]).unwrap();
    assert_eq!(batch[0]["relative_url"], "debug_token?input_token=EAAcanary%2Btoken");
}

#[tokio::test]
async fn the_end_of_a_token_is_read_and_one_that_is_good_for_nothing_is_refused_with_the_reason() {
    let mut ends = good();
    ends["expires_at"] = 1_800_000_000.into();
    assert_eq!(look(&ends).await.0.unwrap(), Some(Timestamp::from_micros(1_800_000_000_000_000)));
    for (field, value, words) in [
        ("is_valid", json!(false), "calls the token invalid"),
        ("expires_at", json!(1_795_000_000), "ended on 2026-11-18"),
        ("app_id", json!("139"), "another app"),
        ("type", json!("USER"), "not of a system user"),
        ("scopes", json!(["public_profile"]), "ads_read or ads_management"),
    ] {
        let mut data = good();
        data[field] = value;
        let error = look(&data).await.0.unwrap_err();
        assert!(matches!(error, VaultError::Reconnect { .. }), "{field}");
        assert!(error.to_string().contains(words) && !error.to_string().contains("canary"), "{error}");
    }
}

#[tokio::test]
async fn an_app_that_meta_does_not_know_is_told_from_trouble() {
    let error =
        |code: i64| json!({ "error": { "message": "EAAcanary+token", "type": "OAuthException", "code": code } });
    let inspection = Inspection { base_url: "https://graph.example".into(), scopes: &[] };
    for (status, answer, known) in [
        (400, error(101), true),
        (200, json!([{ "code": 400, "body": error(190).to_string() }]), true),
        (500, error(1), false),
        (400, error(2), false),
        (200, json!([null]), false),
        (200, json!("nothing"), false),
    ] {
        let found =
            inspect(&Meta::answering(status, answer.clone()), &inspection, (&app(), &token()), NOW).await.unwrap_err();
        assert_eq!(matches!(found, VaultError::ClientRefused(_)), known, "{answer}");
        assert!(!found.to_string().contains("canary"), "{found}");
    }
}

#[tokio::test]
async fn a_token_is_exchanged_in_the_body_of_a_post() {
    let meta =
        Meta::answering(200, json!({ "access_token": "EAAnew", "token_type": "bearer", "expires_in": 5_183_944 }));
    let Ok(fresh) = renew(&meta, "https://graph.example/oauth/access_token", (&app(), &token())).await else {
        panic!("exchanged")
    };
    assert_eq!((fresh.access_token.expose_secret(), fresh.life.as_secs()), ("EAAnew", 5_183_944));
    let (url, body) = meta.sent();
    assert_eq!(url, "https://graph.example/oauth/access_token");
    assert!(body.contains("grant_type=fb_exchange_token") && body.contains("set_token_expires_in_60_days=true"));
    assert!(body.contains("fb_exchange_token=EAAcanary%2Btoken"));
}

#[tokio::test]
async fn a_refused_exchange_ends_the_grant_only_when_the_token_is_at_fault() {
    let refused = |code: i64, subcode: i64| json!({ "error": { "message": "Malformed access token EAAcanary+token", "code": code, "error_subcode": subcode } });
    for (status, answer) in [(400, refused(190, 463)), (401, refused(190, 467))] {
        let Err(Failure::GrantEnded(words)) =
            renew(&Meta::answering(status, answer), "https://g.example/", (&app(), &token())).await
        else {
            panic!("ended")
        };
        assert!(words.contains("code 190/") && !words.contains("canary"), "{words}");
    }
    for (status, answer) in [(400, refused(101, 0)), (500, refused(190, 463)), (200, json!({})), (429, json!(7))] {
        let failed = renew(&Meta::answering(status, answer.clone()), "https://g.example/", (&app(), &token())).await;
        assert!(matches!(failed, Err(Failure::Other(_))), "{answer}");
    }
}
