//! Mails about money, to the owners of those whom it concerns.

use turnpike_billing::{
    BillingError,
    notices::{Notice, What},
};
use turnpike_core::{InvoiceId, Role, TenantId, Timestamp};
use turnpike_store::{Invoice, StoreError};

use crate::{
    Portal,
    mail::{Letter, MoneyLetter},
    notices::Audience,
    pages::{day, money, shown},
};

/// Bills come to those who are suspended too.
const OWNERS: Audience = Audience { roles: &[Role::Owner], suspended: true };

impl Portal {
    /// Mails what is due to be told about money, and was not; how many mails. However many servers ask, each thing is told once.
    pub async fn send_billing_notices(&self, now: Timestamp) -> Result<usize, BillingError> {
        let mut sent = 0;
        for notice in self.billing.due_notices(now).await? {
            // What cannot be told to one shall not keep the others from hearing theirs.
            match self.tell_of_money(&notice, now).await {
                Ok(count) => sent += count,
                Err(error) => tracing::error!(tenant = %notice.tenant, %error, "a notice about money was not mailed"),
            }
        }
        Ok(sent)
    }

    /// Tells the owners of one tenant who were not told; how many.
    async fn tell_of_money(&self, notice: &Notice, now: Timestamp) -> Result<usize, StoreError> {
        let Some((what, path)) = self.letter(notice.tenant, &notice.what).await? else { return Ok(0) };
        let letter = |organisation, link| Letter::Money { organisation, what, link };
        self.tell((notice.tenant, &notice.key), &OWNERS, &path, letter, now).await
    }

    /// What the mail says, and where it leads. Of an invoice that is not there any more nothing is said.
    async fn letter(&self, tenant: TenantId, what: &What) -> Result<Option<(MoneyLetter, String)>, StoreError> {
        let letter = match what {
            What::Budget { percent, used, of, hard } => {
                MoneyLetter::Budget { percent: *percent, used: *used, of: *of, hard: *hard }
            }
            What::TrialEnds(at) => MoneyLetter::TrialEnds { at: day(*at) },
            What::PaymentFailed { until } => MoneyLetter::PaymentFailed { until: shown(*until) },
            What::ReadOnly { until } => MoneyLetter::ReadOnly { until: shown(*until) },
            What::Stopped => MoneyLetter::Stopped,
            What::Ends(at) => MoneyLetter::Ends { at: day(*at) },
            What::Issued(id) | What::Overdue(id) | What::Paid(id) => {
                let own = self.store.tenant(tenant).find_invoice(*id).await?;
                return Ok(own.map(|own| (of_invoice(what, &own), path_of(*id))));
            }
        };
        Ok(Some((letter, "/billing".into())))
    }
}

fn of_invoice(what: &What, own: &Invoice) -> MoneyLetter {
    let (number, total) = (own.number.clone().unwrap_or_default(), money(own.total, own.currency));
    match what {
        What::Paid(_) => MoneyLetter::Paid { number, total },
        What::Overdue(_) => MoneyLetter::Overdue { number, total },
        _ => MoneyLetter::Issued { number, total, due: own.due_at.map(day) },
    }
}

fn path_of(id: InvoiceId) -> String {
    format!("/billing/invoices/{id}")
}
