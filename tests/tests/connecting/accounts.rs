//! Which accounts a connection may use.

use serde_json::json;
use turnpike_core::AccountId;
use turnpike_sdk::Account;
use turnpike_tenancy::{ConnectError, Side};

use crate::connecting::scene::{Scene, by_shape, unchosen};

const ADS: &str = "google-ads";

#[tokio::test]
async fn only_what_is_offered_can_be_chosen_and_only_what_is_chosen_can_be_used() {
    let scene = Scene::new().await;
    for integration in by_shape().0 {
        let name = integration.manifest.name;
        let connected = scene.consent(name, Side::Live).await;
        let (id, person, tenant) = (connected.connection.id, &scene.person, scene.tenant.id);
        let foreign = AccountId::new("999999999");
        let mixed = [connected.offered[0].id.clone(), foreign.clone()];
        let error = scene.tenancy().choose_accounts(person, tenant, id, &mixed).await.unwrap_err();
        assert!(matches!(&error, ConnectError::NotOffered { account } if *account == foreign), "{name}: {error}");
        let taken = serde_json::to_string(&unchosen(&connected)).unwrap();
        assert_eq!(scene.row(name).await.accounts_json, taken, "{name}: nothing of it was taken");

        let one = &connected.offered.last().unwrap().id;
        scene.tenancy().choose_accounts(person, tenant, id, std::slice::from_ref(one)).await.unwrap();
        let listed = scene.tenant.agent.ok(name, "list_accounts", json!({})).await;
        assert_eq!(listed["accounts"].as_array().unwrap().len(), 1, "{name}: {listed}");
        assert_eq!(listed["accounts"][0]["account_id"], one.as_str(), "{name}");
    }
}

#[tokio::test]
async fn another_tenants_connection_is_none() {
    let scene = Scene::new().await;
    let id = scene.consent(ADS, Side::Live).await.connection.id;
    let (other, person) = (scene.app.unconnected("two").await.id, &scene.person);
    let tenancy = scene.tenancy();
    let refused = [
        tenancy.choose_accounts(person, other, id, &[]).await.unwrap_err(),
        tenancy.refresh_accounts(person, other, id).await.unwrap_err(),
        tenancy.probe(other, id).await.unwrap_err(),
        tenancy.disconnect(person, other, id).await.unwrap_err(),
    ];
    assert!(refused.iter().all(|error| matches!(error, ConnectError::NotConnected)), "{refused:?}");
}

#[tokio::test]
async fn who_connects_again_keeps_what_was_chosen_and_is_still_there() {
    let scene = Scene::new().await;
    let connected = scene.consent(ADS, Side::Live).await;
    let (id, tenant) = (connected.connection.id, scene.tenant.id);
    let mut gone = connected.offered[0].clone();
    gone.id = AccountId::new("5555555555");
    let chosen = [gone.clone(), connected.offered[1].clone()];
    let offered: Vec<_> = connected.offered.iter().cloned().chain([gone]).collect();
    let (offered, accounts) = (serde_json::to_string(&offered).unwrap(), serde_json::to_string(&chosen).unwrap());
    let now = scene.app.operator.ambient.now();
    scene.app.store().tenant(tenant).set_connection_offer(id, &offered, &accounts, now).await.unwrap();

    let again = scene.consent(ADS, Side::Live).await;
    assert!(!again.first && again.connection.id == id);
    assert_eq!(again.connection.accounts, [connected.offered[1].clone()]);
    assert_eq!(again.offered, connected.offered);
    assert_eq!(scene.actions().await[0], "connection.reconnected");
}

#[tokio::test]
async fn accounts_that_are_new_at_the_vendor_are_offered_and_not_used() {
    let scene = Scene::new().await;
    let connected = scene.consent(ADS, Side::Live).await;
    let (id, tenant, person) = (connected.connection.id, scene.tenant.id, &scene.person);
    let known = serde_json::to_string(&connected.offered[..1]).unwrap();
    let now = scene.app.operator.ambient.now();
    scene.app.store().tenant(tenant).set_connection_offer(id, &known, &known, now).await.unwrap();

    let offered = scene.tenancy().refresh_accounts(person, tenant, id).await.unwrap();
    assert_eq!(offered, connected.offered);
    let row = scene.row(ADS).await;
    let (offered, accounts): (Vec<Account>, Vec<Account>) =
        (serde_json::from_str(&row.offered_json).unwrap(), serde_json::from_str(&row.accounts_json).unwrap());
    assert_eq!((offered, accounts), (connected.offered.clone(), connected.offered[..1].to_vec()));
}
