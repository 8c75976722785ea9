//! How the service presents itself on each host.

mod edit;
mod list;
mod logo;
mod picture;

pub(crate) use edit::{delete, edit, set};
pub(crate) use list::{choose_host, list};
pub(crate) use logo::{remove as remove_logo, set as set_logo, show as show_logo};

use serde_json::json;
use turnpike_core::TenantId;
use turnpike_store::{BrandRow, StoreError};
use turnpike_tenancy::Actor;
use url::Url;

use crate::{Portal, brand::EVERY_HOST, http::Failure};

/// A host as browsers name it, with its port where it has one, or the word for every other host.
fn host_of(text: &str) -> Option<String> {
    if text == EVERY_HOST {
        return Some(text.to_owned());
    }
    let url = Url::parse(&format!("https://{text}")).ok()?;
    let host = url.host_str()?;
    let whole = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    // What else there was than a host would be left over here.
    let alone = url.as_str() == format!("https://{whole}/") && !text.ends_with('/');
    let odd = host.contains('*') || host.split('.').any(str::is_empty);
    (alone && !odd).then_some(whole)
}

/// The host that a path names, and its brand if it has one.
async fn find(portal: &Portal, host: &str) -> Result<(String, Option<BrandRow>), Failure> {
    let host = host_of(host).ok_or(Failure::NotFound)?;
    let row = portal.store.system().list_brands().await?.into_iter().find(|row| row.host == host);
    Ok((host, row))
}

fn path(host: &str) -> String {
    format!("/console/brand/{host}")
}

/// Notes what was changed, and has this process show it at once.
async fn changed(portal: &Portal, by: &Actor, action: &'static str, host: &str) -> Result<(), StoreError> {
    portal.brands.forget().await;
    portal.tenancy.record(TenantId::NONE, by, action, &format!("brand:{host}"), json!({})).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_a_name_and_perhaps_a_port() {
        let same = ["portal.example", "portal.example:8443", "localhost:8080", "127.0.0.1", "[::1]:8080", "*"];
        for host in same {
            assert_eq!(host_of(host).as_deref(), Some(host));
        }
        assert_eq!(host_of("Portal.Example").as_deref(), Some("portal.example"));
        assert_eq!(host_of("münchen.example").as_deref(), Some("xn--mnchen-3ya.example"));
        let wrong = ["", "*.example", "a b", "a/b", "a/", "https://a", "a@b", "a?b", "a#b", "a:99999", "a\\b", ".."];
        for wrong in wrong {
            assert_eq!(host_of(wrong), None, "{wrong}");
        }
    }
}
