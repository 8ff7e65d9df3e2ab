//! `vireo doctor`: says whether this machine has what a gateway needs.

use std::io::IsTerminal;
use std::process::ExitCode;

use super::demo;
use crate::doctor::{self, Finding, State};

/// Look whether this machine has what a gateway needs, and say how to mend what it lacks.
///
/// Looks at ports, fonts, codecs, limits, clocks and the disk, and changes nothing. Exit code 0: a gateway can
/// run here, perhaps with warnings. 1: it cannot. Run it while no gateway is running: that one has the ports.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    place: demo::Place,

    /// For programs: {"ok":true,"findings":[{"name","state","says","mend"}]}
    #[arg(long)]
    json: bool,
}

impl Args {
    pub(crate) fn execute(&self) -> anyhow::Result<ExitCode> {
        let demo::Place { sip, http, rtp_ports, .. } = &self.place;
        let (rtp_ports, data) = (rtp_ports.range(), self.place.data()?);
        let findings = doctor::examine(&doctor::Place { sip: *sip, http: *http, rtp_ports, data });
        let ok = findings.iter().all(|finding| finding.state != State::Fail);
        if self.json {
            println!("{}", serde_json::json!({ "ok": ok, "findings": findings }));
        } else {
            print!("{}", table(&findings, std::io::stdout().is_terminal()));
        }
        Ok(if ok { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// One line for each finding, what to do below it; a line that counts at the end.
fn table(findings: &[Finding], coloured: bool) -> String {
    let width = findings.iter().map(|finding| finding.name.len()).max().unwrap_or_default();
    let mut text = String::new();
    for Finding { name, state, says, mend } in findings {
        let state = shown(*state, coloured);
        text.push_str(&format!("{state}  {name:width$}  {says}\n"));
        if let Some(mend) = mend {
            // Below the sentence: the state is four wide.
            text.push_str(&format!("{:indent$}-> {mend}\n", "", indent = 4 + 2 + width + 2));
        }
    }
    text + &verdict(findings)
}

fn shown(state: State, coloured: bool) -> String {
    let (word, colour) = match state {
        State::Ok => ("ok", 32),
        State::Warn => ("warn", 33),
        State::Fail => ("fail", 31),
    };
    // SGR: foreground green, yellow, red (ECMA-48 §8.3.117).
    if coloured { format!("\u{1b}[{colour}m{word:4}\u{1b}[0m") } else { format!("{word:4}") }
}

fn verdict(findings: &[Finding]) -> String {
    let count = |state| findings.iter().filter(|finding| finding.state == state).count();
    match (count(State::Fail), count(State::Warn)) {
        (0, 0) => "\nA gateway can run here.\n".to_owned(),
        (0, warnings) => format!("\nA gateway can run here; {warnings} to look at.\n"),
        (failures, _) => format!("\nA gateway cannot run here: {failures} to mend.\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(name: &'static str, state: State, mend: Option<&str>) -> Finding {
        Finding { name, state, says: "so it is".into(), mend: mend.map(str::to_owned) }
    }

    #[test]
    fn columns_are_aligned_and_the_way_out_stands_below() {
        let findings =
            [finding("SIP port", State::Ok, None), finding("font", State::Fail, Some("install it"))];
        let want = "\
ok    SIP port  so it is
fail  font      so it is
                -> install it

A gateway cannot run here: 1 to mend.
";
        assert_eq!(table(&findings, false), want);
        let coloured = table(&findings, true);
        assert!(coloured.contains("\u{1b}[31mfail\u{1b}[0m  font"), "{coloured:?}");
    }

    #[test]
    fn warnings_do_not_keep_a_gateway_from_running() {
        assert!(verdict(&[finding("x", State::Warn, Some("y"))]).contains("can run here; 1 to look at"));
        assert!(verdict(&[finding("x", State::Ok, None)]).contains("can run here."));
    }
}
