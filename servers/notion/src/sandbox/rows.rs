//! The tables of the simulated workspace and their rows: tasks with a property of each kind, clients, leads.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{
    value::{option, property, run, schema, text},
    world::{PERSON, Page, Source, id, minute},
};

/// Rows of Tasks and of Clients.
const TASKS: usize = 60;
const CLIENTS: usize = 8;
const STATUSES: [&str; 3] = ["Not started", "In progress", "Done"];
const PRIORITIES: [&str; 3] = ["Low", "Medium", "High"];
const TAGS: [&str; 4] = ["site", "shop", "mail", "print"];

pub(super) fn tasks() -> Source {
    let columns = [
        ("Name", "title", &[][..]),
        ("Status", "status", &STATUSES[..]),
        ("Priority", "select", &PRIORITIES[..]),
        ("Tags", "multi_select", &TAGS[..]),
        ("Due", "date", &[]),
        ("Estimate", "number", &[]),
        ("Billable", "checkbox", &[]),
        ("Link", "url", &[]),
        ("Notes", "rich_text", &[]),
        ("Owner", "people", &[]),
        ("Contact", "email", &[]),
        ("Ref", "unique_id", &[]),
        ("Twice", "formula", &[]),
        ("Created", "created_time", &[]),
        ("Files", "files", &[]),
        ("Client", "relation", &[]),
    ];
    let description = "What is to be done.";
    let properties = columns.into_iter().map(|(name, kind, options)| (name.to_owned(), schema(name, kind, options)));
    Source {
        id: id(0xd, 1),
        database: id(0xe, 1),
        title: "Tasks",
        description,
        properties: properties.collect(),
        edited: minute(3_000),
    }
}

pub(super) fn clients() -> Source {
    small(2, "Clients")
}

/// Beside Clients in one database.
pub(super) fn leads() -> Source {
    small(3, "Leads")
}

fn small(number: usize, title: &'static str) -> Source {
    let columns = [("Company", "title", &[][..]), ("Stage", "select", &["Lead", "Won"][..])];
    let properties = columns.into_iter().map(|(name, kind, options)| (name.to_owned(), schema(name, kind, options)));
    let edited = minute(3_000 + number);
    Source {
        id: id(0xd, number),
        database: id(0xe, 2),
        title,
        description: "",
        properties: properties.collect(),
        edited,
    }
}

pub(super) fn task_pages() -> impl Iterator<Item = Page> {
    (1..=TASKS).map(|number| {
        let due = json!({ "start": format!("2026-11-{:02}", 1 + number % 28), "end": null, "time_zone": null });
        let notes = if number == 2 { json!([run("Mind the ", false), run("gap", true)]) } else { text("As agreed.") };
        let tags: Vec<Value> = TAGS.iter().take(number % 3).map(|tag| option(tag)).collect();
        let owner = json!([{ "object": "user", "id": PERSON, "name": "Ann Sandbox", "type": "person",
            "person": { "email": "ann@example.com" } }]);
        let link = if number % 4 == 0 { Value::Null } else { json!(format!("https://example.com/{number}")) };
        let files =
            json!([{ "name": "brief.pdf", "type": "external", "external": { "url": "https://example.com/b" } }]);
        let values = [
            ("Name", "title", text(&format!("Task {number}"))),
            ("Status", "status", option(STATUSES[(number + 2) % 3])),
            ("Priority", "select", option(PRIORITIES[number % 3])),
            ("Tags", "multi_select", tags.into()),
            ("Due", "date", if number % 10 == 0 { Value::Null } else { due }),
            ("Estimate", "number", json!(number * 3)),
            ("Billable", "checkbox", json!(number % 2 == 1)),
            ("Link", "url", link),
            ("Notes", "rich_text", notes),
            ("Owner", "people", owner),
            ("Contact", "email", json!(format!("client{number}@example.com"))),
            ("Ref", "unique_id", json!({ "prefix": "TASK", "number": number })),
            ("Twice", "formula", json!({ "type": "number", "number": number * 6 })),
            ("Created", "created_time", minute(number).into()),
            ("Files", "files", files),
            ("Client", "relation", json!([{ "id": id(0xc, 1 + number % CLIENTS) }])),
        ];
        row(0xb, number, 1, values)
    })
}

pub(super) fn client_pages() -> impl Iterator<Item = Page> {
    (1..=CLIENTS).map(|number| {
        let values = [
            ("Company", "title", text(&format!("Client {number}"))),
            ("Stage", "select", option(if number % 2 == 0 { "Won" } else { "Lead" })),
        ];
        row(0xc, number, 2, values)
    })
}

fn row<const COUNT: usize>(kind: u32, number: usize, source: usize, values: [(&str, &str, Value); COUNT]) -> Page {
    let properties = values.into_iter().map(|(name, kind, value)| (name.to_owned(), property(kind, value)));
    let database = if source == 1 { 1 } else { 2 };
    Page {
        id: id(kind, number),
        parent: json!({ "type": "data_source_id", "data_source_id": id(0xd, source), "database_id": id(0xe, database) }),
        properties: properties.collect::<BTreeMap<_, _>>(),
        markdown: format!("Row {number}.\n"),
        in_trash: false,
        shared: true,
        created: minute(number),
        edited: minute(100 * source + number),
    }
}
