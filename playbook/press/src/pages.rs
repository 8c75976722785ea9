//! The Markdown files of the repository.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// A Markdown file.
#[derive(Debug)]
pub struct Page {
    /// Its path from the root of the repository.
    pub path: PathBuf,
    /// Its text, as written.
    pub text: String,
}

/// Folders whose pages are not ours, or are made by a build.
const FOREIGN: [&str; 5] = ["target", "node_modules", "snapshots", "results", "data"];

/// Every Markdown file below a folder but those of tools and builds, by path.
pub fn list(root: &Path) -> io::Result<Vec<Page>> {
    let mut pages = vec![];
    look_into(root, root, &mut pages)?;
    pages.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(pages)
}

fn look_into(folder: &Path, root: &Path, pages: &mut Vec<Page>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let (path, kind) = entry.and_then(|entry| Ok((entry.path(), entry.file_type()?)))?;
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        // Of folders that begin with a dot only the one with forms for issues has pages of ours.
        if kind.is_dir() && !FOREIGN.contains(&name.as_str()) && (!name.starts_with('.') || name == ".github") {
            look_into(&path, root, pages)?;
        } else if kind.is_file() && name.ends_with(".md") {
            let text = fs::read_to_string(&path)?;
            pages.push(Page { path: path.strip_prefix(root).unwrap_or(&path).to_owned(), text });
        }
    }
    Ok(())
}

/// The root of this repository.
pub fn repository() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}
