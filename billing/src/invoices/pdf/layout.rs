//! Where everything stands on the pages.

use turnpike_core::{Micros, Timestamp, grouped};
use turnpike_store::{Invoice, InvoiceLine, InvoiceState};

use super::text::{Ruler, amount, price};
use crate::invoices::calendar::days;

/// A4, in points.
pub(super) const PAPER: (f32, f32) = (595., 842.);
const LEFT: f32 = 56.;
const RIGHT: f32 = 539.;
/// What is said of the invoice as a whole begins here.
const FACTS: f32 = 349.;
/// The right ends of the columns of numbers.
const QUANTITY: f32 = 370.;
const PRICE: f32 = 450.;
const BOTTOM: f32 = 770.;
const SIZE: f32 = 9.5;
const LEADING: f32 = 14.;

/// What stands on the paper.
pub(super) struct Paper<'a> {
    pub(super) seller: &'a str,
    pub(super) issuer: &'a str,
    pub(super) buyer: &'a str,
    pub(super) invoice: &'a Invoice,
    pub(super) lines: &'a [InvoiceLine],
}

/// One page: texts with place and size, and rules by their height.
#[derive(Default)]
pub(super) struct Page {
    pub(super) texts: Vec<(f32, f32, f32, String)>,
    pub(super) rules: Vec<(f32, f32, f32)>,
}

/// The pages of an invoice.
pub(super) fn pages(paper: &Paper<'_>) -> Vec<Page> {
    let mut sheet = Sheet { ruler: Ruler::new(), pages: vec![Page::default()], y: 72. };
    sheet.head(paper);
    sheet.titles();
    for line in paper.lines {
        sheet.line(line, paper.invoice);
    }
    sheet.sums(paper.invoice);
    sheet.feet(paper.invoice);
    sheet.pages
}

struct Sheet {
    ruler: Ruler,
    pages: Vec<Page>,
    y: f32,
}

impl Sheet {
    fn head(&mut self, Paper { seller, issuer, buyer, invoice, .. }: &Paper<'_>) {
        let top = self.y;
        for (place, line) in self.ruler.wrap(seller, 20., FACTS - LEFT - 20.).iter().enumerate() {
            self.y += if place == 0 { 0. } else { 24. };
            self.put(LEFT, 20., line);
        }
        self.y += 10.;
        for line in issuer.lines().flat_map(|line| self.ruler.wrap(line, SIZE, FACTS - LEFT - 20.)).collect::<Vec<_>>()
        {
            self.next();
            self.put(LEFT, SIZE, &line);
        }
        let below = self.y;
        self.y = top;
        self.put_left_of(RIGHT, 20., "Invoice");
        self.y += 10.;
        for (name, value) in facts(invoice) {
            self.next();
            self.put(FACTS, SIZE, name);
            self.put_left_of(RIGHT, SIZE, &value);
        }
        self.y = self.y.max(below) + 2. * LEADING;
        self.put(LEFT, SIZE, "To");
        self.next();
        for line in self.ruler.wrap(buyer, 12., RIGHT - LEFT) {
            self.put(LEFT, 12., &line);
            self.next();
        }
        self.y += LEADING;
    }

    fn titles(&mut self) {
        self.put(LEFT, SIZE, "Description");
        self.put_left_of(QUANTITY, SIZE, "Quantity");
        self.put_left_of(PRICE, SIZE, "Each");
        self.put_left_of(RIGHT, SIZE, "Amount");
        self.rule(LEFT);
        self.next();
    }

    fn line(&mut self, line: &InvoiceLine, invoice: &Invoice) {
        let mut texts = self.ruler.wrap(&line.description, SIZE, QUANTITY - LEFT - 60.);
        let span = days(line.since, line.until);
        if !line.description.contains(&span) {
            texts.push(span);
        }
        #[expect(clippy::cast_precision_loss, reason = "a place on paper")]
        let height = texts.len() as f32 * LEADING;
        self.room(height, true);
        self.put_left_of(QUANTITY, SIZE, &grouped(line.quantity));
        if let Some(each) = line.unit_price {
            self.put_left_of(PRICE, SIZE, &price(each, invoice.currency));
        }
        self.put_left_of(RIGHT, SIZE, &amount(line.amount, invoice.currency));
        for text in texts {
            self.put(LEFT, SIZE, &text);
            self.next();
        }
        self.y += 2.;
    }

    fn sums(&mut self, invoice: &Invoice) {
        self.room(6. * LEADING, false);
        self.y -= LEADING / 2.;
        self.rule(LEFT);
        self.next();
        let open = Micros(if invoice.state == InvoiceState::Open { invoice.total.0 - invoice.paid.0 } else { 0 });
        let sums = [
            ("Subtotal", invoice.subtotal, SIZE),
            ("Tax", invoice.tax, SIZE),
            ("Total", invoice.total, 12.),
            ("Paid", invoice.paid, SIZE),
            ("To pay", open, SIZE),
        ];
        for (name, sum, size) in sums {
            self.y += size - SIZE;
            self.put(QUANTITY - 20., size, name);
            self.put_left_of(RIGHT, size, &format!("{} {}", amount(sum, invoice.currency), invoice.currency));
            self.next();
        }
    }

    fn feet(&mut self, invoice: &Invoice) {
        let all = self.pages.len();
        let number = invoice.number.as_deref().unwrap_or("draft");
        for (place, page) in self.pages.iter_mut().enumerate() {
            let text = format!("{number} · page {} of {all}", place + 1);
            page.texts.push((LEFT, 806., 8., text));
        }
    }

    /// Begins a new page when there is less than that.
    fn room(&mut self, height: f32, titles: bool) {
        if self.y + height > BOTTOM {
            self.pages.push(Page::default());
            self.y = 72.;
            if titles {
                self.titles();
            }
        }
    }

    fn next(&mut self) {
        self.y += LEADING;
    }

    fn put(&mut self, x: f32, size: f32, text: &str) {
        let place = (x, self.y, size, text.to_owned());
        self.pages.last_mut().into_iter().for_each(|page| page.texts.push(place.clone()));
    }

    fn put_left_of(&mut self, right: f32, size: f32, text: &str) {
        self.put(right - self.ruler.width(text, size), size, text);
    }

    fn rule(&mut self, left: f32) {
        let rule = (left, RIGHT, self.y + 4.);
        self.pages.last_mut().into_iter().for_each(|page| page.rules.push(rule));
        self.y += 4.;
    }
}

/// What is said of the invoice as a whole.
fn facts(invoice: &Invoice) -> Vec<(&'static str, String)> {
    let day = |at: Timestamp| at.to_utc().date_naive().to_string();
    let state = match invoice.state {
        InvoiceState::Draft => "draft",
        InvoiceState::Open => "to be paid",
        InvoiceState::Paid => "paid",
        InvoiceState::Void => "void",
        InvoiceState::Uncollectible => "will not be paid",
    };
    [
        ("Number", invoice.number.clone()),
        ("Issued", invoice.issued_at.map(day)),
        ("For", Some(days(invoice.period_start, invoice.period_end))),
        ("To be paid until", invoice.due_at.filter(|_| invoice.state == InvoiceState::Open).map(day)),
        ("Paid", invoice.paid_at.map(day)),
        ("State", Some(state.into())),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name, value?)))
    .collect()
}
