//! Control messages: octets that third-party terminals send, values that come back, octets that mean nothing.

use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;
use h245::limits;
use h245::view::*;
use h245::{View, build, decode, encode};
use proptest::prelude::*;

fn from_hex(text: &str) -> Vec<u8> {
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).expect("hexadecimal"))
        .collect()
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

fn view(text: &str) -> View {
    let (messages, error) = decode(&from_hex(text));
    assert_eq!((messages.len(), &error), (1, &None), "{text}");
    messages[0].view()
}

fn way(media: Media, adaptation: Adaptation, segmentable: bool) -> Way {
    Way { media, adaptation, segmentable }
}

fn one_way(channel: u16, forward: Way) -> ChannelRequest {
    ChannelRequest { channel, forward, reverse: None }
}

fn amr() -> Audio {
    Audio::Amr { bps_max: 12_200, frames_max: 1, comfort_noise: false }
}

const NUMBERED: Adaptation = Adaptation::Al2 { sequence_numbers: true };
const UNNUMBERED: Adaptation = Adaptation::Al2 { sequence_numbers: false };

/// What a terminal of ours would declare.
fn capabilities() -> Capabilities {
    let h263 = H263 { qcif_mpi: Some(2), bps_max: 52_000, ..H263::default() };
    let mpeg4 = Mpeg4 { bps_max: 52_100, profile_and_level: Some(8), ..Mpeg4::default() };
    let h264 = H264 { bps_max: 48_000, profiles: 64, level: 15, config: None };
    let receive = Direction::Receive;
    Capabilities {
        version: 16,
        multiplex: Some(Multiplex {
            video: Layers { al1: false, al2: true, al3: true },
            audio: Layers { al1: false, al2: true, al3: false },
            al2_sdu_max: 512,
            al3_sdu_max: 512,
            delay_jitter_ms: 50,
            nsrp: true,
            mux_pdu_size: true,
            mobile: Some(Mobile { annex_b: true, ..Mobile::default() }),
            ..Multiplex::default()
        }),
        table: vec![
            (1, Some(Capability::Audio(receive, amr()))),
            (2, Some(Capability::Video(receive, Video::Mpeg4(mpeg4)))),
            (3, Some(Capability::Video(receive, Video::H263(h263)))),
            (4, Some(Capability::Video(Direction::Both, Video::H264(h264)))),
            (5, Some(Capability::UserInput(receive, UserInputForm::BasicString))),
            (6, Some(Capability::UserInput(Direction::Both, UserInputForm::Dtmf))),
            (7, Some(Capability::Audio(receive, Audio::G7231 { frames_max: 2, silence_suppression: true }))),
            (9, None),
        ],
        descriptors: vec![(0, vec![vec![1, 7], vec![2, 3, 4], vec![5, 6]])],
    }
}

#[test]
fn what_is_built_has_the_octets_of_third_party_terminals() {
    let config = "000001b008000001b5090000010000000120008440fa282c2090a28f";
    let mpeg4 = Mpeg4 {
        bps_max: 52_100,
        profile_and_level: Some(8),
        object: Some(1),
        config: Some(from_hex(config).into()),
    };
    let until_flag = |channel| vec![Element { what: Content::Channel(channel), times: None }];
    let entry = |number, channel| TableEntry { number, elements: Some(until_flag(channel)) };
    let audio = |channel, layer| one_way(channel, way(Media::Audio(amr()), layer, false));
    let golden = [
        (build::terminal_capability_set_ack(1), "218001"),
        (build::master_slave_determination_ack(Role::Slave), "20a0"),
        (build::master_slave_determination_ack(Role::Master), "2080"),
        (
            build::open_logical_channel(&audio(6, NUMBERED)),
            "030000050e181160000700088175010101007a01000200012400",
        ),
        (
            build::open_logical_channel(&audio(1, UNNUMBERED)),
            "030000000e181160000700088175010101007a01000200012300",
        ),
        (
            build::open_logical_channel(&one_way(7, way(Media::Video(Video::Mpeg4(mpeg4)), NUMBERED, true))),
            "030000060a00355000070008817501000040020903000300080013000100261c000001b008000001b5090000010000000120008440fa282c2090a28f2480",
        ),
        (build::open_logical_channel_ack(6, None), "22800005"),
        (build::multiplex_entry_send_ack(0, &[6, 7]), "2500001560"),
        (build::multiplex_entry_send(0, &[entry(6, 6), entry(7, 7)]), "0600001a8000000006d80000000780"),
        (build::multiplex_entry_send(1, &[entry(1, 1), entry(2, 2)]), "060001180000000001c40000000280"),
        (build::alphanumeric("1"), "6d400131"),
        (build::signal('*', Some(Duration::from_millis(100))), "6d810445400063"),
        (build::command(7, Command::FastUpdatePicture), "4c000628"),
        (build::command(65_535, Command::MaxMuxPduSize(255)), "4cfffe810200fe"),
        (build::round_trip_delay_request(1), "090001"),
        (build::round_trip_delay_response(1), "280001"),
        (build::end_session(), "4a40"),
    ];
    for (message, octets) in golden {
        assert_eq!(hex(&encode(&message)), octets, "{}", message.name());
        let (decoded, error) = decode(&from_hex(octets));
        assert_eq!(error, None);
        assert_eq!(hex(&encode(&decoded[0])), octets, "{}", message.name());
    }
}

#[test]
fn what_older_versions_write_shorter_means_the_same() {
    let View::OpenLogicalChannel(request) = view("0300000108e80280020700504001002380") else { panic!("OLC") };
    let h263 = H263 { qcif_mpi: Some(2), bps_max: 52_000, ..H263::default() };
    assert_eq!(*request, one_way(2, way(Media::Video(Video::H263(h263)), UNNUMBERED, true)));
    let built = build::open_logical_channel(&request);
    assert_eq!(built, decode(&from_hex("0300000108e80280020700504001002380")).0[0]);
    assert_eq!(
        view("0600010280"),
        View::MultiplexEntrySend { sequence: 1, entries: vec![TableEntry { number: 6, elements: None }] }
    );
}

#[test]
fn a_capability_set_comes_back_as_it_was_built() {
    let message = build::terminal_capability_set(7, &capabilities());
    let (decoded, error) = decode(&encode(&message));
    assert_eq!(error, None);
    assert_eq!(decoded, [message]);
    let set = Box::new(capabilities());
    assert_eq!(set.audio().count(), 2);
    assert_eq!(set.video().count(), 3);
    assert_eq!(set.user_input().count(), 2);
    assert_eq!(decoded[0].view(), View::TerminalCapabilitySet { sequence: 7, capabilities: set });
}

#[test]
fn an_empty_set_is_one() {
    let message = build::terminal_capability_set(1, &Capabilities::default());
    let View::TerminalCapabilitySet { capabilities, .. } = decode(&encode(&message)).0[0].view() else {
        panic!("TCS")
    };
    assert!(capabilities.is_empty());
}

#[test]
fn a_channel_both_ways_comes_back_as_it_was_built() {
    let layer = Adaptation::Al3 { control_octets: 1, send_buffer: 1_024 };
    let h263 = H263 { qcif_mpi: Some(2), bps_max: 52_000, ..H263::default() };
    for back in [Media::Null, Media::Video(Video::H263(h263))] {
        let request = ChannelRequest {
            channel: 9,
            forward: way(Media::Video(Video::H263(h263)), layer, true),
            reverse: Some(way(back, layer, true)),
        };
        let (decoded, error) = decode(&encode(&build::open_logical_channel(&request)));
        assert_eq!(error, None);
        assert_eq!(decoded[0].view(), View::OpenLogicalChannel(Box::new(request)));
    }
}

#[test]
fn nested_entries_come_back_as_they_were_built() {
    let octet = |channel, times| Element { what: Content::Channel(channel), times: Some(times) };
    let nested = |list, times| Element { what: Content::Nested(list), times };
    let list =
        vec![octet(1, 33), nested(vec![octet(2, 5), nested(vec![octet(3, 1), octet(4, 2)], Some(7))], None)];
    let entries = vec![TableEntry { number: 15, elements: Some(list) }];
    let message = build::multiplex_entry_send(3, &entries);
    assert_eq!(
        decode(&encode(&message)).0[0].view(),
        View::MultiplexEntrySend { sequence: 3, entries: entries.clone() }
    );
    // A list of one, which cannot be said, is said otherwise.
    let alone = vec![TableEntry { number: 1, elements: Some(vec![nested(vec![octet(2, 5)], Some(3))]) }];
    let View::MultiplexEntrySend { entries, .. } = build::multiplex_entry_send(0, &alone).view() else {
        panic!("MES")
    };
    assert_eq!(entries[0].elements, Some(vec![octet(2, 15)]));
}

#[test]
fn messages_in_one_sdu_are_told_apart_and_a_bad_one_costs_what_follows() {
    let (messages, error) = decode(&from_hex("2180014cfffe810200fe2080"));
    assert_eq!(error, None);
    let names: Vec<_> = messages.iter().map(|message| message.name()).collect();
    assert_eq!(
        names,
        [
            "response.terminalCapabilitySetAck",
            "command.miscellaneousCommand",
            "response.masterSlaveDeterminationAck"
        ]
    );
    let (messages, error) = decode(&from_hex("2180014cfffe81"));
    assert_eq!(messages.len(), 1);
    assert_eq!(error.unwrap().offset, 3);
    let (messages, error) = decode(&vec![0x4a; limits::CONTROL_SDU_MAX + 1]);
    assert!(messages.is_empty() && error.is_some());
}

#[test]
fn what_is_not_understood_is_sent_back_whole() {
    let request = build::round_trip_delay_request(9);
    let back = build::function_not_understood(&request);
    assert_eq!(
        decode(&encode(&back)).0[0].view(),
        View::FunctionNotUnderstood("request.roundTripDelayRequest")
    );
    let indication = build::alphanumeric("1");
    let back = build::function_not_understood(&indication);
    assert_eq!(back.view(), View::FunctionNotSupported { returned: Some(encode(&indication)) });
}

#[test]
fn values_out_of_range_are_brought_into_it() {
    let mut wild = capabilities();
    wild.table.push((0, Some(Capability::Unknown)));
    wild.table.push((0, Some(Capability::Audio(Direction::Both, Audio::Other("g728")))));
    wild.table.push((0, Some(Capability::Video(Direction::Both, Video::H263(H263::default())))));
    wild.descriptors.push((1, vec![vec![], vec![0; 300]]));
    if let Some(multiplex) = &mut wild.multiplex {
        multiplex.delay_jitter_ms = 9_999;
        multiplex.enhanced_table =
            Some(EnhancedTable { nesting_depth_max: 0, elements_max: 0, sub_elements_max: 255 });
    }
    let layer = Adaptation::Al3 { control_octets: 9, send_buffer: u32::MAX };
    let many = vec![Element { what: Content::Channel(0), times: Some(0) }; 300];
    let wild = [
        build::terminal_capability_set(255, &wild),
        build::open_logical_channel(&one_way(0, way(Media::Unknown, layer, true))),
        build::multiplex_entry_send(0, &[TableEntry { number: 99, elements: Some(many) }]),
        build::multiplex_entry_send(0, &vec![TableEntry { number: 99, elements: None }; 99]),
        build::multiplex_entry_send(0, &[]),
        build::multiplex_entry_send_ack(0, &[]),
        build::multiplex_entry_send_reject(0, &[0; 99], true),
        build::master_slave_determination(255, u32::MAX),
        build::flow_control(Scope::Channel(0), Some(u32::MAX)),
        build::command(0, Command::FastUpdateGob { first: 99, count: 0 }),
        build::command(0, Command::FastUpdateMb { first_gob: None, first: Some(0), count: u16::MAX }),
        build::indication(0, Indication::TemporalSpatialTradeOff(99)),
        build::skew(0, 0, Duration::MAX),
        build::signal('x', Some(Duration::ZERO)),
        build::signal_update(Duration::MAX),
        build::vendor_identification(&[9, 9], &"x".repeat(999), ""),
        build::vendor_identification(&[], "", ""),
        build::function_not_supported(Unsupported::SyntaxError, &[0; 9_999]),
        build::maintenance_loop_reject(Loop::Other),
        build::maintenance_loop_request(Loop::Media(0)),
        build::request_multiplex_entry(&[0, 99]),
        build::request_mode(0, &vec![vec![Mode::H263 { bps_max: u32::MAX, qcif: false }]; 300])
            .expect("modes"),
        build::request_mode(0, &[vec![Mode::H263 { bps_max: 0, qcif: false }; 300]]).expect("a mode"),
    ];
    assert_eq!(build::request_mode(0, &[vec![], vec![Mode::Other, Mode::Audio("g728")]]), None);
    for message in wild {
        let (decoded, error) = decode(&encode(&message));
        assert_eq!(error, None, "{}", message.name());
        assert!(decoded == [message]);
    }
}

/// Notes that recordings are not there. Under CI they must be.
fn not_run(why: &str) {
    assert!(std::env::var_os("CI").is_none(), "{why}");
    println!("NOT RUN: {why}");
    if let Some(list) = std::env::var_os("VIREO_NOT_RUN") {
        use std::io::Write;
        let mut list = std::fs::OpenOptions::new()
            .append(true)
            .create(true)
            .open(list)
            .expect("the list of what did not run");
        writeln!(list, "h245::messages: {why}").expect("the list of what did not run");
    }
}

#[test]
fn every_recorded_message_is_read_and_written_again() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/h324m/vectors");
    let Ok(sessions) = folder.read_dir() else { return not_run("the recordings are not there") };
    let (mut messages, mut exact) = (0, 0);
    let files = sessions.flat_map(|session| {
        let session = session.unwrap().path();
        ["a_tx.h245.txt", "b_tx.h245.txt"].map(|name| session.join(name))
    });
    for file in files.filter(|file| file.is_file()) {
        for line in std::fs::read_to_string(&file).unwrap().lines().filter(|line| line.contains('.')) {
            let [name, octets, ..] = line.split_whitespace().collect::<Vec<_>>()[..] else {
                panic!("{line}")
            };
            let octets = from_hex(octets);
            let (decoded, error) = decode(&octets);
            assert_eq!((decoded.len(), error), (1, None), "{line}");
            assert_eq!(decoded[0].name().split('.').nth(1), name.split('.').nth(1), "{line}");
            let again = encode(&decoded[0]);
            assert_eq!(decode(&again), (decoded.clone(), None), "{line}");
            assert!(!matches!(decoded[0].view(), View::Other | View::OtherRequest), "{line}");
            messages += 1;
            exact += usize::from(again == octets);
            assert!(
                again == octets || again.len() == octets.len() || name.contains("apabilitySet"),
                "{line}"
            );
        }
    }
    println!("{messages} recorded messages, {exact} of them written with the same octets");
    assert!(messages > 200 && exact * 10 > messages * 8, "{exact} of {messages}");
}

fn golden() -> Vec<Bytes> {
    let set = build::terminal_capability_set(7, &capabilities());
    let layer = Adaptation::Al3 { control_octets: 1, send_buffer: 1_024 };
    let both = ChannelRequest {
        channel: 9,
        forward: way(Media::Audio(amr()), layer, true),
        reverse: Some(way(Media::Null, layer, true)),
    };
    let vendor = build::vendor_identification(&[0, 0, 8, 324], "product", "1");
    let signal = build::signal('5', Some(Duration::from_millis(100)));
    [set, build::open_logical_channel(&both), vendor, signal].iter().map(encode).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn random_octets_are_messages_or_errors(octets in proptest::collection::vec(any::<u8>(), 0..200)) {
        let (messages, _) = decode(&octets);
        for message in messages {
            let _ = (message.name(), message.view());
            prop_assert_eq!(decode(&encode(&message)), (vec![message], None));
        }
    }

    #[test]
    fn spoilt_messages_are_messages_or_errors(
        which in 0..4usize,
        spoil in proptest::collection::vec((any::<u16>(), any::<u8>()), 1..4),
        cut in any::<u16>(),
    ) {
        let mut octets = golden()[which].to_vec();
        for (at, by) in spoil {
            let at = usize::from(at) % octets.len();
            octets[at] ^= by;
        }
        octets.truncate(octets.len() - usize::from(cut) % 3);
        let (messages, _) = decode(&octets);
        for message in messages {
            let _ = (message.name(), message.view());
            prop_assert_eq!(decode(&encode(&message)), (vec![message], None));
        }
    }

    #[test]
    fn every_beginning_of_a_message_is_an_error(which in 0..4usize, length in any::<u16>()) {
        let octets = &golden()[which];
        let length = usize::from(length) % octets.len();
        let (messages, error) = decode(&octets[..length]);
        prop_assert!(messages.is_empty());
        prop_assert_eq!(error.is_some(), length > 0);
    }
}
