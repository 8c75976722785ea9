//! The two lines outside of its folder that an integration needs: a dependency of the catalogue, and an item of its list.

use crate::Name;

/// `servers/catalog/src/lib.rs` with one more integration, after the last one; `None` where the list is not found.
pub(crate) fn with_item(source: &str, name: &Name) -> Option<String> {
    let (at, last) =
        source.lines().enumerate().filter(|(_, line)| line.trim_end().ends_with("::integration(),")).last()?;
    let indent: String = last.chars().take_while(|letter| letter.is_whitespace()).collect();
    Some(insert_after(source, at, &format!("{indent}{}", item(name))))
}

/// `servers/catalog/Cargo.toml` with one more dependency, in the order of their names; `None` where they are not found.
pub(crate) fn with_dependency(manifest: &str, name: &Name) -> Option<String> {
    let section = manifest.lines().position(|line| line.trim_end() == "[dependencies]")?;
    let mut after = section;
    for (at, line) in manifest.lines().enumerate().skip(section + 1).take_while(|(_, line)| !line.starts_with('[')) {
        if line.split([' ', '.', '=']).next().is_some_and(|own| !own.is_empty() && *own < *name.package()) {
            after = at;
        }
    }
    Some(insert_after(manifest, after, &dependency(name)))
}

/// The item of the list.
pub(crate) fn item(name: &Name) -> String {
    format!("{}::integration(),", name.krate())
}

/// The dependency.
pub(crate) fn dependency(name: &Name) -> String {
    format!("{} = {{ path = \"../{name}\" }}", name.package())
}

fn insert_after(text: &str, at: usize, line: &str) -> String {
    let mut lines: Vec<&str> = text.lines().collect();
    lines.insert(at + 1, line);
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_integration_comes_after_the_last_one() {
        let source = "vec![\n        turnpike_b::integration(),\n        turnpike_a::integration(),\n    ]\n";
        let name: Name = "one-more".parse().unwrap();
        let added = with_item(source, &name).unwrap();
        assert_eq!(added, source.replace("    ]", "        turnpike_one_more::integration(),\n    ]"));
        assert_eq!(with_item("fn integrations() {}\n", &name), None);
    }

    #[test]
    fn a_dependency_comes_among_the_others_by_name() {
        let manifest = "[package]\nname = \"x\"\n\n[dependencies]\nturnpike-a = { path = \"../a\" }\n\
                        turnpike-sdk.workspace = true\n\n[lints]\nworkspace = true\n";
        for (name, before) in [("b", "turnpike-sdk"), ("a1", "turnpike-sdk"), ("z", "\n[lints]")] {
            let name: Name = name.parse().unwrap();
            let line = format!("{}\n", dependency(&name));
            assert_eq!(with_dependency(manifest, &name).unwrap(), manifest.replace(before, &format!("{line}{before}")));
        }
        let name: Name = "b".parse().unwrap();
        assert_eq!(with_dependency("[package]\n", &name), None);
    }
}
