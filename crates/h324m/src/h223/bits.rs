//! Bit order of the circuit's octets, and how to find out which one a trunk uses.

/// Which bit of an octet of the trunk is the first one on the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BitOrder {
    /// The most significant one, as RTP CLEARMODE has it (RFC 4040): every octet is reversed.
    Msb,
    /// The least significant one: a gateway that hands on H.223 octets unchanged.
    Lsb,
}

impl BitOrder {
    /// Turns octets of the trunk into H.223 order in place, and H.223 octets into those of the trunk.
    pub fn convert(self, octets: &mut [u8]) {
        match self {
            Self::Msb => octets.iter_mut().for_each(|octet| *octet = octet.reverse_bits()),
            Self::Lsb => {}
        }
    }
}

/// Finds the bit order of a trunk from what comes in.
#[derive(Debug, Default)]
pub struct OrderDetector {}

impl OrderDetector {
    /// Nothing heard yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes octets as they came from the trunk, unconverted. Answers once it is sure, and the same ever after.
    pub fn push(&mut self, _octets: &[u8]) -> Option<BitOrder> {
        None
    }
}
