//! Sweeps: every door of an area is knocked at, and no household disappears: found + absent + refused + not
//! yet = all of them, at every moment, for the whole and for each building and entrance.

use registry::place::{Level as Depth, chain_of};
use serde::{Deserialize, Serialize};
use store::{Row, Value};
use types::{AreaCode, CommandId, HouseholdId, Micros, PlaceCode, Span, UnitId, words};

words! {
    /// What was found behind a door.
    Door {
        /// Nobody has been there yet.
        Todo = "todo",
        /// Somebody opened, and the persons of the list were seen or accounted for.
        Found = "found",
        /// Nobody opened.
        Absent = "absent",
        /// Somebody refused.
        Refused = "refused",
    }
}

/// After how long a door that nobody opened is knocked at again: at another time of the day. A choice of
/// this program.
pub const AGAIN_AFTER: Span = Span::hours(4);
/// Most households of one sweep: a larger area is swept by its buildings or compounds.
pub const MOST_HOMES: usize = 5_000;

/// A household that is to be found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Home {
    /// Which.
    pub household: HouseholdId,
    /// Where: an entrance, a building, a compound.
    pub place: PlaceCode,
    /// Its door.
    pub door: String,
    /// Persons who live there by the registry.
    pub persons: i64,
}

/// A household with what came of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Visited {
    /// It.
    pub home: Home,
    /// What the last visit found.
    pub state: Door,
    /// When that was, and by which command: what was told late does not take back what was later.
    pub last: Option<(Micros, CommandId)>,
    /// How often somebody knocked.
    pub visits: i64,
    /// Persons of the list who were seen.
    pub seen: i64,
    /// Persons who were there and are on no list.
    pub strangers: i64,
    /// When to knock again.
    pub again_at: Option<Micros>,
    /// Who was there last.
    pub actor: String,
    /// What was said.
    pub note: String,
}

/// How many households stand where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Doors {
    /// Nobody has been there yet.
    pub todo: i64,
    /// Found.
    pub found: i64,
    /// Nobody opened.
    pub absent: i64,
    /// Refused.
    pub refused: i64,
}

impl Doors {
    /// All of them.
    pub fn all(&self) -> i64 {
        self.todo + self.found + self.absent + self.refused
    }

    /// Those in one state.
    pub fn of(&self, state: Door) -> i64 {
        match state {
            Door::Todo => self.todo,
            Door::Found => self.found,
            Door::Absent => self.absent,
            Door::Refused => self.refused,
        }
    }

    pub(crate) fn add(&mut self, state: Door, by: i64) {
        match state {
            Door::Todo => self.todo += by,
            Door::Found => self.found += by,
            Door::Absent => self.absent += by,
            Door::Refused => self.refused += by,
        }
    }
}

/// A sweep of an area.
#[derive(Clone, Debug, PartialEq)]
pub struct Sweep {
    /// Which; its area is its county.
    pub id: UnitId,
    /// Where.
    pub place: PlaceCode,
    /// When it was begun.
    pub opened_at: Micros,
    /// By when it is to be done.
    pub due: Option<Micros>,
    /// Households by what was found.
    pub doors: Doors,
    /// Doors that no list has.
    pub strays: i64,
    /// Of these: those that nobody has settled.
    pub open_strays: i64,
    /// When it was closed.
    pub closed_at: Option<Micros>,
    /// What was said.
    pub note: String,
}

impl Sweep {
    /// The county.
    pub fn area(&self) -> AreaCode {
        self.id.area()
    }
}

/// A door that no list has: a dormitory, a shed, a shop where people sleep.
#[derive(Clone, Debug, PartialEq)]
pub struct Stray {
    /// Which.
    pub id: UnitId,
    /// The sweep that found it.
    pub sweep: UnitId,
    /// Where.
    pub place: PlaceCode,
    /// The door, as people say it.
    pub door: String,
    /// How many people were there.
    pub persons: i64,
    /// What was said.
    pub note: String,
    /// When it was found.
    pub at: Micros,
    /// Who found it.
    pub actor: String,
    /// What came of it, and when: they were registered, or nobody lives there.
    pub settled: Option<(Micros, String)>,
}

/// The parts of a sweep in which a home is counted: the area itself, its compound, building and entrance.
pub fn parts_of(sweep: &PlaceCode, home: &PlaceCode) -> Vec<PlaceCode> {
    let chain = chain_of(home);
    let mut parts: Vec<PlaceCode> = chain
        .into_iter()
        .filter(|part| Depth::of(part) >= Some(Depth::Compound) && part != sweep)
        .filter(|part| crate::rows::is_within(part, sweep))
        .collect();
    parts.push(sweep.clone());
    parts
}

fn place(row: &Row, column: usize) -> store::Result<PlaceCode> {
    match PlaceCode::parse(row.text(column)?) {
        Ok(place) => Ok(place),
        Err(_) => row.wrong(column, "a place"),
    }
}

/// Reads [`crate::tables::sweeps::SWEEP_BY_ID`] and its like.
pub(crate) fn read_sweep(row: &Row) -> store::Result<Sweep> {
    Ok(Sweep {
        id: UnitId::from_bytes(row.id(0)?),
        place: place(row, 1)?,
        opened_at: row.time(2)?,
        due: row.opt_time(3)?,
        doors: Doors {
            todo: row.int(4)?,
            found: row.int(5)?,
            absent: row.int(6)?,
            refused: row.int(7)?,
        },
        strays: row.int(8)?,
        open_strays: row.int(9)?,
        closed_at: row.opt_time(10)?,
        note: row.text(11)?.to_owned(),
    })
}

pub(crate) fn sweep_values(s: &Sweep, rows: &mut Vec<Value>) {
    rows.extend([
        s.area().into(),
        s.id.into(),
        (&s.place).into(),
        s.opened_at.into(),
        s.due.into(),
        s.doors.todo.into(),
        s.doors.found.into(),
        s.doors.absent.into(),
        s.doors.refused.into(),
        s.strays.into(),
        s.open_strays.into(),
        s.closed_at.into(),
        s.note.as_str().into(),
    ]);
}

/// Reads [`crate::tables::sweeps::HOME_BY_ID`] and its like.
pub(crate) fn read_home(row: &Row) -> store::Result<(UnitId, Visited)> {
    let home = Home {
        household: HouseholdId::from_bytes(row.id(1)?),
        place: place(row, 2)?,
        door: row.text(3)?.to_owned(),
        persons: row.int(4)?,
    };
    let last = row.opt_time(6)?.zip(row.opt_id(7)?.map(CommandId::from_bytes));
    let visited = Visited {
        home,
        state: row.word(5, "a state", Door::parse)?,
        last,
        visits: row.int(8)?,
        seen: row.int(9)?,
        strangers: row.int(10)?,
        again_at: row.opt_time(11)?,
        actor: row.text(12)?.to_owned(),
        note: row.text(13)?.to_owned(),
    };
    Ok((UnitId::from_bytes(row.id(0)?), visited))
}

pub(crate) fn home_values(sweep: UnitId, v: &Visited, rows: &mut Vec<Value>) {
    rows.extend([
        sweep.area().into(),
        sweep.into(),
        v.home.household.into(),
        (&v.home.place).into(),
        v.home.door.as_str().into(),
        v.home.persons.into(),
        v.state.as_str().into(),
        v.last.map(|(at, _)| at).into(),
        v.last.map(|(_, command)| command).into(),
        v.visits.into(),
        v.seen.into(),
        v.strangers.into(),
        v.again_at.into(),
        v.actor.as_str().into(),
        v.note.as_str().into(),
    ]);
}

/// Reads [`crate::tables::sweeps::STRAY_BY_ID`] and its like.
pub(crate) fn read_stray(row: &Row) -> store::Result<Stray> {
    let settled =
        row.opt_time(8)?.map(|at| Ok::<_, store::StoreError>((at, row.text(9)?.to_owned())));
    Ok(Stray {
        id: UnitId::from_bytes(row.id(0)?),
        sweep: UnitId::from_bytes(row.id(1)?),
        place: place(row, 2)?,
        door: row.text(3)?.to_owned(),
        persons: row.int(4)?,
        note: row.text(5)?.to_owned(),
        at: row.time(6)?,
        actor: row.text(7)?.to_owned(),
        settled: settled.transpose()?,
    })
}

pub(crate) fn stray_values(s: &Stray, rows: &mut Vec<Value>) {
    rows.extend([
        s.sweep.area().into(),
        s.id.into(),
        s.sweep.into(),
        (&s.place).into(),
        s.door.as_str().into(),
        s.persons.into(),
        s.note.as_str().into(),
        s.at.into(),
        s.actor.as_str().into(),
        s.settled.as_ref().map(|(at, _)| *at).into(),
        s.settled.as_ref().map_or("", |(_, note)| note.as_str()).into(),
    ]);
}
