//! One target under libFuzzer, which keeps what reaches new code. `FUZZ_TARGET` says which (a name of
//! `fuzz::TARGETS`); the arguments are libFuzzer's. How it is built and run stands in README.md.

#![no_main]

use std::sync::OnceLock;

use fuzz::{TARGETS, Target};
use libfuzzer_sys::fuzz_target;

static TARGET: OnceLock<Target> = OnceLock::new();

fn target() -> Target {
    let wanted = std::env::var("FUZZ_TARGET").unwrap_or_default();
    let found = TARGETS.into_iter().find(|(name, _)| *name == wanted);
    let names = TARGETS.map(|(name, _)| name).join(", ");
    found.unwrap_or_else(|| panic!("FUZZ_TARGET is `{wanted}` and must be one of {names}")).1
}

fuzz_target!(|data: &[u8]| TARGET.get_or_init(target)(data));
