//! `turnpike new`: writes an integration and puts it into the catalogue.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::{Checkout, Name, Shape, catalogue, template};

/// The longest title: cards and tables have no more room.
const LONGEST_TITLE: usize = 40;

/// What is to be written.
#[derive(Clone, Debug)]
pub struct Order {
    /// Its name.
    pub name: Name,
    /// How its vendor knows callers.
    pub shape: Shape,
    /// Its name for people; made of the name where there is none.
    pub title: Option<String>,
}

/// What was written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Written {
    /// The new files, below the checkout, and how many lines each has.
    pub files: Vec<(PathBuf, usize)>,
    /// The files that have one line more.
    pub edited: Vec<(PathBuf, String)>,
    /// The lines that must be added by hand, where a file has another form than expected.
    pub by_hand: Vec<(PathBuf, String)>,
}

/// Why nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum NewError {
    /// The folder is there.
    #[error("{0} is there already: nothing was written. Take another name, or move that folder away first")]
    Taken(PathBuf),
    /// A crate has the name.
    #[error("the crate `{package}` is there already, in {folder}: nothing was written. Take another name")]
    CrateTaken {
        /// The crate.
        package: String,
        /// Where.
        folder: PathBuf,
    },
    /// The title.
    #[error(
        "the title must be one line of 1 to {LONGEST_TITLE} letters, digits, spaces and . & - + ', such as \"Google Ads\""
    )]
    Title,
    /// A file could not be written. What had been written is taken back.
    #[error("{path} cannot be written, and nothing is left of what was: {source}")]
    Unwritable {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// Writes the integration. Nothing that is there is overwritten; when something fails, nothing stays.
pub fn create(checkout: &Checkout, order: &Order) -> Result<Written, NewError> {
    let title = order.title.clone().unwrap_or_else(|| order.name.title());
    if !is_title(&title) {
        return Err(NewError::Title);
    }
    let folder = checkout.integration(order.name.as_str());
    if folder.symlink_metadata().is_ok() {
        return Err(NewError::Taken(folder));
    }
    if let Some((package, folder)) = checkout.crates().remove_entry(&order.name.package()) {
        return Err(NewError::CrateTaken { package, folder });
    }
    let files = write_folder(&folder, &template::render(&order.name, order.shape, &title))?;
    let mut written = Written { files, edited: vec![], by_hand: vec![] };
    for (path, with_line, line) in [
        ("servers/catalog/Cargo.toml", catalogue::with_dependency as Edit, catalogue::dependency(&order.name)),
        ("servers/catalog/src/lib.rs", catalogue::with_item, catalogue::item(&order.name)),
    ] {
        let path = checkout.root().join(path);
        let edited = fs::read_to_string(&path).ok().and_then(|text| with_line(&text, &order.name));
        match edited.map(|text| write(&path, &text)) {
            Some(Ok(())) => written.edited.push((path, line)),
            Some(Err(_)) | None => written.by_hand.push((path, line)),
        }
    }
    for (path, _) in &mut written.files {
        *path = path.strip_prefix(checkout.root()).unwrap_or(path).to_owned();
    }
    for (path, _) in written.edited.iter_mut().chain(&mut written.by_hand) {
        *path = path.strip_prefix(checkout.root()).unwrap_or(path).to_owned();
    }
    Ok(written)
}

type Edit = fn(&str, &Name) -> Option<String>;

/// It stands in strings of Rust and TOML, and in comments.
fn is_title(title: &str) -> bool {
    let plain = |letter: char| letter.is_alphanumeric() || " .&-+'".contains(letter);
    (1..=LONGEST_TITLE).contains(&title.chars().count()) && title.trim() == title && title.chars().all(plain)
}

fn write_folder(folder: &Path, files: &[(&str, String)]) -> Result<Vec<(PathBuf, usize)>, NewError> {
    let mut written = vec![];
    for (path, text) in files {
        let path = folder.join(path);
        if let Err(source) = write(&path, text) {
            // The folder was made by us a moment ago.
            let _ = fs::remove_dir_all(folder);
            return Err(NewError::Unwritable { path, source });
        }
        written.push((path, text.lines().count()));
    }
    Ok(written)
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    fs::write(path, text)
}
