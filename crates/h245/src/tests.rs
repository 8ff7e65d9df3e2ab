//! What only the inside shows: unknown alternatives are kept, and the types agree with the module's indices.

use super::types::capability::Capability;
use super::types::open::{Opaque, Open};
use super::types::*;
use super::*;

/// The capability set of a recorded third-party terminal, but with room to put one more capability in.
fn set_with(capability: Open<Capability>) -> Message {
    let entry = |number: u16, capability| capability::CapabilityTableEntry {
        capability_table_entry_number: capability::EntryNumber(number),
        capability: Some(capability),
    };
    let dtmf = Open::Known(capability::UserInputCapability::Dtmf);
    let set = capability::TerminalCapabilitySet {
        sequence_number: 1,
        protocol_identifier: oid::protocol().into(),
        multiplex_capability: None,
        capability_table: Some(vec![
            entry(1, capability),
            entry(2, Open::Known(Capability::ReceiveUserInput(dtmf))),
        ]),
        capability_descriptors: None,
        generic_information: None,
    };
    let request = RequestMessage::TerminalCapabilitySet(Box::new(set));
    Message(Open::Known(MultimediaSystemControlMessage::Request(Open::Known(request))))
}

#[test]
fn an_unknown_capability_is_kept_and_the_set_with_it() {
    for index in 0..64 {
        let octets = Opaque(vec![0xff; usize::from(index) * 7 % 60 + 1]);
        let message = set_with(Open::Later { index, octets });
        let (decoded, error) = decode(&encode(&message));
        assert_eq!(error, None, "addition {index}");
        let View::TerminalCapabilitySet { capabilities, .. } = decoded[0].view() else {
            panic!("{:?}", decoded[0]);
        };
        assert_eq!(encode(&decoded[0]), encode(&message), "addition {index}");
        assert_eq!(capabilities.table.len(), 2);
        assert_eq!(capabilities.user_input().last(), Some(view::UserInputForm::Dtmf), "addition {index}");
        if index >= 7 {
            assert_eq!(decoded[0], message);
            assert_eq!(capabilities.table[0], (1, Some(view::Capability::Unknown)));
        }
    }
}

#[test]
fn a_capability_that_cannot_be_read_costs_itself_only() {
    // `receiveUserInputCapability`, addition 3, with octets that are none.
    let message = set_with(Open::Later { index: 3, octets: Opaque(vec![0x00]) });
    let (decoded, error) = decode(&encode(&message));
    assert_eq!((decoded.len(), error), (1, None));
    assert_eq!(decoded[0], message);
}

/// An addition to any choice.
fn later<T>(index: u8) -> Open<T> {
    Open::Later { index, octets: Opaque(vec![1, 2, 3]) }
}

#[test]
fn later_messages_are_named_and_do_not_hide_what_follows() {
    let wrap = |message| Message(Open::Known(message));
    let cases = [
        (wrap(MultimediaSystemControlMessage::Request(later(4))), "request.genericRequest"),
        (wrap(MultimediaSystemControlMessage::Request(later(63))), "request.unknown"),
        (wrap(MultimediaSystemControlMessage::Response(later(0))), "response.communicationModeResponse"),
        (wrap(MultimediaSystemControlMessage::Command(later(5))), "command.genericCommand"),
        (wrap(MultimediaSystemControlMessage::Indication(later(9))), "indication.genericIndication"),
        (Message(later(7)), "unknown"),
    ];
    for (message, name) in cases {
        let mut octets = encode(&message).to_vec();
        octets.extend_from_slice(&encode(&build::end_session()));
        let (decoded, error) = decode(&octets);
        assert_eq!(error, None);
        assert_eq!(decoded, [message, build::end_session()]);
        assert_eq!(decoded[0].name(), name);
    }
}

#[test]
fn lists_within_lists_end() {
    // Parameters within parameters, and multiplex elements within elements, as deep as the octets go.
    for seed in [&[0x02u8, 0x70][..], &[0x06, 0x00, 0x00, 0xff]] {
        for filling in [0x00, 0x40, 0x80, 0xa0, 0xc0, 0xff, 0x7f] {
            let mut octets = seed.to_vec();
            octets.resize(crate::limits::CONTROL_SDU_MAX, filling);
            let _ = decode(&octets);
        }
    }
}
