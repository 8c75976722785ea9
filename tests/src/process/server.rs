//! A running `turnpike serve`.

use std::{
    fs::{self, File},
    path::PathBuf,
    process::{Child, Command},
    time::{Duration, Instant},
};

use serde_json::Value;

use super::PATIENCE;

/// How often to look whether the server listens.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// A server that listens. It is killed when dropped.
pub struct Server {
    /// Scheme, host and port.
    pub url: String,
    child: Child,
    log: PathBuf,
}

impl Server {
    /// Starts it and waits until its log, in JSON, says where it listens.
    pub(super) async fn start(mut command: Command, log: PathBuf) -> Self {
        let child = command.stderr(File::create(&log).unwrap()).spawn().expect("`turnpike serve` does not start");
        let mut server = Self { url: String::new(), child, log };
        let deadline = Instant::now() + PATIENCE;
        loop {
            let log = server.log();
            if let Some(address) = log.lines().find_map(serving) {
                server.url = format!("http://{address}");
                return server;
            }
            let ended = server.child.try_wait().unwrap();
            assert!(ended.is_none() && Instant::now() < deadline, "`turnpike serve` does not listen: {log}");
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Ends it as `kill -9` does: it can do nothing about it.
    pub fn kill(self) {}

    /// Asks it to stop, as a service manager does, and waits until it has; whether it ended well.
    #[expect(clippy::disallowed_methods, reason = "the test is the service manager")]
    pub async fn stop(mut self) -> bool {
        Command::new("kill").arg(self.child.id().to_string()).status().unwrap();
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.success();
            }
            assert!(Instant::now() < deadline, "the server does not stop: {}", self.log());
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// The arguments that every user of the machine can see, one a line.
    pub fn command_line(&self) -> String {
        let bytes = fs::read(format!("/proc/{}/cmdline", self.child.id())).unwrap();
        String::from_utf8(bytes).unwrap().replace('\0', "\n")
    }

    /// What it has logged so far.
    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// The address, in the record that tells it.
fn serving(line: &str) -> Option<String> {
    let record: Value = serde_json::from_str(line).ok()?;
    (record["message"] == "serving").then(|| record["address"].as_str().map(str::to_owned))?
}
