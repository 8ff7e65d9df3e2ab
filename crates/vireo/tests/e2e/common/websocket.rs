//! A WebSocket client of few lines (RFC 6455), because what is tested is what browsers never send.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// Longer than any answer takes.
const PATIENCE: Duration = Duration::from_secs(20);
const TEXT: u8 = 1;
const CLOSE: u8 = 8;

/// An open WebSocket.
pub(crate) struct WebSocket(TcpStream);

/// What the gateway sent.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Got {
    Text(String),
    /// With its code.
    Closed(u16),
}

impl WebSocket {
    /// Asks for `/ws` as a page of `origin` would; the status line when it is refused.
    pub(crate) fn open(address: SocketAddr, origin: &str) -> Result<WebSocket, String> {
        WebSocket::with_fields(address, "/ws", &format!("Origin: {origin}\r\n"))
    }

    fn with_fields(address: SocketAddr, path: &str, fields: &str) -> Result<WebSocket, String> {
        let mut stream = TcpStream::connect(address).expect("the web side listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("a time is set");
        let head = format!(
            "GET {path} HTTP/1.1\r\nHost: {address}\r\n{fields}Upgrade: websocket\r\n\
             Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).expect("it listens");
        let (mut answer, mut octet) = (Vec::new(), [0]);
        while !answer.ends_with(b"\r\n\r\n") && stream.read(&mut octet).expect("it answers") == 1 {
            answer.push(octet[0]);
        }
        let status = String::from_utf8_lossy(&answer).lines().next().unwrap_or_default().to_owned();
        if status.contains(" 101 ") { Ok(WebSocket(stream)) } else { Err(status) }
    }

    /// The same from a page of the gateway's own.
    pub(crate) fn own(address: SocketAddr) -> Result<WebSocket, String> {
        WebSocket::open(address, &format!("http://{address}"))
    }

    /// The events of the API, as a page of `origin` that holds this cookie asks for them.
    pub(crate) fn events(address: SocketAddr, origin: &str, cookie: &str) -> Result<WebSocket, String> {
        let fields = format!("Origin: {origin}\r\nCookie: {cookie}\r\n");
        WebSocket::with_fields(address, "/api/v1/events", &fields)
    }

    /// The same from a browser that holds this cookie.
    pub(crate) fn with(address: SocketAddr, cookie: &str) -> Result<WebSocket, String> {
        let fields = format!("Origin: http://{address}\r\nCookie: {cookie}\r\n");
        WebSocket::with_fields(address, "/ws", &fields)
    }

    /// Sends a text; an error when the gateway has closed meanwhile.
    pub(crate) fn say(&mut self, text: &str) -> io::Result<()> {
        let len = text.len();
        let mut frame = vec![0x80 | TEXT];
        match len {
            0..=125 => frame.push(0x80 | len as u8),
            126..=0xFFFF => {
                frame.push(0x80 | 126);
                frame.extend((len as u16).to_be_bytes());
            }
            _ => {
                frame.push(0x80 | 127);
                frame.extend((len as u64).to_be_bytes());
            }
        }
        // A mask of zeros is a mask (§5.3).
        frame.extend([0; 4]);
        frame.extend(text.as_bytes());
        self.0.write_all(&frame)
    }

    /// The next text, or the end; a connection that is cut without a word counts as closed with 1006 (§7.1.5).
    pub(crate) fn hear(&mut self) -> Got {
        self.frame().unwrap_or(Got::Closed(1006))
    }

    /// The next text.
    pub(crate) fn hear_text(&mut self) -> String {
        match self.hear() {
            Got::Text(text) => text,
            Got::Closed(code) => panic!("closed with {code}"),
        }
    }

    /// Hears up to the end; answers its code.
    pub(crate) fn hear_the_end(&mut self) -> u16 {
        loop {
            if let Got::Closed(code) = self.hear() {
                return code;
            }
        }
    }

    fn frame(&mut self) -> io::Result<Got> {
        loop {
            let [first, second] = self.octets()?;
            let len = match second & 0x7F {
                126 => usize::from(u16::from_be_bytes(self.octets()?)),
                127 => u64::from_be_bytes(self.octets()?) as usize,
                len => usize::from(len),
            };
            let mut body = vec![0; len];
            self.0.read_exact(&mut body)?;
            match first & 0x0F {
                TEXT => return Ok(Got::Text(String::from_utf8_lossy(&body).into_owned())),
                CLOSE => {
                    return Ok(Got::Closed(
                        body.first_chunk().map_or(1005, |code| u16::from_be_bytes(*code)),
                    ));
                }
                _ => {}
            }
        }
    }

    fn octets<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        let mut octets = [0; N];
        self.0.read_exact(&mut octets)?;
        Ok(octets)
    }
}
