//! What a runner of tests says, line by line.

use serde::Deserialize;

use super::{Outcome, Test};

/// Lines of a failed test that are kept: what it said first.
const FIRST_LINES: usize = 8;
/// Characters of a line.
const LONGEST_LINE: usize = 400;

/// Something that happened.
#[derive(Clone, PartialEq, Debug)]
pub enum Event {
    /// A test has ended.
    Ended(Test),
    /// Nothing that matters.
    Other,
}

/// A line of `cargo nextest --message-format libtest-json`.
#[derive(Deserialize)]
struct Line {
    #[serde(rename = "type")]
    kind: String,
    event: String,
    #[serde(default)]
    name: String,
    exec_time: Option<f64>,
    #[serde(default)]
    stdout: String,
}

/// Reads a line of either runner: JSON of cargo-nextest, or `test NAME ... ok` of libtest.
pub fn read_event(line: &str) -> Event {
    let test = if line.starts_with('{') { of_json(line) } else { of_words(line) };
    test.map_or(Event::Other, Event::Ended)
}

fn of_json(line: &str) -> Option<Test> {
    let line: Line = serde_json::from_str(line).ok()?;
    let outcome = match (line.kind.as_str(), line.event.as_str()) {
        ("test", "ok") => Outcome::Passed,
        ("test", "failed" | "timeout") => Outcome::Failed,
        ("test", "ignored") => Outcome::Ignored,
        _ => return None,
    };
    // The runner's own lines, and the hint that libtest adds to each panic, tell nothing.
    let noise = |text: &&str| text.is_empty() || *text == "---- STDERR ----" || text.starts_with("note: run with");
    let said = line.stdout.lines().map(str::trim_end).filter(|text| !noise(text));
    let from = said.clone().position(|text| text.contains("panicked at")).unwrap_or(0);
    let said = match outcome {
        Outcome::Failed => {
            said.skip(from).take(FIRST_LINES).map(|text| text.chars().take(LONGEST_LINE).collect()).collect()
        }
        Outcome::Passed | Outcome::Ignored => vec![],
    };
    Some(Test { name: line.name, outcome, seconds: line.exec_time, said })
}

fn of_words(line: &str) -> Option<Test> {
    let (name, word) = line.strip_prefix("test ")?.rsplit_once(" ... ")?;
    let outcome = match word.trim() {
        "ok" => Outcome::Passed,
        "FAILED" => Outcome::Failed,
        "ignored" => Outcome::Ignored,
        _ => return None,
    };
    Some(Test { name: name.to_owned(), outcome, seconds: None, said: vec![] })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_runners_are_understood() {
        let Event::Ended(test) = read_event(r#"{"type":"test","event":"ok","name":"a::b$c","exec_time":0.5}"#) else {
            panic!("a test");
        };
        assert_eq!((test.name.as_str(), test.outcome, test.seconds), ("a::b$c", Outcome::Passed, Some(0.5)));
        let Event::Ended(test) = read_event("test faults::each ... FAILED") else { panic!("a test") };
        assert_eq!((test.name.as_str(), test.outcome), ("faults::each", Outcome::Failed));
        for other in [r#"{"type":"suite","event":"ok","passed":3}"#, r#"{"type":"test","event":"started","name":"a"}"#]
        {
            assert_eq!(read_event(other), Event::Other);
        }
        assert_eq!(read_event("running 3 tests"), Event::Other);
    }

    #[test]
    fn a_failed_test_is_quoted_from_where_it_panicked() {
        let line = r#"{"type":"test","event":"failed","name":"a","stdout":"counted 3\n\nthread 'x' panicked at f.rs:1:\nleft: 1\n"}"#;
        let Event::Ended(test) = read_event(line) else { panic!("a test") };
        assert_eq!(test.said, ["thread 'x' panicked at f.rs:1:", "left: 1"]);
    }
}
