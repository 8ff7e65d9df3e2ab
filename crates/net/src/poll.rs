//! Waits on all sockets of one shard and delivers what arrived (epoll through mio).
//!
//! One thread owns a poller with its sockets; other threads reach it by a [`Waker`]. Readiness is
//! edge-triggered: a socket is read until it is empty, at most
//! [`BATCH_PER_SOCKET`](crate::limits::BATCH_PER_SOCKET) datagrams a round; one that has more is
//! served again in the next round, which then does not sleep. Start at [`Poller::wait`].

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use mio::{Events, Interest, Poll, Token};
use rustc_hash::FxHashMap;

use crate::limits::{BATCH_PER_SOCKET, DATAGRAM_MAX, EVENTS_PER_WAIT, MEDIA_DATAGRAM_MAX};
use crate::ports::Pair;
use crate::udp::{Buffers, Drops, Receiving, Socket};

/// The name of a pair of media sockets: unique within the allocator that bound it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PairId(pub u32);

/// One socket of a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Component {
    /// The even port.
    Rtp,
    /// The odd port.
    Rtcp,
}

/// The socket that a datagram came in by, or goes out by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Channel {
    /// A signalling socket: the index of its local address.
    Signalling(u8),
    /// A media socket.
    Media(PairId, Component),
}

/// What one wait brought.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Woken {
    /// Datagrams delivered.
    pub datagrams: usize,
    /// A [`Waker`] was used since the last wait.
    pub by_waker: bool,
}

/// The kernel does not watch this pair: too many watched files. The pair is handed back.
#[derive(Debug, thiserror::Error)]
#[error("cannot watch the media sockets of port {}: {error}", .pair.rtp.local().port())]
pub struct Unwatched {
    /// The pair, for [`Pairs::give_back`](crate::ports::Pairs::give_back).
    pub pair: Pair,
    /// What the kernel said.
    #[source]
    pub error: io::Error,
}

/// Wakes a poller from another thread. Several wakes before the next wait count as one.
#[derive(Clone, Debug)]
pub struct Waker(Arc<mio::Waker>);

impl Waker {
    /// Ends the poller's current or next wait at once.
    ///
    /// # Errors
    /// Passed on from the kernel; not known to happen.
    pub fn wake(&self) -> io::Result<()> {
        self.0.wake()
    }
}

const WAKER: Token = Token(usize::MAX);

/// The sockets of one shard.
#[derive(Debug)]
pub struct Poller {
    poll: Poll,
    events: Events,
    waker: Waker,
    buffers: Buffers,
    slots: Vec<Option<Slot>>,
    vacant: Vec<usize>,
    /// Our own numbers, so that no hash that withstands an attacker is needed.
    by_channel: FxHashMap<Channel, usize>,
    /// Slots that were not read empty in the last round.
    backlog: Vec<usize>,
    /// Drops of sockets that are gone.
    gone: Drops,
}

#[derive(Debug)]
struct Slot {
    channel: Channel,
    socket: Socket,
}

impl Poller {
    /// A poller without sockets.
    ///
    /// # Errors
    /// When no file descriptor is left.
    pub fn new() -> io::Result<Poller> {
        let poll = Poll::new()?;
        let waker = Waker(Arc::new(mio::Waker::new(poll.registry(), WAKER)?));
        Ok(Poller {
            poll,
            events: Events::with_capacity(EVENTS_PER_WAIT),
            waker,
            buffers: Buffers::default(),
            slots: Vec::new(),
            vacant: Vec::new(),
            by_channel: FxHashMap::default(),
            backlog: Vec::new(),
            gone: Drops::default(),
        })
    }

    /// A handle that other threads wake this poller with.
    #[must_use]
    pub fn waker(&self) -> Waker {
        self.waker.clone()
    }

    /// Takes a signalling socket; `local` is the index of its address.
    ///
    /// # Errors
    /// Passed on from the kernel: too many watched files.
    ///
    /// # Panics
    /// When `local` is taken.
    pub fn add_signalling(&mut self, local: u8, socket: Socket) -> io::Result<()> {
        self.add(Channel::Signalling(local), socket).map_err(|(_, error)| error)
    }

    /// Takes a pair of media sockets and throws away what waits in them.
    ///
    /// # Errors
    /// [`Unwatched`], with the pair.
    ///
    /// # Panics
    /// When a pair of this name is here already.
    pub fn add_pair(&mut self, pair: Pair) -> Result<(), Box<Unwatched>> {
        let Pair { id, mut rtp, mut rtcp } = pair;
        rtp.discard(&mut self.buffers);
        rtcp.discard(&mut self.buffers);
        let unwatched = |rtp, rtcp, error| Err(Box::new(Unwatched { pair: Pair { id, rtp, rtcp }, error }));
        if let Err((rtp, error)) = self.add(Channel::Media(id, Component::Rtp), rtp) {
            return unwatched(rtp, rtcp, error);
        }
        if let Err((rtcp, error)) = self.add(Channel::Media(id, Component::Rtcp), rtcp) {
            let rtp = self.remove(Channel::Media(id, Component::Rtp)).expect("it was added just now");
            return unwatched(rtp, rtcp, error);
        }
        Ok(())
    }

    /// Makes a pair ready for another call where it stands: untied, and empty. Far cheaper than closing
    /// it and binding it again. `false` when it is not here.
    pub fn renew_pair(&mut self, id: PairId) -> bool {
        self.dissolve(id);
        [Component::Rtp, Component::Rtcp].into_iter().all(|component| {
            let Some(slot) = self.by_channel.get(&Channel::Media(id, component)) else { return false };
            let Some(slot) = &mut self.slots[*slot] else { return false };
            slot.socket.discard(&mut self.buffers);
            true
        })
    }

    /// Gives a pair back with its sockets untied: for [`Pairs::give_back`], which closes it, or for
    /// [`Poller::add_pair`], here or on another shard. `None` when it is not here.
    ///
    /// [`Pairs::give_back`]: crate::ports::Pairs::give_back
    pub fn remove_pair(&mut self, id: PairId) -> Option<Pair> {
        let rtp = self.remove(Channel::Media(id, Component::Rtp));
        let rtcp = self.remove(Channel::Media(id, Component::Rtcp));
        Some(Pair { id, rtp: rtp?, rtcp: rtcp? })
    }

    fn add(&mut self, channel: Channel, mut socket: Socket) -> Result<(), (Socket, io::Error)> {
        assert!(!self.by_channel.contains_key(&channel), "{channel:?} is taken");
        let slot = self.vacant.pop().unwrap_or_else(|| {
            self.slots.push(None);
            self.slots.len() - 1
        });
        if let Err(error) = self.poll.registry().register(socket.source(), Token(slot), Interest::READABLE) {
            self.vacant.push(slot);
            return Err((socket, error));
        }
        self.slots[slot] = Some(Slot { channel, socket });
        self.by_channel.insert(channel, slot);
        Ok(())
    }

    fn remove(&mut self, channel: Channel) -> Option<Socket> {
        let slot = self.by_channel.remove(&channel)?;
        let mut socket = self.slots[slot].take()?.socket;
        self.vacant.push(slot);
        self.backlog.retain(|waiting| *waiting != slot);
        let left = self.poll.registry().deregister(socket.source()).and_then(|()| socket.dissolve());
        if let Err(error) = left {
            tracing::warn!(?channel, %error, "socket could not be untied");
        }
        self.gone.add(socket.take_drops());
        Some(socket)
    }

    /// Waits up to `timeout` (`None`: without end) for datagrams or a wake, and delivers what came.
    /// A signal of the operating system ends the wait early with nothing delivered.
    ///
    /// # Errors
    /// When the kernel refuses to wait, which no later wait would mend.
    pub fn wait(
        &mut self,
        timeout: Option<Duration>,
        deliver: &mut dyn FnMut(Channel, SocketAddr, Bytes),
    ) -> io::Result<Woken> {
        let mut woken = Woken::default();
        let timeout = if self.backlog.is_empty() { timeout } else { Some(Duration::ZERO) };
        match self.poll.poll(&mut self.events, timeout) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::Interrupted => self.events.clear(),
            Err(error) => return Err(error),
        }
        let mut ready = std::mem::take(&mut self.backlog);
        let waiting = ready.len();
        for event in &self.events {
            let slot = event.token();
            if slot == WAKER {
                woken.by_waker = true;
            } else if !ready[..waiting].contains(&slot.0) {
                ready.push(slot.0);
            }
        }
        for slot in ready {
            let Some(Slot { channel, socket }) = self.slots.get_mut(slot).and_then(Option::as_mut) else {
                continue;
            };
            let channel = *channel;
            let batch =
                socket.receive(&mut self.buffers, receiving(channel), BATCH_PER_SOCKET, &mut |from, data| {
                    deliver(channel, from, data);
                });
            woken.datagrams += batch.received;
            if !batch.drained {
                self.backlog.push(slot);
            }
        }
        Ok(woken)
    }

    /// Sends one datagram by `channel`; what cannot be sent is dropped and counted. `false` for that,
    /// and for a channel that is not here (any more).
    pub fn send(&mut self, channel: Channel, to: SocketAddr, data: &[u8]) -> bool {
        self.socket(channel).is_some_and(|socket| socket.send(to, data))
    }

    /// Ties a media socket to its latched peer; see [`Socket::connect`]. A peer without a route is
    /// reported in the log and the socket stays untied, which costs speed only.
    pub fn connect(&mut self, id: PairId, component: Component, peer: SocketAddr) {
        let socket = self.socket(Channel::Media(id, component));
        if let Some(Err(error)) = socket.map(|socket| socket.connect(peer)) {
            tracing::debug!(%peer, %error, "media socket stays unconnected");
        }
    }

    /// Unties both sockets of a pair: a re-INVITE may bring another peer; see [`Socket::dissolve`].
    pub fn dissolve(&mut self, id: PairId) {
        for component in [Component::Rtp, Component::Rtcp] {
            if let Some(Err(error)) = self.socket(Channel::Media(id, component)).map(Socket::dissolve) {
                tracing::warn!(?id, %error, "media socket could not be untied");
            }
        }
    }

    /// The address a channel's socket is bound to.
    #[must_use]
    pub fn local(&self, channel: Channel) -> Option<SocketAddr> {
        let slot = *self.by_channel.get(&channel)?;
        self.slots[slot].as_ref().map(|slot| slot.socket.local())
    }

    /// Sockets watched.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_channel.len()
    }

    /// No socket is watched.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_channel.is_empty()
    }

    /// What all sockets, those gone included, dropped since this poller was made.
    #[must_use]
    pub fn drops(&self) -> Drops {
        let mut sum = self.gone;
        self.slots.iter().flatten().for_each(|slot| sum.add(slot.socket.drops()));
        sum
    }

    fn socket(&mut self, channel: Channel) -> Option<&mut Socket> {
        let slot = *self.by_channel.get(&channel)?;
        self.slots[slot].as_mut().map(|slot| &mut slot.socket)
    }
}

/// Signalling takes whole datagrams (a parser answers what is too long) and keeps messages for the
/// life of a transaction; media is short and short-lived.
fn receiving(channel: Channel) -> Receiving {
    match channel {
        Channel::Signalling(_) => Receiving { len_max: DATAGRAM_MAX, shared: false },
        Channel::Media(..) => Receiving { len_max: MEDIA_DATAGRAM_MAX, shared: true },
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    /// Longer than any delivery on loopback takes, so that a failing test ends.
    const LONG: Option<Duration> = Some(Duration::from_secs(10));
    const NOW: Option<Duration> = Some(Duration::ZERO);

    fn loopback() -> Socket {
        Socket::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), 1 << 20).expect("a free port").0
    }

    fn pair(id: u32) -> Pair {
        Pair { id: PairId(id), rtp: loopback(), rtcp: loopback() }
    }

    fn media(id: u32, component: Component) -> Channel {
        Channel::Media(PairId(id), component)
    }

    fn wait(poller: &mut Poller, timeout: Option<Duration>) -> (Vec<(Channel, Bytes)>, Woken) {
        let mut all = Vec::new();
        let woken =
            poller.wait(timeout, &mut |channel, _, data| all.push((channel, data))).expect("epoll can wait");
        (all, woken)
    }

    #[test]
    fn says_by_which_socket_a_datagram_came() {
        let mut poller = Poller::new().expect("a poller");
        poller.add_signalling(3, loopback()).expect("watched");
        poller.add_pair(pair(7)).expect("watched");
        assert_eq!(poller.len(), 3);
        let mut peer = loopback();
        let channels = [Channel::Signalling(3), media(7, Component::Rtp), media(7, Component::Rtcp)];
        for channel in channels {
            let to = poller.local(channel).expect("it is here");
            assert!(peer.send(to, b"x"));
            let (all, woken) = wait(&mut poller, LONG);
            assert_eq!(all, [(channel, Bytes::from_static(b"x"))]);
            assert_eq!(woken, Woken { datagrams: 1, by_waker: false });
        }
    }

    #[test]
    fn a_flood_on_one_socket_does_not_hold_up_another_and_nothing_is_forgotten() {
        let mut poller = Poller::new().expect("a poller");
        poller.add_signalling(0, loopback()).expect("watched");
        poller.add_signalling(1, loopback()).expect("watched");
        let mut peer = loopback();
        let flood = 2 * BATCH_PER_SOCKET + 10;
        for _ in 0..flood {
            assert!(peer.send(poller.local(Channel::Signalling(0)).expect("here"), b"flood"));
        }
        assert!(peer.send(poller.local(Channel::Signalling(1)).expect("here"), b"call"));

        let (first, _) = wait(&mut poller, LONG);
        assert_eq!(first.len(), BATCH_PER_SOCKET + 1);
        assert!(first.iter().any(|(channel, _)| *channel == Channel::Signalling(1)));
        // No new edge comes for the rest; the long time-out shows that the wait does not sleep.
        let rest = wait(&mut poller, LONG).0.len() + wait(&mut poller, LONG).0.len();
        assert_eq!(first.len() + rest, flood + 1);
        assert!(wait(&mut poller, NOW).0.is_empty());
    }

    #[test]
    fn another_thread_wakes_a_wait_without_end() {
        let mut poller = Poller::new().expect("a poller");
        let waker = poller.waker();
        let thread = std::thread::spawn(move || waker.wake());
        let (all, woken) = wait(&mut poller, None);
        thread.join().expect("no panic").expect("woken");
        assert!(all.is_empty());
        assert!(woken.by_waker);
        assert!(!wait(&mut poller, NOW).1.by_waker, "one wake counts once");
    }

    #[test]
    fn a_latched_pair_hears_its_peer_alone_until_it_is_dissolved() {
        let mut poller = Poller::new().expect("a poller");
        poller.add_pair(pair(1)).expect("watched");
        let (mut peer, mut other) = (loopback(), loopback());
        let here = poller.local(media(1, Component::Rtp)).expect("here");
        poller.connect(PairId(1), Component::Rtp, peer.local());
        other.send(here, b"other");
        peer.send(here, b"peer");
        assert_eq!(wait(&mut poller, LONG).0, [(media(1, Component::Rtp), Bytes::from_static(b"peer"))]);
        poller.dissolve(PairId(1));
        assert!(other.send(here, b"other"));
        assert_eq!(wait(&mut poller, LONG).0, [(media(1, Component::Rtp), Bytes::from_static(b"other"))]);
    }

    #[test]
    fn a_pair_that_comes_back_brings_no_packets_of_the_earlier_call() {
        let mut poller = Poller::new().expect("a poller");
        poller.add_pair(pair(1)).expect("watched");
        let mut peer = loopback();
        let here = poller.local(media(1, Component::Rtp)).expect("here");
        poller.connect(PairId(1), Component::Rtp, peer.local());
        assert!(peer.send(here, b"late"));
        let back = poller.remove_pair(PairId(1)).expect("it was here");
        assert_eq!(back.rtp.peer(), None);
        assert!(poller.remove_pair(PairId(1)).is_none());
        assert!(poller.is_empty());
        assert!(!poller.send(media(1, Component::Rtp), peer.local(), b"nobody"));

        poller.add_pair(back).expect("watched");
        assert!(wait(&mut poller, NOW).0.is_empty());
        assert!(peer.send(here, b"new"));
        assert_eq!(wait(&mut poller, LONG).0, [(media(1, Component::Rtp), Bytes::from_static(b"new"))]);
    }

    #[test]
    fn a_renewed_pair_is_untied_and_empty_and_keeps_its_port() {
        let mut poller = Poller::new().expect("a poller");
        poller.add_pair(pair(1)).expect("watched");
        let (mut peer, mut next) = (loopback(), loopback());
        let here = poller.local(media(1, Component::Rtp)).expect("here");
        poller.connect(PairId(1), Component::Rtp, peer.local());
        assert!(peer.send(here, b"late"));
        assert!(poller.renew_pair(PairId(1)));
        assert!(!poller.renew_pair(PairId(2)), "nobody has that one");
        assert!(wait(&mut poller, NOW).0.is_empty(), "what the earlier call left is gone");
        assert_eq!(poller.local(media(1, Component::Rtp)), Some(here));
        assert!(next.send(here, b"new"));
        assert_eq!(wait(&mut poller, LONG).0, [(media(1, Component::Rtp), Bytes::from_static(b"new"))]);
    }

    #[test]
    fn sends_by_the_named_socket() {
        let mut poller = Poller::new().expect("a poller");
        poller.add_pair(pair(1)).expect("watched");
        poller.add_signalling(0, loopback()).expect("watched");
        let rtcp = media(1, Component::Rtcp);
        let to = poller.local(Channel::Signalling(0)).expect("here");
        assert!(poller.send(rtcp, to, b"report"));
        let mut from = None;
        poller.wait(LONG, &mut |_, source, _| from = Some(source)).expect("epoll can wait");
        assert_eq!(from, poller.local(rtcp));
    }

    #[test]
    fn drops_of_removed_sockets_stay_counted_once() {
        let mut poller = Poller::new().expect("a poller");
        poller.add_pair(pair(1)).expect("watched");
        let mut peer = loopback();
        let here = poller.local(media(1, Component::Rtp)).expect("here");
        assert!(peer.send(here, &vec![0; MEDIA_DATAGRAM_MAX + 1]));
        wait(&mut poller, LONG);
        assert_eq!(poller.drops().oversize, 1);
        let back = poller.remove_pair(PairId(1)).expect("it was here");
        assert_eq!(poller.drops().oversize, 1);
        poller.add_pair(back).expect("watched");
        assert_eq!(poller.drops().oversize, 1);
    }
}
