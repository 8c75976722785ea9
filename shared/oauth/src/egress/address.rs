//! Which addresses are public.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Networks of version 4 that no stranger's document is on (the IANA special-purpose registry), as network and length.
const CLOSED_4: [(Ipv4Addr, u32); 16] = [
    // this network
    (Ipv4Addr::new(0, 0, 0, 0), 8),
    // private
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    // between a carrier and its customers
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    // this machine
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    // this link, where clouds keep their metadata; and the address at which one of them answers besides
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(168, 63, 129, 16), 32),
    // protocols
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    // documentation
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    // benchmarks
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    // groups
    (Ipv4Addr::new(224, 0, 0, 0), 4),
    // reserved, and broadcast
    (Ipv4Addr::new(240, 0, 0, 0), 4),
];

/// The networks of version 6 that hosts of the internet have.
const OPEN_6: (Ipv6Addr, u32) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);

/// What is taken out of those.
const CLOSED_6: [(Ipv6Addr, u32); 4] = [
    // protocols and benchmarks, and Teredo, which carries an address of version 4
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    // documentation
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
    // 6to4, which carries an address of version 4
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
];

/// NAT64: how a network of version 6 alone reaches version 4. The last 32 bits are the address.
const NAT64: (Ipv6Addr, u32) = (Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0), 96);

/// Whether an address is one of a host on the internet, and not of this machine, its network, its cloud or nobody.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => public_4(address),
        IpAddr::V6(address) if within_6(address, NAT64) => {
            let [.., a, b, c, d] = address.octets();
            public_4(Ipv4Addr::new(a, b, c, d))
        }
        IpAddr::V6(address) => within_6(address, OPEN_6) && !CLOSED_6.iter().any(|network| within_6(address, *network)),
    }
}

fn public_4(address: Ipv4Addr) -> bool {
    !CLOSED_4.iter().any(|(network, length)| (address.to_bits() ^ network.to_bits()).leading_zeros() >= *length)
}

fn within_6(address: Ipv6Addr, (network, length): (Ipv6Addr, u32)) -> bool {
    (address.to_bits() ^ network.to_bits()).leading_zeros() >= length
}

#[cfg(test)]
mod tests {
    use super::*;

    fn public(text: &str) -> bool {
        is_public(text.parse().unwrap())
    }

    #[test]
    fn what_is_not_on_the_internet_is_not_public() {
        for address in "0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.100.100.200 100.127.255.255 127.0.0.1 \
             127.255.0.1 168.63.129.16 169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.192 192.0.2.1 \
             192.88.99.1 192.168.1.1 198.18.0.1 198.19.255.255 198.51.100.1 203.0.113.1 224.0.0.1 \
             239.255.255.255 240.0.0.1 255.255.255.255 :: ::1 ::7f00:1 ::10.0.0.1 ::8.8.8.8 ::ffff:10.0.0.1 \
             ::ffff:8.8.8.8 ::ffff:0:8.8.8.8 64:ff9b::10.0.0.1 64:ff9b::169.254.169.254 64:ff9b:1::8.8.8.8 \
             100::1 2001::1 2001:2::1 2001:10::1 2001:20::1 2001:db8::1 2002:a00:1::1 2002:808:808::1 3fff::1 \
             5f00::1 fc00::1 fd00:ec2::254 fe80::1 fec0::1 ff02::1"
            .split(' ')
        {
            assert!(!public(address), "{address}");
        }
    }

    #[test]
    fn hosts_of_the_internet_are_public() {
        for address in "1.1.1.1 8.8.8.8 11.0.0.1 100.63.255.255 100.128.0.1 172.15.0.1 172.32.0.1 168.63.129.17 \
             192.167.0.1 198.17.0.1 198.20.0.1 223.255.255.255 64:ff9b::8.8.8.8 2001:200::1 \
             2001:4860:4860::8888 2606:4700::1111 2a00::1"
            .split(' ')
        {
            assert!(public(address), "{address}");
        }
    }
}
