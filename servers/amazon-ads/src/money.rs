//! Amounts. Amazon writes them as JSON numbers; they are read and written digit by digit, never as binary fractions.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _, ser::Error as _};
use serde_json::value::RawValue;
use turnpike_core::Micros;

/// A decimal in units of a currency. Absent ones are nought.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Debug)]
pub(crate) struct Decimal(pub(crate) Micros);

impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        match raw.get() {
            "null" => Ok(Self::default()),
            text => micros(text.trim_matches('"')).map(Self).ok_or_else(|| D::Error::custom("an amount is a decimal")),
        }
    }
}

impl Serialize for Decimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        RawValue::from_string(text(self.0)).map_err(S::Error::custom)?.serialize(serializer)
    }
}

/// Reads a decimal, with or without an exponent. What is below a micro is rounded.
pub(crate) fn micros(text: &str) -> Option<Micros> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (negative, digits) = mantissa.strip_prefix('-').map_or((false, mantissa), |rest| (true, rest));
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() || !whole.bytes().chain(part.bytes()).all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    // How many digits, of both parts together, stand before the end of the micros.
    let kept = i64::try_from(whole.len()).ok()? + i64::from(exponent) + 6;
    let all = whole.bytes().chain(part.bytes());
    let digits = i64::try_from(whole.len() + part.len()).ok()?;
    // More than fits into 64 bits is no amount of money, and a loop over an exponent is no use of time.
    if kept > 40 {
        return all.clone().all(|digit| digit == b'0').then_some(Micros(0));
    }
    let mut micros: i64 = 0;
    for digit in all.clone().chain(std::iter::repeat(b'0')).take(usize::try_from(kept.max(0)).ok()?) {
        micros = micros.checked_mul(10)?.checked_add(i64::from(digit - b'0'))?;
    }
    let next = usize::try_from(kept).ok().filter(|_| kept < digits).and_then(|kept| all.clone().nth(kept));
    micros = micros.checked_add(i64::from(next.is_some_and(|digit| digit >= b'5')))?;
    Some(Micros(if negative { -micros } else { micros }))
}

/// Writes a decimal: `25`, `25.5`, `0.000001`.
pub(crate) fn text(Micros(micros): Micros) -> String {
    let sign = if micros < 0 { "-" } else { "" };
    let micros = micros.unsigned_abs();
    let text = format!("{sign}{}.{:06}", micros / 1_000_000, micros % 1_000_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_read_exactly_and_rounded_below_a_micro() {
        for (text, expected) in [
            ("25.0", 25_000_000),
            ("25", 25_000_000),
            ("0.1", 100_000),
            ("0.30000000000000004", 300_000),
            ("29.3716185", 29_371_619),
            ("0.0000004", 0),
            ("0.0000005", 1),
            ("-3.5", -3_500_000),
            ("9.99999999E8", 999_999_999_000_000),
            ("1e-3", 1_000),
            ("5e-7", 1),
            ("5e-8", 0),
            ("1.5E+2", 150_000_000),
            ("0e99", 0),
            ("9223372036854.775807", i64::MAX),
        ] {
            assert_eq!(micros(text), Some(Micros(expected)), "{text}");
        }
        for bad in
            ["", ".", ".5", "1,000.00", "+1", "--1", "1.2.3", "99999999999999", "NaN", " 1", "1e", "1e99", "true"]
        {
            assert_eq!(micros(bad), None, "{bad}");
        }
    }

    #[test]
    fn an_amount_travels_as_the_same_number() {
        for number in ["25", "25.5", "0.02", "-1.5", "1000000", "0.000001", "0"] {
            let decimal: Decimal = serde_json::from_str(number).unwrap();
            assert_eq!(serde_json::to_string(&decimal).unwrap(), number);
        }
        assert_eq!(serde_json::from_str::<Decimal>("null").unwrap(), Decimal::default());
        assert!(serde_json::from_str::<Decimal>("{}").is_err());
    }
}
