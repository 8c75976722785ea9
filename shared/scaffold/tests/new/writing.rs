//! Writing into a checkout that holds the catalogue of this one.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;
use turnpike_scaffold::{Checkout, CheckoutError, NewError, Order, Shape, create};

/// A checkout with the catalogue as it is here, and the list as it is given.
fn checkout() -> (TempDir, Checkout) {
    let folder = tempfile::tempdir().unwrap();
    let copy = |path: &str| {
        let to = folder.path().join(path);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(here().join(path), to).unwrap();
    };
    ["servers/catalog/Cargo.toml", "servers/catalog/src/lib.rs", "shared/sdk/Cargo.toml", "rustfmt.toml"]
        .into_iter()
        .for_each(copy);
    let checkout = Checkout::find(folder.path()).unwrap();
    (folder, checkout)
}

fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap()
}

fn order(name: &str, shape: Shape) -> Order {
    Order { name: name.parse().unwrap(), shape, title: None }
}

/// Every file below a folder, with what it holds.
fn contents(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut all = vec![];
    for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        match path.is_dir() {
            true => all.extend(contents(&path)),
            false => all.push((path.clone(), fs::read_to_string(&path).unwrap())),
        }
    }
    all.sort();
    all
}

#[test]
fn a_folder_and_two_lines_are_all_that_is_written() {
    let (folder, checkout) = checkout();
    let before = contents(folder.path());
    let written = create(&checkout, &order("one-more", Shape::Lwa)).unwrap();
    let own = checkout.integration("one-more");
    let (new, old): (Vec<_>, Vec<_>) =
        contents(checkout.root()).into_iter().partition(|(path, _)| path.starts_with(&own));
    assert_eq!(new.len(), written.files.len());
    assert!(written.by_hand.is_empty(), "{:?}", written.by_hand);
    let mut more = 0;
    for ((path, after), (_, before)) in old.iter().zip(&before) {
        let added: Vec<_> = after.lines().filter(|line| !before.lines().any(|own| own == *line)).collect();
        assert_eq!(after.lines().count() - before.lines().count(), added.len(), "{}: nothing is lost", path.display());
        more += added.len();
    }
    assert_eq!((more, old.len()), (2, before.len()));
}

#[test]
fn what_is_there_is_left_as_it_is() {
    let (folder, checkout) = checkout();
    create(&checkout, &order("one-more", Shape::OAuth2)).unwrap();
    let before = contents(folder.path());
    let again = create(&checkout, &order("one-more", Shape::ApiKey)).unwrap_err();
    assert!(matches!(&again, NewError::Taken(path) if path.ends_with("servers/one-more")), "{again}");
    let crates = create(&checkout, &order("sdk", Shape::ApiKey)).unwrap_err();
    assert!(matches!(&crates, NewError::CrateTaken { package, .. } if package == "turnpike-sdk"), "{crates}");
    for title in ["", "two\nlines", "a \"quoted\" one", " space ", &"long ".repeat(9)] {
        let order = Order { title: Some(title.to_owned()), ..order("other", Shape::OAuth2) };
        assert!(matches!(create(&checkout, &order), Err(NewError::Title)), "{title:?}");
    }
    assert_eq!(contents(folder.path()), before);
}

#[test]
fn a_catalogue_of_another_form_is_left_alone_and_the_lines_are_told() {
    let (folder, checkout) = checkout();
    let list = folder.path().join("servers/catalog/src/lib.rs");
    fs::write(&list, "// of our own\n").unwrap();
    let written = create(&checkout, &order("one-more", Shape::Restli)).unwrap();
    assert_eq!(fs::read_to_string(&list).unwrap(), "// of our own\n");
    let line = ("servers/catalog/src/lib.rs".into(), "turnpike_one_more::integration(),".to_owned());
    assert_eq!((written.by_hand, written.edited.len()), (vec![line], 1));
}

#[test]
fn outside_of_a_checkout_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let error = Checkout::find(folder.path()).unwrap_err();
    assert!(matches!(error, CheckoutError::NotHere(_)) && error.to_string().contains("--path"), "{error}");
}

#[test]
fn whatever_the_name_what_is_written_is_formatted() {
    let (_folder, checkout) = checkout();
    for (at, shape) in Shape::ALL.into_iter().enumerate() {
        let long = format!("an-integration-with-a-long-nam-{at}");
        for name in [format!("x{at}"), long] {
            let title = Some("An integration with quite a long title".to_owned());
            create(&checkout, &Order { title, ..order(&name, shape) }).unwrap();
            let rust = contents(&checkout.integration(&name)).into_iter().map(|(path, _)| path);
            let rust = rust.filter(|path| path.ends_with("lib.rs") || path.ends_with("tests/sandbox/main.rs"));
            #[expect(clippy::disallowed_methods, reason = "a test of what another program says")]
            let output = Command::new("rustfmt")
                .args(["--check", "--edition", "2024", "--config-path"])
                .arg(here().join("rustfmt.toml"))
                .args(rust)
                .output()
                .unwrap();
            let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{name}, {}: {said}", shape.as_str());
        }
    }
}
