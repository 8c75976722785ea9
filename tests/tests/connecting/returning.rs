//! Who comes back from the vendor, with what.

use std::time::Duration;

use turnpike_tenancy::{AuthorizationAnswer, ConnectError, Side};

use crate::connecting::scene::{BROWSER, Scene};

const ADS: &str = "google-ads";

#[tokio::test]
async fn a_state_is_good_once_for_ten_minutes_and_from_the_browser_that_was_sent() {
    let scene = Scene::new().await;
    let unknown = |error: ConnectError| matches!(error, ConnectError::StateUnknown);

    let missing = AuthorizationAnswer { code: Some("4/any".into()), ..AuthorizationAnswer::default() };
    assert!(unknown(scene.finish(&missing).await.unwrap_err()), "missing");

    let url = scene.begin(ADS, Side::Live).await.unwrap();
    let mut made_up = scene.allow(&url, &[]).await;
    made_up.state.push('A');
    assert!(unknown(scene.finish(&made_up).await.unwrap_err()), "made up");

    let foreign = scene.allow(&url, &[]).await;
    let from_elsewhere = scene.tenancy().finish_authorization(&foreign, &[8; 32]).await;
    assert!(unknown(from_elsewhere.unwrap_err()), "from another browser");
    assert!(unknown(scene.finish(&foreign).await.unwrap_err()), "used up by the other browser");

    let late = scene.allow(&scene.begin(ADS, Side::Live).await.unwrap(), &[]).await;
    scene.app.clock.advance(Duration::from_secs(601));
    assert!(unknown(scene.finish(&late).await.unwrap_err()), "late");
    assert!(scene.find_row(ADS).await.is_none());

    let good = scene.allow(&scene.begin(ADS, Side::Live).await.unwrap(), &[]).await;
    scene.finish(&good).await.unwrap();
    assert!(unknown(scene.finish(&good).await.unwrap_err()), "a second time");
}

#[tokio::test]
async fn an_answer_in_the_name_of_another_vendor_is_not_taken() {
    let scene = Scene::new().await;
    let mut answer = scene.allow(&scene.begin(ADS, Side::Live).await.unwrap(), &[]).await;
    assert_eq!(answer.iss.as_deref(), Some("https://accounts.google.com"));
    answer.iss = Some("https://accounts.example".into());
    assert!(matches!(scene.finish(&answer).await.unwrap_err(), ConnectError::WrongIssuer { .. }));
    assert!(scene.find_row(ADS).await.is_none());
}

#[tokio::test]
async fn a_code_that_the_vendor_does_not_take_changes_nothing() {
    let scene = Scene::new().await;
    scene.consent(ADS, Side::Live).await;
    let before = scene.row(ADS).await;
    let mut answer = scene.allow(&scene.begin(ADS, Side::Live).await.unwrap(), &[]).await;
    answer.code = Some("4/made-up".into());
    assert!(matches!(scene.finish(&answer).await.unwrap_err(), ConnectError::Refused { .. }));
    answer = scene.allow(&scene.begin(ADS, Side::Live).await.unwrap(), &[]).await;
    answer.code = None;
    let error = scene.finish(&answer).await.unwrap_err();
    assert!(matches!(error, ConnectError::Incomplete { field: "code" }), "{error}");
    assert_eq!(scene.row(ADS).await, before);
}

#[tokio::test]
async fn words_that_came_through_the_address_line_are_not_repeated() {
    let scene = Scene::new().await;
    let mut answer = scene.allow(&scene.begin(ADS, Side::Live).await.unwrap(), &[]).await;
    answer.error = Some("<b>call +1 555 0100</b>".into());
    let error = scene.finish(&answer).await.unwrap_err();
    assert!(matches!(&error, ConnectError::Denied { words, .. } if words == "bcallb"), "{error}");
}

#[tokio::test]
async fn a_tenants_browser_is_sent_to_no_vendor_that_is_switched_off_or_unknown() {
    let scene = Scene::new().await;
    let nowhere = scene.begin("nowhere", Side::Live).await.unwrap_err();
    assert!(matches!(nowhere, ConnectError::NoSuchIntegration { .. }), "{nowhere}");
    for name in ["meta-ads", "supermetrics", "probe"] {
        assert!(!scene.tenancy().has_app(name, Side::Live), "{name}");
        assert!(matches!(scene.begin(name, Side::Live).await.unwrap_err(), ConnectError::NoApp { .. }), "{name}");
    }
    let other = scene.app.unconnected("two").await;
    let answer = scene.allow(&scene.begin(ADS, Side::Live).await.unwrap(), &[]).await;
    let connected = scene.tenancy().finish_authorization(&answer, &BROWSER).await.unwrap();
    assert_eq!(connected.tenant, scene.tenant.id, "the state says whose it is");
    assert!(scene.app.store().tenant(other.id).find_connection(ADS).await.unwrap().is_none());
}
