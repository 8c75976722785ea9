//! A crash while a refresh token rotates: the new token is kept, or the connection says that a person is needed.

use std::time::{Duration, Instant};

use tokio::time::sleep;
use turnpike_core::TenantId;
use turnpike_sdk::Behaviour;
use turnpike_store::{ConnectionRow, ConnectionState, Store};
use turnpike_testkit::Postgres;
use turnpike_tests::process::{Answer, Caller, Deployment, PATIENCE, Server, Vendor, random_below};

/// Longer than any test: the answer that the server does not live to see.
const NEVER: Behaviour = Behaviour::Slow { millis: 600_000 };
/// How often to look whether the vendor has acted.
const LOOK_EVERY: Duration = Duration::from_millis(2);

#[tokio::test(flavor = "multi_thread")]
async fn a_rotated_token_that_was_not_stored_leaves_a_connection_that_asks_for_a_person_on_sqlite() {
    let vendor = Vendor::start().await;
    let deployment = Deployment::on_sqlite(&vendor.settings());
    asks_for_a_person(vendor, deployment).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotated_token_that_was_not_stored_leaves_a_connection_that_asks_for_a_person_on_postgresql() {
    let vendor = Vendor::start().await;
    let postgres = Postgres::shared().await.unwrap();
    let deployment = Deployment::on_postgres(&postgres.database().await.unwrap(), &vendor.settings()).await;
    asks_for_a_person(vendor, deployment).await;
}

async fn asks_for_a_person(vendor: Vendor, deployment: Deployment) {
    let scene = Scene::set(vendor, deployment).await;
    let server = scene.crash_before_the_new_token_is_stored().await;
    scene.let_a_minute_pass().await;

    let answer = scene.call(&server).await;
    scene.assert_asks_for_a_person(&answer, &server).await;
    let asked = scene.vendor.script().received();
    assert_eq!(scene.call(&server).await.class(), Some("reconnect_needed"));
    assert!(
        scene.vendor.tokens().refreshes() == 2 && scene.vendor.script().received() <= asked + 1,
        "it asks on and on"
    );

    scene.reconnect().await;
    let answer = scene.call(&server).await;
    assert_eq!(answer.class(), None, "{}", answer.text());
    assert_eq!(scene.connection().await.state, ConnectionState::Ok);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_alone_tells_of_the_lost_token_at_once() {
    let vendor = Vendor::start().await;
    let deployment = Deployment::on_sqlite(&vendor.settings());
    let scene = Scene::set(vendor, deployment).await;
    let server = scene.crash_before_the_new_token_is_stored().await;

    let began = Instant::now();
    let answer = scene.call(&server).await;
    println!("the first call after the crash: {:?} after {:?}: {}", answer.class(), began.elapsed(), answer.text());
    scene.assert_asks_for_a_person(&answer, &server).await;
    assert!(
        began.elapsed() < Duration::from_secs(5),
        "nobody else can be refreshing, and it waits {:?}",
        began.elapsed()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_that_was_cut_off_is_not_forgotten_when_the_next_one_gets_no_usable_answer() {
    let vendor = Vendor::start().await;
    let deployment = Deployment::on_sqlite(&vendor.settings());
    let scene = Scene::set(vendor, deployment).await;
    let server = scene.crash_before_the_new_token_is_stored().await;
    scene.let_a_minute_pass().await;

    scene.vendor.script().on_tokens().next(1, Behaviour::Html500);
    assert_eq!(scene.call(&server).await.class(), Some("upstream"));
    let answer = scene.call(&server).await;
    scene.assert_asks_for_a_person(&answer, &server).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn crashes_at_any_moment_lose_a_token_in_the_window_only_and_never_in_silence() {
    const EXPIRIES: u64 = 50;
    let vendor = Vendor::start().await;
    let deployment = Deployment::on_sqlite(&vendor.settings());
    let scene = Scene::set(vendor, deployment).await;
    let mut server = scene.deployment.serve().await;
    let (mut refreshes, mut in_window, mut told, mut revoked_outside) = (0, 0, 0, 0);
    for _ in 0..EXPIRIES {
        assert_eq!(scene.call(&server).await.class(), None);
        let before = scene.tokens_given_and_kept().await;
        // The window is as wide as the answer is late: some crashes are to fall into it, and some beside it.
        scene.vendor.script().on_tokens().next(1, Behaviour::Slow { millis: random_below(12) });
        scene.vendor.tokens().expire_all();
        let calls: Vec<_> = (0..3).map(|_| scene.call_in_the_background(&server)).collect();
        // The fault is a moment in time: nothing else than time can choose it.
        sleep(Duration::from_millis(random_below(30))).await;
        server.kill();
        for call in calls {
            call.await.unwrap();
        }
        scene.let_a_minute_pass().await;
        server = scene.deployment.serve().await;

        let after = scene.tokens_given_and_kept().await;
        let (given, kept) = (after.0 - before.0, after.1 - before.1);
        assert!(given <= 1 && kept <= given, "{given} tokens were given and {kept} kept for one expiry");
        refreshes += given;
        scene.vendor.script().on_tokens().clear();
        let answer = scene.call(&server).await;
        if given == kept {
            revoked_outside += u64::from(scene.vendor.tokens().is_revoked());
            assert_eq!(answer.class(), None, "{}", answer.text());
            refreshes += scene.tokens_given_and_kept().await.0 - after.0;
            continue;
        }
        in_window += 1;
        scene.assert_asks_for_a_person(&answer, &server).await;
        told += 1;
        scene.reconnect().await;
    }
    println!(
        "rotation: {EXPIRIES} expiries with a kill -9 each, {refreshes} refreshes, {revoked_outside} families revoked outside the \
         window, {in_window} crashes inside the window, {told} of them told as reconnect_needed"
    );
    assert_eq!((revoked_outside, told), (0, in_window));
    assert!(in_window > 0 && in_window < EXPIRIES, "the crashes all fell on one side: the test shows nothing");
}

/// A deployment with one tenant and a live connection to the vendor, which rotates.
struct Scene {
    vendor: Vendor,
    deployment: Deployment,
    store: Store,
    tenant: TenantId,
    caller: Caller,
}

impl Scene {
    async fn set(vendor: Vendor, deployment: Deployment) -> Self {
        let tenant = deployment.add_tenant().await;
        let caller = Caller::new(&deployment.add_key(tenant).await);
        deployment.connect(tenant, &vendor).await;
        let store = deployment.store().await;
        Self { vendor, deployment, store, tenant, caller }
    }

    /// The vendor gives a new token, and the server dies before its answer is there. Returns the next server.
    async fn crash_before_the_new_token_is_stored(&self) -> Server {
        let server = self.deployment.serve().await;
        assert_eq!(self.call(&server).await.class(), None);
        let tokens = self.vendor.tokens();
        let given = tokens.refreshes();
        self.vendor.script().on_tokens().next(1, NEVER);
        tokens.expire_all();
        let call = self.call_in_the_background(&server);
        let deadline = Instant::now() + PATIENCE;
        while tokens.refreshes() == given {
            assert!(Instant::now() < deadline, "the server does not refresh");
            sleep(LOOK_EVERY).await;
        }
        server.kill();
        call.await.unwrap();
        self.deployment.serve().await
    }

    /// Makes the journal of refreshes older than any refresh that could still be under way.
    async fn let_a_minute_pass(&self) {
        let sql = "UPDATE credentials SET refresh_started_at = refresh_started_at - 61000000 WHERE refresh_started_at IS NOT NULL";
        self.deployment.execute(sql).await;
    }

    /// A person signs in again and the operator stores what they got.
    async fn reconnect(&self) {
        self.vendor.grant_anew();
        self.deployment.connect(self.tenant, &self.vendor).await;
    }

    async fn call(&self, server: &Server) -> Answer {
        self.caller.at(server).list_accounts().await.unwrap()
    }

    /// A call of whose answer nothing is expected.
    fn call_in_the_background(&self, server: &Server) -> tokio::task::JoinHandle<()> {
        let caller = self.caller.at(server);
        tokio::spawn(async move { drop(caller.list_accounts().await) })
    }

    async fn connection(&self) -> ConnectionRow {
        self.store.tenant(self.tenant).find_connection("google-ads").await.unwrap().unwrap()
    }

    /// The present grant's tokens that the vendor gave, and the credentials that were stored.
    async fn tokens_given_and_kept(&self) -> (u64, u64) {
        let credential = self.store.tenant(self.tenant).find_credential(self.connection().await.id).await.unwrap();
        (self.vendor.tokens().refreshes(), credential.unwrap().generation.try_into().unwrap())
    }

    /// The refusal names the cause and shows the way out, to people and to programs; the store says the same.
    async fn assert_asks_for_a_person(&self, answer: &Answer, server: &Server) {
        let connection = self.connection().await;
        assert_eq!(answer.class(), Some("reconnect_needed"), "{}", answer.text());
        let link = format!("{}/reconnect/{}", server.url, connection.id);
        assert_eq!(answer.reconnect_url(), Some(&*link));
        assert!(answer.text().contains(&link), "{}", answer.text());
        assert_eq!(connection.state, ConnectionState::ReconnectNeeded);
        let reason = connection.reason.unwrap_or_default();
        assert!(reason.contains("an earlier refresh was cut off"), "{reason}");
        assert!(answer.text().contains(&reason), "{}", answer.text());
    }
}
