//! A real browser: headless Chromium, driven over WebDriver. What its console says is listened to, and what it shows is kept.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use fantoccini::{
    Client, ClientBuilder, Locator,
    elements::Element,
    wd::{Capabilities, WebDriverCompatibleCommand},
};
use http::Method;
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tempfile::TempDir;
use turnpike_core::{Role, TenantId};
use url::{ParseError, Url};

use crate::app::TestApp;

/// How long is waited for what a page is about to show.
const PATIENCE: Duration = Duration::from_secs(20);
/// The widths at which pages are looked at: a phone's and a desk's.
pub const WIDTHS: [u32; 2] = [390, 1280];

/// A browser with one window.
pub struct Browser {
    client: Client,
    /// Scheme, host and port of the service.
    url: String,
    clicks: AtomicUsize,
    /// Where screenshots are kept.
    shots: PathBuf,
    _driver: Driver,
    _profile: TempDir,
}

/// A command of Chromium's own.
#[derive(Debug)]
struct Own {
    path: &'static str,
    body: Value,
}

impl WebDriverCompatibleCommand for Own {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, ParseError> {
        base.join(&format!("session/{}/{}", session.unwrap_or_default(), self.path))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(self.body.to_string()))
    }
}

impl Browser {
    /// Starts one, with a profile of its own. `name` is the folder of its screenshots.
    pub async fn start(url: &str, name: &str) -> Self {
        let profile = tempfile::tempdir().unwrap();
        let (driver, port) = tokio::task::spawn_blocking(Driver::start).await.unwrap();
        let options = json!({ "args": [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking",
            "--disable-component-update", "--no-first-run", "--hide-scrollbars",
            format!("--user-data-dir={}", profile.path().display()),
        ]});
        let capabilities = Capabilities::from_iter([
            ("goog:chromeOptions".to_owned(), options),
            ("goog:loggingPrefs".to_owned(), json!({ "browser": "ALL" })),
        ]);
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities)
            .connect(&format!("http://127.0.0.1:{port}"))
            .await
            .unwrap();
        let shots = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/screenshots").join(name);
        fs::create_dir_all(&shots).unwrap();
        let browser = Self {
            client,
            url: url.to_owned(),
            clicks: AtomicUsize::new(0),
            shots,
            _driver: driver,
            _profile: profile,
        };
        browser.resize(WIDTHS[1]).await;
        browser
    }

    /// Goes to a page.
    pub async fn open(&self, path: &str) {
        let url = if path.starts_with('/') { format!("{}{path}", self.url) } else { path.to_owned() };
        self.client.goto(&url).await.unwrap();
    }

    /// The path of the page that is shown.
    pub async fn path(&self) -> String {
        self.client.current_url().await.unwrap().path().to_owned()
    }

    /// Which page is shown, as it calls itself.
    pub async fn page(&self) -> String {
        let script = "return document.querySelector('main')?.dataset.page ?? ''";
        self.client.execute(script, vec![]).await.unwrap().as_str().unwrap_or_default().to_owned()
    }

    /// The page's text, as people see it.
    pub async fn text(&self) -> String {
        self.client.find(Locator::Css("body")).await.unwrap().text().await.unwrap()
    }

    /// The element, once it is there.
    pub async fn find(&self, css: &str) -> Element {
        match self.client.wait().at_most(PATIENCE).for_element(Locator::Css(css)).await {
            Ok(element) => element,
            Err(error) => panic!("no {css} on {}: {error}\n{}", self.path().await, self.text().await),
        }
    }

    /// Types into a field, instead of what is there.
    pub async fn fill(&self, id: &str, text: &str) {
        let field = self.find(&format!("#{id}")).await;
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    /// Types into whatever fits.
    pub async fn type_into(&self, css: &str, text: &str) {
        self.find(css).await.send_keys(text).await.unwrap();
    }

    /// Clicks the button or link that says this.
    pub async fn click(&self, words: &str) {
        let path = format!(
            "//*[self::a or self::button or self::summary or self::label][contains(normalize-space(.), \"{words}\") or \
             @aria-label=\"{words}\"][not(@hidden)]"
        );
        let element = match self.client.wait().at_most(PATIENCE).for_element(Locator::XPath(&path)).await {
            Ok(element) => element,
            Err(error) => panic!("nothing says {words} on {}: {error}\n{}", self.path().await, self.text().await),
        };
        self.press(element).await;
    }

    /// Clicks what fits the selector.
    pub async fn click_on(&self, css: &str) {
        let element = self.find(css).await;
        self.press(element).await;
    }

    /// Clicks, and waits for the page that follows, if one does.
    async fn press(&self, element: Element) {
        self.clicks.fetch_add(1, Ordering::Relaxed);
        element.click().await.unwrap();
    }

    /// How often was clicked.
    pub fn clicks(&self) -> usize {
        self.clicks.load(Ordering::Relaxed)
    }

    /// Waits until a page calls itself so.
    pub async fn wait_for(&self, page: &str) {
        self.find(&format!("main[data-page='{page}']")).await;
    }

    /// Shows pages at this width.
    pub async fn resize(&self, width: u32) {
        let metrics = json!({ "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600 });
        self.chromium("Emulation.setDeviceMetricsOverride", metrics).await;
    }

    /// Keeps what the page looks like at each width, and finds fault with it: with what the console says, with what cannot be
    /// reached by all people, and with what does not fit on a phone.
    pub async fn examine(&self, name: &str) -> Vec<String> {
        let mut faults = vec![];
        for width in WIDTHS {
            self.resize(width).await;
            let wide = "return document.documentElement.scrollWidth > window.innerWidth + 1";
            if self.client.execute(wide, vec![]).await.unwrap() == json!(true) {
                faults.push(format!("{name}: wider than {width} px"));
            }
            let shot = self.chromium("Page.captureScreenshot", json!({ "captureBeyondViewport": true })).await;
            let picture = STANDARD.decode(shot["data"].as_str().unwrap()).unwrap();
            fs::write(self.shots.join(format!("{}-{width}.png", name.replace('/', "-"))), picture).unwrap();
        }
        faults.extend(self.axe().await.into_iter().map(|fault| format!("{name}: {fault}")));
        faults.extend(self.complaints().await.into_iter().map(|fault| format!("{name}: {fault}")));
        faults
    }

    /// What the console has said since it was asked last, errors and warnings.
    pub async fn complaints(&self) -> Vec<String> {
        let log = self.client.issue_cmd(Own { path: "se/log", body: json!({ "type": "browser" }) }).await.unwrap();
        let entries = log.as_array().cloned().unwrap_or_default();
        let bad = entries.into_iter().filter(|entry| ["SEVERE", "WARNING"].contains(&entry["level"].as_str().unwrap()));
        bad.map(|entry| entry["message"].as_str().unwrap().to_owned()).collect()
    }

    /// What axe-core finds serious.
    async fn axe(&self) -> Vec<String> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("clients/node_modules/axe-core/axe.min.js");
        let axe = fs::read_to_string(path).expect("axe-core is installed by tests/run");
        let script = format!(
            "{axe}; const done = arguments[arguments.length - 1]; \
             axe.run(document, {{ resultTypes: ['violations'] }}).then(found => done(found.violations \
             .filter(own => ['serious', 'critical'].includes(own.impact)) \
             .map(own => `${{own.id}}: ${{own.nodes.map(node => node.html).join(' ')}}`)), error => done([String(error)]))"
        );
        let found = self.client.execute_async(&script, vec![]).await.unwrap();
        found.as_array().unwrap().iter().map(|own| own.as_str().unwrap().to_owned()).collect()
    }

    async fn chromium(&self, command: &str, parameters: Value) -> Value {
        let body = json!({ "cmd": command, "params": parameters });
        self.client.issue_cmd(Own { path: "goog/cdp/execute", body }).await.unwrap()
    }

    /// All elements that fit.
    pub async fn all(&self, css: &str) -> Vec<Element> {
        self.client.find_all(Locator::Css(css)).await.unwrap()
    }

    /// How many elements fit.
    pub async fn count(&self, css: impl AsRef<str>) -> usize {
        self.all(css.as_ref()).await.len()
    }

    /// From now on, until the next page, what the page asks is answered with yes.
    pub async fn accept_questions(&self) {
        let yes = json!({ "source": "window.confirm = () => true" });
        self.chromium("Page.addScriptToEvaluateOnNewDocument", yes).await;
        self.client.execute("window.confirm = () => true", vec![]).await.unwrap();
    }

    /// Signs in as somebody of a tenant.
    pub async fn sign_in(&self, app: &TestApp, tenant: TenantId, role: Role) {
        let email = app.add_member(tenant, role).await.1;
        app.visitor().submit("/sign-in/link", &[("email", &email)]).await;
        self.open(&app.mail_to(&email, 1).await.link(&app.url)).await;
        self.click_on("main form button").await;
        self.wait_for("pages/home").await;
    }

    /// Signs in as one of the agency's staff.
    pub async fn sign_in_as_staff(&self, app: &TestApp) {
        self.open(&app.staff_link().await).await;
        self.click_on("main form button").await;
        self.wait_for("console/clients").await;
    }

    /// Closes it.
    pub async fn close(self) {
        self.client.close().await.unwrap();
    }
}

/// The program that steers the browser. It ends with the test, and the browser with it.
struct Driver(Child);

impl Driver {
    /// Starts it; it picks a port. It wants the same one for both families of addresses, and ends when another program has
    /// the second: then it picks again.
    fn start() -> (Self, u16) {
        let started = (0..10).find_map(|_| Self::try_start());
        started.expect("chromedriver starts")
    }

    #[expect(clippy::disallowed_methods, reason = "the browser is a program of others")]
    fn try_start() -> Option<(Self, u16)> {
        let mut child = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .expect("chromedriver is installed by tests/run");
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let port = lines.find_map(|line| line.split("successfully on port ").nth(1).map(str::to_owned));
        let driver = Self(child);
        let port = port?.trim_end_matches('.').parse().unwrap();
        // A pipe that nobody reads would stop it.
        std::thread::spawn(move || lines.for_each(drop));
        Some((driver, port))
    }
}

impl Drop for Driver {
    /// With the browser, which is in the same group and would outlive it: a test that fails closes nothing.
    #[expect(clippy::disallowed_methods, reason = "the browser is a program of others")]
    fn drop(&mut self) {
        let group = format!("-{}", self.0.id());
        let _ = Command::new("kill").args(["-KILL", "--", &group]).status();
        let _ = self.0.wait();
    }
}
