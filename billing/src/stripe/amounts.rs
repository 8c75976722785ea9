//! Amounts as Stripe writes them: whole coins, or decimals of a coin.

use turnpike_core::{Currency, Micros, Timestamp};

use super::Failure;

/// An amount in coins; none where it is no whole number of them.
pub(super) fn to_coins(amount: Micros, currency: Currency) -> Option<i64> {
    let coin = currency.coin().0;
    (amount.0 % coin == 0).then_some(amount.0 / coin)
}

/// So many coins.
pub(super) fn of_coins(coins: i64, currency: Currency) -> Micros {
    Micros(coins.saturating_mul(currency.coin().0))
}

/// An amount, not below nought, as a decimal of coins: it has at most six places, of the twelve that Stripe takes.
pub(super) fn to_decimal(amount: Micros, currency: Currency) -> String {
    let coin = currency.coin().0;
    let places = usize::try_from(coin.ilog10()).unwrap_or_default();
    let (whole, part) = (amount.0 / coin, amount.0 % coin);
    match part {
        0 => whole.to_string(),
        part => format!("{whole}.{part:0places$}").trim_end_matches('0').to_owned(),
    }
}

/// A decimal of coins as an amount, rounded to a micro.
pub(super) fn of_decimal(text: &str, currency: Currency) -> Option<Micros> {
    let millionths = Micros::from_decimal(text)?.0;
    let scaled = i128::from(millionths) * i128::from(currency.coin().0);
    i64::try_from((scaled + scaled.signum() * 500_000) / 1_000_000).ok().map(Micros)
}

/// A currency in our words; Stripe writes it in small letters.
pub(super) fn of_currency(currency: &stripe_types::Currency) -> Result<Currency, Failure> {
    currency.to_string().to_ascii_uppercase().parse().map_err(|_| Failure::Unreadable)
}

/// A currency in Stripe's words.
pub(super) fn to_currency(currency: Currency) -> stripe_types::Currency {
    let Ok(known) = currency.to_string().to_ascii_lowercase().parse();
    known
}

/// An instant that Stripe writes in seconds.
pub(super) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_micros(seconds.saturating_mul(1_000_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_comes_back_as_it_was_written() {
        let [yen, dinar] = ["JPY", "KWD"].map(|code| code.parse().unwrap());
        for (micros, currency, text) in [
            (0, Currency::USD, "0"),
            (1_000, Currency::USD, "0.1"),
            (4_321, Currency::USD, "0.4321"),
            (29_000_000, Currency::USD, "2900"),
            (1_500_000, yen, "1.5"),
            (1, yen, "0.000001"),
            (1_001, dinar, "1.001"),
        ] {
            assert_eq!(to_decimal(Micros(micros), currency), text);
            assert_eq!(of_decimal(text, currency), Some(Micros(micros)));
        }
        assert_eq!(of_decimal("0.00005", Currency::USD), Some(Micros(1)));
        assert_eq!(to_coins(Micros(29_000_000), Currency::USD), Some(2_900));
        assert_eq!(to_coins(Micros(29_000_001), Currency::USD), None);
        assert_eq!(of_coins(-5, Currency::USD), Micros(-50_000));
        assert_eq!(of_currency(&to_currency(Currency::USD)), Ok(Currency::USD));
    }
}
