//! The control channel: SRP, NSRP, WNSRP and CCSRL (H.324 Annexes A and C).
