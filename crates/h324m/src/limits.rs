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

/// A picture is over when nothing more of it came for this long.
pub const PICTURE_SILENCE: Duration = Duration::from_millis(250);

/// Pictures whose own time falls behind their arrival by this much begin a new time line.
pub const PICTURE_LATE_MAX: Duration = Duration::from_secs(3);
/// Least that a peer's largest PDU is taken for, in octets: speech has to fit (AMR 12.2 on AL2: 33).
pub const PEER_PDU_MIN: u16 = 40;
/// Stuffing sequences that open a level, unbroken: third-party terminals want to see 21 in one piece.
pub const STUFFING_FIRST: u32 = 64;
