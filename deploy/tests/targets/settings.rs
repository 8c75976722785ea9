//! Every target's settings, read as its processes read them: they load, say all that their source says, and only the migration has
//! what the owner of the tables needs.

use std::{collections::BTreeMap, fs, path::Path};

use serde_json::Value;
use toml::Table;
use turnpike_config::Layers;
use turnpike_deploy::{Deployment, OWNER_SETTINGS, SETTINGS, Target};

use crate::{
    programs::here,
    rendered::{Rendered, after, texts},
};

/// A process of a target, as its files start it.
struct Process {
    name: String,
    /// What it reads as its settings.
    settings: String,
    /// The files that it is given, as it sees them.
    secrets: Vec<String>,
}

#[test]
fn each_process_of_each_target_has_every_setting_of_the_source() {
    let source: Table = fs::read_to_string(here().join("turnpike.toml")).unwrap().parse().unwrap();
    for target in Target::ALL {
        let processes = processes(target);
        assert!(processes.iter().any(|process| process.name.contains("migrate")), "{target:?} does not migrate");
        assert!(processes.len() >= 2, "{target:?} serves nobody");
        for Process { name, settings, secrets } in processes {
            let settings: Table = settings.parse().unwrap();
            let owner = name.contains("migrate");
            for key in keys(&source, "") {
                let of_owner = key.contains("owner_url");
                let said = keys(&settings, "").contains(&key);
                let wanted = !key.starts_with("deploy.") && (owner || !of_owner);
                assert_eq!(said, wanted, "{target:?}, {name}: {key}");
            }
            load(&format!("{target:?}, {name}"), &settings, &secrets);
        }
    }
}

/// What `turnpike config check` does, with files of this test in the place of the secrets.
fn load(name: &str, settings: &Table, given: &[String]) {
    let folder = tempfile::tempdir().unwrap();
    let mut settings = settings.clone();
    each_file(&mut settings, &mut |path| {
        assert!(given.contains(path), "{name} is not given {path}, only {given:?}");
        let own = folder.path().join(Path::new(&*path).file_name().unwrap());
        fs::write(&own, secret(path)).unwrap();
        *path = own.display().to_string();
    });
    let file = folder.path().join("turnpike.toml");
    fs::write(&file, settings.to_string()).unwrap();
    let loaded =
        Layers { file: Some(file), ..Layers::default() }.load().unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(loaded.server.public_url, "https://mcp.agency.example");
    assert!(given.iter().any(|path| path.contains("owner")) == name.contains("migrate"), "{name} is given {given:?}");
}

/// Something that passes for a secret.
fn secret(path: &str) -> &'static str {
    match Path::new(path).file_name().unwrap().to_str().unwrap() {
        "store-url" => "postgres://turnpike:a@database/turnpike",
        "store-owner-url" => "postgres://owner:b@database/turnpike",
        "redis-url" => "redis://:c@redis",
        "mail-smtp-url" => "smtps://user:d@mail",
        "payments-stripe-key" => "rk_live_e",
        "payments-stripe-webhook-secret" => "whsec_f",
        "integrations-google-ads-client-secret" => "g",
        other => panic!("what passes for {other}?"),
    }
}

fn each_file(table: &mut Table, change: &mut impl FnMut(&mut String)) {
    for (key, value) in table.iter_mut() {
        match value {
            toml::Value::Table(below) => each_file(below, change),
            toml::Value::String(text) if key.ends_with("_file") => change(text),
            _ => {}
        }
    }
}

/// `store.url_file`, and so on.
fn keys(table: &Table, prefix: &str) -> Vec<String> {
    let one = |(key, value): (&String, &toml::Value)| match value {
        toml::Value::Table(below) => keys(below, &format!("{prefix}{key}.")),
        _ => vec![format!("{prefix}{key}")],
    };
    table.iter().flat_map(one).collect()
}

fn processes(target: Target) -> Vec<Process> {
    let rendered = Rendered::example(target);
    match target {
        Target::Compose => compose(&rendered),
        Target::CloudRun => cloud_run(&rendered),
        Target::Kubernetes => kubernetes(&rendered),
        // Their settings are files as they are; whom each is given to is tested beside what starts them.
        Target::Systemd => files(|name| rendered.text(&format!("etc/turnpike/{name}"))),
        Target::Gce => {
            let written = rendered.document("user-data")["write_files"].take();
            files(|name| {
                let path = format!("/etc/turnpike/{name}");
                let file = written.as_array().unwrap().iter().find(|file| file["path"] == path.as_str()).unwrap();
                file["content"].as_str().unwrap().to_owned()
            })
        }
        Target::Cloudflare => {
            let variables = rendered.text("Dockerfile");
            let variables = variables.lines().filter_map(|line| line.strip_prefix("#   TURNPIKE_"));
            let given: Vec<String> = variables.map(str::to_owned).collect();
            files(|name| match name {
                OWNER_SETTINGS => rendered.text(name),
                _ => with_variables(rendered.text(name), &given),
            })
        }
    }
}

/// Processes whose settings name all secrets that they have.
fn files(text: impl Fn(&'static str) -> String) -> Vec<Process> {
    let one = |(process, name): (&str, &'static str)| {
        let (settings, mut secrets) = (text(name), vec![]);
        each_file(&mut settings.parse().unwrap(), &mut |path| secrets.push(path.clone()));
        Process { name: process.into(), settings, secrets }
    };
    [("serve", SETTINGS), ("migrate", OWNER_SETTINGS)].map(one).into()
}

/// Settings whose secrets are variables, as if they were files.
fn with_variables(settings: String, variables: &[String]) -> String {
    let mut table: Table = settings.parse().unwrap();
    for variable in variables {
        let (section, key) = variable.rsplit_once("__").unwrap();
        let name = variable.to_lowercase().replace("__", "-").replace('_', "-");
        let mut at = &mut table;
        for part in section.to_lowercase().split("__") {
            let below = at.entry(part.replace('_', "-")).or_insert_with(|| Table::new().into());
            at = below.as_table_mut().unwrap();
        }
        at.insert(format!("{}_file", key.to_lowercase()), name.into());
    }
    table.to_string()
}

fn compose(rendered: &Rendered) -> Vec<Process> {
    let document = rendered.document("compose.yaml");
    let one = |name: &str| {
        let service = &document["services"][name];
        let path = after(&texts(&service["command"]), "-c").to_owned();
        let file = texts(&service["volumes"]).into_iter().find_map(|mount| {
            let (from, to) = mount.strip_suffix(":ro").unwrap().split_once(':').unwrap();
            (to == path).then(|| from.strip_prefix("./").unwrap().to_owned())
        });
        let secrets = texts(&service["secrets"]).iter().map(|name| format!("/run/secrets/{name}")).collect();
        Process { name: name.into(), settings: rendered.text(&file.unwrap()), secrets }
    };
    ["migrate", "gateway", "portal", "worker"].map(one).into()
}

fn cloud_run(rendered: &Rendered) -> Vec<Process> {
    let one = |name: &str| {
        let document = rendered.document(&format!("{name}.yaml"));
        let pointer = if name == "migrate" { "/spec/template/spec/template/spec" } else { "/spec/template/spec" };
        let spec = document.pointer(pointer).unwrap();
        // Each mounted file with the name of the secret that it is a version of.
        let volumes = spec["volumes"].as_array().unwrap();
        let files: BTreeMap<String, String> = mounts(spec, |volume| {
            let volume = volumes.iter().find(|one| one["name"] == volume).unwrap();
            let items = volume["secret"]["items"].as_array().unwrap();
            items
                .iter()
                .map(|item| {
                    (item["path"].as_str().unwrap().into(), volume["secret"]["secretName"].as_str().unwrap().into())
                })
                .collect()
        });
        let path = after(&texts(&spec["containers"][0]["args"]), "-c").to_owned();
        // As deploy/cloud-run/README.md puts them there.
        let file = match files[&path].as_str() {
            "turnpike-settings" => "turnpike.toml",
            "turnpike-owner-settings" => "turnpike-owner.toml",
            other => panic!("no settings: {other}"),
        };
        let secrets = files.keys().filter(|file| **file != path).cloned().collect();
        Process { name: name.into(), settings: rendered.text(file), secrets }
    };
    ["migrate", "gateway", "portal", "worker"].map(one).into()
}

fn kubernetes(rendered: &Rendered) -> Vec<Process> {
    let maps = rendered.documents("settings.yaml");
    let one = |document: &Value, list: &str| {
        let pod = document.pointer("/spec/template/spec").unwrap_or(&document["spec"]);
        let volumes = pod["volumes"].as_array().unwrap();
        let files = mounts_of(&pod[list][0], |volume| {
            let volume = volumes.iter().find(|one| one["name"] == volume).unwrap();
            if let Some(name) = volume["configMap"]["name"].as_str() {
                let map = maps.iter().find(|map| map["metadata"]["name"] == name).unwrap();
                let data = map["data"].as_object().unwrap().iter();
                return data.map(|(file, text)| (file.clone(), text.as_str().unwrap().to_owned())).collect();
            }
            let sources = volume["projected"]["sources"].as_array().cloned().unwrap_or_default();
            let of = |secret: &Value| secret["items"].as_array().cloned().unwrap_or_default();
            let items = sources.iter().flat_map(|source| of(&source["secret"])).chain(of(&volume["secret"]));
            items.map(|item| (item["path"].as_str().unwrap().to_owned(), String::new())).collect()
        });
        let path = after(&texts(&pod[list][0]["args"]), "-c").to_owned();
        let secrets = files.iter().filter(|(_, text)| text.is_empty()).map(|(file, _)| file.clone()).collect();
        Process { name: document["metadata"]["name"].as_str().unwrap().into(), settings: files[&path].clone(), secrets }
    };
    let deployments = rendered.documents("turnpike.yaml").into_iter().filter(|one| one["kind"] == "Deployment");
    let mut processes: Vec<_> = deployments.map(|deployment| one(&deployment, "containers")).collect();
    processes.push(one(&rendered.document("migrate.yaml"), "containers"));
    processes.push(one(&rendered.document("sidecar.yaml"), "initContainers"));
    processes
}

/// The files that a container sees, by their paths, with what is known of each.
fn mounts(spec: &Value, files: impl Fn(&str) -> Vec<(String, String)>) -> BTreeMap<String, String> {
    mounts_of(&spec["containers"][0], files)
}

fn mounts_of(container: &Value, files: impl Fn(&str) -> Vec<(String, String)>) -> BTreeMap<String, String> {
    let mounts = container["volumeMounts"].as_array().unwrap().iter();
    let mounts = mounts.filter(|mount| mount["name"] != "tmp");
    let of = |mount: &Value| {
        let (name, folder) = (mount["name"].as_str().unwrap(), mount["mountPath"].as_str().unwrap());
        files(name).into_iter().map(|(file, what)| (format!("{folder}/{file}"), what)).collect::<Vec<_>>()
    };
    mounts.flat_map(of).collect()
}

#[test]
fn where_the_aws_credentials_lie_is_told_to_each_process() {
    for (target, file) in [
        (Target::Compose, "compose.yaml"),
        (Target::CloudRun, "gateway.yaml"),
        (Target::Kubernetes, "turnpike.yaml"),
        (Target::Kubernetes, "sidecar.yaml"),
    ] {
        let text = Rendered::example(target).text(file);
        let told = text.split("AWS_SHARED_CREDENTIALS_FILE").nth(1).unwrap();
        let path = told.split(['\n', '}']).next().unwrap().rsplit(' ').find(|word| word.starts_with('/')).unwrap();
        assert!(path.ends_with("/aws-credentials"), "{target:?}: {path}");
        let without = Rendered::changed(target, &[("[deploy]", "[deploy]\naws_credentials = false")]).text(file);
        assert!(!without.contains("AWS_SHARED") && !without.contains("aws-credentials"), "{target:?}");
    }
}

/// The values are those of this test: a source with a secret in clear never comes so far.
#[test]
fn a_source_with_a_secret_in_clear_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let text = fs::read_to_string(here().join("turnpike.toml")).unwrap();
    for (key, value) in [
        ("owner_url", "postgres://owner:canary@database/turnpike"),
        ("smtp_url", "smtps://user:canary@mail"),
        ("stripe_key", "rk_live_canary"),
        ("client_secret", "canary"),
    ] {
        let line = text.lines().find(|line| line.starts_with(&format!("{key}_file"))).unwrap();
        let path = folder.path().join("turnpike.toml");
        fs::write(&path, text.replace(line, &format!("{key} = \"{value}\""))).unwrap();
        let error = Deployment::read(&path).err().unwrap().to_string();
        assert!(error.contains(key) && error.contains("_file") && !error.contains("canary"), "{error}");
    }
}
