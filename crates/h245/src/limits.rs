//! Every limit of this crate.

/// Longest SDU of control messages, in octets, that is read; the capability sets that telephones send have 150
/// to 600.
pub const CONTROL_SDU_MAX: usize = 4_096;
