//! The demo service holds together.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use dialplan::simulate::transcript;
use dialplan::{Assets, Service};

use crate::common::{file, files_in, some_time};

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

#[test]
fn transcripts_of_the_demo_go_as_written() {
    let assets = Assets { slides: media("slides"), clips: media("clips"), prompts: Default::default() };
    let service = Service::compile(&files_in("../../dialplans"), &assets);
    let service = Arc::new(service.expect("another test says what is wrong"));
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../dialplans");
    let read = |name: &str| file(name, &std::fs::read_to_string(root.join(name)).expect("it is there"));
    let files = ["hotline.sim", "flash.sim", "newcomers.sim"].map(read);
    let verdict = transcript::check(&service, &files, some_time());
    assert!(verdict.problems.is_empty(), "{}", verdict.problems.report());
    assert!(verdict.calls >= 12, "{}", verdict.calls);
}
