//! A streamed answer through nginx: each event when it is sent.

use std::{convert::Infallible, net::TcpListener, sync::Arc, time::Duration};

use axum::{Router, body::Body, response::Response, routing::post};
use bytes::Bytes;
use futures_util::StreamExt as _;
use tokio::{sync::Semaphore, time::timeout};
use turnpike_tests::process::PATIENCE;

use crate::hosting::proxy::{Proxy, free_port};

/// How many events there are.
const EVENTS: usize = 3;

/// A server that sends an event each time that it may, and says of its stream that nobody should keep it back, or does not.
async fn serve(socket: &TcpListener, says_so: bool, may: Arc<Semaphore>) {
    let answer = move || {
        let may = may.clone();
        async move {
            let events = futures_util::stream::unfold(0, move |sent| {
                let may = may.clone();
                async move {
                    may.acquire().await.unwrap().forget();
                    (sent < EVENTS).then(|| (Ok::<_, Infallible>(event(sent)), sent + 1))
                }
            });
            let mut answer = Response::builder().header("content-type", "text/event-stream");
            if says_so {
                answer = answer.header("x-accel-buffering", "no");
            }
            answer.body(Body::from_stream(events)).unwrap()
        }
    };
    socket.set_nonblocking(true).unwrap();
    let listener = tokio::net::TcpListener::from_std(socket.try_clone().unwrap()).unwrap();
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/google-ads/mcp", post(answer))).await });
}

fn event(number: usize) -> Bytes {
    Bytes::from(format!("data: {number}\n\n"))
}

/// How many events have come before the next one was sent, one after the other, each within so much time.
async fn passed_on(says_so: bool, client: reqwest::ClientBuilder, patience: Duration) -> usize {
    let socket = || TcpListener::bind("127.0.0.1:0").unwrap();
    let (gateway, portal, may) = (socket(), socket(), Arc::new(Semaphore::new(1)));
    let proxy = Proxy::start(free_port(), &gateway, &portal).await;
    serve(&gateway, says_so, may.clone()).await;
    let asked = proxy.believed_by(client).post(format!("{}/google-ads/mcp", proxy.url)).send();
    let Ok(answer) = timeout(patience, asked).await else { return 0 };
    let mut stream = answer.unwrap().bytes_stream();
    for number in 0..EVENTS {
        let Ok(next) = timeout(patience, stream.next()).await else { return number };
        assert_eq!(next.unwrap().unwrap(), event(number));
        may.add_permits(1);
    }
    EVENTS
}

#[tokio::test(flavor = "multi_thread")]
async fn each_event_passes_nginx_before_the_next_one_is_sent() {
    assert_eq!(passed_on(true, reqwest::Client::builder(), PATIENCE).await, EVENTS);
    assert_eq!(passed_on(true, reqwest::Client::builder().http1_only(), PATIENCE).await, EVENTS);
}

/// So that the test above could fail: what is kept back is kept for as long as the stream lasts, and a moment shows it. nginx does
/// that to clients of HTTP/1.1 only.
#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_does_not_say_what_it_is_is_kept_back() {
    let passed = passed_on(false, reqwest::Client::builder().http1_only(), Duration::from_secs(1)).await;
    println!("{passed} of {EVENTS} events passed at once");
    assert!(passed < EVENTS);
}
