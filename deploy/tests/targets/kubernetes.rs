//! Kubernetes: its schemas, and what must hold of each pod.

use std::collections::BTreeMap;

use serde_json::Value;
use turnpike_deploy::{Target, is_gateway_path};

use crate::{
    programs::{bad, fails, passes, python},
    rendered::{Rendered, after, source, texts},
};

const FILES: [&str; 6] =
    ["settings.yaml", "network.yaml", "migrate.yaml", "turnpike.yaml", "ingress.yaml", "sidecar.yaml"];

#[test]
fn every_manifest_passes_the_strict_schemas() {
    let rendered = Rendered::example(Target::Kubernetes);
    let said = passes(python("kubernetes-validate").arg("--strict").args(FILES.map(|name| rendered.path(name))));
    assert!(said.matches(" passed for resource ").count() >= 18, "{said}");
    // It passes what it does not know, with a warning.
    assert!(!said.contains("WARN"), "{said}");
}

#[test]
fn a_misspelt_field_is_refused() {
    let because = "'terminationGracePeriod' was unexpected";
    fails(python("kubernetes-validate").arg("--strict").arg(bad("kubernetes.yaml")), because);
}

/// The parts of a kind, by name.
fn parts(rendered: &Rendered, kind: &str) -> BTreeMap<String, Value> {
    let all = FILES.iter().flat_map(|name| rendered.documents(name));
    let of_kind = all.filter(|document| document["kind"] == kind);
    of_kind.map(|document| (document["metadata"]["name"].as_str().unwrap().to_owned(), document)).collect()
}

/// Each pod, by what it is for.
fn pods(rendered: &Rendered) -> Vec<(String, Value)> {
    let of = |kind: &str, path: &str| {
        let parts = parts(rendered, kind).into_iter();
        parts.map(|(name, part)| (name, part.pointer(path).unwrap().clone())).collect::<Vec<_>>()
    };
    [of("Deployment", "/spec/template/spec"), of("Job", "/spec/template/spec"), of("Pod", "/spec")].concat()
}

/// https://kubernetes.io/docs/concepts/security/pod-security-standards/, level "restricted", and more.
#[test]
fn no_pod_may_do_more_than_it_must() {
    let rendered = Rendered::example(Target::Kubernetes);
    let pods = pods(&rendered);
    assert_eq!(pods.len(), 5);
    for (name, pod) in pods {
        let own = &pod["securityContext"];
        assert_eq!(own["runAsNonRoot"], true, "{name}");
        assert!(own["runAsUser"].as_u64().unwrap() > 0, "{name}");
        assert_eq!(own["seccompProfile"]["type"], "RuntimeDefault", "{name}");
        assert_eq!(pod["automountServiceAccountToken"], false, "{name}");
        for field in ["hostNetwork", "hostPID", "hostIPC"] {
            assert!(pod.get(field).is_none(), "{name}: {field}");
        }
        for volume in pod["volumes"].as_array().unwrap() {
            assert!(volume.get("hostPath").is_none(), "{name}: {volume}");
        }
        let containers = ["containers", "initContainers"].map(|list| pod[list].as_array().cloned().unwrap_or_default());
        for container in containers.concat() {
            let own = &container["securityContext"];
            assert_eq!(own["allowPrivilegeEscalation"], false, "{name}");
            assert_eq!(own["readOnlyRootFilesystem"], true, "{name}");
            assert_eq!(texts(&own["capabilities"]["drop"]), ["ALL"], "{name}");
            assert!(container["resources"]["limits"]["memory"].is_string(), "{name}");
        }
    }
}

#[test]
fn each_role_is_kept_up_scaled_and_let_go_in_time() {
    let rendered = Rendered::example(Target::Kubernetes);
    let maps = parts(&rendered, "ConfigMap");
    let (deployments, budgets, scalers, services) = (
        parts(&rendered, "Deployment"),
        parts(&rendered, "PodDisruptionBudget"),
        parts(&rendered, "HorizontalPodAutoscaler"),
        parts(&rendered, "Service"),
    );
    for role in ["gateway", "portal", "worker"] {
        let name = format!("turnpike-{role}");
        let deployment = &deployments[&name];
        assert_eq!(deployment["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"], 0);
        assert!(deployment["spec"].get("replicas").is_none(), "it would undo the autoscaler");
        let labels = &deployment["spec"]["template"]["metadata"]["labels"];
        assert_eq!(&deployment["spec"]["selector"]["matchLabels"], labels);
        assert_eq!(&budgets[&name]["spec"]["selector"]["matchLabels"], labels);
        assert_eq!(scalers[&name]["spec"]["scaleTargetRef"]["name"], name);
        assert_eq!(services.contains_key(&name), role != "worker");
        if let Some(service) = services.get(&name) {
            assert_eq!(&service["spec"]["selector"], labels);
        }
        let pod = &deployment["spec"]["template"]["spec"];
        let container = &pod["containers"][0];
        assert_eq!(after(&texts(&container["args"]), "--roles"), role);
        assert_eq!(container["readinessProbe"]["httpGet"]["path"], "/ready");
        assert_eq!(container["livenessProbe"]["httpGet"]["path"], "/health");
        let map = pod["volumes"][0]["configMap"]["name"].as_str().unwrap();
        let settings: toml::Table = maps[map]["data"]["turnpike.toml"].as_str().unwrap().parse().unwrap();
        let [ready, drain] =
            ["ready_seconds", "drain_seconds"].map(|key| settings["server"][key].as_integer().unwrap());
        assert!(ready > 0, "endpoints are told late: it must be asked a while longer");
        assert!(pod["terminationGracePeriodSeconds"].as_i64().unwrap() >= ready + drain + 10);
    }
    assert_eq!(scalers["turnpike-gateway"]["spec"]["minReplicas"], 2);
    assert_eq!(scalers["turnpike-gateway"]["spec"]["maxReplicas"], 10);
}

/// https://kubernetes.io/docs/concepts/services-networking/ingress/#multiple-matches: exact ones first, then the longest prefix.
#[test]
fn the_ingress_sends_each_path_where_the_others_do() {
    let ingress = Rendered::example(Target::Kubernetes).document("ingress.yaml");
    let rule = &ingress["spec"]["rules"][0];
    assert_eq!(rule["host"], "mcp.agency.example");
    let paths = rule["http"]["paths"].as_array().unwrap();
    let under =
        |path: &str, folder: &str| path == folder || path.starts_with(&format!("{}/", folder.trim_end_matches('/')));
    for path in [
        "/",
        "/mcp",
        "/google-ads/mcp",
        "/meta-ads/mcp",
        "/.well-known/oauth-protected-resource",
        "/.well-known/oauth-protected-resource/google-ads/mcp",
        "/.well-known/oauth-authorization-server",
        "/sign-in",
        "/mcp/other",
        "/payments/stripe",
    ] {
        let found = paths.iter().filter(|one| match one["pathType"].as_str().unwrap() {
            "Exact" => one["path"] == path,
            _ => under(path, one["path"].as_str().unwrap()),
        });
        let found = found.max_by_key(|one| (one["pathType"] == "Exact", one["path"].as_str().unwrap().len())).unwrap();
        let role = if is_gateway_path(path) { "gateway" } else { "portal" };
        assert_eq!(found["backend"]["service"]["name"], format!("turnpike-{role}"), "{path}");
    }
    let error = Target::Kubernetes.render(&source(&[("servers = [\"google-ads\", \"meta-ads\"]", "")])).unwrap_err();
    assert!(error.to_string().contains("`server.servers`"), "{error}");
}

#[test]
fn private_addresses_are_out_of_reach_but_for_those_that_are_named() {
    let policies = parts(&Rendered::example(Target::Kubernetes), "NetworkPolicy");
    let policy = &policies["turnpike"]["spec"];
    assert_eq!(texts(&policy["policyTypes"]), ["Ingress", "Egress"]);
    assert!(policy.get("ingress").is_none(), "who is not asked is reached by nobody");
    let blocks: Vec<&Value> =
        policy["egress"].as_array().unwrap().iter().flat_map(|rule| rule["to"].as_array().unwrap()).collect();
    let public = blocks.iter().find(|block| block["ipBlock"]["cidr"] == "0.0.0.0/0").unwrap();
    let shut_off = texts(&public["ipBlock"]["except"]);
    for network in ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "127.0.0.0/8", "100.64.0.0/10"] {
        assert!(shut_off.contains(&network), "{network}");
    }
    let named: Vec<_> = blocks.iter().filter_map(|block| block["ipBlock"]["cidr"].as_str()).collect();
    assert_eq!(named, ["0.0.0.0/0", "::/0", "10.20.0.0/28"]);
    let asked = &policies["turnpike-requests"]["spec"]["podSelector"]["matchExpressions"][0];
    assert_eq!(texts(&asked["values"]), ["gateway", "portal"]);
}

#[test]
fn a_sidecar_serves_one_server_to_its_own_pod_and_keeps_its_secrets_from_the_agent() {
    let pod = Rendered::example(Target::Kubernetes).document("sidecar.yaml");
    let sidecar = &pod["spec"]["initContainers"][0];
    let arguments = texts(&sidecar["args"]);
    assert_eq!((after(&arguments, "--roles"), after(&arguments, "--servers")), ("gateway", "google-ads"));
    assert_eq!(after(&arguments, "--listen"), "127.0.0.1:8080", "other pods reach it");
    assert_eq!(sidecar["restartPolicy"], "Always");
    assert!(pod["spec"]["containers"][0].get("volumeMounts").is_none(), "the agent sees the secrets");
}

#[test]
fn changed_settings_have_another_name_so_that_pods_are_replaced() {
    let name = |rendered: &Rendered| parts(rendered, "ConfigMap").into_keys().collect::<Vec<_>>();
    let example = Rendered::example(Target::Kubernetes);
    let changed = Rendered::changed(Target::Kubernetes, &[("name = \"Agency MCP\"", "name = \"Other\"")]);
    assert_eq!(name(&example), name(&Rendered::example(Target::Kubernetes)));
    assert!(name(&example).iter().all(|one| !name(&changed).contains(one)));
    let map =
        changed.documents("turnpike.yaml")[0]["spec"]["template"]["spec"]["volumes"][0]["configMap"]["name"].clone();
    assert!(name(&changed).contains(&map.as_str().unwrap().to_owned()));
}
