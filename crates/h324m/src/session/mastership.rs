//! Who is master: H.245 §8.2 (procedures) and §C.2 (the decision). It only matters when channels conflict.

use rand::Rng;
use rand::rngs::StdRng;

use crate::h245::view::Role;
use crate::limits;

/// Numbers are drawn from, and compared, modulo 2^24.
const MODULUS: u32 = 1 << 24;

/// One determination.
#[derive(Debug)]
pub(super) struct Mastership {
    terminal_type: u8,
    number: u32,
    tries: u32,
    role: Option<Role>,
    /// The peer agreed.
    agreed: bool,
}

/// What is to be said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// MasterSlaveDetermination with a number: anew.
    Determine(u32),
    /// MasterSlaveDeterminationAck: what the peer is.
    Ack(Role),
    /// Nothing.
    Nothing,
    /// It came to no end.
    Failed,
}

impl Mastership {
    pub(super) fn new(terminal_type: u8, random: &mut StdRng) -> Self {
        let number = random.random_range(0..MODULUS);
        Mastership { terminal_type, number, tries: 0, role: None, agreed: false }
    }

    /// Our number.
    pub(super) fn number(&self) -> u32 {
        self.number
    }

    /// What we are, once we know.
    pub(super) fn role(&self) -> Option<Role> {
        self.role
    }

    /// Whether the peer said so, too.
    pub(super) fn is_agreed(&self) -> bool {
        self.agreed
    }

    /// The peer's MasterSlaveDetermination.
    pub(super) fn determination(&mut self, terminal_type: u8, number: u32, random: &mut StdRng) -> Answer {
        match self.decide(terminal_type, number) {
            Some(role) => {
                self.role = Some(role);
                Answer::Ack(other(role))
            }
            None => self.again(random),
        }
    }

    /// The peer's MasterSlaveDeterminationAck: what we are.
    pub(super) fn ack(&mut self, role: Role, random: &mut StdRng) -> Answer {
        let answered = self.role;
        if answered.is_some_and(|known| known != role) {
            self.role = None;
            return self.again(random);
        }
        self.role = Some(role);
        self.agreed = true;
        if answered.is_some() { Answer::Nothing } else { Answer::Ack(other(role)) }
    }

    /// Draws another number: the numbers were the same, or something went wrong at the peer.
    pub(super) fn again(&mut self, random: &mut StdRng) -> Answer {
        self.tries += 1;
        if self.tries >= limits::N100 {
            return Answer::Failed;
        }
        self.number = random.random_range(0..MODULUS);
        Answer::Determine(self.number)
    }

    /// §C.2: the larger terminal type; then the one whose number lies less than half a circle behind the other's.
    fn decide(&self, terminal_type: u8, number: u32) -> Option<Role> {
        if terminal_type != self.terminal_type {
            return Some(if terminal_type < self.terminal_type { Role::Master } else { Role::Slave });
        }
        let ahead = number.wrapping_sub(self.number) % MODULUS;
        match ahead {
            0 => None,
            ahead if ahead == MODULUS / 2 => None,
            ahead if ahead < MODULUS / 2 => Some(Role::Master),
            _ => Some(Role::Slave),
        }
    }
}

fn other(role: Role) -> Role {
    match role {
        Role::Master => Role::Slave,
        Role::Slave => Role::Master,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    fn pair(types: (u8, u8), numbers: (u32, u32)) -> (Option<Role>, Option<Role>) {
        let side =
            |terminal_type, number| Mastership { terminal_type, number, tries: 0, role: None, agreed: false };
        let (a, b) = (side(types.0, numbers.0), side(types.1, numbers.1));
        (a.decide(types.1, numbers.1), b.decide(types.0, numbers.0))
    }

    #[test]
    fn both_ends_decide_the_same() {
        assert_eq!(pair((192, 128), (1, 2)), (Some(Role::Master), Some(Role::Slave)));
        for (a, b) in [(1, 2), (0xFF_FFFF, 5), (5, 0x80_0006), (7, 0x80_0006), (0, 0x7F_FFFF)] {
            let (left, right) = pair((128, 128), (a, b));
            assert_eq!(left.map(other), right, "{a} {b}");
        }
    }

    #[test]
    fn equal_and_opposite_numbers_are_drawn_again_but_not_for_ever() {
        assert_eq!(pair((128, 128), (9, 9)), (None, None));
        assert_eq!(pair((128, 128), (9, 9 + MODULUS / 2)), (None, None));
        let mut random = StdRng::seed_from_u64(1);
        let mut ours = Mastership::new(128, &mut random);
        for _ in 1..limits::N100 {
            let number = ours.number();
            assert!(matches!(ours.determination(128, number, &mut random), Answer::Determine(_)));
        }
        let number = ours.number();
        assert_eq!(ours.determination(128, number, &mut random), Answer::Failed);
    }

    #[test]
    fn an_ack_names_the_role_of_who_receives_it() {
        let mut random = StdRng::seed_from_u64(2);
        let mut ours = Mastership::new(192, &mut random);
        assert_eq!(ours.determination(128, 5, &mut random), Answer::Ack(Role::Slave));
        assert_eq!(ours.ack(Role::Master, &mut random), Answer::Nothing);
        assert!(ours.is_agreed());
        let mut first = Mastership::new(192, &mut random);
        assert_eq!(first.ack(Role::Master, &mut random), Answer::Ack(Role::Slave));
    }
}
