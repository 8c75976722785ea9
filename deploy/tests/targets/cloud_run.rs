//! Cloud Run: what its API knows, and what must hold of each service.

use serde_json::Value;
use turnpike_deploy::{RenderError, Target, is_gateway_path};

use crate::{
    programs::{bad, fails, here, passes, python},
    rendered::{Rendered, after, source, texts},
};

const FILES: [&str; 5] = ["gateway.yaml", "portal.yaml", "worker.yaml", "migrate.yaml", "url-map.yaml"];

fn check() -> std::process::Command {
    let mut check = python("python");
    check.arg(here().join("tests/cloud-run/check.py"));
    check
}

#[test]
fn the_api_knows_each_field_and_each_annotation() {
    let rendered = Rendered::example(Target::CloudRun);
    let said = passes(check().args(FILES.map(|name| rendered.path(name))));
    assert_eq!(said, "", "there are warnings");
}

#[test]
fn fields_that_the_api_does_not_know_are_refused() {
    let service = bad("cloud-run-service.yaml");
    fails(check().arg(&service), "'timeoutSecond' was unexpected");
    fails(check().arg(&service), "'eighty' is not of type 'integer'");
    fails(check().arg(&service), "warning: Revision may not know the annotation run.googleapis.com/cpu-throtling");
    fails(check().arg(bad("cloud-run-url-map.yaml")), "'pathTemplate' was unexpected");
    fails(check().arg(bad("kubernetes.yaml")), "neither a service nor a job nor a URL map");
}

#[test]
fn each_service_has_what_its_role_needs() {
    let rendered = Rendered::example(Target::CloudRun);
    let settings: toml::Table = rendered.text("turnpike.toml").parse().unwrap();
    let [ready, drain] = ["ready_seconds", "drain_seconds"].map(|key| settings["server"][key].as_integer().unwrap());
    assert!(ready + drain <= 8, "an instance is killed ten seconds after its signal");
    for (role, ingress) in [
        ("gateway", "internal-and-cloud-load-balancing"),
        ("portal", "internal-and-cloud-load-balancing"),
        ("worker", "internal"),
    ] {
        let service = rendered.document(&format!("{role}.yaml"));
        let annotations = &service["metadata"]["annotations"];
        assert_eq!(service["metadata"]["name"], format!("turnpike-{role}"));
        assert_eq!(annotations["run.googleapis.com/ingress"], ingress);
        assert_ne!(annotations["run.googleapis.com/minScale"], "0", "{role}");
        let template = &service["spec"]["template"];
        let revision = &template["metadata"]["annotations"];
        assert_eq!(revision["run.googleapis.com/cpu-throttling"], "false", "{role}");
        assert_eq!(revision["run.googleapis.com/sessionAffinity"], "false", "{role}");
        let spec = &template["spec"];
        assert!(spec["timeoutSeconds"].as_u64().unwrap() <= 3600);
        let container = &spec["containers"][0];
        assert_eq!(after(&texts(&container["args"]), "--roles"), role);
        assert_eq!(container["startupProbe"]["httpGet"]["path"], "/ready");
        assert_eq!(container["readinessProbe"]["httpGet"]["path"], "/ready");
        assert_eq!(container["livenessProbe"]["httpGet"]["path"], "/health");
        let port = settings["server"]["listen"].as_str().unwrap().rsplit_once(':').unwrap().1;
        assert_eq!(container["ports"][0]["containerPort"].to_string(), port);
        each_volume_is_mounted_by_version(spec);
    }
    let job = rendered.document("migrate.yaml");
    let spec = &job["spec"]["template"]["spec"]["template"]["spec"];
    each_volume_is_mounted_by_version(spec);
    let serving = &rendered.document("gateway.yaml")["spec"]["template"]["spec"]["serviceAccountName"];
    assert_ne!(&spec["serviceAccountName"], serving, "who serves could read the owner's secrets");
}

fn each_volume_is_mounted_by_version(spec: &Value) {
    let names = |list: &Value| list.as_array().unwrap().iter().map(|one| one["name"].to_string()).collect::<Vec<_>>();
    let mounts = &spec["containers"][0]["volumeMounts"];
    assert_eq!(names(&spec["volumes"]), names(mounts));
    for volume in spec["volumes"].as_array().unwrap() {
        let key = volume["secret"]["items"][0]["key"].as_str().unwrap();
        assert!(key.parse::<u32>().unwrap() > 0, "{volume} goes by another than its number");
    }
    let mut folders: Vec<_> = mounts.as_array().unwrap().iter().map(|mount| mount["mountPath"].to_string()).collect();
    folders.sort();
    folders.dedup();
    assert_eq!(folders.len(), mounts.as_array().unwrap().len(), "two secrets share a folder");
}

#[test]
fn a_new_revision_is_sent_nothing_while_another_serves() {
    let before = Rendered::example(Target::CloudRun);
    let traffic = &before.document("gateway.yaml")["spec"]["traffic"];
    assert_eq!(traffic, &serde_json::json!([{"revisionName": "turnpike-gateway-r1", "percent": 100}]));

    let changes = [("network = \"default\"", "network = \"default\"\nrevision = \"r2\"\nserving = \"r1\"")];
    let next = Rendered::changed(Target::CloudRun, &changes);
    passes(check().args(FILES.map(|name| next.path(name))));
    for role in ["gateway", "portal"] {
        let service = next.document(&format!("{role}.yaml"));
        assert_eq!(service["spec"]["template"]["metadata"]["name"], format!("turnpike-{role}-r2"));
        let traffic = serde_json::json!([
            {"revisionName": format!("turnpike-{role}-r1"), "percent": 100},
            {"revisionName": format!("turnpike-{role}-r2"), "percent": 0, "tag": "next"},
        ]);
        assert_eq!(service["spec"]["traffic"], traffic);
    }
    let worker = &next.document("worker.yaml")["spec"]["traffic"];
    assert_eq!(worker, &serde_json::json!([{"revisionName": "turnpike-worker-r2", "percent": 100}]));
}

#[test]
fn a_secret_goes_by_the_version_that_is_set() {
    let versions = "[deploy.cloud-run.versions]\nstore-url = 3\nsettings = 7\n\n[deploy.gce]";
    let rendered = Rendered::changed(Target::CloudRun, &[("[deploy.gce]", versions)]);
    let volumes = &rendered.document("gateway.yaml")["spec"]["template"]["spec"]["volumes"];
    let key = |name: &str| {
        let volume = volumes.as_array().unwrap().iter().find(|volume| volume["name"] == name).unwrap();
        volume["secret"]["items"][0]["key"].as_str().unwrap().to_owned()
    };
    assert_eq!([key("settings"), key("store-url"), key("redis-url")], ["7", "3", "1"]);

    let misspelt = source(&[("[deploy.gce]", "[deploy.cloud-run.versions]\nstore-ulr = 3\n\n[deploy.gce]")]);
    let refused = Target::CloudRun.render(&misspelt);
    assert!(matches!(refused, Err(RenderError::NoSuchSecret { name, .. }) if name == "store-ulr"));
}

/// The load balancer's own tests are run by its import; here they are held against the list itself.
#[test]
fn the_load_balancer_sends_each_path_where_the_others_do() {
    let map = Rendered::example(Target::CloudRun).document("url-map.yaml");
    let tests = map["tests"].as_array().unwrap();
    assert!(tests.len() >= 8);
    for test in tests {
        let (path, service) = (test["path"].as_str().unwrap(), test["service"].as_str().unwrap());
        let role = if is_gateway_path(path) { "gateway" } else { "portal" };
        assert!(service.ends_with(&format!("/turnpike-{role}")), "{path} goes to {service}");
        let ruled = map["pathMatchers"][0]["routeRules"].as_array().unwrap().iter().any(|rule| {
            let condition = rule["matchRules"][0].as_object().unwrap().iter().next().unwrap();
            holds(condition.0, condition.1.as_str().unwrap(), path)
        });
        assert_eq!(ruled, role == "gateway", "{path}");
    }
}

/// As Google's description of `HttpRouteRuleMatch` says it.
fn holds(kind: &str, pattern: &str, path: &str) -> bool {
    match kind {
        "fullPathMatch" => pattern == path,
        "pathTemplateMatch" => match pattern.split_once("/**") {
            Some((folder, "")) => path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/')),
            _ => {
                let (wanted, given): (Vec<_>, Vec<_>) = (pattern.split('/').collect(), path.split('/').collect());
                wanted.len() == given.len() && wanted.iter().zip(given).all(|(one, other)| *one == "*" || *one == other)
            }
        },
        kind => panic!("no condition that is used: {kind}"),
    }
}
