//! The language from outside: what the checker says, how calls walk, and what random input does.

mod common;
mod demo;
mod diagnostics;
mod manual;
mod mutator;
mod pictures;
mod properties;
mod steps;
mod transcripts;
mod values;
mod walk;
