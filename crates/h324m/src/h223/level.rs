//! The names of what a multiplex can be: its level and the adaptation layers of its channels.

/// Level of the multiplex, in the order of their robustness: `Zero` is the lowest (H.223, Annexes A and B).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// H.223 itself: HDLC flags and zero insertion, not aligned to octets.
    Zero,
    /// Annex A: a flag of 16 bits, no zero insertion.
    One {
        /// Every flag is sent twice. It is understood either way.
        double_flag: bool,
    },
    /// Annex B: a flag of 16 bits and a header with length, protected by a Golay code.
    Two {
        /// A fourth header octet repeats code and marker of the PDU before.
        optional_header: bool,
    },
}

/// Adaptation layer of a logical channel (H.223 §7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AdaptationLayer {
    /// AL1, framed: an SDU ends at a packet marker. Nothing is added to it.
    Al1Framed,
    /// AL1, unframed: a stream of octets without borders.
    Al1Unframed,
    /// AL2: a CRC of 8 bits after each SDU.
    Al2 {
        /// An octet that counts the SDUs stands before each of them.
        sequence_numbers: bool,
    },
    /// AL3: a CRC of 16 bits after each SDU, and retransmission.
    Al3 {
        /// Octets of the control field before each SDU, 0..=2 (more is taken as 2); without it nothing is
        /// numbered and nothing can be sent again.
        control_octets: u8,
        /// Octets of sent SDUs that are kept for retransmission (`sendBufferSize`), cut to
        /// [`SEND_BUFFER_MAX`](crate::limits::SEND_BUFFER_MAX).
        send_buffer: u32,
    },
}
