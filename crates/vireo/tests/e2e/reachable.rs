//! `vireo demo --host 0.0.0.0`: phones and browsers of other machines, the latter by HTTPS.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use crate::common::gateway::{HOTLINE, READY_LIMIT, copy_service, share_cache};
use crate::common::process::Process;
use crate::common::{ADDRESS, Lab, wait};

const LIMIT: Duration = Duration::from_secs(30);

fn demo(lab: &Lab) -> Process {
    let data = lab.dir.join("data");
    copy_service(&data);
    share_cache(&data);
    let words = ["demo", "--host", "0.0.0.0", "--data", data.to_str().expect("test folders are UTF-8")];
    let mut process =
        lab.net.start(&lab.dir, &lab.dir.join("gateway.log"), env!("CARGO_BIN_EXE_vireo"), &words);
    process.wait_for_line("ready", READY_LIMIT, |line| line == "ready");
    process
}

/// What curl says, with its exit code at the end.
fn curl(lab: &Lab, words: &[&str]) -> (Option<i32>, String) {
    let log = lab.dir.join("curl.log");
    let mut process = lab.net.start(&lab.dir, &log, "curl", &[&["--silent", "--show-error"], words].concat());
    let ended = wait::until("curl to end", LIMIT, || process.exited());
    (ended.code(), process.output())
}

#[test]
fn other_machines_come_in_by_https_and_this_one_by_either() {
    let Some(lab) = Lab::new("reachable", &["curl"]) else { return };
    let process = demo(&lab);
    let said = process.output();
    for part in [
        "http://127.0.0.1:8080".to_owned(),
        format!("https://{ADDRESS}:8080"),
        format!("sip:{HOTLINE}@{ADDRESS}:5060"),
        format!("sip:{HOTLINE}@127.0.0.1:5060"),
        "self-signed".to_owned(),
    ] {
        assert!(said.contains(&part), "{part} is not told:\n{said}");
    }
    let folder = lab.dir.join("data/tls");
    let root = folder.join("certificate.pem");
    let trust = ["--cacert", root.to_str().expect("test folders are UTF-8")];
    let key = fs::metadata(folder.join("key.pem")).expect("it is kept").permissions().mode();
    assert_eq!(key & 0o777, 0o600);

    for host in [ADDRESS, "127.0.0.1", "localhost"] {
        let url = format!("https://{host}:8080/healthz");
        assert_eq!(curl(&lab, &[&trust[..], &[&url]].concat()), (Some(0), "ok\n".into()), "{url}");
    }
    let secure = format!("https://{ADDRESS}:8080/healthz");
    // 60: the certificate is not trusted by those who were not told to.
    assert_eq!(curl(&lab, &[&secure]).0, Some(60));
    let plain = format!("http://{ADDRESS}:8080/phone");
    let (_, redirect) = curl(&lab, &["--include", &plain]);
    assert!(
        redirect.to_lowercase().contains(&format!("location: https://{ADDRESS}:8080/phone")),
        "{redirect}"
    );
    assert_eq!(curl(&lab, &["http://127.0.0.1:8080/healthz"]), (Some(0), "ok\n".into()));
}
