//! A plain client of the fake.

use reqwest::{Client, Method, RequestBuilder};
use serde_json::Value;
use turnpike_fake_stripe::FakeStripe;
use url::form_urlencoded::Serializer;

/// 2026-11-01 00:00 UTC.
pub(crate) const START: i64 = 1_793_491_200;

/// Parameters.
pub(crate) type Form<'a> = &'a [(&'a str, &'a str)];

pub(crate) struct Ask {
    pub(crate) fake: FakeStripe,
    client: Client,
    pub(crate) key: &'static str,
}

/// An answer's status, headers that matter, and body.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) status: u16,
    pub(crate) should_retry: Option<String>,
    pub(crate) replayed: bool,
    pub(crate) body: Value,
}

impl Told {
    pub(crate) fn ok(self) -> Value {
        assert_eq!(self.status, 200, "{}", self.body);
        self.body
    }

    /// Status, kind, and code or message of a refusal.
    pub(crate) fn refusal(&self) -> (u16, &str, &str) {
        let error = &self.body["error"];
        let words = error["code"].as_str().or(error["message"].as_str());
        (self.status, error["type"].as_str().unwrap_or_default(), words.unwrap_or_default())
    }
}

impl Ask {
    pub(crate) async fn new() -> Self {
        Self { fake: FakeStripe::start(START).await, client: Client::new(), key: FakeStripe::KEY }
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.fake.url())).bearer_auth(self.key)
    }

    pub(crate) async fn post(&self, path: &str, form: Form<'_>) -> Told {
        self.try_post(path, form, &[]).await.expect("an answer")
    }

    /// With headers; an error is a broken connection.
    pub(crate) async fn try_post(&self, path: &str, form: Form<'_>, headers: Form<'_>) -> reqwest::Result<Told> {
        let mut request = self.request(Method::POST, path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = Serializer::new(String::new()).extend_pairs(form).finish();
        told(request.header("content-type", "application/x-www-form-urlencoded").body(body)).await
    }

    pub(crate) async fn get(&self, path: &str, form: Form<'_>) -> Told {
        told(self.request(Method::GET, path).query_pairs(form)).await.expect("an answer")
    }

    pub(crate) async fn delete(&self, path: &str) -> Told {
        told(self.request(Method::DELETE, path)).await.expect("an answer")
    }

    pub(crate) async fn make(&self, path: &str, form: Form<'_>) -> String {
        self.post(path, form).await.ok()["id"].as_str().expect("an id").to_owned()
    }

    pub(crate) async fn customer(&self) -> String {
        self.make("/v1/customers", &[("name", "Acme"), ("email", "money@acme.example")]).await
    }

    /// A meter `units` that sums.
    pub(crate) async fn meter(&self) -> String {
        let form = [("display_name", "Units"), ("event_name", "units"), ("default_aggregation[formula]", "sum")];
        self.make("/v1/billing/meters", &form).await
    }

    /// An event for a customer, with more parameters.
    pub(crate) async fn event(&self, customer: &str, value: &str, more: Form<'_>) -> Told {
        let form = [("event_name", "units"), ("payload[stripe_customer_id]", customer), ("payload[value]", value)];
        self.post("/v1/billing/meter_events", &[&form[..], more].concat()).await
    }
}

/// Parameters in the address.
trait Query {
    fn query_pairs(self, form: Form<'_>) -> Self;
}

impl Query for RequestBuilder {
    fn query_pairs(self, form: Form<'_>) -> Self {
        let (client, request) = self.build_split();
        let mut request = request.expect("a request");
        if !form.is_empty() {
            request.url_mut().query_pairs_mut().extend_pairs(form);
        }
        Self::from_parts(client, request)
    }
}

async fn told(request: RequestBuilder) -> reqwest::Result<Told> {
    let response = request.send().await?;
    let text = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let (status, should_retry) = (response.status().as_u16(), text("stripe-should-retry"));
    let replayed = text("idempotent-replayed").is_some();
    Ok(Told { status, should_retry, replayed, body: response.json().await? })
}
