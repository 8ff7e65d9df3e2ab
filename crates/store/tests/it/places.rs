//! Where the databases of these tests are: a file that is removed, and a server of Debian's PostgreSQL that lives as long
//! as its test, in a folder of its own, without a port.

use std::fs;
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use store::Place;

/// A folder of its own, removed when dropped.
pub(crate) struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        // Short, for a socket's path has 107 octets at most (unix(7)).
        let path = std::env::temp_dir().join(format!("vireo-{name}-{}", std::process::id()));
        // Ignored: what is not there need not go.
        let _ = fs::remove_dir_all(&path);
        fs::create_dir(&path).expect("a folder");
        Folder(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // Nothing hangs on a leftover folder.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A database in a file.
pub(crate) struct File(Folder);

impl File {
    pub(crate) fn new(name: &str) -> File {
        File(Folder::new(&format!("f-{name}")))
    }

    pub(crate) fn place(&self) -> Place {
        Place::File(self.0.0.join("vireo.sqlite"))
    }
}

/// A server with an empty database.
pub(crate) struct Server {
    folder: Folder,
    programs: PathBuf,
}

impl Server {
    pub(crate) fn place(&self) -> Place {
        Place::Server(format!("postgres:///vireo?host={}&user=vireo", self.folder.0.display()))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        control(&self.programs, &self.folder.0, &["-m", "immediate", "stop"]);
    }
}

/// Starts a server; `None` where there is none to start, which is said.
pub(crate) fn server(name: &str) -> Option<Server> {
    let Some(programs) = programs() else {
        not_run(name, "there is no PostgreSQL");
        return None;
    };
    let folder = Folder::new(&format!("s-{name}"));
    if is_root() {
        // It refuses to work for root.
        let owned = Command::new("chown").arg("postgres").arg(&folder.0).status();
        assert!(owned.is_ok_and(|status| status.success()), "the package has made the user postgres");
    }
    let data = folder.0.join("data");
    let made = as_its_user(programs.join("initdb"), &folder.0)
        .args(["--auth=trust", "--username=vireo", "--encoding=UTF8", "--locale=C", "--no-sync", "-D"])
        .arg(&data)
        .output()
        .expect("it can be run");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let server = Server { folder, programs };
    let sockets =
        format!("-c listen_addresses='' -c unix_socket_directories='{}'", server.folder.0.display());
    control(&server.programs, &server.folder.0, &["-w", "-o", &sockets, "start"]);
    let made = as_its_user(server.programs.join("createdb"), &server.folder.0)
        .args(["--username=vireo", "vireo", "--host"])
        .arg(&server.folder.0)
        .output()
        .expect("it can be run");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    Some(server)
}

/// `pg_ctl`, without our own output's ends, which the server would keep open.
fn control(programs: &Path, folder: &Path, words: &[&str]) {
    let status = as_its_user(programs.join("pg_ctl"), folder)
        .arg("-D")
        .arg(folder.join("data"))
        .arg("-l")
        .arg(folder.join("log"))
        .args(words)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    let log = || fs::read_to_string(folder.join("log")).unwrap_or_default();
    assert!(status.is_ok_and(|status| status.success()), "pg_ctl {words:?}: {}", log());
}

fn as_its_user(program: PathBuf, folder: &Path) -> Command {
    let mut command = if is_root() {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups", "--"]).arg(program);
        command
    } else {
        Command::new(program)
    };
    command.current_dir(folder).process_group(0);
    command
}

/// Debian keeps them by version, and none in the path.
fn programs() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").ok()?;
    let bins = versions.flatten().map(|version| version.path().join("bin"));
    bins.filter(|bin| bin.join("initdb").exists()).max()
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.starts_with(b"0\n"))
}

fn not_run(name: &str, why: &str) {
    let line = format!("store::{name} (PostgreSQL): {why}\n");
    match std::env::var_os("VIREO_NOT_RUN") {
        Some(list) => {
            let mut list = fs::OpenOptions::new().append(true).create(true).open(list).expect("the list");
            list.write_all(line.as_bytes()).expect("the list");
        }
        None => print!("{line}"),
    }
}
