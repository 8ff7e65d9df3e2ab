//! The built `vireo`, serving its demo inside a lab.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::Duration;

use rustix::process::Signal;

use super::accounts;
use super::process::Process;
use super::{ADDRESS, Lab, SIP_PORT};

/// The first start on a machine encodes every prompt; later ones find them in the shared cache.
pub(crate) const READY_LIMIT: Duration = Duration::from_secs(600);
/// An end asked for by a signal.
const END_LIMIT: Duration = Duration::from_secs(10);
/// The number of the demo hotline.
pub(crate) const HOTLINE: &str = "1008621";
/// Its pages; on loopback, since a browser gives cameras to such pages or to HTTPS only.
pub(crate) const PAGES: &str = "http://127.0.0.1:8080";
/// SIP port of the first agent of the demo.
pub(crate) const AGENT_PORT: u16 = 5070;
/// SIP port of the second agent of the demo.
pub(crate) const AGENT2_PORT: u16 = 5072;

/// A running gateway.
pub(crate) struct Gateway {
    process: Process,
    /// The copy of the service that it runs.
    pub(crate) service: PathBuf,
}

impl Gateway {
    /// Starts the demo and waits for its line `ready`.
    pub(crate) fn start(lab: &Lab) -> Gateway {
        Gateway::with(lab, |text| text)
    }

    /// The same with a flow that rings `seconds` before it answers.
    pub(crate) fn ringing(lab: &Lab, seconds: u32) -> Gateway {
        let ring = format!("ring: {seconds}s\nstart: welcome");
        Gateway::edited(lab, "hotline.yaml", |flow| flow.replace("start: welcome", &ring))
    }

    /// The same with the text of queues.yaml changed by `queues`.
    pub(crate) fn with(lab: &Lab, queues: impl Fn(String) -> String) -> Gateway {
        Gateway::edited(lab, "queues.yaml", queues)
    }

    /// The same with more files among its dialplans; a number of theirs is the demo's no more.
    pub(crate) fn with_flows(lab: &Lab, flows: &[(&str, &str)]) -> Gateway {
        Gateway::edited_and(
            lab,
            "queues.yaml",
            |text| text,
            |dialplans| {
                for (name, text) in flows {
                    fs::write(dialplans.join(name), text).expect("the test's folder is writable");
                }
            },
        )
    }

    /// The same as `--host` has it for phones and browsers of other machines.
    pub(crate) fn for_all(lab: &Lab) -> Gateway {
        let data = lab.dir.join("data");
        let service = copy_service(&data);
        share_cache(&data);
        let folder = data.to_str().expect("test folders are UTF-8");
        Gateway::ready(lab, service, &["demo", "--host", "0.0.0.0", "--data", folder])
    }

    /// An own gateway with the demo's service; `webrtc` is that section of its `vireo.toml`.
    pub(crate) fn configured(lab: &Lab, webrtc: &str) -> Gateway {
        let data = lab.dir.join("data");
        let service = copy_service(&data);
        share_cache(&data);
        let http = PAGES.trim_start_matches("http://");
        let text = format!(
            "service = \"data/service\"\ndata = \"data\"\n\n[sip]\nlisten = [\"{ADDRESS}:{SIP_PORT}\"]\n\n\
             [rtp]\nports = \"20000-29999\"\n\n[http]\nlisten = \"{http}\"\n\n[webrtc]\n{webrtc}\n"
        );
        let file = lab.dir.join("vireo.toml");
        fs::write(&file, text).expect("the test's folder is writable");
        accounts::make(&data);
        Gateway::ready(lab, service, &["run", "--config", file.to_str().expect("test folders are UTF-8")])
    }

    /// With a plate and a shelf, and a second queue that `desk2` alone serves.
    pub(crate) fn with_shelf(lab: &Lab) -> Gateway {
        let queues = |text: String| {
            text.replace("desk1: { browser: true }", "desk1: { browser: true, number: \"0041\" }")
                .replace("agents: [desk1, desk2, agent1, agent2]", "agents: [desk1]")
                + "  experts: { agents: [desk2], wrap_up: 5s, hold: { slide: title.svg, title: main_title } }\n\
                   plate: { slide: title.svg, title: engineer, say: engineer }\n\
                   shelf: { help: { slide: title.svg, title: help } }\n"
        };
        Gateway::edited_and(lab, "queues.yaml", queues, |dialplans| {
            for (language, engineer, help) in [("zh-CN", "客服", "上网设置"), ("en", "Agent", "Settings")]
            {
                let file = format!("texts/{language}.yaml");
                rewrite(dialplans, &file, |text| {
                    format!("{text}\nengineer: \"{engineer} {{{{ agent }}}}\"\nhelp: {help}\n")
                });
            }
        })
    }

    fn edited(lab: &Lab, name: &str, edit: impl Fn(String) -> String) -> Gateway {
        Gateway::edited_and(lab, name, edit, |_| {})
    }

    fn edited_and(lab: &Lab, name: &str, edit: impl Fn(String) -> String, add: impl Fn(&Path)) -> Gateway {
        let data = lab.dir.join("data");
        let service = copy_service(&data);
        rewrite(&service, "dialplans/queues.yaml", |text| {
            assert!(text.contains("@127.0.0.1:"), "the agents of the demo are on loopback");
            text.replace("@127.0.0.1:", &format!("@{ADDRESS}:"))
        });
        rewrite(&service, &format!("dialplans/{name}"), edit);
        add(&service.join("dialplans"));
        share_cache(&data);
        let (sip, http) = (format!("{ADDRESS}:{SIP_PORT}"), PAGES.trim_start_matches("http://"));
        let folder = data.to_str().expect("test folders are UTF-8");
        let args = ["demo", "--sip", &sip, "--http", http, "--rtp-ports", "20000-29999", "--data", folder];
        Gateway::ready(lab, service, &args)
    }

    fn ready(lab: &Lab, service: PathBuf, args: &[&str]) -> Gateway {
        let log = lab.dir.join("gateway.log");
        let mut process = lab.net.start(&lab.dir, &log, env!("CARGO_BIN_EXE_vireo"), args);
        process.wait_for_line("ready", READY_LIMIT, |line| line == "ready");
        Gateway { process, service }
    }

    /// Edits a file of its service while it runs.
    pub(crate) fn edit(&self, file: &str, edit: impl Fn(String) -> String) {
        rewrite(&self.service, file, edit);
    }

    /// The hotline's address.
    pub(crate) fn hotline(&self) -> String {
        format!("sip:{HOTLINE}@{ADDRESS}:{SIP_PORT}")
    }

    /// Panics with the end of its log when it has ended.
    pub(crate) fn assert_alive(&mut self) {
        let ended = self.process.exited();
        assert!(
            ended.is_none(),
            "the gateway ended with {ended:?}:\n{}",
            super::process::tail(&self.process.output())
        );
    }

    /// Ends it as an operator would; answers its exit status.
    pub(crate) fn stop(mut self) -> ExitStatus {
        let ended = self.process.end(Signal::TERM, END_LIMIT);
        ended.unwrap_or_else(|| panic!("it does not end:\n{}", super::process::tail(&self.process.output())))
    }

    /// What it printed and logged.
    pub(crate) fn output(&self) -> String {
        self.process.output()
    }

    /// CPU time that it has used; see [`Process::cpu_time`].
    pub(crate) fn cpu_time(&self) -> Duration {
        self.process.cpu_time()
    }
}

/// Changes one file of a service that nobody runs yet, or that is being watched.
pub(crate) fn rewrite(service: &Path, file: &str, edit: impl Fn(String) -> String) {
    let file = service.join(file);
    let text = edit(fs::read_to_string(&file).expect("the demo has this file"));
    fs::write(&file, text).expect("the test's folder is writable");
}

/// A small service, copied to where `vireo demo` finds its own copy: its words and pages are fixed, whatever the
/// demo's are today, and it asks no other system.
pub(crate) fn copy_service(data: &Path) -> PathBuf {
    let service = data.join("service");
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/service"), &service);
    service
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("the test's folder is writable");
    for entry in fs::read_dir(from).unwrap_or_else(|why| panic!("{}: {why}", from.display())).flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("the test's folder is writable");
        }
    }
}

/// Content-addressed, so all gateways of all tests can share one cache.
pub(crate) fn shared_cache() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache")
}

/// Has a gateway with the folder `data` use it.
pub(crate) fn share_cache(data: &Path) {
    let shared = shared_cache();
    fs::create_dir_all(&shared).expect("the target folder is writable");
    std::os::unix::fs::symlink(shared, data.join("cache")).expect("a fresh folder");
}
