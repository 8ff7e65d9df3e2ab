//! The control channel: SRP, NSRP, WNSRP and CCSRL (H.324 Annexes A and C).

/// How the control channel is acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// SRP.
    Srp,
    /// Numbered SRP.
    Nsrp,
    /// Windowed numbered SRP.
    Wnsrp,
}
