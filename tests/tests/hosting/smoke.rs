//! The smoke script and the proxy, in front of real processes.

use std::{fs, net::TcpListener, process::Output};

use reqwest::StatusCode;
use turnpike_testkit::Postgres;
use turnpike_tests::process::{Deployment, Server};

use crate::hosting::proxy::{Proxy, free_port, program, repository};

struct Host {
    proxy: Proxy,
    gateway: Server,
    portal: Server,
    key: String,
    folder: tempfile::TempDir,
    deployment: Deployment,
    _postgres: Postgres,
}

async fn host() -> Host {
    let socket = || TcpListener::bind("127.0.0.1:0").unwrap();
    let (port, for_gateway, for_portal) = (free_port(), socket(), socket());
    let postgres = Postgres::shared().await.unwrap();
    let settings = format!("[server]\npublic_url = \"https://localhost:{port}\"\ntrusted_proxies = [\"127.0.0.1\"]\n");
    let deployment = Deployment::on_postgres(&postgres.database().await.unwrap(), &settings).await;
    let tenant = deployment.add_tenant().await;
    deployment.connect_sandbox(tenant).await;
    let key = deployment.add_key(tenant).await;
    let gateway = deployment.serve_on(&for_gateway, &["--roles", "gateway"], &[]).await;
    let portal = deployment.serve_on(&for_portal, &["--roles", "portal"], &[]).await;
    let proxy = Proxy::start(port, &for_gateway, &for_portal).await;
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("key"), &key).unwrap();
    Host { proxy, gateway, portal, key, folder, deployment, _postgres: postgres }
}

impl Host {
    async fn smoke(&self) -> (bool, String) {
        let mut command = program(repository().join("deploy/smoke"));
        command.arg(&self.proxy.url).arg("--key-file").arg(self.folder.path().join("key"));
        command.env("CURL_CA_BUNDLE", self.proxy.certificate()).env("no_proxy", "localhost");
        let Output { status, stdout, stderr } =
            tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
        let words = String::from_utf8(stdout).unwrap() + &String::from_utf8(stderr).unwrap();
        assert!(!words.contains(&self.key), "the key is shown");
        (status.success(), words)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_smoke_script_passes_a_good_host_and_fails_a_broken_one() {
    let host = host().await;
    let (good, words) = host.smoke().await;
    print!("{words}");
    assert!(good && !words.contains("FAIL"), "{words}");
    assert!(words.contains("ok    a call of google_ads_list_accounts is answered"), "{words}");

    let client = host.proxy.client();
    // Nobody is served without encryption, and no query is lost on the way.
    let answer = client.get(format!("{}/sign-in?next=1", host.proxy.plain_url)).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::PERMANENT_REDIRECT);
    assert_eq!(answer.headers()["location"], "https://localhost/sign-in?next=1");
    // One header of a kind, on answers of both roles.
    for path in ["/sign-in", "/google-ads/mcp"] {
        let answer = client.get(format!("{}{path}", host.proxy.url)).send().await.unwrap();
        let times = answer.headers().get_all("strict-transport-security").iter().count();
        assert_eq!(times, 1, "{path}");
    }
    // What lets somebody in is in no log.
    let secret = "a-secret-of-a-link";
    for path in [format!("/link/{secret}"), format!("/connect-for/{secret}"), format!("/sign-in?code={secret}")] {
        client.get(format!("{}{path}", host.proxy.url)).bearer_auth(secret).send().await.unwrap();
    }
    let log = host.proxy.log("access.log") + &host.proxy.log("error.log") + &host.proxy.log("main.log");
    assert!(log.contains("\"path\":\"/link/-\"") && log.contains("\"path\":\"/sign-in\""), "{log}");
    assert!(!log.contains(secret) && !log.contains(&host.key), "{log}");
    // Under another name nobody answers.
    let other = client.get(&host.proxy.plain_url).header("host", "other.example").send().await.unwrap();
    assert_eq!(other.status(), StatusCode::MISDIRECTED_REQUEST);

    let mut host = host;
    let portal = host.deployment.serve_as(&["--roles", "portal"]).await;
    // In the gateway's place is one whose socket is not the proxy's.
    assert!(std::mem::replace(&mut host.gateway, portal).stop().await);
    // The socket is open and nobody takes from it: curl gives up, as a client would.
    let (good, words) = host.smoke().await;
    assert!(!good && words.contains("FAIL  an agent without a credential is refused"), "{words}");
    assert!(words.contains("ok    people can sign in"), "{words}");
    assert!(host.gateway.stop().await && host.portal.stop().await);
}
