//! Single sign-on by an identity provider that is not ours.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
};

use turnpike_tests::{
    app::{Backend, TestApp},
    browser::Browser,
};

/// The provider, in Node. It ends with the test.
struct Provider(Child);

impl Provider {
    /// Starts it. It serves people once it knows where the portal is.
    #[expect(clippy::disallowed_methods, reason = "the provider is a program of others")]
    fn start() -> (Self, String, BufReader<ChildStdout>) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("clients");
        let mut command = Command::new("node");
        command.arg("oidc.mjs").current_dir(folder).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().expect("Node is installed by tests/run");
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let issuer = line(&mut output);
        (Self(child), issuer, output)
    }

    fn serve(&mut self, portal: &str, output: &mut BufReader<ChildStdout>) {
        writeln!(self.0.stdin.as_mut().unwrap(), "{portal}/oidc/callback").unwrap();
        assert_eq!(line(output), "ready");
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

fn line(output: &mut BufReader<ChildStdout>) -> String {
    let mut line = String::new();
    output.read_line(&mut line).unwrap();
    line.trim().to_owned()
}

async fn sign_in(browser: &Browser, name: &str) {
    browser.open("/sign-in").await;
    browser.click("Go on with the agency").await;
    browser.type_into("input[name=login]", name).await;
    browser.type_into("input[name=password]", "any").await;
    browser.click_on("button[type=submit]").await;
    browser.find("button[type=submit][autofocus]").await;
    browser.click_on("button[type=submit]").await;
    browser.find("main[data-page]").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn people_of_the_identity_provider_come_in_and_only_with_an_address_that_it_has_checked() {
    let (mut provider, issuer, mut output) = tokio::task::spawn_blocking(Provider::start).await.unwrap();
    let app = TestApp::start_with(Backend::Sqlite, |settings| {
        settings.oidc.issuer = issuer;
        settings.oidc.client_id = "portal".into();
        settings.oidc.client_secret = "canary-of-the-provider".into();
        settings.oidc.label = "the agency".into();
    })
    .await;
    provider.serve(&app.url, &mut output);
    let browser = Browser::start(&app.url, "sso").await;
    sign_in(&browser, "ann").await;
    browser.wait_for("people/organisations").await;
    browser.fill("name", "Acme").await;
    browser.click("Found it").await;
    browser.wait_for("start/plan").await;
    let person = app.store().system().find_person_by_email("ann@example.com").await.unwrap().unwrap();
    assert_eq!(person.name, "Ann of the provider");
    assert!(person.oidc_subject.unwrap().ends_with(" ann"));
    browser.close().await;

    let browser = Browser::start(&app.url, "sso").await;
    sign_in(&browser, "unchecked").await;
    assert!(browser.text().await.contains("no address of yours that it has checked"), "{}", browser.text().await);
    assert_eq!(app.store().system().find_person_by_email("unchecked@example.com").await.unwrap(), None);
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_nobody_asked_for_signs_nobody_in() {
    let (mut provider, issuer, mut output) = tokio::task::spawn_blocking(Provider::start).await.unwrap();
    let app = TestApp::start_with(Backend::Sqlite, |settings| {
        settings.oidc.issuer = issuer;
        settings.oidc.client_id = "portal".into();
        settings.oidc.client_secret = "canary-of-the-provider".into();
    })
    .await;
    provider.serve(&app.url, &mut output);
    let visitor = app.visitor();
    assert_eq!(visitor.get("/oidc/callback?code=x&state=y").await.status, 410);
    let leave = visitor.get("/oidc/start").await;
    assert!(leave.location().contains("code_challenge_method=S256"), "{}", leave.location());
    assert_eq!(visitor.get("/oidc/callback?code=x&state=y").await.status, 422);
}
