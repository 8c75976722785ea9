//! `turnpike record`: a call of a live connection becomes a fixture, and nothing of the client stands in it.

use std::{fs, mem::discriminant, path::Path, process::Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;
use turnpike_core::TenantId;
use turnpike_recording::{Difference, Outcome, Recording, replay};
use turnpike_sdk::{Account, Behaviour, Example, Integration};
use turnpike_store::AuditFilter;
use turnpike_tests::{
    process::{Deployment, Vendor, turnpike},
    tour::writes,
};

/// A deployment whose vendors are sandboxes on sockets of their own: as live as anything here can be.
struct Scene {
    deployment: Deployment,
    checkout: TempDir,
    tenant: TenantId,
    vendors: Vec<(Integration, Vendor)>,
}

impl Scene {
    async fn with(integrations: Vec<Integration>) -> Self {
        let mut vendors = vec![];
        for integration in integrations {
            let vendor = Vendor::of(&integration).await;
            vendors.push((integration, vendor));
        }
        let settings: String = vendors.iter().map(|(_, vendor)| vendor.settings()).collect();
        let deployment = Deployment::on_sqlite(&settings);
        let tenant = deployment.add_tenant().await;
        let checkout = tempfile::tempdir().unwrap();
        for folder in ["servers/catalog", "shared/sdk"].map(|folder| checkout.path().join(folder)) {
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join("Cargo.toml"), "").unwrap();
        }
        for (integration, vendor) in &vendors {
            let folder = Path::new("servers").join(integration.manifest.name).join("tests/recorded");
            fs::create_dir_all(checkout.path().join(&folder)).unwrap();
            let words = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(&folder).join("words.txt");
            if words.exists() {
                fs::copy(words, checkout.path().join(&folder).join("words.txt")).unwrap();
            }
            deployment.connect(tenant, vendor).await;
        }
        Self { deployment, checkout, tenant, vendors }
    }

    /// Runs the command; what it says of its failure, if it fails.
    fn record(&self, tenant: TenantId, name: &str, tool: &str, arguments: &Value) -> Result<(), String> {
        let mut command = turnpike();
        command.args(["record", name, "--tool", tool, "--tenant", &tenant.to_string(), "--as", "case"]);
        command.args(["--arguments", &arguments.to_string(), "--path"]).arg(self.checkout.path());
        command.arg("-c").arg(self.deployment.settings_file()).stdout(Stdio::null()).stderr(Stdio::piped());
        let output = command.output().unwrap();
        if output.status.success() { Ok(()) } else { Err(String::from_utf8(output.stderr).unwrap()) }
    }

    /// What it says of its failure. It leaves no file.
    fn refused(&self, tenant: TenantId, name: &str, tool: &str, arguments: &Value) -> String {
        let said = self.record(tenant, name, tool, arguments).expect_err("it records");
        assert!(!self.file(name).exists(), "{said}");
        said
    }

    fn file(&self, name: &str) -> std::path::PathBuf {
        self.checkout.path().join("servers").join(name).join("tests/recorded/case.json")
    }

    fn read(&self, name: &str) -> (String, Recording) {
        read(&self.file(name))
    }

    async fn accounts(&self, name: &str) -> Vec<Account> {
        let row = self.deployment.store().await.tenant(self.tenant).find_connection(name).await.unwrap().unwrap();
        serde_json::from_str(&row.accounts_json).unwrap()
    }
}

fn read(file: &Path) -> (String, Recording) {
    let text = fs::read_to_string(file).unwrap();
    let recording = serde_json::from_str(&text).unwrap();
    (text, recording)
}

/// One integration of each shape in which vendors know their callers.
fn one_of_each_shape() -> Vec<Integration> {
    let mut found: Vec<Integration> = vec![];
    for integration in turnpike_catalog::integrations() {
        let shape = discriminant(&integration.manifest.auth);
        if found.iter().all(|other| discriminant(&other.manifest.auth) != shape) {
            found.push(integration);
        }
    }
    found
}

/// The first example that reads from an account, and one that writes.
fn examples(integration: &Integration) -> (Example, Option<Example>) {
    let all = (integration.examples)();
    let is_read =
        |example: &&Example| example.arguments.get("account_id").is_some() && !writes(integration, example.tool);
    let read = all.iter().find(is_read).unwrap().clone();
    (read, all.into_iter().find(|example| writes(integration, example.tool)))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_of_each_auth_shape_is_recorded_without_its_client_and_plays() {
    let scene = Scene::with(one_of_each_shape()).await;
    assert_eq!(scene.vendors.len(), 5, "one of each shape");
    for (integration, vendor) in &scene.vendors {
        let name = integration.manifest.name;
        let (example, _) = examples(integration);
        scene
            .record(scene.tenant, name, example.tool, &example.arguments)
            .unwrap_or_else(|said| panic!("{name}: {said}"));
        let (text, recording) = scene.read(name);

        for account in scene.accounts(name).await {
            assert!(!text.contains(account.id.as_str()), "{name}: the account {}", account.id);
            assert!(!text.contains(&account.name), "{name}: the account {}", account.name);
        }
        let sent = vendor.script().recorded();
        let carried = sent.iter().flat_map(|request| request.headers.get("authorization"));
        let tokens = carried.filter_map(|value| value.to_str().ok()?.split(' ').next_back());
        let credential = vendor.credential();
        let given = credential.as_object().unwrap().values().filter_map(Value::as_str).filter(|value| value.len() > 5);
        for secret in tokens.chain(given).chain(["Acme", &scene.tenant.to_string()]) {
            assert!(!text.contains(secret), "{name}: a credential, or the tenant");
        }

        replay(integration, &recording).await.unwrap_or_else(|difference| panic!("{name}: {difference}"));
        println!("{name} {}: {} requests, {} bytes", recording.tool, recording.exchanges.len(), text.len());
        check_that_a_change_shows(integration, &recording).await;
    }
    let log = scene
        .deployment
        .store()
        .await
        .tenant(scene.tenant)
        .list_audit(&AuditFilter { limit: 100, ..AuditFilter::default() })
        .await
        .unwrap();
    assert_eq!(log.iter().filter(|event| event.action == "call.recorded").count(), scene.vendors.len());
}

/// One letter of a request or of the answer is another.
async fn check_that_a_change_shows(integration: &Integration, recording: &Recording) {
    for at in 0..recording.exchanges.len() {
        let mut other = recording.clone();
        let request = &mut other.exchanges[at].request;
        let place = ["path", "download"].into_iter().find(|place| request.get(place).is_some()).unwrap();
        request[place] = format!("{}x", request[place].as_str().unwrap()).into();
        let difference = replay(integration, &other).await.unwrap_err();
        assert!(matches!(&difference, Difference::Request { number, .. } if *number == at + 1), "{difference}");
        assert!(difference.to_string().contains(place), "{difference}");
    }
    let mut other = recording.clone();
    let Outcome::Answer(answer) = &mut other.outcome else { panic!("an answer") };
    let page = &mut answer["page"]["row_count"];
    *page = json!(page.as_u64().unwrap_or_default() + 1);
    let difference = replay(integration, &other).await.unwrap_err();
    assert!(difference.to_string().contains("/answer/page/row_count"), "{difference}");

    let mut other = recording.clone();
    let last = other.exchanges.last().unwrap().clone();
    other.exchanges.push(last);
    assert!(matches!(replay(integration, &other).await, Err(Difference::LeftOver { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn writes_sandboxes_strangers_and_passing_failures_are_not_recorded() {
    let scene = Scene::with(vec![turnpike_google_ads::integration()]).await;
    let (integration, vendor) = &scene.vendors[0];
    let name = integration.manifest.name;
    let (read, write) = examples(integration);
    let write = write.unwrap();
    let before = vendor.script().recorded().len();

    let said = scene.refused(scene.tenant, name, write.tool, &write.arguments);
    assert!(said.contains("only reads"), "{said}");
    let other = scene.deployment.add_tenant().await;
    let said = scene.refused(other, name, read.tool, &read.arguments);
    assert!(said.contains("no connection"), "{said}");
    scene.deployment.connect_sandbox(other).await;
    let said = scene.refused(other, name, read.tool, &read.arguments);
    assert!(said.contains("sandbox"), "{said}");
    let mut foreign = read.arguments.clone();
    foreign["account_id"] = "9999999999".into();
    let said = scene.refused(scene.tenant, name, read.tool, &foreign);
    assert!(said.contains("may not use"), "{said}");
    let target = ["switch", "off", "--integration", name, "--reason", "an incident"];
    scene.deployment.run(&target, None).await;
    let said = scene.refused(scene.tenant, name, read.tool, &read.arguments);
    assert!(said.contains("an incident"), "{said}");
    assert_eq!(vendor.script().recorded().len(), before, "the vendor was not asked");
    scene.deployment.run(&["switch", "on", "--integration", name], None).await;

    vendor.script().next(3, Behaviour::Status { code: 503 });
    let said = scene.refused(scene.tenant, name, read.tool, &read.arguments);
    assert!(said.contains("the call failed"), "{said}");
    // What the vendor does not do for this client it will not do tomorrow either.
    vendor.script().next(1, Behaviour::Permission);
    scene.record(scene.tenant, name, read.tool, &read.arguments).unwrap();
    let (_, recording) = scene.read(name);
    assert_eq!(recording.outcome, Outcome::Fault(turnpike_core::Class::Permission));
    replay(integration, &recording).await.unwrap();
}
