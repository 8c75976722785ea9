//! Where a request comes from.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts};
use http::{HeaderMap, request::Parts};

use super::Failure;
use crate::Portal;

/// The address that a person's browser has. What a proxy says of it is believed of the operator's own proxies only.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Address(pub IpAddr);

impl FromRequestParts<Portal> for Address {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, portal: &Portal) -> Result<Self, Failure> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
        let peer = peer.ok_or(Failure::NoGate)?.to_canonical();
        Ok(Self(behind_proxies(peer, &parts.headers, &portal.settings.server.trusted_proxies)))
    }
}

/// The last address in the chain that none of our proxies has.
fn behind_proxies(peer: IpAddr, headers: &HeaderMap, trusted: &[IpAddr]) -> IpAddr {
    let values = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
    let chain: Vec<IpAddr> =
        values.flat_map(|value| value.split(',')).filter_map(|address| address.trim().parse().ok()).collect();
    let mut nearest = peer;
    for address in chain.into_iter().rev() {
        if !trusted.contains(&nearest) {
            break;
        }
        nearest = address.to_canonical();
    }
    nearest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_operators_own_proxies_are_believed() {
        let mut headers = HeaderMap::new();
        headers.append("x-forwarded-for", "198.51.100.9, 203.0.113.7".parse().unwrap());
        let address = |text: &str| text.parse::<IpAddr>().unwrap();
        let proxy = address("10.0.0.1");
        assert_eq!(behind_proxies(proxy, &headers, &[]), proxy);
        assert_eq!(behind_proxies(proxy, &headers, &[proxy]), address("203.0.113.7"));
        assert_eq!(behind_proxies(address("192.0.2.1"), &headers, &[proxy]), address("192.0.2.1"));
        let both = [proxy, address("203.0.113.7")];
        assert_eq!(behind_proxies(proxy, &headers, &both), address("198.51.100.9"));
    }
}
