//! Frames of the control channel (H.324 §6.5.4, Annexes A and C): header, number, CCSRL octet, information,
//! check sum.

use bytes::{BufMut, Bytes, BytesMut};

use crate::h223::crc16;

/// The form of a command or a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// SRP and NSRP, which have the command in common.
    Plain,
    /// WNSRP.
    Windowed,
}

/// One frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Frame {
    /// Information under a number. With CCSRL its first octet says whether more follows.
    Command { form: Form, number: u8, information: Bytes },
    /// The one command under way has come.
    Response,
    /// The command of this number has come.
    NumberedResponse { form: Form, number: u8 },
}

const SRP_COMMAND: u8 = 0xf9;
const SRP_RESPONSE: u8 = 0xfb;
const NSRP_RESPONSE: u8 = 0xf7;
const WNSRP_COMMAND: u8 = 0xf1;
const WNSRP_RESPONSE: u8 = 0xf3;

/// CCSRL: more segments follow (H.324 §C.8.1).
pub(super) const MORE: u8 = 0x00;
/// CCSRL: the last segment.
pub(super) const LAST: u8 = 0xff;

impl Frame {
    /// The octets of an AL1 SDU.
    pub(super) fn to_bytes(&self) -> Bytes {
        let mut octets = BytesMut::new();
        match self {
            Frame::Command { form, number, information } => {
                octets.put_u8(match form {
                    Form::Plain => SRP_COMMAND,
                    Form::Windowed => WNSRP_COMMAND,
                });
                octets.put_u8(*number);
                octets.put_slice(information);
            }
            Frame::Response => octets.put_u8(SRP_RESPONSE),
            Frame::NumberedResponse { form, number } => {
                octets.put_u8(match form {
                    Form::Plain => NSRP_RESPONSE,
                    Form::Windowed => WNSRP_RESPONSE,
                });
                octets.put_u8(*number);
            }
        }
        let check = crc16(&octets);
        octets.put_u16_le(check);
        octets.freeze()
    }

    /// What an SDU of LCN 0 says; `None` when its check fails or it is no frame.
    pub(super) fn parse(sdu: &Bytes) -> Option<Frame> {
        let end = sdu.len().checked_sub(2)?;
        let (body, check) = sdu.split_at(end);
        if crc16(body).to_le_bytes() != check {
            return None;
        }
        let command = |form, number: u8| Frame::Command { form, number, information: sdu.slice(2..end) };
        match *body {
            [SRP_COMMAND, number, _, ..] => Some(command(Form::Plain, number)),
            [WNSRP_COMMAND, number, _, ..] => Some(command(Form::Windowed, number)),
            [SRP_RESPONSE] => Some(Frame::Response),
            [NSRP_RESPONSE, number] => Some(Frame::NumberedResponse { form: Form::Plain, number }),
            [WNSRP_RESPONSE, number] => Some(Frame::NumberedResponse { form: Form::Windowed, number }),
            _ => None,
        }
    }
}
