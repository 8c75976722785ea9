//! Keys in AWS KMS, seen from outside: production starts with them, calls go on or are refused while KMS is away, and keys are
//! rotated under load by a command that is killed again and again.

use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use turnpike_core::{Micros, Outcome};
use turnpike_store::CallFilter;
use turnpike_testkit::{Kms, Postgres};
use turnpike_tests::process::{Caller, Deployment, Vendor, random_below, turnpike};

/// As AWS programs find them: in a file that a variable names, which the settings cannot do.
fn settings(kms: &Kms, vendor: &Vendor) -> String {
    format!(
        "[vault]\nkey_provider = \"aws-kms\"\nkms_key = \"{}\"\nkms_endpoint = \"{}\"\n{}",
        kms.add_key("one"),
        kms.url(),
        vendor.settings()
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn while_kms_is_away_a_call_is_refused_at_nobodys_cost_and_succeeds_without_a_restart() {
    let (vendor, mut kms) = (Vendor::start().await, Kms::start().unwrap());
    let deployment = Deployment::on_sqlite(&settings(&kms, &vendor));
    let tenant = deployment.add_tenant().await;
    let caller = Caller::new(&deployment.add_key(tenant).await);
    deployment.connect(tenant, &vendor).await;
    assert!(!deployment.folder().join("data/local.key").exists(), "no key lies on the disk");
    let server = deployment.serve().await;
    kms.down();
    let refused = caller.at(&server).list_accounts().await.unwrap();
    assert_eq!(refused.class(), Some("vault_unreachable"), "{}", refused.text());
    assert!(refused.text().contains("nothing is charged") && refused.text().contains("Retry at"), "{}", refused.text());
    kms.up().unwrap();
    tokio::time::sleep(Duration::from_millis(2100)).await;
    let answer = caller.at(&server).list_accounts().await.unwrap();
    assert_eq!(answer.class(), None, "{}", answer.text());
    kms.down();
    assert_eq!(caller.at(&server).list_accounts().await.unwrap().class(), None, "its key is in memory");
    let log = server.log();
    assert_eq!(log.matches("the vault's keys cannot be used").count(), 1, "{log}");
    assert!(server.stop().await);
    let store = deployment.store().await;
    let calls = store.tenant(tenant).list_calls(&CallFilter { limit: 10, ..CallFilter::default() }).await.unwrap();
    let first = calls.last().unwrap();
    assert_eq!((first.outcome, first.price), (Outcome::OurFault, Micros(0)));
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_rotated_under_load_by_a_command_that_is_killed_again_and_again() {
    let (vendor, kms, postgres) = (Vendor::start().await, Kms::start().unwrap(), Postgres::shared().await.unwrap());
    let deployment = Deployment::on_postgres(&postgres.database().await.unwrap(), &settings(&kms, &vendor)).await;
    let tenant = deployment.add_tenant().await;
    for _ in 0..5 {
        deployment.connect(deployment.add_tenant().await, &vendor).await;
        // The vendor rotates: what one connection has spent is good for no other.
        vendor.grant_anew();
    }
    let caller = Caller::new(&deployment.add_key(tenant).await);
    deployment.connect(tenant, &vendor).await;
    let server = deployment.serve().await;
    let (stop, calls, at) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)), caller.at(&server));
    let load = tokio::spawn({
        let (stop, calls) = (stop.clone(), calls.clone());
        async move {
            while !stop.load(Ordering::SeqCst) {
                let answer = at.list_accounts().await.unwrap();
                // The limit of the tool is as shipped.
                if answer.class() == Some("rate_limited") {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
                assert_eq!(answer.class(), None, "{}", answer.text());
                calls.fetch_add(1, Ordering::SeqCst);
            }
        }
    });
    let mut killed = 0;
    for _ in 0..12 {
        let mut command = turnpike();
        command.args(["keys", "rotate", "-c"]).arg(deployment.settings_file());
        let mut child =
            command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null()).spawn().unwrap();
        // The fault is a moment in time.
        tokio::time::sleep(Duration::from_millis(50 + random_below(400))).await;
        killed += u32::from(child.try_wait().unwrap().is_none());
        child.kill().ok();
        child.wait().unwrap();
    }
    let told = deployment.run(&["keys", "rotate"], None).await;
    deployment.execute("UPDATE data_keys SET created_at = created_at - 601000000").await;
    let told = format!("{told}{}", deployment.run(&["keys", "rotate"], None).await);
    deployment.execute("UPDATE data_keys SET created_at = created_at - 601000000").await;
    deployment.run(&["keys", "rotate"], None).await;
    stop.store(true, Ordering::SeqCst);
    load.await.unwrap();
    let list = deployment.run(&["keys", "list"], None).await;
    println!("killed {killed} times; {} calls meanwhile, none failed\n{told}{list}", calls.load(Ordering::SeqCst));
    assert!(killed > 3 && calls.load(Ordering::SeqCst) > 10, "the test shows nothing");
    let old = "SELECT COUNT(*) FROM credentials WHERE key_version < (SELECT MAX(version) FROM data_keys \
               WHERE data_keys.tenant_id = credentials.tenant_id)";
    assert_eq!(deployment.count(old).await, 0);
    assert_eq!(deployment.count("SELECT COUNT(*) FROM key_rotations").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn production_starts_with_a_key_in_kms_and_says_what_is_wrong_without_one() {
    let (vendor, kms) = (Vendor::start().await, Kms::start().unwrap());
    let deployment = Deployment::on_sqlite(&settings(&kms, &vendor));
    let text = fs::read_to_string(deployment.settings_file()).unwrap();
    let production = "environment = \"production\"\n";
    let rest = "[server]\npublic_url = \"https://mcp.example.com\"\n[mail]\ntransport = \"smtp\"\nsmtp_url = \"smtp://127.0.0.1:9\"\n";
    fs::write(deployment.settings_file(), format!("{production}{text}{rest}")).unwrap();
    let server = deployment.serve().await;
    assert!(server.stop().await);
    kms.set("one", turnpike_testkit::KmsKeyState::Disabled);
    let output = turnpike().args(["keys", "list", "-c"]).arg(deployment.settings_file()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && said.contains("aws kms enable-key"), "{said}");
}
