//! The one place with `unsafe`: what the bindings do not offer in safe form, and the AMR codec, which has
//! none.

#![allow(unsafe_code)]

pub(crate) mod amrnb;

use openh264::encoder::Encoder;
use openh264_sys2::{ENCODER_OPTION_TRACE_LEVEL, WELS_LOG_QUIET};

/// Stops openh264 from printing to standard error. Its default is to warn, among others about every
/// size-limited slice mode, and the binding changes that only after the warnings were printed.
pub(crate) fn quiet(encoder: &mut Encoder) {
    let mut level = WELS_LOG_QUIET;
    // SAFETY: the encoder was created and is not dropped while borrowed; this option takes a pointer to
    // one `int`, read before the call returns, and is allowed before initialisation
    // (`CWelsH264SVCEncoder::SetOption`). It changes nothing that the binding relies on.
    unsafe {
        encoder.raw_api().set_option(ENCODER_OPTION_TRACE_LEVEL, (&raw mut level).cast());
    }
}
