//! What an instance fetches at its first boot and at each boot, from stand-ins for the cloud's metadata, its store of files and
//! its store of secrets.

use std::{
    fs,
    io::Read as _,
    os::unix::fs::PermissionsExt as _,
    process::{Command, Output},
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    extract::Request,
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::json;
use tempfile::TempDir;
use turnpike_deploy::Target;

use crate::hosting::proxy::{program, rendered, text_of};

const TOKEN: &str = "canary-of-the-instance-token";
const SECRET: &str = "canary-of-a-secret";

struct Cloud {
    url: String,
    asked: Arc<Mutex<Vec<String>>>,
    folder: TempDir,
}

/// The archive that is fetched: a program that says a version.
fn archive() -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("turnpike"), "#!/bin/sh\necho turnpike 9.9.9\n").unwrap();
    let file = folder.path().join("turnpike.tar.gz");
    let made = program("tar").arg("-C").arg(folder.path()).arg("-czf").arg(&file).arg("turnpike").status().unwrap();
    assert!(made.success());
    fs::read(file).unwrap()
}

fn answer(archive: &[u8], request: &Request) -> Response {
    let path = request.uri().path();
    let allowed = |name: header::HeaderName, value: &str| request.headers().get(name).is_some_and(|sent| sent == value);
    let bearer = format!("Bearer {TOKEN}");
    match path {
        "/computeMetadata/v1/instance/service-accounts/default/token"
            if allowed(header::HeaderName::from_static("metadata-flavor"), "Google") =>
        {
            json!({ "access_token": TOKEN, "expires_in": 3599, "token_type": "Bearer" }).to_string().into_response()
        }
        _ if !allowed(header::AUTHORIZATION, &bearer) => StatusCode::FORBIDDEN.into_response(),
        "/storage/v1/b/agency-artifacts/o/turnpike-0.1.0.tar.gz" => archive.to_owned().into_response(),
        _ if path.contains("/secrets/turnpike-tls-") => StatusCode::NOT_FOUND.into_response(),
        _ if path.starts_with("/v1/projects/agency-project/secrets/turnpike-")
            && path.ends_with("/versions/latest:access") =>
        {
            let name = path.split('/').nth(5).unwrap();
            let data = BASE64_STANDARD.encode(format!("{SECRET} {name}"));
            json!({ "payload": { "data": data } }).to_string().into_response()
        }
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

impl Cloud {
    /// The stand-ins, and the script as an instance has it that was rendered for an archive of this digest.
    async fn start(archive: Vec<u8>, sha256: &str) -> Self {
        let asked = Arc::new(Mutex::new(vec![]));
        let heard = asked.clone();
        let router = Router::new().fallback(move |request: Request| {
            heard.lock().unwrap().push(request.uri().path().to_owned());
            let answer = answer(&archive, &request);
            async move { answer }
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });

        let folder = tempfile::tempdir().unwrap();
        let user_data = rendered(Target::Gce, "https://mcp.agency.example");
        let user_data = text_of(&user_data, "user-data");
        let script = user_data.split("  - path: /usr/local/lib/turnpike/fetch\n").nth(1).unwrap();
        let script = script.split("    content: |\n").nth(1).unwrap().lines();
        let script = script.take_while(|line| line.is_empty() || line.starts_with("      "));
        let script: String = script.map(|line| format!("{}\n", line.get(6..).unwrap_or_default())).collect();
        fs::write(folder.path().join("fetch"), script.replace(&"0".repeat(64), sha256)).unwrap();

        // Who is called, with what, and with which variables: what others on the machine may see.
        let spy = format!(
            "#!/bin/bash\n{{ printf '%s ' \"$0\" \"$@\"; echo; env; }} >>{at}/seen\nexec \"/usr/bin/${{0##*/}}\" \"$@\"\n",
            at = folder.path().display()
        );
        fs::create_dir(folder.path().join("bin")).unwrap();
        for name in ["curl", "jq", "base64", "sha256sum", "mv", "tar"] {
            let path = folder.path().join("bin").join(name);
            fs::write(&path, &spy).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        Self { url, asked, folder }
    }

    async fn fetch(&self, what: &str) -> Output {
        let mut command: Command = program("bash");
        let mut path = self.folder.path().join("bin").into_os_string();
        path.push(":/usr/bin:/bin");
        command.arg(self.folder.path().join("fetch")).arg(what).env("PATH", path).env("TURNPIKE_ROOT", self.root());
        for name in ["TURNPIKE_METADATA", "TURNPIKE_STORAGE", "TURNPIKE_SECRET_MANAGER"] {
            command.env(name, &self.url);
        }
        tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
    }

    fn root(&self) -> std::path::PathBuf {
        self.folder.path().join("root")
    }

    fn asked(&self) -> usize {
        self.asked.lock().unwrap().len()
    }

    /// Neither what others may see nor what is written down has a secret.
    fn assert_silent(&self, output: &Output) {
        let seen = fs::read_to_string(self.folder.path().join("seen")).unwrap();
        let words =
            String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr) + &seen;
        assert!(seen.contains("curl") && !words.contains(TOKEN) && !words.contains(SECRET), "{words}");
    }
}

fn digest(bytes: &[u8]) -> String {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    std::io::Write::write_all(&mut file, bytes).unwrap();
    let output = program("sha256sum").arg(file.path()).output().unwrap();
    let mut hex = String::new();
    output.stdout.take(64).read_to_string(&mut hex).unwrap();
    hex
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_are_fetched_into_memory_and_nobody_sees_them() {
    let cloud = Cloud::start(vec![], &"1".repeat(64)).await;
    fs::create_dir_all(cloud.root()).unwrap();
    for _ in 0..2 {
        let output = cloud.fetch("secrets").await;
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        cloud.assert_silent(&output);
    }
    let link = cloud.root().join("etc/turnpike/secrets");
    assert_eq!(fs::read_link(&link).unwrap(), cloud.root().join("run/turnpike-secrets"));
    let mut names: Vec<_> =
        fs::read_dir(&link).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    assert!(
        names.contains(&"store-owner-url".to_owned()) && names.contains(&"aws-credentials".to_owned()),
        "{names:?}"
    );
    for name in names {
        let file = link.join(&name);
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600, "{name}");
        assert_eq!(fs::read_to_string(&file).unwrap(), format!("{SECRET} turnpike-{name}"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_is_fetched_once_and_only_if_it_is_the_one() {
    let archive = archive();
    let other = Cloud::start(archive.clone(), &"1".repeat(64)).await;
    fs::create_dir_all(other.root().join("opt")).unwrap();
    assert!(!other.fetch("program").await.status.success());
    assert!(!other.root().join("usr/local/bin/turnpike").exists());

    let cloud = Cloud::start(archive.clone(), &digest(&archive)).await;
    fs::create_dir_all(cloud.root().join("opt")).unwrap();
    let output = cloud.fetch("program").await;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    cloud.assert_silent(&output);
    let asked = cloud.asked();
    assert!(cloud.fetch("program").await.status.success());
    assert_eq!(cloud.asked(), asked, "it is fetched again");
    let said = program(cloud.root().join("usr/local/bin/turnpike")).output().unwrap();
    assert_eq!(String::from_utf8(said.stdout).unwrap(), "turnpike 9.9.9\n");
}
