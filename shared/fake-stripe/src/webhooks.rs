//! Webhooks: signed, and delivered when and as badly as a test wants it.

use std::{collections::VecDeque, time::Duration};

use aws_lc_rs::hmac;
use serde_json::{Value, json};

use crate::{FakeStripe, usage::reports, world::lock};

/// For how long a receiver may work before it counts as gone.
const PATIENCE: Duration = Duration::from_secs(30);

/// How events are delivered; the default is once each, in order, at once.
#[derive(Debug, Clone, Default)]
pub struct Delivery {
    /// Each comes twice.
    pub duplicate: bool,
    /// They come in another order, which this number decides.
    pub shuffle_seed: Option<u64>,
    /// Each event of this number is lost: with 3 the third, the sixth, ….
    pub drop_every: Option<usize>,
    /// Events of the last so many seconds wait for the next delivery.
    pub delay: i64,
    /// A second secret that signs too, as while secrets are changed.
    pub second_secret: Option<String>,
    /// The moment that the signature names, where it is not the clock's.
    pub signed_at: Option<i64>,
    /// The body is changed after it was signed.
    pub alter_body: bool,
}

/// Where events go to.
#[derive(Debug, Clone)]
pub(crate) struct Endpoint {
    url: String,
    secret: String,
    api_version: String,
}

/// The value of the header `stripe-signature` for a body that is sent at `t`, in seconds since 1970.
pub fn sign(secret: &str, t: i64, body: &str) -> String {
    format!("t={t},v1={}", signature(secret, t, body))
}

fn signature(secret: &str, t: i64, body: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let tag = hmac::sign(&key, format!("{t}.{body}").as_bytes());
    tag.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

impl FakeStripe {
    /// Sends events to an address, signed with a secret; snapshots claim to be of `api_version`.
    pub fn send_webhooks_to(&self, url: &str, secret: &str, api_version: &str) {
        let endpoint = Endpoint { url: url.to_owned(), secret: secret.to_owned(), api_version: api_version.to_owned() };
        lock(&self.world).endpoints.push(endpoint);
    }

    /// Delivers what waits, and says how many deliveries were accepted with 2xx. What was not accepted waits on.
    pub async fn deliver(&self, how: Delivery) -> usize {
        let (endpoints, events, now) = {
            let mut world = lock(&self.world);
            let until = world.now - how.delay;
            let events: Vec<_> = world.accounts.iter_mut().flat_map(|account| account.waiting(until)).collect();
            (world.endpoints.clone(), events, world.now)
        };
        let client = reqwest::Client::new();
        let (mut accepted, mut refused) = (0, Vec::new());
        for event in arranged(events, &how) {
            for endpoint in &endpoints {
                let body = rendered(&event, endpoint);
                let signature = how.header(endpoint, now, &body);
                let body = if how.alter_body { body.replacen('{', "{ ", 1) } else { body };
                let request = client.post(&endpoint.url).timeout(PATIENCE).header("stripe-signature", signature);
                let answer = request.header("content-type", "application/json; charset=utf-8").body(body).send().await;
                if answer.is_ok_and(|answer| answer.status().is_success()) {
                    accepted += 1;
                } else if !refused.contains(&event) {
                    refused.push(event.clone());
                }
            }
        }
        lock(&self.world).wait_again(refused);
        accepted
    }
}

impl Delivery {
    fn header(&self, endpoint: &Endpoint, now: i64, body: &str) -> String {
        let t = self.signed_at.unwrap_or(now);
        let header = sign(&endpoint.secret, t, body);
        match &self.second_secret {
            Some(secret) => format!("{header},v1={}", signature(secret, t, body)),
            None => header,
        }
    }
}

/// Lost, doubled and shuffled as wanted.
fn arranged(events: Vec<Value>, how: &Delivery) -> Vec<Value> {
    let lost = |index: usize| how.drop_every.is_some_and(|every| (index + 1).is_multiple_of(every));
    let kept = events.into_iter().enumerate().filter(|(index, _)| !lost(*index)).map(|(_, event)| event);
    let times = if how.duplicate { 2 } else { 1 };
    let mut arranged: Vec<Value> = kept.flat_map(|event| vec![event; times]).collect();
    if let Some(seed) = how.shuffle_seed {
        shuffle(&mut arranged, seed);
    }
    arranged
}

/// Fisher and Yates, with numbers by a linear congruence: the same for the same seed.
fn shuffle(events: &mut [Value], seed: u64) {
    let mut number = seed;
    for last in (1..events.len()).rev() {
        number = number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let place = usize::try_from((number >> 33) % (last as u64 + 1)).unwrap_or_default();
        events.swap(last, place);
    }
}

fn rendered(event: &Value, endpoint: &Endpoint) -> String {
    if event["object"] == "v2.core.event" {
        return reports::thin(event).to_string();
    }
    let mut event = event.clone();
    event["api_version"] = json!(endpoint.api_version);
    event.to_string()
}

impl crate::account::Account {
    /// Takes out the events that wait, up to a moment.
    fn waiting(&mut self, until: i64) -> Vec<Value> {
        let (due, later): (VecDeque<_>, VecDeque<_>) = self.queue.drain(..).partition(|(at, _)| *at <= until);
        self.queue = later;
        due.into_iter().map(|(_, event)| event).collect()
    }
}

impl crate::world::World {
    fn wait_again(&mut self, events: Vec<Value>) {
        for event in events {
            let name = event["account"].as_str().or(event["context"].as_str()).map(str::to_owned);
            if let Ok(account) = self.account(name.as_deref()) {
                let at = account.now;
                account.queue.push_back((at, event));
            }
        }
    }
}
