//! Batches that the payment provider refuses after it has taken them, and their second way.

use turnpike_store::BatchState;

use crate::{Billing, BillingError};

/// From which states a batch becomes a rejected one: its good answer may still be on its way, or may be lost.
const TAKEN: [BatchState; 3] = [BatchState::Accepted, BatchState::Sending, BatchState::Uncertain];

impl Billing {
    /// Notes that the payment provider has refused these after it had taken them: each by its identifier, and why. How many it
    /// changed.
    pub async fn reject_batches(&self, refused: &[(String, String)]) -> Result<usize, BillingError> {
        let mut changed = 0;
        for (identifier, reason) in refused {
            let Some((tenant, batch)) = self.0.store.system().find_usage_batch(identifier).await? else {
                tracing::error!(identifier, reason, "usage is refused that no batch knows");
                continue;
            };
            let (rows, place) = (self.0.store.tenant(tenant), (batch.window_start, batch.sequence));
            for before in TAKEN {
                let (after, now) = (BatchState::Rejected, self.now());
                if rows.settle_usage_batch(place, before, after, Some(reason), now).await? {
                    tracing::error!(%tenant, identifier, units = batch.units, reason, "a batch of usage was refused");
                    changed += 1;
                    break;
                }
            }
        }
        Ok(changed)
    }

    /// Sends a rejected batch once more, after its reason was put right; false when there is no rejected one of that identifier.
    /// It gets a new identifier, because the provider may know the old one for refused usage.
    pub async fn resend_batch(&self, identifier: &str) -> Result<bool, BillingError> {
        let Some((tenant, batch)) = self.0.store.system().find_usage_batch(identifier).await? else {
            return Ok(false);
        };
        let place = (batch.window_start, batch.sequence);
        let rows = self.0.store.tenant(tenant);
        Ok(rows.reopen_usage_batch(place, BatchState::Rejected, &next_identifier(identifier), self.now()).await?)
    }
}

/// `u1:…:0`, then `u1:…:0:r1`, `u1:…:0:r2` and so on.
fn next_identifier(identifier: &str) -> String {
    match identifier.rsplit_once(":r").and_then(|(first, count)| Some((first, count.parse::<u32>().ok()?))) {
        Some((first, count)) => format!("{first}:r{}", count.saturating_add(1)),
        None => format!("{identifier}:r1"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_way_of_a_batch_has_its_own_identifier() {
        assert_eq!(next_identifier("u1:a:3600:0"), "u1:a:3600:0:r1");
        assert_eq!(next_identifier("u1:a:3600:0:r1"), "u1:a:3600:0:r2");
        assert_eq!(next_identifier("u1:a:3600:0:r9"), "u1:a:3600:0:r10");
    }
}
