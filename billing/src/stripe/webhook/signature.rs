//! The signature of an event: `t=SECONDS,v1=HEX[,v1=HEX]`, HMAC-SHA256 of `SECONDS.BODY`.

use aws_lc_rs::hmac::{HMAC_SHA256, Key, sign};
use subtle::{Choice, ConstantTimeEq};
use turnpike_core::Timestamp;

/// How far the sender's clock may be from ours, either way.
const SKEW: u64 = 300;

/// Why an event is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum SignatureError {
    /// It cannot be read.
    #[error("the signature header is missing or garbled")]
    Garbled,
    /// It was signed too long ago, or in the future.
    #[error("the signature's time is too far from ours")]
    Skewed,
    /// None of its signatures is by a secret of ours.
    #[error("the signature does not match")]
    Wrong,
}

/// Checks a body against its header: any of its signatures by any of the secrets will do.
pub(super) fn check(header: &str, body: &[u8], secrets: &[&str], now: Timestamp) -> Result<(), SignatureError> {
    let parts = || header.split(',').filter_map(|part| part.trim().split_once('='));
    let time = parts().find(|(key, _)| *key == "t").map(|(_, time)| time).ok_or(SignatureError::Garbled)?;
    let seconds: i64 = time.parse().map_err(|_| SignatureError::Garbled)?;
    let given: Vec<&str> = parts().filter(|(key, _)| *key == "v1").map(|(_, signature)| signature).collect();
    if given.is_empty() {
        return Err(SignatureError::Garbled);
    }

    let signed = [time.as_bytes(), b".", body].concat();
    let mut matches = Choice::from(0);
    for secret in secrets {
        let expected = hex(sign(&Key::new(HMAC_SHA256, secret.as_bytes()), &signed).as_ref());
        for signature in &given {
            matches |= expected.as_bytes().ct_eq(signature.as_bytes());
        }
    }
    match (bool::from(matches), seconds.abs_diff(now.micros() / 1_000_000)) {
        (false, _) => Err(SignatureError::Wrong),
        (true, skew) if skew > SKEW => Err(SignatureError::Skewed),
        (true, _) => Ok(()),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_900_000_000;

    fn signed(secret: &str, seconds: i64, body: &str) -> String {
        let text = format!("{seconds}.{body}");
        hex(sign(&Key::new(HMAC_SHA256, secret.as_bytes()), text.as_bytes()).as_ref())
    }

    fn checked(header: &str, body: &str) -> Result<(), SignatureError> {
        check(header, body.as_bytes(), &["whsec_new", "whsec_old"], Timestamp::from_micros(NOW * 1_000_000))
    }

    #[test]
    fn the_formula_is_that_of_stripe() {
        // By another implementation of HMAC.
        let known = "c0d629d4d093aeb885a8e6a4e6d3918c5d2e6b3c189a19e8c82ec6b76c17dc65";
        assert_eq!(checked(&format!("t={NOW},v1={known}"), r#"{"id":"evt_1"}"#), Ok(()));
    }

    #[test]
    fn both_secrets_and_any_of_the_signatures_will_do() {
        for secret in ["whsec_new", "whsec_old"] {
            let good = signed(secret, NOW, "{}");
            for header in [
                format!("t={NOW},v1={good}"),
                format!("t={NOW},v1={},v1={good},v0=x", signed("whsec_other", NOW, "{}")),
                format!("v1={good}, t={NOW}"),
            ] {
                assert_eq!(checked(&header, "{}"), Ok(()), "{header}");
            }
        }
        let other = format!("t={NOW},v1={}", signed("whsec_other", NOW, "{}"));
        assert_eq!(checked(&other, "{}"), Err(SignatureError::Wrong));
    }

    #[test]
    fn a_time_too_far_away_is_refused_either_way() {
        for (seconds, expected) in [
            (NOW - 300, Ok(())),
            (NOW + 300, Ok(())),
            (NOW - 301, Err(SignatureError::Skewed)),
            (NOW + 301, Err(SignatureError::Skewed)),
            (i64::MIN, Err(SignatureError::Skewed)),
        ] {
            let header = format!("t={seconds},v1={}", signed("whsec_new", seconds, "{}"));
            assert_eq!(checked(&header, "{}"), expected, "{seconds}");
        }
    }

    #[test]
    fn an_altered_body_an_altered_time_and_a_garbled_header_are_refused() {
        let good = signed("whsec_new", NOW, "{}");
        assert_eq!(checked(&format!("t={NOW},v1={good}"), "{ }"), Err(SignatureError::Wrong));
        assert_eq!(checked(&format!("t={},v1={good}", NOW - 1), "{}"), Err(SignatureError::Wrong));
        assert_eq!(checked(&format!("t={NOW},v1={}", &good[1..]), "{}"), Err(SignatureError::Wrong));
        assert_eq!(checked(&format!("t={NOW},v1="), "{}"), Err(SignatureError::Wrong));
        let garbled = ["", "t=,v1=x", "v1=x", "t=now,v1=x", &format!("t={NOW}"), &format!("t={NOW},v0={good}"), ",,=,"];
        for header in garbled {
            assert_eq!(checked(header, "{}"), Err(SignatureError::Garbled), "{header}");
        }
    }
}
