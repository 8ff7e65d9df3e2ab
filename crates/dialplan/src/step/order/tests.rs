//! Orders, key by key.

use crate::testing::{check, check_with, seeing};
use crate::{Action, Event, Facts, Run, limits};

fn nodes(code_by: &str) -> String {
    format!(
        "  main: {{ set: {{ vars: {{ pack: 10GB }}, next: buy }} }}
  buy:
    order:
      slide: page.svg
      lines: wanted
      say: wanted
      yes: one
      no: two
      call: crm.order
      send: {{ pack: pack, price: times + 20 }}
      show: [pack, price]
      code_by: {code_by}
      code: {{ slide: page.svg, title: hi, say: hi, message: two }}
      into: receipt
      exits: {{ done: thanks, declined: no, refused: no, unknown: maybe }}
  thanks: {{ hangup: {{ say: receipt }} }}
  no: {{ hangup: {{ say: two }} }}
  maybe: {{ hangup: {{ say: hi }} }}
"
    )
}

const ASKED: &str = "main buy (page.svg 10GB for 20 1:ONE 9:TWO 10GB for 20 one=1 two=9)";
const BLIND: fn() -> Facts = || Facts { has_video: false, ..seeing() };

/// A caller who has been told a code by picture.
fn told() -> String {
    format!("{ASKED} (page.svg HI code=CODE hi)")
}

fn typed() -> String {
    let typed = |digits: &str| format!("(page.svg HI code=CODE typed={digits})");
    format!("{} {} {} {}", told(), typed("C"), typed("CO"), typed("COD"))
}

#[test]
fn a_key_and_a_code_order_it_once() {
    let nodes = nodes("[picture, speech]");
    check(&nodes, seeing(), "1", &told());
    let sent = format!("{} ?crm.order pack=10GB price=20 key=KEY?", typed());
    check(&nodes, seeing(), "1c", &sent);
    check(&nodes, seeing(), "1c1199", &sent);
    let done = format!("{sent} ORDERED:done pack=10GB price=20 by picture thanks (number 7)");
    check(&nodes, seeing(), "1cr", &done);
    check(&nodes, seeing(), "1c-", &format!("{sent} ORDERED:refused pack=10GB price=20 by picture no (two)"));
    check(&nodes, seeing(), "1c!", &format!("{sent} ORDERED:failed pack=10GB price=20 by picture bye END"));
}

#[test]
fn no_answer_is_neither_done_nor_failed() {
    let nodes = nodes("[picture, speech]");
    let sent = format!("{} ?crm.order pack=10GB price=20 key=KEY? (wait)", typed());
    check(&nodes, seeing(), "1c~", &sent);
    let unknown = "ORDERED:unknown pack=10GB price=20 by picture";
    check(&nodes, seeing(), "1c~.~", &format!("{sent} {unknown} maybe (hi)"));
    check(&nodes, seeing(), "1c~h", &format!("{sent} {unknown} END"));
    // An answer that comes later changes nothing.
    check(&nodes, seeing(), "1c~.~r", &format!("{sent} {unknown} maybe (hi)"));
}

#[test]
fn who_does_not_want_it_orders_nothing() {
    let nodes = nodes("[picture, speech]");
    check(&nodes, seeing(), "9", &format!("{ASKED} no (two)"));
    check(&nodes, seeing(), "1*", &format!("{} no (two)", told()));
    check(&nodes, seeing(), "1h", &format!("{} END", told()));
}

#[test]
fn silence_wrong_keys_and_wrong_codes_share_the_tries() {
    let nodes = nodes("[picture, speech]");
    let again = ASKED.trim_start_matches("main buy ");
    check(&nodes, seeing(), "5", &format!("{ASKED} {again}"));
    check(&nodes, seeing(), ".~5", &format!("{ASKED} {again} bye END"));
    let wrong = format!("{} (page.svg HI code=CODE hi)", told());
    check(&nodes, seeing(), "1#", &wrong);
    check(&nodes, seeing(), "1#.~", &format!("{wrong} bye END"));
}

#[test]
fn a_code_is_told_in_the_first_way_that_the_caller_can_take() {
    let asked = "main buy (10GB for 20 one=1 two=9)";
    check(&nodes("[picture, speech]"), BLIND(), "1", &format!("{asked} (hi CODE SAID)"));
    check(
        &nodes("[picture, sms, speech]"),
        BLIND(),
        "1",
        &format!("{asked} ?crm.sms text=TWO CODE to=138? (hi)"),
    );
    let unknown = Facts { caller: None, ..BLIND() };
    check(&nodes("[picture, sms, speech]"), unknown.clone(), "1", &format!("{asked} (hi CODE SAID)"));
    check(&nodes("[picture, sms]"), unknown, "1", &format!("{asked} bye END"));
}

#[test]
fn codes_and_keys_differ_from_call_to_call_and_from_try_to_try() {
    let (first, second) = (check_with(&nodes("[speech]"), "1", 1), check_with(&nodes("[speech]"), "1", 2));
    assert_ne!(first, second);
    let service =
        crate::testing::service(&nodes("[picture, speech]").replace("declined: no", "declined: $repeat"));
    let mut run = Run::new(service.clone(), service.flows()[0].id(), seeing(), 3);
    let mut codes = Vec::new();
    run.handle_input(crate::testing::some_time(), Event::Start);
    for _ in 0..20 {
        run.handle_input(crate::testing::some_time(), Event::Digit('1'));
        let code = run.code().expect("it is told").to_owned();
        assert!(code.len() == 4 && code.chars().all(|digit| digit.is_ascii_digit()), "{code}");
        while !matches!(run.poll_output(), Action::Timeout(_)) {}
        // In quotes, since a time may have any digits.
        assert!(!format!("{run:?}").contains(&format!("\"{code}")), "a log must not tell it");
        codes.push(code);
        run.handle_input(crate::testing::some_time(), Event::Digit('*'));
    }
    codes.dedup();
    assert!(codes.len() > 15, "{codes:?}");
}

#[test]
fn no_code_is_told_twice_in_a_call() {
    let nodes = nodes("[speech]").replace("declined: no", "declined: $repeat");
    let service = crate::testing::service(&nodes);
    for seed in 0..20 {
        let mut run = Run::new(service.clone(), service.flows()[0].id(), seeing(), seed);
        let mut press = |event| {
            run.handle_input(crate::testing::some_time(), event);
            while !matches!(run.poll_output(), Action::Timeout(_)) {}
            run.code().map(str::to_owned)
        };
        press(Event::Start);
        let mut codes = std::collections::BTreeSet::new();
        for _ in 0..limits::CODES_MAX {
            let code = press(Event::Digit('1')).expect("it is told");
            assert!(codes.insert(code.clone()), "seed {seed}: {code} again");
            press(Event::Digit('*'));
        }
    }
}

#[test]
fn what_is_sent_is_what_was_shown() {
    let nodes = nodes("[picture, speech]");
    let service = crate::testing::service(&nodes);
    let mut run = Run::new(service.clone(), service.flows()[0].id(), seeing(), 3);
    let mut asked = Vec::new();
    let mut go = |run: &mut Run, event| {
        run.handle_input(crate::testing::some_time(), event);
        loop {
            match run.poll_output() {
                Action::Ask(question) => asked.push(question),
                Action::Timeout(_) => return,
                _ => {}
            }
        }
    };
    go(&mut run, Event::Start);
    go(&mut run, Event::Digit('1'));
    for key in run.code().expect("it is told").to_owned().chars() {
        go(&mut run, Event::Digit(key));
    }
    assert_eq!(asked.len(), 1);
    let key = asked[0].idempotency_key.as_deref().expect("one for the confirmation");
    assert!(key.len() == 32 && key.chars().all(|digit| digit.is_ascii_hexdigit()), "{key}");
}

#[test]
fn what_has_no_value_is_not_ordered() {
    let nodes = nodes("[speech]").replace("pack: 10GB", "times: 1");
    let trace = check_with(&nodes, "1", 0);
    assert!(trace.ends_with("buy bye END"), "{trace}");
}
