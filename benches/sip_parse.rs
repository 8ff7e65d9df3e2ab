//! What one INVITE costs to read: this project's parser with the headers a call needs as typed values, next to
//! `rsip`'s parse of the same octets (which leaves its headers as text). Goal: below 5 us.
//!
//! `cargo bench -p sip --bench sip_parse`; the last line is the ratio of the two in the same run.

use std::hint::black_box;
use std::time::Duration;

use bytes::Bytes;
use criterion::Criterion;
use criterion::measurement::{Measurement, WallTime};
use sip::wire::parse_datagram;
use sip::{CSeq, Message, NameAddr, Via};

/// An INVITE as an IMS core hands it on, 1.3 kB with its offer of audio and video.
fn invite() -> Bytes {
    let body = "v=0\r\no=- 3871224 3871224 IN IP4 198.51.100.44\r\ns=-\r\nc=IN IP4 198.51.100.44\r\nb=AS:512\r\n\
        t=0 0\r\nm=audio 40012 RTP/AVP 8 0 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\n\
        a=rtpmap:101 telephone-event/8000\r\nm=video 40014 RTP/AVP 97\r\na=rtpmap:97 H264/90000\r\n\
        a=fmtp:97 profile-level-id=42e00d;packetization-mode=1\r\n";
    let head = "INVITE sip:1008621@gw1.hotline.example.com:5060;user=phone SIP/2.0\r\n\
        Via: SIP/2.0/UDP 192.0.2.17:5060;branch=z9hG4bK6f2d.71a3c1b5;rport\r\n\
        Via: SIP/2.0/UDP 198.51.100.44:5060;branch=z9hG4bK-524287-1---8c2d\r\n\
        Max-Forwards: 68\r\n\
        Route: <sip:gw1.hotline.example.com:5060;lr>\r\n\
        Record-Route: <sip:192.0.2.17;lr;ftag=a73kszlfl>\r\n\
        From: \"Wang Xiaoming\" <sip:+8613800138000@ims.example.com;user=phone>;tag=a73kszlfl\r\n\
        To: <sip:1008621@ims.example.com;user=phone>\r\n\
        Call-ID: f81d4fae-7dec-11d0-a765-00a0c91e6bf6@198.51.100.44\r\n\
        CSeq: 101 INVITE\r\n\
        Contact: <sip:+8613800138000@198.51.100.44:5060;transport=udp>\r\n\
        Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE\r\n\
        Supported: 100rel, timer\r\n\
        P-Asserted-Identity: <sip:+8613800138000@ims.example.com>\r\n\
        P-Access-Network-Info: 3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=460001234abcd01\r\n\
        P-Charging-Vector: icid-value=\"6f2d71a3c1b5-0f31\";orig-ioi=ims.example.com\r\n\
        Session-Expires: 1800;refresher=uac\r\n\
        User-Agent: IMS-UE/3.1\r\n\
        Content-Type: application/sdp\r\n";
    Bytes::from(format!("{head}Content-Length: {}\r\n\r\n{body}", body.len()))
}

/// What a call reads from its INVITE.
type Materialised = (Via, NameAddr, NameAddr, Option<NameAddr>, CSeq, Vec<NameAddr>, Vec<NameAddr>);

fn ours(data: &Bytes) -> (Message, Materialised) {
    let message = parse_datagram(data).expect("the INVITE is well formed");
    let headers = message.headers();
    let read = || {
        let (via, from, to) = (headers.via()?, headers.from_()?, headers.to()?);
        let identities = headers.p_asserted_identity()?;
        Ok::<_, sip::HeaderError>((
            via,
            from,
            to,
            headers.contact()?,
            headers.cseq()?,
            headers.routes()?,
            identities,
        ))
    };
    let values = read().expect("its headers are well formed");
    (message, values)
}

fn rsip_alone(data: &[u8]) -> rsip::Request {
    rsip::Request::try_from(data).expect("rsip reads it too")
}

/// The quickest of many rounds, for each of the two in turn, so that both meet the same disturbances.
fn quickest(data: &Bytes) -> (Duration, Duration) {
    const ROUNDS: u32 = 200;
    const RUNS: u32 = 500;
    let time = |run: &dyn Fn()| {
        let start = WallTime.start();
        (0..RUNS).for_each(|_| run());
        WallTime.end(start) / RUNS
    };
    let mut best = (Duration::MAX, Duration::MAX);
    for _ in 0..ROUNDS {
        best.0 = best.0.min(time(&|| drop(black_box(ours(black_box(data))))));
        best.1 = best.1.min(time(&|| drop(black_box(rsip_alone(black_box(data))))));
    }
    best
}

fn main() {
    let data = invite();
    assert!((1250..1400).contains(&data.len()), "{} octets are no 1.3 kB", data.len());
    assert_eq!(ours(&data).1.6.len(), 1);
    let mut criterion = Criterion::default().configure_from_args();
    criterion.bench_function("sip_parse/ours_typed", |b| b.iter(|| ours(black_box(&data))));
    criterion.bench_function("sip_parse/rsip_untyped", |b| b.iter(|| rsip_alone(black_box(&data))));
    criterion.final_summary();
    // `cargo test` runs benches too, without this argument and without measuring.
    if std::env::args().any(|argument| argument == "--bench") {
        let (ours, rsip) = quickest(&data);
        let ratio = ours.as_secs_f64() / rsip.as_secs_f64();
        println!(
            "sip_parse: {} octets, ours with typed headers {ours:?}, rsip alone {rsip:?}, ratio {ratio:.2}",
            data.len()
        );
    }
}
