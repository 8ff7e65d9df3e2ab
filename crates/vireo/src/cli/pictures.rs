//! `vireo check --media`: a service's slides drawn and encoded as callers get them, and what is wrong with that.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZero;
use std::path::Path;
use std::thread;
use std::time::Duration;

use anyhow::Context;
use dialplan::pictures::{Change, Drawn, Lettering, Look, Screen, Wait};
use dialplan::{Problems, Service, Slide};
use gateway::library::key_picture;
use media::{Asset, Format, Frame, Picture, Size, VideoFormat};
use slides::{Inspection, Renderer};

use super::render;
use super::slide_weights::{self, edge};
use crate::service;

/// What came of it.
pub(super) struct Seen {
    pub(super) problems: Problems,
    /// In one line.
    pub(super) summary: String,
}

/// One slide in every size and format.
struct Made<'a> {
    slide: &'a Slide,
    looks: Vec<Look<'a>>,
    keys: BTreeMap<VideoFormat, Frame>,
}

/// Draws and encodes every slide of a service whose templates lie below `media`.
///
/// # Errors
/// When the font or a template cannot be read, or an encoder does not open.
pub(super) fn check(service: &Service, media: &Path) -> anyhow::Result<Seen> {
    let renderer = render::renderer()?;
    let slides: Vec<&Slide> = service.presentations().slides.iter().collect();
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    let made = thread::scope(|scope| {
        let share = slides.len().div_ceil(threads).max(1);
        let work: Vec<_> = slides
            .chunks(share)
            .map(|part| scope.spawn(|| part.iter().map(|slide| make(&renderer, media, slide)).collect()))
            .collect();
        let parts = work.into_iter().map(|part| part.join().expect("a panic here is one there"));
        parts.collect::<Result<Vec<Vec<Made<'_>>>, _>>()
    })?;
    let made: Vec<Made<'_>> = made.into_iter().flatten().collect();
    let changes = service.changes();
    let waits = waits(&made, &changes);
    let looks: Vec<Look<'_>> = made.iter().flat_map(|made| made.looks.clone()).collect();
    let problems = service.judge_pictures(&looks, &waits);
    Ok(Seen { summary: summary(slides.len(), changes.len(), &waits), problems })
}

fn make<'a>(renderer: &Renderer, media: &Path, slide: &'a Slide) -> anyhow::Result<Made<'a>> {
    let path = media.join("slides").join(&slide.template);
    let template =
        std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let Asset::Slide { values, language, .. } = call::slide(slide) else { unreachable!("of a slide") };
    let formats: Vec<VideoFormat> = service::formats()
        .into_iter()
        .filter_map(|format| match format {
            Format::Video(video) => Some(video),
            Format::Audio(_) => None,
        })
        .collect();
    let sizes: BTreeSet<Size> = formats.iter().map(|format| format.size).collect();
    let mut made = Made { slide, looks: Vec::new(), keys: BTreeMap::new() };
    for size in sizes {
        let screen = Screen { width: size.width, height: size.height };
        let inspection = renderer.inspect(&template, &values, &language, size);
        if let Ok(inspection) = &inspection {
            for &format in formats.iter().filter(|format| format.size == size) {
                made.keys.insert(format, key(&inspection.picture, format)?);
            }
        }
        let drawn = inspection.map(drawn).map_err(|why| why.to_string());
        made.looks.push(Look { slide, screen, drawn });
    }
    Ok(made)
}

fn key(picture: &Picture, format: VideoFormat) -> anyhow::Result<Frame> {
    let name = format.codec.encoding_name();
    Ok(key_picture(picture, format).with_context(|| format!("cannot encode {name}"))?.0)
}

fn drawn(inspection: Inspection) -> Drawn {
    let lettering = |seen: slides::Lettering| Lettering {
        text: seen.text,
        height: seen.height,
        contrast: seen.contrast,
        outside: seen.outside,
    };
    Drawn {
        letterings: inspection.letterings.into_iter().map(lettering).collect(),
        cut: inspection.cut,
        spare: inspection.spare,
    }
}

/// What callers of every format wait for at each change: the picture that leads there, or the slide's key picture.
fn waits<'a>(made: &[Made<'_>], changes: &'a BTreeSet<Change>) -> Vec<Wait<'a>> {
    let keys: BTreeMap<&Slide, &BTreeMap<VideoFormat, Frame>> =
        made.iter().map(|made| (made.slide, &made.keys)).collect();
    let mut waits = Vec::new();
    for change in changes {
        for (&format, key) in keys.get(&change.to).into_iter().flat_map(|keys| keys.iter()) {
            let before =
                change.from.as_ref().and_then(|from| keys.get(from)).and_then(|keys| keys.get(&format));
            let by_edge = before.and_then(|before| edge(before, key)).unwrap_or(usize::MAX);
            let octets = key.data.len().min(by_edge);
            let name = super::media::name(Format::Video(format));
            waits.push(Wait { change, format: name, octets, time: time(octets, format) });
        }
    }
    waits
}

/// How long pictures of a format take that are `octets` long.
fn time(octets: usize, format: VideoFormat) -> Duration {
    let rate = if format.is_circuit() { slide_weights::CIRCUIT_BPS } else { f64::from(format.rate_bps) };
    Duration::from_secs_f64(octets as f64 * 8.0 / rate)
}

fn summary(slides: usize, changes: usize, waits: &[Wait<'_>]) -> String {
    let slowest = waits.iter().max_by_key(|wait| wait.time).map(|wait| {
        let (title, time) = (&wait.change.to.title, wait.time.as_millis());
        format!("; the slowest, `{title}`, takes {time} ms ({} octets, {})", wait.octets, wait.format)
    });
    let (several, many) = (plural(slides), plural(changes));
    let slowest = slowest.unwrap_or_default();
    format!("{slides} slide{several} drawn, {changes} change{many} between them{slowest}")
}

fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}
