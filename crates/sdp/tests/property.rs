//! What holds for every text: printing and parsing are inverse, nothing panics, answers have the shape of
//! their offers.

use std::net::IpAddr;

use media::amr::Band;
use media::{Codec, Size};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use sdp::{
    AmrParameters, Attribute, Bandwidth, Capabilities, Description, Direction, Extension, H263Parameters,
    H264Parameters, Local, LocalText, MediaKind, MediaLine, Mpeg4Parameters, OpusParameters, Orientation,
    Origin, Parameters, Payload, ProfileLevelId, Session, Vp8Parameters, Want,
};

fn local() -> Local {
    Local {
        address: IpAddr::from([192, 0, 2, 1]),
        audio_port: Some(20_000),
        video_port: Some(20_002),
        caps: Capabilities::default(),
    }
}

fn local_with(text: bool) -> Local {
    let text = text.then(|| LocalText::new(20_004));
    Local { caps: Capabilities { text, ..Capabilities::default() }, ..local() }
}

fn address() -> impl Strategy<Value = IpAddr> {
    prop_oneof![any::<[u8; 4]>().prop_map(IpAddr::from), any::<[u16; 8]>().prop_map(IpAddr::from)]
}

fn extension() -> impl Strategy<Value = Extension> {
    let uri = prop_oneof![
        Just("urn:3gpp:video-orientation".to_owned()),
        Just("urn:3gpp:video-orientation:6".to_owned()),
        "urn:ietf:params:[a-z-]{1,12}",
        "http://[a-z]{1,8}/[a-z#]{1,8}",
    ];
    let id = prop_oneof![1u16..=255, 1u16..=4, 4_096u16..=4_351];
    (id, direction(), uri, option::of("[a-z0-9]{1,5}( [a-z=]{1,6})?"))
        .prop_map(|(id, direction, uri, attributes)| Extension { id, direction, uri, attributes })
}

fn direction() -> impl Strategy<Value = Direction> {
    (any::<bool>(), any::<bool>()).prop_map(|(sends, receives)| Direction::new(sends, receives))
}

fn bandwidth() -> impl Strategy<Value = Bandwidth> {
    let others = vec(("R[SR]", any::<u64>()), 0..2);
    (option::of(any::<u32>()), option::of(any::<u32>()), others)
        .prop_map(|(as_kbps, tias_bps, others)| Bandwidth { as_kbps, tias_bps, others })
}

fn h264() -> impl Strategy<Value = Parameters> {
    let sprop = vec(vec(any::<u8>(), 1..20).prop_map(Into::into), 0..3);
    let profile = prop_oneof![Just(0x42), Just(0x4D), Just(0x58), any::<u8>()];
    let id = (profile, any::<u8>(), any::<u8>());
    (id, 0u8..4, any::<bool>(), sprop, vec("max-[a-z]{2,4}=[0-9]{1,4}", 0..3)).prop_map(
        |(
            (profile_idc, profile_iop, level_idc),
            packetization_mode,
            level_asymmetry_allowed,
            sprop,
            others,
        )| {
            let profile_level_id = ProfileLevelId { profile_idc, profile_iop, level_idc };
            Parameters::H264(H264Parameters {
                profile_level_id,
                packetization_mode,
                level_asymmetry_allowed,
                sprop,
                others,
            })
        },
    )
}

fn h263() -> impl Strategy<Value = Parameters> {
    let sizes = (option::of(1u8..=32), 1u8..=32, any::<bool>()).prop_map(|(cif, qcif, cif_first)| {
        let mut sizes = vec![(Size::QCIF, qcif)];
        if let Some(cif) = cif {
            sizes.insert(usize::from(!cif_first), (Size::CIF, cif));
        }
        sizes
    });
    (sizes, option::of(1u32..20_000), vec("[F-K]=[01]", 0..3)).prop_map(|(sizes, max_br, others)| {
        Parameters::H263(H263Parameters { sizes, max_br, others, ..H263Parameters::default() })
    })
}

fn amr(band: Band) -> impl Strategy<Value = Parameters> {
    let modes = vec(0..band.sid(), 1..5).prop_map(move |modes| band.mode_set(modes).expect("some mode"));
    let modes = option::of(modes);
    (modes, any::<[bool; 4]>(), vec("max-red=[0-9]{1,3}", 0..2)).prop_map(move |(mode_set, flags, others)| {
        Parameters::Amr(AmrParameters {
            band,
            octet_align: flags[0],
            mode_set,
            mode_change_every_second: flags[1],
            mode_change_capability: flags[2],
            mode_change_neighbor: flags[3],
            elaborate: false,
            others,
        })
    })
}

fn mpeg4() -> impl Strategy<Value = Parameters> {
    let headers = vec(any::<u8>(), 0..40).prop_map(|rest| [&[0, 0, 1, 0xB0], &rest[..]].concat().into());
    (any::<u8>(), option::of(headers), vec("x-[a-z]{1,4}=[0-9]", 0..2)).prop_map(
        |(profile_level_id, config, others)| {
            Parameters::Mpeg4(Mpeg4Parameters { profile_level_id, config, others })
        },
    )
}

fn opus() -> impl Strategy<Value = Parameters> {
    let rates = (8_000u32..=48_000, option::of(6_000u32..=510_000));
    (rates, any::<[bool; 4]>(), vec("minptime=[1-9]0", 0..2)).prop_map(
        |((max_playback_rate, max_average_bitrate), [stereo, cbr, fec, dtx], others)| {
            Parameters::Opus(OpusParameters {
                max_playback_rate,
                max_average_bitrate,
                stereo,
                cbr,
                fec,
                dtx,
                others,
            })
        },
    )
}

fn vp8() -> impl Strategy<Value = Parameters> {
    (option::of(1u32..120), option::of(1u32..40_000), vec("x-[a-z]{1,4}=[0-9]", 0..2))
        .prop_map(|(max_fr, max_fs, others)| Parameters::Vp8(Vp8Parameters { max_fr, max_fs, others }))
}

fn payload() -> impl Strategy<Value = Payload> {
    prop_oneof![
        Just(Payload::media(0, Codec::Pcmu, Parameters::None)),
        Just(Payload::media(8, Codec::Pcma, Parameters::None)),
        Just(Payload::named(18, "G729", 8_000, 1)),
        (96u8..=127).prop_map(Payload::telephone_event),
        (96u8..=127, amr(Band::Narrow)).prop_map(|(pt, parameters)| Payload::media(
            pt,
            Codec::Amr,
            parameters
        )),
        (96u8..=127, amr(Band::Wide)).prop_map(|(pt, parameters)| Payload::media(
            pt,
            Codec::AmrWb,
            parameters
        )),
        (96u8..=127, opus()).prop_map(|(pt, parameters)| Payload::media(pt, Codec::Opus, parameters)),
        Just(Payload::media(9, Codec::G722, Parameters::None)),
        (96u8..=127, h263()).prop_map(|(pt, parameters)| Payload::media(pt, Codec::H263p, parameters)),
        (96u8..=127, vp8()).prop_map(|(pt, parameters)| Payload::media(pt, Codec::Vp8, parameters)),
        (96u8..=127, mpeg4()).prop_map(|(pt, parameters)| Payload::media(pt, Codec::Mpeg4, parameters)),
        (96u8..=127, "(CLEARMODE|clearmode|X-CCD|CCD|G[.]nX64)")
            .prop_map(|(pt, name)| Payload::named(pt, &name, 8_000, 1)),
        (96u8..=127, h264()).prop_map(|(pt, parameters)| Payload::media(pt, Codec::H264, parameters)),
        (prop_oneof![Just(34u8), 96u8..=127], h263()).prop_map(|(pt, parameters)| Payload::media(
            pt,
            Codec::H263,
            parameters
        )),
        (96u8..=127, "x-[a-z]{1,8}", 1u32..100_000, 1u8..4, option::of("[a-z]=[0-9]{1,3}(;[a-z]=[0-9])?"))
            .prop_map(|(pt, name, clock_rate, channels, raw)| {
                let parameters = raw.map_or(Parameters::None, Parameters::Raw);
                Payload { parameters, ..Payload::named(pt, &name, clock_rate, channels) }
            }),
        (96u8..=127).prop_map(Payload::without_rtpmap),
        text(),
    ]
}

/// Formats of real-time text, such as go together and such as do not.
fn text() -> impl Strategy<Value = Payload> {
    let raw = |parameters: Option<String>| parameters.map_or(Parameters::None, Parameters::Raw);
    let rate = option::of("cps=[0-9]{1,3}").prop_map(raw);
    let list = option::of("(98(/98){0,3}|9[89]/9[89])").prop_map(raw);
    prop_oneof![
        (96u8..=99, rate).prop_map(|(pt, parameters)| Payload { parameters, ..Payload::t140(pt) }),
        (96u8..=101, list).prop_map(|(pt, parameters)| Payload { parameters, ..Payload::redundancy(pt) }),
    ]
}

fn attribute() -> impl Strategy<Value = Attribute> {
    ("x-[a-z]{1,8}", option::of("[ -~]{0,20}[!-~]")).prop_map(|(name, value)| Attribute { name, value })
}

fn media_line() -> impl Strategy<Value = MediaLine> {
    let kind = prop_oneof![
        Just(MediaKind::Audio),
        Just(MediaKind::Video),
        Just(MediaKind::Text),
        Just(MediaKind::Other("application".into())),
    ];
    let head = (kind, prop_oneof![Just(0u16), any::<u16>()], option::of(address()), direction());
    let proto = prop_oneof![Just("RTP/AVP"), Just("RTP/AVPF"), Just("RTP/SAVP"), Just("TCP/MSRP")];
    let payloads = vec(payload(), 1..6);
    let rtcp = (option::of((1u16.., option::of(address()))), any::<bool>());
    let feedback = vec(
        (
            option::of(96u8..=127),
            "(nack pli|ccm fir|ccm tmmbr( smaxpr=120)?|goog-remb|transport-cc|nack|trr-int 100)",
        ),
        0..4,
    );
    let times = (option::of(1u16..200), option::of(1u16..200), option::of("[a-z0-9]{1,5}"));
    let rest = (vec(attribute(), 0..3), vec(extension(), 0..4));
    (head, proto, payloads, rtcp, feedback, bandwidth(), times, rest).prop_map(
        |(
            (kind, port, connection, direction),
            proto,
            mut payloads,
            (rtcp, rtcp_mux),
            feedback,
            bandwidth,
            times,
            (attributes, mut extensions),
        )| {
            let mut line = MediaLine::new(kind, port, proto);
            let mut seen = Vec::new();
            payloads.retain(|payload| {
                !seen.contains(&payload.pt) && {
                    seen.push(payload.pt);
                    true
                }
            });
            let mut seen = Vec::new();
            extensions.retain(|extension| {
                !seen.contains(&extension.id) && {
                    seen.push(extension.id);
                    true
                }
            });
            if line.is_rtp() {
                line.extensions = extensions;
                line.payloads = payloads;
            } else {
                line.formats = vec!["*".into()];
            }
            (line.connection, line.direction, line.bandwidth) = (connection, direction, bandwidth);
            (line.rtcp_port, line.rtcp_address) = (rtcp.map(|rtcp| rtcp.0), rtcp.and_then(|rtcp| rtcp.1));
            (line.rtcp_mux, line.feedback, line.attributes) = (rtcp_mux, feedback, attributes);
            (line.ptime, line.max_ptime, line.mid) = times;
            line
        },
    )
}

fn description() -> impl Strategy<Value = Description> {
    let origin = ("([a-z]{1,8}|-)", any::<u64>(), any::<u64>(), address()).prop_map(
        |(username, id, version, address)| Origin {
            username,
            session_id: id.to_string(),
            version,
            address: address.to_string(),
        },
    );
    let head = (origin, "[a-zA-Z-]{0,8}", option::of(address()), bandwidth());
    (head, vec(any::<(u64, u64)>(), 1..3), vec(attribute(), 0..3), vec(media_line(), 0..6)).prop_map(
        |((origin, name, connection, bandwidth), times, attributes, mut media)| {
            // A line without `c=` has the address of the session.
            media.iter_mut().for_each(|line| line.connection = line.connection.or(connection));
            Description { origin, name, connection, bandwidth, times, attributes, media }
        },
    )
}

/// Text that is nearly a description.
fn nearly() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("v=0\r\n".to_owned()),
        Just("o=- 1 1 IN IP4 192.0.2.9\n".to_owned()),
        Just("c=IN IP4 192.0.2.9\r\n".to_owned()),
        Just("m=audio 4000 RTP/AVP 0 8 96 101\r\n".to_owned()),
        Just("m=video 4002 RTP/AVPF 96 34\r\n".to_owned()),
        Just("a=rtpmap:96 H264/90000\r\n".to_owned()),
        Just("a=rtpmap:101 telephone-event/8000\r\n".to_owned()),
        Just("a=rtpmap:101 CLEARMODE/8000\r\n".to_owned()),
        Just("a=rtpmap:96 AMR/8000\r\n".to_owned()),
        Just("m=text 4004 RTP/AVP 98 99\r\na=rtpmap:98 t140/1000\r\na=rtpmap:99 red/1000\r\n".to_owned()),
        Just("a=rtpmap:96 MP4V-ES/90000\r\n".to_owned()),
        "m=(audio|text|x) [0-9]{1,5}(/2)? (RTP/AVP|UDP|TCP/RTP/AVP) [a-z0-9* ]{1,8}\r\n",
        "a=fmtp:(34|96|99|101) [ -~]{0,30}\r\n",
        "a=fmtp:(98|99) (cps=[0-9]{1,8}|98(/9[89]){0,20})\r\n",
        "a=(rtcp|rtcp-fb|rtpmap|fmtp|ptime|mid|sendonly|extmap)(:[ -~]{0,20})?\r\n",
        "a=extmap:[0-9]{1,4}(/sendonly|/x)? urn:3gpp:video-orientation(:6)?( x)?\r\n",
        "[vosictbazkrm]=[ -~]{0,20}\r?\n",
        "\\PC{0,10}",
    ];
    vec(piece, 0..20).prop_map(|pieces| "v=0\r\n".to_owned() + &pieces.concat())
}

proptest! {
    #[test]
    fn what_is_printed_is_read_as_it_was(description in description()) {
        let text = description.to_bytes();
        let read = Description::parse(&text);
        prop_assert_eq!(read, Ok(description), "{}", String::from_utf8_lossy(&text));
    }

    #[test]
    fn what_was_read_is_printed_for_good(text in nearly()) {
        if let Ok(description) = Description::parse(text.as_bytes()) {
            let printed = description.to_bytes();
            let again = Description::parse(&printed).expect("what we print can be read");
            prop_assert_eq!(again.to_bytes(), printed);
        }
    }

    #[test]
    fn arbitrary_octets_do_no_harm(octets in vec(any::<u8>(), 0..400)) {
        let _ = Description::parse(&octets);
    }

    #[test]
    fn an_answer_has_the_lines_of_its_offer(offers in vec((description(), any::<bool>()), 1..4)) {
        let mut session = Session::new(1);
        for (offer, has_text) in &offers {
            let before = (session.agreed().cloned(), session.text().cloned());
            let Ok((answer, agreed)) = session.answer(offer, &local_with(*has_text)) else {
                prop_assert_eq!((session.agreed().cloned(), session.text().cloned()), before);
                continue;
            };
            let shape = |description: &Description| -> Vec<_> {
                description.media.iter().map(|line| (line.kind.clone(), line.proto.clone())).collect()
            };
            prop_assert_eq!(shape(&answer), shape(offer));
            for (index, (ours, theirs)) in answer.media.iter().zip(&offer.media).enumerate() {
                let stream = agreed.streams.iter().find(|stream| stream.index == index);
                let text = session.text().filter(|text| text.index == index);
                prop_assert_eq!(ours.port != 0, stream.is_some() != text.is_some());
                prop_assert!(text.is_none() || (*has_text && ours.kind == MediaKind::Text));
                prop_assert!(theirs.port != 0 || ours.port == 0);
                let numbers: Vec<_> = theirs.payloads.iter().map(|payload| payload.pt).collect();
                prop_assert!(ours.port == 0 || ours.payloads.iter().all(|payload| numbers.contains(&payload.pt)));
                prop_assert!(ours.port == 0 || (!ours.direction.sends() || theirs.direction.receives()));
                prop_assert!(!ours.rtcp_mux || theirs.rtcp_mux);
                prop_assert!(ours.extensions.len() <= 1);
                for extension in &ours.extensions {
                    let asked = |their: &&Extension| (their.id, &their.uri) == (extension.id, &extension.uri);
                    let asked = theirs.extensions.iter().find(asked).expect("a number and name of the offer");
                    prop_assert!(extension.id <= 255);
                    prop_assert_eq!(extension.direction, asked.direction.reversed());
                    let orientation = stream.expect("a line in use").orientation;
                    let named = |on: bool| on.then_some(extension.id as u8);
                    prop_assert_eq!(orientation.send, named(extension.direction.sends()));
                    prop_assert_eq!(orientation.receive, named(extension.direction.receives()));
                }
                if let Some(stream) = stream {
                    let offered = |what: &str| theirs.feedback.iter().any(|(_, said)| said.starts_with(what));
                    prop_assert!(!stream.feedback.tmmbr || offered("ccm tmmbr"));
                    prop_assert!(!stream.feedback.remb || offered("goog-remb"));
                    prop_assert!(ours.extensions.len() == 1 || stream.orientation == Orientation::default());
                }
            }
            prop_assert!(agreed.streams.len() <= 2);
            prop_assert!(Description::parse(&answer.to_bytes()).is_ok());
        }
    }

    #[test]
    fn any_text_as_answer_or_offer_does_no_harm(texts in vec(nearly(), 1..5), has_text: bool) {
        let (mut session, local) = (Session::new(1), || local_with(has_text));
        for text in &texts {
            let Ok(description) = Description::parse(text.as_bytes()) else { continue };
            let _ = session.answer(&description, &local());
            let offer = session.offer(&local(), &Want::all());
            prop_assert!(offer.media.len() >= 2);
            if let Ok(agreed) = session.accept(&description) {
                let want = Want::like(&agreed);
                prop_assert!(!Session::new(2).offer(&local(), &want).media.is_empty());
                for stream in &agreed.streams {
                    let formats = [stream.audio_format().is_some(), stream.video_format().is_some(), stream.is_circuit()];
                    prop_assert_eq!(formats.iter().filter(|one| **one).count(), 1);
                }
            }
        }
    }

    #[test]
    fn lines_never_vanish_over_many_exchanges(wants in vec((any::<[bool; 4]>(), direction(), any::<bool>()), 1..8)) {
        let mut ends = [Session::new(1), Session::new(2)];
        let mut lines = 0;
        for ([audio, video, text, their_text], direction, swap) in wants {
            let mut want = Want::all().with_direction(direction);
            want.audio = want.audio.filter(|_| audio);
            want.video = want.video.filter(|_| video);
            let [a, b] = &mut ends;
            let (offerer, answerer) = if swap { (b, a) } else { (a, b) };
            let offer = offerer.offer(&local_with(text), &want);
            prop_assert!(offer.media.len() >= lines);
            match answerer.answer(&offer, &local_with(their_text)) {
                Ok((answer, agreed)) => {
                    lines = offer.media.len();
                    prop_assert_eq!(answer.media.len(), lines);
                    let _ = offerer.accept(&answer);
                    let mine = offerer.agreed().map_or(0, |agreed| agreed.streams.len());
                    prop_assert!(agreed.streams.is_empty() || mine == agreed.streams.len());
                    if let Some(theirs) = answerer.text() {
                        let ours = offerer.text().expect("agreed on by both");
                        prop_assert!(text && their_text && (ours.send, ours.index) == (theirs.receive, theirs.index));
                        prop_assert_eq!(ours.receive, theirs.send);
                    }
                }
                Err(_) => offerer.rollback(),
            }
        }
    }
}
