//! Limits of the crate.
