//! The validators. One that is missing is a failure: what is not checked is not right.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
    process::Command,
};

/// The folder `deploy`.
pub(crate) fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What `tests/run` has installed for the tests alone.
fn installed() -> PathBuf {
    here().join("../tests/.tools")
}

/// A fixture that its validator must refuse.
pub(crate) fn bad(name: &str) -> PathBuf {
    let path = here().join("tests/bad").join(name);
    assert!(path.is_file(), "there is no {}", path.display());
    path
}

/// A program of the machine, or one whose package was only unpacked.
pub(crate) fn program(name: &str) -> Command {
    let path = std::env::var_os("PATH").unwrap();
    let own = ["bin", "sbin"].map(|folder| installed().join("unpacked/usr").join(folder));
    let folders = std::env::split_paths(&path).chain(["/usr/sbin".into()]).chain(own);
    found(folders.map(|folder| folder.join(name)).find(|path| path.is_file()), name)
}

/// A program of the Python packages in `deploy/tests/requirements.txt`.
pub(crate) fn python(name: &str) -> Command {
    let path = installed().join("deploy/bin").join(name);
    found(path.exists().then_some(path), name)
}

/// `cloud-init`, which was unpacked.
pub(crate) fn cloud_init() -> Command {
    let mut command = python("python");
    command.env("PYTHONPATH", installed().join("unpacked/usr/lib/python3/dist-packages"));
    command.args(["-m", "cloudinit.cmd.main"]);
    command
}

#[expect(clippy::disallowed_methods, reason = "the product runs no other program; its tests do")]
fn found(path: Option<PathBuf>, name: &str) -> Command {
    Command::new(path.unwrap_or_else(|| panic!("`{name}` is missing: tests/run without --quick installs it")))
}

/// What a validator said, on both its ends.
#[derive(Debug)]
pub(crate) struct Verdict {
    pub(crate) good: bool,
    pub(crate) words: String,
}

pub(crate) fn ask(command: &mut Command) -> Verdict {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?} does not start: {error}"));
    let words = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    Verdict { good: output.status.success(), words }
}

/// What a program that must succeed prints.
pub(crate) fn passes(command: &mut Command) -> String {
    let Verdict { good, words } = ask(command);
    assert!(good, "{command:?} fails: {words}");
    words
}

/// A program that must fail, and say this, so that it is known to fail for the right reason.
pub(crate) fn fails(command: &mut Command, because: &str) {
    let Verdict { good, words } = ask(command);
    assert!(!good, "{command:?} passes: {words}");
    assert!(words.contains(because), "{command:?} does not say `{because}`: {words}");
}

/// Each line of the blocks of a document that are marked so: ```sh run.
pub(crate) fn runnable_steps(document: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(document).unwrap();
    let blocks = text.split("```sh run\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    blocks.map(str::to_owned).collect()
}

/// The program `turnpike`, as cargo has put it near the test that runs now.
pub(crate) fn turnpike() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let found = test.ancestors().skip(1).map(|folder| folder.join("turnpike")).find(|path| path.is_file());
    found.expect("there is no program `turnpike` beside the tests: run `cargo build --workspace --bins` first")
}

/// Runs a step as a person would type it.
pub(crate) fn step(folder: &Path, script: &str, path: impl AsRef<OsStr>) -> String {
    passes(program("bash").args(["-euo", "pipefail", "-c", script]).current_dir(folder).env("PATH", path))
}
