//! The HTTP API keeps to its own OpenAPI document, whatever it is asked: tried by schemathesis.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::common::demo::{Demo, get};
use crate::common::not_run;
use crate::common::person::Person;

/// Where the test command puts it: beside what cargo builds.
fn program() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("../schemathesis/bin/st")
}

#[test]
fn the_api_answers_as_its_document_says_whatever_it_is_asked() {
    let program = program();
    if !program.is_file() {
        return not_run("api-document", "needs schemathesis (cargo xtask test fetches it)");
    }
    let demo = Demo::start("api-document");
    let admin = Person::of(&demo, "admin");
    let (status, document) = admin.get("/api/v1/openapi.json");
    assert_eq!(status, 200, "{document}");
    let file = demo.dir().join("openapi.json");
    fs::write(&file, document).expect("the test's folder is writable");
    // What ends the session, or an account that the test is signed in with, is left alone.
    let done = Command::new("timeout")
        .arg("150")
        .arg(program)
        .current_dir(demo.dir())
        .args(["run", "openapi.json", "--url", &format!("http://{}", demo.http)])
        .args(["-H", &format!("Cookie: {}", admin.cookie), "-H", &format!("X-CSRF-Token: {}", admin.csrf)])
        .args(["--exclude-path", "/api/v1/session", "--exclude-path", "/api/v1/session/password"])
        .args([
            "--exclude-method",
            "DELETE",
            "--max-examples",
            "25",
            "--seed",
            "1",
            "--request-timeout",
            "10",
        ])
        .args([
            "--checks",
            "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance",
        ])
        .env("NO_COLOR", "1")
        .output()
        .expect("schemathesis starts");
    let said = String::from_utf8_lossy(&done.stdout).into_owned() + &String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{said}");
    assert!(said.contains(" passed"), "something was tried: {said}");
    println!("{}", said.lines().find(|line| line.contains(" generated, ")).unwrap_or_default());
    // It may have given the admin another password.
    assert!(get(demo.http, "/healthz").contains(" 200 "), "and it is still there");
}
