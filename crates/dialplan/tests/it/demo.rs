//! The demo service holds together.

use std::collections::BTreeSet;
use std::path::Path;

use dialplan::{Assets, Service};

use crate::common::files_in;

/// What lies in a folder of `media/`.
fn media(folder: &str) -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../media").join(folder);
    let entries = std::fs::read_dir(folder).expect("media is part of the project");
    entries.map(|entry| entry.expect("readable").file_name().into_string().expect("UTF-8")).collect()
}

#[test]
fn demo_service_has_no_problems() {
    let assets = Assets { slides: media("slides"), clips: media("clips"), prompts: Default::default() };
    let service = match Service::compile(&files_in("../../dialplans"), &assets) {
        Ok(service) => service,
        Err(problems) => panic!("{}", problems.report()),
    };
    assert!(service.warnings().is_empty(), "{}", service.warnings().report());
    assert_eq!(service.flow_for("1008621").expect("served").name(), "hotline");
    assert!(service.flow_for("1008622").is_none());
    println!("{}", service.summary());
}
