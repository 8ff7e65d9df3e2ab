//! What a session is told by the offer/answer exchange.

use std::net::SocketAddr;
use std::time::Duration;

use media::amr::ModeSet;
use media::{Codec, Kind};

use crate::H264Mode;

/// What one m-line agreed on, in the terms of this crate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Our synchronisation source; `None` draws one from `seed`. Read by [`crate::Session::new`] only.
    pub ssrc: Option<u32>,
    /// Canonical name in our reports (RFC 3550 §6.5.1); cut to 255 octets.
    pub cname: String,
    /// Audio or video; every codec below is of this kind.
    pub kind: Kind,
    /// What is sent.
    pub send: SendFormat,
    /// What is taken: payload type, codec, and for H.264 its packetization mode (ignored for others).
    pub receive: Vec<(u8, Codec, H264Mode)>,
    /// How AMR, AMR-WB and clear mode are put into packets, both ways.
    pub sound: Sound,
    /// Payload type of telephone events we send; `None` when the peer takes none.
    pub dtmf_send: Option<u8>,
    /// Payload types of telephone events we take, all at the clock of the codec that is sent.
    pub dtmf_receive: Vec<u8>,
    /// Payload type of comfort noise (RFC 3389) that we send, at the clock of the codec that is sent; `None` when the
    /// peer takes none.
    pub noise_send: Option<u8>,
    /// Payload type of comfort noise that we take, likewise.
    pub noise_receive: Option<u8>,
    /// Where RTP goes until a source is latched; unspecified (`0.0.0.0`, `::`) during a hold by RFC 2543,
    /// when nothing is sent.
    pub remote_rtp: SocketAddr,
    /// Where RTCP goes until the peer's RTCP is seen; unused with `rtcp_mux`.
    pub remote_rtcp: SocketAddr,
    /// RTCP shares the RTP port (RFC 5761).
    pub rtcp_mux: bool,
    /// Which requests the peer takes.
    pub feedback: Feedback,
    /// Largest RTP payload in octets, payload header included; raised to [`crate::limits::MTU_MIN`].
    pub mtu: usize,
    /// Seed of SSRC, first sequence number, first timestamp and report intervals.
    pub seed: u64,
}

/// The one format a session sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SendFormat {
    /// Payload type, 0..=127, as the peer numbered it.
    pub pt: u8,
    /// Codec of every frame handed to [`crate::Session::send`].
    pub codec: Codec,
    /// Packetization mode of H.264 (RFC 6184 §6.2); ignored for other codecs.
    pub mode: H264Mode,
}

/// How sound is put into packets, for codecs that leave a choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sound {
    /// How long a packet sent lasts (`ptime`): for AMR whole frames of 20 ms, for clear mode
    /// 5..=60 ms; other values are brought within. G.711 is always sent in packets of 20 ms.
    pub packet: Duration,
    /// AMR or AMR-WB is sent octet aligned (RFC 4867 §4.4), else bandwidth-efficient (§4.3). Received packets that
    /// cannot be the one are tried as the other.
    pub amr_octet_aligned: bool,
    /// The AMR or AMR-WB modes that both sides may send (`mode-set`); frames of other modes are not sent.
    pub amr_modes: ModeSet,
    /// The AMR mode that the peer is asked to send at most; `None` asks for nothing (CMR 15).
    pub amr_mode_request: Option<u8>,
}

impl Default for Sound {
    /// Packets of 20 ms; bandwidth-efficient, all modes, no request: AMR without fmtp (RFC 4867 §8.1).
    fn default() -> Self {
        Sound {
            packet: Duration::from_millis(20),
            amr_octet_aligned: false,
            amr_modes: ModeSet::ALL,
            amr_mode_request: None,
        }
    }
}

/// What was negotiated by `a=rtcp-fb` (RFC 4585 §4.2, RFC 5104 §7.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Feedback {
    /// Picture Loss Indication; preferred when both are there.
    pub pli: bool,
    /// Full Intra Request.
    pub fir: bool,
    /// Temporary Maximum Media Stream Bit Rate Request, which is then sent by [`crate::Session::limit_peer`]. What the
    /// peer asks in this way is always heard.
    pub tmmbr: bool,
    /// Receiver Estimated Maximum Bitrate (draft-alvestrand-rmcat-remb), by which [`crate::Session::limit_peer`] asks
    /// where TMMBR was not agreed on, as browsers do.
    pub remb: bool,
}
