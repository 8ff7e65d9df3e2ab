//! `cargo xtask load --bridge N`: a gateway of its own, and N calls that are bridged to agents of the emulator's.
//!
//! The figures are those of `vireo call --desks`; nothing passes or fails by them. `benches/load/run.sh` is for calls
//! that are not bridged.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};

use crate::demo_call::{free_tcp_port, free_udp_port, when_ready};
use crate::{Error, apt, process, workspace};

/// SIP ports of the agents, from here on.
const DESKS: u16 = 7_000;
/// As many as the emulator takes on one thread.
const CALLS_MAX: u16 = 100;
/// Packets of agents and callers are on other ports (`emulator`'s begin at 40000).
const RTP_PORTS: &str = "20000-29999";
/// What is called: a queue, without a menu before it.
const NUMBER: &str = "200";

/// The command line.
#[derive(Debug, Default, PartialEq, Eq)]
struct Options {
    calls: u16,
    vireo: Option<PathBuf>,
    /// For `vireo call`.
    words: Vec<String>,
}

/// Builds unless told otherwise, starts the gateway, calls, and ends it.
pub(crate) fn run(arguments: &[String]) -> Result<ExitCode, Error> {
    let options = Options::read(arguments)?;
    let vireo = match &options.vireo {
        Some(vireo) => vireo.clone(),
        None => release()?,
    };
    let folder = workspace::root().join("target").join("load-bridge");
    let sip = free_udp_port()?;
    let config = write_service(&folder, sip, options.calls)?;
    let gateway = start(&vireo, &config)?;
    let pid = gateway.id();
    let served = when_ready(gateway, || call(&vireo, sip, pid, &options))?;
    Ok(if served { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

impl Options {
    fn read(arguments: &[String]) -> Result<Options, Error> {
        let mut options = Options::default();
        let mut words = arguments.iter();
        while let Some(word) = words.next() {
            let value = words.next().ok_or_else(|| format!("{word} needs a value"))?;
            match word.as_str() {
                "--bridge" => options.calls = value.parse().ok().unwrap_or(0),
                "--vireo" => options.vireo = Some(value.into()),
                "--caller" | "--agent" | "--seconds" => options.words.extend([word.clone(), value.clone()]),
                other => return Err(format!("load: no option `{other}`").into()),
            }
        }
        if !(1..=CALLS_MAX).contains(&options.calls) {
            return Err(format!("load: --bridge N with N from 1 to {CALLS_MAX}").into());
        }
        Ok(options)
    }
}

/// The `vireo` of the release profile, built now.
fn release() -> Result<PathBuf, Error> {
    apt::install(apt::BUILD)?;
    process::run(&mut process::cargo(&["build", "--release", "--workspace", "--bin", "vireo"]))?;
    Ok(workspace::release_vireo())
}

/// A service with one queue and an agent for each call; the path of its `vireo.toml`.
fn write_service(folder: &Path, sip: u16, calls: u16) -> Result<PathBuf, Error> {
    let plans = folder.join("service").join("dialplans");
    fs::create_dir_all(plans.join("texts"))?;
    fs::create_dir_all(folder.join("service").join("media"))?;
    let texts = workspace::root().join("benches/load/service/dialplans/texts/en.yaml");
    fs::copy(texts, plans.join("texts").join("en.yaml"))?;
    fs::write(plans.join("bridge.yaml"), flow())?;
    fs::write(plans.join("queues.yaml"), queues(calls))?;
    let http = free_tcp_port()?;
    let config = folder.join("vireo.toml");
    let text = format!(
        "service = \"service\"\ndata = \"data\"\n\n[sip]\nlisten = [\"127.0.0.1:{sip}\"]\n\n[rtp]\nports = \
         \"{RTP_PORTS}\"\n\n[http]\nlisten = \"127.0.0.1:{http}\"\n"
    );
    fs::write(&config, text)?;
    Ok(config)
}

fn flow() -> String {
    format!(
        "flow: bridge\nnumbers: [\"{NUMBER}\"]\nstart: agent\nlanguages: [en]\nnodes:\n  agent:\n    queue:\n      \
         name: desks\n      exits: {{ served: end, timeout: end, full: end, closed: end, no_agents: end, failed: end \
         }}\n  end:\n    hangup: {{}}\n"
    )
}

fn queues(calls: u16) -> String {
    let names: Vec<String> = (0..calls).map(|number| format!("agent{number}")).collect();
    let agent =
        |(name, port): (&String, u16)| format!("  {name}: {{ address: \"sip:{name}@127.0.0.1:{port}\" }}\n");
    let agents: String = names.iter().zip(DESKS..).map(agent).collect();
    let names = names.join(", ");
    format!(
        "agents:\n{agents}queues:\n  desks: {{ agents: [{names}], ring_timeout: 30s, wait_max: 1m, capacity: {CALLS_MAX} \
         }}\n"
    )
}

fn start(vireo: &Path, config: &Path) -> Result<Child, Error> {
    // The gateway must not outlive us, however we end; `setpriv` is in every Debian (util-linux).
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "INT", "--"]).arg(vireo).args(["run", "--config"]).arg(config);
    command.stdout(Stdio::piped());
    command.spawn().map_err(|error| format!("cannot start {}: {error}", vireo.display()).into())
}

fn call(vireo: &Path, sip: u16, gateway: u32, options: &Options) -> Result<bool, Error> {
    let (uri, calls) = (format!("sip:{NUMBER}@127.0.0.1:{sip}"), options.calls.to_string());
    let (desks, gateway) = (format!("127.0.0.1:{DESKS}"), gateway.to_string());
    let mut command = Command::new(vireo);
    command.args(["call", &uri, "--calls", &calls, "--rate", "4", "--desks", &desks, "--watch", &gateway]);
    Ok(process::status(command.args(&options.words))?.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(words: &str) -> Result<Options, Error> {
        Options::read(&words.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn options_are_read_and_wrong_ones_refused() {
        let options = read("--bridge 20 --caller 3g-h263 --vireo /bin/vireo").expect("they are right");
        let words = ["--caller", "3g-h263"].map(str::to_owned).to_vec();
        assert_eq!(options, Options { calls: 20, vireo: Some("/bin/vireo".into()), words });
        for wrong in ["", "--bridge", "--bridge 0", "--bridge 101", "--bridge x", "--bridge 5 --loud 1"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn every_call_has_an_agent() {
        let queues = queues(3);
        assert!(queues.contains("agent2: { address: \"sip:agent2@127.0.0.1:7002\" }"), "{queues}");
        assert!(queues.contains("agents: [agent0, agent1, agent2]"), "{queues}");
    }
}
