//! The pool under named scenarios and under every order of events.

mod call_back;
mod figures;
mod overflow;
mod property;
mod reservations;
mod scenarios;
mod sessions;
mod strategies;
mod support;
