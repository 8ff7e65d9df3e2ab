//! What is said of slides that were drawn and weighed.

use std::collections::BTreeSet;
use std::time::Duration;

use dialplan::pictures::{Change, Drawn, Lettering, Look, Screen, Wait};
use dialplan::{Service, Severity, Slide};

use crate::common::{assets, file, flow, queues, texts};

/// A menu, a page behind a node without a picture, and a clip behind that.
const NODES: &str = "  \
    main: { menu: { slide: menu.svg, title: hello, items: { \"1\": { say: balance, to: ask }, \"2\": { say: packs, to: $hangup } } } }\n  \
    ask: { branch: { cases: [{ when: has_video, to: page }], exits: { else: page } } }\n  \
    page: { menu: { slide: page.svg, title: balance, items: { \"9\": { say: back, to: clip } } } }\n  \
    clip: { play: { clip: welcome.mp4, next: main } }\n";

fn service(head: &str) -> Service {
    let flow = flow(NODES).replace("[zh-CN, en]", "[en]").replace("defaults:", &format!("{head}defaults:"));
    let files = [file("flow.yaml", &flow), queues()].into_iter().chain(texts());
    let files: Vec<_> = files.filter(|file| file.path != "texts/zh-CN.yaml").collect();
    Service::compile(&files, &assets()).unwrap_or_else(|problems| panic!("{}", problems.report()))
}

fn slide<'a>(service: &'a Service, template: &str) -> &'a Slide {
    service.presentations().slides.iter().find(|slide| slide.template == template).expect("it is shown")
}

fn lettering(text: &str, height: f32, contrast: f32, outside: f32) -> Lettering {
    Lettering { text: text.into(), height, contrast, outside }
}

/// What is said of a menu on which this is written.
fn said(drawn: Result<Drawn, String>) -> String {
    let service = service("");
    let look = Look { slide: slide(&service, "menu.svg"), screen: Screen::QCIF, drawn };
    service.judge_pictures(&[look], &[]).report()
}

fn of(letterings: Vec<Lettering>) -> Result<Drawn, String> {
    Ok(Drawn { letterings, ..Drawn::default() })
}

#[test]
fn what_cannot_be_read_is_told_where_the_words_stand() {
    let cases = [
        ("cannot be drawn", Err("line 6: 7 rows do not fit, at most 6".to_owned())),
        ("cut off", Ok(Drawn { cut: vec!["Data packs".into()], ..Drawn::default() })),
        ("beyond the edge", of(vec![lettering("Data packs", 17.0, 12.0, 9.6)])),
        ("too small", of(vec![lettering("Data packs", 9.5, 12.0, 0.0)])),
        ("too pale", of(vec![lettering("Data packs", 17.0, 2.31, 0.0)])),
        ("a value of another spelling", Ok(Drawn { spare: vec!["sate".into()], ..Drawn::default() })),
        ("not a text of the service", of(vec![lettering("R2041", 9.0, 12.0, 0.0)])),
    ];
    let reports: String =
        cases.into_iter().map(|(title, drawn)| format!("## {title}\n{}", said(drawn))).collect();
    insta::with_settings!({ omit_expression => true }, { insta::assert_snapshot!(reports) });
}

#[test]
fn what_can_be_read_is_passed_over() {
    // Letters may be smaller than hanzi, and a side bearing is no loss.
    assert_eq!(
        said(of(vec![lettering("Data packs", 12.0, 4.5, 1.0), lettering("余额", 16.0, 21.0, -3.0)])),
        ""
    );
    assert!(said(of(vec![lettering("余额", 15.5, 21.0, -3.0)])).contains("[small-type]"));
}

#[test]
fn a_value_that_one_screen_needs_is_not_spare() {
    let service = service("");
    let look = |screen: Screen, spare: &[&str]| Look {
        slide: slide(&service, "menu.svg"),
        screen,
        drawn: Ok(Drawn { spare: spare.iter().map(|name| (*name).to_owned()).collect(), ..Drawn::default() }),
    };
    let cif = Screen { width: 352, height: 288 };
    let looks = [look(Screen::QCIF, &["wait", "sate"]), look(cif, &["sate"])];
    let problems = service.judge_pictures(&looks, &[]);
    let said: Vec<&str> = problems.iter().map(|problem| problem.message()).collect();
    assert_eq!(said, ["the template menu.svg does not look at the value `sate`"]);
}

#[test]
fn one_text_on_many_slides_is_one_problem() {
    let service = service("");
    let pale = || of(vec![lettering("Balance", 17.0, 2.0, 0.0)]);
    let looks = ["menu.svg", "page.svg"].map(|template| Look {
        slide: slide(&service, template),
        screen: Screen::QCIF,
        drawn: pale(),
    });
    assert_eq!(service.judge_pictures(&looks, &[]).len(), 1);
}

#[test]
fn changes_go_through_nodes_without_a_picture_and_forget_it_behind_a_clip() {
    let service = service("");
    let [menu, page] = ["menu.svg", "page.svg"].map(|template| slide(&service, template).clone());
    let change = |from: Option<&Slide>, to: &Slide| Change { from: from.cloned(), to: to.clone() };
    // The menu is repeated when nobody presses a key, and so is the page.
    let expected = [
        change(None, &menu),
        change(Some(&menu), &page),
        change(Some(&menu), &menu),
        change(Some(&page), &page),
        change(Some(&page), &menu),
    ];
    let found = service.changes();
    let needed: BTreeSet<&Change> =
        expected.iter().filter(|change| change.from.as_ref() != Some(&change.to)).collect();
    for change in needed {
        assert!(found.contains(change), "{change:#?} is not in {found:#?}");
    }
    assert!(found.iter().all(|change| expected.contains(change)), "{found:#?}");
}

#[test]
fn a_wait_beyond_the_budget_is_told_once_for_a_slide() {
    let report = |head: &str| {
        let service = service(head);
        let changes = service.changes();
        let waits: Vec<Wait<'_>> = changes
            .iter()
            .zip(1_u64..)
            .map(|(change, n)| Wait {
                change,
                format: "H263 176x144 on circuits".into(),
                octets: 7_000 + n as usize,
                time: Duration::from_millis(1_150 + n),
            })
            .collect();
        let problems = service.judge_pictures(&[], &waits);
        assert!(problems.iter().all(|problem| problem.severity() == Severity::Warning));
        (problems.len(), problems.report())
    };
    let (count, usual) = report("");
    assert_eq!(count, 2, "the menu and the page:\n{usual}");
    insta::with_settings!({ omit_expression => true }, { insta::assert_snapshot!(usual) });
    assert_eq!(report("picture_budget: 2s\n").0, 0);
    assert!(report("picture_budget: 700ms\n").1.contains("and 700 ms are enough"));
}
