//! Rows about money to store.

use turnpike_core::{Currency, InvoiceId, Micros};
use turnpike_store::{
    Credit, CreditKind, Invoice, InvoiceLine, InvoiceState, LineKind, MoneyEvent, MoneyEventKind, PaymentEvent,
    PaymentEventState, PriceVersion, ProofRow, Store, Subscription, SubscriptionState, TenantStore,
};

use crate::samples::{NOW, call, id, later};

pub(crate) fn subscription(customer: &str) -> Subscription {
    Subscription {
        plan: "growth".into(),
        price_version: 3,
        yearly: true,
        integrations: 2,
        state: SubscriptionState::PastDue,
        period_start: NOW,
        period_end: later(3600),
        trial_ends_at: Some(later(60)),
        cancel_at: None,
        past_due_since: Some(later(30)),
        cap_units: None,
        customer_id: Some(customer.into()),
        external_id: Some("sub_1".into()),
        created_at: NOW,
        updated_at: later(1),
    }
}

pub(crate) fn invoice(id: InvoiceId, number: &str) -> Invoice {
    Invoice {
        id,
        number: Some(number.into()),
        state: InvoiceState::Open,
        currency: Currency::USD,
        plan: Some("growth".into()),
        price_version: 3,
        period_start: NOW,
        period_end: later(3600),
        subtotal: Micros(59_000_000),
        tax: Micros(0),
        total: Micros(59_000_000),
        paid: Micros(0),
        issued_at: Some(NOW),
        due_at: Some(later(60)),
        paid_at: None,
        external_id: Some(format!("in_{number}")),
        hosted_url: None,
        created_at: NOW,
        updated_at: NOW,
    }
}

pub(crate) fn invoice_line() -> InvoiceLine {
    InvoiceLine {
        position: 0,
        kind: LineKind::Fee,
        description: "Growth".into(),
        quantity: 1,
        unit_price: Some(Micros(59_000_000)),
        amount: Micros(59_000_000),
        since: NOW,
        until: later(3600),
    }
}

pub(crate) fn money_event(external_id: &str) -> MoneyEvent {
    MoneyEvent {
        external_id: external_id.into(),
        invoice_id: Some(id()),
        kind: MoneyEventKind::Refund,
        state: "succeeded".into(),
        amount: Micros(1_000_000),
        currency: Currency::USD,
        reason: None,
        at: NOW,
        updated_at: NOW,
    }
}

pub(crate) fn credit() -> Credit {
    Credit {
        id: id(),
        kind: CreditKind::Promotional,
        amount: Micros(5_000_000),
        currency: Currency::USD,
        note: "For the outage".into(),
        invoice_id: None,
        external_id: None,
        expires_at: Some(later(60)),
        made_by: "desk".into(),
        created_at: NOW,
    }
}

pub(crate) fn payment_event(id: &str) -> PaymentEvent {
    PaymentEvent {
        id: id.into(),
        kind: "invoice.paid".into(),
        account: None,
        payload_json: "{}".into(),
        state: PaymentEventState::Received,
        attempts: 0,
        next_attempt_at: NOW,
        reason: None,
        received_at: NOW,
        settled_at: None,
    }
}

pub(crate) fn price_version(version: i64) -> PriceVersion {
    PriceVersion {
        version,
        book_json: "{}".into(),
        effective_at: later(60),
        note: "Dearer".into(),
        set_by: "desk".into(),
        set_at: NOW,
    }
}

pub(crate) fn proof() -> ProofRow {
    ProofRow { id: id(), ran_at: NOW, since: NOW, until: later(60), differences: 0, report_json: "{}".into() }
}

/// A row of a tenant in each table about money. Its customer bears the mark.
pub(crate) async fn furnish_money(store: &Store, tenant: &TenantStore, mark: &str) -> InvoiceId {
    tenant.set_subscription(&subscription(mark)).await.unwrap();
    let row = call(tenant.get().await.unwrap().id);
    store.system().insert_calls(std::slice::from_ref(&row)).await.unwrap();
    let sealed =
        tenant.seal_usage((NOW, later(3600)), |sequence| format!("{}:{sequence}", row.call_id), NOW).await.unwrap();
    assert!(sealed.is_some_and(|batch| batch.units >= 4));
    let invoice_id = id();
    tenant.set_invoice(&invoice(invoice_id, &invoice_id.to_string()), &[invoice_line()]).await.unwrap();
    tenant.set_money_event(&money_event("re_1")).await.unwrap();
    tenant.insert_credit(&credit()).await.unwrap();
    assert!(tenant.take_notice("budget/80", NOW, later(9)).await.unwrap().is_some());
    assert!(tenant.update_notice("budget/80", &[mark.into()], None).await.unwrap());
    invoice_id
}
