//! What peers ask of each other's rates.

use super::*;
use crate::rtcp::{RateEntry, RateRequest, Remb, ReportBlock};

fn picture_arrives(session: &mut Session, ms: u64, sequence: u16) {
    arrive(session, ms, packet(96, sequence, u32::from(sequence) * 6_000, &[0x41; 460]));
}

fn tmmbr(total_bps: u64, overhead: u16) -> RateRequest {
    RateRequest { sender: THEIRS, entries: vec![RateEntry { ssrc: OURS, total_bps, overhead }] }
}

fn requests(session: &mut Session) -> Vec<RateEntry> {
    let sent = rtcp_sent(session).into_iter().filter_map(|packet| match packet {
        rtcp::Packet::Tmmbr(request) => Some(request.entries[0]),
        _ => None,
    });
    sent.collect()
}

fn answers(session: &mut Session) -> Vec<RateRequest> {
    let sent = drain(session).into_iter().filter_map(|output| match output {
        Output::Rtcp { data, .. } => Some(rtcp::parse(&data).expect("our own compound")),
        _ => None,
    });
    let answers = sent.flatten().filter_map(|packet| match packet {
        rtcp::Packet::Tmmbn(answer) => Some(answer),
        _ => None,
    });
    answers.collect()
}

fn with_tmmbr() -> Session {
    let feedback = Feedback { pli: true, tmmbr: true, ..Feedback::default() };
    Session::new(Config { feedback, ..config(Codec::H264) })
}

fn limit(bps: u32, by: RateLimitBy) -> Event {
    Event::RateLimit { bps, by }
}

#[test]
fn a_request_is_answered_and_told_without_its_headers() {
    let mut session = Session::new(config(Codec::H264));
    // One packet of 360 octets: with 40 of headers nine tenths are payload.
    session.send(now(0), &picture_frame(0, 364));
    drain(&mut session);
    rtcp(&mut session, 10, |out| tmmbr(50_000, 40).write_request(out));
    assert_eq!(session.statistics().sent_octets, 360);
    let told = session.poll_output();
    assert_eq!(told, Output::Event(limit(45_000, RateLimitBy::Tmmbr)));
    assert_eq!(
        answers(&mut session),
        [RateRequest {
            sender: OURS,
            entries: vec![RateEntry { ssrc: THEIRS, total_bps: 50_000, overhead: 40 }],
        }]
    );
}

#[test]
fn a_request_that_is_repeated_is_answered_again_but_told_once() {
    let mut session = Session::new(config(Codec::H264));
    for ms in [10, 11, 12] {
        rtcp(&mut session, ms, |out| tmmbr(50_000, 0).write_request(out));
    }
    assert_eq!(answers(&mut session).len(), 1, "the others wait");
    session.handle_input(now(10 + 200), Input::Timeout);
    assert_eq!(answers(&mut session).len(), 1);
    session.handle_input(now(2_000), Input::Timeout);
    assert_eq!(answers(&mut session).len(), 0);
    rtcp(&mut session, 2_100, |out| tmmbr(50_000, 0).write_request(out));
    assert_eq!(events(&mut session), []);
    rtcp(&mut session, 2_500, |out| tmmbr(80_000, 0).write_request(out));
    assert_eq!(events(&mut session), [limit(80_000, RateLimitBy::Tmmbr)]);
}

#[test]
fn requests_about_others_and_of_sound_are_passed_over() {
    let mut session = Session::new(config(Codec::H264));
    let other =
        RateRequest { sender: THEIRS, entries: vec![RateEntry { ssrc: 5, total_bps: 1, overhead: 0 }] };
    rtcp(&mut session, 10, |out| other.write_request(out));
    rtcp(&mut session, 11, |out| Remb { sender: THEIRS, total_bps: 1, sources: vec![5] }.write(out));
    assert_eq!(drain(&mut session), []);
    let mut sound = Session::new(config(Codec::Pcmu));
    rtcp(&mut sound, 10, |out| tmmbr(1, 0).write_request(out));
    assert_eq!(drain(&mut sound), []);
}

#[test]
fn estimates_are_told_when_they_differ_by_more_than_they_tremble() {
    let mut session = Session::new(config(Codec::H264));
    session.send(now(0), &picture_frame(0, 364));
    drain(&mut session);
    for (ms, total_bps) in [(10, 400_000), (20, 404_000), (30, 396_000), (40, 300_000)] {
        let remb = Remb { sender: THEIRS, total_bps, sources: vec![7, OURS] };
        rtcp(&mut session, ms, |out| remb.write(out));
    }
    let by = RateLimitBy::Remb;
    assert_eq!(events(&mut session), [limit(360_000, by), limit(270_000, by)]);
}

#[test]
fn a_peer_is_limited_until_it_says_so() {
    let mut session = with_tmmbr();
    assert!(session.limit_peer(now(0), Some(42_000)));
    assert_eq!(requests(&mut session), [], "nobody is there yet");
    picture_arrives(&mut session, 100, 1);
    // 460 octets of payload and 40 of headers in each packet.
    let expected = RateEntry { ssrc: THEIRS, total_bps: 42_000 * 500 / 460, overhead: 40 };
    assert_eq!(requests(&mut session), [expected]);
    session.limit_peer(now(200), Some(42_000));
    session.handle_input(now(1_099), Input::Timeout);
    assert_eq!(requests(&mut session), []);
    session.handle_input(now(1_100), Input::Timeout);
    assert_eq!(requests(&mut session), [expected], "it has not answered");
    let answer = RateRequest { sender: THEIRS, entries: vec![RateEntry { ssrc: OURS, ..expected }] };
    rtcp(&mut session, 1_200, |out| answer.write_notification(out));
    session.handle_input(now(9_000), Input::Timeout);
    assert_eq!(requests(&mut session), []);
}

#[test]
fn a_peer_without_an_ear_is_asked_five_times_and_a_new_source_again() {
    let mut session = with_tmmbr();
    picture_arrives(&mut session, 0, 1);
    session.limit_peer(now(10), Some(42_000));
    for second in 1..30 {
        session.handle_input(now(10 + second * 1_000), Input::Timeout);
    }
    assert_eq!(requests(&mut session).len(), limits::RATE_REQUESTS_MAX as usize);
    // Another source takes over after the silence.
    let header = Header { marker: true, payload_type: 96, sequence: 9, timestamp: 0, ssrc: 0x3333_3333 };
    for sequence in 9..12 {
        let header = Header { sequence, ..header };
        let payload = Bytes::from_static(&[0x41; 460]);
        let data = Packet { header, csrc: Bytes::new(), extension: None, payload }.to_bytes();
        arrive(&mut session, 60_000 + u64::from(sequence), data);
    }
    assert_eq!(requests(&mut session).iter().map(|entry| entry.ssrc).collect::<Vec<_>>(), [0x3333_3333]);
}

#[test]
fn changes_keep_their_distance_and_a_limit_is_lifted() {
    let mut session = with_tmmbr();
    picture_arrives(&mut session, 0, 1);
    session.limit_peer(now(10), None);
    assert_eq!(requests(&mut session), [], "there is nothing to lift");
    session.limit_peer(now(10), Some(42_000));
    session.limit_peer(now(20), Some(30_000));
    session.limit_peer(now(30), None);
    assert_eq!(requests(&mut session).len(), 1);
    session.handle_input(now(1_010), Input::Timeout);
    let lifted = requests(&mut session);
    assert!(lifted.len() == 1 && lifted[0].total_bps > 90_000_000, "{lifted:?}");
}

#[test]
fn a_browser_is_told_an_estimate() {
    let feedback = Feedback { pli: true, remb: true, ..Feedback::default() };
    let mut session = Session::new(Config { feedback, ..config(Codec::H264) });
    picture_arrives(&mut session, 0, 1);
    assert!(session.limit_peer(now(10), Some(42_000)));
    let sent = drain(&mut session).into_iter().filter_map(|output| match output {
        Output::Rtcp { data, .. } => Some(crate::rtcp::parse(&data).expect("ours can be read")),
        _ => None,
    });
    let told: Vec<_> = sent
        .flatten()
        .filter_map(|packet| match packet {
            crate::rtcp::Packet::Remb(remb) => Some(remb),
            crate::rtcp::Packet::Tmmbr(request) => panic!("{request:?}"),
            _ => None,
        })
        .collect();
    let total_bps = 42_000 * 500 / 460;
    assert_eq!(told, [Remb { sender: OURS, total_bps, sources: vec![THEIRS] }]);
}

#[test]
fn who_did_not_agree_on_requests_gets_none() {
    let mut session = Session::new(config(Codec::H264));
    picture_arrives(&mut session, 0, 1);
    assert!(!session.limit_peer(now(10), Some(42_000)));
    assert_eq!(requests(&mut session), []);
}

#[test]
fn reports_about_our_pictures_are_told_with_the_worst_loss() {
    let mut session = Session::new(config(Codec::H264));
    let mut report = |ms, ssrc, fraction_lost| {
        let blocks = vec![ReportBlock { ssrc, fraction_lost, ..ReportBlock::default() }];
        let mut data = BytesMut::new();
        ReceiverReport { ssrc: THEIRS, blocks }.write(&mut data);
        session.handle_input(now(ms), Input::Rtcp { from: address(4001), data: data.freeze() });
        events(&mut session)
    };
    let told = |fraction_lost| vec![Event::Report { fraction_lost, rtt: None }];
    assert_eq!(report(10, OURS, 12), told(12));
    assert_eq!(report(20, 5, 255), []);
    assert_eq!(report(30, OURS, 90), []);
    assert_eq!(report(40, OURS, 1), []);
    assert_eq!(report(510, OURS, 0), told(90), "the worst of those that were passed over");
    assert_eq!(report(1_010, OURS, 0), told(0));
}

#[test]
fn after_goodbye_nothing_is_answered() {
    let mut session = with_tmmbr();
    picture_arrives(&mut session, 0, 1);
    session.goodbye(now(10));
    drain(&mut session);
    rtcp(&mut session, 20, |out| tmmbr(1_000, 0).write_request(out));
    assert!(!session.limit_peer(now(30), Some(1)));
    assert_eq!((answers(&mut session), session.poll_output()), (vec![], Output::Timeout(None)));
}
