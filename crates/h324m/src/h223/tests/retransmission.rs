//! AL3: what is missing is asked for and comes again.

use super::*;

const AL3: AdaptationLayer = AdaptationLayer::Al3 { control_octets: 1, send_buffer: 4_096 };

/// Both directions of an AL3 channel.
struct Pair {
    /// Carries what is retransmitted.
    there: Line,
    /// Carries the questions.
    back: Line,
    delivered: Vec<Received>,
    /// Whether the far end answers.
    answers: bool,
}

impl Pair {
    fn new(layer: AdaptationLayer, answers: bool) -> Self {
        let two = Level::Two { optional_header: false };
        Self { there: Line::with(two, layer), back: Line::with(two, layer), delivered: Vec::new(), answers }
    }

    /// One tick in both directions; `lossy`: none of it arrives there.
    fn tick(&mut self, lossy: bool) {
        let octets = self.there.tick(160);
        if lossy {
            self.there.receiver.lost(160);
        } else {
            self.there.receiver.push(&octets);
        }
        for received in received(&mut self.there.receiver) {
            match received {
                Received::RetransmissionWanted { channel: VIDEO, sequence } => {
                    self.back.sender.request_retransmission(VIDEO, sequence);
                }
                other => self.delivered.push(other),
            }
        }
        let octets = self.back.tick(160);
        self.back.receiver.push(&octets);
        for received in received(&mut self.back.receiver) {
            if let (Received::Srej { channel: VIDEO, sequence }, true) = (received, self.answers) {
                self.there.sender.answer_srej(VIDEO, sequence);
            }
        }
    }

    /// Sends 200 SDUs of half a tick; every tenth tick gets lost.
    fn run(&mut self) -> Vec<Vec<u8>> {
        let mut sent = Vec::new();
        (0..6).for_each(|_| self.tick(false));
        for number in 0..200_u8 {
            sent.push([vec![number], Noise(number.into()).octets(60)].concat());
            self.there.sender.push(VIDEO, sent[sent.len() - 1].clone().into()).unwrap();
            self.tick(number % 10 == 5);
        }
        (0..40).for_each(|_| self.tick(false));
        sent
    }
}

#[test]
fn lost_sdus_come_again_in_their_place() {
    for control_octets in [1, 2] {
        let mut pair = Pair::new(AdaptationLayer::Al3 { control_octets, send_buffer: 4_096 }, true);
        let sent = pair.run();
        let delivered = sdus(&pair.delivered, VIDEO);
        let missing =
            sent.iter().filter(|sdu| !delivered.iter().any(|other| other == *sdu)).map(|sdu| sdu[0]);
        assert_eq!(missing.collect::<Vec<_>>(), Vec::<u8>::new(), "{:?}", pair.there.receiver.statistics());
        assert!(delivered == sent, "out of order");
        assert!(pair.there.receiver.statistics().retransmissions >= 20);
        assert_eq!(pair.there.receiver.statistics().lost_sdus, 0);
    }
}

#[test]
fn a_peer_that_never_sends_again_is_not_waited_for() {
    let mut pair = Pair::new(AL3, false);
    let sent = pair.run();
    let delivered = sdus(&pair.delivered, VIDEO);
    assert!(delivered.len() >= 175, "{} delivered", delivered.len());
    assert!(delivered.windows(2).all(|two| two[0][0] < two[1][0]), "out of order");
    let statistics = pair.there.receiver.statistics();
    assert!(statistics.lost_sdus as usize >= sent.len() - delivered.len() - 1);
    assert!(statistics.retransmissions_wanted <= 40, "asks for ever: {statistics:?}");
}

#[test]
fn what_is_not_kept_any_more_is_refused() {
    let mut pair = Pair::new(AdaptationLayer::Al3 { control_octets: 1, send_buffer: 10 }, true);
    let sent = pair.run();
    let delivered = sdus(&pair.delivered, VIDEO);
    assert!(delivered.len() >= 175 && delivered.len() < sent.len(), "{} delivered", delivered.len());
    assert_eq!(pair.there.sender.statistics().retransmissions, 0);
}

#[test]
fn without_a_control_field_nothing_is_numbered() {
    let mut line = Line::with(
        Level::Two { optional_header: false },
        AdaptationLayer::Al3 { control_octets: 0, send_buffer: 99 },
    );
    line.sender.push(VIDEO, Bytes::from_static(b"123456789")).unwrap();
    assert_eq!(line.sender.queued(VIDEO), 11);
    line.sender.answer_srej(VIDEO, 0);
    line.sender.request_retransmission(VIDEO, 0);
    let all = line.drain();
    assert_eq!(sdus(&all, VIDEO), [&b"123456789"[..]]);
    assert_eq!(all.len(), 1);
}

#[test]
fn a_peer_that_counts_anew_is_followed() {
    let mut line = Line::with(Level::Two { optional_header: false }, AL3);
    (0..50_u8).for_each(|n| line.sender.push(VIDEO, vec![n; 20].into()).unwrap());
    assert_eq!(sdus(&line.drain(), VIDEO).len(), 50);
    line.sender.open(VIDEO, AL3, true, Class::Video);
    (0..20_u8).for_each(|n| line.sender.push(VIDEO, vec![n; 20].into()).unwrap());
    assert!(sdus(&line.drain(), VIDEO).len() >= 16);
}
