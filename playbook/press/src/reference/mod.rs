//! The pages of the part *Reference*, made from the code. They are committed, and a test fails when the code says otherwise.

mod commands;
mod configuration;
mod errors;
mod routes;
mod telemetry;
mod tools;

use std::{fs, io, path::Path};

use crate::pages::repository;

/// How the pages are made anew.
pub const MAKE: &str = "cargo run -p turnpike-press -- reference";

/// A page that is made.
pub struct Made {
    /// Its path below `playbook/src`.
    pub path: &'static str,
    /// Its text.
    pub text: String,
}

/// All of them.
pub fn make() -> Vec<Made> {
    let page = |path, title: &str, body: String| {
        let text = format!("# {title}\n\n<!-- Made by `{MAKE}`. -->\n\n{}\n", body.trim());
        Made { path, text }
    };
    vec![
        page("reference/configuration.md", "Configuration", configuration::page()),
        page("reference/commands.md", "Commands", commands::page()),
        page("reference/tools.md", "Tools", tools::page()),
        page("reference/errors.md", "Errors and outcomes", errors::page()),
        page("reference/routes.md", "HTTP routes", routes::page()),
        page("reference/telemetry.md", "Logs, spans and metrics", telemetry::page()),
    ]
}

/// Writes them into a folder of pages; which of them were different.
pub fn write(pages: &Path) -> io::Result<Vec<&'static str>> {
    let mut changed = vec![];
    for made in make() {
        let path = pages.join(made.path);
        if fs::read_to_string(&path).ok().as_deref() != Some(&made.text) {
            fs::create_dir_all(path.parent().unwrap_or(pages))?;
            fs::write(&path, &made.text)?;
            changed.push(made.path);
        }
    }
    Ok(changed)
}

/// Which of the committed pages are not what the code says.
pub fn stale() -> Vec<&'static str> {
    let pages = repository().join("playbook/src");
    let stale = |made: &Made| fs::read_to_string(pages.join(made.path)).ok().as_deref() != Some(&made.text);
    make().iter().filter(|made| stale(made)).map(|made| made.path).collect()
}
