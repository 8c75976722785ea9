//! A deployment as files in a folder of its own, and what stands in them.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;
use tempfile::TempDir;
use turnpike_deploy::{Deployment, Target};

use crate::programs::here;

/// What `turnpike render` makes of `deploy/turnpike.toml`, or of that with changes.
pub(crate) struct Rendered {
    folder: TempDir,
}

impl Rendered {
    pub(crate) fn example(target: Target) -> Self {
        Self::changed(target, &[])
    }

    /// With some texts of the source replaced by others.
    pub(crate) fn changed(target: Target, changes: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for file in target.render(&source(changes)).unwrap() {
            write(folder.path(), &file.path, &file.text);
        }
        Self { folder }
    }

    /// The folder that holds all of it.
    pub(crate) fn root(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// The documents of a file in YAML.
    pub(crate) fn documents(&self, name: &str) -> Vec<Value> {
        serde_saphyr::from_multiple(&self.text(name)).unwrap()
    }

    pub(crate) fn document(&self, name: &str) -> Value {
        self.documents(name).remove(0)
    }
}

/// The example with some texts replaced by others.
pub(crate) fn source(changes: &[(&str, &str)]) -> Deployment {
    let folder = tempfile::tempdir().unwrap();
    let mut text = fs::read_to_string(here().join("turnpike.toml")).unwrap();
    for (old, new) in changes {
        assert!(text.contains(old), "the example does not say {old}");
        text = text.replacen(old, new, 1);
    }
    let path = folder.path().join("turnpike.toml");
    fs::write(&path, text).unwrap();
    Deployment::read(&path).unwrap()
}

/// Writes a file below a folder.
pub(crate) fn write(folder: &Path, path: &str, text: &str) {
    let path = folder.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// The files of a folder, by name.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut all: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    all.sort();
    all
}

/// A list of texts.
pub(crate) fn texts(value: &Value) -> Vec<&str> {
    value.as_array().unwrap_or_else(|| panic!("no list: {value}")).iter().map(|one| one.as_str().unwrap()).collect()
}

/// What stands after an argument: the settings file after `-c`.
pub(crate) fn after<'a>(arguments: &[&'a str], option: &str) -> &'a str {
    let at = arguments.iter().position(|one| *one == option).unwrap_or_else(|| panic!("{arguments:?} has no {option}"));
    arguments[at + 1]
}
