//! Compose: its schema, its own program, and what must hold of each container.

use std::fs;

use turnpike_deploy::Target;

use crate::{
    programs::{bad, fails, passes, program, python},
    rendered::{Rendered, after, source, texts},
};

const PARTS: [&str; 8] = ["migrate", "owner", "gateway", "portal", "worker", "proxy", "postgres", "redis"];

#[test]
fn the_compose_file_passes_its_schema_and_composes_own_program() {
    let rendered = Rendered::example(Target::Compose);
    let file = rendered.path("compose.yaml");
    passes(python("check-jsonschema").args(["--builtin-schema", "vendor.compose-spec"]).arg(&file));
    passes(program("docker-compose").arg("-f").arg(&file).args(["config", "-q"]));
}

#[test]
fn wrong_compose_files_are_refused() {
    let schema = |name| {
        let mut check = python("check-jsonschema");
        check.args(["--builtin-schema", "vendor.compose-spec"]).arg(bad(name));
        check
    };
    fails(&mut schema("compose-misspelt.yaml"), "stop_grace_priod");
    // Only the program itself knows what refers to what.
    passes(&mut schema("compose-dangling.yaml"));
    let mut own = program("docker-compose");
    fails(own.arg("-f").arg(bad("compose-dangling.yaml")).args(["config", "-q"]), "migrat' which is undefined");
}

#[test]
fn no_container_may_do_more_than_it_must() {
    let rendered = Rendered::example(Target::Compose);
    let document = rendered.document("compose.yaml");
    assert!(document.get("name").is_none(), "the older program refuses it");
    assert_eq!(document["networks"]["back"]["internal"], true);
    let services = document["services"].as_object().unwrap();
    assert_eq!(services.len(), PARTS.len());
    for name in PARTS {
        let service = &services[name];
        let (user, _) = service["user"].as_str().unwrap().split_once(':').unwrap();
        assert!(user.parse::<u32>().unwrap() > 0, "{name} runs as root");
        assert_eq!(service["read_only"], true, "{name}");
        assert_eq!(texts(&service["cap_drop"]), ["ALL"], "{name}");
        assert_eq!(texts(&service["security_opt"]), ["no-new-privileges:true"], "{name}");
        assert!(service.get("privileged").is_none() && service.get("cap_add").is_none(), "{name}");
        assert_eq!(service["logging"]["options"]["max-file"], "5", "{name}");
        assert!(service.get("ports").is_none() || name == "proxy", "{name} is open to the outside");
        if !["migrate", "owner"].contains(&name) {
            assert!(service["healthcheck"]["test"].is_array(), "{name}");
            assert!(service["deploy"]["resources"]["limits"]["memory"].is_string(), "{name}");
        }
        // Neither validator looks whether a network is there.
        let networks = match &service["networks"] {
            serde_json::Value::Object(networks) => networks.keys().map(String::as_str).collect(),
            list => texts(list),
        };
        for network in networks {
            assert!(document["networks"].get(network).is_some(), "{name}: {network}");
        }
    }
    // Only who must reach the outside does: neither the tables' owner nor what holds the data.
    for (name, networks) in [
        ("migrate", vec!["back"]),
        ("owner", vec!["back", "out"]),
        ("postgres", vec!["back"]),
        ("redis", vec!["back"]),
        ("gateway", vec!["front", "back", "out"]),
        ("portal", vec!["front", "back", "out"]),
        ("worker", vec!["back", "out"]),
    ] {
        assert_eq!(texts(&services[name]["networks"]), networks, "{name}");
    }
    for name in ["gateway", "portal", "worker"] {
        let service = &services[name];
        assert_eq!(service["depends_on"]["migrate"]["condition"], "service_completed_successfully", "{name}");
        assert_eq!(texts(&service["healthcheck"]["test"]), ["CMD", "/usr/local/bin/turnpike", "healthcheck"]);
        let command = texts(&service["command"]);
        assert_eq!(after(&command, "--roles"), name);
        let settings: toml::Table = rendered.text("turnpike.toml").parse().unwrap();
        let drain = settings["server"]["drain_seconds"].as_integer().unwrap();
        let ready = settings["server"]["ready_seconds"].as_integer().unwrap();
        let grace = service["stop_grace_period"].as_str().unwrap().trim_end_matches('s').parse::<i64>().unwrap();
        assert!(grace >= drain + ready + 10, "{name} is killed after {grace} s, while calls have {drain} s");
    }
    assert_eq!(services["gateway"]["deploy"]["replicas"], 2);
    let proxy = services["proxy"]["networks"]["front"]["ipv4_address"].as_str().unwrap();
    assert!(rendered.text("turnpike.toml").contains(&format!("trusted_proxies = [\"{proxy}\"]")));
}

#[test]
fn each_secret_is_a_file_and_given_to_those_that_need_it() {
    let rendered = Rendered::example(Target::Compose);
    let document = rendered.document("compose.yaml");
    let given = |name: &str| texts(&document["services"][name]["secrets"]);
    for (name, secret) in document["secrets"].as_object().unwrap() {
        assert_eq!(secret["file"].as_str().unwrap(), format!("./secrets/{name}"));
    }
    for service in ["gateway", "portal", "worker"] {
        assert!(!given(service).contains(&"store-owner-url") && !given(service).contains(&"postgres-password"));
    }
    assert!(given("migrate").contains(&"store-owner-url"));
    assert_eq!(given("owner"), given("migrate"));
    assert_eq!(texts(&document["services"]["owner"]["profiles"]), ["owner"], "it starts by itself");
    assert_eq!(given("redis"), ["redis-url"]);
    assert_eq!(given("postgres"), ["postgres-password", "store-url", "store-owner-url"]);
    for service in PARTS {
        for secret in given(service) {
            assert!(document["secrets"].get(secret).is_some(), "{service} wants {secret}, which nobody has");
        }
    }
}

#[test]
fn the_scripts_are_right_by_shellcheck_where_it_is_installed_and_by_their_shells() {
    let rendered = Rendered::example(Target::Compose);
    passes(program("bash").arg("-n").arg(rendered.path("postgres.sh")));
    passes(program("sh").arg("-n").arg(rendered.path("redis.sh")));
    for name in ["postgres.sh", "redis.sh"] {
        passes(program("shellcheck").arg(rendered.path(name)));
    }
}

/// The names of containers are not asked for by `nginx -t`; certificate and folders are this machine's.
#[test]
fn nginx_takes_the_proxys_configuration_and_refuses_a_wrong_one() {
    let rendered = Rendered::example(Target::Compose);
    let folder = tempfile::tempdir().unwrap();
    let mut openssl = program("openssl");
    openssl.args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=mcp.agency.example"]);
    let (key, certificate) = (folder.path().join("tls-key"), folder.path().join("tls-certificate"));
    passes(openssl.arg("-keyout").arg(&key).arg("-out").arg(&certificate));
    let place = folder.path().display().to_string();
    let text = rendered.text("nginx.conf").replace(" /tmp/", &format!(" {place}/")).replace("/run/secrets", &place);
    let check = |text: &str| {
        let path = folder.path().join("nginx.conf");
        fs::write(&path, text).unwrap();
        let mut nginx = program("nginx");
        nginx.args(["-t", "-p"]).arg(folder.path()).arg("-c").arg(path);
        nginx
    };
    passes(&mut check(&text));
    fails(&mut check(&text.replace("proxy_request_buffering", "proxy_request_bufering")), "unknown directive");
}

#[test]
fn what_it_cannot_do_without_is_asked_for_by_name() {
    for (old, new, key) in [
        ("url_file = \"secrets/redis-url\"", "", "redis.url_file"),
        ("owner_url_file = \"secrets/store-owner-url\"", "", "store.owner_url_file"),
        ("image = \"registry", "#", "deploy.image"),
    ] {
        for target in [Target::Compose, Target::CloudRun, Target::Kubernetes] {
            let error = target.render(&source(&[(old, new)])).unwrap_err().to_string();
            assert!(error.contains(&format!("`{key}`")), "{target:?}: {error}");
        }
    }
}

/// What is written into a file as it is cannot say more there than it should.
#[test]
fn a_text_that_would_mean_something_else_in_a_file_is_refused() {
    for (target, old, new, key) in [
        (Target::Compose, "image = \"registry", "image = \"a\\n  privileged: true # registry", "deploy.image"),
        (Target::CloudRun, "network = \"default\"", "network = \"a'}]\"", "deploy.cloud-run.network"),
        (Target::Kubernetes, "[\"google-ads\"", "[\"google-ads\", \"a b\"", "server.servers"),
    ] {
        let error = target.render(&source(&[(old, new)])).unwrap_err().to_string();
        assert!(error.contains(&format!("`{key}`")) && error.contains("only"), "{target:?}: {error}");
    }
}
