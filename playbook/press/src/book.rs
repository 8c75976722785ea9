//! mdBook's protocol for preprocessors: context and book come as JSON, the book goes back.
//! <https://rust-lang.github.io/mdBook/for_developers/preprocessors.html>

use serde_json::Value;

use crate::{Facts, Problem, fill};

/// Why there is no book.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum BookError {
    #[error("mdBook sends `[context, book]` as JSON, and this is something else: {0}")]
    NoBook(#[from] serde_json::Error),
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Problems(Vec<Problem>),
}

/// The book with each page filled.
pub fn fill_book(input: &str, facts: &Facts) -> Result<String, BookError> {
    let (_context, mut book): (Value, Value) = serde_json::from_str(input)?;
    let mut problems = vec![];
    fill_items(&mut book, facts, &mut problems);
    if problems.is_empty() { Ok(book.to_string()) } else { Err(BookError::Problems(problems)) }
}

/// Pages stand in lists named `items` (`sections` before mdBook 0.5) and `sub_items`.
fn fill_items(holder: &mut Value, facts: &Facts, problems: &mut Vec<Problem>) {
    for list in ["items", "sections", "sub_items"] {
        for item in holder.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
            let Some(chapter) = item.get_mut("Chapter") else { continue };
            let page = chapter["source_path"].as_str().unwrap_or("a page without a file").to_owned();
            if let Some(content) = chapter["content"].as_str() {
                match fill(&page, content, facts) {
                    Ok(filled) => chapter["content"] = Value::String(lead_to_index(&filled)),
                    Err(found) => problems.extend(found),
                }
            }
            fill_items(chapter, facts, problems);
        }
    }
}

/// A folder's `README.md` is its `index.html` in the book, but mdBook leaves links to it as they are.
fn lead_to_index(page: &str) -> String {
    let mut parts = page.split("](");
    let mut led = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (link, rest) = part.split_once(')').map_or((part, None), |(link, rest)| (link, Some(rest)));
        let (file, anchor) = link.split_once('#').map_or((link, None), |(file, anchor)| (file, Some(anchor)));
        led.push_str("](");
        match file.strip_suffix("README.md") {
            Some(folder) if !file.contains(':') => led.extend([folder, "index.md"]),
            _ => led.push_str(file),
        }
        led.extend(anchor.into_iter().flat_map(|anchor| ["#", anchor]));
        led.extend(rest.into_iter().flat_map(|rest| [")", rest]));
    }
    led
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn pages_are_filled_at_every_depth_and_by_both_names_of_the_list() {
        let chapter = |content: &str, below: Value| json!({ "Chapter": { "content": content, "source_path": "p.md", "sub_items": below } });
        for list in ["items", "sections"] {
            let book = json!({ list: ["Separator", chapter("{{ brand.name }}", json!([chapter("{{ plans.count }}", json!([]))]))] });
            let filled = fill_book(&json!([{}, book]).to_string(), &Facts::shipped().unwrap()).unwrap();
            let filled: Value = serde_json::from_str(&filled).unwrap();
            let outer = &filled[list][1]["Chapter"];
            assert_eq!(
                (&outer["content"], &outer["sub_items"][0]["Chapter"]["content"]),
                (&json!("Turnpike"), &json!("3"))
            );
        }
    }

    #[test]
    fn a_link_to_the_page_of_a_folder_leads_to_where_the_book_has_it() {
        let page = "[a](../x/README.md) [b](README.md#h) [c](https://e.example/README.md) `README.md` [d](e.md) ](";
        let led = "[a](../x/index.md) [b](index.md#h) [c](https://e.example/README.md) `README.md` [d](e.md) ](";
        assert_eq!(lead_to_index(page), led);
    }

    #[test]
    fn nothing_is_built_of_a_page_that_names_what_is_not_there() {
        let book = json!({ "items": [{ "Chapter": { "content": "\n{{ plans.gold.monthly }}", "source_path": "sell/a.md" } }] });
        let error = fill_book(&json!([{}, book]).to_string(), &Facts::shipped().unwrap()).unwrap_err();
        assert!(error.to_string().starts_with("sell/a.md:2: "), "{error}");
        assert!(matches!(fill_book("{}", &Facts::shipped().unwrap()), Err(BookError::NoBook(_))));
    }
}
