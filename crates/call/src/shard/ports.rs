//! Media ports of a shard: those that no call has, and which leg of which call has the others.

use media::Kind;

use super::{Output, Shard};
use crate::{CallId, LegId, LegPorts};

impl Shard {
    pub(super) fn own_ports(&mut self, id: CallId, leg: LegId, ports: LegPorts) {
        self.by_port.insert(ports.audio.id, (id, leg, Kind::Audio));
        if let Some(video) = ports.video {
            self.by_port.insert(video.id, (id, leg, Kind::Video));
        }
        if let Some(slot) = self.calls.get_mut(&id) {
            slot.casualty.ports.push(ports);
        }
    }

    pub(super) fn take_ports(&mut self) -> Option<LegPorts> {
        if self.spare.len() < 2 {
            return None;
        }
        Some(LegPorts { audio: self.spare.pop_front()?, video: self.spare.pop_front() })
    }

    pub(super) fn give_back(&mut self, ports: LegPorts) {
        for port in std::iter::once(ports.audio).chain(ports.video) {
            self.by_port.remove(&port.id);
            self.out.push_back(Output::Release(port.id));
        }
    }
}
