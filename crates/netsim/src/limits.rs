//! Every limit of this crate.

/// Datagrams under way at once. More is a loop between two endpoints, which a test should hear about:
/// [`crate::Network::send`] panics.
pub const IN_FLIGHT_MAX: usize = 1_000_000;
