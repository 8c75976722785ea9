//! Names as the registry wants them: the domain backwards, a slash, and what is served there.

use url::{Host, Url};

/// The name of what the deployment at this address serves.
pub(super) fn of(public_url: &str, served: &str) -> String {
    format!("{}/{served}", namespace(public_url))
}

/// The domain backwards. An IP address has none: such a deployment is somebody's own machine and named like it.
pub(super) fn namespace(public_url: &str) -> String {
    let url = Url::parse(public_url).ok();
    match url.as_ref().and_then(Url::host) {
        Some(Host::Domain(domain)) => {
            domain.rsplit('.').filter(|label| !label.is_empty()).collect::<Vec<_>>().join(".")
        }
        Some(Host::Ipv4(_) | Host::Ipv6(_)) | None => "localhost".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_begins_with_the_domain_backwards() {
        for (url, expected) in [
            ("https://mcp.example.com", "com.example.mcp/google-ads"),
            ("https://mcp.example.com.:8443", "com.example.mcp/google-ads"),
            ("https://bücher.example", "example.xn--bcher-kva/google-ads"),
            ("http://localhost:8080", "localhost/google-ads"),
            ("http://127.0.0.1:8080", "localhost/google-ads"),
            ("http://[::1]:8080", "localhost/google-ads"),
        ] {
            assert_eq!(of(url, "google-ads"), expected, "{url}");
        }
    }
}
