//! Template and values to pixels.

use std::sync::Arc;

use media::{Picture, Size, SlideValues};
use resvg::usvg::{self, fontdb};
use resvg::{tiny_skia, usvg::Transform};

use crate::measure::Measure;
use crate::view::View;
use crate::{Error, Inspection, limits, template};

/// Draws slides. Cheap to share between threads behind an `Arc`; a slide takes some milliseconds.
pub struct Renderer {
    fonts: Arc<fontdb::Database>,
    families: Vec<String>,
    measure: Arc<Measure>,
}

impl Renderer {
    /// A renderer that draws with the fonts in these files (TTF, OTF or collections of them) and no
    /// others. Texts are drawn bold.
    ///
    /// # Errors
    /// [`Error::NoFont`] when none of them is a font.
    pub fn new(fonts: Vec<Vec<u8>>) -> Result<Self, Error> {
        let given = fonts.len();
        let mut database = fontdb::Database::new();
        for font in fonts {
            database.load_font_data(font);
        }
        let mut families: Vec<String> = Vec::new();
        for (name, _) in database.faces().flat_map(|face| &face.families) {
            if !families.contains(name) {
                families.push(name.clone());
            }
        }
        if families.is_empty() {
            return Err(Error::NoFont(given));
        }
        let fonts = Arc::new(database);
        Ok(Renderer { measure: Arc::new(Measure::new(fonts.clone())), fonts, families })
    }

    /// Draws `template` (SVG with minijinja, see [`crate::template`]) with `values` in `size` pixels.
    /// `language` is a BCP 47 tag; it chooses the regional shapes of hanzi.
    ///
    /// # Errors
    /// [`Error::Size`], [`Error::Template`] (also for a missing value) or [`Error::Svg`].
    pub fn render(
        &self,
        template: &str,
        values: &SlideValues,
        language: &str,
        size: Size,
    ) -> Result<Picture, Error> {
        let filled = self.filled(template, values, language, size)?;
        let tree = self.tree(&filled.svg, language, &self.fonts)?;
        Ok(Picture::from_rgba(size, draw(&tree, size)?.data()))
    }

    /// Draws a slide as [`Renderer::render`] does, and looks at what a person would have to read.
    ///
    /// # Errors
    /// Those of [`Renderer::render`].
    pub fn inspect(
        &self,
        template: &str,
        values: &SlideValues,
        language: &str,
        size: Size,
    ) -> Result<Inspection, Error> {
        let filled = self.filled(template, values, language, size)?;
        let tree = self.tree(&filled.svg, language, &self.fonts)?;
        let seen = draw(&tree, size)?;
        // Without fonts nothing is written: what is left lies behind the texts.
        let bare = draw(&self.tree(&filled.svg, language, &Arc::default())?, size)?;
        Ok(Inspection { cut: filled.cut, spare: filled.spare, ..Inspection::of(&tree, (&seen, &bare), size) })
    }

    /// The filled-in template as SVG text, for a person to look at.
    ///
    /// # Errors
    /// [`Error::Size`] or [`Error::Template`].
    pub fn fill(
        &self,
        template: &str,
        values: &SlideValues,
        language: &str,
        size: Size,
    ) -> Result<String, Error> {
        Ok(self.filled(template, values, language, size)?.svg)
    }

    fn filled(
        &self,
        template: &str,
        values: &SlideValues,
        language: &str,
        size: Size,
    ) -> Result<template::Filled, Error> {
        let sides = [size.width, size.height];
        if !sides.iter().all(|side| limits::SIDE.contains(side) && side % 2 == 0) {
            return Err(Error::Size(size));
        }
        let family = self.family(language);
        template::fill(template, values, language, View::of(size), (family, &self.measure))
    }

    fn tree(&self, svg: &str, language: &str, fonts: &Arc<fontdb::Database>) -> Result<usvg::Tree, Error> {
        let mut options = usvg::Options {
            font_family: self.family(language).to_owned(),
            languages: vec![language.to_owned()],
            fontdb: fonts.clone(),
            ..usvg::Options::default()
        };
        // A template may hold pictures as data: URLs; files are not this crate's to open.
        options.image_href_resolver.resolve_string = Box::new(|_, _| None);
        usvg::Tree::from_str(svg, &options).map_err(|why| Error::Svg(why.to_string()))
    }

    /// The family for a language: hanzi look different in China, Taiwan, Hong Kong, Japan and Korea.
    fn family(&self, language: &str) -> &str {
        let language = language.to_ascii_lowercase();
        let region = match language.split('-').next().unwrap_or_default() {
            "ja" => "JP",
            "ko" => "KR",
            "zh" if language.contains("hk") || language.contains("mo") => "HK",
            "zh" if language.contains("tw") || language.contains("hant") => "TC",
            _ => "SC",
        };
        let wanted = format!("Noto Sans CJK {region}");
        self.families.iter().find(|family| **family == wanted).unwrap_or(&self.families[0])
    }
}

/// Pixels of a drawing that fills the picture.
fn draw(tree: &usvg::Tree, size: Size) -> Result<tiny_skia::Pixmap, Error> {
    let mut pixels =
        tiny_skia::Pixmap::new(size.width.into(), size.height.into()).ok_or(Error::Size(size))?;
    pixels.fill(tiny_skia::Color::BLACK);
    resvg::render(tree, scale(tree, size), &mut pixels.as_mut());
    Ok(pixels)
}

/// From the units of a drawing to pixels.
pub(crate) fn scale(tree: &usvg::Tree, size: Size) -> Transform {
    Transform::from_scale(
        f32::from(size.width) / tree.size().width(),
        f32::from(size.height) / tree.size().height(),
    )
}
