//! nginx with the rendered configuration, on free ports and in a folder of its own.

use std::{
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use tempfile::TempDir;
use turnpike_deploy::{Deployment, File, Target};
use turnpike_tests::process::PATIENCE;

/// The repository.
pub(crate) fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

#[expect(clippy::disallowed_methods, reason = "the tests run what a host runs; the product runs no other program")]
pub(crate) fn program(name: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(name);
    command.stdin(Stdio::null());
    command
}

/// A port that nobody has at this moment.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// The example deployment under another address, rendered.
pub(crate) fn rendered(target: Target, public_url: &str) -> Vec<File> {
    let folder = tempfile::tempdir().unwrap();
    let text = fs::read_to_string(repository().join("deploy/turnpike.toml")).unwrap();
    let path = folder.path().join("turnpike.toml");
    fs::write(&path, text.replace("https://mcp.agency.example", public_url)).unwrap();
    target.render(&Deployment::read(&path).unwrap()).unwrap()
}

pub(crate) fn text_of<'a>(files: &'a [File], path: &str) -> &'a str {
    &files.iter().find(|file| file.path == path).unwrap_or_else(|| panic!("there is no file {path}")).text
}

/// A running nginx. It is killed when dropped.
pub(crate) struct Proxy {
    pub(crate) folder: TempDir,
    /// `https://localhost` and its port.
    pub(crate) url: String,
    /// The same without encryption.
    pub(crate) plain_url: String,
    child: Child,
}

impl Proxy {
    /// Starts it in front of these sockets.
    pub(crate) async fn start(port: u16, gateway: &TcpListener, portal: &TcpListener) -> Self {
        let (folder, plain) = (tempfile::tempdir().unwrap(), free_port());
        let at = folder.path().to_str().unwrap();
        let url = format!("https://localhost:{port}");
        let files = rendered(Target::Systemd, &url);

        let servers = text_of(&files, "etc/nginx/conf.d/turnpike.conf");
        let own: String =
            servers.lines().filter(|line| !line.contains("listen [::]:")).map(|line| format!("{line}\n")).collect();
        let own = own
            .replace("listen 80", &format!("listen 127.0.0.1:{plain}"))
            .replace("listen 443", &format!("listen 127.0.0.1:{port}"))
            .replace("server 127.0.0.1:8080;", &format!("server {};", gateway.local_addr().unwrap()))
            .replace("server 127.0.0.1:8081;", &format!("server {};", portal.local_addr().unwrap()))
            // A host has the port that goes without saying.
            .replace("Host $host;", &format!("Host $host:{port};"))
            .replace("/etc/turnpike/tls", &format!("{at}/tls"))
            .replace("/var/log/nginx/turnpike", at)
            .replace("/var/lib/turnpike-acme", &format!("{at}/acme"));
        fs::write(folder.path().join("servers.conf"), own).unwrap();
        let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .iter()
            .map(|name| format!("{name}_temp_path {at}/{name};\n"))
            .collect();
        // As root it would become somebody else, who may not read here.
        let user = if fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0) {
            "user root;\n"
        } else {
            ""
        };
        let main = format!(
            "{user}daemon off;\npid {at}/nginx.pid;\nerror_log {at}/main.log;\nevents {{}}\nhttp {{\n{temporary}include {at}/servers.conf;\n}}\n"
        );
        fs::write(folder.path().join("nginx.conf"), main).unwrap();

        let script = folder.path().join("bootstrap-certificate");
        fs::write(&script, text_of(&files, "usr/local/lib/turnpike/bootstrap-certificate")).unwrap();
        let made = program("bash").arg(&script).env("TURNPIKE_TLS", folder.path().join("tls")).status().unwrap();
        assert!(made.success(), "there is no certificate");

        let nginx = repository().join("tests/.tools/unpacked/usr/sbin/nginx");
        assert!(nginx.is_file(), "there is no nginx: run tests/run once without --quick");
        let child = program(nginx).arg("-p").arg(at).arg("-c").arg(folder.path().join("nginx.conf")).spawn().unwrap();
        let mut proxy = Self { plain_url: format!("http://localhost:{plain}"), url, child, folder };
        let deadline = Instant::now() + PATIENCE;
        while tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            let ended = proxy.child.try_wait().unwrap();
            assert!(ended.is_none() && Instant::now() < deadline, "nginx does not start: {}", proxy.log("main.log"));
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        proxy
    }

    /// Its certificate, which vouches for itself.
    pub(crate) fn certificate(&self) -> PathBuf {
        self.folder.path().join("tls/fullchain.pem")
    }

    /// A client that believes it.
    pub(crate) fn client(&self) -> reqwest::Client {
        self.believed_by(reqwest::Client::builder())
    }

    /// The same, of a kind.
    pub(crate) fn believed_by(&self, client: reqwest::ClientBuilder) -> reqwest::Client {
        let certificate = reqwest::Certificate::from_pem(&fs::read(self.certificate()).unwrap()).unwrap();
        client
            .no_proxy()
            .add_root_certificate(certificate)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .build()
            .unwrap()
    }

    pub(crate) fn log(&self, name: &str) -> String {
        fs::read_to_string(self.folder.path().join(name)).unwrap_or_default()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // Asked, it ends its workers too; killed, it would leave them.
        program("kill").arg(self.child.id().to_string()).status().ok();
        self.child.wait().ok();
    }
}
