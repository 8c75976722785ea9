//! AWS KMS for tests: it refuses what KMS refuses, loses keys when told to, and counts what it was asked.

mod answer;

use std::{
    collections::BTreeMap,
    fs::File,
    io::Read as _,
    net::{SocketAddr, TcpListener},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread::JoinHandle,
    time::Duration,
};

use anyhow::{Context as _, Result, anyhow};
use axum::{Router, routing::post};
use tokio::sync::oneshot;

/// What binds a ciphertext.
pub type EncryptionContext = BTreeMap<String, String>;

/// Account and region of its keys.
const PLACE: &str = "arn:aws:kms:eu-central-1:111122223333";

/// How a key is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum KmsKeyState {
    /// It works.
    #[default]
    Enabled,
    /// Somebody has switched it off.
    Disabled,
    /// Somebody has scheduled its deletion.
    PendingDeletion,
    /// It is gone, and with it what it has wrapped.
    Deleted,
}

/// A question that was answered, well or not.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KmsCall {
    /// Such as `Decrypt`.
    pub operation: String,
    /// What the ciphertext is bound to.
    pub context: EncryptionContext,
    /// Name of the refusal, if it was one.
    pub refused: Option<&'static str>,
}

/// A KMS with one key for each name that a test thinks of. It ends when dropped.
///
/// Unlike `moto` it does not decrypt with keys that are disabled or about to be deleted, and it wants the three entries of the
/// encryption context that a key policy of Turnpike's asks for.
pub struct Kms {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    running: Option<(oneshot::Sender<()>, JoinHandle<()>)>,
}

#[derive(Default)]
struct State {
    keys: BTreeMap<String, KmsKeyState>,
    wrapped: BTreeMap<Vec<u8>, Wrapped>,
    calls: Vec<KmsCall>,
    slow: Option<Duration>,
    fails: bool,
}

struct Wrapped {
    key: String,
    context: EncryptionContext,
    plain: Vec<u8>,
}

impl Kms {
    /// Starts one on a free port, with the key `one`.
    pub fn start() -> Result<Self> {
        let mut kms = Self { address: ([127, 0, 0, 1], 0).into(), state: Arc::default(), running: None };
        kms.up()?;
        kms.add_key("one");
        Ok(kms)
    }

    /// As `vault.kms_endpoint` in the settings.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Makes a key; its ARN, as `vault.kms_key` in the settings. `alias/NAME` leads to it too.
    pub fn add_key(&self, name: &str) -> String {
        self.set(name, KmsKeyState::Enabled);
        format!("{PLACE}:key/{name}")
    }

    /// What becomes of a key.
    pub fn set(&self, name: &str, state: KmsKeyState) {
        self.state().keys.insert(name.to_owned(), state);
    }

    /// From now on each answer takes so long; none for no time.
    pub fn slow(&self, by: Option<Duration>) {
        self.state().slow = by;
    }

    /// From now on each answer is that KMS has failed.
    pub fn fail(&self, fails: bool) {
        self.state().fails = fails;
    }

    /// What was asked so far, in order.
    pub fn calls(&self) -> Vec<KmsCall> {
        self.state().calls.clone()
    }

    /// How often that was asked so far.
    pub fn count(&self, operation: &str) -> usize {
        self.state().calls.iter().filter(|call| call.operation == operation).count()
    }

    /// Nobody can connect any more, and connections that were open break.
    pub fn down(&mut self) {
        if let Some((stop, thread)) = self.running.take() {
            stop.send(()).ok();
            thread.join().ok();
        }
    }

    /// It is back at the same place, with all its keys.
    pub fn up(&mut self) -> Result<()> {
        self.down();
        let listener = TcpListener::bind(self.address).context("the port of the fake KMS is taken")?;
        self.address = listener.local_addr()?;
        listener.set_nonblocking(true)?;
        let router = Router::new().fallback(post(answer::answer)).with_state(self.state.clone());
        // A runtime of its own: when it ends, so do all connections.
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::spawn(move || {
            runtime.block_on(async move {
                let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
                let serve = axum::serve(listener, router).into_future();
                tokio::select! {
                    _ = serve => {}
                    _ = stopped => {}
                }
            });
            runtime.shutdown_background();
        });
        self.running = Some((stop, thread));
        Ok(())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

impl Drop for Kms {
    fn drop(&mut self) {
        self.down();
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Bytes that nobody can guess.
fn random() -> Result<[u8; 32]> {
    let mut bytes = [0; 32];
    File::open("/dev/urandom")?.read_exact(&mut bytes).map_err(|error| anyhow!("no randomness: {error}"))?;
    Ok(bytes)
}
