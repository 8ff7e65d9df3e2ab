//! The addresses of this machine, for those who listen on all of them and must say which they are.

use std::net::IpAddr;

use nix::ifaddrs::getifaddrs;
use nix::net::if_::InterfaceFlags;

/// Every address that other machines could reach: of interfaces that are up, neither loopback nor
/// link-local (RFC 3927 §2.1, RFC 4291 §2.5.6). IPv4 first, each once, in the kernel's order.
///
/// # Errors
/// When the kernel does not tell.
pub fn addresses() -> std::io::Result<Vec<IpAddr>> {
    let mut found = Vec::new();
    for interface in getifaddrs()? {
        let up = interface.flags.contains(InterfaceFlags::IFF_UP);
        let address = interface.address.as_ref().and_then(|address| {
            let v4 = address.as_sockaddr_in().map(|v4| IpAddr::V4(v4.ip()));
            v4.or_else(|| address.as_sockaddr_in6().map(|v6| IpAddr::V6(v6.ip())))
        });
        found.extend(address.filter(|address| up && is_reachable(*address) && !found.contains(address)));
    }
    found.sort_by_key(IpAddr::is_ipv6);
    Ok(found)
}

fn is_reachable(address: IpAddr) -> bool {
    let near = match address {
        IpAddr::V4(v4) => v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_unicast_link_local(),
    };
    !(near || address.is_loopback() || address.is_unspecified())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_and_link_local_addresses_are_nobodys_business() {
        for near in ["127.0.0.1", "127.3.4.5", "169.254.1.1", "::1", "fe80::1", "0.0.0.0", "::"] {
            assert!(!is_reachable(near.parse().unwrap()), "{near}");
        }
        for far in ["10.0.0.1", "192.0.2.1", "2001:db8::1", "fd00::1"] {
            assert!(is_reachable(far.parse().unwrap()), "{far}");
        }
    }

    #[test]
    fn each_address_can_be_bound_and_ipv4_comes_first() {
        let all = addresses().unwrap();
        for address in &all {
            crate::Socket::bind((*address, 0).into(), 4096).unwrap_or_else(|error| panic!("{error}"));
        }
        assert!(all.is_sorted_by_key(IpAddr::is_ipv6), "{all:?}");
    }
}
