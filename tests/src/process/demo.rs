//! A running `turnpike demo`.

use std::{
    io::{BufRead as _, BufReader, Read as _},
    path::Path,
    process::{Child, ChildStdout, Stdio},
};

use serde_json::Value;

use super::turnpike;

/// `demo --json` on a free port, once it is ready. It is killed when dropped.
pub struct Demo {
    /// What it has printed when it was ready.
    pub line: Value,
    child: Child,
    output: BufReader<ChildStdout>,
}

impl Demo {
    /// Starts it on a data folder.
    pub fn start(data: &Path) -> Self {
        Self::start_with(data, &[])
    }

    /// The same with variables.
    pub fn start_with(data: &Path, variables: &[(&str, &str)]) -> Self {
        let mut command = turnpike();
        command.envs(variables.iter().copied());
        command.args(["demo", "--json", "--listen", "127.0.0.1:0", "--data"]).arg(data);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        Self { child, output, line: serde_json::from_str(&line).unwrap() }
    }

    /// Scheme, host and port.
    pub fn url(&self) -> String {
        self.line["mcp_url"].as_str().unwrap().trim_end_matches("/mcp").to_owned()
    }

    /// Asks it to stop; returns whether it ended well, and what else it has printed.
    pub fn interrupt(mut self) -> (bool, String) {
        interrupt(&self.child);
        let mut rest = String::new();
        self.output.read_to_string(&mut rest).unwrap();
        (self.child.wait().unwrap().success(), rest)
    }
}

/// Presses Ctrl-C before a program.
#[expect(clippy::disallowed_methods, reason = "the test presses Ctrl-C")]
pub fn interrupt(child: &Child) -> bool {
    std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success()
}

impl Drop for Demo {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
