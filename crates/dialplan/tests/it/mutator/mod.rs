//! Mistakes made on purpose at every place of three real flows, and whether the checker tells of each, at its place.
//!
//! A mutant is *caught* when something is said of it, and *at its place* when what is said points at the word that was
//! changed, at what held it, or at the same name where it is used or defined. No mutant but one may be passed over: a mutant
//! that *means as much*, by these rules and no list. An entry that the language does not ask for, whose name stands nowhere
//! else, may be left out. A name that stands nowhere else and that the language leaves to its author may be another.
//!
//! `VIREO_MUTANTS=all` makes them all; without it each so-manieth is made, which the test prints.

mod kinds;
mod tree;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::Path;

use dialplan::{Assets, Problems, Service, SourceFile};
use miette::Diagnostic;

use crate::common::files_in;
use kinds::{Kind, Mutation};
use tree::Tree;

/// Of the mutants that are made without `VIREO_MUTANTS=all`, one in so many.
const STRIDE: usize = 41;

/// Flows that are looked at with all that belongs to them.
const MUTATED: [&str; 8] = [
    "hotline.yaml",
    "check_pin.yaml",
    "flash.yaml",
    "newcomers.yaml",
    "crm.yaml",
    "queues.yaml",
    "texts/zh-CN.yaml",
    "texts/en.yaml",
];

/// Texts of the part that has the secret.
const SECRETS: [&str; 3] = ["pin_title", "pin_ask", "pin_wrong"];

fn media(folder: &str) -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../media").join(folder);
    let entries = std::fs::read_dir(folder).expect("media is part of the project");
    entries.map(|entry| entry.expect("readable").file_name().into_string().expect("UTF-8")).collect()
}

fn problems(files: &[SourceFile], assets: &Assets) -> Problems {
    match Service::compile(files, assets) {
        Ok(service) => service.warnings().clone(),
        Err(problems) => problems,
    }
}

/// What became of the mutants of one kind.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    made: usize,
    means_as_much: usize,
    caught: usize,
    placed: usize,
    /// Told of by more than two diagnostics.
    noisy: usize,
}

struct World {
    files: Vec<SourceFile>,
    assets: Assets,
    /// How often each name stands in all files.
    names: BTreeMap<String, usize>,
}

impl World {
    fn new() -> World {
        let files = files_in("../../dialplans");
        let assets = Assets { slides: media("slides"), clips: media("clips"), prompts: Default::default() };
        let mut names = BTreeMap::new();
        for file in &files {
            for name in kinds::uses(&file.path, &file.text, &Tree::of(&file.text)) {
                *names.entry(name).or_default() += 1;
            }
        }
        World { files, assets, names }
    }

    /// The mutant of file `at`, and what is said of it.
    fn told(&self, at: usize, mutation: &Mutation) -> Problems {
        let mut files = self.files.clone();
        files[at].text.replace_range(mutation.at.clone(), &mutation.by);
        problems(&files, &self.assets)
    }

    fn means_as_much(&self, mutation: &Mutation) -> bool {
        let elsewhere = mutation.name.as_ref().map_or(0, |name| self.names.get(name).copied().unwrap_or(0));
        match mutation.kind {
            Kind::Delete | Kind::Swap | Kind::Drop | Kind::Add => elsewhere <= usize::from(mutation.is_use),
            Kind::Retype | Kind::Unquote | Kind::Bypass | Kind::Leak => false,
        }
    }

    /// Whether a problem points at one of the places of a mutation of file `at`.
    fn is_placed(&self, at: usize, mutation: &Mutation, problems: &Problems) -> bool {
        let moved = |place: &Range<usize>| shifted(place, mutation);
        let own: Vec<Range<usize>> = mutation.places.iter().map(moved).collect();
        problems.iter().any(|problem| {
            let file = self.files.iter().position(|file| *file.path == *problem.position().path);
            let labels = problem.labels().into_iter().flatten();
            labels.map(|label| label.offset()..label.offset() + label.len().max(1)).any(|label| {
                let touches = |place: &Range<usize>| {
                    label.start < place.end.max(place.start + 1) && place.start < label.end
                };
                let other = || {
                    let Some(file) = file else { return false };
                    let names = mutation.name.iter().chain(&mutation.more);
                    let mut places = names.flat_map(|name| kinds::places_of(name, &self.files[file].text));
                    places.any(|place| touches(&if file == at { moved(&place) } else { place }))
                };
                (file == Some(at) && own.iter().any(touches)) || other()
            })
        })
    }
}

/// Where a place is after the mutation.
fn shifted(place: &Range<usize>, mutation: &Mutation) -> Range<usize> {
    let (old, new) = (mutation.at.len(), mutation.by.len());
    let move_by = |at: usize| if at >= mutation.at.end { at + new - old.min(at + new) } else { at };
    let end = if place.end >= mutation.at.end { (place.end + new).saturating_sub(old) } else { place.end };
    move_by(place.start)..end.max(move_by(place.start) + 1)
}

#[test]
fn mistakes_in_real_flows_are_told_at_their_place() {
    let world = World::new();
    assert!(problems(&world.files, &world.assets).is_empty(), "the flows themselves are sound");
    let all = std::env::var("VIREO_MUTANTS").is_ok_and(|which| which == "all");
    let stride = if all { 1 } else { STRIDE };
    println!("one mutant in {stride} is made");
    let secrets = SECRETS.map(str::to_owned).into();
    let mut tallies: BTreeMap<Kind, Tally> = BTreeMap::new();
    let mut count = 0;
    for (at, file) in world.files.iter().enumerate() {
        if !MUTATED.iter().any(|name| file.path.ends_with(&format!("dialplans/{name}"))) {
            continue;
        }
        for mutation in kinds::mutations(&file.path, &file.text, &secrets) {
            count += 1;
            // There are few of these.
            let rare = matches!(mutation.kind, Kind::Unquote | Kind::Leak);
            if count % stride != 0 && !rare {
                continue;
            }
            let told = world.told(at, &mutation);
            let tally = tallies.entry(mutation.kind).or_default();
            tally.made += 1;
            let line = file.text[..mutation.at.start].matches('\n').count() + 1;
            let what =
                || format!("{}:{line}: {} -> {:?}", file.path, &file.text[mutation.at.clone()], mutation.by);
            if told.is_empty() {
                match world.means_as_much(&mutation) {
                    true => tally.means_as_much += 1,
                    false => println!("MISSED {}: {}", mutation.kind.name(), what()),
                }
                continue;
            }
            tally.caught += 1;
            if told.len() > 2 {
                tally.noisy += 1;
                println!("NOISY {} ({}): {}", mutation.kind.name(), told.len(), what());
                told.iter().take(5).for_each(|problem| println!("    {problem}"));
            }
            match world.is_placed(at, &mutation, &told) {
                true => tally.placed += 1,
                false => println!("ELSEWHERE {}: {}\n{}", mutation.kind.name(), what(), told.report()),
            }
        }
    }
    let mut sum = Tally::default();
    println!(
        "{:34} {:>6} {:>14} {:>7} {:>13} {:>10}",
        "kind", "made", "means as much", "caught", "at its place", "more than 2"
    );
    for kind in Kind::ALL {
        let tally = tallies.get(&kind).copied().unwrap_or_default();
        let Tally { made, means_as_much, caught, placed, noisy } = tally;
        println!("{:34} {made:>6} {means_as_much:>14} {caught:>7} {placed:>13} {noisy:>10}", kind.name());
        sum.made += made;
        sum.means_as_much += means_as_much;
        sum.caught += caught;
        sum.placed += placed;
        sum.noisy += noisy;
    }
    let mistakes = sum.made - sum.means_as_much;
    let (placed, quiet) = (sum.placed * 1_000 / mistakes, (mistakes - sum.noisy) * 1_000 / mistakes);
    println!("{mistakes} mistakes: {}.{} % told at their place", placed / 10, placed % 10);
    assert!(placed >= 980, "{sum:?}");
    assert!(quiet >= 980, "{sum:?}");
}
