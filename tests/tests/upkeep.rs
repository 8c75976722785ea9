//! What is done for connections that nobody looks at: access tokens are renewed ahead, grants are kept from lapsing, and people
//! are told in time of what only they can do.

use std::{collections::HashMap, time::Duration};

use futures_util::future::join_all;
use serde_json::json;
use turnpike::{app::App, upkeep};
use turnpike_core::{Role, TenantId, Timestamp};
use turnpike_sdk::{Behaviour, TokenEndpoint};
use turnpike_store::{ConnectionRow, ConnectionState, SwitchTarget};
use turnpike_tenancy::Side;
use turnpike_tests::{
    app::{Backend, Tenant, TestApp},
    visitor::Mail,
};
use turnpike_vault::Upkeep;

const GOOGLE: &str = "google-ads";
const LINKEDIN: &str = "linkedin-ads";
const META: &str = "meta-ads";
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);
/// As shipped.
const UPKEEP: Upkeep = Upkeep { idle: DAY, keep_alive: Duration::from_secs(7 * 24 * 3600) };
/// Longer than what a person connects just now takes.
const SETTLED: Duration = Duration::from_secs(11);

/// Two servers on one database.
struct Scene {
    app: TestApp,
    other: App,
}

impl Scene {
    async fn new(backend: Backend) -> Self {
        let app = TestApp::start_with(backend, |settings| {
            (settings.limits.tenant_burst, settings.limits.principal_burst) = (100_000, 100_000);
        })
        .await;
        let other = app.second_server().await;
        Self { app, other }
    }

    fn now(&self) -> Timestamp {
        self.app.operator.ambient.now()
    }

    fn tokens(&self, integration: &str) -> TokenEndpoint {
        self.app.vendor(integration).tokens.clone().unwrap()
    }

    async fn connected(&self, name: &str, integration: &str) -> Tenant {
        let tenant = self.app.unconnected(name).await;
        self.app.connect(tenant.id, integration).await;
        tenant
    }

    async fn use_it(&self, tenant: &Tenant, integration: &str) {
        tenant.agent.ok(integration, "list_accounts", json!({})).await;
    }

    async fn connection(&self, tenant: TenantId, integration: &str) -> ConnectionRow {
        self.app.store().tenant(tenant).find_connection(integration).await.unwrap().unwrap()
    }

    /// A round of both servers at once.
    async fn renew(&self) {
        let round = |operator| upkeep::renew(operator, UPKEEP, self.now());
        let (one, two) = tokio::join!(round(&self.app.operator), round(&self.other.operator));
        one.unwrap();
        two.unwrap();
    }

    /// A round of both servers at once; how many mails left.
    async fn remind(&self) -> usize {
        let round = |portal| upkeep::remind(portal, self.now());
        let (one, two) = tokio::join!(round(&self.app.portal), round(&self.other.portal));
        one.unwrap() + two.unwrap()
    }

    fn mails_to(&self, email: &str) -> Vec<Mail> {
        self.app.mails().into_iter().filter(|mail| mail.to == email).collect()
    }
}

fn subject(mail: &Mail) -> &str {
    mail.text.lines().find_map(|line| line.strip_prefix("Subject: ")).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_servers_refresh_each_token_in_use_once_and_leave_idle_ones_alone_for_a_week() {
    const USED: u64 = 6;
    const IDLE: u64 = 6;
    let scene = Scene::new(Backend::Postgres).await;
    let tokens = scene.tokens(GOOGLE);
    let names: Vec<_> = (0..USED + IDLE).map(|number| format!("tenant {number}")).collect();
    let tenants = join_all(names.iter().map(|name| scene.connected(name, GOOGLE))).await;
    let (used, _) = tenants.split_at(usize::try_from(USED).unwrap());
    join_all(used.iter().map(|tenant| scene.use_it(tenant, GOOGLE))).await;

    let mut before = tokens.refreshes();
    scene.renew().await;
    assert_eq!(tokens.refreshes(), before, "an hour is enough");
    scene.app.clock.advance(HOUR - Duration::from_secs(360));
    scene.renew().await;
    println!("{} refreshes for {USED} tokens in use that end, by two servers at once", tokens.refreshes() - before);
    assert_eq!(tokens.refreshes() - before, USED);
    scene.renew().await;
    assert_eq!(tokens.refreshes() - before, USED, "what is fresh is left alone");
    join_all(used.iter().map(|tenant| scene.use_it(tenant, GOOGLE))).await;
    assert_eq!(tokens.refreshes() - before, USED, "no call has to");

    // Nobody calls for a day: from then on all are idle, and each is refreshed once a week.
    scene.app.clock.advance(25 * HOUR);
    before = tokens.refreshes();
    for _ in 0..4 {
        scene.renew().await;
        scene.app.clock.advance(DAY);
    }
    assert_eq!(tokens.refreshes() - before, 0, "idle ones are left alone");
    for _ in 0..14 {
        scene.renew().await;
        scene.app.clock.advance(DAY);
    }
    let weekly = tokens.refreshes() - before;
    println!("{weekly} refreshes of {} idle grants in eighteen days", USED + IDLE);
    assert_eq!(weekly, 2 * (USED + IDLE), "once a week each");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_that_was_taken_back_is_found_and_told_before_any_call_meets_it() {
    let scene = Scene::new(Backend::Sqlite).await;
    let tenant = scene.connected("Acme <i>", GOOGLE).await;
    scene.use_it(&tenant, GOOGLE).await;
    let (_, owner) = scene.app.add_member(tenant.id, Role::Owner).await;
    let (_, admin) = scene.app.add_member(tenant.id, Role::Admin).await;
    let (_, member) = scene.app.add_member(tenant.id, Role::Member).await;
    scene.tokens(GOOGLE).revoke();
    scene.app.clock.advance(HOUR - Duration::from_secs(200));
    scene.renew().await;
    let connection = scene.connection(tenant.id, GOOGLE).await;
    assert_eq!(connection.state, ConnectionState::ReconnectNeeded);
    let asked = scene.app.vendor(GOOGLE).script.received();
    scene.renew().await;
    assert_eq!(scene.app.vendor(GOOGLE).script.received(), asked, "it is not asked for again");

    assert_eq!(scene.remind().await, 0, "it may be a moment's");
    scene.app.clock.advance(SETTLED);
    assert_eq!(scene.remind().await, 2);
    assert_eq!(scene.remind().await, 0);
    for email in [&owner, &admin] {
        let mails = scene.mails_to(email);
        assert_eq!(mails.len(), 1);
        assert_eq!(subject(&mails[0]), "Acme <i>: Google Ads must be connected again");
        assert_eq!(mails[0].link(&scene.app.url), format!("/reconnect/{}", connection.id));
    }
    assert!(scene.mails_to(&member).is_empty());

    // Connected again, and broken again.
    scene.app.vendor(GOOGLE).script.clear();
    let rows = scene.app.store().tenant(tenant.id);
    let credential = rows.find_credential(connection.id).await.unwrap().unwrap();
    let replacement = turnpike_store::Replacement {
        key_version: credential.key_version,
        sealed: credential.sealed,
        access_expires_at: None,
        now: scene.now(),
    };
    assert!(rows.swap_credential(connection.id, credential.generation, &replacement).await.unwrap());
    rows.set_connection_state(connection.id, ConnectionState::Ok, None, scene.now()).await.unwrap();
    assert!(rows.ask_to_reconnect(connection.id, credential.generation + 1, "again", scene.now()).await.unwrap());
    scene.app.clock.advance(SETTLED);
    assert_eq!(scene.remind().await, 2, "each break is told");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vendor_that_fails_is_asked_less_and_less_and_a_switch_stops_it_all() {
    let scene = Scene::new(Backend::Sqlite).await;
    let (one, two) = (scene.connected("one", GOOGLE).await, scene.connected("two", "amazon-ads").await);
    scene.use_it(&one, GOOGLE).await;
    let (rows, id) = (scene.app.store().tenant(two.id), scene.connection(two.id, "amazon-ads").await.id);
    assert!(rows.note_lease(id, scene.now(), scene.now()).await.unwrap());
    scene.app.clock.advance(HOUR - Duration::from_secs(200));
    scene.app.vendor(GOOGLE).script.on_tokens().next(1000, Behaviour::Html500);
    let asked = |name: &str| {
        let vendor = scene.app.vendor(name);
        vendor.script.recorded().iter().filter(|request| request.uri.path() == vendor.token_path).count()
    };
    let (before, amazon) = (asked(GOOGLE), scene.tokens("amazon-ads").refreshes());
    for _ in 0..60 {
        upkeep::renew(&scene.app.operator, UPKEEP, scene.now()).await.unwrap();
        scene.app.clock.advance(Duration::from_secs(20));
    }
    // At once, then after 1, 2, 4 and 8 minutes, in twenty.
    assert_eq!(asked(GOOGLE) - before, 5, "it is asked less and less");
    assert_eq!(scene.tokens("amazon-ads").refreshes() - amazon, 1, "one that fails stops no other");
    assert_eq!(scene.connection(one.id, GOOGLE).await.state, ConnectionState::Ok);

    scene.app.vendor(GOOGLE).script.on_tokens().clear();
    let (target, id) =
        (SwitchTarget { integration: Some(GOOGLE.into()), ..SwitchTarget::default() }, scene.app.operator.ambient.id());
    let system = scene.app.store().system();
    system.switch_off(id, &target, "incident", "desk", scene.now()).await.unwrap();
    scene.app.clock.advance(HOUR);
    let before = asked(GOOGLE);
    scene.renew().await;
    assert_eq!(asked(GOOGLE), before, "no credential is exchanged where no call may be made");
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_year_each_kind_of_connection_costs_the_mails_and_the_refreshes_that_it_should() {
    let scene = Scene::new(Backend::Sqlite).await;
    let tenant = scene.app.unconnected("Acme").await;
    for integration in [GOOGLE, "amazon-ads", LINKEDIN, "supermetrics"] {
        scene.app.connect(tenant.id, integration).await;
    }
    let mut form: HashMap<_, _> = scene.app.vendor(META).credential.iter().cloned().collect();
    form.insert("access_token", "EAASandboxSystemUserSixtyDays".into());
    scene.app.connect_with(tenant.id, META, Side::Live, form).await.unwrap();
    let people = [Role::Owner, Role::Admin, Role::Member, Role::Auditor];
    let people = join_all(people.map(|role| scene.app.add_member(tenant.id, role))).await;
    let before: Vec<_> = [GOOGLE, "amazon-ads"].map(|name| scene.tokens(name).refreshes()).into();
    let end = scene.connection(tenant.id, LINKEDIN).await.predicted_end.unwrap();

    let mut mailed = vec![];
    for day in 0..370_u32 {
        scene.renew().await;
        let mails = scene.remind().await;
        if mails > 0 {
            mailed.push((day, mails));
        }
        scene.app.clock.advance(DAY);
    }
    println!("mails in 370 days, by day: {mailed:?}");
    // 30, 14 and 3 days before its end LinkedIn's, and that it has ended: found on that day, told when it is settled.
    assert_eq!(mailed, [(335, 2), (351, 2), (362, 2), (366, 2)], "to the owner and the admin");
    for (_, email) in &people[..2] {
        let subjects: Vec<_> = scene.mails_to(email).iter().map(|mail| subject(mail).to_owned()).collect();
        let ahead = format!("Acme: connect LinkedIn Ads again before {}", end.to_utc().date_naive());
        assert_eq!(subjects, [&ahead, &ahead, &ahead, "Acme: LinkedIn Ads must be connected again"]);
    }
    assert!(people[2..].iter().all(|(_, email)| scene.mails_to(email).is_empty()));
    for (name, before) in [GOOGLE, "amazon-ads"].into_iter().zip(before) {
        let refreshes = scene.tokens(name).refreshes() - before;
        println!("{name}: {refreshes} refreshes of a grant that nobody used");
        assert_eq!(refreshes, 52, "{name}");
    }
    let script = &scene.app.vendor(META).script;
    let exchanges = script.recorded().iter().filter(|request| request.uri.path() == "/oauth/access_token").count();
    println!("{META}: {exchanges} exchanges");
    assert!((6..=7).contains(&exchanges), "{exchanges} in a year of sixty days each, seven ahead");
    for name in [GOOGLE, "amazon-ads", META, "supermetrics"] {
        let connection = scene.connection(tenant.id, name).await;
        assert_eq!(connection.state, ConnectionState::Ok, "{name}");
    }
    assert_eq!(scene.connection(tenant.id, LINKEDIN).await.state, ConnectionState::ReconnectNeeded);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_missed_is_one_mail_and_a_connection_that_is_renewed_starts_anew() {
    let scene = Scene::new(Backend::Sqlite).await;
    let tenant = scene.connected("Acme", LINKEDIN).await;
    let (_, owner) = scene.app.add_member(tenant.id, Role::Owner).await;
    scene.app.clock.advance(334 * DAY);
    assert_eq!(scene.remind().await, 0, "31 days are left");
    // Off for three weeks: two of the three have come.
    scene.app.clock.advance(21 * DAY);
    assert_eq!(scene.remind().await, 1);
    let mail = scene.mails_to(&owner).pop().unwrap();
    assert!(mail.text.contains("in 10 days") && mail.text.contains("refreshing does not move it"), "{}", mail.text);
    let id = scene.connection(tenant.id, LINKEDIN).await.id;
    assert_eq!(mail.link(&scene.app.url), format!("/reconnect/{id}"));
    // A refresh tells the same end in other seconds, and is no reason to write again.
    scene.use_it(&tenant, LINKEDIN).await;
    scene.renew().await;
    assert_eq!(scene.remind().await, 0);

    scene.tokens(LINKEDIN).set_grant_life(365 * DAY);
    scene.app.connect(tenant.id, LINKEDIN).await;
    assert_eq!(scene.remind().await, 0);
    scene.app.clock.advance(340 * DAY);
    assert_eq!(scene.remind().await, 1, "the new end is another");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reminder_survives_a_server_that_dies_before_it_is_mailed_and_an_outbox_that_fails() {
    let scene = Scene::new(Backend::Sqlite).await;
    let tenant = scene.connected("Acme", LINKEDIN).await;
    let (_, owner) = scene.app.add_member(tenant.id, Role::Owner).await;
    scene.app.clock.advance(340 * DAY);
    // Who takes it dies.
    let own = scene.connection(tenant.id, LINKEDIN).await;
    let reminder = format!("connection/{}/{}/30", own.id, own.predicted_end.unwrap().micros());
    let (rows, until) = (scene.app.store().tenant(tenant.id), scene.now().plus(Duration::from_secs(900)));
    assert!(rows.take_notice(&reminder, scene.now(), until).await.unwrap().is_some());
    assert_eq!(scene.remind().await, 0, "somebody has it");
    // Then the outbox cannot be written.
    scene.app.clock.advance(Duration::from_secs(901));
    let outbox = scene.app.folder().join("outbox");
    std::fs::remove_dir_all(&outbox).ok();
    std::fs::write(&outbox, "in the way").unwrap();
    assert_eq!(scene.remind().await, 0);
    std::fs::remove_file(&outbox).unwrap();
    assert_eq!(scene.remind().await, 0, "not at once");
    scene.app.clock.advance(Duration::from_secs(901));
    assert_eq!(scene.remind().await, 1);
    assert_eq!(scene.remind().await, 0);
    assert_eq!(scene.mails_to(&owner).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_calendar_shows_each_end_in_its_month_and_why() {
    let scene = Scene::new(Backend::Sqlite).await;
    let tenant = scene.app.tenant("Acme <i>").await;
    let (auditor, _) = scene.app.member(tenant.id, Role::Auditor).await;
    let end = scene.connection(tenant.id, LINKEDIN).await.predicted_end.unwrap().to_utc();
    let seen = auditor.look("/connections/calendar").await;
    let words = seen.words();
    for part in [
        &*end.format("%B %Y").to_string(),
        &end.date_naive().to_string(),
        "LinkedIn Ads fixed this day when access was granted",
        "No end is known: the grant holds until it is taken back. A grant that nothing refreshes for 180 days lapses",
        "publishing status of the OAuth app is Testing",
        "The token was made without an end.",
        "A key has no end",
        "Versions of the vendors",
    ] {
        assert!(words.contains(part), "{part} is not in {words}");
    }
    assert!(!seen.text.contains("/connections/new/"), "an auditor connects nothing");
    let (owner, _) = scene.app.member(tenant.id, Role::Owner).await;
    assert!(owner.look("/connections/calendar").await.text.contains("/connections/new/linkedin-ads"));
    // Soon to end: the link of the mail leads to where it is connected again.
    let id = scene.connection(tenant.id, LINKEDIN).await.id;
    assert_eq!(owner.get(&format!("/reconnect/{id}")).await.location(), format!("/connections/{id}"));
    let rows = scene.app.store().tenant(tenant.id);
    rows.predict_connection_end(id, Some(scene.now().plus(3 * DAY)), scene.now()).await.unwrap();
    assert_eq!(owner.get(&format!("/reconnect/{id}")).await.location(), "/connections/new/linkedin-ads");
    let staff = scene.app.staff().await;
    let seen = staff.look("/console/credentials").await.words();
    assert!(seen.contains("In 3 days") && seen.contains("LinkedIn Ads fixed this day"), "{seen}");
}
