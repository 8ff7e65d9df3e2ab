//! The multiplex (ITU-T H.223 with Annexes A and B).
