//! `vireo stats`: what callers did in the nodes of a flow.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, bail};
use store::Place;
use store::statistics::{self, FlowFigures, NodeFigures, Spread};

use super::{demo, time};
use crate::config::Config;
use crate::service;

/// Print what callers did in a flow, node by node.
///
/// Figures are kept for each edition of a flow: what its file said. Calls count when they have ended; a gateway may be
/// running.
#[derive(Debug, clap::Args)]
#[command(
    after_long_help = "Examples:\n  vireo stats hotline\n  vireo stats hotline --config /etc/vireo/vireo.toml --format json"
)]
pub(crate) struct Args {
    /// A flow by name
    #[arg(value_name = "FLOW")]
    flow: String,

    /// The folder of the gateway's data [default: that of `vireo demo`]
    #[arg(long, value_name = "DIR", conflicts_with = "config")]
    data: Option<PathBuf>,

    /// The configuration that says where the data is
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,

    /// An older edition, by the first of its digits
    #[arg(long, value_name = "DIGITS")]
    edition: Option<String>,

    /// A table for a person, or everything for a program
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Text,
    Json,
}

impl Args {
    pub(crate) fn execute(&self) -> anyhow::Result<ExitCode> {
        let place = match (&self.data, &self.config) {
            (Some(data), _) => service::database(data),
            (None, Some(config)) => Config::load(config)?.database(),
            (None, None) => service::database(&demo::default_data()?),
        };
        if let Place::File(path) = &place
            && !path.exists()
        {
            bail!("there are no statistics at {place}: no gateway has run with this folder yet");
        }
        let mut editions = statistics::read(&place, &self.flow)?;
        if editions.is_empty() {
            bail!("no call of a flow `{}` has ended yet", self.flow);
        }
        if self.format == Format::Json {
            println!("{}", serde_json::to_string_pretty(&editions)?);
            return Ok(ExitCode::SUCCESS);
        }
        let count = editions.len();
        let at = match &self.edition {
            None => 0,
            Some(digits) => editions
                .iter()
                .position(|figures| figures.edition.starts_with(digits))
                .with_context(|| no_edition(digits, &editions))?,
        };
        print!("{}", table(&self.flow, &editions.swap_remove(at), count));
        Ok(ExitCode::SUCCESS)
    }
}

fn no_edition(digits: &str, editions: &[FlowFigures]) -> String {
    let known: Vec<&str> = editions.iter().map(|figures| figures.edition.as_str()).collect();
    format!("there is no edition {digits}; there is: {}", known.join(", "))
}

fn table(flow: &str, figures: &FlowFigures, editions: usize) -> String {
    let more = if editions > 1 { format!(", one of {editions}") } else { String::new() };
    let mut text = format!("{flow}, edition {}{more}: {}\n", figures.edition, calls(figures.calls));
    if figures.calls > 0 {
        text.push_str(&format!("ended {} to {}\n", time(figures.first_at), time(figures.last_at)));
    }
    if let (Some(half), Some(most)) = halves(&figures.first_key_seconds) {
        text.push_str(&format!(
            "first key within {half} s for half of the callers, {most} s for nine of ten\n"
        ));
    }
    if !figures.goals.is_empty() {
        let mut rows = vec![row(&["goal", "calls", "choices: half", "nine of ten"])];
        for (goal, spread) in &figures.goals {
            let (half, most) = halves(spread);
            let told = |value: Option<u64>| value.map_or_else(String::new, |value| value.to_string());
            rows.push(vec![goal.clone(), spread.calls().to_string(), told(half), told(most)]);
        }
        text.push_str(&format!("\n{}", aligned(&rows)));
    }
    let mut rows =
        vec![row(&["node", "entries", "keys", "no key", "wrong key", "hung up", "gave up", "to agent"])];
    rows.extend(figures.nodes.iter().map(|(node, figures)| node_row(node, figures)));
    text.push_str(&format!("\n{}", aligned(&rows)));
    text
}

fn row(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn node_row(node: &str, figures: &NodeFigures) -> Vec<String> {
    let NodeFigures { entries, keys, timeouts, invalid, hung_up, abandoned, to_agent } = *figures;
    let counts = [entries, keys, timeouts, invalid, hung_up, abandoned, to_agent];
    std::iter::once(node.to_owned()).chain(counts.map(|count| count.to_string())).collect()
}

fn halves(spread: &Spread) -> (Option<u64>, Option<u64>) {
    (spread.percentile(50), spread.percentile(90))
}

fn calls(count: u64) -> String {
    if count == 1 { "1 call".to_owned() } else { format!("{count} calls") }
}

/// The first column to the left, the others to the right.
fn aligned(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let cell = |row: &Vec<String>, at: usize| row.get(at).map_or(0, |cell| cell.chars().count());
    let widths: Vec<usize> =
        (0..columns).map(|at| rows.iter().map(|row| cell(row, at)).max().unwrap_or_default()).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).enumerate().map(|(at, (cell, width))| match at {
            0 => format!("{cell:<width$}"),
            _ => format!("{cell:>width$}"),
        });
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned() + "\n"
    };
    rows.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn figures_stand_in_columns() {
        let node = |entries| NodeFigures { entries, keys: 130, hung_up: 3, ..NodeFigures::default() };
        let figures = FlowFigures {
            edition: "3f2a9c01b7de".to_owned(),
            first_at: 1_800_000_000,
            last_at: 1_800_003_600,
            calls: 120,
            nodes: BTreeMap::from([("main".to_owned(), node(120)), ("repair_page".to_owned(), node(7))]),
            first_key_seconds: Spread(BTreeMap::from([(3, 90), (8, 30)])),
            goals: BTreeMap::from([("bill".to_owned(), Spread(BTreeMap::from([(1, 20), (2, 1)])))]),
        };
        let expected = "\
hotline, edition 3f2a9c01b7de, one of 2: 120 calls
ended 2027-01-15 08:00 UTC to 2027-01-15 09:00 UTC
first key within 3 s for half of the callers, 8 s for nine of ten

goal  calls  choices: half  nine of ten
bill     21              1            1

node         entries  keys  no key  wrong key  hung up  gave up  to agent
main             120   130       0          0        3        0         0
repair_page        7   130       0          0        3        0         0
";
        assert_eq!(table("hotline", &figures, 2), expected);
        let one = FlowFigures { edition: "0".to_owned(), ..FlowFigures::default() };
        assert!(table("part", &one, 1).starts_with("part, edition 0: 0 calls\n\nnode"));
    }
}
