//! `menu`: shows and says what the keys do, and waits for one.
//!
//! Rows of the slide, spoken sentences and keys all come from the items. The footer names keys that are
//! there as well; it is drawn, and spoken only to a caller who cannot see it. The time-out starts when
//! the prompt ends. Silence and an invalid key share the tries; a valid key starts them afresh.

use std::collections::BTreeSet;
use std::time::Duration;

use super::set::Set;
use super::{Cue, FETCH_FIELD, Field, Kind, Next, Outcome, Step, Way};
use crate::check::Checker;
use crate::expression::Expression;
use crate::limits;
use crate::problem::Finding;
use crate::read::{Fields, Reader};
use crate::run::Stage;
use crate::scene::{SLIDE_FIELDS, Scene};
use crate::service::Queues;
use crate::source::{Span, Word};
use crate::target::Exits;
use crate::text::{PRESS, Telling};
use crate::yaml::{Tree, Value};
use crate::{Presentation, Presentations};

pub(super) static KIND: Kind = Kind {
    name: "menu",
    docs: "Shows and says what the keys do, and waits for one.",
    fields: &[
        &SLIDE_FIELDS,
        &[
            Field { name: "say", docs: "texts said before the items" },
            FETCH_FIELD,
            Field {
                name: "items",
                docs: "`\"key\": { say, to, when, set }`: rows of the slide and sentences",
            },
            Field { name: "footer", docs: "`\"key\": target` or as an item: keys named at the foot" },
            Field { name: "timeout", docs: "time for a key after the prompt" },
            Field { name: "tries", docs: "how often the caller is asked" },
            Field { name: "barge_in", docs: "`false`: the prompt is heard to its end" },
        ],
    ],
    outcomes: &[
        Outcome { name: "silence", docs: "no key in time", waits: true },
        Outcome { name: "invalid", docs: "a key that is not in the menu", waits: true },
        Outcome { name: "exhausted", docs: "silence or invalid on the last try", waits: true },
    ],
    example: "menu:
  slide: menu.svg
  title: main_title
  items:
    \"1\": { say: balance, to: balance }
  footer: { \"0\": agent, \"#\": $repeat }",
    read,
};

#[derive(Debug)]
struct Menu {
    span: Span,
    /// Whether any key is written down, readable or not.
    has_keys: bool,
    scene: Scene,
    items: Vec<Item>,
    footer: Vec<Item>,
    timeout: Option<Duration>,
    tries: Option<u32>,
    barge_in: bool,
    exits: Exits,
}

/// A key, in the rows or in the footer.
#[derive(Debug)]
struct Item {
    key: char,
    label: Word,
    to: Word,
    when: Option<Expression>,
    set: Set,
}

fn read(reader: &mut Reader, fields: &Fields<'_>) -> Option<Box<dyn Step>> {
    let items = read_items(reader, "items", fields);
    let footer = read_items(reader, "footer", fields);
    for item in footer.iter().filter(|item| items.iter().any(|other| other.1.key == item.1.key)) {
        let finding = Finding::error(
            "duplicate-key",
            item.0,
            format!("the key `{}` is an item too", item.1.key),
            "again",
        );
        reader.note(finding.help("remove it here or there"));
    }
    Some(Box::new(Menu {
        span: fields.span(),
        has_keys: ["items", "footer"].iter().any(|name| {
            fields.get(name).is_some_and(|tree| !matches!(&tree.value, Value::Map(map) if map.is_empty()))
        }),
        scene: Scene::read(reader, fields),
        items: items.into_iter().map(|(_, item)| item).collect(),
        footer: footer.into_iter().map(|(_, item)| item).collect(),
        timeout: fields.get("timeout").and_then(|tree| reader.duration("`timeout`", tree)),
        tries: fields.get("tries").and_then(|tree| reader.number("`tries`", tree, 1..=limits::TRIES_MAX)),
        barge_in: fields.get("barge_in").and_then(|tree| reader.flag("`barge_in`", tree)).unwrap_or(true),
        exits: Exits::read(reader, "a menu", fields, KIND.outcomes),
    }))
}

/// The items with the places of their keys.
fn read_items(reader: &mut Reader, name: &str, fields: &Fields<'_>) -> Vec<(Span, Item)> {
    let Some((field, tree)) = fields.entry(name) else { return Vec::new() };
    let mut items = Vec::new();
    for (key, value) in reader.entries(&format!("`{name}`"), field.span, tree).unwrap_or_default() {
        let sign = read_key(reader, key);
        let short = name == "footer" && matches!(value.value, Value::Scalar(_));
        let item = if short { read_short(reader, value) } else { read_item(reader, key, value) };
        if let (Some(sign), Some((label, to, when, set))) = (sign, item) {
            items.push((key.span, Item { key: sign, label, to, when, set }));
        }
    }
    items
}

type Parts = (Word, Word, Option<Expression>, Set);

/// `"0": agent`: the label is the text that is called like the target.
fn read_short(reader: &mut Reader, value: &Tree) -> Option<Parts> {
    let to = reader.word("a target", value)?;
    let label = Word { value: to.value.trim_start_matches('$').to_owned(), span: to.span };
    Some((label, to, None, Set::default()))
}

fn read_item(reader: &mut Reader, key: &Word, value: &Tree) -> Option<Parts> {
    let fields =
        reader.fields(format!("the item `{}`", key.value), key.span, value, &["say", "to", "when", "set"])?;
    let label = fields.need(reader, "say").and_then(|tree| reader.word("`say`", tree));
    let to = fields.need(reader, "to").and_then(|tree| reader.word("`to`", tree));
    let when = fields.get("when").and_then(|tree| read_when(reader, tree));
    let set = Set::read(reader, fields.get("set"));
    Some((label?, to?, when, set))
}

/// Reads a condition.
pub(crate) fn read_when(reader: &mut Reader, tree: &Tree) -> Option<Expression> {
    let word = reader.word("`when`", tree)?;
    Expression::new(word).map_err(|finding| reader.note(finding)).ok()
}

/// A key of the telephone, as the name of a field.
pub(super) fn read_key(reader: &mut Reader, key: &Word) -> Option<char> {
    let mut signs = key.value.chars();
    match (signs.next(), signs.next()) {
        (Some(sign @ ('0'..='9' | '*' | '#')), None) => Some(sign),
        _ => {
            let finding = Finding::error(
                "invalid-key",
                key.span,
                format!("`{}` is not a key of a telephone", key.value),
                "not a key",
            );
            reader.note(finding.help("one of \"0\" to \"9\", \"*\" and \"#\""));
            None
        }
    }
}

impl Item {
    fn shown(&self, stage: &Stage<'_>) -> bool {
        self.when.as_ref().is_none_or(|when| stage.holds(when))
    }
}

impl Menu {
    fn all(&self) -> impl Iterator<Item = &Item> {
        self.items.iter().chain(&self.footer)
    }

    /// What is seen and heard when exactly the items that `shown` picks are there.
    fn present(&self, telling: &Telling<'_>, has_video: bool, shown: impl Fn(&Item) -> bool) -> Presentation {
        let mut presentation = self.scene.present(telling, has_video);
        let rows: Vec<&Item> = self.items.iter().filter(|item| shown(item)).collect();
        let footer: Vec<&Item> = self.footer.iter().filter(|item| shown(item)).collect();
        let row = |item: &&Item| telling.row(&item.label.value, item.key);
        let spoken_footer = if presentation.slide.is_some() { &[][..] } else { &footer };
        let press = |item: &&Item| telling.press(&item.label.value, item.key);
        presentation.speech.extend(rows.iter().chain(spoken_footer).filter_map(press));
        if let Some(slide) = &mut presentation.slide {
            slide.rows = rows.iter().map(row).collect();
            slide.footer = footer.iter().map(row).collect();
        }
        presentation
    }

    /// The different conditions of its items.
    fn conditions(&self) -> Vec<&str> {
        let all: BTreeSet<&str> =
            self.all().filter_map(|item| item.when.as_ref()).map(|when| when.source.value.as_str()).collect();
        all.into_iter().collect()
    }

    fn ask(&self, stage: &mut Stage<'_>) {
        let telling = stage.telling();
        let presentation = self.present(&telling, stage.has_video(), |item| item.shown(stage));
        stage.play(presentation, telling);
    }

    fn choose(&self, stage: &mut Stage<'_>, key: char) -> Option<Next<'_>> {
        let item = self.all().find(|item| item.key == key && item.shown(stage))?;
        stage.forget_failures();
        item.set.apply(stage);
        Some(Next::Go(&item.to))
    }
}

impl Step for Menu {
    fn kind(&self) -> &'static Kind {
        &KIND
    }

    fn exits(&self) -> &Exits {
        &self.exits
    }

    fn ways(&self) -> Vec<Way<'_>> {
        self.all().map(|item| Way { to: &item.to, waits: true, sets: item.set.names() }).collect()
    }

    fn is_menu(&self) -> bool {
        true
    }

    fn check(&self, checker: &mut Checker<'_>) {
        self.scene.check(checker);
        if !self.has_keys {
            let finding =
                Finding::error("empty-menu", self.span, "this menu has no keys", "nothing to press");
            checker.note(finding.help("add `items:`, or make it a `play`"));
        } else {
            checker.text_named(PRESS, self.span);
        }
        for item in self.all() {
            checker.text(&item.label);
            item.set.check(checker);
            if let Some(when) = &item.when {
                checker.condition(when);
            }
        }
        if self.scene.slide.is_some() {
            self.items.iter().for_each(|item| checker.row_label(&item.label.value));
        }
        if self.conditions().len() > limits::MENU_CONDITIONS_MAX {
            let message = format!("a menu has at most {} different conditions", limits::MENU_CONDITIONS_MAX);
            let finding = Finding::error("too-many-conditions", self.span, message, "too many");
            checker
                .note(finding.help("its slide is drawn for every combination; use a `branch` to two menus"));
        }
        if self.scene.slide.is_some() && self.items.len() > limits::ROWS_LEGIBLE {
            let message = format!("more than {} rows are not legible on 176x144", limits::ROWS_LEGIBLE);
            let finding = Finding::error("many-rows", self.span, message, "too many items for one slide");
            checker.note(
                finding.into_warning().help("put the rarer ones on a second menu, or some into the footer"),
            );
        }
    }

    fn prompt(&self, telling: &Telling<'_>) -> Option<Presentation> {
        let mut prompt = self.scene.present(telling, true);
        let mut keys = self.items.iter().filter_map(|item| telling.press(&item.label.value, item.key));
        prompt.speech.extend(keys.next());
        Some(prompt)
    }

    fn presentations(&self, telling: &Telling<'_>, _: &Queues, all: &mut Presentations) {
        let conditions = self.conditions();
        for holding in 0..1_u32 << conditions.len().min(limits::MENU_CONDITIONS_MAX) {
            let shown = |item: &Item| {
                item.when.as_ref().is_none_or(|when| {
                    let index = conditions.iter().position(|condition| *condition == when.source.value);
                    index.is_some_and(|index| holding >> index & 1 == 1)
                })
            };
            for has_video in [true, false] {
                all.add(self.present(telling, has_video, shown));
            }
        }
    }

    fn start<'a>(&'a self, stage: &mut Stage<'_>) -> Next<'a> {
        if let Some(next) = stage.take_ahead().and_then(|key| self.choose(stage, key)) {
            return next;
        }
        self.ask(stage);
        Next::Wait
    }

    fn resume<'a>(&'a self, stage: &mut Stage<'_>, cue: Cue) -> Next<'a> {
        match cue {
            Cue::Key(_) if stage.is_playing() && !self.barge_in => Next::Wait,
            Cue::Key(key) => match self.choose(stage, key) {
                Some(next) => next,
                None => stage.fail(self.tries, "invalid"),
            },
            Cue::PlayEnded => {
                stage.wake_after(self.timeout.unwrap_or(stage.defaults().timeout));
                Next::Wait
            }
            Cue::Time => stage.fail(self.tries, "silence"),
            Cue::Queue(_) | Cue::Transferred(_) | Cue::Answered(_) | Cue::Notified(_) | Cue::Echoed => {
                Next::Wait
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::Facts;
    use crate::testing::{check, seeing};

    const MENU: &str = "  main:
    menu:
      slide: menu.svg
      title: hi
      items:
        \"1\": { say: one, to: bye }
        \"2\": { say: two, when: times > 0, to: bye }
      footer: { \"#\": $repeat, \"0\": { say: two, set: { times: times + 1 }, to: $repeat } }
";
    const PROMPT: &str = "(menu.svg HI 1:ONE #:AGAIN 0:TWO one=1)";

    #[test]
    fn draws_and_says_its_items() {
        check(MENU, seeing(), "", &format!("main {PROMPT}"));
        check(MENU, seeing(), "1", &format!("main {PROMPT} bye END"));
    }

    #[test]
    fn says_the_footer_to_a_caller_who_cannot_see_it() {
        check(MENU, Facts { has_video: false, ..seeing() }, "", "main (one=1 again=hash two=0)");
    }

    #[test]
    fn an_item_whose_condition_does_not_hold_is_no_key() {
        let repeated = "(menu.svg HI 1:ONE 2:TWO #:AGAIN 0:TWO one=1 two=2)";
        check(MENU, seeing(), "2", &format!("main {PROMPT} main {PROMPT}"));
        check(MENU, seeing(), "02", &format!("main {PROMPT} main {repeated} bye END"));
    }

    #[test]
    fn silence_and_wrong_keys_share_the_tries() {
        check(MENU, seeing(), ".~7", &format!("main {PROMPT} main {PROMPT} bye END"));
        check(MENU, seeing(), "7#7", &format!("main {PROMPT} main {PROMPT} main {PROMPT} main {PROMPT}"));
    }

    #[test]
    fn own_tries_and_exits_come_before_the_defaults() {
        let menu = |rest: &str| {
            format!("  main: {{ menu: {{ items: {{ \"1\": {{ say: one, to: bye }} }}, {rest} }} }}\n")
        };
        check(&menu("tries: 1"), seeing(), "7", "main (one=1) bye END");
        check(&menu("exits: { invalid: $hangup }"), seeing(), "7", "main (one=1) END");
    }

    #[test]
    fn without_barge_in_keys_wait_for_the_end() {
        let menu = "  main: { menu: { barge_in: false, items: { \"1\": { say: one, to: bye } } } }\n";
        check(menu, seeing(), "1", "main (one=1)");
        check(menu, seeing(), "1.1", "main (one=1) bye END");
    }
}
