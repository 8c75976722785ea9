use axum::body::Body;
use http::{Method, StatusCode};
use turnpike_sdk::Recorded;

use crate::bench::{Bench, FOREIGN, OUTDOOR, connected};

/// A listing as the tool sends it.
async fn listing(bench: &Bench) -> Recorded {
    bench.ok("list_items", serde_json::json!({ "account_id": OUTDOOR })).await;
    bench.script.recorded().pop().unwrap()
}

/// The same request with another method, address and body.
async fn send(bench: &Bench, like: &Recorded, method: Method, uri: &str, body: &str) -> StatusCode {
    let mut request = http::Request::builder().method(method).uri(uri);
    for (name, value) in &like.headers {
        request = request.header(name, value);
    }
    let request = request.header("content-type", "application/json").body(Body::from(body.to_owned()));
    bench.raw(request.unwrap()).await.0
}

#[tokio::test]
async fn what_the_vendor_does_not_know_is_refused() {
    let bench = connected().await;
    let right = listing(&bench).await;
    let uri = right.uri.to_string();
    assert_eq!(send(&bench, &right, Method::GET, &uri, "").await, StatusCode::OK);
    for (wrong, status) in [
        (uri.replace("limit=30", "limit=101"), StatusCode::BAD_REQUEST),
        (uri.replace("limit=30", "limit=30&cursor=elsewhere"), StatusCode::BAD_REQUEST),
        (uri.replace("limit=30", "limit=30&page_size=30"), StatusCode::BAD_REQUEST),
        (uri.replace("limit=30", "limit=30&status=deleted"), StatusCode::BAD_REQUEST),
        (uri.replace(OUTDOOR, FOREIGN), StatusCode::FORBIDDEN),
        (uri.replace("items", "things"), StatusCode::NOT_FOUND),
    ] {
        assert_eq!(send(&bench, &right, Method::GET, &wrong, "").await, status, "{wrong}");
    }
    let item = uri.replace("items?limit=30", "items/101?");
    for (body, status) in [
        ("{\"status\":\"paused\"}", StatusCode::OK),
        ("{\"status\":\"deleted\"}", StatusCode::BAD_REQUEST),
        ("{\"status\":\"paused\",\"name\":\"x\"}", StatusCode::BAD_REQUEST),
        ("{\"status\":", StatusCode::BAD_REQUEST),
    ] {
        assert_eq!(send(&bench, &right, Method::POST, &item, body).await, status, "{body}");
    }
}
