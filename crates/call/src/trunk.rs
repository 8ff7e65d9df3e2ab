//! `Trunk`: what is known of the gateways that 3G phones come through, by their addresses.

use std::net::IpAddr;
use std::sync::Arc;

/// Settings for the calls that come from some addresses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trunk {
    /// The addresses; a call belongs to the first trunk that has its source.
    pub networks: Vec<Network>,
    /// H.324 is negotiated before the 200, while the call rings. The trunk must be through both ways then;
    /// timers start at the phone's first octet that is not idle fill.
    pub early_circuit: bool,
    /// The order of bits in an octet of clear mode; `None` finds out (RFC 4040 has the first bit of the line
    /// in the most significant place).
    pub bit_order: Option<h324m::BitOrder>,
    /// Agents at these addresses are 3G phones: they are offered a circuit and nothing else.
    pub circuits_out: bool,
}

/// An address with the number of leading bits that count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix: u8,
}

impl Network {
    /// `None` when there are fewer bits in the address than `prefix`.
    #[must_use]
    pub fn new(address: IpAddr, prefix: u8) -> Option<Self> {
        (prefix <= bits(address)).then_some(Network { address, prefix })
    }

    /// Whether `address` belongs to it.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        let (own, other) = (value(self.address), value(address));
        let width = bits(self.address);
        // A shift by the whole width is none.
        let differs = |own: u128, other: u128| (own ^ other).checked_shr(u32::from(width - self.prefix));
        bits(address) == width && differs(own, other).unwrap_or(0) == 0
    }
}

impl Trunk {
    /// What a terminal for its calls is made of.
    pub(crate) fn terminals(&self, common: Arc<h324m::Config>) -> Arc<h324m::Config> {
        match self.bit_order {
            None => common,
            bit_order => Arc::new(h324m::Config { bit_order, ..(*common).clone() }),
        }
    }
}

/// The settings for a call from `source`.
pub(crate) fn find(trunks: &[Trunk], source: IpAddr) -> Trunk {
    let of = |trunk: &&Trunk| trunk.networks.iter().any(|network| network.contains(source));
    trunks.iter().find(of).cloned().unwrap_or_default()
}

/// What the terminal towards an agent at `address` is made of; `None` when that is no 3G phone.
pub(crate) fn outwards(
    trunks: &[Trunk],
    address: IpAddr,
    common: &Arc<h324m::Config>,
) -> Option<Arc<h324m::Config>> {
    let trunk = find(trunks, address);
    trunk.circuits_out.then(|| trunk.terminals(Arc::clone(common)))
}

fn bits(address: IpAddr) -> u8 {
    match address {
        IpAddr::V4(_) => 32,
        IpAddr::V6(_) => 128,
    }
}

fn value(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u32::from(address).into(),
        IpAddr::V6(address) => address.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_holds_the_addresses_that_share_its_first_bits() {
        for (network, prefix, address, inside) in [
            ("192.0.2.0", 24, "192.0.2.77", true),
            ("192.0.2.0", 24, "192.0.3.1", false),
            ("192.0.2.1", 32, "192.0.2.1", true),
            ("192.0.2.1", 32, "192.0.2.0", false),
            ("0.0.0.0", 0, "203.0.113.9", true),
            ("0.0.0.0", 0, "2001:db8::1", false),
            ("2001:db8::", 32, "2001:db8:5::1", true),
            ("::", 0, "2001:db8::1", true),
        ] {
            let network = Network::new(network.parse().unwrap(), prefix).unwrap();
            assert_eq!(network.contains(address.parse().unwrap()), inside, "{network:?} {address}");
        }
        assert_eq!(Network::new("192.0.2.0".parse().unwrap(), 33), None);
    }
}
