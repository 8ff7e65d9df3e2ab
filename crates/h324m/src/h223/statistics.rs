//! Counters of both directions.

/// What the demultiplexer met, since its start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ReceiveStatistics {
    /// Octets pushed.
    pub octets: u64,
    /// Octets reported as lost.
    pub octets_lost: u64,
    /// MUX-PDUs with content.
    pub pdus: u64,
    /// Stuffing sequences and empty PDUs.
    pub stuffing: u64,
    /// Level 2 headers in which the Golay code corrected bits.
    pub golay_corrected: u64,
    /// Level 2 headers beyond correction.
    pub golay_failed: u64,
    /// Headers of level 0 and 1, and optional headers, with a wrong HEC.
    pub hec_errors: u64,
    /// Times that the flag was not where it had to be and was searched.
    pub resyncs: u64,
    /// PDUs dropped because their multiplex code has no entry.
    pub unknown_codes: u64,
    /// PDUs dropped for their length, and octets beyond the end of a multiplex entry's list.
    pub malformed: u64,
    /// SDUs delivered as whole and right.
    pub sdus: u64,
    /// SDUs with a wrong CRC, or into which a known loss fell.
    pub crc_errors: u64,
    /// SDUs missing by their sequence numbers.
    pub lost_sdus: u64,
    /// SDUs given up for their size.
    pub oversized: u64,
    /// Retransmissions asked for (AL3).
    pub retransmissions_wanted: u64,
    /// Retransmissions that came in time (AL3).
    pub retransmissions: u64,
}

/// What the multiplexer sent, since its start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SendStatistics {
    /// Octets filled.
    pub octets: u64,
    /// MUX-PDUs with content.
    pub pdus: u64,
    /// Stuffing sequences.
    pub stuffing: u64,
    /// SDUs sent to their end.
    pub sdus: u64,
    /// SDUs refused because the queue of their channel was full.
    pub refused: u64,
    /// SDUs dropped or cut short by `abandon`.
    pub abandoned: u64,
    /// SDUs sent again (AL3).
    pub retransmissions: u64,
}
