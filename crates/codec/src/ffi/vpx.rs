//! The VP8 encoder of libvpx: an owner of its context, with a bit rate that changes at run time.

use std::ffi::{c_int, c_long, c_uint, c_ulong};
use std::mem::MaybeUninit;
use std::ptr;

use media::{Picture, VideoFormat};
use vpx_sys::vp8e_enc_control_id::{
    VP8E_SET_CPUUSED, VP8E_SET_MAX_INTRA_BITRATE_PCT, VP8E_SET_STATIC_THRESHOLD,
};
use vpx_sys::{
    VPX_CODEC_OK, VPX_DL_REALTIME, VPX_EFLAG_FORCE_KF, VPX_ENCODER_ABI_VERSION, vpx_codec_ctx_t,
    vpx_codec_cx_pkt_kind, vpx_codec_destroy, vpx_codec_enc_cfg_t, vpx_codec_enc_config_default,
    vpx_codec_enc_config_set, vpx_codec_enc_init_ver, vpx_codec_encode, vpx_codec_err_t,
    vpx_codec_get_cx_data, vpx_codec_vp8_cx, vpx_image_t, vpx_img_fmt, vpx_img_wrap, vpx_rational,
    vpx_rc_mode,
};

/// The library's word for what went wrong.
pub(crate) type Code = vpx_codec_err_t;

/// How the encoder is opened, beyond the format.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings {
    /// Quantisers, 0..=63.
    pub(crate) quantiser_min: u8,
    pub(crate) quantiser_max: u8,
    /// Negative: as much time as it takes, less the further from zero (real-time only).
    pub(crate) cpu_used: i8,
    /// A key picture at least after so many.
    pub(crate) key_interval: u16,
}

/// Owns an encoder's context, which lies in a place of its own: the library keeps pointers into it.
pub(crate) struct Encoder {
    context: Box<vpx_codec_ctx_t>,
    config: vpx_codec_enc_cfg_t,
}

// SAFETY: the context and all it points to belong to this owner; libvpx has no thread-bound state, is opened
// with one thread, and `&mut self` keeps two calls from overlapping.
unsafe impl Send for Encoder {}

impl Encoder {
    /// Opens it for `format`, whose picture rate is the time base.
    pub(crate) fn open(format: VideoFormat, settings: Settings) -> Result<Self, Code> {
        let mut config = MaybeUninit::<vpx_codec_enc_cfg_t>::zeroed();
        // SAFETY: the interface is a static of the library; `config` is valid for writes and every field of it
        // is written when the call succeeds.
        let mut config = unsafe {
            check(vpx_codec_enc_config_default(vpx_codec_vp8_cx(), config.as_mut_ptr(), 0))?;
            config.assume_init()
        };
        config.g_w = c_uint::from(format.size.width);
        config.g_h = c_uint::from(format.size.height);
        config.g_timebase = vpx_rational { num: 1, den: c_int::from(format.fps) };
        config.g_threads = 1;
        config.g_lag_in_frames = 0;
        config.g_error_resilient = 1;
        config.rc_end_usage = vpx_rc_mode::VPX_CBR;
        config.rc_dropframe_thresh = 0;
        config.rc_resize_allowed = 0;
        config.rc_min_quantizer = c_uint::from(settings.quantiser_min);
        config.rc_max_quantizer = c_uint::from(settings.quantiser_max);
        config.rc_buf_sz = 1_000;
        config.rc_buf_initial_sz = 500;
        config.rc_buf_optimal_sz = 600;
        config.rc_undershoot_pct = 100;
        config.rc_overshoot_pct = 15;
        config.kf_max_dist = c_uint::from(settings.key_interval);
        config.rc_target_bitrate = kbps(format.rate_bps);
        let mut context = Box::new(MaybeUninit::<vpx_codec_ctx_t>::zeroed());
        let version = VPX_ENCODER_ABI_VERSION as c_int;
        // SAFETY: context and configuration are valid and outlive the call; the version is that of the bindings,
        // which the library compares with its own. All fields of the context may be zero.
        let context = unsafe {
            check(vpx_codec_enc_init_ver(
                context.as_mut_ptr(),
                vpx_codec_vp8_cx(),
                &raw const config,
                0,
                version,
            ))?;
            context.assume_init()
        };
        let mut encoder = Encoder { context, config };
        encoder.control(VP8E_SET_CPUUSED as c_int, c_int::from(settings.cpu_used))?;
        encoder.control(VP8E_SET_STATIC_THRESHOLD as c_int, 1)?;
        // A key picture of at most as much as 4.5 pictures: it has to go through before the eye minds.
        encoder.control(VP8E_SET_MAX_INTRA_BITRATE_PCT as c_int, 450)?;
        Ok(encoder)
    }

    fn control(&mut self, id: c_int, value: c_int) -> Result<(), Code> {
        // SAFETY: the context is ours and alive; each `id` handed in here takes one `int`.
        check(unsafe { vpx_sys::vpx_codec_control_(&raw mut *self.context, id, value) })
    }

    /// Keeps to `rate_bps` from the next picture on.
    pub(crate) fn set_rate(&mut self, rate_bps: u32) -> Result<(), Code> {
        self.config.rc_target_bitrate = kbps(rate_bps);
        // SAFETY: the context is ours and alive; the configuration is the one it was opened with but for the rate.
        check(unsafe { vpx_codec_enc_config_set(&raw mut *self.context, &raw const self.config) })
    }

    /// The frame of `picture`, which has the size of the format, at `at` in units of the picture rate, ascending.
    pub(crate) fn encode(&mut self, picture: &Picture, at: i64, force_key: bool) -> Result<Vec<u8>, Code> {
        let (width, height) = (c_uint::from(picture.size.width), c_uint::from(picture.size.height));
        if !is_whole(picture) {
            return Err(vpx_codec_err_t::VPX_CODEC_INVALID_PARAM);
        }
        let mut image = MaybeUninit::<vpx_image_t>::zeroed();
        // SAFETY: `image` is valid for writes. The data pointer is only stored, and replaced below; it is not null,
        // so that nothing is allocated. All fields may be zero.
        let mut image = unsafe {
            let data = picture.y.as_ptr().cast_mut();
            let wrapped =
                vpx_img_wrap(image.as_mut_ptr(), vpx_img_fmt::VPX_IMG_FMT_I420, width, height, 1, data);
            if wrapped.is_null() {
                return Err(vpx_codec_err_t::VPX_CODEC_INVALID_PARAM);
            }
            image.assume_init()
        };
        let (wide, half) = (c_int::from(picture.size.width), c_int::from(picture.size.width / 2));
        image.planes =
            [&picture.y, &picture.u, &picture.v, &picture.y].map(|plane| plane.as_ptr().cast_mut());
        image.stride = [wide, half, half, wide];
        let flags = if force_key { c_long::from(VPX_EFLAG_FORCE_KF) } else { 0 };
        // SAFETY: the context is ours and alive; the planes are as long as size and strides say (`is_whole`), are only
        // read, and outlive the call.
        check(unsafe {
            vpx_codec_encode(
                &raw mut *self.context,
                &raw const image,
                at,
                1,
                flags,
                c_ulong::from(VPX_DL_REALTIME),
            )
        })?;
        Ok(self.take())
    }

    fn take(&mut self) -> Vec<u8> {
        let (mut out, mut iterator) = (Vec::new(), ptr::null());
        loop {
            // SAFETY: the context is ours and alive; packets are valid until the next call on it.
            let packet = unsafe { vpx_codec_get_cx_data(&raw mut *self.context, &raw mut iterator) };
            // SAFETY: null or a packet of the library.
            let Some(packet) = (unsafe { packet.as_ref() }) else { return out };
            if packet.kind == vpx_codec_cx_pkt_kind::VPX_CODEC_CX_FRAME_PKT {
                // SAFETY: of this kind the union holds a frame of `sz` octets at `buf`.
                let data = unsafe {
                    let frame = packet.data.frame;
                    std::slice::from_raw_parts(frame.buf.cast::<u8>(), frame.sz as usize)
                };
                out.extend_from_slice(data);
            }
        }
    }
}

impl Drop for Encoder {
    fn drop(&mut self) {
        // SAFETY: opened by `vpx_codec_enc_init_ver` and closed once, here.
        unsafe {
            vpx_codec_destroy(&raw mut *self.context);
        }
    }
}

/// Even sides, and planes that are as long as they say.
fn is_whole(picture: &Picture) -> bool {
    let (width, height) = (usize::from(picture.size.width), usize::from(picture.size.height));
    let even = width.is_multiple_of(2) && height.is_multiple_of(2);
    let chroma = width / 2 * (height / 2);
    even && picture.y.len() >= width * height && picture.u.len() >= chroma && picture.v.len() >= chroma
}

fn kbps(bps: u32) -> c_uint {
    (bps / 1_000).max(1)
}

fn check(code: Code) -> Result<(), Code> {
    if code == VPX_CODEC_OK { Ok(()) } else { Err(code) }
}
