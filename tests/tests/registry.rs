//! The catalogue as an MCP registry: as its published schemas say, in pages, and for every site to read.

use std::{fs, path::Path};

use jsonschema::Validator;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use turnpike_tests::{
    agent::{Answer, send},
    app::{Backend, TestApp, integrations},
};

const OFFICIAL: &str = "io.modelcontextprotocol.registry/official";
const PROVIDED: &str = "io.modelcontextprotocol.registry/publisher-provided";

/// A published schema. Formats count too.
fn schema(file: &str) -> Validator {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("registry").join(file);
    let schema = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    jsonschema::options().should_validate_formats(true).build(&schema).unwrap()
}

async fn ask(app: &TestApp, path: &str) -> Answer {
    send(reqwest::Client::builder().no_proxy().build().unwrap().get(format!("{}{path}", app.url))).await
}

/// What must be there.
async fn read(app: &TestApp, path: &str) -> Value {
    let answer = ask(app, path).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {answer:?}");
    assert_eq!(answer.headers["content-type"], "application/json", "{path}");
    answer.body
}

async fn servers(app: &TestApp, query: &str) -> Vec<Value> {
    read(app, &format!("/v0.1/servers{query}")).await["servers"].as_array().unwrap().clone()
}

fn names(servers: &[Value]) -> Vec<&str> {
    servers.iter().map(|own| own["server"]["name"].as_str().unwrap()).collect()
}

fn encoded(name: &str) -> String {
    url::form_urlencoded::byte_serialize(name.as_bytes()).collect()
}

#[tokio::test]
async fn every_answer_and_every_document_is_as_the_published_schemas_say() {
    let app = TestApp::start().await;
    let (answers, documents) = (schema("answers.schema.json"), schema("server.schema.json"));
    let list = read(&app, "/v0.1/servers").await;
    answers.validate(&list).unwrap_or_else(|error| panic!("{error}"));
    let all = list["servers"].as_array().unwrap();
    assert_eq!((all.len(), &list["metadata"]), (integrations().len() + 1, &json!({ "count": all.len() })));
    for own in all {
        let (document, name) = (&own["server"], own["server"]["name"].as_str().unwrap());
        documents.validate(document).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(own["_meta"][OFFICIAL], json!({ "status": "active", "isLatest": true }), "no instant is made up");
        let base = format!("/v0.1/servers/{}/versions", encoded(name));
        let versions = read(&app, &base).await;
        answers.validate(&versions).unwrap();
        assert_eq!((&versions["servers"], &versions["metadata"]), (&json!([own]), &json!({ "count": 1 })), "{name}");
        for version in ["latest", document["version"].as_str().unwrap()] {
            assert_eq!(&read(&app, &format!("{base}/{version}")).await, own, "{name} {version}");
        }
        let file = match name.split_once('/').unwrap().1 {
            "integrations" => "/server.json".to_owned(),
            integration => format!("/{integration}/server.json"),
        };
        assert_eq!(&read(&app, &file).await, document, "{file}");
    }
    // They would say so if something were wrong.
    let mut wrong = all[0]["server"].clone();
    (wrong["description"], wrong["websiteUrl"]) = (json!("x".repeat(101)), json!("no address"));
    assert_eq!(documents.iter_errors(&wrong).count(), 2);
    assert!(!answers.is_valid(&json!({ "servers": [{ "server": {}, "_meta": { OFFICIAL: { "status": "new" } } }] })));
}

#[tokio::test]
async fn what_a_document_tells_of_a_server_is_what_an_agent_finds_there() {
    let app = TestApp::start().await;
    let tenant = app.tenant("Acme").await;
    for (integration, tools) in app.all_tools(&tenant.agent).await {
        let document = read(&app, &format!("/{integration}/server.json")).await;
        let remote = json!([{ "type": "streamable-http", "url": format!("{}/{integration}/mcp", app.url) }]);
        assert_eq!(document["remotes"], remote);
        let provided = &document["_meta"][PROVIDED];
        let told = provided["localhost"]["tools"].as_array().unwrap().iter();
        let told: Vec<_> =
            told.map(|tool| (tool["name"].as_str().unwrap().to_owned(), tool["access"] == "read")).collect();
        assert_eq!(told, tools, "{integration}");
        assert!(provided.to_string().len() < 4096, "{integration}: registries take four kilobytes");
        let page = document["websiteUrl"].as_str().unwrap().strip_prefix(&app.url).unwrap().to_owned();
        app.visitor().look(&page).await;
    }
    let all = read(&app, "/server.json").await;
    assert_eq!(all["remotes"][0]["url"], format!("{}/mcp", app.url));
    assert!(!tenant.agent.tools("/mcp").await.is_empty());
    let me =
        json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": { "name": "a", "version": "1" } });
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": me });
    let known = send(tenant.agent.post("/mcp").body(body.to_string())).await.body["result"]["serverInfo"].clone();
    assert_eq!((&known["version"], &known["title"]), (&all["version"], &all["title"]));
    assert_eq!(all["name"], format!("localhost/{}", known["name"].as_str().unwrap()));
}

#[tokio::test]
async fn paging_through_gives_the_same_as_all_at_once() {
    let app = TestApp::start().await;
    let whole = servers(&app, "").await;
    for limit in 1..=whole.len() + 1 {
        let (mut seen, mut query, mut pages) = (vec![], format!("?limit={limit}"), 0);
        loop {
            let page = read(&app, &format!("/v0.1/servers{query}")).await;
            let servers = page["servers"].as_array().unwrap();
            assert_eq!(page["metadata"]["count"], servers.len());
            seen.extend(servers.clone());
            pages += 1;
            let Some(cursor) = page["metadata"]["nextCursor"].as_str() else { break };
            query = format!("?limit={limit}&cursor={}", encoded(cursor));
        }
        assert_eq!((&seen, pages), (&whole, whole.len().div_ceil(limit)), "{limit} at a time");
    }
    assert_eq!(servers(&app, "?limit=1000000").await, whole);
    assert_eq!(servers(&app, "?cursor=&version=&search=&include_deleted=true").await, whole);
}

#[tokio::test]
async fn servers_are_found_by_name_words_version_and_change() {
    let app = TestApp::start().await;
    let all = servers(&app, "").await.len();
    for (query, expected) in [
        ("?search=GOOGLE-ads", vec!["localhost/google-ads"]),
        ("?search=ad+sets", vec!["localhost/meta-ads"]),
        ("?search=localhost%2Fsuper", vec!["localhost/supermetrics"]),
        ("?search=nothing+of+this", vec![]),
        ("?search=probe&version=0.0.0", vec!["localhost/probe"]),
        ("?search=probe&version=0.0.1", vec![]),
        ("?search=probe&version=latest", vec!["localhost/probe"]),
        // What has been so since the server began has not changed since.
        ("?updated_since=2999-01-01T00:00:00Z", vec![]),
        ("?updated_since=2025-08-07T13:15:04.280Z&search=probe", vec!["localhost/probe"]),
    ] {
        assert_eq!(names(&servers(&app, query).await), expected, "{query}");
    }
    assert_eq!(servers(&app, "?updated_since=2025-08-07T13:15:04.280Z").await.len(), all);
}

#[tokio::test]
async fn what_is_not_there_or_cannot_be_read_is_said_in_json() {
    let app = TestApp::start().await;
    for (path, status) in [
        ("/v0.1/servers/localhost%2Fnone/versions", StatusCode::NOT_FOUND),
        ("/v0.1/servers/none/versions/latest", StatusCode::NOT_FOUND),
        ("/v0.1/servers/com.example%2Fprobe/versions/latest", StatusCode::NOT_FOUND),
        ("/v0.1/servers/localhost%2Fprobe/versions/9.9.9", StatusCode::NOT_FOUND),
        ("/none/server.json", StatusCode::NOT_FOUND),
        ("/v0.1/servers?limit=0", StatusCode::BAD_REQUEST),
        ("/v0.1/servers?limit=-1", StatusCode::BAD_REQUEST),
        ("/v0.1/servers?updated_since=yesterday", StatusCode::BAD_REQUEST),
    ] {
        let answer = ask(&app, path).await;
        assert_eq!(answer.status, status, "{path}");
        let error = answer.body["error"].as_str().unwrap_or_else(|| panic!("{path}: {answer:?}"));
        assert!(!error.is_empty() && answer.body.as_object().unwrap().len() == 1, "{path}: {error}");
    }
}

#[tokio::test]
async fn pages_of_every_site_may_read_the_registry_and_nothing_else() {
    let app = TestApp::start().await;
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let foreign = |method: Method, path: &str| {
        let request =
            client.request(method, format!("{}{path}", app.url)).header("origin", "https://elsewhere.example");
        send(request.header("access-control-request-method", "GET"))
    };
    let refused = "/v0.1/servers/localhost%2Fnone/versions";
    for path in ["/v0.1/servers", "/server.json", "/probe/server.json", refused] {
        for method in [Method::GET, Method::OPTIONS] {
            let headers = foreign(method, path).await.headers;
            assert_eq!(headers["access-control-allow-origin"], "*", "{path}");
            assert!(!headers.contains_key("access-control-allow-credentials"), "{path}");
            assert!(!headers.contains_key("set-cookie"), "{path}");
        }
    }
    for path in ["/catalog", "/catalog/probe", "/sign-in"] {
        let headers = foreign(Method::GET, path).await.headers;
        assert!(!headers.contains_key("access-control-allow-origin"), "{path}");
    }
    assert!(!foreign(Method::POST, "/v0.1/servers").await.status.is_success());
}

#[tokio::test]
async fn a_deployment_with_a_domain_is_called_by_it_and_a_host_by_its_own_brand() {
    let app = TestApp::start_with(Backend::Sqlite, |settings| {
        settings.server.public_url = "https://mcp.agency.example".into();
        settings.brand.name = "Northlight ".repeat(20).trim().into();
    })
    .await;
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let see = |path: &str| send(client.get(format!("{}{path}", app.url)).header("host", "mcp.agency.example"));
    let document = see("/google-ads/server.json").await.body;
    schema("server.schema.json").validate(&document).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(document["name"], "example.agency.mcp/google-ads");
    assert_eq!(document["remotes"][0]["url"], "https://mcp.agency.example/google-ads/mcp");
    assert_eq!(document["websiteUrl"], "https://mcp.agency.example/catalog/google-ads");
    assert!(document["title"].as_str().unwrap().starts_with("Northlight"), "{document}");
    assert!(document["_meta"][PROVIDED]["example.agency.mcp"]["tools"].is_array(), "{document}");
    let listed = see("/v0.1/servers/example.agency.mcp%2Fgoogle-ads/versions/latest").await.body;
    assert_eq!(listed["server"], document);
    assert!(!listed.to_string().to_lowercase().contains("turnpike"));
}
