//! Meta's two ways to write money. Budgets are whole numbers of the currency's smallest unit, as Meta counts it; figures are
//! decimal texts in the currency's own unit. We count in micros.

use turnpike_core::Micros;

/// The currencies that Meta counts in whole units; all others in hundredths, whatever ISO 4217 says.
/// <https://developers.facebook.com/docs/marketing-api/currencies>: those of offset 1, read 2026-11-21.
const WHOLE: [&str; 11] = ["CLP", "COP", "CRC", "HUF", "IDR", "ISK", "JPY", "KRW", "PYG", "TWD", "VND"];

/// What one of Meta's smallest units is in micros.
fn unit(currency: &str) -> i64 {
    if WHOLE.contains(&currency) { 1_000_000 } else { 10_000 }
}

/// Reads a budget: `5000` is 50 USD and 5,000 JPY.
pub(crate) fn budget(text: &str, currency: &str) -> Option<Micros> {
    let units: i64 = text.parse().ok()?;
    Some(Micros(units.checked_mul(unit(currency))?))
}

/// Writes a budget; `None` when the currency has no such fraction.
pub(crate) fn minor_units(Micros(micros): Micros, currency: &str) -> Option<i64> {
    let unit = unit(currency);
    (micros % unit == 0).then_some(micros / unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_number_is_fifty_dollars_and_five_thousand_yen() {
        for (text, currency, micros) in [
            ("5000", "USD", 50_000_000),
            ("5000", "EUR", 50_000_000),
            ("5000", "JPY", 5_000_000_000),
            ("5000", "KRW", 5_000_000_000),
            // Three decimals by ISO, two by Meta.
            ("5000", "BHD", 50_000_000),
            // Two decimals by ISO, none by Meta.
            ("5000", "TWD", 5_000_000_000),
            ("1", "USD", 10_000),
            ("0", "JPY", 0),
        ] {
            assert_eq!(budget(text, currency), Some(Micros(micros)), "{text} {currency}");
            assert_eq!(minor_units(Micros(micros), currency).map(|units| units.to_string()).as_deref(), Some(text));
        }
        for bad in ["", "50.00", "1e3", "99999999999999999", "USD"] {
            assert_eq!(budget(bad, "USD"), None, "{bad}");
        }
    }

    #[test]
    fn a_currency_without_decimals_takes_no_fraction() {
        assert_eq!(minor_units(Micros(50_500_000), "USD"), Some(5_050));
        assert_eq!(minor_units(Micros(50_500_000), "JPY"), None);
        assert_eq!(minor_units(Micros(5_000), "USD"), None);
    }
}
