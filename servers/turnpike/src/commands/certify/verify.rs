//! Whether a report is genuine, and whether it still says something about what is there.

use std::{fs, path::Path, process::ExitCode};

use anyhow::{Context as _, Result};
use turnpike_scaffold::{
    Checkout,
    certificate::{Contents, Difference, PublicKey, Signed},
};

pub(super) fn verify(checkout: &Checkout, file: &Path, public_key: Option<&Path>) -> Result<ExitCode> {
    let text = read(file)?;
    let signed = match Signed::read(&text) {
        Ok(signed) => signed,
        Err(forged) => {
            println!("{} is NOT genuine: {forged}.", file.display());
            return Ok(ExitCode::FAILURE);
        }
    };
    let thumbprint = signed.key.thumbprint();
    if let Some(path) = public_key {
        let expected: PublicKey = serde_json::from_str(&read(path)?)
            .with_context(|| format!("{} holds no public key of P-256 as a JWK", path.display()))?;
        if expected != signed.key {
            println!("{} is NOT genuine: it was signed by {thumbprint}, another key.", file.display());
            return Ok(ExitCode::FAILURE);
        }
    }
    let report = &signed.report;
    let word = if report.passed { "passed" } else { "did NOT pass" };
    println!("genuine     signed by {thumbprint}{}", if public_key.is_some() { "" } else { "; compare it" });
    println!(
        "{:<11} version {}, {word} on {}; {} tests passed, {} failed",
        report.integration,
        report.server_version,
        report.ended.to_utc().date_naive(),
        report.count_passed(),
        report.failed().count(),
    );
    let folder = checkout.integration(&report.integration);
    let differences = match Contents::read(&folder) {
        Ok(now) => report.folder.differences(&now),
        Err(error) => {
            println!("{} cannot be read ({error}): the report is about something that is not here.", folder.display());
            return Ok(ExitCode::FAILURE);
        }
    };
    for difference in &differences {
        match difference {
            Difference::Changed(path) => println!("changed     {path}"),
            Difference::Added(path) => println!("added       {path}"),
            Difference::Removed(path) => println!("removed     {path}"),
        }
    }
    println!(
        "{}",
        if differences.is_empty() {
            "The folder is as it was certified."
        } else {
            "The folder is NOT as it was certified."
        }
    );
    Ok(if differences.is_empty() && report.passed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))
}
