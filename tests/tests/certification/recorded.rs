//! What was recorded of a live vendor is played: the same requests, and the same answer. And what reads can be recorded.

use std::{
    fs,
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use serde_json::Value;
use turnpike_core::{Fault, TenantId};
use turnpike_recording::{Order, Outcome, PATIENCE, Recording, Refusal, record, replay};
use turnpike_sdk::{BoxFuture, Connection, Egress, Integration, Link, Request, Response, Tool};
use turnpike_tests::{
    app::TestApp,
    tour::{tour, writes},
};
use turnpike_upstream::Lane;

use crate::scene::{certified, folder, start_unlimited};

#[tokio::test]
async fn what_was_recorded_of_a_vendor_is_asked_and_answered_as_then() {
    for integration in certified() {
        let name = integration.manifest.name;
        let entries = fs::read_dir(folder(name).join("tests/recorded")).into_iter().flatten();
        let files = entries.map(|entry| entry.unwrap().path()).filter(|path| path.extension() == Some("json".as_ref()));
        let mut played = 0;
        for file in files {
            let recording: Recording = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
            replay(&integration, &recording)
                .await
                .unwrap_or_else(|difference| panic!("{}: {difference}", file.display()));
            check_shape(&integration, &recording);
            played += 1;
        }
        println!("{name}: {played} recordings played");
    }
}

#[tokio::test]
async fn whatever_reads_can_be_recorded_without_what_it_read() {
    let app = start_unlimited().await;
    let tenant = app.tenant(TENANT).await;
    let mut wrong = vec![];
    for integration in certified() {
        let name = integration.manifest.name;
        let (mut recorded, mut silent) = (0, 0);
        for stop in tour(&integration, &tenant.agent).await {
            let kit = integration.find_tool(stop.tool).is_none();
            if kit || writes(&integration, stop.tool) {
                continue;
            }
            let witness = witness(&app, tenant.id, name).await;
            let arguments = stop.arguments.as_object().unwrap().clone();
            let (tool, connection) = (stop.tool.to_owned(), witness.connection.clone());
            let words = fs::read_to_string(folder(name).join("tests/recorded/words.txt")).unwrap_or_default();
            let words: Vec<_> = words.lines().map(str::to_owned).collect();
            let order = Order { tool, arguments, connection, tenant_name: TENANT.into(), words: words.clone() };
            match record(&integration, order, witness.clone(), app.operator.ambient.clone()).await {
                Ok(recording) => {
                    check_shape(&integration, &recording);
                    wrong.extend(
                        witness.find_left_over(&recording, &words).map(|left| format!("{name} {}: {left}", stop.tool)),
                    );
                    recorded += 1;
                }
                Err(Refusal::NothingSent) => silent += 1,
                Err(refusal) => wrong.push(format!("{name} {}: {refusal}", stop.tool)),
            }
        }
        println!("{name}: {recorded} calls recorded, {silent} ask the vendor nothing");
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

const TENANT: &str = "Bright Lantern Works";

/// The way out of a call, which remembers the bodies that came in.
struct Witness {
    lane: Lane,
    connection: Arc<Connection>,
    bodies: Mutex<Vec<Bytes>>,
}

async fn witness(app: &TestApp, tenant: TenantId, name: &str) -> Arc<Witness> {
    let row = app.store().tenant(tenant).find_connection(name).await.unwrap().unwrap();
    let accounts = serde_json::from_str(&row.accounts_json).unwrap();
    let connection = Connection { id: row.id, tenant, integration: name.into(), sandbox: row.sandbox, accounts };
    let connection = Arc::new(connection);
    let deadline = app.operator.ambient.now().plus(PATIENCE);
    let lane = app.operator.upstream.lane(connection.clone(), deadline).unwrap();
    Arc::new(Witness { lane, connection, bodies: Mutex::default() })
}

impl Witness {
    /// What the vendor sent and what is a client's beyond doubt: a text of several words, and whatever has seven digits.
    fn find_left_over(&self, recording: &Recording, words: &[String]) -> Option<String> {
        let mut texts = vec![];
        let accounts = serde_json::to_value(&self.connection.accounts).unwrap();
        let bodies = self.bodies.lock().unwrap();
        let bodies = bodies.iter().filter_map(|body| serde_json::from_slice(body).ok());
        bodies.chain([accounts]).for_each(|body: Value| add_texts(&mut texts, &body));
        let (mut kept, mut own) = (vec![], vec![]);
        add_texts(&mut kept, &serde_json::to_value(recording).unwrap());
        // What the tool calls its question is no client's.
        add_texts(&mut own, &recording.exchanges[0].request["json"]["name"]);
        let is_known = |text: &String| words.iter().chain(&own).any(|word| word.eq_ignore_ascii_case(text));
        texts.into_iter().find(|text| is_of_a_client(text) && !is_known(text) && kept.contains(text))
    }
}

impl Egress for Witness {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, Fault>> {
        Box::pin(async move {
            let response = self.lane.send(request).await?;
            self.bodies.lock().unwrap().push(response.body.clone());
            Ok(response)
        })
    }

    fn download<'a>(&'a self, link: &'a Link) -> BoxFuture<'a, Result<Bytes, Fault>> {
        Box::pin(async move {
            let file = self.lane.download(link).await?;
            self.bodies.lock().unwrap().push(file.clone());
            Ok(file)
        })
    }

    fn warn(&self, _: &str) {}

    fn time_left(&self) -> Duration {
        self.lane.time_left()
    }

    fn pause(&self, pause: Duration) -> BoxFuture<'_, ()> {
        self.lane.pause(pause)
    }
}

fn add_texts(texts: &mut Vec<String>, value: &Value) {
    match value {
        Value::String(text) => texts.push(text.clone()),
        Value::Number(number) => texts.push(number.to_string()),
        Value::Array(items) => items.iter().for_each(|item| add_texts(texts, item)),
        Value::Object(fields) => fields.iter().for_each(|(name, value)| {
            texts.push(name.clone());
            add_texts(texts, value);
        }),
        Value::Null | Value::Bool(_) => {}
    }
}

fn is_of_a_client(text: &str) -> bool {
    let is_day = text.len() > 9 && text.as_bytes()[4] == b'-' && text.as_bytes()[7] == b'-' && text.starts_with("20");
    !is_day && (text.contains(' ') || text.bytes().filter(u8::is_ascii_digit).count() > 6)
}

fn check_shape(integration: &Integration, recording: &Recording) {
    let Outcome::Answer(answer) = &recording.outcome else { return };
    let Tool { output_schema, .. } = integration.find_tool(&recording.tool).unwrap();
    let validator = jsonschema::validator_for(&Value::Object(output_schema.clone())).unwrap();
    let problems: Vec<_> = validator.iter_errors(answer).map(|error| error.to_string()).collect();
    assert!(problems.is_empty(), "{} {}: {problems:?}", recording.integration, recording.tool);
}
