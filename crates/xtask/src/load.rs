//! `cargo xtask load`: a gateway of its own, and telephones of the emulator's that call it.
//!
//! With `--bridge N` they are N callers who are bridged to as many agents, with `--table N` the same for all pairs of the
//! README's table, with `--keys N` telephones of several kinds that press N keys each, one telephone after the other. The
//! figures are those of `vireo call --desks` and `--time-keys`; nothing passes or fails by them. `benches/load/run.sh` is
//! for calls that are not bridged.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};

use crate::bridge_table::{self, PAIRS};
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
/// What is called for keys: three slides.
const KEYS_NUMBER: &str = "300";
/// Two presses between slides of which one line differs, then two to another page and back.
const ROUND: &str = "1,1,2,1";
/// More would take longer than anybody watches.
const KEYS_MAX: u16 = 1_000;
/// The longest that one telephone presses keys.
const KEYS_SECONDS: &str = "300";
/// Who presses keys: the words that make the telephone.
const PHONES: [&[&str]; 4] = [
    &["--audio", "pcmu", "--codec", "h264"],
    &["--audio", "pcmu", "--codec", "h263"],
    &["--3g", "--codec", "h263"],
    &["--3g", "--codec", "mpeg4"],
];

/// The command line.
#[derive(Debug, Default, PartialEq, Eq)]
struct Options {
    calls: u16,
    keys: u16,
    /// All pairs of [`PAIRS`], for the README.
    table: bool,
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
    if options.table {
        return write_table(&vireo, &options);
    }
    let (gateway, sip) = begin(&vireo, &options)?;
    let pid = gateway.id();
    let served = when_ready(gateway, || match options.keys {
        0 => call(&vireo, sip, pid, &options),
        keys => press_keys(&vireo, sip, keys),
    })?;
    Ok(if served { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A gateway, and its SIP port.
fn begin(vireo: &Path, options: &Options) -> Result<(Child, u16), Error> {
    let folder = workspace::root().join("target").join("load-bridge");
    let sip = free_udp_port()?;
    let config = write_service(&folder, sip, options)?;
    Ok((start(vireo, &config)?, sip))
}

/// Each pair at a gateway of its own.
fn write_table(vireo: &Path, options: &Options) -> Result<ExitCode, Error> {
    let mut costs = [0.0; PAIRS.len()];
    for (cost, [caller, agent]) in costs.iter_mut().zip(PAIRS) {
        println!("{caller} to {agent}:");
        let (gateway, sip) = begin(vireo, options)?;
        let pid = gateway.id();
        let report = when_ready(gateway, || {
            let mut command = calls(vireo, sip, pid, options);
            let output = command.args(["--caller", caller, "--agent", agent]).output()?;
            print!("{}", String::from_utf8_lossy(&output.stderr));
            Ok(String::from_utf8(output.stdout)?)
        })?;
        print!("{report}");
        *cost = bridge_table::cost(&report).ok_or("load: the calls failed")?;
    }
    bridge_table::write(&costs)?;
    Ok(ExitCode::SUCCESS)
}

impl Options {
    fn read(arguments: &[String]) -> Result<Options, Error> {
        let mut options = Options::default();
        let mut words = arguments.iter();
        while let Some(word) = words.next() {
            let value = words.next().ok_or_else(|| format!("{word} needs a value"))?;
            match word.as_str() {
                "--bridge" | "--table" => {
                    options.table = word == "--table";
                    options.calls = value.parse().ok().unwrap_or(0);
                }
                "--keys" => options.keys = value.parse().ok().unwrap_or(0),
                "--vireo" => options.vireo = Some(value.into()),
                "--caller" | "--agent" | "--seconds" => options.words.extend([word.clone(), value.clone()]),
                other => return Err(format!("load: no option `{other}`").into()),
            }
        }
        let plain = options.words.is_empty();
        match (options.calls, options.keys, options.table) {
            (1..=CALLS_MAX, 0, false) => Ok(options),
            (1..=CALLS_MAX, 0, true) | (0, 1..=KEYS_MAX, false) if plain => Ok(options),
            _ => {
                Err(format!("load: --bridge N with N from 1 to {CALLS_MAX}, or --keys N, to {KEYS_MAX}")
                    .into())
            }
        }
    }
}

impl Options {
    /// What has agents on 3G phones called over circuits; callers are at the same address, which changes nothing for them.
    fn trunk(&self) -> &'static str {
        let agent = self.words.iter().skip_while(|word| *word != "--agent").nth(1);
        if agent.is_some_and(|agent| agent.starts_with("3g-")) {
            "\n[[trunk]]\naddresses = [\"127.0.0.1\"]\ncircuits_out = true\n"
        } else {
            ""
        }
    }
}

/// The `vireo` of the release profile, built now.
fn release() -> Result<PathBuf, Error> {
    apt::install(apt::BUILD)?;
    process::run(&mut process::cargo(&["build", "--release", "--workspace", "--bin", "vireo"]))?;
    Ok(workspace::release_vireo())
}

/// A service with one queue and an agent for each call; the path of its `vireo.toml`.
fn write_service(folder: &Path, sip: u16, options: &Options) -> Result<PathBuf, Error> {
    let plans = folder.join("service").join("dialplans");
    fs::create_dir_all(plans.join("texts"))?;
    let slides = folder.join("service").join("media").join("slides");
    fs::create_dir_all(&slides)?;
    let texts = fs::read_to_string(workspace::root().join("benches/load/service/dialplans/texts/en.yaml"))?;
    fs::write(plans.join("texts").join("en.yaml"), texts + TEXTS)?;
    for slide in ["page.svg", "title.svg"] {
        fs::copy(workspace::root().join("media").join("slides").join(slide), slides.join(slide))?;
    }
    fs::write(plans.join("keys.yaml"), FLOW_OF_KEYS)?;
    fs::write(plans.join("bridge.yaml"), flow())?;
    fs::write(plans.join("queues.yaml"), queues(options.calls))?;
    let http = free_tcp_port()?;
    let config = folder.join("vireo.toml");
    let text = format!(
        "service = \"service\"\ndata = \"data\"\n\n[sip]\nlisten = [\"127.0.0.1:{sip}\"]\n\n[rtp]\nports = \
         \"{RTP_PORTS}\"\n\n[http]\nlisten = \"127.0.0.1:{http}\"\n{}",
        options.trunk()
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

/// What keys lead to: two pages of which one line differs, and one that has nothing in common with them.
const FLOW_OF_KEYS: &str = r#"
flow: keys
numbers: ["300"]
start: one
languages: [en]
defaults: { timeout: 60s, exits: { silence: $repeat, invalid: $repeat, exhausted: $hangup } }
nodes:
  one:
    menu:
      slide: page.svg
      title: tickets
      lines: [ticket_one, ticket_when]
      say: tickets
      items: { "1": { say: next, to: two }, "2": { say: other, to: other } }
  two:
    menu:
      slide: page.svg
      title: tickets
      lines: [ticket_two, ticket_when]
      say: tickets
      items: { "1": { say: next, to: one }, "2": { say: other, to: other } }
  other:
    menu:
      slide: title.svg
      title: greeting
      say: greeting
      items: { "1": { say: next, to: one } }
"#;

/// Its texts.
const TEXTS: &str = r#"
tickets: Your tickets
ticket_one: No. 4711
ticket_two: No. 4712
ticket_when: today
next: next
other: other
greeting: Good morning
"#;

fn queues(calls: u16) -> String {
    // A queue without an agent is none.
    let calls = calls.max(1);
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
    Ok(process::status(&mut calls(vireo, sip, gateway, options))?.success())
}

fn calls(vireo: &Path, sip: u16, gateway: u32, options: &Options) -> Command {
    let (uri, calls) = (format!("sip:{NUMBER}@127.0.0.1:{sip}"), options.calls.to_string());
    let (desks, gateway) = (format!("127.0.0.1:{DESKS}"), gateway.to_string());
    let mut command = Command::new(vireo);
    command.args(["call", &uri, "--calls", &calls, "--rate", "4", "--desks", &desks, "--watch", &gateway]);
    command.args(&options.words);
    command
}

/// One telephone after the other; whether all presses were answered.
fn press_keys(vireo: &Path, sip: u16, keys: u16) -> Result<bool, Error> {
    let (uri, keys) = (format!("sip:{KEYS_NUMBER}@127.0.0.1:{sip}"), keys.to_string());
    let mut all = true;
    for phone in PHONES {
        println!("\n{}:", phone.join(" "));
        let mut command = Command::new(vireo);
        command.args(["call", &uri, "--keys", ROUND, "--time-keys", &keys, "--seconds", KEYS_SECONDS]);
        all &= process::status(command.args(phone))?.success();
    }
    Ok(all)
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
        assert_eq!(
            options,
            Options { calls: 20, vireo: Some("/bin/vireo".into()), words, ..Options::default() }
        );
        let table = read("--table 10").expect("right");
        assert_eq!(table, Options { calls: 10, table: true, ..Options::default() });
        assert_eq!(read("--keys 100").expect("right"), Options { keys: 100, ..Options::default() });
        for wrong in [
            "",
            "--keys 0",
            "--keys 1001",
            "--keys 5 --bridge 2",
            "--keys 5 --caller 3g-h263",
            "--table 5 --caller 3g-h263",
            "--bridge",
            "--bridge 0",
            "--bridge 101",
            "--bridge x",
            "--bridge 5 --loud 1",
        ] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn agents_on_3g_phones_are_behind_a_trunk() {
        assert!(read("--bridge 2 --agent 3g-h263").expect("right").trunk().contains("circuits_out = true"));
        assert_eq!(read("--bridge 2 --caller 3g-h263 --agent amr-h263").expect("right").trunk(), "");
    }

    #[test]
    fn every_call_has_an_agent() {
        let queues = queues(3);
        assert!(queues.contains("agent2: { address: \"sip:agent2@127.0.0.1:7002\" }"), "{queues}");
        assert!(queues.contains("agents: [agent0, agent1, agent2]"), "{queues}");
    }
}
