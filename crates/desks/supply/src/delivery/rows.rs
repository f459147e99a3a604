//! Passes, gates and batches as the rules see them, and how they are written and read.

use std::collections::HashSet;

use registry::command::SealedIdentity;
use store::{Row, Value};
use types::{AreaCode, HolderCode, Micros, PersonId, PlaceCode, UnitId, words};

use super::command::NewStop;
use super::lies_in;
use crate::rows::{Rows, place};

words! {
    /// Where a batch stands.
    BatchState {
        /// Planned; it has not left.
        Planned = "planned",
        /// On its way.
        Out = "out",
        /// Everything in it was handed over, or came back.
        Done = "done",
        /// It never left.
        Dissolved = "dissolved",
    }
}

/// A driver's pass, or a volunteer's registration: who may go where, from and until when, and what ends it.
#[derive(Clone, Debug, PartialEq)]
pub struct Pass {
    /// Which; its area is the county that gave it.
    pub id: UnitId,
    /// The vehicle, or the volunteer, as a holder.
    pub vehicle: HolderCode,
    /// Its plate.
    pub plate: String,
    /// The driver, or the volunteer, as a person.
    pub driver: PersonId,
    /// Where they live.
    pub home: Option<PlaceCode>,
    /// What the vehicle carries, in grams.
    pub carries: i64,
    /// Whether it is cooled.
    pub cold: bool,
    /// Where it may go.
    pub places: Vec<PlaceCode>,
    /// From when.
    pub from: Micros,
    /// Until when.
    pub until: Micros,
    /// When and why it was taken away.
    pub withdrawn: Option<(Micros, String)>,
    /// Of a volunteer: who vouches.
    pub vouched: String,
    /// Of a volunteer who is not registered: name and telephone, sealed for [`Pass::driver`].
    pub identity: Option<SealedIdentity>,
}

impl Pass {
    /// Whether it is a volunteer's registration.
    pub fn is_volunteers(&self) -> bool {
        self.vehicle.kind() == super::VOLUNTEER
    }

    /// Whether it holds at a time.
    pub fn holds(&self, at: Micros) -> bool {
        self.withdrawn.is_none() && (self.from..self.until).contains(&at)
    }

    /// Whether the driver may be at a place at a time.
    pub fn lets(&self, place: &PlaceCode, at: Micros) -> bool {
        self.holds(at) && self.places.iter().any(|around| lies_in(place, around))
    }
}

/// Reads [`crate::tables::delivery::PASS_BY_ID`].
pub(crate) fn read_pass(row: &Row) -> store::Result<Pass> {
    let withdrawn = match row.opt_time(10)? {
        Some(at) => Some((at, row.text(11)?.to_owned())),
        None => None,
    };
    Ok(Pass {
        id: UnitId::from_bytes(row.id(0)?),
        vehicle: row.holder(1)?,
        plate: row.text(2)?.to_owned(),
        driver: PersonId::from_bytes(row.id(3)?),
        home: match row.opt_text(4)? {
            None => None,
            Some(_) => Some(place(row, 4)?),
        },
        carries: row.int(5)?,
        cold: row.flag(6)?,
        places: row.json(7)?,
        from: row.time(8)?,
        until: row.time(9)?,
        withdrawn,
        vouched: row.text(12)?.to_owned(),
        identity: row.opt_json(13)?,
    })
}

pub(crate) fn pass_values(p: &Pass, values: &mut Vec<Value>) {
    values.extend([
        p.id.area().into(),
        p.id.into(),
        (&p.vehicle).into(),
        p.plate.as_str().into(),
        p.driver.into(),
        p.home.as_ref().map(PlaceCode::as_str).into(),
        p.carries.into(),
        p.cold.into(),
        Value::json(&p.places),
        p.from.into(),
        p.until.into(),
        p.withdrawn.as_ref().map(|(at, _)| *at).into(),
        p.withdrawn.as_ref().map_or("", |(_, reason)| reason.as_str()).into(),
        p.vouched.as_str().into(),
        p.identity.as_ref().map_or(Value::Null, Value::json),
    ]);
}

/// When a gate takes deliveries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gate {
    /// The place.
    pub place: PlaceCode,
    /// From which minute of the day.
    pub opens: i64,
    /// Until which minute of the day.
    pub closes: i64,
    /// Why nobody gets there; empty where somebody does.
    pub blocked: String,
}

/// Reads [`crate::tables::delivery::GATES_OF_AREA`].
pub(crate) fn read_gate(row: &Row) -> store::Result<Gate> {
    Ok(Gate {
        place: place(row, 0)?,
        opens: row.int(1)?,
        closes: row.int(2)?,
        blocked: row.text(3)?.to_owned(),
    })
}

pub(crate) fn gate_values(g: &Gate, values: &mut Vec<Value>) {
    values.extend([
        registry::place::area_of(&g.place).into(),
        (&g.place).into(),
        g.opens.into(),
        g.closes.into(),
        g.blocked.as_str().into(),
    ]);
}

/// Where what a shop packs leaves from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dock {
    /// The county.
    pub area: AreaCode,
    /// The shop.
    pub shop: HolderCode,
    /// The sorting centre; none: from the shop.
    pub at: Option<HolderCode>,
}

/// Reads [`crate::tables::delivery::DOCKS_OF_AREA`].
pub(crate) fn read_dock(row: &Row) -> store::Result<Dock> {
    Ok(Dock {
        area: row.area(0)?,
        shop: row.holder(1)?,
        at: match row.opt_text(2)? {
            None => None,
            Some(_) => Some(row.holder(2)?),
        },
    })
}

pub(crate) fn dock_values(d: &Dock, values: &mut Vec<Value>) {
    values.extend([d.area.into(), (&d.shop).into(), d.at.as_ref().map(HolderCode::as_str).into()]);
}

/// Orders that go together from a shop, or from a sorting centre's dock, to gates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// Which; its area is that of the shop.
    pub id: UnitId,
    /// The shop or the sorting centre that it leaves.
    pub shop: HolderCode,
    /// The pass.
    pub pass: UnitId,
    /// The vehicle.
    pub vehicle: HolderCode,
    /// Where it stands.
    pub state: BatchState,
    /// When it leaves, as planned.
    pub leaves_at: Micros,
    /// When it left.
    pub left_at: Option<Micros>,
    /// What it weighs, in grams.
    pub weight: i64,
    /// Where it goes, in order.
    pub stops: Vec<NewStop>,
    /// At which stops the vehicle has been.
    pub been: Vec<PlaceCode>,
    /// How many of its orders are still in it.
    pub open: i64,
    /// Why it has to be planned anew; empty when it has not.
    pub stale: String,
}

impl Batch {
    /// When it is at its last stop, as planned.
    pub fn ends_at(&self) -> Micros {
        self.stops.last().map_or(self.leaves_at, |stop| stop.at)
    }
}

/// Reads [`crate::tables::delivery::BATCH_BY_ID`].
pub(crate) fn read_batch(row: &Row) -> store::Result<Batch> {
    Ok(Batch {
        id: UnitId::from_bytes(row.id(0)?),
        shop: row.holder(1)?,
        pass: UnitId::from_bytes(row.id(2)?),
        vehicle: row.holder(3)?,
        state: row.word(4, "BatchState", BatchState::parse)?,
        leaves_at: row.time(5)?,
        left_at: row.opt_time(6)?,
        weight: row.int(7)?,
        stops: row.json(8)?,
        been: row.json(9)?,
        open: row.int(10)?,
        stale: row.text(11)?.to_owned(),
    })
}

pub(crate) fn batch_values(b: &Batch, values: &mut Vec<Value>) {
    values.extend([
        b.id.area().into(),
        b.id.into(),
        (&b.shop).into(),
        b.pass.into(),
        (&b.vehicle).into(),
        b.state.as_str().into(),
        b.leaves_at.into(),
        b.left_at.into(),
        b.weight.into(),
        Value::json(&b.stops),
        Value::json(&b.been),
        b.open.into(),
        b.stale.as_str().into(),
    ]);
}

/// The passes, gates and batches that one group of commands touches.
#[derive(Clone, Debug, Default)]
pub(crate) struct Yard {
    pub passes: Rows<UnitId, Pass>,
    /// Of a county in `gated` all.
    pub gates: Rows<PlaceCode, Gate>,
    pub gated: HashSet<AreaCode>,
    /// Of a county in `gated` all.
    pub docks: Rows<HolderCode, Dock>,
    pub batches: Rows<UnitId, Batch>,
    /// Which order is in which batch, and whether it still is.
    pub slots: Rows<(UnitId, UnitId), bool>,
    /// Counties whose valid passes and planned batches are loaded.
    pub planned: HashSet<AreaCode>,
    /// Batches whose orders are.
    pub filled: HashSet<UnitId>,
    /// Volunteers whose registrations are loaded, and those whose orders are.
    pub carriers: HashSet<HolderCode>,
    pub carrying: HashSet<HolderCode>,
    /// Drivers whose passes are.
    pub drivers: HashSet<PersonId>,
    /// Where persons live, by the registry.
    pub lives: std::collections::HashMap<PersonId, Option<PlaceCode>>,
}

impl Yard {
    /// The sorting centre that a shop hands over to.
    pub(crate) fn dock_of(&self, shop: &HolderCode) -> Option<&HolderCode> {
        self.docks.get(shop)?.at.as_ref()
    }

    /// The loaded batches that have not left and that a question picks.
    pub(crate) fn planned(&self, wanted: impl Fn(&Batch) -> bool) -> Vec<&Batch> {
        let mut found: Vec<&Batch> = self
            .batches
            .iter()
            .map(|(_, batch)| batch)
            .filter(|batch| batch.state == BatchState::Planned && wanted(batch))
            .collect();
        found.sort_by_key(|batch| batch.id);
        found
    }

    /// The loaded passes that hold and that a question picks.
    pub(crate) fn valid(&self, wanted: impl Fn(&Pass) -> bool) -> Vec<&Pass> {
        let mut found: Vec<&Pass> = self
            .passes
            .iter()
            .map(|(_, pass)| pass)
            .filter(|pass| pass.withdrawn.is_none() && wanted(pass))
            .collect();
        found.sort_by_key(|pass| pass.id);
        found
    }
}
