//! The hosts of clients, on this machine: over TLS, under their own names, with what each says at each of its URLs.

use std::{
    collections::BTreeMap,
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex},
    time::Duration,
};

use futures_util::future::BoxFuture;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::{ServerConfig, crypto::aws_lc_rs, pki_types::PrivateKeyDer};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};
use turnpike_oauth::{Egress, Guard, Names, is_public};
use url::Url;

/// A name that leads into a private network.
pub const INSIDE: &str = "inside.example";

/// What is said at which URL: whole HTTP answers.
type Answers = Arc<Mutex<BTreeMap<String, Vec<u8>>>>;

/// The hosts.
pub struct Strangers {
    address: SocketAddr,
    certificate: reqwest::Certificate,
    answers: Answers,
}

impl Strangers {
    /// Hosts of these names.
    pub async fn named(names: &[&str]) -> Self {
        let names: Vec<_> = names.iter().chain(&[INSIDE]).map(|name| (*name).to_owned()).collect();
        let CertifiedKey { cert, signing_key } = generate_simple_self_signed(names).unwrap();
        let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], key)
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, answers) = (listener.local_addr().unwrap(), Answers::default());
        let (acceptor, known) = (TlsAcceptor::from(Arc::new(config)), answers.clone());
        tokio::spawn(async move {
            loop {
                let (socket, _) = listener.accept().await.unwrap();
                tokio::spawn(answer(acceptor.clone(), socket, known.clone()));
            }
        });
        Self { address, certificate: reqwest::Certificate::from_der(cert.der()).unwrap(), answers }
    }

    /// From now on this document stands at this URL.
    pub fn publish(&self, url: &str, document: &Value) {
        self.say(url, "200 OK\r\ncontent-type: application/json", document.to_string().as_bytes());
    }

    /// From now on this is said at this URL: status and headers, then a body.
    pub fn say(&self, url: &str, head: &str, body: &[u8]) {
        let head = format!("HTTP/1.1 {head}\r\nconnection: close\r\n\r\n");
        self.answers.lock().unwrap().insert(url.to_owned(), [head.as_bytes(), body].concat());
    }

    /// A way out that finds every name here, and [`INSIDE`] in a private network.
    pub fn egress(&self) -> Egress {
        let names = Arc::new(Found(self.address));
        // This machine is taken for the internet, and a busy one is not a slow host.
        let allowed = |address: IpAddr| address.is_loopback() || is_public(address);
        let guard = Guard { names, allowed, roots: vec![self.certificate.clone()], patience: Duration::from_secs(60) };
        Egress::new(guard).unwrap()
    }
}

struct Found(SocketAddr);

impl Names for Found {
    fn find<'a>(&'a self, name: &'a str) -> BoxFuture<'a, std::io::Result<Vec<SocketAddr>>> {
        let private = SocketAddr::from(([10, 0, 0, 7], 443));
        Box::pin(async move { Ok(vec![if name == INSIDE { private } else { self.0 }]) })
    }
}

/// Reads a request, and says what stands at its URL. Whoever does not like the certificate, or has read enough, hangs up.
async fn answer(acceptor: TlsAcceptor, socket: TcpStream, answers: Answers) {
    let Ok(mut stream) = acceptor.accept(socket).await else { return };
    let head = head(&mut stream).await;
    let path = head.split(' ').nth(1).unwrap_or_default();
    let host = head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("host: ").map(str::to_owned));
    let url = Url::parse(&format!("https://{}{path}", host.unwrap_or_default())).map(String::from).unwrap_or_default();
    let found = answers.lock().unwrap().get(&url).cloned();
    let bytes = found.unwrap_or_else(|| b"HTTP/1.1 404 Not Found\r\nconnection: close\r\n\r\n".to_vec());
    if stream.write_all(&bytes).await.is_ok() {
        stream.shutdown().await.ok();
    }
}

async fn head(stream: &mut TlsStream<TcpStream>) -> String {
    let mut head = vec![];
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => break,
        }
    }
    String::from_utf8(head).unwrap()
}
