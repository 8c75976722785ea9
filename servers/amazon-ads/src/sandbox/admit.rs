//! What is looked at before anything else: token, client, profile, region, media types.

use axum::http::{
    HeaderMap, StatusCode,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE},
};
use turnpike_sdk::TokenStanding;

use super::{
    Amazon, CLIENT, fault,
    refusal::Refusal,
    world::{Profile, World},
};

/// What every access token begins with.
pub(super) const ACCESS_PREFIX: &str = "Atza|";
/// Names the profile.
pub(super) const SCOPE: &str = "amazon-advertising-api-scope";

impl Amazon {
    /// Token and client, which every request names, and whether the grant reaches the region of the profile.
    pub(super) fn admit(&self, region: &str, headers: &HeaderMap) -> Result<(), Refusal> {
        if text(headers, "amazon-advertising-api-clientid") != Some(CLIENT) {
            let words = "Client id header is missing or is not the token's";
            return Err(Refusal::general(StatusCode::BAD_REQUEST, "INVALID_ARGUMENT", words));
        }
        let bearer = text(headers, AUTHORIZATION.as_str()).unwrap_or_default();
        if !bearer.starts_with(&format!("Bearer {ACCESS_PREFIX}"))
            || self.tokens.standing(headers) != TokenStanding::Good
        {
            return Err(fault::expired());
        }
        match text(headers, SCOPE) {
            Some(scope) if !self.reaches(region, headers) => {
                Err(Refusal::scope(format!("Not authorized to access scope {scope}")))
            }
            _ => Ok(()),
        }
    }

    /// Whether the grant is good for profiles of this region.
    pub(super) fn reaches(&self, region: &str, headers: &HeaderMap) -> bool {
        let chosen = self.tokens.choice(headers);
        chosen.is_empty() || chosen == region
    }
}

impl World {
    /// The profile that the request names, if it is the user's and of this region.
    pub(super) fn profile(&mut self, region: &str, headers: &HeaderMap) -> Result<&mut Profile, Refusal> {
        let Some(scope) = text(headers, SCOPE) else {
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
