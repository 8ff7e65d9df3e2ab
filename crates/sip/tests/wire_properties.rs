//! Properties of the wire half: what is printed reads back the same, and nothing that arrives can panic.

use bytes::Bytes;
use proptest::collection::vec;
use proptest::prelude::*;
use sip::wire::parse_datagram;
use sip::{CSeq, Headers, Host, Message, Method, NameAddr, Params, Request, Response, StatusCode, Uri, Via};

const GOOD: &[&str] = &[
    "INVITE sip:1008621@gw.example.com:5060;user=phone SIP/2.0\r\nVia: SIP/2.0/UDP [2001:db8::1]:5060;rport;branch=z9hG4bK1\r\n\
     v: SIP/2.0/TCP p.example.com;branch=z9hG4bK2;received=192.0.2.1\r\nMax-Forwards: 70\r\n\
     From: \"A \\\"B\\\" <c>\" <sip:+86138@h;x=%41>;tag=a\r\nTo: <tel:+8610086>\r\ni: 1@h\r\nCSeq: 1 INVITE\r\n\
     m: <sip:a@192.0.2.9>;q=0.5, \"x, y\" <sip:b@h>\r\nRoute: <sip:p;lr>,\r\n <sip:q;lr>\r\nPrivacy: id;user\r\n\
     P-Asserted-Identity: <sip:a@b>, <tel:+86138>\r\nP-Charging-Vector: icid-value=1@x;orig-ioi=h\r\n\
     P-Access-Network-Info: 3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=46000\r\nRetry-After: 5 (busy);duration=1\r\n\
     History-Info: <sip:b@h?Reason=SIP%3Bcause%3D302>;index=1\r\nDiversion: <sip:d@h>;reason=\"no-answer\"\r\n\
     Session-Expires: 1800;refresher=uac\r\nRAck: 1 1 INVITE\r\nRSeq: 7\r\nWarning: 304 h \"x\"\r\n\
     Reason: Q.850;cause=16;text=\"t\"\r\nContent-Type: application/sdp\r\nAccept: */*;q=0.1\r\nl: 4\r\n\r\nv=0\n",
    "SIP/2.0 180 Ringing\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: sip:c@d;tag=2\r\n\
     Call-ID: x\r\nCSeq: 1 INVITE\r\nRecord-Route: <sip:p;lr>\r\nContent-Length: 0\r\n\r\n",
];

/// Calls every typed reader; the values do not matter here.
fn read_everything(headers: &Headers) {
    let _ = (headers.via(), headers.vias(), headers.from_(), headers.to(), headers.call_id(), headers.cseq());
    let _ = (headers.contact(), headers.contacts(), headers.routes(), headers.record_routes());
    let _ = (headers.max_forwards(), headers.expires(), headers.p_asserted_identity(), headers.privacy());
    let _ = (headers.p_access_network_info(), headers.p_charging_vector(), headers.reasons());
    let _ =
        (headers.content_type(), headers.accept(), headers.allow(), headers.supported(), headers.require());
    let _ = (headers.rack(), headers.rseq(), headers.session_expires(), headers.min_se());
    let _ = (headers.retry_after(), headers.warnings());
    for entry in headers.history_info().unwrap_or_default() {
        let _ = (entry.cause(), entry.index());
    }
    for entry in headers.diversion().unwrap_or_default() {
        let _ = (entry.reason(), entry.counter());
    }
    for via in headers.vias().unwrap_or_default() {
        let _ = (via.received(), via.rport(), via.unique_branch());
    }
}

/// Whatever the octets are: no panic, and what is accepted prints to what reads the same.
fn survives(data: Vec<u8>) {
    match parse_datagram(&Bytes::from(data)) {
        Ok(message) => {
            read_everything(message.headers());
            assert_eq!(parse_datagram(&message.to_bytes()), Ok(message));
        }
        Err(reject) => {
            if let Some(response) = reject.into_response("tag") {
                read_everything(&response.headers);
                let _ = response.to_bytes();
            }
        }
    }
}

#[test]
fn the_good_messages_are_good() {
    for text in GOOD {
        let message = parse_datagram(&Bytes::from_static(text.as_bytes())).expect("well formed");
        assert_eq!(parse_datagram(&message.to_bytes()), Ok(message));
    }
}

fn text() -> impl Strategy<Value = String> {
    "[ -~äß王\t]{0,12}"
}

fn user() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9 +@:;%#王.-]{0,12}"
}

fn host() -> impl Strategy<Value = Host> {
    prop_oneof![
        "[a-z]([a-z0-9-]{0,5}[a-z0-9])?(\\.[a-z][a-z0-9]{0,5}){0,3}".prop_map(Host::Name),
        any::<[u8; 4]>().prop_map(|octets| Host::V4(octets.into())),
        any::<[u16; 8]>().prop_map(|groups| Host::V6(groups.into())),
    ]
}

fn token() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9.!%*_+`'~-]{1,10}"
}

fn uri() -> impl Strategy<Value = Uri> {
    let param = ("[a-z]{1,6}", proptest::option::of("[a-zA-Z0-9.:/]{1,6}"));
    (user(), host(), any::<Option<u16>>(), vec(param, 0..4)).prop_map(|(user, host, port, params)| {
        params
            .into_iter()
            .fold(Uri::sip(&user, host, port), |uri, (name, value)| uri.with_param(&name, value.as_deref()))
    })
}

fn params() -> impl Strategy<Value = Params> {
    vec((token(), text()), 0..4).prop_map(|pairs| {
        let mut params = Params::default();
        pairs.iter().for_each(|(name, text)| params.set_text(name, text));
        params
    })
}

fn name_addr() -> impl Strategy<Value = NameAddr> {
    (proptest::option::of(text()), uri(), params()).prop_map(|(display, uri, params)| NameAddr {
        display,
        uri,
        params,
    })
}

fn method() -> impl Strategy<Value = Method> {
    proptest::sample::select(Method::all())
}

/// Headers that any message needs, and some that it may have.
fn headers(method: Method) -> impl Strategy<Value = Headers> {
    let via = (host(), any::<Option<u16>>(), token());
    (vec(via, 1..3), name_addr(), name_addr(), vec(name_addr(), 0..3), any::<u32>(), "[!-~]{0,12}").prop_map(
        move |(vias, from, to, contacts, number, free)| {
            let mut headers = Headers::new();
            for (host, port, branch) in vias {
                headers.push("Via", Via::new(sip::Transport::Udp, host, port, &branch).to_string());
            }
            headers.push("From", from.with_tag("f").to_string());
            headers.push("To", to.to_string());
            headers.push("Call-ID", "id@h");
            headers.push("CSeq", CSeq { number, method }.to_string());
            contacts.iter().for_each(|contact| headers.push("Contact", contact.to_string()));
            headers.push("X-Free", free);
            headers
        },
    )
}

fn message() -> impl Strategy<Value = Message> {
    let request = method().prop_flat_map(|method| (Just(method), uri(), headers(method), any::<Vec<u8>>()));
    let response = method().prop_flat_map(|method| (100_u16..700, text(), headers(method), any::<Vec<u8>>()));
    prop_oneof![
        request.prop_map(
            |(method, uri, headers, body)| Request { method, uri, headers, body: body.into() }.into()
        ),
        response.prop_map(|(code, reason, headers, body)| {
            Response { status: StatusCode::from(code), reason, headers, body: body.into() }.into()
        }),
    ]
}

proptest! {
    #[test]
    fn uris_read_back_as_they_were(uri in uri()) {
        prop_assert_eq!(uri.to_string().parse(), Ok(uri.clone()));
        prop_assert!(uri.equivalent(&uri));
    }

    #[test]
    fn users_keep_their_meaning(user in user()) {
        let uri: Uri = Uri::sip(&user, Host::Name("h".into()), None).to_string().parse().expect("printed by us");
        prop_assert_eq!(uri.user_text().unwrap_or_default(), user);
    }

    #[test]
    fn addresses_read_back_as_they_were(address in name_addr()) {
        prop_assert_eq!(address.to_string().parse(), Ok(address));
    }

    #[test]
    fn messages_read_back_as_they_were(message in message()) {
        prop_assert_eq!(parse_datagram(&message.to_bytes()), Ok(message));
    }

    #[test]
    fn arbitrary_octets_never_panic(data in vec(any::<u8>(), 0..400)) {
        survives(data);
    }

    #[test]
    fn arbitrary_header_values_never_panic(name in "[a-zA-Z-]{1,12}", value in "[ -~王\\\\\",;<>=]{0,40}") {
        let mut headers = Headers::new();
        for known in ["Via", "From", "Contact", "CSeq", "Warning", "Retry-After", "History-Info", "RAck", "Privacy",
            "P-Charging-Vector", "Reason", "Accept", "Content-Type", "Session-Expires", &name] {
            headers.push(known, value.as_str());
        }
        read_everything(&headers);
        let _ = value.parse::<Uri>().map(|uri| uri.equivalent(&uri));
    }

    #[test]
    fn mutations_of_good_messages_never_panic(
        which in 0..GOOD.len(),
        edits in vec((any::<prop::sample::Index>(), any::<u8>(), 0..4_u8), 1..6),
    ) {
        let mut data = GOOD[which].as_bytes().to_vec();
        for (at, octet, kind) in edits {
            let at = at.index(data.len());
            match kind {
                0 => data[at] = octet,
                1 => data.insert(at, octet),
                2 => data.insert(at, b"\r\n\",;<>: %@="[usize::from(octet) % 12]),
                _ => { data.remove(at); }
            }
        }
        survives(data);
    }
}
