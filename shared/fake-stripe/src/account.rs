//! One account of Stripe: the platform's own, or a connected one. Nothing of one is seen by another.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde_json::{Value, json};

use crate::{billing::parts::Part, idempotency::Answers, refusal::Refusal, settings::Settings, usage::MeterEvent};

/// The version that objects are rendered in: async-stripe's.
pub(crate) const API_VERSION: &str = "2026-09-30.endive";

/// Everything an account holds.
#[derive(Debug, Clone)]
pub(crate) struct Account {
    /// None is the platform's own.
    pub(crate) name: Option<String>,
    /// The account's place among all, so that ids differ between accounts.
    place: usize,
    /// Seconds since 1970.
    pub(crate) now: i64,
    last_id: u64,
    objects: BTreeMap<String, Value>,
    pub(crate) meter_events: Vec<MeterEvent>,
    pub(crate) answers: Answers,
    /// Every event there was, in order.
    pub(crate) events: Vec<Value>,
    /// Those that wait for delivery, with when they happened.
    pub(crate) queue: VecDeque<(i64, Value)>,
    /// What the lines of invoices come from.
    pub(crate) parts: BTreeMap<String, Vec<Part>>,
    /// What subscriptions have left for their next invoice.
    pub(crate) leftover: BTreeMap<String, Vec<Part>>,
    /// Subscriptions whose trial's end was announced.
    pub(crate) reminded: BTreeSet<String>,
    /// What is left of credit grants, in coins.
    pub(crate) credit_left: BTreeMap<String, i64>,
    /// Where the hosted pages are.
    pub(crate) url: String,
    pub(crate) settings: Settings,
}

impl Account {
    pub(crate) fn new(name: Option<String>, place: usize, now: i64) -> Self {
        Self {
            name,
            place,
            now,
            last_id: 0,
            objects: BTreeMap::new(),
            meter_events: Vec::new(),
            answers: Answers::default(),
            events: Vec::new(),
            queue: VecDeque::new(),
            parts: BTreeMap::new(),
            leftover: BTreeMap::new(),
            reminded: BTreeSet::new(),
            credit_left: BTreeMap::new(),
            url: String::new(),
            settings: Settings::default(),
        }
    }

    /// An id that sorts by age.
    pub(crate) fn id(&mut self, prefix: &str) -> String {
        self.last_id += 1;
        format!("{prefix}_{}fake{:010}", self.place, self.last_id)
    }

    /// Stores an object under its id, and gives it back.
    pub(crate) fn put(&mut self, object: Value) -> Value {
        if let Some(id) = object["id"].as_str() {
            self.objects.insert(id.to_owned(), object.clone());
        }
        object
    }

    pub(crate) fn remove(&mut self, id: &str) {
        self.objects.remove(id);
    }

    pub(crate) fn object(&self, id: &str) -> Option<&Value> {
        self.objects.get(id)
    }

    pub(crate) fn find(&self, kind: &str, id: &str) -> Option<&Value> {
        self.objects.get(id).filter(|object| object["object"] == kind)
    }

    /// An object of a kind, or 404. The message names the kind without the name of its area.
    pub(crate) fn get(&self, kind: &str, id: &str) -> Result<&Value, Refusal> {
        let short = kind.rsplit('.').next().unwrap_or(kind);
        self.find(kind, id).ok_or_else(|| Refusal::no_such(short, id))
    }

    pub(crate) fn get_mut(&mut self, kind: &str, id: &str) -> Result<&mut Value, Refusal> {
        self.get(kind, id)?;
        self.objects.get_mut(id).ok_or_else(|| Refusal::no_such(kind, id))
    }

    /// All of a kind, the oldest first.
    pub(crate) fn all(&self, kind: &str) -> Vec<Value> {
        let mut found: Vec<Value> = self.objects.values().filter(|object| object["object"] == kind).cloned().collect();
        found.sort_by_key(|object| object["created"].as_i64());
        found
    }

    /// Notes an event that carries an object as it now is.
    pub(crate) fn emit(&mut self, kind: &str, object: &Value) {
        self.emit_change(kind, object, None);
    }

    /// Notes an event of a change, with what the changed fields held before.
    pub(crate) fn emit_change(&mut self, kind: &str, object: &Value, previous: Option<Value>) {
        let id = self.id("evt");
        let mut event = json!({
            "id": id, "object": "event", "api_version": API_VERSION, "created": self.now,
            "data": { "object": object }, "livemode": false, "pending_webhooks": 1,
            "request": { "id": null, "idempotency_key": null }, "type": kind,
        });
        if let Some(previous) = previous {
            event["data"]["previous_attributes"] = previous;
        }
        if let Some(account) = &self.name {
            event["account"] = json!(account);
        }
        self.push(event);
    }

    pub(crate) fn push(&mut self, event: Value) {
        self.queue.push_back((self.now, event.clone()));
        self.events.push(event);
    }
}

/// Takes over the fields that were sent, and no others; an empty text unsets one.
pub(crate) fn take_over(object: &mut Value, form: &crate::form::Form, fields: &[&str]) {
    for field in fields {
        if form.has(field) {
            object[*field] = form.value(field);
        }
    }
}

/// Metadata are merged, and an empty value removes one.
pub(crate) fn merge_metadata(object: &mut Value, form: &crate::form::Form) {
    let sent = form.map("metadata");
    let (Some(held), Some(sent)) = (object["metadata"].as_object_mut(), sent.as_object()) else { return };
    for (name, value) in sent {
        if value == "" {
            held.remove(name);
        } else {
            held.insert(name.clone(), value.clone());
        }
    }
}
