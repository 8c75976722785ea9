//! An authorization code, for the first tokens. It works once; a second time ends all that came of the first.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use subtle::ConstantTimeEq as _;
use turnpike_core::Digest;
use turnpike_store::Rotation;

use super::{ClientProof, Code, Denied, NewAnswer, TokenAnswer, TokenRequest, narrowed, refused};
use crate::{AuthorizationServer, Subject, consent::code_hash, refresh::RefreshToken, server::days};

impl AuthorizationServer {
    pub(super) async fn redeem(&self, client: &ClientProof, request: &TokenRequest) -> Result<TokenAnswer, Denied> {
        self.check_client(client).await?;
        let missing = |name| Denied::new(Code::InvalidRequest, format!("`{name}` is missing"));
        let code = request.code.as_deref().ok_or_else(|| missing("code"))?;
        let verifier = request.code_verifier.as_deref().ok_or_else(|| missing("code_verifier"))?;
        let found = self.store.system().find_grant_by_code(&code_hash(code)).await?;
        let (tenant, row) = found.ok_or_else(|| refused("this code is not known"))?;
        if row.client_id != client.id {
            return Err(refused("this code was given to another client"));
        }
        if row.generation > 0 {
            return Err(self.end_family(tenant, row.id, "code_reused").await?.of(tenant));
        }
        let now = self.ambient.now();
        if row.code_expires_at <= now || row.revoked_at.is_some() {
            return Err(refused("this code has expired; begin again").of(tenant));
        }
        if request.redirect_uri.as_ref().is_some_and(|uri| *uri != row.redirect_uri) {
            return Err(refused("`redirect_uri` is not the one that the code was sent to").of(tenant));
        }
        let challenge = URL_SAFE_NO_PAD.encode(Digest::of(verifier.as_bytes()).as_bytes());
        let well_formed = (43..=128).contains(&verifier.len());
        if !well_formed || !bool::from(challenge.as_bytes().ct_eq(row.code_challenge.as_bytes())) {
            return Err(refused("`code_verifier` does not fit the challenge").of(tenant));
        }
        let resource = self.check_resource(request.resource.as_deref(), &row.resource)?;
        let subject = Subject::Person(row.person_id, row.id);
        let standing = self.standing(subject).await?;
        let standing = standing.ok_or_else(|| refused("this person is not of the organisation any more").of(tenant))?;
        let scopes = narrowed(request.scope.as_deref(), &standing.scopes).map_err(|denied| denied.of(tenant))?;
        let expires_at = now.plus(days(self.settings.refresh_days));
        if !self.store.system().rotate_grant(&Rotation { grant: row.id, from: 0, now, expires_at }).await? {
            return Err(self.end_family(tenant, row.id, "code_reused").await?.of(tenant));
        }
        let refresh = Some(RefreshToken { grant: row.id, generation: 1 });
        let (client_id, resource) = (&*client.id, &*resource.url);
        self.answer(NewAnswer { subject, client_id, resource, standing, scopes, refresh }).await
    }
}
