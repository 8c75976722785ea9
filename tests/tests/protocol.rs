//! The wire: every row of what a well-behaved MCP endpoint must answer, on the real HTTP stack.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use turnpike_tests::{
    agent::{Agent, Answer, MODERN, send},
    app::{Backend, TestApp},
    probe,
};

const PATHS: [&str; 2] = ["/probe/mcp", "/mcp"];

async fn agent() -> (TestApp, Agent) {
    let app = TestApp::start().await;
    let tenant = app.tenant("one").await;
    (app, tenant.agent)
}

fn code(answer: &Answer) -> i64 {
    answer.body["error"]["code"].as_i64().unwrap_or_else(|| panic!("no JSON-RPC error: {answer:?}"))
}

async fn raw(agent: &Agent, body: &str) -> Answer {
    send(agent.post("/probe/mcp").body(body.to_owned())).await
}

#[tokio::test]
async fn an_unreadable_body_is_a_json_rpc_error_and_never_plain_text() {
    let (_app, agent) = agent().await;
    for (body, expected) in [
        ("", -32700),
        ("{", -32700),
        ("[]", -32600),
        (r#"[{"jsonrpc":"2.0","id":1,"method":"tools/list"}]"#, -32600),
        (r#"{"jsonrpc":"2.0","id":null,"method":"tools/list"}"#, -32600),
        (r#"{"jsonrpc":"2.0","id":1.5,"method":"tools/list"}"#, -32600),
        (r#"{"id":1,"method":"tools/list"}"#, -32600),
        (r#"{"jsonrpc":"2.0","id":1,"method":"tools/list","method":"ping"}"#, -32600),
        (r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{}}"#, -32602),
        (r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":7}}"#, -32602),
        (r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":[]}}"#, -32602),
    ] {
        let answer = raw(&agent, body).await;
        assert_eq!((answer.status, code(&answer)), (StatusCode::BAD_REQUEST, expected), "{body}");
        assert_eq!(answer.headers["content-type"], "application/json");
    }
}

#[tokio::test]
async fn an_unknown_version_names_those_that_are_spoken() {
    let (_app, agent) = agent().await;
    let body = json!({ "jsonrpc": "2.0", "id": 9, "method": "tools/list" }).to_string();
    let answer = send(agent.post("/probe/mcp").header("mcp-protocol-version", "1999-01-01").body(body)).await;
    assert_eq!((answer.status, code(&answer)), (StatusCode::BAD_REQUEST, -32022));
    assert_eq!(answer.body["id"], 9);
    assert_eq!(answer.body["error"]["data"]["supported"], json!(["2025-06-18", "2025-11-25", "2026-07-28"]));
    assert_eq!(answer.body["error"]["data"]["requested"], "1999-01-01");
}

#[tokio::test]
async fn headers_must_say_the_same_as_the_body() {
    let (_app, agent) = agent().await;
    let meta =
        json!({ "io.modelcontextprotocol/protocolVersion": MODERN, "io.modelcontextprotocol/clientCapabilities": {} });
    let params = json!({ "name": "echo", "arguments": { "account": probe::ACCOUNT }, "_meta": meta });
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params }).to_string();
    let call = || agent.post("/probe/mcp").header("mcp-protocol-version", MODERN).body(body.clone());
    for request in [
        call().header("mcp-method", "tools/list").header("mcp-name", "echo"),
        call().header("mcp-method", "tools/call").header("mcp-name", "panic"),
        call().header("mcp-method", "tools/call"),
    ] {
        let answer = send(request).await;
        assert_eq!((answer.status, code(&answer)), (StatusCode::BAD_REQUEST, -32020));
    }
    let answer = send(call().header("mcp-method", "tools/call").header("mcp-name", "=?base64?ZWNobw==?=")).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
}

#[tokio::test]
async fn what_is_not_offered_is_method_not_found() {
    let (_app, agent) = agent().await;
    for method in [
        "prompts/list",
        "resources/list",
        "resources/templates/list",
        "completion/complete",
        "subscriptions/listen",
        "nonsense",
    ] {
        let params = match method {
            "completion/complete" => {
                json!({ "ref": { "type": "ref/prompt", "name": "x" }, "argument": { "name": "a", "value": "" } })
            }
            "subscriptions/listen" => json!({ "notifications": {} }),
            _ => json!({}),
        };
        let answer = agent.rpc("/probe/mcp", json!(1), method, params).await;
        assert_eq!((answer.status, code(&answer)), (StatusCode::NOT_FOUND, -32601), "{method}");
    }
}

#[tokio::test]
async fn an_unknown_tool_and_an_unknown_cursor_are_invalid_params() {
    let (_app, agent) = agent().await;
    let answer = agent.rpc("/probe/mcp", json!(1), "tools/call", json!({ "name": "no_such_tool" })).await;
    assert_eq!(code(&answer), -32602);
    let answer = agent.rpc("/probe/mcp", json!(1), "tools/list", json!({ "cursor": "x" })).await;
    assert_eq!(code(&answer), -32602);
}

#[tokio::test]
async fn discover_is_public_and_says_who_answers() {
    let (_app, agent) = agent().await;
    for path in PATHS {
        let answer = agent.rpc(path, json!(1), "server/discover", json!({})).await;
        let result = &answer.body["result"];
        assert_eq!(result["supportedVersions"], json!(["2025-06-18", "2025-11-25", "2026-07-28"]), "{answer:?}");
        assert_eq!((&result["cacheScope"], &result["ttlMs"]), (&json!("public"), &json!(3_600_000)));
        let extensions = json!({ "io.modelcontextprotocol/tasks": {} });
        assert_eq!(result["capabilities"], json!({ "extensions": extensions, "tools": {} }));
        assert!(result["_meta"]["io.modelcontextprotocol/serverInfo"]["name"].is_string());
    }
}

#[tokio::test]
async fn tools_are_listed_privately_in_one_order_with_every_hint() {
    let (_app, agent) = agent().await;
    for path in PATHS {
        let answer = agent.rpc(path, json!(1), "tools/list", json!({})).await;
        let result = &answer.body["result"];
        assert_eq!((&result["cacheScope"], &result["resultType"]), (&json!("private"), &json!("complete")));
        assert!(result["ttlMs"].is_u64() && result["_meta"]["io.modelcontextprotocol/serverInfo"].is_object());
        assert_eq!(result["tools"], agent.rpc(path, json!(2), "tools/list", json!({})).await.body["result"]["tools"]);
        for tool in result["tools"].as_array().unwrap() {
            let name = tool["name"].as_str().unwrap();
            assert!(
                name.len() <= 64 && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_'),
                "{name}"
            );
            for part in ["title", "description"] {
                assert!(tool[part].as_str().is_some_and(|text| !text.is_empty()), "{name} {part}");
            }
            for hint in ["readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint"] {
                assert!(tool["annotations"][hint].is_boolean(), "{name} {hint}");
            }
            assert_eq!(tool["inputSchema"]["type"], "object", "{name}");
            assert_eq!(tool["inputSchema"]["additionalProperties"], false, "{name} takes unknown fields");
            assert_eq!(tool["outputSchema"]["type"], "object", "{name}");
        }
    }
}

#[tokio::test]
async fn the_older_revisions_are_served_at_the_same_path_without_sessions() {
    let (_app, agent) = agent().await;
    for version in ["2025-06-18", "2025-11-25"] {
        let params =
            json!({ "protocolVersion": version, "capabilities": {}, "clientInfo": { "name": "t", "version": "1" } });
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params });
        let answer = send(agent.post("/probe/mcp").body(body.to_string())).await;
        assert_eq!(answer.body["result"]["protocolVersion"], version);
        assert!(answer.headers.get("mcp-session-id").is_none());

        let body = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
        let answer =
            send(agent.post("/probe/mcp").header("mcp-protocol-version", version).body(body.to_string())).await;
        assert_eq!(answer.status, StatusCode::ACCEPTED);

        let params = json!({ "name": "echo", "arguments": { "account": probe::ACCOUNT, "text": "hello" } });
        let body = json!({ "jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": params });
        let answer =
            send(agent.post("/probe/mcp").header("mcp-protocol-version", version).body(body.to_string())).await;
        assert_eq!(answer.body["result"]["structuredContent"]["text"], "hello");
        assert_eq!(answer.body["result"].get("resultType"), None, "an older client does not know it");
    }
    for (method, status) in [(Method::GET, 405), (Method::DELETE, 405)] {
        let request =
            agent.request(method.clone(), "/probe/mcp").bearer_auth(agent.key()).header("accept", "text/event-stream");
        assert_eq!(send(request).await.status.as_u16(), status, "{method}");
    }
}

#[tokio::test]
async fn a_path_that_only_looks_like_an_endpoint_is_none() {
    let (_app, agent) = agent().await;
    for path in ["/mcp/", "/mcp/x", "/probe/mcp/", "/nowhere/mcp", "/probe"] {
        let answer = send(agent.post(path).body("{}")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn foreign_hosts_and_origins_are_refused() {
    let app = TestApp::start_with(Backend::Sqlite, |settings| {
        settings.server.allowed_origins = vec!["https://app.example".into()];
    })
    .await;
    let agent = app.tenant("one").await.agent;
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" }).to_string();
    let call = || agent.post("/probe/mcp").body(body.clone());
    assert_eq!(send(call().header("host", "evil.example")).await.status, StatusCode::FORBIDDEN);
    for origin in ["https://evil.example", "null", "https://127.0.0.1", "https://app.example:8443"] {
        assert_eq!(send(call().header("origin", origin)).await.status, StatusCode::FORBIDDEN, "{origin}");
    }
    assert_eq!(send(call()).await.status, StatusCode::OK);
    for origin in ["http://localhost:6274", "https://app.example"] {
        assert_eq!(send(call().header("origin", origin)).await.status, StatusCode::OK, "{origin}");
    }
}

#[tokio::test]
async fn a_web_page_of_an_allowed_origin_may_call_and_read_and_no_other() {
    let (_app, agent) = agent().await;
    for path in ["/probe/mcp", "/mcp", "/.well-known/oauth-protected-resource/mcp"] {
        let ask = |origin: &'static str| {
            let request = agent.request(Method::OPTIONS, path).header("origin", origin);
            let request = request.header("access-control-request-method", "POST");
            send(
                request
                    .header("access-control-request-headers", "authorization,mcp-protocol-version,mcp-method,mcp-name"),
            )
        };
        let allowed = ask("http://localhost:6274").await;
        assert_eq!(allowed.status, StatusCode::OK, "{path}");
        assert_eq!(allowed.headers["access-control-allow-origin"], "http://localhost:6274");
        let headers = allowed.headers["access-control-allow-headers"].to_str().unwrap().to_lowercase();
        for needed in ["authorization", "content-type", "mcp-protocol-version", "mcp-method", "mcp-name"] {
            assert!(headers.contains(needed), "{path}: {headers}");
        }
        assert!(!ask("https://evil.example").await.headers.contains_key("access-control-allow-origin"), "{path}");
    }
    let refusal = send(agent.anonymous("/mcp").header("origin", "http://localhost:6274").body("{}")).await;
    assert_eq!(refusal.status, StatusCode::UNAUTHORIZED);
    assert_eq!(
        refusal.headers["access-control-expose-headers"], "www-authenticate",
        "the page learns where to sign in"
    );
}

#[tokio::test]
async fn a_body_that_is_too_long_is_refused() {
    let (_app, agent) = agent().await;
    let body =
        format!(r#"{{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{{"x":"{}"}}}}"#, "x".repeat(1 << 20));
    let answer = raw(&agent, &body).await;
    assert_eq!((answer.status, code(&answer)), (StatusCode::PAYLOAD_TOO_LARGE, -32600));
    let nested = format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{}{}}}"#,
        r#"{"a":"#.repeat(5000),
        "}".repeat(5000)
    );
    assert_eq!(raw(&agent, &nested).await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn without_a_key_every_endpoint_says_where_to_get_access() {
    let (app, agent) = agent().await;
    for path in PATHS {
        let answer = send(agent.anonymous(path).body("not even JSON")).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        let challenge = answer.headers["www-authenticate"].to_str().unwrap();
        let metadata = format!("{}/.well-known/oauth-protected-resource{path}", app.url);
        assert!(
            challenge.starts_with("Bearer ") && challenge.contains(&format!("resource_metadata=\"{metadata}\"")),
            "{challenge}"
        );
        assert!(!challenge.contains("error="), "nothing was sent, so nothing is wrong: {challenge}");
        assert!(challenge.contains(":read") && !challenge.contains("offline_access"), "{challenge}");
        let message = answer.body["error"]["message"].as_str().unwrap();
        for told in [format!("OAuth at {}{path},", app.url), "API key".into(), format!("portal at {}", app.url)] {
            assert!(message.contains(&told), "{message}");
        }

        let document =
            send(agent.request(Method::GET, &format!("/.well-known/oauth-protected-resource{path}"))).await.body;
        assert_eq!(document["resource"], format!("{}{path}", app.url));
        assert_eq!(document["bearer_methods_supported"], json!(["header"]));
        assert!(
            document["scopes_supported"]
                .as_array()
                .unwrap()
                .iter()
                .all(|scope| scope.as_str().unwrap().ends_with(":read"))
        );
    }
    for key in ["nonsense", "tpk_live_000000000000000000000000000_000000", "Bearer"] {
        let answer = send(agent.anonymous("/mcp").bearer_auth(key).body("{}")).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{key}");
        assert!(answer.headers["www-authenticate"].to_str().unwrap().contains("error=\"invalid_token\""));
    }
}

#[tokio::test]
async fn a_key_in_the_url_or_twice_in_the_headers_is_refused() {
    let (_app, agent) = agent().await;
    for query in ["api_key=x".to_owned(), "ACCESS_TOKEN=x".into(), format!("q={}", agent.key())] {
        let answer = send(agent.post(&format!("/mcp?{query}")).body("{}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        assert!(!answer.body.to_string().contains(agent.key()));
    }
    let twice = agent.post("/mcp").header("authorization", "Bearer x").body("{}");
    assert_eq!(send(twice).await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_scope_that_is_missing_hides_the_tool_and_is_named_when_it_is_called() {
    let app = TestApp::start().await;
    let tenant = app.tenant("one").await;
    let reader = app.agent(tenant.id, vec!["probe:read".into()]).await;
    let names: Vec<_> = reader.tools("/probe/mcp").await.iter().map(|tool| tool["name"].clone()).collect();
    assert_eq!(names, ["echo", "fetch", "dig", "hang", "panic", "get_job"]);
    let combined = reader.tools("/mcp").await;
    assert!(combined.iter().all(|tool| tool["name"].as_str().unwrap().starts_with("probe_")), "{combined:?}");

    let call = json!({ "name": "set", "arguments": { "account": probe::ACCOUNT } });
    let answer = reader.rpc("/probe/mcp", json!(4), "tools/call", call).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    let challenge = answer.headers["www-authenticate"].to_str().unwrap();
    assert!(
        challenge.contains("error=\"insufficient_scope\"") && challenge.contains("scope=\"probe:read probe:write\""),
        "{challenge}"
    );
    assert_eq!(app.calls(tenant.id).await.len(), 0);
}

#[tokio::test]
async fn who_asks_for_what_a_challenge_names_loses_nothing_that_they_had_there() {
    let app = TestApp::start().await;
    let tenant = app.tenant("one").await;
    let scopes = ["supermetrics:read", "probe:read", "google-ads:read"].map(str::to_owned).to_vec();
    let agent = app.agent(tenant.id, scopes).await;
    for (path, tool, expected) in [
        ("/probe/mcp", "set", "probe:read probe:write"),
        ("/mcp", "probe_set", "google-ads:read supermetrics:read probe:read probe:write"),
    ] {
        let call = json!({ "name": tool, "arguments": { "account": probe::ACCOUNT } });
        let answer = agent.rpc(path, json!(4), "tools/call", call).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
        let challenge = answer.headers["www-authenticate"].to_str().unwrap();
        assert!(challenge.contains(&format!("scope=\"{expected}\"")), "{challenge}");
        assert_eq!(answer.body["error"]["message"], "this credential lacks the scope probe:write");
    }
}

#[tokio::test]
async fn health_needs_no_key_and_shows_nothing() {
    let (_app, agent) = agent().await;
    for path in ["/health", "/ready"] {
        assert_eq!(send(agent.request(Method::GET, path)).await.status, StatusCode::OK);
    }
    let answer = agent.request(Method::GET, "/reconnect/anything").send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(send(agent.request(Method::GET, "/")).await.body, Value::Null);
}
