//! Records a call: once with the vendor, and once more on what is left when the client's data is replaced.

use std::{collections::VecDeque, sync::Arc};

use serde_json::{Map, Value, json};
use turnpike_core::{Ambient, Class, Handles};
use turnpike_sdk::{Access, Account, Connection, Egress, Integration, ToolError};

use crate::{
    call::{Stage, call, fault_of},
    fixture::{Exchange, FORMAT, Outcome, Recording},
    leaks::{Leak, find_leak},
    play::Player,
    recorder::Recorder,
    replay::{Difference, play, replay},
    scrub::{Place, Scrubber, Vocabulary},
};

/// The largest recording that is of use to people who read it.
const LARGEST: usize = 1 << 20;

/// What is recorded.
pub struct Order {
    /// The tool.
    pub tool: String,
    /// Its arguments.
    pub arguments: Map<String, Value>,
    /// Whose connection answers.
    pub connection: Arc<Connection>,
    /// What the tenant is called, which must not stand in a recording.
    pub tenant_name: String,
    /// Texts that are the vendor's and may stay, where no rule of ours knows it.
    pub words: Vec<String>,
}

/// Why there is no recording.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The tool may change something, or is none of the integration's own.
    #[error(
        "{0} is not a tool of the integration that only reads: what it does to a client's account would be done for a test"
    )]
    NotARead(String),
    /// The tool did not get its answer, for a reason that would not be the same tomorrow.
    #[error("the call failed: {0}")]
    Failed(ToolError),
    /// Nothing was asked of the vendor.
    #[error("the tool answered without asking the vendor anything: there is nothing to record")]
    NothingSent,
    /// With the data replaced the tool goes another way.
    #[error(
        "once the client's data is replaced the tool goes another way ({0}); a text that is the vendor's and was replaced \
         can be kept: add it as a line to tests/recorded/words.txt of the integration"
    )]
    NotAlike(Difference),
    /// Something of the client is left.
    #[error("{0}")]
    Leak(Leak),
    /// It is too long for people to read.
    #[error("the recording has {0} bytes, and more than {LARGEST} are too many to be read: ask for fewer rows or days")]
    TooLarge(usize),
    /// The recording cannot be written as JSON.
    #[error("the recording cannot be written: {0}")]
    Unwritable(#[from] serde_json::Error),
}

/// Refuses a tool that may change something, before anything is made of its call.
pub fn check_reads(integration: &Integration, tool: &str) -> Result<(), Refusal> {
    let reads = integration.find_tool(tool).is_some_and(|tool| tool.spec.access == Access::Read);
    if reads { Ok(()) } else { Err(Refusal::NotARead(tool.into())) }
}

/// Makes the call on this way out and gives the recording of it.
pub async fn record(
    integration: &Integration,
    order: Order,
    out: Arc<dyn Egress>,
    ambient: Ambient,
) -> Result<Recording, Refusal> {
    let Order { tool, arguments, connection, tenant_name, words } = order;
    check_reads(integration, &tool)?;
    let now = ambient.now();
    let recorder = Arc::new(Recorder::before(out));
    let stage = Stage {
        now,
        version: integration.manifest.version.version.into(),
        connection: connection.clone(),
        egress: recorder.clone(),
        handles: Handles::new(&ambient.bytes(), ambient.clone()),
    };
    let came = call(integration, &tool, arguments.clone(), stage).await;
    if let Err(error) = came
        && !is_lasting(&error)
    {
        return Err(Refusal::Failed(error));
    }
    let exchanges = recorder.exchanges();
    if exchanges.is_empty() {
        return Err(Refusal::NothingSent);
    }

    let question = json!([arguments, connection.accounts]);
    let mut scrubber = Scrubber::of(Vocabulary::of(integration, &words), &question, &exchanges, ambient);
    let clean_arguments = scrubber.arguments(&arguments);
    let accounts = connection.accounts.iter().map(|account| clean_account(&mut scrubber, account));
    let accounts = accounts.collect::<Result<_, _>>()?;
    let exchanges = exchanges.into_iter().map(|exchange| scrubber.exchange(exchange)).collect();
    let mut recording = Recording {
        format: FORMAT.into(),
        integration: integration.manifest.name.into(),
        version: integration.manifest.version.version.into(),
        server_version: integration.manifest.server_version.into(),
        tool,
        clock: now,
        arguments: clean_arguments,
        accounts,
        exchanges,
        outcome: Outcome::Answer(Value::Null),
    };

    let scrubber = Arc::new(scrubber);
    let alike = scrubber.clone();
    let pick = move |left: &VecDeque<Exchange>, asked: &Value| {
        left.iter().position(|exchange| alike.is_same(&exchange.request, asked))
    };
    let player = Player::new(std::mem::take(&mut recording.exchanges), integration.classify, now, Box::new(pick));
    let (outcome, exchanges) = play(integration, &recording, player).await.map_err(Refusal::NotAlike)?;
    recording = Recording { outcome, exchanges, ..recording };
    check(integration, &recording, &connection.accounts, tenant_name, &scrubber).await?;
    Ok(recording)
}

/// Whether the same call will fail in the same way: the vendor does not do what was asked, or not for this client.
fn is_lasting(error: &ToolError) -> bool {
    fault_of(error).is_some_and(|fault| matches!(fault.class, Class::BadRequest | Class::Permission))
}

fn clean_account(scrubber: &mut Scrubber, account: &Account) -> Result<Account, serde_json::Error> {
    let clean = scrubber.value(Place::NOWHERE, &serde_json::to_value(account)?);
    // The region is the manifest's word.
    Ok(Account { region: account.region.clone(), ..serde_json::from_value(clean)? })
}

/// As it will be read it must play, and hold nothing of the client.
async fn check(
    integration: &Integration,
    recording: &Recording,
    accounts: &[Account],
    tenant_name: String,
    scrubber: &Scrubber,
) -> Result<(), Refusal> {
    let text = recording.to_text()?;
    if text.len() > LARGEST {
        return Err(Refusal::TooLarge(text.len()));
    }
    replay(integration, &serde_json::from_str(&text)?).await.map_err(Refusal::NotAlike)?;
    let names = accounts.iter().flat_map(|account| [account.id.to_string(), account.name.clone()]);
    let names: Vec<_> = names.chain([tenant_name]).collect();
    find_leak(&serde_json::from_str(&text)?, &names, scrubber).map_or(Ok(()), |leak| Err(Refusal::Leak(leak)))
}
