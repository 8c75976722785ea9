//! Scripts, ours and those that are rendered.

use std::{
    fs,
    os::unix::fs::{PermissionsExt as _, symlink},
    path::Path,
    process::Command,
};

use turnpike_deploy::Target;

use crate::{
    cloud::unpacked,
    programs::{Verdict, ask, bad, fails, here, passes, program},
    rendered::{Rendered, files},
};

fn shellcheck(script: &Path) -> Command {
    let mut shellcheck = program("shellcheck");
    shellcheck.args(["--shell=bash", "--enable=quote-safe-variables"]).arg(script);
    shellcheck
}

#[test]
fn every_script_is_sound() {
    let folder = unpacked(Rendered::example(Target::Gce).root());
    let mut scripts = files(&folder.path().join("usr/local/lib/turnpike"));
    assert!(scripts.len() >= 4, "{scripts:?}");
    scripts.push(here().join("smoke"));
    for script in scripts {
        passes(&mut shellcheck(&script));
    }
}

#[test]
fn an_unsound_script_is_refused() {
    fails(&mut shellcheck(&bad("unquoted.sh")), "SC2086");
}

/// A host on which what is told to systemd and nginx is written down, and one thing fails, if any.
fn host(fails: &str) -> Rendered {
    let folder = Rendered::example(Target::Systemd);
    let spy = format!(
        "#!/bin/bash\necho \"${{0##*/}} $*\" >>{}/told\n[[ -z '{fails}' || \"$*\" != *'{fails}'* ]]\n",
        folder.root().display()
    );
    fs::create_dir(folder.path("bin")).unwrap();
    for name in ["systemctl", "nginx"] {
        write_program(&folder.path("bin").join(name), &spy);
    }
    for version in ["old", "new"] {
        write_program(&folder.path(version), &format!("#!/bin/sh\necho turnpike {version}\n"));
    }
    symlink(folder.path("old"), folder.path("turnpike")).unwrap();
    folder
}

fn write_program(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

fn run(host: &Rendered, script: &str, arguments: &[&Path], variables: &[(&str, &Path)]) -> Verdict {
    let path = format!("{}:/usr/bin:/bin", host.path("bin").display());
    ask(program("bash")
        .arg(host.path("usr/local/lib/turnpike").join(script))
        .args(arguments)
        .env("PATH", path)
        .envs(variables.iter().copied()))
}

fn told(host: &Rendered) -> Vec<String> {
    host.text("told").lines().map(str::to_owned).collect()
}

fn use_version(host: &Rendered) -> (Verdict, String) {
    let link = host.path("turnpike");
    let verdict = run(host, "use-version", &[&host.path("new")], &[("TURNPIKE_PROGRAM", &link)]);
    (verdict, fs::read_link(link).unwrap().file_name().unwrap().to_str().unwrap().to_owned())
}

#[test]
fn the_next_version_migrates_and_then_replaces_one_process_after_the_other() {
    let host = host("");
    let (verdict, uses) = use_version(&host);
    assert!(verdict.good && uses == "new", "{verdict:?}");
    let units = ["gateway@1", "gateway@2", "portal@1", "worker@1"];
    let mut expected = vec!["systemctl start turnpike-migrate.service".to_owned()];
    expected.extend(units.map(|unit| format!("systemctl restart turnpike-{unit}.service")));
    assert_eq!(told(&host), expected);
}

#[test]
fn what_does_not_migrate_or_start_leaves_the_rest_as_it_was() {
    let unmigrated = host("start turnpike-migrate");
    let (verdict, uses) = use_version(&unmigrated);
    assert!(!verdict.good && uses == "old" && verdict.words.contains("journalctl"), "{verdict:?}");
    assert_eq!(told(&unmigrated).len(), 1);

    let broken = host("restart turnpike-gateway@1");
    assert!(!use_version(&broken).0.good);
    assert_eq!(told(&broken).len(), 2, "{:?}", told(&broken));
}

#[test]
fn a_renewed_certificate_is_taken_and_nginx_is_told() {
    let host = host("");
    let (tls, lineage) = (host.path("tls"), host.path("lineage"));
    fs::create_dir(&lineage).unwrap();
    for name in ["fullchain.pem", "privkey.pem"] {
        fs::write(lineage.join(name), name).unwrap();
    }
    let verdict = run(&host, "use-certificate", &[], &[("TURNPIKE_TLS", &tls), ("RENEWED_LINEAGE", &lineage)]);
    assert!(verdict.good, "{verdict:?}");
    assert_eq!(fs::read_to_string(tls.join("privkey.pem")).unwrap(), "privkey.pem");
    assert_eq!(fs::metadata(tls.join("privkey.pem")).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(told(&host), ["nginx -t -q", "systemctl reload nginx"]);
    // The one that it makes for a start does not go over it.
    assert!(run(&host, "bootstrap-certificate", &[], &[("TURNPIKE_TLS", &tls)]).good);
    assert_eq!(fs::read_to_string(tls.join("fullchain.pem")).unwrap(), "fullchain.pem");
}
