//! What a wrong client sends, the sandbox refuses as LinkedIn does: otherwise passing against it would prove nothing.

use axum::body::Body;
use http::{Method, Request, StatusCode};
use serde_json::{Value, json};

use crate::bench::{Bench, LOOKOUT, OUTDOOR, STRANGER, VERSION, unconnected};

/// A request that is right in all that it does not change.
struct Client {
    bench: Bench,
}

const JSON: (&str, &str) = ("content-type", "application/json");

impl Client {
    async fn new() -> Self {
        Self { bench: unconnected().await }
    }

    async fn get(&self, path_and_query: &str) -> (StatusCode, Value) {
        self.send(Method::GET, path_and_query, &[], "").await
    }

    /// With the headers that every request needs, unless one of `headers` takes its place; one without value is left out.
    async fn send(&self, method: Method, uri: &str, headers: &[(&str, &str)], body: &str) -> (StatusCode, Value) {
        let (length, token) = (body.len().to_string(), format!("Bearer {}", self.bench.token));
        let usual = [
            ("authorization", token.as_str()),
            ("linkedin-version", VERSION),
            ("x-restli-protocol-version", "2.0.0"),
            ("content-length", &length),
        ];
        let mut request = Request::builder().method(method).uri(uri);
        for (name, value) in usual.iter().filter(|(name, _)| !headers.iter().any(|(own, _)| own == name)).chain(headers)
        {
            if !value.is_empty() {
                request = request.header(*name, *value);
            }
        }
        self.bench.raw(request.body(Body::from(body.to_owned())).expect("a request")).await
    }
}

fn code(body: &Value) -> &str {
    body["code"].as_str().unwrap_or("none")
}

const CAMPAIGNS: &str = "/rest/adAccounts/511000001/adCampaigns";
const ANALYTICS: &str = "/rest/adAnalytics?q=analytics&pivot=CAMPAIGN&timeGranularity=ALL\
    &dateRange=(start:(year:2026,month:11,day:1),end:(year:2026,month:11,day:7))";

#[tokio::test]
async fn a_query_is_taken_only_as_it_must_be_encoded() {
    let client = Client::new().await;
    for right in [
        "q=search",
        "q=search&search=(status:(values:List(ACTIVE,PAUSED)))",
        "q=search&search=(name:(values:List(Q4%20%28US%29%2C%20brand%27s%3A%20A%26B)))&sortOrder=DESCENDING&pageSize=1",
        "q=search&search=(test:false)",
        "q=search&search=(name:(values:List('')))",
    ] {
        let (status, body) = client.get(&format!("{CAMPAIGNS}?{right}")).await;
        assert_eq!(status, StatusCode::OK, "{right}: {body}");
    }
    for wrong in [
        "q=search&search=(name:(values:List(Brand+awareness)))",
        "q=search&search=(name:(values:List(Brand%20awareness))",
        "q=search&search=(name:(values:List(Brand%20awareness))))",
        "q=search&search=%28status%3A%28values%3AList%28ACTIVE%29%29%29",
        "q=search&search=(status%3A(values%3AList(ACTIVE)))",
        "q=search&search=(status:(values:List(ACTIVE%2CPAUSED)))x",
        "q=search&search=(status:(values:ACTIVE))",
        "q=search&search=(status:(values:[ACTIVE]))",
        "q=search&search=(status:(values:List(ACTIVE,)))",
        "q=search&search=(status:(values:list(ACTIVE)))",
        "q=search&search=(name:(values:List(a%3ab)))",
        "q=search&search=(name:(values:List(%41)))",
        "q=search&search=(name:(values:List(urn:li:x:1)))",
        "q=search&search=(name:(values:List(A/B)))",
        "q=search&search=(name:(values:List(%FF)))",
        "q=search&search.status.values[0]=ACTIVE",
        "q=search&search=(colour:(values:List(RED)))",
        "q=search&sortOrder=UP",
        "q=search&pageSize=1001",
        "q=search&pageSize=0",
        "q=search&pageToken=made-up-by-a-client",
        "q=search&start=0&count=10",
        "q=search&q=search",
        "q=find",
        "search=(test:false)",
    ] {
        let (status, body) = client.get(&format!("{CAMPAIGNS}?{wrong}")).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{wrong}: {body}");
    }
}

#[tokio::test]
async fn analytics_want_raw_commas_escaped_urns_and_a_scope() {
    let client = Client::new().await;
    let account = "accounts=List(urn%3Ali%3AsponsoredAccount%3A511000001)";
    let (status, body) = client.get(&format!("{ANALYTICS}&{account}&fields=impressions,pivotValues")).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(body["elements"][0]["pivotValues"], json!(["urn:li:sponsoredCampaign:1000001"]));
    // Without fields there are two, and nobody knows what they are about.
    let (_, body) = client.get(&format!("{ANALYTICS}&{account}")).await;
    let keys: Vec<_> = body["elements"][0].as_object().expect("a row").keys().map(String::as_str).collect();
    assert_eq!(keys, ["clicks", "impressions"]);

    let many = format!("{account}&fields={}", ["impressions"; 21].join(","));
    for wrong in [
        "fields=impressions,clicks",
        "accounts=List(urn:li:sponsoredAccount:511000001)",
        "accounts=urn%3Ali%3AsponsoredAccount%3A511000001",
        "accounts=List(urn%3Ali%3AsponsoredCampaign%3A1)",
        "accounts=List(511000001)",
        "accounts[0]=urn%3Ali%3AsponsoredAccount%3A511000001",
        "accounts=List(urn%3Ali%3AsponsoredAccount%3A511000001)&fields=impressions%2Cclicks",
        "accounts=List(urn%3Ali%3AsponsoredAccount%3A511000001)&fields=List(impressions,clicks)",
        "accounts=List(urn%3Ali%3AsponsoredAccount%3A511000001)&fields=spend",
        "accounts=List(urn%3Ali%3AsponsoredAccount%3A511000001)&fields=",
        "accounts=List(urn%3Ali%3AsponsoredAccount%3A511000001)&count=10",
        many.as_str(),
    ] {
        let (status, body) = client.get(&format!("{ANALYTICS}&{wrong}")).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{wrong}: {body}");
    }
    let backwards = ANALYTICS.replace("day:7", "day:0").replace("(year:2026,month:11,day:1)", "(year:2026)");
    assert_eq!(client.get(&format!("{backwards}&{account}")).await.0, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn an_account_without_a_role_is_refused_and_its_analytics_are_empty() {
    let client = Client::new().await;
    for path in ["adCampaigns?q=search", "adCampaignGroups?q=search", "adCampaigns/1", "adCampaigns?ids=List(1)"] {
        for account in [STRANGER, "1"] {
            let (status, body) = client.get(&format!("/rest/adAccounts/{account}/{path}")).await;
            assert_eq!((status, code(&body)), (StatusCode::FORBIDDEN, "ACCESS_DENIED"), "{path}");
        }
    }
    let stranger = format!("{ANALYTICS}&accounts=List(urn%3Ali%3AsponsoredAccount%3A{STRANGER})");
    let (status, body) = client.get(&stranger).await;
    assert_eq!((status, &body["elements"]), (StatusCode::OK, &json!([])));
}

#[tokio::test]
async fn token_version_and_protocol_are_looked_at_first() {
    let client = Client::new().await;
    for (header, value, expected) in [
        ("authorization", "", (401, "EMPTY_ACCESS_TOKEN")),
        ("authorization", "Basic x", (401, "EMPTY_ACCESS_TOKEN")),
        ("authorization", "Bearer invented", (401, "INVALID_ACCESS_TOKEN")),
        ("authorization", "Bearer AQXinvented", (401, "EXPIRED_ACCESS_TOKEN")),
        ("linkedin-version", "", (400, "VERSION_MISSING")),
        ("linkedin-version", "202511", (426, "NONEXISTENT_VERSION")),
        ("linkedin-version", "202512", (426, "NONEXISTENT_VERSION")),
        ("linkedin-version", "v202607", (426, "NONEXISTENT_VERSION")),
        ("x-restli-protocol-version", "", (400, "PARAM_INVALID")),
        ("x-restli-protocol-version", "1.0.0", (400, "PARAM_INVALID")),
    ] {
        let (status, body) = client.send(Method::GET, "/rest/adAccounts?q=search", &[(header, value)], "").await;
        assert_eq!((status.as_u16(), code(&body)), expected, "{header}: {value}");
    }
    client.bench.tokens().revoke();
    assert_eq!(code(&client.get("/rest/adAccounts?q=search").await.1), "REVOKED_ACCESS_TOKEN");
}

#[tokio::test]
async fn framing_is_checked() {
    let client = Client::new().await;
    let path = format!("{CAMPAIGNS}/1000001");
    let (status, _) = client.send(Method::POST, &path, &[JSON, ("content-length", "")], "{}").await;
    assert_eq!(status, StatusCode::LENGTH_REQUIRED);
    let long = format!("{CAMPAIGNS}?q=search&search=(name:(values:List({})))", "a".repeat(4_096));
    assert_eq!(client.get(&long).await.0, StatusCode::URI_TOO_LONG);
    let (status, _) = client.send(Method::POST, &path, &[("content-type", "text/plain")], "{}").await;
    assert_eq!(status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    for (method, path) in [(Method::DELETE, path.as_str()), (Method::PUT, &path), (Method::DELETE, CAMPAIGNS)] {
        assert_eq!(client.send(method, path, &[], "").await.0, StatusCode::METHOD_NOT_ALLOWED);
    }
    assert_eq!(client.get("/rest/adNothing?q=search").await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_tunnelled_query_is_a_form_in_the_body_of_a_post() {
    let client = Client::new().await;
    let form = ("content-type", "application/x-www-form-urlencoded");
    let tunnel = ("x-http-method-override", "GET");
    let (status, body) = client.send(Method::POST, CAMPAIGNS, &[form, tunnel], "q=search&pageSize=3").await;
    assert_eq!((status, body["elements"].as_array().map(Vec::len)), (StatusCode::OK, Some(3)));
    for (uri, headers, body) in [
        (CAMPAIGNS.to_owned(), vec![JSON, tunnel], "q=search"),
        (CAMPAIGNS.to_owned(), vec![tunnel], "q=search"),
        (format!("{CAMPAIGNS}?q=search"), vec![form, tunnel], "pageSize=3"),
        (CAMPAIGNS.to_owned(), vec![form, ("x-http-method-override", "DELETE")], "ids=List(1)"),
        (CAMPAIGNS.to_owned(), vec![form, tunnel], "q=search&search=(name:(values:List(a+b)))"),
    ] {
        let (status, answer) = client.send(Method::POST, &uri, &headers, body).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{uri} {headers:?} {body}: {answer}");
    }
    // A form without the override is no update.
    let (status, _) = client.send(Method::POST, CAMPAIGNS, &[form], "q=search").await;
    assert_eq!(status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
}

#[tokio::test]
async fn methods_of_rest_li_are_named_where_they_must_be_in_either_case() {
    let client = Client::new().await;
    let batch = format!("{CAMPAIGNS}?ids=List(1000001,1)");
    for method in ["BATCH_GET", "batch_get"] {
        let (status, body) = client.send(Method::GET, &batch, &[("x-restli-method", method)], "").await;
        assert_eq!(status, StatusCode::OK, "{body}");
        assert_eq!((&body["statuses"], &body["errors"]["1"]["status"]), (&json!({ "1000001": 200 }), &json!(404)));
    }
    assert_eq!(client.get(&batch).await.0, StatusCode::BAD_REQUEST);
    let creatives = format!("/rest/adAccounts/{OUTDOOR}/creatives?q=criteria");
    assert_eq!(client.get(&creatives).await.0, StatusCode::BAD_REQUEST);
    let (status, _) = client.send(Method::GET, &creatives, &[("x-restli-method", "finder")], "").await;
    assert_eq!(status, StatusCode::OK);
    let (status, _) =
        client.send(Method::GET, &format!("{CAMPAIGNS}?q=search"), &[("x-restli-method", "GET_ALL")], "").await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn an_update_that_linkedin_refuses_is_refused() {
    let client = Client::new().await;
    let path = format!("{CAMPAIGNS}/1000001");
    let partial = ("x-restli-method", "PARTIAL_UPDATE");
    let set = |fields: Value| json!({ "patch": { "$set": fields } }).to_string();
    let budget =
        |amount: Value, currency: &str| set(json!({ "dailyBudget": { "amount": amount, "currencyCode": currency } }));
    let paused = set(json!({ "status": "PAUSED" }));
    let (status, body) = client.send(Method::POST, &path, &[JSON, partial], &paused).await;
    assert_eq!((status, body), (StatusCode::NO_CONTENT, Value::Null));
    for (path, headers, body, expected) in [
        (path.clone(), vec![JSON], paused.clone(), 400),
        (path.clone(), vec![JSON, partial], json!({ "status": "PAUSED" }).to_string(), 400),
        (path.clone(), vec![JSON, partial], json!({ "patch": { "$delete": ["status"] } }).to_string(), 400),
        (path.clone(), vec![JSON, partial], set(json!({ "state": "PAUSED" })), 400),
        (path.clone(), vec![JSON, partial], set(json!({ "status": "paused" })), 400),
        (path.clone(), vec![JSON, partial], set(json!({ "status": "REMOVED" })), 400),
        (path.clone(), vec![JSON, partial], budget(json!("9.99"), "USD"), 400),
        (path.clone(), vec![JSON, partial], budget(json!("50.00"), "EUR"), 400),
        (path.clone(), vec![JSON, partial], budget(json!(50), "USD"), 400),
        (path.clone(), vec![JSON, partial], budget(json!("10.001"), "USD"), 400),
        (format!("{path}?q=search"), vec![JSON, partial], paused.clone(), 400),
        (format!("{CAMPAIGNS}/1000012"), vec![JSON, partial], paused.clone(), 400),
        (format!("{CAMPAIGNS}/999"), vec![JSON, partial], paused.clone(), 404),
        (format!("/rest/adAccounts/{LOOKOUT}/adCampaigns/4000001"), vec![JSON, partial], paused.clone(), 403),
        (format!("/rest/adAccounts/{STRANGER}/adCampaigns/9000001"), vec![JSON, partial], paused.clone(), 403),
    ] {
        let (status, answer) = client.send(Method::POST, &path, &headers, &body).await;
        assert_eq!(status.as_u16(), expected, "{path} {body}: {answer}");
    }
}

#[tokio::test]
async fn a_batch_of_updates_names_the_same_ids_twice_and_judges_each() {
    let client = Client::new().await;
    let several = ("x-restli-method", "batch_partial_update");
    let paused = json!({ "patch": { "$set": { "status": "PAUSED" } } });
    let body = json!({ "entities": { "1000001": paused, "999": paused } }).to_string();
    let (status, answer) =
        client.send(Method::POST, &format!("{CAMPAIGNS}?ids=List(1000001,999)"), &[JSON, several], &body).await;
    assert_eq!((status, &answer["results"]), (StatusCode::OK, &json!({ "1000001": { "status": 204 } })));
    assert_eq!(answer["errors"]["999"]["status"], 404);
    for ids in ["List(1000001)", "List(1000001,998)", "List()"] {
        let (status, _) = client.send(Method::POST, &format!("{CAMPAIGNS}?ids={ids}"), &[JSON, several], &body).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{ids}");
    }
}

#[tokio::test]
async fn of_accounts_search_and_page_token_do_not_go_together() {
    let client = Client::new().await;
    let (_, first) = client.get("/rest/adAccounts?q=search&pageSize=2").await;
    let token = first["metadata"]["nextPageToken"].as_str().expect("a token");
    let (status, second) = client.get(&format!("/rest/adAccounts?q=search&pageSize=2&pageToken={token}")).await;
    assert_eq!((status, second["elements"].as_array().map(Vec::len)), (StatusCode::OK, Some(2)));
    let both = format!("/rest/adAccounts?q=search&search=(status:(values:List(ACTIVE)))&pageSize=2&pageToken={token}");
    assert_eq!(client.get(&both).await.0, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_refresh_token_has_a_fixed_end_that_refreshing_does_not_move() {
    let client = Client::new().await;
    let day = std::time::Duration::from_secs(24 * 3600);
    let form = ("content-type", "application/x-www-form-urlencoded");
    let body = "grant_type=refresh_token&client_id=sandbox-client&client_secret=sandbox-secret\
                &refresh_token=AQY-sandbox-refresh";
    let mut seen = vec![];
    for _ in 0..2 {
        client.bench.clock.advance(day * 180);
        let (status, answer) = client.send(Method::POST, "/oauth/v2/accessToken", &[form], body).await;
        assert_eq!((status, &answer["refresh_token"]), (StatusCode::OK, &json!("AQY-sandbox-refresh")));
        assert!(answer.get("token_type").is_none(), "LinkedIn leaves it out");
        seen.push((
            answer["expires_in"].as_u64().unwrap() / 86_400,
            answer["refresh_token_expires_in"].as_u64().unwrap() / 86_400,
        ));
    }
    assert_eq!(seen, [(60, 184), (4, 4)], "days left of the access token and of the refresh token");
    client.bench.clock.advance(day * 5);
    let (status, answer) = client.send(Method::POST, "/oauth/v2/accessToken", &[form], body).await;
    assert_eq!((status, &answer["error"]), (StatusCode::BAD_REQUEST, &json!("invalid_grant")));
}
