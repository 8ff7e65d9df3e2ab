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
