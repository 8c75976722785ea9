//! What only a person can do before a call can be answered: connect an integration, connect it again, or pay.

use turnpike_store::ConnectionState;

use super::{Call, Refusal};
use crate::Gateway;

/// What it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Deed {
    /// Connect, or connect again.
    Connect,
    /// Pay, or choose what to pay.
    Pay,
}

/// A page of the portal, and why a person should open it. The page asks them to sign in and looks at what they may do: the
/// address holds no secret and opens nothing by itself, so whoever reads an agent's answers may see it.
pub(crate) struct Errand {
    /// The page.
    pub(crate) url: String,
    /// For the person. Our words alone: a vendor's do not belong beside a link that somebody is asked to open.
    pub(crate) message: String,
    /// Under which name programs find the address in `_meta.error`.
    pub(super) field: &'static str,
}

impl Gateway {
    /// What a person has to do, if that is what the call lacks.
    pub(super) fn find_errand(&self, call: &Call, refusal: &Refusal) -> Option<Errand> {
        match refusal.needs_person? {
            Deed::Connect => Some(self.connecting(call)),
            Deed::Pay => Some(Errand {
                url: format!("{}/billing", self.public_url),
                message: format!(
                    "{}. Open this page, sign in and see to it; then go on.",
                    capitalised(&refusal.message)
                ),
                field: "billing_url",
            }),
        }
    }

    fn connecting(&self, call: &Call) -> Errand {
        let (site, manifest) = (&self.public_url, call.found.manifest());
        let title = manifest.title;
        let Some(connected) = &call.connected else {
            let message = format!("{title} is not connected. Open this page, sign in and connect it; then go on.");
            let url = format!("{site}/connections/new/{}", manifest.name);
            return Errand { url, message, field: "connect_url" };
        };
        let happened = match connected.state {
            ConnectionState::Disabled => format!("{title} is not connected any more"),
            ConnectionState::Ok | ConnectionState::Expiring | ConnectionState::ReconnectNeeded => {
                format!("The connection to {title} has ended")
            }
        };
        let message = format!("{happened}. Open this page, sign in and connect it again; then go on.");
        let url = format!("{site}/reconnect/{}", connected.connection.id);
        Errand { url, message, field: "reconnect_url" }
    }
}

fn capitalised(sentence: &str) -> String {
    let mut characters = sentence.chars();
    characters.next().map(|first| first.to_uppercase().chain(characters).collect()).unwrap_or_default()
}
