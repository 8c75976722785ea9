//! What an integration's folder holds, so that a change shows.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use turnpike_core::{Canonical, Digest};

/// The files of a folder by path, each with its SHA-256, and one digest of all.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say it, in every report too")]
pub struct Contents {
    pub digest: String,
    pub files: BTreeMap<String, String>,
}

/// How a file differs from what it was.
#[derive(Clone, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Difference {
    Changed(String),
    Added(String),
    Removed(String),
}

impl Contents {
    /// Reads a folder, all but what insta leaves to be looked at.
    pub fn read(folder: &Path) -> io::Result<Self> {
        let (mut files, mut folders) = (BTreeMap::new(), vec![folder.to_owned()]);
        while let Some(next) = folders.pop() {
            for path in list(&next)? {
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_none_or(|extension| extension != "new") {
                    let own = path.strip_prefix(folder).unwrap_or(&path).to_string_lossy().into_owned();
                    files.insert(own, Digest::of(&fs::read(&path)?).to_string());
                }
            }
        }
        let all =
            files.iter().fold(Canonical::of("integration-folder/1"), |all, (path, own)| all.field(path).field(own));
        Ok(Self { digest: all.digest().to_string(), files })
    }

    /// What is different in `now`, by path.
    pub fn differences(&self, now: &Self) -> Vec<Difference> {
        let gone = self.files.keys().filter(|path| !now.files.contains_key(*path));
        let mut all: Vec<_> = gone.cloned().map(Difference::Removed).collect();
        for (path, own) in &now.files {
            match self.files.get(path) {
                None => all.push(Difference::Added(path.clone())),
                Some(before) if before != own => all.push(Difference::Changed(path.clone())),
                Some(_) => {}
            }
        }
        all
    }
}

fn list(folder: &Path) -> io::Result<Vec<PathBuf>> {
    fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect()
}
