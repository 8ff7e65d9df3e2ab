//! `vireo call`: a scripted caller, or hundreds of them.

mod bridges;
mod options;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use emulator::{CircuitReport, End, Entry, KeyTrip, Load, Material, Pictures, Report, Sound, Trip};
use h324m::srp;
use rtp::Digit;

use bridges::BridgeOptions;
use options::{LineOptions, ThreeGOptions};

/// How long the call goes on after its last page.
const LINGER: Duration = Duration::from_secs(1);
/// The longest one call takes, unless told otherwise.
const SECONDS: u64 = 120;
/// How long each of many calls takes, unless told otherwise.
const SECONDS_OF_MANY: u64 = 30;

const EXAMPLES: &str = "\
Examples:
  A video telephone that presses 1, 9 and 2:
    vireo call sip:1008621@127.0.0.1:5060 --keys 1,9,2 --out seen
  One that asks for its details with a PIN, whose digits lead to one page:
    vireo call sip:1008621@127.0.0.1:5060 --from 13800138000 --keys '4,1,(2580)' --out seen
  A 3G phone that does the same as the first:
    vireo call --3g sip:1008621@127.0.0.1:5060 --keys 1,9,2 --out seen
  An old 3G phone on a bad line:
    vireo call --3g sip:1008621@127.0.0.1:5060 --level 1 --srp nsrp --ber 1e-4 --loss 2%
  300 of them for half a minute, ten more every second:
    vireo call --3g sip:1008621@127.0.0.1:5060 --calls 300 --rate 10 --seconds 30
  A SIP telephone with AMR and H.263:
    vireo call sip:1008621@127.0.0.1:5060 --audio amr --codec h263
  How soon a menu answers, in 100 presses:
    vireo call --3g sip:1008621@127.0.0.1:5060 --keys 2,9 --time-keys 100
  20 3G phones, bridged to agents of ours at ports 7000 to 7019:
    vireo call sip:200@127.0.0.1:5060 --calls 20 --desks 127.0.0.1:7000 --caller 3g-h263 --agent pcmu-h264";

/// Call a hotline by SIP or as a 3G phone, press keys, and keep what was seen and heard.
///
/// Each key is pressed when the picture before it stands still. Prints when what happened, counted from
/// the INVITE, and what a 3G terminal counted. Exits with 1 when the call is refused, breaks off before its
/// last key, brings no picture or no sound, or when a key changes nothing on the screen.
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// Whom to call, such as sip:1008621@127.0.0.1:5060
    #[arg(value_name = "URI")]
    uri: String,

    /// Keys to press, one after another: 1,2 or 12. Digits of a number stand in brackets: 4,1,(2580)
    #[arg(long, default_value = "", value_parser = keys)]
    keys: Keys,

    /// Picture codec: H.264 unless told otherwise, H.263 for a 3G phone
    #[arg(long, value_enum)]
    codec: Option<Codec>,

    /// Sound codec of a telephone that is no 3G phone, which has AMR
    #[arg(long, value_enum, conflicts_with = "three_g")]
    audio: Option<Audio>,

    /// Folder for what was received: a PNG for each page, and sound.wav
    #[arg(long, value_name = "DIR", conflicts_with = "calls")]
    out: Option<PathBuf>,

    /// Write each picture, too, as pictures/00001.png and so on
    #[arg(long, requires = "out")]
    every_picture: bool,

    /// Sound to send: a file, or the frequency of a tone in Hz, 0 for silence
    #[arg(long, value_name = "FILE|HZ", default_value = "400", value_parser = sound)]
    sound: Sound,

    /// Pictures to send, a clip or a still one [default: a moving test picture]
    #[arg(long, value_name = "FILE")]
    picture: Option<PathBuf>,

    /// The caller's number; of many calls the first one's
    #[arg(long, value_name = "NUMBER", default_value = "13800000000")]
    from: String,

    /// The longest the call may take [default: 120]; of many calls, what each takes [default: 30]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=86_400))]
    seconds: Option<u64>,

    /// Make so many calls at once, without looking at what comes
    #[arg(long, value_name = "N", value_parser = calls)]
    calls: Option<usize>,

    /// How many of them begin in a second
    #[arg(long, value_name = "R", default_value_t = 10.0, requires = "calls", value_parser = rate)]
    rate: f64,

    /// Press the keys round and round, so many times in all, and print how soon each was answered by another slide
    #[arg(long, value_name = "N", conflicts_with_all = ["calls", "out"], requires = "keys", value_parser = presses)]
    time_keys: Option<usize>,

    #[command(flatten)]
    three_g: ThreeGOptions,

    #[command(flatten)]
    line: LineOptions,

    #[command(flatten)]
    bridge: BridgeOptions,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Codec {
    /// Pictures of up to 352x288; not for 3G phones
    H264,
    /// Pictures of 176x144, as 3G telephones have them
    H263,
    /// Pictures of 176x144, as newer 3G telephones have them
    Mpeg4,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Audio {
    /// G.711 mu-law or A-law, whichever the other side likes
    G711,
    /// G.711 mu-law
    Pcmu,
    /// G.711 A-law
    Pcma,
    /// AMR narrow-band
    Amr,
}

#[derive(Clone, Debug)]
struct Keys(Vec<Entry>);

impl Keys {
    /// Without a look at pages in between, as calls need them that see none.
    fn one_by_one(&self) -> Vec<Digit> {
        self.0.iter().flat_map(|entry| entry.keys()).copied().collect()
    }
}

impl Args {
    pub(crate) fn execute(&self) -> anyhow::Result<ExitCode> {
        if let Some(bridges) = self.bridge.bridges(self) {
            net::descriptors::raise_limit();
            let report = emulator::run_bridges(&bridges, &mut |line| println!("{line}"))?;
            print!("{report}");
            let failed = report.calls - report.good;
            return Ok(verdict((failed > 0).then(|| format!("{failed} of {} calls failed", report.calls))));
        }
        let phone = self.phone()?;
        if let Some(presses) = self.time_keys {
            return self.time(phone, presses);
        }
        match self.calls {
            None => self.call(phone),
            Some(calls) => self.call_many(phone, calls),
        }
    }

    fn phone(&self) -> anyhow::Result<emulator::Config> {
        let pictures = self.picture.clone().map_or(Pictures::Test, Pictures::File);
        Ok(emulator::Config {
            access: self.access()?,
            material: Material::new(&self.sound, &pictures)?,
            impairments: self.line.impairments(),
            ..emulator::Config::new(&self.from, media::Codec::H263, media::Size::QCIF)
        })
    }

    fn call(&self, phone: emulator::Config) -> anyhow::Result<ExitCode> {
        let trip = Trip {
            uri: self.uri.clone(),
            phone,
            entries: self.keys.0.clone(),
            out: self.out.clone(),
            every_picture: self.every_picture,
            length_max: Duration::from_secs(self.seconds.unwrap_or(SECONDS)),
            linger: LINGER,
        };
        let report = emulator::walk_menu(&trip, &mut |line| println!("{line}"))?;
        print!("{}", report.timeline);
        println!("{} pictures, {:.1} s of sound", report.pictures, report.sound.len() as f64 / 8_000.0);
        if let Some(circuit) = &report.circuit {
            print!("{}", circuit_lines(circuit));
        }
        Ok(verdict(failure(&report, self.keys.0.len() + 1)))
    }

    fn time(&self, phone: emulator::Config, presses: usize) -> anyhow::Result<ExitCode> {
        let report = emulator::time_keys(&KeyTrip {
            uri: self.uri.clone(),
            phone,
            keys: self.keys.one_by_one(),
            presses,
            length: Duration::from_secs(self.seconds.unwrap_or(SECONDS)),
        })?;
        print!("{report}");
        let missed: usize = report.rows.iter().map(|row| row.missed).sum();
        Ok(verdict((missed > 0).then(|| format!("{missed} keys changed nothing on the screen"))))
    }

    fn call_many(&self, phone: emulator::Config, calls: usize) -> anyhow::Result<ExitCode> {
        net::descriptors::raise_limit();
        let load = Load {
            uri: self.uri.clone(),
            phone,
            keys: self.keys.one_by_one(),
            calls,
            rate: self.rate,
            length: Duration::from_secs(self.seconds.unwrap_or(SECONDS_OF_MANY)),
        };
        let report = emulator::run_load(&load, &mut |line| println!("{line}"))?;
        print!("{report}");
        let failed = report.calls - report.good;
        Ok(verdict((failed > 0).then(|| format!("{failed} of {calls} calls failed"))))
    }
}

fn verdict(failure: Option<String>) -> ExitCode {
    let Some(why) = failure else { return ExitCode::SUCCESS };
    eprintln!("{why}");
    ExitCode::FAILURE
}

/// Why the call was not what was asked for, if it was not.
fn failure(report: &Report, pages: usize) -> Option<String> {
    let short = report.pages.len() < pages;
    match &report.end {
        End::Refused(_) | End::Session(_) | End::Failed(_) => Some(report.end.to_string()),
        End::Remote { .. } | End::Local if report.pictures == 0 => Some("no picture came".to_owned()),
        End::Remote { .. } | End::Local if report.sound.is_empty() => Some("no sound came".to_owned()),
        End::Remote { reason } if short => {
            let reason = reason.as_deref().unwrap_or("no reason given");
            Some(format!("the other side hung up before the last key: {reason}"))
        }
        End::Local if short => Some("the time was over before the last key".to_owned()),
        End::Remote { .. } | End::Local => unchanged(report),
    }
}

/// The first key that changed nothing on the screen, if there is one.
fn unchanged(report: &Report) -> Option<String> {
    let page = (1..).zip(&report.pages).find(|(_, page)| page.entry.is_some() && !page.changed);
    let (number, page) = page?;
    let key = page.entry.as_ref()?;
    Some(format!("key {key} changed nothing on the screen: page {number} did not come"))
}

/// What a 3G terminal counted, in a few lines.
fn circuit_lines(report: &CircuitReport) -> String {
    let CircuitReport { terminal: own, line } = report;
    let ms =
        |time: Option<Duration>| time.map_or("never".to_owned(), |time| format!("{} ms", time.as_millis()));
    let srp = match own.srp_mode {
        None => "none",
        Some(srp::Mode::Srp) => "SRP",
        Some(srp::Mode::Nsrp) => "NSRP",
        Some(srp::Mode::Wnsrp) => "WNSRP",
    };
    let trips = own.up_round_trips.map_or(String::new(), |trips| format!(" ({trips:.1} round trips)"));
    format!(
        "3G set-up: speech {}, all {}{trips}; {srp}\n\
         H.223: {} headers corrected, {} lost, {} checksums false, {} SDUs lost, {} resyncs\n\
         H.245: {} messages out, {} in, {} unreadable, {} sent again\n\
         speech: {} frames out, {} in, {} of them bad; pictures: {} out, {} dropped, {} in, {} damaged\n\
         line: {} octets in, {} lost, {} restarts; {} octets out, {:+} ppm\n",
        ms(own.audio_up_after),
        ms(own.up_after),
        own.golay_corrected,
        own.headers_failed,
        own.crc_errors,
        own.sdus_lost,
        own.resyncs,
        own.messages_sent,
        own.messages_received,
        own.messages_bad,
        own.retransmissions,
        own.audio_sent,
        own.audio_received,
        own.audio_bad,
        own.pictures_sent,
        own.pictures_dropped + own.pictures_abandoned,
        own.pictures_received,
        own.pictures_damaged,
        line.octets,
        line.octets_lost,
        line.restarts,
        line.octets_sent,
        line.rate_ppm,
    )
}

/// `1,9` and `19` are two keys, `(2580)` is a number.
fn keys(text: &str) -> Result<Keys, String> {
    let mut entries = Vec::new();
    let mut number: Option<Vec<Digit>> = None;
    for sign in text.chars().filter(|sign| !matches!(sign, ',' | ' ')) {
        match (sign, &mut number) {
            ('(', None) => number = Some(Vec::new()),
            (')', Some(_)) => {
                let typed = number.take().and_then(Entry::new);
                entries.push(typed.ok_or("nothing stands in the brackets")?);
            }
            (key, Some(number)) => number.push(digit(key)?),
            (key, None) => entries.push(digit(key)?.into()),
        }
    }
    match number {
        Some(_) => Err("a bracket is not closed".to_owned()),
        None => Ok(Keys(entries)),
    }
}

fn digit(key: char) -> Result<Digit, String> {
    Digit::try_from(key).map_err(|error| error.to_string())
}

/// A number is a frequency, everything else a file.
fn sound(text: &str) -> Result<Sound, String> {
    match text.parse::<u32>() {
        Ok(hz @ 0..=4_000) => Ok(Sound::Tone { hz: hz as u16 }),
        Ok(_) => Err("a telephone carries 0 to 4000 Hz".to_owned()),
        Err(_) => Ok(Sound::File(text.into())),
    }
}

fn calls(text: &str) -> Result<usize, String> {
    const MOST: usize = emulator::limits::CALLS_MAX;
    let calls = text.parse().ok().filter(|calls| (1..=MOST).contains(calls));
    calls.ok_or_else(|| format!("a number from 1 to {MOST}"))
}

fn presses(text: &str) -> Result<usize, String> {
    const MOST: usize = emulator::limits::PRESSES_MAX;
    let presses = text.parse().ok().filter(|presses| (1..=MOST).contains(presses));
    presses.ok_or_else(|| format!("a number from 1 to {MOST}"))
}

fn rate(text: &str) -> Result<f64, String> {
    let rate = text.parse().ok().filter(|rate| (0.01..=1_000.0).contains(rate));
    rate.ok_or_else(|| "calls a second, from 0.01 to 1000".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use emulator::{Access, KeyForm};
    use h324m::{BitOrder, Level};

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        call: Args,
    }

    fn parse(words: &str) -> Result<Args, clap::Error> {
        let words = ["call", "sip:1@127.0.0.1"].into_iter().chain(words.split_whitespace());
        Line::try_parse_from(words).map(|line| line.call)
    }

    fn access(words: &str) -> Access {
        parse(words).expect(words).access().expect(words)
    }

    fn terminal(words: &str) -> h324m::Config {
        match access(&format!("--3g {words}")) {
            Access::Circuit(three_g) => three_g.terminal,
            Access::Packets { .. } => panic!("{words}"),
        }
    }

    #[test]
    fn keys_may_be_written_with_and_without_commas() {
        let text = |written| keys(written).expect("keys").0.iter().map(Entry::to_string).collect::<Vec<_>>();
        for written in ["1,*,#", "1*#", "1, *, #"] {
            assert_eq!(text(written), ["1", "*", "#"], "{written}");
        }
        assert!(text("").is_empty());
        assert!(keys("1,x").is_err());
    }

    #[test]
    fn digits_in_brackets_are_typed_together() {
        let typed = keys("4,1,(2580),9(021#)").expect("keys");
        let text: Vec<String> = typed.0.iter().map(Entry::to_string).collect();
        assert_eq!(text, ["4", "1", "2580", "9", "021#"]);
        assert_eq!(typed.one_by_one().len(), 11);
        for wrong in ["(", "1)", "()", "(1", "((1))", "(x)"] {
            assert!(keys(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_3g_phone_is_an_ordinary_one_unless_told_otherwise() {
        let config = terminal("");
        assert_eq!((config.terminal_type, config.level), (128, Level::Two { optional_header: false }));
        assert_eq!((config.bit_order, config.wnsrp), (Some(BitOrder::Msb), true));
        assert_eq!((config.al2_sequence_numbers, config.al3_video), (true, false));
        assert_eq!(config.video, [media::Codec::H263]);
    }

    #[test]
    fn every_property_of_a_3g_phone_has_an_option() {
        let levels = [
            ("0", Level::Zero),
            ("1", Level::One { double_flag: false }),
            ("2", Level::Two { optional_header: false }),
            ("2oh", Level::Two { optional_header: true }),
        ];
        for (word, level) in levels {
            assert_eq!(terminal(&format!("--level {word}")).level, level);
        }
        assert!(!terminal("--srp nsrp").wnsrp);
        assert!(!terminal("--al2-sn off").al2_sequence_numbers);
        assert!(terminal("--al3").al3_video);
        assert_eq!(terminal("--bit-order lsb").bit_order, Some(BitOrder::Lsb));
        assert_eq!(terminal("--codec mpeg4").video, [media::Codec::Mpeg4]);
        for (word, form) in
            [("alphanumeric", KeyForm::Alphanumeric), ("signal", KeyForm::Signal), ("both", KeyForm::Both)]
        {
            let Access::Circuit(three_g) = access(&format!("--3g --key-form {word}")) else { panic!() };
            assert_eq!(three_g.keys, form);
        }
    }

    #[test]
    fn a_bad_line_is_told_in_parts_or_per_cent() {
        let line = |words| parse(words).expect(words).line.impairments();
        assert_eq!(line("").loss, 0.0);
        assert_eq!(line("--loss 2% --reorder 0.05").loss, 0.02);
        assert_eq!(line("--loss 2% --reorder 0.05").reorder, 0.05);
        assert_eq!(line("--3g --ber 1e-5").bit_errors, 1e-5);
        for wrong in ["--loss 101%", "--loss -1", "--loss much", "--3g --ber 0.6", "--reorder 2"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn options_that_do_not_go_together_are_refused() {
        for wrong in [
            "--level 2",
            "--key-form both",
            "--srp nsrp",
            "--al3",
            "--ber 1e-4",
            "--bit-order lsb",
            "--3g --audio amr",
            "--3g --level 3",
            "--rate 5",
            "--every-picture",
            "--calls 10 --out seen",
            "--calls 0",
            "--calls 10 --rate 0",
            "--seconds 0",
            "--sound 5000",
            "--caller pcmu-h264",
            "--desks 127.0.0.1:7000",
            "--calls 2 --desks 127.0.0.1:7000 --agent fax",
            "--time-keys 10",
            "--keys 1 --time-keys 0",
            "--keys 1 --time-keys 10 --calls 2",
        ] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
        let h264 = parse("--3g --codec h264").expect("each is an option").access();
        assert!(h264.expect_err("no 3G phone has it").to_string().contains("h263"));
    }

    #[test]
    fn a_telephone_offers_the_codecs_it_is_told() {
        use media::Codec::{Amr, H263, H264, Mpeg4, Pcma, Pcmu};
        for (words, sound, pictures) in [
            ("", vec![Pcmu, Pcma], H264),
            ("--audio amr --codec h263", vec![Amr], H263),
            ("--audio pcma --codec mpeg4", vec![Pcma], Mpeg4),
        ] {
            let Access::Packets { audio, video, .. } = access(words) else { panic!("{words}") };
            assert_eq!((audio, video), (sound, pictures), "{words}");
        }
    }

    #[test]
    fn a_page_that_did_not_come_is_a_failure_and_named() {
        let page = |key: Option<char>, changed| emulator::Page {
            entry: key.and_then(|key| Digit::try_from(key).ok()).map(Entry::from),
            at: Duration::ZERO,
            changed,
            picture: media::Picture::black(media::Size::QCIF),
            file: None,
        };
        let report = |pages: Vec<emulator::Page>| Report {
            timeline: emulator::Timeline::new(net::clock::now().mono),
            pages,
            sound: vec![0],
            pictures: 1,
            circuit: None,
            end: End::Local,
        };
        let walked = report(vec![page(None, true), page(Some('1'), true)]);
        assert_eq!(failure(&walked, 2), None);
        let stuck = report(vec![page(None, true), page(Some('1'), true), page(Some('9'), false)]);
        let why = failure(&stuck, 3).expect("a failure");
        assert_eq!(why, "key 9 changed nothing on the screen: page 3 did not come");
        assert!(failure(&walked, 3).expect("a failure").contains("time was over"));
    }

    #[test]
    fn what_is_sent_is_a_tone_or_a_file() {
        assert_eq!(sound("0"), Ok(Sound::Tone { hz: 0 }));
        assert_eq!(sound("440"), Ok(Sound::Tone { hz: 440 }));
        assert_eq!(sound("a.wav"), Ok(Sound::File("a.wav".into())));
    }
}
