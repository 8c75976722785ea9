//! The auth shapes, as `turnpike new` names them.

use std::str::FromStr;

/// How the vendor knows its callers: the five variants of the kit's `AuthShape`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shape {
    /// OAuth 2 with a refresh token.
    OAuth2,
    /// A system user's token and an app's secret that signs each request.
    SystemUser,
    /// Login with Amazon.
    Lwa,
    /// A static key in a header.
    ApiKey,
    /// OAuth 2 with Rest.li headers, and a grant of fixed end.
    Restli,
}

impl Shape {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::OAuth2, Self::SystemUser, Self::Lwa, Self::ApiKey, Self::Restli];

    /// The word on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OAuth2 => "oauth2",
            Self::SystemUser => "system-user",
            Self::Lwa => "lwa",
            Self::ApiKey => "api-key",
            Self::Restli => "restli",
        }
    }
}

impl FromStr for Shape {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|shape| shape.as_str() == text);
        found.ok_or_else(|| format!("the shapes are {}", Self::ALL.map(Self::as_str).join(", ")))
    }
}
