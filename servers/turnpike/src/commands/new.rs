//! `turnpike new`: the start of an integration.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use turnpike_scaffold::{Checkout, Name, Order, Shape, Written, create};

/// What `turnpike new` takes.
#[derive(Args)]
pub(crate) struct Options {
    /// Its name in paths, scopes and settings: small letters, digits and hyphens, such as google-ads.
    name: Name,
    /// How the vendor knows its callers: oauth2, system-user, lwa, api-key or restli.
    #[arg(long)]
    shape: Shape,
    /// Its name for people [default: made of the name]
    #[arg(long)]
    title: Option<String>,
    /// A folder of the checkout [default: this one]
    #[arg(long, value_name = "ROOT", default_value = ".", hide_default_value = true)]
    path: PathBuf,
}

pub(crate) fn run(options: Options) -> Result<()> {
    let Options { name, shape, title, path } = options;
    let checkout = Checkout::find(&path)?;
    let written = create(&checkout, &Order { name: name.clone(), shape, title })?;
    tell(&name, shape, &written);
    Ok(())
}

fn tell(name: &Name, shape: Shape, written: &Written) {
    for (path, lines) in &written.files {
        println!("new      {}, {lines} lines", path.display());
    }
    for (path, line) in &written.edited {
        println!("changed  {}: {line}", path.display());
    }
    for (path, line) in &written.by_hand {
        println!("BY HAND  {} has another form than expected; add this line to it: {line}", path.display());
    }
    let lines: usize = written.files.iter().map(|(_, lines)| lines).sum();
    println!(
        "\n{name} is an integration of the shape {} with a simulated vendor: {} files, {lines} lines. It is complete; each \
         place that a real vendor changes has a comment with CHANGE: and the fact that it needs. Next:\n\n    \
         cargo nextest run --workspace --test sandbox -E 'package({})'\n    \
         grep -rn CHANGE: servers/{name}\n    \
         cargo run -- certify {name}\n",
        shape.as_str(),
        written.files.len(),
        name.package(),
    );
}
