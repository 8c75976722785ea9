//! Access tokens: what they say themselves, and what stands behind them now.

use std::sync::Arc;

use turnpike_core::Digest;
use turnpike_oauth::{AccessToken, Standing, Subject, Unaccepted};
use turnpike_store::ToolPolicy;

use super::{Authenticator, Refused};
use crate::Caller;

/// A token whose signature, issuer and server were good a moment ago.
pub(super) struct Checked {
    audience: String,
    token: AccessToken,
}

/// Whoever acts, and what their tenant asks of those who use a tool.
pub(super) struct Behind {
    standing: Standing,
    tool_policies: Vec<ToolPolicy>,
}

impl Authenticator {
    pub(super) async fn authenticate_token(&self, text: &str, audience: &str) -> Result<Arc<Caller>, Refused> {
        let hash = *Digest::of(text.as_bytes()).as_bytes();
        let checked = match self.tokens.get(&hash).filter(|known| known.audience == audience) {
            Some(known) => known,
            None => {
                let token = Box::pin(self.oauth.check(Some(audience), text)).await?;
                let checked = Arc::new(Checked { audience: audience.to_owned(), token });
                self.tokens.insert(hash, checked.clone());
                checked
            }
        };
        let (token, now) = (&checked.token, self.ambient.now());
        if token.expires_at <= now {
            return Err(Unaccepted::Expired.into());
        }
        let behind = match self.subjects.get(&token.subject) {
            Some(known) => known,
            None => Box::pin(self.look_up_subject(token.subject)).await?,
        };
        let behind = behind.filter(|behind| behind.standing.tenant.id == token.tenant).ok_or(Unaccepted::Ended)?;
        let (principal, grant) = match token.subject {
            Subject::Person(person, grant) => {
                self.used.grants.note(grant, now);
                (format!("person:{person}"), Some(grant))
            }
            Subject::Service(id) => {
                self.used.services.note(id, now);
                (format!("service:{id}"), None)
            }
        };
        let Standing { tenant, role, groups, scopes, live } = &behind.standing;
        Ok(Arc::new(Caller {
            tenant: tenant.id,
            tenant_state: tenant.state,
            principal,
            grant,
            // What was narrowed since the token was made counts.
            scopes: token.scopes.iter().filter(|scope| scopes.contains(scope)).cloned().collect(),
            role: *role,
            groups: groups.clone(),
            tool_policies: behind.tool_policies.clone(),
            stale_answers: tenant.stale_answers,
            servers: None,
            allowed_ips: vec![],
            live: *live,
        }))
    }

    async fn look_up_subject(&self, subject: Subject) -> Result<Option<Arc<Behind>>, Refused> {
        let found = match self.oauth.standing(subject).await? {
            Some(standing) => {
                let tool_policies = self.store.tenant(standing.tenant.id).list_tool_policies().await?;
                Some(Arc::new(Behind { standing, tool_policies }))
            }
            None => None,
        };
        self.subjects.insert(subject, found.clone());
        Ok(found)
    }
}
