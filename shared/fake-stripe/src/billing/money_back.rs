//! Charges, refunds and disputes.

use serde_json::{Value, json};

use crate::{
    account::Account,
    form::Form,
    json::{int, text},
    list::{PAGING, narrow, page},
    refusal::{Answer, Refusal},
};

/// An object of one of the kinds that are only read here.
pub(crate) fn get(account: &mut Account, kind: &str, id: &str, form: &Form) -> Answer {
    form.only(&[])?;
    account.get(kind, id).cloned()
}

/// A list of them.
pub(crate) fn list(account: &mut Account, kind: &str, url: &str, form: &Form) -> Answer {
    let filters = ["customer", "charge", "payment_intent"];
    form.only(&[&PAGING[..], &filters, &["created.*"]].concat())?;
    let mut all = account.all(kind);
    narrow(&mut all, form, &filters);
    page(url, all, form)
}

pub(crate) fn refund(account: &mut Account, form: &Form) -> Answer {
    form.only(&["charge", "payment_intent", "amount", "reason", "metadata.*"])?;
    let reason = form.choice("reason", &["duplicate", "fraudulent", "requested_by_customer"])?.map(str::to_owned);
    let charge = match (form.text("charge"), form.text("payment_intent")) {
        (Some(charge), None) => account.get("charge", charge)?.clone(),
        (None, Some(intent)) => {
            let all = account.all("charge").into_iter().find(|charge| charge["payment_intent"] == intent);
            all.ok_or_else(|| Refusal::no_such("payment_intent", intent))?
        }
        _ => return Err(Refusal::missing("charge")),
    };
    let left = int(&charge, "amount") - int(&charge, "amount_refunded");
    refund_charge(account, text(&charge, "id"), form.int("amount")?.unwrap_or(left), reason)
}

pub(super) fn refund_charge(account: &mut Account, id: &str, amount: i64, reason: Option<String>) -> Answer {
    let refund_id = account.id("re");
    let now = account.now;
    let charge = account.get_mut("charge", id)?;
    let refunded = int(charge, "amount_refunded") + amount;
    if amount <= 0 || refunded > int(charge, "amount") {
        return Err(Refusal::param("amount", "The refund is greater than what is left of the charge.")
            .code("charge_already_refunded"));
    }
    charge["amount_refunded"] = json!(refunded);
    charge["refunded"] = json!(refunded == int(charge, "amount"));
    let charge = charge.clone();
    let refund = json!({
        "id": refund_id, "object": "refund", "amount": amount, "balance_transaction": null, "charge": id,
        "created": now, "currency": charge["currency"], "customer": charge["customer"], "customer_account": null,
        "metadata": {}, "payment_intent": charge["payment_intent"], "payment_method": charge["payment_method"],
        "reason": reason, "receipt_number": null, "source_transfer_reversal": null, "status": "succeeded",
        "transfer_reversal": null,
    });
    account.put(refund.clone());
    account.emit("refund.created", &refund);
    account.emit("charge.refunded", &charge);
    Ok(refund)
}

/// The charge that paid an invoice.
pub(super) fn charge_of(account: &Account, invoice: &str) -> Option<Value> {
    let payment = account.all("invoice_payment").into_iter().find(|payment| payment["invoice"] == invoice)?;
    let intent = payment["payment"]["payment_intent"].clone();
    account.all("charge").into_iter().find(|charge| charge["payment_intent"] == intent)
}

impl Account {
    /// A customer tells the bank that a charge was wrong.
    pub(crate) fn dispute(&mut self, charge: &str, reason: &str) -> Answer {
        let id = self.id("du");
        let now = self.now;
        let charged = self.get_mut("charge", charge)?;
        charged["disputed"] = json!(true);
        let charged = charged.clone();
        let dispute = json!({
            "id": id, "object": "dispute", "amount": charged["amount"], "balance_transactions": [], "charge": charge,
            "created": now, "currency": charged["currency"], "enhanced_eligibility_types": [],
            "evidence": { "enhanced_evidence": {} },
            "evidence_details": {
                "due_by": null, "enhanced_eligibility": {}, "has_evidence": false, "past_due": false, "submission_count": 0
            },
            "is_charge_refundable": false, "livemode": false, "metadata": {}, "network_reason_code": null,
            "payment_intent": charged["payment_intent"], "reason": reason, "status": "needs_response",
        });
        self.put(dispute.clone());
        self.emit("charge.dispute.created", &dispute);
        Ok(dispute)
    }

    /// The bank has decided: `won` or `lost`.
    pub(crate) fn close_dispute(&mut self, id: &str, status: &str) -> Answer {
        let dispute = self.get_mut("dispute", id)?;
        dispute["status"] = json!(status);
        let dispute = dispute.clone();
        self.emit("charge.dispute.closed", &dispute);
        Ok(dispute)
    }
}
