//! A terminal against a peer that says exactly what the test says. Pairs of terminals are in `tests/pairs.rs`.

use std::time::Duration;

use media::Codec;

use super::*;
use crate::h223::{CONTROL, Demultiplexer, Multiplexer, Received, WNSRP_CODE};
use crate::h245::view::{
    Adaptation, Audio, ChannelRequest, Command, H263, Indication, Media, Mode, Reconfiguration, RejectCause,
    Role, Scope, Video,
};
use crate::h245::{self, Message, View};
use crate::srp::{self, Link};

const TWO: Level = Level::Two { optional_header: false };
const OCTETS: usize = 160;

#[allow(clippy::disallowed_methods)]
fn base() -> Instant {
    Instant::now()
}

/// The terminal, and a peer's multiplex and link in the test's hands.
struct Scene {
    now: Instant,
    start: Instant,
    session: Session,
    mux: Multiplexer,
    demux: Demultiplexer,
    link: Link,
    events: Vec<Event>,
    heard: Vec<View>,
}

impl Scene {
    fn new(config: Config) -> Self {
        let now = base();
        let config = Config { bit_order: Some(crate::BitOrder::Lsb), ..config };
        let mut scene = Scene {
            now,
            start: now,
            session: Session::new(now, config),
            mux: Multiplexer::new(TWO),
            demux: Demultiplexer::new(TWO),
            link: Link::new(srp::Config::default()),
            events: Vec::new(),
            heard: Vec::new(),
        };
        scene.run(200);
        scene
    }

    /// The peer has said and acknowledged everything up to the roles.
    fn introduced(config: Config) -> Self {
        let mut scene = Scene::new(config);
        let theirs = capabilities::ours(&Config { video: vec![Codec::H263], ..Config::default() });
        scene.say(&[
            build::terminal_capability_set(1, &theirs),
            build::terminal_capability_set_ack(1),
            build::master_slave_determination(128, 5),
            build::master_slave_determination_ack(Role::Master),
        ]);
        scene
    }

    /// Everything is open both ways.
    fn up(config: Config) -> Self {
        let mut scene = Scene::introduced(config);
        let (audio, video) = (way(amr(), AL2), way(h263(), AL2));
        scene.say(&[
            build::open_logical_channel_ack(1, None),
            build::open_logical_channel_ack(2, None),
            build::multiplex_entry_send_ack(1, &[1, 2]),
            build::open_logical_channel(&ChannelRequest { channel: 6, forward: audio, reverse: None }),
            build::open_logical_channel(&ChannelRequest { channel: 7, forward: video, reverse: None }),
        ]);
        assert!(scene.events.iter().any(|event| matches!(event, Event::Up { .. })), "{:?}", scene.events);
        scene
    }

    fn say(&mut self, messages: &[Message]) {
        for message in messages {
            self.link.handle_input(self.now, srp::Input::Send(h245::encode(message)));
        }
        self.run(400);
    }

    fn run(&mut self, ms: u64) {
        let end = self.now + Duration::from_millis(ms);
        while self.now < end {
            self.tick();
        }
    }

    fn tick(&mut self) {
        self.now += Duration::from_millis(20);
        self.link.handle_input(self.now, srp::Input::Timeout);
        self.poll_link();
        let mut line = vec![0; OCTETS];
        self.mux.fill(&mut line);
        self.session.handle_input(self.now, Input::Line(line.into()));
        self.demux.push(&self.session.take_line(self.now, OCTETS));
        while let Some(received) = self.demux.poll() {
            if let Received::Sdu { channel: CONTROL, data, mc, .. } = received {
                self.link.handle_input(self.now, srp::Input::Sdu { data, mc });
            }
        }
        self.poll_link();
        loop {
            match self.session.poll_output() {
                Output::Frame(_) => {}
                Output::Event(event) => self.events.push(event),
                Output::Timeout(_) => return,
            }
        }
    }

    fn poll_link(&mut self) {
        loop {
            match self.link.poll_output() {
                srp::Output::Frame { data, mc15: true } => {
                    self.mux.push_with(WNSRP_CODE, CONTROL, data).unwrap();
                }
                srp::Output::Frame { data, mc15: false } => self.mux.push(CONTROL, data).unwrap(),
                srp::Output::Message(sdu) => {
                    self.heard.extend(h245::decode(&sdu).0.iter().map(Message::view));
                }
                srp::Output::Mode(_) | srp::Output::Failed => {}
                srp::Output::Timeout(_) => return,
            }
        }
    }

    /// Runs until the call is over; why and when.
    fn until_over(&mut self) -> (EndCause, u64) {
        for _ in 0..50 * 120 {
            if let Some(cause) = self.session.ended() {
                return (cause, (self.now - self.start).as_secs());
            }
            self.tick();
        }
        panic!("never over");
    }

    fn input(&mut self, input: Input) {
        self.session.handle_input(self.now, input);
    }

    /// Answers to wishes that the owner was told.
    fn answers(&self) -> usize {
        self.events.iter().filter(|event| matches!(event, Event::Answered { .. })).count()
    }

    fn told(&self, wanted: impl Fn(&View) -> bool) -> usize {
        self.heard.iter().filter(|view| wanted(view)).count()
    }
}

const AL2: Adaptation = Adaptation::Al2 { sequence_numbers: true };

/// A frame of 12.2 kbit/s in storage form.
fn speech() -> Bytes {
    Bytes::from(vec![0x3C; 32])
}

fn amr() -> Media {
    Media::Audio(Audio::Amr { bps_max: 12_200, frames_max: 1, comfort_noise: false })
}

fn h263() -> Media {
    Media::Video(Video::H263(H263 { qcif_mpi: Some(2), bps_max: 52_000, ..H263::default() }))
}

fn way(media: Media, adaptation: Adaptation) -> crate::h245::view::Way {
    let segmentable = matches!(media, Media::Video(_));
    crate::h245::view::Way { media, adaptation, segmentable }
}

fn rejected(scene: &Scene, channel: u16) -> Option<RejectCause> {
    scene.heard.iter().find_map(|view| match view {
        View::OpenLogicalChannelReject { channel: told, cause } if *told == channel => Some(*cause),
        _ => None,
    })
}

#[test]
fn a_peer_without_capabilities_is_given_up_after_twenty_seconds() {
    assert_eq!(Scene::new(Config::default()).until_over(), (EndCause::NoCapabilities, 20));
}

#[test]
fn a_peer_that_acknowledges_nothing_is_given_up_by_t101() {
    let mut scene = Scene::new(Config::default());
    scene.say(&[build::terminal_capability_set(1, &capabilities::ours(&Config::default()))]);
    assert_eq!(scene.until_over(), (EndCause::CapabilitiesUnanswered, 30));
}

#[test]
fn a_peer_that_never_acknowledges_the_table_is_sent_media_all_the_same() {
    let mut scene = Scene::introduced(Config::default());
    let audio = way(amr(), AL2);
    scene.say(&[
        build::open_logical_channel_ack(1, None),
        build::open_logical_channel(&ChannelRequest { channel: 6, forward: audio, reverse: None }),
    ]);
    scene.run(29_000);
    assert_eq!(scene.told(|view| matches!(view, View::MultiplexEntrySend { .. })), 3);
    scene.run(5_000);
    assert!(scene.events.iter().any(|event| matches!(event, Event::Up { .. })), "{:?}", scene.events);
}

#[test]
fn a_peer_that_opened_everything_may_forget_its_acknowledgements() {
    let mut scene = Scene::new(Config { video: Vec::new(), ..Config::default() });
    let theirs = capabilities::ours(&Config { video: Vec::new(), ..Config::default() });
    scene.say(&[build::terminal_capability_set(1, &theirs), build::master_slave_determination(128, 5)]);
    let audio = way(amr(), AL2);
    scene.say(&[
        build::open_logical_channel_ack(1, None),
        build::multiplex_entry_send_ack(1, &[1]),
        build::open_logical_channel(&ChannelRequest { channel: 6, forward: audio, reverse: None }),
    ]);
    scene.run(40_000);
    assert_eq!(scene.session.ended(), None);
}

#[test]
fn a_multiplex_said_anew_closes_nothing() {
    let mut scene = Scene::up(Config::default());
    let theirs = capabilities::ours(&Config::default());
    let only = Capabilities { table: Vec::new(), descriptors: Vec::new(), ..theirs };
    scene.say(&[build::terminal_capability_set(2, &only)]);
    assert_eq!(scene.told(|view| matches!(view, View::CloseLogicalChannel { .. })), 0);
}

#[test]
fn channels_that_are_never_acknowledged_are_given_up_by_t103() {
    let (cause, seconds) = Scene::introduced(Config::default()).until_over();
    assert_eq!(cause, EndCause::NoAudioChannel);
    assert!((29..=31).contains(&seconds), "{seconds}");
}

#[test]
fn a_peer_that_refuses_all_speech_is_told_so() {
    let mut scene = Scene::introduced(Config::default());
    scene.say(&[build::open_logical_channel_reject(1, RejectCause::DataTypeAlCombinationNotSupported)]);
    assert_eq!(scene.session.ended(), None, "the other layer is tried");
    assert_eq!(scene.told(|view| matches!(view, View::OpenLogicalChannel(open) if open.channel == 1)), 2);
    scene.say(&[build::open_logical_channel_reject(1, RejectCause::DataTypeNotSupported)]);
    assert_eq!(scene.session.ended(), Some(EndCause::NoCommonAudio));
}

#[test]
fn what_is_not_built_is_refused_politely() {
    let mut scene = Scene::introduced(Config::default());
    let open = |channel, media, adaptation| {
        build::open_logical_channel(&ChannelRequest {
            channel,
            forward: way(media, adaptation),
            reverse: None,
        })
    };
    scene.say(&[
        open(10, amr(), Adaptation::Al1Framed),
        open(11, h263(), Adaptation::Al1NotFramed),
        open(12, Media::Audio(Audio::AmrWideband), AL2),
    ]);
    assert_eq!(rejected(&scene, 10), Some(RejectCause::DataTypeAlCombinationNotSupported));
    assert_eq!(rejected(&scene, 11), Some(RejectCause::DataTypeAlCombinationNotSupported));
    assert_eq!(rejected(&scene, 12), Some(RejectCause::DataTypeNotSupported));
}

#[test]
fn a_flood_of_capability_sets_is_answered_within_bounds() {
    let mut scene = Scene::up(Config::default());
    let theirs = capabilities::ours(&Config::default());
    for sequence in 0..=255 {
        scene.say(&[build::terminal_capability_set(sequence, &theirs)]);
    }
    assert_eq!(scene.session.ended(), None);
    let opened = scene.told(|view| matches!(view, View::OpenLogicalChannel(_)));
    assert_eq!(opened, 2, "nothing is opened twice");
    assert!(scene.told(|view| matches!(view, View::TerminalCapabilitySetAck { .. })) >= 256);
}

#[test]
fn a_repeated_request_gets_the_same_answer() {
    let mut scene = Scene::up(Config::default());
    let again = ChannelRequest { channel: 7, forward: way(h263(), AL2), reverse: None };
    scene.say(&[build::open_logical_channel(&again)]);
    let acks = scene.told(|view| *view == View::OpenLogicalChannelAck { channel: 7, reverse: None });
    assert_eq!(acks, 2);
    assert_eq!(scene.events.iter().filter(|event| matches!(event, Event::VideoOpened { .. })).count(), 2);
}

#[test]
fn flow_control_limits_pictures_and_is_lifted() {
    let mut scene = Scene::up(Config::default());
    scene.say(&[build::flow_control(Scope::Channel(2), Some(20_000))]);
    scene.say(&[build::flow_control(Scope::WholeMultiplex, Some(25_200))]);
    scene.say(&[
        build::flow_control(Scope::WholeMultiplex, None),
        build::flow_control(Scope::Channel(2), None),
    ]);
    let limits: Vec<_> = scene
        .events
        .iter()
        .filter_map(|event| match event {
            Event::RateLimit { bps } => Some(*bps),
            _ => None,
        })
        .collect();
    assert_eq!(limits, [Some(20_000), Some(10_000), Some(20_000), None]);
}

#[test]
fn the_peer_s_pictures_are_limited_by_its_channel() {
    let mut scene = Scene::up(Config { video: vec![Codec::H263], ..Config::default() });
    for bps in [Some(30_000), None] {
        scene.session.handle_input(scene.now, Input::LimitVideo(bps));
        scene.run(200);
        let said = |view: &View| *view == View::FlowControl { scope: Scope::Channel(7), bps_max: bps };
        assert_eq!(scene.told(said), 1, "{bps:?}");
    }
}

#[test]
fn speech_that_a_peer_takes_no_more_is_closed_while_pictures_go_on() {
    let config = Config { video: vec![Codec::H263], ..Config::default() };
    let mut scene = Scene::up(config.clone());
    let theirs = capabilities::ours(&config);
    let deaf = Capabilities { table: vec![(1, None)], ..Capabilities::default() };
    scene.say(&[build::terminal_capability_set(2, &deaf)]);
    let closed = |scene: &Scene, channel| {
        scene.told(|view| matches!(view, View::CloseLogicalChannel { channel: said } if *said == channel))
    };
    assert_eq!((closed(&scene, 1), closed(&scene, 2)), (1, 0));
    scene.say(&[build::close_logical_channel_ack(1)]);
    let sent = scene.session.counters();
    for at in 0..10 {
        let frame = Frame::new(Codec::Amr, Duration::from_millis(20 * at), Duration::ZERO, true, speech());
        scene.session.handle_input(scene.now, Input::Frame(frame));
        scene.run(20);
    }
    assert_eq!(scene.session.counters().audio_sent, sent.audio_sent);
    assert!(!scene.events.iter().any(|event| matches!(event, Event::Ended(_))), "{:?}", scene.events);
    assert!(!scene.events.contains(&Event::VideoClosed { way: Way::Sends }));
    scene.say(&[build::terminal_capability_set(3, &theirs)]);
    assert_eq!(scene.told(|view| matches!(view, View::OpenLogicalChannel(_))), 3, "speech again");
    scene.say(&[build::open_logical_channel_ack(1, None)]);
    let frame = Frame::new(Codec::Amr, Duration::from_secs(1), Duration::ZERO, true, speech());
    scene.session.handle_input(scene.now, Input::Frame(frame));
    scene.run(100);
    assert_eq!(scene.session.counters().audio_sent, sent.audio_sent + 1);
}

#[test]
fn the_peer_s_highest_mode_is_told() {
    let config = Config { video: Vec::new(), ..Config::default() };
    let mut scene = Scene::new(config.clone());
    let slow = Config { audio: AudioChoice::Amr { bps_max: 7_400 }, ..config };
    scene.say(&[
        build::terminal_capability_set(1, &capabilities::ours(&slow)),
        build::terminal_capability_set_ack(1),
        build::master_slave_determination(128, 5),
        build::master_slave_determination_ack(Role::Master),
    ]);
    let audio = way(amr(), AL2);
    scene.say(&[
        build::open_logical_channel_ack(1, None),
        build::multiplex_entry_send_ack(1, &[1]),
        build::open_logical_channel(&ChannelRequest { channel: 6, forward: audio, reverse: None }),
    ]);
    scene.run(3_000);
    let told = scene.events.iter().find_map(|event| match event {
        Event::Up { speech_bps, .. } => Some(*speech_bps),
        _ => None,
    });
    assert_eq!(told, Some(7_400));
}

#[test]
fn a_peer_that_wants_no_media_is_sent_none_until_it_does() {
    let mut scene = Scene::up(Config { video: vec![Codec::H263], ..Config::default() });
    let none = Capabilities { version: 7, ..Capabilities::default() };
    scene.say(&[build::terminal_capability_set(2, &none)]);
    assert_eq!(scene.told(|view| matches!(view, View::CloseLogicalChannel { .. })), 2);
    assert!(scene.events.contains(&Event::VideoClosed { way: Way::Sends }));
    scene.say(&[build::close_logical_channel_ack(1), build::close_logical_channel_ack(2)]);
    let theirs = capabilities::ours(&Config { video: vec![Codec::H263], ..Config::default() });
    scene.say(&[build::terminal_capability_set(3, &theirs)]);
    assert_eq!(scene.told(|view| matches!(view, View::OpenLogicalChannel(_))), 4, "opened again");
    scene.say(&[build::open_logical_channel_ack(1, None), build::open_logical_channel_ack(2, None)]);
    let opened = |event: &&Event| matches!(event, Event::VideoOpened { way: Way::Sends, .. });
    assert_eq!(scene.events.iter().filter(opened).count(), 2);
}

#[test]
fn modes_are_followed_where_they_can_be() {
    let config = Config { mpeg4_config: Some(Bytes::from_static(&[0, 0, 1, 0x20])), ..Config::default() };
    let mut scene = Scene::up(config);
    let mode = |video| vec![video, Mode::Audio("genericAudioMode")];
    let wanted = mode(Mode::H263 { bps_max: 40_000, qcif: true });
    let h264 =
        Video::H264(crate::h245::view::H264 { bps_max: 48_000, profiles: 64, level: 15, config: None });
    let other = mode(Mode::GenericVideo(Box::new(h264)));
    scene.say(&[build::request_mode(1, &[other.clone(), wanted]).unwrap()]);
    scene.say(&[build::request_mode(2, &[other]).unwrap()]);
    assert_eq!(scene.told(|view| *view == View::RequestModeAck { sequence: 1 }), 1);
    assert_eq!(scene.told(|view| *view == View::RequestModeReject { sequence: 2 }), 1);
}

#[test]
fn the_camera_of_the_peer_and_its_wishes_are_told() {
    let mut scene = Scene::up(Config::default());
    scene.say(&[
        build::indication(7, Indication::Inactive),
        build::command(2, Command::FastUpdatePicture),
        build::command(2, Command::FastUpdatePicture),
        build::alphanumeric("12x#"),
        build::round_trip_delay_request(9),
        build::indication(7, Indication::Active),
    ]);
    let camera = |on| scene.events.contains(&Event::PeerVideoActive(on));
    assert!(camera(false) && camera(true));
    assert_eq!(scene.events.iter().filter(|event| **event == Event::KeyPictureWanted).count(), 1);
    assert_eq!(scene.events.iter().filter(|event| matches!(event, Event::Digit { .. })).count(), 3);
    assert_eq!(scene.told(|view| *view == View::RoundTripDelayResponse { sequence: 9 }), 1);
}

#[test]
fn a_picture_channel_can_be_taken_away() {
    let mut scene = Scene::up(Config::default());
    scene.say(&[build::request_channel_close(2), build::close_logical_channel(7)]);
    assert_eq!(scene.told(|view| *view == View::CloseLogicalChannel { channel: 2 }), 1);
    assert_eq!(scene.told(|view| *view == View::CloseLogicalChannelAck { channel: 7 }), 1);
    for way in [Way::Sends, Way::Receives] {
        assert!(scene.events.contains(&Event::VideoClosed { way }), "{way:?}");
    }
    scene.say(&[build::close_logical_channel_ack(2)]);
    assert_eq!(scene.session.ended(), None, "speech goes on");
}

#[test]
fn a_mode_is_asked_for_and_its_answer_told() {
    let mut scene = Scene::up(Config::default());
    scene.input(Input::AskMode(Codec::H263));
    scene.run(200);
    let asked = |view: &View| {
        matches!(view, View::RequestMode { modes, .. } if modes[0][0]
        == Mode::H263 { bps_max: 52_000, qcif: true })
    };
    assert_eq!(scene.told(asked), 1);
    scene.input(Input::AskMode(Codec::Mpeg4));
    scene.say(&[build::request_mode_ack(1, true)]);
    assert_eq!(scene.told(|view| matches!(view, View::RequestMode { .. })), 1, "one is out at a time");
    assert!(scene.events.contains(&Event::Answered { wish: Wish::Mode, followed: true }));
    scene.say(&[build::request_mode_reject(1)]);
    assert_eq!(scene.answers(), 1, "an answer that nobody waits for");
}

#[test]
fn wishes_without_an_answer_are_released_by_their_timers() {
    let mut scene = Scene::up(Config::default());
    scene.input(Input::AskMode(Codec::Mpeg4));
    scene.input(Input::AskLoop(true));
    scene.input(Input::AskVideoClosed);
    scene.run(11_000);
    assert_eq!(scene.told(|view| *view == View::RequestChannelClose { channel: 7 }), 1);
    assert_eq!(scene.told(|view| matches!(view, View::MaintenanceLoopRequest(_))), 1);
    for released in [
        View::RequestModeRelease,
        View::MaintenanceLoopOffCommand,
        View::RequestChannelCloseRelease { channel: 7 },
    ] {
        assert_eq!(scene.told(|view| *view == released), 1, "{released:?}");
    }
    assert_eq!(scene.answers(), 3);
}

#[test]
fn entries_that_the_peer_never_sent_are_asked_for_once() {
    let mut scene = Scene::up(Config::default());
    let class = crate::h223::Class::Audio;
    scene.mux.open(6, crate::h223::AdaptationLayer::Al2 { sequence_numbers: true }, false, class);
    scene.mux.set_entry(6, Some(crate::h223::MultiplexEntry::single(6)));
    for _ in 0..200 {
        scene.mux.push(6, Bytes::from_static(&[0x0F; 31])).unwrap();
        scene.tick();
    }
    let asked = View::RequestMultiplexEntry { entries: vec![6] };
    assert_eq!(scene.told(|view| *view == asked), 1);
    scene.say(&[build::request_multiplex_entry_ack(&[6])]);
    scene.run(11_000);
    assert_eq!(scene.told(|view| matches!(view, View::RequestMultiplexEntryRelease { .. })), 0);
}

#[test]
fn entries_are_sent_again_when_the_peer_asks() {
    let mut scene = Scene::up(Config::default());
    scene.say(&[build::request_multiplex_entry(&[1])]);
    assert_eq!(scene.told(|view| *view == View::RequestMultiplexEntryAck { entries: vec![1] }), 1);
    let sent =
        |view: &View| matches!(view, View::MultiplexEntrySend { sequence: 2, entries } if entries.len() == 1);
    assert_eq!(scene.told(sent), 1);
}

#[test]
fn the_trade_off_is_the_owners_and_only_with_the_setting() {
    let wish = build::command(2, Command::TemporalSpatialTradeOff(9));
    let mut deaf = Scene::up(Config::default());
    deaf.say(std::slice::from_ref(&wish));
    assert!(!deaf.events.contains(&Event::TradeOffWanted(9)));
    let mut scene = Scene::up(Config { trade_off: true, ..Config::default() });
    scene.say(&[wish, build::indication(7, Indication::TemporalSpatialTradeOff(4))]);
    assert!(scene.events.contains(&Event::TradeOffWanted(9)));
    assert!(scene.events.contains(&Event::PeerTradeOff(4)));
    scene.input(Input::TradeOff(9));
    scene.input(Input::AskTradeOff(31));
    scene.run(200);
    let told = View::Indication { channel: 2, indication: Indication::TemporalSpatialTradeOff(9) };
    let asked = View::Command { channel: 7, command: Command::TemporalSpatialTradeOff(31) };
    assert_eq!((scene.told(|view| *view == told), scene.told(|view| *view == asked)), (1, 1));
}

#[test]
fn a_peer_that_can_is_asked_for_pdus_of_254_octets() {
    let scene = Scene::up(Config::default());
    let asked = View::Command { channel: u16::MAX, command: Command::MaxMuxPduSize(254) };
    assert_eq!(scene.told(|view| *view == asked), 1);
}

#[test]
fn another_level_in_mid_call_is_followed() {
    const ONE: Level = Level::One { double_flag: false };
    let mut scene = Scene::up(Config::default());
    scene.say(&[build::multiplex_reconfiguration(Reconfiguration::Level1)]);
    scene.demux.set_level(ONE);
    scene.say(&[build::round_trip_delay_request(1)]);
    assert_eq!(scene.told(|view| *view == View::RoundTripDelayResponse { sequence: 1 }), 1, "what we send");
    scene.mux.set_level(ONE);
    scene.say(&[build::round_trip_delay_request(2)]);
    assert_eq!(scene.told(|view| *view == View::RoundTripDelayResponse { sequence: 2 }), 1, "what we hear");
    scene.mux.set_level(TWO);
    scene.say(&[build::round_trip_delay_request(3)]);
    assert_eq!(scene.told(|view| *view == View::RoundTripDelayResponse { sequence: 3 }), 1, "up again");
    let levels = scene.events.iter().filter(|event| matches!(event, Event::LevelUp(_))).count();
    assert_eq!(levels, 3);
    scene.say(&[build::multiplex_reconfiguration(Reconfiguration::Level0)]);
    assert_eq!(scene.told(|view| matches!(view, View::FunctionNotUnderstood(_))), 1, "not to level 0");
}

#[test]
fn a_peer_that_starts_anew_at_a_lower_level_is_met_there() {
    const ONE: Level = Level::One { double_flag: false };
    let mut scene = Scene::up(Config::default());
    scene.mux.set_level(ONE);
    scene.demux.set_level(ONE);
    scene.say(&[build::round_trip_delay_request(4)]);
    assert_eq!(scene.told(|view| *view == View::RoundTripDelayResponse { sequence: 4 }), 1);
}

#[test]
fn nothing_times_out_before_the_bearer_is_answered() {
    let mut now = base();
    let mut session = Session::new(now, Config { answered: false, ..Config::default() });
    for _ in 0..2_000 {
        now += Duration::from_millis(20);
        session.handle_input(now, Input::Line(vec![0xFF; 160].into()));
    }
    assert_eq!(session.ended(), None);
    session.handle_input(now, Input::Answered);
    session.handle_input(now + Duration::from_secs(6), Input::Timeout);
    assert_eq!(session.ended(), Some(EndCause::NoH324));
}

fn mpeg4_config() -> Config {
    Config { mpeg4_config: Some(Bytes::from_static(&[0, 0, 1, 0x20])), ..Config::default() }
}

/// A peer that decodes these, in this order.
fn decodes(video: &[Codec]) -> Capabilities {
    capabilities::ours(&Config { video: video.to_vec(), ..Config::default() })
}

/// Up to the roles, with a peer that decodes these.
fn introduced_to(config: Config, video: &[Codec]) -> Scene {
    let mut scene = Scene::new(config);
    scene.say(&[
        build::terminal_capability_set(1, &decodes(video)),
        build::terminal_capability_set_ack(1),
        build::master_slave_determination(128, 5),
        build::master_slave_determination_ack(Role::Master),
    ]);
    scene
}

fn open(channel: u16, media: Media) -> Message {
    build::open_logical_channel(&ChannelRequest { channel, forward: way(media, AL2), reverse: None })
}

fn all_acknowledged() -> [Message; 3] {
    [
        build::open_logical_channel_ack(1, None),
        build::open_logical_channel_ack(2, None),
        build::multiplex_entry_send_ack(1, &[1, 2]),
    ]
}

fn mpeg4() -> Media {
    let config = Some(Bytes::from_static(&[0, 0, 1, 0, 0, 0, 1, 0x20]));
    let mpeg4 =
        crate::h245::view::Mpeg4 { bps_max: 52_000, profile_and_level: Some(8), object: None, config };
    Media::Video(Video::Mpeg4(mpeg4))
}

/// The codecs of our picture channels that were asked for, in turn.
fn asked(scene: &Scene) -> Vec<&'static str> {
    let codec = |view: &View| match view {
        View::OpenLogicalChannel(open) if open.channel == 2 => match open.forward.media {
            Media::Video(Video::H263(_)) => Some("H.263"),
            Media::Video(Video::Mpeg4(_)) => Some("MPEG-4"),
            _ => None,
        },
        _ => None,
    };
    scene.heard.iter().filter_map(codec).collect()
}

#[test]
fn each_side_sends_the_codec_it_chose() {
    let both = [Codec::Mpeg4, Codec::H263];
    for (ours, theirs, media) in [(Codec::Mpeg4, Codec::H263, h263()), (Codec::H263, Codec::Mpeg4, mpeg4())] {
        let video = if ours == Codec::Mpeg4 { both.to_vec() } else { vec![Codec::H263, Codec::Mpeg4] };
        let mut scene = introduced_to(Config { video, ..mpeg4_config() }, &both);
        scene.say(&[open(6, amr()), open(7, media)]);
        scene.say(&all_acknowledged());
        let channels = |sends, receives| Channels { sends: Some(sends), receives: Some(receives) };
        let up = Event::Up {
            audio: channels(Codec::Amr, Codec::Amr),
            speech_bps: 12_200,
            video: Some(channels(ours, theirs)),
        };
        assert!(scene.events.contains(&up), "{ours:?}: {:?}", scene.events);
        assert_eq!(asked(&scene).len(), 1, "nothing was refused or changed");
    }
}

#[test]
fn a_table_that_comes_before_our_acknowledgement_counts() {
    let mut scene = introduced_to(Config::default(), &[Codec::H263]);
    // A frame of 33 octets, then pictures; and the same by pairs, which is the same in another way.
    let channel = |channel, times| crate::h245::view::Element {
        what: crate::h245::view::Content::Channel(channel),
        times,
    };
    let nested = crate::h245::view::Element {
        what: crate::h245::view::Content::Nested(vec![channel(6, Some(11))]),
        times: Some(3),
    };
    let entry = |number, elements| crate::h245::view::TableEntry { number, elements: Some(elements) };
    let entries =
        [entry(3, vec![channel(6, Some(33)), channel(7, None)]), entry(4, vec![nested, channel(7, None)])];
    scene.say(&[build::multiplex_entry_send(9, &entries), open(6, amr()), open(7, h263())]);
    let taken = View::MultiplexEntrySendAck { sequence: 9, entries: vec![3, 4] };
    assert_eq!(scene.told(|view| *view == taken), 1);
    scene.say(&all_acknowledged());
    for (number, list) in [(3, &entries[0]), (4, &entries[1])] {
        let list = list.elements.as_deref().map(incoming::elements).unwrap();
        scene.mux = Multiplexer::new(TWO);
        scene.mux.set_entry(number, Some(crate::h223::MultiplexEntry::new(list).unwrap()));
        let layer = crate::h223::AdaptationLayer::Al2 { sequence_numbers: true };
        scene.mux.open(6, layer, false, crate::h223::Class::Audio);
        scene.mux.open(7, layer, true, crate::h223::Class::Video);
        let before = scene.session.counters();
        for _ in 0..20 {
            scene.mux.push(6, [vec![7], vec![0x5A; 30]].concat().into()).unwrap();
            scene.mux.push(7, vec![0x33; 60].into()).unwrap();
            scene.tick();
        }
        let after = scene.session.counters();
        assert!(after.audio_received - before.audio_received >= 15, "entry {number}: {after:?}");
        assert_eq!(after.crc_errors, 0, "entry {number}");
    }
}

#[test]
fn a_set_that_adds_an_entry_leaves_the_others() {
    let mut scene = introduced_to(mpeg4_config(), &[Codec::H263]);
    scene.say(&all_acknowledged());
    let video = decodes(&[Codec::Mpeg4]).table.swap_remove(1);
    let more = Capabilities { version: 7, table: vec![(20, video.1)], ..Capabilities::default() };
    scene.say(&[build::terminal_capability_set(2, &more)]);
    assert_eq!(scene.told(|view| *view == View::TerminalCapabilitySetAck { sequence: 2 }), 1);
    assert_eq!(scene.told(|view| matches!(view, View::CloseLogicalChannel { .. })), 0);
    let peer = scene.session.peer.clone().unwrap();
    assert_eq!((peer.audio().count(), peer.video().count()), (1, 2));
    assert!(peer.multiplex.is_some(), "not said anew is not taken away");
}

#[test]
fn an_entry_that_is_taken_away_closes_its_channel() {
    let mut scene = introduced_to(Config { video: vec![Codec::H263], ..Config::default() }, &[Codec::H263]);
    scene.say(&all_acknowledged());
    assert_eq!(asked(&scene), ["H.263"]);
    let less = Capabilities { version: 7, table: vec![(2, None)], ..Capabilities::default() };
    scene.say(&[build::terminal_capability_set(2, &less)]);
    assert_eq!(scene.told(|view| *view == View::CloseLogicalChannel { channel: 2 }), 1);
    assert_eq!(scene.told(|view| *view == View::CloseLogicalChannel { channel: 1 }), 0, "speech goes on");
    scene.say(&[build::close_logical_channel_ack(2)]);
    assert_eq!(scene.session.ended(), None);
    assert_eq!(asked(&scene).len(), 1);
}

#[test]
fn an_entry_that_is_replaced_changes_what_is_sent() {
    let mut scene = introduced_to(mpeg4_config(), &[Codec::H263]);
    scene.say(&all_acknowledged());
    let video = decodes(&[Codec::Mpeg4]).table.swap_remove(1);
    let other = Capabilities { version: 7, table: vec![video], ..Capabilities::default() };
    scene.say(&[build::terminal_capability_set(2, &other), build::close_logical_channel_ack(2)]);
    scene.say(&[build::close_logical_channel_ack(2)]);
    assert_eq!(asked(&scene), ["H.263", "MPEG-4"]);
    scene.say(&[build::open_logical_channel_ack(2, None)]);
    assert!(scene.events.contains(&Event::VideoOpened { codec: Codec::Mpeg4, way: Way::Sends }));
}

#[test]
fn pictures_are_opened_when_the_peer_comes_to_take_them() {
    let mut scene = introduced_to(Config { video: vec![Codec::H263], ..Config::default() }, &[]);
    scene.say(&[
        build::open_logical_channel_ack(1, None),
        build::multiplex_entry_send_ack(1, &[1]),
        open(6, amr()),
    ]);
    assert_eq!(asked(&scene).len(), 0);
    let video = decodes(&[Codec::H263]).table.swap_remove(1).1;
    let more = Capabilities { version: 7, table: vec![(20, video)], ..Capabilities::default() };
    scene.say(&[build::terminal_capability_set(2, &more)]);
    assert_eq!(asked(&scene), ["H.263"]);
    scene.say(&[build::open_logical_channel_ack(2, None), build::multiplex_entry_send_ack(2, &[2])]);
    assert!(scene.events.contains(&Event::VideoOpened { codec: Codec::H263, way: Way::Sends }));
}

#[test]
fn a_whole_set_under_other_numbers_leaves_nothing_of_the_old_one() {
    let mut scene = introduced_to(mpeg4_config(), &[Codec::H263]);
    let mut anew = decodes(&[Codec::Mpeg4]);
    for (number, _) in &mut anew.table {
        *number += 100;
    }
    anew.descriptors[0].1.iter_mut().flatten().for_each(|number| *number += 100);
    scene.say(&[build::terminal_capability_set(2, &anew)]);
    let peer = scene.session.peer.clone().unwrap();
    assert_eq!((peer.audio().count(), peer.video().count(), peer.user_input().count()), (1, 1, 2));
}

#[test]
fn capability_sets_without_end_are_kept_within_bounds() {
    let mut known = None;
    for round in 0..40_u16 {
        let (_, capability) = decodes(&[]).table.swap_remove(0);
        let table = (1..=256).map(|number| (round * 256 + number, capability.clone())).collect();
        let descriptors = vec![(round as u8, vec![vec![round * 256 + 1; 256]; 8])];
        known = capabilities::merged(known, Capabilities { version: 7, multiplex: None, table, descriptors });
    }
    let known = known.unwrap();
    assert_eq!(known.table.len(), limits::CAPABILITIES_MAX);
    assert_eq!(known.descriptors.len(), limits::DESCRIPTORS_MAX);
}
