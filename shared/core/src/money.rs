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

#[cfg(test)]
mod tests {
    use super::*;

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
