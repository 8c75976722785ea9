//! Programs that are not ours connect from the pasted URL, and a person agrees in the browser.

use std::{
    io::{BufRead as _, BufReader, Read as _},
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
};

use serde_json::{Value, json};
use turnpike_tests::{browser::Browser, oauth::Program, process::Demo};

use crate::browser::newcomer::connect;

/// A program that says where a person must go, and then what it has done. It ends with the test.
struct Running {
    child: Child,
    output: BufReader<ChildStdout>,
}

impl Running {
    fn start(command: &mut Command) -> Self {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        Self { child, output }
    }

    /// The first address of ours that it names.
    fn address(&mut self, url: &str) -> String {
        let authorize = format!("{url}/authorize?");
        let mut seen = String::new();
        loop {
            let mut line = String::new();
            assert!(
                self.output.read_line(&mut line).unwrap() > 0,
                "it ends without an address: {seen}{}",
                self.complaint()
            );
            if let Some(at) = line.find(&authorize) {
                return line[at..].split_whitespace().next().unwrap().to_owned();
            }
            seen.push_str(&line);
        }
    }

    /// All else that it says, once it has ended well.
    fn rest(mut self) -> String {
        let mut rest = String::new();
        self.output.read_to_string(&mut rest).unwrap();
        assert!(self.child.wait().unwrap().success(), "it fails: {rest}{}", self.complaint());
        rest
    }

    fn complaint(&mut self) -> String {
        let mut complaint = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut complaint).unwrap();
        complaint
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// A program of the folder of clients.
#[expect(clippy::disallowed_methods, reason = "the clients are programs of others")]
fn program(name: &str) -> Command {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut command = Command::new(name);
    command.current_dir(tests.join("clients"));
    command
}

fn python() -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(".tools/venv/bin/python").display().to_string()
}

/// Runs a program, and agrees where it asks.
async fn agree(browser: &Browser, url: &str, mut command: Command, faults: &mut Vec<String>, name: &str) -> String {
    let url = url.to_owned();
    let (running, address) = tokio::task::spawn_blocking(move || {
        let mut running = Running::start(&mut command);
        let address = running.address(&url);
        (running, address)
    })
    .await
    .unwrap();
    browser.open(&address).await;
    browser.wait_for("oauth/authorize").await;
    faults.extend(browser.examine(name).await);
    browser.click_on("button[value=allow]").await;
    tokio::task::spawn_blocking(move || running.rest()).await.unwrap()
}

/// What a client prints in the end.
fn figures(output: &str) -> Value {
    serde_json::from_str(output.lines().last().unwrap_or_default()).unwrap_or_else(|_| panic!("no figures in {output}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_official_clients_and_the_conformance_suite_are_let_in_by_a_person_in_a_browser() {
    let folder = tempfile::tempdir().unwrap();
    // So short that the clients have to fetch another while they are watched.
    let demo = Demo::start_with(&folder.path().join("data"), &[("TURNPIKE_OAUTH__ACCESS_TOKEN_SECONDS", "5")]);
    let url = demo.url();
    let browser = Browser::start(&url, "programs").await;
    browser.open("/").await;
    connect(&browser).await;
    let mut faults = vec![];

    let server = format!("{url}/google-ads/mcp");
    let clients = [("typescript", "node".to_owned(), "oauth.mjs"), ("python", python(), "oauth.py")];
    for (name, interpreter, file) in clients {
        let mut command = program(&interpreter);
        command.args([file, &server, "list_accounts"]);
        let figures = figures(&agree(&browser, &url, command, &mut faults, name).await);
        println!("{figures}");
        assert_eq!((&figures["registrations"], &figures["scope"]), (&json!(1), &json!("google-ads:read")), "{figures}");
        assert!(figures["refreshed"].as_i64().unwrap() >= 1 && figures["tools"].as_i64().unwrap() > 0, "{figures}");
    }

    let client_id = Program::register(&url).await.client_id;
    let mut command = program("node");
    let port = free_port();
    command.args(["node_modules/@modelcontextprotocol/conformance/dist/index.js", "authorization"]);
    command.args(["--url", &url, "--client-id", &client_id, "--resource", &server, "--port", &port]);
    let said = agree(&browser, &url, command, &mut faults, "conformance").await;
    let passed = said.lines().rev().find(|line| line.contains("passed")).unwrap_or(&said).trim().to_owned();
    println!("conformance, authorization: {passed}");
    assert!(passed.contains("3 passed, 0 failed"), "{said}");
    assert_eq!(faults, Vec::<String>::new());
    browser.close().await;
}

/// The suite wants to be told one.
fn free_port() -> String {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string()
}
