//! Which datagrams are messages, and what the others are answered.

use super::*;

/// A good request around whatever a test changes.
const REST: &str = "Via: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\n\
    Call-ID: x@y\r\nCSeq: 1 OPTIONS\r\n";

fn parse(text: impl AsRef<[u8]>) -> Result<Message, Reject> {
    parse_datagram(&Bytes::copy_from_slice(text.as_ref()))
}

fn request(text: impl AsRef<[u8]>) -> Request {
    match parse(text) {
        Ok(Message::Request(request)) => request,
        other => panic!("{other:?}"),
    }
}

fn options(extra: &str) -> String {
    format!("OPTIONS sip:c@d SIP/2.0\r\n{REST}{extra}\r\n")
}

fn answer(text: impl AsRef<[u8]>) -> (u16, String) {
    match parse(text) {
        Err(Reject::Answer { status, reason, .. }) => (status.code(), reason),
        other => panic!("{other:?}"),
    }
}

fn drops(text: impl AsRef<[u8]>) -> bool {
    matches!(parse(text), Err(Reject::Drop { .. }))
}

#[test]
fn compact_names_folding_and_lists_are_normalised() {
    let text = "OPTIONS sip:c@d SIP/2.0\r\nv: SIP/2.0/UDP a;branch=z9hG4bK1 ,\r\n SIP/2.0/UDP b\r\n\
        f:\"x,y\"\r\n\t<sip:a@b>;tag=1\r\nT : <sip:c@d>\r\ni:x@y\r\ncseq: 1\r\n  OPTIONS\r\nk: 100rel,timer\r\n\
        sUbJeCt: a, b\r\nX-Own: c, d\r\nL: 0\r\n\r\n";
    let request = request(text);
    let fields: Vec<(&str, &str)> = request.headers.iter().collect();
    assert_eq!(
        fields,
        [
            ("Via", "SIP/2.0/UDP a;branch=z9hG4bK1"),
            ("Via", "SIP/2.0/UDP b"),
            ("From", "\"x,y\" <sip:a@b>;tag=1"),
            ("To", "<sip:c@d>"),
            ("Call-ID", "x@y"),
            ("CSeq", "1 OPTIONS"),
            ("Supported", "100rel"),
            ("Supported", "timer"),
            ("Subject", "a, b"),
            ("X-Own", "c, d"),
        ]
    );
}

#[test]
fn header_values_stay_as_they_were() {
    let value = "\"王小明 \\\"\" <sip:%61@B.example;X=%41>  ; Q = 0.33";
    let request = request(options(&format!("Contact: {value}\r\n")));
    assert_eq!(request.headers.get("Contact"), Some(value));
}

#[test]
fn binary_bodies_are_exact_and_octets_behind_them_are_ignored() {
    let mut text = options("Content-Length: 6\r\n").into_bytes();
    text.extend_from_slice(b"\0\xff\r\n\r\nINVITE");
    assert_eq!(&request(text).body[..], b"\0\xff\r\n\r\n");
}

#[test]
fn without_content_length_the_body_is_the_rest() {
    assert_eq!(&request(options("") + "rest").body[..], b"rest");
}

#[test]
fn a_short_body_is_answered_with_400() {
    for length in ["5", "-999", "x", "99999999999999999999999", ""] {
        let (status, reason) = answer(options(&format!("Content-Length: {length}\r\n")) + "four");
        assert_eq!(status, 400, "{length}");
        assert!(reason.contains("Content-Length"), "{reason}");
    }
}

#[test]
fn doubled_single_headers_are_answered_with_400() {
    for name in ["From: <sip:a@b>", "t: <sip:c@d>", "Call-ID: z", "CSeq: 2 OPTIONS"] {
        assert_eq!(answer(options(&format!("{name}\r\n"))).0, 400, "{name}");
    }
    assert_eq!(answer(options("Max-Forwards: 1\r\nMax-Forwards: 2\r\n")).0, 400);
    assert_eq!(answer(options("l: 0\r\nContent-Length: 0\r\n")).0, 400);
}

#[test]
fn missing_headers_are_named() {
    for name in ["From", "To", "Call-ID", "CSeq"] {
        let kept: String =
            options("").split_inclusive("\r\n").filter(|line| !line.starts_with(name)).collect();
        assert_eq!(answer(kept), (400, format!("Bad Request ({name}: missing)")));
    }
}

#[test]
fn without_a_via_there_is_nobody_to_answer() {
    let text: String = options("").split_inclusive("\r\n").filter(|line| !line.starts_with("Via")).collect();
    assert!(drops(text));
}

#[test]
fn an_ack_is_never_answered() {
    let text = options("Max-Forwards: 256\r\n").replace("OPTIONS", "ACK");
    assert!(drops(text));
}

#[test]
fn unknown_versions_methods_and_schemes_have_their_answers() {
    let text = options("");
    assert_eq!(answer(text.replace("d SIP/2.0", "d SIP/3.0")).0, 505);
    assert_eq!(
        answer(text.replace("OPTIONS", "FROBNICATE")),
        (501, "Not Implemented (unknown method)".into())
    );
    assert_eq!(answer(text.replace("OPTIONS", "options")).0, 501);
    assert_eq!(answer(text.replace("OPTIONS sip:c@d", "OPTIONS isbn:1")).0, 416);
    assert!(parse(text.replace("OPTIONS sip:c@d", "OPTIONS tel:+123")).is_ok());
    assert!(parse(text.replace("d SIP/2.0", "d sip/2.0")).is_ok());
}

#[test]
fn the_method_in_cseq_must_be_that_of_the_request() {
    assert_eq!(answer(options("").replace("1 OPTIONS", "1 INVITE")).0, 400);
}

#[test]
fn request_lines_have_single_spaces_and_a_plain_uri() {
    for line in [
        "OPTIONS  sip:c@d SIP/2.0",
        "OPTIONS sip:c@d SIP/2.0 ",
        " OPTIONS sip:c@d SIP/2.0",
        "OPTIONS\tsip:c@d SIP/2.0",
        "OPTIONS <sip:c@d> SIP/2.0",
        "OPTIONS sip:c@d; lr SIP/2.0",
        "OPTIONS sip:c@d?Route=%3Csip:x%3E SIP/2.0",
        "OPTIONS sip:c@d SIP/x",
        "OPT@IONS sip:c@d SIP/2.0",
        "OPTIONS SIP/2.0",
    ] {
        assert_eq!(answer(options("").replace("OPTIONS sip:c@d SIP/2.0", line)).0, 400, "{line}");
    }
}

#[test]
fn malformed_lines_are_answered_with_400() {
    for line in ["no colon", ": x", "a b: c", "X: a\0b", "X: \"a\\\u{7f}\" \u{7f}", "X: a\rb", "X\u{e9}: 1"] {
        assert_eq!(answer(options(&format!("{line}\r\n"))).0, 400, "{line:?}");
    }
    assert!(parse(options("X: \"a\\\0\\\u{7f}\"\r\n")).is_ok());
    assert_eq!(answer(options("").replace("\r\n", "\n")).0, 400);
    assert_eq!(answer(options("").trim_end()).0, 400);
    assert_eq!(answer(options("").replace("SIP/2.0\r\nVia", "SIP/2.0\r\n folded\r\nVia")).0, 400);
}

#[test]
fn a_header_that_is_not_utf8_is_answered_with_400() {
    let mut text = options("Subject: ?\r\n").into_bytes();
    let at = text.iter().position(|b| *b == b'?').expect("it is there");
    text[at] = 0xe9;
    assert_eq!(answer(text).0, 400);
}

#[test]
fn a_star_contact_is_for_register_only() {
    assert_eq!(answer(options("Contact: *\r\n")).0, 400);
    assert!(parse(options("Contact: *\r\n").replace("OPTIONS", "REGISTER")).is_ok());
}

#[test]
fn routes_need_angle_brackets() {
    assert_eq!(answer(options("Route: sip:p;lr\r\n")).0, 400);
    assert!(parse(options("Route: <sip:p;lr>, <sip:q;lr>\r\n")).is_ok());
}

#[test]
fn too_many_headers_are_answered_with_400() {
    let many = "X: 1\r\n".repeat(crate::limits::HEADERS_MAX + 1);
    assert_eq!(answer(options(&many)).0, 400);
}

#[test]
fn what_is_no_sip_is_dropped() {
    for text in ["", "\r\n\r\n", "\0\0\0\0", "GET / HTTP/1.1\r\nVia: x\r\n\r\n", "no line end", "\r\n"] {
        assert!(drops(text), "{text:?}");
    }
}

#[test]
fn empty_lines_before_the_start_line_are_ignored() {
    assert!(parse(format!("\r\n\r\n{}", options(""))).is_ok());
}

#[test]
fn bad_responses_are_dropped() {
    let good = format!("SIP/2.0 200 OK\r\n{REST}\r\n");
    assert!(parse(&good).is_ok());
    for line in [
        "SIP/2.0 4294967301 x",
        "SIP/2.0 99 x",
        "SIP/2.0 700 x",
        "SIP/2.0 200",
        "SIP/2.0  200 OK",
        "SIP/3.0 200 OK",
    ] {
        assert!(drops(good.replace("SIP/2.0 200 OK", line)), "{line}");
    }
    assert!(drops(good.replace("1 OPTIONS", "9292394834772304023312 OPTIONS")));
    assert!(drops(good.replace("To: <sip:c@d>\r\n", "")));
    assert!(drops(good.replace("\r\n\r\n", "\r\nl: 1\r\n\r\n")));
    assert!(drops(good.replace("1 OPTIONS", "1 FROBNICATE")));
}

#[test]
fn reasons_may_be_empty_or_any_utf8() {
    for reason in ["", "= 2**3 * 5**2 но сто девяносто девять"] {
        match parse(format!("SIP/2.0 200 {reason}\r\n{REST}\r\n")) {
            Ok(Message::Response(response)) => assert_eq!(response.reason, reason),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn answers_carry_what_identifies_the_request() {
    let reject = parse(options("Max-Forwards: 256\r\n")).expect_err("too large");
    let response = reject.into_response("t1").expect("an answer");
    let text = String::from_utf8(response.to_bytes().to_vec()).expect("text");
    assert_eq!(
        text,
        "SIP/2.0 400 Bad Request (Max-Forwards: not a number up to 255)\r\n\
         Via: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>;tag=t1\r\n\
         Call-ID: x@y\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
    );
    assert_eq!(Reject::drop("x").into_response("t"), None);
}

#[test]
fn an_answer_to_a_broken_via_is_well_formed() {
    let text = options("").replace("SIP/2.0/UDP h;branch=z9hG4bK1", "SIP/2.0/UDP 192.0.2.15;;,;,,");
    let Err(Reject::Answer { headers, .. }) = parse(text) else { panic!("not answered") };
    assert_eq!(headers.get_all("Via").collect::<Vec<_>>(), ["SIP/2.0/UDP 192.0.2.15"]);
}

#[test]
fn a_tag_in_to_is_kept_in_the_answer() {
    let text = options("Max-Forwards: x\r\n").replace("<sip:c@d>", "<sip:c@d>;tag=9");
    let response = parse(text).expect_err("bad").into_response("t1").expect("an answer");
    assert_eq!(response.headers.get("To"), Some("<sip:c@d>;tag=9"));
}

#[test]
fn line_breaks_in_values_cannot_add_headers() {
    let mut response = Response::new(StatusCode::OK);
    response.reason = "OK\r\nX: 1".into();
    response.headers.push("Subject", "a\r\nY: 2");
    response.headers.push("Content-Length", "77");
    let text = String::from_utf8(response.to_bytes().to_vec()).expect("text");
    assert_eq!(text, "SIP/2.0 200 OK  X: 1\r\nSubject: a  Y: 2\r\nContent-Length: 0\r\n\r\n");
}
