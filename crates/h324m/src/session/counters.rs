//! What a terminal counts.

use std::time::Duration;

use crate::Level;
use crate::srp::Mode;

/// Counters of one call. All start at zero.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Counters {
    /// From the first octet that went out until speech was open both ways.
    pub audio_up_after: Option<Duration>,
    /// From the first octet that went out until [`crate::Event::Up`].
    pub up_after: Option<Duration>,
    /// `up_after` in round trips of the line, once a round trip was measured.
    pub up_round_trips: Option<f32>,
    /// The last round trip that was measured.
    pub round_trip: Option<Duration>,
    /// The level both ends run at.
    pub level: Option<Level>,
    /// How the control channel is acknowledged.
    pub srp_mode: Option<Mode>,
    /// Headers that Golay (24,12) repaired.
    pub golay_corrected: u64,
    /// Headers beyond repair, HEC of levels 0 and 1 included.
    pub headers_failed: u64,
    /// SDUs with a false checksum.
    pub crc_errors: u64,
    /// SDUs that never came, by their sequence numbers.
    pub sdus_lost: u64,
    /// Times the flags had to be searched anew.
    pub resyncs: u64,
    /// Octets that the line lost, as told.
    pub octets_lost: u64,
    /// Control frames sent again, and AL3 SDUs.
    pub retransmissions: u64,
    /// H.245 messages sent.
    pub messages_sent: u64,
    /// H.245 messages understood.
    pub messages_received: u64,
    /// H.245 messages that could not be read.
    pub messages_bad: u64,
    /// Speech frames put on the line.
    pub audio_sent: u64,
    /// Speech frames that came, bad ones included.
    pub audio_received: u64,
    /// Of them bad.
    pub audio_bad: u64,
    /// Speech frames dropped because they waited too long or no channel was open.
    pub audio_dropped: u64,
    /// Pictures whose last octet went to the line.
    pub pictures_sent: u64,
    /// Pictures dropped before they went: queue full, waiting for a key picture, no channel.
    pub pictures_dropped: u64,
    /// Pictures given up half-sent.
    pub pictures_abandoned: u64,
    /// Pictures that came whole.
    pub pictures_received: u64,
    /// Pictures that came damaged, handed on as such or dropped.
    pub pictures_damaged: u64,
    /// Key pictures we asked for.
    pub key_pictures_asked: u64,
    /// Key pictures the peer asked for.
    pub key_pictures_wanted: u64,
}
