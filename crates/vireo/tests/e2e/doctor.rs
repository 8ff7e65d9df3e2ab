//! `vireo doctor` as a person runs it before, and beside, a gateway.

use std::net::{TcpListener, UdpSocket};
use std::path::Path;
use std::process::{Command, Output};

use crate::common::demo::{Folder, free_tcp, free_udp};

fn doctor(words: &[&str], data: &Path) -> Output {
    let ports = ["--rtp-ports", "20000-20999", "--data"];
    let mut command = Command::new(env!("CARGO_BIN_EXE_vireo"));
    command.arg("doctor").args(words).args(ports).arg(data).output().expect("it starts")
}

fn text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

#[test]
fn a_busy_port_is_a_failure_with_a_way_out() {
    let folder = Folder::new("doctor-busy");
    let (sip, http) = (free_udp(), free_tcp());
    let (sip, http) = (sip.to_string(), http.to_string());
    let words = ["--sip", &sip, "--http", &http];
    let free = doctor(&words, &folder.0);
    assert!(free.status.success(), "{}", text(&free));
    assert!(text(&free).contains("A gateway can run here"), "{}", text(&free));

    let taken = (UdpSocket::bind(&sip).expect("free"), TcpListener::bind(&http).expect("free"));
    let busy = doctor(&words, &folder.0);
    let said = text(&busy);
    assert_eq!(busy.status.code(), Some(1), "{said}");
    for part in
        [&format!("UDP {sip} is taken"), &format!("TCP {http} is taken"), "--sip", "--http", "2 to mend"]
    {
        assert!(said.contains(part), "{part}:\n{said}");
    }
    assert!(!said.contains('\u{1b}'), "no colours but on a terminal");
    drop(taken);
}

#[test]
fn programs_read_json() {
    let folder = Folder::new("doctor-json");
    let (sip, http) = (free_udp().to_string(), free_tcp().to_string());
    let output = doctor(&["--json", "--sip", &sip, "--http", &http], &folder.0);
    let found: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(found["ok"], true, "{found}");
    let findings = found["findings"].as_array().expect("a list");
    for name in
        ["SIP port", "web port", "font", "H.264", "H.263", "MPEG-4", "G.711", "AMR", "open files", "clock"]
    {
        let finding = findings.iter().find(|finding| finding["name"] == name);
        let finding = finding.unwrap_or_else(|| panic!("{name} is missing: {found}"));
        assert!(["ok", "warn"].contains(&finding["state"].as_str().expect("a word")), "{finding}");
    }
}
