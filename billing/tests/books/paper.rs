//! The invoice on paper.

use turnpike_store::{InvoiceLine, LineKind};

use crate::deployment::{Deployment, at, plan};

/// The words on each page, read by another library.
fn read(pdf: &[u8]) -> Vec<String> {
    let document = lopdf::Document::load_mem(pdf).unwrap();
    document.get_pages().into_keys().map(|page| document.extract_text(&[page]).unwrap()).collect()
}

fn squeezed(text: &str) -> String {
    text.split_whitespace().collect()
}

#[tokio::test]
async fn an_invoice_can_be_read_again() {
    let mut it = Deployment::sqlite().await;
    it.set(|settings| {
        settings.payments.tax_rate = 1_900;
        settings.payments.issuer =
            "Example Ltd\n1 Example Street, in words that do not stand in one row beside the number".into();
    })
    .await;
    it.subscribe(&plan("starter")).await;
    it.uses(41_234, "2026-10-05").await;
    it.close_at("2026-11-01T02:00:00Z").await;
    let (invoice, lines) = it.last_invoice().await;
    let pdf = it.billing.invoice_pdf(it.tenant, invoice.id, "Agency").await.unwrap().unwrap();
    assert_eq!(pdf, it.worker().invoice_pdf(it.tenant, invoice.id, "Agency").await.unwrap().unwrap(), "the same bytes");
    let pages = read(&pdf);
    assert_eq!(pages.len(), 1);
    let text = squeezed(&pages[0]);
    for expected in [
        "Agency",
        "Example Ltd",
        "1 Example Street",
        "Παράδειγμα GmbH, Пример",
        "202611-0001",
        "2026-11-15",
        "to be paid",
        "29.00",
        "32.00",
        "1.11",
        "0.0009",
        "Total",
        "73.91 USD",
        "page 1 of 1",
    ] {
        assert!(text.contains(&squeezed(expected)), "{expected}: {text}");
    }
    for line in lines {
        assert!(text.contains(&squeezed(&line.description)), "{}", line.description);
    }
    assert!(pdf.len() < 60_000, "only the glyphs that are used are in it: {}", pdf.len());
    let unknown = it.billing.invoice_pdf(it.another().await, invoice.id, "Agency").await.unwrap();
    assert_eq!(unknown, None);
}

#[tokio::test]
async fn many_lines_go_on_over_the_pages() {
    let it = Deployment::sqlite().await;
    it.subscribe(&plan("starter")).await;
    it.close_at("2026-11-01T02:00:00Z").await;
    let (invoice, _) = it.last_invoice().await;
    let line = |position| InvoiceLine {
        position,
        kind: LineKind::Usage,
        description: format!(
            "Line number {position}, whose words are so many that they do not stand in one row of the page"
        ),
        quantity: 1,
        unit_price: None,
        amount: turnpike_core::Micros(10_000),
        since: at("2026-10-01"),
        until: at("2026-11-01"),
    };
    let lines: Vec<_> = (0..60).map(line).collect();
    it.store.tenant(it.tenant).set_invoice(&invoice, &lines).await.unwrap();
    let pdf = it.billing.invoice_pdf(it.tenant, invoice.id, "Agency").await.unwrap().unwrap();
    let pages = read(&pdf);
    assert!(pages.len() > 2, "{}", pages.len());
    let text = squeezed(&pages.concat());
    assert!((0..60).all(|n| text.contains(&format!("Linenumber{n},"))));
    assert!(text.contains(&format!("page{}of{}", pages.len(), pages.len())));
}
