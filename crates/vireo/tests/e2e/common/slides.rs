//! Every slide that the service can show, drawn as callers should see it.

use std::path::Path;

use dialplan::{Service, Slide};
use gateway::service::Folder;
use media::{Asset, Picture, Size, SlideValues};

use super::picture::ssim;

/// The face of all slides, as Debian's `fonts-noto-cjk` has it.
const FONT: &str = "/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc";

/// A slide of the demo in Chinese at CIF, with values of the test's own.
pub(crate) fn draw(template: &str, values: &SlideValues) -> Picture {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../media/slides").join(template);
    let template = std::fs::read_to_string(path).expect("the demo has this slide");
    renderer().render(&template, values, "zh-CN", Size::CIF).expect("it has what it needs")
}

fn renderer() -> slides::Renderer {
    let font = std::fs::read(FONT).expect("fonts-noto-cjk is installed");
    slides::Renderer::new(vec![font]).expect("it is a font")
}

/// All slides of a service at one size.
pub(crate) struct Deck {
    slides: Vec<(Slide, Picture)>,
}

impl Deck {
    /// Draws all slides of the service in a folder.
    pub(crate) fn draw(folder: &Path, size: Size) -> Deck {
        let folder = Folder::find(folder);
        let service: Service = folder.load().expect("the demo is without fault");
        let renderer = renderer();
        let picture = |slide: &Slide| {
            let Asset::Slide { template, language, values } = call::slide(slide) else {
                panic!("a slide is made of a slide");
            };
            let svg =
                std::fs::read_to_string(folder.media.join("slides").join(template)).expect("it was checked");
            renderer.render(&svg, &values, &language, size).expect("it was checked")
        };
        Deck {
            slides: service
                .presentations()
                .slides
                .iter()
                .map(|slide| (slide.clone(), picture(slide)))
                .collect(),
        }
    }

    /// The index of the slide with this template and title.
    pub(crate) fn find(&self, template: &str, title: &str) -> usize {
        let is_it = |(slide, _): &(Slide, Picture)| slide.template == template && slide.title == title;
        self.slides.iter().position(is_it).unwrap_or_else(|| panic!("no slide {template} with {title:?}"))
    }

    /// Writes slide `index` as a PNG.
    pub(crate) fn save(&self, index: usize, file: &Path) {
        codec::png::write(file, &self.slides[index].1).expect("the test's folder is writable");
    }

    /// How alike `seen` is to slide `index`.
    pub(crate) fn likeness(&self, index: usize, seen: &Picture) -> f64 {
        ssim(&self.slides[index].1, seen)
    }

    /// The slide that `seen` resembles most among all but `index`, and how much.
    pub(crate) fn best_other(&self, index: usize, seen: &Picture) -> (String, f64) {
        let others = self.slides.iter().enumerate().filter(|(other, _)| *other != index);
        let rated = others.map(|(_, (slide, picture))| (slide.title.clone(), ssim(picture, seen)));
        rated.max_by(|a, b| a.1.total_cmp(&b.1)).expect("the demo has several slides")
    }
}
