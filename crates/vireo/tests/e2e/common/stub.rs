//! A CRM that answers what a test says, well or badly, in place of the demo's own.

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// How it treats who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    /// With this balance in yuan.
    Balance(String),
    /// With this instead of HTTP, then an end.
    Raw(&'static [u8]),
    /// Without end: ten gigabytes are announced, and sent as fast as they are taken.
    Endless,
    /// An octet every 100 ms.
    Drip,
    /// Not at all; the connection stays open.
    Silent,
}

/// What never ends goes on for so long, whatever the other side does.
const LONGEST: Duration = Duration::from_secs(20);

/// A CRM on loopback; lives as long as the test.
pub(crate) struct Stub {
    pub(crate) address: SocketAddr,
    manner: Arc<Mutex<Manner>>,
}

impl Stub {
    pub(crate) fn start(manner: Manner) -> Stub {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let manner = Arc::new(Mutex::new(manner));
        let shared = Arc::clone(&manner);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let manner = Arc::clone(&shared);
                // Whoever goes away in the middle is what some of these tests are about.
                thread::spawn(move || drop(answer(&stream, &manner)));
            }
        });
        Stub { address, manner }
    }

    /// Treats those who ask from now on so.
    pub(crate) fn be(&self, manner: Manner) {
        *self.manner.lock().unwrap_or_else(PoisonError::into_inner) = manner;
    }
}

fn answer(mut stream: &TcpStream, manner: &Mutex<Manner>) -> std::io::Result<()> {
    stream.set_write_timeout(Some(LONGEST))?;
    let mut lines = BufReader::new(stream).lines();
    let first = lines.next().unwrap_or(Ok(String::new()))?;
    // Nobody here sends a body that matters.
    while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
    let manner = manner.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let began = net::clock::now().mono;
    // Who calls is told as it should be: it is the balance that is at stake.
    if !first.contains("/balance") {
        let body = r#"{"star":1,"language":"zh-CN","deaf":false,"prepaid":false,"state":"active"}"#;
        return json(stream, body);
    }
    match manner {
        Manner::Balance(yuan) => json(stream, &format!(r#"{{"yuan":{yuan},"owed":0,"state":"credit"}}"#)),
        Manner::Raw(octets) => stream.write_all(octets),
        Manner::Endless => {
            stream.write_all(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 10000000000\r\n\r\n[",
            )?;
            while net::clock::now().mono.duration_since(began) < LONGEST {
                stream.write_all(&[b'1'; 65_536])?;
            }
            Ok(())
        }
        Manner::Drip => {
            for octet in b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"
                .iter()
                .cycle()
            {
                stream.write_all(&[*octet])?;
                thread::sleep(Duration::from_millis(100));
                if net::clock::now().mono.duration_since(began) > LONGEST {
                    return Ok(());
                }
            }
            Ok(())
        }
        Manner::Silent => {
            thread::sleep(LONGEST);
            Ok(())
        }
    }
}

fn json(mut stream: &TcpStream, body: &str) -> std::io::Result<()> {
    let len = body.len();
    write!(
        stream,
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len}\r\nConnection: close\r\n\r\n{body}"
    )
}
