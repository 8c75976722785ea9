//! `turnpike config`.

use anyhow::Result;
use clap::Subcommand;
use turnpike_config::{Layers, Settings};
use turnpike_core::Ambient;

use crate::{operator::selected, versions};

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Check the settings and say what is wrong with them.
    Check,
    /// Print every setting with its default and its meaning.
    Defaults,
}

/// What a start would refuse is refused here, and nothing is opened or made.
pub(crate) fn check(settings: &Settings) -> Result<()> {
    let integrations = selected(settings, turnpike_catalog::integrations())?;
    for line in versions::ending(settings, &integrations, Ambient::system().now())? {
        println!("Mind: {line}");
    }
    println!("The settings are good.");
    Ok(())
}

pub(crate) fn defaults() {
    print!("{}", Layers::defaults());
}
