//! Every limit of this crate, with what happens there.

use std::time::Duration;

/// Longest RTP datagram taken, and longest that a NAL unit in packetization mode 0 makes; longer ones are
/// dropped and counted.
pub const DATAGRAM_MAX: usize = 32 * 1024;
/// Longest RTCP datagram taken; longer ones are dropped and counted.
pub const RTCP_MAX: usize = 8 * 1024;
/// Most packets read from one RTCP datagram; the rest is passed over.
pub const RTCP_PACKETS_MAX: usize = 64;
/// Smallest payload that a session is willing to pack into, in octets; smaller configurations are raised.
pub const MTU_MIN: usize = 100;
/// Largest picture that is put together, in octets; a larger one is given up and counted as malformed.
pub const PICTURE_MAX: usize = 1 << 20;
/// Sequence parameter sets remembered of one H.264 source; a further one replaces the oldest.
pub const SPS_MAX: usize = 4;
/// Picture parameter sets remembered of one H.264 source; a further one replaces the oldest.
pub const PPS_MAX: usize = 16;
/// Outputs that wait for `poll_output`; further packets and frames are dropped and counted.
pub const OUTPUTS_MAX: usize = 8_192;

/// Packets that wait for a missing one; with one more the missing one is given up.
pub const REORDER_MAX: usize = 16;
/// How long a packet waits for a missing one before it.
pub const REORDER_HOLD: Duration = Duration::from_millis(60);
/// Forward jump of the sequence number that is still loss (RFC 3550 §A.1, MAX_DROPOUT).
pub const DROPOUT_MAX: u16 = 3_000;
/// Backward jump that is still reordering (RFC 3550 §A.1, MAX_MISORDER).
pub const MISORDER_MAX: u16 = 100;
/// A latched source that was silent this long may be replaced by one from another address;
/// the negotiated address need not wait.
pub const LATCH_SILENCE: Duration = Duration::from_secs(3);
/// A timestamp that is this far from where real time puts it starts a new time line.
pub const TIMESTAMP_JUMP: Duration = Duration::from_secs(10);

/// Shortest audio packet taken (contract of every SIP phone: 10..60 ms).
pub const AUDIO_PACKET_MIN: Duration = Duration::from_millis(10);
/// Longest audio packet taken.
pub const AUDIO_PACKET_MAX: Duration = Duration::from_millis(60);
/// Largest audio frame taken by `send`, in octets of G.711: one second.
pub const AUDIO_FRAME_MAX: usize = 8_000;

/// Digits that wait to be sent; further ones are refused.
pub const DIGITS_MAX: usize = 32;
/// Shortest digit sent (ITU-T Q.24: 40 ms must be recognised).
pub const DIGIT_MIN: Duration = Duration::from_millis(40);
/// Longest digit sent: fits the 16-bit duration of RFC 4733 §2.3.5 at 8000 Hz.
pub const DIGIT_SENT_MAX: Duration = Duration::from_secs(5);
/// Longest payload of comfort noise in octets, received or sent: a level and coefficients, of which RFC 3389 §3.2
/// thinks of about ten.
pub const COMFORT_NOISE_MAX: usize = 32;

/// Between two digits sent.
pub const DIGIT_PAUSE: Duration = Duration::from_millis(60);
/// A digit that is not refreshed this long is over (all its end packets were lost).
pub const DIGIT_SILENCE: Duration = Duration::from_millis(300);

/// Shortest time between two requests for a key picture; a request within it is sent when it is over.
pub const KEY_FRAME_REQUEST_INTERVAL: Duration = Duration::from_millis(500);
/// Shortest time between two of our TMMBR, and how long one waits for its answer before it is sent again.
pub const RATE_REQUEST_INTERVAL: Duration = Duration::from_secs(1);
/// A TMMBR that is not answered is sent so often; then the peer has no ear for it.
pub const RATE_REQUESTS_MAX: u32 = 5;
/// Shortest time between two TMMBN; a TMMBR within it is answered when it is over.
pub const RATE_ANSWER_INTERVAL: Duration = Duration::from_millis(200);
/// Shortest time between two [`crate::Event::Report`].
pub const REPORT_TOLD_INTERVAL: Duration = Duration::from_millis(500);
/// Shortest average interval between reports (RFC 3550 §6.2).
pub const REPORT_INTERVAL_MIN: Duration = Duration::from_secs(5);
/// Longest canonical name in octets (RFC 3550 §6.5).
pub const CNAME_MAX: usize = 255;

/// Longest packet of a circuit taken, in octets: 200 ms.
pub const CIRCUIT_PACKET_MAX: usize = 1_600;

/// Shortest packet of a circuit sent.
pub const CIRCUIT_PACKET_SENT_MIN: Duration = Duration::from_millis(5);

/// A gap of a circuit that is longer than this is not made up for: the line begins anew.
pub const CIRCUIT_JUMP: Duration = Duration::from_secs(2);

/// How far our sending rate may be from 64 kbit/s, in parts per million.
pub const CIRCUIT_RATE_PPM: u32 = 200;

/// What is overdue on a circuit by more than this is not sent any more: the peer has filled in for it.
pub const CIRCUIT_BEHIND_MAX: Duration = Duration::from_millis(200);

/// AMR frames in one packet, received or sent; packets of more are dropped and counted.
pub const AMR_FRAMES_MAX: usize = 16;

/// Octets of the headers (VOS, VO, VOL) remembered of one MPEG-4 source; longer ones are not.
pub const MPEG4_CONFIG_MAX: usize = 512;

/// Longest payload of a text packet taken, in octets; longer ones are dropped and counted. A typist makes ten of them.
pub const TEXT_PAYLOAD_MAX: usize = 4 * 1024;
/// Redundant blocks in one packet (RFC 2198 §3), received or sent; packets of more are malformed.
pub const RED_BLOCKS_MAX: usize = 16;
/// Blocks of text that wait for a missing one; with one more the missing one is given up.
pub const TEXT_REORDER_MAX: usize = 32;
/// Blocks of text kept at most, those included that nobody has polled yet; a further packet is refused.
pub const TEXT_BLOCKS_MAX: usize = 64;
/// Events of text that wait to be polled; a further packet is refused. One packet, or a source that ends, may add more
/// than that at once, no more than its blocks hold.
pub const TEXT_EVENTS_MAX: usize = 4_096;
/// How long text waits for a missing block before it (RFC 4103 §5.4).
pub const TEXT_HOLD: Duration = Duration::from_secs(1);
/// Characters of a control sequence or control string that are passed over; what goes on longer is text again.
pub const TEXT_CONTROL_MAX: u16 = 256;
/// Characters that wait to be sent, two minutes of the default rate; text that exceeds them is refused.
pub const TEXT_WAITING_MAX: usize = 4_096;
/// Longest block of text sent, in octets: with all its generations a packet stays below 1100.
pub const TEXT_BLOCK_SENT_MAX: usize = 256;
/// Most generations of redundancy sent; more are brought down to it.
pub const TEXT_GENERATIONS_MAX: u8 = 3;
/// Shortest interval between packets of text.
pub const TEXT_INTERVAL_MIN: Duration = Duration::from_millis(20);
/// Longest interval between packets of text (RFC 4103 §5.1).
pub const TEXT_INTERVAL_MAX: Duration = Duration::from_millis(500);
