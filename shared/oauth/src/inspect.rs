//! What a token is (RFC 7662), and taking one back (RFC 7009).

use serde::Serialize;
use turnpike_core::{GrantId, ServiceAgentId, TenantId};

use crate::{AccessToken, AuthorizationServer, ClientProof, Code, Denied, Standing, Subject, Unaccepted};

/// What a client is told of a token of its own.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "RFC 7662 says what they are")]
pub struct Introspection {
    pub active: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sub: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iss: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exp: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iat: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_type: Option<&'static str>,
}

/// What a revocation has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// Nothing: the token was none of the client's, or had ended.
    Nothing,
    /// A grant, with all its tokens.
    Grant(TenantId, GrantId),
}

impl AuthorizationServer {
    /// What a token is, as its own client or a service agent of the same tenant is told; nobody else learns anything.
    pub async fn introspect(&self, client: &ClientProof, token: &str) -> Result<Introspection, Denied> {
        let asks_for = self.check_asker(client).await?;
        if let Some(known) = self.refresh.read(token) {
            let Some((tenant, row)) = self.store.system().find_any_grant(known.grant).await? else {
                return Ok(Introspection::default());
            };
            let newest = row.generation == known.generation;
            let standing = self.standing(Subject::Person(row.person_id, row.id)).await?.filter(|_| newest);
            let Some(standing) = standing.filter(|_| row.client_id == client.id || asks_for == Some(tenant)) else {
                return Ok(Introspection::default());
            };
            return Ok(Introspection {
                active: true,
                scope: Some(standing.scopes.join(" ")),
                client_id: Some(row.client_id),
                sub: Some(format!("person:{}", row.person_id)),
                iss: Some(self.issuer.clone()),
                exp: Some(row.expires_at.micros() / 1_000_000),
                iat: row.rotated_at.map(|at| at.micros() / 1_000_000),
                token_type: None,
            });
        }
        let found = match self.check(None, token).await {
            Ok(found) => found,
            Err(Unaccepted::Unavailable(error)) => return Err(error.into()),
            Err(_) => return Ok(Introspection::default()),
        };
        let standing = self.standing(found.subject).await?.filter(|standing| standing.tenant.id == found.tenant);
        let told = standing.filter(|_| found.client_id == client.id || asks_for == Some(found.tenant));
        Ok(told.map(|standing| self.shown(found, &standing)).unwrap_or_default())
    }

    fn shown(&self, token: AccessToken, standing: &Standing) -> Introspection {
        let scopes: Vec<_> = token.scopes.into_iter().filter(|scope| standing.scopes.contains(scope)).collect();
        let sub = match token.subject {
            Subject::Person(person, _) => format!("person:{person}"),
            Subject::Service(id) => format!("service:{id}"),
        };
        Introspection {
            active: true,
            scope: Some(scopes.join(" ")),
            client_id: Some(token.client_id),
            sub: Some(sub),
            iss: Some(self.issuer.clone()),
            exp: Some(token.expires_at.micros() / 1_000_000),
            iat: Some(token.issued_at.micros() / 1_000_000),
            token_type: Some("Bearer"),
        }
    }

    /// Takes back the grant behind a token of the client's, whichever of its tokens is shown. An unknown token is no error.
    pub async fn revoke(&self, client: &ClientProof, token: &str) -> Result<Taken, Denied> {
        self.check_asker(client).await?;
        let grant = match self.refresh.read(token) {
            Some(known) => known.grant,
            None => match self.check(None, token).await {
                Ok(AccessToken { subject: Subject::Person(_, grant), .. }) => grant,
                Ok(_) => {
                    let words =
                        "a service agent's token ends by itself within minutes; the agent is revoked in the portal";
                    return Err(Denied::new(Code::UnsupportedTokenType, words));
                }
                Err(Unaccepted::Unavailable(error)) => return Err(error.into()),
                Err(_) => return Ok(Taken::Nothing),
            },
        };
        let found = self.store.system().find_any_grant(grant).await?;
        let Some((tenant, row)) = found.filter(|(_, row)| row.client_id == client.id) else {
            return Ok(Taken::Nothing);
        };
        let ended = self.store.tenant(tenant).revoke_grant(row.id, "by_client", self.ambient.now()).await?;
        Ok(if ended { Taken::Grant(tenant, row.id) } else { Taken::Nothing })
    }

    /// Whether whoever asks is who they say; of a service agent, its tenant.
    async fn check_asker(&self, client: &ClientProof) -> Result<Option<TenantId>, Denied> {
        if client.secret.is_none() || client.id.parse::<ServiceAgentId>().is_err() {
            return self.check_client(client).await.map(|()| None);
        }
        let (_, standing) = self.check_service_agent(client).await?;
        Ok(Some(standing.tenant.id))
    }
}
