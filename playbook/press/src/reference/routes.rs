//! Every HTTP route: the portal's list, and what stands beside it.

use turnpike_core::LeastRole;
use turnpike_portal::{Access, routes};

use crate::facts::table;

const BEGINNING: &str = "\
Roles of a process say what it answers: a *gateway* MCP and what agents read of it, a *portal* pages, the authorization server and \
Stripe's webhook. Health is answered by all.";

/// What is no page of the portal.
const OTHERS: [(&str, &str, &str, &str); 17] = [
    ("GET", "/health", "every role", "The process is there"),
    ("GET", "/ready", "every role", "It can be sent requests: its database answers, and it is not about to stop"),
    ("POST", "/mcp", "gateway", "MCP: all integrations of a client, tool names prefixed"),
    ("POST", "/{integration}/mcp", "gateway", "MCP: one integration"),
    (
        "GET",
        "/.well-known/oauth-protected-resource/mcp",
        "gateway",
        "Which authorization server is in charge (RFC 9728)",
    ),
    ("GET", "/.well-known/oauth-protected-resource/{integration}/mcp", "gateway", "The same of one integration"),
    ("GET", "/.well-known/oauth-authorization-server", "portal", "Metadata of the authorization server (RFC 8414)"),
    ("GET", "/.well-known/openid-configuration", "portal", "The same, for clients that look here"),
    ("GET", "/.well-known/jwks.json", "portal", "Keys that access tokens are signed with"),
    ("POST", "/token", "portal", "Codes, refresh tokens and client credentials become access tokens"),
    ("POST", "/revoke", "portal", "A token is taken back (RFC 7009)"),
    ("POST", "/introspect", "portal", "What a token is good for (RFC 7662)"),
    ("POST", "/register", "portal", "A program registers itself (RFC 7591), while `oauth.registration` is true"),
    ("POST", "/payments/stripe", "portal", "Stripe's webhook, with `payments.provider = \"stripe\"`"),
    ("GET", "/sandbox/{integration}/…", "portal", "Consent pages of simulated vendors"),
    ("GET", "/.well-known/oauth-protected-resource", "gateway", "As for `/mcp`"),
    ("OPTIONS", "any that programs of other sites may call", "both", "What a browser asks beforehand"),
];

pub(super) fn page() -> String {
    let others = OTHERS
        .map(|(method, path, role, about)| [method, &format!("`{path}`"), role, about].map(str::to_owned).to_vec());
    let pages = routes().into_iter().map(|route| {
        let (whom, asks) = match route.access {
            Access::Anyone => ("everybody".to_owned(), ""),
            Access::SignedIn => ("who is signed in".to_owned(), ""),
            Access::Tenant(permission) => (role(permission.least_role()), ""),
            Access::Staff => ("staff of the agency".to_owned(), ""),
        };
        let fresh = if route.fresh { "yes" } else { asks };
        vec![route.method.to_string(), format!("`{}`", route.path), whom, fresh.to_owned()]
    });
    format!(
        "{BEGINNING}\n\n## For programs\n\n{}\n\n## For people\n\nAll of the role *portal*. *Proof* says who must have proved lately, \
         by password or mailed link, who they are.\n\n{}",
        table(&["Method", "Path", "Role of the process", "What for"], others.to_vec()),
        table(&["Method", "Path", "Whom it lets in", "Proof"], pages.collect())
    )
}

fn role(least: LeastRole) -> String {
    format!("members from {least} up")
}
