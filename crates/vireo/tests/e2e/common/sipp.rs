//! SIPp runs one scenario file against a target; any unexpected message fails the call.

use std::path::Path;
use std::time::Duration;

use super::process::{Process, tail};
use super::{ADDRESS, Lab, SIP_PORT, wait};

/// A scenario gives up by its own receive time-outs long before this.
const LIMIT: Duration = Duration::from_secs(60);

/// How to run one scenario of `tests/sipp`.
pub(crate) struct Scenario<'a> {
    /// File name without `.xml`.
    pub(crate) file: &'a str,
    /// The number that `[service]` stands for.
    pub(crate) number: &'a str,
    /// Its own SIP port.
    pub(crate) port: u16,
    /// More arguments, such as `-key name value`.
    pub(crate) args: &'a [&'a str],
}

impl Scenario<'_> {
    /// Starts it; a scenario that waits for calls is running when this returns.
    pub(crate) fn start(&self, lab: &Lab) -> Running {
        let scenarios = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sipp");
        let file = scenarios.join(self.file).with_extension("xml");
        let name = format!("{}-{}", self.file, self.port);
        let (port, media) = (self.port.to_string(), media_port(self.port).to_string());
        let (errors, messages) = (format!("{name}.errors"), format!("{name}.messages"));
        let target = format!("{ADDRESS}:{SIP_PORT}");
        let args = [
            &[file.to_str().expect("the project's path is UTF-8")][..],
            &["-s", self.number, "-i", ADDRESS, "-p", &port, "-mi", ADDRESS, "-mp", &media, "-m", "1"],
            &["-nostdin", "-trace_err", "-error_file", &errors, "-trace_msg", "-message_file", &messages],
            self.args,
            &[&target],
        ]
        .concat();
        let args = [&["-sf"], &args[..]].concat();
        let log = lab.dir.join(format!("{name}.log"));
        let process = lab.net.start(&lab.dir, &log, "sipp", &args);
        let trace = lab.dir.join(messages);
        Running { process, errors: lab.dir.join(errors), trace, name }
    }

    /// Runs it to its end; answers what was sent and received.
    ///
    /// # Panics
    /// When the call did not go as the scenario says.
    pub(crate) fn run(&self, lab: &Lab) -> String {
        self.start(lab).pass()
    }
}

/// SIPp takes some ports from the one it is told; baresip's and the gateway's are elsewhere.
fn media_port(sip: u16) -> u16 {
    50_000 + 20 * (sip - 5_000)
}

/// A scenario under way.
pub(crate) struct Running {
    process: Process,
    errors: std::path::PathBuf,
    trace: std::path::PathBuf,
    name: String,
}

impl Running {
    /// Waits until it has ended well; answers what was sent and received.
    pub(crate) fn pass(mut self) -> String {
        let status = wait::within(LIMIT, || self.process.exited());
        let read = |path| std::fs::read_to_string(path).unwrap_or_default();
        let (errors, trace) = (read(&self.errors), read(&self.trace));
        if status.is_some_and(|status| status.success()) {
            return trace;
        }
        panic!(
            "{} ended with {status:?}\n{}\n{}\n{}",
            self.name,
            errors,
            tail(&trace),
            tail(&self.process.output())
        );
    }
}
