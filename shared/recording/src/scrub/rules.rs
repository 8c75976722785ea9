//! What is kept, and where. All else is replaced.

use super::lexer::{Token, has_digit, tokens};

/// Where a value stands: below which field.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a>(&'a str);

/// Fields whose plain words are the vendor's: they end like this.
const KINDS: [&str; 18] = [
    "category",
    "class",
    "code",
    "currency",
    "currencycode",
    "error",
    "event",
    "kind",
    "level",
    "method",
    "mode",
    "object",
    "objective",
    "reason",
    "state",
    "status",
    "strategy",
    "type",
];
/// Fields whose numbers are of the protocol: parts of days, codes, places in a listing.
const COUNTS: [&str; 20] = [
    "code",
    "count",
    "datacolumn",
    "day",
    "errorcode",
    "errorsubcode",
    "expiresin",
    "hour",
    "limit",
    "minute",
    "month",
    "offset",
    "pagesize",
    "start",
    "statuscode",
    "total",
    "totalresults",
    "totalresultscount",
    "totalrows",
    "year",
];
/// The object whose fields have the names that the client gave them.
const OF_CLIENTS: &str = "properties";
/// The longest word that a rule keeps.
const LONGEST: usize = 60;

impl<'a> Place<'a> {
    /// Below no field, or below one that the client has named.
    pub(crate) const NOWHERE: Self = Self("");

    pub(crate) const fn of(field: &'a str) -> Self {
        Self(field)
    }

    /// The field's name as all vendors could write it.
    fn plain(self) -> String {
        self.0.chars().filter(|letter| letter.is_ascii_alphanumeric()).collect::<String>().to_ascii_lowercase()
    }

    /// Whether a number here is of the protocol. Those are short.
    pub(super) fn counts(self, number: &str) -> bool {
        number.len() < 7 && number.bytes().all(|byte| byte.is_ascii_digit()) && COUNTS.contains(&self.plain().as_str())
    }

    /// Whether fields here have names that a client gave them.
    fn holds_clients_keys(self) -> bool {
        self.0 == OF_CLIENTS
    }

    /// Whether a field of this name is the vendor's: such names begin small and have no spaces.
    pub(super) fn keeps_key(self, name: &str) -> bool {
        let tail = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-$".contains(&byte);
        !self.holds_clients_keys()
            && name.len() <= LONGEST
            && name.starts_with(|first: char| first.is_ascii_lowercase() || first == '_')
            && name.bytes().all(tail)
            && tokens(name).all(|token| !matches!(token, Token::Uuid(_)))
            && name.bytes().filter(u8::is_ascii_digit).nth(3).is_none()
    }

    /// Whether a text here is a word of the vendor's, or of the protocol.
    pub(super) fn keeps(self, text: &str) -> bool {
        let field = self.plain();
        if text.len() == 1 || text.len() > LONGEST {
            return text.len() == 1;
        }
        if self.counts(text) {
            return true;
        }
        if field.contains("timezone") {
            return is_zone(text);
        }
        KINDS.iter().any(|kind| field.ends_with(kind)) && is_constant(text)
    }
}

/// `PERFORMANCE_MAX`, `in_review`, `legacyForSales`: no capital among small letters at its beginning, no digit, no space.
fn is_constant(text: &str) -> bool {
    let of = |fits: fn(&u8) -> bool| text.bytes().all(|byte| fits(&byte) || byte == b'_');
    of(u8::is_ascii_uppercase)
        || text.starts_with(|first: char| first.is_ascii_lowercase()) && of(u8::is_ascii_alphabetic)
}

/// `Europe/Berlin`, `America/Argentina/Salta`, `UTC`, `GMT+2`.
fn is_zone(text: &str) -> bool {
    let plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_/+-".contains(&byte));
    plain && (text.contains('/') || text.starts_with("UTC") || text.starts_with("GMT"))
}

pub(super) fn is_link(text: &str) -> bool {
    text.starts_with("https://") || text.starts_with("http://")
}

/// Whether it is a query in a language such as GAQL.
pub(super) fn is_statement(text: &str) -> bool {
    text.trim_start().get(..7).is_some_and(|start| start.eq_ignore_ascii_case("select "))
}

/// Whether it refers to an object by kind and id: `urn:li:person:ab`, `customers/1/campaigns/2~3`, `act_12345`, `AW:12345`.
pub(super) fn is_reference(text: &str) -> bool {
    let is_id = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit() || byte == b'~');
    let is_word = |part: &str| part.starts_with(|first: char| first.is_ascii_lowercase()) && !has_digit(part);
    let is_path = || {
        let parts: Vec<_> = text.split('/').collect();
        parts.len().is_multiple_of(2) && parts.chunks(2).all(|pair| is_word(pair[0]) && is_id(pair[1]))
    };
    let is_prefixed = || {
        let apart = text.split_once(['_', ':']);
        let short = |word: &str| (1..=5).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_alphabetic());
        apart.is_some_and(|(word, id)| short(word) && is_id(id) && id.len() > 4)
    };
    text.starts_with("urn:") || is_path() || is_prefixed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_constant_is_kept_where_the_vendor_names_kinds_and_nowhere_else() {
        for constant in ["ENABLED", "PERFORMANCE_MAX", "in_review", "legacyForSales"] {
            assert!(Place::of("advertisingChannelType").keeps(constant) && !Place::of("name").keeps(constant));
        }
        for other in ["Acme", "ACME 2", "acme.example", "BRAND_UK_2026"] {
            assert!(!Place::of("status").keeps(other), "{other}");
        }
    }

    #[test]
    fn a_field_named_by_a_client_is_no_field_of_the_vendor() {
        let key = |place: Place<'_>, name| place.keeps_key(name);
        assert!(key(Place::of("campaign"), "resourceName") && !key(Place::of("properties"), "status"));
        for name in ["1000000002", "Launch plan", "Status", "o1000000002", "für"] {
            assert!(!key(Place::NOWHERE, name), "{name}");
        }
    }

    #[test]
    fn a_reference_has_kinds_and_ids() {
        for reference in ["customers/1/campaigns/2~3", "urn:li:organization:12", "act_71000", "AW:1000000002"] {
            assert!(is_reference(reference), "{reference}");
        }
        for other in ["Acme/2026", "acme/shoes", "sale_1", "Launch: 20261", "customers/acme"] {
            assert!(!is_reference(other), "{other}");
        }
    }
}
