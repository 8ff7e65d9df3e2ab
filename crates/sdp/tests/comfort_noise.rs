//! Comfort noise of RFC 3389: whom it is agreed on with, and beside which codecs.

use std::net::IpAddr;

use media::Codec;
use sdp::{Agreed, Capabilities, Description, Local, Session, Want};

fn local(audio: &[Codec], comfort_noise: bool) -> Local {
    let caps = Capabilities { audio: audio.into(), comfort_noise, ..Capabilities::default() };
    Local { address: IpAddr::from([192, 0, 2, 1]), audio_port: Some(20_000), video_port: None, caps }
}

fn answered(line: &str, local: &Local) -> (String, Agreed) {
    let text = format!(
        "v=0\no=- 1 1 IN IP4 192.0.2.9\ns=-\nc=IN IP4 192.0.2.9\nt=0 0\nm=audio 4000 RTP/AVP {line}\n"
    );
    let offer = Description::parse(text.as_bytes()).expect("a legal description");
    let (answer, agreed) = Session::new(2).answer(&offer, local).expect("usable");
    (String::from_utf8(answer.to_bytes().to_vec()).expect("text"), agreed)
}

fn noise(agreed: &Agreed) -> (Option<u8>, Option<u8>) {
    let audio = agreed.audio().expect("sound");
    (audio.noise_send, audio.noise_receive)
}

const BOTH: [Codec; 2] = [Codec::Pcmu, Codec::Amr];

#[test]
fn it_is_taken_where_it_is_offered_beside_g711() {
    let (text, agreed) = answered("0 13 101\na=rtpmap:101 telephone-event/8000", &local(&BOTH, true));
    assert_eq!(noise(&agreed), (Some(13), Some(13)));
    assert!(text.contains("RTP/AVP 0 13 101\r\n") && text.contains("a=rtpmap:13 CN/8000\r\n"), "{text}");
    let (text, agreed) = answered("0 19\na=rtpmap:19 CN/8000", &local(&BOTH, true));
    assert_eq!(noise(&agreed), (Some(19), Some(19)), "the number of older gateways: {text}");
}

#[test]
fn it_is_not_taken_beside_codecs_that_have_their_own_or_at_another_clock() {
    for line in [
        "96 13\na=rtpmap:96 AMR/8000",
        "0 98\na=rtpmap:98 CN/16000",
        "0 101\na=rtpmap:101 telephone-event/8000",
    ] {
        let (text, agreed) = answered(line, &local(&BOTH, true));
        assert_eq!(noise(&agreed), (None, None), "{line}");
        assert!(!text.contains("CN/"), "{text}");
    }
    let (text, agreed) = answered("0 13", &local(&BOTH, false));
    assert_eq!((noise(&agreed), text.contains("CN/")), ((None, None), false), "not ours to take");
}

#[test]
fn our_own_offer_has_it_and_a_later_one_keeps_what_was_agreed() {
    let (mut ours, mut theirs) = (Session::new(1), Session::new(2));
    let has = local(&BOTH, true);
    let offer = ours.offer(&has, &Want::all());
    let (answer, seen) = theirs.answer(&offer, &has).expect("usable");
    let agreed = ours.accept(&answer).expect("fits");
    assert_eq!((noise(&agreed), noise(&seen)), ((Some(13), Some(13)), (Some(13), Some(13))));
    let again = ours.offer(&has, &Want::all());
    let line = &again.media[0];
    assert_eq!(line.payloads.iter().map(|payload| payload.pt).collect::<Vec<_>>(), [0, 13, 101]);
    let none = Session::new(3).offer(&local(&[Codec::Amr], true), &Want::all());
    assert!(!String::from_utf8_lossy(&none.to_bytes()).contains("CN/"), "nothing that it goes with");
}

#[test]
fn an_answer_without_it_leaves_it_out() {
    let (mut ours, mut theirs) = (Session::new(1), Session::new(2));
    let offer = ours.offer(&local(&BOTH, true), &Want::all());
    let (answer, _) = theirs.answer(&offer, &local(&BOTH, false)).expect("usable");
    assert_eq!(noise(&ours.accept(&answer).expect("fits")), (None, None));
}

#[test]
fn a_second_leg_is_offered_it_if_the_first_one_has_it() {
    let caps = Capabilities::default();
    for (line, expected) in [("0 13", true), ("0", false)] {
        let (_, agreed) = answered(line, &local(&BOTH, true));
        for want in [Want::like(&agreed), Want::preferring(&agreed, &caps)] {
            let formats = want.audio.and_then(|audio| audio.payloads).expect("formats");
            let offered = formats.iter().filter(|format| format.is_comfort_noise_for(Codec::Pcmu)).count();
            assert_eq!(offered, usize::from(expected), "{line}");
            assert!(formats.iter().any(|format| format.is_telephone_event()), "{line}");
        }
    }
}
