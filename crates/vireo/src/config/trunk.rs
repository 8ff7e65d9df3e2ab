//! `[[trunk]]`: the gateways that 3G phones come through.

use std::net::IpAddr;

use serde::{Deserialize, Deserializer, de};

/// One `[[trunk]]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Trunk {
    /// Its addresses.
    addresses: Vec<Network>,
    /// H.324 is negotiated while the call rings.
    #[serde(default)]
    early_circuit: bool,
    /// Bits in an octet of clear mode.
    #[serde(default)]
    bit_order: BitOrder,
    /// Agents at these addresses are 3G phones.
    #[serde(default)]
    circuits_out: bool,
}

/// An address, or a network as `192.0.2.0/24`.
#[derive(Clone, Copy, Debug)]
struct Network(gateway::Network);

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum BitOrder {
    #[default]
    Auto,
    Msb,
    Lsb,
}

impl Trunk {
    pub(crate) fn settings(&self) -> gateway::Trunk {
        gateway::Trunk {
            networks: self.addresses.iter().map(|network| network.0).collect(),
            early_circuit: self.early_circuit,
            circuits_out: self.circuits_out,
            bit_order: match self.bit_order {
                BitOrder::Auto => None,
                BitOrder::Msb => Some(gateway::BitOrder::Msb),
                BitOrder::Lsb => Some(gateway::BitOrder::Lsb),
            },
        }
    }
}

impl<'de> Deserialize<'de> for Network {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        network(&text).map(Network).ok_or_else(|| {
            de::Error::custom(format!("`{text}` is no address; write for example 192.0.2.7 or 192.0.2.0/24"))
        })
    }
}

fn network(text: &str) -> Option<gateway::Network> {
    let (address, prefix) = match text.split_once('/') {
        Some((address, prefix)) => (address, Some(prefix.parse().ok()?)),
        None => (text, None),
    };
    let address: IpAddr = address.parse().ok()?;
    gateway::Network::new(address, prefix.unwrap_or(if address.is_ipv4() { 32 } else { 128 }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_may_be_networks() {
        for good in ["192.0.2.7", "192.0.2.0/24", "2001:db8::/32", "::1"] {
            assert!(network(good).is_some(), "{good}");
        }
        for bad in ["", "trunk.example.org", "192.0.2.0/33", "192.0.2.0/", "192.0.2.0/-1", "2001:db8::/129"] {
            assert!(network(bad).is_none(), "{bad}");
        }
    }
}
