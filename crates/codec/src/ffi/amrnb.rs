//! The narrow-band AMR codec of opencore-amrnb: six functions of C, and owners that free what they make.
//!
//! The library reads as many octets as a frame type says and writes as many as a mode has, so both sides
//! are arrays that hold the largest frame; what lies in them is checked by [`crate::amr`].

use std::ffi::{c_int, c_short, c_uchar, c_uint, c_void};
use std::ptr::NonNull;

/// Samples of one frame.
pub(crate) const SAMPLES: usize = 160;

/// Octets of the largest frame in storage form: the table-of-contents octet and 244 bits.
pub(crate) const FRAME_LEN_MAX: usize = 32;

/// One frame in storage form, in a buffer that the library cannot overrun.
pub(crate) type Stored = [u8; FRAME_LEN_MAX];

/// Frame types that the library's tables have: 0..=8 and 15.
const TYPE_MAX: u8 = 8;
const NO_DATA: u8 = 15;

// interf_enc.h and interf_dec.h of opencore-amr 0.1.6. `enum Mode` has no negative value, so it is unsigned.
#[link(name = "opencore-amrnb")]
unsafe extern "C" {
    fn Encoder_Interface_init(dtx: c_int) -> *mut c_void;
    fn Encoder_Interface_exit(state: *mut c_void);
    fn Encoder_Interface_Encode(
        state: *mut c_void,
        mode: c_uint,
        speech: *const c_short,
        out: *mut c_uchar,
        force_speech: c_int,
    ) -> c_int;
    fn Decoder_Interface_init() -> *mut c_void;
    fn Decoder_Interface_exit(state: *mut c_void);
    fn Decoder_Interface_Decode(
        state: *mut c_void,
        frame: *const c_uchar,
        out: *mut c_short,
        bad_frame: c_int,
    );
}

/// Owns an encoder's state.
pub(crate) struct Encoder(NonNull<c_void>);

// SAFETY: the state is one block of memory of its own; the library has no thread-bound or global state
// that changes, and `&mut self` keeps two calls from overlapping.
unsafe impl Send for Encoder {}

impl Encoder {
    /// Without discontinuous transmission; `None` when there is no memory.
    pub(crate) fn new() -> Option<Self> {
        // SAFETY: takes a number, answers an owned state or null.
        NonNull::new(unsafe { Encoder_Interface_init(0) }).map(Encoder)
    }

    /// One frame of `mode`, 0..=7 (higher is taken as 7), and how many octets of it are meant.
    pub(crate) fn encode(&mut self, mode: u8, samples: &[i16; SAMPLES]) -> (Stored, usize) {
        let mut out = [0; FRAME_LEN_MAX];
        let mode = c_uint::from(mode.min(7));
        // SAFETY: the state is ours and alive; `samples` has the 160 values that are read; a mode below 8
        // writes at most 32 octets, which `out` has (`AMREncode`, MIME output).
        let len =
            unsafe { Encoder_Interface_Encode(self.0.as_ptr(), mode, samples.as_ptr(), out.as_mut_ptr(), 0) };
        (out, usize::try_from(len).unwrap_or(0).min(FRAME_LEN_MAX))
    }
}

impl Drop for Encoder {
    fn drop(&mut self) {
        // SAFETY: made by `Encoder_Interface_init` and freed once, here.
        unsafe { Encoder_Interface_exit(self.0.as_ptr()) }
    }
}

/// Owns a decoder's state.
pub(crate) struct Decoder(NonNull<c_void>);

// SAFETY: as for `Encoder`.
unsafe impl Send for Decoder {}

impl Decoder {
    /// `None` when there is no memory.
    pub(crate) fn new() -> Option<Self> {
        // SAFETY: takes nothing, answers an owned state or null.
        NonNull::new(unsafe { Decoder_Interface_init() }).map(Decoder)
    }

    /// The sound of one frame. A frame type that the library's tables do not have is taken as "no data",
    /// for which the decoder invents what follows from before (TS 26.091).
    pub(crate) fn decode(&mut self, frame: &Stored) -> [i16; SAMPLES] {
        let mut frame = *frame;
        let kind = frame[0] >> 3 & 0x0F;
        if kind > TYPE_MAX && kind != NO_DATA {
            frame[0] = NO_DATA << 3;
        }
        let mut out = [0; SAMPLES];
        // SAFETY: the state is ours and alive; a known frame type reads at most the 32 octets that `frame`
        // has; 160 values are written, which `out` has.
        unsafe { Decoder_Interface_Decode(self.0.as_ptr(), frame.as_ptr(), out.as_mut_ptr(), 0) };
        out
    }
}

impl Drop for Decoder {
    fn drop(&mut self) {
        // SAFETY: made by `Decoder_Interface_init` and freed once, here.
        unsafe { Decoder_Interface_exit(self.0.as_ptr()) }
    }
}
