//! Placeholder.

pub mod library;
