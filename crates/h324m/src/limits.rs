//! Every limit of this crate, and the times of its procedures.

use std::time::Duration;

/// A key picture is asked of the peer, and its wish passed on, at most this often.
pub const KEY_PICTURE_INTERVAL: Duration = Duration::from_secs(1);

/// How long a call that has speech waits for pictures before it counts as up.
pub const VIDEO_PATIENCE: Duration = Duration::from_secs(2);

/// A peer that sends nothing of H.223 for so long is gone.
pub const SILENCE_MAX: Duration = Duration::from_secs(10);

// Multiplex (h223).

/// Elements of one multiplex entry, nested ones included; a larger entry is invalid (H.245 allows 256 a list).
pub const ENTRY_ELEMENTS_MAX: usize = 1_024;
/// Lists within lists of a multiplex entry; a deeper one is invalid (H.245 `maxNestingDepth` 1..=15).
pub const ENTRY_DEPTH_MAX: usize = 15;
/// Logical channels open in one direction, control included; a further one is not opened.
pub const CHANNELS_MAX: usize = 16;
/// Things received that wait for `poll`; the oldest is dropped for a further one.
pub const RECEIVED_MAX: usize = 1_024;
/// Longest MUX-PDU received at level 0 and 1, in octets; a longer one is dropped.
pub const PDU_MAX: usize = 2_048;
/// Longest SDU taken in either direction, in octets; a longer one is given up, or refused.
pub const SDU_MAX: usize = 16 * 1_024;
/// Octets that wait on one channel to be sent; a further SDU is refused.
pub const SEND_QUEUE_MAX: usize = 64 * 1_024;
/// SDUs that wait on one channel to be sent; a further one is refused.
pub const SEND_QUEUE_SDUS_MAX: usize = 1_024;
/// Octets of sent SDUs kept on one AL3 channel for retransmission; the oldest are forgotten.
pub const SEND_BUFFER_MAX: u32 = 64 * 1_024;
/// Longest MUX-PDU of a video channel in octets, header and flag included, so that audio need not wait.
pub const VIDEO_PDU_MAX: usize = 122;
/// Longest known gap of the line that is filled, in octets (200 ms); behind a longer one the flag is searched.
pub const LOST_FILL_MAX: usize = 1_600;
/// Octets behind the place of a missing flag that are searched before the PDU is delivered without.
pub const HUNT_HOLD_OCTETS: usize = 300;
/// SDUs of an AL3 channel that wait for a missing one; with one more it is given up.
pub const AL3_HOLD_SDUS_MAX: usize = 16;
/// Missing SDUs in a row that are asked for again on an AL3 channel; a wider gap is loss.
pub const AL3_GAP_MAX: u16 = 8;
/// How long SDUs of an AL3 channel wait for a missing one, in octets of the line (400 ms).
pub const AL3_HOLD_OCTETS: u64 = 3_200;
/// Missing SDUs of an AL3 channel that never came, in a row, after which none is waited for any more.
pub const AL3_PATIENCE: u8 = 3;
/// Requests and answers of retransmission that wait on one AL3 channel; further ones are dropped.
pub const AL3_REQUESTS_MAX: usize = 16;

/// Speech frames taken from one SDU; `maxAl-sduAudioFrames` says one.
pub const SPEECH_FRAMES_MAX: usize = 8;

/// A picture of more octets is given up. H.263 QCIF allows 8 kB (BPPmaxKb 64, §5.1).
pub const PICTURE_LEN_MAX: usize = 65_536;

/// Pictures that wait to be polled; the oldest is dropped.
pub const PICTURES_READY_MAX: usize = 64;

/// A picture is over when so many octets of the line have come since its last (100 ms): whoever has more to send of it
/// uses the line.
pub const PICTURE_SILENCE: u64 = 800;

/// Pictures whose own time falls behind their arrival by this much begin a new time line.
pub const PICTURE_LATE_MAX: Duration = Duration::from_secs(3);
/// Least that a peer's largest PDU is taken for, in octets: speech has to fit (AMR 12.2 on AL2: 33).
pub const PEER_PDU_MIN: u16 = 40;
/// Octets of stuffing that open a level, unbroken: two packets of 20 ms, and more than 40 sequences. Third-party
/// terminals want to see 21 sequences within 105 octets that come together.
pub const STUFFING_FIRST: usize = 320;

/// Speech that falls behind its arrival by this much begins a new time line: frames are missing.
pub const SPEECH_LATE_MAX: Duration = Duration::from_millis(120);

/// Speech frames that wait for the line (100 ms); the oldest is dropped.
pub const SPEECH_QUEUE_MAX: usize = 5;

/// Speech bits of the highest mode of AMR in a second: what a channel takes unless it was agreed otherwise.
pub const SPEECH_BPS_MAX: u32 = 12_200;

/// What speech takes of the line: AMR 12.2 with AL2 and a level 2 header, 38 octets in 20 ms.
pub const SPEECH_BPS: u32 = 15_200;

/// Octets of pictures that wait for the line (1.3 s of it); a further picture is dropped, and all up to the
/// next key picture. A key picture is taken at any length.
pub const PICTURE_QUEUE_MAX: usize = 8_000;

/// Longest SDU of pictures that is sent, in octets: what is lost with one wrong bit.
pub const PICTURE_SDU_MAX: usize = 250;

/// Shortest limit of a peer for its SDUs that is believed.
pub const PICTURE_SDU_MIN: usize = 40;

/// Pictures whose delay is measured before it is told (h223SkewIndication).
pub const SKEW_PICTURES: u32 = 10;

/// Octets of the line that are kept while its bit order is searched.
pub const ORDER_KEPT_MAX: usize = 16 * 1_024;

/// Control messages that wait for the link; further ones are dropped.
pub const OUTBOX_MAX: usize = 64;

/// T401 is at least so long, and that much longer than two timed answers.
pub const T401_MIN: Duration = Duration::from_millis(400);
/// Tries in vain after which T401 is [`T401_MIN`].
pub const T401_TRIES: u32 = 3;
/// What T401 has above two timed answers: the line is shared with speech, and packets are put in order.
pub const T401_MARGIN: Duration = Duration::from_millis(200);

/// Octets up to which messages are packed into one control SDU on a line where control frames were lost: with one
/// wrong bit in a thousand, 250 octets arrive one time in eight, 64 more than every second time.
pub const BUNDLE_LEN_ROUGH: usize = 64;
/// Control frames that came damaged or had to be sent again, from which on the line counts as such.
pub const ROUGH_FRAMES: u64 = 3;

/// Octets up to which messages are packed into one control SDU: one CCSRL segment.
pub const BUNDLE_LEN_MAX: usize = 250;

/// Channels of the peer that are open at once; a further one is refused.
pub const INCOMING_MAX: usize = 4;

/// Digits taken from one alphanumeric user input.
pub const DIGITS_MAX: usize = 32;

/// Messages of the peer that are complained about in a call.
pub const COMPLAINTS_MAX: u32 = 10;

/// Entries of a peer's capability table that are kept, as many as one message can have; what was told first is
/// forgotten.
pub const CAPABILITIES_MAX: usize = 256;
/// Capability descriptors of a peer that are kept (phones have one to three), the last ones told.
pub const DESCRIPTORS_MAX: usize = 16;

/// Longest SDU that we say we take, AL2 and AL3.
pub const DECLARED_SDU_MAX: u16 = 1_024;

/// The delay jitter that we say we make (`maximumDelayJitter`), ms.
pub const DECLARED_JITTER_MS: u16 = 60;

/// No H.324 on an answered line for so long ends the call (H.324 §C.6).
pub const LEVEL_WAIT: Duration = Duration::from_secs(6);

/// The peer's capabilities are waited for so long once the level is settled.
pub const CAPABILITIES_WAIT: Duration = Duration::from_secs(20);

/// H.245 T101, capability exchange.
pub const T101: Duration = Duration::from_secs(30);

/// H.245 T103, opening a channel.
pub const T103: Duration = Duration::from_secs(30);

/// A channel both ways of a master that refused ours for it is waited for so long.
pub const YIELD: Duration = Duration::from_secs(5);

/// H.245 T104, multiplex table.
pub const T104: Duration = Duration::from_secs(10);

/// The table is sent so often before the call is given up.
pub const TABLE_TRIES_MAX: u32 = 3;

/// H.245 T105, round trip.
pub const T105: Duration = Duration::from_secs(30);

/// The round trip is measured so often.
pub const PROBE_INTERVAL: Duration = Duration::from_secs(30);

/// H.245 T106, master/slave determination.
pub const T106: Duration = Duration::from_secs(30);

/// H.245 N100: numbers drawn in one determination.
pub const N100: u32 = 3;

/// H.245 T103 of a channel of ours that is being closed: after that it is as good as closed.
pub const T103_CLOSING: Duration = Duration::from_secs(10);

/// H.245 T102, T107, T108 and T109: a loop, table entries, a channel closed, or a mode that we asked for.
pub const WISH_WAIT: Duration = Duration::from_secs(10);

/// PDUs by a code without an entry, within [`MISSING_WINDOW`], after which the entry is asked for.
pub const MISSING_PDUS: u16 = 25;

/// Octets of the line (2 s) in which [`MISSING_PDUS`] are counted.
pub const MISSING_WINDOW: u64 = 16_000;

/// The longest MUX-PDU that we ask the peer for (`maxH223MUXPDUsize`), in octets: what level 2 can have, and at
/// levels 0 and 1 what may be lost with one wrong bit.
pub const PDU_WANTED: u16 = 254;

/// EndSession of the peer is waited for so long after ours.
pub const END_WAIT: Duration = Duration::from_secs(5);

/// It is waited for so long once ours was acknowledged by the control channel: many phones say nothing more.
pub const END_HEARD_WAIT: Duration = Duration::from_millis(500);

// Control (srp, h245).

/// Longest SDU of control messages, in octets, received or sent; a longer one is dropped, or refused.
pub use h245::limits::CONTROL_SDU_MAX;
/// Longest segment of CCSRL, in octets.
pub const CCSRL_SEGMENT_MAX: usize = 256;
/// Commands that WNSRP lets be under way (H.324 §A.4).
pub const SRP_WINDOW: u8 = 5;
/// N402: so many answers in the plain form, and WNSRP is given up (H.324 §A.5).
pub const N402: u32 = 3;
