//! The tests, run by cargo: those of the integration's own crate, and the certification suite for it alone.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Command, Stdio},
};

use anyhow::{Context as _, Result, bail};
use turnpike_scaffold::{
    Checkout,
    certificate::{Event, Outcome, Test, Toolchain, read_event},
};

/// Names the integration to the certification suite.
const ONLY: &str = "TURNPIKE_CERTIFY";

/// What runs tests here.
pub(super) struct Runner {
    nextest: Option<String>,
    cargo: String,
    rustc: String,
}

/// What became of the tests.
pub(super) struct Ran {
    pub(super) tests: Vec<Test>,
    /// Whether the runner came to the end that its tests explain.
    pub(super) complete: bool,
}

impl Runner {
    /// cargo-nextest where it is installed, else cargo alone.
    pub(super) fn find() -> Result<Self> {
        let Some(cargo) = version(&["--version"], "cargo") else {
            bail!("cargo is not installed here: certify an integration where it is built")
        };
        let rustc = version(&["--version"], "rustc").unwrap_or_else(|| "unknown".into());
        Ok(Self { nextest: version(&["nextest", "--version"], "cargo"), cargo, rustc })
    }

    pub(super) fn toolchain(&self) -> Toolchain {
        let runner = self.nextest.as_ref().unwrap_or(&self.cargo).clone();
        Toolchain { rustc: self.rustc.clone(), runner }
    }

    /// The command that runs these targets: the build is that of the whole workspace, so that nothing is built twice.
    fn command(&self, name: &str, targets: &[String]) -> Command {
        let mut command = program("cargo");
        match self.nextest {
            Some(_) => {
                command.args(["nextest", "run", "--workspace", "--no-fail-fast", "--message-format", "libtest-json"]);
                command.env("NEXTEST_EXPERIMENTAL_LIBTEST_JSON", "1");
                command.arg("-E").arg(format!("package(=turnpike-{name}) or binary(=certification)"));
            }
            None => {
                command.args(["test", "--no-fail-fast", "--package", "turnpike-tests"]);
                command.arg("--package").arg(format!("turnpike-{name}"));
            }
        }
        for target in targets {
            command.args(["--test", target]);
        }
        command.env(ONLY, name);
        command
    }
}

/// Runs them. What the runner says of its progress goes to the terminal.
pub(super) fn run(checkout: &Checkout, runner: &Runner, name: &str) -> Result<Ran> {
    let mut targets = own_targets(&checkout.integration(name));
    if targets.is_empty() {
        bail!("{name} has no tests of its own in {}/tests", checkout.integration(name).display());
    }
    targets.push("certification".into());
    let mut command = runner.command(name, &targets);
    command.current_dir(checkout.root()).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::inherit());
    let mut child = command.spawn().context("cargo cannot be started")?;
    let stdout = child.stdout.take().context("cargo has no output")?;
    let mut tests = vec![];
    for line in BufReader::new(stdout).lines() {
        if let Event::Ended(test) = read_event(&line?) {
            tests.push(test);
        }
    }
    let well = child.wait()?.success();
    let failed = tests.iter().any(|test: &Test| test.outcome == Outcome::Failed);
    Ok(Ran { tests, complete: well || failed })
}

/// The test targets of a crate: `tests/NAME.rs` and `tests/NAME/main.rs`.
fn own_targets(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder.join("tests")).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut targets: Vec<String> = entries
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs") || path.join("main.rs").is_file())
        .filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()))
        .collect();
    targets.sort();
    targets
}

/// The first line that a program says of its version.
fn version(arguments: &[&str], name: &str) -> Option<String> {
    let output =
        program(name).args(arguments).stderr(Stdio::null()).output().ok().filter(|out| out.status.success())?;
    Some(String::from_utf8_lossy(&output.stdout).lines().next()?.trim().to_owned())
}

#[expect(clippy::disallowed_methods, reason = "a command for authors in a checkout; nothing that serves calls it")]
fn program(name: &str) -> Command {
    Command::new(name)
}
