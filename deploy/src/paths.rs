//! Which requests go to gateways. All others go to portals.

/// The paths that a gateway answers: `*` is one segment, `**` at the end whatever follows.
pub const GATEWAY_PATHS: [&str; 4] =
    ["/mcp", "/*/mcp", "/.well-known/oauth-protected-resource", "/.well-known/oauth-protected-resource/**"];

/// Whether a request for this path goes to a gateway.
pub fn is_gateway_path(path: &str) -> bool {
    GATEWAY_PATHS.iter().any(|pattern| {
        let (mut wanted, mut given) = (pattern.split('/'), path.split('/'));
        loop {
            match (wanted.next(), given.next()) {
                (Some("**"), Some(rest)) => return !rest.is_empty(),
                (Some("*"), Some(segment)) if !segment.is_empty() => {}
                (Some(wanted), Some(given)) if wanted == given => {}
                (None, None) => return true,
                _ => return false,
            }
        }
    })
}

/// The same as a regular expression for a whole path, as nginx and others take it.
pub fn gateway_expression() -> String {
    let one = |pattern: &&str| pattern.replace('.', r"\.").replace("**", ".+").replace("/*/", "/[^/]+/");
    format!("^(?:{})$", GATEWAY_PATHS.iter().map(one).collect::<Vec<_>>().join("|"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agents_go_to_gateways_and_people_to_portals() {
        let protected = "/.well-known/oauth-protected-resource";
        for path in ["/mcp", "/google-ads/mcp", protected, &format!("{protected}/mcp"), &format!("{protected}/a/mcp")] {
            assert!(is_gateway_path(path), "{path}");
        }
        for path in ["/", "/mcp/", "//mcp", "/a/b/mcp", "/mcps", "/sign-in", "/.well-known/oauth-authorization-server"]
        {
            assert!(!is_gateway_path(path), "{path}");
        }
        assert_eq!(
            gateway_expression(),
            r"^(?:/mcp|/[^/]+/mcp|/\.well-known/oauth-protected-resource|/\.well-known/oauth-protected-resource/.+)$"
        );
    }
}
