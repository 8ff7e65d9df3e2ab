//! Reading, printing and comparing URIs.

use super::*;

fn parse(text: &str) -> Uri {
    text.parse().unwrap_or_else(|why| panic!("{text}: {why}"))
}

#[test]
fn all_parts_are_read() {
    let uri = parse("sips:alice;x=1:pa$$@example.com:5061;transport=tcp;lr?Subject=a%20b&Priority=");
    assert_eq!(uri.scheme, Scheme::Sips);
    assert_eq!(uri.user.as_deref(), Some("alice;x=1"));
    assert_eq!(uri.password.as_deref(), Some("pa$$"));
    assert_eq!(uri.host, Host::Name("example.com".into()));
    assert_eq!(uri.port, Some(5061));
    assert_eq!(uri.param("TRANSPORT"), Some(Some("tcp")));
    assert!(uri.is_loose_router());
    assert_eq!(uri.headers, [("Subject".into(), "a%20b".into()), ("Priority".into(), String::new())]);
}

#[test]
fn printing_gives_the_text_back() {
    for text in [
        "sip:example.com",
        "sip:j.user@example.com",
        "sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*:&it+has=1,weird!*pas$wo~d_too.(doesn't-it)@h.org",
        "sip:sips%3Auser%40example.com@example.net",
        "sip:null-%00-null@192.0.2.1:5060;maddr=239.255.255.1;ttl=15",
        "sip:user@[2001:db8::10]:5070;%6C%72;n%61me=v%61lue%25%34%31",
        "sip:[::ffff:192.0.2.10]",
        "sip:host_with_underscore.local.",
        "tel:+86-138-0013-8000;phone-context=+86",
        "tel:*21#",
        "urn:service:sos",
        "soap.beep://192.0.2.103:3002",
    ] {
        assert_eq!(parse(text).to_string(), text);
    }
}

#[test]
fn user_text_is_unescaped() {
    assert_eq!(parse("sip:I%20have%20spaces@h").user_text().as_deref(), Some("I have spaces"));
    assert_eq!(parse("sip:%00%00@h").user_text().as_deref(), Some("\0\0"));
    assert_eq!(parse("sip:h").user_text(), None);
    assert_eq!(Uri::sip("a b@%", Host::Name("h".into()), None).to_string(), "sip:a%20b%40%25@h");
}

#[test]
fn an_ipv6_reference_may_end_in_what_looks_like_a_port() {
    let uri = parse("sip:[2001:db8::10:5070]");
    assert_eq!(uri.port, None);
    assert_eq!(uri.host, Host::V6("2001:db8::10:5070".parse().expect("an address")));
    assert_eq!(parse("sip:[2001:db8::10]:5070").port, Some(5070));
}

#[test]
fn the_third_colon_of_the_old_grammar_is_tolerated() {
    assert!(parse("sip:user@[2001:db8:::192.0.2.1]").equivalent(&parse("sip:user@[2001:db8::192.0.2.1]")));
}

#[test]
fn broken_uris_are_refused() {
    for bad in [
        "",
        "example.com",
        "<sip:a@b>",
        "sip:",
        "sip:@h",
        "sip:a@",
        "sip:a@b@c",
        "sip:2001:db8::10",
        "sip:[2001:db8::10",
        "sip:[nonsense]",
        "sip:a b@h",
        "sip:a@h:",
        "sip:a@h:65536",
        "sip:a@h:5060x",
        "sip:a@h;",
        "sip:a@h;;lr",
        "sip:a@h;x=",
        "sip:a@h?x",
        "sip:%zz@h",
        "sip:\"a\"@h",
        "sip:a@256.1.1.1",
        "sip:a@-h",
        "sip:a@h..org",
        "sip:a@h;lr ",
        "1sip:a",
        "tel:",
        "tel:+",
        "tel:abcxyz",
        "urn:",
        "urn:a b",
    ] {
        assert!(bad.parse::<Uri>().is_err(), "{bad}");
        assert!(Parts::read(bad).is_err(), "{bad}");
    }
}

#[test]
fn too_long_a_uri_or_too_many_parameters_are_refused() {
    let long = format!("sip:{}@h", "a".repeat(crate::limits::URI_LEN_MAX));
    assert!(long.parse::<Uri>().is_err());
    let many = format!("sip:h{}", ";p".repeat(crate::limits::PARAMS_MAX + 1));
    assert!(many.parse::<Uri>().is_err());
}

/// RFC 3261 §19.1.4 lists these as equivalent.
#[test]
fn equivalent_uris_of_the_rfc_match() {
    for (a, b) in [
        ("sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp"),
        ("sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5"),
        ("sip:carol@chicago.com", "sip:carol@chicago.com;security=on"),
        (
            "sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
            "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com",
        ),
        (
            "sip:alice@atlanta.com?subject=project%20x&priority=urgent",
            "sip:alice@atlanta.com?priority=urgent&subject=project%20x",
        ),
        ("tel:+86-138(0013)8000", "tel:+8613800138000"),
        // Twice the same name is wrong (§19.1.1), but a URI is still equivalent to itself.
        ("sip:a@h;x=1;x=2", "sip:a@h;x=1;x=2"),
    ] {
        assert!(parse(a).equivalent(&parse(b)), "{a} {b}");
        assert!(parse(b).equivalent(&parse(a)), "{b} {a}");
    }
}

/// RFC 3261 §19.1.4 lists these as different.
#[test]
fn different_uris_of_the_rfc_do_not_match() {
    for (a, b) in [
        ("SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP"),
        ("sip:bob@biloxi.com", "sip:bob@biloxi.com:5060"),
        ("sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp"),
        ("sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp"),
        ("sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting"),
        ("sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4"),
        ("sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off"),
        ("sip:a@h", "sips:a@h"),
        ("sip:a%40b@h", "sip:a@h"),
        ("tel:+8613800138000", "tel:8613800138000"),
    ] {
        assert!(!parse(a).equivalent(&parse(b)), "{a} {b}");
        assert!(!parse(b).equivalent(&parse(a)), "{b} {a}");
    }
}
