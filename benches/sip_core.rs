//! What a call costs in the SIP core, without sockets: INVITE bytes in, 180 and 200 out; and a whole call of
//! INVITE, 180, 200, ACK, BYE, 200. Run with `cargo bench -p sip --bench sip_core`.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use sip::{Body, Config, Endpoint, Event, Input, Local, LocalId, Output, Reply, RequestId, StatusCode};

const PEER: &str = "127.0.0.2:5060";
/// So many calls share an endpoint before it is thrown away, so that tables have a lifelike size.
const CALLS: usize = 1000;

/// An endpoint in the middle of its work.
struct Shard {
    endpoint: Endpoint,
    peer: SocketAddr,
    now: Instant,
    call: usize,
    answer: Body,
}

impl Shard {
    fn new() -> Self {
        let local = Local::new("127.0.0.1:5060".parse().expect("an address"));
        let data = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 20000 RTP/AVP 0\r\n";
        Shard {
            endpoint: Endpoint::new(Config::new(vec![local], 1)),
            peer: PEER.parse().expect("an address"),
            now: base(),
            call: 0,
            answer: Body::new("application/sdp", data),
        }
    }

    /// Feeds a datagram; answers the request to be answered, our tag, and how many datagrams went out.
    fn feed(&mut self, data: &Bytes) -> (Option<RequestId>, usize) {
        let (local, from) = (LocalId(0), self.peer);
        self.endpoint.handle_input(self.now, Input::Datagram { local, from, data });
        let (mut asked, mut sent) = (None, 0);
        loop {
            match self.endpoint.poll_output() {
                Output::Send { .. } => sent += 1,
                Output::Event(Event::Invite { request, .. }) => asked = Some(request),
                Output::Event(_) => {}
                Output::Timeout(_) => return (asked, sent),
            }
        }
    }

    /// INVITE to 180 and 200; answers the To of the 200.
    fn invite(&mut self, messages: &Messages) -> String {
        self.call += 1;
        self.now += Duration::from_millis(1);
        let (request, sent) = self.feed(&messages.invite);
        assert_eq!(sent, 1, "100 Trying");
        let request = request.expect("a call");
        let answer = Reply::new(StatusCode::OK).with_body(self.answer.clone());
        for reply in [Reply::new(StatusCode::Ringing), answer] {
            self.endpoint.respond(self.now, request, reply).expect("the call is there");
        }
        let mut to = String::new();
        while let Output::Send { data, .. } = self.endpoint.poll_output() {
            let text = std::str::from_utf8(&data).expect("our own text");
            to = text.lines().find_map(|line| line.strip_prefix("To: ")).expect("a To").to_owned();
        }
        to
    }
}

/// The peer's side of one call.
struct Messages {
    number: usize,
    invite: Bytes,
}

impl Messages {
    fn new(number: usize) -> Self {
        let sdp = "v=0\r\no=- 5 5 IN IP4 127.0.0.2\r\ns=-\r\nc=IN IP4 127.0.0.2\r\nt=0 0\r\nm=audio 6000 RTP/AVP 0 8 101\r\n\
                   a=rtpmap:101 telephone-event/8000\r\nm=video 6002 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n\
                   a=fmtp:96 profile-level-id=42e00c;packetization-mode=1\r\n";
        let more = "Contact: <sip:alice@127.0.0.2:5060>\r\nAllow: INVITE, ACK, CANCEL, BYE, OPTIONS, INFO\r\n\
                    User-Agent: bench\r\nContent-Type: application/sdp\r\n";
        Messages { number, invite: message("INVITE", number, 1, "<sip:1008621@127.0.0.1>", more, sdp) }
    }

    fn ack(&self, to: &str) -> Bytes {
        message("ACK", self.number, 1, to, "", "")
    }

    fn bye(&self, to: &str) -> Bytes {
        message("BYE", self.number, 2, to, "", "")
    }
}

fn message(method: &str, call: usize, number: u32, to: &str, more: &str, body: &str) -> Bytes {
    let length = body.len();
    Bytes::from(format!(
        "{method} sip:1008621@127.0.0.1:5060 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.2:5060;branch=z9hG4bK-{call}-{method};rport\r\n\
         Max-Forwards: 70\r\nFrom: Alice <sip:alice@127.0.0.2>;tag=f{call}\r\nTo: {to}\r\nCall-ID: {call}@127.0.0.2\r\n\
         CSeq: {number} {method}\r\n{more}Content-Length: {length}\r\n\r\n{body}"
    ))
}

#[allow(clippy::disallowed_methods)] // one base instant for virtual time
fn base() -> Instant {
    Instant::now()
}

fn calls(criterion: &mut Criterion) {
    let mut shard = Shard::new();
    criterion.bench_function("core: INVITE bytes to 180 and 200", |bencher| {
        bencher.iter_batched(
            || Messages::new(next_number()), // the peer's part is not measured
            |messages| {
                if shard.call >= CALLS {
                    shard = Shard::new();
                }
                shard.invite(&messages)
            },
            BatchSize::SmallInput,
        );
    });
    let mut shard = Shard::new();
    criterion.bench_function("core: a call of INVITE, 180, 200, ACK, BYE, 200", |bencher| {
        bencher.iter_batched(
            || Messages::new(next_number()),
            |messages| {
                if shard.call >= CALLS {
                    shard = Shard::new();
                }
                let to = shard.invite(&messages);
                shard.feed(&messages.ack(&to));
                let (_, sent) = shard.feed(&messages.bye(&to));
                assert_eq!((sent, shard.endpoint.dialogs()), (1, 0));
            },
            BatchSize::SmallInput,
        );
    });
}

/// Numbers of calls, each used once.
fn next_number() -> usize {
    use std::sync::atomic::{AtomicUsize, Ordering};
    static NEXT: AtomicUsize = AtomicUsize::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

criterion_group!(benches, calls);
criterion_main!(benches);
