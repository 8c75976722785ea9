//! An address, or all those of a network.

use std::{fmt, net::IpAddr, str::FromStr};

use http::HeaderMap;
use ipnet::IpNet;
use serde::Deserialize;

use crate::ServerSettings;

/// An address, or all those of a network: `10.0.0.5`, `10.0.0.0/24`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct Network(IpNet);

impl Network {
    /// Whether an address is in it.
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.contains(&address)
    }
}

/// Always with the length of its prefix, as `10.0.0.5/32`.
impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A text that is neither an address nor a network.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is no address and no network: write 10.0.0.5 or 10.0.0.0/24")]
pub struct NotANetwork(String);

impl FromStr for Network {
    type Err = NotANetwork;

    fn from_str(text: &str) -> Result<Self, NotANetwork> {
        let network = text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
        network.map(|network: IpNet| Self(network.trunc())).map_err(|_| NotANetwork(text.to_owned()))
    }
}

impl TryFrom<String> for Network {
    type Error = NotANetwork;

    fn try_from(text: String) -> Result<Self, NotANetwork> {
        text.parse()
    }
}

impl ServerSettings {
    /// Where a request comes from: the last address in its chain that none of the operator's own proxies has. What others say
    /// of it is not believed.
    pub fn find_origin(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let values = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
        let chain: Vec<IpAddr> =
            values.flat_map(|value| value.split(',')).filter_map(|address| address.trim().parse().ok()).collect();
        let mut nearest = peer.to_canonical();
        for address in chain.into_iter().rev() {
            if !self.trusted_proxies.iter().any(|network| network.contains(nearest)) {
                break;
            }
            nearest = address.to_canonical();
        }
        nearest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_network_of_one() {
        let one: Network = "10.0.0.5".parse().unwrap();
        assert!(one.contains([10, 0, 0, 5].into()) && !one.contains([10, 0, 0, 6].into()));
        assert_eq!(one.to_string(), "10.0.0.5/32");
        let many: Network = "10.0.0.7/24".parse().unwrap();
        assert!(many.contains([10, 0, 0, 255].into()) && !many.contains([10, 0, 1, 0].into()));
        assert_eq!(many.to_string(), "10.0.0.0/24");
        assert!("2001:db8::/32".parse::<Network>().unwrap().contains("2001:db8::1".parse().unwrap()));
        for text in ["", "proxy", "10.0.0.0/33", "10.0.0.0/24/2"] {
            assert!(text.parse::<Network>().is_err(), "{text}");
        }
    }

    #[test]
    fn only_the_operators_own_proxies_are_believed() {
        let mut headers = HeaderMap::new();
        headers.append("x-forwarded-for", "198.51.100.9, 203.0.113.7".parse().unwrap());
        let address = |text: &str| text.parse::<IpAddr>().unwrap();
        let server = crate::Layers::default().load().unwrap().server;
        let origin = |peer: &str, trusted: &[&str]| {
            let trusted_proxies = trusted.iter().map(|text| text.parse().unwrap()).collect();
            ServerSettings { trusted_proxies, ..server.clone() }.find_origin(address(peer), &headers)
        };
        assert_eq!(origin("10.0.0.1", &[]), address("10.0.0.1"));
        assert_eq!(origin("10.0.0.1", &["10.0.0.1"]), address("203.0.113.7"));
        assert_eq!(origin("::ffff:10.0.0.1", &["10.0.0.1"]), address("203.0.113.7"));
        assert_eq!(origin("10.0.0.1", &["10.0.0.0/24"]), address("203.0.113.7"));
        assert_eq!(origin("10.0.0.1", &["10.0.1.0/24"]), address("10.0.0.1"));
        assert_eq!(origin("192.0.2.1", &["10.0.0.1"]), address("192.0.2.1"));
        assert_eq!(origin("10.0.0.1", &["10.0.0.1", "203.0.113.7"]), address("198.51.100.9"));
    }
}
