//! A secret that went in comes out nowhere: not in logs, spans, answers, the database or the list of processes.

use std::{
    collections::{BTreeMap, HashSet},
    fs,
    path::Path,
};

use serde_json::{Value, json};
use sqlx::{Connection as _, PgConnection, Row as _};
use tempfile::TempDir;
use turnpike_core::TenantId;
use turnpike_sdk::{Behaviour, Integration};
use turnpike_testkit::Postgres;
use turnpike_tests::{
    agent::{Agent, send},
    oauth::{CALLBACK, Program, Tokens, add_service_agent},
    process::{Caller, Collector, Deployment, PASSWORD, Server, Vendor},
    tour::{first_read, tour},
};

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

/// The secret of a program that the operator has registered.
const CLIENT_SECRET: &str = "canary-of-a-program-of-the-operator";
const SERVER: &str = "/google-ads/mcp";

/// A deployment that logs all it can and exports spans, a vendor, and what must stay secret.
struct Scene {
    deployment: Deployment,
    collector: Collector,
    vendors: Vec<(Integration, Vendor)>,
    secrets: Vec<String>,
    /// Holds the program's secret; as far away as a secret's file is to be.
    apart: TempDir,
    /// Is no secret: it shows that what is looked through holds something of the calls.
    tenant: String,
}

impl Scene {
    async fn set(deploy: impl AsyncFnOnce(&str) -> Deployment) -> Self {
        let collector = Collector::start().await;
        let mut settings = format!("filter = \"trace\"\n{}", collector.setting());
        let mut vendors = vec![];
        for integration in turnpike_catalog::integrations() {
            let vendor = Vendor::of(&integration).await;
            settings += &vendor.settings();
            settings += "read_burst = 1000\nwrite_burst = 1000\n";
            vendors.push((integration, vendor));
        }
        settings += "[limits]\ntenant_burst = 10000\nprincipal_burst = 10000\n[writes]\napprove_starts = false\n";
        let apart = tempfile::tempdir().unwrap();
        let file = apart.path().join("client-secret");
        fs::write(&file, CLIENT_SECRET).unwrap();
        let file = Value::from(file.to_str().unwrap());
        settings += &format!("[oauth_clients.acme-desk]\nname = \"Acme desk\"\nclient_secret_file = {file}\n");
        settings += &format!("redirect_uris = [\"{CALLBACK}\"]\n");
        let deployment = deploy(&settings).await;
        let secrets = vec![PASSWORD.to_owned(), CLIENT_SECRET.to_owned()];
        Self { deployment, collector, vendors, secrets, apart, tenant: String::new() }
    }

    /// Everything that can go wrong with a secret in the hand; returns what was written on the way.
    async fn play(&mut self) -> Vec<(String, Vec<u8>)> {
        let deployment = &self.deployment;
        let tenant = deployment.add_tenant().await;
        let key = deployment.add_key(tenant).await;
        for (_, vendor) in &self.vendors {
            deployment.connect(tenant, vendor).await;
        }
        let server = deployment.serve().await;
        let (caller, agent) = (Caller::new(&key).at(&server), Agent::new(&server.url, &key));
        let mut answers: Vec<Value> = vec![];
        for (integration, vendor) in &self.vendors {
            answers.extend(tour(integration, &agent).await.into_iter().map(|stop| stop.result));
            answers.extend(go_wrong(integration, vendor, &agent).await);
        }
        answers.push(agent.call("google-ads", "list_campaigns", json!({ "account_id": key })).await);
        let (authorization, mut tokens) = connect_agents(deployment, &server, tenant).await;
        answers.extend(authorization);
        let wrong = caller.with_key("tpk_live_0000000000000000000000000000_AAAAAA").raw().await;

        self.tenant = tenant.to_string();
        self.learn_secrets(&key);
        self.secrets.append(&mut tokens);
        let mut places = vec![
            ("the command line".to_owned(), server.command_line().into_bytes()),
            ("the refusal of a key".to_owned(), wrong.into_bytes()),
        ];
        // What the caller itself wrote into an argument may come back to it; it does not here, and none else does.
        places.extend(
            answers.iter().map(|answer| (format!("an answer: {answer:.200}"), answer.to_string().into_bytes())),
        );
        let log = server.log();
        assert!(log.lines().count() > 20 && log.contains("\"level\":\"DEBUG\""), "the log is not a full one: {log}");
        assert!(server.stop().await);
        assert!(self.apart.path().exists());
        assert!(!self.collector.spans().is_empty());
        places.push(("the spans".to_owned(), self.collector.bytes()));
        places
    }

    /// All that went in or was given out on the way.
    fn learn_secrets(&mut self, key: &str) {
        self.secrets.push(key.to_owned());
        for (integration, vendor) in &self.vendors {
            let (name, mut learned) = (integration.manifest.name, HashSet::new());
            let credential = vendor.credential();
            let fields = integration.manifest.connect_form.iter().filter(|field| field.secret);
            learned.extend(fields.map(|field| credential[field.name].as_str().unwrap().to_owned()));
            for request in vendor.script().recorded() {
                let header = request.headers.get("authorization").and_then(|value| value.to_str().ok());
                match header {
                    Some(value) => learned.insert(value.trim_start_matches("Bearer ").to_owned()),
                    // A link that the vendor has signed opens without a credential: its signature is one.
                    None if request.uri.path() != vendor.token_path() => {
                        learned.insert(request.uri.query().unwrap_or_default().to_owned())
                    }
                    None => false,
                };
                let pairs = request.uri.query().into_iter().flat_map(|query| query.split('&'));
                learned.extend(pairs.filter_map(|pair| pair.strip_prefix("appsecret_proof=")).map(str::to_owned));
            }
            learned.remove("");
            assert!(vendor.find_tokens().is_none() || learned.len() > 3, "{name}: two access tokens were used");
            println!("{name}: {} secrets", learned.len());
            self.secrets.extend(learned);
        }
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

/// Agents connect by OAuth, in all the ways that there are, and show what they were given where it is not taken; what they
/// were answered, and what must stay secret of it.
async fn connect_agents(deployment: &Deployment, server: &Server, tenant: TenantId) -> (Vec<Value>, Vec<String>) {
    let owner = deployment.owner(tenant, server).await;
    let public = Program::register(&server.url).await;
    let desk = Program::new(&server.url, "acme-desk", CALLBACK);
    let (mut answers, mut secrets) = (vec![], vec![]);
    for (program, secret) in [(&public, ""), (&desk, CLIENT_SECRET)] {
        let with_secret = |mut parameters: BTreeMap<&'static str, String>| {
            parameters.insert("client_secret", secret.to_owned());
            parameters
        };
        let code = program.code(&owner, SERVER, "google-ads:read").await;
        let redemption = with_secret(program.redemption(&code));
        let tokens = Tokens::of(&program.ask("/token", &redemption).await);
        let refresh = tokens.refresh.clone().unwrap();
        let next = Tokens::of(&program.ask("/token", &with_secret(program.refreshing(&refresh))).await);
        answers.push(program.agent(&next).call("google-ads", "list_accounts", json!({})).await);
        let shown = BTreeMap::from([("client_id", program.client_id.clone()), ("token", next.access.clone())]);
        let shown = with_secret(shown);
        answers.push(program.ask("/introspect", &shown).await.body);
        // Where each of them does not belong: at another server, in an argument, in the URL, as a name, and once too often.
        let elsewhere = program.agent(&next);
        answers.push(elsewhere.rpc("/meta-ads/mcp", json!(1), "tools/list", json!({})).await.body);
        answers.push(elsewhere.call("google-ads", "list_campaigns", json!({ "account_id": refresh })).await);
        let url = format!("{SERVER}?access_token={}", next.access);
        answers.push(send(elsewhere.anonymous(&url).body("{}")).await.body);
        for wrong in [&code, &refresh, &next.access] {
            answers.push(program.ask("/token", &with_secret(program.refreshing(&format!("{wrong}x")))).await.body);
        }
        answers.push(program.ask("/token", &redemption).await.body);
        answers.push(program.ask("/revoke", &shown).await.body);
        secrets.extend([code, program.verifier.clone(), refresh, next.refresh.unwrap(), tokens.access, next.access]);
    }
    let (id, secret) = add_service_agent(&deployment.store().await, tenant, "google-ads").await;
    let own = |secret: &str| {
        let own = [("grant_type", "client_credentials"), ("client_id", &id), ("client_secret", secret)];
        own.into_iter().map(|(name, value)| (name, value.to_owned())).collect::<BTreeMap<_, _>>()
    };
    answers.push(public.ask("/token", &own(&format!("{secret}x"))).await.body);
    let tokens = Tokens::of(&public.ask("/token", &own(&secret)).await);
    public.agent(&tokens).tools("/mcp").await;
    secrets.extend([secret, tokens.access]);
    (answers, secrets)
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

/// What a vendor can do to us, with a credential in our hand.
async fn go_wrong(integration: &Integration, vendor: &Vendor, agent: &Agent) -> Vec<Value> {
    let (name, script) = (integration.manifest.name, vendor.script());
    let read = first_read(integration, agent, || script.received()).await;
    let call = || agent.call(name, read.tool, read.arguments.clone());
    let mut answers = vec![];
    if let Some(tokens) = vendor.find_tokens() {
        tokens.expire_all();
        answers.push(call().await);
    }
    for behaviour in [Behaviour::Html500, Behaviour::Garbage, Behaviour::Reset, Behaviour::Permission] {
        script.next(1, behaviour);
        answers.push(call().await);
        script.clear();
    }
    vendor.find_tokens().inspect(|tokens| tokens.revoke());
    script.next(1, Behaviour::Revoked);
    answers.push(call().await);
    answers
}
