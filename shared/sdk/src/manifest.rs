//! What an integration is: everything that portal, pipeline, docs and tests derive from.

use std::time::Duration;

/// An integration's manifest: a typed constant in `src/manifest.rs`.
#[derive(Clone, Debug)]
pub struct Manifest {
    /// Name in paths, scopes and settings: `google-ads`.
    pub name: &'static str,
    /// Name for people: `Google Ads`.
    pub title: &'static str,
    /// What people get, in one line of at most 100 characters without a full stop: catalogues show it.
    pub summary: &'static str,
    /// Version of this MCP server.
    pub server_version: &'static str,
    /// What agents are told about the server as a whole.
    pub instructions: &'static str,
    /// How the upstream knows us.
    pub auth: AuthShape,
    /// Root of every request path: scheme and host, no trailing slash.
    pub base_url: &'static str,
    /// Where the vendor keeps accounts in regions apart, the root of each: a request goes to its account's.
    pub regions: &'static [Region],
    /// Hosts from which a file may be fetched by a link that the upstream gave; none if empty. A `*` stands for a part of
    /// one label: `reports-*.s3.amazonaws.com`.
    pub download_hosts: &'static [&'static str],
    /// The upstream's API version.
    pub version: VersionPin,
    /// What a person fills in to connect, beyond an OAuth redirect.
    pub connect_form: &'static [Field],
    /// Default limits for one tenant; the operator's settings may change them.
    pub limits: Limits,
    /// What the vendor lets one app do, for all who are connected through it; `None` where it names no number.
    pub app_quota: Option<AppQuota>,
}

impl Manifest {
    /// Scope that a caller needs for tools that only read.
    pub fn read_scope(&self) -> String {
        format!("{}:read", self.name)
    }

    /// Scope that a caller needs for tools that change something.
    pub fn write_scope(&self) -> String {
        format!("{}:write", self.name)
    }
}

/// The five ways in which an upstream knows its callers.
#[derive(Clone, Debug)]
pub enum AuthShape {
    /// OAuth 2 with a long-lived refresh token and bearer access tokens (Google Ads).
    OAuthRefresh(OAuth),
    /// The token of a program's own user, which does not end with a person's: signed with its app's secret on each request
    /// (Meta Ads), or all there is (Slack).
    SystemUserToken(SystemUser),
    /// Login with Amazon: OAuth 2 plus client id and profile headers (Amazon Ads).
    LoginWithAmazon(OAuth),
    /// OAuth 2 whose refresh token has a fixed end, plus Rest.li protocol and version headers (LinkedIn Ads).
    RestliOAuth(OAuth),
    /// A static key in one header (Supermetrics).
    ApiKey {
        /// The header's name.
        header: &'static str,
        /// What stands before the key: `Bearer `, or nothing.
        prefix: &'static str,
    },
}

impl AuthShape {
    /// Endpoints and scopes, in the shapes in which a person is sent to the vendor to grant access.
    pub const fn oauth(&self) -> Option<&OAuth> {
        match self {
            Self::OAuthRefresh(oauth) | Self::LoginWithAmazon(oauth) | Self::RestliOAuth(oauth) => Some(oauth),
            Self::SystemUserToken(_) | Self::ApiKey { .. } => None,
        }
    }

    /// Whether short-lived access tokens are got with something longer-lived: that can end while a token still works.
    pub fn has_access_tokens(&self) -> bool {
        self.oauth().is_some()
    }

    /// What a person is asked to grant.
    pub const fn scopes(&self) -> &'static [&'static str] {
        match self {
            Self::OAuthRefresh(oauth) | Self::LoginWithAmazon(oauth) | Self::RestliOAuth(oauth) => oauth.scopes,
            Self::SystemUserToken(user) => user.scopes,
            Self::ApiKey { .. } => &[],
        }
    }

    /// How long after its issue an access token may be refused as if its grant were gone, although it is good.
    pub const fn settles_in(&self) -> Duration {
        match self {
            // LinkedIn answers `REVOKED_ACCESS_TOKEN` to tokens that are seconds old; those who meet it wait 30 s.
            Self::RestliOAuth(_) => Duration::from_secs(30),
            Self::OAuthRefresh(_) | Self::SystemUserToken(_) | Self::LoginWithAmazon(_) | Self::ApiKey { .. } => {
                Duration::ZERO
            }
        }
    }
}

/// An upstream's OAuth 2 endpoints and scopes.
#[derive(Clone, Debug)]
pub struct OAuth {
    /// Where a person grants access.
    pub authorize_url: &'static str,
    /// What the vendor wants there besides the parameters of RFC 6749.
    pub authorize_parameters: &'static [(&'static str, &'static str)],
    /// Who answers from there (`iss` of RFC 9207), where the vendor says so in its answers.
    pub issuer: Option<&'static str>,
    /// Whether a client that has a secret may use PKCE as well.
    pub pkce: bool,
    /// Where codes and refresh tokens are exchanged.
    pub token_url: &'static str,
    /// Where a grant is taken back, if the vendor has such a place.
    pub revoke_url: Option<&'static str>,
    /// How both are asked, and what the answers leave unsaid.
    pub token_style: TokenStyle,
    /// The scopes asked for; none where the vendor's page lets people choose instead.
    pub scopes: &'static [&'static str],
    /// How long before its end an access token is refreshed.
    pub refresh_ahead: Duration,
    /// A grant that nothing refreshes for so long lapses, where the vendor lets it.
    pub lapses_unused: Option<Duration>,
    /// What else ends a grant before anybody takes it back: a whole sentence for people, or nothing.
    pub ends_also: &'static str,
}

/// How an authorization server is asked for tokens, and what its answers leave unsaid.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TokenStyle {
    /// How a request names its client and writes its fields.
    pub request: TokenRequest,
    /// The header in which the API's version goes there too, where the vendor wants that.
    pub version_header: Option<&'static str>,
    /// How long an access token is taken to live when the answer does not tell. One that ends earlier is refused, and
    /// refreshed then.
    pub untold_life: Duration,
}

impl TokenStyle {
    /// A form, no version, and a quarter of an hour.
    pub const USUAL: Self =
        Self { request: TokenRequest::Form, version_header: None, untold_life: Duration::from_secs(900) };
}

/// How a request for tokens names its client and writes its fields.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TokenRequest {
    /// Client and fields in a form (Google, LinkedIn, Login with Amazon). A grant is taken back by its refresh token alone.
    Form,
    /// The client by HTTP Basic, the fields as JSON (Notion). A grant is taken back by its access token, and by its client.
    BasicJson,
}

/// A region in which a vendor keeps accounts apart from those of other regions.
#[derive(Clone, Copy, Debug)]
pub struct Region {
    /// Name in accounts and paths: `eu`.
    pub name: &'static str,
    /// Scheme and host, no trailing slash.
    pub base_url: &'static str,
}

/// What a system user's token must be good for, and what the vendor wants besides it.
#[derive(Clone, Debug)]
pub struct SystemUser {
    /// The permissions of which the token needs one at least.
    pub scopes: &'static [&'static str],
    /// What an app's secret does for its tokens. `None` where a token has no end and needs no app beside it: then nothing
    /// signs a request, and what the integration's search for accounts finds is what proves the token.
    pub app: Option<TokenApp>,
}

/// An app that signs the requests of its tokens, describes a token (`debug_token`), and exchanges one that has an end for one
/// that ends later: as the Graph API does it.
#[derive(Clone, Debug)]
pub struct TokenApp {
    /// Where tokens are exchanged.
    pub token_url: &'static str,
    /// How long before its end a token is exchanged. One that has ended cannot be.
    pub renew_ahead: Duration,
}

/// The upstream's API version and the day it ends.
#[derive(Clone, Copy, Debug)]
pub struct VersionPin {
    /// As the upstream writes it: `v26`.
    pub version: &'static str,
    /// Last day it is served, `YYYY-MM-DD`; a projection where the vendor gives no date, and empty where nothing can be said.
    pub ends: &'static str,
}

/// One field of the connect form.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Name in the stored credential.
    pub name: &'static str,
    /// Label for people.
    pub label: &'static str,
    /// Never shown again, never logged.
    pub secret: bool,
}

/// A vendor's quota for an app: so many operations in any window of that length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AppQuota {
    /// Operations; a request is one, unless it says otherwise.
    pub operations: u64,
    /// The window, which slides.
    pub window: Duration,
}

/// How often something may happen: `burst` at once, refilled at `per_minute`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Steady rate.
    pub per_minute: u32,
    /// How many may come at once.
    pub burst: u32,
}

/// Default limits for one tenant.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// For each read tool.
    pub read: Rate,
    /// For each write tool.
    pub write: Rate,
}
