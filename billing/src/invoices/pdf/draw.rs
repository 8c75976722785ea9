//! Draws the pages. The font has Latin, Greek and Cyrillic letters; only the glyphs that are used go into the file.

use chrono::{Datelike, Timelike};
use krilla::{
    Document,
    geom::{PathBuilder, Point},
    metadata::{DateTime, Metadata},
    page::PageSettings,
    paint::Stroke,
    text::{Font, TextDirection},
};
use turnpike_core::Timestamp;
use turnpike_store::Invoice;

use super::layout::{PAPER, Page};
use crate::BillingError;

/// The file.
pub(super) fn pdf(pages: &[Page], invoice: &Invoice, seller: &str) -> Result<Vec<u8>, BillingError> {
    let font = Font::new(epaint_default_fonts::UBUNTU_LIGHT.into(), 0).ok_or(BillingError::Pdf("no font"))?;
    let mut document = Document::new();
    for Page { texts, rules } in pages {
        let paper = PageSettings::from_wh(PAPER.0, PAPER.1).ok_or(BillingError::Pdf("no paper"))?;
        let mut page = document.start_page_with(paper);
        let mut surface = page.surface();
        for (x, y, size, text) in texts {
            surface.draw_text(Point::from_xy(*x, *y), font.clone(), *size, text, false, TextDirection::Auto);
        }
        surface.set_fill(None);
        surface.set_stroke(Some(Stroke { width: 0.5, ..Stroke::default() }));
        for (left, right, y) in rules {
            let mut path = PathBuilder::new();
            path.move_to(*left, *y);
            path.line_to(*right, *y);
            path.finish().iter().for_each(|path| surface.draw_path(path));
        }
        surface.finish();
        page.finish();
    }
    document.set_metadata(metadata(invoice, seller));
    document.finish().map_err(|_| BillingError::Pdf("it cannot be written"))
}

/// Nothing in it depends on when the file was made.
fn metadata(invoice: &Invoice, seller: &str) -> Metadata {
    let title = format!("Invoice {}", invoice.number.as_deref().unwrap_or("(draft)"));
    Metadata::new()
        .title(title)
        .authors(vec![seller.to_owned()])
        .creation_date(date(invoice.issued_at.unwrap_or(invoice.created_at)))
        .document_id(format!("{} {}", invoice.id, invoice.updated_at.micros()))
        .language("en".into())
}

fn date(at: Timestamp) -> DateTime {
    let at = at.to_utc();
    let small = |value: u32| u8::try_from(value).unwrap_or(0);
    DateTime::new(u16::try_from(at.year()).unwrap_or(0))
        .month(small(at.month()))
        .day(small(at.day()))
        .hour(small(at.hour()))
        .minute(small(at.minute()))
        .second(small(at.second()))
        .utc_offset_hour(0)
        .utc_offset_minute(0)
}
