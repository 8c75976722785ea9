//! Clients that call a server without pause until it is killed, and remember what they were answered.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use serde_json::{Value, json};
use tokio::{sync::Notify, task::JoinSet, time::timeout};
use turnpike_core::{CallId, PreviewId};

use super::{Answer, Caller, PATIENCE, Server};

/// Clients that read, and clients that each change a campaign of their own.
const READERS: u64 = 5;
const WRITERS: u64 = 3;
/// The sandbox's account reached directly, and the number before its first campaign.
const ACCOUNT: &str = "2000000005";
const CAMPAIGNS: u64 = 5_000_000;

/// What clients were answered, and what they were not.
#[derive(Default)]
pub struct Memory {
    /// The calls whose answers were received whole.
    pub answered: Vec<CallId>,
    /// The changes that were answered as applied.
    pub applied: Vec<PreviewId>,
    /// The arguments of the confirmations that were sent and not answered.
    pub cut_off: Vec<Value>,
}

/// Clients at work.
pub struct Load {
    clients: JoinSet<Memory>,
    stage: Arc<Stage>,
}

/// What the clients have in common.
#[derive(Default)]
struct Stage {
    killed: AtomicBool,
    answered: Notify,
}

impl Load {
    /// Lets clients call the server; returns when the first of them is answered.
    pub async fn begin(caller: &Caller) -> Self {
        let (mut clients, stage) = (JoinSet::new(), Arc::new(Stage::default()));
        for number in 1..=READERS + WRITERS {
            let (caller, stage) = (caller.clone(), stage.clone());
            clients.spawn(async move {
                if number <= WRITERS {
                    change(&caller, &stage, CAMPAIGNS + number).await
                } else {
                    read(&caller, &stage).await
                }
            });
        }
        timeout(PATIENCE, stage.answered.notified()).await.expect("no call is answered");
        Self { clients, stage }
    }

    /// Kills the server while they call it.
    pub async fn kill(self, server: Server) -> Memory {
        self.stage.killed.store(true, Ordering::SeqCst);
        server.kill();
        let mut all = Memory::default();
        self.clients.join_all().await.into_iter().for_each(|memory| all.absorb(memory));
        all
    }
}

impl Memory {
    /// Remembers what another remembers too.
    pub fn absorb(&mut self, other: Self) {
        self.answered.extend(other.answered);
        self.applied.extend(other.applied);
        self.cut_off.extend(other.cut_off);
    }
}

impl Stage {
    /// The answer, or nothing when the server was killed over it.
    fn heard(&self, answer: Result<Answer, reqwest::Error>) -> Option<Answer> {
        let killed = self.killed.load(Ordering::SeqCst);
        let answer =
            answer.inspect_err(|error| assert!(killed, "the server breaks off a call by itself: {error}")).ok()?;
        assert_eq!(answer.class(), None, "{}", answer.text());
        self.answered.notify_one();
        Some(answer)
    }
}

async fn read(caller: &Caller, stage: &Stage) -> Memory {
    let mut memory = Memory::default();
    while let Some(answer) = stage.heard(caller.list_accounts().await) {
        memory.answered.push(answer.call_id());
    }
    memory
}

/// Pauses and enables a campaign in turn, each time with preview and confirmation.
async fn change(caller: &Caller, stage: &Stage, campaign: u64) -> Memory {
    let mut memory = Memory::default();
    for status in ["PAUSED", "ENABLED"].into_iter().cycle() {
        let ids = [campaign.to_string()];
        let mut change = json!({ "account_id": ACCOUNT, "level": "campaign", "ids": ids, "status": status });
        let Some(preview) = stage.heard(caller.call("set_status", &change).await) else { break };
        memory.answered.push(preview.call_id());
        let Some(id) = preview.field("preview_id") else { continue };
        change["preview_id"] = id.into();
        let Some(applied) = stage.heard(caller.call("set_status", &change).await) else {
            memory.cut_off.push(change);
            break;
        };
        memory.answered.push(applied.call_id());
        memory.applied.push(applied.field("change_id").expect("an applied change has an id").parse().unwrap());
    }
    memory
}
