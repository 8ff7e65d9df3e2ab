//! The house rules hold for this checkout.

#[test]
fn the_checkout_keeps_the_house_rules() {
    let problems = xtask::tidy::check(&xtask::root()).expect("every text file can be read");
    let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert!(lines.is_empty(), "{}", lines.join("\n"));
}
