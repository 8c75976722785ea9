//! Slack's texts and timestamps.

use turnpike_core::Timestamp;

/// A message's `ts` at the first instant of that many seconds since 1970.
pub(crate) fn ts_of_second(second: i64) -> String {
    format!("{second}.000000")
}

/// The instant of a `ts`, which is also a message's id: seconds and six digits.
pub(crate) fn instant(ts: &str) -> Option<Timestamp> {
    let (seconds, micros) = ts.split_once('.')?;
    let (seconds, micros): (i64, i64) = (seconds.parse().ok()?, micros.parse().ok()?);
    Some(Timestamp::from_micros(seconds.checked_mul(1_000_000)?.checked_add(micros)?))
}

/// Slack writes three characters as entities, in messages and in topics.
/// <https://docs.slack.dev/messaging/formatting-message-text#escaping>
pub(crate) fn unescape(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

/// The other way round.
pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// The first `most` characters, and whether there were more.
pub(crate) fn cut(text: &str, most: usize) -> (String, bool) {
    match text.char_indices().nth(most) {
        Some((end, _)) => (format!("{}…", &text[..end]), true),
        None => (text.to_owned(), false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_comes_back_as_it_went() {
        for text in ["R&D", "a < b > c", "&amp;", "&lt;b&gt;", ""] {
            assert_eq!(unescape(&escape(text)), text);
        }
        assert_eq!(unescape("R&amp;D &amp;lt;"), "R&D &lt;");
    }

    #[test]
    fn a_ts_is_an_instant_to_the_microsecond() {
        let instant = |ts| instant(ts).map(|at| at.to_string());
        assert_eq!(instant("1795262400.000100").as_deref(), Some("2026-11-21T12:00:00.000Z"));
        assert_eq!((instant("1795262400"), instant("x.y"), instant("")), (None, None, None));
    }

    #[test]
    fn a_text_is_cut_between_characters() {
        assert_eq!(cut("äöü", 2), ("äö…".to_owned(), true));
        assert_eq!(cut("äöü", 3), ("äöü".to_owned(), false));
    }
}
