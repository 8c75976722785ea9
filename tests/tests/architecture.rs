//! Which crate may know which: read from their manifests, so that a crate that is added is held to it too.

use std::{collections::BTreeMap, fs, path::Path};

use toml::Table;

/// From the inside out. A crate may use crates of the rows before its own, and no other.
const LAYERS: [&[&str]; 11] = [
    &["turnpike-core", "turnpike-fake-stripe", "turnpike-testkit"],
    &["turnpike-config", "turnpike-store", "turnpike-sdk", "turnpike-redis"],
    &["turnpike-telemetry"],
    &[
        "turnpike-work",
        "turnpike-limiter",
        "turnpike-breaker",
        "turnpike-contract",
        "turnpike-deploy",
        "turnpike-scaffold",
    ],
    &["turnpike-vault", "turnpike-metering", "turnpike-catalog", "turnpike-recording"],
    &["turnpike-upstream", "turnpike-oauth", "turnpike-billing"],
    &["turnpike-tenancy"],
    &["turnpike-gateway", "turnpike-portal"],
    &["turnpike"],
    &["turnpike-press"],
    &["turnpike-tests"],
];

/// The row of the integrations, which are told by the catalogue and not by name.
const INTEGRATIONS: usize = 3;

/// How the crates begin that `turnpike new` writes from: they are integrations too.
const EXAMPLE: &str = "turnpike-example-";

/// Who names a crate that only a few may name.
const KEPT_TO: [(&str, &[&str]); 6] = [
    ("turnpike-vault", &["turnpike-oauth", "turnpike-upstream", "turnpike-tenancy", "turnpike", "turnpike-tests"]),
    ("sqlx", &["turnpike-store", "turnpike-testkit", "turnpike-tests"]),
    ("redis", &["turnpike-redis"]),
    ("aws-sdk-kms", &["turnpike-vault"]),
    ("rmcp", &["turnpike-gateway", "turnpike", "turnpike-tests"]),
    (
        "aws-lc-rs",
        &[
            "turnpike-billing",
            "turnpike-core",
            "turnpike-fake-stripe",
            "turnpike-oauth",
            "turnpike-scaffold",
            "turnpike-vault",
            "turnpike-gateway",
        ],
    ),
];

#[test]
fn no_crate_knows_one_further_out() {
    let crates = crates();
    let integrations: Vec<_> = crates["turnpike-catalog"].normal().filter(|name| *name != "turnpike-sdk").collect();
    let layer = |name: &str| match LAYERS.iter().position(|row| row.contains(&name)) {
        Some(layer) => layer,
        None if integrations.contains(&name) || name.starts_with(EXAMPLE) => INTEGRATIONS,
        None => panic!("{name} has no place in the layers: give it one here and in ARCHITECTURE.md"),
    };
    let mut edges = 0;
    for (name, manifest) in &crates {
        for other in manifest.normal().filter(|other| crates.contains_key(*other)) {
            assert!(layer(other) < layer(name), "{name} must not use {other}");
            edges += 1;
        }
    }
    assert!(edges > 30, "only {edges} edges were looked at");
}

#[test]
fn an_integration_knows_the_kit_and_no_secret_pool_or_client() {
    let crates = crates();
    let examples = crates.keys().map(String::as_str).filter(|name| name.starts_with(EXAMPLE));
    for integration in crates["turnpike-catalog"].normal().filter(|name| *name != "turnpike-sdk").chain(examples) {
        for other in crates[integration].normal() {
            let kit = ["turnpike-core", "turnpike-sdk"].contains(&other);
            assert!(kit || !other.starts_with("turnpike"), "{integration} uses {other}");
            assert!(
                !["sqlx", "reqwest", "hyper", "secrecy", "rmcp", "oauth2"].contains(&other),
                "{integration} uses {other}"
            );
        }
    }
}

#[test]
fn what_is_dangerous_is_named_by_few() {
    for (name, manifest) in &crates() {
        for (kept, users) in KEPT_TO {
            let uses = manifest.normal().any(|other| other == kept);
            assert!(!uses || users.contains(&name.as_str()), "{name} must not name {kept}");
        }
    }
}

#[test]
fn the_whole_workspace_has_one_set_of_versions_lints_and_licence() {
    for (name, manifest) in &crates() {
        for key in ["version", "edition", "rust-version", "license", "publish"] {
            assert_eq!(manifest.0["package"][key]["workspace"].as_bool(), Some(true), "{name}: {key}");
        }
        for section in ["dependencies", "dev-dependencies", "build-dependencies"] {
            for (dependency, how) in manifest.0.get(section).and_then(|table| table.as_table()).into_iter().flatten() {
                // The catalogue names integrations by their folders, so that one more is one more line in one place.
                let by_path =
                    ["turnpike-catalog", "turnpike-tests"].contains(&name.as_str()) && how.get("path").is_some();
                let shared = how.get("workspace").and_then(toml::Value::as_bool) == Some(true);
                assert!(by_path || shared, "{name}: {dependency} has a version of its own");
            }
        }
        let own_lints = name == "turnpike-tests";
        assert!(own_lints || manifest.0["lints"]["workspace"].as_bool() == Some(true), "{name}: lints");
    }
}

/// Time, randomness and other processes are banned by `clippy.toml`; output is the commands' business alone.
#[test]
fn libraries_print_nothing() {
    for folder in ["billing", "deploy", "portal", "shared", "servers"] {
        for file in sources(&root().join(folder)) {
            let text = fs::read_to_string(&file).unwrap();
            // What a test has counted is to be read.
            let is_test = file.components().any(|part| part.as_os_str() == "tests") || file.ends_with("tests.rs");
            let may_print = is_test || file.starts_with(root().join("servers/turnpike/src"));
            let prints = ["println!(", "print!(", "eprintln!(", "dbg!("].iter().any(|word| text.contains(word));
            assert!(may_print || !prints, "{} prints", file.display());
        }
    }
}

/// The median file is short, and so is nearly every other.
#[test]
fn files_are_short() {
    let mut lengths: Vec<_> = ["billing", "deploy", "playbook", "portal", "shared", "servers", "tests"]
        .iter()
        .flat_map(|folder| sources(&root().join(folder)))
        .map(|file| (fs::read_to_string(&file).unwrap().lines().count(), file))
        .collect();
    lengths.sort();
    let (median, most) = (&lengths[lengths.len() / 2], &lengths[lengths.len() * 95 / 100]);
    println!("{} files, median {} lines, 95th percentile {} lines", lengths.len(), median.0, most.0);
    assert!(median.0 < 150, "half of all files are longer than {}", median.1.display());
    assert!(most.0 < 500, "one file in twenty is longer than {}", most.1.display());
}

struct Manifest(Table);

impl Manifest {
    /// What it is built with, tests aside.
    fn normal(&self) -> impl Iterator<Item = &str> {
        self.0
            .get("dependencies")
            .and_then(|table| table.as_table())
            .into_iter()
            .flat_map(Table::keys)
            .map(String::as_str)
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// Every member of the workspace, by name.
fn crates() -> BTreeMap<String, Manifest> {
    let read = |path: &Path| fs::read_to_string(path.join("Cargo.toml")).unwrap().parse::<Table>().unwrap();
    let workspace = read(root());
    let members = workspace["workspace"]["members"].as_array().unwrap().iter().map(|member| member.as_str().unwrap());
    let folders = members.flat_map(|member| match member.strip_suffix("/*") {
        Some(parent) => fs::read_dir(root().join(parent)).unwrap().map(|entry| entry.unwrap().path()).collect(),
        None => vec![root().join(member)],
    });
    let named = folders.filter(|folder| folder.join("Cargo.toml").is_file()).map(|folder| {
        let manifest = read(&folder);
        (manifest["package"]["name"].as_str().unwrap().to_owned(), Manifest(manifest))
    });
    named.collect()
}

fn sources(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let rust = |path: &Path| path.extension().is_some_and(|extension| extension == "rs");
    entries
        .filter(|path| path.file_name().is_some_and(|name| name != "node_modules" && name != ".tools"))
        .flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] })
        .filter(|path| rust(path))
        .collect()
}
