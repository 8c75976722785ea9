use std::{
    io::Write as _,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use flate2::{Compression, write::GzEncoder};
use futures_util::future::BoxFuture;
use serde_json::json;
use url::Url;

use super::*;
use crate::stranger::{Always, Reply, Stranger};

fn document() -> Url {
    "https://client.example/document".parse().unwrap()
}

async fn good() -> Stranger {
    Stranger::who(|| Reply::json("set-cookie: a=b\r\n", r#"{"good":true}"#)).await
}

/// What comes of asking a host that gives this reply to every request.
async fn asked(reply: Reply) -> (Result<Answer, EgressError>, usize) {
    let stranger = Stranger::who(move || reply.clone()).await;
    let answer = stranger.egress().json(&document()).await;
    (answer, stranger.requests().len())
}

async fn impatient(reply: Reply) -> EgressError {
    let stranger = Stranger::who(move || reply.clone()).await;
    let egress = Egress::new(Guard { patience: Duration::from_millis(300), ..stranger.guard() }).unwrap();
    egress.json(&document()).await.unwrap_err()
}

#[tokio::test]
async fn json_is_fetched_without_saying_more_than_necessary() {
    let stranger = good().await;
    let egress = stranger.egress();
    assert_eq!(egress.json(&document()).await.unwrap().body, json!({ "good": true }));
    egress.json(&document()).await.unwrap();
    for request in stranger.requests() {
        assert!(request.starts_with("get /document http/1.1\r\n"), "{request}");
        assert!(request.contains("user-agent: oauth-client-metadata/1.0\r\n"), "{request}");
        for never in ["cookie", "referer", "authorization", "turnpike"] {
            assert!(!request.contains(never), "{request}");
        }
    }
    assert_eq!(stranger.connections(), 2, "each fetch connects to the addresses that it has looked up");
}

#[tokio::test]
async fn an_address_in_any_spelling_is_refused_and_so_is_a_name_without_a_dot() {
    let stranger = good().await;
    for host in [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0x7f.0.0.1",
        "0177.0.0.1",
        "017700000001",
        "127.0.0.1.",
        "１２７.0.0.1",
        "%31%32%37.0.0.1",
        "169.254.169.254",
        "8.8.8.8",
        "[::1]",
        "[::ffff:10.0.0.1]",
        "[::ffff:a00:1]",
        "[2606:4700::1111]",
        "localhost",
        "client.example.",
    ] {
        let url = format!("https://{host}/document").parse().unwrap();
        assert_eq!(stranger.egress().json(&url).await.unwrap_err(), EgressError::NotAName, "{host}");
    }
    assert_eq!(stranger.connections(), 0);
}

#[tokio::test]
async fn only_https_at_its_usual_port_is_fetched() {
    let stranger = good().await;
    for (url, error) in [
        ("http://client.example/document", EgressError::NotHttps),
        ("file:///etc/passwd", EgressError::NotHttps),
        ("https://client.example:8443/document", EgressError::Port),
    ] {
        assert_eq!(stranger.egress().json(&url.parse().unwrap()).await.unwrap_err(), error, "{url}");
    }
    assert_eq!(stranger.connections(), 0);
}

#[tokio::test]
async fn a_name_with_any_address_that_is_not_public_is_refused_without_a_connection() {
    let stranger = good().await;
    for private in
        ["10.0.0.1", "169.254.169.254", "192.168.0.1", "100.64.0.1", "fd00::1", "::ffff:127.0.0.1", "fe80::1"]
    {
        let addresses = vec![stranger.address(), SocketAddr::new(private.parse().unwrap(), 0)];
        let guard = Guard { names: Arc::new(Always(addresses)), ..stranger.guard() };
        assert_eq!(Egress::new(guard).unwrap().json(&document()).await.unwrap_err(), EgressError::Private, "{private}");
    }
    // As a deployment guards itself, this machine is not public either.
    let public = Guard { names: Arc::new(Always(vec![stranger.address()])), ..Guard::public() };
    assert_eq!(Egress::new(public).unwrap().json(&document()).await.unwrap_err(), EgressError::Private);
    let nowhere = Guard { names: Arc::new(Always(vec![])), ..Guard::public() };
    assert_eq!(Egress::new(nowhere).unwrap().json(&document()).await.unwrap_err(), EgressError::Unknown);
    assert_eq!(stranger.connections(), 0);
}

/// Gives a good address the first time, and then a private one.
struct Rebinding(SocketAddr, AtomicBool);

impl Names for Rebinding {
    fn find<'a>(&'a self, _: &'a str) -> BoxFuture<'a, std::io::Result<Vec<SocketAddr>>> {
        let again = self.1.swap(true, Ordering::SeqCst);
        let address = if again { SocketAddr::new([10, 0, 0, 1].into(), 0) } else { self.0 };
        Box::pin(async move { Ok(vec![address]) })
    }
}

#[tokio::test]
async fn a_name_is_looked_up_once_for_each_connection_and_checked_each_time() {
    let stranger = good().await;
    let names = Arc::new(Rebinding(stranger.address(), AtomicBool::new(false)));
    let egress = Egress::new(Guard { names, ..stranger.guard() }).unwrap();
    // A second look-up for the same fetch would find the private address.
    egress.json(&document()).await.unwrap();
    assert_eq!(egress.json(&document()).await.unwrap_err(), EgressError::Private);
    assert_eq!(stranger.connections(), 1);
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    for status in ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"] {
        let head = format!("HTTP/1.1 {status}\r\nlocation: https://client.example/other\r\ncontent-length: 0\r\n\r\n");
        let (answer, requests) = asked(Reply::Whole(head.into())).await;
        assert_eq!((answer.unwrap_err(), requests), (EgressError::Redirected, 1), "{status}");
    }
}

#[tokio::test]
async fn another_status_than_ok_is_no_answer() {
    let (answer, _) = asked(Reply::Whole(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n".into())).await;
    assert_eq!(answer.unwrap_err(), EgressError::Status(404));
}

#[tokio::test]
async fn a_host_that_takes_its_time_is_given_up() {
    let begun = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";
    assert_eq!(impatient(Reply::Stuck(vec![])).await, EgressError::TooSlow);
    assert_eq!(impatient(Reply::Stuck(begun.into())).await, EgressError::TooSlow);
    assert_eq!(impatient(Reply::Drip([&begun[..], b"\r\n{"].concat())).await, EgressError::TooSlow);
}

#[tokio::test]
async fn an_answer_is_read_up_to_64_kib_and_no_further() {
    let fits = format!("\"{}\"", "a".repeat((64 << 10) - 2));
    assert!(asked(Reply::json("", &fits)).await.0.is_ok());
    assert_eq!(asked(Reply::json("", &format!("{fits} "))).await.0.unwrap_err(), EgressError::TooLarge);
}

#[tokio::test]
async fn a_packed_answer_counts_as_what_it_unpacks_to() {
    let packed = |text: &[u8]| {
        let mut encoder = GzEncoder::new(vec![], Compression::best());
        encoder.write_all(text).unwrap();
        let packed = encoder.finish().unwrap();
        assert!(packed.len() < 64 << 10);
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n",
            packed.len()
        );
        Reply::Whole([head.as_bytes(), &packed].concat())
    };
    assert_eq!(asked(packed(br#"{"good":true}"#)).await.0.unwrap().body, json!({ "good": true }));
    assert_eq!(asked(packed(&vec![b' '; 10 << 20])).await.0.unwrap_err(), EgressError::TooLarge);
}

#[tokio::test]
async fn what_does_not_say_that_it_is_json_or_is_not_is_refused() {
    for (content_type, body) in [
        ("content-type: text/html\r\n", "{}"),
        ("content-type: application/jsonp\r\n", "{}"),
        ("", "{}"),
        ("content-type: application/json\r\n", "<html>"),
        ("content-type: application/json\r\n", ""),
    ] {
        let answer = format!("HTTP/1.1 200 OK\r\n{content_type}connection: close\r\n\r\n{body}");
        assert_eq!(
            asked(Reply::Whole(answer.into())).await.0.unwrap_err(),
            EgressError::NotJson,
            "{content_type}{body}"
        );
    }
    let vendor =
        "HTTP/1.1 200 OK\r\ncontent-type: Application/Client+JSON; charset=utf-8\r\nconnection: close\r\n\r\n{}";
    assert!(asked(Reply::Whole(vendor.into())).await.0.is_ok());
}

#[tokio::test]
async fn a_certificate_that_is_not_trusted_or_of_another_name_is_refused() {
    let stranger = good().await;
    let untrusting = Egress::new(Guard { roots: vec![], ..stranger.guard() }).unwrap();
    assert_eq!(untrusting.json(&document()).await.unwrap_err(), EgressError::Unreachable);
    let other = "https://other.example/document".parse().unwrap();
    assert_eq!(stranger.egress().json(&other).await.unwrap_err(), EgressError::Unreachable);
    assert!(stranger.requests().is_empty());
}
