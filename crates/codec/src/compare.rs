//! How alike two pictures are: PSNR and SSIM of the luma plane.
//!
//! For tests, the legibility check and the scripted caller; not tuned for speed.

use media::Picture;

/// Side of the windows that [`ssim`] looks at, and half of it the step between them.
const WINDOW: usize = 8;

/// Peak signal-to-noise ratio of the luma planes in dB; infinite when they are equal, `None` when
/// the sizes differ.
#[must_use]
pub fn psnr(a: &Picture, b: &Picture) -> Option<f64> {
    if a.size != b.size {
        return None;
    }
    let sum: f64 = a.y.iter().zip(&b.y).map(|(&p, &q)| (f64::from(p) - f64::from(q)).powi(2)).sum();
    Some(10.0 * (255f64.powi(2) * a.y.len() as f64 / sum).log10())
}

/// Mean structural similarity of the luma planes, 1 for equal pictures (Wang, Bovik, Sheikh and
/// Simoncelli 2004, with 8x8 windows that overlap by half); `None` when the sizes differ or are
/// smaller than a window.
#[must_use]
pub fn ssim(a: &Picture, b: &Picture) -> Option<f64> {
    let (width, height) = (usize::from(a.size.width), usize::from(a.size.height));
    if a.size != b.size || width < WINDOW || height < WINDOW {
        return None;
    }
    let mut sum = 0.0;
    let mut windows = 0u32;
    for top in (0..=height - WINDOW).step_by(WINDOW / 2) {
        for left in (0..=width - WINDOW).step_by(WINDOW / 2) {
            sum += window_ssim(a, b, top * width + left, width);
            windows += 1;
        }
    }
    Some(sum / f64::from(windows))
}

fn window_ssim(a: &Picture, b: &Picture, start: usize, stride: usize) -> f64 {
    // The paper's constants, (0.01 L)^2 and (0.03 L)^2 with L = 255.
    const C1: f64 = 6.5025;
    const C2: f64 = 58.5225;
    let (mut sa, mut sb, mut saa, mut sbb, mut sab) = (0u32, 0u32, 0u32, 0u32, 0u32);
    for row in 0..WINDOW {
        let at = start + row * stride;
        for (&p, &q) in a.y[at..at + WINDOW].iter().zip(&b.y[at..at + WINDOW]) {
            let (p, q) = (u32::from(p), u32::from(q));
            sa += p;
            sb += q;
            saa += p * p;
            sbb += q * q;
            sab += p * q;
        }
    }
    let n = (WINDOW * WINDOW) as f64;
    let (ma, mb) = (f64::from(sa) / n, f64::from(sb) / n);
    let (va, vb) = (f64::from(saa) / n - ma * ma, f64::from(sbb) / n - mb * mb);
    let cov = f64::from(sab) / n - ma * mb;
    ((2.0 * ma * mb + C1) * (2.0 * cov + C2)) / ((ma * ma + mb * mb + C1) * (va + vb + C2))
}

#[cfg(test)]
mod tests {
    use media::Size;

    use super::*;

    fn ramps(offset: u8) -> Picture {
        let mut picture = Picture::black(Size::QCIF);
        for (at, luma) in picture.y.iter_mut().enumerate() {
            *luma = 40 + 12 * (at % 16) as u8 + offset;
        }
        picture
    }

    #[test]
    fn a_picture_is_like_itself_and_unlike_its_negative() {
        let picture = ramps(0);
        assert!((ssim(&picture, &picture).unwrap() - 1.0).abs() < 1e-9);
        assert_eq!(psnr(&picture, &picture), Some(f64::INFINITY));
        let mut negative = picture.clone();
        negative.y.iter_mut().for_each(|luma| *luma = 255 - *luma);
        assert!(ssim(&picture, &negative).unwrap() < 0.3);
    }

    #[test]
    fn psnr_of_a_constant_error_is_as_defined() {
        let (a, b) = (ramps(0), ramps(5));
        assert!((psnr(&a, &b).unwrap() - 20.0 * (255f64 / 5.0).log10()).abs() < 1e-6);
    }

    #[test]
    fn pictures_of_different_sizes_are_not_compared() {
        assert_eq!(ssim(&Picture::black(Size::QCIF), &Picture::black(Size::CIF)), None);
        assert_eq!(psnr(&Picture::black(Size::QCIF), &Picture::black(Size::CIF)), None);
    }
}
