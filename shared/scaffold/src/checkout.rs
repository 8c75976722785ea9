//! The workspace's sources on this machine.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use toml::Table;

/// A folder that holds the workspace.
#[derive(Clone, Debug)]
pub struct Checkout(PathBuf);

/// Why there is no workspace to work on.
#[derive(Debug, thiserror::Error)]
pub enum CheckoutError {
    /// The folder is not in one.
    #[error(
        "{0} is not in a checkout of the workspace: go to the folder that holds servers/catalog, or name it with --path"
    )]
    NotHere(PathBuf),
    /// Something cannot be read.
    #[error("{path} cannot be read: {source}")]
    Unreadable {
        /// What.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl Checkout {
    /// The checkout that holds this folder.
    pub fn find(folder: &Path) -> Result<Self, CheckoutError> {
        let unreadable = |source| CheckoutError::Unreadable { path: folder.to_owned(), source };
        let whole = folder.canonicalize().map_err(unreadable)?;
        let holds = |folder: &&Path| {
            folder.join("servers/catalog/Cargo.toml").is_file() && folder.join("shared/sdk/Cargo.toml").is_file()
        };
        let found = whole.ancestors().find(holds).map(Path::to_owned);
        found.map(Self).ok_or(CheckoutError::NotHere(whole))
    }

    /// Where it is.
    pub fn root(&self) -> &Path {
        &self.0
    }

    /// The folder of an integration.
    pub fn integration(&self, name: &str) -> PathBuf {
        self.0.join("servers").join(name)
    }

    /// The crates that there are, with their folders.
    pub(crate) fn crates(&self) -> BTreeMap<String, PathBuf> {
        let groups = [".", "servers", "shared"].map(|group| fs::read_dir(self.0.join(group)));
        let folders = groups.into_iter().flatten().flatten().flatten().map(|entry| entry.path());
        let named = folders.filter_map(|folder| {
            let manifest: Table = fs::read_to_string(folder.join("Cargo.toml")).ok()?.parse().ok()?;
            Some((manifest.get("package")?.get("name")?.as_str()?.to_owned(), folder))
        });
        named.collect()
    }
}
