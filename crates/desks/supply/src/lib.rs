//! The supply desk: what there is to eat, who brings it, and that no household is forgotten.
//!
//! Goods are lots at places: wholesale markets, sorting centres, shops, gates. Every gram and every piece
//! moves by double entry: from outside to a place, from a place to the road, from the road to the next place,
//! at last to a household; or it is lost, or missing, by name. Nothing appears or vanishes.
//!
//! Whoever is under restriction has a date by which food is due, and one for medicine where somebody takes
//! any. Served + not due + overdue = all of them, by counters and by lists.
//!
//! - A lot is a unit of the kind [`LOT`] that the county's desk answers for, with its date as the clock.
//! - A shipment is a unit of the kind [`SHIPMENT`]: whoever drives it answers for it until it is received,
//!   and the desk for what it lacked until that is explained.
//! - A complaint is a unit of the kind [`COMPLAINT`], with the clock of its answer.
//! - An order is a unit of the kind [`ORDER`], a group purchase one of the kind [`GROUP`]: see [`Stage`].
//!
//! # What other desks build on
//!
//! Zones say how households come by their supplies: [`Mode`], by [`Command::SetMode`] or in the same entry as
//! a zone's own fact through [`Supply::react`].

pub mod allocate;
mod apply;
mod command;
pub mod delivery;
mod event;
mod flush;
mod load;
mod orders;
mod photos;
pub mod reassign;
mod rows;
mod rules;
mod state;
pub mod tables;
pub mod unmet;
pub mod views;
mod words;

use std::sync::Arc;

use ledger::{Accepted, Asked, Decision, Desk, Entry, Result, Units, in_turn};
use protocol::Protocol;
use store::{Connection, Schema};
use types::{AreaCode, Micros, PersonId, PlaceCode, Refusal, Span, UnitKind};

pub use command::{
    Allot, Command, Contact, HandOut, Item, Line, Part, PutMedicine, PutSite, Renewal, Send,
    SetMode, Share, TakeIn, complaint_id, lot_id, renewal_id, shipment_id,
};
pub use delivery::{
    Batch, BatchState, Batched, DeliveryCommand, DeliveryEvent, Dock, Gate, GivePass, NewBatch,
    NewStop, Pass, PassGiven, RegisterVolunteer, VolunteerWho, batch_id, pass_id,
};
pub use event::{Event, Home, ModeSet, Sent, TakenIn};
pub use orders::{
    Group, GroupOpened, GroupState, Instead, OpenGroup, Order, OrderCommand, OrderEvent, Ordered,
    Place, Placed, Proof, Question, Short, Stage, Via, Want, group_id, order_id, pack_for,
};
pub use orders::{PACK_DAYS, PACK_DAYS_AT_MOST};
pub use photos::{
    Came, Image, PHOTO_BYTES, PHOTO_KEPT, PHOTO_WITHIN, Photo, PhotoHash, not_expected, photo_of,
};
pub use rows::{Complaint, Household, Lot, Medicine, Priced, Serves, Shipment, Site};
pub use state::State;
pub use unmet::{Lack, Reason, Wait};
pub use words::{
    About, Due, Good, LossWhy, Measure, Mode, Need, Origin, ServesWhy, ShipState, SiteKind,
    Standing,
};

/// A lot of goods.
pub const LOT: UnitKind = UnitKind::new('G');
/// Goods on the road.
pub const SHIPMENT: UnitKind = UnitKind::new('H');
/// A complaint.
pub const COMPLAINT: UnitKind = UnitKind::new('Q');

/// A household's order.
pub const ORDER: UnitKind = UnitKind::new('N');
/// A group purchase.
pub const GROUP: UnitKind = UnitKind::new('U');
/// A batch of orders on its way to gates.
pub const BATCH: UnitKind = UnitKind::new('Y');
/// The renewal of a prescription that was asked for.
pub const RENEWAL: UnitKind = UnitKind::new('M');
/// A driver's pass.
pub const PASS: UnitKind = UnitKind::new('P');

/// Most households of one command.
pub const MOST_HOUSEHOLDS: usize = 20_000;
/// Most lines of a shipment, items of a list, shares of a donation.
pub const MOST_LINES: usize = 500;
/// Most of anything in one movement, in grams or pieces: 10,000 tonnes.
pub const MOST_AMOUNT: i64 = 10_000_000_000;

/// When food is due for the first time after a restriction began: a setting of this program.
pub const FIRST_WITHIN: Span = Span::hours(24);
/// How often food is due: the shortest that `zone.food` names for whoever may go shopping (2 to 3 days), also
/// for those who may not.
pub const EVERY: Span = Span::days(2);
/// How long before its last dose a medicine is to be there: a setting of this program.
pub const MEDICINE_AHEAD: Span = Span::days(2);
/// By when it is answered that nothing came: a setting of this program.
pub const UNMET_WITHIN: Span = Span::hours(4);
/// By when any other complaint is answered: a setting of this program.
pub const ANSWER_WITHIN: Span = Span::hours(24);
/// For how many days a prescription is at most: twelve weeks, by the rules for long prescriptions of 2021 (recalled, not
/// read). A setting of this program.
pub const MOST_PRESCRIBED: i64 = 84;
/// By when it is explained what a shipment lacked: a setting of this program.
pub const EXPLAIN_WITHIN: Span = Span::hours(24);
/// For how many households one shop is wanted: a setting of this program, in the order of what Jilin City had
/// (1,400 shops for a city of some 1.4 million households).
pub const PER_SHOP: i64 = 1_000;
/// Fewer days of cover than these are an alarm: a setting of this program.
pub const ALARM_DAYS: f64 = 3.0;

/// By when a medicine is to be there.
pub fn bring_by(last_dose: Micros) -> Micros {
    Micros(last_dose.0.saturating_sub(MEDICINE_AHEAD.0))
}

/// Something that happened elsewhere and concerns this desk.
#[derive(Clone, Debug, PartialEq)]
pub enum Reaction {
    /// A place is locked, controlled or free from now on.
    Zoned {
        /// How its households are supplied.
        set: SetMode,
        /// Places inside it for which something else holds.
        inner: Vec<PlaceCode>,
    },
    /// People were registered: `people` of each home are those that are new.
    Registered(Vec<Home>),
    /// These are found positive: they bring nobody's food any more, and where they work it closes.
    Positive(Vec<PersonId>),
    /// People left their homes: of each `people`.
    Left(Vec<Home>),
    /// These died, each with the county in which they are registered, or live after all.
    Died(Vec<(AreaCode, PersonId)>),
    /// See [`Reaction::Died`].
    Alive(Vec<(AreaCode, PersonId)>),
}

/// The desk with the protocol that it works by.
#[derive(Clone, Debug)]
pub struct Supply {
    protocol: Arc<Protocol>,
}

impl Supply {
    /// The desk under a protocol.
    pub fn new(protocol: Arc<Protocol>) -> Supply {
        Supply { protocol }
    }

    /// Loads what reactions concern.
    ///
    /// # Errors
    /// [`ledger::LedgerError`] when the store fails.
    pub async fn load_reactions(
        &self,
        db: &mut Connection,
        units: &mut Units,
        state: &mut State,
        reactions: &[Reaction],
    ) -> Result<()> {
        let mut wanted = load::Wanted::default();
        let mut homes: Vec<Home> = Vec::new();
        for reaction in reactions {
            match reaction {
                Reaction::Zoned { set, .. } => {
                    wanted.counties.push(registry::place::area_of(&set.place));
                    wanted.modes.push(set.place.clone());
                    wanted.lived_in.push(set.place.clone());
                    wanted.planned_in.push(registry::place::area_of(&set.place));
                    wanted.withdraws = true;
                }
                Reaction::Positive(drivers) => {
                    wanted.drivers.extend(drivers);
                    wanted.workers.extend(drivers);
                    wanted.withdraws = true;
                }
                Reaction::Registered(of) | Reaction::Left(of) => homes.extend(of.iter().cloned()),
                Reaction::Died(persons) | Reaction::Alive(persons) => {
                    state.load_homes_of(db, persons).await?;
                    let known = persons.iter().filter_map(|(_, who)| state.homes_of.get(who));
                    homes.extend(known.cloned());
                }
            }
        }
        if !homes.is_empty() {
            let chains = homes.iter().flat_map(|home| registry::place::chain_of(&home.place));
            let first = load::Wanted { modes: chains.collect(), ..load::Wanted::default() };
            state.load(db, units, first).await?;
            // Where nobody is under restriction, nobody has to be looked up.
            for home in homes.iter().filter(|home| state.is_watched(&home.place)) {
                let area = registry::place::area_of(&home.place);
                wanted.households.push((area, home.id));
                wanted.homes.push((area, home.id));
            }
        }
        state.load(db, units, wanted).await
    }

    /// What follows from what happened elsewhere. A zone stands whatever this desk makes of it: what is
    /// missing for it is a remark. Load it first.
    ///
    /// # Errors
    /// [`Refusal`] when a place is none.
    pub fn react<C>(
        &self,
        units: &Units,
        state: &State,
        asked: Asked<'_, C>,
        now: Micros,
        reactions: &[Reaction],
    ) -> std::result::Result<Decision<Event>, Refusal> {
        let edition = self.protocol.at(asked.event_time, asked.area);
        let entry = asked.entry(now);
        in_turn(
            state,
            reactions,
            |seen, reaction| {
                let facts = rules::Facts { units, state: seen, asked, edition };
                match reaction {
                    Reaction::Zoned { set, inner } => rules::zoned(&facts, set, inner),
                    Reaction::Registered(homes) => Ok(rules::registered(&facts, homes)),
                    Reaction::Positive(persons) => {
                        let mut decision = delivery::drivers_positive(&facts, persons);
                        decision.join(rules::staff_positive(&facts, persons));
                        Ok(decision)
                    }
                    Reaction::Left(homes) => Ok(rules::left(&facts, homes)),
                    Reaction::Died(persons) => Ok(rules::left(&facts, &seen.homes_of(persons))),
                    Reaction::Alive(persons) => {
                        Ok(rules::registered(&facts, &seen.homes_of(persons)))
                    }
                }
            },
            |copy, event| apply::apply(copy, &entry, event),
        )
    }
}

impl Desk for Supply {
    type Command = Command;
    type Event = Event;
    type State = State;

    fn schemas(&self) -> Vec<Schema> {
        vec![tables::SCHEMA]
    }

    fn kind(&self, command: &Command) -> &'static str {
        command.kind()
    }

    async fn load_commands(
        &self,
        db: &mut Connection,
        units: &mut Units,
        state: &mut State,
        commands: &[Asked<'_, Command>],
    ) -> Result<()> {
        let mut wanted = load::Wanted::default();
        commands.iter().for_each(|asked| wanted.of_command(*asked));
        state.load(db, units, wanted).await
    }

    async fn load_events(
        &self,
        db: &mut Connection,
        units: &mut Units,
        state: &mut State,
        accepted: &[Accepted<'_, Event>],
    ) -> Result<()> {
        let mut wanted = load::Wanted::default();
        for one in accepted {
            one.events.iter().for_each(|event| wanted.of_event(one.entry, event));
        }
        state.load(db, units, wanted).await
    }

    fn decide(
        &self,
        units: &Units,
        state: &State,
        asked: Asked<'_, Command>,
        _now: Micros,
    ) -> std::result::Result<Decision<Event>, Refusal> {
        rules::decide(&self.protocol, units, state, asked)
    }

    fn apply(&self, _units: &Units, state: &mut State, entry: &Entry, event: &Event) {
        apply::apply(state, entry, event);
    }

    async fn flush(&self, db: &mut Connection, state: &mut State) -> Result<()> {
        state.flush(db).await
    }
}

/// Whether a price is above a limit, which is in fen for 500 g, or for a piece.
pub fn is_over(item: &Item, limit: i64) -> bool {
    let per = match item.good.measure() {
        Measure::Grams => 500,
        Measure::Pieces => 1,
    };
    i128::from(item.fen) * per > i128::from(limit) * i128::from(item.amount)
}
