//! Refunds, credit notes and disputes.

use stripe_billing::{
    credit_note::RetrieveCreditNote,
    invoice_payment::{ListInvoicePayment, ListInvoicePaymentPayment, ListInvoicePaymentPaymentType},
};
use stripe_core::{
    charge::RetrieveCharge,
    dispute::RetrieveDispute,
    refund::{ListRefund, RetrieveRefund},
};
use stripe_shared::{Charge, Refund};
use turnpike_core::{InvoiceId, TenantId};
use turnpike_store::{MoneyEvent, MoneyEventKind};

use crate::{
    Billing, BillingError,
    stripe::{
        Failure, Stripe,
        amounts::{at, of_coins, of_currency},
    },
};

impl Stripe {
    /// Fetches all refunds of a charge.
    pub(in crate::stripe) async fn take_over_refunds(
        &self,
        billing: &Billing,
        charge: &str,
    ) -> Result<Option<TenantId>, BillingError> {
        let Some((tenant, invoice)) = self.find_charge(billing, charge).await? else { return Ok(None) };
        for refund in self.read_client().all(ListRefund::new().charge(charge).limit(100).paginate()).await? {
            self.store_refund(billing, tenant, invoice, &refund).await?;
        }
        Ok(Some(tenant))
    }

    /// Fetches a refund.
    pub(in crate::stripe) async fn take_over_refund(
        &self,
        billing: &Billing,
        id: &str,
    ) -> Result<Option<TenantId>, BillingError> {
        let refund = match self.read_client().get(&RetrieveRefund::new(id)).await {
            Err(failure) if failure.is_missing() => return Ok(None),
            refund => refund?,
        };
        let Some(charge) = &refund.charge else { return Ok(None) };
        let Some((tenant, invoice)) = self.find_charge(billing, charge.id().as_str()).await? else { return Ok(None) };
        self.store_refund(billing, tenant, invoice, &refund).await?;
        Ok(Some(tenant))
    }

    async fn store_refund(
        &self,
        billing: &Billing,
        tenant: TenantId,
        invoice_id: Option<InvoiceId>,
        refund: &Refund,
    ) -> Result<(), BillingError> {
        let currency = of_currency(&refund.currency)?;
        let row = MoneyEvent {
            external_id: refund.id.to_string(),
            invoice_id,
            kind: MoneyEventKind::Refund,
            state: refund.status.clone().unwrap_or_default(),
            amount: of_coins(refund.amount, currency),
            currency,
            reason: refund.reason.as_ref().map(|reason| reason.as_str().to_owned()),
            at: at(refund.created),
            updated_at: billing.now(),
        };
        Ok(billing.0.store.tenant(tenant).set_money_event(&row).await?)
    }

    /// Fetches a dispute.
    pub(in crate::stripe) async fn take_over_dispute(
        &self,
        billing: &Billing,
        id: &str,
    ) -> Result<Option<TenantId>, BillingError> {
        let dispute = match self.read_client().get(&RetrieveDispute::new(id)).await {
            Err(failure) if failure.is_missing() => return Ok(None),
            dispute => dispute?,
        };
        let charge = dispute.charge.id().as_str();
        let Some((tenant, invoice_id)) = self.find_charge(billing, charge).await? else { return Ok(None) };
        let currency = of_currency(&dispute.currency)?;
        let row = MoneyEvent {
            external_id: dispute.id.to_string(),
            invoice_id,
            kind: MoneyEventKind::Dispute,
            state: dispute.status.as_str().to_owned(),
            amount: of_coins(dispute.amount, currency),
            currency,
            reason: Some(dispute.reason.clone()),
            at: at(dispute.created),
            updated_at: billing.now(),
        };
        billing.0.store.tenant(tenant).set_money_event(&row).await?;
        Ok(Some(tenant))
    }

    /// Fetches a credit note, and its invoice, of which less is owed now.
    pub(in crate::stripe) async fn take_over_credit_note(
        &self,
        billing: &Billing,
        id: &str,
    ) -> Result<Option<TenantId>, BillingError> {
        let note = match self.read_client().get(&RetrieveCreditNote::new(id)).await {
            Err(failure) if failure.is_missing() => return Ok(None),
            note => note?,
        };
        let Some(invoice) = note.invoice.id().as_ref().map(ToString::to_string) else { return Ok(None) };
        let Some(tenant) = self.take_over_invoice(billing, &invoice).await? else { return Ok(None) };
        let rows = billing.0.store.tenant(tenant);
        let currency = of_currency(&note.currency)?;
        let row = MoneyEvent {
            external_id: note.id.to_string(),
            invoice_id: rows.find_invoice_of(&invoice).await?.map(|row| row.id),
            kind: MoneyEventKind::CreditNote,
            state: note.status.as_str().to_owned(),
            amount: of_coins(note.total, currency),
            currency,
            reason: note.reason.as_ref().map(|reason| reason.as_str().to_owned()),
            at: at(note.created),
            updated_at: billing.now(),
        };
        rows.set_money_event(&row).await?;
        Ok(Some(tenant))
    }

    /// Whose a charge is, and for which invoice.
    async fn find_charge(
        &self,
        billing: &Billing,
        id: &str,
    ) -> Result<Option<(TenantId, Option<InvoiceId>)>, BillingError> {
        let charge = self.read_client().get(&RetrieveCharge::new(id)).await?;
        let Some(customer) = charge.customer.as_ref().map(|customer| customer.id().to_string()) else {
            return Ok(None);
        };
        let Some(tenant) = self.find_tenant(billing, None, Some(&customer)).await? else { return Ok(None) };
        let Some(invoice) = self.find_invoice_of_charge(&charge).await? else { return Ok(Some((tenant, None))) };
        // The row is made here if no event has made it yet.
        self.take_over_invoice(billing, &invoice).await?;
        let row = billing.0.store.tenant(tenant).find_invoice_of(&invoice).await?;
        Ok(Some((tenant, row.map(|row| row.id))))
    }

    /// A charge does not name its invoice; its payment does.
    async fn find_invoice_of_charge(&self, charge: &Charge) -> Result<Option<String>, Failure> {
        let Some(intent) = &charge.payment_intent else { return Ok(None) };
        let mut payment = ListInvoicePaymentPayment::new(ListInvoicePaymentPaymentType::PaymentIntent);
        payment.payment_intent = Some(intent.id().to_string());
        let payments = self.read_client().get(&ListInvoicePayment::new().payment(payment)).await?.data;
        Ok(payments.first().and_then(|payment| payment.invoice.id().as_ref()).map(ToString::to_string))
    }
}
