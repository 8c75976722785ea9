//! What is looked at before anything else: token, client, profile, region, media types.

use axum::http::{
    HeaderMap, StatusCode,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE},
};

use super::{
    Amazon, CLIENT, fault,
    refusal::Refusal,
    world::{Profile, World},
};

/// What every access token begins with.
pub(super) const ACCESS_PREFIX: &str = "Atza|";

impl Amazon {
    /// Token and client, which every request names.
    pub(super) fn admit(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        if text(headers, "amazon-advertising-api-clientid") != Some(CLIENT) {
            let words = "Client id header is missing or is not the token's";
            return Err(Refusal::general(StatusCode::BAD_REQUEST, "INVALID_ARGUMENT", words));
        }
        let bearer = text(headers, AUTHORIZATION.as_str()).unwrap_or_default();
        if !bearer.starts_with(&format!("Bearer {ACCESS_PREFIX}"))
            || self.tokens.is_revoked()
            || !self.tokens.accepts(headers)
        {
            return Err(fault::expired());
        }
        Ok(())
    }
}

impl World {
    /// The profile that the request names, if it is the user's and of this region.
    pub(super) fn profile(&mut self, region: &str, headers: &HeaderMap) -> Result<&mut Profile, Refusal> {
        let Some(scope) = text(headers, "amazon-advertising-api-scope") else {
            return Err(Refusal::scope("Scope header is missing"));
        };
        let found = self.profiles.iter_mut().find(|profile| profile.id.to_string() == scope);
        match found {
            None => Err(Refusal::scope(format!("No matching advertiser found for scope {scope}"))),
            Some(profile) if profile.region != region => {
                Err(Refusal::scope(format!("No matching advertiser found for scope {scope}")))
            }
            Some(profile) if profile.stranger => Err(Refusal::scope(format!("Not authorized to access scope {scope}"))),
            Some(profile) => Ok(profile),
        }
    }
}

/// The body must be of this type, and an answer of that one be wanted: by name, for the version stands in it.
pub(super) fn media(headers: &HeaderMap, body: Option<&str>, answer: &str) -> Result<(), Refusal> {
    if body.is_some() && text(headers, CONTENT_TYPE.as_str()) != body {
        return Err(fault::unsupported());
    }
    if text(headers, ACCEPT.as_str()) != Some(answer) {
        let words = format!("Only {answer} can be had here");
        return Err(Refusal::products(StatusCode::NOT_ACCEPTABLE, "NOT_ACCEPTABLE", words));
    }
    Ok(())
}

/// A header's text.
pub(super) fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}
