//! The templates, and what becomes of one under another name.
//!
//! Each is an integration that works, a member of the workspace named after its shape: it is compiled, linted, tested and
//! certified like any other. A file that is the same for several shapes is a symbolic link to the first.

use crate::{Name, Shape};

/// A file: path below the integration's folder, and text.
type File = (&'static str, &'static str);

macro_rules! files {
    ($shape:literal, $($path:literal)*) => {
        &[$(($path, include_str!(concat!("../template/", $shape, "/", $path)))),*]
    };
}

macro_rules! template {
    ($shape:literal $(, $more:literal)*) => {
        files!(
            $shape,
            "Cargo.toml"
            "README.md"
            "src/accounts.rs"
            "src/api.rs"
            "src/arguments.rs"
            "src/errors.rs"
            "src/examples.rs"
            "src/lib.rs"
            "src/manifest.rs"
            "src/paths.rs"
            "src/sandbox/admit.rs"
            "src/sandbox/mod.rs"
            "src/sandbox/refusal.rs"
            "src/sandbox/routes.rs"
            "src/sandbox/world.rs"
            "src/tools/list_accounts.rs"
            "src/tools/list_items.rs"
            "src/tools/mod.rs"
            "src/tools/set_status.rs"
            "tests/sandbox/bench.rs"
            "tests/sandbox/faults.rs"
            "tests/sandbox/main.rs"
            "tests/sandbox/reads.rs"
            "tests/sandbox/strictness.rs"
            "tests/sandbox/writes.rs"
            "tests/snapshots/tools.snap"
            $($more)*
        )
    };
}

const OAUTH2: &[File] = template!("oauth2");
const SYSTEM_USER: &[File] = template!("system-user", "src/sandbox/tokens.rs");
const LWA: &[File] = template!("lwa");
const API_KEY: &[File] = template!("api-key");
const RESTLI: &[File] = template!("restli");

/// The title of the templates.
const TITLE: &str = "Example Vendor";

/// The files of an integration: path below its folder, and text.
pub(crate) fn render(name: &Name, shape: Shape, title: &str) -> Vec<(&'static str, String)> {
    let example = format!("example-{}", shape.as_str());
    let krate = format!("turnpike_{}", example.replace('-', "_"));
    let named = |text: &str| text.replace(&krate, &name.krate()).replace(&example, name.as_str()).replace(TITLE, title);
    files(shape).iter().map(|(path, text)| (*path, named(text))).collect()
}

const fn files(shape: Shape) -> &'static [File] {
    match shape {
        Shape::OAuth2 => OAUTH2,
        Shape::SystemUser => SYSTEM_USER,
        Shape::Lwa => LWA,
        Shape::ApiKey => API_KEY,
        Shape::Restli => RESTLI,
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::*;

    #[test]
    fn nothing_of_the_templates_own_name_is_left() {
        let name: Name = "a-name".parse().unwrap();
        for shape in Shape::ALL {
            for (path, text) in render(&name, shape, "A Name") {
                for word in ["example-", "turnpike_example", TITLE] {
                    assert!(!text.contains(word), "{}: {path} has {word}", shape.as_str());
                }
                assert!(text.ends_with('\n'), "{path}");
            }
        }
    }

    #[test]
    fn every_file_of_a_template_is_written() {
        for shape in Shape::ALL {
            let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("template").join(shape.as_str());
            let mut there = vec![];
            list(&root, &root, &mut there);
            let mut written: Vec<_> = files(shape).iter().map(|(path, _)| (*path).to_owned()).collect();
            there.sort();
            written.sort();
            assert_eq!(there, written, "{}", shape.as_str());
        }
    }

    fn list(root: &Path, folder: &Path, found: &mut Vec<String>) {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            match path.is_dir() {
                true => list(root, &path, found),
                false => found.push(path.strip_prefix(root).unwrap().to_str().unwrap().to_owned()),
            }
        }
    }
}
