//! Who did what: a list that is only added to, in which each hash covers the one before it.

use turnpike_core::{Canonical, Digest, TenantId, Timestamp};

use crate::{
    AuditHead, StoreError, SystemStore, TenantStore,
    access::Together,
    row::{Scalar, table},
    value::storable,
};

/// Something that was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAuditEvent {
    /// When.
    pub at: Timestamp,
    /// Who did it: `person:` or `key:` with an id, `desk`, `system`. No name and no address: those must be erasable.
    pub actor: String,
    /// What was done, as `noun.verb`.
    pub action: String,
    /// To what, mostly an id.
    pub subject: String,
    /// What else is worth knowing, as JSON.
    pub details_json: String,
}

/// Something that was done, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEvent {
    /// Counts the tenant's events from 1, without a gap.
    pub sequence: i64,
    /// When.
    pub at: Timestamp,
    /// Who did it.
    pub actor: String,
    /// What was done, as `noun.verb`.
    pub action: String,
    /// To what.
    pub subject: String,
    /// What else is worth knowing, as JSON.
    pub details_json: String,
    /// Covers this event and the hash of the one before.
    pub hash: [u8; 32],
}

/// Which events to list.
#[derive(Debug, Clone, Default)]
pub struct AuditFilter {
    /// Older than this one: the last of the page before.
    pub before: Option<i64>,
    /// Done by this actor.
    pub actor: Option<String>,
    /// Of this action.
    pub action: Option<String>,
    /// At most so many.
    pub limit: i64,
}

table!(AuditEvent { sequence, at, actor, action, subject, details_json, hash });

impl AuditEvent {
    /// The event that comes after a head. Its hash is over what the database will hold.
    fn after(head: &AuditHead, tenant: TenantId, key: &[u8; 32], new: &NewAuditEvent) -> Self {
        let mut event = Self {
            sequence: head.sequence + 1,
            at: new.at,
            actor: storable(&new.actor),
            action: storable(&new.action),
            subject: storable(&new.subject),
            details_json: storable(&new.details_json),
            hash: [0; 32],
        };
        event.hash = event.expected_hash(head, tenant, key);
        event
    }

    /// The hash that the event must have when it comes after that head.
    pub(crate) fn expected_hash(&self, head: &AuditHead, tenant: TenantId, key: &[u8; 32]) -> [u8; 32] {
        let canonical = Canonical::of("audit event")
            .field(head.hash)
            .field(tenant.to_string())
            .field(self.sequence.to_be_bytes())
            .field(self.at.micros().to_be_bytes())
            .field(&self.actor)
            .field(&self.action)
            .field(&self.subject)
            .field(&self.details_json);
        *Digest::hmac(key, canonical.as_bytes()).as_bytes()
    }

    /// The head of a list that ends with this event.
    pub fn head(&self) -> AuditHead {
        AuditHead { sequence: self.sequence, hash: self.hash }
    }
}

impl TenantStore {
    /// Adds an event at the end of the tenant's list. Of writers who meet at the same place one gets it, and the others
    /// look again where the end is.
    pub async fn append_audit(&self, key: &[u8; 32], new: &NewAuditEvent) -> Result<AuditEvent, StoreError> {
        let mut all = self.0.begin().await?;
        let event = append(&mut all, self.id(), key, new).await?;
        all.commit().await?;
        Ok(event)
    }

    /// Events, newest first.
    pub async fn list_audit(&self, filter: &AuditFilter) -> Result<Vec<AuditEvent>, StoreError> {
        let sql = concat!(
            "SELECT ",
            columns!(),
            " FROM audit_events WHERE tenant_id = $1 AND ($2 IS NULL OR sequence < $2) AND ($3 IS NULL OR actor = $3) ",
            "AND ($4 IS NULL OR action = $4) ORDER BY sequence DESC LIMIT $5"
        );
        let AuditFilter { before, actor, action, limit } = filter;
        self.0.list(sql, &[before, actor, action, limit]).await
    }

    /// The events after that one, oldest first.
    pub async fn list_audit_after(&self, sequence: i64, limit: i64) -> Result<Vec<AuditEvent>, StoreError> {
        let sql = concat!(
            "SELECT ",
            columns!(),
            " FROM audit_events WHERE tenant_id = $1 AND sequence > $2 ORDER BY sequence LIMIT $3"
        );
        self.0.list(sql, &[&sequence, &limit]).await
    }
}

/// Adds an event together with other changes, of the tenant itself or of the system.
pub(crate) async fn append(
    all: &mut Together<'_>,
    tenant: TenantId,
    key: &[u8; 32],
    new: &NewAuditEvent,
) -> Result<AuditEvent, StoreError> {
    let last = concat!("SELECT ", columns!(), " FROM audit_events WHERE tenant_id = $1 ORDER BY sequence DESC LIMIT 1");
    let append = concat!(
        "INSERT INTO audit_events (tenant_id, ",
        columns!(),
        ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (tenant_id, sequence) DO NOTHING"
    );
    let whose = all.whose(&tenant);
    loop {
        let head = all.find::<AuditEvent>(last, &whose).await?.map_or(AuditHead::EMPTY, |event| event.head());
        let event = AuditEvent::after(&head, tenant, key, new);
        let values: Vec<_> = whose.iter().copied().chain(columns!(event)).collect();
        if all.insert("audit event", append, &values).await? {
            return Ok(event);
        }
    }
}

impl SystemStore {
    /// The tenants that have events, deleted ones and [`TenantId::NONE`] too.
    pub async fn list_audit_tenants(&self) -> Result<Vec<TenantId>, StoreError> {
        let sql = "SELECT DISTINCT tenant_id AS value FROM audit_events ORDER BY tenant_id";
        Ok(self.0.list(sql, &[]).await?.into_iter().map(|Scalar(tenant)| tenant).collect())
    }
}
