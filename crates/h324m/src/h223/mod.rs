//! The multiplex (ITU-T H.223 with Annexes A and B).

/// The order of the bits in an octet handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BitOrder {
    /// The most significant bit is the first on the line: clear mode over RTP (RFC 4040).
    Msb,
    /// The least significant bit is the first on the line: H.223's own order.
    Lsb,
}

/// How robust the multiplex is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Base H.223.
    Zero,
    /// Annex A.
    One {
        /// Two flags in a row between PDUs.
        double_flag: bool,
    },
    /// Annex B.
    Two {
        /// With the optional fourth octet.
        optional_header: bool,
    },
}
