//! One colour is given; shades of it that can be read are computed (WCAG 2.2, contrast 4.5 to 1).

/// The least contrast of text.
const LEAST: f64 = 4.5;
const WHITE: Rgb = Rgb(255.0, 255.0, 255.0);
const BLACK: Rgb = Rgb(0.0, 0.0, 0.0);
/// Of the grounds on which links stand the least favourable, light and dark: `--mark` of `portal.css`.
const LIGHT: Rgb = Rgb(238.0, 241.0, 245.0);
const DARK: Rgb = Rgb(29.0, 35.0, 44.0);

#[derive(Clone, Copy, PartialEq, Debug)]
struct Rgb(f64, f64, f64);

/// A brand's colours, as `#rrggbb`.
pub(crate) struct Palette {
    /// As it was given: the ground of buttons.
    pub(crate) accent: String,
    /// What is written on it.
    pub(crate) on_accent: String,
    /// Links on light pages, and on dark ones.
    pub(crate) link: String,
    pub(crate) dark_link: String,
}

impl Palette {
    /// The colours that follow from one.
    pub(crate) fn of(accent: &str) -> Self {
        let own = Rgb::parse(accent).unwrap_or(Rgb(29.0, 95.0, 168.0));
        let on_own = if own.contrast(WHITE) >= LEAST { WHITE } else { BLACK };
        let (link, dark_link) = (own.readable_on(LIGHT).hex(), own.readable_on(DARK).hex());
        Self { accent: own.hex(), on_accent: on_own.hex(), link, dark_link }
    }

    /// The stylesheet that sets them.
    pub(super) fn theme(&self) -> String {
        let Self { accent, on_accent, link, dark_link } = self;
        format!(
            ":root{{--accent:{accent};--on-accent:{on_accent};--link:{link}}}\n\
             @media (prefers-color-scheme:dark){{:root{{--link:{dark_link}}}}}\n",
        )
    }
}

impl Rgb {
    fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6 && digits.is_ascii())?;
        let part = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).ok().map(f64::from);
        Some(Self(part(0)?, part(2)?, part(4)?))
    }

    fn hex(self) -> String {
        format!("#{:02x}{:02x}{:02x}", self.0.round() as u8, self.1.round() as u8, self.2.round() as u8)
    }

    /// This colour, moved away from a background until it can be read there.
    fn readable_on(self, background: Self) -> Self {
        let end = if background.luminance() > 0.5 { BLACK } else { WHITE };
        let shades = (0..=20).map(|step| self.towards(end, f64::from(step) / 20.0));
        shades.into_iter().find(|shade| shade.contrast(background) >= LEAST).unwrap_or(end)
    }

    fn towards(self, end: Self, part: f64) -> Self {
        let mix = |from: f64, to: f64| (from + (to - from) * part).round();
        Self(mix(self.0, end.0), mix(self.1, end.1), mix(self.2, end.2))
    }

    fn contrast(self, other: Self) -> f64 {
        let (one, two) = (self.luminance() + 0.05, other.luminance() + 0.05);
        if one > two { one / two } else { two / one }
    }

    fn luminance(self) -> f64 {
        let linear = |part: f64| {
            let part = part / 255.0;
            if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(self.0) + 0.7152 * linear(self.1) + 0.0722 * linear(self.2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_colour_is_given_can_be_read_on_both_backgrounds() {
        for accent in ["#000000", "#ffffff", "#ffee00", "#1d5fa8", "#ff0000", "#00ff00", "#777777"] {
            let own = Rgb::parse(accent).unwrap();
            for background in [LIGHT, DARK] {
                let shade = Rgb::parse(&own.readable_on(background).hex()).unwrap();
                assert!(shade.contrast(background) >= LEAST, "{accent}");
            }
            let on_accent = Rgb::parse(&Palette::of(accent).on_accent).unwrap();
            assert!(on_accent.contrast(own) >= LEAST, "{accent}");
        }
    }
}
