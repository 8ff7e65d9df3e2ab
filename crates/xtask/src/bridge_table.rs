//! What bridged calls cost, as a table in the README: `cargo xtask load --table N` writes it.
//!
//! Its figures are those of one machine at one time, so tests look at its shape alone.

use std::fs;

use crate::{Error, docs, workspace};

/// The document and its region.
const FILE: &str = "README.md";
const REGION: &str = "bridges";
/// Of a core, in per cent: what is left is for bursts.
const SHARE: f64 = 60.0;

/// Who is bridged to whom; the last pair has all codecs in common.
pub(crate) const PAIRS: [[&str; 2]; 5] = [
    ["3g-h263", "pcmu-h264"],
    ["amr-h263", "pcmu-h264"],
    ["3g-h263", "opus-vp8"],
    ["amr-h263", "opus-vp8"],
    ["pcmu-h264", "pcmu-h264"],
];

/// What a call costs, of a core in per cent, as `vireo call --desks` says it.
pub(crate) fn cost(report: &str) -> Option<f64> {
    let line = report.lines().find_map(|line| line.strip_prefix("gateway: "))?;
    line.split_once(" % of a core a call")?.0.parse().ok().filter(|cost| *cost > 0.0)
}

/// Puts the costs of all pairs into the document.
pub(crate) fn write(costs: &[f64; PAIRS.len()]) -> Result<(), Error> {
    let path = workspace::root().join(FILE);
    let text = fs::read_to_string(&path)?;
    let fresh = docs::with_region(&text, REGION, &table(costs))
        .ok_or_else(|| format!("{FILE} has no generated region `{REGION}`"))?;
    fs::write(path, fresh)?;
    println!("{FILE}: region `{REGION}` written");
    Ok(())
}

fn table(costs: &[f64; PAIRS.len()]) -> String {
    let mut text = format!("| caller | agent | % of a core a call | calls at {SHARE} % of a core |\n");
    text.push_str("|---|---|---:|---:|\n");
    for ([caller, agent], cost) in PAIRS.iter().zip(costs) {
        text.push_str(&format!("| {caller} | {agent} | {cost:.2} | {} |\n", (SHARE / cost).floor()));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cost_is_found_in_a_report() {
        let report = "20 calls, 20 good\ngateway: 2.67 % of a core a call, 53.4 % in all\ntelephones: 9.0 % of a core\n";
        assert_eq!(cost(report), Some(2.67));
        for wrong in ["", "gateway: much", "gateway: 0.00 % of a core a call, 0.0 % in all"] {
            assert_eq!(cost(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn the_readme_has_a_row_for_each_pair_with_figures_that_fit() {
        let text = fs::read_to_string(workspace::root().join(FILE)).expect("it is there");
        let region = docs::region(&text, REGION).expect("it is generated");
        let costs: Vec<f64> = region
            .lines()
            .skip(2)
            .map(|row| row.split(" | ").nth(2).and_then(|cost| cost.parse().ok()).expect("a figure"))
            .collect();
        let costs = costs.try_into().expect("a row for each pair");
        assert_eq!(region, table(&costs));
    }
}
