//! The demo service holds together.

#[test]
fn demo_service_has_no_problems() {
    let service = crate::common::demo();
    assert!(service.warnings().is_empty(), "{}", service.warnings().report());
    assert_eq!(service.flow_for("1008621").expect("served").name(), "hotline");
    assert!(service.flow_for("1008622").is_none());
    println!("{}", service.summary());
}
