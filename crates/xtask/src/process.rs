//! Runs other programs.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;

use crate::{Error, workspace};

/// A cargo command in the project's root.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(workspace::cargo());
    command.args(arguments).current_dir(workspace::root());
    command
}

/// Runs to the end; the program's own output says what went wrong.
pub(crate) fn run(command: &mut Command) -> Result<(), Error> {
    let status = status(command)?;
    if status.success() { Ok(()) } else { Err(format!("{} ended with {status}", shown(command)).into()) }
}

/// Runs to the end.
pub(crate) fn status(command: &mut Command) -> Result<ExitStatus, Error> {
    command.status().map_err(|error| format!("cannot start {}: {error}", shown(command)).into())
}

/// Runs to the end with the output passed on as it comes, and also kept.
pub(crate) fn run_and_keep(command: &mut Command) -> Result<(ExitStatus, String), Error> {
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| format!("cannot start {}: {error}", shown(command)))?;
    let stdout = child.stdout.take().expect("stdout is piped");
    let stderr = child.stderr.take().expect("stderr is piped");
    let errors = thread::spawn(move || pass_on(stderr, io::stderr()));
    let mut text = pass_on(stdout, io::stdout());
    text.push_str(&errors.join().expect("passing on does not panic"));
    Ok((child.wait()?, text))
}

/// Copies lines as they come. What cannot be shown (a closed terminal) is kept all the same.
fn pass_on(from: impl Read, mut to: impl Write) -> String {
    let mut from = BufReader::new(from);
    let (mut all, mut line) = (Vec::new(), Vec::new());
    while matches!(from.read_until(b'\n', &mut line), Ok(1..)) {
        let _ = to.write_all(&line);
        all.append(&mut line);
    }
    String::from_utf8_lossy(&all).into_owned()
}

/// Is there such a program on the path?
pub(crate) fn exists(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|dir| dir.join(program).is_file())
}

/// Asks a child to end as Ctrl-C would, and waits for it.
pub(crate) fn interrupt(mut child: Child) -> Result<ExitStatus, Error> {
    // The standard library sends SIGKILL only; every shell has `kill` built in.
    let pid = child.id().to_string();
    run(Command::new("sh").args(["-c", "kill -INT \"$1\"", "sh", &pid]))?;
    Ok(child.wait()?)
}

fn shown(command: &Command) -> String {
    let program = command.get_program().to_string_lossy().into_owned();
    command.get_args().fold(format!("`{program}"), |text, word| text + " " + &word.to_string_lossy()) + "`"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_what_both_outputs_say() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo out; echo err >&2; exit 3"]);
        let (status, text) = run_and_keep(&mut command).expect("sh starts");
        assert_eq!(status.code(), Some(3));
        assert!(text.contains("out\n") && text.contains("err\n"), "{text}");
    }

    #[test]
    fn a_child_is_interrupted_and_not_killed() {
        let mut command = Command::new("sh");
        command.args(["-c", "trap 'exit 7' INT; echo up; while :; do sleep 0.01; done"]);
        let mut child = command.stdout(Stdio::piped()).spawn().expect("sh starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line).expect("a line");
        assert_eq!(line, "up\n");
        assert_eq!(interrupt(child).expect("it can be signalled").code(), Some(7));
    }

    #[test]
    fn a_missing_program_is_named() {
        let error = run(Command::new("no-such-program").arg("x")).expect_err("it does not exist");
        assert!(error.to_string().contains("`no-such-program x`"), "{error}");
        assert!(exists("sh") && !exists("no-such-program"));
    }
}
