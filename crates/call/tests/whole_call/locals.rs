//! A gateway with several addresses, one of them known to others by another name (behind a NAT).

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use call::{Config, Input, MediaPort, Output, PortId, Shard};
use sip::LocalId;

use crate::hotline;
use crate::world::World;

/// The answer to an INVITE that came in by `local`.
fn answer(local: LocalId) -> String {
    let world = World::new(&hotline(), 1);
    let outside = sip::Local::new("10.0.0.1:5060".parse().unwrap()).advertised_as("203.0.113.5:5070");
    let inside = sip::Local::new("127.0.0.1:5060".parse().unwrap());
    let config = Config {
        sip: sip::Config::new(vec![outside, inside], 7),
        media_addresses: vec!["203.0.113.5".parse().unwrap(), "127.0.0.1".parse().unwrap()],
        shard: 0,
        calls_max: 1,
        seed: 7,
        retry_after: Duration::from_secs(1),
        terminals: std::sync::Arc::default(),
        trunks: Vec::new(),
    };
    let mut shard = Shard::new(config, hotline());
    let ports = [20_000, 20_002].map(|rtp| MediaPort { id: PortId(u32::from(rtp)), rtp });
    shard.handle_input(world.now(), Input::Ports(ports.to_vec()));
    let body = "v=0\r\no=- 1 1 IN IP4 127.0.0.9\r\ns=-\r\nc=IN IP4 127.0.0.9\r\nt=0 0\r\n\
                m=audio 4000 RTP/AVP 0\r\n";
    let invite = format!(
        "INVITE sip:1008621@gw.example SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.9:5080;branch=z9hG4bK1;rport\r\n\
         From: <sip:a@127.0.0.9>;tag=1\r\nTo: <sip:1008621@gw.example>\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\n\
         Contact: <sip:a@127.0.0.9:5080>\r\nMax-Forwards: 70\r\nContent-Type: application/sdp\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let from: SocketAddr = "127.0.0.9:5080".parse().unwrap();
    shard.handle_input(world.now(), Input::Sip { local, from, data: Bytes::from(invite) });
    loop {
        match shard.poll_output() {
            Output::Sip { local: by, data, .. } if data.starts_with(b"SIP/2.0 200") => {
                assert_eq!(by, local, "it leaves by the socket that the INVITE came to");
                return String::from_utf8(data.to_vec()).unwrap();
            }
            Output::Timeout(_) => panic!("no 200"),
            _ => {}
        }
    }
}

#[test]
fn contact_and_sdp_name_the_address_that_the_caller_knows() {
    let outside = answer(LocalId(0));
    assert!(outside.contains("203.0.113.5:5070>"), "{outside}");
    assert!(outside.contains("c=IN IP4 203.0.113.5\r\n"), "{outside}");
    assert!(!outside.contains("10.0.0.1"), "the address behind the NAT stays hidden: {outside}");
    let inside = answer(LocalId(1));
    assert!(inside.contains("127.0.0.1:5060>") && inside.contains("c=IN IP4 127.0.0.1\r\n"), "{inside}");
}
