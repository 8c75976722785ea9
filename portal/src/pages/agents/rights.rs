//! What a key or a service agent may do, as the forms ask for it.

use std::time::Duration;

use turnpike_core::Timestamp;
use turnpike_sdk::Access;

use crate::{
    Portal,
    http::{FieldErrors, Form},
};

/// How long it may live, in days; nought is for ever.
const DAYS: [&str; 4] = ["30", "90", "365", "0"];

/// An integration to choose from.
pub(super) struct Choice {
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    pub(super) writes: bool,
    pub(super) read: bool,
    pub(super) write: bool,
}

/// What was chosen, good or not.
pub(super) struct Rights {
    pub(super) scopes: Vec<String>,
    pub(super) days: String,
    pub(super) live: bool,
}

impl Rights {
    /// What the form begins with.
    pub(super) fn shipped(portal: &Portal) -> Self {
        let scopes = portal.integrations.iter().map(|own| own.manifest.read_scope()).collect();
        Self { scopes, days: "90".into(), live: true }
    }

    /// What a form holds; what is wrong with it is noted.
    pub(super) fn read(portal: &Portal, form: &Form, errors: &mut FieldErrors) -> Self {
        let all = portal.integrations.iter().flat_map(|own| [own.manifest.read_scope(), own.manifest.write_scope()]);
        let scopes: Vec<String> = all.filter(|scope| form.all("scope").any(|own| own == scope)).collect();
        let days = form.text("days").to_owned();
        errors.check(scopes.is_empty(), "scope", "Choose at least one thing that the agent may do.");
        errors.check(!DAYS.contains(&days.as_str()), "days", "Choose one of these.");
        Self { scopes, days, live: !form.checked("sandbox_only") }
    }

    /// Whether it may change anything.
    pub(super) fn writes(&self) -> bool {
        self.scopes.iter().any(|scope| scope.ends_with(":write"))
    }

    /// When it ends, if it does.
    pub(super) fn expires_at(&self, now: Timestamp) -> Option<Timestamp> {
        let days: u64 = self.days.parse().unwrap_or_default();
        (days > 0).then(|| now.plus(Duration::from_secs(days * 24 * 3600)))
    }

    /// The integrations, with what is chosen of them.
    pub(super) fn choices(&self, portal: &Portal) -> Vec<Choice> {
        let own = portal.integrations.iter().map(|integration| Choice {
            name: integration.manifest.name,
            title: integration.manifest.title,
            writes: integration.tools.iter().any(|tool| tool.spec.access == Access::Write),
            read: self.scopes.contains(&integration.manifest.read_scope()),
            write: self.scopes.contains(&integration.manifest.write_scope()),
        });
        own.collect()
    }
}
