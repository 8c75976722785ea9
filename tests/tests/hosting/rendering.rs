//! The commands that an operator and a unit type: rendering, and the check before each start.

use std::{fs, path::Path};

use turnpike_tests::process::turnpike;

use crate::hosting::proxy::repository;

/// What stands in each secret's file, so that the check finds nothing to refuse.
fn secret(name: &str) -> &'static str {
    match name {
        "store-url" => "postgres://serving@127.0.0.1/turnpike",
        "store-owner-url" => "postgres://owner@127.0.0.1/turnpike",
        "redis-url" => "redis://127.0.0.1",
        "mail-smtp-url" => "smtps://mail.example",
        "payments-stripe-key" => "rk_live_none",
        "payments-stripe-webhook-secret" => "whsec_none",
        _ => "none",
    }
}

fn run(command: &mut std::process::Command) -> (bool, String) {
    let output = command.output().unwrap();
    let words = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    (output.status.success(), words)
}

fn check(settings: &Path, credentials: Option<&Path>) -> (bool, String) {
    let mut command = turnpike();
    command.args(["config", "check", "-c"]).arg(settings).env_remove("CREDENTIALS_DIRECTORY");
    if let Some(credentials) = credentials {
        command.env("CREDENTIALS_DIRECTORY", credentials);
    }
    run(&mut command)
}

#[test]
fn what_is_rendered_for_a_host_passes_the_check_of_its_units_with_the_credentials_of_its_units() {
    let folder = tempfile::tempdir().unwrap();
    let source = repository().join("deploy/turnpike.toml");
    for target in ["systemd", "gce"] {
        let out = folder.path().join(target);
        let (good, words) = run(turnpike().args(["render", target, "-c"]).arg(&source).arg("--out").arg(&out));
        assert!(good, "{words}");
    }
    let etc = folder.path().join("systemd/etc");
    for (unit, settings) in
        [("turnpike-gateway@.service", "turnpike.toml"), ("turnpike-migrate.service", "turnpike-owner.toml")]
    {
        let credentials = folder.path().join(unit);
        fs::create_dir(&credentials).unwrap();
        let text = fs::read_to_string(etc.join("systemd/system").join(unit)).unwrap();
        for name in text.lines().filter_map(|line| line.strip_prefix("LoadCredential=")?.split_once(':')) {
            fs::write(credentials.join(name.0), secret(name.0)).unwrap();
        }
        let settings = etc.join("turnpike").join(settings);
        let (good, words) = check(&settings, Some(&credentials));
        assert!(good, "{unit}: {words}");
        // One that is missing is named, and so is a start by hand.
        fs::remove_file(credentials.join("redis-url")).unwrap();
        let (good, words) = check(&settings, Some(&credentials));
        assert!(!good && words.contains("redis.url_file"), "{words}");
        let (good, words) = check(&settings, None);
        assert!(!good && words.contains("LoadCredential="), "{words}");
    }
}
