//! A child process that cannot outlive the test that started it.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::wait;

/// How long a process may take to end after SIGTERM before it is killed.
const END_LIMIT: Duration = Duration::from_secs(5);

/// A running program whose output goes to a file. Dropping it, also while panicking, ends it by its id.
pub(crate) struct Process {
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts `program` with `args` in folder `dir`; stdout and stderr go to `log`.
    ///
    /// `setpriv` has the kernel end the child should the test be killed before it can clean up.
    pub(crate) fn start(dir: &Path, log: &Path, program: &str, args: &[&str]) -> Process {
        Process::with(dir, log, program, args, Stdio::null())
    }

    /// The same for a program that is told what to do, a line at a time: see [`Process::tell`].
    pub(crate) fn obedient(dir: &Path, log: &Path, program: &str, args: &[&str]) -> Process {
        Process::with(dir, log, program, args, Stdio::piped())
    }

    fn with(dir: &Path, log: &Path, program: &str, args: &[&str], stdin: Stdio) -> Process {
        let out = File::create(log).expect("the log's folder exists");
        let err = out.try_clone().expect("a file handle can be duplicated");
        let child = Command::new("setpriv")
            .args(["--pdeathsig", "KILL", program])
            .args(args)
            .current_dir(dir)
            .stdin(stdin)
            .stdout(out)
            .stderr(err)
            .spawn()
            .unwrap_or_else(|why| panic!("{program} does not start: {why}"));
        Process { child, log: log.to_owned() }
    }

    /// Writes a line to its standard input.
    pub(crate) fn tell(&mut self, line: &str) {
        let stdin = self.child.stdin.as_mut().expect("it was started to be told");
        writeln!(stdin, "{line}").and_then(|()| stdin.flush()).expect("it listens");
    }

    /// Everything it has printed so far.
    pub(crate) fn output(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(&self.log).expect("the log was created at start")).into_owned()
    }

    /// CPU time that it has used, user and system, as the kernel counts it (10 ms steps).
    pub(crate) fn cpu_time(&self) -> Duration {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.id())).expect("it runs");
        // Fields 14 and 15 (proc(5)), counted behind the name in brackets, which may hold blanks.
        let fields: Vec<&str> = stat.rsplit(") ").next().expect("a name").split(' ').collect();
        let ticks: u64 = fields[11..13].iter().map(|ticks| ticks.parse::<u64>().expect("a number")).sum();
        Duration::from_millis(10 * ticks)
    }

    /// Waits for `text` in the output.
    ///
    /// # Panics
    /// When `limit` passes or the process ends first.
    pub(crate) fn wait_for_output(&mut self, text: &str, limit: Duration) {
        self.wait_for_line(text, limit, |line| line.contains(text));
    }

    /// Waits for a line that `is_it` accepts; `what` names it in the panic.
    pub(crate) fn wait_for_line(&mut self, what: &str, limit: Duration, is_it: impl Fn(&str) -> bool) {
        let found = wait::within(limit, || {
            // The order matters: what it printed last must be read after it has ended.
            let ended = self.exited();
            let printed = self.output().lines().any(&is_it);
            (printed || ended.is_some()).then_some(printed)
        });
        assert_eq!(found, Some(true), "no {what:?} in the output:\n{}", tail(&self.output()));
    }

    /// Its exit status, if it has ended.
    pub(crate) fn exited(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("a child can be waited for")
    }

    /// Its process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Asks it to end with `signal` and waits.
    pub(crate) fn end(&mut self, signal: Signal, limit: Duration) -> Option<ExitStatus> {
        if self.exited().is_none() {
            let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
            // It may have ended in this moment, which is what is wanted.
            let _ = kill_process(pid.expect("a child has a positive id"), signal);
        }
        wait::within(limit, || self.exited())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.end(Signal::TERM, END_LIMIT).is_none() {
            // Killing fails only for a process that has ended.
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// The last lines of a long output, for a panic message.
pub(crate) fn tail(output: &str) -> &str {
    let from = output.len().saturating_sub(4_000);
    let from = (from..=output.len()).find(|&at| output.is_char_boundary(at)).unwrap_or(output.len());
    &output[from..]
}
