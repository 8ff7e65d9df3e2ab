//! The pool under named scenarios and under every order of events.

mod property;
mod scenarios;
mod sessions;
mod support;
