//! Text on paper: how wide it is, where it breaks, and how money reads.

use turnpike_core::{Currency, Micros, grouped};

/// Widths of the font's glyphs.
pub(super) struct Ruler(Option<ttf_parser::Face<'static>>);

impl Ruler {
    pub(super) fn new() -> Self {
        Self(ttf_parser::Face::parse(epaint_default_fonts::UBUNTU_LIGHT, 0).ok())
    }

    /// How wide a text is in points.
    pub(super) fn width(&self, text: &str, size: f32) -> f32 {
        let Some(face) = &self.0 else { return 0. };
        let glyphs = text.chars().map(|char| face.glyph_index(char).unwrap_or(ttf_parser::GlyphId(0)));
        let units: u32 = glyphs.filter_map(|glyph| face.glyph_hor_advance(glyph)).map(u32::from).sum();
        #[expect(clippy::cast_precision_loss, reason = "a place on paper")]
        let units = units as f32;
        units / f32::from(face.units_per_em()) * size
    }

    /// A text in lines that are no wider than that; a word that is wider is cut.
    pub(super) fn wrap(&self, text: &str, size: f32, most: f32) -> Vec<String> {
        let mut lines = vec![];
        let mut line = String::new();
        for word in text.split_whitespace() {
            let longer = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
            if self.width(&longer, size) <= most {
                line = longer;
                continue;
            }
            if !line.is_empty() {
                lines.push(std::mem::take(&mut line));
            }
            for char in word.chars() {
                line.push(char);
                if self.width(&line, size) > most && line.chars().count() > 1 {
                    line.pop();
                    lines.push(std::mem::replace(&mut line, char.into()));
                }
            }
        }
        lines.push(line);
        lines
    }
}

/// An amount in its currency's coins: `1,234.50`.
pub(super) fn amount(Micros(micros): Micros, currency: Currency) -> String {
    let decimals = match currency.coin().0 {
        1_000_000 => 0,
        1_000 => 3,
        _ => 2,
    };
    decimal(micros, decimals)
}

/// A price of one, with as many decimals as it has, and no fewer than the currency.
pub(super) fn price(Micros(micros): Micros, currency: Currency) -> String {
    let coins = amount(Micros(micros), currency);
    let exact = decimal(micros, 6);
    let trimmed = exact.trim_end_matches('0').trim_end_matches('.');
    if trimmed.len() > coins.len() { trimmed.to_owned() } else { coins }
}

fn decimal(micros: i64, decimals: usize) -> String {
    let sign = if micros < 0 { "-" } else { "" };
    let (whole, part) = (grouped((micros / 1_000_000).abs()), (micros % 1_000_000).abs());
    match decimals {
        0 => format!("{sign}{whole}"),
        _ => format!("{sign}{whole}.{}", &format!("{part:06}")[..decimals]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_reads_in_coins_and_prices_in_as_many_decimals_as_they_have() {
        let yen = "JPY".parse().unwrap();
        assert_eq!(amount(Micros(1_234_500_000), Currency::USD), "1,234.50");
        assert_eq!(amount(Micros(-29_000_000), Currency::USD), "-29.00");
        assert_eq!(amount(Micros(1_234_000_000), yen), "1,234");
        assert_eq!(price(Micros(900), Currency::USD), "0.0009");
        assert_eq!(price(Micros(29_000_000), Currency::USD), "29.00");
        assert_eq!(price(Micros(0), yen), "0");
        assert_eq!(grouped(1_000_000), "1,000,000");
    }

    #[test]
    fn what_is_too_wide_goes_on_in_the_next_line() {
        let ruler = Ruler::new();
        assert!(ruler.width("ω", 10.) > 0.);
        let lines = ruler.wrap("one two three Donaudampfschifffahrtsgesellschaft", 10., 60.);
        assert!(lines.len() > 2 && lines.iter().all(|line| ruler.width(line, 10.) <= 60.), "{lines:?}");
        assert_eq!(lines.concat().replace(' ', ""), "onetwothreeDonaudampfschifffahrtsgesellschaft");
    }
}
