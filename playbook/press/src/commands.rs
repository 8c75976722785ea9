//! The `turnpike …` commands that pages print: each must be one that the program takes.

use clap::{Command, CommandFactory as _, builder::ValueParser, error::ErrorKind};
use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag, TagEnd};
use turnpike::cli::Cli;

use crate::pages::Page;

/// A command in a page.
#[derive(Debug, PartialEq, Eq)]
pub struct Printed {
    /// The line of the page.
    pub line: usize,
    /// Its words, the first of which is `turnpike`.
    pub words: Vec<String>,
    /// Whether it stands in a block, to be pasted. In a sentence it may be only the beginning of one.
    pub whole: bool,
}

/// What is wrong with the commands of these pages, a line each.
pub fn check_pages(pages: &[Page]) -> Vec<String> {
    let program = lenient(Cli::command());
    let mut wrong = vec![];
    for page in pages {
        for printed in find(&page.text) {
            if let Err(reason) = check(&program, &printed) {
                wrong.push(format!(
                    "{}:{}: `{}`: {reason}",
                    page.path.display(),
                    printed.line,
                    printed.words.join(" ")
                ));
            }
        }
    }
    wrong
}

/// The program with any text as any value: `TENANT` stands for one.
fn lenient(command: Command) -> Command {
    let command = command.mut_args(|argument| {
        if argument.get_action().takes_values() { argument.value_parser(ValueParser::string()) } else { argument }
    });
    command.mut_subcommands(lenient)
}

fn check(program: &Command, printed: &Printed) -> Result<(), String> {
    let Err(error) = program.clone().try_get_matches_from(&printed.words) else { return Ok(()) };
    let incomplete = [
        ErrorKind::MissingRequiredArgument,
        ErrorKind::MissingSubcommand,
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand,
        ErrorKind::NoEquals,
        ErrorKind::WrongNumberOfValues,
        ErrorKind::TooFewValues,
        ErrorKind::InvalidValue,
    ];
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Ok(()),
        kind if !printed.whole && incomplete.contains(&kind) => Ok(()),
        _ => Err(error.to_string().lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned()),
    }
}

/// The commands of a page: lines of blocks of code, and pieces of code in sentences.
pub fn find(text: &str) -> Vec<Printed> {
    let (mut found, mut block) = (vec![], false);
    for (event, range) in Parser::new_ext(text, pulldown_cmark::Options::ENABLE_TABLES).into_offset_iter() {
        let line = 1 + text[..range.start].matches('\n').count();
        match event {
            Event::Start(Tag::CodeBlock(kind)) => block = is_shell(&kind),
            Event::End(TagEnd::CodeBlock) => block = false,
            Event::Text(code) if block => {
                let mut line = line;
                for command in code.replace("\\\n", "\u{0}").lines() {
                    found.extend(commands_of(&command.replace('\u{0}', " ")).map(|words| Printed {
                        line,
                        words,
                        whole: true,
                    }));
                    line += 1 + command.matches('\u{0}').count();
                }
            }
            Event::Code(code) if code.starts_with("turnpike ") => {
                // What is left open is anything.
                let code = code.split('…').next().unwrap_or_default().replace(['[', ']'], " ");
                found.extend(commands_of(&code).take(1).map(|words| Printed { line, words, whole: false }));
            }
            _ => {}
        }
    }
    found
}

fn is_shell(kind: &CodeBlockKind<'_>) -> bool {
    matches!(kind, CodeBlockKind::Fenced(language) if ["sh", "bash", "shell", "console"].contains(&language.as_ref()))
}

/// The commands of a line of shell that begin with `turnpike`, or with a way to run it.
fn commands_of(line: &str) -> impl Iterator<Item = Vec<String>> {
    let line = line.trim_start().trim_start_matches("$ ");
    split(line).into_iter().filter_map(|mut words| {
        // Names of its own may be `turnpike` too; a program stands after `--` only.
        if words.first().is_some_and(|word| word == "kubectl") {
            words = words.split_off(words.iter().position(|word| word == "--")?);
        }
        let runs = |word: &String| word == "turnpike" || word.ends_with("/turnpike");
        let at = match words.iter().position(runs) {
            Some(at) if words[..at].iter().all(|word| is_before_a_program(word)) => at,
            _ if words.starts_with(&["cargo".to_owned(), "run".to_owned()]) => {
                words.iter().position(|word| word == "--")?
            }
            _ => return None,
        };
        Some(std::iter::once("turnpike".to_owned()).chain(words[at + 1..].iter().cloned()).collect())
    })
}

/// `sudo -u turnpike`, `TURNPIKE_STORE__URL=…`, `docker compose run --rm`, and so on.
fn is_before_a_program(word: &str) -> bool {
    const RUNNERS: [&str; 13] = [
        "sudo",
        "-u",
        "env",
        "exec",
        "docker",
        "docker-compose",
        "compose",
        "run",
        "podman",
        "watch",
        "time",
        "--rm",
        "--",
    ];
    RUNNERS.contains(&word) || word.contains('=') || word.starts_with("-") || word.starts_with("deploy/")
}

/// A line of shell as words, one list for each command. Quotes keep words together; what `$( )` holds is a command too.
fn split(line: &str) -> Vec<Vec<String>> {
    let (mut commands, mut words, mut word, mut quote) = (vec![], vec![], None::<String>, None);
    for letter in line.chars() {
        match (quote, letter) {
            (None, '#') if word.is_none() => break,
            (None, '\'' | '"') => (quote, word) = (Some(letter), Some(word.unwrap_or_default())),
            (Some(open), _) if open == letter => quote = None,
            (None, '|' | ';' | '&' | '<' | '>' | '(' | ')') => {
                words.extend(word.take());
                // What is read from or written to is no word of the program.
                commands.push(std::mem::take(&mut words));
            }
            (None, _) if letter.is_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    commands.push(words);
    commands
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn wrong(text: &str) -> Vec<String> {
        check_pages(&[Page { path: PathBuf::from("p.md"), text: text.to_owned() }])
    }

    #[test]
    fn commands_that_the_program_takes_are_found_and_pass() {
        let text = "Ask `turnpike tenant list`, or `turnpike key`, or `turnpike -c FILE doctor`.\n\n```sh\n$ turnpike usage --calls 5 | head\n\
                    turnpike tenant add \\\n  --name 'Example & Co'\nsudo -u turnpike turnpike -c /etc/turnpike.toml migrate\n\
                    cargo run -- demo\nturnpike connect --tenant TENANT --server google-ads <credential.json\n```\n";
        let found = find(text);
        assert_eq!(found.len(), 8, "{found:?}");
        assert_eq!(found.iter().map(|printed| printed.line).collect::<Vec<_>>(), [1, 1, 1, 4, 5, 7, 8, 9]);
        assert_eq!(wrong("```json\nturnpike nonsense\n```\n"), Vec::<String>::new(), "no shell");
    }

    #[test]
    fn a_command_or_an_option_that_is_not_there_is_told_with_its_line() {
        for (text, expected) in [
            ("`turnpike tenant lits`", "p.md:1: `turnpike tenant lits`: unrecognized subcommand 'lits'"),
            ("\n`turnpike doctor --deep`", "p.md:2: `turnpike doctor --deep`: unexpected argument '--deep' found"),
            ("```sh\nturnpike key make\n```", "p.md:2: `turnpike key make`: unrecognized subcommand 'make'"),
        ] {
            assert_eq!(wrong(text), [expected]);
        }
        assert_eq!(wrong("```sh\nturnpike jobs\n```").len(), 1, "a block is to be pasted, so it must be whole");
        assert_eq!(wrong("`turnpike jobs`, `turnpike …`, `turnpike key …`").len(), 0);
    }
}
