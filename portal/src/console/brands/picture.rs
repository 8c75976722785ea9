//! What kind of picture somebody has sent: its first bytes say, and nothing else is believed.

/// The media type of a picture that may be shown as a logo.
pub(super) fn media_type(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some("image/png"),
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some("image/webp"),
        _ => is_svg(bytes).then_some("image/svg+xml"),
    }
}

/// Whether the first element is `svg`. What may stand before it is passed over, but for a document type that brings
/// entities: with those a small file becomes a huge one.
fn is_svg(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let mut rest = text.trim_start_matches('\u{feff}');
    loop {
        rest = rest.trim_start();
        let Some((_, after)) = BEFORE.iter().find_map(|(start, end)| rest.strip_prefix(start)?.split_once(end)) else {
            break;
        };
        rest = after;
    }
    let after = rest.strip_prefix("<svg").and_then(|after| after.chars().next());
    after.is_some_and(|next| next.is_whitespace() || next == '>') && !text.contains("<!ENTITY")
}

/// How what may stand before the first element starts and ends.
const BEFORE: [(&str, &str); 3] = [("<?", "?>"), ("<!--", "-->"), ("<!DOCTYPE", ">")];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_known_by_their_first_bytes() {
        assert_eq!(media_type(b"\x89PNG\r\n\x1a\nrest"), Some("image/png"));
        assert_eq!(media_type(b"\xff\xd8\xff\xe0rest"), Some("image/jpeg"));
        assert_eq!(media_type(b"RIFF\x10\0\0\0WEBPVP8 "), Some("image/webp"));
        for svg in [
            "<svg xmlns='http://www.w3.org/2000/svg'/>",
            "<svg>",
            "\u{feff}<?xml version=\"1.0\"?>\n<!-- <html> -->\n<!DOCTYPE svg PUBLIC \"a\" \"b\">\n<svg\nwidth='1'>",
        ] {
            assert_eq!(media_type(svg.as_bytes()), Some("image/svg+xml"), "{svg}");
        }
    }

    #[test]
    fn what_only_looks_like_a_picture_is_none() {
        let swollen = "<!DOCTYPE svg [<!ENTITY a 'aaaa'>]><svg>&a;</svg>";
        let not = [
            "",
            "GIF89a",
            "RIFF\x10\0\0\0WAVE",
            "\u{89}PNG",
            "<html><svg></svg></html>",
            "<!-- <svg>",
            "<svgx>",
            "<svg",
            "alert(1)//<svg>",
            swollen,
        ];
        for text in not {
            assert_eq!(media_type(text.as_bytes()), None, "{text}");
        }
        assert_eq!(media_type(b"<svg>\xff"), None, "no text at all");
    }
}
