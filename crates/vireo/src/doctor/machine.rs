//! Limits, clocks, disk and processor.

use std::fs;
use std::io::Write;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::Finding;

/// Files that are not media sockets, as the gateway keeps them back.
const RESERVED_FILES: u64 = 256;
/// Pairs of sockets that a call takes: sound and pictures.
const PAIRS_OF_A_CALL: usize = 2;
/// Fewer calls than this deserve a word.
const CALLS_FEW: usize = 500;

/// Free octets below which the cache of a demo does not fit (about 60 MB with clips), with room to edit.
const SPACE_MIN: u64 = 200 << 20;
/// Free octets below which it may become tight.
const SPACE_TIGHT: u64 = 1 << 30;

/// A frame that is later than this is heard as a gap.
const LATE_MAX: Duration = Duration::from_millis(20);

pub(super) fn files() -> Finding {
    const NAME: &str = "open files";
    let limit = net::descriptors::raise_limit();
    let calls = net::descriptors::pairs_within(limit, RESERVED_FILES) / PAIRS_OF_A_CALL;
    let says = match limit {
        u64::MAX => "there is no limit".to_owned(),
        _ => format!("{limit} files allow {calls} calls"),
    };
    let mend =
        "raise the limit: `ulimit -Hn 65536` in root's shell, or LimitNOFILE=65536 in the systemd unit";
    match calls {
        0 => Finding::fail(NAME, says, mend),
        1..CALLS_FEW => Finding::warn(NAME, says, mend),
        _ => Finding::ok(NAME, says),
    }
}

pub(super) fn receive_queue(address: IpAddr) -> Finding {
    const NAME: &str = "receive queue";
    let asked = net::limits::SIGNALLING_RECEIVE_BUFFER;
    match net::Socket::bind(SocketAddr::new(address, 0), asked) {
        Ok((_, None)) => Finding::ok(NAME, format!("the kernel queues {} MB for SIP", asked >> 20)),
        Ok((_, Some(capped))) => Finding::warn(
            NAME,
            format!("the kernel queues only {} kB, so bursts of calls may be lost", capped.granted >> 10),
            format!(
                "as root: sysctl -w net.core.rmem_max={asked}, and the same line in /etc/sysctl.d/vireo.conf"
            ),
        ),
        Err(error) => Finding::warn(NAME, format!("not known: {error}"), "see the SIP port"),
    }
}

/// Sleeps a few times as the gateway does between packets, and looks how late it woke.
pub(super) fn timer() -> Finding {
    const NAME: &str = "timer";
    const ROUNDS: u32 = 20;
    const STEP: Duration = Duration::from_millis(5);
    let late = |_| {
        let before = net::clock::now().mono;
        std::thread::sleep(STEP);
        net::clock::now().mono.saturating_duration_since(before).saturating_sub(STEP)
    };
    let latest = (0..ROUNDS).map(late).max().unwrap_or_default();
    let says = format!("wakes at most {:.1} ms late", latest.as_secs_f64() * 1000.0);
    if latest <= LATE_MAX {
        return Finding::ok(NAME, says);
    }
    let mend = "sound will have gaps: end other programs, or give this machine more processors";
    Finding::warn(NAME, says, mend)
}

pub(super) fn wall_clock() -> Finding {
    const NAME: &str = "clock";
    let mend =
        "let it be set from the network: apt install systemd-timesyncd (times in records of calls are wrong)";
    match synchronised() {
        Some(true) => Finding::ok(NAME, "set from the network (NTP)"),
        Some(false) => Finding::warn(NAME, "not set from the network (NTP)", mend),
        None => Finding::ok(NAME, "whether it is set from the network (NTP) is not known here"),
    }
}

/// As systemd knows it, whatever program does it; other systems are not asked.
fn synchronised() -> Option<bool> {
    if Path::new("/run/systemd/timesync/synchronized").exists() {
        return Some(true);
    }
    if !Path::new("/run/systemd/system").exists() {
        return None;
    }
    let asked = Command::new("timedatectl").args(["show", "--property=NTPSynchronized", "--value"]).output();
    match asked.ok()?.stdout.trim_ascii() {
        b"yes" => Some(true),
        b"no" => Some(false),
        _ => None,
    }
}

/// The folder itself, or the nearest above it that is there.
fn existing(path: &Path) -> PathBuf {
    let start = if path.is_absolute() { path.to_owned() } else { Path::new(".").join(path) };
    start.ancestors().find(|path| path.exists()).unwrap_or(Path::new("/")).to_owned()
}

pub(super) fn data(folder: &Path) -> Finding {
    const NAME: &str = "data folder";
    let there = existing(folder);
    let probe = there.join(format!(".vireo-doctor-{}", std::process::id()));
    let written = fs::File::create_new(&probe).and_then(|mut file| file.write_all(b"vireo"));
    // Gone already when it could not be made.
    let _ = fs::remove_file(&probe);
    match written {
        Ok(()) => Finding::ok(NAME, format!("{} can be written", folder.display())),
        Err(error) => Finding::fail(
            NAME,
            format!("{} cannot be written: {error}", there.display()),
            "let it belong to the user of the gateway (chown), or choose another with --data DIR",
        ),
    }
}

pub(super) fn space(folder: &Path) -> Finding {
    const NAME: &str = "disk space";
    let free = match rustix::fs::statvfs(existing(folder)) {
        Ok(about) => about.f_bavail.saturating_mul(about.f_frsize),
        Err(error) => return Finding::warn(NAME, format!("not known: {error}"), "see the data folder"),
    };
    let says = format!("{} MB are free for prompts and slides", free >> 20);
    let mend = "make room, or choose another disk with --data DIR";
    match free {
        0..SPACE_MIN => Finding::fail(NAME, says, mend),
        SPACE_MIN..SPACE_TIGHT => Finding::warn(NAME, says, mend),
        _ => Finding::ok(NAME, says),
    }
}

pub(super) fn cores() -> Finding {
    const NAME: &str = "processors";
    match std::thread::available_parallelism().map_or(1, std::num::NonZero::get) {
        1 => Finding::warn(NAME, "1: calls stutter while an edit is being encoded", "give it a second one"),
        cores => Finding::ok(NAME, cores.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::State;
    use super::*;

    #[test]
    fn a_folder_that_cannot_be_written_is_told() {
        let found = data(Path::new("/proc/vireo"));
        assert_eq!(found.state, State::Fail, "{found:?}");
        assert!(found.says.contains("/proc"), "{found:?}");
    }

    #[test]
    fn a_folder_that_is_not_there_yet_is_judged_by_the_one_above() {
        let folder = std::env::temp_dir().join("vireo-not-there/data");
        assert_eq!(data(&folder).state, State::Ok);
        assert!(space(&folder).says.contains("MB"));
        assert!(!folder.exists());
        assert_eq!(existing(Path::new("not/there")), Path::new("."));
    }
}
