//! Units, folders and the rotation of nginx's logs.

use std::{
    fs,
    os::unix::fs::{PermissionsExt as _, symlink},
    path::Path,
    process::Command,
};

use tempfile::TempDir;
use turnpike_deploy::Target;

use crate::{
    cloud::unpacked,
    programs::{Verdict, ask, bad, fails, passes, program},
    rendered::{Rendered, files},
};

/// Units as they are on a host on which the programs are that they start, each template with its first instance.
fn installed(folder: &Path) -> TempDir {
    let host = tempfile::tempdir().unwrap();
    let start = host.path().join("start");
    symlink("/bin/true", &start).unwrap();
    let units = host.path().join("units");
    fs::create_dir(&units).unwrap();
    for file in files(&folder.join("etc/systemd/system")) {
        let text = fs::read_to_string(&file).unwrap();
        let text = ["/usr/local/bin/turnpike", "/usr/local/lib/turnpike/fetch"]
            .iter()
            .fold(text, |text, program| text.replace(program, start.to_str().unwrap()));
        let name = file.file_name().unwrap().to_str().unwrap();
        fs::write(units.join(name), &text).unwrap();
        if name.contains("@.") {
            fs::write(units.join(name.replace("@.", "@1.")), &text).unwrap();
        }
    }
    host
}

fn verify(unit: &Path) -> Verdict {
    let folder = unit.parent().unwrap();
    // A colon at the end: the system's own units are known too.
    let mut path = folder.as_os_str().to_owned();
    path.push(":");
    let mut verdict =
        ask(program("systemd-analyze").env("SYSTEMD_UNIT_PATH", path).args(["verify", "--man=no"]).arg(unit));
    // Of keys that it does not know it warns, and its exit code depends on its version.
    verdict.good &= !verdict.words.contains(folder.to_str().unwrap());
    verdict
}

/// Exposure is given in tenths: 20 is 2.0.
fn exposure(unit: &Path) -> Command {
    let mut analyze = program("systemd-analyze");
    analyze.args(["security", "--offline=true", "--no-pager", "--threshold=20"]).arg(unit);
    analyze
}

#[test]
fn every_unit_is_understood_and_none_may_do_much() {
    let (host, cloud) = (Rendered::example(Target::Systemd), unpacked(Rendered::example(Target::Gce).root()));
    for folder in [host.root(), cloud.path()] {
        let host = installed(folder);
        for unit in files(&host.path().join("units")) {
            let name = unit.file_name().unwrap().to_str().unwrap();
            if name.contains("@.") {
                continue;
            }
            let verdict = verify(&unit);
            assert!(verdict.good, "{name}: {}", verdict.words);
            if name.ends_with(".service") {
                println!("{}", passes(&mut exposure(&unit)).lines().last().unwrap_or_default());
            }
        }
    }
}

#[test]
fn a_misspelt_unit_and_an_exposed_one_are_refused() {
    let verdict = verify(&bad("misspelt.service"));
    assert!(!verdict.good && verdict.words.contains("TimeoutStopSeconds"), "{verdict:?}");
    fails(&mut exposure(&bad("exposed.service")), "exposure level");
}

#[test]
fn only_the_migration_sees_what_owns_the_tables() {
    let folder = Rendered::example(Target::Systemd);
    let mut with_owner = vec![];
    for unit in files(&folder.path("etc/systemd/system")) {
        let text = fs::read_to_string(&unit).unwrap();
        if text.contains("owner") {
            with_owner.push(unit.file_name().unwrap().to_str().unwrap().to_owned());
        }
        // Each credential comes from the one folder, under its own name.
        for line in text.lines().filter_map(|line| line.strip_prefix("LoadCredential=")) {
            let (name, path) = line.split_once(':').unwrap();
            assert_eq!(path, format!("/etc/turnpike/secrets/{name}"));
        }
    }
    assert_eq!(with_owner, ["turnpike-migrate.service"]);
}

/// Whether the lines are good, and the folders as they say.
fn make_folders(lines: &Path) -> Verdict {
    let root = tempfile::tempdir().unwrap();
    fs::create_dir_all(root.path().join("etc")).unwrap();
    fs::write(root.path().join("etc/passwd"), "root:x:0:0::/:\nwww-data:x:33:33::/:\n").unwrap();
    fs::write(root.path().join("etc/group"), "root:x:0:\nadm:x:4:\nwww-data:x:33:\n").unwrap();
    let mut root_argument = std::ffi::OsString::from("--root=");
    root_argument.push(root.path());
    let mut verdict = ask(program("systemd-tmpfiles").arg("--create").arg(root_argument).arg(lines));
    // Who is not root cannot give folders away, which is no fault of the lines.
    verdict.good |= verdict.words.contains("Operation not permitted") && !verdict.words.contains("Unknown");
    verdict
}

#[test]
fn folders_are_made_by_good_lines_only() {
    let folder = Rendered::example(Target::Systemd);
    let verdict = make_folders(&folder.path("etc/tmpfiles.d/turnpike.conf"));
    assert!(verdict.good, "{verdict:?}");
    assert!(!make_folders(&bad("misspelt.tmpfiles")).good);
}

fn rotation(file: &Path) -> Verdict {
    let folder = tempfile::tempdir().unwrap();
    // It refuses files that others may write to.
    let copy = folder.path().join("turnpike");
    fs::copy(file, &copy).unwrap();
    fs::set_permissions(&copy, fs::Permissions::from_mode(0o644)).unwrap();
    let mut verdict = ask(program("logrotate").arg("-d").arg("-s").arg(folder.path().join("state")).arg(copy));
    // An option that it does not know is said and passed over.
    verdict.good &= !verdict.words.contains("error:");
    verdict
}

#[test]
fn logs_are_rotated_by_good_options_only() {
    let folder = Rendered::example(Target::Systemd);
    let verdict = rotation(&folder.path("etc/logrotate.d/turnpike-nginx"));
    assert!(verdict.good, "{verdict:?}");
    let verdict = rotation(&bad("misspelt.logrotate"));
    assert!(!verdict.good && verdict.words.contains("dialy"), "{verdict:?}");
}
