//! What kind of telephone calls, and over what line.

use anyhow::bail;
use emulator::{Access, Impairments, KeyForm, ThreeG};
use h324m::{BitOrder, Level};
use media::Size;

use super::{Args, Audio, Codec};

/// A 3G-324M phone.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "3G phones")]
pub(super) struct ThreeGOptions {
    /// Call as a 3G-324M phone behind a trunk gateway: H.324M on a 64 kbit/s circuit (RFC 4040)
    #[arg(long = "3g", id = "three_g")]
    on: bool,

    /// Highest level of the multiplex; the call runs at the lower one of both ends
    #[arg(long, value_enum, default_value_t = LevelName::Two, requires = "three_g")]
    level: LevelName,

    /// How control messages are acknowledged
    #[arg(long, value_enum, default_value_t = Srp::Wnsrp, requires = "three_g")]
    srp: Srp,

    /// Sequence numbers in our AL2
    #[arg(long, value_enum, default_value_t = Switch::On, requires = "three_g")]
    al2_sn: Switch,

    /// Send pictures on AL3, which repeats what was lost
    #[arg(long, requires = "three_g")]
    al3: bool,

    /// How keys are said
    #[arg(long, value_enum, default_value_t = KeyFormName::Alphanumeric, requires = "three_g")]
    key_form: KeyFormName,

    /// Which bit of an octet comes first on the line; RFC 4040 has the most significant one first
    #[arg(long, value_enum, default_value_t = BitOrderName::Msb, requires = "three_g")]
    bit_order: BitOrderName,
}

/// A bad line.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "The line, both ways")]
pub(super) struct LineOptions {
    /// Share of wrong bits on the circuit, such as 1e-5
    #[arg(long, value_name = "P", default_value_t = 0.0, requires = "three_g", value_parser = bit_errors)]
    ber: f64,

    /// Share of lost packets, such as 2% or 0.02
    #[arg(long, value_name = "P", default_value = "0", value_parser = share)]
    loss: f64,

    /// Share of packets that the next one overtakes
    #[arg(long, value_name = "P", default_value = "0", value_parser = share)]
    reorder: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum LevelName {
    /// H.223 alone
    #[value(name = "0")]
    Zero,
    /// Annex A: a longer flag
    #[value(name = "1")]
    One,
    /// Annex B: headers that repair themselves
    #[value(name = "2")]
    Two,
    /// Annex B with the optional header
    #[value(name = "2oh")]
    TwoOptionalHeader,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Srp {
    /// One message at a time
    Nsrp,
    /// Several at once, where the peer does it, too
    Wnsrp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Switch {
    /// Where the peer takes them
    On,
    /// Never
    Off,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum KeyFormName {
    /// As text, as most phones do
    Alphanumeric,
    /// As a signal with a duration
    Signal,
    /// Both for each key
    Both,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum BitOrderName {
    /// The most significant
    Msb,
    /// The least significant
    Lsb,
}

impl Args {
    /// What the options make of the telephone.
    ///
    /// # Errors
    /// In words for a person, when no phone is like that.
    pub(super) fn access(&self) -> anyhow::Result<Access> {
        if self.three_g.on {
            self.three_g.access(self.codec.unwrap_or(Codec::H263))
        } else {
            Ok(self.packets())
        }
    }

    fn packets(&self) -> Access {
        use media::Codec as Of;
        let audio = match self.audio.unwrap_or(Audio::G711) {
            Audio::G711 => vec![Of::Pcmu, Of::Pcma],
            Audio::Pcmu => vec![Of::Pcmu],
            Audio::Pcma => vec![Of::Pcma],
            Audio::Amr => vec![Of::Amr],
        };
        let (video, size) = match self.codec.unwrap_or(Codec::H264) {
            Codec::H264 => (Of::H264, Size::CIF),
            Codec::H263 => (Of::H263, Size::QCIF),
            Codec::Mpeg4 => (Of::Mpeg4, Size::QCIF),
        };
        Access::Packets { audio, video, size }
    }
}

impl ThreeGOptions {
    fn access(&self, codec: Codec) -> anyhow::Result<Access> {
        let video = match codec {
            Codec::H263 => media::Codec::H263,
            Codec::Mpeg4 => media::Codec::Mpeg4,
            Codec::H264 => bail!("a 3G phone has --codec h263 or mpeg4; it has no H.264"),
        };
        let terminal = h324m::Config {
            level: self.level.level(),
            wnsrp: self.srp == Srp::Wnsrp,
            bit_order: Some(self.bit_order.bit_order()),
            al2_sequence_numbers: self.al2_sn == Switch::On,
            al3_video: self.al3,
            video: vec![video],
            ..ThreeG::default().terminal
        };
        let keys = match self.key_form {
            KeyFormName::Alphanumeric => KeyForm::Alphanumeric,
            KeyFormName::Signal => KeyForm::Signal,
            KeyFormName::Both => KeyForm::Both,
        };
        Ok(Access::Circuit(ThreeG { terminal, keys }))
    }
}

impl LevelName {
    fn level(self) -> Level {
        match self {
            LevelName::Zero => Level::Zero,
            LevelName::One => Level::One { double_flag: false },
            LevelName::Two => Level::Two { optional_header: false },
            LevelName::TwoOptionalHeader => Level::Two { optional_header: true },
        }
    }
}

impl BitOrderName {
    fn bit_order(self) -> BitOrder {
        match self {
            BitOrderName::Msb => BitOrder::Msb,
            BitOrderName::Lsb => BitOrder::Lsb,
        }
    }
}

impl LineOptions {
    pub(super) fn impairments(&self) -> Impairments {
        Impairments { bit_errors: self.ber, loss: self.loss, reorder: self.reorder }
    }
}

/// `2%` or `0.02`.
fn share(text: &str) -> Result<f64, String> {
    let (number, unit) = text.strip_suffix('%').map_or((text, 1.0), |number| (number, 100.0));
    let share = number.trim().parse::<f64>().ok().map(|number| number / unit);
    share.filter(|share| (0.0..=1.0).contains(share)).ok_or_else(|| "a share such as 2% or 0.02".to_owned())
}

/// Beyond one half a line carries less than none.
fn bit_errors(text: &str) -> Result<f64, String> {
    let share = text.parse::<f64>().ok().filter(|share| (0.0..=0.5).contains(share));
    share.ok_or_else(|| "a share of bits such as 1e-4, at most 0.5".to_owned())
}
