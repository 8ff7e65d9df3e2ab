//! What is said and shown of values, and what ends it.

use super::VALUE_FIELDS;
use crate::reading::{FILTERS, currencies};
use crate::step::say::CURRENCY_FIELD;
use crate::testing::{check, seeing, service};
use crate::{Action, Event, Facts, Presentation, Run};

fn nodes(fields: &str) -> String {
    format!("  main: {{ say: {{ {fields}, next: bye }} }}\n")
}

/// What a caller of this language is given first.
fn first(fields: &str, language: &str) -> Presentation {
    let service = service(&nodes(fields));
    let facts = Facts { language: Some(language.to_owned()), ..seeing() };
    let mut run = Run::new(service.clone(), service.flows()[0].id(), facts, 0);
    run.handle_input(crate::testing::some_time(), Event::Start);
    loop {
        match run.poll_output() {
            Action::Play(presentation) => return presentation,
            Action::Timeout(_) => panic!("nothing is played"),
            _ => {}
        }
    }
}

fn said(fields: &str, language: &str) -> String {
    let words = first(fields, language).speech.into_iter().map(|utterance| utterance.text);
    words.collect::<Vec<_>>().join("|")
}

#[test]
fn a_value_is_said_in_words_and_shown_in_figures() {
    check(
        &nodes("slide: page.svg, title: one, text: hi, money: 58.20"),
        seeing(),
        "",
        "main (page.svg ONE highlight=CNY 58.20 hi fifty-eight yuan and twenty fen)",
    );
    check(
        &nodes("money: 58.20"),
        Facts { has_video: false, ..seeing() },
        "",
        "main (fifty-eight yuan and twenty fen)",
    );
}

#[test]
fn every_kind_of_value_is_said_in_both_languages() {
    for (fields, english, chinese) in [
        ("money: 2, currency: USD", "two dollars", "两美元"),
        ("money: 2.5, currency: EUR", "two euros and fifty cents", "两欧元五十欧分"),
        ("number: times + 105", "one hundred and five", "一百零五"),
        ("digits: called", "one zero zero", "幺零零"),
        (
            "date: '\"2028-02-29\"'",
            "the twenty-ninth of February, twenty twenty-eight",
            "二零二八年二月二十九日",
        ),
        ("time: '\"14:05\"'", "two oh five p.m.", "十四点零五分"),
        ("duration: 150", "two minutes and thirty seconds", "两分钟三十秒"),
        ("bytes: '\"12.6GB\"'", "twelve point six gigabytes", "十二点六G"),
    ] {
        assert_eq!(said(fields, "en"), english, "{fields}");
        assert_eq!(said(fields, "zh-CN"), chinese, "{fields}");
    }
}

#[test]
fn parts_are_said_in_their_order_and_their_values_shown() {
    let parts = "slide: page.svg, parts: [hi, { money: 1 }, two, { number: 7 }]";
    check(&nodes(parts), seeing(), "", "main (page.svg highlight=CNY 1.00 7 hi one yuan two seven)");
    assert_eq!(said("parts: [hi, { money: 1 }, two, { number: 7 }]", "en"), "hi|one yuan|two|seven");
}

#[test]
fn a_text_under_values_is_shown_instead() {
    let own = "slide: page.svg, values: { highlight: one }, number: 7";
    check(&nodes(own), seeing(), "", "main (page.svg highlight=ONE seven)");
}

#[test]
fn a_value_of_a_connector_is_said_when_it_has_answered() {
    let nodes = nodes("fetch: { bal: crm.balance }, money: bal.yuan");
    let asked = "?crm.balance caller=138?";
    check(&nodes, seeing(), "+", &format!("main {asked} (fifty-eight yuan and twenty fen)"));
    check(&nodes, seeing(), "!", &format!("main {asked} bye END"));
}

#[test]
fn a_key_ends_it_and_acts_in_the_menu_behind() {
    let menu = "  main: { say: { number: 7, next: menu } }
  menu: { menu: { items: { \"1\": { say: one, to: bye } } } }\n";
    check(menu, seeing(), ".", "main (seven) menu (one=1)");
    check(menu, seeing(), "1", "main (seven) menu bye END");
    let heard = nodes("number: 7, barge_in: false");
    check(&heard, seeing(), "1", "main (seven)");
    check(&heard, seeing(), "1.", "main (seven) bye END");
}

#[test]
fn what_cannot_be_read_is_told_as_it_is_and_doubted() {
    // The node before sets it, so that the checker knows nothing of its value.
    let nodes = "  main: { set: { vars: { card: '\"x/y\"' }, next: said } }
  said: { say: { slide: page.svg, digits: card, next: bye } }\n";
    let doubt = "?`x/y` is not a number of digits, letters and `+ * # - ( )`?";
    check(nodes, seeing(), "", &format!("main said {doubt} (page.svg highlight=x/y x/y)"));
}

#[test]
fn what_is_known_beforehand_is_made_ahead() {
    let service = service(
        "  main: { menu: { items: { \"1\": { say: one, set: { pack: 30GB }, to: it } } } }
  it: { say: { slide: page.svg, bytes: pack, next: bye } }\n",
    );
    let all = service.presentations();
    let said = |text: &str| all.speech.iter().any(|utterance| utterance.text == text);
    assert!(said("ten gigabytes") && said("thirty gigabytes") && said("三十G"), "{:?}", all.speech);
    let shown =
        |text: &str| all.slides.iter().any(|slide| slide.values.get("highlight").is_some_and(|v| v == text));
    assert!(shown("10 GB") && shown("30 GB") && shown("30GB"), "{:?}", all.slides);
}

#[test]
fn every_filter_of_texts_is_a_field() {
    assert_eq!(VALUE_FIELDS.map(|field| field.name), FILTERS.each_ref().map(|filter| filter.name));
    for code in currencies() {
        assert!(CURRENCY_FIELD.docs.contains(&format!("`{code}`")), "{code}");
    }
}
