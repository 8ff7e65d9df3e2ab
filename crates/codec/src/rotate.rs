//! Pictures turned by quarters, as `media::Rotation` of a frame asks for.

use std::borrow::Cow;

use media::{Picture, Rotation, Size};

/// `picture` turned clockwise; as it is when there is nothing to turn.
#[must_use]
pub fn rotate(picture: &Picture, rotation: Rotation) -> Cow<'_, Picture> {
    let Size { width, height } = picture.size;
    let size = match rotation {
        Rotation::None => return Cow::Borrowed(picture),
        Rotation::Half => picture.size,
        Rotation::Quarter | Rotation::ThreeQuarters => Size { width: height, height: width },
    };
    let mut out = Picture::black(size);
    let (width, height) = (usize::from(width), usize::from(height));
    plane(&picture.y, width, height, rotation, &mut out.y);
    plane(&picture.u, width / 2, height / 2, rotation, &mut out.u);
    plane(&picture.v, width / 2, height / 2, rotation, &mut out.v);
    Cow::Owned(out)
}

fn plane(from: &[u8], width: usize, height: usize, rotation: Rotation, to: &mut [u8]) {
    for (row, samples) in from.chunks_exact(width).enumerate() {
        for (column, &sample) in samples.iter().enumerate() {
            let at = match rotation {
                Rotation::None => row * width + column,
                Rotation::Quarter => column * height + height - 1 - row,
                Rotation::Half => (height - 1 - row) * width + width - 1 - column,
                Rotation::ThreeQuarters => (width - 1 - column) * height + row,
            };
            to[at] = sample;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbered() -> Picture {
        let mut picture = Picture::black(Size { width: 4, height: 2 });
        picture.y.iter_mut().zip(0..).for_each(|(luma, number)| *luma = number);
        (picture.u, picture.v) = (vec![1, 2], vec![3, 4]);
        picture
    }

    #[test]
    fn a_quarter_goes_clockwise() {
        let turned = rotate(&numbered(), Rotation::Quarter).into_owned();
        assert_eq!(turned.size, Size { width: 2, height: 4 });
        assert_eq!(turned.y, [4, 0, 5, 1, 6, 2, 7, 3]);
        assert_eq!((turned.u, turned.v), (vec![1, 2], vec![3, 4]));
        assert_eq!(rotate(&numbered(), Rotation::Half).y, [7, 6, 5, 4, 3, 2, 1, 0]);
        assert_eq!(rotate(&numbered(), Rotation::ThreeQuarters).y, [3, 7, 2, 6, 1, 5, 0, 4]);
    }

    #[test]
    fn four_quarters_are_none() {
        let mut picture = numbered();
        for _ in 0..4 {
            picture = rotate(&picture, Rotation::Quarter).into_owned();
        }
        assert_eq!(picture, numbered());
    }
}
