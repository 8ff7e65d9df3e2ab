//! Frames of a 3G terminal: AMR in IF2, pictures across SDUs.
