//! Decimal texts, which is how LinkedIn writes money, and micros, which is how we count it.

use serde::{Deserialize, Deserializer};
use turnpike_core::Micros;

/// Reads a decimal text. Costs have many digits behind the point: what is below a micro is rounded.
pub(crate) fn micros(text: &str) -> Option<Micros> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let plain = |digits: &str| digits.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !plain(whole) || !plain(part) {
        return None;
    }
    let six: String = part.chars().chain("000000".chars()).take(6).collect();
    let rounding = i64::from(part.as_bytes().get(6).is_some_and(|digit| *digit >= b'5'));
    let units: i64 = whole.parse().ok()?;
    let micros = units.checked_mul(1_000_000)?.checked_add(six.parse().ok()?)?.checked_add(rounding)?;
    Some(Micros(if negative { -micros } else { micros }))
}

/// Writes a whole number of hundredths: `50.25`.
pub(crate) fn decimal(Micros(micros): Micros) -> String {
    let sign = if micros < 0 { "-" } else { "" };
    let micros = micros.unsigned_abs();
    format!("{sign}{}.{:02}", micros / 1_000_000, micros % 1_000_000 / 10_000)
}

/// A field that holds a decimal text.
pub(crate) fn decimal_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    let text = String::deserialize(deserializer)?;
    let no_amount = || serde::de::Error::custom("an amount is a decimal in a string");
    micros(&text).map(|Micros(micros)| micros).ok_or_else(no_amount)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decimal_text_is_read_exactly_and_rounded_below_a_micro() {
        for (text, expected) in [
            ("50.00", 50_000_000),
            ("20", 20_000_000),
            ("12.34", 12_340_000),
            ("0.1", 100_000),
            ("-3.5", -3_500_000),
            ("29.3716180371352785", 29_371_618),
            ("29.3716185", 29_371_619),
            ("0.9999999", 1_000_000),
        ] {
            assert_eq!(micros(text), Some(Micros(expected)), "{text}");
        }
        for bad in ["", ".", ".5", "1e3", "1,000.00", "+1", "--1", "1.2.3", "99999999999999", "NaN", " 1"] {
            assert_eq!(micros(bad), None, "{bad}");
        }
    }

    #[test]
    fn an_amount_is_written_with_two_decimals() {
        for (amount, text) in [(50_000_000, "50.00"), (50_250_000, "50.25"), (90_000, "0.09"), (-1_500_000, "-1.50")] {
            assert_eq!(decimal(Micros(amount)), text);
        }
    }
}
