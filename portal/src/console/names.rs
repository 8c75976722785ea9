//! Names for the ids that the console shows.

use std::collections::HashMap;

use turnpike_core::{PersonId, TenantId, visible};
use turnpike_store::StoreError;

use crate::{Portal, pages::actors::kind};

/// The clients' names, of deleted ones too.
pub(super) struct Clients(HashMap<TenantId, String>);

impl Clients {
    pub(super) async fn read(portal: &Portal) -> Result<Self, StoreError> {
        let tenants = portal.store.system().list_tenants().await?;
        Ok(Self(tenants.into_iter().map(|tenant| (tenant.id, visible(&tenant.name))).collect()))
    }

    /// A client's name; its id where it has no row any more.
    pub(super) fn name(&self, id: TenantId) -> String {
        self.0.get(&id).cloned().unwrap_or_else(|| id.to_string())
    }
}

/// Who has done something. The console names people of the staff, which the clients' own pages do not.
pub(super) struct Actors(HashMap<String, String>);

impl Actors {
    /// The names of the people among these.
    pub(super) async fn read(portal: &Portal, mut actors: Vec<&str>) -> Result<Self, StoreError> {
        actors.sort_unstable();
        actors.dedup();
        let mut names = HashMap::new();
        for actor in actors {
            let id = actor.strip_prefix("person:").and_then(|id| id.parse::<PersonId>().ok());
            if let Some(id) = id
                && let Some(person) = portal.store.system().find_person(id).await?
            {
                names.insert(actor.to_owned(), visible(&person.name));
            }
        }
        Ok(Self(names))
    }

    /// A name, or what somebody is who has none.
    pub(super) fn name(&self, actor: &str) -> String {
        self.0.get(actor).cloned().unwrap_or_else(|| kind(actor))
    }
}
