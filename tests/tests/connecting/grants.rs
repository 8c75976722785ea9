//! The sandboxes' authorization servers: strict with codes, and with each grant by itself.

use std::{collections::HashMap, time::Duration};

use reqwest::{StatusCode, Url};
use serde_json::{Value, json};
use turnpike_sdk::{Integration, TokenRequest};
use turnpike_tests::app::FakeVendor;
use url::form_urlencoded::Serializer;

use crate::connecting::{
    browser::{open, parameter, press},
    scene::{Scene, by_shape},
};

/// The pair that RFC 7636 gives as its example.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// A client of the vendor that is none of ours, to send what ours never would.
struct Client<'a> {
    vendor: &'a FakeVendor,
    integration: &'a Integration,
    redirect_uri: String,
}

impl<'a> Client<'a> {
    fn new(scene: &'a Scene, integration: &'a Integration) -> Self {
        let vendor = scene.app.vendor(integration.manifest.name);
        Self { vendor, integration, redirect_uri: format!("{}/connect/callback", scene.app.url) }
    }

    fn field(&self, name: &str) -> &str {
        &self.vendor.credential.iter().find(|(own, _)| *own == name).unwrap().1
    }

    async fn code(&self) -> String {
        let oauth = self.integration.manifest.auth.oauth().unwrap();
        let mut url: Url = format!("{}/authorize", self.vendor.base_url).parse().unwrap();
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", self.field("client_id"))
            .append_pair("redirect_uri", &self.redirect_uri)
            .append_pair("state", "s")
            .append_pair("code_challenge", CHALLENGE)
            .append_pair("code_challenge_method", "S256")
            .extend_pairs(oauth.authorize_parameters);
        if !oauth.scopes.is_empty() {
            url.query_pairs_mut().append_pair("scope", &oauth.scopes.join(" "));
        }
        let back = press(&open(&url).await, Some(("decision", "allow")), &[]).await.leads_to();
        parameter(&back, "code").unwrap()
    }

    /// What a client sends that does everything right.
    fn right(&self, code: &str) -> HashMap<&'static str, String> {
        let mut form = HashMap::from([
            ("grant_type", "authorization_code".to_owned()),
            ("code", code.to_owned()),
            ("redirect_uri", self.redirect_uri.clone()),
            ("client_id", self.field("client_id").to_owned()),
            ("client_secret", self.field("client_secret").to_owned()),
        ]);
        if self.integration.manifest.auth.oauth().unwrap().pkce {
            form.insert("code_verifier", VERIFIER.to_owned());
        }
        form
    }

    async fn post(&self, form: &HashMap<&'static str, String>) -> (StatusCode, Value) {
        let style = self.integration.manifest.auth.oauth().unwrap().token_style;
        let url = format!("{}{}", self.vendor.base_url, self.vendor.token_path);
        let mut request = reqwest::Client::builder().no_proxy().build().unwrap().post(url);
        if let Some(name) = style.version_header {
            request = request.header(name, self.integration.manifest.version.version);
        }
        let request = match style.request {
            TokenRequest::Form => {
                let body = Serializer::new(String::new()).extend_pairs(form).finish();
                request.header("content-type", "application/x-www-form-urlencoded").body(body)
            }
            TokenRequest::BasicJson => {
                let (client, body): (HashMap<_, _>, HashMap<_, _>) =
                    form.iter().partition(|(name, _)| name.starts_with("client_"));
                let request = request.basic_auth(client[&"client_id"], Some(client[&"client_secret"]));
                request.header("content-type", "application/json").body(json!(body).to_string())
            }
        };
        let response = request.send().await.unwrap();
        (response.status(), response.json().await.unwrap())
    }

    async fn refresh(&self, refresh_token: &Value) -> (StatusCode, Value) {
        let mut form = self.right("");
        form.retain(|name, _| name.starts_with("client_"));
        form.insert("grant_type", "refresh_token".into());
        form.insert("refresh_token", refresh_token.as_str().unwrap().into());
        self.post(&form).await
    }
}

#[tokio::test]
async fn a_code_is_redeemed_by_its_own_client_only_with_its_verifier_and_in_a_minute() {
    let scene = Scene::new().await;
    for integration in by_shape().0 {
        let client = Client::new(&scene, &integration);
        let name = integration.manifest.name;
        let wrong = [
            ("code", "4/made-up"),
            ("redirect_uri", "https://evil.example/connect/callback"),
            ("client_secret", "guessed"),
            ("client_id", "somebody-else"),
            ("code_verifier", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXx"),
            ("grant_type", "password"),
        ];
        for (field, value) in wrong {
            let mut form = client.right(&client.code().await);
            form.insert(field, value.into());
            let (status, body) = client.post(&form).await;
            assert!(status.is_client_error() && body["access_token"].is_null(), "{name}: {field}: {body}");
        }
        let (status, body) = client.post(&client.right(&client.code().await)).await;
        assert_eq!(status, StatusCode::OK, "{name}: {body}");
        assert!(body["refresh_token"].as_str().unwrap() != client.field("refresh_token"), "{name}");

        let late = client.code().await;
        scene.app.clock.advance(Duration::from_secs(61));
        assert_eq!(client.post(&client.right(&late)).await.1["error"], "invalid_grant", "{name}");
    }
}

#[tokio::test]
async fn a_verifier_is_missed_where_the_vendor_takes_one_and_refused_where_it_takes_none() {
    let scene = Scene::new().await;
    for integration in by_shape().0 {
        let client = Client::new(&scene, &integration);
        let mut form = client.right(&client.code().await);
        let expected = match form.remove("code_verifier") {
            Some(_) => "invalid_grant",
            None => {
                form.insert("code_verifier", VERIFIER.into());
                "invalid_client"
            }
        };
        assert_eq!(client.post(&form).await.1["error"], expected, "{}", integration.manifest.name);
    }
}

#[tokio::test]
async fn a_code_that_is_redeemed_again_takes_back_what_it_gave_and_nothing_else() {
    let scene = Scene::new().await;
    for integration in by_shape().0 {
        let (client, name) = (Client::new(&scene, &integration), integration.manifest.name);
        let other = client.post(&client.right(&client.code().await)).await.1;
        let form = client.right(&client.code().await);
        let gave = client.post(&form).await.1;
        assert_eq!(client.refresh(&gave["refresh_token"]).await.0, StatusCode::OK, "{name}");

        assert_eq!(client.post(&form).await.1["error"], "invalid_grant", "{name}");
        assert_eq!(client.refresh(&gave["refresh_token"]).await.1["error"], "invalid_grant", "{name}");
        assert_eq!(client.refresh(&other["refresh_token"]).await.0, StatusCode::OK, "{name}");
        assert_eq!(client.refresh(&json!(client.field("refresh_token"))).await.0, StatusCode::OK, "{name}");
    }
}

#[tokio::test]
async fn a_spent_refresh_token_ends_its_own_grant_only() {
    let scene = Scene::new().await;
    for integration in by_shape().0 {
        let (client, name) = (Client::new(&scene, &integration), integration.manifest.name);
        client.vendor.tokens.as_ref().unwrap().rotate();
        let other = client.post(&client.right(&client.code().await)).await.1;
        let gave = client.post(&client.right(&client.code().await)).await.1;
        let next = client.refresh(&gave["refresh_token"]).await.1;
        assert_ne!(next["refresh_token"], gave["refresh_token"], "{name}");

        assert_eq!(client.refresh(&gave["refresh_token"]).await.1["error"], "invalid_grant", "{name}");
        assert_eq!(client.refresh(&next["refresh_token"]).await.1["error"], "invalid_grant", "{name}: the whole grant");
        assert_eq!(client.refresh(&other["refresh_token"]).await.0, StatusCode::OK, "{name}");
    }
}

#[tokio::test]
async fn a_grant_outlives_the_process_of_its_sandbox() {
    let (scene, next) = (Scene::new().await, Scene::new().await);
    for integration in by_shape().0 {
        let (client, later) = (Client::new(&scene, &integration), Client::new(&next, &integration));
        let gave = client.post(&client.right(&client.code().await)).await.1;
        let (status, body) = later.refresh(&gave["refresh_token"]).await;
        assert_eq!(status, StatusCode::OK, "{}: {body}", integration.manifest.name);
    }
}
