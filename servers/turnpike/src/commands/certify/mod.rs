//! `turnpike certify`: an author's proof that an integration is what every integration must be.

mod run;
mod verify;

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context as _, Result, bail};
use clap::Args;
use turnpike_core::Ambient;
use turnpike_scaffold::{
    Checkout,
    certificate::{CertifyKey, Contents, Pin, Report, sign},
};
use turnpike_sdk::Integration;

use self::run::{Ran, Runner};

/// What `turnpike certify` takes.
#[derive(Args)]
pub(crate) struct Options {
    /// The integration, such as google-ads.
    #[arg(required_unless_present = "verify", conflicts_with = "verify")]
    name: Option<String>,
    /// Where the signed report goes [default: target/certification/NAME.json]
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// The private key that signs it; made when it is not there [default: data/certify.pem]
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// Say of a report whether it is genuine, and whether the folder is still as it was certified.
    #[arg(long, value_name = "REPORT")]
    verify: Option<PathBuf>,
    /// The public key, a JWK, that must have signed it; without it the report's own key is shown to be compared.
    #[arg(long, value_name = "FILE", requires = "verify")]
    public_key: Option<PathBuf>,
    /// A folder of the checkout [default: this one]
    #[arg(long, value_name = "ROOT", default_value = ".", hide_default_value = true)]
    path: PathBuf,
}

pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    let checkout = Checkout::find(&options.path)?;
    match (&options.verify, &options.name) {
        (Some(report), _) => verify::verify(&checkout, report, options.public_key.as_deref()),
        (None, Some(name)) => certify(&checkout, name, options),
        (None, None) => bail!("name the integration, such as google-ads"),
    }
}

fn certify(checkout: &Checkout, name: &str, options: &Options) -> Result<ExitCode> {
    let integration = find(name)?;
    let at = |given: &Option<PathBuf>, own: &str| given.clone().unwrap_or_else(|| checkout.root().join(own));
    // Whatever is wrong with the key is better known before the tests than after them.
    let key_file = at(&options.key, "data/certify.pem");
    let key = CertifyKey::open(&key_file)?;
    let public_file = key_file.with_extension("public.json");
    write(&public_file, &serde_json::to_string(&key.public())?)?;
    let folder = checkout.integration(name);
    let before = Contents::read(&folder).with_context(|| format!("{} cannot be read", folder.display()))?;

    let (ambient, runner) = (Ambient::system(), Runner::find()?);
    let started = ambient.now();
    let Ran { tests, complete } = run::run(checkout, &runner, name)?;
    let ended = ambient.now();
    if Contents::read(&folder)? != before {
        bail!("{} has changed while its tests ran: certify it again", folder.display());
    }
    let mut report = Report {
        format: Report::format().into(),
        integration: name.into(),
        server_version: integration.manifest.server_version.into(),
        pin: Pin {
            version: integration.manifest.version.version.into(),
            ends: integration.manifest.version.ends.into(),
        },
        workspace_version: env!("CARGO_PKG_VERSION").into(),
        toolchain: runner.toolchain(),
        folder: before,
        started,
        ended,
        passed: false,
        tests,
    };
    report.passed = complete && report.count_passed() > 0 && report.failed().next().is_none();

    let file = at(&options.report, &format!("target/certification/{name}.json"));
    write(&file, &sign(&report, &key)?)?;
    tell(&report, &file, (&key_file, &key), complete);
    Ok(if report.passed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn find(name: &str) -> Result<Integration> {
    let all = turnpike_catalog::integrations();
    let names: Vec<_> = all.iter().map(|own| own.manifest.name).collect();
    let names = names.join(", ");
    all.into_iter().find(|own| own.manifest.name == name).with_context(|| {
        format!(
            "this program was built without an integration `{name}`; it has {names}. If it is new, run `cargo run -- certify \
             {name}`, which builds it in"
        )
    })
}

fn write(path: &Path, text: &str) -> Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    }
    fs::write(path, text).with_context(|| format!("{} cannot be written", path.display()))
}

fn tell(report: &Report, file: &Path, (key_file, key): (&Path, &CertifyKey), complete: bool) {
    let failed: Vec<_> = report.failed().collect();
    for test in &failed {
        println!("FAILED {}", test.name);
        test.said.iter().for_each(|line| println!("    {line}"));
    }
    let word = if report.passed { "certified" } else { "NOT certified" };
    let seconds = report.ended.since(report.started).as_secs();
    println!(
        "{}, version {}: {word}; {} tests passed, {} failed, {seconds} s",
        report.integration,
        report.server_version,
        report.count_passed(),
        failed.len(),
    );
    if !complete {
        println!("The tests did not run to their end: see above why, mend it, and certify again.");
    }
    println!("report      {}", file.display());
    println!("folder      {}", report.folder.digest);
    println!("signed by   {}", key.public().thumbprint());
    println!("key         {}, for you alone; the public one is beside it, in .public.json", key_file.display());
}
