//! Access tokens that are not taken: those for another server, those that nobody signed, and those whose reason is gone.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use turnpike_core::{Canonical, Role, TenantId};
use turnpike_store::TenantState;
use turnpike_tenancy::Actor;
use turnpike_tests::{
    agent::{Agent, send},
    app::integrations,
    oauth::Tokens,
};

use crate::oauth::scene::{PROMISED, SERVER, Scene, until};

/// Asserts that a token is refused at a server as the standard wants, and why.
async fn refused(url: &str, path: &str, token: &str, words: &str) {
    let answer = Agent::new(url, token).rpc(path, json!(1), "tools/list", json!({})).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{words}: {answer:?}");
    let challenge = answer.headers["www-authenticate"].to_str().unwrap();
    let metadata = format!("resource_metadata=\"{url}/.well-known/oauth-protected-resource{path}\"");
    for part in ["Bearer error=\"invalid_token\"", words, &metadata] {
        assert!(challenge.contains(part), "{part}: {challenge}");
    }
    assert!(!challenge.contains(token), "{challenge}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_good_at_its_own_server_and_at_no_other() {
    let scene = Scene::set().await;
    let url = &scene.app.url;
    let names: Vec<_> = integrations().iter().map(|integration| integration.manifest.name).collect();
    let own = names.iter().map(|name| (format!("/{name}/mcp"), format!("{name}:read")));
    let servers: Vec<_> = own.chain([("/mcp".to_owned(), format!("{}:read", names[0]))]).collect();
    let mut pairs = 0;
    for (path, scope) in &servers {
        let tokens = scene.program.connect(&scene.owner, path, scope).await;
        for (other, _) in &servers {
            if other == path {
                scene.program.agent(&tokens).tools(path).await;
            } else {
                refused(url, other, &tokens.access, &format!("is for another server ({url}{path})")).await;
                pairs += 1;
            }
        }
    }
    assert_eq!(pairs, servers.len() * (servers.len() - 1));
    println!("{pairs} pairs of a token and another server are refused");
}

/// All that is needed to make tokens as this service does.
struct Forger {
    key: EncodingKey,
    kid: String,
    public: Value,
    claims: Value,
    good: String,
}

/// What stands before a private key on P-256 in PKCS #8, and before a public one in X.509.
const PRIVATE: &str = "MEECAQAwEwYHKoZIzj0CAQYIKoZIzj0DAQcEJzAlAgEBBCA=";
const PUBLIC: &str = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE";

impl Forger {
    async fn of(scene: &Scene, good: &Tokens) -> Self {
        let agent = Agent::new(&scene.app.url, "");
        let public = send(agent.request(Method::GET, "/.well-known/jwks.json")).await.body["keys"][0].clone();
        let kid = public["kid"].as_str().unwrap().to_owned();
        let secret = scene.app.operator.vault.deployment_secret(&format!("token-signing/{kid}")).await.unwrap();
        let number = Canonical::of("token-signing/1").field(*secret).field([0]).digest();
        let key = [STANDARD.decode(PRIVATE).unwrap().as_slice(), number.as_bytes()].concat();
        let payload = good.access.split('.').nth(1).unwrap();
        let claims = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap();
        Self { key: EncodingKey::from_ec_der(&key), kid, public, claims, good: good.access.clone() }
    }

    fn header(&self) -> Header {
        Header { typ: Some("at+jwt".into()), kid: Some(self.kid.clone()), ..Header::new(Algorithm::ES256) }
    }

    /// Properly signed, with another claim.
    fn with(&self, name: &str, value: Value) -> String {
        let mut claims = self.claims.clone();
        claims[name] = value;
        encode(&self.header(), &claims, &self.key).unwrap()
    }

    /// Properly signed, with another header.
    fn headed(&self, header: Header) -> String {
        encode(&header, &self.claims, &self.key).unwrap()
    }

    /// Not signed at all.
    fn unsigned(&self, algorithm: &str, signature: &str) -> String {
        let header = json!({ "alg": algorithm, "typ": "at+jwt", "kid": self.kid });
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        format!("{}.{}.{signature}", part(&header), part(&self.claims))
    }

    /// The public key in all the ways that it could be taken for a secret.
    fn encodings(&self) -> BTreeMap<&'static str, Vec<u8>> {
        let coordinate = |name: &str| URL_SAFE_NO_PAD.decode(self.public[name].as_str().unwrap()).unwrap();
        let point = [coordinate("x"), coordinate("y")].concat();
        let der = [STANDARD.decode(PUBLIC).unwrap(), point.clone()].concat();
        let pem = format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", STANDARD.encode(&der));
        BTreeMap::from([
            ("JWK", self.public.to_string().into_bytes()),
            ("list of JWKs", json!({ "keys": [self.public] }).to_string().into_bytes()),
            ("x", coordinate("x")),
            ("both coordinates", point.clone()),
            ("point", [vec![4], point].concat()),
            ("DER", der),
            ("PEM", pem.into_bytes()),
            ("nothing", vec![]),
        ])
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_this_service_did_not_sign_so_is_refused_everywhere() {
    let scene = Scene::set().await;
    let forger = Forger::of(&scene, &scene.connect().await).await;
    let url = &scene.app.url;
    Agent::new(url, &forger.with("jti", json!("another"))).ok("google-ads", "list_accounts", json!({})).await;

    let mut forged = vec![];
    for algorithm in ["none", "None", "NONE", "nOnE", ""] {
        let signature = forger.good.split('.').nth(2).unwrap();
        forged
            .extend(["", signature].map(|signature| ("not signed with ES256", forger.unsigned(algorithm, signature))));
    }
    for algorithm in [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512] {
        for (_, secret) in forger.encodings() {
            let header = Header { alg: algorithm, ..forger.header() };
            let token = encode(&header, &forger.claims, &EncodingKey::from_secret(&secret)).unwrap();
            forged.push(("not signed with ES256", token));
        }
    }
    let stranger = rcgen::KeyPair::generate().unwrap();
    let stranger = EncodingKey::from_ec_der(&stranger.serialize_der());
    forged.push(("or was changed", encode(&forger.header(), &forger.claims, &stranger).unwrap()));
    let kid = |kid: Option<&str>| Header { kid: kid.map(str::to_owned), ..forger.header() };
    forged.push(("is not in use", forger.headed(kid(Some("another")))));
    forged.push(("is not in use", forger.headed(kid(None))));
    let typ = |typ: Option<&str>| Header { typ: typ.map(str::to_owned), ..forger.header() };
    forged.extend([None, Some("JWT"), Some("at+JWT")].map(|own| ("or was changed", forger.headed(typ(own)))));
    let now = scene.app.operator.ambient.now().micros() / 1_000_000;
    forged.extend([now - 1, 0].map(|end| ("has expired", forger.with("exp", json!(end)))));
    for issuer in ["https://evil.example".to_owned(), format!("{url}/"), String::new()] {
        forged.push(("another issuer", forger.with("iss", json!(issuer))));
    }
    for audience in [url.clone(), format!("{url}{SERVER}/"), format!("{url}/mcp")] {
        forged.push(("another server", forger.with("aud", json!(audience))));
    }
    forged.push(("or was changed", forger.with("sub", json!("person:nobody"))));
    forged.push(("or was changed", forger.with("grant", Value::Null)));
    forged.push(("taken back or has ended", forger.with("tenant", json!(scene.app.unconnected("Other").await.id))));

    let other = URL_SAFE_NO_PAD.encode(json!({ "tenant": TenantId::NONE }).to_string());
    let [header, payload, signature] = forger.good.split('.').collect::<Vec<_>>()[..] else { panic!() };
    for changed in [
        format!("{header}.{other}.{signature}"),
        format!("{header}.{payload}.{signature}AA"),
        format!("{header}.{payload}."),
        format!("{header}.{payload}.{}", signature.chars().rev().collect::<String>()),
        format!("{header}.{payload}.{signature}.{signature}"),
    ] {
        forged.push(("or was changed", changed));
    }
    forged.push(("neither an API key nor an access token", format!("{header}{payload}")));

    for (words, token) in &forged {
        refused(url, SERVER, token, words).await;
        let asked = BTreeMap::from([("client_id", scene.program.client_id.clone()), ("token", token.clone())]);
        let told = scene.program.ask("/introspect", &asked).await;
        // The right server is the resource's question: the rest is not taken anywhere.
        let inactive = *words == "another server" || told.body == json!({ "active": false });
        assert!(inactive, "{words}: {told:?}");
    }
    println!("{} forged tokens are refused", forged.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_in_the_url_is_refused_and_so_are_two() {
    let scene = Scene::set().await;
    let tokens = scene.connect().await;
    let agent = scene.program.agent(&tokens);
    for name in ["access_token", "token", "ACCESS_TOKEN"] {
        let path = format!("{SERVER}?{name}={}", tokens.access);
        let answer = send(agent.anonymous(&path).body("{}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{answer:?}");
        assert!(answer.body["error"]["message"].as_str().unwrap().contains("ends up in logs"), "{answer:?}");
    }
    let twice = agent.post(SERVER).header("authorization", format!("Bearer {}", tokens.access)).body("{}");
    assert_eq!(send(twice).await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_person_or_a_tenant_loses_their_tokens_lose_within_ten_seconds() {
    let scene = Scene::set().await;
    let (app, program) = (&scene.app, &scene.program);
    let (member, person) = app.member(scene.tenant, Role::Member).await;
    let theirs = program.connect(&member, SERVER, "google-ads:read google-ads:write").await;
    program.agent(&theirs).ok("google-ads", "list_accounts", json!({})).await;

    // A lower role counts at once, whatever the token says of it.
    let rows = app.store().tenant(scene.tenant);
    let writes =
        || async { program.agent(&theirs).tools(SERVER).await.iter().any(|tool| tool["name"] == "set_status") };
    assert!(writes().await);
    rows.set_member_role(person, Role::Auditor).await.unwrap();
    until(PROMISED, async || !writes().await).await;

    rows.delete_member(person, app.operator.ambient.now()).await.unwrap();
    scene.ends(&theirs).await;
    let late = program.refresh(theirs.refresh.as_deref().unwrap()).await;
    crate::oauth::scene::denied(&late, StatusCode::BAD_REQUEST, "invalid_grant", "must agree again");

    let own = scene.connect().await;
    let (tenancy, desk) = (&app.operator.tenancy, Actor::desk());
    tenancy.set_tenant_state(&desk, scene.tenant, TenantState::Suspended).await.unwrap();
    until(PROMISED, async || {
        let result = program.agent(&own).rpc(SERVER, json!(1), "tools/call", json!({ "name": "list_accounts" })).await;
        result.body["result"]["isError"] == true
    })
    .await;
    tenancy.set_tenant_state(&desk, scene.tenant, TenantState::Active).await.unwrap();
    until(PROMISED, async || {
        let result = program.agent(&own).rpc(SERVER, json!(1), "tools/call", json!({ "name": "list_accounts" })).await;
        result.body["result"]["isError"] == false
    })
    .await;

    tenancy.delete_tenant(&desk, scene.tenant).await.unwrap();
    scene.ends(&own).await;
    let late = program.refresh(own.refresh.as_deref().unwrap()).await;
    assert_eq!(late.body["error"], "invalid_grant", "{late:?}");
}
