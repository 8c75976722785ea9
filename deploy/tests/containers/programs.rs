//! The validators. One that is missing is a failure: what is not checked is not right.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
    process::{Command, Output},
};

/// The folder `deploy`.
pub(crate) fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A fixture that its validator must refuse.
pub(crate) fn bad(name: &str) -> PathBuf {
    here().join("tests/bad").join(name)
}

/// A program on the path, from the Debian package that is named.
#[expect(clippy::disallowed_methods, reason = "the product runs no other program; its tests do")]
pub(crate) fn program(name: &str, package: &str) -> Command {
    let path = std::env::var_os("PATH").unwrap();
    let found =
        std::env::split_paths(&path).chain(["/usr/sbin".into(), here().join("../tests/.tools/unpacked/usr/sbin")]);
    let found = found.map(|folder| folder.join(name)).find(|path| path.is_file());
    Command::new(
        found.unwrap_or_else(|| panic!("`{name}` is missing: tests/run installs it, or the package {package}")),
    )
}

/// A program of the Python packages in `deploy/tests/requirements.txt`.
#[expect(clippy::disallowed_methods, reason = "the product runs no other program; its tests do")]
pub(crate) fn python(name: &str) -> Command {
    let path = here().join("../tests/.tools/deploy/bin").join(name);
    assert!(
        path.is_file(),
        "`{name}` is missing: tests/run installs it, or make a venv in tests/.tools/deploy and install \
         deploy/tests/requirements.txt into it"
    );
    Command::new(path)
}

/// What a program that must succeed prints.
pub(crate) fn passes(command: &mut Command) -> String {
    let output = run(command);
    let said = said(&output);
    assert!(output.status.success(), "{command:?} fails: {said}");
    said
}

/// What a program that must fail prints. It must say this, so that it is known to fail for the right reason.
pub(crate) fn fails(command: &mut Command, because: &str) {
    let output = run(command);
    let said = said(&output);
    assert!(!output.status.success(), "{command:?} passes: {said}");
    assert!(said.contains(because), "{command:?} does not say `{because}`: {said}");
}

fn run(command: &mut Command) -> Output {
    command.output().unwrap_or_else(|error| panic!("{command:?} does not start: {error}"))
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
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
    let mut shell = program("bash", "bash");
    passes(shell.args(["-euo", "pipefail", "-c", script]).current_dir(folder).env("PATH", path))
}
