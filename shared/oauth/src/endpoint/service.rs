//! A service agent's own secret, for an access token of its own: nobody's name is used.

use secrecy::ExposeSecret as _;
use subtle::ConstantTimeEq as _;
use turnpike_core::{ServiceAgentId, ServiceSecret};

use super::{ClientProof, Code, Denied, NewAnswer, TokenAnswer, TokenRequest, narrowed};
use crate::{AuthorizationServer, Standing, Subject};

impl AuthorizationServer {
    pub(super) async fn serve_itself(
        &self,
        client: &ClientProof,
        request: &TokenRequest,
    ) -> Result<TokenAnswer, Denied> {
        let (id, standing) = self.check_service_agent(client).await?;
        let subject = Subject::Service(id);
        let resource = self.wanted_resource(request.resource.as_deref()).ok_or_else(|| {
            Denied::new(Code::InvalidTarget, "`resource` is not the URL of a server here").of(standing.tenant.id)
        })?;
        let there = |scope: &&String| resource.scopes.iter().any(|own| own.name == **scope);
        let granted: Vec<_> = standing.scopes.iter().filter(there).cloned().collect();
        let scopes = narrowed(request.scope.as_deref(), &granted).map_err(|denied| denied.of(standing.tenant.id))?;
        if scopes.is_empty() {
            let words = "this service agent may do nothing on that server";
            return Err(Denied::new(Code::InvalidScope, words).of(standing.tenant.id));
        }
        let (client_id, resource) = (&*client.id, &*resource.url);
        self.answer(NewAnswer { subject, client_id, resource, standing, scopes, refresh: None }).await
    }

    /// The service agent that shows its secret, as it stands now. One answer for a wrong secret, an unknown id and an agent
    /// that has ended.
    pub(crate) async fn check_service_agent(&self, client: &ClientProof) -> Result<(ServiceAgentId, Standing), Denied> {
        let unknown = || Denied::new(Code::InvalidClient, "this service agent is not known, or its secret is wrong");
        let id: ServiceAgentId = client.id.parse().map_err(|_| unknown())?;
        let secret = client.secret.as_ref().ok_or_else(unknown)?;
        let (_, agent) = self.store.system().find_service_agent(id).await?.ok_or_else(unknown)?;
        let given = ServiceSecret::hash_of(secret.expose_secret());
        if !bool::from(agent.secret_hash.ct_eq(&given)) {
            return Err(unknown());
        }
        let standing = self.standing(Subject::Service(id)).await?.ok_or_else(unknown)?;
        Ok((id, standing))
    }
}
