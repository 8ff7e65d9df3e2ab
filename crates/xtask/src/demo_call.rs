//! `cargo xtask demo --call`: a gateway on free ports, and scripted callers that walk its menu: a SIP video
//! telephone and a 3G phone. What they received is left in `target/demo`.

use std::fs;
use std::io::{BufRead, BufReader, ErrorKind};
use std::net::{Ipv4Addr, TcpListener, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitCode, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::{Error, process, workspace};

/// Encoding every prompt for the first time takes a minute on two cores; this is for a stuck machine.
const READY_WITHIN: Duration = Duration::from_secs(900);

/// What the script presses: balance, what is left of packages, and the repair, with the menu between them.
const KEYS: &str = "19293";

/// Who it calls as: a subscriber of the demo's CRM.
const SUBSCRIBER: &str = "13800138000";

/// Who calls, one after the other: the folder for what it received, and the words that make it.
const CALLERS: [(&str, &[&str]); 2] = [("sip", &[]), ("3g", &["--3g"])];

/// Starts the gateway with `arguments` beyond the chosen ports, calls it, and ends it.
pub(crate) fn run(arguments: &[&String]) -> Result<ExitCode, Error> {
    let folder = workspace::root().join("target").join("demo");
    let data = folder.join("data");
    // The service as it stands in this tree, not the copy of an earlier run; the same of pictures.
    for old in CALLERS.iter().map(|(name, _)| folder.join(name)).chain([data.join("service")]) {
        if old.exists() {
            fs::remove_dir_all(old)?;
        }
    }
    fs::create_dir_all(&data)?;
    let sip = free_udp_port()?;
    let gateway = start(&data, sip, arguments)?;
    let written = when_ready(gateway, || call_all(sip, &folder))?;
    println!("The callers received these pictures:");
    written.iter().for_each(|file| println!("  {}", file.display()));
    Ok(ExitCode::SUCCESS)
}

/// Every caller in turn; the pictures that they left.
fn call_all(sip: u16, folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut written = Vec::new();
    for (name, words) in CALLERS {
        println!("A caller of the kind {name}:");
        let out = folder.join(name);
        if !call(sip, words, &out)? {
            return Err(format!("the scripted call failed ({name})").into());
        }
        written.extend(pngs(&out)?);
    }
    Ok(written)
}

fn start(data: &Path, sip: u16, arguments: &[&String]) -> Result<Child, Error> {
    let (http, rtp) = (free_tcp_port()?, free_rtp_range()?);
    // The gateway must not outlive us, however we end; `setpriv` is in every Debian (util-linux).
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "INT", "--"]).arg(workspace::vireo());
    command.args(["demo", "--sip", &format!("127.0.0.1:{sip}"), "--http", &format!("127.0.0.1:{http}")]);
    command.args(["--rtp-ports", &rtp, "--data"]).arg(data).args(arguments);
    command.stdout(Stdio::piped());
    command.spawn().map_err(|error| format!("cannot start the gateway: {error}").into())
}

/// Runs `job` once the gateway says `ready`, and ends the gateway in any case.
pub(crate) fn when_ready<T>(mut gateway: Child, job: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    let lines = pass_on(gateway.stdout.take().expect("stdout is piped"));
    let outcome = match lines.recv_timeout(READY_WITHIN) {
        Ok(()) => job(),
        Err(mpsc::RecvTimeoutError::Timeout) => Err("the gateway did not get ready".into()),
        Err(mpsc::RecvTimeoutError::Disconnected) => Err("the gateway ended before it was ready".into()),
    };
    let status = process::interrupt(gateway)?;
    let outcome = outcome?;
    if !status.success() {
        return Err(format!("the gateway did not end cleanly: {status}").into());
    }
    Ok(outcome)
}

/// Shows the gateway's lines; one message when it is ready, a closed channel when it ends before.
fn pass_on(stdout: ChildStdout) -> mpsc::Receiver<()> {
    let (ready, when_ready) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            println!("gateway: {line}");
            if line == "ready" {
                // Nobody waits any more when it comes too late.
                let _ = ready.send(());
            }
        }
    });
    when_ready
}

fn call(sip: u16, words: &[&str], out: &Path) -> Result<bool, Error> {
    let mut command = Command::new(workspace::vireo());
    let uri = format!("sip:1008621@127.0.0.1:{sip}");
    command.args(["call", &uri, "--from", SUBSCRIBER, "--keys", KEYS, "--out"]).arg(out).args(words);
    Ok(process::status(&mut command)?.success())
}

fn pngs(dir: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "png") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

pub(crate) fn free_udp_port() -> Result<u16, Error> {
    Ok(UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

pub(crate) fn free_tcp_port() -> Result<u16, Error> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

/// Twenty ports in a row that are free now: one call needs four.
pub(crate) fn free_rtp_range() -> Result<String, Error> {
    const PORTS: u16 = 20;
    // Below 32768, where Linux takes its own choices from (ip(7), ip_local_port_range).
    for first in (20_000..32_000).step_by(usize::from(PORTS)) {
        let free = |port| match UdpSocket::bind((Ipv4Addr::LOCALHOST, port)) {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == ErrorKind::AddrInUse => Ok(false),
            Err(error) => Err(error),
        };
        let all: Result<Vec<bool>, _> = (first..first + PORTS).map(free).collect();
        if all?.into_iter().all(|free| free) {
            return Ok(format!("{first}-{}", first + PORTS - 1));
        }
    }
    Err("no twenty free UDP ports in a row below 32000".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gateway(script: &str) -> Child {
        Command::new("sh").args(["-c", script]).stdout(Stdio::piped()).spawn().expect("sh starts")
    }

    #[test]
    fn the_job_runs_when_the_gateway_is_ready_and_then_the_gateway_ends() {
        let child = gateway("trap 'exit 0' INT; echo loading; echo ready; while :; do sleep 0.01; done");
        assert_eq!(when_ready(child, || Ok(7)).expect("ready"), 7);
    }

    #[test]
    fn a_gateway_that_ends_early_is_an_error_and_the_job_does_not_run() {
        let mut called = false;
        let outcome = when_ready(gateway("echo 'port is busy'; exit 1"), || {
            called = true;
            Ok(())
        });
        assert!(!called);
        assert!(outcome.expect_err("it ended").to_string().contains("before it was ready"));
    }

    #[test]
    fn a_gateway_that_fails_on_the_way_out_is_an_error() {
        let child = gateway("trap 'exit 3' INT; echo ready; while :; do sleep 0.01; done");
        assert!(when_ready(child, || Ok(())).expect_err("exit 3").to_string().contains("cleanly"));
    }

    #[test]
    fn the_rtp_range_starts_even() {
        let range = free_rtp_range().expect("some ports are free");
        let (first, last) = range.split_once('-').expect("a range");
        let (first, last): (u16, u16) = (first.parse().expect("a port"), last.parse().expect("a port"));
        assert_eq!((first % 2, last - first), (0, 19));
    }
}
