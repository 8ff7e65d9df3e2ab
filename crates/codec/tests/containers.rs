//! Clips from containers other than MP4: Matroska, as screen recorders and broadcasters write it, and 3GP,
//! as telephones do. The files are made here: a dark second in silence, then a bright one with a tone.

use std::path::{Path, PathBuf};
use std::time::Duration;

use codec::file::{Clip, read};
use ffmpeg_next::codec::{Context, Flags, Id};
use ffmpeg_next::format::{self, Pixel, Sample, sample};
use ffmpeg_next::{ChannelLayout, Packet, Rational, encoder, frame};
use media::Size;

const PICTURES_PER_SECOND: i32 = 10;
const SECONDS: i32 = 2;
/// The peak of the tone.
const PEAK: f64 = 9_000.0;

/// What a file holds.
struct Recipe {
    name: &'static str,
    size: Size,
    video: Id,
    audio: Id,
    rate: i32,
}

/// A file that goes away with the test.
struct Made(PathBuf);

impl Drop for Made {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

impl Recipe {
    fn make(&self) -> Made {
        ffmpeg_next::log::set_level(ffmpeg_next::log::Level::Quiet);
        let name = format!("{}-{}", std::process::id(), self.name);
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let mut output = format::output(&path).expect("a file");
        let global = output.format().flags().contains(format::Flags::GLOBAL_HEADER);
        let mut video = self.video_encoder(global);
        let mut audio = self.audio_encoder(global);
        for (context, base) in
            [(&**video, Rational(1, PICTURES_PER_SECOND)), (&**audio, Rational(1, self.rate))]
        {
            output.add_stream_with(context).expect("a stream").set_time_base(base);
        }
        output.write_header().expect("its header");
        for number in 0..PICTURES_PER_SECOND * SECONDS {
            video.send_frame(&self.picture(number)).expect("is encoded");
            write(&mut video, &mut output, 0, PICTURES_PER_SECOND);
        }
        let step = if audio.frame_size() == 0 { 400 } else { audio.frame_size() as i32 };
        for start in (0..self.rate * SECONDS).step_by(step as usize) {
            let samples = step.min(self.rate * SECONDS - start);
            let sound = self.sound(audio.format(), start, samples);
            audio.send_frame(&sound).expect("is encoded");
            write(&mut audio, &mut output, 1, self.rate);
        }
        for (encoder, index, rate) in [(&mut **video, 0, PICTURES_PER_SECOND), (&mut **audio, 1, self.rate)] {
            encoder.send_eof().expect("the end");
            write(encoder, &mut output, index, rate);
        }
        output.write_trailer().expect("its end");
        Made(path)
    }

    fn video_encoder(&self, global: bool) -> encoder::video::Encoder {
        let codec = encoder::find(self.video).expect("the library encodes it");
        let mut video = Context::new_with_codec(codec).encoder().video().expect("for pictures");
        video.set_width(self.size.width.into());
        video.set_height(self.size.height.into());
        video.set_format(Pixel::YUV420P);
        video.set_time_base(Rational(1, PICTURES_PER_SECOND));
        video.set_frame_rate(Some(Rational(PICTURES_PER_SECOND, 1)));
        video.set_bit_rate(200_000);
        if global {
            video.set_flags(Flags::GLOBAL_HEADER);
        }
        video.open_as(codec).expect("opens")
    }

    fn audio_encoder(&self, global: bool) -> encoder::audio::Encoder {
        let codec = encoder::find(self.audio).expect("the library encodes it");
        let mut audio = Context::new_with_codec(codec).encoder().audio().expect("for sound");
        audio.set_rate(self.rate);
        audio.set_channel_layout(ChannelLayout::MONO);
        audio.set_format(match self.audio {
            Id::AAC => Sample::F32(sample::Type::Planar),
            _ => Sample::I16(sample::Type::Packed),
        });
        audio.set_time_base(Rational(1, self.rate));
        audio.set_bit_rate(48_000);
        if global {
            audio.set_flags(Flags::GLOBAL_HEADER);
        }
        audio.open_as(codec).expect("opens")
    }

    fn picture(&self, number: i32) -> frame::Video {
        let mut picture = frame::Video::new(Pixel::YUV420P, self.size.width.into(), self.size.height.into());
        let bright = number >= PICTURES_PER_SECOND;
        for (plane, level) in [if bright { 220 } else { 30 }, 128, 128].into_iter().enumerate() {
            picture.data_mut(plane).fill(level);
        }
        picture.set_pts(Some(number.into()));
        picture
    }

    fn sound(&self, format: Sample, start: i32, samples: i32) -> frame::Audio {
        let mut sound = frame::Audio::new(format, samples as usize, ChannelLayout::MONO);
        sound.set_rate(self.rate as u32);
        sound.set_pts(Some(start.into()));
        let step = 1_000.0 * std::f64::consts::TAU / f64::from(self.rate);
        let level = |at: i32| if at < self.rate { 0.0 } else { PEAK * (f64::from(at) * step).sin() };
        let levels = (start..start + samples).map(level);
        match format {
            Sample::F32(_) => {
                let plane = sound.plane_mut::<f32>(0);
                plane.iter_mut().zip(levels).for_each(|(to, level)| *to = (level / 32_768.0) as f32);
            }
            _ => {
                let plane = sound.plane_mut::<i16>(0);
                plane.iter_mut().zip(levels).for_each(|(to, level)| *to = level as i16);
            }
        }
        sound
    }
}

/// Moves what the encoder has to the file.
fn write(
    encoder: &mut encoder::Encoder,
    output: &mut format::context::Output,
    index: usize,
    units_per_second: i32,
) {
    let base = output.stream(index).expect("was added").time_base();
    let mut packet = Packet::empty();
    while encoder.receive_packet(&mut packet).is_ok() {
        packet.set_stream(index);
        if packet.duration() == 0 {
            // 3GP ends with its last picture's: without one that picture is never shown.
            packet.set_duration(1);
        }
        packet.rescale_ts(Rational(1, units_per_second), base);
        packet.write_interleaved(output).expect("is written");
    }
}

fn rms(pcm: &[i16]) -> f64 {
    (pcm.iter().map(|&s| f64::from(s).powi(2)).sum::<f64>() / pcm.len() as f64).sqrt()
}

/// When the picture turns bright and when the tone begins.
fn starts(clip: &Clip) -> [Duration; 2] {
    let bright = |picture: &media::Picture| {
        picture.y.iter().map(|&level| u64::from(level)).sum::<u64>() > 120 * picture.y.len() as u64
    };
    let picture = clip.pictures.iter().find(|(_, picture)| bright(picture)).expect("a bright picture").0;
    let tone = clip.pcm.chunks(40).position(|chunk| rms(chunk) > PEAK / 4.0).expect("a tone");
    [picture, Duration::from_millis(5 * tone as u64)]
}

fn assert_clip(recipe: &Recipe) {
    let (name, made) = (recipe.name, recipe.make());
    let clip = read(&made.0).expect("a clip");
    assert!((clip.duration.as_secs_f64() - 2.0).abs() < 0.12, "{name}: {:?}", clip.duration);
    assert!((clip.pcm.len() as f64 / 8_000.0 - 2.0).abs() < 0.12, "{name}: {} samples", clip.pcm.len());
    assert_eq!(clip.pictures.len(), 20, "{name}");
    assert!(clip.pictures.iter().all(|(_, picture)| picture.size == recipe.size), "{name}");
    assert!(clip.pictures.windows(2).all(|pair| pair[0].0 < pair[1].0), "{name}: times ascend");
    assert!(clip.pictures[0].0 < Duration::from_millis(80), "{name}: {:?}", clip.pictures[0].0);
    let [silence, tone] = [&clip.pcm[800..6_400], &clip.pcm[9_600..15_200]].map(rms);
    assert!(silence < 60.0, "{name}: silence at {silence}");
    assert!((tone / (PEAK / 2f64.sqrt()) - 1.0).abs() < 0.1, "{name}: the tone at {tone}");
    let [picture, sound] = starts(&clip);
    assert!(picture.abs_diff(Duration::from_secs(1)) < Duration::from_millis(80), "{name}: {picture:?}");
    assert!(picture.abs_diff(sound) < Duration::from_millis(80), "{name}: {picture:?} and {sound:?}");
}

#[test]
fn matroska_with_mpeg_4_and_samples_as_they_are() {
    let size = Size { width: 320, height: 240 };
    assert_clip(&Recipe { name: "pcm.mkv", size, video: Id::MPEG4, audio: Id::PCM_S16LE, rate: 44_100 });
}

#[test]
fn matroska_with_mpeg_4_and_aac() {
    assert_clip(&Recipe { name: "aac.mkv", size: Size::CIF, video: Id::MPEG4, audio: Id::AAC, rate: 48_000 });
}

#[test]
fn a_telephones_3gp_with_h263_and_aac() {
    assert_clip(&Recipe { name: "aac.3gp", size: Size::QCIF, video: Id::H263, audio: Id::AAC, rate: 16_000 });
}
