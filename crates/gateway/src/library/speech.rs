//! Spoken texts: the operator's recording, else a voice that is synthesised offline.
//!
//! English is spoken by flite's `slt`. Chinese is spoken by espeak-ng's `cmn-latn-pinyin`, which reads
//! hanzi too; its plain `cmn` voice spells their code points. Other languages go to espeak-ng under
//! their own tag. The programs run as processes and are never on a call's path.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use super::store::Temporary;
use super::{Error, limits, sound};

/// Synthesises `text`, trimmed, at the library's loudness, in `time_max` or not at all.
pub(super) fn synthesise(
    text: &str,
    language: &str,
    folder: &Path,
    time_max: Duration,
) -> Result<Vec<i16>, Error> {
    let failed =
        |why: String| Error::Speech { text: text.chars().take(40).collect(), language: language.into(), why };
    if text.chars().count() > limits::SPEECH_TEXT_MAX {
        return Err(failed(format!("longer than {} characters", limits::SPEECH_TEXT_MAX)));
    }
    let (input, output) = (Temporary::new(folder, "txt"), Temporary::new(folder, "wav"));
    fs::write(input.path(), text).map_err(|why| Error::file(input.path(), why))?;
    let mut command = command(language, input.path(), output.path());
    let program = command.get_program().to_string_lossy().into_owned();
    let status = run(&mut command, time_max).map_err(|why| match why.kind() {
        std::io::ErrorKind::NotFound => failed(format!("{program} is not installed (apt install {program})")),
        _ => failed(format!("{program}: {why}")),
    })?;
    if !status.success() {
        return Err(failed(format!("{program}: {status}")));
    }
    let mut pcm = codec::file::read_wav(output.path())
        .map_err(|why| failed(format!("{program} gave no sound: {why}")))?;
    sound::trim(&mut pcm);
    sound::normalise(&mut pcm);
    Ok(pcm)
}

/// The operator's recording, at the library's loudness; its pauses are left as they were made.
pub(super) fn recording(path: &Path) -> Result<Vec<i16>, Error> {
    let mut pcm = codec::file::read_wav(path).map_err(|why| Error::codec(path, why))?;
    sound::normalise(&mut pcm);
    Ok(pcm)
}

fn command(language: &str, input: &Path, output: &Path) -> Command {
    let primary = language.split('-').next().unwrap_or_default().to_ascii_lowercase();
    if primary == "en" {
        let mut command = Command::new("flite");
        command.args(["-voice", "slt", "-f"]).arg(input).arg("-o").arg(output);
        return command;
    }
    let voice = if primary == "zh" || primary == "cmn" { "cmn-latn-pinyin" } else { primary.as_str() };
    let mut command = Command::new("espeak-ng");
    command.args(["-v", voice, "-b", "1", "-s", "160", "-f"]).arg(input).arg("-w").arg(output);
    command
}

/// Runs to the end, but not longer than `time_max`.
fn run(command: &mut Command, time_max: Duration) -> std::io::Result<ExitStatus> {
    const STEP: Duration = Duration::from_millis(5);
    let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    let mut child = Reaped(child);
    // Counted in steps rather than read from a clock: this only has to end some day.
    for _ in 0..time_max.as_millis() / STEP.as_millis() {
        if let Some(status) = child.0.try_wait()? {
            return Ok(status);
        }
        std::thread::sleep(STEP);
    }
    Err(std::io::ErrorKind::TimedOut.into())
}

/// A process that does not outlive its owner.
struct Reaped(Child);

impl Drop for Reaped {
    fn drop(&mut self) {
        // Both fail harmlessly when it has ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
