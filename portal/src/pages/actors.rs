//! Who stands behind the ids in rows. Rows hold no names, so that a person can be erased.

use std::collections::HashMap;

use turnpike_core::{PersonId, TenantId, visible};
use turnpike_store::StoreError;

use crate::Portal;

/// One of the tenant's own.
struct Own {
    /// What stands in rows.
    actor: String,
    name: String,
    /// The start and end of a key, where names are alike.
    hint: Option<String>,
}

/// The names of those who do things in a tenant.
pub(crate) struct Actors {
    /// Those of the tenant, in the order in which one chooses from them.
    own: Vec<Own>,
    /// People who are not, or no longer, of the tenant.
    others: HashMap<String, &'static str>,
}

impl Actors {
    /// The tenant's keys and members.
    pub(crate) async fn of(portal: &Portal, tenant: TenantId) -> Result<Self, StoreError> {
        let keys = portal.store.tenant(tenant).list_api_keys().await?;
        let members = portal.store.system().list_members(tenant).await?;
        let keys = keys.into_iter().map(|key| (format!("key:{}", key.id), key.name, Some(key.hint)));
        let members = members.into_iter().map(|own| (format!("person:{}", own.person_id), own.name, None));
        let own = keys.chain(members).map(|(actor, name, hint)| Own { actor, name: visible(&name), hint });
        Ok(Self { own: own.collect(), others: HashMap::new() })
    }

    /// The same, with what is said of the people whom rows name and who are not of the tenant.
    pub(crate) async fn with<'a>(
        mut self,
        portal: &Portal,
        named: impl Iterator<Item = &'a str>,
    ) -> Result<Self, StoreError> {
        for actor in named {
            let person = actor.strip_prefix("person:").and_then(|id| id.parse::<PersonId>().ok());
            let Some(person) = person.filter(|_| self.find(actor).is_none()) else { continue };
            let found = portal.store.system().find_person(person).await?;
            let said = if found.is_some_and(|person| person.staff) { "the agency's staff" } else { "a former member" };
            self.others.insert(actor.to_owned(), said);
        }
        Ok(self)
    }

    fn find(&self, actor: &str) -> Option<&Own> {
        self.own.iter().find(|own| own.actor == actor)
    }

    /// Whom one can choose, what stands in the rows and the name; whoever is chosen already is among them.
    pub(crate) fn choices(&self, chosen: &str) -> Vec<(String, String)> {
        let other = !chosen.is_empty() && self.find(chosen).is_none();
        let own = self.own.iter().map(|own| own.actor.as_str()).chain(other.then_some(chosen));
        own.map(|actor| (actor.to_owned(), self.full_name(actor))).collect()
    }

    /// The same with what tells keys of one name apart.
    pub(crate) fn full_name(&self, actor: &str) -> String {
        let hint = self.find(actor).and_then(|own| own.hint.as_deref());
        hint.map_or_else(|| self.name(actor), |hint| format!("{} ({hint})", self.name(actor)))
    }

    /// Who that is, in words.
    pub(crate) fn name(&self, actor: &str) -> String {
        let said = self.find(actor).map(|own| own.name.as_str()).or_else(|| self.others.get(actor).copied());
        said.map_or_else(|| kind(actor), str::to_owned)
    }
}

/// What somebody is whose name is not known.
pub(crate) fn kind(actor: &str) -> String {
    match actor.split_once(':').map_or(actor, |(kind, _)| kind) {
        "desk" => "the command line".into(),
        "system" => "the service itself".into(),
        "link" => "who was mailed a link".into(),
        "key" => "an agent's key".into(),
        "person" => "a person".into(),
        _ => visible(actor),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_is_told_in_words() {
        let own = Own { actor: "key:1".into(), name: "Reports".into(), hint: Some("tpk_live_…1234".into()) };
        let others = HashMap::from([("person:2".to_owned(), "the agency's staff")]);
        let actors = Actors { own: vec![own], others };
        assert_eq!(actors.full_name("key:1"), "Reports (tpk_live_…1234)");
        assert_eq!(actors.choices("key:9").len(), 2, "whoever is chosen is not lost");
        for (actor, name) in [
            ("key:1", "Reports"),
            ("key:9", "an agent's key"),
            ("person:2", "the agency's staff"),
            ("link:3", "who was mailed a link"),
            ("desk", "the command line"),
            ("ana\u{202e}", "ana\u{fffd}"),
        ] {
            assert_eq!(actors.name(actor), name);
        }
    }
}
