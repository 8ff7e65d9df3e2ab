//! Comfort noise (RFC 3389), both ways.

use super::*;

fn noises(session: &mut Session) -> Vec<(Duration, Bytes)> {
    let noises = events(session).into_iter().filter_map(|event| match event {
        Event::ComfortNoise { pts, noise } => Some((pts, noise)),
        _ => None,
    });
    noises.collect()
}

#[test]
fn a_pause_is_told_on_the_time_line_of_the_frames() {
    let mut session = Session::new(config(Codec::Pcmu));
    sound(&mut session, 0, 1);
    sound(&mut session, 20, 2);
    let spoken = frames(&mut session);
    arrive(&mut session, 40, packet(13, 3, 3 * 160, &[62, 120, 130]));
    let paused = noises(&mut session);
    assert_eq!(paused, [(spoken[1].pts + spoken[1].duration, Bytes::from_static(&[62, 120, 130]))]);
    // A second later it speaks again.
    arrive(&mut session, 1_040, packet(0, 4, 3 * 160 + 8_000, &[0xFF; 160]));
    let again = frames(&mut session);
    assert_eq!(again[0].pts, paused[0].0 + Duration::from_secs(1));
    assert!(!again[0].lost_before);
    assert_eq!(session.statistics().wrong_payload_type, 0);
}

#[test]
fn a_packet_that_was_lost_before_a_pause_is_not_missed_after_it() {
    let mut session = Session::new(config(Codec::Pcmu));
    sound(&mut session, 0, 1);
    sound(&mut session, 20, 2);
    // Number 3 never comes.
    arrive(&mut session, 60, packet(13, 4, 4 * 160, &[60]));
    session.handle_input(now(200), Input::Timeout);
    assert_eq!(noises(&mut session).len(), 1);
    arrive(&mut session, 1_000, packet(0, 5, 50 * 160, &[0xFF; 160]));
    assert!(!frames(&mut session)[0].lost_before);
    assert_eq!(session.statistics().lost, 1);
}

#[test]
fn noise_that_is_no_noise_is_counted() {
    let mut session = Session::new(config(Codec::Pcmu));
    sound(&mut session, 0, 1);
    sound(&mut session, 20, 2);
    arrive(&mut session, 40, packet(13, 3, 480, &[]));
    arrive(&mut session, 60, packet(13, 4, 640, &[0; limits::COMFORT_NOISE_MAX + 1]));
    assert!(noises(&mut session).is_empty());
    assert_eq!(session.statistics().malformed, 2);
    let mut deaf = Session::new(Config { noise_receive: None, ..config(Codec::Pcmu) });
    sound(&mut deaf, 0, 1);
    sound(&mut deaf, 20, 2);
    arrive(&mut deaf, 40, packet(13, 3, 480, &[60]));
    assert!(noises(&mut deaf).is_empty());
    assert_eq!(deaf.statistics().wrong_payload_type, 1);
}

#[test]
fn a_pause_that_is_passed_on_ends_the_talk_spurt() {
    let mut session = Session::new(config(Codec::Pcmu));
    let noise = Bytes::from_static(&[62, 120]);
    session.send(now(0), &sound_frame(5_000, 160));
    assert!(session.send_comfort_noise(now(20), Duration::from_millis(5_020), &noise));
    assert!(session.send_comfort_noise(now(520), Duration::from_millis(5_520), &noise));
    session.send(now(1_020), &sound_frame(6_020, 160));
    let sent = rtp_sent(&mut session);
    let start = sent[0].header.timestamp;
    let heads = sent.iter().map(|packet| &packet.header);
    let heads: Vec<_> =
        heads.map(|head| (head.payload_type, head.timestamp.wrapping_sub(start), head.marker)).collect();
    assert_eq!(heads, [(0, 0, true), (13, 160, false), (13, 4_160, false), (0, 8_160, true)]);
    assert!(sent.windows(2).all(|pair| pair[1].header.sequence == pair[0].header.sequence.wrapping_add(1)));
    assert_eq!(sent[1].payload, noise);
}

#[test]
fn a_peer_that_takes_none_is_sent_none() {
    let noise = Bytes::from_static(&[62]);
    let mut session = Session::new(Config { noise_send: None, ..config(Codec::Pcmu) });
    assert!(!session.send_comfort_noise(now(0), Duration::ZERO, &noise));
    let mut session = Session::new(config(Codec::Pcmu));
    assert!(!session.send_comfort_noise(now(0), Duration::ZERO, &Bytes::new()));
    assert!(!session.send_comfort_noise(
        now(0),
        Duration::ZERO,
        &vec![0; limits::COMFORT_NOISE_MAX + 1].into()
    ));
    let held = SocketAddr::from(([0, 0, 0, 0], 4000));
    let mut held = Session::new(Config { remote_rtp: held, ..config(Codec::Pcmu) });
    assert!(!held.send_comfort_noise(now(0), Duration::ZERO, &noise));
    assert!(rtp_sent(&mut session).is_empty() && rtp_sent(&mut held).is_empty());
}
