//! The proxy's configuration.

use std::{fs, path::Path, process::Command};

use tempfile::TempDir;
use turnpike_deploy::Target;

use crate::{
    programs::{Verdict, ask, bad, fails, passes, program, python},
    rendered::Rendered,
};

/// A configuration around a file of servers, which needs no rights and no folder of the machine.
fn around(servers: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path().display();
    let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .iter()
        .map(|name| format!("    {name}_temp_path {at}/{name};\n"))
        .collect();
    let main = format!(
        "worker_processes auto;\npid {at}/nginx.pid;\nerror_log stderr;\nevents {{}}\nhttp {{\n    server_tokens off;\n\
         {temporary}    include {at}/servers.conf;\n}}\n"
    );
    fs::write(folder.path().join("nginx.conf"), main).unwrap();
    fs::write(folder.path().join("servers.conf"), servers).unwrap();
    folder
}

/// What is rendered, on a host that has no certificate but the first one.
fn host() -> TempDir {
    let files = Rendered::example(Target::Systemd);
    let text = files.text("etc/nginx/conf.d/turnpike.conf");
    let folder = around("");
    let at = folder.path().to_str().unwrap();
    let text = text.replace("/etc/turnpike/tls", &format!("{at}/tls")).replace("/var/log/nginx/turnpike", at);
    fs::write(folder.path().join("servers.conf"), text).unwrap();
    let script = files.path("usr/local/lib/turnpike/bootstrap-certificate");
    passes(program("bash").arg(script).env("TURNPIKE_TLS", folder.path().join("tls")));
    folder
}

fn understood(folder: &Path) -> Verdict {
    ask(program("nginx").arg("-t").arg("-p").arg(folder).arg("-c").arg(folder.join("nginx.conf")))
}

fn gixy(folder: &Path) -> Command {
    let mut gixy = python("gixy");
    gixy.arg(folder.join("nginx.conf"));
    gixy
}

#[test]
fn nginx_understands_it_before_there_is_a_certificate_and_gixy_finds_nothing() {
    let folder = host();
    let verdict = understood(folder.path());
    assert!(verdict.good && !verdict.words.contains("[warn]"), "{}", verdict.words);
    passes(&mut gixy(folder.path()));
}

#[test]
fn what_nginx_does_not_know_and_what_gixy_warns_of_is_refused() {
    let read = |name| around(&fs::read_to_string(bad(name)).unwrap());
    let verdict = understood(read("newer-syntax.nginx.conf").path());
    assert!(!verdict.good && verdict.words.contains("http2"), "{verdict:?}");
    fails(&mut gixy(read("split.nginx.conf").path()), "http_splitting");
}
