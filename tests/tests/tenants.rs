//! The end of a tenant and its audit log, at the desk.

use turnpike_tests::process::{Caller, Deployment, turnpike};

fn desk(deployment: &Deployment, arguments: &[&str]) -> (bool, String) {
    let file = deployment.settings_file();
    let output = turnpike().args(arguments).arg("-c").arg(file).output().unwrap();
    (output.status.success(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_is_suspended_resumed_exported_and_deleted_and_the_log_shows_it() {
    let deployment = Deployment::on_sqlite("");
    let tenant = deployment.add_tenant().await;
    deployment.connect_sandbox(tenant).await;
    let key = deployment.add_key(tenant).await;
    let id = tenant.to_string();
    let name = deployment.store().await.tenant(tenant).get().await.unwrap().name;

    assert!(desk(&deployment, &["tenant", "suspend", &id]).0);
    let server = deployment.serve().await;
    let refused = Caller::new(&key).at(&server).call("list_accounts", &serde_json::json!({})).await.unwrap();
    assert!(refused.class().is_some(), "{}", refused.text());
    assert!(desk(&deployment, &["tenant", "resume", &id]).0);

    let (done, export) = desk(&deployment, &["tenant", "export", &id]);
    let export: serde_json::Value = serde_json::from_str(&export).unwrap();
    assert!(done && export["tables"]["connections"][0]["integration"] == "google-ads", "{export}");

    let (done, said) = desk(&deployment, &["tenant", "delete", &id, "--name", "another"]);
    assert!(!done && said.contains("another name"), "{said}");
    assert!(desk(&deployment, &["tenant", "delete", &id, "--name", &name]).0);
    assert!(!desk(&deployment, &["tenant", "list"]).1.contains(&id));
    assert!(!desk(&deployment, &["tenant", "resume", &id]).0, "it is gone");

    let (done, ends) = desk(&deployment, &["audit", "verify"]);
    let (_, end) = ends.trim().split_once("  ").unwrap();
    assert!(done && ends.starts_with(&id), "{ends}");
    let verify = ["audit", "verify", "--tenant", &id, "--expect", end];
    assert!(desk(&deployment, &verify).0);
    let tampering =
        "DROP TRIGGER audit_events_are_not_changed; UPDATE audit_events SET actor = 'nobody' WHERE sequence = 2";
    deployment.execute(tampering).await;
    let (done, said) = desk(&deployment, &verify);
    assert!(!done && said.contains("event 2 is not as it was written"), "{said}");
}
