//! The messages of RFC 4475 and RFC 5118 against a whole endpoint: what goes back, beyond the wire half's
//! own test. They lie outside the project; without them the test says so and passes.

use std::path::Path;

use bytes::Bytes;
use sip::{Input, LocalId};

use crate::support::*;

/// File and what the first response's status must be; `None`: silence.
const EXPECTED: [(&str, Option<u16>); 47] = [
    ("rfc4475/wsinv.dat", Some(481)), // its To has a tag that is none of ours
    ("rfc4475/intmeth.dat", Some(501)),
    ("rfc4475/esc01.dat", Some(100)),
    ("rfc4475/escnull.dat", Some(405)),
    ("rfc4475/esc02.dat", Some(501)),
    ("rfc4475/lwsdisp.dat", Some(200)),
    ("rfc4475/longreq.dat", Some(100)),
    ("rfc4475/dblreq.dat", Some(405)),
    ("rfc4475/semiuri.dat", Some(200)),
    ("rfc4475/transports.dat", Some(200)),
    ("rfc4475/mpart01.dat", None), // MESSAGE: the user is asked
    ("rfc4475/unreason.dat", None),
    ("rfc4475/noreason.dat", None),
    ("rfc4475/badinv01.dat", Some(400)),
    ("rfc4475/clerr.dat", Some(400)),
    ("rfc4475/ncl.dat", Some(400)),
    ("rfc4475/scalar02.dat", Some(400)),
    ("rfc4475/scalarlg.dat", None),
    ("rfc4475/quotbal.dat", Some(400)),
    ("rfc4475/badvers.dat", Some(505)),
    ("rfc4475/mismatch01.dat", Some(400)),
    ("rfc4475/mismatch02.dat", Some(501)),
    ("rfc4475/bigcode.dat", None),
    ("rfc4475/badbranch.dat", Some(200)),
    ("rfc4475/insuf.dat", Some(400)),
    ("rfc4475/unkscm.dat", Some(416)),
    ("rfc4475/novelsc.dat", Some(416)),
    ("rfc4475/unksm2.dat", Some(405)),
    ("rfc4475/bext01.dat", Some(420)),
    ("rfc4475/invut.dat", Some(415)),
    ("rfc4475/regaut01.dat", Some(405)),
    ("rfc4475/multi01.dat", Some(400)),
    ("rfc4475/mcl01.dat", Some(400)),
    ("rfc4475/bcast.dat", None),
    ("rfc4475/zeromf.dat", Some(200)),
    ("rfc4475/cparam01.dat", Some(405)),
    ("rfc4475/sdp01.dat", Some(406)),
    ("rfc4475/inv2543.dat", Some(100)),
    ("rfc5118/ipv6-good.dat", Some(405)),
    ("rfc5118/ipv6-bad.dat", Some(400)),
    ("rfc5118/port-unambiguous.dat", Some(405)),
    ("rfc5118/via-received-param-with-delim.dat", Some(481)),
    ("rfc5118/via-received-param-no-delim.dat", Some(200)),
    ("rfc5118/ipv6-in-sdp.dat", Some(100)),
    ("rfc5118/mult-ip-in-header.dat", Some(481)),
    ("rfc5118/ipv6-bug-abnf-3-colons.dat", Some(200)),
    ("rfc5118/ipv6-correct-abnf-2-colons.dat", Some(200)),
];

#[test]
fn torture_messages_get_the_answers_that_their_rfcs_ask_for() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/torture");
    if !folder.is_dir() {
        println!("NOT RUN: no torture messages at {}", folder.display());
        return;
    }
    for (file, expected) in EXPECTED {
        let data = Bytes::from(std::fs::read(folder.join(file)).expect(file));
        let mut lab = Lab::new();
        let (local, from) = (LocalId(0), address(PEER));
        lab.endpoint.handle_input(lab.now, Input::Datagram { local, from, data: &data });
        let mut sent = None;
        while let sip::Output::Send { to, data, .. } = lab.endpoint.poll_output() {
            assert_eq!(to.ip(), from.ip(), "{file}: answers go to where the request came from");
            let status = std::str::from_utf8(&data[8..11]).expect(file).parse().expect(file);
            sent.get_or_insert(status);
        }
        assert_eq!(sent, expected, "{file}");
    }
}
