//! Jobs as tasks, for clients that declare the extension `io.modelcontextprotocol/tasks` with a request.

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::{Value, json};
use turnpike_core::Outcome;
use turnpike_sdk::Behaviour;
use turnpike_tests::{
    agent::{Agent, Answer, MODERN, send},
    app::{Backend, TestApp},
    probe,
};

const METHODS: [&str; 3] = ["tasks/get", "tasks/update", "tasks/cancel"];

fn call(tool: &str, text: &str) -> Value {
    json!({ "name": tool, "arguments": { "account": probe::ACCOUNT, "text": text } })
}

fn about(task: &Value) -> Value {
    json!({ "taskId": task["taskId"], "inputResponses": {} })
}

fn code(answer: &Answer) -> i64 {
    answer.body["error"]["code"].as_i64().unwrap_or_else(|| panic!("no error: {answer:?}"))
}

async fn begin(agent: &Agent, path: &str, tool: &str, text: &str) -> Value {
    let answer = agent.with_tasks(path, "tools/call", call(tool, text)).await;
    let task = answer.body["result"].clone();
    assert_eq!((&task["resultType"], &task["status"]), (&json!("task"), &json!("working")), "{answer:?}");
    assert!(task["taskId"].is_string() && task["createdAt"].is_string() && task["pollIntervalMs"].is_u64(), "{task}");
    assert_eq!((&task["ttlMs"], &task["_meta"]["outcome"]), (&json!(5 * 3600 * 1000), &json!("pending")));
    task
}

async fn get(agent: &Agent, path: &str, task: &Value) -> Value {
    let answer = agent.with_tasks(path, "tasks/get", about(task)).await;
    assert_eq!(answer.body["result"]["taskId"], task["taskId"], "{answer:?}");
    answer.body["result"].clone()
}

#[tokio::test]
async fn a_client_that_declares_tasks_gets_one_for_long_work_at_either_endpoint() {
    for backend in [Backend::Sqlite, Backend::Postgres] {
        let app = TestApp::start_with(backend, |_| {}).await;
        let tenant = app.tenant("one").await;
        for (path, tool) in [("/probe/mcp", "dig"), ("/mcp", "probe_dig")] {
            let task = begin(&tenant.agent, path, tool, "2").await;
            app.clock.advance(Duration::from_secs(1));
            let done = get(&tenant.agent, path, &task).await;
            assert_eq!((&done["status"], &done["resultType"]), (&json!("completed"), &json!("complete")), "{done}");
            let result = &done["result"];
            assert_eq!((&result["structuredContent"]["looks"], &result["isError"]), (&json!(2), &json!(false)));
            assert_eq!(done["_meta"]["price"]["micros"], 10_000, "who gets the result pays");
            assert_eq!(app.calls(tenant.id).await[0].outcome, Outcome::Success);
            assert_eq!(get(&tenant.agent, path, &task).await["_meta"]["outcome"], "replayed");
            let by_tool = tenant.agent.ok("probe", "get_job", json!({ "job_id": task["taskId"] })).await;
            assert_eq!(by_tool["looks"], 2, "a task is a job");
        }
        let quick = tenant.agent.with_tasks("/probe/mcp", "tools/call", call("dig", "1")).await;
        assert_eq!(quick.body["result"]["resultType"], "complete", "what is done in time is no task");
    }
}

#[tokio::test]
async fn a_plain_read_that_outlives_its_call_is_a_task_too() {
    let app = TestApp::start().await;
    let tenant = app.tenant("one").await;
    app.vendor("probe").script.next(1, Behaviour::Slow { millis: 60_000 });
    let task = begin(&tenant.agent, "/probe/mcp", "fetch", "").await;
    assert_eq!(get(&tenant.agent, "/probe/mcp", &task).await["status"], "working");
    app.gateway.stop_background().await;
    let done = get(&tenant.agent, "/probe/mcp", &task).await;
    assert_eq!(done["result"]["structuredContent"], json!({ "status": "done", "text": "first" }));
}

#[tokio::test]
async fn a_task_that_fails_ends_as_the_extension_says() {
    let app = TestApp::start().await;
    let tenant = app.tenant("one").await;
    for (text, status) in [("refuse", "completed"), ("bug", "failed")] {
        let mut arguments = call("dig", text);
        arguments["arguments"]["background"] = true.into();
        let task = tenant.agent.with_tasks("/probe/mcp", "tools/call", arguments).await.body["result"].clone();
        app.clock.advance(Duration::from_secs(1));
        for _ in 0..2 {
            let ended = get(&tenant.agent, "/probe/mcp", &task).await;
            assert_eq!(ended["status"], status, "{ended}");
            match status {
                "completed" => assert_eq!(ended["result"]["isError"], true),
                _ => assert!(ended["error"]["code"].is_i64() && ended.get("result").is_none(), "{ended}"),
            }
        }
    }
    let mut arguments = call("dig", "1");
    arguments["arguments"]["background"] = true.into();
    let task = tenant.agent.with_tasks("/probe/mcp", "tools/call", arguments).await.body["result"].clone();
    app.clock.advance(Duration::from_secs(1));
    app.vendor("probe").script.next(1, Behaviour::Storm { seconds: 30 });
    app.vendor("probe").script.next(3, Behaviour::Status { code: 503 });
    let working = get(&tenant.agent, "/probe/mcp", &task).await;
    assert_eq!(working["status"], "working", "a failure that may pass ends nothing");
    assert!(working["statusMessage"].is_string(), "{working}");
}

#[tokio::test]
async fn a_cancelled_task_stays_cancelled_and_an_ended_one_as_it_is() {
    let app = TestApp::start().await;
    let tenant = app.tenant("one").await;
    let task = begin(&tenant.agent, "/probe/mcp", "dig", "3").await;
    let sent = app.vendor("probe").script.received();
    for method in ["tasks/update", "tasks/cancel", "tasks/cancel"] {
        let ack = tenant.agent.with_tasks("/probe/mcp", method, about(&task)).await;
        assert_eq!(ack.body["result"]["resultType"], "complete", "{method}: {ack:?}");
    }
    app.clock.advance(Duration::from_secs(1));
    assert_eq!(get(&tenant.agent, "/probe/mcp", &task).await["status"], "cancelled");
    let refusal = tenant.agent.refused("probe", "get_job", json!({ "job_id": task["taskId"] })).await;
    assert_eq!((&refusal["class"], app.vendor("probe").script.received()), (&json!("job_cancelled"), sent));

    let task = begin(&tenant.agent, "/probe/mcp", "dig", "2").await;
    app.clock.advance(Duration::from_secs(1));
    get(&tenant.agent, "/probe/mcp", &task).await;
    tenant.agent.with_tasks("/probe/mcp", "tasks/cancel", about(&task)).await;
    assert_eq!(get(&tenant.agent, "/probe/mcp", &task).await["status"], "completed");

    // A read in the background is stopped.
    app.vendor("probe").script.next(1, Behaviour::Slow { millis: 60_000 });
    let task = begin(&tenant.agent, "/probe/mcp", "fetch", "").await;
    tenant.agent.with_tasks("/probe/mcp", "tasks/cancel", about(&task)).await;
    assert_eq!(get(&tenant.agent, "/probe/mcp", &task).await["status"], "cancelled");
}

#[tokio::test]
async fn a_task_is_its_callers_alone_and_only_for_those_who_declare_tasks() {
    let app = TestApp::start().await;
    let (one, two) = (app.tenant("one").await, app.tenant("two").await);
    let colleague = app.agent(one.id, vec!["probe:read".into()]).await;
    let task = begin(&one.agent, "/probe/mcp", "dig", "2").await;
    app.clock.advance(Duration::from_secs(1));
    let sent = app.vendor("probe").script.received();
    for path in ["/probe/mcp", "/mcp"] {
        for method in METHODS {
            let invented = json!({ "taskId": "invented" });
            let mut errors = vec![];
            for (agent, task) in [(&two.agent, &task), (&colleague, &task), (&one.agent, &invented)] {
                let answer = agent.with_tasks(path, method, about(task)).await;
                assert_eq!(code(&answer), -32602, "{path} {method}: {answer:?}");
                errors.push(answer.body["error"].clone());
            }
            assert!(errors.iter().all(|error| *error == errors[0]), "{errors:?}");
            let undeclared = one.agent.rpc(path, json!(1), method, about(&task)).await;
            assert_eq!((undeclared.status, code(&undeclared)), (StatusCode::BAD_REQUEST, -32021), "{method}");
        }
    }
    let elsewhere = one.agent.with_tasks("/google-ads/mcp", "tasks/get", about(&task)).await;
    assert_eq!(code(&elsewhere), -32602);
    assert_eq!(app.vendor("probe").script.received(), sent);
    let writer = app.agent(one.id, vec!["probe:write".into()]).await;
    let refused = writer.with_tasks("/probe/mcp", "tasks/get", about(&task)).await;
    assert_eq!(refused.body["error"]["data"]["class"], "insufficient_scope", "{refused:?}");
}

#[tokio::test]
async fn the_header_names_the_task_and_discover_the_extension() {
    let app = TestApp::start().await;
    let tenant = app.tenant("one").await;
    let capabilities = json!({ "extensions": { "io.modelcontextprotocol/tasks": {} } });
    let meta = json!({ "io.modelcontextprotocol/protocolVersion": MODERN,
        "io.modelcontextprotocol/clientCapabilities": capabilities });
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "tasks/get", "params": { "taskId": "a", "_meta": meta } });
    let request = tenant.agent.post("/probe/mcp").header("mcp-protocol-version", MODERN);
    let request = request.header("mcp-method", "tasks/get").header("mcp-name", "b").body(body.to_string());
    let answer = send(request).await;
    assert_eq!((answer.status, code(&answer)), (StatusCode::BAD_REQUEST, -32020));
    let found = tenant.agent.rpc("/probe/mcp", json!(1), "server/discover", json!({})).await;
    assert_eq!(found.body["result"]["capabilities"]["extensions"], capabilities["extensions"]);
}
