//! Mails about money, to the owners of those whom it concerns.

use std::sync::Arc;

use turnpike_billing::{
    BillingError,
    notices::{Notice, What},
};
use turnpike_core::{InvoiceId, Role, TenantId, Timestamp};
use turnpike_store::{Invoice, StoreError};

use crate::{
    Portal,
    brand::Brand,
    mail::{Letter, MoneyLetter},
    pages::{day, money, shown},
};

impl Portal {
    /// Mails what is due to be told about money, and was not; how many mails. Each thing is told once, however many servers ask.
    pub async fn send_billing_notices(&self, now: Timestamp) -> Result<usize, BillingError> {
        let mut sent = 0;
        for notice in self.billing.due_notices(now).await? {
            // What cannot be told to one shall not keep the others from hearing theirs.
            match self.tell(&notice).await {
                Ok(count) => sent += count,
                Err(error) => tracing::error!(tenant = %notice.tenant, %error, "a notice about money was not mailed"),
            }
        }
        Ok(sent)
    }

    /// Tells the owners of one tenant; how many there are.
    async fn tell(&self, notice: &Notice) -> Result<usize, StoreError> {
        let system = self.store.system();
        let tenant = system.find_tenant(notice.tenant).await?.filter(|tenant| tenant.deleted_at.is_none());
        let Some(tenant) = tenant else { return Ok(0) };
        let brand = self.brand_of_notices().await?;
        let Some((what, path)) = self.letter(notice.tenant, &notice.what).await? else { return Ok(0) };
        let link = format!("{}{path}", brand.url);
        let letter = Letter::Money { organisation: tenant.name, what, link };
        let members = system.list_members(notice.tenant).await?;
        let owners = members.iter().filter(|member| member.role == Role::Owner);
        Ok(owners.inspect(|owner| self.mailer.send(&brand, &owner.email, &letter)).count())
    }

    /// No request says under which of its names the agency is known to the client: it is that of the public address.
    pub(crate) async fn brand_of_notices(&self) -> Result<Arc<Brand>, StoreError> {
        let host = self.public_url.split_once("://").map_or(self.public_url.as_str(), |(_, host)| host);
        Ok(self.brands.resolve(host).await?.unwrap_or_else(|| self.brands.default_brand()))
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
