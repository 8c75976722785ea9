//! An invoice as a PDF. Equal invoices give equal bytes.

mod draw;
mod layout;
mod text;

use turnpike_core::{InvoiceId, TenantId};

use crate::{Billing, BillingError};

impl Billing {
    /// An invoice as a PDF; none if there is no such invoice. `seller` is the name that the operator's pages have.
    pub async fn invoice_pdf(
        &self,
        tenant: TenantId,
        id: InvoiceId,
        seller: &str,
    ) -> Result<Option<Vec<u8>>, BillingError> {
        let rows = self.0.store.tenant(tenant);
        let Some(invoice) = rows.find_invoice(id).await? else { return Ok(None) };
        let lines = rows.list_invoice_lines(id).await?;
        let buyer = self.0.store.system().find_tenant(tenant).await?.map(|tenant| tenant.name).unwrap_or_default();
        let issuer = &self.0.settings.issuer;
        let pages = layout::pages(&layout::Paper { seller, issuer, buyer: &buyer, invoice: &invoice, lines: &lines });
        draw::pdf(&pages, &invoice, seller).map(Some)
    }
}
