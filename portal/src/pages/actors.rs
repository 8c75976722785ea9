//! Who stands behind the ids in rows. Rows hold no names, so that a person can be erased.

use std::collections::HashMap;

use turnpike_core::{GrantId, PersonId, TenantId, visible};
use turnpike_store::StoreError;

use super::place_of;
use crate::Portal;

/// One of the tenant's own.
struct Own {
    /// What stands in rows.
    actor: String,
    name: String,
    /// The start and end of a key or secret, where names are alike.
    hint: Option<String>,
}

/// The names of those who do things in a tenant.
pub(crate) struct Actors {
    /// Those of the tenant, in the order in which one chooses from them.
    own: Vec<Own>,
    /// People who are not, or no longer, of the tenant.
    others: HashMap<String, &'static str>,
    /// Programs that members have let act for them, as long as that is remembered.
    programs: HashMap<GrantId, String>,
}

impl Actors {
    /// The tenant's keys, service agents and members, with the programs of these.
    pub(crate) async fn of(portal: &Portal, tenant: TenantId) -> Result<Self, StoreError> {
        let rows = portal.store.tenant(tenant);
        let (keys, services) = (rows.list_api_keys().await?, rows.list_service_agents().await?);
        let members = portal.store.system().list_members(tenant).await?;
        let keys = keys.into_iter().map(|key| (format!("key:{}", key.id), key.name, Some(key.hint)));
        let services = services.into_iter().map(|own| (format!("service:{}", own.id), own.name, Some(own.hint)));
        let members = members.into_iter().map(|own| (format!("person:{}", own.person_id), own.name, None));
        let all = keys.chain(services).chain(members);
        let programs = rows.list_grants().await?.into_iter();
        let told = |name: &str, redirect_uri: &str| format!("{} ({})", visible(name), place_of(redirect_uri));
        Ok(Self {
            own: all.map(|(actor, name, hint)| Own { actor, name: visible(&name), hint }).collect(),
            others: HashMap::new(),
            programs: programs.map(|row| (row.id, told(&row.client_name, &row.redirect_uri))).collect(),
        })
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

    /// Who has called: a person's agent with the person and the program.
    pub(crate) fn caller(&self, principal: &str, grant: Option<GrantId>) -> String {
        self.by(self.name(principal), grant)
    }

    /// The same with what tells keys of one name apart.
    pub(crate) fn full_caller(&self, principal: &str, grant: Option<GrantId>) -> String {
        self.by(self.full_name(principal), grant)
    }

    fn by(&self, who: String, grant: Option<GrantId>) -> String {
        grant.map_or_else(|| who.clone(), |grant| format!("{who}, by {}", self.program(grant)))
    }

    /// The program that a grant has let in.
    fn program(&self, grant: GrantId) -> &str {
        self.programs.get(&grant).map_or("a program", String::as_str)
    }

    /// Who that is, in words.
    pub(crate) fn name(&self, actor: &str) -> String {
        if let Some(grant) = actor.strip_prefix("grant:").and_then(|id| id.parse().ok()) {
            return self.program(grant).to_owned();
        }
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
        "service" => "a service agent".into(),
        "grant" => "a program".into(),
        "person" => "a person".into(),
        _ => visible(actor),
    }
}

#[cfg(test)]
mod tests {
    use turnpike_core::Ambient;

    use super::*;

    #[test]
    fn everybody_is_told_in_words() {
        let own = Own { actor: "key:1".into(), name: "Reports".into(), hint: Some("tpk_live_…1234".into()) };
        let others = HashMap::from([("person:2".to_owned(), "the agency's staff")]);
        let (grant, gone): (GrantId, GrantId) = (Ambient::system().id(), Ambient::system().id());
        let programs = HashMap::from([(grant, "Claude (claude.ai)".to_owned())]);
        let actors = Actors { own: vec![own], others, programs };
        assert_eq!(actors.caller("person:2", Some(grant)), "the agency's staff, by Claude (claude.ai)");
        assert_eq!(actors.caller("person:2", Some(gone)), "the agency's staff, by a program");
        assert_eq!(actors.full_caller("key:1", None), "Reports (tpk_live_…1234)");
        assert_eq!(actors.name(&format!("grant:{grant}")), "Claude (claude.ai)");
        assert_eq!(actors.full_name("key:1"), "Reports (tpk_live_…1234)");
        assert_eq!(actors.choices("key:9").len(), 2, "whoever is chosen is not lost");
        for (actor, name) in [
            ("key:1", "Reports"),
            ("key:9", "an agent's key"),
            ("person:2", "the agency's staff"),
            ("service:9", "a service agent"),
            ("link:3", "who was mailed a link"),
            ("desk", "the command line"),
            ("ana\u{202e}", "ana\u{fffd}"),
        ] {
            assert_eq!(actors.name(actor), name);
        }
    }
}
