//! Tables to take along: RFC 4180, and harmless in a spreadsheet.

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use turnpike_core::{Micros, visible};

/// A line of a file.
pub(crate) fn line<Cell: AsRef<str>>(cells: impl IntoIterator<Item = Cell>) -> String {
    let cells: Vec<_> = cells.into_iter().map(|cell| quoted(&disarmed(cell.as_ref()))).collect();
    format!("{}\r\n", cells.join(","))
}

/// An answer that a browser saves under that name.
pub(crate) fn download(name: &str, body: impl Into<Body>) -> Response {
    let headers = [
        (CONTENT_TYPE, "text/csv; charset=utf-8; header=present".to_owned()),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    (headers, body.into()).into_response()
}

/// An amount as programs read it; its currency stands in a column of its own.
pub(crate) fn decimal(amount: Micros) -> String {
    let sign = if amount.0 < 0 { "-" } else { "" };
    format!("{sign}{}.{:06}", amount.0.unsigned_abs() / 1_000_000, amount.0.unsigned_abs() % 1_000_000)
}

/// What a spreadsheet would take for a formula becomes text, and what hides becomes visible.
fn disarmed(cell: &str) -> String {
    let cell = visible(cell);
    let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\n', '＝', '＋', '－', '＠']);
    if formula && !is_amount(&cell) { format!("'{cell}") } else { cell }
}

/// Whether it is what [`decimal`] writes of an amount below nought.
fn is_amount(cell: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let parts = cell.strip_prefix('-').and_then(|rest| rest.split_once('.'));
    parts.is_some_and(|(whole, part)| digits(whole) && part.len() == 6 && digits(part))
}

fn quoted(cell: &str) -> String {
    if cell.contains([',', '"', '\n']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_break_a_line_is_quoted() {
        assert_eq!(line(["a", "", "b c"]), "a,,b c\r\n");
        assert_eq!(line(["a,b", "say \"no\"", "two\nlines"]), "\"a,b\",\"say \"\"no\"\"\",\"two\nlines\"\r\n");
    }

    #[test]
    fn no_cell_is_a_formula() {
        for formula in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\n=1", "＝1+1"] {
            let line = line([formula]);
            assert!(line.starts_with('\'') || line.starts_with("\"'"), "{line}");
        }
        assert_eq!(line(["=A1,\"x\""]), "\"'=A1,\"\"x\"\"\"\r\n");
        assert_eq!(line(["\r=1"]), "\u{fffd}=1\r\n");
    }

    #[test]
    fn what_hides_or_reorders_is_seen() {
        assert_eq!(line(["a\u{202e}b\u{0}"]), "a\u{fffd}b\u{fffd}\r\n");
    }

    #[test]
    fn amounts_are_written_to_the_millionth() {
        assert_eq!(decimal(Micros(4_000)), "0.004000");
        assert_eq!(decimal(Micros(-29_000_001)), "-29.000001");
        assert_eq!(line([decimal(Micros(-29_000_001))]), "-29.000001\r\n", "which is no formula");
        assert_eq!(line(["-1.0+A1", "-1.000000+1"]), "'-1.0+A1,'-1.000000+1\r\n");
    }
}
