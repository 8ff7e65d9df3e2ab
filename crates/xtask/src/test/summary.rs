//! What a test run found: counts read from the runners' output, and the last lines a person reads.

use std::fmt;
use std::ops::Add;
use std::time::Duration;

use super::seconds;

/// Tests, or checks that count as one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) passed: usize,
    pub(crate) failed: usize,
}

impl Counts {
    /// A check that passed.
    pub(crate) const ONE: Counts = Counts { passed: 1, failed: 0 };

    /// Adds up the summary lines of cargo's runner (`test result: ok. 3 passed; 0 failed; ...`) and
    /// of nextest (`Summary [ 1.2s] 3 tests run: 2 passed, 1 failed, 0 skipped`), and those
    /// of node's (`# pass 3` or, for people, `ℹ pass 3`).
    pub(crate) fn read(output: &str) -> Counts {
        let summaries = output.lines().map(without_colours).filter(|line| {
            line.starts_with("test result: ")
                || (line.trim_start().starts_with("Summary [") && line.contains(" run: "))
        });
        let rust = summaries.map(|line| Counts::of_line(&line)).fold(Counts::default(), Counts::add);
        output.lines().map(without_colours).filter_map(|line| Counts::of_node(&line)).fold(rust, Counts::add)
    }

    fn of_node(line: &str) -> Option<Counts> {
        let words = line.strip_prefix("# ").or_else(|| line.strip_prefix("ℹ "))?;
        let (word, number) = words.split_once(' ')?;
        let number = number.trim().parse().ok()?;
        match word {
            "pass" => Some(Counts { passed: number, failed: 0 }),
            "fail" | "cancelled" => Some(Counts { passed: 0, failed: number }),
            _ => None,
        }
    }

    fn of_line(line: &str) -> Counts {
        // Both runners put each number before its word.
        let words: Vec<&str> =
            line.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
        let mut counts = Counts::default();
        for pair in words.windows(2) {
            let Ok(number) = pair[0].parse::<usize>() else { continue };
            match pair[1] {
                "passed" => counts.passed += number,
                // nextest counts a time-out, and a test that cannot be started, apart.
                "failed" | "timed" | "exec" => counts.failed += number,
                _ => {}
            }
        }
        counts
    }
}

impl Add for Counts {
    type Output = Counts;

    fn add(self, other: Counts) -> Counts {
        Counts { passed: self.passed + other.passed, failed: self.failed + other.failed }
    }
}

/// A line without terminal colours (`ESC [ ... m`).
fn without_colours(line: &str) -> String {
    let mut parts = line.split('\u{1b}');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + part.split_once('m').map_or("", |(_, rest)| rest))
}

/// All that a run found.
pub(crate) struct Summary {
    ci: bool,
    steps: Vec<(&'static str, Duration, Counts)>,
    not_run: Vec<String>,
}

impl Summary {
    /// `ci`: what was not run makes the run fail.
    pub(crate) fn new(ci: bool) -> Summary {
        Summary { ci, steps: Vec::new(), not_run: Vec::new() }
    }

    pub(crate) fn step(&mut self, name: &'static str, took: Duration, counts: Counts) {
        self.steps.push((name, took, counts));
    }

    /// `line`: `NAME: WHY`, as the test wrote it.
    pub(crate) fn not_run(&mut self, line: &str) {
        if !line.trim().is_empty() && !self.not_run.iter().any(|known| known == line) {
            self.not_run.push(line.to_owned());
        }
    }

    /// Tests that could not run have returned, so their runner has counted them as passed.
    fn counts(&self) -> Counts {
        let all = self.steps.iter().map(|(_, _, counts)| *counts).fold(Counts::default(), Counts::add);
        Counts { passed: all.passed.saturating_sub(self.not_run.len()), failed: all.failed }
    }

    pub(crate) fn passes(&self) -> bool {
        self.counts().failed == 0 && (self.not_run.is_empty() || !self.ci)
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, took, counts) in &self.steps {
            let state = if counts.failed == 0 { "ok" } else { "FAILED" };
            writeln!(f, "{}  {name}: {state}", seconds(*took))?;
        }
        for line in &self.not_run {
            writeln!(f, "not run: {line}")?;
        }
        if self.ci && !self.not_run.is_empty() {
            writeln!(f, "CI=true: what is not run counts as failure")?;
        }
        let Counts { passed, failed } = self.counts();
        write!(f, "{passed} passed, {failed} failed")?;
        match self.not_run.len() {
            0 => writeln!(f),
            not_run => writeln!(f, ", {not_run} not run"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(output: &str, passed: usize, failed: usize) {
        assert_eq!(Counts::read(output), Counts { passed, failed }, "{output}");
    }

    #[test]
    fn reads_cargos_runner() {
        check(
            "test result: ok. 28 passed; 0 failed; 1 ignored; 0 measured; 3 filtered out; finished in 0.02s",
            28,
            0,
        );
        check(
            "test result: FAILED. 5 passed; 2 failed; 0 ignored\nx\ntest result: ok. 1 passed; 0 failed",
            6,
            2,
        );
    }

    #[test]
    fn reads_nextest_with_colours() {
        check("     Summary [   1.234s] 12 tests run: 12 passed, 0 skipped", 12, 0);
        check(
            "     Summary [   1.234s] 12 tests run: 9 passed (1 slow, 1 flaky), 2 failed, 1 timed out, 4 skipped",
            9,
            3,
        );
        check(
            "\u{1b}[32;1m     Summary\u{1b}[0m [   0.0s] \u{1b}[1m2\u{1b}[0m tests run: \u{1b}[1m2\u{1b}[0m \u{1b}[32;1mpassed\u{1b}[0m",
            2,
            0,
        );
    }

    #[test]
    fn reads_node() {
        check("# tests 4\n# suites 0\n# pass 3\n# fail 1\n# cancelled 0\n# duration_ms 12.5", 3, 1);
        check("\u{1b}[34mℹ pass 7\u{1b}[39m\nℹ fail 0", 7, 0);
        check("# a passage of 3\n# pass on", 0, 0);
    }

    #[test]
    fn other_lines_count_nothing() {
        check("test a::summary_of_3_passed ... ok\n3 passed\nerror: 2 failed", 0, 0);
    }

    fn summary(ci: bool, counts: Counts, not_run: &[&str]) -> Summary {
        let mut summary = Summary::new(ci);
        summary.step("tests", Duration::from_secs(2), counts);
        not_run.iter().for_each(|line| summary.not_run(line));
        summary
    }

    fn last_line(summary: &Summary) -> String {
        summary.to_string().lines().last().unwrap_or_default().to_owned()
    }

    #[test]
    fn the_last_line_is_the_truth() {
        let all = summary(true, Counts { passed: 9, failed: 0 }, &[]);
        assert_eq!(last_line(&all), "9 passed, 0 failed");
        assert!(all.passes());
        let some = summary(false, Counts { passed: 8, failed: 1 }, &[]);
        assert_eq!(last_line(&some), "8 passed, 1 failed");
        assert!(!some.passes());
        assert!(some.to_string().contains("tests: FAILED"));
    }

    #[test]
    fn what_is_not_run_is_listed_and_no_pass_and_fails_in_ci() {
        let lines = ["baresip_sees_the_menu: needs root", "baresip_sees_the_menu: needs root", ""];
        let here = summary(false, Counts { passed: 9, failed: 0 }, &lines);
        assert!(here.passes());
        assert_eq!(last_line(&here), "8 passed, 0 failed, 1 not run");
        assert!(here.to_string().contains("not run: baresip_sees_the_menu: needs root\n"));
        assert!(!summary(true, Counts { passed: 9, failed: 0 }, &lines).passes());
    }
}
