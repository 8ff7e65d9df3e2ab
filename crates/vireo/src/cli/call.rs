//! `vireo call`: a scripted caller.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use emulator::{End, Report, Trip};
use media::Size;
use rtp::Digit;

/// How long the call goes on after its last page.
const LINGER: Duration = Duration::from_secs(1);

/// Call a hotline, press keys, and keep the pictures that were received.
///
/// Each key is pressed when the picture before it stands still. Prints when what happened, counted from
/// the INVITE. Exits with 1 when the call is refused, breaks off before its last key, or shows nothing.
#[derive(Debug, clap::Args)]
#[command(
    after_long_help = "Example:\n  vireo call sip:1008621@127.0.0.1:5060 --keys 1,9,2 --png-dir pictures"
)]
pub(crate) struct Args {
    /// Whom to call, such as sip:1008621@127.0.0.1:5060
    #[arg(value_name = "URI")]
    uri: String,

    /// Keys to press, one after another: 1,2 or 12
    #[arg(long, default_value = "", value_parser = keys)]
    keys: Keys,

    /// Picture codec to offer
    #[arg(long, value_enum, default_value_t = Codec::H264)]
    codec: Codec,

    /// Folder for the received pictures, one PNG for each page
    #[arg(long, value_name = "DIR")]
    png_dir: Option<PathBuf>,

    /// The caller's number
    #[arg(long, value_name = "NUMBER", default_value = "13800000000")]
    from: String,

    /// The longest the call may take
    #[arg(long, value_name = "N", default_value_t = 120)]
    seconds: u64,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Codec {
    /// Pictures of up to 352x288
    H264,
    /// Pictures of 176x144, as 3G telephones have them
    H263,
}

#[derive(Clone, Debug)]
struct Keys(Vec<Digit>);

impl Args {
    pub(crate) fn execute(&self) -> anyhow::Result<ExitCode> {
        let (codec, size) = match self.codec {
            Codec::H264 => (media::Codec::H264, Size::CIF),
            Codec::H263 => (media::Codec::H263, Size::QCIF),
        };
        let trip = Trip {
            uri: self.uri.clone(),
            from: self.from.clone(),
            keys: self.keys.0.clone(),
            codec,
            size,
            png_dir: self.png_dir.clone(),
            length_max: Duration::from_secs(self.seconds),
            linger: LINGER,
        };
        let report = emulator::walk_menu(&trip, &mut |line| println!("{line}"))?;
        print!("{}", report.timeline);
        println!("{} pictures, {:.1} s of sound", report.pictures, report.sound.len() as f64 / 8_000.0);
        match failure(&report, self.keys.0.len() + 1) {
            None => Ok(ExitCode::SUCCESS),
            Some(why) => {
                eprintln!("{why}");
                Ok(ExitCode::FAILURE)
            }
        }
    }
}

/// Why the call was not what was asked for, if it was not.
fn failure(report: &Report, pages: usize) -> Option<String> {
    let short = report.pages.len() < pages;
    match &report.end {
        End::Refused(status) => Some(format!("the call was refused: {status}")),
        End::Failed(why) => Some(format!("the call broke off: {why}")),
        End::Remote { .. } | End::Local if report.pictures == 0 => Some("no picture came".to_owned()),
        End::Remote { reason } if short => {
            let reason = reason.as_deref().unwrap_or("no reason given");
            Some(format!("the other side hung up before the last key: {reason}"))
        }
        End::Local if short => Some("the time was over before the last key".to_owned()),
        End::Remote { .. } | End::Local => None,
    }
}

fn keys(text: &str) -> Result<Keys, String> {
    let keys = text.chars().filter(|key| !matches!(key, ',' | ' '));
    keys.map(|key| Digit::try_from(key).map_err(|error| error.to_string()))
        .collect::<Result<_, _>>()
        .map(Keys)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_may_be_written_with_and_without_commas() {
        let text = |keys: &Keys| keys.0.iter().map(|key| key.as_char()).collect::<String>();
        for written in ["1,*,#", "1*#", "1, *, #"] {
            assert_eq!(text(&keys(written).expect("keys")), "1*#", "{written}");
        }
        assert!(keys("").expect("no keys").0.is_empty());
        assert!(keys("1,x").is_err());
    }
}
