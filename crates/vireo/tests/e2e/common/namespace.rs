//! A network namespace with one address, reached from outside by processes and sockets put into it.

use std::fs::File;
use std::path::Path;
use std::process::Command;
use std::sync::Once;
use std::sync::atomic::{AtomicU32, Ordering};

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

use super::ADDRESS;
use super::process::Process;

/// Where `ip netns` keeps its names.
const NAMES: &str = "/run/netns";
/// Begins the name of every namespace of ours; the id of the test process and a count follow.
const PREFIX: &str = "vireo-e2e-";

/// Removed on drop; processes still inside keep the kernel object until they end.
pub(crate) struct Namespace {
    name: String,
}

impl Namespace {
    /// A namespace with loopback, and with [`ADDRESS`]/24 on a veth pair whose both ends are inside.
    pub(crate) fn new() -> Namespace {
        static SWEPT: Once = Once::new();
        static COUNT: AtomicU32 = AtomicU32::new(0);
        SWEPT.call_once(sweep);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("{PREFIX}{}-{count}", std::process::id());
        ip(&["netns", "add", &name]);
        let namespace = Namespace { name };
        let inside = |args: &[&str]| ip(&[&["-n", namespace.name.as_str()], args].concat());
        inside(&["link", "set", "lo", "up"]);
        inside(&["link", "add", "v0", "type", "veth", "peer", "name", "v1"]);
        // An IPv6 address that comes a second later is a change of network to browsers, which drop what they load.
        inside(&["link", "set", "v0", "addrgenmode", "none"]);
        inside(&["link", "set", "v1", "addrgenmode", "none"]);
        inside(&["addr", "add", &format!("{ADDRESS}/24"), "dev", "v0"]);
        inside(&["link", "set", "v0", "up"]);
        inside(&["link", "set", "v1", "up"]);
        namespace
    }

    /// Starts a program inside; see [`Process::start`].
    pub(crate) fn start(&self, dir: &Path, log: &Path, program: &str, args: &[&str]) -> Process {
        // `ip netns exec` becomes the program, so the process id is the program's.
        let before = ["netns", "exec", self.name.as_str(), program];
        Process::start(dir, log, "ip", &[&before, args].concat())
    }

    /// From now on loses so many of a hundred UDP datagrams, drawn at random; 0 mends the network.
    pub(crate) fn lose_udp(&self, percent: u32) {
        let clear = "add table inet weather; delete table inet weather";
        if percent == 0 {
            return ip(&["netns", "exec", &self.name, "nft", clear]);
        }
        // Dropped where they come in, so that the sender hears nothing of it, as on a bad path.
        let last = percent - 1;
        let rules = format!(
            "{clear}; add table inet weather; \
             add chain inet weather in {{ type filter hook input priority 0; }}; \
             add rule inet weather in meta l4proto udp numgen random mod 100 0-{last} drop"
        );
        ip(&["netns", "exec", &self.name, "nft", &rules]);
    }

    /// Runs `make` with this thread's twin inside the namespace: sockets that it makes stay there.
    pub(crate) fn inside<T: Send>(&self, make: impl FnOnce() -> T + Send) -> T {
        let handle = File::open(Path::new(NAMES).join(&self.name)).expect("the namespace has a name");
        // A thread of its own, because one that runs tests must not stay inside.
        let run = || {
            let link = LinkNameSpaceType::Network;
            move_into_link_name_space(std::os::fd::AsFd::as_fd(&handle), Some(link)).expect("we are root");
            make()
        };
        std::thread::scope(|scope| scope.spawn(run).join())
            .unwrap_or_else(|why| std::panic::resume_unwind(why))
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        // Failing here would only hide the failure that is being reported.
        let _ = Command::new("ip").args(["netns", "del", &self.name]).status();
    }
}

/// Removes what test processes left that were killed.
fn sweep() {
    let Ok(names) = std::fs::read_dir(NAMES) else { return };
    for name in names.flatten().filter_map(|entry| entry.file_name().into_string().ok()) {
        let Some((owner, _)) = name.strip_prefix(PREFIX).and_then(|rest| rest.split_once('-')) else {
            continue;
        };
        if !Path::new("/proc").join(owner).exists() {
            // Another test process may be removing it too.
            let _ = Command::new("ip").args(["netns", "del", &name]).status();
        }
    }
}

fn ip(args: &[&str]) {
    let out = Command::new("ip").args(args).output().expect("iproute2 is installed");
    assert!(out.status.success(), "ip {args:?}: {}", String::from_utf8_lossy(&out.stderr));
}
