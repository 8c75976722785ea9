//! The real program as a child process, for faults that only a process can have: it is killed and started again.

mod balancer;
mod caller;
mod cluster;
mod collector;
mod demo;
mod deployment;
mod load;
mod rotating;
mod server;
mod strict;
mod vendor;

pub use balancer::Balancer;
pub use caller::{Answer, Caller};
pub use cluster::{Cluster, Death};
pub use collector::{Collector, Measurement, Span};
pub use demo::{Demo, interrupt};
pub use deployment::{Deployment, PASSWORD};
pub use load::{Load, Memory};
pub use rotating::{Family, Presented, RotatingServer};
pub use server::Server;
pub use strict::StrictUpstream;
pub use vendor::Vendor;

use std::{
    env,
    path::PathBuf,
    process::{Command, Stdio},
    time::Duration,
};

use turnpike_core::Ambient;

/// How long anything here may take that usually takes a moment.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// The program, without this process's settings: they would go before those of the test.
#[expect(
    clippy::disallowed_methods,
    reason = "the tests run the product as its users do; the product runs no other program"
)]
pub fn turnpike() -> Command {
    let mut command = Command::new(program());
    for (name, _) in env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("TURNPIKE_")) {
        command.env_remove(name);
    }
    // Nobody at AWS: what the tests have in KMS's place takes any signature.
    command
        .env("AWS_ACCESS_KEY_ID", "AKIATEST")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .env("AWS_EC2_METADATA_DISABLED", "true");
    command.stdin(Stdio::null());
    command
}

/// `turnpike`, as cargo has put it near the test that runs now.
fn program() -> PathBuf {
    let test = env::current_exe().unwrap();
    let found = test.ancestors().skip(1).map(|folder| folder.join("turnpike")).find(|path| path.is_file());
    found.expect("there is no program `turnpike` beside the tests: run `cargo build` first")
}

/// A number from nought to below `end`: the moment of a fault.
pub fn random_below(end: u16) -> u64 {
    u64::from(u16::from_le_bytes(Ambient::system().bytes()) % end)
}
