//! What a wrong client sends, the sandbox refuses as Amazon does: otherwise passing against it would prove nothing.

use axum::body::Body;
use http::{Method, Request, StatusCode};
use serde_json::{Value, json};

use crate::bench::{BAKERY, Bench, CLIENT, OUTDOOR, STRANGER, unconnected};

const CAMPAIGN: &str = "application/vnd.spCampaign.v3+json";
const CREATE: &str = "application/vnd.createasyncreportrequest.v3+json";
const CREATED: &str = "application/vnd.createasyncreportresponse.v3+json";
const STATE: &str = "application/vnd.getasyncreportresponse.v3+json";

/// A request that is right in all that it does not change.
struct Client {
    bench: Bench,
}

impl Client {
    async fn new() -> Self {
        Self { bench: unconnected().await }
    }

    /// With the headers that every request needs, unless one of `headers` takes its place; one without value is left out.
    async fn send(&self, method: Method, uri: &str, headers: &[(&str, &str)], body: &Value) -> (StatusCode, Value) {
        let token = format!("Bearer {}", self.bench.token);
        let usual = [
            ("authorization", token.as_str()),
            ("amazon-advertising-api-clientid", CLIENT),
            ("amazon-advertising-api-scope", OUTDOOR),
            ("content-type", CAMPAIGN),
            ("accept", CAMPAIGN),
        ];
        let mut request = Request::builder().method(method).uri(uri);
        for (name, value) in usual.iter().filter(|(name, _)| !headers.iter().any(|(own, _)| own == name)).chain(headers)
        {
            if !value.is_empty() {
                request = request.header(*name, *value);
            }
        }
        let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        self.bench.raw(request.body(body).expect("a request")).await
    }

    async fn list(&self, headers: &[(&str, &str)], body: &Value) -> (StatusCode, Value) {
        self.send(Method::POST, "/na/sp/campaigns/list", headers, body).await
    }

    async fn report(&self, body: &Value) -> (StatusCode, Value) {
        let headers = [("content-type", CREATE), ("accept", CREATED)];
        self.send(Method::POST, "/na/reporting/reports", &headers, body).await
    }
}

fn report() -> Value {
    json!({ "name": "x", "startDate": "2026-11-01", "endDate": "2026-11-07", "configuration": {
        "adProduct": "SPONSORED_PRODUCTS", "groupBy": ["campaign"], "columns": ["campaignId", "clicks"],
        "reportTypeId": "spCampaigns", "timeUnit": "SUMMARY", "format": "GZIP_JSON" } })
}

#[tokio::test]
async fn a_listing_is_answered_only_with_its_own_media_types() {
    let client = Client::new().await;
    assert_eq!(client.list(&[], &json!({ "maxResults": 1 })).await.0, StatusCode::OK);
    for kind in ["application/json", "application/vnd.spAdGroup.v3+json", "application/vnd.spCampaign.v4+json", ""] {
        let (status, body) = client.list(&[("content-type", kind)], &json!({})).await;
        assert_eq!(
            (status, &body["code"]),
            (StatusCode::UNSUPPORTED_MEDIA_TYPE, &json!("UNSUPPORTED_MEDIA_TYPE")),
            "{kind}"
        );
        let (status, body) = client.list(&[("accept", kind)], &json!({})).await;
        assert_eq!((status, &body["code"]), (StatusCode::NOT_ACCEPTABLE, &json!("NOT_ACCEPTABLE")), "{kind}");
    }
}

#[tokio::test]
async fn token_client_and_profile_must_be_named_and_fit() {
    let client = Client::new().await;
    for (headers, status, words) in [
        ([("authorization", "")], 401, "HTTP 401 Unauthorized"),
        ([("authorization", "Bearer Atza|invented")], 401, "HTTP 401 Unauthorized"),
        ([("authorization", "Basic Atza|x")], 401, "HTTP 401 Unauthorized"),
        ([("amazon-advertising-api-clientid", "")], 400, "Client id header"),
        ([("amazon-advertising-api-clientid", "another")], 400, "Client id header"),
        ([("amazon-advertising-api-scope", "")], 401, "Scope header is missing"),
        ([("amazon-advertising-api-scope", STRANGER)], 401, "Not authorized to access scope"),
        ([("amazon-advertising-api-scope", "1")], 401, "No matching advertiser"),
        // The bakery is in Europe; and what a client makes of the profile that takes ids for floats.
        ([("amazon-advertising-api-scope", BAKERY)], 401, "No matching advertiser"),
        ([("amazon-advertising-api-scope", "18446744073709552000")], 401, "No matching advertiser"),
    ] {
        let (found, body) = client.list(&headers, &json!({})).await;
        assert_eq!(found.as_u16(), status, "{headers:?}: {body}");
        assert!(body["details"].as_str().is_some_and(|details| details.starts_with(words)), "{headers:?}: {body}");
    }
}

#[tokio::test]
async fn profiles_are_listed_by_region_and_without_a_scope() {
    let client = Client::new().await;
    let plain = [("amazon-advertising-api-scope", ""), ("content-type", ""), ("accept", "*/*")];
    for (region, count) in [("na", 3), ("eu", 3), ("fe", 2)] {
        let uri = format!("/{region}/v2/profiles?accessLevel=view&apiProgram=campaign");
        let (status, body) = client.send(Method::GET, &uri, &plain, &Value::Null).await;
        assert_eq!((status, body.as_array().map(Vec::len)), (StatusCode::OK, Some(count)), "{region}: {body}");
        assert!(body[0]["profileId"].is_u64(), "a number, as Amazon has it");
    }
    // Without a word about it, only what may be changed is listed.
    let (_, body) = client.send(Method::GET, "/fe/v2/profiles", &plain, &Value::Null).await;
    assert_eq!(body.as_array().map(Vec::len), Some(1));
    for (uri, headers) in [
        ("/na/v2/profiles", &[("content-type", "")][..]),
        ("/na/v2/profiles?apiprogram=campaign", &plain),
        ("/us/v2/profiles", &plain),
        ("/v2/profiles", &plain),
    ] {
        let (status, body) = client.send(Method::GET, uri, headers, &Value::Null).await;
        assert!(status.is_client_error(), "{uri}: {body}");
    }
}

#[tokio::test]
async fn a_field_or_a_value_that_nobody_knows_is_refused() {
    let client = Client::new().await;
    for wrong in [
        json!({ "stateFilters": {} }),
        json!({ "stateFilter": { "include": ["enabled"] } }),
        json!({ "stateFilter": ["ENABLED"] }),
        json!({ "campaignIdFilter": { "include": [1_000_001] } }),
        json!({ "adGroupIdFilter": { "include": ["1"] } }),
        json!({ "nameFilter": { "include": ["x"], "queryTermMatchType": "BROAD" } }),
        json!({ "maxResults": 0 }),
        json!({ "maxResults": 1000 }),
        json!({ "nextToken": "invented" }),
        json!([]),
    ] {
        let (status, body) = client.list(&[], &wrong).await;
        assert_eq!((status, &body["code"]), (StatusCode::BAD_REQUEST, &json!("INVALID_ARGUMENT")), "{wrong}: {body}");
    }
    for wrong in [
        json!({ "campaigns": [] }),
        json!({ "campaign": [{ "campaignId": "1000001", "state": "PAUSED" }] }),
        json!({ "campaigns": [{ "campaignId": 1_000_001, "state": "PAUSED" }] }),
        json!({ "campaigns": [{ "campaignId": "1000001", "status": "PAUSED" }] }),
        json!({ "campaigns": [{ "campaignId": "1000001", "budget": 20 }] }),
    ] {
        let (status, body) = client.send(Method::PUT, "/na/sp/campaigns", &[], &wrong).await;
        assert_eq!((status, &body["code"]), (StatusCode::BAD_REQUEST, &json!("INVALID_ARGUMENT")), "{wrong}: {body}");
    }
    // What a state may not become is refused for its item.
    let archive = json!({ "campaigns": [{ "campaignId": "1000001", "state": "ARCHIVED" }] });
    let (status, body) = client.send(Method::PUT, "/na/sp/campaigns", &[], &archive).await;
    assert_eq!((status, &body["campaigns"]["error"][0]["index"]), (StatusCode::MULTI_STATUS, &json!(0)), "{body}");
}

#[tokio::test]
async fn a_report_is_made_only_of_what_its_type_knows() {
    let client = Client::new().await;
    let with = |pointer: &str, value: Value| {
        let mut body = report();
        *body.pointer_mut(pointer).expect("it is there") = value;
        body
    };
    for wrong in [
        with("/endDate", json!("2026-12-02")),
        with("/endDate", json!("2026-10-31")),
        with("/startDate", json!("2026-08-01")),
        with("/startDate", json!("20261101")),
        with("/configuration/adProduct", json!("SPONSORED_BRANDS")),
        with("/configuration/groupBy", json!(["searchTerm"])),
        with("/configuration/groupBy", json!(["campaign", "adGroup"])),
        with("/configuration/columns", json!(["campaignId", "impression"])),
        with("/configuration/columns", json!(["date", "clicks"])),
        with("/configuration/columns", json!([])),
        with("/configuration/reportTypeId", json!("spCampaign")),
        with("/configuration/timeUnit", json!("WEEKLY")),
        with("/configuration/format", json!("CSV")),
        with("/configuration", json!({})),
    ] {
        let (status, body) = client.report(&wrong).await;
        assert_eq!((status, &body["code"]), (StatusCode::BAD_REQUEST, &json!("400")), "{wrong}: {body}");
        assert!(body["detail"].is_string());
    }
    let headers = [("content-type", "application/json"), ("accept", CREATED)];
    let (status, _) = client.send(Method::POST, "/na/reporting/reports", &headers, &report()).await;
    assert_eq!(status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
}

#[tokio::test]
async fn a_report_is_pending_twice_then_complete_behind_a_link_that_takes_no_other_credential() {
    let client = Client::new().await;
    let (status, created) = client.report(&report()).await;
    assert_eq!((status, &created["status"], &created["url"]), (StatusCode::OK, &json!("PENDING"), &Value::Null));
    let id = created["reportId"].as_str().expect("an id").to_owned();
    let (status, again) = client.report(&report()).await;
    assert_eq!((status.as_u16(), &again["detail"]), (425, &json!(format!("The Request is a duplicate of : {id}"))));

    let uri = format!("/na/reporting/reports/{id}");
    let look =
        async || client.send(Method::GET, &uri, &[("accept", STATE), ("content-type", "")], &Value::Null).await.1;
    assert_eq!(look().await["status"], "PROCESSING");
    let complete = look().await;
    assert_eq!((&complete["status"], &complete["failureReason"]), (&json!("COMPLETED"), &Value::Null));
    let link = complete["url"].as_str().expect("a link").to_owned();
    let (status, finished) = client.report(&report()).await;
    assert_eq!((status, &finished["status"], &finished["reportId"]), (StatusCode::OK, &json!("COMPLETED"), &json!(id)));

    // Nobody else's: neither another profile's of the same user, nor another region's.
    for (region, scope) in [("na", "1000000000002"), ("eu", BAKERY)] {
        let headers = [("accept", STATE), ("content-type", ""), ("amazon-advertising-api-scope", scope)];
        let uri = format!("/{region}/reporting/reports/{id}");
        assert_eq!(client.send(Method::GET, &uri, &headers, &Value::Null).await.0, StatusCode::NOT_FOUND, "{region}");
    }

    let fetch = async |uri: &str, headers: &[(&str, &str)]| {
        let mut request = Request::get(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        client.bench.raw(request.body(Body::empty()).expect("a request")).await.0
    };
    assert_eq!(fetch(&link, &[]).await, StatusCode::OK);
    for header in ["authorization", "amazon-advertising-api-clientid", "amazon-advertising-api-scope", "traceparent"] {
        assert_eq!(fetch(&link, &[(header, "x")]).await, StatusCode::BAD_REQUEST, "{header}");
    }
    assert_eq!(fetch(&link.replace("Signature=", "Signature=0"), &[]).await, StatusCode::FORBIDDEN);
    client.bench.clock.advance(std::time::Duration::from_secs(3601));
    assert_eq!(fetch(&link, &[]).await, StatusCode::FORBIDDEN, "it lapses");
}

#[tokio::test]
async fn the_token_endpoint_takes_forms_and_the_right_secret_only() {
    let bench = unconnected().await;
    let post = async |kind: &str, body: &str| {
        let request = Request::post("/auth/o2/token").header("content-type", kind).body(Body::from(body.to_owned()));
        bench.raw(request.expect("a request")).await
    };
    let form = "application/x-www-form-urlencoded";
    let right = format!(
        "grant_type=refresh_token&client_id={CLIENT}&client_secret=sandbox-secret&refresh_token=Atzr%7Csandbox-refresh"
    );
    let (status, answer) = post(form, &right).await;
    assert_eq!(status, StatusCode::OK);
    assert!(answer["access_token"].as_str().is_some_and(|token| token.starts_with("Atza|")), "{answer}");
    let json = json!({ "grant_type": "refresh_token", "client_id": CLIENT, "client_secret": "sandbox-secret",
        "refresh_token": "Atzr|sandbox-refresh" });
    for (kind, body, status, error) in [
        ("application/json", json.to_string(), 400, "invalid_request"),
        (form, right.replace("sandbox-secret", "guess"), 401, "invalid_client"),
        (form, right.replace("sandbox-refresh", "guess"), 400, "invalid_grant"),
        (form, right.replace("grant_type=refresh_token", "grant_type=password"), 400, "unsupported_grant_type"),
    ] {
        let (found, answer) = post(kind, &body).await;
        assert_eq!((found.as_u16(), &answer["error"]), (status, &json!(error)), "{body}");
    }
}
