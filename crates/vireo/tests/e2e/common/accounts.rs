//! Accounts of a gateway under test, in the same file as those of a demo.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// Of every account that is made here.
const PASSWORD: &str = "only for tests";

/// Makes the accounts that a demo would have, before the gateway of `data` starts for the first time.
pub(crate) fn make(data: &Path) {
    let mut list = String::new();
    for (name, role) in
        [("desk1", "agent"), ("desk2", "agent"), ("supervisor", "supervisor"), ("admin", "admin")]
    {
        let mut words = vec!["account", "add", name, role, "--stdin", "--data"];
        words.push(data.to_str().expect("test folders are UTF-8"));
        if role == "agent" {
            words.extend(["--agent", name]);
        }
        let mut made = Command::new(env!("CARGO_BIN_EXE_vireo"))
            .args(&words)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .expect("it was built");
        let mut stdin = made.stdin.take().expect("it is a pipe");
        writeln!(stdin, "{PASSWORD}").expect("it reads");
        drop(stdin);
        assert!(made.wait().is_ok_and(|status| status.success()), "{words:?}");
        list.push_str(&format!("{name} {PASSWORD}\n"));
    }
    fs::write(data.join("accounts.txt"), list).expect("the test's folder is writable");
}
