//! A non-blocking UDP socket bound to one address, with its drops counted.
//!
//! A socket is `connect`ed only after its peer has been latched: the kernel then skips the route
//! look-up per packet and filters other sources. `dissolve` takes that back for a re-INVITE.
//! Each local address has its own socket, so the address a datagram came in by needs no `IP_PKTINFO`.
//! Start at [`Socket::bind`].

use std::collections::HashMap;
use std::fmt;
use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use bytes::{Bytes, BytesMut};
use mio::net::UdpSocket;
use socket2::{Domain, Protocol, SockRef, Type};

use crate::limits::{CHUNK, CHUNKED_MAX, DATAGRAM_MAX};

/// Why a socket cannot be had.
#[derive(Debug, thiserror::Error)]
#[error("cannot bind UDP {address}: {source}")]
pub struct BindError {
    /// The address that was asked for.
    pub address: SocketAddr,
    /// What the kernel said.
    #[source]
    pub source: io::Error,
}

impl BindError {
    /// Another socket has this address and port.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.source.kind() == ErrorKind::AddrInUse
    }
}

/// The kernel granted a smaller receive queue than was asked for; its text says what to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BufferCapped {
    /// Octets asked for.
    pub asked: usize,
    /// Octets granted.
    pub granted: usize,
}

impl fmt::Display for BufferCapped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let BufferCapped { asked, granted } = self;
        write!(
            f,
            "the kernel grants a receive queue of {granted} octets instead of {asked}, so bursts may be \
             lost; raise it with: sysctl -w net.core.rmem_max={asked}"
        )
    }
}

/// What a socket could not take or send. Counts go up only, and wrap never in practice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Drops {
    /// Datagrams not sent because the kernel's send queue was full.
    pub send_full: u64,
    /// Datagrams not sent for another reason (unreachable network, too long).
    pub send_failed: u64,
    /// Received datagrams longer than the socket's users ever need.
    pub oversize: u64,
    /// ICMP errors reported by the kernel: the peer's port is closed or its host unreachable.
    pub icmp: u64,
}

impl Drops {
    /// Adds the counts of another socket.
    pub fn add(&mut self, other: Drops) {
        self.send_full += other.send_full;
        self.send_failed += other.send_failed;
        self.oversize += other.oversize;
        self.icmp += other.icmp;
    }
}

/// Memory that datagrams are received into; one for all sockets of a thread.
///
/// The landing area is zeroed once, when it is made. A datagram is copied out of it at its true
/// length: small ones into a shared chunk (one allocation for a few dozen), long ones into their own.
pub struct Buffers {
    landing: Box<[u8]>,
    chunk: BytesMut,
}

impl Default for Buffers {
    fn default() -> Self {
        Buffers { landing: vec![0; DATAGRAM_MAX].into_boxed_slice(), chunk: BytesMut::with_capacity(CHUNK) }
    }
}

impl fmt::Debug for Buffers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Buffers").field("chunk_left", &self.chunk.capacity()).finish_non_exhaustive()
    }
}

impl Buffers {
    /// The first `len` octets of the landing area as octets of their own.
    fn take(&mut self, len: usize, shared: bool) -> Bytes {
        let data = &self.landing[..len];
        if !shared || len > CHUNKED_MAX {
            return Bytes::copy_from_slice(data);
        }
        if self.chunk.capacity() < len {
            // Takes the old chunk again when all its datagrams are gone, else a new one.
            self.chunk.reserve(CHUNK);
        }
        self.chunk.extend_from_slice(data);
        self.chunk.split().freeze()
    }
}

/// How a socket's datagrams are received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receiving {
    /// Datagrams longer than this many octets are dropped and counted.
    pub len_max: usize,
    /// Cut small datagrams from a shared chunk. For those that live shortly (media); a message that
    /// a transaction keeps for half a minute must not hold a chunk of others.
    pub shared: bool,
}

/// One round of receiving from one socket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// Datagrams delivered.
    pub received: usize,
    /// The kernel's queue is empty; `false` when the round ended at its bound.
    pub drained: bool,
}

/// A bound, non-blocking UDP socket.
#[derive(Debug)]
pub struct Socket {
    inner: UdpSocket,
    local: SocketAddr,
    peer: Option<SocketAddr>,
    drops: Drops,
}

impl Socket {
    /// Binds `address` (port 0: any free one) and asks for a receive queue of `receive_buffer` octets.
    /// The second value tells that the kernel granted less; the socket works all the same.
    ///
    /// # Errors
    /// When the address is busy, not of this machine, or no file descriptor is left.
    pub fn bind(
        address: SocketAddr,
        receive_buffer: usize,
    ) -> Result<(Socket, Option<BufferCapped>), BindError> {
        Self::open(address, receive_buffer).map_err(|source| BindError { address, source })
    }

    fn open(address: SocketAddr, receive_buffer: usize) -> io::Result<(Socket, Option<BufferCapped>)> {
        let socket = socket2::Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
        if address.is_ipv6() {
            // The IPv4 wildcard of the same port is another socket's business.
            socket.set_only_v6(true)?;
        }
        socket.set_nonblocking(true)?;
        let capped = grow_receive_queue(&socket, receive_buffer)?;
        socket.bind(&address.into())?;
        let inner = UdpSocket::from_std(socket.into());
        let local = inner.local_addr()?;
        Ok((Socket { inner, local, peer: None, drops: Drops::default() }, capped))
    }

    /// The address and port this socket is bound to.
    #[must_use]
    pub fn local(&self) -> SocketAddr {
        self.local
    }

    /// The peer this socket is connected to.
    #[must_use]
    pub fn peer(&self) -> Option<SocketAddr> {
        self.peer
    }

    /// What was dropped since the counts were last taken.
    #[must_use]
    pub fn drops(&self) -> Drops {
        self.drops
    }

    /// The counts since they were last taken, which start again at zero.
    pub fn take_drops(&mut self) -> Drops {
        std::mem::take(&mut self.drops)
    }

    /// Sends one datagram. UDP promises nothing, so what cannot be sent now is dropped and counted;
    /// `false` says so.
    pub fn send(&mut self, to: SocketAddr, data: &[u8]) -> bool {
        match self.try_send(to, data) {
            Ok(_) => return true,
            Err(error) if error.kind() == ErrorKind::WouldBlock => self.drops.send_full += 1,
            Err(error) if is_icmp(&error) => {
                // The error belongs to an earlier datagram; asking has cleared it.
                self.drops.icmp += 1;
                if self.try_send(to, data).is_ok() {
                    return true;
                }
                self.drops.send_failed += 1;
            }
            Err(error) => {
                tracing::trace!(%to, %error, "datagram not sent");
                self.drops.send_failed += 1;
            }
        }
        false
    }

    fn try_send(&self, to: SocketAddr, data: &[u8]) -> io::Result<usize> {
        if self.peer == Some(to) { self.inner.send(data) } else { self.inner.send_to(data, to) }
    }

    /// Delivers up to `max` waiting datagrams with their sources.
    pub fn receive(
        &mut self,
        buffers: &mut Buffers,
        how: Receiving,
        max: usize,
        deliver: &mut dyn FnMut(SocketAddr, Bytes),
    ) -> Batch {
        let mut received = 0;
        // Errors count as a turn too, or a storm of ICMP errors would hold the thread here.
        for _ in 0..max {
            match self.inner.recv_from(&mut buffers.landing) {
                Ok((len, _)) if len > how.len_max => self.drops.oversize += 1,
                Ok((len, from)) => {
                    received += 1;
                    deliver(from, buffers.take(len, how.shared));
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    return Batch { received, drained: true };
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => {
                    tracing::trace!(local = %self.local, %error, "receive reports an earlier datagram's fate");
                    self.drops.icmp += 1;
                }
            }
        }
        Batch { received, drained: false }
    }

    /// Ties the socket to a latched peer: sends to it are cheaper, other sources are not received any
    /// more. Datagrams of others that wait already are still delivered.
    ///
    /// # Errors
    /// When the kernel has no route to `peer`; the socket stays as it was.
    pub fn connect(&mut self, peer: SocketAddr) -> io::Result<()> {
        if self.peer != Some(peer) {
            self.inner.connect(peer)?;
            self.peer = Some(peer);
        }
        Ok(())
    }

    /// Unties the socket from its peer, so that any source is received again. Address and port stay.
    ///
    /// # Errors
    /// Passed on from the kernel; a port that was bound by its number cannot be lost.
    pub fn dissolve(&mut self) -> io::Result<()> {
        if self.peer.take().is_none() {
            return Ok(());
        }
        rustix::net::connect_unspec(&self.inner)?;
        // Linux keeps a port over this only if it was asked for by number, not one it chose itself.
        if self.inner.local_addr()? != self.local {
            SockRef::from(&self.inner).bind(&self.local.into())?;
        }
        Ok(())
    }

    /// Throws away what waits in the kernel's queue: the late packets of an earlier call.
    pub fn discard(&mut self, buffers: &mut Buffers) {
        let how = Receiving { len_max: DATAGRAM_MAX, shared: true };
        self.receive(buffers, how, crate::limits::BATCH_PER_SOCKET, &mut |_, _| {});
    }

    pub(crate) fn source(&mut self) -> &mut UdpSocket {
        &mut self.inner
    }
}

/// Asks for the queue twice: as any user, then past `net.core.rmem_max` as an administrator may.
fn grow_receive_queue(socket: &socket2::Socket, asked: usize) -> io::Result<Option<BufferCapped>> {
    let socket = SockRef::from(socket);
    socket.set_recv_buffer_size(asked)?;
    // Linux answers with the double of what it took, to count its own overhead (socket(7)).
    let granted = |socket: &SockRef<'_>| socket.recv_buffer_size().map(|doubled| doubled / 2);
    if granted(&socket)? < asked
        && let Err(error) = rustix::net::sockopt::set_socket_recv_buffer_size_force(&*socket, asked)
    {
        tracing::debug!(%error, "no right to exceed net.core.rmem_max");
    }
    let granted = granted(&socket)?;
    Ok((granted < asked).then_some(BufferCapped { asked, granted }))
}

/// The kernel reports an ICMP error of an earlier datagram on the next call.
fn is_icmp(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::ConnectionRefused | ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable
    )
}

/// Datagrams the kernel dropped because a receive queue was full, per bound UDP socket of this
/// network namespace (all processes). Reads `/proc/net/udp*`; for reports, not for each packet.
///
/// # Errors
/// When `/proc` cannot be read.
pub fn kernel_drops() -> io::Result<HashMap<SocketAddr, u64>> {
    let mut all = HashMap::new();
    for table in ["/proc/net/udp", "/proc/net/udp6"] {
        match std::fs::read_to_string(table) {
            Ok(text) => all.extend(text.lines().skip(1).filter_map(drops_of_line)),
            // A kernel without IPv6 has no second table.
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(all)
}

/// Columns of `/proc/net/udp`: the second is the local address, the last the drops (proc(5)).
fn drops_of_line(line: &str) -> Option<(SocketAddr, u64)> {
    let mut columns = line.split_ascii_whitespace();
    let (address, port) = columns.nth(1)?.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    let drops = columns.next_back()?.parse().ok()?;
    let word = |at: usize| u32::from_str_radix(address.get(at..at + 8)?, 16).ok().map(u32::to_ne_bytes);
    let ip = match address.len() {
        8 => IpAddr::V4(Ipv4Addr::from(word(0)?)),
        32 => {
            let mut octets = [0; 16];
            for (part, at) in octets.chunks_exact_mut(4).zip([0, 8, 16, 24]) {
                part.copy_from_slice(&word(at)?);
            }
            IpAddr::V6(Ipv6Addr::from(octets))
        }
        _ => return None,
    };
    Some((SocketAddr::new(ip, port), drops))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::{BATCH_PER_SOCKET, MEDIA_DATAGRAM_MAX};

    const MEDIA: Receiving = Receiving { len_max: MEDIA_DATAGRAM_MAX, shared: true };

    fn loopback() -> Socket {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Socket::bind(address, 64 << 10).expect("loopback has free ports").0
    }

    fn received(socket: &mut Socket, max: usize) -> (Vec<(SocketAddr, Bytes)>, Batch) {
        let mut all = Vec::new();
        let batch =
            socket.receive(&mut Buffers::default(), MEDIA, max, &mut |from, data| all.push((from, data)));
        (all, batch)
    }

    #[test]
    fn delivers_datagrams_whole_in_order_and_with_their_source() {
        let (mut here, mut there) = (loopback(), loopback());
        for text in ["one", "", "three"] {
            assert!(there.send(here.local(), text.as_bytes()));
        }
        let (all, batch) = received(&mut here, 10);
        let texts: Vec<&[u8]> = all.iter().map(|(_, data)| &data[..]).collect();
        assert_eq!(texts, [&b"one"[..], b"", b"three"]);
        assert!(all.iter().all(|(from, _)| *from == there.local()));
        assert_eq!(batch, Batch { received: 3, drained: true });
    }

    #[test]
    fn a_round_ends_at_its_bound_and_the_next_goes_on() {
        let (mut here, mut there) = (loopback(), loopback());
        for number in 0..5u8 {
            assert!(there.send(here.local(), &[number]));
        }
        assert_eq!(received(&mut here, 3).1, Batch { received: 3, drained: false });
        let (rest, batch) = received(&mut here, 3);
        assert_eq!(rest.iter().map(|(_, data)| data[0]).collect::<Vec<_>>(), [3, 4]);
        assert!(batch.drained);
    }

    #[test]
    fn kept_datagrams_are_not_overwritten_by_later_ones() {
        let (mut here, mut there) = (loopback(), loopback());
        let mut buffers = Buffers::default();
        let mut kept = Vec::new();
        // More than two chunks, in sizes on both sides of the chunk's bound.
        for number in 0..120u8 {
            let len = if number % 7 == 0 { CHUNKED_MAX + 100 } else { 700 };
            assert!(there.send(here.local(), &vec![number; len]));
            here.receive(&mut buffers, MEDIA, 1, &mut |_, data| kept.push((number, len, data)));
        }
        assert_eq!(kept.len(), 120);
        for (number, len, data) in kept {
            assert_eq!(data, vec![number; len]);
        }
    }

    #[test]
    fn a_datagram_beyond_the_bound_is_dropped_and_counted() {
        let (mut here, mut there) = (loopback(), loopback());
        assert!(there.send(here.local(), &vec![0; MEDIA_DATAGRAM_MAX + 1]));
        assert!(there.send(here.local(), &vec![0; MEDIA_DATAGRAM_MAX]));
        let (all, _) = received(&mut here, 10);
        assert_eq!(all.iter().map(|(_, data)| data.len()).collect::<Vec<_>>(), [MEDIA_DATAGRAM_MAX]);
        assert_eq!(here.drops().oversize, 1);
    }

    #[test]
    fn a_connected_socket_hears_its_peer_alone_until_it_is_dissolved() {
        let (mut here, mut peer, mut other) = (loopback(), loopback(), loopback());
        let address = here.local();
        here.connect(peer.local()).expect("loopback has a route");
        assert_eq!(here.peer(), Some(peer.local()));
        assert!(peer.send(address, b"peer"));
        other.send(address, b"other");
        let (all, _) = received(&mut here, 10);
        assert_eq!(all, [(peer.local(), Bytes::from_static(b"peer"))]);

        here.dissolve().expect("a bound socket can be untied");
        assert_eq!(here.local(), address, "address and port stay");
        // The stranger's socket still holds the ICMP error of its first try.
        assert!(other.send(address, b"other"));
        let (all, _) = received(&mut here, 10);
        assert_eq!(all, [(other.local(), Bytes::from_static(b"other"))]);
    }

    #[test]
    fn a_connected_socket_can_send_elsewhere_too() {
        let (mut here, peer, mut other) = (loopback(), loopback(), loopback());
        here.connect(peer.local()).expect("loopback has a route");
        assert!(here.send(other.local(), b"reply"));
        assert_eq!(received(&mut other, 1).0.len(), 1);
    }

    #[test]
    fn a_closed_peer_port_is_counted_and_ends_nothing() {
        let (mut here, gone) = (loopback(), loopback());
        let address = gone.local();
        drop(gone);
        here.connect(address).expect("loopback has a route");
        for _ in 0..4 {
            here.send(address, b"anyone there?");
        }
        assert!(here.drops().icmp > 0, "{:?}", here.drops());
        assert!(received(&mut here, BATCH_PER_SOCKET).0.is_empty());
        let mut friend = loopback();
        here.dissolve().expect("a bound socket can be untied");
        assert!(here.send(friend.local(), b"still alive"));
        assert_eq!(received(&mut friend, 1).0.len(), 1);
    }

    #[test]
    fn what_cannot_be_sent_is_counted() {
        let (mut here, there) = (loopback(), loopback());
        assert!(!here.send(there.local(), &vec![0; DATAGRAM_MAX + 1]));
        assert_eq!(here.take_drops(), Drops { send_failed: 1, ..Drops::default() });
        assert_eq!(here.drops(), Drops::default());
    }

    #[test]
    fn a_busy_port_is_named() {
        let here = loopback();
        let error = Socket::bind(here.local(), 64 << 10).expect_err("two sockets cannot share a port");
        assert!(error.is_busy());
        assert!(error.to_string().contains(&here.local().to_string()), "{error}");
        let foreign = SocketAddr::from(([192, 0, 2, 1], 0));
        assert!(!Socket::bind(foreign, 64 << 10).expect_err("not an address of ours").is_busy());
    }

    #[test]
    fn a_queue_smaller_than_asked_is_told_with_the_remedy() {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let asked = 4 << 20;
        let (socket, capped) = Socket::bind(address, asked).expect("loopback has free ports");
        let kernel = SockRef::from(&socket.inner).recv_buffer_size().expect("a socket has a size") / 2;
        match capped {
            None => assert!(kernel >= asked, "granted {kernel} without a word"),
            Some(capped) => {
                assert_eq!(capped, BufferCapped { asked, granted: kernel });
                assert!(capped.to_string().contains("net.core.rmem_max=4194304"));
            }
        }
    }

    #[test]
    fn the_kernels_own_drops_are_found_by_address() {
        let (mut here, mut there) = (loopback(), loopback());
        let before = kernel_drops().expect("/proc is mounted");
        assert_eq!(before.get(&here.local()), Some(&0));
        // More than any 64 kB queue holds.
        for _ in 0..400 {
            there.send(here.local(), &[0; 1000]);
        }
        let lost = kernel_drops().expect("/proc is mounted")[&here.local()];
        let mut delivered = 0;
        while received(&mut here, 64).1.received > 0 {
            delivered += 64;
        }
        assert!(lost > 0 && lost < 400 && delivered > 0, "lost {lost}");
    }

    #[test]
    fn reads_both_tables_of_the_kernel() {
        let v4 = "  345: 0100007F:13C4 00000000:0000 07 00000000:00000000 00:00000000 00000000  1000        0 \
                  26513 2 0000000000000000 17";
        assert_eq!(drops_of_line(v4), Some(("127.0.0.1:5060".parse().unwrap(), 17)));
        let v6 = "  345: 00000000000000000000000001000000:13C4 00000000000000000000000000000000:0000 07 \
                  00000000:00000000 00:00000000 00000000  1000        0 26513 2 0000000000000000 0";
        assert_eq!(drops_of_line(v6), Some(("[::1]:5060".parse().unwrap(), 0)));
        for bad in ["", "345:", "345: zz:13C4 1 2", "345: 0100007F:13C4 x", "345: 0100:13C4 1"] {
            assert_eq!(drops_of_line(bad), None, "{bad}");
        }
    }
}
