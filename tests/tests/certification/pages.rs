//! Listings, page after page to their end: nothing twice, nothing left out.

use serde_json::{Value, json};
use turnpike_sdk::Integration;
use turnpike_tests::{agent::Agent, tour::writes};

use crate::scene::{certified, start_unlimited};

/// More pages than any example has.
const MOST_PAGES: usize = 60;

#[tokio::test]
async fn every_listing_is_the_same_in_small_pages_and_in_one() {
    let app = start_unlimited().await;
    let tenant = app.tenant("one").await;
    let mut tried = 0;
    for integration in certified().into_iter().map(Integration::with_kit) {
        for example in (integration.examples)() {
            let tool = integration.find_tool(example.tool).unwrap();
            let pages = tool.input_schema["properties"].get("cursor").is_some();
            if !pages || writes(&integration, example.tool) || example.takes.is_some() {
                continue;
            }
            let mut arguments = example.arguments;
            if tool.input_schema["properties"].get("background").is_some() {
                arguments["background"] = json!(false);
            }
            arguments["max_rows"] = json!(1000);
            let whole = rows(&integration, &tenant.agent, example.tool, arguments.clone()).await;
            arguments["max_rows"] = json!((whole.len() / 7).max(1));
            let paged = rows(&integration, &tenant.agent, example.tool, arguments).await;
            assert_eq!(whole, paged, "{} {}", integration.manifest.name, example.tool);
            tried += 1;
        }
    }
    println!("{tried} listings read to their end, whole and in pages");
}

/// All rows of a listing; what each page says of itself is true.
async fn rows(integration: &Integration, agent: &Agent, tool: &str, mut arguments: Value) -> Vec<Value> {
    let name = integration.manifest.name;
    let mut all: Vec<Value> = vec![];
    for number in 0..MOST_PAGES {
        let answer = agent.ok(name, tool, arguments.clone()).await;
        let place = format!("{name} {tool}, page {number}: {arguments}");
        let lists: Vec<_> = answer.as_object().unwrap().values().filter_map(Value::as_array).collect();
        let [rows] = lists[..] else { panic!("{place}: an answer with pages has one list, this has {}", lists.len()) };
        let page = &answer["page"];
        assert_eq!(page["shown"], rows.len(), "{place}");
        assert_eq!(page["truncated"].as_bool(), Some(page.get("next_cursor").is_some()), "{place}");
        assert!(number == 0 || answer.get("totals").is_none(), "{place}: totals come with the first page only");
        all.extend(rows.iter().cloned());
        match page.get("next_cursor") {
            Some(cursor) => arguments["cursor"] = cursor.clone(),
            None => {
                if let Some(total) = page.get("total").and_then(Value::as_u64) {
                    assert_eq!(total, all.len() as u64, "{place}");
                }
                return all;
            }
        }
    }
    panic!("{name} {tool} has no end")
}
