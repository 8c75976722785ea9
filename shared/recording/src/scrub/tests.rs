//! What stays, what goes, and that the same stands for the same.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::{Value, json};
use turnpike_core::{Entropy, ManualClock, Timestamp};

use super::*;
use crate::leaks::find_leak;

fn of_answer(answer: &Value, seed: u64) -> (Scrubber, Value) {
    let ambient = Ambient::new(Arc::new(ManualClock::at(Timestamp::from_micros(0))), Entropy::seeded(seed));
    let content = Content::Json(answer.clone());
    let told = Told::Response { status: 200, headers: BTreeMap::new(), content };
    let exchange = Exchange { request: json!({ "path": "/v1/things" }), told };
    let question = json!({});
    let mut scrubber = Scrubber::of(Vocabulary::default(), &question, std::slice::from_ref(&exchange), ambient);
    let Told::Response { content: Content::Json(clean), .. } = scrubber.exchange(exchange).told else { panic!("JSON") };
    (scrubber, clean)
}

fn thing() -> Value {
    json!({
        "id": 1234567890_u64,
        "resourceName": "customers/1234567890/things/77",
        "name": "Acme Shoes 2026-11-01",
        "status": "IN_REVIEW",
        "createdOn": "2026-11-01T08:00:00Z",
        "timeZone": "Europe/Berlin",
        "cost": 12.75,
        "share": 0.5,
        "enabled": true,
        "page": "00000001-0000-4000-8000-0000000000ab",
        "again": "00000001000040008000000000000ab0",
        "link": "https://files.example/acme?signature=1",
        "properties": { "Launch": { "type": "select" } },
        "sorted": ["Launch", "acme", 4000001, 4000002, 4000003],
    })
}

#[test]
fn all_goes_that_no_rule_keeps_and_the_same_stands_for_the_same() {
    for seed in 0..20 {
        let (_, clean) = of_answer(&thing(), seed);
        let text = |name: &str| clean[name].as_str().unwrap().to_owned();
        for kept in ["status", "createdOn", "timeZone", "enabled"] {
            assert_eq!(clean[kept], thing()[kept]);
        }
        let id = clean["id"].to_string();
        assert!(id != "1234567890" && id.len() == 10);
        assert!(text("resourceName").starts_with(&format!("customers/{id}/things/")), "{clean}");
        let name = text("name");
        assert!(name.ends_with(" 2026-11-01") && !name.contains("Acme") && !name.contains("Shoes"), "{name}");
        assert!(name.starts_with(|first: char| first.is_ascii_uppercase()), "{name}");
        assert_eq!(clean["sorted"][1], name.split(' ').next().unwrap().to_ascii_lowercase());
        assert!(clean["properties"].get(clean["sorted"][0].as_str().unwrap()).is_some(), "{clean}");
        assert!(clean["cost"].as_f64().is_some_and(|cost| (10.0..100.0).contains(&cost)), "{clean}");
        assert_eq!((text("page").len(), text("again").len()), (36, 32));
        assert_eq!(text("link"), "https://link.example/1");
        let number = |at: usize| clean["sorted"][at].as_u64().unwrap();
        assert!(number(2) < number(3) && number(3) < number(4), "{clean}");
    }
}

#[test]
fn what_is_left_of_a_client_is_found_and_not_repeated() {
    let (scrubber, clean) = of_answer(&thing(), 1);
    let names = ["Acme".to_owned()];
    assert_eq!(find_leak(&clean, &names, &scrubber), None);
    for (left, what) in [
        (json!({ "note": "for Acme only" }), "/note has a name or an id of the client"),
        (json!({ "x": { "Acme": 1 } }), "the name of a field in /x has a name or an id of the client"),
        (json!([{ "path": "/v1/1234567890" }]), "/0/path has an id that was replaced elsewhere"),
        (json!([1234567890_u64]), "/0 has an id that was replaced elsewhere"),
        (json!({ "name": "Acme Shoes 2026-11-01" }), "/name has a text that was replaced elsewhere"),
        (json!({ "header": "Bearer abcdefghijklmnop" }), "/header has what has the shape of a secret"),
    ] {
        let names = if what.contains("client") { &names[..] } else { &[] };
        assert_eq!(find_leak(&left, names, &scrubber).map(|leak| leak.to_string()).as_deref(), Some(what));
    }
}
