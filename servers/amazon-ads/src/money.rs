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
            text => Micros::from_decimal(text.trim_matches('"'))
                .map(Self)
                .ok_or_else(|| D::Error::custom("an amount is a decimal")),
        }
    }
}

impl Serialize for Decimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        RawValue::from_string(text(self.0)).map_err(S::Error::custom)?.serialize(serializer)
    }
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
    fn an_amount_travels_as_the_same_number() {
        for number in ["25", "25.5", "0.02", "-1.5", "1000000", "0.000001", "0"] {
            let decimal: Decimal = serde_json::from_str(number).unwrap();
            assert_eq!(serde_json::to_string(&decimal).unwrap(), number);
        }
        assert_eq!(serde_json::from_str::<Decimal>("null").unwrap(), Decimal::default());
        assert!(serde_json::from_str::<Decimal>("{}").is_err());
    }
}
