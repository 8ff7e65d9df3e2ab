//! Limits of this crate, and what happens at each.

/// Octets asked of the kernel for the receive queue of a signalling socket. The default (212 kB on
/// Debian) loses packets at 2000 calls a second. A smaller grant is reported, not refused.
pub const SIGNALLING_RECEIVE_BUFFER: usize = 4 << 20;

/// Octets asked of the kernel for the receive queue of a media socket: two seconds of a 512 kbit/s
/// picture stream with the kernel's per-packet overhead, should a shard be held up.
pub const MEDIA_RECEIVE_BUFFER: usize = 512 << 10;

/// The longest datagram UDP over IPv4 or IPv6 can carry without jumbograms. Nothing is ever cut off.
pub const DATAGRAM_MAX: usize = 65_535;

/// Datagrams longer than this are no RTP or RTCP of ours or of any peer; on media sockets they are
/// dropped and counted as `oversize`. Ethernet jumbo frames (9000) stay below.
pub const MEDIA_DATAGRAM_MAX: usize = 9_216;

/// Datagrams taken from one socket before the others get their turn. What is left stays in the
/// kernel's queue until the next round, which follows at once.
pub const BATCH_PER_SOCKET: usize = 64;

/// Readiness events taken from the kernel in one wait; the rest come with the next wait.
pub const EVENTS_PER_WAIT: usize = 1024;

/// Octets of the chunk that small media datagrams are cut from. A frame that is kept keeps its
/// whole chunk alive, so this bounds what a slow reader holds per datagram.
pub const CHUNK: usize = 32 << 10;

/// Datagrams at most this long are cut from the shared chunk; longer ones get their own allocation.
pub const CHUNKED_MAX: usize = 2_048;
