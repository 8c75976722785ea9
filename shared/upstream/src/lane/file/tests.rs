use std::{
    io::{self, Write},
    sync::{Arc, Mutex},
    time::Duration,
};

use flate2::{Compression, write::GzEncoder};
use futures_util::future::BoxFuture;
use serde_json::json;
use tempfile::TempDir;
use tracing_subscriber::fmt::MakeWriter;
use turnpike_breaker::Breakers;
use turnpike_core::{AccountId, Ambient, Wire};
use turnpike_limiter::quota::QuotaBroker;
use turnpike_sdk::{
    Account, AuthShape, Connection, Effect, Egress as _, Integration, Limits, Manifest, OAuth, Rate, Region, Request,
    Sandbox, Script, TokenStyle, VersionPin,
};
use turnpike_store::Store;
use turnpike_vault::{LocalKeys, Vault};

use super::*;
use crate::{Endpoint, Route, Upstream};

const GOOD: &str = "https://reports-eu-1-prod.s3.eu-west-1.amazonaws.com/a/report.json.gz?X-Amz-Security-Token=IQo%2F%2B%3D&X-Amz-Signature=canary";
const RATE: Rate = Rate { per_minute: 1, burst: 1 };
const MANIFEST: Manifest = Manifest {
    name: "regional",
    title: "Regional",
    summary: "Has regions",
    server_version: "0.1.0",
    instructions: "",
    auth: AuthShape::LoginWithAmazon(OAuth {
        authorize_url: "",
        authorize_parameters: &[],
        issuer: None,
        pkce: true,
        token_url: "",
        revoke_url: None,
        token_style: TokenStyle::USUAL,
        scopes: &[],
        refresh_ahead: Duration::ZERO,
        lapses_unused: None,
        ends_also: "",
    }),
    base_url: "https://api.example.com",
    regions: &[Region { name: "eu", base_url: "https://api-eu.example.com" }],
    download_hosts: &["reports-*.s3.amazonaws.com", "reports-*.s3.*.amazonaws.com"],
    version: VersionPin { version: "v3", ends: "2099-12-31" },
    connect_form: &[],
    limits: Limits { read: RATE, write: RATE },
    app_quota: None,
};

/// Answers everything with the same, and remembers what was sent.
struct Recorder {
    status: u16,
    body: Bytes,
    sent: Mutex<Vec<http::Request<Bytes>>>,
}

impl Wire for Recorder {
    fn send(&self, request: http::Request<Bytes>) -> BoxFuture<'_, Result<http::Response<Bytes>, WireError>> {
        self.sent.lock().unwrap().push(request);
        let answer = http::Response::builder().status(self.status).body(self.body.clone()).unwrap();
        Box::pin(std::future::ready(Ok(answer)))
    }
}

struct Bench {
    lane: Lane,
    wire: Arc<Recorder>,
    _folder: TempDir,
}

impl Bench {
    async fn new(status: u16, body: impl Into<Bytes>) -> Self {
        Self::at("https://api.example.com", status, body).await
    }

    /// A lane without time for a second attempt.
    async fn at(root: &str, status: u16, body: impl Into<Bytes>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ambient = Ambient::system();
        let wire = Arc::new(Recorder { status, body: body.into(), sent: Mutex::default() });
        let store = Store::open(&format!("sqlite:{}", folder.path().join("db").display()), 1).await.unwrap();
        store.migrate().await.unwrap();
        let keys = Arc::new(LocalKeys::open(&folder.path().join("key"), &ambient).unwrap());
        let vault = Vault::new(store, keys, wire.clone(), ambient.clone());
        let route = Route {
            integration: Arc::new(integration()),
            live: Endpoint::below(root, MANIFEST.regions),
            sandbox: None,
            version: "v3".into(),
            app_quota: None,
            download_hosts: MANIFEST.download_hosts.iter().map(|host| (*host).to_owned()).collect(),
        };
        let now = ambient.now();
        let connection = Connection {
            id: ambient.id(),
            tenant: ambient.id(),
            integration: "regional".into(),
            sandbox: false,
            accounts: vec![account("1", Some("eu")), account("2", Some("moon")), account("3", None)],
        };
        let upstream =
            Upstream::new(vault, Breakers::default(), QuotaBroker::default(), wire.clone(), ambient, vec![route]);
        let lane = upstream.lane(Arc::new(connection), now).unwrap();
        Self { lane, wire, _folder: folder }
    }

    async fn fetch(&self, link: &str) -> Result<Bytes, Fault> {
        self.lane.download(&serde_json::from_value::<Link>(json!(link)).unwrap()).await
    }

    fn sent(&self) -> usize {
        self.wire.sent.lock().unwrap().len()
    }
}

fn integration() -> Integration {
    Integration {
        manifest: MANIFEST,
        tools: vec![],
        accounts: |_| Box::pin(async { Ok(vec![]) }),
        classify: |_, _| None,
        holds: turnpike_sdk::no_holds,
        examples: Vec::new,
        sandbox: |_| Sandbox {
            manifest: &MANIFEST,
            api: axum::Router::new(),
            tokens: None,
            token_path: "",
            revoke_path: "",
            script: Script::default(),
            fault: |_| axum::response::Response::default(),
            credential: vec![],
            fresh: None,
        },
    }
}

fn account(id: &'static str, region: Option<&str>) -> Account {
    Account {
        id: AccountId::new(id),
        name: String::new(),
        currency: String::new(),
        time_zone: String::new(),
        manager: false,
        via: None,
        region: region.map(str::to_owned),
    }
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(vec![], Compression::best());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test]
async fn a_file_is_fetched_with_nothing_of_ours_and_unpacked() {
    for body in [gzip(b"[{\"clicks\":1}]"), b"[{\"clicks\":1}]".to_vec()] {
        let bench = Bench::new(200, body).await;
        assert_eq!(bench.fetch(GOOD).await.unwrap(), "[{\"clicks\":1}]");
        let sent = bench.wire.sent.lock().unwrap();
        assert_eq!((sent[0].uri().to_string().as_str(), sent[0].method().as_str()), (GOOD, "GET"));
        assert!(sent[0].headers().is_empty() && sent[0].body().is_empty(), "{:?}", sent[0].headers());
    }
}

#[tokio::test]
async fn only_the_hosts_that_were_named_are_asked_and_only_encrypted() {
    let bench = Bench::new(200, "[]").await;
    for bad in [
        "https://evil.example/report.json.gz",
        "http://reports-eu-1-prod.s3.amazonaws.com/x",
        "https://reports-eu-1-prod.s3.amazonaws.com:8443/x",
        "https://user@reports-eu-1-prod.s3.amazonaws.com/x",
        "https://:secret@reports-eu-1-prod.s3.amazonaws.com/x",
        "https://reports-eu-1-prod.s3.amazonaws.com.evil.example/x",
        "https://reports-eu-1-prod.s3.amazonaws.com./x",
        "https://evil.example/reports-eu-1-prod.s3.amazonaws.com",
        "https://evil.example?reports-eu-1-prod.s3.amazonaws.com",
        "https://evil.example\\@reports-eu-1-prod.s3.amazonaws.com/x",
        "https://reports-a.b.s3.eu-west-1.amazonaws.com/x",
        "https://other-bucket.s3.amazonaws.com/x",
        "https://reports-.s3.amazonaws.com/x",
        "https://s3.amazonaws.com/reports-eu-1-prod/x",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/x",
        "http://127.0.0.1:9/x",
        "http://localhost/x",
        "file:///etc/passwd",
        "reports-eu-1-prod.s3.amazonaws.com/x",
        "",
    ] {
        assert!(bench.fetch(bad).await.is_err(), "{bad}");
    }
    assert_eq!(bench.sent(), 0);
    assert!(bench.lane.own_fault().unwrap().contains("download_hosts"));
}

#[tokio::test]
async fn a_sandbox_on_this_machine_may_keep_its_own_files() {
    for (root, link, allowed) in [
        ("http://127.0.0.1:4000", "http://127.0.0.1:4000/files/1", true),
        ("http://127.0.0.1:4000", "http://127.0.0.1:4001/files/1", false),
        ("http://127.0.0.1:4000", "https://127.0.0.1:4000/files/1", false),
        ("https://proxy.example", "https://proxy.example/files/1", false),
    ] {
        let bench = Bench::at(root, 200, "[]").await;
        assert_eq!((bench.fetch(link).await.is_ok(), bench.sent()), (allowed, usize::from(allowed)), "{root} {link}");
    }
}

#[tokio::test]
async fn a_bomb_is_given_up_at_the_limit_and_damage_is_told() {
    let bomb = gzip(&vec![b' '; LARGEST + 1]);
    assert!(bomb.len() < LARGEST / 500, "a small file of {} bytes", bomb.len());
    let fault = Bench::new(200, bomb).await.fetch(GOOD).await.unwrap_err();
    assert_eq!(fault.class, Class::BadRequest);
    assert!(fault.message.contains("fewer days"), "{}", fault.message);
    // Several packed parts in a row count together.
    let half = gzip(&vec![b' '; LARGEST / 2 + 1]);
    assert!(Bench::new(200, [half.clone(), half].concat()).await.fetch(GOOD).await.is_err());
    let whole = gzip(&vec![b' '; LARGEST]);
    assert_eq!(Bench::new(200, whole.clone()).await.fetch(GOOD).await.unwrap().len(), LARGEST);
    let cut = Bench::new(200, whole[..whole.len() / 2].to_vec()).await.fetch(GOOD).await.unwrap_err();
    assert_eq!((cut.class, cut.message.as_str()), (Class::Upstream, "the upstream's file is damaged"));
}

#[tokio::test]
async fn a_link_that_has_lapsed_is_told_from_a_place_that_fails() {
    let quoting = format!("<Error><Code>AccessDenied</Code><Message>Request has expired {GOOD}</Message></Error>");
    for (status, class, code) in [
        (403, Class::BadRequest, Some(LINK_REFUSED)),
        (404, Class::BadRequest, Some(LINK_REFUSED)),
        (429, Class::Upstream, None),
        (503, Class::Upstream, None),
        (302, Class::Upstream, None),
    ] {
        let bench = Bench::new(status, quoting.clone()).await;
        let fault = bench.fetch(GOOD).await.unwrap_err();
        assert_eq!((fault.class, fault.code.as_deref(), bench.sent()), (class, code, 1), "{status}");
        assert!(!fault.message.contains("canary"));
    }
}

#[tokio::test]
async fn a_place_that_keeps_failing_is_left_alone_for_a_while() {
    let bench = Bench::new(503, "").await;
    for _ in 0..5 {
        bench.fetch(GOOD).await.unwrap_err();
    }
    let fault = bench.fetch(GOOD).await.unwrap_err();
    assert_eq!((fault.code.as_deref(), bench.sent()), (Some("breaker_open"), 5));
}

/// Keeps what is logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, record: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(record)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn the_link_is_in_no_step_no_log_no_span_and_no_fault() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_writer(log.clone())
        .with_max_level(tracing::Level::TRACE)
        .with_span_events(tracing_subscriber::fmt::format::FmtSpan::FULL)
        .finish();
    let guard = tracing::subscriber::set_default(subscriber);
    let good = Bench::new(200, "[]").await;
    good.fetch(GOOD).await.unwrap();
    let (lapsed, foreign) = (Bench::new(403, "").await, Bench::new(200, "").await);
    let mut told = format!("{:?}", lapsed.fetch(GOOD).await.unwrap_err());
    told += &format!("{:?}", foreign.fetch("https://foreign.example/canary?canary=canary").await.unwrap_err());
    drop(guard);
    for bench in [&good, &lapsed, &foreign] {
        told += &serde_json::to_string(&bench.lane.steps()).unwrap();
        told += &bench.lane.own_fault().unwrap_or_default();
    }
    told += &format!("{:?}", serde_json::from_value::<Link>(json!(GOOD)).unwrap());
    let logged = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(logged.contains("foreign.example") && told.contains("a file by link"), "{logged}\n{told}");
    assert!(!told.contains("canary") && !logged.contains("canary"), "{told}\n{logged}");
}

#[tokio::test]
async fn a_request_goes_to_the_region_of_its_account_and_to_no_other() {
    let bench = Bench::new(200, "{}").await;
    let root = |request: &Request| bench.lane.root(request).map(|root| root.to_string()).ok();
    let of = |id| Request::get("/x").account(&AccountId::new(id));
    assert_eq!(root(&of("1")).as_deref(), Some("https://api.example.com/eu"));
    assert_eq!(root(&Request::get("/x").region("eu")).as_deref(), Some("https://api.example.com/eu"));
    // Of an unknown region, of none, of another connection whatever region is named, and for nobody.
    let nobody = Request::post("/x", &json!({}), Effect::Read).unwrap();
    for request in [of("2"), of("3"), of("4"), of("4").region("eu"), Request::get("/x").region("us"), nobody] {
        assert_eq!(root(&request), None);
        assert!(bench.lane.send(request).await.is_err());
    }
    assert_eq!(bench.sent(), 0);
}
