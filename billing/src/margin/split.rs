//! Shares an amount out without losing any of it.

/// An amount in parts by weight that add up to it: what rounding leaves over goes to the largest remainders. Without any weight
/// the first part gets all.
pub(super) fn split(amount: i64, weights: &[i64]) -> Vec<i64> {
    let whole: i128 = weights.iter().copied().map(i128::from).sum();
    if whole <= 0 {
        return (0..weights.len()).map(|place| if place == 0 { amount } else { 0 }).collect();
    }
    let size = i128::from(amount.unsigned_abs());
    let products: Vec<_> = weights.iter().map(|weight| size * i128::from(*weight)).collect();
    let mut parts: Vec<_> = products.iter().map(|product| product / whole).collect();
    let mut order: Vec<_> = (0..weights.len()).collect();
    order.sort_by_key(|place| std::cmp::Reverse(products[*place] % whole));
    let left = size - parts.iter().sum::<i128>();
    for place in order.into_iter().take(usize::try_from(left).unwrap_or(0)) {
        parts[place] += 1;
    }
    parts.into_iter().map(|part| i64::try_from(part).unwrap_or(i64::MAX) * amount.signum()).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_largest_remainders_get_what_is_left_over() {
        assert_eq!(split(10, &[1, 1, 1]), [4, 3, 3]);
        assert_eq!(split(-10, &[1, 2]), [-3, -7]);
        assert_eq!(split(10, &[0, 0]), [10, 0]);
        assert_eq!(split(10, &[]), [0; 0]);
    }

    proptest! {
        #[test]
        fn the_parts_add_up(amount: i64, weights in prop::collection::vec(0..1_000_000_i64, 1..20)) {
            let amount = amount / 2;
            prop_assert_eq!(split(amount, &weights).iter().sum::<i64>(), amount);
        }
    }
}
