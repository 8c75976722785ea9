//! The committed examples are what `turnpike render` makes, and each says every setting of its source.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use turnpike_deploy::{Deployment, Target};

fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn example() -> Deployment {
    Deployment::read(&here().join("turnpike.toml")).unwrap()
}

/// `UPDATE_EXAMPLES=1 cargo nextest run -p turnpike-deploy examples` writes them anew.
#[test]
fn the_committed_examples_are_what_is_rendered() {
    for target in Target::ALL {
        let folder = here().join(target.as_str()).join("example");
        let files = target.render(&example()).unwrap();
        assert!(!files.is_empty(), "{target:?} has no files");
        if std::env::var_os("UPDATE_EXAMPLES").is_some() {
            fs::remove_dir_all(&folder).ok();
            for file in &files {
                let path = folder.join(&file.path);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, &file.text).unwrap();
            }
        }
        for file in &files {
            let kept = fs::read_to_string(folder.join(&file.path)).unwrap_or_default();
            assert!(kept == file.text, "{}/example/{} is not what is rendered", target.as_str(), file.path);
        }
        let rendered: BTreeSet<PathBuf> = files.iter().map(|file| folder.join(&file.path)).collect();
        assert_eq!(list(&folder), rendered, "{target:?} has other files too");
    }
}

fn list(folder: &Path) -> BTreeSet<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { list(&path) } else { BTreeSet::from([path]) }).collect()
}
