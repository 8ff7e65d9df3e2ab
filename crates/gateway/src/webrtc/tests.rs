//! Sessions against real peer connections of the crate that stand for browsers, and a shard that is a
//! channel.

mod browser;

use std::ops::RangeInclusive;
use std::sync::mpsc as std_mpsc;
use std::time::Duration;

use bytes::Bytes;
use call::web::{FromBrowser, SessionId, ToBrowser};
use media::{Codec, Frame, Kind};
use tokio::time::timeout;

use self::browser::Browser;
use super::*;
use crate::pool::ToPool;
use crate::worker::{ToShard, WorkerHandle};

/// Longest wait for anything; the machine may be busy.
const PATIENCE: Duration = Duration::from_secs(20);

struct World {
    threads: Threads,
    shard: std_mpsc::Receiver<ToShard>,
    pool: std_mpsc::Receiver<ToPool>,
    _poller: net::Poller,
}

impl World {
    fn new() -> Self {
        World::with_ports(30_000..=30_999)
    }

    fn with_ports(ports: RangeInclusive<u16>) -> Self {
        let poller = net::Poller::new().unwrap();
        let (to_shard, shard) = std_mpsc::channel();
        let (to_pool, pool) = std_mpsc::channel();
        let handle = WorkerHandle::new(to_shard, poller.waker());
        let config =
            Config { addresses: vec!["127.0.0.1".parse().unwrap()], ports, ice_servers: Vec::new(), seed: 7 };
        World {
            threads: Threads::start(config, vec![handle], to_pool).unwrap(),
            shard,
            pool,
            _poller: poller,
        }
    }

    fn hub(&self) -> Hub {
        self.threads.hub().clone()
    }

    /// The next word of a browser that is no frame.
    async fn word(&self) -> (SessionId, FromBrowser) {
        loop {
            let (session, word) = self.any().await;
            if !matches!(word, FromBrowser::Frame { .. } | FromBrowser::KeyPictureWanted) {
                return (session, word);
            }
        }
    }

    async fn any(&self) -> (SessionId, FromBrowser) {
        let found = timeout(PATIENCE, async {
            loop {
                match self.shard.try_recv() {
                    Ok(ToShard::Web { session, word, .. }) => return (session, *word),
                    Ok(_) => panic!("only words of browsers are expected"),
                    Err(_) => tokio::time::sleep(Duration::from_millis(2)).await,
                }
            }
        });
        found.await.expect("a word of a browser")
    }

    /// The next frame of a kind that passes.
    async fn frame(&self, wanted: Kind, passes: impl Fn(&Frame) -> bool) -> Frame {
        loop {
            if let (_, FromBrowser::Frame { kind, frame }) = self.any().await
                && kind == wanted
                && passes(&frame)
            {
                return frame;
            }
        }
    }
}

async fn next(session: &mut Session) -> Event {
    loop {
        let event = timeout(PATIENCE, session.events.recv()).await.expect("in time").expect("an event");
        if !matches!(event, Event::Candidate(_)) {
            return event;
        }
    }
}

/// Ends the socket's side and waits until the session has noticed.
async fn lose_socket(session: Session) {
    let Session { commands, mut events, .. } = session;
    drop(commands);
    while timeout(PATIENCE, events.recv()).await.expect("in time").is_some() {}
}

/// A visitor's call up to `Connected`.
async fn connect(world: &World, session: &mut Session) -> (SessionId, Browser) {
    let mut browser = Browser::new().await;
    let sdp = browser.offer().await;
    session
        .commands
        .send(Command::Call { number: "1008621".into(), sdp, name: Some("Ann".into()) })
        .await
        .unwrap();
    let Event::Answer { sdp, pictures } = next(session).await else { panic!("an answer comes first") };
    assert!(pictures.is_some_and(|bounds| bounds.width == 352));
    let (id, FromBrowser::Call { number, name, media }) = world.word().await else { panic!("then the call") };
    assert_eq!((number.as_str(), name.as_str()), ("1008621", "Ann"));
    assert_eq!(media.video.as_ref().unwrap().codec(), Codec::H264);
    browser.accept(&sdp, session).await;
    let (_, word) = world.word().await;
    assert!(matches!(word, FromBrowser::Connected), "{word:?}");
    (id, browser)
}

fn access_unit(kind: u8, fill: u8, len: usize) -> Bytes {
    let mut data = Vec::new();
    if kind == 5 {
        data.extend_from_slice(&[0, 0, 0, 1, 0x67, 0x42, 0xE0, 0x1F, 1, 0, 0, 0, 1, 0x68, 0xCE, 1]);
    }
    data.extend_from_slice(&[0, 0, 0, 1, 0x60 | kind]);
    data.resize(data.len() + len, fill);
    data.into()
}

fn picture(at_ms: u64, keyframe: bool) -> Frame {
    let data = access_unit(if keyframe { 5 } else { 1 }, 0x55, 4_000);
    Frame::new(Codec::H264, Duration::from_millis(at_ms), Duration::ZERO, keyframe, data)
}

fn sound(at_ms: u64) -> Frame {
    let data = Bytes::from_static(&[0xD5; 160]);
    Frame::new(Codec::Pcmu, Duration::from_millis(at_ms), Duration::from_millis(20), true, data)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pictures_sound_keys_and_wishes_pass_both_ways() {
    let world = World::new();
    let mut session = world.hub().open(Role::Phone).unwrap();
    let (id, mut browser) = connect(&world, &mut session).await;
    let hub = world.hub();
    for count in 0..10 {
        hub.deliver(id, ToBrowser::Frame { kind: Kind::Video, frame: picture(count * 66, count == 0) });
        hub.deliver(id, ToBrowser::Frame { kind: Kind::Audio, frame: sound(count * 20) });
    }
    let shown = browser.frame(Kind::Video, |frame| frame.keyframe).await;
    assert!(shown.data.len() > 4_000 && !shown.damaged);
    browser.frame(Kind::Audio, |frame| frame.data.len() == 160).await;

    for count in 0..5 {
        browser.send(Kind::Video, &picture(count * 66, count == 0)).await;
        browser.send(Kind::Audio, &sound(count * 20)).await;
    }
    let seen = world.frame(Kind::Video, |frame| frame.keyframe).await;
    assert_eq!(seen.data, picture(0, true).data);
    world.frame(Kind::Audio, |frame| frame.data.len() == 160).await;

    hub.deliver(id, ToBrowser::KeyPictureWanted);
    browser.key_picture_wanted().await;
    browser.want_key_picture().await;
    while !matches!(world.any().await.1, FromBrowser::KeyPictureWanted) {}

    session.commands.send(Command::Key { digit: '#' }).await.unwrap();
    let (_, FromBrowser::Digit(digit)) = world.word().await else { panic!("a key") };
    assert_eq!(digit.as_char(), '#');

    session.commands.send(Command::HangUp {}).await.unwrap();
    assert!(matches!(world.word().await.1, FromBrowser::HangUp));
    assert!(matches!(next(&mut session).await, Event::Ended { .. }));
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_packet_is_told_to_the_call() {
    let world = World::new();
    let mut session = world.hub().open(Role::Phone).unwrap();
    let (_, mut browser) = connect(&world, &mut session).await;
    browser.send(Kind::Video, &picture(0, true)).await;
    world.frame(Kind::Video, |frame| frame.keyframe).await;
    browser.skip_packet(Kind::Video);
    browser.send(Kind::Video, &picture(66, false)).await;
    browser.send(Kind::Video, &picture(132, false)).await;
    world.frame(Kind::Video, |frame| frame.lost_before).await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_that_comes_back_finds_its_call_and_one_that_does_not_loses_it() {
    let world = World::new();
    let hub = world.hub();
    let mut session = hub.open(Role::Phone).unwrap();
    let (id, browser) = connect(&world, &mut session).await;
    hub.deliver(id, ToBrowser::Talking { with: "desk1".into() });
    assert_eq!(next(&mut session).await, Event::Talking { with: "desk1".into() });
    let token = session.token.clone();
    lose_socket(session).await;
    assert!(hub.resume(Role::Desk, &token).is_none(), "another role");
    assert!(hub.resume(Role::Phone, "0123").is_none(), "another token");
    let mut session = hub.resume(Role::Phone, &token).unwrap();
    let state = session.state().await.unwrap();
    assert_eq!(state.talking.as_deref(), Some("desk1"));
    assert_eq!(hub.sessions(), 1);
    let mut second = hub.resume(Role::Phone, &token).unwrap();
    assert!(second.state().await.is_some());
    assert!(timeout(PATIENCE, session.events.recv()).await.unwrap().is_none(), "taken over");

    drop((session, second));
    let (_, word) = world.word().await;
    assert!(matches!(word, FromBrowser::Lost), "{word:?}");
    browser.close().await;
    wait_until(|| hub.sessions() == 0).await;
    assert!(hub.resume(Role::Phone, &token).is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_offer_that_restarts_ice_keeps_the_call() {
    let world = World::new();
    let hub = world.hub();
    let mut session = hub.open(Role::Phone).unwrap();
    let (id, mut browser) = connect(&world, &mut session).await;
    let sdp = browser.restart().await;
    session.commands.send(Command::Restart { sdp }).await.unwrap();
    let Event::Answer { sdp, .. } = next(&mut session).await else { panic!("an answer") };
    browser.accept(&sdp, &mut session).await;
    hub.deliver(id, ToBrowser::Frame { kind: Kind::Video, frame: picture(0, true) });
    browser.frame(Kind::Video, |frame| frame.keyframe).await;
    browser.send(Kind::Audio, &sound(0)).await;
    world.frame(Kind::Audio, |frame| frame.data.len() == 160).await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_that_is_loaded_anew_joins_its_call_with_a_new_connection() {
    let world = World::new();
    let hub = world.hub();
    let mut session = hub.open(Role::Phone).unwrap();
    let (id, mut left) = connect(&world, &mut session).await;
    hub.deliver(id, ToBrowser::Accepted { call: call::CallId(7) });
    assert_eq!(next(&mut session).await, Event::Accepted { call: 7 });
    left.send(Kind::Video, &picture(0, true)).await;
    world.frame(Kind::Video, |frame| frame.keyframe).await;
    let token = session.token.clone();
    session.commands.send(Command::Away {}).await.unwrap();
    left.close().await;
    lose_socket(session).await;

    let mut session = hub.resume(Role::Phone, &token).unwrap();
    let state = session.state().await.unwrap();
    assert_eq!((state.call, state.since.is_some()), (Some(7), true));
    let mut browser = Browser::new().await;
    let sdp = browser.offer().await;
    session.commands.send(Command::Restart { sdp }).await.unwrap();
    let Event::Answer { sdp, pictures } = next(&mut session).await else { panic!("an answer") };
    assert!(pictures.is_some_and(|bounds| bounds.width == 352));
    browser.accept(&sdp, &mut session).await;
    // The shard hears of no second beginning; it is only asked for a picture that can be shown.
    loop {
        match world.any().await.1 {
            FromBrowser::KeyPictureWanted => break,
            FromBrowser::Frame { .. } => {}
            other => panic!("{other:?}"),
        }
    }
    hub.deliver(id, ToBrowser::Frame { kind: Kind::Video, frame: picture(66, true) });
    browser.frame(Kind::Video, |frame| frame.keyframe).await;
    browser.send(Kind::Video, &picture(0, false)).await;
    browser.send(Kind::Video, &picture(66, true)).await;
    let seen = world.frame(Kind::Video, |_| true).await;
    assert!(seen.keyframe && seen.lost_before, "nothing before a key picture is passed on");
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_that_is_closed_has_hung_up_a_moment_later_and_at_once_before_its_call_was_taken() {
    let world = World::new();
    let hub = world.hub();
    let mut session = hub.open(Role::Phone).unwrap();
    let (id, browser) = connect(&world, &mut session).await;
    session.commands.send(Command::Away {}).await.unwrap();
    assert!(matches!(world.word().await.1, FromBrowser::HangUp), "no page could draw this call");
    hub.deliver(id, ToBrowser::Ended { why: call::web::Ended::HungUp });
    lose_socket(session).await;
    browser.close().await;
    wait_until(|| hub.sessions() == 0).await;

    let mut session = hub.open(Role::Phone).unwrap();
    let (id, browser) = connect(&world, &mut session).await;
    hub.deliver(id, ToBrowser::Accepted { call: call::CallId(8) });
    assert_eq!(next(&mut session).await, Event::Accepted { call: 8 });
    let began = net::clock::now().mono;
    session.commands.send(Command::Away {}).await.unwrap();
    browser.close().await;
    assert!(matches!(world.word().await.1, FromBrowser::HangUp), "not merely lost");
    assert!(net::clock::now().mono - began >= limits::RELOAD / 2, "it might have come back");
    wait_until(|| hub.sessions() == 0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_desk_that_is_loading_anew_takes_no_ring() {
    let world = World::new();
    let hub = world.hub();
    let session = hub.open(Role::Desk).unwrap();
    let media = Box::new(negotiation::Plan::new(&Browser::new().await.offer().await, None).unwrap().media);
    let ring = |call| ToBrowser::Ring {
        call: call::CallId(call),
        ticket: acd::TicketId(call),
        caller: "Ann".into(),
        number: "1008621".into(),
        queue: "help".into(),
        stars: None,
        path: Vec::new(),
        auto_answer: false,
        media: media.clone(),
    };
    let id = SessionId(1);
    hub.deliver(id, ring(1));
    session.commands.send(Command::Away {}).await.unwrap();
    assert!(matches!(world.word().await.1, FromBrowser::Reject { call: call::CallId(1) }));
    hub.deliver(id, ring(2));
    assert!(matches!(world.word().await.1, FromBrowser::Reject { call: call::CallId(2) }));
    let mut session = hub.resume(Role::Desk, &session.token).unwrap();
    assert!(session.state().await.unwrap().ring.is_none());
    hub.deliver(id, ring(3));
    assert!(matches!(next(&mut session).await, Event::Ring(Ring { call: 3, .. })));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_that_leads_nowhere_ends_the_call_after_the_grace() {
    let world = World::new();
    let mut session = world.hub().open(Role::Phone).unwrap();
    let (_, browser) = connect(&world, &mut session).await;
    let sdp = browser.restart().await;
    session.commands.send(Command::Restart { sdp }).await.unwrap();
    assert!(matches!(next(&mut session).await, Event::Answer { .. }));
    let began = net::clock::now().mono;
    assert!(matches!(next(&mut session).await, Event::Ended { .. }));
    let took = net::clock::now().mono - began;
    assert!(took < limits::GRACE * 3 / 2, "not the crate's half minute, but {took:?}");
    assert!(matches!(world.word().await.1, FromBrowser::Lost));
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_right_after_another_is_not_ended_by_the_last_word_on_that() {
    let world = World::new();
    let hub = world.hub();
    let mut session = hub.open(Role::Phone).unwrap();
    let (id, browser) = connect(&world, &mut session).await;
    session.commands.send(Command::HangUp {}).await.unwrap();
    assert!(matches!(next(&mut session).await, Event::Ended { .. }));
    assert!(matches!(world.word().await.1, FromBrowser::HangUp));
    let (_, mut again) = connect(&world, &mut session).await;
    // What the shard said of the first call, late.
    hub.deliver(id, ToBrowser::Waiting { place: 1, waiting: 1 });
    hub.deliver(id, ToBrowser::Ended { why: call::web::Ended::HungUp });
    hub.deliver(id, ToBrowser::Accepted { call: call::CallId(2) });
    assert_eq!(next(&mut session).await, Event::Accepted { call: 2 });
    hub.deliver(id, ToBrowser::Frame { kind: Kind::Video, frame: picture(0, true) });
    again.frame(Kind::Video, |frame| frame.keyframe).await;
    hub.deliver(id, ToBrowser::Ended { why: call::web::Ended::Over });
    assert!(matches!(next(&mut session).await, Event::Ended { .. }));
    browser.close().await;
    again.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_bridged_is_refused_in_words() {
    let world = World::new();
    let mut session = world.hub().open(Role::Phone).unwrap();
    let long = "a".repeat(1 << 20);
    for (sdp, expected) in [("", 400), ("v=0\r\nhello", 400), (long.as_str(), 413), (AV1_ONLY, 488)] {
        let call = Command::Call { number: "1".into(), sdp: sdp.to_owned(), name: None };
        session.commands.send(call).await.unwrap();
        let Event::Refused { status, reason, .. } = next(&mut session).await else { panic!("refused") };
        assert_eq!(status, expected, "{reason}");
    }
    for (command, code) in [
        (Command::Key { digit: '1' }, "no_call"),
        (Command::Restart { sdp: String::new() }, "no_call"),
        (Command::SignIn { agent: "desk1".into(), ready: false }, "wrong_role"),
        (Command::Accept { call: 1, sdp: String::new() }, "wrong_role"),
    ] {
        session.commands.send(command).await.unwrap();
        let Event::Error { code: told, .. } = next(&mut session).await else { panic!("an error") };
        assert_eq!(told, code);
    }
    assert!(world.shard.try_recv().is_err(), "the shard has heard of none of it");
}

const AV1_ONLY: &str = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n\
    m=video 9 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\na=rtpmap:96 AV1/90000\r\n";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_page_is_closed_and_its_session_waits_for_it() {
    let world = World::new();
    let hub = world.hub();
    let mut session = hub.open(Role::Phone).unwrap();
    let (id, browser) = connect(&world, &mut session).await;
    for count in 0..limits::EVENTS + 100 {
        let before = session.events.len();
        hub.deliver(id, ToBrowser::Talking { with: format!("{count}") });
        // Not faster than the session reads: here the page is slow, not the session.
        wait_until(|| session.events.len() > before || session.events.is_closed()).await;
    }
    let mut told = 0;
    while let Some(_event) = timeout(PATIENCE, session.events.recv()).await.unwrap() {
        told += 1;
    }
    assert!(told <= limits::EVENTS + 8, "{told}");
    assert!(hub.resume(Role::Phone, &session.token).is_some());
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sessions_are_limited_and_a_desk_that_leaves_is_signed_out() {
    let world = World::new();
    let hub = world.hub();
    let sessions: Vec<_> = (0..limits::SESSIONS_MAX).map(|_| hub.open(Role::Desk).unwrap()).collect();
    assert_eq!(hub.open(Role::Phone).err(), Some(Busy::Full));
    drop(sessions);
    let mut signed_out = 0;
    let all = async {
        while signed_out < limits::SESSIONS_MAX {
            match world.pool.try_recv() {
                Ok(ToPool::Call(acd::Input::SignOut { .. })) => signed_out += 1,
                Ok(_) => panic!("nothing else is said"),
                Err(_) => tokio::time::sleep(Duration::from_millis(5)).await,
            }
        }
    };
    timeout(PATIENCE, all).await.unwrap();
    wait_until(|| hub.sessions() == 0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_calls_leave_no_socket_and_no_task_behind() {
    let world = World::with_ports(31_000..=31_999);
    let hub = world.hub();
    for count in 0..50 {
        let mut session = hub.open(Role::Phone).unwrap();
        let browser = Browser::new().await;
        let sdp = browser.offer().await;
        session.commands.send(Command::Call { number: "1".into(), sdp, name: None }).await.unwrap();
        assert!(matches!(next(&mut session).await, Event::Answer { .. }));
        wait_until(|| bound(31_000..=31_999) > 0).await;
        if count % 2 == 0 {
            session.commands.send(Command::HangUp {}).await.unwrap();
            assert!(matches!(next(&mut session).await, Event::Ended { .. }));
        }
        browser.close().await;
    }
    wait_until(|| hub.sessions() == 0).await;
    wait_until(|| world.threads.alive() == 0).await;
    wait_until(|| bound(31_000..=31_999) == 0).await;
}

/// UDP sockets of this process that are bound to these ports (below those that the kernel gives out). The table
/// is the machine's and is read in pieces, so that a socket may be missed while others open and close: ask again.
fn bound(ports: RangeInclusive<u16>) -> usize {
    let links = std::fs::read_dir("/proc/self/fd").unwrap();
    let open: Vec<_> = links.filter_map(|link| std::fs::read_link(link.ok()?.path()).ok()).collect();
    let is_open =
        |inode: &str| open.iter().any(|link| link.as_os_str() == format!("socket:[{inode}]").as_str());
    let table = std::fs::read_to_string("/proc/self/net/udp").unwrap();
    let is_ours = |line: &str| {
        let words: Vec<_> = line.split_whitespace().collect();
        let port = words.get(1).and_then(|local| u16::from_str_radix(local.rsplit(':').next()?, 16).ok());
        port.is_some_and(|port| ports.contains(&port)) && words.get(9).is_some_and(|inode| is_open(inode))
    };
    table.lines().filter(|line| is_ours(line)).count()
}

async fn wait_until(mut holds: impl FnMut() -> bool) {
    let waited = timeout(PATIENCE, async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
    waited.await.expect("in time");
}
