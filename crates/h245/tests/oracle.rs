//! Another reader of H.245 understands every message that is built here: pycrate, from PyPI, which knows the
//! module itself. `cargo xtask test` installs it.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{self, Stdio};
use std::time::Duration;

use h245::view::*;
use h245::{Message, build, encode};

/// Reads messages in hexadecimal, one a line; answers each with its value and its own octets for it.
const READER: &str = r"
import sys
from pycrate_asn1dir import H245
message = H245.MULTIMEDIA_SYSTEM_CONTROL.MultimediaSystemControlMessage
for line in sys.stdin:
    message.from_aper(bytes.fromhex(line))
    value = repr(message.get_val())
    print(value.replace(' ', ''), message.to_aper().hex())
";

/// Where the test command puts the oracle: beside what cargo builds.
fn python() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("../pycrate/bin/python")
}

/// Notes that the oracle is not there. Under CI it must be.
fn not_run(why: &str) {
    assert!(std::env::var_os("CI").is_none(), "{why}");
    println!("NOT RUN: {why}");
    if let Some(list) = std::env::var_os("VIREO_NOT_RUN") {
        let mut list = std::fs::OpenOptions::new()
            .append(true)
            .create(true)
            .open(list)
            .expect("the list of what did not run");
        writeln!(list, "h245::oracle: {why}").expect("the list of what did not run");
    }
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

/// What the oracle says to each message: value without blanks, octets.
fn ask(python: &Path, messages: &[Message]) -> Vec<(String, String)> {
    let mut child = process::Command::new(python)
        .args(["-c", READER])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python of the oracle starts");
    let lines: String = messages.iter().map(|message| hex(&encode(message)) + "\n").collect();
    child.stdin.take().expect("piped").write_all(lines.as_bytes()).expect("the oracle listens");
    let output = child.wait_with_output().expect("the oracle ends");
    assert!(output.status.success(), "the oracle cannot read a message");
    let text = String::from_utf8(output.stdout).expect("the oracle writes text");
    text.lines()
        .map(|line| line.rsplit_once(' ').expect("value and octets"))
        .map(|(a, b)| (a.into(), b.into()))
        .collect()
}

/// A message and what must be found in its value.
type Case = (Message, &'static [&'static str]);

fn amr() -> Audio {
    Audio::Amr { bps_max: 12_200, frames_max: 2, comfort_noise: true }
}

fn h263() -> H263 {
    H263 {
        sqcif_mpi: Some(4),
        qcif_mpi: Some(2),
        bps_max: 52_000,
        advanced_prediction: true,
        ..H263::default()
    }
}

fn mpeg4() -> Mpeg4 {
    let config = Some(vec![0, 0, 1, 0xb0].into());
    Mpeg4 { bps_max: 52_100, profile_and_level: Some(8), object: Some(1), config }
}

fn capabilities() -> Capabilities {
    let h264 = H264 { bps_max: 48_000, profiles: 64, level: 15, config: None };
    let receive = Direction::Receive;
    Capabilities {
        version: 16,
        multiplex: Some(Multiplex {
            video: Layers { al1: false, al2: true, al3: true },
            audio: Layers { al1: false, al2: true, al3: false },
            al2_sdu_max: 512,
            al3_sdu_max: 513,
            delay_jitter_ms: 50,
            enhanced_table: Some(EnhancedTable {
                nesting_depth_max: 3,
                elements_max: 4,
                sub_elements_max: 5,
            }),
            nsrp: true,
            mobile: Some(Mobile { annex_b: true, ..Mobile::default() }),
            ..Multiplex::default()
        }),
        table: vec![
            (1, Some(Capability::Audio(receive, amr()))),
            (2, Some(Capability::Video(receive, Video::Mpeg4(Mpeg4 { config: None, ..mpeg4() })))),
            (3, Some(Capability::Video(Direction::Both, Video::H263(h263())))),
            (4, Some(Capability::Video(Direction::Transmit, Video::H264(h264)))),
            (5, Some(Capability::UserInput(receive, UserInputForm::BasicString))),
            (6, Some(Capability::UserInput(Direction::Both, UserInputForm::Dtmf))),
            (7, Some(Capability::Audio(receive, Audio::G7231 { frames_max: 2, silence_suppression: true }))),
            (300, None),
        ],
        descriptors: vec![(3, vec![vec![1, 7], vec![2, 3, 300]])],
    }
}

fn channels() -> Vec<Case> {
    let al2 = |sequence_numbers| Adaptation::Al2 { sequence_numbers };
    let al3 = Adaptation::Al3 { control_octets: 1, send_buffer: 1_024 };
    let request = |channel, media, adaptation, segmentable, reverse: Option<Media>| {
        build::open_logical_channel(&ChannelRequest {
            channel,
            forward: Way { media, adaptation, segmentable },
            reverse: reverse.map(|media| Way { media, adaptation, segmentable }),
        })
    };
    let video = || Media::Video(Video::H263(h263()));
    vec![
        (
            request(6, Media::Audio(amr()), al2(true), false, None),
            &[
                "'forwardLogicalChannelNumber':6,",
                "'audioData',('genericAudioCapability'",
                "(0,0,8,245,1,1,1)",
                "'al2WithSequenceNumbers'",
                "'segmentableFlag':False",
                "('standard',0),'parameterValue':('unsignedMin',2)",
                "('standard',2),'parameterValue':('logical',0)",
            ],
        ),
        (
            request(65_535, Media::Video(Video::Mpeg4(mpeg4())), al2(false), true, None),
            &[
                "'forwardLogicalChannelNumber':65535,",
                "(0,0,8,245,1,0,0)",
                "'maxBitRate':521",
                "'unsignedMax',8",
                "('octetString',b'\\x00\\x00\\x01\\xb0')",
                "'al2WithoutSequenceNumbers'",
                "'segmentableFlag':True",
            ],
        ),
        (
            request(7, video(), al3, true, Some(Media::Null)),
            &[
                "'h263VideoCapability'",
                "'qcifMPI':2",
                "'sqcifMPI':4",
                "'maxBitRate':520",
                "'advancedPrediction':True",
                "'errorCompensation':False",
                "'reverseLogicalChannelParameters':{'dataType':('nullData',0)",
                "('al3',{'controlFieldOctets':1,'sendBufferSize':1024})",
            ],
        ),
        (
            build::open_logical_channel_ack(6, None),
            &["'openLogicalChannelAck',{'forwardLogicalChannelNumber':6}"],
        ),
        (build::open_logical_channel_ack(6, Some(9)), &["'reverseLogicalChannelNumber':9"]),
        (
            build::open_logical_channel_reject(6, RejectCause::DataTypeAlCombinationNotSupported),
            &["'openLogicalChannelReject'", "'dataTypeALCombinationNotSupported'"],
        ),
        (build::open_logical_channel_reject(6, RejectCause::MasterSlaveConflict), &["'masterSlaveConflict'"]),
        (
            build::open_logical_channel_reject(6, RejectCause::InsufficientBandwidth),
            &["'insufficientBandwidth'"],
        ),
        (build::open_logical_channel_confirm(6), &["'openLogicalChannelConfirm'"]),
        (build::close_logical_channel(6), &["'closeLogicalChannel',", "'source':('user',0)"]),
        (build::close_logical_channel_ack(6), &["'closeLogicalChannelAck'"]),
        (build::request_channel_close(6), &["'requestChannelClose',"]),
        (build::request_channel_close_ack(6), &["'requestChannelCloseAck'"]),
        (build::request_channel_close_reject(6), &["'requestChannelCloseReject'", "'unspecified'"]),
    ]
}

fn tables() -> Vec<Case> {
    let octet = |channel, times| Element { what: Content::Channel(channel), times };
    let list = Element { what: Content::Nested(vec![octet(2, Some(300)), octet(3, None)]), times: Some(7) };
    let entries = [
        TableEntry { number: 6, elements: Some(vec![octet(6, None)]) },
        TableEntry { number: 7, elements: Some(vec![octet(1, Some(33)), list]) },
        TableEntry { number: 15, elements: None },
    ];
    vec![
        (
            build::multiplex_entry_send(5, &entries),
            &[
                "'sequenceNumber':5",
                "('finite',33)",
                "('finite',300)",
                "('finite',7)",
                "'untilClosingFlag'",
                "'subElementList',[",
                "{'multiplexTableEntryNumber':15}",
            ],
        ),
        (build::multiplex_entry_send_ack(5, &[6, 7]), &["'multiplexEntrySendAck'", "[6,7]"]),
        (build::multiplex_entry_send_reject(5, &[6], true), &["'descriptorTooComplex'"]),
        (build::multiplex_entry_send_release(&[6]), &["'multiplexEntrySendRelease'", "[6]"]),
        (build::request_multiplex_entry_ack(&[6, 15]), &["'requestMultiplexEntryAck'", "[6,15]"]),
        (
            build::request_multiplex_entry_reject(&[6]),
            &["'requestMultiplexEntryReject'", "'unspecifiedCause'"],
        ),
    ]
}

fn commands() -> Vec<Case> {
    let ms = Duration::from_millis;
    let update = Command::FastUpdateMb { first_gob: Some(1), first: Some(8_192), count: 2 };
    vec![
        (build::send_terminal_capability_set(), &["'sendTerminalCapabilitySet',('genericRequest'"]),
        (
            build::flow_control(Scope::Channel(7), Some(48_000)),
            &["'logicalChannelNumber',7", "'maximumBitRate',480"],
        ),
        (build::flow_control(Scope::WholeMultiplex, None), &["'wholeMultiplex'", "'noRestriction'"]),
        (build::end_session(), &["('endSessionCommand',('disconnect'"]),
        (
            build::command(7, Command::FastUpdatePicture),
            &["'logicalChannelNumber':7", "'videoFastUpdatePicture'"],
        ),
        (
            build::command(7, Command::FastUpdateGob { first: 3, count: 9 }),
            &["'firstGOB':3", "'numberOfGOBs':9"],
        ),
        (build::command(7, update), &["'firstGOB':1", "'firstMB':8192", "'numberOfMBs':2"]),
        (build::command(7, Command::MaxMuxPduSize(254)), &["('maxH223MUXPDUsize',254)"]),
        (build::command(7, Command::TemporalSpatialTradeOff(31)), &["('videoTemporalSpatialTradeOff',31)"]),
        (build::command(7, Command::ReceiveMedia(true)), &["'switchReceiveMediaOn'"]),
        (build::multiplex_reconfiguration(Reconfiguration::Level1), &["('h223ModeChange',('toLevel1'"]),
        (
            build::multiplex_reconfiguration(Reconfiguration::DoubleFlag(true)),
            &["('h223AnnexADoubleFlag',('start'"],
        ),
        (build::indication(7, Indication::Inactive), &["'logicalChannelInactive'"]),
        (build::indication(7, Indication::NotDecodedMbs { first: 1, count: 99 }), &["'videoNotDecodedMBs'"]),
        (build::skew(1, 2, ms(120)), &["'skew':120", "'logicalChannelNumber2':2"]),
        (build::alphanumeric("12#"), &["('alphanumeric','12#')"]),
        (build::signal('#', Some(ms(100))), &["'signalType':'#'", "'duration':100"]),
        (build::signal('D', None), &["('signal',{'signalType':'D'})"]),
        (build::signal_update(ms(65_535)), &["('signalUpdate',{'duration':65535})"]),
        (
            build::vendor_identification(&[0, 0, 8, 324], "ab", "1"),
            &["('object',(0,0,8,324))", "'productNumber':b'ab'", "'versionNumber':b'1'"],
        ),
        (
            build::function_not_understood(&build::round_trip_delay_request(3)),
            &["('functionNotUnderstood',('request',('roundTripDelayRequest',{'sequenceNumber':3})))"],
        ),
        (
            build::function_not_supported(Unsupported::UnknownFunction, &[1, 2]),
            &["'unknownFunction'", "'returnedFunction':b'\\x01\\x02'"],
        ),
    ]
}

fn others() -> Vec<Case> {
    vec![
        (
            build::master_slave_determination(192, 0xff_ffff),
            &["'terminalType':192", "'statusDeterminationNumber':16777215"],
        ),
        (build::master_slave_determination_ack(Role::Master), &["'decision':('master'"]),
        (build::master_slave_determination_reject(), &["'identicalNumbers'"]),
        (build::master_slave_determination_release(), &["'masterSlaveDeterminationRelease'"]),
        (build::terminal_capability_set_ack(9), &["('terminalCapabilitySetAck',{'sequenceNumber':9})"]),
        (build::terminal_capability_set_reject(9), &["'terminalCapabilitySetReject'", "'unspecified'"]),
        (build::terminal_capability_set_release(), &["'terminalCapabilitySetRelease'"]),
        (
            build::request_mode(
                4,
                &[
                    vec![Mode::H263 { bps_max: 40_000, qcif: true }, Mode::Audio("genericAudioMode")],
                    vec![Mode::GenericVideo(Box::new(Video::Mpeg4(Mpeg4 {
                        bps_max: 48_000,
                        ..Mpeg4::default()
                    })))],
                ],
            )
            .expect("two modes"),
            &[
                "'sequenceNumber':4",
                "('h263VideoMode',{'resolution':('qcif',0),'bitRate':400",
                "'maxBitRate':480",
            ],
        ),
        (build::request_mode_release(), &["'requestModeRelease'"]),
        (build::request_mode_ack(4, true), &["'willTransmitMostPreferredMode'", "'sequenceNumber':4"]),
        (build::request_mode_ack(4, false), &["'willTransmitLessPreferredMode'"]),
        (build::request_mode_reject(4), &["'modeUnavailable'"]),
        (build::round_trip_delay_request(4), &["('roundTripDelayRequest',{'sequenceNumber':4})"]),
        (build::round_trip_delay_response(4), &["('roundTripDelayResponse',{'sequenceNumber':4})"]),
        (
            build::maintenance_loop_request(Loop::LogicalChannel(7)),
            &["'maintenanceLoopRequest'", "('logicalChannelLoop',7)"],
        ),
        (build::maintenance_loop_off(), &["'maintenanceLoopOffCommand'"]),
        (build::request_multiplex_entry(&[3, 4]), &["('requestMultiplexEntry',{'entryNumbers':[3,4]})"]),
        (build::request_multiplex_entry_release(&[3]), &["'requestMultiplexEntryRelease'", "[3]"]),
        (
            build::request_channel_close_release(9),
            &["'requestChannelCloseRelease'", "'forwardLogicalChannelNumber':9"],
        ),
        (build::maintenance_loop_reject(Loop::Media(7)), &["('mediaLoop',7)", "'canNotPerformLoop'"]),
    ]
}

#[test]
fn the_oracle_reads_every_message_as_it_was_meant() {
    if !python().exists() {
        return not_run("pycrate is not installed");
    }
    let cases: Vec<Case> = [channels(), tables(), commands(), others()].concat();
    let messages: Vec<_> = cases.iter().map(|case| case.0.clone()).collect();
    let answers = ask(&python(), &messages);
    assert_eq!(answers.len(), cases.len());
    for ((message, wanted), (value, octets)) in cases.iter().zip(answers) {
        let (kind, name) = message.name().split_once('.').unwrap();
        assert!(value.starts_with(&format!("('{kind}',('{name}'")), "{} is {value}", message.name());
        for part in *wanted {
            assert!(value.contains(part), "{}: no {part} in {value}", message.name());
        }
        // The oracle fills the bitmap of additions in its own way.
        if !value.contains("h263VideoCapability") {
            assert_eq!(octets, hex(&encode(message)), "{value}");
        }
    }
}

#[test]
fn the_oracle_reads_a_capability_set_as_it_was_meant() {
    if !python().exists() {
        return not_run("pycrate is not installed");
    }
    let answers = ask(&python(), &[build::terminal_capability_set(7, &capabilities())]);
    // Of sets, its encoder writes the additions of the multiplex wrongly: values only.
    let value = &answers[0].0;
    for part in [
        "('request',('terminalCapabilitySet',{'sequenceNumber':7,'protocolIdentifier':(0,0,8,245,0,16)",
        "'videoWithAL2':True,'videoWithAL3':True,'audioWithAL1':False,'audioWithAL2':True",
        "'maximumAl2SDUSize':512,'maximumAl3SDUSize':513,'maximumDelayJitter':50",
        "('enhanced',{'maximumNestingDepth':3,'maximumElementListSize':4,'maximumSubElementListSize':5})",
        "'maxMUXPDUSizeCapability':False,'nsrpSupport':True",
        "'h223AnnexB':True,'h223AnnexBwithHeader':False",
        "{'capabilityTableEntryNumber':1,'capability':('receiveAudioCapability',('genericAudioCapability'",
        "('receiveAndTransmitVideoCapability',('h263VideoCapability'",
        "('transmitVideoCapability',('genericVideoCapability',{'capabilityIdentifier':('standard',(0,0,8,241,0,0,1))",
        "('standard',41),'parameterValue':('booleanArray',64)",
        "('receiveUserInputCapability',('basicString'",
        "('receiveAndTransmitUserInputCapability',('dtmf'",
        "('g7231',{'maxAl-sduAudioFrames':2,'silenceSuppression':True})",
        "{'capabilityTableEntryNumber':300}",
        "'capabilityDescriptorNumber':3,'simultaneousCapabilities':[[1,7],[2,3,300]]",
    ] {
        assert!(value.contains(part), "no {part} in {value}");
    }
}
