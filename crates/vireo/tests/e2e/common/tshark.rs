//! A capture inside the namespace, and what Wireshark's dissectors have to say about it.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use rustix::process::Signal;

use super::Lab;
use super::process::Process;

/// tshark loads for seconds before it captures.
const START_LIMIT: Duration = Duration::from_secs(30);
/// Written and closed well within this after SIGINT.
const END_LIMIT: Duration = Duration::from_secs(20);

/// A running capture of everything in the namespace.
pub(crate) struct Capture {
    process: Process,
    file: PathBuf,
}

impl Capture {
    /// Starts capturing and waits until it does.
    pub(crate) fn start(lab: &Lab) -> Capture {
        let file = lab.dir.join("capture.pcapng");
        let path = file.to_str().expect("test folders are UTF-8");
        let log = lab.dir.join("tshark.log");
        // Local traffic of every address passes `lo`, once.
        let args = ["-q", "-i", "lo", "-f", "udp", "-w", path];
        let mut process = lab.net.start(&lab.dir, &log, "tshark", &args);
        process.wait_for_output("Capture started", START_LIMIT);
        Capture { process, file }
    }

    /// Ends the capture; answers it for questions.
    pub(crate) fn end(mut self) -> Recording {
        let ended = self.process.end(Signal::INT, END_LIMIT);
        assert!(ended.is_some(), "tshark does not end:\n{}", self.process.output());
        Recording { file: self.file }
    }
}

/// A finished capture.
pub(crate) struct Recording {
    file: PathBuf,
}

impl Recording {
    /// How many packets match a display filter.
    pub(crate) fn count(&self, filter: &str) -> usize {
        self.fields(filter, &["frame.number"]).len()
    }

    /// The named fields of each packet that matches, tab-separated.
    pub(crate) fn fields(&self, filter: &str, fields: &[&str]) -> Vec<String> {
        let mut command = Command::new("tshark");
        command.arg("-r").arg(&self.file).args(["-Y", filter, "-T", "fields"]);
        // The dynamic payload types are known from the SDP; two passes see RTP that comes before it.
        command.arg("-2");
        fields.iter().for_each(|field| {
            command.args(["-e", field]);
        });
        let out = command.output().expect("tshark is installed");
        assert!(out.status.success(), "tshark -Y {filter:?}: {}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8_lossy(&out.stdout).lines().map(str::to_owned).collect()
    }

    /// Every complaint about SIP, SDP, RTP or RTCP of at least warning, one line a packet.
    pub(crate) fn complaints(&self) -> Vec<String> {
        self.complaints_about("udp")
    }

    /// The same of packets that match a display filter.
    pub(crate) fn complaints_about(&self, filter: &str) -> Vec<String> {
        let bad = format!(
            "(_ws.malformed || _ws.expert.severity >= 0x600000) && (sip || rtp || rtcp) && ({filter})"
        );
        let rows = self.fields(&bad, &["_ws.expert.message", "frame.number", "udp.srcport", "_ws.col.Info"]);
        // Said of slice data by the H.264 dissector: a gap of Wireshark's, not of the packet.
        let known =
            |row: &String| row.split('\t').next().is_some_and(|all| all.split(',').all(|one| one == GAP));
        rows.into_iter().filter(|row| !known(row)).collect()
    }
}

/// What Wireshark says of H.264 that it does not take apart.
const GAP: &str = "[Not decoded yet]";
