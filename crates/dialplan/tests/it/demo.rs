//! The demo service holds together.

use dialplan::Service;

use crate::common::{assets, files_in};

#[test]
fn demo_service_has_no_problems() {
    let service = match Service::compile(&files_in("../../dialplans"), &assets()) {
        Ok(service) => service,
        Err(problems) => panic!("{}", problems.report()),
    };
    assert!(service.warnings().is_empty(), "{}", service.warnings().report());
    assert_eq!(service.flow_for("1008621").expect("served").name(), "hotline");
    assert!(service.flow_for("1008622").is_none());
    println!("{}", service.summary());
}
