//! Mails that nobody has asked for: of a tenant's money and of its connections.
//!
//! A notice is taken, mailed, and noted when a mail server has it: a process that dies between costs a second mail at worst, never
//! the only one. Of two processes one takes it.

mod connections;
mod money;

use std::{sync::Arc, time::Duration};

use turnpike_core::{Role, TenantId, Timestamp};
use turnpike_store::{StoreError, TenantState};

use crate::{Portal, brand::Brand, mail::Letter};

/// How long others leave a notice alone that somebody has taken.
const TAKEN_FOR: Duration = Duration::from_secs(15 * 60);

/// Who of a tenant is told.
struct Audience {
    roles: &'static [Role],
    /// Whether also while the tenant is suspended.
    suspended: bool,
}

impl Portal {
    /// Tells those of a tenant who were not told; how many. `letter` is given the organisation's name and the link, to `path`.
    async fn tell(
        &self,
        (tenant, key): (TenantId, &str),
        audience: &Audience,
        path: &str,
        letter: impl FnOnce(String, String) -> Letter,
        now: Timestamp,
    ) -> Result<usize, StoreError> {
        let (system, rows) = (self.store.system(), self.store.tenant(tenant));
        let Some(own) = system.find_tenant(tenant).await?.filter(|own| own.deleted_at.is_none()) else { return Ok(0) };
        if own.state != TenantState::Active && !audience.suspended {
            return Ok(0);
        }
        let Some(mut told) = rows.take_notice(key, now, now.plus(TAKEN_FOR)).await? else { return Ok(0) };
        let brand = self.brand_of_notices().await?;
        let letter = letter(own.name, format!("{}{path}", brand.url));
        let (mut sent, mut all) = (0, true);
        for member in system.list_members(tenant).await? {
            let id = member.person_id.to_string();
            if !audience.roles.contains(&member.role) || told.contains(&id) {
                continue;
            }
            match self.mailer.deliver(&brand, &member.email, &letter).await {
                Ok(()) => sent += 1,
                Err(error) => {
                    tracing::error!(%tenant, mail = letter.kind(), %error, "a notice did not reach somebody");
                    if !error.is_final() {
                        all = false;
                        continue;
                    }
                }
            }
            told.push(id);
            rows.update_notice(key, &told, None).await?;
        }
        // Where nobody is left to be told, somebody may come who is.
        if all && !told.is_empty() {
            rows.update_notice(key, &told, Some(now)).await?;
        }
        Ok(sent)
    }

    /// No request says under which of its names the agency is known to the client: it is that of the public address.
    async fn brand_of_notices(&self) -> Result<Arc<Brand>, StoreError> {
        let host = self.public_url.split_once("://").map_or(self.public_url.as_str(), |(_, host)| host);
        Ok(self.brands.resolve(host).await?.unwrap_or_else(|| self.brands.default_brand()))
    }
}
