//! Every limit of this crate. A description beyond one of the parse limits is refused as a whole; the
//! caller answers 413 or 488 as it sees fit.

/// Octets of one description. Carrier offers are 1-4 kB.
pub const DESCRIPTION_LEN_MAX: usize = 32 * 1024;
/// Lines of one description.
pub const LINES_MAX: usize = 1_000;
/// m-lines of one description.
pub const MEDIA_LINES_MAX: usize = 32;
/// Payload types of one m-line; RTP has 128 (RFC 3550 §5.1).
pub const PAYLOADS_MAX: usize = 128;
/// Header extensions of one m-line; further ones are passed over. Browsers name a dozen.
pub const EXTENSIONS_MAX: usize = 32;
/// Parts of one multipart body that are looked at, at every depth.
pub const BODY_PARTS_MAX: usize = 16;
/// Nesting of multipart bodies that is followed.
pub const BODY_DEPTH_MAX: usize = 3;
/// Octets of a boundary (RFC 2046 §5.1.1).
pub const BOUNDARY_LEN_MAX: usize = 70;
/// Picture sizes taken from one H.263 fmtp line; further ones are passed over.
pub const H263_SIZES_MAX: usize = 8;
/// Parameter sets taken from one `sprop-parameter-sets`.
pub const PARAMETER_SETS_MAX: usize = 16;
/// Characters per second that a receiver of text takes when it says nothing (RFC 4103 §6).
pub const TEXT_CPS_DEFAULT: u16 = 30;
/// How often text is repeated in our own offers and answers (RFC 4103 §4.2).
pub const TEXT_GENERATIONS: u8 = 2;
/// Most repetitions of text that are believed of a peer; more are taken for as many.
pub const TEXT_GENERATIONS_MAX: u8 = 15;
/// Octets of the headers in an MPEG-4 `config`; a longer one is passed over. Real ones have 20 to 60.
pub const MPEG4_CONFIG_LEN_MAX: usize = 512;
