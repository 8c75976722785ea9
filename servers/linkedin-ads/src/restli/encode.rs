//! A value as text. What is structure stays raw, what is text is escaped: so the two cannot be mistaken for each other.

use std::fmt::{self, Display, Formatter, Write};

use super::Value;

impl Display for Value {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => primitive(f, text),
            Self::List(values) => {
                f.write_str("List(")?;
                for (index, value) in values.iter().enumerate() {
                    comma(f, index)?;
                    value.fmt(f)?;
                }
                f.write_char(')')
            }
            Self::Record(fields) => {
                f.write_char('(')?;
                for (index, (name, value)) in fields.iter().enumerate() {
                    comma(f, index)?;
                    primitive(f, name)?;
                    write!(f, ":{value}")?;
                }
                f.write_char(')')
            }
        }
    }
}

fn comma(f: &mut Formatter<'_>, index: usize) -> fmt::Result {
    if index > 0 { f.write_char(',') } else { Ok(()) }
}

/// As JavaScript's `encodeURIComponent`, and the five characters that Rest.li uses itself: `, ( ) ' :`.
pub(super) fn primitive(f: &mut impl Write, text: &str) -> fmt::Result {
    if text.is_empty() {
        return f.write_str("''");
    }
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'!' | b'~' | b'*' => {
                f.write_char(char::from(byte))?;
            }
            other => write!(f, "%{other:02X}")?,
        }
    }
    Ok(())
}
