//! Takes a text apart: dates, UUIDs, runs of letters and digits, and what stands between.

/// A piece of a text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Token<'a> {
    /// A day, alone or with a time of day.
    Date(&'a str),
    /// 32 hexadecimal digits, with the dashes of a UUID or without.
    Uuid(&'a str),
    /// Letters and digits.
    Run(&'a str),
    /// Neither.
    Between(&'a str),
}

/// The pieces of a text; together they are the text.
pub(crate) fn tokens(text: &str) -> impl Iterator<Item = Token<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let (token, length) = if !first.is_alphanumeric() {
            let end = rest.find(char::is_alphanumeric).unwrap_or(rest.len());
            (Token::Between(&rest[..end]), end)
        } else {
            word(rest)
        };
        rest = &rest[length..];
        Some(token)
    })
}

fn word(rest: &str) -> (Token<'_>, usize) {
    let alone = |end: usize| rest[end..].chars().next().is_none_or(|next| !next.is_alphanumeric());
    if let Some(end) = date(rest) {
        return (Token::Date(&rest[..end]), end);
    }
    if fits(rest, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx") && alone(36) {
        return (Token::Uuid(&rest[..36]), 36);
    }
    let end = rest.find(|next: char| !next.is_alphanumeric()).unwrap_or(rest.len());
    let run = &rest[..end];
    let hex = end == 32 && has_digit(run) && fits(run, &"x".repeat(32));
    (if hex { Token::Uuid(run) } else { Token::Run(run) }, end)
}

/// Where a day, with a time or without, ends.
fn date(rest: &str) -> Option<usize> {
    let number = |from: usize, to: usize| rest.get(from..to)?.parse::<u32>().ok();
    let is_day = fits(rest, "0000-00-00")
        && (1900..2100).contains(&number(0, 4)?)
        && (1..=12).contains(&number(5, 7)?)
        && (1..=31).contains(&number(8, 10)?);
    if !is_day {
        return None;
    }
    let time = &rest[10..];
    if !fits(time, "T00:00") && !fits(time, " 00:00") {
        return time.chars().next().is_none_or(|next| !next.is_alphanumeric()).then_some(10);
    }
    let end = time[1..].find(|next: char| !next.is_ascii_digit() && !":.Z+-".contains(next));
    Some(end.map_or(rest.len(), |end| 11 + end))
}

/// Whether a text begins like the pattern: `0` is a digit, `x` a hexadecimal one.
fn fits(text: &str, pattern: &str) -> bool {
    let fits = |(is, wanted): (u8, u8)| match wanted {
        b'0' => is.is_ascii_digit(),
        b'x' => is.is_ascii_hexdigit(),
        other => is == other,
    };
    text.len() >= pattern.len() && text.bytes().zip(pattern.bytes()).all(fits)
}

pub(crate) fn has_digit(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_taken_apart_and_nothing_of_it_is_lost() {
        use Token::{Between, Date, Run, Uuid};
        let uuid = "1a2b3c4d-0000-4000-8000-00000000000f";
        let bare = uuid.replace('-', "");
        for (text, apart) in [
            ("Brand – Köln 24", vec![Run("Brand"), Between(" – "), Run("Köln"), Between(" "), Run("24")]),
            ("from 2026-11-01 on", vec![Run("from"), Between(" "), Date("2026-11-01"), Between(" "), Run("on")]),
            ("2026-11-01T08:00:00.5Z", vec![Date("2026-11-01T08:00:00.5Z")]),
            ("2026-11-01 08:00:00, x", vec![Date("2026-11-01 08:00:00"), Between(", "), Run("x")]),
            ("2026-13-01", vec![Run("2026"), Between("-"), Run("13"), Between("-"), Run("01")]),
            (uuid, vec![Uuid(uuid)]),
            (&bare, vec![Uuid(&bare)]),
            ("act_7100", vec![Run("act"), Between("_"), Run("7100")]),
        ] {
            assert_eq!(tokens(text).collect::<Vec<_>>(), apart);
        }
    }
}
