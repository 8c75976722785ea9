//! A secret that went in comes out nowhere: not in logs, spans, answers, the database or the list of processes.

use std::{fs, path::Path};

use serde_json::json;
use sqlx::{Connection as _, PgConnection, Row as _};
use turnpike_sdk::Behaviour;
use turnpike_testkit::Postgres;
use turnpike_tests::process::{Answer, Caller, Collector, Deployment, PASSWORD, Vendor};

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_comes_out_anywhere_on_sqlite() {
    let mut scene = Scene::set(async |settings| Deployment::on_sqlite(settings)).await;
    let mut places = scene.play().await;
    // Every file but the key file, which is to be kept apart, and the database's side files with it.
    for file in files(scene.deployment.folder()) {
        if file.file_name().is_none_or(|name| name != "local.key") {
            places.push((file.display().to_string(), fs::read(&file).unwrap()));
        }
    }
    assert!(places.iter().any(|(place, _)| place.ends_with("turnpike.db")));
    scene.assert_clean(&places);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_comes_out_anywhere_on_postgresql() {
    let postgres = Postgres::shared().await.unwrap();
    let database = postgres.database().await.unwrap();
    let mut scene = Scene::set(async |settings| Deployment::on_postgres(&database, settings).await).await;
    let mut places = scene.play().await;
    places.extend(dump(&database.admin_url).await);
    for file in files(scene.deployment.folder()) {
        // The URLs' own files hold the database password: that is what they are for.
        if file.extension().is_some_and(|extension| extension == "log") {
            places.push((file.display().to_string(), fs::read(&file).unwrap()));
        }
    }
    scene.assert_clean(&places);
}

/// A deployment that logs all it can and exports spans, a vendor, and what must stay secret.
struct Scene {
    deployment: Deployment,
    collector: Collector,
    vendor: Vendor,
    secrets: Vec<String>,
    /// Is no secret: it shows that what is looked through holds something of the calls.
    tenant: String,
}

impl Scene {
    async fn set(deploy: impl AsyncFnOnce(&str) -> Deployment) -> Self {
        let (collector, vendor) = (Collector::start().await, Vendor::start().await);
        let settings = format!("filter = \"trace\"\n{}{}", collector.setting(), vendor.settings());
        let deployment = deploy(&settings).await;
        Self { deployment, collector, vendor, secrets: vec![PASSWORD.to_owned()], tenant: String::new() }
    }

    /// Everything that can go wrong with a secret in the hand; returns what was written on the way.
    async fn play(&mut self) -> Vec<(String, Vec<u8>)> {
        let deployment = &self.deployment;
        let tenant = deployment.add_tenant().await;
        let key = deployment.add_key(tenant).await;
        deployment.connect(tenant, &self.vendor.credential()).await;
        let server = deployment.serve().await;
        let caller = Caller::new(&key).at(&server);
        let mut answers: Vec<Answer> = vec![];

        answers.push(caller.list_accounts().await.unwrap());
        self.vendor.tokens().expire_all();
        let campaigns = json!({ "account_id": "1000000002" });
        answers.push(caller.call("list_campaigns", &campaigns).await.unwrap());
        for behaviour in [Behaviour::Html500, Behaviour::Garbage, Behaviour::Reset, Behaviour::Permission] {
            self.vendor.script().next(3, behaviour);
            answers.push(caller.call("list_campaigns", &campaigns).await.unwrap());
            self.vendor.script().clear();
        }
        answers.push(caller.call("list_campaigns", &json!({ "account_id": key })).await.unwrap());
        self.vendor.tokens().revoke();
        answers.push(caller.list_accounts().await.unwrap());
        let wrong = caller.with_key("tpk_live_0000000000000000000000000000_AAAAAA").raw().await;

        self.tenant = tenant.to_string();
        self.learn_secrets(&key);
        let mut places = vec![
            ("the command line".to_owned(), server.command_line().into_bytes()),
            ("the refusal of a key".to_owned(), wrong.into_bytes()),
        ];
        for answer in &answers {
            // What the caller itself wrote into an argument may come back to it; it does not here, and none else does.
            places.push((format!("an answer: {}", answer.text()), answer.json().into_bytes()));
        }
        let log = server.log();
        assert!(log.lines().count() > 20 && log.contains("\"level\":\"DEBUG\""), "the log is not a full one: {log}");
        assert!(server.stop().await);
        assert!(!self.collector.spans().is_empty());
        places.push(("the spans".to_owned(), self.collector.bytes()));
        places
    }

    /// All that went in or was given out on the way.
    fn learn_secrets(&mut self, key: &str) {
        let secrets = &mut self.secrets;
        secrets.push(key.to_owned());
        let credential = self.vendor.credential();
        secrets.extend(["client_secret", "refresh_token"].map(|name| credential[name].as_str().unwrap().to_owned()));
        for request in self.vendor.script().recorded() {
            let header = request.headers.get("authorization").and_then(|value| value.to_str().ok());
            secrets.extend(header.and_then(|value| value.strip_prefix("Bearer ")).map(str::to_owned));
        }
        assert!(secrets.iter().filter(|secret| secret.starts_with("ya29.")).count() > 1, "two tokens were used");
    }

    fn assert_clean(&self, places: &[(String, Vec<u8>)]) {
        let holds = |bytes: &[u8], text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
        for secret in &self.secrets {
            for (place, bytes) in places {
                assert!(!holds(bytes, secret), "a secret that begins with {secret:.6} stands in {place}");
            }
        }
        for needed in ["spans", ".log", "turnpike.db|table calls"] {
            let mut looked_at = places.iter().filter(|(place, _)| needed.split('|').any(|end| place.ends_with(end)));
            assert!(looked_at.any(|(_, bytes)| holds(bytes, &self.tenant)), "{needed} tells nothing of the tenant");
        }
        println!("{} secrets in none of {} places", self.secrets.len(), places.len());
    }
}

fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// Every row of every table, as text.
async fn dump(url: &str) -> Vec<(String, Vec<u8>)> {
    let mut database = PgConnection::connect(url).await.unwrap();
    let tables = "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'";
    let tables = sqlx::query(tables).fetch_all(&mut database).await.unwrap();
    let mut dumped = vec![];
    for table in tables {
        let table: String = table.get(0);
        let sql = format!("SELECT convert_from(convert_to(t::text, 'UTF8'), 'UTF8') FROM \"{table}\" t");
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(&mut database).await.unwrap();
        let text: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
        dumped.push((format!("table {table}"), text.join("\n").into_bytes()));
    }
    assert!(dumped.iter().any(|(place, rows)| place == "table credentials" && !rows.is_empty()));
    dumped
}
