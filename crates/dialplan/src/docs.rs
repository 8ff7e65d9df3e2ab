//! The parts of the manual that are made from the language itself, so that they cannot be stale.

use std::fmt::Write;

use crate::expression::{FACTS, Scope, render};
use crate::reading::{FILTERS, LANGUAGE, Manner, Sense};
use crate::step::STEPS;
use crate::target::{BUILTINS, CALLBACK, RETURN};

/// The Markdown tables of steps, outcomes, built-in targets, names in conditions and filters of texts, for the generated
/// region of `dialplans/README.md`. Empty lines stand before and after them.
pub fn step_table() -> String {
    let mut table = String::from("\n| Step | What it does | Fields |\n|---|---|---|\n");
    for kind in STEPS {
        let fields = kind.fields.iter().flat_map(|group| group.iter());
        let fields: Vec<String> =
            fields.map(|field| format!("`{}` {}", field.name, field.docs.replace('|', "\\|"))).collect();
        line(&mut table, &[&format!("`{}`", kind.name), kind.docs, &fields.join("<br>")]);
    }
    table.push_str("\n| Step | Outcome | When |\n|---|---|---|\n");
    for kind in STEPS {
        for outcome in kind.outcomes {
            line(&mut table, &[&format!("`{}`", kind.name), &format!("`{}`", outcome.name), outcome.docs]);
        }
    }
    table.push_str("\n| Target | Where it leads |\n|---|---|\n");
    for (name, _, docs) in BUILTINS {
        line(&mut table, &[&format!("`{name}`"), docs]);
    }
    for (name, docs) in [RETURN, CALLBACK] {
        line(&mut table, &[&format!("`{name}`"), docs]);
    }
    table.push_str("\n| Name in a condition | What it holds |\n|---|---|\n");
    for (name, docs) in FACTS {
        line(&mut table, &[&format!("`{name}`"), docs]);
    }
    table.push_str(
        "\n| Filter in a text | What it takes | For example | Shown | Said |\n|---|---|---|---|---|\n",
    );
    for filter in &FILTERS {
        for (at, example) in filter.examples.iter().enumerate() {
            let (name, docs) =
                if at == 0 { (format!("`{}`", filter.name), filter.docs) } else { Default::default() };
            let both = |sense| format!("{}<br>{}", read(example, "zh", sense), read(example, "en", sense));
            // A bar would end the cell.
            let example = format!("`{{{{ {} }}}}`", example.replace('|', "\\|"));
            line(&mut table, &[&name, docs, &example, &both(Sense::Eye), &both(Sense::Ear)]);
        }
    }
    table.push('\n');
    table
}

fn read(example: &str, language: &str, sense: Sense) -> String {
    let scope = Scope::from([(LANGUAGE.to_owned(), language.into())]);
    let text = render(&format!("{{{{ {example} }}}}"), &scope, sense, Manner::Strict);
    text.expect("the examples are those of the filters' own table, which a test reads too")
}

fn line(table: &mut String, cells: &[&str]) {
    writeln!(table, "| {} |", cells.join(" | ")).expect("a String takes everything");
}
