//! Whether a tenant's list of events is as it was written.

use std::{fmt, str::FromStr};

use crate::{StoreError, TenantStore};

/// Events per read while a list is verified.
const PAGE: i64 = 500;

/// Where a list of events ends. Kept elsewhere, it shows later whether the end was cut off. Written `SEQUENCE:HASH`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct AuditHead {
    /// The number of the last event; 0 when there is none.
    pub sequence: i64,
    /// Its hash.
    pub hash: [u8; 32],
}

/// Why a list of events cannot be trusted.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// An event is gone while later ones are there.
    #[error("event {sequence} is missing")]
    Missing {
        /// Its number.
        sequence: i64,
    },
    /// An event, or its place, is not as it was written.
    #[error("event {sequence} is not as it was written")]
    Altered {
        /// Its number.
        sequence: i64,
    },
    /// The end is gone: an earlier look saw more.
    #[error("the list ends at event {found}, and it once had event {expected}")]
    Shortened {
        /// The last event that there is.
        found: i64,
        /// The one that an earlier look saw.
        expected: i64,
    },
    /// The database did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What should be `SEQUENCE:HASH` is not.
#[derive(Debug, thiserror::Error)]
#[error("the end of an audit log is written SEQUENCE:HASH, with 64 hexadecimal digits")]
pub struct AuditHeadError;

impl AuditHead {
    /// The end of a list without events.
    pub const EMPTY: Self = Self { sequence: 0, hash: [0; 32] };
}

impl TenantStore {
    /// Goes through all of the tenant's events and says where they end. `seen` is an end that an earlier look has found.
    ///
    /// # Errors
    /// At the first event that is changed, moved or missing, and when what was seen earlier is not there any more.
    pub async fn verify_audit(&self, key: &[u8; 32], seen: Option<AuditHead>) -> Result<AuditHead, AuditError> {
        let mut head = AuditHead::EMPTY;
        loop {
            let page = self.list_audit_after(head.sequence, PAGE).await?;
            if page.is_empty() {
                break;
            }
            for event in page {
                let sequence = head.sequence + 1;
                if event.sequence != sequence {
                    return Err(AuditError::Missing { sequence });
                }
                let expected = event.expected_hash(&head, self.id(), key);
                let rewritten = seen.is_some_and(|seen| seen.sequence == sequence && seen.hash != expected);
                if event.hash != expected || rewritten {
                    return Err(AuditError::Altered { sequence });
                }
                head = event.head();
            }
        }
        match seen {
            Some(seen) if seen.sequence > head.sequence => {
                Err(AuditError::Shortened { found: head.sequence, expected: seen.sequence })
            }
            _ => Ok(head),
        }
    }
}

impl fmt::Display for AuditHead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.sequence)?;
        self.hash.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for AuditHead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for AuditHead {
    type Err = AuditHeadError;

    fn from_str(text: &str) -> Result<Self, AuditHeadError> {
        let (sequence, digits) = text.split_once(':').ok_or(AuditHeadError)?;
        let sequence = sequence.parse().ok().filter(|sequence| *sequence >= 0).ok_or(AuditHeadError)?;
        if digits.len() != 64 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(AuditHeadError);
        }
        let mut hash = [0; 32];
        for (byte, pair) in hash.iter_mut().zip(digits.as_bytes().chunks(2)) {
            let pair = std::str::from_utf8(pair).map_err(|_| AuditHeadError)?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_| AuditHeadError)?;
        }
        Ok(Self { sequence, hash })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_as_it_is_written_and_nothing_else_is() {
        let head = AuditHead { sequence: 12, hash: [0xab; 32] };
        assert_eq!(head.to_string().parse::<AuditHead>().ok(), Some(head));
        for bad in
            ["", "12", "12:", "-1:00", "x:00", &format!("12:{}", "+a".repeat(32)), &format!("1:{}", "a".repeat(63))]
        {
            assert!(bad.parse::<AuditHead>().is_err(), "{bad}");
        }
    }
}
