//! The steps of the documents that need neither Docker nor a cloud are run as they are written.

use std::fs;

use turnpike_deploy::Target;

use crate::programs::{here, runnable_steps, step, turnpike};

/// Those of Compose go further, and are run by `tests/tests/composed.rs`.
#[test]
fn the_documented_commands_make_the_committed_examples() {
    for target in [Target::CloudRun, Target::Kubernetes] {
        let folder = tempfile::tempdir().unwrap();
        fs::copy(here().join("turnpike.toml"), folder.path().join("deployment.toml")).unwrap();
        let steps = runnable_steps(&here().join(target.as_str()).join("README.md"));
        assert_eq!(steps.len(), 1, "{target:?}");
        let path = format!("{}:{}", turnpike().parent().unwrap().display(), std::env::var("PATH").unwrap());
        steps.iter().for_each(|script| drop(step(folder.path(), script, &path)));
        for entry in fs::read_dir(here().join(target.as_str()).join("example")).unwrap() {
            let (example, name) = (entry.as_ref().unwrap().path(), entry.as_ref().unwrap().file_name());
            let made = fs::read(folder.path().join(target.as_str()).join(&name)).unwrap();
            assert_eq!(fs::read(example).unwrap(), made, "{target:?}: {name:?}");
        }
    }
}

/// Whatever a document names in its commands is there.
#[test]
fn files_that_the_documents_name_are_there() {
    for target in [Target::CloudRun, Target::Kubernetes] {
        let text = fs::read_to_string(here().join(target.as_str()).join("README.md")).unwrap();
        let folder = format!("{}/", target.as_str());
        let named = text.split([' ', '`', '"', '=', '\n']).filter_map(|word| word.strip_prefix(&folder));
        let named: Vec<_> = named.filter(|name| name.contains('.') && !name.contains('$')).collect();
        assert!(named.len() >= 3, "{named:?}");
        for name in named {
            assert!(here().join(target.as_str()).join("example").join(name).is_file(), "{target:?}: {name}");
        }
    }
}
