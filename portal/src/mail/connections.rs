//! Mails about connections that end or have broken.

use turnpike_core::visible;

use super::letter::one_line;

/// What there is to say of a connection.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum ConnectionLetter {
    /// It ends soon, unless somebody connects it again.
    Ends {
        /// The integration's title.
        title: &'static str,
        /// On which day.
        on: String,
        /// In how many days.
        days: u64,
        /// Why then: whole sentences.
        why: String,
    },
    /// It has broken.
    Broken {
        /// The integration's title.
        title: &'static str,
        /// Why.
        reason: String,
    },
}

impl ConnectionLetter {
    pub(super) fn subject(&self, organisation: &str) -> String {
        match self {
            Self::Ends { title, on, .. } => format!("{organisation}: connect {title} again before {on}"),
            Self::Broken { title, .. } => format!("{organisation}: {title} must be connected again"),
        }
    }

    pub(super) fn text(&self, organisation: &str, link: &str) -> String {
        let organisation = one_line(organisation);
        let left = |days: u64| if days == 1 { "one day".to_owned() } else { format!("{days} days") };
        let what = match self {
            Self::Ends { title, on, days, why } => format!(
                "The connection of {organisation} to {title} ends on {on}, in {left}. {why} Afterwards agents get \
                 no answers from {title}. Connecting it again takes a minute, and what agents may do stays as it is:",
                left = left(*days),
            ),
            Self::Broken { title, reason } => format!(
                "{title} does not accept the connection of {organisation} any more: {reason}. Agents get no answers from \
                 {title} until somebody connects it again. It takes a minute, and what agents may do stays as it is:",
                reason = one_line(&visible(reason)).trim_end_matches('.'),
            ),
        };
        format!("{what}\n\n{link}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_says_what_ends_when_and_where_it_is_connected_again() {
        let (title, link) = ("LinkedIn Ads", "https://a.example/reconnect/1");
        let ends = ConnectionLetter::Ends { title, on: "2027-11-21".into(), days: 14, why: "It is so.".into() };
        assert_eq!(ends.subject("Acme"), "Acme: connect LinkedIn Ads again before 2027-11-21");
        let text = ends.text("Acme\nInc", link);
        assert!(text.contains("of Acme Inc to LinkedIn Ads ends on 2027-11-21, in 14 days. It is so."), "{text}");
        let broken = ConnectionLetter::Broken { title, reason: "revoked.\nClick here".into() };
        assert_eq!(broken.subject("Acme"), "Acme: LinkedIn Ads must be connected again");
        let text = broken.text("Acme", link);
        assert!(text.contains("any more: revoked. Click here. Agents"), "{text}");
        assert!(text.ends_with("\n\nhttps://a.example/reconnect/1"), "{text}");
    }
}
