//! Keeps libav* from printing to standard error: what it has to say comes back as an [`crate::Error`].

use std::sync::Once;

/// Call before the first use of a decoder, encoder or file.
pub(crate) fn libav() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| ffmpeg_next::log::set_level(ffmpeg_next::log::Level::Quiet));
}
