//! What a row must fulfil: a condition of the query, checked against its field's type.

use super::{
    catalogue::{Cell, Kind},
    refusal::Refusal,
};
use crate::gaql::{Comparison, Literal, Membership, Presence, Test};

/// A test whose values fit the field.
pub(super) enum Predicate {
    Compare(Comparison, Cell<'static>),
    Like { pattern: Vec<Glyph>, wanted: bool },
    Member { values: Vec<Cell<'static>>, wanted: bool },
    Between(Cell<'static>, Cell<'static>),
    Present(bool),
}

/// One step of a `LIKE` pattern.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Glyph {
    Plain(char),
    Any,
    Rest,
}

impl Predicate {
    pub(super) fn of(field: &str, kind: Kind, test: &Test) -> Result<Self, Refusal> {
        let cell = |literal: &Literal| cell(field, kind, literal);
        let mismatch =
            || Refusal::query("OPERATOR_FIELD_MISMATCH", format!("'{field}' cannot be used with this operator."));
        Ok(match test {
            Test::Compare(operator @ (Comparison::Like | Comparison::NotLike), literal) => match cell(literal)? {
                Cell::Text(pattern) if kind == Kind::Text => {
                    Self::Like { pattern: glyphs(&pattern), wanted: *operator == Comparison::Like }
                }
                _ => return Err(mismatch()),
            },
            Test::Compare(Comparison::Matches | Comparison::MatchesNot, _) => {
                return Err(Refusal::query("BAD_VALUE", "The sandbox does not run regular expressions."));
            }
            Test::Compare(operator, literal) => Self::Compare(*operator, cell(literal)?),
            Test::Member(operator @ (Membership::In | Membership::NotIn), literals) => Self::Member {
                values: literals.iter().map(cell).collect::<Result<_, _>>()?,
                wanted: *operator == Membership::In,
            },
            Test::Between(low, high) => Self::Between(cell(low)?, cell(high)?),
            Test::Presence(presence) => Self::Present(*presence == Presence::NotNull),
            // No simulated field is a list, and only dates know named ranges.
            Test::Member(..) | Test::During(_) => return Err(mismatch()),
        })
    }

    pub(super) fn holds(&self, cell: Option<&Cell<'_>>) -> bool {
        let Some(cell) = cell else { return matches!(self, Self::Present(false)) };
        match self {
            Self::Compare(operator, value) => match operator {
                Comparison::Equal => cell == value,
                Comparison::NotEqual => cell != value,
                Comparison::Greater => cell > value,
                Comparison::AtLeast => cell >= value,
                Comparison::Less => cell < value,
                Comparison::AtMost => cell <= value,
                Comparison::Like | Comparison::NotLike | Comparison::Matches | Comparison::MatchesNot => false,
            },
            Self::Like { pattern, wanted } => match cell {
                Cell::Text(text) => like(pattern, text) == *wanted,
                _ => false,
            },
            Self::Member { values, wanted } => values.contains(cell) == *wanted,
            Self::Between(low, high) => low <= cell && cell <= high,
            Self::Present(wanted) => *wanted,
        }
    }
}

/// The literal as a value of the field's type.
fn cell(field: &str, kind: Kind, literal: &Literal) -> Result<Cell<'static>, Refusal> {
    let bad = || Refusal::query("BAD_VALUE", format!("The value is not valid for '{field}'."));
    let (Literal::Text(text) | Literal::Number(text) | Literal::Word(text)) = literal;
    match kind {
        Kind::Int64 => text.parse().map(Cell::Int).map_err(|_| bad()),
        Kind::Double => text.parse().map(Cell::Real).map_err(|_| bad()),
        Kind::Flag => text.to_lowercase().parse().map(Cell::Flag).map_err(|_| bad()),
        Kind::Enum(values) if !values.contains(&text.as_str()) => {
            Err(Refusal::query("BAD_ENUM_CONSTANT", format!("'{text}' is not a value of '{field}'.")))
        }
        Kind::Text if !matches!(literal, Literal::Text(_)) => Err(bad()),
        Kind::Text | Kind::Date | Kind::Enum(_) => Ok(Cell::Text(text.clone().into())),
    }
}

/// A pattern's steps: `%` is any run, `_` any one character, and `[x]` is `x` itself.
fn glyphs(pattern: &str) -> Vec<Glyph> {
    let mut glyphs = vec![];
    let mut rest: &[char] = &pattern.to_lowercase().chars().collect::<Vec<_>>();
    loop {
        rest = match rest {
            [] => return glyphs,
            ['[', plain, ']', rest @ ..] => {
                glyphs.push(Glyph::Plain(*plain));
                rest
            }
            [c, rest @ ..] => {
                glyphs.push(match c {
                    '%' => Glyph::Rest,
                    '_' => Glyph::Any,
                    _ => Glyph::Plain(*c),
                });
                rest
            }
        };
    }
}

/// Whether the pattern covers the whole text: one column of reachable places per step, so that no pattern is slow.
fn like(pattern: &[Glyph], text: &str) -> bool {
    let text: Vec<char> = text.to_lowercase().chars().collect();
    let mut reached = vec![false; text.len() + 1];
    reached[0] = true;
    for glyph in pattern {
        let before = std::mem::replace(&mut reached, vec![false; text.len() + 1]);
        let mut below = false;
        for (place, was) in before.into_iter().enumerate() {
            match glyph {
                Glyph::Rest => {
                    below |= was;
                    reached[place] = below;
                }
                Glyph::Any if was && place < text.len() => reached[place + 1] = true,
                Glyph::Plain(c) if was && text.get(place) == Some(c) => reached[place + 1] = true,
                Glyph::Any | Glyph::Plain(_) => {}
            }
        }
    }
    reached[text.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn like_knows_its_wildcards_and_their_plain_forms() {
        for (pattern, text, covers) in [
            ("%", "", true),
            ("br%", "Brand", true),
            ("%an%", "Brand", true),
            ("br", "Brand", false),
            ("_rand", "Brand", true),
            ("50[%]%", "50% off", true),
            ("50[%]", "50x", false),
            ("[[]a[]]", "[a]", true),
            ("%a%a%a%b", "aaaaaaaaaaaaaaaaaaaa", false),
        ] {
            assert_eq!(like(&glyphs(pattern), text), covers, "{pattern} {text}");
        }
    }
}
