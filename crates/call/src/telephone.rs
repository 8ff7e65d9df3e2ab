//! Telephones of agents that have registered (RFC 3261 §10): where they are is known only while they say so.

use std::net::SocketAddr;

use sip::{LocalId, Uri};

use crate::agent_leg::numeric_address;

/// Where a registered telephone is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Telephone {
    /// What it is called by: the Request-URI (RFC 3261 §16.6).
    pub contact: Uri,
    /// Where its REGISTER came from.
    pub source: SocketAddr,
    /// The socket that it came to, which a NAT lets in again.
    pub local: LocalId,
}

impl Telephone {
    /// Where requests to it go: to its contact when that names the machine that it was seen at, else to where it was
    /// seen, since it sits behind a NAT or gave a name.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        let named = numeric_address(&self.contact);
        named.filter(|named| named.ip() == self.source.ip()).unwrap_or(self.source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_telephone_is_reached_where_it_was_seen_unless_its_contact_is_there() {
        for (contact, reached) in [
            ("sip:a@192.0.2.7:5070", "192.0.2.7:5070"),
            ("sip:a@192.0.2.7", "192.0.2.7:5060"),
            ("sip:a@10.0.0.9:5060", "192.0.2.7:31000"),
            ("sip:a@phone.example", "192.0.2.7:31000"),
        ] {
            let source = "192.0.2.7:31000".parse().expect("an address");
            let telephone = Telephone { contact: contact.parse().expect("a URI"), source, local: LocalId(0) };
            assert_eq!(telephone.address().to_string(), reached, "{contact}");
        }
    }
}
