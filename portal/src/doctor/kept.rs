//! Examinations are kept among the attempts to connect, each in one row: its number finds it again.

use turnpike_core::AttemptId;
use turnpike_store::{ConnectAttempt, StoreError};

use super::{Doctor, NAME, Report};
use crate::{Member, Portal, http::Failure};

/// The step by which such a row is known. Its description is the report.
pub(super) const STEP: &str = "doctor";

impl Doctor<'_> {
    /// Keeps a report; its number.
    pub(super) async fn keep(&self, report: &Report, client_id: Option<String>) -> Result<AttemptId, Failure> {
        let description = serde_json::to_string(report).map_err(|error| Failure::Internal(error.to_string()))?;
        let attempt = ConnectAttempt {
            id: self.portal.ambient.id(),
            tenant_id: Some(self.tenant),
            at: self.portal.ambient.now(),
            step: STEP.into(),
            client_id: client_id.unwrap_or_default(),
            client_name: NAME.into(),
            error: report.trouble().map(|finding| finding.step.word().to_owned()),
            description,
        };
        self.portal.store.system().insert_connect_attempt(&attempt).await?;
        Ok(attempt.id)
    }
}

/// What the row of an examination says; nothing for the rows of agents.
pub(super) fn report(attempt: &ConnectAttempt) -> Option<Report> {
    serde_json::from_str(&attempt.description).ok().filter(|_| attempt.step == STEP)
}

/// The attempt of that number, if it is the tenant's or nobody's. One from before anybody signed in is nobody's: it
/// says nothing of anybody but the program.
pub(super) async fn find(portal: &Portal, member: &Member, number: &str) -> Result<Option<ConnectAttempt>, StoreError> {
    let Ok(id) = number.parse::<AttemptId>() else { return Ok(None) };
    let found = portal.store.system().find_connect_attempt(id).await?;
    Ok(found.filter(|attempt| attempt.tenant_id.is_none_or(|tenant| tenant == member.tenant.id)))
}

/// The tenant's last attempts, without those steps that the doctor's own program went.
pub(super) async fn list(portal: &Portal, member: &Member) -> Result<Vec<ConnectAttempt>, StoreError> {
    let mut all = portal.store.tenant(member.tenant.id).list_connect_attempts(SHOWN).await?;
    let own: Vec<_> = all.iter().filter(|row| row.step == STEP && !row.client_id.is_empty()).collect();
    let own: Vec<_> = own.into_iter().map(|row| row.client_id.clone()).collect();
    all.retain(|row| row.step == STEP || !own.contains(&row.client_id));
    Ok(all)
}

/// How many are looked at for the list.
const SHOWN: i64 = 60;
