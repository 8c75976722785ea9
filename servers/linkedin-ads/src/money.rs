//! Decimal texts, which is how LinkedIn writes money, and micros, which is how we count it.

use serde::{Deserialize, Deserializer};
use turnpike_core::Micros;

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
    Micros::from_decimal(&text).map(|Micros(micros)| micros).ok_or_else(no_amount)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_written_with_two_decimals() {
        for (amount, text) in [(50_000_000, "50.00"), (50_250_000, "50.25"), (90_000, "0.09"), (-1_500_000, "-1.50")] {
            assert_eq!(decimal(Micros(amount)), text);
        }
    }
}
