//! What was found, for people and for programs.

use std::fmt;

use serde_json::{Map, Value};
use turnpike_core::visible;

/// How something stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Verdict {
    /// Well.
    Ok,
    /// Disconnected, which is no trouble.
    Disconnected,
    /// A person must connect again.
    Reconnect,
    /// A person must connect again before long.
    EndsSoon,
    /// The grant lacks a right.
    Permission,
    /// No account is chosen.
    NoAccounts,
    /// The vendor's allowance is used up for a while.
    Held,
    /// The vendor, or the way to it, is in trouble.
    VendorDown,
    /// The API version has ended.
    VersionDead,
    /// The operator has stopped it.
    SwitchedOff,
    /// The deployment is at fault.
    Ours,
    /// A part of the deployment does not work.
    Failed,
}

impl Verdict {
    const fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Disconnected => "disconnected",
            Self::Reconnect => "reconnect",
            Self::EndsSoon => "ends_soon",
            Self::Permission => "permission",
            Self::NoAccounts => "no_accounts",
            Self::Held => "held",
            Self::VendorDown => "vendor_down",
            Self::VersionDead => "version_dead",
            Self::SwitchedOff => "switched_off",
            Self::Ours => "ours",
            Self::Failed => "failed",
        }
    }
}

/// Something that was looked at.
#[derive(Clone, Debug)]
pub(super) struct Finding {
    /// Of which part: `connection`, or a part of the deployment.
    part: &'static str,
    verdict: Verdict,
    /// What was seen, without a full stop.
    says: String,
    /// What to do about it: a whole sentence.
    to_do: Option<String>,
    /// Where to do it.
    link: Option<String>,
    /// What else programs are told, and people before the rest.
    details: Vec<(&'static str, String)>,
}

impl Finding {
    /// Of a part of the deployment.
    pub(super) fn of_deployment(part: &'static str, verdict: Verdict, says: impl Into<String>) -> Self {
        Self { part, verdict, says: says.into(), to_do: None, link: None, details: vec![] }
    }

    /// Of a connection, with what tells it from the others.
    pub(super) fn of_connection(
        details: Vec<(&'static str, String)>,
        verdict: Verdict,
        says: impl Into<String>,
    ) -> Self {
        Self { details, ..Self::of_deployment("connection", verdict, says) }
    }

    /// Says what to do.
    pub(super) fn needing(mut self, what: impl Into<String>) -> Self {
        self.to_do = Some(what.into());
        self
    }

    /// Says where to do it.
    pub(super) fn at(mut self, link: String) -> Self {
        self.link = Some(link);
        self
    }

    /// Whether nothing needs doing.
    pub(super) const fn is_well(&self) -> bool {
        self.to_do.is_none()
    }

    /// One object.
    pub(super) fn to_json(&self) -> Value {
        let mut object = Map::new();
        let mut set = |name: &str, value: Option<&str>| {
            object.insert(name.into(), value.map_or(Value::Null, Value::from));
        };
        set("part", Some(self.part));
        for (name, value) in &self.details {
            set(name, Some(value).filter(|value| !value.is_empty()).map(String::as_str));
        }
        set("result", Some(self.verdict.word()));
        set("says", Some(&self.says));
        set("to_do", self.to_do.as_deref());
        set("link", self.link.as_deref());
        Value::Object(object)
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<13} {:<11} ", self.verdict.word(), self.part)?;
        let detail = |name: &str| self.details.iter().find(|(own, _)| *own == name).map(|(_, value)| visible(value));
        if let (Some(tenant), Some(integration)) = (detail("tenant_name"), detail("integration")) {
            write!(f, "{tenant:<20} {integration:<14} ")?;
        }
        write!(f, "{}", visible(&self.says))?;
        if let Some(to_do) = &self.to_do {
            write!(f, "\n{:26}-> {}", "", visible(to_do))?;
        }
        if let Some(link) = &self.link {
            write!(f, "\n{:26}   {link}", "")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_is_one_object_for_programs_and_says_to_people_what_to_do_below_it() {
        let details =
            vec![("tenant_name", "Acme".into()), ("integration", "google-ads".into()), ("ends", String::new())];
        let finding =
            Finding::of_connection(details, Verdict::Reconnect, "the grant\nhas ended").needing("Connect again.");
        let finding = finding.at("https://a.example/reconnect/1".into());
        let object = finding.to_json();
        assert_eq!((&object["result"], &object["ends"]), (&"reconnect".into(), &Value::Null));
        let shown = finding.to_string();
        assert!(
            shown.starts_with("reconnect     connection  Acme                 google-ads     the grant"),
            "{shown}"
        );
        assert!(shown.contains("-> Connect again.\n") && shown.ends_with("https://a.example/reconnect/1"), "{shown}");
        assert!(!finding.is_well() && Finding::of_deployment("redis", Verdict::Ok, "it answers").is_well());
    }
}
