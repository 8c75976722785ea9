//! Placeholders: `{{ … }}` in a page becomes a figure.

pub(crate) mod expression;
pub(crate) mod value;

pub(crate) use expression::{Arguments, Expression};
pub(crate) use value::Value;

use crate::Facts;

/// A placeholder that nothing stands for.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{page}:{line}: `{{{{ {text} }}}}`: {reason}")]
pub struct Problem {
    /// The page, as the book names it.
    pub page: String,
    /// The line in it, from 1 on.
    pub line: usize,
    /// What stands between the braces.
    pub text: String,
    /// What is wrong with it, and what helps.
    pub reason: String,
}

/// The page with each placeholder replaced, or everything that is wrong in it.
///
/// `\{{` stands for two braces, and mdBook's own `{{#…}}` stays.
pub fn fill(page: &str, content: &str, facts: &Facts) -> Result<String, Vec<Problem>> {
    let (mut filled, mut problems) = (String::with_capacity(content.len()), vec![]);
    for (number, line) in content.split_inclusive('\n').enumerate() {
        fill_line(line, facts, &mut filled, |text, reason| {
            problems.push(Problem { page: page.to_owned(), line: number + 1, text, reason });
        });
    }
    if problems.is_empty() { Ok(filled) } else { Err(problems) }
}

fn fill_line(line: &str, facts: &Facts, filled: &mut String, mut problem: impl FnMut(String, String)) {
    let mut rest = line;
    while let Some((before, after)) = rest.split_once("{{") {
        let (inside, behind) = match after.split_once("}}") {
            Some((inside, behind)) => (inside, Some(behind)),
            None => (after, None),
        };
        match (before.strip_suffix('\\'), behind) {
            (Some(before), _) => {
                filled.extend([before, "{{"]);
                rest = after;
                continue;
            }
            (None, Some(_)) if inside.starts_with('#') => filled.extend([before, "{{", inside, "}}"]),
            (None, Some(_)) => {
                filled.push_str(before);
                match Expression::parse(inside).and_then(|expression| facts.answer(&expression)) {
                    Ok(value) => filled.push_str(&value),
                    Err(reason) => problem(inside.trim().to_owned(), reason),
                }
            }
            (None, None) => {
                problem(
                    inside.trim().to_owned(),
                    "`}}` is missing in this line; two braces as such are written `\\{{`".into(),
                );
            }
        }
        rest = behind.unwrap_or_default();
    }
    filled.push_str(rest);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(content: &str) -> Result<String, Vec<Problem>> {
        fill("page.md", content, &Facts::shipped().unwrap())
    }

    #[test]
    fn what_is_no_placeholder_stays() {
        let page = "a { b } c \\{{ left }}\n{{#include other.md}}\nend }}";
        assert_eq!(filled(page).unwrap(), "a { b } c {{ left }}\n{{#include other.md}}\nend }}");
    }

    #[test]
    fn a_dangling_name_is_told_with_its_page_and_line_and_all_of_them_at_once() {
        let problems = filled("one\n{{ plans.gold.monthly }} and {{ sum plan=growth unit=3 }}\n{{ open\n").unwrap_err();
        let told: Vec<_> = problems.iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            [
                "page.md:2: `{{ plans.gold.monthly }}`: no plan `gold` is offered; there are starter, growth, scale",
                "page.md:2: `{{ sum plan=growth unit=3 }}`: `sum` has no `unit`; it takes plan, integrations, units, \
                 light, standard, heavy, period, part",
                "page.md:3: `{{ open }}`: `}}` is missing in this line; two braces as such are written `\\{{`",
            ]
        );
    }
}
