//! `turnpike new` and `turnpike certify --verify`, the program itself, in a folder that is laid out as a checkout.

use std::{
    fs,
    path::{Path, PathBuf},
};

use tempfile::TempDir;
use turnpike_core::Timestamp;
use turnpike_scaffold::certificate::{CertifyKey, Contents, Outcome, Pin, Report, Test, Toolchain, sign};
use turnpike_tests::process::turnpike;

/// A checkout with one integration, which `turnpike new` has written, and a report about it.
struct Scene {
    folder: TempDir,
    key: CertifyKey,
}

impl Scene {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let here = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        for path in ["servers/catalog/Cargo.toml", "servers/catalog/src/lib.rs", "shared/sdk/Cargo.toml"] {
            let to = folder.path().join(path);
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            fs::copy(here.join(path), to).unwrap();
        }
        let key = CertifyKey::open(&folder.path().join("key.pem")).unwrap();
        let scene = Self { folder, key };
        let (well, said) = scene.run(&["new", "one-more", "--shape", "oauth2"]);
        assert!(well && said.contains("one-more is an integration of the shape oauth2"), "{said}");
        scene
    }

    /// Runs the program in the checkout: whether it says that all is well, and what it says.
    fn run(&self, arguments: &[&str]) -> (bool, String) {
        let output = turnpike().args(arguments).current_dir(self.folder.path()).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.success(), text(&output.stdout) + &text(&output.stderr))
    }

    fn integration(&self) -> PathBuf {
        self.folder.path().join("servers/one-more")
    }

    /// Writes a report of one test that ended so.
    fn report(&self, outcome: Outcome) -> String {
        let passed = outcome == Outcome::Passed;
        let report = Report {
            format: Report::format().into(),
            integration: "one-more".into(),
            server_version: "0.1.0".into(),
            pin: Pin { version: "v1".into(), ends: "2099-12-31".into() },
            workspace_version: "0.1.0".into(),
            toolchain: Toolchain { rustc: "rustc".into(), runner: "cargo".into() },
            folder: Contents::read(&self.integration()).unwrap(),
            started: Timestamp::from_micros(0),
            ended: Timestamp::from_micros(1),
            passed,
            tests: vec![Test { name: "one".into(), outcome, seconds: None, said: vec![] }],
        };
        let path = self.folder.path().join("report.json");
        fs::write(&path, sign(&report, &self.key).unwrap()).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

#[test]
fn a_genuine_report_is_told_from_a_changed_one_and_a_changed_folder() {
    let scene = Scene::new();
    let report = scene.report(Outcome::Passed);
    let public = scene.folder.path().join("public.json");
    fs::write(&public, serde_json::to_string(&scene.key.public()).unwrap()).unwrap();
    let public = public.to_str().unwrap();
    for arguments in [&["certify", "--verify", &report][..], &["certify", "--verify", &report, "--public-key", public]]
    {
        let (well, said) = scene.run(arguments);
        assert!(well && said.contains(&scene.key.public().thumbprint()), "{said}");
        assert!(said.contains("The folder is as it was certified."), "{said}");
    }

    fs::write(scene.integration().join("src/manifest.rs"), "// another\n").unwrap();
    let (well, said) = scene.run(&["certify", "--verify", &report]);
    assert!(
        !well && said.contains("changed     src/manifest.rs") && said.contains("NOT as it was certified"),
        "{said}"
    );

    let text = fs::read_to_string(&report).unwrap();
    fs::write(&report, text.replacen("\"passed\": true", "\"passed\":  true", 1)).unwrap();
    let (well, said) = scene.run(&["certify", "--verify", &report]);
    assert!(!well && said.contains("NOT genuine"), "{said}");
}

#[test]
fn a_report_of_another_key_or_of_a_failure_proves_nothing() {
    let scene = Scene::new();
    let other = CertifyKey::open(&scene.folder.path().join("other.pem")).unwrap();
    let public = scene.folder.path().join("public.json");
    fs::write(&public, serde_json::to_string(&other.public()).unwrap()).unwrap();
    let report = scene.report(Outcome::Passed);
    let (well, said) = scene.run(&["certify", "--verify", &report, "--public-key", public.to_str().unwrap()]);
    assert!(!well && said.contains("another key"), "{said}");
    let (well, said) = scene.run(&["certify", "--verify", &scene.report(Outcome::Failed)]);
    assert!(!well && said.contains("did NOT pass") && said.contains("1 failed"), "{said}");
}

#[test]
fn what_cannot_be_done_is_said_with_the_way_out() {
    let scene = Scene::new();
    for (arguments, words) in [
        (&["new", "one-more", "--shape", "lwa"][..], "is there already"),
        (&["new", "One", "--shape", "lwa"], "no name for an integration"),
        (&["new", "type", "--shape", "lwa"], "means something else"),
        (&["new", "another", "--shape", "soap"], "the shapes are oauth2, system-user, lwa, api-key, restli"),
        (&["new", "another", "--shape", "lwa", "--path", "/"], "is not in a checkout"),
        (&["certify", "another"], "cargo run -- certify another"),
        (&["certify"], "turnpike certify <NAME>"),
    ] {
        let (well, said) = scene.run(arguments);
        assert!(!well && said.contains(words), "{arguments:?}: {said}");
    }
}
