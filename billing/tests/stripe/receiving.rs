//! The webhook endpoint: what it takes, and what it does with what it does not know.

use aws_lc_rs::hmac::{HMAC_SHA256, Key, sign};
use axum::{
    body::Body,
    http::{Request, StatusCode},
};
use tower::ServiceExt;
use turnpike_billing::stripe::router;
use turnpike_store::PaymentEventState;

use crate::world::{SECRET, SECRET_BEFORE, World};

impl World {
    fn signed(&self, secret: &str, later: i64, body: &str) -> String {
        let seconds = self.now().micros() / 1_000_000 + later;
        let text = format!("{seconds}.{body}");
        let tag = sign(&Key::new(HMAC_SHA256, secret.as_bytes()), text.as_bytes());
        format!("t={seconds},v1={}", tag.as_ref().iter().map(|byte| format!("{byte:02x}")).collect::<String>())
    }

    async fn post(&self, header: &str, body: &str) -> StatusCode {
        let request = Request::post("/payments/stripe").header("stripe-signature", header);
        let request = request.body(Body::from(body.to_owned())).unwrap();
        router(&self.billing).oneshot(request).await.unwrap().status()
    }

    pub(crate) async fn tell(&self, body: &str) -> StatusCode {
        self.post(&self.signed(SECRET, 0, body), body).await
    }
}

const BODY: &str = r#"{"id":"evt_1","type":"customer.updated","data":{"object":{"id":"cus_1"}}}"#;

#[tokio::test]
async fn an_event_is_taken_with_either_secret_and_stored_once() {
    let world = World::new().await;
    for secret in [SECRET, SECRET_BEFORE, SECRET] {
        assert_eq!(world.post(&world.signed(secret, 0, BODY), BODY).await, StatusCode::OK);
    }
    let stored = world.stored().await;
    assert_eq!(stored.len(), 1);
    assert_eq!((stored[0].kind.as_str(), stored[0].payload_json.as_str()), ("customer.updated", BODY));
}

#[tokio::test]
async fn what_is_not_signed_now_and_by_us_is_refused() {
    let world = World::new().await;
    for header in [
        String::new(),
        "t=1,v1=00".into(),
        world.signed("whsec_other", 0, BODY),
        world.signed(SECRET, -301, BODY),
        world.signed(SECRET, 301, BODY),
        world.signed(SECRET, 0, &BODY.replace("cus_1", "cus_2")),
    ] {
        assert_eq!(world.post(&header, BODY).await, StatusCode::BAD_REQUEST, "{header}");
    }
    let request = Request::post("/payments/stripe").body(Body::from(BODY)).unwrap();
    assert_eq!(router(&world.billing).oneshot(request).await.unwrap().status(), StatusCode::BAD_REQUEST);
    assert_eq!(world.stored().await, []);
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused() {
    let world = World::new().await;
    let body = format!("{{\"id\":\"{}\"}}", "x".repeat(1024 * 1024));
    assert_eq!(world.tell(&body).await, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn without_a_secret_there_is_no_endpoint() {
    let world = World::with(|payments| {
        payments.stripe_webhook_secret = "".into();
        payments.stripe_webhook_secret_before = "".into();
    })
    .await;
    assert_eq!(world.tell(BODY).await, StatusCode::NOT_FOUND);
    assert_eq!(world.post(&world.signed("", 0, BODY), BODY).await, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_is_not_known_is_stored_acknowledged_and_kept() {
    let world = World::new().await;
    let unknown = [
        r#"{"id":"evt_1","type":"moon.landed","data":{"object":{"id":"moon_1"}}}"#,
        r#"{"id":"evt_2","type":"customer.subscription.updated"}"#,
        r#"{"id":"evt_3","type":"customer.subscription.updated","data":{"object":{"status":"active"}}}"#,
        r#"{"id":"evt_4"}"#,
        r#"{"data":null}"#,
        "[]",
    ];
    for body in unknown {
        assert_eq!(world.tell(body).await, StatusCode::OK, "{body}");
    }
    assert_eq!(world.billing.work_on_events().await.unwrap(), unknown.len());
    let stored = world.stored().await;
    assert_eq!(stored.len(), unknown.len());
    assert!(stored.iter().all(|event| event.state == PaymentEventState::Unknown && event.settled_at.is_some()));
    assert_eq!(world.tell("not JSON").await, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn what_is_about_another_account_or_nothing_of_ours_is_done_with() {
    let world = World::new().await;
    for body in [
        r#"{"id":"evt_1","type":"customer.subscription.updated","account":"acct_other","data":{"object":{"id":"sub_1"}}}"#,
        r#"{"id":"evt_2","type":"account.application.deauthorized","account":"acct_other","data":{"object":{"id":"ca_1"}}}"#,
        r#"{"id":"evt_3","type":"invoice.upcoming","data":{"object":{"customer":"cus_1"}}}"#,
        r#"{"id":"evt_4","type":"customer.deleted","data":{"object":{"id":"cus_1"}}}"#,
        r#"{"id":"evt_5","type":"billing.alert.triggered","data":{"object":{"id":"alrt_1"}}}"#,
    ] {
        assert_eq!(world.tell(body).await, StatusCode::OK);
    }
    assert_eq!(world.billing.work_on_events().await.unwrap(), 5);
    let stored = world.stored().await;
    assert!(stored.iter().all(|event| event.state == PaymentEventState::Done && event.reason.is_some()));
}
