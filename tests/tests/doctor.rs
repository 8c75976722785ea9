//! `turnpike doctor`, the program itself, against deployments and vendors in which something is wrong.

use std::{collections::BTreeMap, fs, process::Stdio};

use serde_json::Value;
use turnpike_core::{Ambient, TenantId};
use turnpike_sdk::Behaviour;
use turnpike_tests::process::{Deployment, Vendor, turnpike};

/// A tenant that is connected to every vendor.
struct Scene {
    deployment: Deployment,
    vendors: Vec<Vendor>,
    tenant: TenantId,
}

/// What it said.
struct Said {
    well: bool,
    text: String,
    progress: String,
}

impl Said {
    fn lines(&self) -> Vec<Value> {
        self.text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}"))).collect()
    }

    /// The line about a part of the deployment.
    fn part(&self, part: &str) -> Value {
        self.lines().into_iter().find(|line| line["part"] == part).unwrap_or_else(|| panic!("no {part}: {}", self.text))
    }

    /// What is said of the connection to each vendor.
    fn results(&self) -> BTreeMap<String, String> {
        let lines = self.lines().into_iter().filter(|line| line["part"] == "connection");
        let word = |line: &Value, name: &str| line[name].as_str().unwrap().to_owned();
        lines.map(|line| (word(&line, "integration"), word(&line, "result"))).collect()
    }
}

impl Scene {
    async fn new(settings: &str) -> Self {
        let mut vendors = vec![];
        for integration in turnpike_catalog::integrations() {
            vendors.push(Vendor::of(&integration).await);
        }
        let sections: String = vendors.iter().map(Vendor::settings).collect();
        let deployment = Deployment::on_sqlite(&format!("{settings}{sections}"));
        let tenant = deployment.add_tenant().await;
        for vendor in &vendors {
            deployment.connect(tenant, vendor).await;
        }
        Self { deployment, vendors, tenant }
    }

    async fn doctor(&self, arguments: &[&str]) -> Said {
        examine(&self.deployment, arguments).await
    }

    fn received(&self) -> Vec<u64> {
        self.vendors.iter().map(|vendor| vendor.script().received()).collect()
    }
}

async fn examine(deployment: &Deployment, arguments: &[&str]) -> Said {
    let mut command = turnpike();
    command.arg("doctor").args(arguments).arg("-c").arg(deployment.settings_file());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Said { well: output.status.success(), text: text(output.stdout), progress: text(output.stderr) }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_all_is_well_each_vendor_is_asked_once_and_no_secret_is_printed() {
    let scene = Scene::new("").await;
    let before = scene.received();
    let said = scene.doctor(&["--json"]).await;
    assert!(said.well, "{}{}", said.text, said.progress);
    let asked: Vec<_> = scene.received().iter().zip(before).map(|(after, before)| after - before).collect();
    let all = scene.vendors.len();
    assert_eq!(asked, vec![1; all], "one request each");
    assert!(said.results().values().all(|result| result == "ok") && said.results().len() == all, "{}", said.text);
    for part in ["settings", "database", "keys", "mails", "versions"] {
        assert_eq!(said.part(part)["result"], "ok", "{}", said.text);
    }
    assert!(said.progress.contains(&format!("{all} of {all} connections looked at")), "{}", said.progress);
    let linkedin = said.lines().into_iter().find(|line| line["integration"] == "linkedin-ads").unwrap();
    assert!(linkedin["ends"].is_string() && linkedin["why"].as_str().unwrap().contains("fixed this day"), "{linkedin}");
    let shown = scene.doctor(&[]).await;
    assert!(shown.well && shown.text.contains("Acme") && shown.text.contains("Google Ads answers"), "{}", shown.text);
    for vendor in &scene.vendors {
        for (field, value) in vendor.credential().as_object().unwrap() {
            let value = value.as_str().unwrap();
            let secret = !["client_id", "app_id"].contains(&field.as_str());
            assert!(!secret || !format!("{}{}{}", said.text, shown.text, said.progress).contains(value), "{field}");
        }
    }
    let nobodys = scene.doctor(&["--json", "--tenant", &TenantId::NONE.to_string()]).await;
    assert!(!nobodys.well && nobodys.progress.contains("turnpike tenant list"), "{}", nobodys.progress);
    assert_eq!(scene.doctor(&["--json", "--tenant", &scene.tenant.to_string()]).await.results().len(), all);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_trouble_with_a_vendor_is_told_with_the_next_step() {
    let scene = Scene::new("[server]\npublic_url = \"https://a.example\"\n").await;
    for (behaviour, expected) in [
        (Behaviour::Permission, "permission"),
        (Behaviour::QuotaDaily { seconds: 7200 }, "held"),
        (Behaviour::Storm { seconds: 90 }, "held"),
        (Behaviour::VersionDead, "version_dead"),
        (Behaviour::Html500, "vendor_down"),
        (Behaviour::Garbage, "vendor_down"),
    ] {
        scene.vendors.iter().for_each(|vendor| vendor.script().next(9, behaviour));
        let said = scene.doctor(&["--json"]).await;
        scene.vendors.iter().for_each(|vendor| vendor.script().clear());
        println!("{behaviour:?}: {:?}", said.results());
        assert!(!said.well);
        for line in said.lines().iter().filter(|line| line["part"] == "connection") {
            assert_eq!(line["result"], expected, "{behaviour:?}: {line}");
            assert!(line["to_do"].as_str().is_some_and(|step| step.ends_with('.')), "{line}");
            assert!(!line.to_string().contains("<html>"), "{line}");
        }
    }
    assert!(scene.doctor(&["--json"]).await.well, "nothing is left of it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_that_is_gone_is_marked_and_not_asked_for_again() {
    let scene = Scene::new("[server]\npublic_url = \"https://a.example\"\n").await;
    let google = scene.vendors.iter().find(|vendor| vendor.name == "google-ads").unwrap();
    google.tokens().revoke();
    let said = scene.doctor(&["--json"]).await;
    assert!(!said.well);
    assert_eq!(said.results()["google-ads"], "reconnect", "{}", said.text);
    assert_eq!(
        said.results().values().filter(|result| *result == "ok").count(),
        scene.vendors.len() - 1,
        "{}",
        said.text
    );
    let asked = google.script().received();
    let said = scene.doctor(&[]).await;
    assert!(said.text.contains("-> An owner or admin of the tenant connects it again."), "{}", said.text);
    let store = scene.deployment.store().await;
    let own = store.tenant(scene.tenant).find_connection("google-ads").await.unwrap().unwrap();
    assert!(said.text.contains(&format!("https://a.example/reconnect/{}", own.id)), "{}", said.text);
    assert_eq!(google.script().received(), asked);

    // What nobody has to ask a vendor for.
    let now = Ambient::system().now();
    let rows = store.tenant(scene.tenant);
    let of = async |name: &str| rows.find_connection(name).await.unwrap().unwrap().id;
    rows.set_connection_accounts(of("amazon-ads").await, "[]", now).await.unwrap();
    let soon = Some(now.plus(std::time::Duration::from_secs(10 * 86_400)));
    rows.predict_connection_end(of("linkedin-ads").await, soon, now).await.unwrap();
    scene.deployment.run(&["switch", "off", "--integration", "supermetrics", "--reason", "incident"], None).await;
    let said = scene.doctor(&["--json"]).await;
    let results = said.results();
    assert_eq!(results["amazon-ads"], "no_accounts", "{}", said.text);
    assert_eq!(results["linkedin-ads"], "ends_soon", "{}", said.text);
    assert_eq!(results["supermetrics"], "switched_off", "{}", said.text);
    assert_eq!(results["meta-ads"], "ok", "{}", said.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_part_of_the_deployment_that_does_not_work_is_named() {
    let closed = turnpike_testkit::free_port().unwrap();
    let settings = format!(
        "[mail]\ntransport = \"smtp\"\nsmtp_url = \"smtp://127.0.0.1:{closed}\"\n\
         [redis]\nurl = \"redis://:canary@127.0.0.1:{closed}/0\"\n\
         [integrations.google-ads]\nversion_ends = \"2026-01-01\"\n"
    );
    let deployment = Deployment::on_sqlite(&settings);
    let said = examine(&deployment, &["--json"]).await;
    assert!(!said.well);
    for (part, result) in [("mails", "failed"), ("redis", "failed"), ("versions", "ends_soon"), ("keys", "ok")] {
        let line = said.part(part);
        assert_eq!(line["result"], result, "{line}");
        assert_eq!(line["to_do"].is_string(), result != "ok", "{line}");
    }
    assert!(said.part("versions")["says"].as_str().unwrap().contains("has ended on 2026-01-01"), "{}", said.text);
    assert!(!said.text.contains("canary"), "{}", said.text);

    // Another key than the one that has wrapped what is stored.
    let key = deployment.folder().join("data/local.key");
    fs::remove_file(&key).unwrap();
    let said = examine(&deployment, &["--json"]).await;
    assert_eq!((said.well, &said.part("keys")["result"]), (false, &Value::from("failed")), "{}", said.text);

    fs::write(deployment.settings_file(), "typo = 1\n").unwrap();
    let said = examine(&deployment, &["--json"]).await;
    assert_eq!((said.well, &said.part("settings")["result"]), (false, &Value::from("failed")), "{}", said.text);
    assert!(said.part("settings")["says"].as_str().unwrap().contains("typo"), "{}", said.text);
}
