//! A refresh token, for the next one and an access token. The one before the newest is taken for a short while still, and gives
//! the newest again: its answer may have been lost, or two windows of one program have asked at once. Any older one was stolen
//! or copied, and ends the family.

use std::time::Duration;

use turnpike_core::{GrantId, TenantId};
use turnpike_store::Rotation;

use super::{ClientProof, Code, Denied, FamilyEnd, NewAnswer, TokenAnswer, TokenRequest, narrowed, refused};
use crate::{AuthorizationServer, Subject, refresh::RefreshToken, server::days};

/// How long the token before the newest is taken.
const GRACE: Duration = Duration::from_secs(30);

impl AuthorizationServer {
    pub(super) async fn refresh(&self, client: &ClientProof, request: &TokenRequest) -> Result<TokenAnswer, Denied> {
        self.check_client(client).await?;
        let text = request.refresh_token.as_deref();
        let text = text.ok_or_else(|| Denied::new(Code::InvalidRequest, "`refresh_token` is missing"))?;
        let token = self.refresh.read(text).ok_or_else(|| refused("this is no refresh token of this service"))?;
        let unknown = || refused("this refresh token is not known; a person must agree again");
        let (tenant, row) = self.store.system().find_any_grant(token.grant).await?.ok_or_else(unknown)?;
        if row.client_id != client.id {
            return Err(refused("this refresh token was given to another client"));
        }
        let now = self.ambient.now();
        if row.revoked_at.is_some() || row.expires_at <= now {
            let ended =
                "the permission behind this refresh token was taken back or has ended; a person must agree again";
            return Err(refused(ended).of(tenant));
        }
        let resource = self.check_resource(request.resource.as_deref(), &row.resource)?;
        let subject = Subject::Person(row.person_id, row.id);
        let standing = self.standing(subject).await?;
        let standing = standing.ok_or_else(|| refused("this person is not of the organisation any more").of(tenant))?;
        let scopes = narrowed(request.scope.as_deref(), &standing.scopes).map_err(|denied| denied.of(tenant))?;
        let newest = self.rotate(tenant, token).await?;
        self.store.system().touch_oauth_client(&client.id, now).await?;
        let (client_id, resource, refresh) = (&*client.id, &*resource.url, Some(newest));
        self.answer(NewAnswer { subject, client_id, resource, standing, scopes, refresh }).await
    }

    /// The newest token after this one was shown. Whoever loses a race for the next one gets what the winner got.
    async fn rotate(&self, tenant: TenantId, shown: RefreshToken) -> Result<RefreshToken, Denied> {
        let now = self.ambient.now();
        let RefreshToken { grant, generation } = shown;
        let expires_at = now.plus(days(self.settings.refresh_days));
        let next = RefreshToken { grant, generation: generation + 1 };
        if self.store.system().rotate_grant(&Rotation { grant, from: generation, now, expires_at }).await? {
            return Ok(next);
        }
        let found = self.store.tenant(tenant).find_grant(grant).await?;
        let row =
            found.filter(|row| row.revoked_at.is_none()).ok_or_else(|| refused("the permission was taken back"))?;
        let lately = row.rotated_at.is_some_and(|at| at.plus(GRACE) > now);
        if row.generation == next.generation && lately {
            return Ok(next);
        }
        Err(self.end_family(tenant, grant, "token_reused").await?)
    }

    /// Ends a grant of which a code or token was shown that had been used before.
    pub(super) async fn end_family(
        &self,
        tenant: TenantId,
        grant: GrantId,
        why: &'static str,
    ) -> Result<Denied, Denied> {
        let ended = self.store.tenant(tenant).revoke_grant(grant, why, self.ambient.now()).await?;
        let words =
            "this was used before: somebody else may have it, so the permission has ended; a person must agree again";
        let ended = ended.then_some(FamilyEnd { tenant, grant, why });
        Ok(Denied { ended, ..refused(words).of(tenant) })
    }
}
