//! What Compose starts, without Docker: the steps of its document, its scripts, its proxy and its settings, with the real program, a
//! real PostgreSQL, Redis and nginx, and a stand-in for AWS KMS.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use http::{StatusCode, header};
use reqwest::Client;
use sqlx::{Connection as _, PgConnection};
use tempfile::TempDir;
use turnpike_testkit::{Kms, Postgres, free_port};
use turnpike_tests::process::{PATIENCE, turnpike};

const HOST: &str = "mcp.agency.example";
const LOOK_EVERY: Duration = Duration::from_millis(20);

#[tokio::test(flavor = "multi_thread")]
async fn the_steps_of_the_document_lead_to_a_deployment_that_serves() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("compose");
    fs::copy(deploy().join("turnpike.toml"), folder.path().join("deployment.toml")).unwrap();
    take_steps(&folder);
    for entry in fs::read_dir(deploy().join("compose/example")).unwrap() {
        let (example, name) = (entry.as_ref().unwrap().path(), entry.as_ref().unwrap().file_name());
        assert_eq!(fs::read(example).unwrap(), fs::read(place.join(&name)).unwrap(), "{name:?} is not the example");
    }
    for (name, secret) in [
        ("mail-smtp-url", "smtps://user:password@mail.example"),
        ("payments-stripe-key", "rk_live_nobody"),
        ("payments-stripe-webhook-secret", "whsec_nobody"),
        ("integrations-google-ads-client-secret", "nobody"),
    ] {
        fs::write(place.join("secrets").join(name), secret).unwrap();
    }

    // The database, by the script that PostgreSQL's image runs.
    let postgres = Postgres::start().await.unwrap();
    let admin = postgres.database().await.unwrap().admin_url;
    let port = url::Url::parse(&admin).unwrap().port().unwrap();
    let mut script = command("bash");
    script.arg(place.join("postgres.sh")).env("SECRETS", place.join("secrets"));
    script.env("PGHOST", "127.0.0.1").env("PGPORT", port.to_string());
    let said = succeeds(&mut script);
    assert_eq!(said.trim(), "made the database turnpike of owner, for turnpike");
    let mut database = PgConnection::connect(&admin).await.unwrap();
    let roles: Vec<(String, bool, bool, bool)> = sqlx::query_as(
        "SELECT rolname::text, rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb, rolcanlogin,
            rolpassword LIKE 'SCRAM-SHA-256$%' FROM pg_authid WHERE rolname IN ('owner', 'turnpike') ORDER BY 1",
    )
    .fetch_all(&mut database)
    .await
    .unwrap();
    assert_eq!(roles, ["owner", "turnpike"].map(|name| (name.to_owned(), false, true, true)));
    let mut odd = command("bash");
    let secrets = folder.path().join("odd");
    fs::create_dir(&secrets).unwrap();
    fs::write(secrets.join("store-owner-url"), "postgres://owner:a'b@postgres/turnpike").unwrap();
    let output = odd.arg(place.join("postgres.sh")).env("SECRETS", &secrets).output().unwrap();
    assert!(!output.status.success() && String::from_utf8_lossy(&output.stderr).contains("store-owner-url: write"));

    // Redis, by its own.
    let redis_port = free_port().unwrap();
    let mut redis = command("sh");
    redis.arg(place.join("redis.sh")).env("SECRETS", place.join("secrets")).env("PORT", redis_port.to_string());
    let _redis = Running::start(redis.env("CONF", folder.path().join("redis.conf")));
    let url = fs::read_to_string(place.join("secrets/redis-url")).unwrap();
    let (_, password) = url.split_once("//:").unwrap();
    let password = password.split('@').next().unwrap();
    let ping = |password: Option<&str>| {
        let mut ping = command("redis-cli");
        ping.args(["-p", &redis_port.to_string(), "ping"]);
        if let Some(password) = password {
            ping.env("REDISCLI_AUTH", password);
        }
        String::from_utf8(ping.output().unwrap().stdout).unwrap()
    };
    until("Redis answers", || async { ping(Some(password)).contains("PONG") }).await;
    assert!(ping(None).contains("NOAUTH"), "Redis asks for no password");

    // The names that Docker gives to containers are addresses of this machine, and KMS is a stand-in.
    for (name, of, here) in [
        ("store-url", "@postgres:5432", format!("@127.0.0.1:{port}")),
        ("store-owner-url", "@postgres:5432", format!("@127.0.0.1:{port}")),
        ("redis-url", "@redis:6379", format!("@127.0.0.1:{redis_port}")),
    ] {
        replace(&place.join("secrets").join(name), &[(of, &here)]);
    }
    let kms = Kms::start().unwrap();
    kms.add_key("turnpike");
    let (secrets, data) =
        (place.join("secrets").display().to_string(), folder.path().join("data").display().to_string());
    for name in ["turnpike.toml", "turnpike-owner.toml"] {
        let endpoint = format!("kms_endpoint = \"{}\"\nkms_region", kms.url());
        let changes =
            [("/run/secrets", secrets.as_str()), ("\"/tmp\"", &format!("\"{data}\"")), ("kms_region", &endpoint)];
        replace(&place.join(name), &changes);
    }

    // The migration alone has the owner's settings.
    let with = |settings: &str, arguments: &[&str]| {
        let mut command = turnpike();
        command.arg("-c").arg(place.join(settings)).args(arguments);
        command
    };
    succeeds(&mut with("turnpike.toml", &["config", "check"]));
    let refused = with("turnpike.toml", &["migrate"]).output().unwrap();
    assert!(!refused.status.success(), "who serves may change tables");
    assert!(succeeds(&mut with("turnpike-owner.toml", &["migrate"])).contains("applied"));

    let mut processes = vec![];
    let mut ports = vec![];
    for role in ["gateway", "portal", "worker"] {
        let port = free_port().unwrap().to_string();
        let mut serve = with("turnpike.toml", &["serve", "--roles", role, "--listen", &format!("127.0.0.1:{port}")]);
        let log = fs::File::create(folder.path().join(format!("{role}.log"))).unwrap();
        processes.push(Running::start(serve.stderr(log)));
        ports.push(port);
    }
    for port in &ports {
        let url = format!("http://127.0.0.1:{port}");
        let healthy = || async { turnpike().args(["healthcheck", "--url", &url]).output().unwrap().status.success() };
        until("a process is ready", healthy).await;
    }

    // A sidecar is asked by another name than the public one, by whoever is beside it, and not by a web page.
    let tenant = succeeds(&mut with("turnpike.toml", &["tenant", "add", "Acme"]));
    let key = ["key", "add", "--tenant", tenant.trim(), "--name", "agent", "--scope", "google-ads:read"];
    let key = succeeds(&mut with("turnpike.toml", &key));
    let port = free_port().unwrap();
    let own = format!("127.0.0.1:{port}");
    let arguments = ["serve", "--roles", "gateway", "--servers", "google-ads", "--listen", &own];
    let mut sidecar = with("turnpike.toml", &arguments);
    sidecar.env("TURNPIKE_SERVER__ALLOWED_HOSTS", format!("127.0.0.1:{port},localhost:{port}"));
    let mut sidecar = Running::start(sidecar.env("TURNPIKE_SERVER__READY_SECONDS", "0").stderr(Stdio::null()));
    let url = format!("http://{own}");
    let ready = || async { turnpike().args(["healthcheck", "--url", &url]).output().unwrap().status.success() };
    until("the sidecar is ready", ready).await;
    let list = |path: &str, host: &str| {
        let request = Client::new().post(format!("{url}{path}")).bearer_auth(key.trim()).header(header::HOST, host);
        let request = request.header(header::ACCEPT, "application/json, text/event-stream");
        request.json(&serde_json::json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"})).send()
    };
    for host in [own.as_str(), &format!("localhost:{port}"), HOST] {
        let answer = list("/google-ads/mcp", host).await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{host}");
        assert!(answer.text().await.unwrap().contains("list_campaigns"));
    }
    assert_eq!(list("/google-ads/mcp", "evil.example").await.unwrap().status(), StatusCode::FORBIDDEN);
    assert_eq!(list("/meta-ads/mcp", &own).await.unwrap().status(), StatusCode::NOT_FOUND, "another server");
    sidecar.ask_to_stop();
    assert!(sidecar.ends(PATIENCE).await, "the sidecar does not end well");

    // The proxy, whose containers' names and ports are those of the processes.
    let (plain, secure) = (free_port().unwrap(), free_port().unwrap());
    let (here, gateway, portal) = (place.display().to_string(), &ports[0], &ports[1]);
    let changes = [
        ("/run/secrets", secrets.as_str()),
        (" /tmp/", &format!(" {here}/")),
        ("/var/www/acme", &format!("{here}/acme")),
        ("listen 8080;", &format!("listen 127.0.0.1:{plain};")),
        ("listen 8443", &format!("listen 127.0.0.1:{secure}")),
        ("$gateway gateway;", "$gateway 127.0.0.1;"),
        ("$portal portal;", "$portal 127.0.0.1;"),
        ("http://$gateway:8080", &format!("http://$gateway:{gateway}")),
        ("http://$portal:8080", &format!("http://$portal:{portal}")),
        ("/dev/stdout", &format!("{here}/access.log")),
        ("/dev/stderr", &format!("{here}/error.log")),
    ];
    replace(&place.join("nginx.conf"), &changes);
    fs::create_dir_all(place.join("acme/.well-known/acme-challenge")).unwrap();
    fs::write(place.join("acme/.well-known/acme-challenge/token"), "proof").unwrap();
    readable(&place);
    let mut nginx = command(concat!(env!("CARGO_MANIFEST_DIR"), "/.tools/unpacked/usr/sbin/nginx"));
    let _nginx =
        Running::start(nginx.arg("-p").arg(&place).arg("-c").arg(place.join("nginx.conf")).args(["-g", "daemon off;"]));
    let client = Client::builder()
        .danger_accept_invalid_certs(true)
        .redirect(reqwest::redirect::Policy::none())
        .resolve(HOST, ([127, 0, 0, 1], secure).into())
        .no_proxy()
        .build()
        .unwrap();
    let up = format!("http://127.0.0.1:{plain}/up");
    until("nginx answers", || async { client.get(&up).send().await.is_ok() }).await;

    let get = |path: &str| client.get(format!("https://{HOST}:{secure}{path}")).send();
    let page = get("/sign-in").await.unwrap();
    assert_eq!(page.status(), StatusCode::OK, "the portal");
    assert!(
        page.headers().contains_key("strict-transport-security")
            && page.headers().contains_key("content-security-policy")
    );
    for path in ["/mcp", "/google-ads/mcp"] {
        let answer = get(path).await.unwrap();
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{path}: the gateway");
        let challenge = answer.headers()[header::WWW_AUTHENTICATE].to_str().unwrap().to_owned();
        let document = format!("https://{HOST}/.well-known/oauth-protected-resource{path}");
        assert!(challenge.contains(&document), "{challenge}");
        let metadata = get(&format!("/.well-known/oauth-protected-resource{path}")).await.unwrap();
        assert!(metadata.text().await.unwrap().contains(&format!("\"https://{HOST}{path}\"")));
    }
    assert_eq!(get("/.well-known/oauth-authorization-server").await.unwrap().status(), StatusCode::OK, "the portal");
    assert_eq!(get("/linkedin-ads/mcp").await.unwrap().status(), StatusCode::NOT_FOUND, "it is not among the servers");
    let to_tls = client.get(format!("http://127.0.0.1:{plain}/mcp?secret=1")).send().await.unwrap();
    assert_eq!(to_tls.headers()[header::LOCATION], format!("https://{HOST}/mcp?secret=1"));
    let proof = client.get(format!("http://127.0.0.1:{plain}/.well-known/acme-challenge/token")).send().await.unwrap();
    assert_eq!(proof.text().await.unwrap(), "proof");
    let stranger = client.get(format!("https://127.0.0.1:{secure}/")).send().await;
    assert!(stranger.is_err(), "another name is answered");
    get("/sign-in?token=canary-of-a-link").await.unwrap();
    let log = fs::read_to_string(place.join("access.log")).unwrap();
    assert!(log.contains("GET /sign-in 200") && !log.contains("canary"), "{log}");

    // Each ends well within the time that Compose gives it.
    let begun = Instant::now();
    for process in &mut processes {
        process.ask_to_stop();
    }
    for mut process in processes {
        assert!(process.ends(Duration::from_secs(50)).await, "a process does not end well");
    }
    println!("three processes ended within {:.1} s of 50 s", begun.elapsed().as_secs_f64());
}

/// Runs what the document marks as runnable, in order, as a person would.
fn take_steps(folder: &TempDir) {
    let text = fs::read_to_string(deploy().join("compose/README.md")).unwrap();
    let steps: Vec<_> = text.split("```sh run\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert_eq!(steps.len(), 4, "the document has other steps");
    let program = PathBuf::from(turnpike().get_program()).parent().unwrap().to_owned();
    let path = std::env::var("PATH").unwrap();
    for step in steps {
        let mut shell = command("bash");
        shell.args(["-euo", "pipefail", "-c", step]).current_dir(folder.path());
        succeeds(shell.env("PATH", format!("{}:{path}", program.display())));
    }
}

fn deploy() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy")
}

#[expect(clippy::disallowed_methods, reason = "the test is who deploys; the product runs no other program")]
fn command(name: &str) -> Command {
    let mut command = Command::new(name);
    command.stdin(Stdio::null());
    command
}

fn succeeds(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?} fails: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn replace(path: &Path, changes: &[(&str, &str)]) {
    let mut text = fs::read_to_string(path).unwrap();
    for (old, new) in changes {
        assert!(text.contains(old), "{} does not say {old}", path.display());
        text = text.replace(old, new);
    }
    fs::write(path, text).unwrap();
}

/// nginx that root starts serves as somebody else, who must come to the folder.
fn readable(place: &Path) {
    succeeds(command("chmod").arg("-R").arg("a+rX").arg(place.parent().unwrap()));
    succeeds(command("chmod").arg("a+rwX").arg(place));
}

async fn until<F: Future<Output = bool>>(what: &str, mut is: impl FnMut() -> F) {
    let deadline = Instant::now() + 2 * PATIENCE;
    while !is().await {
        assert!(Instant::now() < deadline, "{what}: not within a minute");
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// A program that runs; it is asked to stop when dropped: nginx's own children outlive one that is killed.
struct Running(Child);

impl Running {
    fn start(command: &mut Command) -> Self {
        Self(command.stdout(Stdio::null()).spawn().unwrap_or_else(|error| panic!("{command:?}: {error}")))
    }

    fn ask_to_stop(&mut self) {
        succeeds(command("kill").arg(self.0.id().to_string()));
    }

    async fn ends(&mut self, within: Duration) -> bool {
        let deadline = Instant::now() + within;
        loop {
            if let Some(status) = self.0.try_wait().unwrap() {
                return status.success();
            }
            if Instant::now() > deadline {
                return false;
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if matches!(self.0.try_wait(), Ok(None)) {
            command("kill").arg(self.0.id().to_string()).status().ok();
            self.0.wait().ok();
        }
    }
}
