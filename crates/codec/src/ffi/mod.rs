//! The one place with `unsafe`: what the bindings do not offer in safe form, and the libraries that have no safe
//! binding, each behind an owner that frees what it makes.

#![allow(unsafe_code)]

pub(crate) mod amrnb;
pub(crate) mod amrwb;
pub(crate) mod vpx;

use ::media::Size;
use ffmpeg_next::codec::{Id, Parameters};
use ffmpeg_next::encoder::video;
use ffmpeg_next::media;
use openh264::encoder::Encoder;
use openh264_sys2::{
    ENCODER_OPTION_BITRATE, ENCODER_OPTION_MAX_BITRATE, ENCODER_OPTION_TRACE_LEVEL, SBitrateInfo,
    SPATIAL_LAYER_ALL, WELS_LOG_QUIET,
};

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

/// Has openh264 keep to `rate_bps` from the next picture on; whether it will.
pub(crate) fn set_h264_rate(encoder: &mut Encoder, rate_bps: u32) -> bool {
    let mut info =
        SBitrateInfo { iLayer: SPATIAL_LAYER_ALL, iBitrate: i32::try_from(rate_bps).unwrap_or(i32::MAX) };
    // The target has to stay below the maximum at each step, whichever way it goes.
    let target = [ENCODER_OPTION_BITRATE, ENCODER_OPTION_MAX_BITRATE, ENCODER_OPTION_BITRATE];
    let answers = target.map(|option| {
        // SAFETY: the encoder is alive; both options take a pointer to one `SBitrateInfo`, read before the call
        // returns (`CWelsH264SVCEncoder::SetOption`). Nothing that the binding relies on changes.
        unsafe { encoder.raw_api().set_option(option, (&raw mut info).cast()) }
    });
    answers[2] == 0
}

/// Has an encoder of libavcodec keep to `rate_bps` with a buffer of at least `buffer_bits` from the next picture on.
/// Its rate control reads these fields anew for each picture. The buffer never shrinks: what is in it beyond its
/// size would have to be stuffed at once, which the library refuses for H.263.
pub(crate) fn set_libav_rate(encoder: &mut video::Encoder, rate_bps: u32, buffer_bits: u32) {
    let bits = i32::try_from(buffer_bits).unwrap_or(i32::MAX);
    // SAFETY: the context is alive and borrowed by us alone; these are plain numbers that `avcodec.h` lets callers
    // of these encoders change between pictures.
    unsafe {
        let context = encoder.as_mut_ptr();
        (*context).bit_rate = i64::from(rate_bps);
        (*context).rc_max_rate = i64::from(rate_bps);
        (*context).rc_buffer_size = bits.max((*context).rc_buffer_size);
    }
}

/// What a file says of a stream of sound, of one channel.
pub(crate) fn sound_parameters(id: Id, rate: u32, head: &[u8]) -> Parameters {
    let mut parameters = Parameters::new();
    parameters.set_medium(media::Type::Audio);
    parameters.set_id(id);
    // SAFETY: the parameters are ours and alive; these are plain numbers of theirs.
    unsafe {
        let raw = parameters.as_mut_ptr();
        (*raw).sample_rate = i32::try_from(rate).unwrap_or(i32::MAX);
        ffmpeg_next::ffi::av_channel_layout_default(&raw mut (*raw).ch_layout, 1);
    }
    set_head(&mut parameters, head);
    parameters
}

/// What a file says of a stream of pictures.
pub(crate) fn picture_parameters(id: Id, size: Size, head: &[u8]) -> Parameters {
    let mut parameters = Parameters::new();
    parameters.set_medium(media::Type::Video);
    parameters.set_id(id);
    // SAFETY: the parameters are ours and alive; these are plain numbers of theirs.
    unsafe {
        let raw = parameters.as_mut_ptr();
        (*raw).width = i32::from(size.width);
        (*raw).height = i32::from(size.height);
    }
    set_head(&mut parameters, head);
    parameters
}

/// Gives parameters that have none their `extradata`.
fn set_head(parameters: &mut Parameters, head: &[u8]) {
    const PADDING: usize = ffmpeg_next::ffi::AV_INPUT_BUFFER_PADDING_SIZE as usize;
    let Ok(len) = i32::try_from(head.len()) else { return };
    if head.is_empty() {
        return;
    }
    // SAFETY: the block is the library's own, zeroed, as long as the head with the padding that it asks for; the
    // parameters free it with themselves. Without memory nothing is set.
    unsafe {
        let block = ffmpeg_next::ffi::av_mallocz(head.len() + PADDING).cast::<u8>();
        if !block.is_null() {
            std::ptr::copy_nonoverlapping(head.as_ptr(), block, head.len());
            let raw = parameters.as_mut_ptr();
            (*raw).extradata = block;
            (*raw).extradata_size = len;
        }
    }
}
