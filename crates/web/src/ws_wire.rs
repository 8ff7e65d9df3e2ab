//! The JSON of the WebSocket (PROTOCOL.md): text to words and back.

use gateway::webrtc::{Command, Event, Role, State};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The one version of the protocol that is spoken.
pub(crate) const VERSION: u64 = 1;

/// What a browser says.
#[derive(Debug, PartialEq)]
pub(crate) enum Said {
    Hello { role: Role, resume: Option<String> },
    Ping,
    Command(Command),
}

/// What is wrong with a message.
#[derive(Debug, PartialEq)]
pub(crate) enum Mistake {
    /// Another version of the protocol: the socket is closed.
    Version,
    /// Anything else, for the person who writes a page.
    Message(String),
}

#[derive(Deserialize)]
struct Hello {
    role: Role,
    #[serde(default)]
    resume: Option<String>,
}

/// Reads a message.
pub(crate) fn read(text: &str) -> Result<Said, Mistake> {
    let wrong = |error: serde_json::Error| Mistake::Message(error.to_string());
    let value: Value = serde_json::from_str(text).map_err(wrong)?;
    if !value.is_object() {
        return Err(Mistake::Message("a message is a JSON object".to_owned()));
    }
    if value.get("v").and_then(Value::as_u64) != Some(VERSION) {
        return Err(Mistake::Version);
    }
    match value.get("type").and_then(Value::as_str) {
        None => Err(Mistake::Message("a message has a \"type\"".to_owned())),
        Some("hello") => {
            let Hello { role, resume } = Hello::deserialize(&value).map_err(wrong)?;
            Ok(Said::Hello { role, resume })
        }
        Some("ping") => Ok(Said::Ping),
        Some(_) => Command::deserialize(&value).map(Said::Command).map_err(wrong),
    }
}

/// What is told to a browser besides the events of its session.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum Told<'a> {
    Welcome(Box<Welcome<'a>>),
    Service { version: u64 },
    Error { code: &'a str, text: &'a str },
    Pong,
}

/// The answer to `hello`.
#[derive(Serialize)]
pub(crate) struct Welcome<'a> {
    pub(crate) token: &'a str,
    pub(crate) resumed: bool,
    pub(crate) state: &'a State,
    pub(crate) ice_servers: Vec<Server>,
    pub(crate) numbers: Vec<String>,
    pub(crate) agents: Vec<Seat>,
    pub(crate) service: Edition,
}

/// As `RTCIceServer` of the W3C has it.
#[derive(Serialize)]
pub(crate) struct Server {
    pub(crate) urls: Vec<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) username: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) credential: String,
}

/// An agent who can sign in here.
#[derive(Serialize)]
pub(crate) struct Seat {
    pub(crate) name: String,
    pub(crate) taken: bool,
}

/// The version of the service that new calls get.
#[derive(Serialize)]
pub(crate) struct Edition {
    pub(crate) version: u64,
}

#[derive(Serialize)]
struct Versioned<'a, T> {
    v: u64,
    #[serde(flatten)]
    word: &'a T,
}

/// Writes a message of ours.
pub(crate) fn told(word: &Told<'_>) -> String {
    write(word)
}

/// Writes an event of a session.
pub(crate) fn event(event: &Event) -> String {
    write(event)
}

fn write<T: Serialize>(word: &T) -> String {
    serde_json::to_string(&Versioned { v: VERSION, word }).expect("our words are plain maps with text keys")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_message_of_a_browser_is_understood() {
        let call = Command::Call { number: "1".into(), sdp: "v=0".into(), name: None };
        let cases = [
            (r#"{"v":1,"type":"hello","role":"phone"}"#, Said::Hello { role: Role::Phone, resume: None }),
            (
                r#"{"v":1,"type":"hello","role":"desk","resume":"t"}"#,
                Said::Hello { role: Role::Desk, resume: Some("t".into()) },
            ),
            (r#"{"v":1,"type":"ping"}"#, Said::Ping),
            (r#"{"v":1,"type":"call","number":"1","sdp":"v=0"}"#, Said::Command(call)),
            (r#"{"v":1,"type":"key","digit":"*"}"#, Said::Command(Command::Key { digit: '*' })),
            (r#"{"v":1,"type":"hang_up"}"#, Said::Command(Command::HangUp {})),
            (r#"{"v":1,"type":"sign_out","more":1}"#, Said::Command(Command::SignOut {})),
            (
                r#"{"v":1,"type":"ready","ready":false,"reason":"lunch"}"#,
                Said::Command(Command::Ready { ready: false, reason: Some("lunch".into()) }),
            ),
            (r#"{"v":1,"type":"reject","call":7}"#, Said::Command(Command::Reject { call: 7 })),
        ];
        for (text, said) in cases {
            assert_eq!(read(text), Ok(said), "{text}");
        }
    }

    #[test]
    fn what_makes_no_sense_is_named() {
        assert_eq!(read(r#"{"v":2,"type":"ping"}"#), Err(Mistake::Version));
        assert_eq!(read(r#"{"type":"ping"}"#), Err(Mistake::Version));
        for text in [
            "",
            "{",
            "[]",
            "7",
            r#"{"v":1}"#,
            r#"{"v":1,"type":"dance"}"#,
            r#"{"v":1,"type":"call"}"#,
            r#"{"v":1,"type":"key","digit":"12"}"#,
            r#"{"v":1,"type":"hello","role":"king"}"#,
            r#"{"v":1,"type":"ready","ready":"yes"}"#,
            r#"{"v":1,"type":"accept","call":-1,"sdp":""}"#,
        ] {
            assert!(matches!(read(text), Err(Mistake::Message(_))), "{text}");
        }
    }

    #[test]
    fn words_of_ours_carry_the_version_and_their_type() {
        let refused = Event::Refused {
            status: 503,
            reason: "full".into(),
            retry_after: Some(Duration::from_millis(100)),
        };
        let text = event(&refused);
        assert_eq!(text, r#"{"v":1,"type":"refused","status":503,"reason":"full","retry_after_s":1}"#);
        assert_eq!(told(&Told::Pong), r#"{"v":1,"type":"pong"}"#);
    }

    proptest! {
        #[test]
        fn no_text_makes_reading_panic(text in "\\PC{0,200}") {
            let _ = read(&text);
            let _ = read(&format!("{{\"v\":1,\"type\":\"call\",{text}}}"));
        }
    }
}
