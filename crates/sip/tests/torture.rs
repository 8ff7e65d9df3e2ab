//! The messages of RFC 4475 and RFC 5118 come out as `../shared/torture/INDEX.tsv` says.
//!
//! The files are not part of the project: without them these tests say so and check nothing. The outcomes that
//! need an endpoint (405, 406, 415, 420, 481 ...) count here as "reads as a message".

use std::io::Write;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use sip::wire::{Reject, parse_datagram};
use sip::{Message, Method, Request};

fn folder() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/torture");
    if folder.join("INDEX.tsv").is_file() {
        return Some(folder);
    }
    // Not `eprintln!`: the harness would keep that to itself as long as the test passes.
    let _ = writeln!(std::io::stderr(), "NOT RUN: no torture messages at {}", folder.display());
    None
}

fn read(folder: &Path, file: &str) -> Bytes {
    Bytes::from(std::fs::read(folder.join(file)).unwrap_or_else(|why| panic!("{file}: {why}")))
}

/// What a test may see of a datagram.
#[derive(Debug, PartialEq)]
enum Outcome {
    Request,
    Response(u16),
    Answer(u16),
    Dropped,
}

fn outcome(data: &Bytes) -> Outcome {
    match parse_datagram(data) {
        Ok(Message::Request(_)) => Outcome::Request,
        Ok(Message::Response(response)) => Outcome::Response(response.status.code()),
        Err(Reject::Answer { status, .. }) => Outcome::Answer(status.code()),
        Err(Reject::Drop { .. }) => Outcome::Dropped,
    }
}

/// The files that this front end refuses itself; where the index leaves a choice, the strict one.
const ANSWERED: &[(&str, u16)] = &[
    ("rfc4475/intmeth.dat", 501),
    ("rfc4475/esc02.dat", 501),
    ("rfc4475/badinv01.dat", 400),
    ("rfc4475/clerr.dat", 400),
    ("rfc4475/ncl.dat", 400),
    ("rfc4475/scalar02.dat", 400),
    ("rfc4475/quotbal.dat", 400),
    ("rfc4475/ltgtruri.dat", 400),
    ("rfc4475/lwsruri.dat", 400),
    ("rfc4475/lwsstart.dat", 400),
    ("rfc4475/trws.dat", 400),
    ("rfc4475/escruri.dat", 400),
    ("rfc4475/regbadct.dat", 400),
    ("rfc4475/badaspec.dat", 400),
    ("rfc4475/baddn.dat", 400),
    ("rfc4475/badvers.dat", 505),
    ("rfc4475/mismatch01.dat", 400),
    ("rfc4475/mismatch02.dat", 501),
    ("rfc4475/insuf.dat", 400),
    ("rfc4475/unkscm.dat", 416),
    ("rfc4475/novelsc.dat", 416),
    ("rfc4475/multi01.dat", 400),
    ("rfc4475/mcl01.dat", 400),
    ("rfc5118/ipv6-bad.dat", 400),
];

const DROPPED: &[&str] = &["rfc4475/scalarlg.dat", "rfc4475/bigcode.dat"];

const RESPONSES: &[(&str, u16)] =
    &[("rfc4475/unreason.dat", 200), ("rfc4475/noreason.dat", 100), ("rfc4475/bcast.dat", 200)];

fn expected(file: &str) -> Outcome {
    if DROPPED.contains(&file) {
        return Outcome::Dropped;
    }
    if let Some((_, code)) = RESPONSES.iter().find(|(name, _)| *name == file) {
        return Outcome::Response(*code);
    }
    ANSWERED
        .iter()
        .find(|(name, _)| *name == file)
        .map_or(Outcome::Request, |(_, code)| Outcome::Answer(*code))
}

#[test]
fn every_torture_message_has_its_outcome() {
    let Some(folder) = folder() else { return };
    let index = std::fs::read_to_string(folder.join("INDEX.tsv")).expect("the index is text");
    let mut rows = 0;
    let mut wrong = Vec::new();
    for row in index.lines().skip(1) {
        let columns: Vec<&str> = row.split('\t').collect();
        let (file, size, says) = (columns[0], columns[4], columns[7]);
        let data = read(&folder, file);
        assert_eq!(data.len().to_string(), size, "{file} is not the file of the index");
        let seen = outcome(&data);
        if seen != expected(file) || !index_allows(says, &seen) {
            wrong.push(format!("{file}: {seen:?}, index: {says}; {:?}", parse_datagram(&data).err()));
        }
        rows += 1;
    }
    assert_eq!(rows, 61, "the index changed: look at the new rows");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The index in its own words, so that the table above cannot drift from it.
fn index_allows(says: &str, seen: &Outcome) -> bool {
    match seen {
        Outcome::Answer(code) => says.contains(&code.to_string()),
        Outcome::Dropped => says.contains("discard") || says.contains("drop"),
        Outcome::Response(_) => says.starts_with("parse ok") || says.contains("discard"),
        // Accepted now; the codes that remain possible are those of the endpoint.
        Outcome::Request => !["400", "400 ideally", "416", "501", "505"].iter().any(|code| {
            says == *code || says.starts_with(&format!("{code} (")) || says.starts_with(&format!("{code};"))
        }),
    }
}

#[test]
fn every_prefix_of_a_torture_message_is_survived() {
    let Some(folder) = folder() else { return };
    let index = std::fs::read_to_string(folder.join("INDEX.tsv")).expect("the index is text");
    for file in index.lines().skip(1).filter_map(|row| row.split('\t').next()) {
        let data = read(&folder, file);
        for end in 0..data.len() {
            if let Ok(message) = parse_datagram(&data.slice(..end)) {
                assert_eq!(parse_datagram(&message.to_bytes()), Ok(message), "{file} cut at {end}");
            }
        }
    }
}

#[test]
fn what_is_read_prints_to_what_reads_the_same() {
    let Some(folder) = folder() else { return };
    let index = std::fs::read_to_string(folder.join("INDEX.tsv")).expect("the index is text");
    for file in index.lines().skip(1).filter_map(|row| row.split('\t').next()) {
        if let Ok(message) = parse_datagram(&read(&folder, file)) {
            assert_eq!(parse_datagram(&message.to_bytes()), Ok(message), "{file}");
        }
    }
}

fn request(folder: &Path, file: &str) -> Request {
    match parse_datagram(&read(folder, file)) {
        Ok(Message::Request(request)) => request,
        other => panic!("{file}: {other:?}"),
    }
}

/// RFC 4475 §3.1.1.1: everything about white space at once.
#[test]
fn the_torturous_invite_is_understood() {
    let Some(folder) = folder() else { return };
    let request = request(&folder, "rfc4475/wsinv.dat");
    let headers = &request.headers;
    assert_eq!(request.method, Method::Invite);
    assert_eq!(request.body.len(), 150);
    assert_eq!(headers.to().expect("To").tag(), Some("1918181833n"));
    let from = headers.from_().expect("From");
    assert_eq!((from.display.as_deref(), from.tag()), (Some("J Rosenberg \\\""), Some("98asjd8")));
    assert_eq!(headers.max_forwards(), Some(68));
    assert_eq!(headers.cseq().expect("CSeq").number, 9);
    let hosts: Vec<String> = headers.vias().expect("Via").iter().map(|via| via.host.to_string()).collect();
    assert_eq!(hosts, ["192.0.2.2", "spindle.example.com", "192.168.255.111"]);
    assert_eq!(headers.vias().expect("Via")[2].branch(), Some("z9hG4bK30239"));
    assert_eq!(headers.get("Subject"), Some(""));
    assert_eq!(headers.get("NewFangledHeader"), Some("newfangled value continued newfangled value"));
    assert_eq!(headers.get("UnknownHeaderWithUnusualValue"), Some(";;,,;;,;"));
    let contact = headers.contact().expect("Contact").expect("one");
    assert_eq!(contact.display.as_deref(), Some("Quoted string \"\""));
    assert_eq!(contact.q_thousandths(), Some(330));
    assert!(headers.routes().expect("Route")[0].uri.is_loose_router());
}

/// RFC 4475 §3.1.1.3, §3.1.1.4, §3.1.1.9: escapes are decoded only where the meaning is asked for.
#[test]
fn escaped_users_keep_their_meaning() {
    let Some(folder) = folder() else { return };
    let user = |file| request(&folder, file).uri.user_text().map(|user| user.into_owned());
    assert_eq!(user("rfc4475/esc01.dat").as_deref(), Some("sips:user@example.com"));
    assert_eq!(user("rfc4475/semiuri.dat").as_deref(), Some("user;par=u@example.net"));
    let contacts = request(&folder, "rfc4475/escnull.dat").headers.contacts().expect("Contact");
    let users: Vec<_> = contacts.iter().filter_map(|contact| contact.uri.user_text()).collect();
    assert_eq!(users, ["\0", "\0\0"]);
}

/// RFC 4475 §3.1.1.7.
#[test]
fn the_long_request_keeps_its_34_vias() {
    let Some(folder) = folder() else { return };
    assert_eq!(request(&folder, "rfc4475/longreq.dat").headers.vias().expect("Via").len(), 34);
}

/// RFC 4475 §3.1.1.8, §3.1.1.11.
#[test]
fn bodies_are_framed_exactly() {
    let Some(folder) = folder() else { return };
    assert!(request(&folder, "rfc4475/dblreq.dat").body.is_empty());
    let signed = request(&folder, "rfc4475/mpart01.dat");
    let content_type = signed.headers.content_type().expect("well formed").expect("there");
    assert!(content_type.is("multipart", "mixed") && signed.body.contains(&0));
    assert!(signed.body.ends_with(b"--7a9cbec02ceef655--\r\n"));
}

/// RFC 4475 §3.3.12, §3.3.13: the same text is a header parameter or a URI parameter.
#[test]
fn brackets_decide_whose_parameter_it_is() {
    let Some(folder) = folder() else { return };
    let contact = |file| request(&folder, file).headers.contact().expect("well formed").expect("there");
    let header = contact("rfc4475/cparam01.dat");
    assert!(header.params.contains("unknownparam") && header.uri.param("unknownparam").is_none());
    let uri = contact("rfc4475/cparam02.dat");
    assert!(!uri.params.contains("unknownparam") && uri.uri.param("unknownparam").is_some());
}

/// RFC 5118 §4.3, §4.5, §4.7.
#[test]
fn ipv6_hosts_and_received_are_understood() {
    let Some(folder) = folder() else { return };
    assert_eq!(request(&folder, "rfc5118/port-ambiguous.dat").uri.port, None);
    assert_eq!(request(&folder, "rfc5118/port-unambiguous.dat").uri.port, Some(5070));
    for file in ["rfc5118/via-received-param-with-delim.dat", "rfc5118/via-received-param-no-delim.dat"] {
        let via = request(&folder, file).headers.via().expect("Via");
        assert_eq!(via.received(), "2001:db8::9:255".parse().ok(), "{file}");
    }
    let vias = request(&folder, "rfc5118/mult-ip-in-header.dat").headers.vias().expect("Via");
    assert_eq!(vias[2].received(), "192.0.2.200".parse().ok());
}
