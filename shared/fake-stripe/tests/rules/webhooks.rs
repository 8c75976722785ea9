//! What a receiver of webhooks gets.

use std::sync::{Arc, Mutex};

use axum::{Router, extract::State, http::HeaderMap, http::StatusCode, routing::post};
use serde_json::Value;
use tokio::net::TcpListener;
use turnpike_fake_stripe::{Delivery, sign};

use crate::ask::{Ask, START};

type Got = Arc<Mutex<Vec<(String, String)>>>;

/// Listens, and answers everything with one status.
async fn receiver(ask: &Ask, status: StatusCode) -> Got {
    let got = Got::default();
    let take = async move |State(got): State<Got>, headers: HeaderMap, body: String| {
        let signature = headers["stripe-signature"].to_str().expect("a text").to_owned();
        got.lock().expect("the list").push((signature, body));
        status
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/hook", listener.local_addr().expect("an address"));
    let app = Router::new().route("/hook", post(take)).with_state(got.clone());
    tokio::spawn(async move { axum::serve(listener, app).await });
    ask.fake.send_webhooks_to(&url, "whsec_one", "2026-09-30.endive");
    got
}

fn ids(got: &Got) -> Vec<String> {
    let got = got.lock().expect("the list");
    got.iter().map(|(_, body)| serde_json::from_str::<Value>(body).expect("JSON")["id"].to_string()).collect()
}

#[tokio::test]
async fn an_event_is_signed_and_comes_once() {
    let ask = Ask::new().await;
    let got = receiver(&ask, StatusCode::OK).await;
    ask.customer().await;
    assert_eq!(ask.fake.deliver(Delivery::default()).await, 1);
    assert_eq!(ask.fake.deliver(Delivery::default()).await, 0);
    let (signature, body) = got.lock().expect("the list")[0].clone();
    assert_eq!(signature, sign("whsec_one", START, &body));
    let event: Value = serde_json::from_str(&body).expect("JSON");
    assert_eq!((&event["type"], &event["data"]["object"]["name"]), (&"customer.created".into(), &"Acme".into()));
}

#[tokio::test]
async fn events_come_twice_shuffled_lost_and_late_where_that_is_wanted() {
    let ask = Ask::new().await;
    let got = receiver(&ask, StatusCode::OK).await;
    for _ in 0..4 {
        ask.customer().await;
    }
    ask.fake.advance(START + 60).await;
    ask.customer().await;
    let how = Delivery { duplicate: true, shuffle_seed: Some(7), drop_every: Some(4), delay: 60, ..Default::default() };
    assert_eq!(ask.fake.deliver(how).await, 6);
    let first = ids(&got);
    let mut sorted = first.clone();
    sorted.sort();
    assert_ne!(first, sorted);
    sorted.dedup();
    assert_eq!(sorted.len(), 3);
    assert_eq!(ask.fake.deliver(Delivery::default()).await, 1);
}

#[tokio::test]
async fn what_is_not_taken_comes_again() {
    let ask = Ask::new().await;
    let got = receiver(&ask, StatusCode::SERVICE_UNAVAILABLE).await;
    ask.customer().await;
    assert_eq!([ask.fake.deliver(Delivery::default()).await, ask.fake.deliver(Delivery::default()).await], [0, 0]);
    let ids = ids(&got);
    assert_eq!((ids.len(), &ids[0]), (2, &ids[1]));
}

#[tokio::test]
async fn two_secrets_sign_while_they_are_changed() {
    let ask = Ask::new().await;
    let got = receiver(&ask, StatusCode::OK).await;
    ask.customer().await;
    ask.fake.deliver(Delivery { second_secret: Some("whsec_two".to_owned()), ..Default::default() }).await;
    let (signature, body) = got.lock().expect("the list")[0].clone();
    let second = sign("whsec_two", START, &body).replace(&format!("t={START},"), "");
    assert_eq!(signature, format!("{},{second}", sign("whsec_one", START, &body)));
}

#[tokio::test]
async fn a_meter_error_comes_without_its_data() {
    let ask = Ask::new().await;
    let got = receiver(&ask, StatusCode::OK).await;
    ask.meter().await;
    ask.event("cus_gone", "1", &[("identifier", "u1")]).await.ok();
    ask.fake.deliver(Delivery::default()).await;
    let (_, body) = got.lock().expect("the list").last().cloned().expect("an event");
    let event: Value = serde_json::from_str(&body).expect("JSON");
    assert_eq!(event["type"], "v1.billing.meter.error_report_triggered");
    assert_eq!((event.get("data"), event.get("api_version")), (None, None));
}
