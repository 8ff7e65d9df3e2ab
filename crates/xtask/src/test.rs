//! `cargo xtask test`: every check and test, in one build profile, each step timed.
//!
//! A test that cannot run here (it needs root, or a program that is not to be had) appends a line
//! `NAME: WHY` to the file that the environment variable `VIREO_NOT_RUN` names, and returns. Such
//! tests are listed; with `CI=true` they make the run fail. A step that fails does not keep the
//! following ones from running.

mod npm;
mod python;
mod summary;

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::time::Duration;

use crate::{Error, apt, clock, docs, process, tidy, workspace};
use summary::{Counts, Summary};

/// What one step found.
type Outcome = Result<Counts, Error>;

struct Step {
    name: &'static str,
    run: fn(&Environment) -> Outcome,
}

const STEPS: &[Step] = &[
    Step { name: "formatting", run: |_| cargo_passes(&["fmt", "--all", "--check"]) },
    Step { name: "tidy", run: |_| tidy_passes() },
    Step {
        name: "clippy",
        run: |_| cargo_passes(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]),
    },
    Step { name: "build", run: build },
    Step { name: "generated documents", run: |_| docs_are_fresh() },
    Step { name: "pages", run: npm::pages },
    Step { name: "tests", run: tests },
    Step { name: "documentation tests", run: |_| counted(process::cargo(&["test", "--workspace", "--doc"])) },
];

/// What the steps need to know of this machine.
struct Environment {
    nextest: bool,
    /// Where tests say that they could not run.
    not_run: PathBuf,
}

/// Installs, runs all steps, and prints the summary.
pub(crate) fn run(arguments: &[String]) -> Result<ExitCode, Error> {
    let install = match arguments {
        [] => true,
        [word] if word == "--no-install" => false,
        _ => return Err("usage: cargo xtask test [--no-install]".into()),
    };
    let mut summary = Summary::new(std::env::var("CI").is_ok_and(|value| value == "true" || value == "1"));
    if install {
        apt::install(apt::BUILD)?;
        // Without a peer its tests are listed as not run; all others still prove something.
        if let Err(error) = apt::install(apt::PEERS) {
            println!("The test peers cannot be installed: {error}");
        }
    }
    let environment = environment()?;
    for step in STEPS {
        println!("\n=== {}", step.name);
        let started = clock::now();
        let outcome = (step.run)(&environment);
        let took = started.elapsed();
        println!("=== {} took {:.1} s", step.name, took.as_secs_f64());
        summary.step(step.name, took, outcome.unwrap_or_else(|error| failed(step.name, &*error)));
    }
    fs::read_to_string(&environment.not_run)?.lines().for_each(|line| summary.not_run(line));
    print!("\n{summary}");
    Ok(if summary.passes() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn failed(step: &str, error: &dyn std::error::Error) -> Counts {
    println!("{step}: {error}");
    Counts { passed: 0, failed: 1 }
}

fn environment() -> Result<Environment, Error> {
    fs::create_dir_all(workspace::target_dir())?;
    let not_run = workspace::target_dir().join("not-run.txt");
    fs::write(&not_run, "")?;
    let nextest = process::exists("cargo-nextest");
    if !nextest {
        println!(
            "cargo-nextest is not installed, so cargo's own test runner is used: the same tests, slower."
        );
    }
    Ok(Environment { nextest, not_run })
}

fn cargo_passes(arguments: &[&str]) -> Outcome {
    process::run(&mut process::cargo(arguments)).map(|()| Counts::ONE)
}

fn tidy_passes() -> Outcome {
    let problems = tidy::check(&workspace::root())?;
    problems.iter().for_each(|problem| println!("{problem}"));
    if problems.is_empty() { Ok(Counts::ONE) } else { Err(format!("{} problems", problems.len()).into()) }
}

fn docs_are_fresh() -> Outcome {
    let stale = docs::stale_lines()?;
    if stale.is_empty() {
        return Ok(Counts::ONE);
    }
    Err(format!("stale, run `cargo xtask docs`: {}", stale.join(", ")).into())
}

/// Builds the tests, and with them the binary that the end-to-end tests start: one set of features,
/// one profile, so that nothing is compiled twice.
fn build(environment: &Environment) -> Outcome {
    let runner: &[&str] = if environment.nextest { &["nextest", "run"] } else { &["test"] };
    cargo_passes(&[runner, &["--workspace", "--no-run"]].concat())
}

fn tests(environment: &Environment) -> Outcome {
    npm::fetch_driver()?;
    python::fetch()?;
    let with_report = |mut command: Command| {
        command.env("VIREO_NOT_RUN", &environment.not_run);
        counted(command)
    };
    if environment.nextest {
        return with_report(process::cargo(&["nextest", "run", "--workspace", "--no-fail-fast"]));
    }
    // The files under tests/ start gateways on ports of their own, so they run one by one.
    let units = with_report(process::cargo(&["test", "--workspace", "--lib", "--bins", "--no-fail-fast"]))?;
    let whole =
        process::cargo(&["test", "--workspace", "--test", "*", "--no-fail-fast", "--", "--test-threads=1"]);
    Ok(units + with_report(whole)?)
}

/// Runs a test runner and reads from its output how many tests passed and failed.
fn counted(mut command: Command) -> Outcome {
    let (status, output) = process::run_and_keep(&mut command)?;
    let counts = Counts::read(&output);
    if !status.success() && counts.failed == 0 {
        // It did not get as far as failing a test.
        return Ok(counts + Counts { passed: 0, failed: 1 });
    }
    Ok(counts)
}

/// Notes that `what` cannot run here, as a test of its own would; it counts for one check.
fn not_run(environment: &Environment, what: &str, why: &str) -> Outcome {
    println!("NOT RUN: {what}: {why}");
    let mut list = fs::OpenOptions::new().append(true).open(&environment.not_run)?;
    writeln!(list, "{what}: {why}")?;
    Ok(Counts::ONE)
}

/// A duration as the summary shows it.
fn seconds(took: Duration) -> String {
    format!("{:>7.1} s", took.as_secs_f64())
}
