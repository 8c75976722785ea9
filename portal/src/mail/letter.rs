//! What the mails say. Plain text: it reads everywhere, and what people have written into names stays text.

use turnpike_core::visible;

use super::{ConnectionLetter, MoneyLetter};
use crate::brand::Brand;

/// A mail, by what it is for.
#[derive(Clone, Debug)]
pub(crate) enum Letter {
    /// Finish signing up.
    SignUp {
        /// The organisation.
        organisation: String,
        /// Where.
        link: String,
    },
    /// Somebody signed up with an address that is known.
    KnownAlready {
        /// Where to sign in.
        link: String,
    },
    /// Sign in.
    SignIn {
        /// Where.
        link: String,
    },
    /// Somebody asked to sign in with an address that nobody has.
    Unknown {
        /// Where to sign up.
        link: String,
    },
    /// Join an organisation.
    Invitation {
        /// Who invites.
        by: String,
        /// The organisation.
        organisation: String,
        /// As what.
        role: String,
        /// Where.
        link: String,
    },
    /// Connect an account for somebody else.
    Connect {
        /// Who asks.
        by: String,
        /// For whom.
        organisation: String,
        /// The integration's title.
        integration: String,
        /// Where.
        link: String,
    },
    /// The password was set.
    PasswordSet {
        /// Where to sign in.
        link: String,
    },
    /// The organisation was deleted.
    Deleted {
        /// The organisation.
        organisation: String,
        /// What was deleted and what was kept.
        receipt: String,
    },
    /// Something about the organisation's money.
    Money {
        /// The organisation.
        organisation: String,
        /// What.
        what: MoneyLetter,
        /// Where more is said.
        link: String,
    },
    /// A connection ends, or has broken.
    Connection {
        /// The organisation.
        organisation: String,
        /// What.
        what: ConnectionLetter,
        /// Where it is connected again.
        link: String,
    },
}

impl Letter {
    /// One word for the logs.
    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Self::SignUp { .. } => "sign_up",
            Self::KnownAlready { .. } => "known_already",
            Self::SignIn { .. } => "sign_in",
            Self::Unknown { .. } => "unknown",
            Self::Invitation { .. } => "invitation",
            Self::Connect { .. } => "connect",
            Self::PasswordSet { .. } => "password_set",
            Self::Deleted { .. } => "deleted",
            Self::Money { .. } => "money",
            Self::Connection { .. } => "connection",
        }
    }

    pub(super) fn subject(&self, brand: &Brand) -> String {
        let name = brand.name();
        let subject = match self {
            Self::SignUp { .. } => format!("Confirm your address for {name}"),
            Self::KnownAlready { .. } => format!("You have an account at {name}"),
            Self::SignIn { .. } => format!("Sign in to {name}"),
            Self::Unknown { .. } => format!("No account at {name}"),
            Self::Invitation { organisation, .. } => format!("Join {organisation} at {name}"),
            Self::Connect { integration, organisation, .. } => format!("Connect {integration} for {organisation}"),
            Self::PasswordSet { .. } => format!("Your password at {name} was set"),
            Self::Deleted { organisation, .. } => format!("{organisation} was deleted at {name}"),
            Self::Money { organisation, what, .. } => what.subject(organisation),
            Self::Connection { organisation, what, .. } => what.subject(organisation),
        };
        one_line(&subject)
    }

    pub(super) fn text(&self, brand: &Brand) -> String {
        let name = brand.name();
        let body = match self {
            Self::SignUp { organisation, link } => format!(
                "Open this link to finish signing up {organisation}:\n\n{link}\n\nIt works once, for 24 hours. If you did not \
                 ask for it, do nothing: without the link nothing is made.",
                organisation = one_line(organisation),
            ),
            Self::KnownAlready { link } => format!(
                "Somebody, probably you, signed up with this address. There is an account already. Sign in here, with your \
                 password or by a mailed link:\n\n{link}\n\nIf it was not you, do nothing."
            ),
            Self::SignIn { link } => format!(
                "Open this link to sign in:\n\n{link}\n\nIt works once, for 15 minutes. If you did not ask for it, do nothing: \
                 nobody gets in without it."
            ),
            Self::Unknown { link } => format!(
                "Somebody, probably you, asked to sign in with this address. There is no account with it. Sign up \
                 here, or try the address that you were invited with:\n\n{link}"
            ),
            Self::Invitation { by, organisation, role, link } => format!(
                "{by} invites you to {organisation}, with the role {role}. Open this link to join:\n\n{link}\n\nIt works once, \
                 for seven days.",
                by = one_line(by),
                organisation = one_line(organisation),
            ),
            Self::Connect { by, organisation, integration, link } => format!(
                "{by} asks you to connect {integration} for {organisation}, because you can sign in to that account. You will \
                 see what is asked before you agree, and no password of yours is shown to anybody:\n\n{link}\n\nIt works once, \
                 for seven days. You can take the grant back at any time in the settings of {integration}.",
                by = one_line(by),
                organisation = one_line(organisation),
            ),
            Self::PasswordSet { link } => format!(
                "Your password was set just now, and every other browser was signed out. If it was not you, sign in by a \
                 mailed link and set another one:\n\n{link}"
            ),
            Self::Deleted { organisation, receipt } => {
                format!("{} was deleted.\n\n{receipt}", one_line(organisation))
            }
            Self::Money { organisation, what, link } => what.text(organisation, link),
            Self::Connection { organisation, what, link } => what.text(organisation, link),
        };
        let foot: String = brand.links().iter().map(|(label, target)| format!("{label}: {target}\n")).collect();
        format!("{body}\n\n-- \n{name}\n{foot}")
    }
}

/// A name that somebody gave shall not begin a paragraph of its own.
pub(super) fn one_line(text: &str) -> String {
    visible(text).replace(['\n', '\r', '\t'], " ")
}
