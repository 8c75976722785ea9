//! Why an account was not connected, and what a person does about it.

use turnpike_core::{AccountId, Class, Timestamp};
use turnpike_sdk::ToolError;
use turnpike_store::{StoreError, SwitchTarget};
use turnpike_vault::{FormError, VaultError};

/// Why an account was not connected, or its connection not changed.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// There is no such integration, or it is not served here.
    #[error("there is no integration `{name}` here")]
    NoSuchIntegration {
        /// What was asked for.
        name: String,
    },
    /// The integration's sandbox is not served here.
    #[error("the sandbox of {title} is not served here")]
    NoSandbox {
        /// The integration, for people.
        title: &'static str,
    },
    /// The operator has switched it off: no credential is tried where no call may be made.
    #[error("{target} is switched off since {since} ({reason})")]
    SwitchedOff {
        /// What is off.
        target: SwitchTarget,
        /// Since when.
        since: Timestamp,
        /// Why.
        reason: String,
    },
    /// Nobody can be sent to the vendor from here.
    #[error("there is no app of ours at {title} to connect with")]
    NoApp {
        /// The integration, for people.
        title: &'static str,
    },
    /// The vendor's answer belongs to nobody who was sent there from this browser in the last ten minutes, or came before.
    #[error("this sign-in is not one that began in this browser in the last ten minutes")]
    StateUnknown,
    /// The answer says that it comes from another vendor.
    #[error("the answer does not come from {title}")]
    WrongIssuer {
        /// The integration, for people.
        title: &'static str,
    },
    /// The person said no, or the vendor would not ask.
    #[error("{title} gave no access ({words})")]
    Denied {
        /// The integration, for people.
        title: &'static str,
        /// The vendor's word for it.
        words: String,
    },
    /// A field is missing.
    #[error("`{field}` is missing")]
    Incomplete {
        /// The field's name in the form.
        field: &'static str,
    },
    /// The vendor does not take the credential.
    #[error("{title} does not accept this: {reason}")]
    Refused {
        /// The integration, for people.
        title: &'static str,
        /// Why, in the vendor's words.
        reason: String,
    },
    /// The vendor does not take the app, whoever signs in.
    #[error("{title} does not accept the app: {reason}")]
    AppRefused {
        /// The integration, for people.
        title: &'static str,
        /// Why, in the vendor's words.
        reason: String,
    },
    /// The vendor gave access for an hour, and nothing to renew it with.
    #[error("{title} gave access that does not last")]
    NotLasting {
        /// The integration, for people.
        title: &'static str,
    },
    /// The vendor did not answer, or not sensibly.
    #[error("{title} did not answer")]
    Unanswered {
        /// The integration, for people.
        title: &'static str,
    },
    /// The credential is good, and yet the accounts cannot be read.
    #[error("the accounts at {title} cannot be read: {reason}")]
    AccountsUnreadable {
        /// The integration, for people.
        title: &'static str,
        /// Why.
        reason: String,
    },
    /// The credential is good, and reaches nothing.
    #[error("no account at {title} can be reached with this")]
    NoAccounts {
        /// The integration, for people.
        title: &'static str,
    },
    /// A connection that is in use does not change between vendor and sandbox.
    #[error("the connection to {title} is {} sandbox one, and in use", if *sandbox { "a" } else { "not a" })]
    OtherSide {
        /// The integration, for people.
        title: &'static str,
        /// The present connection leads to the sandbox.
        sandbox: bool,
    },
    /// An account was chosen that the connection does not reach.
    #[error("account {account} is none that this connection reaches")]
    NotOffered {
        /// The account.
        account: AccountId,
    },
    /// There is no such connection, or it is disconnected.
    #[error("this is not connected")]
    NotConnected,
    /// A credential cannot be sealed or opened.
    #[error(transparent)]
    Vault(VaultError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What the database holds of the connection cannot be read.
    #[error("the stored connection is damaged")]
    Damaged(#[from] serde_json::Error),
}

impl ConnectError {
    /// What a person does about it: a whole sentence.
    pub const fn what_to_do(&self) -> &'static str {
        match self {
            Self::NoSuchIntegration { .. } => "Choose one of those that are offered.",
            Self::NoSandbox { .. } | Self::NoApp { .. } => "Connect with the form, or ask your service provider.",
            Self::SwitchedOff { .. } => "Ask your service provider when it will be on again, and connect then.",
            Self::StateUnknown => "Begin again from the page of your connections, in one and the same browser.",
            Self::WrongIssuer { .. } => "Begin again, and follow no link that somebody sent you meanwhile.",
            Self::Denied { .. } => {
                "Begin again and allow the access; if you may not, send a connect link to a colleague who may."
            }
            Self::Incomplete { .. } => "Fill it in and send the form again.",
            Self::Refused { .. } => "Make a new credential at the vendor, or sign in there again, and try once more.",
            Self::AppRefused { .. } => {
                "Check id and secret of the app; where you gave none, your service provider must mend this."
            }
            Self::NotLasting { .. } => {
                "Remove the app's access in your account there and begin again; if that does not help, tell your service provider."
            }
            Self::Unanswered { .. } => "Nothing was changed. Try again in a few minutes.",
            Self::AccountsUnreadable { .. } => {
                "Nothing was changed. Try again in a few minutes, and tell your service provider if it stays so."
            }
            Self::NoAccounts { .. } => "Sign in as somebody who has access to an account there.",
            Self::OtherSide { .. } => "Disconnect it first; then connect the other one.",
            Self::NotOffered { .. } => "Choose from the accounts that are offered; look for new ones first.",
            Self::NotConnected => "Connect it first.",
            Self::Vault(_) | Self::Store(_) | Self::Damaged(_) => {
                "This is our fault. Try again, and tell your service provider if it stays so."
            }
        }
    }

    /// One word for the audit log.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::NoSuchIntegration { .. } => "no_such_integration",
            Self::NoSandbox { .. } => "no_sandbox",
            Self::SwitchedOff { .. } => "switched_off",
            Self::NoApp { .. } => "no_app",
            Self::StateUnknown => "state_unknown",
            Self::WrongIssuer { .. } => "wrong_issuer",
            Self::Denied { .. } => "denied",
            Self::Incomplete { .. } => "incomplete",
            Self::Refused { .. } => "refused",
            Self::AppRefused { .. } => "app_refused",
            Self::NotLasting { .. } => "not_lasting",
            Self::Unanswered { .. } => "unanswered",
            Self::AccountsUnreadable { .. } => "accounts_unreadable",
            Self::NoAccounts { .. } => "no_accounts",
            Self::OtherSide { .. } => "other_side",
            Self::NotOffered { .. } => "not_offered",
            Self::NotConnected => "not_connected",
            Self::Vault(_) | Self::Store(_) | Self::Damaged(_) => "our_fault",
        }
    }

    /// What the authorization server, or the vault, said of a new credential.
    pub(crate) fn of_credential(error: VaultError, title: &'static str) -> Self {
        match error {
            VaultError::Reconnect { reason } => Self::Refused { title, reason },
            VaultError::ClientRefused(reason) => Self::AppRefused { title, reason },
            VaultError::Unanswered(_) | VaultError::Unusable | VaultError::Busy | VaultError::Failed(_) => {
                Self::Unanswered { title }
            }
            VaultError::Unsealed | VaultError::Key(_) | VaultError::Store(_) => Self::Vault(error),
        }
    }

    /// What the vendor said when its accounts were asked for.
    pub(crate) fn of_accounts(error: ToolError, title: &'static str) -> Self {
        match error {
            ToolError::Upstream(fault)
                if matches!(fault.class, Class::AuthExpired | Class::AuthRevoked | Class::Permission) =>
            {
                Self::Refused { title, reason: fault.message }
            }
            other => Self::AccountsUnreadable { title, reason: other.to_string() },
        }
    }
}

impl From<FormError> for ConnectError {
    fn from(FormError(field): FormError) -> Self {
        Self::Incomplete { field }
    }
}
