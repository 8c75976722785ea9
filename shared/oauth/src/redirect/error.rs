//! Why a client may not be sent to a place.

/// Why a client may not be sent to a place. Says nothing that the client wrote, and is fit for `error_description`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RedirectError {
    /// There is none.
    #[error("redirect_uris is missing or empty: name at least one redirect URI")]
    Missing,
    /// Not a list of texts.
    #[error("redirect_uris must be a list of strings")]
    NotTexts,
    /// More than anybody needs.
    #[error("redirect_uris has more than 10 entries: leave some out")]
    TooMany,
    /// Longer than any real one.
    #[error("a redirect URI is longer than 2000 characters")]
    TooLong,
    /// A character that no URI has, or a star.
    #[error(
        "a redirect URI has a character that it must not have: no spaces, control characters, backslashes or wildcards"
    )]
    Characters,
    /// Without a scheme.
    #[error("a redirect URI is relative or has no scheme: give it whole, from https:// on")]
    Relative,
    /// What follows `#` never reaches a server, and would carry the answer on.
    #[error("a redirect URI has a fragment: leave out the # and what follows it")]
    Fragment,
    /// What stands before `@` makes the host look like another.
    #[error("a redirect URI has a user name or password: leave out what stands before the @")]
    UserInfo,
    /// A browser would rewrite it: then it is not clear which place is meant.
    #[error(
        "a redirect URI is not in its plain form: small letters in scheme and host, no default port, no dot segments, a path after the host"
    )]
    Spelling,
    /// The code would cross the network in clear.
    #[error("a redirect URI uses http for a host other than 127.0.0.1, [::1] or localhost: use https")]
    PlainHttp,
    /// A browser acts on it by itself.
    #[error("a redirect URI has a scheme that is never allowed: use https")]
    Scheme,
    /// An app's own scheme, which any app can claim, and which the operator does not know.
    #[error(
        "a redirect URI has an app's own scheme and is not on this server's list: use https or http://127.0.0.1, or ask the operator to list it"
    )]
    Unlisted,
}
