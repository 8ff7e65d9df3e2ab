//! `vireo demo`: the gateway with a service of its own, to try and to edit.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use gateway::Listen;

use crate::accounts::{Beginning, Given};
use crate::config::PortRange;
use crate::demo_crm;
use crate::demo_service;
use crate::serve::{self, Greeting, Settings};
use crate::service;

/// SIP sockets at most: a machine with more addresses serves the first of them.
const SIP_ADDRESSES_MAX: usize = 32;

/// Start a demo hotline for browsers and SIP video phones.
///
/// The first start copies the service to DIR/service; edit it there: what is saved is checked and live for the
/// next call. Prints how to call, and `ready` alone on a line once calls are taken. Only this machine can call
/// unless --host or --sip says otherwise. Ends cleanly on Ctrl-C and SIGTERM.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) place: Place,

    /// Address of this machine that others can reach, or 0.0.0.0 for all it has. Phones call it, and browsers
    /// use it by HTTPS, since they give cameras to nothing else; the certificate is self-signed
    #[arg(long, value_name = "IP")]
    host: Option<IpAddr>,
}

/// The ports and the folder of a demo, which `vireo doctor` looks at too.
#[derive(Debug, clap::Args)]
pub(crate) struct Place {
    /// UDP address for SIP
    #[arg(long, value_name = "IP:PORT", default_value = "127.0.0.1:5060")]
    pub(crate) sip: SocketAddr,

    /// TCP address for the web side
    #[arg(long, value_name = "IP:PORT", default_value = "127.0.0.1:8080")]
    pub(crate) http: SocketAddr,

    /// UDP ports for sound and pictures; a call takes four
    #[arg(long, value_name = "FIRST-LAST", default_value_t = PortRange::DEFAULT)]
    pub(crate) rtp_ports: PortRange,

    /// Where the service and the cache are kept [default: vireo in the user's data folder]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

impl Place {
    /// The folder of the demo's data.
    ///
    /// # Errors
    /// When nothing says where that is.
    pub(crate) fn data(&self) -> anyhow::Result<PathBuf> {
        match &self.data {
            Some(data) => Ok(data.clone()),
            None => default_data(),
        }
    }
}

/// The folder of a demo's data when none is named.
pub(crate) fn default_data() -> anyhow::Result<PathBuf> {
    data_home(|name| std::env::var_os(name).map(PathBuf::from))
}

/// Where a demo listens.
#[derive(Debug, PartialEq, Eq)]
struct Doors {
    /// UDP; the first is the one to tell others.
    sip: Vec<SocketAddr>,
    /// TCP.
    http: Vec<SocketAddr>,
}

impl Doors {
    /// Others than this machine can come in.
    fn are_reachable(&self) -> bool {
        !self.http.iter().all(|address| address.ip().is_loopback())
    }
}

impl Args {
    /// `own`: the addresses of this machine. With --host its own phones, the demo's agents among them, and its
    /// own browser still find loopback.
    fn doors(&self, own: &[IpAddr]) -> anyhow::Result<Doors> {
        let Place { sip, http, .. } = self.place;
        let Some(host) = self.host else {
            if sip.ip().is_unspecified() {
                bail!("{} means every address: say --host 0.0.0.0 for that", sip.ip());
            }
            return Ok(Doors { sip: vec![sip], http: vec![http] });
        };
        let loopback = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let with_port = |ips: &[IpAddr], port| ips.iter().map(|ip| SocketAddr::new(*ip, port)).collect();
        if host.is_unspecified() {
            if host.is_ipv6() {
                bail!("IPv4 and IPv6 in one demo are not served yet: say 0.0.0.0, or one IPv6 address");
            }
            let mut all: Vec<IpAddr> = own.iter().copied().filter(IpAddr::is_ipv4).collect();
            all.truncate(SIP_ADDRESSES_MAX - 1);
            all.push(loopback);
            return Ok(Doors { sip: with_port(&all, sip.port()), http: with_port(&[host], http.port()) });
        }
        let both = if host.is_loopback() { vec![host] } else { vec![host, loopback] };
        // Sockets of one gateway are of one family, those of the web side of any.
        let calls: Vec<_> = both.iter().copied().filter(|ip| ip.is_ipv4() == host.is_ipv4()).collect();
        Ok(Doors { sip: with_port(&calls, sip.port()), http: with_port(&both, http.port()) })
    }

    pub(crate) fn execute(&self) -> anyhow::Result<ExitCode> {
        let own = net::interfaces::addresses().context("cannot find the addresses of this machine")?;
        let (doors, data) = (self.doors(&own)?, self.place.data()?);
        let folder = demo_service::install(&data)?;
        // Until the end of the process; what callers did is in the file at each moment.
        let crm = demo_crm::start(&data.join("crm.sqlite"))?;
        let crm_url = format!("http://{crm}");
        let https = doors.are_reachable();
        let settings = Settings {
            service: folder.clone(),
            database: service::database(&data),
            data,
            listen: doors.sip.into_iter().map(Listen::new).collect(),
            rtp_ports: self.place.rtp_ports.range(),
            http: doors.http,
            https,
            ice_servers: Vec::new(),
            trunks: Vec::new(),
            environment: BTreeMap::from([("CRM_URL".to_owned(), crm_url.clone())]),
            calls_max: None,
            watch: true,
            beginning: Beginning::Demo,
        };
        serve::until_told_to_stop(settings, |greeting| how_to_call(greeting, &own, &folder, &crm_url))
    }
}

/// The words a person needs who has never called a hotline like this.
fn how_to_call(greeting: &Greeting<'_>, own: &[IpAddr], folder: &Path, crm: &str) {
    let Greeting { sip, service, http, certificate, accounts } = greeting;
    println!("\nThe hotline is open. Three steps:\n");
    let first = &urls(http, own)[0];
    println!("    1. Open {first} in a browser, call, and press the keys that you see.");
    let agent = accounts.iter().find(|account| account.agent.is_some());
    let who =
        agent.map(|Given { name, password, .. }| format!(" as {name} with {password}")).unwrap_or_default();
    println!("    2. Open {first}/desk in a second tab, sign in{who}, and press 0 in the first.");
    println!("    3. Change a text in {}: the next call has it.\n", folder.join("dialplans/texts").display());
    if let Some(certificate) = certificate {
        from_other_machines(&urls(http, own), certificate);
    }
    println!("With a SIP video phone, without account or password, call");
    for number in service::numbers(service) {
        sip.iter().for_each(|address| println!("    sip:{number}@{address}"));
    }
    if certificate.is_none() && sip.iter().all(|address| address.ip().is_loopback()) {
        println!("Only this machine can call; `--host 0.0.0.0` lets others in.");
    }
    println!(
        "\nIts CRM is at {crm}: call as 13800138000, or as another of its subscribers, whom the manual lists."
    );
    println!("Other accounts of the pages:");
    for Given { name, password, .. } in
        accounts.iter().filter(|one| Some(&one.name) != agent.map(|a| &a.name))
    {
        println!("    {name} {password}");
    }
    println!("The service lies in {}. End: Ctrl-C\n", folder.display());
}

fn from_other_machines(urls: &[String], certificate: &Path) {
    println!("From other machines:\n");
    urls.iter().filter(|url| url.starts_with("https:")).for_each(|url| println!("    {url}"));
    println!(
        "\nThe certificate is self-signed, so the browser warns once (\"Your connection is not private\","
    );
    println!(
        "\"Potential security risk\"): choose Advanced, then Proceed or Accept. It is kept, and so is the"
    );
    println!("browser's exception: {}\n", certificate.display());
}

/// What to open: the first on this machine, the others on any.
fn urls(http: &[SocketAddr], own: &[IpAddr]) -> Vec<String> {
    let (mut here, mut elsewhere) = (Vec::new(), Vec::new());
    for address in http {
        let all = address.ip().is_unspecified();
        if all || address.ip().is_loopback() {
            let ip = if all { IpAddr::V4(Ipv4Addr::LOCALHOST) } else { address.ip() };
            here.push(format!("http://{}", SocketAddr::new(ip, address.port())));
        }
        let named = own.iter().copied().filter(|ip| all && ip.is_ipv4() == address.is_ipv4());
        let own_one = (!all && !address.ip().is_loopback()).then_some(address.ip());
        let others =
            named.chain(own_one).map(|ip| format!("https://{}", SocketAddr::new(ip, address.port())));
        elsewhere.extend(others);
    }
    here.into_iter().chain(elsewhere).collect()
}

/// `vireo` in the user's data folder (XDG Base Directory Specification: `$XDG_DATA_HOME`, by default
/// `.local/share` in the home folder; a relative value is to be ignored).
fn data_home(variable: impl Fn(&str) -> Option<PathBuf>) -> anyhow::Result<PathBuf> {
    let absolute = |name: &str| variable(name).filter(|path| path.is_absolute());
    let home = absolute("XDG_DATA_HOME").or_else(|| Some(absolute("HOME")?.join(".local").join("share")));
    home.map(|home| home.join("vireo"))
        .context("neither XDG_DATA_HOME nor HOME is set; say where with --data DIR")
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: Args,
    }

    fn args(words: &[&str]) -> Args {
        Line::try_parse_from([&["demo"], words].concat()).expect("a valid command line").args
    }

    const OWN: [&str; 3] = ["192.0.2.7", "198.51.100.7", "2001:db8::7"];

    fn own() -> Vec<IpAddr> {
        OWN.iter().map(|address| address.parse().unwrap()).collect()
    }

    /// The SIP addresses, and what to open.
    fn doors(words: &[&str]) -> (Vec<String>, Vec<String>) {
        let doors = args(words).doors(&own()).expect("a place to listen");
        (doors.sip.iter().map(ToString::to_string).collect(), urls(&doors.http, &own()))
    }

    #[test]
    fn the_demo_is_for_this_machine_alone_unless_told() {
        let (sip, http) = doors(&[]);
        assert_eq!((sip, http), (vec!["127.0.0.1:5060".into()], vec!["http://127.0.0.1:8080".into()]));
        assert!(!args(&[]).doors(&own()).unwrap().are_reachable());
        let (sip, http) = doors(&["--sip", "192.0.2.7:5070"]);
        assert_eq!((sip, http), (vec!["192.0.2.7:5070".into()], vec!["http://127.0.0.1:8080".into()]));
        assert!(args(&["--sip", "0.0.0.0:5060"]).doors(&own()).is_err());
    }

    #[test]
    fn a_reachable_demo_is_open_on_loopback_too() {
        let (sip, http) = doors(&["--host", "192.0.2.7", "--sip", "127.0.0.1:5070"]);
        assert_eq!(sip, ["192.0.2.7:5070", "127.0.0.1:5070"]);
        assert_eq!(http, ["http://127.0.0.1:8080", "https://192.0.2.7:8080"]);
        assert!(args(&["--host", "192.0.2.7"]).doors(&own()).unwrap().are_reachable());
        let (sip, http) = doors(&["--host", "2001:db8::7"]);
        assert_eq!(sip, ["[2001:db8::7]:5060"]);
        assert_eq!(http, ["http://127.0.0.1:8080", "https://[2001:db8::7]:8080"]);
    }

    #[test]
    fn the_host_of_all_addresses_means_each_of_them() {
        let (sip, http) = doors(&["--host", "0.0.0.0"]);
        assert_eq!(sip, ["192.0.2.7:5060", "198.51.100.7:5060", "127.0.0.1:5060"]);
        assert_eq!(http, ["http://127.0.0.1:8080", "https://192.0.2.7:8080", "https://198.51.100.7:8080"]);
        assert_eq!(
            args(&["--host", "0.0.0.0"]).doors(&[]).unwrap().sip.len(),
            1,
            "a machine without network"
        );
        assert!(args(&["--host", "::"]).doors(&own()).is_err());
    }

    #[test]
    fn data_lies_in_the_users_data_folder() {
        let with = |set: &'static [(&str, &str)]| {
            data_home(move |name| set.iter().find(|(key, _)| *key == name).map(|(_, value)| value.into()))
                .ok()
        };
        assert_eq!(with(&[("XDG_DATA_HOME", "/data"), ("HOME", "/me")]), Some("/data/vireo".into()));
        assert_eq!(with(&[("HOME", "/me")]), Some("/me/.local/share/vireo".into()));
        assert_eq!(
            with(&[("XDG_DATA_HOME", "here"), ("HOME", "/me")]),
            Some("/me/.local/share/vireo".into())
        );
        assert_eq!(with(&[]), None);
        assert_eq!(args(&["--data", "x"]).place.data().expect("given"), PathBuf::from("x"));
    }
}
