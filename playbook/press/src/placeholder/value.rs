//! A figure, and how it is printed.

use turnpike_core::{Currency, Micros, grouped};

/// What a placeholder stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    /// An amount: `$29`, `$0.001`, `29 EUR`.
    Money(Micros, Currency),
    /// A whole number: `8,000`.
    Number(i64),
    /// Hundredths of a percent: `2.9 %`.
    Percent(i64),
    /// Anything else, as it is.
    Text(String),
}

impl Value {
    /// As it stands in the page.
    pub(crate) fn print(&self) -> String {
        match self {
            Self::Money(amount, currency) => money(*amount, *currency),
            Self::Number(number) => grouped(*number),
            Self::Percent(hundredths) => format!("{} %", decimal(hundredths.saturating_mul(10_000), 0)),
            Self::Text(text) => text.clone(),
        }
    }
}

fn money(Micros(micros): Micros, currency: Currency) -> String {
    let sign = if micros < 0 { "-" } else { "" };
    let amount = decimal(micros.saturating_abs(), 2);
    if currency == Currency::USD { format!("{sign}${amount}") } else { format!("{sign}{amount} {currency}") }
}

/// Millionths as a decimal without noughts at its end; at least so many digits where there is a fraction at all.
fn decimal(micros: i64, least: usize) -> String {
    let (whole, part) = (micros / 1_000_000, micros % 1_000_000);
    if part == 0 {
        return grouped(whole);
    }
    let digits = format!("{part:06}");
    let kept = digits.trim_end_matches('0').len().max(least);
    format!("{}.{}", grouped(whole), &digits[..kept])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_printed_as_people_write_them() {
        let dollars = |micros| Value::Money(Micros(micros), Currency::USD).print();
        for (micros, expected) in [
            (0, "$0"),
            (29_000_000, "$29"),
            (29_500_000, "$29.50"),
            (1_000, "$0.001"),
            (900_000, "$0.90"),
            (1_234_567_000_000, "$1,234,567"),
            (-18_250_000, "-$18.25"),
        ] {
            assert_eq!(dollars(micros), expected);
        }
        let euros = "EUR".parse().unwrap();
        assert_eq!(Value::Money(Micros(1_900_000), euros).print(), "1.90 EUR");
        assert_eq!(Value::Number(-1_000).print(), "-1,000");
        assert_eq!((Value::Percent(290).print(), Value::Percent(2_500).print()), ("2.9 %".into(), "25 %".into()));
    }
}
