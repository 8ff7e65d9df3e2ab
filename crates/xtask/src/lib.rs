//! The project's own commands: set-up and demo, the whole test run, house rules, generated docs.
//!
//! Standard library only, so that `cargo xtask` builds in seconds on a machine that has nothing but
//! cargo, before any package is installed. Start at [`run`].

mod apt;
mod bench;
mod bridge_table;
mod clock;
mod demo;
mod demo_call;
pub mod docs;
mod load;
mod manifest;
mod process;
mod source;
mod test;
pub mod tidy;
mod workspace;

use std::process::ExitCode;

pub use workspace::root;

/// What ends a command: one line for a person.
pub type Error = Box<dyn std::error::Error>;

const USAGE: &str = "\
usage: cargo xtask COMMAND

  demo [--call] [ARGS]  set up this machine, build, and start the gateway with the demo hotline; then
                        open http://127.0.0.1:8080. ARGS go to `vireo demo`: --host 0.0.0.0 makes it
                        reachable from other machines (by HTTPS), --help lists the rest.
                        --call: scripted callers walk the menu instead, a SIP telephone and a
                        3G phone; the pictures they received are left in target/demo.
  test [--no-install]   set up this machine with the test peers, then run every check and test
  tidy                  check the house rules that no compiler checks
  docs [--check]        write the generated regions of the documents, or say which are stale
  bench [ARGS]          run the benchmarks; ARGS go to `cargo bench`
  load --bridge N       hold N calls that are bridged by transcoding, and print what they cost the gateway;
                        --vireo PATH measures another build than the release one, and --caller, --agent,
                        --seconds go to `vireo call`
  load --table N        the same for five pairs of telephones, and write what they cost into the README
  load --keys N         have telephones of four kinds press N keys each, and print how soon the slides come
";

/// Runs one command; `arguments` without the program's name.
///
/// # Errors
/// One line saying what could not be done. A test run with failures is no error but an exit code.
pub fn run(arguments: &[String]) -> Result<ExitCode, Error> {
    let Some((command, rest)) = arguments.split_first() else {
        eprint!("{USAGE}");
        return Ok(ExitCode::from(2));
    };
    match command.as_str() {
        "demo" => demo::run(rest),
        "test" => test::run(rest),
        "tidy" => tidy_command(),
        "docs" => docs::run(rest),
        "bench" => bench::run(rest),
        "load" => load::run(rest),
        "help" | "--help" | "-h" => {
            print!("{USAGE}");
            Ok(ExitCode::SUCCESS)
        }
        other => {
            eprint!("xtask: no command `{other}`\n\n{USAGE}");
            Ok(ExitCode::from(2))
        }
    }
}

fn tidy_command() -> Result<ExitCode, Error> {
    let problems = tidy::check(&root())?;
    for problem in &problems {
        println!("{problem}");
    }
    println!("tidy: {} problems", problems.len());
    Ok(if problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
