//! `Tap`: takes every packet of a browser out of its peer connection as soon as it is decrypted.
//!
//! It stands last in the chain of interceptors, behind the one that asks again for lost packets
//! (RFC 4585 §6.2.1). What it takes goes to our own `rtp::Session`, which reorders, notices loss, reads
//! requests for key pictures and makes the reports; the crate's tracks see nothing.

use std::collections::VecDeque;
use std::time::Instant;

use bytes::Bytes;
use rtc::interceptor::{Interceptor, Packet, StreamInfo, TaggedPacket};
use rtc::sansio::Protocol;
use rtc::shared::error::Error;
use rtc::shared::marshal::Marshal;
use tokio::sync::mpsc;

/// A decrypted packet.
#[derive(Debug)]
pub(crate) enum Tapped {
    Rtp(Bytes),
    Rtcp(Bytes),
}

/// The interceptor.
pub(crate) struct Tap {
    to: mpsc::Sender<Tapped>,
    out: VecDeque<TaggedPacket>,
}

impl Tap {
    pub(crate) fn new(to: mpsc::Sender<Tapped>) -> Self {
        Tap { to, out: VecDeque::new() }
    }
}

impl Protocol<TaggedPacket, TaggedPacket, ()> for Tap {
    type Rout = TaggedPacket;
    type Wout = TaggedPacket;
    type Eout = ();
    type Error = Error;
    type Time = Instant;

    fn handle_read(&mut self, tagged: TaggedPacket) -> Result<(), Error> {
        let tapped = match tagged.message.packet {
            Packet::Rtp(packet) => Tapped::Rtp(packet.marshal()?.freeze()),
            Packet::Rtcp(packets) => Tapped::Rtcp(rtc::rtcp::packet::marshal(&packets)?.freeze()),
            _ => return Ok(()), // the crate's enum is open; it knows no third kind today
        };
        // A session that does not keep up, or has ended, loses packets as on the network.
        let _ = self.to.try_send(tapped);
        Ok(())
    }

    fn poll_read(&mut self) -> Option<TaggedPacket> {
        None
    }

    fn handle_write(&mut self, tagged: TaggedPacket) -> Result<(), Error> {
        self.out.push_back(tagged);
        Ok(())
    }

    fn poll_write(&mut self) -> Option<TaggedPacket> {
        self.out.pop_front()
    }
}

impl Interceptor for Tap {
    fn bind_local_stream(&mut self, _: &StreamInfo) {}
    fn unbind_local_stream(&mut self, _: &StreamInfo) {}
    fn bind_remote_stream(&mut self, _: &StreamInfo) {}
    fn unbind_remote_stream(&mut self, _: &StreamInfo) {}
}
