//! `vireo demo`: the gateway with a service of its own, to try and to edit.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use gateway::Listen;

use crate::config::PortRange;
use crate::demo_service;
use crate::serve::{self, Greeting, Settings};

/// Start a demo hotline that any SIP video phone can call.
///
/// The first start copies the service to DIR/service; edit it there. Prints how to call, and `ready`
/// alone on a line once calls are taken. Only this machine can call unless --host or --sip says
/// otherwise. Ends cleanly on Ctrl-C and SIGTERM.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// UDP address for SIP
    #[arg(long, value_name = "IP:PORT", default_value = "127.0.0.1:5060")]
    sip: SocketAddr,

    /// TCP address for the web side
    #[arg(long, value_name = "IP:PORT", default_value = "127.0.0.1:8080")]
    http: SocketAddr,

    /// UDP ports for sound and pictures; a call takes four
    #[arg(long, value_name = "FIRST-LAST", default_value_t = PortRange::DEFAULT)]
    rtp_ports: PortRange,

    /// Where the service and the cache are kept [default: vireo in the user's data folder]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,

    /// Address of this machine that phones on other machines can reach; replaces the one of --sip
    #[arg(long, value_name = "IP")]
    host: Option<IpAddr>,
}

impl Args {
    /// The address of the SIP socket, which sound and pictures use too.
    fn sip(&self) -> anyhow::Result<SocketAddr> {
        let address = SocketAddr::new(self.host.unwrap_or(self.sip.ip()), self.sip.port());
        if address.ip().is_unspecified() {
            anyhow::bail!("{} means every address; name the one that phones shall call", address.ip());
        }
        Ok(address)
    }

    /// With --host the machine's own phones, the demo's agents among them, still find loopback.
    fn listen(&self, sip: SocketAddr) -> Vec<Listen> {
        let own = SocketAddr::new(Ipv4Addr::LOCALHOST.into(), sip.port());
        let reachable = self.host.is_some() && sip.is_ipv4() && !sip.ip().is_loopback();
        [sip].into_iter().chain(reachable.then_some(own)).map(Listen::new).collect()
    }

    fn data(&self) -> anyhow::Result<PathBuf> {
        match &self.data {
            Some(data) => Ok(data.clone()),
            None => data_home(|name| std::env::var_os(name).map(PathBuf::from)),
        }
    }

    pub(crate) fn execute(&self) -> anyhow::Result<ExitCode> {
        let (sip, data) = (self.sip()?, self.data()?);
        let service = demo_service::install(&data)?;
        println!("The service lies in {}: edit it there.", service.display());
        let settings = Settings {
            service,
            data,
            listen: self.listen(sip),
            rtp_ports: self.rtp_ports.range(),
            http: self.http,
            calls_max: None,
        };
        serve::until_told_to_stop(settings, how_to_call)
    }
}

/// The words a person needs who has never called a hotline like this.
fn how_to_call(Greeting { sip, numbers, agents, http }: &Greeting<'_>) {
    println!();
    println!("The hotline takes calls. With a SIP video phone (linphone, baresip, a desk phone), call");
    println!();
    for number in *numbers {
        sip.iter().for_each(|address| println!("    sip:{number}@{address}"));
    }
    println!();
    println!("No account or password is needed. Press the keys that you see. An agent is a SIP phone at");
    println!("one of these addresses (dialplans/queues.yaml): {}.", agents.join(", "));
    if sip.iter().all(|address| address.ip().is_loopback()) {
        println!("Only this machine can call; `--host` and its address let others in.");
    }
    println!("Status: http://{http}    End: Ctrl-C");
    println!();
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

    #[test]
    fn the_demo_is_for_this_machine_alone_unless_told() {
        assert!(args(&[]).sip().expect("an address").ip().is_loopback());
        assert_eq!(
            args(&["--host", "192.0.2.7"]).sip().expect("an address"),
            "192.0.2.7:5060".parse().unwrap()
        );
        let both = args(&["--sip", "127.0.0.1:5070", "--host", "192.0.2.7"]);
        assert_eq!(both.sip().expect("an address"), "192.0.2.7:5070".parse().unwrap());
        assert!(args(&["--host", "0.0.0.0"]).sip().is_err());
    }

    #[test]
    fn a_reachable_demo_listens_on_loopback_too() {
        let listen = |words: &[&str]| {
            let args = args(words);
            args.listen(args.sip().expect("an address"))
                .iter()
                .map(|one| one.bind.to_string())
                .collect::<Vec<_>>()
        };
        assert_eq!(listen(&[]), ["127.0.0.1:5060"]);
        assert_eq!(listen(&["--sip", "192.0.2.7:5070"]), ["192.0.2.7:5070"]);
        assert_eq!(listen(&["--host", "192.0.2.7"]), ["192.0.2.7:5060", "127.0.0.1:5060"]);
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
        assert_eq!(args(&["--data", "x"]).data().expect("given"), PathBuf::from("x"));
    }
}
