//! What a Sponsored Products campaign may have for a day.
//!
//! <https://advertising.amazon.com/API/docs/en-us/reference/concepts/limits#budget-constraints-by-marketplace>. Amazon has
//! the bounds by marketplace; those that share a currency share the bounds.

use turnpike_core::Micros;

/// Currency, least and most, in units of it.
const BOUNDS: [(&str, &str, &str); 18] = [
    ("AED", "4", "3700000"),
    ("AUD", "1.4", "1500000"),
    ("BRL", "1.32", "5300000"),
    ("CAD", "1", "1000000"),
    ("CNY", "1", "21000000"),
    ("EGP", "7", "7400000"),
    ("EUR", "1", "1000000"),
    ("GBP", "1", "1000000"),
    ("INR", "50", "21000000"),
    ("JPY", "100", "21000000"),
    ("MXN", "1", "21000000"),
    ("PLN", "2", "2000000"),
    ("SAR", "4", "3700000"),
    ("SEK", "9", "9300000"),
    ("SGD", "1.39", "1300000"),
    ("TRY", "2", "2500000"),
    ("USD", "1", "1000000"),
    ("ZAR", "20", "7000000"),
];

/// Least and most of a currency; nothing of one that we do not know, where Amazon must tell.
pub(crate) fn bounds(currency: &str) -> Option<(Micros, Micros)> {
    let (_, least, most) = BOUNDS.iter().find(|(code, ..)| *code == currency)?;
    Some((Micros::from_decimal(least)?, Micros::from_decimal(most)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_marketplaces_bounds_can_be_read() {
        for (currency, ..) in BOUNDS {
            let (least, most) = bounds(currency).expect(currency);
            assert!(Micros(0) < least && least < most, "{currency}");
        }
        assert_eq!(bounds("AUD").map(|(least, _)| least), Some(Micros(1_400_000)));
        assert_eq!(bounds("XXX"), None);
    }
}
