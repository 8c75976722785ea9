//! The validators, and the rendered files that they look at.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use tempfile::TempDir;
use turnpike_deploy::{Deployment, Target};

pub(crate) fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn installed() -> PathBuf {
    here().join("../tests/.tools")
}

/// What a validator said, on both its ends.
#[derive(Debug)]
pub(crate) struct Verdict {
    pub(crate) good: bool,
    pub(crate) words: String,
}

/// A program of the machine.
#[expect(clippy::disallowed_methods, reason = "the tests ask validators; the product runs no other program")]
pub(crate) fn program(name: &str) -> Command {
    let found = std::env::var_os("PATH").is_some_and(|path| {
        std::env::split_paths(&path).chain(["/usr/sbin".into()]).any(|folder| folder.join(name).is_file())
    });
    assert!(found, "there is no `{name}`: run tests/run once without --quick, it installs the validators");
    let beside = Path::new("/usr/sbin").join(name);
    if beside.is_file() { Command::new(beside) } else { Command::new(name) }
}

/// A program that `tests/run` has put into `tests/.tools`.
#[expect(clippy::disallowed_methods, reason = "the tests ask validators; the product runs no other program")]
pub(crate) fn tool(path: &str) -> Command {
    let path = installed().join(path);
    assert!(path.exists(), "there is no {}: run tests/run once without --quick", path.display());
    Command::new(path)
}

pub(crate) fn ask(command: &mut Command) -> Verdict {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let words = String::from_utf8_lossy(&stdout).into_owned() + &String::from_utf8_lossy(&stderr);
    Verdict { good: status.success(), words }
}

/// `cloud-init`, which was unpacked and not installed.
pub(crate) fn cloud_init() -> Command {
    let mut command = tool("deploy/bin/python");
    command
        .env("PYTHONPATH", installed().join("unpacked/usr/lib/python3/dist-packages"))
        .args(["-m", "cloudinit.cmd.main"]);
    command
}

/// A fixture that a validator must refuse.
pub(crate) fn bad(name: &str) -> PathBuf {
    let path = here().join("tests/bad").join(name);
    assert!(path.is_file(), "there is no {}", path.display());
    path
}

/// The example, rendered into a folder.
pub(crate) fn rendered(target: Target) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let deployment = Deployment::read(&here().join("turnpike.toml")).unwrap();
    for file in target.render(&deployment).unwrap() {
        write(folder.path(), &file.path, &file.text);
    }
    folder
}

pub(crate) fn write(folder: &Path, path: &str, text: &str) {
    let path = folder.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut all: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    all.sort();
    all
}
