//! Control messages (ITU-T H.245).
