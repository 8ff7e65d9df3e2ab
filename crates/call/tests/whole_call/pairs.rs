//! Every leg type with every other: how fast pictures are there after the agent has answered, after a hold and
//! after the next agent has taken over, and that nothing is shown which cannot be decoded.

use std::time::{Duration, Instant};

use media::{Codec, Frame};
use sdp::Direction;

use crate::browser::{Browser, Desk, Leg};
use crate::live::{self, Got};
use crate::phone::{Manner, Phone};
use crate::transcoders::CIRCUIT_KEY_LEN;
use crate::world::{World, service};

pub(crate) const SECOND: Duration = Duration::from_secs(1);
pub(crate) const MS: Duration = Duration::from_millis(1);

/// From everyone to the gateway, one way.
const DISTANCE: Duration = Duration::from_millis(25);

/// What a party is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Type {
    /// A SIP phone with these codecs alone.
    Phone(Codec, Codec),
    /// A 3G phone with this codec for pictures.
    Circuit(Codec),
    /// A browser.
    Page(Codec, Codec),
}

/// A party of a world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Party {
    Phone(usize),
    Page(usize),
}

const SOUNDS: [Codec; 4] = [Codec::Pcmu, Codec::Amr, Codec::AmrWb, Codec::Opus];
const PICTURES: [Codec; 5] = [Codec::H264, Codec::H263, Codec::H263p, Codec::Mpeg4, Codec::Vp8];

/// Every 3G phone.
const CIRCUITS: [Type; 2] = [Type::Circuit(Codec::H263), Type::Circuit(Codec::Mpeg4)];

/// Every type that an agent by SIP or at a desk may be.
fn agents() -> Vec<Type> {
    let phones = SOUNDS.into_iter().flat_map(|sound| PICTURES.map(|pictures| Type::Phone(sound, pictures)));
    let pages = [Codec::Pcmu, Codec::Opus]
        .into_iter()
        .flat_map(|sound| [Codec::H264, Codec::Vp8].map(|pictures| Type::Page(sound, pictures)));
    phones.chain(pages).collect()
}

/// The hotline with two agents, and back into the queue when the first has hung up.
fn hotline(agent: Type, next: Type) -> std::sync::Arc<dialplan::Service> {
    let flow = crate::FLOW.replace("exits: { served: bye, timeout", "exits: { served: agent, timeout");
    let way = |name: &str, host: u8, of: Type| match of {
        Type::Phone(..) => format!("  {name}: {{ address: \"sip:{name}@10.0.0.{host}:5060\" }}\n"),
        Type::Page(..) => format!("  {name}: {{ browser: true }}\n"),
        Type::Circuit(_) => format!("  {name}: {{ address: \"sip:{name}@10.0.1.{host}:5060\" }}\n"),
    };
    let queues = format!(
        "agents:\n{}{}queues:\n  help: {{ agents: [anna, boris], ring_timeout: 10s, wait_max: 60s, capacity: 5, wrap_up: 60s, hold: {{ clip: hold.mp4 }} }}\n",
        way("anna", 21, agent),
        way("boris", 22, next),
    );
    service(&[("hotline.yaml", &flow), ("queues.yaml", &queues), ("texts/en.yaml", crate::TEXTS)])
}

/// A subscriber who is put through.
pub(crate) struct Scene {
    pub(crate) world: World,
    pub(crate) caller: Party,
    pub(crate) agents: [Party; 2],
    /// Who talks now.
    pub(crate) agent: Party,
    types: [Type; 3],
}

impl Scene {
    /// Somebody in the menu, who has not asked for an agent; `prepare` changes phones before they are used.
    pub(crate) fn menu(caller: Type, agents: [Type; 2], seed: u64, prepare: impl Fn(&mut World)) -> Self {
        let mut world = World::with_distance(&hotline(agents[0], agents[1]), seed, DISTANCE);
        let [anna, boris] = agents;
        let first = add_agent(&mut world, anna, 21, "anna", 21);
        let second = add_agent(&mut world, boris, 22, "boris", 23);
        let party = add_caller(&mut world, caller);
        prepare(&mut world);
        dial(&mut world, party);
        let types = [caller, anna, boris];
        let mut scene = Scene { world, caller: party, agents: [first, second], agent: first, types };
        let up = scene.world.run_until(10 * SECOND, |world| is_up(world, party));
        assert!(up, "{caller:?} does not come up");
        scene.world.run_for(300 * MS);
        scene
    }

    /// Somebody who talks to the first agent.
    pub(crate) fn talking(caller: Type, agents: [Type; 2], seed: u64) -> Self {
        let mut scene = Scene::menu(caller, agents, seed, |_| {});
        scene.put_through();
        scene.world.run_for(2 * SECOND);
        scene
    }

    /// Presses the key for an agent and waits until one has answered; when that was.
    pub(crate) fn put_through(&mut self) -> Instant {
        match self.caller {
            Party::Page(at) => self.world.press(at, '0'),
            Party::Phone(at) => self.world.with_phone(at, |phone, now| {
                if phone.terminal.is_some() {
                    let by = h324m::DigitForm::Alphanumeric;
                    phone.tell(now, h324m::Input::Digit { digit: '0', by, duration: 100 * MS });
                } else {
                    phone.press('0');
                }
            }),
        }
        self.await_agent()
    }

    fn await_agent(&mut self) -> Instant {
        let agents = self.agents;
        let answered = |world: &World| agents.into_iter().find(|agent| talks_since(world, *agent).is_some());
        assert!(self.world.run_until(12 * SECOND, |world| answered(world).is_some()), "no agent answers");
        self.agent = answered(&self.world).expect("an agent");
        talks_since(&self.world, self.agent).expect("since it answered")
    }

    /// What `party` got of the one it talks to.
    pub(crate) fn got(&self, party: Party, since: Instant) -> Got {
        let other = if party == self.caller { self.agent } else { self.caller };
        live::got(frames(&self.world, party), since, mark(other, &self.world))
    }

    /// How soon after `since` there must be a picture on the screen of `party`.
    fn bound(&self, party: Party) -> Duration {
        let of = [self.caller, self.agents[0], self.agents[1]].into_iter().zip(self.types);
        let circuit = of.into_iter().any(|(one, of)| one == party && matches!(of, Type::Circuit(_)));
        // One way for the answer, there and back for the request.
        let roundtrips = 4 * DISTANCE;
        let line = if circuit { SECOND * 8 * CIRCUIT_KEY_LEN as u32 / 42_000 } else { Duration::ZERO };
        500 * MS + roundtrips + line
    }

    /// Looks after `since` whether both see and hear each other, soon and well.
    pub(crate) fn judge(&mut self, what: &str, since: Instant) {
        let until = since + self.bound(self.caller) + 600 * MS;
        let left = until.saturating_duration_since(self.world.now().mono);
        self.world.run_for(left);
        for party in [self.caller, self.agent] {
            let about = format!("{:?}, {what}, {}", self.types, self.name(party));
            let got = self.got(party, since);
            let first = got.first_picture().unwrap_or_else(|| panic!("{about}: no picture"));
            let took = first.saturating_duration_since(since);
            assert!(took <= self.bound(party), "{about}: the first picture took {took:?}");
            assert_eq!(got.smears(), 0, "{about}: {} of {} pictures", got.smears(), got.pictures.len());
            assert!(got.pictures.len() > 6, "{about}: {} pictures", got.pictures.len());
            let heard = got.sounds.iter().filter(|(at, _)| *at + SECOND / 2 > until).count();
            assert!(heard > 20, "{about}: {heard} packets of sound in half a second");
        }
        let smears = self.world.transcoders.running.values().map(|one| one.smears).sum::<u32>();
        assert_eq!(
            smears, 0,
            "{:?}, {what}: what a transcoder was told builds on what it was not",
            self.types
        );
    }

    fn name(&self, party: Party) -> &'static str {
        if party == self.caller { "the caller's side" } else { "the agent's side" }
    }

    /// A hold of `party` by re-INVITE for a second, then its end; when it ended. Browsers and circuits know none.
    fn hold(&mut self, party: Party, direction: Direction) -> Option<Instant> {
        let Party::Phone(at) = party else { return None };
        self.world.phones[at].lines.as_ref()?;
        self.world.with_phone(at, |phone, now| phone.reinvite(now, direction));
        self.world.run_for(400 * MS);
        let quiet = self.world.now().mono;
        self.world.run_for(200 * MS);
        let got = self.got(party, quiet);
        assert!(got.pictures.is_empty() && got.sounds.is_empty(), "{:?}: something on hold", self.types);
        self.world.with_phone(at, |phone, now| phone.reinvite(now, Direction::SendRecv));
        Some(self.world.now().mono)
    }

    pub(crate) fn hang_up(&mut self, party: Party) {
        match party {
            Party::Phone(at) => self.world.with_phone(at, Phone::hang_up),
            Party::Page(at) => self.world.say(at, call::web::FromBrowser::HangUp),
        }
    }

    /// All that may happen to a conversation, one after the other.
    fn live_through(&mut self) {
        let answered = self.put_through();
        self.judge("after the answer", answered);
        for (party, direction) in [(self.caller, Direction::SendOnly), (self.agent, Direction::Inactive)] {
            if let Some(resumed) = self.hold(party, direction) {
                self.judge(
                    if party == self.caller { "after the caller's hold" } else { "after the agent's hold" },
                    resumed,
                );
            }
        }
        self.hang_up(self.agent);
        self.world.run_for(200 * MS);
        let answered = self.await_agent();
        self.judge("after the next agent's answer", answered);
    }
}

fn add_agent(world: &mut World, of: Type, host: u8, name: &str, mark: u8) -> Party {
    match of {
        Type::Phone(sound, pictures) => {
            let mut phone = Phone::of(&format!("10.0.0.{host}"), mark, sound, pictures);
            phone.manner = Manner::Answers(SECOND);
            Party::Phone(world.add_phone(phone))
        }
        Type::Page(sound, pictures) => {
            let desk = Desk::Accepts(SECOND);
            let at =
                world.add_browser(Browser { desk, ..Browser::of(u64::from(mark), mark, sound, pictures) });
            world.sign_in(at, name);
            Party::Page(at)
        }
        Type::Circuit(pictures) => {
            let mut phone = Phone::with_circuit(&format!("10.0.1.{host}"), terminal(pictures, mark.into()));
            phone.manner = Manner::Answers(SECOND);
            Party::Phone(world.add_phone(phone))
        }
    }
}

/// The terminal of a 3G phone with one codec for pictures.
fn terminal(pictures: Codec, seed: u64) -> h324m::Config {
    let mpeg4_config = Some(bytes::Bytes::from_static(&live::MPEG4_HEADERS));
    h324m::Config {
        terminal_type: 128,
        seed,
        mpeg4_config,
        video: vec![pictures],
        ..h324m::Config::default()
    }
}

fn add_caller(world: &mut World, of: Type) -> Party {
    match of {
        Type::Phone(sound, pictures) => {
            Party::Phone(world.add_phone(Phone::of("10.0.0.11", 11, sound, pictures)))
        }
        Type::Circuit(pictures) => {
            Party::Phone(world.add_phone(Phone::with_circuit("10.0.0.11", terminal(pictures, 99))))
        }
        Type::Page(sound, pictures) => Party::Page(world.add_browser(Browser::of(11, 11, sound, pictures))),
    }
}

fn dial(world: &mut World, party: Party) {
    let gateway = world.gateway();
    match party {
        Party::Phone(at) => world.with_phone(at, |phone, now| phone.call(now, "1008621", gateway, None)),
        Party::Page(at) => {
            let word = world.browsers[at].call("1008621");
            world.say(at, word);
        }
    }
}

fn is_up(world: &World, party: Party) -> bool {
    match party {
        Party::Phone(at) => {
            let phone = &world.phones[at];
            let circuit = phone.handset.as_ref().is_some_and(|handset| handset.is_up());
            circuit || phone.terminal.is_none() && phone.status == Some(200)
        }
        Party::Page(at) => world.browsers[at].leg == Leg::Up,
    }
}

fn talks_since(world: &World, party: Party) -> Option<Instant> {
    match party {
        // A 3G phone has nothing to talk with before its channels are open.
        Party::Phone(at) if world.phones[at].terminal.is_some() => {
            let handset = world.phones[at].handset.as_ref();
            world.phones[at].talks_since.and(handset?.up_since())
        }
        Party::Phone(at) => world.phones[at].talks_since,
        Party::Page(at) => world.browsers[at].up_since,
    }
}

fn frames(world: &World, party: Party) -> &[(Instant, Frame)] {
    match party {
        Party::Phone(at) => match (&world.phones[at].lines, &world.phones[at].handset) {
            (Some(lines), _) => &lines.frames,
            (None, Some(handset)) => &handset.frames,
            (None, None) => &[],
        },
        Party::Page(at) => &world.browsers[at].frames,
    }
}

fn mark(party: Party, world: &World) -> u8 {
    match party {
        Party::Phone(at) => match &world.phones[at].lines {
            Some(lines) => lines.maker.mark,
            None => 0x25,
        },
        Party::Page(at) => world.browsers[at].mark,
    }
}

/// One kind of caller with every kind of agent; the second agent is of the next kind.
fn with_every_agent(callers: &[Type]) {
    for caller in callers {
        let agents: Vec<_> = agents().into_iter().filter(|agent| is_offered(*caller, *agent)).collect();
        assert!(agents.len() >= 20, "{} kinds of agents", agents.len());
        for (seed, pair) in agents.iter().zip(agents.iter().cycle().skip(3)).enumerate() {
            Scene::menu(*caller, [*pair.0, *pair.1], seed as u64, |_| {}).live_through();
        }
    }
}

/// Whether an agent's phone finds something of its own in the offer that it gets for such a caller: MPEG-4 is offered
/// only where the caller has it, since the INVITE is to stay short.
fn is_offered(caller: Type, agent: Type) -> bool {
    let (Type::Phone(_, own) | Type::Page(_, own) | Type::Circuit(own)) = caller;
    match agent {
        Type::Phone(_, pictures) => pictures == own || pictures != Codec::Mpeg4,
        Type::Page(..) => true,
        Type::Circuit(_) => false,
    }
}

fn phones_with(sound: Codec) -> [Type; 5] {
    PICTURES.map(|pictures| Type::Phone(sound, pictures))
}

#[test]
fn a_g711_phone_with_every_agent() {
    with_every_agent(&phones_with(Codec::Pcmu));
}

#[test]
fn an_amr_phone_with_every_agent() {
    with_every_agent(&phones_with(Codec::Amr));
}

#[test]
fn a_wideband_phone_with_every_agent() {
    with_every_agent(&phones_with(Codec::AmrWb));
}

#[test]
fn an_opus_phone_with_every_agent() {
    with_every_agent(&phones_with(Codec::Opus));
}

#[test]
fn a_3g_phone_with_every_agent() {
    with_every_agent(&[Type::Circuit(Codec::H263), Type::Circuit(Codec::Mpeg4)]);
}

/// Every type with either kind of 3G phone as its first agent, and the other as its second.
#[test]
fn a_3g_phone_as_the_agent_of_everyone() {
    let [h263, mpeg4] = CIRCUITS;
    for (seed, caller) in agents().into_iter().chain(CIRCUITS).enumerate() {
        for agents in [[h263, mpeg4], [mpeg4, h263]] {
            Scene::menu(caller, agents, seed as u64, |_| {}).live_through();
        }
    }
}

#[test]
fn a_3g_agent_is_told_that_the_session_ends() {
    for seed in 0..5 {
        let [h263, mpeg4] = CIRCUITS;
        let mut scene = Scene::talking(Type::Phone(Codec::Pcmu, Codec::H264), [h263, mpeg4], seed);
        let (caller, Party::Phone(agent)) = (scene.caller, scene.agent) else { panic!("a phone") };
        scene.hang_up(caller);
        scene.world.run_for(SECOND);
        let handset = scene.world.phones[agent].handset.as_ref().expect("it talked");
        assert_eq!(handset.ended(), Some(h324m::EndCause::PeerEnded), "seed {seed}");
        assert!(scene.world.phones[agent].ended, "seed {seed}: its dialog is over, too");
    }
}

#[test]
fn a_3g_agent_who_ends_the_session_alone_is_hung_up_on_and_the_caller_goes_on() {
    let [h263, mpeg4] = CIRCUITS;
    let mut scene = Scene::talking(Type::Phone(Codec::Amr, Codec::H263), [h263, mpeg4], 7);
    let Party::Phone(agent) = scene.agent else { panic!("a phone") };
    scene.world.with_phone(agent, |phone, now| phone.tell(now, h324m::Input::Hangup));
    scene.world.run_for(SECOND);
    assert!(scene.world.phones[agent].ended, "its dialog is over");
    let answered = scene.await_agent();
    scene.judge("after the next agent's answer", answered);
}

#[test]
fn the_next_agent_is_called_when_a_3g_agent_has_no_h324() {
    let [h263, mpeg4] = CIRCUITS;
    let caller = Type::Phone(Codec::Pcmu, Codec::H264);
    let mut scene = Scene::menu(caller, [h263, mpeg4], 3, |world| world.phones[0].dumb = true);
    let answered = scene.put_through();
    assert_eq!(scene.agent, scene.agents[1]);
    scene.judge("after the next agent's answer", answered);
}

#[test]
fn a_browser_with_every_agent() {
    with_every_agent(&agents()[20..]);
}
