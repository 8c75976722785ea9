//! What a connection's policy says of a change: caps that refuse, and thresholds above which a person must approve.

use serde_json::Value;
use turnpike_core::{Micros, WritePolicy};
use turnpike_sdk::{PreparedWrite, Spending};

use super::{connection_id, refused, store_failed};
use crate::{
    Gateway, RefusalClass,
    pipeline::{Call, Refusal},
};

/// Whose rule it is, for the one who is stopped by it.
const OWN: &str = "the write policy of this connection";
const DEFAULT: &str = "the service provider's write policy, which holds until this connection has its own";

impl Gateway {
    /// Refuses what is above a cap; otherwise why a person must approve, if one must. Read from the store each time: a policy
    /// holds from the moment it is set.
    pub(super) async fn judge(
        &self,
        call: &Call,
        steps: &dyn PreparedWrite,
        from: &Value,
        to: &Value,
    ) -> Result<Option<String>, Refusal> {
        let spending = steps.spending(from, to)?;
        if spending == Spending::NoMore {
            return Ok(None);
        }
        let rows = self.store.tenant(call.caller.tenant);
        let own = rows.find_write_policy(connection_id(call)?).await.map_err(|error| store_failed(&error))?;
        match own {
            Some(row) => judge(&spending, &row.policy, OWN),
            None => judge(&spending, &self.write_policy, DEFAULT),
        }
    }
}

fn judge(spending: &Spending, policy: &WritePolicy, whose: &'static str) -> Result<Option<String>, Refusal> {
    let (before, after, currency) = match spending {
        Spending::NoMore => return Ok(None),
        Spending::Starts => {
            return Ok(policy.approve_starts.then(|| "what does not spend now may begin to spend".into()));
        }
        Spending::Amount { before, after, currency } => (*before, *after, currency),
    };
    if before.is_some_and(|before| after <= before) {
        return Ok(None);
    }
    let money = |amount: Micros| format!("{} {currency}", amount.to_units());
    let over = |message: String, allowed: Micros| {
        let next = format!("Choose at most {}, or ask a person of the service provider to raise it.", money(allowed));
        refused(RefusalClass::OverCap, message, next).whose(whose)
    };
    if after > policy.max_amount {
        let highest = money(policy.max_amount);
        return Err(over(
            format!("{} is above {highest}, the highest amount allowed", money(after)),
            policy.max_amount,
        ));
    }
    let Some(before) = before.filter(|before| before.0 > 0) else {
        return Ok(Some(format!("there is no amount yet that {} could be compared with", money(after))));
    };
    let rises_above = |percent: i64| {
        let rise = i128::from(after.0) - i128::from(before.0);
        rise * 100 > i128::from(before.0) * i128::from(percent)
    };
    let change = format!("from {} to {}", money(before), money(after));
    if rises_above(policy.max_rise_percent) {
        let most = policy.max_rise_percent;
        let highest = i128::from(before.0) * i128::from(100 + most) / 100;
        // Whole hundredths, as amounts are.
        let highest = Micros(i64::try_from(highest / 10_000 * 10_000).unwrap_or(i64::MAX)).min(policy.max_amount);
        return Err(over(format!("{change} is a rise by more than {most} %, the most allowed at once"), highest));
    }
    if after > policy.approve_amount {
        return Ok(Some(format!("{} is above {}", money(after), money(policy.approve_amount))));
    }
    let without_asking = policy.approve_rise_percent;
    Ok(rises_above(without_asking).then(|| format!("{change} is a rise by more than {without_asking} %")))
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: WritePolicy = WritePolicy {
        max_amount: Micros(1_000_000_000),
        max_rise_percent: 100,
        approve_amount: Micros(500_000_000),
        approve_rise_percent: 50,
        approve_starts: true,
    };

    fn amount(before: Option<i64>, after: i64) -> Spending {
        let micros = |units: i64| Micros(units * 1_000_000);
        Spending::Amount { before: before.map(micros), after: micros(after), currency: "EUR".into() }
    }

    /// Free, with a person's approval, or not at all.
    fn verdict(spending: &Spending) -> &'static str {
        match judge(spending, &POLICY, OWN) {
            Ok(None) => "free",
            Ok(Some(_)) => "approval",
            Err(refusal) => refusal.class.as_str(),
        }
    }

    #[test]
    fn raising_is_bounded_and_lowering_is_free() {
        for (before, after, expected) in [
            (Some(100), 100, "free"),
            (Some(5_000), 4_999, "free"),
            (Some(100), 150, "free"),
            (Some(100), 151, "approval"),
            (Some(100), 200, "approval"),
            (Some(100), 201, "over_cap"),
            (Some(500), 501, "approval"),
            (Some(900), 1_000, "approval"),
            (Some(999), 1_001, "over_cap"),
            (Some(5_000), 5_001, "over_cap"),
            (Some(0), 1, "approval"),
            (None, 1, "approval"),
            (None, 1_001, "over_cap"),
            (Some(i64::MAX / 2_000_000), i64::MAX / 1_000_000, "over_cap"),
        ] {
            assert_eq!(verdict(&amount(before, after)), expected, "{before:?} to {after}");
        }
    }

    #[test]
    fn what_begins_to_spend_needs_a_person_where_the_policy_says_so() {
        assert_eq!((verdict(&Spending::NoMore), verdict(&Spending::Starts)), ("free", "approval"));
        let open = WritePolicy { approve_starts: false, ..POLICY };
        assert!(matches!(judge(&Spending::Starts, &open, OWN), Ok(None)));
    }

    #[test]
    fn whoever_is_stopped_learns_whose_rule_it_is_and_what_it_allows() {
        let Err(refusal) = judge(&amount(Some(33), 900), &POLICY, OWN) else { panic!("too steep") };
        assert_eq!(refusal.whose, Some(OWN));
        assert!(refusal.message.contains("from 33 EUR to 900 EUR") && refusal.message.contains("100 %"), "{refusal:?}");
        assert!(refusal.next_step.contains("at most 66 EUR"), "{refusal:?}");
    }
}
