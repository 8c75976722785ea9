//! Ending a connection: here at once, at the vendor as soon as it can be asked.

use std::time::Duration;

use serde_json::json;
use turnpike_core::ConnectionId;
use turnpike_sdk::{Behaviour, Example, Integration};
use turnpike_store::{ConnectionState, CredentialRow};
use turnpike_tenancy::{Actor, ConnectError, Revoked, Side};

use crate::connecting::scene::{Scene, by_shape, unchosen};

const ADS: &str = "google-ads";
const DAY: Duration = Duration::from_secs(24 * 3600);

impl Scene {
    /// Connected, and used by an agent.
    async fn connected(&self, integration: &Integration) -> (ConnectionId, Example) {
        let connected = self.consent(integration.manifest.name, Side::Live).await;
        self.choose_all(&connected).await;
        (connected.connection.id, self.read(integration).await)
    }

    async fn ads(&self) -> ConnectionId {
        self.connected(&turnpike_google_ads::integration()).await.0
    }

    async fn disconnect(&self, id: ConnectionId) -> Revoked {
        self.tenancy().disconnect(&self.person, self.tenant.id, id).await.unwrap().revoked
    }

    async fn credential(&self, id: ConnectionId) -> Option<CredentialRow> {
        self.app.store().tenant(self.tenant.id).find_credential(id).await.unwrap()
    }

    async fn revoke_waiting(&self) {
        self.tenancy().revoke_waiting(self.app.operator.ambient.now()).await.unwrap();
    }
}

#[tokio::test]
async fn from_the_next_call_on_nothing_is_sent_and_the_grant_is_taken_back_where_the_vendor_has_a_place_for_that() {
    let scene = Scene::new().await;
    for integration in by_shape().0 {
        let (name, oauth) = (integration.manifest.name, integration.manifest.auth.oauth().unwrap());
        let (id, read) = scene.connected(&integration).await;
        let revoked = scene.disconnect(id).await;
        let expected = if oauth.revoke_url.is_some() { Revoked::Yes } else { Revoked::NoSuchPlace };
        assert_eq!(revoked, expected, "{name}");
        assert_eq!(scene.vendor_tokens(name).is_revoked(), revoked == Revoked::Yes, "{name}");
        assert!(scene.credential(id).await.is_none(), "{name}");
        let row = scene.row(name).await;
        assert_eq!((row.state, row.reason.as_deref()), (ConnectionState::Disabled, Some("it was disconnected")));

        // Whatever this process still believes of the connection.
        let sent = scene.app.vendor(name).script.received();
        let error = scene.tenant.agent.refused(name, read.tool, read.arguments).await;
        assert!(error["message"].as_str().unwrap().contains("disconnected"), "{name}: {error}");
        assert_eq!(scene.app.vendor(name).script.received(), sent, "{name}");
        let event = scene.audit().await.into_iter().next().unwrap();
        assert_eq!(
            (&*event.action, &*event.subject),
            ("connection.disconnected", &*format!("connection:{id}")),
            "{name}"
        );
    }
}

#[tokio::test]
async fn a_key_or_a_system_users_token_is_deleted_and_the_person_told_that_the_vendor_keeps_it() {
    let scene = Scene::new().await;
    for integration in by_shape().1 {
        let name = integration.manifest.name;
        let id = scene.app.connect(scene.tenant.id, name).await.id;
        assert_eq!(scene.disconnect(id).await, Revoked::NoSuchPlace, "{name}");
        assert!(scene.credential(id).await.is_none(), "{name}");
    }
}

#[tokio::test]
async fn a_vendor_that_cannot_be_asked_is_asked_again_and_no_call_is_made_meanwhile() {
    let scene = Scene::new().await;
    let id = scene.ads().await;
    let script = scene.app.vendor(ADS).script.on_tokens();
    script.next(2, Behaviour::Status { code: 503 });
    assert!(matches!(scene.disconnect(id).await, Revoked::Later(_)));
    assert!(scene.credential(id).await.is_some() && !scene.vendor_tokens(ADS).is_revoked());
    let error = scene.tenant.agent.refused(ADS, "list_accounts", json!({})).await;
    assert!(error["message"].as_str().unwrap().contains("disconnected"), "{error}");

    let received = scene.app.vendor(ADS).script.received();
    scene.revoke_waiting().await;
    assert_eq!(scene.app.vendor(ADS).script.received(), received, "it is not time yet");
    scene.app.clock.advance(DAY);
    scene.revoke_waiting().await;
    assert!(!scene.vendor_tokens(ADS).is_revoked(), "the second refusal");
    scene.app.clock.advance(DAY);
    scene.revoke_waiting().await;
    assert!(scene.vendor_tokens(ADS).is_revoked());
    assert!(scene.credential(id).await.is_none());
    let events = scene.audit().await;
    assert!(events[0].action == "connection.disconnected" && events[0].actor == "system", "{events:?}");
}

#[tokio::test]
async fn a_grant_that_cannot_be_taken_back_at_all_is_given_up_and_the_connection_says_so() {
    let scene = Scene::new().await;
    let id = scene.ads().await;
    scene.app.vendor(ADS).script.on_tokens().next(100, Behaviour::Status { code: 503 });
    assert!(matches!(scene.disconnect(id).await, Revoked::Later(_)));
    let mut rounds = 0;
    while scene.credential(id).await.is_some() {
        rounds += 1;
        assert!(rounds < 10, "it is tried for ever");
        scene.app.clock.advance(DAY * 3);
        scene.revoke_waiting().await;
    }
    let reason = scene.row(ADS).await.reason.unwrap();
    assert!(reason.contains("remove it in the account there"), "{reason}");
    assert!(scene.audit().await[0].details_json.contains("given_up"));
}

#[tokio::test]
async fn a_connection_changes_between_vendor_and_sandbox_only_while_it_is_disconnected() {
    let scene = Scene::new().await;
    for integration in by_shape().0 {
        let name = integration.manifest.name;
        let (id, read) = scene.connected(&integration).await;
        let error = scene.begin(name, Side::Sandbox).await.unwrap_err();
        assert!(matches!(error, ConnectError::OtherSide { sandbox: false, .. }), "{name}: {error}");

        scene.disconnect(id).await;
        let connected = scene.consent(name, Side::Sandbox).await;
        assert!(connected.first && connected.connection.id == id, "{name}");
        let own = unchosen(&connected);
        assert_eq!(connected.connection.accounts, own, "{name}: what was chosen for the vendor is not for the sandbox");
        let row = scene.row(name).await;
        assert_eq!((row.sandbox, row.state, row.reason), (true, ConnectionState::Ok, None), "{name}");

        // An agent whose call still goes by what the connection was: the sandbox's credential is not for the vendor.
        let sent = scene.app.vendor(name).script.received();
        scene.tenant.agent.refused(name, read.tool, read.arguments).await;
        assert_eq!(scene.app.vendor(name).script.received(), sent, "{name}");
    }
}

#[tokio::test]
async fn who_connects_again_before_the_old_grant_is_taken_back_keeps_the_new_one() {
    let scene = Scene::new().await;
    let id = scene.ads().await;
    scene.app.vendor(ADS).script.on_tokens().next(1, Behaviour::Status { code: 503 });
    assert!(matches!(scene.disconnect(id).await, Revoked::Later(_)));
    let again = scene.consent(ADS, Side::Live).await;
    assert_eq!(again.connection.id, id);
    assert!(!again.connection.accounts.is_empty(), "what was chosen is remembered");
    scene.app.clock.advance(DAY * 7);
    scene.revoke_waiting().await;
    scene.tenant.agent.ok(ADS, "list_accounts", json!({})).await;
    assert!(!scene.vendor_tokens(ADS).is_revoked());
}

#[tokio::test]
async fn a_tenant_that_is_deleted_takes_its_grants_along_and_is_told_which_it_could_not() {
    let scene = Scene::new().await;
    scene.ads().await;
    let (tenancy, desk) = (scene.tenancy(), Actor::desk());
    assert_eq!(tenancy.delete_tenant(&desk, scene.tenant.id).await.unwrap().not_revoked, Vec::<String>::new());
    assert!(scene.vendor_tokens(ADS).is_revoked());
    assert_eq!(scene.actions().await[0], "tenant.deleted");

    let other = Scene::new().await;
    other.ads().await;
    other.app.vendor(ADS).script.on_tokens().next(1, Behaviour::Status { code: 503 });
    assert_eq!(other.tenancy().delete_tenant(&desk, other.tenant.id).await.unwrap().not_revoked, [ADS]);
    assert!(other.find_row(ADS).await.is_none());
}
