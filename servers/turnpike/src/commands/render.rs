//! `turnpike render`.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use clap::Args;
use turnpike_deploy::{Deployment, File, Target};

/// What is rendered, and into which folder.
#[derive(Args)]
pub(crate) struct Options {
    /// compose, cloud-run, systemd, gce, cloudflare or kubernetes.
    #[arg(value_parser = target)]
    target: Target,
    /// The folder to write into; files of the same names are replaced, others are left.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

pub(crate) fn run(settings: Option<&Path>, options: &Options) -> Result<()> {
    let settings = settings.context("name the settings file of the deployment: -c FILE")?;
    for File { path, text } in options.target.render(&Deployment::read(settings)?)? {
        let path = options.out.join(path);
        let folder = path.parent().unwrap_or(&options.out);
        fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
        println!("{}", path.display());
    }
    Ok(())
}

/// A target, as it is written.
fn target(text: &str) -> Result<Target, String> {
    let found = Target::ALL.into_iter().find(|target| target.as_str() == text);
    found.ok_or_else(|| format!("the targets are {}", Target::ALL.map(Target::as_str).join(", ")))
}
