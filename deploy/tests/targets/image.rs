//! The image. Base images cannot be had everywhere, so the last stage of the Dockerfile is built by buildah on what distroless has of
//! C's libraries, taken from this machine, with the program that cargo has built; all its lines are those that Docker runs.

use std::{
    collections::BTreeSet,
    fs,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use serde_json::Value;
use tempfile::TempDir;

use crate::programs::{bad, fails, here, passes, program, python, turnpike};

/// The libraries in `gcr.io/distroless/cc-debian13`: packages libc6, libgcc-s1, libgomp1, libstdc++6, libssl3.
const DISTROLESS: [&str; 12] = [
    "ld-linux-x86-64.so.2",
    "libc.so.6",
    "libcrypto.so.3",
    "libdl.so.2",
    "libgcc_s.so.1",
    "libgomp.so.1",
    "libm.so.6",
    "libpthread.so.0",
    "libresolv.so.2",
    "librt.so.1",
    "libssl.so.3",
    "libstdc++.so.6",
];

fn dockerfile() -> PathBuf {
    here().join("docker/Dockerfile")
}

/// A place of its own for images and containers.
struct Store {
    folder: TempDir,
}

impl Store {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn buildah(&self, arguments: &[&str]) -> Command {
        let mut buildah = program("buildah");
        buildah.args(["--storage-driver", "vfs", "--root"]).arg(self.folder.path().join("root"));
        buildah.arg("--runroot").arg(self.folder.path().join("run")).args(arguments);
        buildah
    }

    /// Makes a folder below its own.
    fn folder(&self, name: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::create_dir_all(&path).unwrap();
        path
    }

    /// Builds a Dockerfile from a folder; `build` is the stage that has compiled the program.
    fn build(&self, dockerfile: &Path, context: &Path, build: &Path, runtime: &str) -> Command {
        let build = format!("build={}", build.display());
        let runtime = format!("RUNTIME={runtime}");
        let mut buildah = self.buildah(&["bud", "--isolation", "chroot", "--format", "docker", "--pull-never"]);
        buildah.args(["--build-context", &build, "--build-arg", &runtime, "--build-arg", "VERSION=1.2.3"]);
        buildah.args(["-t", "turnpike", "-f"]).arg(dockerfile).arg(context);
        buildah
    }

    /// What whoever runs the image is told.
    fn config(&self) -> Value {
        let said = passes(&mut self.buildah(&["inspect", "--type", "image", "turnpike"]));
        serde_json::from_str::<Value>(&said).unwrap()["Docker"]["config"].clone()
    }

    /// The files of an image.
    fn files(&self, image: &str) -> BTreeSet<PathBuf> {
        let container = passes(&mut self.buildah(&["from", "--pull-never", image])).trim().to_owned();
        let root = PathBuf::from(passes(&mut self.buildah(&["mount", &container])).trim());
        let files = list(&root).into_iter().map(|path| path.strip_prefix(&root).unwrap().to_owned()).collect();
        passes(&mut self.buildah(&["rm", &container]));
        files
    }
}

fn list(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let of = |entry: fs::DirEntry| match entry.file_type().unwrap().is_dir() {
        true => list(&entry.path()),
        false => vec![entry.path()],
    };
    entries.flat_map(of).collect()
}

/// The last stage, with nothing before it but the argument that says what it stands on.
fn last_stage(folder: &Path) -> PathBuf {
    let text = fs::read_to_string(dockerfile()).unwrap();
    let at = text.find("FROM ${RUNTIME}").unwrap();
    let path = folder.join("Dockerfile");
    fs::write(&path, format!("ARG RUNTIME\n{}", &text[at..])).unwrap();
    path
}

/// The libraries that a program wants, by the loader's own word.
fn libraries(program_: &Path) -> Vec<PathBuf> {
    let said = passes(program("ldd").arg(program_));
    said.split_whitespace().filter(|word| word.starts_with('/')).map(PathBuf::from).collect()
}

#[test]
fn hadolint_finds_nothing_in_the_dockerfile() {
    assert_eq!(passes(python("hadolint").arg(dockerfile())), "");
    fails(python("hadolint").arg(bad("Dockerfile")), "DL3008");
}

#[test]
fn the_program_wants_no_library_that_the_image_has_not() {
    let wanted = libraries(&turnpike());
    assert!(wanted.len() >= 3, "{wanted:?}");
    for library in wanted {
        let name = library.file_name().unwrap().to_str().unwrap();
        assert!(DISTROLESS.contains(&name), "{name}");
    }
}

#[test]
fn the_image_is_one_program_that_is_not_root_and_runs() {
    let store = Store::new();
    // What distroless has, from this machine.
    let base = store.folder("base");
    for library in libraries(&turnpike()) {
        let to = base.join(library.strip_prefix("/").unwrap());
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(&library, to).unwrap();
    }
    // The program believes whom the system believes.
    let certificates = "etc/ssl/certs/ca-certificates.crt";
    fs::create_dir_all(base.join("etc/ssl/certs")).unwrap();
    fs::copy(Path::new("/").join(certificates), base.join(certificates)).unwrap();
    let runtime = store.folder("runtime");
    fs::write(runtime.join("Dockerfile"), "FROM scratch\nCOPY . /\n").unwrap();
    let mut make = store.buildah(&["bud", "--isolation", "chroot", "-t", "runtime", "-f"]);
    passes(make.arg(runtime.join("Dockerfile")).arg(&base));
    let build = store.folder("build");
    passes(program("strip").arg("-o").arg(build.join("turnpike")).arg(turnpike()));

    let last = last_stage(store.folder.path());
    passes(&mut store.build(&last, &store.folder("context"), &build, "localhost/runtime"));
    assert_eq!(problems(&store.config()), "");
    assert_eq!(store.config()["Labels"]["org.opencontainers.image.version"], "1.2.3");
    let added: Vec<_> = store.files("turnpike").difference(&store.files("runtime")).cloned().collect();
    assert_eq!(added, [PathBuf::from("usr/local/bin/turnpike")], "a shell, or more");

    // It runs there, as nobody, from a root that it cannot write to: as far as a chroot goes.
    let container = passes(&mut store.buildah(&["from", "--pull-never", "turnpike"])).trim().to_owned();
    let run = |arguments: &[&str]| {
        let all = [&["run", "--isolation", "chroot", &container, "--", "/usr/local/bin/turnpike"], arguments].concat();
        store.buildah(&all)
    };
    assert!(passes(&mut run(&["--version"])).starts_with("turnpike "));
    assert!(passes(&mut run(&["config", "defaults"])).contains("[server]"));
    fails(&mut run(&["--data", "/data", "demo", "--listen", "127.0.0.1:0"]), "ermission denied");
    fails(&mut run(&["healthcheck", "--url", "http://127.0.0.1:1"]), "does not answer");

    // Its health check finds a server that runs in it.
    let data = store.folder("data");
    passes(program("chown").arg("65532:65532").arg(&data));
    let volume = format!("{}:/tmp", data.display());
    let mut serve = store.buildah(&["run", "--isolation", "chroot", "-v", &volume, &container, "--"]);
    serve.args(["/usr/local/bin/turnpike", "--data", "/tmp/data", "demo", "--json", "--listen", "127.0.0.1:0"]);
    let (running, url) = Running::start(&mut serve);
    assert_eq!(passes(&mut run(&["healthcheck", "--url", &url])).trim(), "ready");
    drop(running);
}

/// A server in a container; it is stopped when dropped.
struct Running(Child);

impl Running {
    /// Starts it; where it listens, from its first line.
    fn start(command: &mut Command) -> (Self, String) {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let running = Self(child);
        let said: Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
        (running, said["portal_url"].as_str().unwrap_or_else(|| panic!("no url: {said}")).to_owned())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // To buildah, which passes it on to what it runs.
        passes(program("kill").arg(self.0.id().to_string()));
        self.0.wait().ok();
    }
}

/// What is wrong with an image's configuration.
fn problems(config: &Value) -> String {
    let is = |at: &str, wanted: Value| (config[at] != wanted).then(|| format!("{at} is {}", config[at]));
    let mut found = vec![
        is("User", "65532:65532".into()),
        is("Entrypoint", serde_json::json!(["/usr/local/bin/turnpike"])),
        is("StopSignal", "SIGTERM".into()),
        is("ExposedPorts", serde_json::json!({"8080/tcp": {}})),
    ];
    let test = &config["Healthcheck"]["Test"];
    let wanted = serde_json::json!(["CMD", "/usr/local/bin/turnpike", "healthcheck"]);
    found.push((*test != wanted).then(|| format!("Healthcheck is {test}")));
    for label in ["title", "description", "licenses", "version", "revision", "source"] {
        let label = format!("org.opencontainers.image.{label}");
        found.push(config["Labels"].get(&label).is_none().then(|| format!("{label} is missing")));
    }
    found.into_iter().flatten().collect::<Vec<_>>().join("\n")
}

#[test]
fn an_image_that_is_root_and_has_no_health_check_is_refused() {
    let store = Store::new();
    let (context, build) = (store.folder("context"), store.folder("build"));
    fs::write(build.join("turnpike"), "").unwrap();
    let careless = fs::read_to_string(last_stage(store.folder.path())).unwrap();
    let kept = careless.lines().filter(|line| !["USER", "HEALTHCHECK"].iter().any(|word| line.starts_with(word)));
    let path = store.folder.path().join("Careless");
    fs::write(&path, kept.collect::<Vec<_>>().join("\n")).unwrap();
    passes(&mut store.build(&path, &context, &build, "scratch"));
    let found = problems(&store.config());
    assert!(found.contains("User is \"\"") && found.contains("Healthcheck is null"), "{found}");
    // And buildah itself fails where a file is missing.
    fs::remove_file(build.join("turnpike")).unwrap();
    fails(&mut store.build(&last_stage(store.folder.path()), &context, &build, "scratch"), "turnpike");
}

#[test]
fn what_is_secret_or_large_does_not_come_into_the_build() {
    let store = Store::new();
    let context = store.folder("context");
    let ignored =
        ["target/debug/turnpike", "deploy/secrets/store-url", "tls.key", "a/b.pem", "turnpike.toml", ".git/config"];
    let ignored = ignored.into_iter().chain(["tests/.tools/venv/x", "tests/clients/node_modules/x", "data/local.key"]);
    let kept = ["Cargo.toml", "shared/vault/src/secrets.rs", "deploy/turnpike.toml", "servers/turnpike/src/main.rs"];
    for file in ignored.chain(kept) {
        let path = context.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "").unwrap();
    }
    fs::copy(here().join("../.dockerignore"), context.join(".dockerignore")).unwrap();
    let dockerfile = store.folder("all").join("Dockerfile");
    fs::write(&dockerfile, "FROM scratch\nCOPY . /\n").unwrap();
    passes(&mut store.build(&dockerfile, &context, &store.folder("build"), "scratch"));
    let kept: BTreeSet<_> = kept.into_iter().chain([".dockerignore"]).map(PathBuf::from).collect();
    assert_eq!(store.files("turnpike"), kept);
}
