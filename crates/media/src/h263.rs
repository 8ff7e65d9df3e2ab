//! H.263 baseline bitstreams: picture and GOB headers (ITU-T H.263 §5.1, §5.2).
