//! The lines of an invoice, in our kinds. They always add up to its total without tax.

use stripe_shared::{InvoiceLineItem, InvoicesResourcePretaxCreditAmountType};
use turnpike_core::{Currency, Micros};
use turnpike_store::{InvoiceLine, LineKind};

use crate::stripe::{
    amounts::{at, of_coins, of_decimal},
    terms::{Kind, Label},
};

/// Where a line comes from.
pub(super) struct Origin {
    /// What its price says, if it is one of ours.
    pub(super) label: Option<Label>,
    /// Whether it makes good a change within the period.
    pub(super) proration: bool,
}

impl Origin {
    /// What came too late for the meter is an item without a price: its amount counts, not its units.
    fn kind(&self) -> LineKind {
        match &self.label {
            _ if self.proration => LineKind::Adjustment,
            Some(Label { kind: Kind::Usage, .. }) => LineKind::Usage,
            Some(_) => LineKind::Fee,
            None => LineKind::Adjustment,
        }
    }
}

/// Reads the lines; what Stripe takes off each (credit, discounts) are lines of their own.
pub(super) fn read_lines(
    items: &[InvoiceLineItem],
    origins: &[Origin],
    currency: Currency,
    subtotal: Micros,
) -> Vec<InvoiceLine> {
    let mut lines = vec![];
    for (item, origin) in items.iter().zip(origins) {
        let line = |kind, description: String, amount: i64| InvoiceLine {
            position: 0,
            kind,
            description,
            quantity: 1,
            unit_price: None,
            amount: of_coins(amount, currency),
            since: at(item.period.start),
            until: at(item.period.end),
        };
        let main = line(origin.kind(), item.description.clone().unwrap_or_default(), item.amount);
        let unit_price = item.pricing.as_ref().and_then(|pricing| pricing.unit_amount_decimal.as_deref());
        lines.push(InvoiceLine {
            quantity: item.quantity.map_or(1, |quantity| i64::try_from(quantity).unwrap_or(i64::MAX)),
            unit_price: unit_price.and_then(|decimal| of_decimal(decimal, currency)),
            ..main
        });
        let credits = item.pretax_credit_amounts.iter().flatten();
        let credits =
            credits.filter(|credit| credit.type_ == InvoicesResourcePretaxCreditAmountType::CreditBalanceTransaction);
        for credit in credits.filter(|credit| credit.amount != 0) {
            lines.push(line(LineKind::Credit, "Credit".into(), -credit.amount));
        }
        for discount in item.discount_amounts.iter().flatten().filter(|discount| discount.amount != 0) {
            lines.push(line(LineKind::Adjustment, "Discount".into(), -discount.amount));
        }
    }
    let rest = subtotal.0 - lines.iter().map(|line| line.amount.0).sum::<i64>();
    if let Some(last) = lines.last().filter(|_| rest != 0).cloned() {
        let (kind, description) = (LineKind::Adjustment, "Other".to_owned());
        lines.push(InvoiceLine { kind, description, quantity: 1, unit_price: None, amount: Micros(rest), ..last });
    }
    for (position, line) in (0..).zip(&mut lines) {
        line.position = position;
    }
    lines
}
