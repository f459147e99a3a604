//! Random days: what devices say, how wrong their clocks are, and in which order it arrives.

use ledger::{Envelope, LOST, MomentRef, Move};
use proptest::prelude::*;
use types::{AreaCode, CommandId, HolderCode, Micros, Span, UnitId, UnitKind};

use super::world::{
    MORNING, area, container, envelope, holder, minute, numbered_id, tube, vehicle,
};
use super::yard::Command;

/// One thing that somebody did to a unit; numbers index [`unit`] and [`place`].
#[derive(Clone, Debug)]
pub enum Act {
    Open {
        unit: usize,
        by: usize,
        due: Option<i64>,
        keeps: Option<i64>,
    },
    Hand {
        unit: usize,
        from: Option<usize>,
        to: usize,
        due: Option<i64>,
        keeps: Option<i64>,
    },
    Pack {
        unit: usize,
        into: usize,
    },
    Unpack {
        unit: usize,
        by: usize,
        keeps: Option<i64>,
    },
    Step {
        unit: usize,
        due: Option<i64>,
    },
    Close {
        unit: usize,
        lost: bool,
    },
    /// Voids a move of another command of the script, whether that has arrived or not.
    Void {
        unit: usize,
        command: usize,
        n: u32,
    },
    Post {
        from: usize,
        to: usize,
        amount: i64,
    },
}

/// One command of a device: what happened at a minute of its clock.
#[derive(Clone, Debug)]
pub struct Said {
    pub device: usize,
    pub minute: i64,
    pub acts: Vec<Act>,
    /// A rule refuses it.
    pub refused: bool,
    /// When it arrives, once for each sending, in no unit but order.
    pub arrives: Vec<u16>,
}

/// A whole day.
#[derive(Clone, Debug)]
pub struct Script {
    pub said: Vec<Said>,
    /// How many minutes each device's clock is off.
    pub skew: Vec<i64>,
    /// Sizes of the batches in which it is sent, over and over.
    pub batches: Vec<usize>,
    /// The most commands in one transaction.
    pub group: usize,
    /// Before which batches the program is started again.
    pub restarts: Vec<usize>,
    /// Whether all batches are sent without waiting for answers.
    pub at_once: bool,
}

impl Act {
    /// The move, with units by their numbers and commands by theirs.
    pub fn as_move(
        &self,
        unit: impl Fn(usize) -> UnitId,
        command: impl Fn(usize) -> CommandId,
    ) -> Move {
        let due = |due: &Option<i64>| due.map(minute);
        match self {
            Act::Open { unit: u, by, due: d, keeps } => Move::Open {
                unit: unit(*u),
                holder: place(*by),
                step: "sealed".into(),
                deadline: due(d),
                limit: due(keeps),
            },
            Act::Hand { unit: u, from, to, due: d, keeps } => Move::Hand {
                unit: unit(*u),
                giver: from.map(place),
                taker: place(*to),
                step: "carried".into(),
                deadline: due(d),
                limit: due(keeps),
                evidence: None,
            },
            Act::Pack { unit: u, into } => Move::Pack { unit: unit(*u), into: unit(*into) },
            Act::Unpack { unit: u, by, keeps } => Move::Unpack {
                unit: unit(*u),
                holder: place(*by),
                step: "received".into(),
                deadline: None,
                limit: due(keeps),
            },
            Act::Step { unit: u, due: d } => {
                Move::Step { unit: unit(*u), step: "loaded".into(), deadline: due(d) }
            }
            Act::Close { unit: u, lost } => {
                Move::Close { unit: unit(*u), reason: if *lost { LOST } else { "reported" }.into() }
            }
            Act::Void { unit: u, command: c, n } => Move::Void {
                unit: unit(*u),
                target: MomentRef { command: command(*c), n: *n },
                note: "a mistake".into(),
            },
            Act::Post { from, to, amount } => Move::Post {
                commodity: "tubes".into(),
                from: PLACES[*from].into(),
                to: PLACES[*to].into(),
                amount: *amount,
            },
        }
    }
}

const PLACES: [&str; 4] = ["site:S1", "courier:A", "courier:B", "lab:L1"];
pub const DEVICES: usize = 3;
pub const UNITS: usize = 8;

fn place(n: usize) -> HolderCode {
    holder(PLACES[n])
}

/// Tubes, boxes, a vehicle of the next county and a foreign box.
fn unit(n: usize) -> UnitId {
    match n {
        0..3 => tube(n as u32),
        3..6 => container(n as u32),
        6 => UnitId::printed(vehicle(0).kind(), AreaCode::new(220_203).expect("six digits"), 1),
        _ => UnitId::scanned(UnitKind::new('B'), "BD-998-77").expect("a foreign code"),
    }
}

fn act() -> impl Strategy<Value = Act> {
    let due = prop::option::of(0..300_i64);
    let place = 0..PLACES.len();
    prop_oneof![
        3 => (0..UNITS, place.clone(), due.clone(), due.clone())
            .prop_map(|(unit, by, due, keeps)| Act::Open { unit, by, due, keeps }),
        6 => (0..UNITS, prop::option::weighted(0.9, place.clone()), place.clone(), due.clone(),
                due.clone())
            .prop_map(|(unit, from, to, due, keeps)| Act::Hand { unit, from, to, due, keeps }),
        6 => (0..UNITS, 3..UNITS).prop_map(|(unit, into)| Act::Pack { unit, into }),
        2 => (0..UNITS, place.clone(), due.clone())
            .prop_map(|(unit, by, keeps)| Act::Unpack { unit, by, keeps }),
        1 => (0..UNITS, due).prop_map(|(unit, due)| Act::Step { unit, due }),
        2 => (0..UNITS, any::<bool>()).prop_map(|(unit, lost)| Act::Close { unit, lost }),
        2 => (0..UNITS, 0..20_usize, 0..2_u32)
            .prop_map(|(unit, command, n)| Act::Void { unit, command, n }),
        1 => (place.clone(), place, 1..100_i64)
            .prop_map(|(from, to, amount)| Act::Post { from, to, amount }),
    ]
}

pub fn said() -> impl Strategy<Value = Said> {
    (
        0..DEVICES,
        0..240_i64,
        prop::collection::vec(act(), 1..4),
        prop::bool::weighted(0.05),
        prop::collection::vec(0..1_000_u16, 1..3),
    )
        .prop_map(|(device, minute, acts, refused, arrives)| Said {
            device,
            minute,
            acts,
            refused,
            arrives,
        })
}

pub fn script() -> impl Strategy<Value = Script> {
    (
        prop::collection::vec(said(), 1..25),
        prop::collection::vec(-20..20_i64, DEVICES),
        prop::collection::vec(1..6_usize, 1..4),
        prop::sample::select(vec![1_usize, 2, 5, 1_000]),
        prop::collection::vec(0..20_usize, 0..2),
        any::<bool>(),
    )
        .prop_map(|(said, skew, batches, group, restarts, at_once)| Script {
            said,
            skew,
            batches,
            group,
            restarts,
            at_once,
        })
}

impl Script {
    /// The n-th command.
    pub fn command(&self, n: usize) -> Envelope<Command> {
        let said = &self.said[n];
        let happened = self.happened(n);
        let named = |n| numbered_id(MORNING, n as u64);
        let moves = said.acts.iter().map(|act| act.as_move(unit, named)).collect();
        let command = if said.refused { Command::Refuse } else { Command::Say(moves) };
        let mut envelope = envelope(numbered_id(MORNING, n as u64), happened, command);
        envelope.device = Some(format!("phone-{}", said.device));
        envelope.area = area();
        envelope
    }

    fn happened(&self, n: usize) -> Micros {
        let said = &self.said[n];
        minute(said.minute) + Span::minutes(self.skew[said.device])
    }

    /// The commands in the order of their arrival, resent ones included, in batches.
    pub fn batches(&self) -> Vec<Vec<Envelope<Command>>> {
        let mut arrivals: Vec<(u16, usize)> = Vec::new();
        for (n, said) in self.said.iter().enumerate() {
            arrivals.extend(said.arrives.iter().map(|at| (*at, n)));
        }
        arrivals.sort_unstable();
        let mut rest = arrivals.into_iter().map(|(_, n)| self.command(n)).peekable();
        let mut sizes = self.batches.iter().cycle();
        let mut batches = Vec::new();
        while rest.peek().is_some() {
            let size = sizes.next().copied().unwrap_or(1);
            batches.push(rest.by_ref().take(size).collect());
        }
        batches
    }
}
