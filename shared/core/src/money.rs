//! Money: whole micro-units (a millionth of the currency's unit) with a currency.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// Millionths of a currency unit. 1 USD is 1,000,000; a price per call of 0.4 cent is 4,000.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Micros(pub i64);

impl Micros {
    /// As units of the currency, for display and for agents that compute in units.
    pub fn to_units(self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "display only; sums are made on the integer")]
        let micros = self.0 as f64;
        micros / 1e6
    }

    /// Reads a decimal in units, digit by digit and never as a binary fraction, with or without an exponent. What is below a
    /// micro is rounded; what is no number, or too large a one, is none.
    pub fn from_decimal(text: &str) -> Option<Self> {
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
            return all.clone().all(|digit| digit == b'0').then_some(Self(0));
        }
        let mut micros: i64 = 0;
        for digit in all.clone().chain(std::iter::repeat(b'0')).take(usize::try_from(kept.max(0)).ok()?) {
            micros = micros.checked_mul(10)?.checked_add(i64::from(digit - b'0'))?;
        }
        let next = usize::try_from(kept).ok().filter(|_| kept < digits).and_then(|kept| all.clone().nth(kept));
        micros = micros.checked_add(i64::from(next.is_some_and(|digit| digit >= b'5')))?;
        Some(Self(if negative { -micros } else { micros }))
    }
}

/// An ISO 4217 code such as `USD`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Currency([u8; 3]);

/// Why a text is no currency.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not a currency code; give three capital letters such as USD")]
pub struct MoneyError(String);

impl Currency {
    /// United States dollar.
    pub const USD: Self = Self(*b"USD");

    /// Its smallest coin, as Stripe counts: most have a hundredth, some none, a few a thousandth.
    pub const fn coin(self) -> Micros {
        match &self.0 {
            b"BIF" | b"CLP" | b"DJF" | b"GNF" | b"JPY" | b"KMF" | b"KRW" | b"MGA" | b"PYG" | b"RWF" | b"VND"
            | b"VUV" | b"XAF" | b"XOF" | b"XPF" => Micros(1_000_000),
            b"BHD" | b"JOD" | b"KWD" | b"OMR" | b"TND" => Micros(1_000),
            _ => Micros(10_000),
        }
    }
}

impl FromStr for Currency {
    type Err = MoneyError;

    fn from_str(text: &str) -> Result<Self, MoneyError> {
        match <[u8; 3]>::try_from(text.as_bytes()) {
            Ok(code) if code.iter().all(u8::is_ascii_uppercase) => Ok(Self(code)),
            _ => Err(MoneyError(text.chars().take(16).collect())),
        }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|&byte| fmt::Write::write_char(f, char::from(byte)))
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Currency {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// An amount in a currency.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Money {
    /// The amount.
    pub micros: Micros,
    /// Its currency.
    pub currency: Currency,
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Micros(micros) = self.micros;
        let sign = if micros < 0 { "-" } else { "" };
        write!(
            f,
            "{sign}{}.{:06} {}",
            micros.unsigned_abs() / 1_000_000,
            micros.unsigned_abs() % 1_000_000,
            self.currency
        )
    }
}

/// A whole number as people read it: `160,000`.
pub fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut grouped = String::from(if number < 0 { "-" } else { "" });
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decimal_is_read_exactly_and_rounded_below_a_micro() {
        for (text, expected) in [
            ("25.0", 25_000_000),
            ("29.3716180371352785", 29_371_618),
            ("0.9999999", 1_000_000),
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
            assert_eq!(Micros::from_decimal(text), Some(Micros(expected)), "{text}");
        }
        for bad in
            ["", ".", ".5", "1,000.00", "+1", "--1", "1.2.3", "99999999999999", "NaN", " 1", "1e", "1e99", "true"]
        {
            assert_eq!(Micros::from_decimal(bad), None, "{bad}");
        }
    }

    #[test]
    fn an_amount_reads_with_six_decimals_and_its_currency() {
        let price = Money { micros: Micros(4_000), currency: Currency::USD };
        assert_eq!(price.to_string(), "0.004000 USD");
        assert_eq!(Money { micros: Micros(-1_500_000), ..price }.to_string(), "-1.500000 USD");
    }

    #[test]
    fn a_currency_is_three_capital_letters() {
        assert!("USD".parse::<Currency>().is_ok());
        for bad in ["usd", "US", "DOLLAR", ""] {
            assert!(bad.parse::<Currency>().is_err(), "{bad}");
        }
    }
}
