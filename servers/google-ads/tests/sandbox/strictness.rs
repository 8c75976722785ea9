//! What a wrong client sends, the sandbox refuses as Google does: otherwise passing against it would prove nothing.

use axum::body::Body;
use http::{Method, Request, StatusCode};
use serde_json::{Value, json};

use crate::bench::{Bench, MANAGER, OUTDOOR, STRANGER, STUDIO, WHOLESALE, unconnected};

/// A request that is right in all that it does not change.
struct Client {
    bench: Bench,
}

impl Client {
    async fn new() -> Self {
        Self { bench: unconnected().await }
    }

    /// Posts to an account reached directly.
    async fn post(&self, path: &str, body: Value) -> (StatusCode, Value) {
        self.send(Method::POST, path, &[], body).await
    }

    async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)], body: Value) -> (StatusCode, Value) {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", format!("Bearer {}", self.bench.token))
            .header("content-type", "application/json");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.bench.raw(request.body(Body::from(body.to_string())).expect("a request")).await
    }

    async fn search(&self, query: &str) -> (StatusCode, Value) {
        self.post(&format!("/v26/customers/{STUDIO}/googleAds:search"), json!({ "query": query })).await
    }
}

/// The code of a refusal, whether in an array or not.
fn code(body: &Value) -> &str {
    let error = body.pointer("/0/error").unwrap_or(&body["error"]);
    let code = error.pointer("/details/0/errors/0/errorCode").and_then(Value::as_object);
    code.and_then(|code| code.values().next()).and_then(Value::as_str).unwrap_or("none")
}

const PLAIN: &str = "SELECT campaign.id FROM campaign";

#[tokio::test]
async fn a_query_that_google_refuses_is_refused() {
    let client = Client::new().await;
    for (query, expected) in [
        ("SELECT campaign.budget FROM campaign", "UNRECOGNIZED_FIELD"),
        ("SELECT campaign.start_date FROM campaign", "UNRECOGNIZED_FIELD"),
        ("SELECT campaign.id FROM campaigns", "BAD_RESOURCE_TYPE_IN_FROM_CLAUSE"),
        ("SELECT ad_group.id FROM campaign", "PROHIBITED_RESOURCE_TYPE_IN_SELECT_CLAUSE"),
        ("SELECT metrics.clicks FROM customer_client", "PROHIBITED_METRIC_IN_SELECT_OR_WHERE_CLAUSE"),
        ("SELECT segments.date, metrics.clicks FROM campaign", "EXPECTED_FILTERS_ON_DATE_RANGE"),
        ("SELECT segments.date FROM campaign WHERE segments.date >= '2026-11-01'", "EXPECTED_FILTERS_ON_DATE_RANGE"),
        ("SELECT campaign.id FROM campaign WHERE segments.date = '2026-11-1'", "BAD_VALUE"),
        ("SELECT campaign.id FROM campaign WHERE segments.date LIKE '2026%'", "OPERATOR_FIELD_MISMATCH"),
        ("SELECT campaign.id FROM campaign WHERE campaign.id = 'x'", "BAD_VALUE"),
        ("SELECT campaign.id FROM campaign WHERE campaign.status = 'ACTIVE'", "BAD_ENUM_CONSTANT"),
        ("SELECT campaign.id FROM campaign ORDER BY metrics.clicks", "EXPECTED_REFERENCED_FIELD_IN_SELECT_CLAUSE"),
        ("SELECT campaign.id FROM campaign WHERE campaign.id = 1 OR campaign.id = 2", "UNEXPECTED_INPUT"),
        ("SELECT campaign.id FROM campaign;", "UNEXPECTED_INPUT"),
    ] {
        let (status, body) = client.search(query).await;
        assert_eq!((status, code(&body)), (StatusCode::BAD_REQUEST, expected), "{query}");
    }
    let path = format!("/v26/customers/{MANAGER}/googleAds:search");
    let (_, body) = client.post(&path, json!({ "query": "SELECT metrics.clicks FROM customer" })).await;
    assert_eq!(code(&body), "REQUESTED_METRICS_FOR_MANAGER");
}

#[tokio::test]
async fn a_body_with_a_field_that_google_does_not_know_is_refused() {
    let client = Client::new().await;
    let path = format!("/v26/customers/{STUDIO}/googleAds:search");
    for (body, expected) in [
        (json!({ "query": PLAIN, "pageSize": 100 }), "PAGE_SIZE_NOT_SUPPORTED"),
        (json!({ "query": PLAIN, "page_token": "x" }), "BAD_REQUEST"),
        (json!({ "query": PLAIN, "summaryRowSetting": "SUMMARY_ROW_ONLY" }), "BAD_REQUEST"),
        (json!({ "query": PLAIN, "pageToken": "made-up-by-a-client" }), "INVALID_PAGE_TOKEN"),
        (json!({}), "BAD_REQUEST"),
    ] {
        assert_eq!(code(&client.post(&path, body.clone()).await.1), expected, "{body}");
    }
}

#[tokio::test]
async fn an_account_is_reached_only_in_the_right_way() {
    let client = Client::new().await;
    let search = |id: &str| format!("/v26/customers/{id}/googleAds:search");
    let foreign_login = [("login-customer-id", STRANGER)];
    for (id, headers, expected) in [
        (STUDIO, &[][..], "none"),
        (OUTDOOR, &[("login-customer-id", MANAGER)], "none"),
        (OUTDOOR, &[], "USER_PERMISSION_DENIED"),
        (OUTDOOR, &[("login-customer-id", STUDIO)], "USER_PERMISSION_DENIED"),
        (OUTDOOR, &[("login-customer-id", OUTDOOR)], "USER_PERMISSION_DENIED"),
        (OUTDOOR, &[("login-customer-id", "100-000-0001")], "INVALID_LOGIN_CUSTOMER_ID"),
        (STRANGER, &[], "USER_PERMISSION_DENIED"),
        (STRANGER, &[("login-customer-id", MANAGER)], "USER_PERMISSION_DENIED"),
        (STRANGER, &foreign_login, "USER_PERMISSION_DENIED"),
        ("3000000000", &[], "USER_PERMISSION_DENIED"),
        ("2000000006", &[], "CUSTOMER_NOT_ENABLED"),
        ("200-000-0005", &[], "INVALID_CUSTOMER_ID"),
    ] {
        let (_, body) = client.send(Method::POST, &search(id), headers, json!({ "query": PLAIN })).await;
        assert_eq!(code(&body), expected, "{id} {headers:?}");
    }
}

#[tokio::test]
async fn a_request_without_a_living_token_is_refused_and_a_developer_token_is_ignored() {
    let client = Client::new().await;
    let path = "/v26/customers:listAccessibleCustomers";
    for authorization in [None, Some("Bearer ya29.invented"), Some("Basic x")] {
        let mut request = Request::get(path);
        if let Some(value) = authorization {
            request = request.header("authorization", value);
        }
        let (status, body) = client.bench.raw(request.body(Body::empty()).expect("a request")).await;
        assert_eq!((status, code(&body)), (StatusCode::UNAUTHORIZED, "OAUTH_TOKEN_EXPIRED"));
    }
    let (status, _) = client.send(Method::GET, path, &[("developer-token", "whatever")], Value::Null).await;
    assert_eq!(status, StatusCode::OK);
    client.bench.tokens().revoke();
    assert_eq!(code(&client.send(Method::GET, path, &[], Value::Null).await.1), "OAUTH_TOKEN_REVOKED");
}

#[tokio::test]
async fn another_version_and_an_unknown_path_are_refused() {
    let client = Client::new().await;
    for path in ["/v22/customers:listAccessibleCustomers", "/v27/customers:listAccessibleCustomers"] {
        assert_eq!(code(&client.send(Method::GET, path, &[], Value::Null).await.1), "UNSUPPORTED_VERSION");
    }
    let (status, _) = client.send(Method::GET, "/v26/customers", &[], Value::Null).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    let (status, _) = client.post(&format!("/v26/customers/{STUDIO}/campaigns:remove"), json!({})).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    let (status, _) =
        client.send(Method::GET, &format!("/v26/customers/{STUDIO}/campaigns:mutate"), &[], json!({})).await;
    assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn an_update_that_google_refuses_is_refused() {
    let client = Client::new().await;
    let update = |mask: &str, update: Value| json!({ "operations": [{ "updateMask": mask, "update": update }] });
    let name = |collection: &str, id: u64| format!("customers/{STUDIO}/{collection}/{id}");
    let campaign = |id: u64, status: &str| json!({ "resourceName": name("campaigns", id), "status": status });
    let budget = |micros: Value| json!({ "resourceName": name("campaignBudgets", 5_900_001), "amountMicros": micros });
    let foreign = json!({ "resourceName": format!("customers/{OUTDOOR}/campaigns/2000001"), "status": "PAUSED" });
    for (service, body, expected) in [
        ("campaigns", json!({ "operations": [] }), "REQUIRED_FIELD_MISSING"),
        ("campaigns", json!({ "operations": [{ "update": campaign(5_000_001, "PAUSED") }] }), "FIELD_MASK_MISSING"),
        ("campaigns", update("Status", campaign(5_000_001, "PAUSED")), "FIELD_NOT_FOUND"),
        ("campaigns", update("status", campaign(5_000_001, "REMOVED")), "ENUM_VALUE_NOT_PERMITTED"),
        ("campaigns", update("status", campaign(5_000_012, "ENABLED")), "OPERATION_NOT_PERMITTED_FOR_REMOVED_RESOURCE"),
        ("campaigns", update("status", campaign(999, "ENABLED")), "RESOURCE_NOT_FOUND"),
        ("campaigns", update("status", foreign), "RESOURCE_NAME_MALFORMED"),
        ("campaigns", json!({ "operations": [{ "remove": "x" }] }), "BAD_REQUEST"),
        (
            "campaignBudgets",
            update("amount_micros", budget(json!("10005000"))),
            "NON_MULTIPLE_OF_MINIMUM_CURRENCY_UNIT",
        ),
        ("campaignBudgets", update("amount_micros", budget(json!("0"))), "TOO_LOW"),
        ("campaignBudgets", update("amount_micros", budget(json!(10_000_000))), "INVALID_VALUE"),
    ] {
        let (status, answer) = client.post(&format!("/v26/customers/{STUDIO}/{service}:mutate"), body.clone()).await;
        assert_eq!((status, code(&answer)), (StatusCode::BAD_REQUEST, expected), "{body}");
    }
}

#[tokio::test]
async fn with_partial_failure_the_good_operations_hold_and_the_bad_are_named_by_index() {
    let client = Client::new().await;
    let operation = |id: u64| {
        json!({ "updateMask": "status", "update": {
        "resourceName": format!("customers/{STUDIO}/campaigns/{id}"), "status": "PAUSED" } })
    };
    let body = json!({ "operations": [operation(5_000_001), operation(999)], "partialFailure": true });
    let (status, answer) = client.post(&format!("/v26/customers/{STUDIO}/campaigns:mutate"), body).await;
    assert_eq!((status, &answer["results"][1]), (StatusCode::OK, &json!({})));
    assert_eq!(
        answer.pointer("/partialFailureError/details/0/errors/0/location/fieldPathElements/0/index"),
        Some(&json!(1))
    );
    let (_, found) = client.search("SELECT campaign.status FROM campaign WHERE campaign.id = 5000001").await;
    assert_eq!(found["results"][0]["campaign"]["status"], "PAUSED");
}

#[tokio::test]
async fn validate_only_answers_an_empty_object() {
    let client = Client::new().await;
    let body = json!({ "validateOnly": true, "operations": [{ "updateMask": "status", "update": {
        "resourceName": format!("customers/{STUDIO}/campaigns/5000001"), "status": "PAUSED" } }] });
    assert_eq!(
        client.post(&format!("/v26/customers/{STUDIO}/campaigns:mutate"), body).await,
        (StatusCode::OK, json!({}))
    );
}

#[tokio::test]
async fn a_stream_is_an_array_and_so_is_its_refusal() {
    let client = Client::new().await;
    let path = format!("/v26/customers/{WHOLESALE}/googleAds:searchStream");
    let through = [("login-customer-id", MANAGER)];
    let body = json!({
        "query": "SELECT campaign.id, segments.date, metrics.clicks FROM campaign \
                  WHERE segments.date BETWEEN '2026-10-01' AND '2026-10-26'",
        "summaryRowSetting": "SUMMARY_ROW_WITH_RESULTS",
    });
    let (_, answer) = client.send(Method::POST, &path, &through, body).await;
    let batches = answer.as_array().expect("an array");
    let lengths: Vec<_> = batches.iter().map(|batch| batch["results"].as_array().map(Vec::len)).collect();
    assert_eq!(lengths, [Some(10_000), Some(400), None]);
    assert!(batches[2]["summaryRow"]["metrics"]["clicks"].is_string(), "64-bit integers are strings");

    let (status, refused) =
        client.send(Method::POST, &path, &through, json!({ "query": "SELECT x FROM campaign" })).await;
    assert_eq!((status, code(&refused), refused.is_array()), (StatusCode::BAD_REQUEST, "UNRECOGNIZED_FIELD", true));
}

#[tokio::test]
async fn nought_and_empty_are_left_out_and_names_are_in_camel_case() {
    let client = Client::new().await;
    let (_, found) = client
        .search(
            "SELECT campaign.id, campaign_budget.explicitly_shared, campaign_budget.amount_micros FROM campaign \
             WHERE campaign.id = 5000001",
        )
        .await;
    assert_eq!(
        found["results"][0],
        json!({
            "campaign": { "resourceName": "customers/2000000005/campaigns/5000001", "id": "5000001" },
            "campaignBudget": {
                "resourceName": "customers/2000000005/campaignBudgets/5900001", "amountMicros": "35500000",
            },
        })
    );
}

#[tokio::test]
async fn one_field_can_be_looked_up_by_name() {
    let client = Client::new().await;
    let (status, field) = client.send(Method::GET, "/v26/googleAdsFields/campaign.status", &[], Value::Null).await;
    assert_eq!((status, &field["dataType"], &field["category"]), (StatusCode::OK, &json!("ENUM"), &json!("ATTRIBUTE")));
    let (status, _) = client.send(Method::GET, "/v26/googleAdsFields/campaign.nothing", &[], Value::Null).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}
