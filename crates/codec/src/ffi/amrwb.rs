//! The wide-band AMR codec: opencore-amrwb decodes, vo-amrwbenc encodes. Six functions of C, and owners that free
//! what they make. As for the narrow band, buffers hold the largest frame; what lies in them is checked by
//! [`crate::amr_wb`].

use std::ffi::{c_int, c_short, c_uchar, c_void};
use std::ptr::NonNull;

/// Samples of one frame.
pub(crate) const SAMPLES: usize = 320;

/// Octets of the largest frame in storage form: the table-of-contents octet and 477 bits; and some room.
pub(crate) const FRAME_LEN_MAX: usize = 64;

/// One frame in storage form, in a buffer that the libraries cannot overrun.
pub(crate) type Stored = [u8; FRAME_LEN_MAX];

/// Frame types that the library's tables have: 0..=9, 14 and 15.
const TYPE_MAX: u8 = 9;
const LOST: u8 = 14;
const NO_DATA: u8 = 15;

// dec_if.h of opencore-amr 0.1.6.
#[link(name = "opencore-amrwb")]
unsafe extern "C" {
    fn D_IF_init() -> *mut c_void;
    fn D_IF_exit(state: *mut c_void);
    fn D_IF_decode(state: *mut c_void, frame: *const c_uchar, out: *mut c_short, bad_frame: c_int);
}

// enc_if.h of vo-amrwbenc 0.1.3.
#[link(name = "vo-amrwbenc")]
unsafe extern "C" {
    fn E_IF_init() -> *mut c_void;
    fn E_IF_exit(state: *mut c_void);
    fn E_IF_encode(
        state: *mut c_void,
        mode: c_int,
        speech: *const c_short,
        out: *mut c_uchar,
        dtx: c_int,
    ) -> c_int;
}

/// Owns an encoder's state.
pub(crate) struct Encoder(NonNull<c_void>);

// SAFETY: the state is memory of its own; the library has no thread-bound or global state that changes, and
// `&mut self` keeps two calls from overlapping.
unsafe impl Send for Encoder {}

impl Encoder {
    /// `None` when there is no memory.
    pub(crate) fn new() -> Option<Self> {
        // SAFETY: takes nothing, answers an owned state or null.
        NonNull::new(unsafe { E_IF_init() }).map(Encoder)
    }

    /// One frame of `mode`, 0..=8 (higher is taken as 8), and how many octets of it are meant.
    pub(crate) fn encode(&mut self, mode: u8, samples: &[i16; SAMPLES]) -> (Stored, usize) {
        let mut out = [0; FRAME_LEN_MAX];
        let mode = c_int::from(mode.min(8));
        // SAFETY: the state is ours and alive; `samples` has the 320 values that are read; a mode up to 8
        // writes at most 61 octets, which `out` has.
        let len = unsafe { E_IF_encode(self.0.as_ptr(), mode, samples.as_ptr(), out.as_mut_ptr(), 0) };
        (out, usize::try_from(len).unwrap_or(0).min(FRAME_LEN_MAX))
    }
}

impl Drop for Encoder {
    fn drop(&mut self) {
        // SAFETY: made by `E_IF_init` and freed once, here.
        unsafe { E_IF_exit(self.0.as_ptr()) }
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
        NonNull::new(unsafe { D_IF_init() }).map(Decoder)
    }

    /// The sound of one frame. A frame type that the library's tables do not have is taken as "no data", for
    /// which the decoder invents what follows from before (TS 26.191).
    pub(crate) fn decode(&mut self, frame: &Stored) -> [i16; SAMPLES] {
        let mut frame = *frame;
        let kind = frame[0] >> 3 & 0x0F;
        if kind > TYPE_MAX && kind != LOST && kind != NO_DATA {
            frame[0] = NO_DATA << 3;
        }
        let mut out = [0; SAMPLES];
        // SAFETY: the state is ours and alive; a known frame type reads at most the 61 octets that `frame`
        // has; 320 values are written, which `out` has.
        unsafe { D_IF_decode(self.0.as_ptr(), frame.as_ptr(), out.as_mut_ptr(), 0) };
        out
    }
}

impl Drop for Decoder {
    fn drop(&mut self) {
        // SAFETY: made by `D_IF_init` and freed once, here.
        unsafe { D_IF_exit(self.0.as_ptr()) }
    }
}
