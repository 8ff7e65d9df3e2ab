//! Motion vectors and their prediction (H.263 §6.1.1).

/// A motion vector in half pixels, -32..=31 a side (-63..=63 with annex D).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MotionVector {
    /// To the right.
    pub horizontal: i8,
    /// Downwards.
    pub vertical: i8,
}

impl MotionVector {
    /// Component by component the middle one of three (§6.1.1).
    pub(super) fn median(a: Self, b: Self, c: Self) -> Self {
        let middle = |x: i8, y: i8, z: i8| x.max(y).min(x.min(y).max(z));
        MotionVector {
            horizontal: middle(a.horizontal, b.horizontal, c.horizontal),
            vertical: middle(a.vertical, b.vertical, c.vertical),
        }
    }

    /// The vector that the coded `difference` to this predictor stands for.
    pub(super) fn plus(self, difference: (i8, i8), unrestricted: bool) -> Self {
        MotionVector {
            horizontal: component(self.horizontal, difference.0, unrestricted),
            vertical: component(self.vertical, difference.1, unrestricted),
        }
    }
}

/// Each code word stands for two differences 64 half pixels apart. In the default mode it is the one that
/// brings the vector into -32..=31 (§6.1.1). With annex D (§D.2) a predictor within -31..=32 takes the
/// small difference, and one beyond takes the difference that keeps the vector on its side of zero and
/// within 63.
fn component(predictor: i8, difference: i8, unrestricted: bool) -> i8 {
    let (predictor, sum) = (i16::from(predictor), i16::from(predictor) + i16::from(difference));
    let wrapped = if !unrestricted {
        (sum + 32).rem_euclid(64) - 32
    } else if predictor < -31 && sum < -63 {
        sum + 64
    } else if predictor > 32 && sum > 63 {
        sum - 64
    } else {
        sum
    };
    wrapped as i8
}

/// The vectors of the macroblock row above and of the row being read.
#[derive(Clone, Debug)]
pub(super) struct Rows {
    above: Vec<MotionVector>,
    current: Vec<MotionVector>,
    has_above: bool,
}

impl Rows {
    /// Rows of `across` macroblocks, at the top of a picture or of a GOB with a header: nothing above
    /// them is used for prediction (§6.1.1).
    pub(super) fn new(across: usize) -> Self {
        let row = vec![MotionVector::default(); across];
        Rows { above: row.clone(), current: row, has_above: false }
    }

    /// The predictor of the macroblock at `column`, from its left, upper and upper right neighbours.
    pub(super) fn predictor(&self, column: usize) -> MotionVector {
        let left = if column == 0 { MotionVector::default() } else { self.current[column - 1] };
        if !self.has_above {
            return left;
        }
        let above_right = self.above.get(column + 1).copied().unwrap_or_default();
        MotionVector::median(left, self.above[column], above_right)
    }

    /// The vector of the macroblock at `column`: zero for INTRA and for skipped ones.
    pub(super) fn set(&mut self, column: usize, vector: MotionVector) {
        self.current[column] = vector;
        if column + 1 == self.current.len() {
            std::mem::swap(&mut self.above, &mut self.current);
            self.has_above = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_wrap_into_the_default_range() {
        for (predictor, difference, vector) in [(31, 1, -32), (-32, -1, 31), (-20, 31, 11), (20, 20, -24)] {
            assert_eq!(component(predictor, difference, false), vector);
        }
    }

    #[test]
    fn long_vectors_stay_within_63_half_pixels() {
        for (predictor, difference, vector) in [(30, 20, 50), (50, 20, 6), (-50, -20, -6), (-31, -32, -63)] {
            assert_eq!(component(predictor, difference, true), vector);
        }
    }

    #[test]
    fn the_first_row_is_predicted_from_the_left_alone() {
        let vector = |horizontal, vertical| MotionVector { horizontal, vertical };
        let mut rows = Rows::new(3);
        assert_eq!(rows.predictor(0), vector(0, 0));
        rows.set(0, vector(4, -2));
        assert_eq!(rows.predictor(1), vector(4, -2));
        rows.set(1, vector(8, 6));
        rows.set(2, vector(2, 2));
        assert_eq!(rows.predictor(0), vector(4, 0), "median of 0, (4,-2), (8,6)");
        rows.set(0, vector(5, 5));
        rows.set(1, vector(-6, 1));
        assert_eq!(rows.predictor(2), vector(0, 1), "median of (-6,1), (2,2) and nothing on the right");
    }
}
