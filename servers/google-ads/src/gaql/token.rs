//! Text to tokens. Whatever is not a token of the language is an error here, with its place.

use super::parse::GaqlError;

/// What a token is.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Kind<'a> {
    /// Keyword, name or unquoted value.
    Word(&'a str),
    /// `-?[0-9]+(\.[0-9]+)?`
    Number(&'a str),
    /// A quoted text, its escapes undone.
    Text(String),
    /// Operator or punctuation.
    Symbol(&'a str),
    /// The end of the query.
    End,
}

/// A token and where it begins.
#[derive(Clone, Debug)]
pub(super) struct Token<'a> {
    /// Offset in bytes.
    pub(super) at: usize,
    pub(super) kind: Kind<'a>,
}

/// Longest first: `>=` is one token.
const SYMBOLS: [&str; 9] = ["!=", ">=", "<=", "=", ">", "<", "(", ")", ","];

/// All tokens of `text`, the last being [`Kind::End`].
pub(super) fn tokens(text: &str) -> Result<Vec<Token<'_>>, GaqlError> {
    let mut tokens = vec![];
    let mut at = 0;
    loop {
        at += text[at..].len() - text[at..].trim_start_matches([' ', '\t', '\r', '\n']).len();
        let rest = &text[at..];
        let Some(first) = rest.chars().next() else {
            tokens.push(Token { at, kind: Kind::End });
            return Ok(tokens);
        };
        let (kind, length) = match first {
            'A'..='Z' | 'a'..='z' | '_' => {
                let word = prefix(rest, |c| c.is_ascii_alphanumeric() || c == '_' || c == '.');
                (Kind::Word(word), word.len())
            }
            '0'..='9' | '-' => {
                let number = number(rest).ok_or_else(|| unquoted(text, at))?;
                (Kind::Number(number), number.len())
            }
            '\'' | '"' => quoted(text, at, first)?,
            _ => {
                let symbol = SYMBOLS.iter().find(|symbol| rest.starts_with(**symbol)).ok_or_else(|| {
                    let expected = "one SELECT statement without comments, semicolons or other signs";
                    GaqlError::new(text, at, expected, "SELECT campaign.id, campaign.name FROM campaign LIMIT 10")
                })?;
                (Kind::Symbol(symbol), symbol.len())
            }
        };
        tokens.push(Token { at, kind });
        at += length;
    }
}

fn prefix(text: &str, belongs: impl Fn(char) -> bool) -> &str {
    &text[..text.find(|c| !belongs(c)).unwrap_or(text.len())]
}

/// The number that `text` begins with, unless something runs on from it, as in `2026-11-01` or `7days`.
fn number(text: &str) -> Option<&str> {
    let candidate = prefix(text, |c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_'));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let unsigned = candidate.strip_prefix('-').unwrap_or(candidate);
    let sound = match unsigned.split_once('.') {
        Some((whole, fraction)) => digits(whole) && digits(fraction),
        None => digits(unsigned),
    };
    sound.then_some(candidate)
}

fn unquoted(text: &str, at: usize) -> GaqlError {
    let expected = "a number, or a date or text in single quotes";
    GaqlError::new(text, at, expected, "WHERE segments.date BETWEEN '2026-11-01' AND '2026-11-07'")
}

/// The quoted text at `at`, and how many bytes it takes.
fn quoted(text: &str, at: usize, quote: char) -> Result<(Kind<'_>, usize), GaqlError> {
    let mut value = String::new();
    let mut chars = text[at..].char_indices().skip(1);
    while let Some((offset, c)) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some((_, escaped @ ('\\' | '\'' | '"'))) => value.push(escaped),
                _ => {
                    let expected = r#"`\\`, `\'` or `\"`: a backslash in a text is written twice"#;
                    return Err(GaqlError::new(text, at + offset, expected, r"campaign.name REGEXP_MATCH '.*\\d+'"));
                }
            },
            _ if c == quote => return Ok((Kind::Text(value), offset + 1)),
            _ => value.push(c),
        }
    }
    Err(GaqlError::new(text, at, "the quote that ends this text", r"campaign.name = 'Sandbox\'s brand'"))
}
