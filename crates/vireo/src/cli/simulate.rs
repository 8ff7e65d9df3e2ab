//! `vireo simulate`: a flow is walked in the terminal, without a phone and without waiting.

mod keyboard;
mod picture;
mod screen;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, anyhow, bail};
use dialplan::simulate::{Act, Awaits, Cannot, Moment, OUTCOMES, Setup, Walk, transcript, wall_time};
use dialplan::{Facts, Flow, QueueOutcome, Service, SourceFile, TransferOutcome};
use gateway::service::Folder;

use crate::service;
use keyboard::{Keyboard, Wish};
use screen::{Look, Screen};

/// Walk a flow without a phone.
///
/// Prints what a caller sees and hears, node by node, in no time: it is the flow that callers get, but nothing is
/// waited for. Without --keys you press them.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "Examples:\n  vireo simulate dialplans/hotline.yaml\n  vireo simulate \
                             dialplans/hotline.yaml --keys 1,9 --lang en\n  vireo simulate \
                             dialplans/hotline.yaml --keys 0 --queue full")]
pub(crate) struct Args {
    /// The file of a flow, the folder of a service with one flow, or the name of a flow of the service here
    #[arg(value_name = "FLOW")]
    flow: PathBuf,

    /// Keys to press, as in `1,9`, each when the prompt is over; `t` lets the time for a key pass, `c` types the code of an order, `h` hangs up
    #[arg(long, value_name = "KEYS", value_parser = keys)]
    keys: Option<Keys>,

    /// The caller's number; withheld when it is not given
    #[arg(long, value_name = "NUMBER")]
    caller: Option<String>,

    /// A language that is known of the caller, such as `en`
    #[arg(long, value_name = "TAG")]
    lang: Option<String>,

    /// When the call begins, as in `2026-10-01 10:00`, in the time zone of the opening hours; by default it is now
    #[arg(long, value_name = "TIME")]
    at: Option<String>,

    /// The caller cannot see
    #[arg(long)]
    no_video: bool,

    /// With --keys, how a queue ends: served, timeout, full, closed, no_agents or failed. Given again, it is for the
    /// next queue; the last one is for all that follow
    #[arg(long, value_name = "OUTCOME", value_parser = outcome)]
    queue: Vec<QueueOutcome>,

    /// With --keys, how putting the caller through ends: done, busy, no_answer or failed
    #[arg(long, value_name = "OUTCOME", value_parser = transfer_outcome)]
    transfer: Option<TransferOutcome>,

    /// How slides are shown: drawn in blocks of colour, or as text; by default drawn where the terminal has the colours
    #[arg(long, value_enum, default_value_t = Look::Auto)]
    slides: Look,

    /// Write the call down as a transcript, which `vireo check` makes again. The file must not be there yet
    #[arg(long, value_name = "FILE.sim")]
    record: Option<PathBuf>,
}

/// Queues and transfers that end in one call; a flow may lead from one into the next for ever.
const QUEUES_MAX: usize = 100;

/// How what the caller waits for ends.
struct Outcomes<'a> {
    queues: &'a [QueueOutcome],
    transfer: Option<TransferOutcome>,
    /// Queues that are over, and transfers.
    ended: [usize; 2],
}

impl Outcomes<'_> {
    /// What ends the wait, if anything is to.
    fn next(&mut self, awaits: &Awaits) -> Option<Wish> {
        let [queues, transfers] = &mut self.ended;
        let (count, wish) = match awaits {
            Awaits::Queue(_) => {
                let outcome = self.queues.get(*queues).or(self.queues.last());
                (queues, outcome.copied().map(Wish::Queue))
            }
            Awaits::Transfer(_) => (transfers, self.transfer.map(Wish::Transfer)),
            Awaits::Sound(_) | Awaits::Time(_) | Awaits::Nothing | Awaits::End => return None,
        };
        *count += 1;
        wish.filter(|_| *count <= QUEUES_MAX)
    }
}

/// What `--keys` says.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Keys(Vec<Wish>);

impl Args {
    pub(crate) fn execute(&self) -> anyhow::Result<ExitCode> {
        if let Some(path) = self.record.as_ref().filter(|path| path.exists()) {
            bail!("{} is there already; remove it, or choose another name", path.display());
        }
        let folder = Folder::find(&self.place());
        let service = Arc::new(service::load(&folder)?);
        let flow = find(&service, &self.flow)?;
        let setup = Setup { flow: flow.id(), facts: self.facts(&service, flow)?, answers: BTreeMap::new() };
        let mut screen = Screen::new(std::io::stdout(), self.slides, &folder.media)?;
        screen.opening(flow, &setup.facts)?;
        let script = transcript::opening(&service, flow, &setup.facts) + "\n";
        let (walk, first) = Walk::begin(&service, setup, net::clock::now().mono);
        let mut call = Call { walk, screen, script };
        call.screen.moments(&first)?;
        match &self.keys {
            Some(Keys(keys)) => call.press(keys, &mut self.outcomes())?,
            None => call.converse()?,
        }
        if let Some(path) = &self.record {
            record(&service, path, call.script)?;
        }
        Ok(ExitCode::SUCCESS)
    }

    fn outcomes(&self) -> Outcomes<'_> {
        Outcomes { queues: &self.queue, transfer: self.transfer, ended: [0, 0] }
    }

    /// Where the service lies.
    fn place(&self) -> PathBuf {
        if self.flow.exists() { self.flow.clone() } else { PathBuf::from(".") }
    }

    fn facts(&self, service: &Service, flow: &Flow) -> anyhow::Result<Facts> {
        let at = self.at.as_deref().map(|at| wall_time(service, at).map_err(|why| anyhow!("--at: {why}")));
        Ok(Facts {
            wall: at.transpose()?.unwrap_or_else(|| net::clock::now().wall),
            caller: self.caller.clone(),
            called: flow.numbers().first().cloned().unwrap_or_default(),
            has_video: !self.no_video,
            language: self.lang.clone(),
            notice: None,
        })
    }
}

/// The flow that was meant.
fn find<'a>(service: &'a Service, wanted: &Path) -> anyhow::Result<&'a Flow> {
    let flows = service.flows();
    let names = || flows.iter().map(Flow::name).collect::<Vec<_>>().join(", ");
    if wanted.is_file() {
        let flow =
            flows.iter().find(|flow| Path::new(service.file_of(flow)).file_name() == wanted.file_name());
        return flow.with_context(|| format!("{} holds no flow; there is: {}", wanted.display(), names()));
    }
    if wanted.is_dir() {
        return match flows {
            [flow] => Ok(flow),
            _ => bail!("there are several flows in {}: {}; name the file of one", wanted.display(), names()),
        };
    }
    let flow = flows.iter().find(|flow| wanted.as_os_str() == flow.name());
    flow.with_context(|| format!("there is no flow `{}`; there is: {}", wanted.display(), names()))
}

/// Writes what was done as a transcript, with what came of it.
fn record(service: &Arc<Service>, path: &Path, script: String) -> anyhow::Result<()> {
    let file = SourceFile { path: path.display().to_string(), text: script };
    let text = transcript::update(service, &file, net::clock::now().mono);
    let text = text.map_err(|problems| anyhow!("this call cannot be made again:\n{}", problems.report()))?;
    let written = File::create_new(path).and_then(|mut file| file.write_all(text.as_bytes()));
    written.with_context(|| format!("cannot write {}", path.display()))?;
    eprintln!("written down in {}", path.display());
    Ok(())
}

/// A call with its screen.
struct Call<W> {
    walk: Walk,
    screen: Screen<W>,
    /// What was done so far, as lines of a transcript.
    script: String,
}

impl<W: Write> Call<W> {
    /// A polite caller presses these keys.
    fn press(&mut self, keys: &[Wish], outcomes: &mut Outcomes<'_>) -> anyhow::Result<()> {
        self.settle(outcomes)?;
        for wish in keys {
            if self.walk.awaits() == Awaits::End {
                break;
            }
            self.wish(*wish)?;
            self.settle(outcomes)?;
        }
        Ok(self.screen.closing(&self.walk)?)
    }

    /// Up to where the caller is asked.
    fn settle(&mut self, outcomes: &mut Outcomes<'_>) -> anyhow::Result<()> {
        loop {
            while let Some(act) = self.walk.patience() {
                let moments = self.act(act)?;
                self.screen.moments(&moments)?;
            }
            let Some(wish) = outcomes.next(&self.walk.awaits()) else { return Ok(()) };
            self.wish(wish)?;
        }
    }

    /// A person presses keys.
    fn converse(&mut self) -> anyhow::Result<()> {
        let mut keyboard = Keyboard::open();
        while self.walk.awaits() != Awaits::End {
            self.screen.prompt(&self.walk)?;
            let Some(wish) = keyboard.next(&self.walk.awaits())? else { break };
            self.wish(wish)?;
        }
        Ok(self.screen.closing(&self.walk)?)
    }

    fn wish(&mut self, wish: Wish) -> anyhow::Result<()> {
        let act = wish.act(&self.walk.awaits());
        self.screen.act(self.walk.elapsed(), act)?;
        let moments = match self.act(act) {
            Ok(moments) => moments,
            Err(why) => return Ok(self.screen.note(&format!("{why}"))?),
        };
        if moments.is_empty() && matches!(act, Act::Press(_)) {
            self.screen.note("nothing comes of it")?;
        }
        Ok(self.screen.moments(&moments)?)
    }

    fn act(&mut self, act: Act) -> Result<Vec<Moment>, Cannot> {
        let moments = self.walk.act(act)?;
        self.script.push_str(&transcript::line(act));
        self.script.push('\n');
        Ok(moments)
    }
}

fn keys(text: &str) -> Result<Keys, String> {
    let signs = text.chars().filter(|sign| *sign != ',' && !sign.is_whitespace());
    let wish = |sign: char| {
        Wish::of(sign).ok_or_else(|| {
            format!("`{sign}` is no key: 0 to 9, * and #, `t` for time, `c` for a code, `h` to hang up")
        })
    };
    signs.map(wish).collect::<Result<_, _>>().map(Keys)
}

fn transfer_outcome(word: &str) -> Result<TransferOutcome, String> {
    let known = TransferOutcome::ALL;
    known
        .into_iter()
        .find(|outcome| outcome.word() == word)
        .ok_or_else(|| format!("a transfer ends by one of: {}", known.map(TransferOutcome::word).join(", ")))
}

fn outcome(word: &str) -> Result<QueueOutcome, String> {
    let known = || OUTCOMES.map(|(name, _)| name).join(", ");
    let found = OUTCOMES.iter().find(|(name, _)| *name == word).map(|(_, outcome)| *outcome);
    found.ok_or_else(|| format!("one of {}", known()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_told_with_commas_or_without() {
        let read = |text: &str| keys(text).map(|Keys(keys)| keys);
        assert_eq!(read("1, 9"), Ok(vec![Wish::Key('1'), Wish::Key('9')]));
        assert_eq!(read("*#t"), Ok(vec![Wish::Key('*'), Wish::Key('#'), Wish::Time]));
        assert!(read("1,a").is_err_and(|why| why.contains("`a`")));
        assert!(outcome("servd").is_err_and(|why| why.contains("served, timeout")));
    }
}
