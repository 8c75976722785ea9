//! Links between pages: each leads to a file that is there, and to a heading in it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::{Component, Path, PathBuf},
};

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use crate::pages::Page;

/// What is wrong with links of these pages, a line each. Links to other sites are not followed.
pub fn check_pages(root: &Path, pages: &[Page]) -> Vec<String> {
    let anchors: BTreeMap<&Path, BTreeSet<String>> =
        pages.iter().map(|page| (page.path.as_path(), anchors(&page.text))).collect();
    let mut wrong = vec![];
    for page in pages {
        for (line, link) in links(&page.text) {
            if let Err(reason) = check(root, &page.path, &link, &anchors) {
                wrong.push(format!("{}:{line}: `{link}`: {reason}", page.path.display()));
            }
        }
    }
    wrong
}

fn check(root: &Path, page: &Path, link: &str, anchors: &BTreeMap<&Path, BTreeSet<String>>) -> Result<(), String> {
    if leads_away(link) {
        return Ok(());
    }
    let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
    let target = match file {
        "" => page.to_owned(),
        _ => normal(&page.parent().unwrap_or(Path::new("")).join(file)).ok_or("it leads out of the repository")?,
    };
    if !root.join(&target).exists() {
        return Err(format!("there is no {}", target.display()));
    }
    match anchors.get(target.as_path()) {
        Some(known) if !anchor.is_empty() && !known.contains(anchor) => {
            Err(format!("{} has no heading `#{anchor}`", target.display()))
        }
        _ => Ok(()),
    }
}

/// `https:`, `mailto:` and their like.
fn leads_away(link: &str) -> bool {
    link.split_once(':').is_some_and(|(scheme, _)| scheme.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

/// Without `.` and `..`; none when it leads out.
fn normal(path: &Path) -> Option<PathBuf> {
    let mut normal = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => normal.pop().then_some(())?,
            Component::Normal(name) => normal.push(name),
            Component::CurDir | Component::RootDir | Component::Prefix(_) => {}
        }
    }
    Some(normal)
}

fn parser(text: &str) -> Parser<'_> {
    Parser::new_ext(text, Options::ENABLE_TABLES | Options::ENABLE_TASKLISTS | Options::ENABLE_FOOTNOTES)
}

/// The links and images of a page, with their lines.
fn links(text: &str) -> Vec<(usize, String)> {
    let line = |at: usize| 1 + text[..at].matches('\n').count();
    parser(text)
        .into_offset_iter()
        .filter_map(|(event, range)| match event {
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                Some((line(range.start), dest_url.into_string()))
            }
            _ => None,
        })
        .collect()
}

/// The anchors of a page's headings, as mdBook and code hosts make them.
fn anchors(text: &str) -> BTreeSet<String> {
    let (mut found, mut heading) = (BTreeSet::new(), None::<String>);
    for event in parser(text) {
        match (event, &mut heading) {
            (Event::Start(Tag::Heading { .. }), _) => heading = Some(String::new()),
            (Event::End(TagEnd::Heading(_)), Some(words)) => {
                let id = anchor(words);
                // The second of the same name ends in -1.
                let again = (1..).map(|number| format!("{id}-{number}"));
                let free = std::iter::once(id.clone()).chain(again).find(|id| !found.contains(id));
                found.extend(free);
                heading = None;
            }
            (Event::Text(part) | Event::Code(part), Some(words)) => words.push_str(&part),
            _ => {}
        }
    }
    found
}

fn anchor(heading: &str) -> String {
    let kept = heading.trim().chars().filter_map(|letter| match letter {
        _ if letter.is_alphanumeric() || letter == '_' || letter == '-' => Some(letter.to_ascii_lowercase()),
        _ if letter.is_whitespace() => Some('-'),
        _ => None,
    });
    kept.collect()
}

/// What is wrong in a book that was built: links to files or anchors that are not there, and placeholders that were printed.
pub fn check_built(folder: &Path) -> io::Result<Vec<String>> {
    let (mut pages, mut wrong) = (BTreeMap::new(), vec![]);
    read_built(folder, folder, &mut pages)?;
    for (path, html) in &pages {
        // Before this the page has mdBook's own navigation, and after it nothing of ours.
        let content =
            html.split_once("<main>").and_then(|(_, rest)| rest.split_once("</main>")).map_or("", |(main, _)| main);
        if content.contains("{{ ") && !content.contains("<code class=\"language-handlebars") {
            wrong.push(format!("{}: a placeholder was printed as it is", path.display()));
        }
        for link in attributes(content, "href").chain(attributes(content, "src")).filter(|link| !leads_away(link)) {
            let (file, id) = link.split_once('#').unwrap_or((link, ""));
            let target = match file {
                "" => Some(path.clone()),
                _ => normal(&path.parent().unwrap_or(Path::new("")).join(file)),
            };
            match target.map(|target| (folder.join(&target).exists(), pages.get(&target))) {
                Some((true, Some(html))) if !id.is_empty() && !html.contains(&format!("id=\"{id}\"")) => {
                    wrong.push(format!("{}: `{link}` has no such heading", path.display()));
                }
                Some((true, _)) => {}
                _ => wrong.push(format!("{}: `{link}` leads nowhere", path.display())),
            }
        }
    }
    if pages.len() < 3 {
        wrong.push(format!("{} has no book in it", folder.display()));
    }
    Ok(wrong)
}

fn read_built(folder: &Path, root: &Path, pages: &mut BTreeMap<PathBuf, String>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        // All pages once more, for printing: their links are those of the pages.
        if path.is_dir() {
            read_built(&path, root, pages)?;
        } else if path.extension().is_some_and(|end| end == "html") && !path.ends_with("print.html") {
            pages.insert(path.strip_prefix(root).unwrap_or(&path).to_owned(), fs::read_to_string(&path)?);
        }
    }
    Ok(())
}

fn attributes<'a>(html: &'a str, name: &str) -> impl Iterator<Item = &'a str> {
    let begin = format!(" {name}=\"");
    html.match_indices(&begin)
        .map(|(at, begin)| at + begin.len())
        .filter_map(|at| html[at..].split_once('"').map(|(value, _)| value))
        .collect::<Vec<_>>()
        .into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_leads_to_a_file_that_is_there_and_to_a_heading_in_it() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            fs::create_dir_all(folder.path().join(name).parent().unwrap()).unwrap();
            fs::write(folder.path().join(name), text).unwrap();
        };
        write(
            "a.md",
            "# One `two`, three\n## Again\n## Again\n[b](sub/b.md#second) [own](#one-two-three) [x](#again-1)\n",
        );
        write("sub/b.md", "# Second\n[up](../a.md) [c](../code.rs) <https://example.com/#x>\n");
        write("code.rs", "");
        write("wrong.md", "[a](gone.md)\n[b](a.md#gone)\n\n[c](../out.md) `[d](no-link.md)`\n![e](gone.png)");
        let wrong = check_pages(folder.path(), &crate::pages::list(folder.path()).unwrap());
        assert_eq!(
            wrong,
            [
                "wrong.md:1: `gone.md`: there is no gone.md",
                "wrong.md:2: `a.md#gone`: a.md has no heading `#gone`",
                "wrong.md:4: `../out.md`: it leads out of the repository",
                "wrong.md:5: `gone.png`: there is no gone.png",
            ]
        );
    }
}
