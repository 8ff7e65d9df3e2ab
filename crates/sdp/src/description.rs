//! A session description as a call reads it (RFC 8866), one struct for the session and one for each m-line.
//!
//! What the session level says for all lines (`c=`, direction, header extensions) is already applied to each [`MediaLine`].
//! Times other than `t=`, titles, keys and contact lines are dropped. Start at [`Description::parse`].

use std::net::IpAddr;

use crate::{ParseError, Payload};

/// A whole description.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    /// Who made it and in which version.
    pub origin: Origin,
    /// `s=`; empty when it was missing.
    pub name: String,
    /// Session level `c=`; `None` when there is none or it holds a name, not an address.
    pub connection: Option<IpAddr>,
    /// Session level `b=` lines.
    pub bandwidth: Bandwidth,
    /// Start and stop of each `t=`; never empty.
    pub times: Vec<(u64, u64)>,
    /// Session level attributes that are not applied to the lines.
    pub attributes: Vec<Attribute>,
    /// The m-lines, in order.
    pub media: Vec<MediaLine>,
}

/// The `o=` line (RFC 8866 §5.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// User name; `-` for none.
    pub username: String,
    /// Numeric text, kept as it came.
    pub session_id: String,
    /// Grows by one with every change (RFC 3264 §8).
    pub version: u64,
    /// Address of the maker; a name is kept as text.
    pub address: String,
}

/// One m-line with all that belongs to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediaLine {
    /// First word of the line.
    pub kind: MediaKind,
    /// RTP port; 0 refuses or removes the line (RFC 3264 §6, §8.2).
    pub port: u16,
    /// Such as `RTP/AVP`.
    pub proto: String,
    /// Payload types in order of preference; empty for protocols other than RTP.
    pub payloads: Vec<Payload>,
    /// Format words of protocols other than RTP, and of an RTP line without any payload type; else empty.
    pub formats: Vec<String>,
    /// As the maker of the description sees it; `sendrecv` when nothing is said (RFC 8866 §6.7).
    pub direction: Direction,
    /// Address of this line: its own `c=`, else that of the session.
    pub connection: Option<IpAddr>,
    /// Port of `a=rtcp` (RFC 3605).
    pub rtcp_port: Option<u16>,
    /// Address of `a=rtcp`, when it names one.
    pub rtcp_address: Option<IpAddr>,
    /// `a=rtcp-mux` (RFC 5761 §5.1.1).
    pub rtcp_mux: bool,
    /// `a=rtcp-fb` lines (RFC 4585 §4.2): payload type (`None` = `*`) and the rest of the line.
    pub feedback: Vec<(Option<u8>, String)>,
    /// `a=extmap` lines, those of the session too (RFC 8285 §5).
    pub extensions: Vec<Extension>,
    /// `b=` lines of this m-line.
    pub bandwidth: Bandwidth,
    /// `a=ptime` in ms.
    pub ptime: Option<u16>,
    /// `a=maxptime` in ms.
    pub max_ptime: Option<u16>,
    /// `a=mid` (RFC 5888).
    pub mid: Option<String>,
    /// Everything else, in order.
    pub attributes: Vec<Attribute>,
}

/// What an m-line carries.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum MediaKind {
    /// `audio`.
    Audio,
    /// `video`.
    Video,
    /// `text`.
    Text,
    /// Any other word, such as `application`.
    Other(String),
}

/// Who sends, as seen by one side (RFC 8866 §6.7).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Both.
    #[default]
    SendRecv,
    /// This side only.
    SendOnly,
    /// The other side only.
    RecvOnly,
    /// Neither.
    Inactive,
}

/// `b=` lines of one level.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bandwidth {
    /// `AS` in kbit/s, with IP, UDP and RTP headers (RFC 8866 §5.8).
    pub as_kbps: Option<u32>,
    /// `TIAS` in bit/s, without them (RFC 3890).
    pub tias_bps: Option<u32>,
    /// Others, such as `RS` and `RR` (RFC 3556), in order.
    pub others: Vec<(String, u64)>,
}

/// What an element of the RTP header extension means (RFC 8285 §5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extension {
    /// Number of the element: 1..=255, or in an offer with too many of them 4096..=4351.
    pub id: u16,
    /// Who sends it, seen by the maker of the line.
    pub direction: Direction,
    /// What it is.
    pub uri: String,
    /// What follows the name; `None` without any.
    pub attributes: Option<String>,
}

/// An `a=` line that has no field of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// Before the colon.
    pub name: String,
    /// After it; `None` without a colon.
    pub value: Option<String>,
}

impl Description {
    /// Reads a description; tolerant of missing `o=`, `s=` and `t=`, an empty `z=`, bare LF, trailing
    /// blanks and unknown lines.
    ///
    /// # Errors
    /// When a line cannot be read at all or a limit of [`crate::limits`] is passed.
    pub fn parse(text: &[u8]) -> Result<Self, ParseError> {
        crate::parse::description(text)
    }

    /// The text with CRLF line ends.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        crate::print::description(self)
    }
}

impl Direction {
    /// The same fact as the other side sees it.
    #[must_use]
    pub fn reversed(self) -> Self {
        match self {
            Direction::SendOnly => Direction::RecvOnly,
            Direction::RecvOnly => Direction::SendOnly,
            Direction::SendRecv | Direction::Inactive => self,
        }
    }

    /// Whether this side sends.
    #[must_use]
    pub fn sends(self) -> bool {
        match self {
            Direction::SendRecv | Direction::SendOnly => true,
            Direction::RecvOnly | Direction::Inactive => false,
        }
    }

    /// Whether this side receives.
    #[must_use]
    pub fn receives(self) -> bool {
        self.reversed().sends()
    }

    /// From the two halves.
    #[must_use]
    pub fn new(sends: bool, receives: bool) -> Self {
        match (sends, receives) {
            (true, true) => Direction::SendRecv,
            (true, false) => Direction::SendOnly,
            (false, true) => Direction::RecvOnly,
            (false, false) => Direction::Inactive,
        }
    }

    /// What both allow.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Direction::new(self.sends() && other.sends(), self.receives() && other.receives())
    }

    /// The attribute's name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Direction::SendRecv => "sendrecv",
            Direction::SendOnly => "sendonly",
            Direction::RecvOnly => "recvonly",
            Direction::Inactive => "inactive",
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        [Direction::SendRecv, Direction::SendOnly, Direction::RecvOnly, Direction::Inactive]
            .into_iter()
            .find(|direction| direction.as_str().eq_ignore_ascii_case(name))
    }
}

impl MediaKind {
    /// The word of the m-line.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            MediaKind::Audio => "audio",
            MediaKind::Video => "video",
            MediaKind::Text => "text",
            MediaKind::Other(word) => word,
        }
    }

    /// Audio and video as `media` knows them.
    #[must_use]
    pub fn kind(&self) -> Option<media::Kind> {
        match self {
            MediaKind::Audio => Some(media::Kind::Audio),
            MediaKind::Video => Some(media::Kind::Video),
            MediaKind::Text | MediaKind::Other(_) => None,
        }
    }
}

impl From<media::Kind> for MediaKind {
    fn from(kind: media::Kind) -> Self {
        match kind {
            media::Kind::Audio => MediaKind::Audio,
            media::Kind::Video => MediaKind::Video,
        }
    }
}

impl MediaLine {
    /// A `sendrecv` line without formats.
    #[must_use]
    pub fn new(kind: MediaKind, port: u16, proto: &str) -> Self {
        MediaLine {
            kind,
            port,
            proto: proto.to_owned(),
            payloads: Vec::new(),
            formats: Vec::new(),
            direction: Direction::SendRecv,
            connection: None,
            rtcp_port: None,
            rtcp_address: None,
            rtcp_mux: false,
            feedback: Vec::new(),
            extensions: Vec::new(),
            bandwidth: Bandwidth::default(),
            ptime: None,
            max_ptime: None,
            mid: None,
            attributes: Vec::new(),
        }
    }

    /// Whether the protocol is one of the RTP profiles, secured or not.
    #[must_use]
    pub fn is_rtp(&self) -> bool {
        self.proto.split('/').any(|word| word.eq_ignore_ascii_case("RTP"))
    }

    /// Whether the peer that wrote this line has put us on hold: `sendonly`, `inactive`, or the zero
    /// address of RFC 2543 (RFC 3264 §8.4).
    #[must_use]
    pub fn holds(&self) -> bool {
        !self.direction.receives() || self.connection.is_some_and(|address| address.is_unspecified())
    }
}

impl Bandwidth {
    /// What the media itself may take, in bit/s: `TIAS`, else `AS`.
    #[must_use]
    pub fn bits_per_second(&self) -> Option<u32> {
        self.tias_bps.or_else(|| self.as_kbps.map(|kbps| kbps.saturating_mul(1_000)))
    }
}
