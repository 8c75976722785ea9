//! Connecting with a form: what a person has copied from the vendor's pages.

use std::collections::HashMap;

use reqwest::StatusCode;
use turnpike_tenancy::{Allow, ConnectError, Connected, Side};

use crate::connecting::{
    browser::{open, press},
    scene::{Scene, by_shape},
};

impl Scene {
    async fn fill_in(
        &self,
        integration: &str,
        side: Side,
        form: HashMap<&'static str, String>,
    ) -> Result<Connected, ConnectError> {
        let (person, tenant) = (&self.person, self.tenant.id);
        self.tenancy().connect_with_form(person, tenant, integration, side, form, Allow::AsBefore).await
    }

    /// The form as the vendor's own credential fills it.
    fn form(&self, integration: &str) -> HashMap<&'static str, String> {
        self.app.vendor(integration).credential.iter().cloned().collect()
    }
}

#[tokio::test]
async fn a_person_generates_a_token_at_each_sandbox_and_copies_it_into_the_form() {
    let scene = Scene::new().await;
    for integration in by_shape().1 {
        let (name, fields) = (integration.manifest.name, integration.manifest.connect_form);
        let url = scene.tenancy().credential_page(name).expect("a page");
        let generated = press(&open(&url).await, None, &[]).await;
        assert_eq!(generated.status, StatusCode::OK, "{name}");
        assert!(!generated.html.contains("urnpike") && generated.html.contains("<html lang=\"en\">"), "{name}");
        let inputs = generated.inputs();
        let mut form = HashMap::new();
        for field in fields {
            let input = inputs.iter().find(|input| input.name == field.name).expect("an input for each field");
            assert_eq!((input.label.as_deref(), input.readonly), (Some(field.label), true), "{name}");
            form.insert(field.name, input.value.clone());
        }
        let again = press(&open(&url).await, None, &[]).await;
        let fresh = again.inputs().iter().zip(&inputs).any(|(one, other)| one.value != other.value);
        assert!(fresh, "{name}: a token is made for each who asks");

        let connected = scene.fill_in(name, Side::Sandbox, form).await.unwrap();
        // Of several somebody chooses; where there is only one, there is nothing to choose.
        let usable = if connected.offered.len() > 1 { 0 } else { 1 };
        assert!(connected.first && connected.connection.accounts.len() == usable, "{name}: {connected:?}");
        scene.choose_all(&connected).await;
        scene.read(&integration).await;
    }
}

#[tokio::test]
async fn every_integration_is_connected_live_with_its_form() {
    let scene = Scene::new().await;
    for integration in turnpike_catalog::integrations() {
        let name = integration.manifest.name;
        let connected = scene.fill_in(name, Side::Live, scene.form(name)).await.unwrap();
        scene.choose_all(&connected).await;
        scene.read(&integration).await;
        assert_eq!(scene.row(name).await.reason, None, "{name}");
        let page = scene.tenancy().credential_page(name);
        assert_eq!(page.is_some(), integration.manifest.auth.oauth().is_none(), "{name}");
    }
}

#[tokio::test]
async fn a_connection_with_one_account_may_use_it_at_once() {
    let scene = Scene::new().await;
    let connected = scene.fill_in("probe", Side::Live, scene.form("probe")).await.unwrap();
    assert_eq!(connected.connection.accounts, connected.offered);
    assert_eq!(connected.offered.len(), 1);
}

#[tokio::test]
async fn a_field_that_is_missing_or_blank_is_named() {
    let scene = Scene::new().await;
    for integration in turnpike_catalog::integrations() {
        let name = integration.manifest.name;
        for field in integration.manifest.connect_form {
            for blank in [None, Some(" \n".to_owned())] {
                let mut form = scene.form(name);
                form.remove(field.name);
                form.extend(blank.map(|blank| (field.name, blank)));
                let error = scene.fill_in(name, Side::Live, form).await.unwrap_err();
                assert!(matches!(error, ConnectError::Incomplete { field: named } if named == field.name), "{error}");
            }
        }
        assert!(scene.find_row(name).await.is_none(), "{name}");
    }
}

#[tokio::test]
async fn a_credential_that_the_vendor_refuses_is_stored_nowhere_and_leaves_a_working_one_alone() {
    let scene = Scene::new().await;
    for integration in turnpike_catalog::integrations() {
        let name = integration.manifest.name;
        for field in integration.manifest.connect_form.iter().filter(|field| field.secret) {
            let mut wrong = scene.form(name);
            wrong.insert(field.name, "canary-guessed".into());
            let refused = |error: &ConnectError| {
                matches!(error, ConnectError::Refused { .. } | ConnectError::AppRefused { .. })
                    && !error.to_string().contains("canary")
                    && !error.what_to_do().is_empty()
            };
            if scene.find_row(name).await.is_none() {
                let error = scene.fill_in(name, Side::Live, wrong.clone()).await.unwrap_err();
                assert!(refused(&error), "{name}: {}: {error}", field.name);
                assert!(scene.find_row(name).await.is_none(), "{name}: {}", field.name);
                let connected = scene.fill_in(name, Side::Live, scene.form(name)).await.unwrap();
                scene.choose_all(&connected).await;
            }
            let before = scene.row(name).await;
            let error = scene.fill_in(name, Side::Live, wrong).await.unwrap_err();
            assert!(refused(&error), "{name}: {}: {error}", field.name);
            assert_eq!(scene.row(name).await, before, "{name}: {}", field.name);
            scene.read(&integration).await;
            assert_eq!(scene.actions().await[0], "connection.refused", "{name}");
        }
    }
}

#[tokio::test]
async fn a_vendor_that_does_not_answer_changes_nothing() {
    let scene = Scene::new().await;
    for integration in turnpike_catalog::integrations() {
        let (name, script) = (integration.manifest.name, &scene.app.vendor(integration.manifest.name).script);
        for script in [script.clone(), script.on_tokens()] {
            script.next(20, turnpike_sdk::Behaviour::Status { code: 503 });
        }
        let error = scene.fill_in(name, Side::Live, scene.form(name)).await.unwrap_err();
        let passing = matches!(error, ConnectError::Unanswered { .. } | ConnectError::AccountsUnreadable { .. });
        assert!(passing, "{name}: {error}");
        assert!(scene.find_row(name).await.is_none(), "{name}");
    }
}
