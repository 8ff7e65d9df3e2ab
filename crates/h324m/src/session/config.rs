//! What a terminal is told before its call.

use bytes::Bytes;
use media::Codec;

use crate::{BitOrder, Level};

/// Parameters of one terminal. [`Config::default`] is the gateway towards a 3G phone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The highest level of the multiplex; the call runs at the lower one of both ends (H.324 §C.6).
    pub level: Level,
    /// `terminalType` of master/slave determination (H.245 §C.2): the larger one becomes master. 128 is
    /// what phones say, 192 a gateway.
    pub terminal_type: u8,
    /// Windowed SRP is tried (H.324 Annex A.4); without it, NSRP alone.
    pub wnsrp: bool,
    /// Order of the bits in each octet handed over; `None` finds out, and sends as RFC 4040 has it until then.
    pub bit_order: Option<BitOrder>,
    /// Our channels on AL2 carry sequence numbers (H.223 §7.3), where the peer takes them.
    pub al2_sequence_numbers: bool,
    /// Our video goes on AL3 where the peer takes that, which retransmits and needs a bidirectional channel.
    pub al3_video: bool,
    /// The speech we send and take.
    pub audio: AudioChoice,
    /// The picture codecs we send and take, best first; empty for a call without pictures. H.263 and MPEG-4.
    pub video: Vec<Codec>,
    /// Our encoder follows `videoTemporalSpatialTradeOff`: said so in the H.263 channel, and the peer's wishes
    /// are told ([`Event::TradeOffWanted`](crate::Event::TradeOffWanted)).
    pub trade_off: bool,
    /// VOS, VO and VOL headers of the MPEG-4 that will be sent, for the peer's decoder; without them MPEG-4
    /// is only received.
    pub mpeg4_config: Option<Bytes>,
    /// The most that our video may take, and that we ask for, in bit/s (multiples of 100).
    pub video_bps_max: u32,
    /// What the vendor identification says of us, printable ASCII; empty sends none.
    pub vendor: String,
    /// The bearer is answered already. When `false` nothing times out before [`Input::Answered`] or the first
    /// octet of the peer that is not idle fill.
    ///
    /// [`Input::Answered`]: crate::Input::Answered
    pub answered: bool,
    /// Seed of everything that is drawn.
    pub seed: u64,
}

/// The speech codec.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AudioChoice {
    /// AMR narrow-band, at most this much: 4750..=12200 bit/s (3GPP TS 26.071).
    Amr {
        /// Bits a second of the highest mode.
        bps_max: u32,
    },
}

impl Default for Config {
    fn default() -> Self {
        Config {
            level: Level::Two { optional_header: false },
            terminal_type: 192,
            wnsrp: true,
            bit_order: None,
            al2_sequence_numbers: true,
            al3_video: false,
            audio: AudioChoice::Amr { bps_max: 12_200 },
            video: vec![Codec::Mpeg4, Codec::H263],
            trade_off: false,
            mpeg4_config: None,
            video_bps_max: 52_000,
            vendor: "Vireo".into(),
            answered: true,
            seed: 0,
        }
    }
}
