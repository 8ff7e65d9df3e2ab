//! Commands that come: put in order, joined, and each delivered once.
//!
//! Both forms of a command share one counter, because the first command comes in both.

use std::collections::BTreeMap;

use bytes::{Bytes, BytesMut};

use super::frame::{Form, LAST, MORE};
use crate::limits;

/// What became of a command.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is new: answer it.
    New,
    /// It had come before: answer it again.
    Again,
    /// It is neither: say nothing.
    Stray,
}

/// The receiving half of a link.
#[derive(Debug)]
pub(super) struct Receiver {
    /// The number that comes next; `None` until the first command, whose number is the start.
    expected: Option<u8>,
    /// What came ahead of its turn, by number; never more than the window.
    ahead: BTreeMap<u8, Bytes>,
    /// Segments of the SDU under way; `None` when it has grown too long and is dropped as a whole.
    parts: Option<BytesMut>,
}

impl Receiver {
    /// An empty half, ready to join.
    pub(super) fn new() -> Self {
        Receiver { expected: None, ahead: BTreeMap::new(), parts: Some(BytesMut::new()) }
    }

    /// Takes a command. SDUs that it completes are handed to `deliver`.
    pub(super) fn command(
        &mut self,
        form: Form,
        number: u8,
        information: Bytes,
        ccsrl: bool,
        deliver: &mut impl FnMut(Bytes),
    ) -> Verdict {
        let expected = *self.expected.get_or_insert(start(form, number));
        let distance = number.wrapping_sub(expected);
        match (form, distance) {
            (_, 0) => {
                self.expected = Some(expected.wrapping_add(1));
                self.join(&information, ccsrl, deliver);
                self.catch_up(ccsrl, deliver);
                Verdict::New
            }
            (Form::Windowed, 1..=limits::SRP_WINDOW) => match self.ahead.insert(number, information) {
                None => Verdict::New,
                Some(_) => Verdict::Again,
            },
            (Form::Plain, u8::MAX) => Verdict::Again,
            (Form::Windowed, 128..) => Verdict::Again,
            (Form::Windowed | Form::Plain, _) => Verdict::Stray,
        }
    }

    /// Joins what came ahead of its turn and whose turn it is.
    fn catch_up(&mut self, ccsrl: bool, deliver: &mut impl FnMut(Bytes)) {
        while let Some(number) = self.expected
            && let Some(information) = self.ahead.remove(&number)
        {
            self.expected = Some(number.wrapping_add(1));
            self.join(&information, ccsrl, deliver);
        }
    }

    /// Puts one segment to the others (H.324 §C.8.1). Another octet than the two that CCSRL knows comes from a
    /// peer without it.
    fn join(&mut self, information: &Bytes, ccsrl: bool, deliver: &mut impl FnMut(Bytes)) {
        let last = match information.first() {
            Some(&MORE) if ccsrl => false,
            Some(&LAST) if ccsrl => true,
            _ => return deliver(information.clone()),
        };
        let segment = information.slice(1..);
        if let Some(parts) = &mut self.parts {
            if parts.len() + segment.len() > limits::CONTROL_SDU_MAX {
                self.parts = None;
            } else {
                parts.extend_from_slice(&segment);
            }
        }
        if last && let Some(sdu) = self.parts.replace(BytesMut::new()) {
            deliver(sdu.freeze());
        }
    }

    /// Nothing has come yet.
    pub(super) fn is_new(&self) -> bool {
        self.expected.is_none()
    }
}

/// Where the count begins, by the first command that comes. Stop-and-wait begins with whatever comes. A windowed
/// sender begins with zero and goes on before that is answered, so that the first may come later than others.
fn start(form: Form, number: u8) -> u8 {
    match (form, number) {
        (Form::Windowed, 1..=limits::SRP_WINDOW) => 0,
        (Form::Windowed | Form::Plain, _) => number,
    }
}
