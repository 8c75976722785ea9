//! A program that connects by OAuth, as a host does it: each step by itself, so that tests can leave the way.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use reqwest::{Client, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use turnpike_core::{Ambient, Digest, Role, ServiceSecret, TenantId};
use turnpike_store::{ServiceAgent, Store};
use turnpike_tenancy::{Actor, ServiceAgentRequest};
use url::{Url, form_urlencoded};

use crate::{
    agent::{Agent, Answer, send},
    app::TestApp,
    visitor::Visitor,
};

/// Where the test's programs are sent back to.
pub const CALLBACK: &str = "http://127.0.0.1:33418/callback";

/// A program without a token yet.
#[derive(Clone)]
pub struct Program {
    /// Where the deployment is.
    pub url: String,
    /// Its client id.
    pub client_id: String,
    /// Where it is sent back to.
    pub redirect_uri: String,
    /// What its verifier is; the challenge follows.
    pub verifier: String,
    client: Client,
}

/// Tokens, as the endpoint gave them.
#[derive(Clone, Debug)]
pub struct Tokens {
    /// For calls.
    pub access: String,
    /// For the next ones.
    pub refresh: Option<String>,
    /// The whole answer.
    pub body: Value,
}

impl Tokens {
    /// Of an answer that must have them.
    pub fn of(answer: &Answer) -> Self {
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        let text = |name: &str| answer.body[name].as_str().map(str::to_owned);
        Self { access: text("access_token").unwrap(), refresh: text("refresh_token"), body: answer.body.clone() }
    }
}

/// The query of a URL.
pub fn query(url: &str) -> BTreeMap<String, String> {
    Url::parse(url).unwrap().query_pairs().into_owned().collect()
}

impl Program {
    /// One of that client id and redirect.
    pub fn new(url: &str, client_id: &str, redirect_uri: &str) -> Self {
        let client = Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let verifier = URL_SAFE_NO_PAD.encode(Ambient::system().bytes::<32>());
        let (url, client_id, redirect_uri) = (url.into(), client_id.into(), redirect_uri.into());
        Self { url, client_id, redirect_uri, verifier, client }
    }

    /// One that registers itself.
    pub async fn register(url: &str) -> Self {
        let mut program = Self::new(url, "", CALLBACK);
        let body = json!({
            "client_name": "Test program", "redirect_uris": [CALLBACK], "token_endpoint_auth_method": "none",
            "grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"],
        });
        let answer = program.send_registration(&body).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
        program.client_id = answer.body["client_id"].as_str().unwrap().to_owned();
        program
    }

    /// Sends a registration.
    pub async fn send_registration(&self, body: &Value) -> Answer {
        let request = self.client.post(format!("{}/register", self.url)).header("content-type", "application/json");
        send(request.body(body.to_string())).await
    }

    /// What the verifier hashes to.
    pub fn challenge(&self) -> String {
        URL_SAFE_NO_PAD.encode(Digest::of(self.verifier.as_bytes()).as_bytes())
    }

    /// The URL of an MCP server of the deployment.
    pub fn server(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    /// The parameters of an authorization request for a server; tests change some.
    pub fn request(&self, path: &str, scope: &str) -> BTreeMap<&'static str, String> {
        BTreeMap::from([
            ("response_type", "code".to_owned()),
            ("client_id", self.client_id.clone()),
            ("redirect_uri", self.redirect_uri.clone()),
            ("code_challenge", self.challenge()),
            ("code_challenge_method", "S256".to_owned()),
            ("state", "the state of the test".to_owned()),
            ("resource", self.server(path)),
            ("scope", scope.to_owned()),
        ])
    }

    /// The path of the authorization page with these parameters.
    pub fn page<Name: AsRef<str>>(parameters: &BTreeMap<Name, String>) -> String {
        format!("/authorize?{}", form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish())
    }

    /// The person opens the page and allows all that it asks for; where the browser is sent.
    pub async fn allowed<Name: AsRef<str>>(&self, person: &Visitor, parameters: &BTreeMap<Name, String>) -> String {
        let page = person.look(&Self::page(parameters)).await;
        let fields = fields(&page.text);
        let mut form: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        form.push(("decision", "allow"));
        person.submit("/authorize", &form).await
    }

    /// The code in the answer to a person's consent.
    pub async fn code(&self, person: &Visitor, path: &str, scope: &str) -> String {
        let back = self.allowed(person, &self.request(path, scope)).await;
        query(&back)["code"].clone()
    }

    /// The parameters with which a code is redeemed; tests change some.
    pub fn redemption(&self, code: &str) -> BTreeMap<&'static str, String> {
        BTreeMap::from([
            ("grant_type", "authorization_code".to_owned()),
            ("client_id", self.client_id.clone()),
            ("redirect_uri", self.redirect_uri.clone()),
            ("code", code.to_owned()),
            ("code_verifier", self.verifier.clone()),
        ])
    }

    /// The parameters with which a refresh token is exchanged.
    pub fn refreshing(&self, token: &str) -> BTreeMap<&'static str, String> {
        BTreeMap::from([
            ("grant_type", "refresh_token".to_owned()),
            ("client_id", self.client_id.clone()),
            ("refresh_token", token.to_owned()),
        ])
    }

    /// Sends parameters to an endpoint.
    pub async fn ask<Name: AsRef<str>>(&self, path: &str, parameters: &BTreeMap<Name, String>) -> Answer {
        self.ask_at(&self.url, path, parameters).await
    }

    /// The same at another replica.
    pub async fn ask_at<Name: AsRef<str>>(&self, url: &str, path: &str, parameters: &BTreeMap<Name, String>) -> Answer {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
        let request = self.client.post(format!("{url}{path}"));
        send(request.header("content-type", "application/x-www-form-urlencoded").body(body)).await
    }

    /// A POST to an endpoint, as a test wants it.
    pub fn post(&self, path: &str) -> RequestBuilder {
        self.client.post(format!("{}{path}", self.url))
    }

    /// From the person's consent to the tokens.
    pub async fn connect(&self, person: &Visitor, path: &str, scope: &str) -> Tokens {
        let code = self.code(person, path, scope).await;
        Tokens::of(&self.ask("/token", &self.redemption(&code)).await)
    }

    /// The next tokens.
    pub async fn refresh(&self, token: &str) -> Answer {
        self.ask("/token", &self.refreshing(token)).await
    }

    /// An agent that calls with a token.
    pub fn agent(&self, tokens: &Tokens) -> Agent {
        Agent::new(&self.url, &tokens.access)
    }
}

impl TestApp {
    /// A service agent that reaches live connections: its client id and its secret.
    pub async fn service_agent(&self, tenant: TenantId, scopes: &[&str]) -> (String, String) {
        let scopes: Vec<_> = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        let request = ServiceAgentRequest {
            name: "Nightly report",
            role: if scopes.iter().any(|scope| scope.ends_with(":write")) { Role::Member } else { Role::Auditor },
            scopes,
            groups: vec![],
            expires_at: None,
            live: true,
        };
        let made = self.operator.tenancy.add_service_agent(&Actor::desk(), tenant, request).await;
        let (id, secret) = made.unwrap();
        (id.to_string(), secret.expose().to_owned())
    }
}

/// The same where the database is all that is at hand.
pub async fn add_service_agent(store: &Store, tenant: TenantId, integration: &str) -> (String, String) {
    let ambient = Ambient::system();
    let secret = ServiceSecret::mint(&ambient);
    let agent = ServiceAgent {
        id: ambient.id(),
        name: "Nightly report".into(),
        hint: secret.hint(),
        secret_hash: ServiceSecret::hash_of(secret.expose()),
        scopes: vec![format!("{integration}:read")],
        role: Role::Auditor,
        groups: vec![],
        live: true,
        created_at: ambient.now(),
        expires_at: None,
        last_used_at: None,
        revoked_at: None,
    };
    store.tenant(tenant).insert_service_agent(&agent).await.unwrap();
    (agent.id.to_string(), secret.expose().to_owned())
}

/// The parameters with which a service agent asks for a token; tests change some.
pub fn own_credentials(id: &str, secret: &str) -> BTreeMap<&'static str, String> {
    BTreeMap::from([
        ("grant_type", "client_credentials".to_owned()),
        ("client_id", id.to_owned()),
        ("client_secret", secret.to_owned()),
    ])
}

/// What the form of a page would send as it stands: hidden fields, and boxes that are checked.
pub fn fields(page: &str) -> Vec<(String, String)> {
    let form =
        page.split("<form method=\"post\" action=\"/authorize\"").nth(1).unwrap_or_else(|| panic!("no form in {page}"));
    let inputs = form.split("</form>").next().unwrap().split("<input ").skip(1);
    let attribute = |input: &str, name: &str| {
        let value = input.split(&format!(" {name}=\"")).nth(1).or(input.strip_prefix(&format!("{name}=\"")))?;
        Some(value.split('"').next()?.to_owned())
    };
    let sent = inputs.map(|input| input.split('>').next().unwrap()).filter(|input| {
        !(input.contains("type=\"checkbox\"") || input.contains("type=\"radio\"")) || input.contains(" checked")
    });
    sent.filter_map(|input| Some((attribute(input, "name")?, attribute(input, "value")?))).collect()
}
