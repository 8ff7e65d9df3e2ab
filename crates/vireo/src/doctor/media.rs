//! What slides and prompts need: a font, voices, codecs.

use std::time::Duration;

use codec::video::{Decoder, Encoder};
use media::{AudioFormat, Codec, Picture, Size, VideoFormat};

use super::Finding;

/// Debian's fonts-noto-cjk.
const FONT: &str = "/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc";

/// Each program that speaks, with what is not spoken without it.
const VOICES: [(&str, &str); 2] = [("flite", "English"), ("espeak-ng", "Chinese and all else")];

pub(super) fn font() -> Finding {
    const NAME: &str = "font";
    let mend = "install it: apt install fonts-noto-cjk";
    let data = match std::fs::read(FONT) {
        Ok(data) => data,
        Err(error) => {
            return Finding::fail(NAME, format!("Noto Sans CJK is not there ({FONT}: {error})"), mend);
        }
    };
    match slides::Renderer::new(vec![data]) {
        Ok(_) => Finding::ok(NAME, "Noto Sans CJK is there, for slides in Chinese and English"),
        Err(error) => Finding::fail(
            NAME,
            format!("{FONT} is damaged: {error}"),
            "apt install --reinstall fonts-noto-cjk",
        ),
    }
}

pub(super) fn speech() -> Finding {
    const NAME: &str = "voices";
    let path = std::env::var_os("PATH").unwrap_or_default();
    let is_there = |program: &str| std::env::split_paths(&path).any(|folder| folder.join(program).is_file());
    let missing: Vec<_> = VOICES.iter().filter(|(program, _)| !is_there(program)).collect();
    if missing.is_empty() {
        return Finding::ok(NAME, "flite and espeak-ng are there, for prompts without a recording");
    }
    let programs: Vec<_> = missing.iter().map(|(program, _)| *program).collect();
    let languages: Vec<_> = missing.iter().map(|(_, language)| *language).collect();
    let says = format!("prompts without a recording cannot be spoken in {}", languages.join(" and "));
    Finding::warn(NAME, says, format!("install them: apt install {}", programs.join(" ")))
}

pub(super) fn h264() -> Finding {
    video("H.264", Codec::H264)
}

pub(super) fn h263() -> Finding {
    video("H.263", Codec::H263)
}

pub(super) fn mpeg4() -> Finding {
    video("MPEG-4", Codec::Mpeg4)
}

pub(super) fn vp8() -> Finding {
    video("VP8", Codec::Vp8)
}

fn video(name: &'static str, codec: Codec) -> Finding {
    match picture_comes_back(codec) {
        Ok(true) => Finding::ok(name, "a picture was encoded and decoded"),
        Ok(false) => broken(name, "a picture came back as another"),
        Err(error) => broken(name, &error.to_string()),
    }
}

fn picture_comes_back(codec: Codec) -> Result<bool, codec::Error> {
    const TOLERANCE: u8 = 12;
    let mut picture = Picture::black(Size::QCIF);
    let width = usize::from(picture.size.width);
    for (at, luma) in picture.y.iter_mut().enumerate() {
        *luma = if at % width < width / 2 { 60 } else { 180 };
    }
    let frame =
        Encoder::new(VideoFormat::prompt(codec, Size::QCIF))?.encode(&picture, Duration::ZERO, true)?;
    let Some(back) = Decoder::new(codec)?.expecting(Size::QCIF).decode(&frame)? else { return Ok(false) };
    let middle = |x: usize| back.y[back.y.len() / 2 + x];
    Ok(middle(width / 4).abs_diff(60) < TOLERANCE && middle(width * 3 / 4).abs_diff(180) < TOLERANCE)
}

pub(super) fn g711() -> Finding {
    const NAME: &str = "G.711";
    let sound: Vec<i16> = (-160..160).map(|n| n * 200).collect();
    for codec in [Codec::Pcmu, Codec::Pcma] {
        let back = codec::g711::encode(codec, &sound).and_then(|octets| codec::g711::decode(codec, &octets));
        match back {
            Err(error) => return broken(NAME, &error.to_string()),
            // Its steps are a sixteenth of the value, or 16 near zero (G.711 tables 1 and 2).
            Ok(back)
                if !sound.iter().zip(&back).all(|(a, b)| a.abs_diff(*b) <= a.unsigned_abs() / 16 + 16) =>
            {
                return broken(NAME, "sound came back as another");
            }
            Ok(_) => {}
        }
    }
    Finding::ok(NAME, "sound was encoded and decoded by both laws")
}

pub(super) fn amr() -> Finding {
    speech_codec("AMR", Codec::Amr, &[0, codec::amr::MODE_MAX])
}

pub(super) fn amr_wb() -> Finding {
    speech_codec("AMR-WB", Codec::AmrWb, &[0, codec::amr_wb::MODE_MAX])
}

pub(super) fn opus() -> Finding {
    speech_codec("Opus", Codec::Opus, &[0])
}

pub(super) fn g722() -> Finding {
    speech_codec("G.722", Codec::G722, &[0])
}

fn speech_codec(name: &'static str, codec: Codec, modes: &[u8]) -> Finding {
    match loudness_comes_back(codec, modes) {
        Ok(true) => Finding::ok(name, "sound was encoded and decoded"),
        Ok(false) => broken(name, "sound came back much louder or softer"),
        Err(error) => broken(name, &error.to_string()),
    }
}

/// A speech codec does not keep samples, but it keeps how loud a hum is.
fn loudness_comes_back(codec: Codec, modes: &[u8]) -> Result<bool, codec::Error> {
    const FRAMES: u32 = 25;
    /// A hum of 200 Hz in all codecs.
    const HUM_HZ: u32 = 200;
    let loudness =
        |sound: &[i16]| sound.iter().map(|s| f64::from(*s).powi(2)).sum::<f64>() / sound.len() as f64;
    for &mode in modes {
        let mut encoder = codec::audio::Encoder::new(AudioFormat::new(codec))?;
        let mut decoder = codec::audio::Decoder::new(codec)?;
        let period = (encoder.sample_rate() / HUM_HZ) as i32;
        let saw = |n: i32| (n % period * 16_000 / period - 7_800) as i16;
        let hum: Vec<i16> = (0..encoder.frame_samples() as i32).map(saw).collect();
        encoder.set_mode(mode);
        let mut back = Vec::new();
        for n in 0..FRAMES {
            back = decoder.decode(&encoder.encode(&hum, Duration::from_millis(20) * n))?;
        }
        if !(0.4..2.5).contains(&(loudness(&back) / loudness(&hum))) {
            return Ok(false);
        }
    }
    Ok(true)
}

fn broken(name: &'static str, why: &str) -> Finding {
    let mend = "install the codecs' libraries anew: apt install --reinstall libavcodec59 libswscale6 \
                libopencore-amrnb0 \
                libopencore-amrwb0 libvo-amrwbenc0 libvpx7, and build again";
    Finding::fail(name, why, mend)
}

#[cfg(test)]
mod tests {
    use super::super::State;
    use super::*;

    #[test]
    fn every_codec_works_where_this_is_tested() {
        for found in [h264(), h263(), mpeg4(), vp8(), g711(), amr(), amr_wb(), opus(), g722()] {
            assert_eq!(found.state, State::Ok, "{found:?}");
        }
    }
}
