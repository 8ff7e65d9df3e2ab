//! Arbitrary and mutilated datagrams: no panic, no leak, nothing that is not SIP goes out.

use std::time::Duration;

use bytes::Bytes;
use proptest::prelude::*;
use sip::{Event, HangUp, Input, LocalId, StatusCode};

use crate::support::*;

/// One change to a good message.
#[derive(Clone, Debug)]
enum Damage {
    Cut(usize),
    Flip(usize, u8),
    Insert(usize, Vec<u8>),
    Remove(usize, usize),
}

fn damage() -> impl Strategy<Value = Damage> {
    prop_oneof![
        (0..800usize).prop_map(Damage::Cut),
        (0..800usize, any::<u8>()).prop_map(|(at, to)| Damage::Flip(at, to)),
        (0..800usize, prop::collection::vec(any::<u8>(), 1..20))
            .prop_map(|(at, what)| Damage::Insert(at, what)),
        (0..800usize, 1..40usize).prop_map(|(at, len)| Damage::Remove(at, len)),
    ]
}

fn damaged(text: &str, changes: &[Damage]) -> Bytes {
    let mut data = text.as_bytes().to_vec();
    for change in changes {
        let len = data.len();
        match change {
            Damage::Cut(at) => data.truncate((*at).max(1)),
            Damage::Flip(at, to) => data[at % len] = *to,
            Damage::Insert(at, what) => drop(data.splice(at % len..at % len, what.iter().copied())),
            Damage::Remove(at, count) => {
                drop(data.drain(at % len..(at % len + count).min(len - 1).max(at % len)));
            }
        }
    }
    Bytes::from(data)
}

fn feed(lab: &mut Lab, data: &Bytes) {
    let (local, from) = (LocalId(0), address(PEER));
    lab.endpoint.handle_input(lab.now, Input::Datagram { local, from, data });
    lab.poll();
}

/// The user gives up every call that there is.
fn hang_up_all(lab: &mut Lab) {
    for event in lab.take_events() {
        if let Event::Invite { dialog, .. } | Event::Answered { dialog, .. } = event {
            lab.endpoint.hang_up(lab.now, dialog, HangUp::new(StatusCode::BusyHere));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn arbitrary_datagrams_are_survived(datagrams in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 1..8)) {
        let mut lab = Lab::new();
        for data in datagrams {
            feed(&mut lab, &Bytes::from(data));
        }
        hang_up_all(&mut lab);
        lab.assert_empty();
    }

    #[test]
    fn damaged_messages_of_a_call_are_survived(changes in prop::collection::vec((0..9usize, prop::collection::vec(damage(), 0..4)), 1..12)) {
        let mut lab = Lab::new();
        let (dialog, tag) = lab.answered();
        let (out, ours) = lab.call(Some(sdp()));
        let good = [
            invite("7").replace("call-1", "call-7"),
            within("INVITE", 2, &tag, ""),
            within("INFO", 3, &tag, ""),
            within("OPTIONS", 4, &tag, ""),
            request("CANCEL", 2, "INVITE2", &tag, "", ""),
            within("BYE", 5, &tag, ""),
            answer(&ours, 180, "tb"),
            answer(&ours, 200, "tb"),
            answer(&ours, 503, "tc"),
        ];
        for (which, damage) in changes {
            feed(&mut lab, &damaged(&good[which], &damage));
        }
        hang_up_all(&mut lab);
        for dialog in [dialog, out] {
            lab.endpoint.hang_up(lab.now, dialog, HangUp::new(StatusCode::BusyHere));
        }
        lab.pass(Duration::from_secs(40));
        hang_up_all(&mut lab);
        lab.assert_empty();
    }
}
