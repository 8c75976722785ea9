//! What cloud-init is given.

use std::{collections::BTreeMap, fs, path::Path};

use serde_json::Value;
use tempfile::TempDir;
use turnpike_deploy::Target;

use crate::{
    programs::{Verdict, ask, bad, cloud_init, passes, program, python},
    rendered::{Rendered, write},
};

/// The keys that ours may have: cloud-init passes over those that it does not know, and says nothing.
const KEYS: [&str; 4] = ["package_update", "packages", "write_files", "runcmd"];

fn schema(file: &Path) -> Verdict {
    ask(cloud_init().arg("schema").arg("--config-file").arg(file))
}

/// As cloud-init reads it.
fn read(file: &Path) -> Value {
    let script = "import json, sys, yaml; json.dump(yaml.safe_load(open(sys.argv[1])), sys.stdout)";
    serde_json::from_str(&passes(python("python").args(["-c", script]).arg(file))).unwrap()
}

fn unknown_keys(file: &Path) -> Vec<String> {
    let read = read(file);
    read.as_object().unwrap().keys().filter(|key| !KEYS.contains(&key.as_str())).cloned().collect()
}

/// The files that it writes, below a folder.
pub(crate) fn unpacked(rendered: &Path) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for file in read(&rendered.join("user-data"))["write_files"].as_array().unwrap() {
        let path = file["path"].as_str().unwrap().trim_start_matches('/');
        write(folder.path(), path, file["content"].as_str().unwrap());
    }
    folder
}

fn all_below(folder: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut left = vec![folder.to_owned()];
    while let Some(path) = left.pop() {
        if path.is_dir() {
            left.extend(fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
        } else {
            let name = path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
            found.insert(name, fs::read_to_string(path).unwrap());
        }
    }
    found
}

#[test]
fn cloud_init_understands_it_and_it_fits() {
    let folder = Rendered::example(Target::Gce);
    let file = folder.path("user-data");
    let verdict = schema(&file);
    assert!(verdict.good, "{}", verdict.words);
    assert_eq!(unknown_keys(&file), [""; 0]);
    // Written before the packages, they would make nginx's own installation fail.
    let files = read(&file)["write_files"].as_array().unwrap().clone();
    assert!(files.iter().all(|file| file["defer"] == true), "{files:?}");
    // The most that Compute Engine takes as one value.
    assert!(fs::metadata(&file).unwrap().len() < 256 * 1024);
}

#[test]
fn a_wrong_type_and_an_unknown_key_are_refused() {
    let verdict = schema(&bad("wrong-type.user-data"));
    assert!(!verdict.good && verdict.words.contains("permissions"), "{verdict:?}");
    let misspelt = bad("misspelt.user-data");
    assert_eq!(unknown_keys(&misspelt), ["runcmdd"]);
}

#[test]
fn its_files_are_those_of_a_host_byte_for_byte() {
    let (host, cloud) = (Rendered::example(Target::Systemd), unpacked(Rendered::example(Target::Gce).root()));
    let (host, mut cloud) = (all_below(host.root()), all_below(cloud.path()));
    for (path, text) in &host {
        assert_eq!(cloud.remove(path).as_ref(), Some(text), "{path}");
    }
    let own: Vec<_> = cloud.keys().map(String::as_str).collect();
    let expected = [
        "etc/apt/apt.conf.d/52turnpike",
        "etc/systemd/system/turnpike-secrets.service",
        "usr/local/lib/turnpike/fetch",
    ];
    assert_eq!(own, expected);
}

#[test]
fn apt_understands_what_it_is_told_of_upgrades() {
    let folder = unpacked(Rendered::example(Target::Gce).root());
    let understood = |file: &Path| ask(program("apt-config").arg("-c").arg(file).arg("dump"));
    let verdict = understood(&folder.path().join("etc/apt/apt.conf.d/52turnpike"));
    assert!(verdict.good && verdict.words.contains("Unattended-Upgrade \"1\""), "{}", verdict.words);
    assert!(!understood(&bad("open.apt")).good);
}
