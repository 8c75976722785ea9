//! The command line.

use std::process::ExitCode;

use clap::Parser;
use turnpike::cli::Cli;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    // Every TLS client of the process uses this one provider. It fails only when one is installed already.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error.into()),
    };
    match runtime.block_on(turnpike::cli::run(cli)) {
        Ok(code) => code,
        Err(error) => fail(&error),
    }
}

/// One line on standard error.
fn fail(error: &anyhow::Error) -> ExitCode {
    eprintln!("turnpike: {error:#}");
    ExitCode::FAILURE
}
