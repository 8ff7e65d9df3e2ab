//! `Governor`: how many bit/s of pictures one sending stream may use now.
//!
//! Its ceiling is what was agreed on. Below it the peer's own words count (TMMBR of RFC 5104 §4.2.1, REMB of
//! draft-alvestrand-rmcat-remb, the flow control of H.245 §7.11.3), and what its reports tell of loss, by the rule
//! of the loss-based controller of draft-ietf-rmcat-gcc §6: little loss lets the rate rise, much loss takes it down
//! by half of what was lost, what lies between changes nothing. It paces and encodes nothing: a transcoder is told
//! [`Governor::rate`], and [`Governor::shape`] says which size and picture rate are worth having at it.
//!
//! Deviation: a peer that asks for less than [`FLOOR_BPS`] gets that much, since what is less is no moving picture.

use std::time::{Duration, Instant};

use media::{Size, VideoFormat};

/// Never less than this, unless the ceiling itself is lower: QCIF at five pictures a second, barely.
pub const FLOOR_BPS: u32 = 10_000;

/// Loss in 1/256 below which the rate rises: 2 %.
const LITTLE: u8 = 5;
/// Loss in 1/256 above which it falls: 10 %.
const MUCH: u8 = 25;
/// How much it rises in a second without loss.
const RISE_PER_SECOND: f64 = 1.06;
/// A report speaks for the time since the one before, but not for more than this.
const REPORT_SPEAKS_FOR: Duration = Duration::from_secs(10);
/// Loss that is told again within this and the round trip is of the packets that made it fall before.
const FALL_APART: Duration = Duration::from_millis(300);
/// Without a round-trip time a report is taken to be this old.
const ROUND_TRIP_USUAL: Duration = Duration::from_millis(200);
/// A rate that was never tried, because a peer's word was in force, is believed up to so much of what was tried.
const UNTRIED: f64 = 1.5;

/// Bits that a macroblock needs, on average over the pictures, to show detail; with less it is a smear.
const BITS_FOR_DETAIL: u32 = 20;
/// The same where motion is what counts.
const BITS_FOR_MOTION: u32 = 12;
/// Fewer pictures a second than this are not worth a size above QCIF.
const FPS_OF_LARGE: u8 = 8;
/// Fewer than this are none.
const FPS_MIN: u8 = 3;
/// What signing hands need to be read (ITU-T H-series Supplement 1: 12 at the least, 25 to be fluent).
const FPS_OF_SIGNS: u8 = 15;

/// Who limits the rate beside the ceiling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// A temporary maximum media bit rate request (RFC 5104 §4.2.1).
    Tmmbr,
    /// A receiver estimated maximum bit rate.
    Remb,
    /// flowControlCommand of H.245.
    FlowControl,
}

impl From<rtp::RateLimitBy> for Limit {
    fn from(by: rtp::RateLimitBy) -> Self {
        match by {
            rtp::RateLimitBy::Tmmbr => Limit::Tmmbr,
            rtp::RateLimitBy::Remb => Limit::Remb,
        }
    }
}

impl Limit {
    const COUNT: usize = 3;

    fn index(self) -> usize {
        match self {
            Limit::Tmmbr => 0,
            Limit::Remb => 1,
            Limit::FlowControl => 2,
        }
    }
}

/// What pictures of one size and rate are worth having.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Their size.
    pub size: Size,
    /// Pictures a second.
    pub fps: u8,
}

/// The rate of one sending stream.
#[derive(Clone, Debug, PartialEq)]
pub struct Governor {
    ceiling_bps: u32,
    said: [Option<u32>; Limit::COUNT],
    /// What loss leaves of the ceiling, in bit/s.
    estimate: f64,
    reported_at: Option<Instant>,
    fell_at: Option<Instant>,
    /// Sign language: frame rate before detail.
    sign: bool,
    /// The size was taken down.
    small: bool,
}

impl Governor {
    /// Of a stream that may use `ceiling_bps` of the bitstream, and begins with it.
    #[must_use]
    pub fn new(ceiling_bps: u32) -> Self {
        Governor {
            ceiling_bps,
            said: [None; Limit::COUNT],
            estimate: f64::from(ceiling_bps),
            reported_at: None,
            fell_at: None,
            sign: false,
            small: false,
        }
    }

    /// Whether what is sent is sign language, which is read from motion: [`Governor::shape`] then gives up detail and
    /// size before it gives up pictures.
    pub fn set_signs(&mut self, sign: bool) {
        self.sign = sign;
    }

    /// Another agreement on the same stream. What the peer has said since stands; a higher ceiling is tried at once.
    pub fn set_ceiling(&mut self, ceiling_bps: u32) {
        if ceiling_bps > self.ceiling_bps {
            self.estimate = f64::from(ceiling_bps);
        }
        self.ceiling_bps = ceiling_bps;
        self.estimate = self.estimate.min(f64::from(ceiling_bps));
    }

    /// The peer says how much it takes, in bit/s; `None` lifts what it said before in the same way.
    pub fn limit(&mut self, by: Limit, bps: Option<u32>) {
        self.said[by.index()] = bps;
    }

    /// The least that the peer has said, if it has said anything.
    #[must_use]
    pub fn said(&self) -> Option<u32> {
        self.said.iter().flatten().min().copied()
    }

    /// The peer's report: what it lost of our packets since the one before, in 1/256, and the round-trip time.
    pub fn report(&mut self, now: Instant, fraction_lost: u8, rtt: Option<Duration>) {
        let since =
            self.reported_at.replace(now).map_or(Duration::ZERO, |at| now.saturating_duration_since(at));
        let rate = f64::from(self.rate());
        if fraction_lost < LITTLE {
            let risen = self.estimate * RISE_PER_SECOND.powf(since.min(REPORT_SPEAKS_FOR).as_secs_f64());
            self.estimate = risen.min((rate * UNTRIED).max(self.estimate));
        } else if fraction_lost > MUCH {
            let apart = FALL_APART + rtt.unwrap_or(ROUND_TRIP_USUAL);
            if self.fell_at.is_some_and(|at| now < at + apart) {
                return;
            }
            self.fell_at = Some(now);
            self.estimate = rate * (1.0 - f64::from(fraction_lost) / 512.0);
        }
        self.estimate = self.estimate.clamp(f64::from(self.floor()), f64::from(self.ceiling_bps));
    }

    /// Bit/s of the bitstream that may be sent now: at most the ceiling, at least [`FLOOR_BPS`] where the ceiling
    /// allows it.
    #[must_use]
    pub fn rate(&self) -> u32 {
        let most = self.said().map_or(self.ceiling_bps, |said| said.min(self.ceiling_bps));
        most.min(self.estimate as u32).max(self.floor())
    }

    fn floor(&self) -> u32 {
        FLOOR_BPS.min(self.ceiling_bps)
    }

    /// The size and picture rate that the rate is enough for; at most those of `wanted`.
    ///
    /// A size above QCIF is kept while it can be shown with detail at eight pictures a second, for signs while it
    /// can be shown at fifteen; it comes back when there is half as much again. At QCIF pictures become fewer, down to
    /// three a second; those of signs stay at fifteen and lose detail.
    pub fn shape(&mut self, wanted: VideoFormat) -> Shape {
        let rate = self.rate();
        let (bits, fps_kept) = match self.sign {
            true => (BITS_FOR_MOTION, FPS_OF_SIGNS),
            false => (BITS_FOR_DETAIL, FPS_OF_LARGE),
        };
        let needed = |fps: u8| wanted.size.macroblocks() * bits * u32::from(fps.min(wanted.fps));
        let large = wanted.size.macroblocks() > Size::QCIF.macroblocks();
        let needed = if self.small { needed(fps_kept) / 2 * 3 } else { needed(fps_kept) };
        self.small = large && rate < needed;
        let size = if self.small { Size::QCIF } else { wanted.size };
        let fps_min = if self.sign { FPS_OF_SIGNS } else { FPS_MIN };
        let affordable = (rate / (size.macroblocks() * bits)).min(u32::from(wanted.fps)) as u8;
        Shape { size, fps: affordable.max(fps_min).min(wanted.fps) }
    }
}

#[cfg(test)]
mod tests {
    use media::Codec;
    use proptest::prelude::*;

    use super::*;

    #[allow(clippy::disallowed_methods)]
    fn base() -> Instant {
        Instant::now()
    }

    /// Reports of so much loss, one a second, `seconds` long.
    fn reports(governor: &mut Governor, from: Instant, seconds: u32, fraction_lost: u8) -> Instant {
        (0..seconds).fold(from, |at, _| {
            let at = at + Duration::from_secs(1);
            governor.report(at, fraction_lost, Some(Duration::from_millis(80)));
            at
        })
    }

    #[test]
    fn the_least_of_what_is_said_holds_until_it_is_lifted() {
        let mut governor = Governor::new(256_000);
        assert_eq!((governor.rate(), governor.said()), (256_000, None));
        governor.limit(Limit::Tmmbr, Some(90_000));
        governor.limit(Limit::Remb, Some(120_000));
        assert_eq!((governor.rate(), governor.said()), (90_000, Some(90_000)));
        governor.limit(Limit::Tmmbr, None);
        assert_eq!(governor.rate(), 120_000);
        governor.limit(Limit::FlowControl, Some(0));
        assert_eq!(governor.rate(), FLOOR_BPS);
        governor.limit(Limit::FlowControl, None);
        governor.limit(Limit::Remb, Some(1_000_000));
        assert_eq!(governor.rate(), 256_000);
    }

    #[test]
    fn half_of_much_loss_is_taken_off_and_little_loss_lets_it_rise() {
        let (start, mut governor) = (base(), Governor::new(200_000));
        governor.report(start, 51, None);
        assert_eq!(governor.rate(), 200_000 - 200_000 * 51 / 512 - 1, "20 % of loss, a tenth less");
        let fallen = governor.rate();
        let at = reports(&mut governor, start, 10, 15);
        assert_eq!(governor.rate(), fallen, "6 % is neither");
        reports(&mut governor, at, 1, 0);
        let risen = f64::from(governor.rate()) / f64::from(fallen);
        assert!((1.05..1.08).contains(&risen), "{risen} in a second");
    }

    #[test]
    fn loss_is_not_paid_for_twice() {
        let (start, mut governor) = (base(), Governor::new(200_000));
        governor.report(start, 128, Some(Duration::from_millis(400)));
        let fallen = governor.rate();
        governor.report(start + Duration::from_millis(600), 128, Some(Duration::from_millis(400)));
        assert_eq!(governor.rate(), fallen);
        governor.report(start + Duration::from_millis(700), 128, Some(Duration::from_millis(400)));
        assert!(governor.rate() < fallen);
    }

    #[test]
    fn one_report_after_a_long_silence_is_no_leap() {
        let (start, mut governor) = (base(), Governor::new(2_000_000));
        let at = reports(&mut governor, start, 60, 255);
        assert_eq!(governor.rate(), FLOOR_BPS);
        governor.report(at + Duration::from_secs(3_600), 0, None);
        assert!(governor.rate() <= FLOOR_BPS * 3 / 2, "{}", governor.rate());
    }

    #[test]
    fn loss_at_a_limit_counts_from_the_limit() {
        let (start, mut governor) = (base(), Governor::new(1_000_000));
        governor.limit(Limit::Tmmbr, Some(100_000));
        governor.report(start, 128, None);
        assert_eq!(governor.rate(), 75_000);
        reports(&mut governor, start, 120, 0);
        governor.limit(Limit::Tmmbr, None);
        assert!(governor.rate() <= 150_000, "more than half as much again was never tried");
    }

    #[test]
    fn another_agreement_moves_the_ceiling() {
        let (start, mut governor) = (base(), Governor::new(256_000));
        governor.report(start, 128, None);
        governor.set_ceiling(64_000);
        assert_eq!(governor.rate(), 64_000);
        governor.set_ceiling(128_000);
        assert_eq!(governor.rate(), 128_000);
        governor.set_ceiling(6_000);
        assert_eq!(governor.rate(), 6_000, "the ceiling is below the floor");
    }

    fn cif() -> VideoFormat {
        VideoFormat { fps: 25, ..VideoFormat::prompt(Codec::H264, Size::CIF) }
    }

    #[test]
    fn pictures_shrink_before_they_become_too_few() {
        let shape = |bps| Governor::new(bps).shape(cif());
        assert_eq!(shape(256_000), Shape { size: Size::CIF, fps: 25 });
        assert_eq!(shape(80_000), Shape { size: Size::CIF, fps: 10 });
        assert_eq!(shape(60_000), Shape { size: Size::QCIF, fps: 25 });
        assert_eq!(shape(20_000), Shape { size: Size::QCIF, fps: 10 });
        assert_eq!(shape(1_000), Shape { size: Size::QCIF, fps: 3 });
        let slow = VideoFormat { fps: 2, ..cif() };
        assert_eq!(Governor::new(20_000).shape(slow).fps, 2, "never more than agreed");
    }

    fn signing(bps: u32) -> Governor {
        let mut governor = Governor::new(bps);
        governor.set_signs(true);
        governor
    }

    #[test]
    fn signs_keep_their_pictures_and_lose_detail() {
        let shape = |bps| signing(bps).shape(cif());
        assert_eq!(shape(256_000), Shape { size: Size::CIF, fps: 25 });
        assert_eq!(shape(80_000), Shape { size: Size::CIF, fps: 16 });
        assert_eq!(shape(60_000), Shape { size: Size::QCIF, fps: 25 });
        assert_eq!(shape(20_000), Shape { size: Size::QCIF, fps: 16 });
        assert_eq!(shape(10_000), Shape { size: Size::QCIF, fps: 15 });
    }

    #[test]
    fn a_size_that_was_given_up_does_not_flutter_back() {
        let mut governor = Governor::new(256_000);
        let mut size_at = |bps| {
            governor.limit(Limit::Tmmbr, Some(bps));
            governor.shape(cif()).size
        };
        assert_eq!([70_000, 60_000, 70_000, 90_000, 100_000, 70_000].map(&mut size_at), {
            let (large, small) = (Size::CIF, Size::QCIF);
            [large, small, small, small, large, large]
        });
    }

    #[derive(Clone, Debug)]
    enum Word {
        Limit(usize, Option<u32>),
        Report { after_ms: u64, fraction_lost: u8, rtt_ms: Option<u64> },
        Ceiling(u32),
    }

    fn word() -> impl Strategy<Value = Word> {
        prop_oneof![
            (0usize..3, proptest::option::of(0u32..2_000_000)).prop_map(|(by, bps)| Word::Limit(by, bps)),
            (0u64..20_000, any::<u8>(), proptest::option::of(0u64..3_000)).prop_map(
                |(after_ms, fraction_lost, rtt_ms)| Word::Report { after_ms, fraction_lost, rtt_ms }
            ),
            (0u32..1_000_000).prop_map(Word::Ceiling),
        ]
    }

    const LIMITS: [Limit; 3] = [Limit::Tmmbr, Limit::Remb, Limit::FlowControl];

    proptest! {
        #[test]
        fn never_above_what_is_agreed_and_said_and_never_below_the_floor(
            mut ceiling in 0u32..2_000_000, words in proptest::collection::vec(word(), 0..60), sign: bool,
        ) {
            let (mut now, mut governor) = (base(), Governor::new(ceiling));
            governor.set_signs(sign);
            let mut said = [None; 3];
            for word in words {
                match word {
                    Word::Limit(by, bps) => {
                        said[by] = bps;
                        governor.limit(LIMITS[by], bps);
                    }
                    Word::Report { after_ms, fraction_lost, rtt_ms } => {
                        now += Duration::from_millis(after_ms);
                        governor.report(now, fraction_lost, rtt_ms.map(Duration::from_millis));
                    }
                    Word::Ceiling(bps) => {
                        ceiling = bps;
                        governor.set_ceiling(bps);
                    }
                }
                let floor = FLOOR_BPS.min(ceiling);
                let most = said.iter().flatten().fold(ceiling, |most, bps| most.min(*bps)).max(floor);
                prop_assert!((floor..=most).contains(&governor.rate()), "{} of {most}", governor.rate());
                let shape = governor.shape(cif());
                prop_assert!((1..=25).contains(&shape.fps));
                prop_assert!(!sign || shape.fps >= FPS_OF_SIGNS);
            }
        }

        #[test]
        fn it_recovers_after_loss_has_ended(ceiling in 10_000u32..2_000_000, lost in 26u8..=255, seconds in 1u32..120) {
            let (start, mut governor) = (base(), Governor::new(ceiling));
            let at = reports(&mut governor, start, seconds, lost);
            prop_assert!(governor.rate() < ceiling || ceiling == FLOOR_BPS);
            reports(&mut governor, at, 120, 0);
            prop_assert_eq!(governor.rate(), ceiling);
        }

        #[test]
        fn a_lower_limit_never_gives_a_higher_rate(
            ceiling in 0u32..2_000_000, low in 0u32..2_000_000, more in 0u32..500_000,
            lost in proptest::collection::vec(any::<u8>(), 0..40),
        ) {
            let mut pair = [low, low + more].map(|bps| {
                let mut governor = Governor::new(ceiling);
                governor.limit(Limit::Remb, Some(bps));
                governor
            });
            let mut now = base();
            for lost in lost {
                now += Duration::from_secs(1);
                pair.iter_mut().for_each(|governor| governor.report(now, lost, None));
                prop_assert!(pair[0].rate() <= pair[1].rate());
            }
        }
    }
}
