//! A host somewhere on the internet, for tests: over TLS on this machine, and as odd as it is told to be.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures_util::future::BoxFuture;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::{ServerConfig, crypto::aws_lc_rs, pki_types::PrivateKeyDer};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

use crate::{Egress, Guard, Names};

/// What its certificate says.
pub(crate) const NAME: &str = "client.example";

/// What it does with a request.
#[derive(Clone)]
pub(crate) enum Reply {
    /// Sends this and closes.
    Whole(Vec<u8>),
    /// Sends this and then nothing, for ever.
    Stuck(Vec<u8>),
    /// Sends this and then a space now and then, for ever.
    Drip(Vec<u8>),
}

impl Reply {
    /// A good answer with this JSON, and headers that each end with a line break.
    pub(crate) fn json(headers: &str, body: &str) -> Self {
        let head = format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n{headers}connection: close\r\n\r\n");
        Self::Whole([head.as_bytes(), body.as_bytes()].concat())
    }
}

pub(crate) struct Stranger {
    address: SocketAddr,
    certificate: reqwest::Certificate,
    connections: Arc<AtomicUsize>,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Stranger {
    /// Answers every request with the reply of the moment.
    pub(crate) async fn who(reply: impl Fn() -> Reply + Send + Sync + 'static) -> Self {
        let CertifiedKey { cert, signing_key } = generate_simple_self_signed(vec![NAME.to_owned()]).unwrap();
        let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], key)
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stranger = Self {
            address: listener.local_addr().unwrap(),
            certificate: reqwest::Certificate::from_der(cert.der()).unwrap(),
            connections: Arc::default(),
            requests: Arc::default(),
        };
        let (connections, requests) = (stranger.connections.clone(), stranger.requests.clone());
        let (acceptor, reply) = (TlsAcceptor::from(Arc::new(config)), Arc::new(reply));
        tokio::spawn(async move {
            loop {
                let (socket, _) = listener.accept().await.unwrap();
                connections.fetch_add(1, Ordering::SeqCst);
                let (acceptor, reply, requests) = (acceptor.clone(), reply.clone(), requests.clone());
                tokio::spawn(async move {
                    // Whoever does not like the certificate hangs up.
                    let Ok(mut stream) = acceptor.accept(socket).await else { return };
                    let head = head(&mut stream).await;
                    requests.lock().unwrap().push(head);
                    // Whoever has read enough hangs up as well.
                    drop(answer(&mut stream, reply()).await);
                });
            }
        });
        stranger
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// How often somebody has connected.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// The heads of the requests so far.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    /// A guard that finds this host under every name, trusts its certificate, and takes this machine for the internet.
    pub(crate) fn guard(&self) -> Guard {
        let (names, roots) = (Arc::new(Always(vec![self.address])), vec![self.certificate.clone()]);
        // A busy machine is not a slow host.
        let patience = Duration::from_secs(60);
        Guard { names, roots, patience, allowed: |address| address.is_loopback() }
    }

    /// A way out that leads here.
    pub(crate) fn egress(&self) -> Egress {
        Egress::new(self.guard()).unwrap()
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
    String::from_utf8(head).unwrap().to_ascii_lowercase()
}

async fn answer(stream: &mut TlsStream<TcpStream>, reply: Reply) -> std::io::Result<()> {
    match reply {
        Reply::Whole(bytes) => {
            stream.write_all(&bytes).await?;
            stream.shutdown().await
        }
        Reply::Stuck(bytes) => {
            stream.write_all(&bytes).await?;
            stream.flush().await?;
            std::future::pending().await
        }
        Reply::Drip(bytes) => {
            stream.write_all(&bytes).await?;
            let mut beat = tokio::time::interval(Duration::from_millis(20));
            loop {
                beat.tick().await;
                stream.write_all(b" ").await?;
                stream.flush().await?;
            }
        }
    }
}

/// Gives the same addresses for every name.
pub(crate) struct Always(pub(crate) Vec<SocketAddr>);

impl Names for Always {
    fn find<'a>(&'a self, _: &'a str) -> BoxFuture<'a, std::io::Result<Vec<SocketAddr>>> {
        Box::pin(async { Ok(self.0.clone()) })
    }
}
