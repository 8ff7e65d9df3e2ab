//! What a session counts.

use std::time::Duration;

/// Counters of one session since it was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// RTP packets taken from the latched source.
    pub received: u64,
    /// Their payload octets.
    pub received_octets: u64,
    /// Packets of the present source that were expected and did not come (RFC 3550 §A.3).
    pub lost: u64,
    /// Packets that came after they were given up, or twice; not in `received`.
    pub late: u64,
    /// Interarrival jitter of the present source (RFC 3550 §6.4.1).
    pub jitter: Duration,
    /// Frames given out.
    pub frames: u64,
    /// Of these, frames of which a part was missing.
    pub damaged: u64,
    /// RTP packets of a payload type that was not agreed on.
    pub wrong_payload_type: u64,
    /// RTP packets, payloads and RTCP datagrams that could not be read, or of a wrong size.
    pub malformed: u64,
    /// Datagrams of a source other than the latched one.
    pub wrong_source: u64,
    /// RTP packets dropped because their sequence number jumped.
    pub jumped: u64,
    /// RTP packets sent.
    pub sent_packets: u64,
    /// Their payload octets.
    pub sent_octets: u64,
    /// Frames, or NAL units of them, that could not be sent: wrong codec, over a limit, or unreadable.
    pub unsendable: u64,
    /// Packets sent that are larger than the MTU (H.264 in packetization mode 0).
    pub oversize: u64,
    /// Requests for a key picture that were sent.
    pub key_frames_requested: u64,
    /// Requests for a key picture that came.
    pub key_frames_wanted: u64,
    /// Round-trip time by the peer's last report (RFC 3550 §6.4.1).
    pub rtt: Option<Duration>,
    /// Fraction of our packets lost by the peer's last report, in 1/256.
    pub remote_fraction_lost: u8,
    /// Our packets lost in all by the peer's last report.
    pub remote_lost: i32,
}
