//! Limits of this crate: what is beyond them is an error.

/// Sides of a slide in pixels.
pub const SIDE: std::ops::RangeInclusive<u16> = 96..=1920;

/// Steps that a template may take (minijinja fuel); a menu takes about 2,000.
pub const TEMPLATE_FUEL: u64 = 200_000;

/// Octets of SVG that a template may grow into.
pub const SVG_LEN_MAX: usize = 512 * 1024;

/// Characters of one text; the rest is cut off before it is measured, it could not be shown anyway.
pub const TEXT_LEN_MAX: usize = 2_000;

/// Widths of texts that a renderer remembers; at the limit it forgets all and starts again.
pub const WIDTHS_MAX: usize = 10_000;
