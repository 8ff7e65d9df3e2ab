//! How a command tells the gateway that runs on the same data: one line of JSON each way, over a socket beside the data.
//!
//! The socket is for the user that the gateway runs as, and for nobody else (mode 0600).

use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tracing::warn;

use crate::notice::Written;

/// Octets of a line; a longer one is cut off, and no JSON any more.
const LINE_MAX: u64 = 1 << 20;
/// How long one side waits for the line of the other. Encoding what is new takes its time.
const ASKED_WITHIN: Duration = Duration::from_secs(5);
const ANSWERED_WITHIN: Duration = Duration::from_secs(30 * 60);

/// What a command wants.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Wish {
    /// Make this stored version live.
    Switch(u64),
    /// Tell new callers this first, or nothing any more.
    Announce(Option<Written>),
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Answer {
    /// It is live for new calls; so many calls go on with what was live before.
    Live {
        /// Calls that keep an older version.
        older: usize,
    },
    /// New callers are told, or are not told any more.
    Announced,
    /// Everything stays as it was.
    Refused(String),
}

fn path(data: &Path) -> PathBuf {
    data.join("control.sock")
}

/// Answers wishes by `grant`, one after another, on a thread of its own that ends with the process.
///
/// # Errors
/// When the socket cannot be made, such as by a path of more than about a hundred octets.
pub(crate) fn serve(data: &Path, mut grant: impl FnMut(Wish) -> Answer + Send + 'static) -> io::Result<()> {
    let path = path(data);
    // One that a gateway left that was killed; nobody listens there, or two gateways would share their data.
    if UnixStream::connect(&path).is_ok() {
        return Err(io::Error::new(io::ErrorKind::AddrInUse, "another gateway runs with the same data"));
    }
    match fs::remove_file(&path) {
        Err(why) if why.kind() != io::ErrorKind::NotFound => return Err(why),
        Ok(()) | Err(_) => {}
    }
    let listener = UnixListener::bind(&path)?;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
    thread::Builder::new().name("control".into()).spawn(move || {
        for stream in listener.incoming() {
            let answered = stream.and_then(|stream| answer(&stream, &mut grant));
            if let Err(why) = answered {
                warn!(%why, "a command was not answered");
            }
        }
    })?;
    Ok(())
}

fn answer(stream: &UnixStream, grant: &mut impl FnMut(Wish) -> Answer) -> io::Result<()> {
    stream.set_read_timeout(Some(ASKED_WITHIN))?;
    stream.set_write_timeout(Some(ASKED_WITHIN))?;
    let answer = match serde_json::from_str(&line(stream)?) {
        Ok(wish) => grant(wish),
        Err(why) => Answer::Refused(format!("this gateway does not understand the command: {why}")),
    };
    tell(stream, &answer)
}

/// Tells the gateway; `None` when none runs with this data.
///
/// # Errors
/// When it does not answer.
pub(crate) fn ask(data: &Path, wish: &Wish) -> io::Result<Option<Answer>> {
    let Ok(stream) = UnixStream::connect(path(data)) else { return Ok(None) };
    stream.set_read_timeout(Some(ANSWERED_WITHIN))?;
    tell(&stream, wish)?;
    Ok(Some(serde_json::from_str(&line(&stream)?)?))
}

fn tell(mut stream: &UnixStream, word: &impl Serialize) -> io::Result<()> {
    stream.write_all(format!("{}\n", serde_json::to_string(word)?).as_bytes())
}

fn line(stream: &UnixStream) -> io::Result<String> {
    let mut line = String::new();
    BufReader::new(stream.take(LINE_MAX)).read_line(&mut line)?;
    Ok(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wish_is_answered_and_rubbish_is_refused() {
        let data = std::env::temp_dir().join(format!("vireo-control-{}", std::process::id()));
        fs::create_dir_all(&data).expect("it can be made");
        assert_eq!(ask(&data, &Wish::Switch(1)).expect("nobody is no error"), None);
        let mut granted = 0;
        serve(&data, move |wish| {
            granted += 1;
            match wish {
                Wish::Switch(7) => Answer::Live { older: granted },
                Wish::Switch(other) => Answer::Refused(format!("no version {other}")),
                Wish::Announce(_) => Answer::Announced,
            }
        })
        .expect("it can be made");
        assert!(serve(&data, |_| Answer::Live { older: 0 }).is_err(), "one gateway for one folder of data");
        let stream = UnixStream::connect(path(&data)).expect("it listens");
        (&stream).write_all(b"{\"launch\":1}\n").expect("it is taken");
        assert!(line(&stream).expect("an answer").contains("does not understand"));
        let switched = |number| ask(&data, &Wish::Switch(number)).expect("an answer").expect("it runs");
        assert_eq!(switched(7), Answer::Live { older: 1 });
        assert_eq!(switched(8), Answer::Refused("no version 8".to_owned()));
        let written = Written { text: "No calls abroad.".to_owned(), texts: [].into(), until: 7 };
        let announced = ask(&data, &Wish::Announce(Some(written))).expect("an answer");
        assert_eq!(announced, Some(Answer::Announced));
        let mode = fs::metadata(path(&data)).expect("it is there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        fs::remove_dir_all(&data).expect("it is ours");
    }
}
