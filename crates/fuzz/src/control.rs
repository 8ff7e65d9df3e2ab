//! Octets of the control channel: messages (H.245), and the link they go by (H.324 Annex A).

use std::time::Duration;

use bytes::Bytes;
use h324m::h245;
use h324m::srp::{Config, Input, Link, Output};

/// An SDU of control messages. What can be read can be written, and says the same then.
pub fn h245(data: &[u8]) {
    let (messages, error) = h245::decode(data);
    if let Some(error) = error {
        assert!(error.offset <= data.len());
    }
    assert!(messages.len() <= data.len());
    for message in messages {
        let view = message.view();
        let _ = (message.name(), &view);
        let octets = h245::encode(&message);
        let (again, error) = h245::decode(&octets);
        assert!(error.is_none(), "{} of ours cannot be read: {error:?}", message.name());
        assert_eq!(again.first().map(h245::Message::view), Some(view));
    }
}

/// Frames of the peer: a length octet before each, whose upper bits say how it comes.
pub fn wnsrp(data: &[u8]) {
    let mut now = crate::base();
    let Some((&choice, mut rest)) = data.split_first() else { return };
    let mut link = Link::new(Config { wnsrp: choice & 1 == 0, ccsrl: choice & 2 == 0, ..Config::default() });
    let mut sent = 0;
    while let Some((&head, behind)) = rest.split_first() {
        let len = usize::from(head & 0x1F).min(behind.len());
        let (frame, next) = behind.split_at(len);
        rest = next;
        let octets = Bytes::copy_from_slice(frame);
        match head >> 5 {
            0 => link.handle_input(now, Input::Send(octets)),
            1 => now += Duration::from_millis(900),
            2 => link.handle_input(now, Input::Sdu { data: octets, mc: 15 }),
            3 => link.handle_input(now, Input::Sdu { data: octets, mc: 0 }),
            // With a right checksum, or nothing would get far.
            more => link.handle_input(
                now,
                Input::Sdu { data: checked(frame), mc: if more & 1 == 0 { 0 } else { 15 } },
            ),
        }
        link.handle_input(now, Input::Timeout);
        sent += drain(&mut link);
        assert!(sent <= 40 * data.len() + 4_096, "{sent} frames for {} octets", data.len());
    }
}

fn drain(link: &mut Link) -> usize {
    for count in 0.. {
        if let Output::Timeout(_) = link.poll_output() {
            return count;
        }
        assert!(count < 10_000, "the link never stops");
    }
    0
}

/// The frame with its checksum (X.25).
fn checked(frame: &[u8]) -> Bytes {
    let mut crc = 0xFFFF_u16;
    for &octet in frame {
        crc ^= u16::from(octet);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0x8408 } else { crc >> 1 };
        }
    }
    [frame, &(!crc).to_le_bytes()].concat().into()
}
