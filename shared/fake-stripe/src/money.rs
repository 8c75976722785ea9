//! Amounts in the smallest coin with up to twelve decimals, without floating point.

use crate::refusal::Refusal;

/// How many parts a coin has.
pub(crate) const PARTS: i128 = 1_000_000_000_000;

const DECIMALS: usize = 12;

/// A decimal number of coins, in parts.
pub(crate) fn parse(text: &str, param: &str) -> Result<i128, Refusal> {
    let wrong = || Refusal::param(param, format!("Invalid decimal: {text}; it has at most 12 decimal places"));
    let (negative, digits) = text.strip_prefix('-').map_or((false, text), |digits| (true, digits));
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || whole.len() > 12 || part.len() > DECIMALS || !plain(whole) || !plain(part) {
        return Err(wrong());
    }
    let parts: i128 = format!("{whole}{part:0<12}").parse().map_err(|_| wrong())?;
    Ok(if negative { -parts } else { parts })
}

/// The shortest text of a number of parts.
pub(crate) fn text(parts: i128) -> String {
    let sign = if parts < 0 { "-" } else { "" };
    let (whole, part) = (parts.abs() / PARTS, parts.abs() % PARTS);
    if part == 0 {
        return format!("{sign}{whole}");
    }
    let part = format!("{part:012}");
    format!("{sign}{whole}.{}", part.trim_end_matches('0'))
}

/// Whole coins, if there is no rest.
pub(crate) fn whole(parts: i128) -> Option<i64> {
    (parts % PARTS == 0).then(|| i64::try_from(parts / PARTS).ok()).flatten()
}

/// `numerator / denominator`, where half a coin goes away from zero.
pub(crate) fn divide(numerator: i128, denominator: i128) -> i64 {
    let (size, half) = (numerator.abs(), denominator / 2);
    let rounded = (size + half) / denominator;
    let rounded = i64::try_from(rounded).unwrap_or(i64::MAX);
    if numerator < 0 { -rounded } else { rounded }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_read_and_written_exactly() {
        for (given, wanted) in
            [("0", "0"), ("0.4", "0.4"), ("9900", "9900"), ("0.000000000001", "0.000000000001"), ("1.50", "1.5")]
        {
            assert_eq!(parse(given, "a").map(text).as_deref(), Ok(wanted));
        }
        for wrong in ["", "1e3", "0.0000000000001", "1,5", "-", ".5"] {
            assert!(parse(wrong, "a").is_err(), "{wrong}");
        }
    }

    #[test]
    fn half_a_coin_goes_away_from_zero() {
        let rounded: Vec<i64> = [4, 5, 14, 15, -4, -5, -15].iter().map(|tenths| divide(*tenths, 10)).collect();
        assert_eq!(rounded, [0, 1, 1, 2, 0, -1, -2]);
    }
}
