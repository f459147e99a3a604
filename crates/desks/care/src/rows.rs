//! Rows as the rules see them, and how they are written and read.

mod bedside;

use cases::{Class, Severity};
use registry::identity::Sex;
use serde::{Deserialize, Serialize};
use store::{Row, Value};
use types::{AreaCode, AreaScope, HolderCode, HouseholdId, Micros, PersonId, PlaceCode, UnitId};

use crate::release::Test;
use crate::triage::Condition;
use crate::words::{Admits, BedState, Ended, HomeKind, Kind, Leaving, Level, Stage};

pub use bedside::{CarePlan, Consultation, OrderRow};
pub(crate) use bedside::{
    care_plan_values, consultation_values, order_values, read_care_plan, read_consultation,
    read_order,
};

/// A facility.
#[derive(Clone, Debug, PartialEq)]
pub struct Facility {
    /// Its code as a holder.
    pub code: HolderCode,
    /// Its county.
    pub area: AreaCode,
    /// What it is.
    pub kind: Kind,
    /// Its name in Chinese.
    pub name_zh: String,
    /// Its name in English.
    pub name_en: String,
    /// The areas whose people it takes.
    pub serves: AreaScope,
    /// Where it is.
    pub place: Option<PlaceCode>,
    /// Degrees east and north.
    pub at: Option<(f64, f64)>,
    /// From when it takes people in.
    pub opens_at: Micros,
    /// Until when.
    pub closes_at: Option<Micros>,
    /// How many people it takes in between two plans.
    pub intake: Option<i64>,
    /// Minutes from vacated to disinfected.
    pub turnaround_minutes: i64,
}

impl Facility {
    /// Whether it takes people in at a time.
    pub fn is_open(&self, at: Micros) -> bool {
        at >= self.opens_at && self.closes_at.is_none_or(|end| at < end)
    }
}

/// A ward, with its beds by state.
#[derive(Clone, Debug, PartialEq)]
pub struct Ward {
    /// The facility.
    pub facility: HolderCode,
    /// Its code in it.
    pub code: String,
    /// Its county.
    pub area: AreaCode,
    /// Its name in Chinese.
    pub name_zh: String,
    /// Its name in English.
    pub name_en: String,
    /// The care that it gives.
    pub level: Level,
    /// Whom it admits.
    pub admits: Admits,
    /// Usable places that are held back for the critical.
    pub reserve: i64,
    /// Beds that the facility says it has.
    pub claimed: i64,
    /// Nurses on shift.
    pub nurses: i64,
    /// Patients that one of them looks after.
    pub per_nurse: i64,
    /// Beds by [`BedState`], in the order of its words.
    pub beds: [i64; 5],
}

impl Ward {
    /// Beds in a state.
    pub fn of(&self, state: BedState) -> i64 {
        self.beds[state as usize]
    }

    /// Beds that are set up, those out of use apart.
    pub fn set_up(&self) -> i64 {
        self.beds.iter().sum::<i64>() - self.of(BedState::Out)
    }

    /// People whom the staff on shift can look after.
    pub fn staffed(&self) -> i64 {
        self.nurses.saturating_mul(self.per_nurse)
    }

    /// Places that have a bed and staff.
    pub fn usable(&self) -> i64 {
        self.set_up().min(self.staffed())
    }

    /// Beds that are somebody's.
    pub fn taken(&self) -> i64 {
        self.of(BedState::Held) + self.of(BedState::Occupied)
    }

    /// How many more people it can take: a free bed, and staff for it.
    pub fn room(&self) -> i64 {
        self.of(BedState::Free).min(self.staffed() - self.taken()).max(0)
    }

    /// People beyond what the staff on shift can look after.
    pub fn overfull(&self) -> i64 {
        (self.of(BedState::Occupied) - self.staffed()).max(0)
    }
}

/// A bed.
#[derive(Clone, Debug, PartialEq)]
pub struct Bed {
    /// Which.
    pub id: UnitId,
    /// Whose.
    pub facility: HolderCode,
    /// The ward.
    pub ward: String,
    /// Its label.
    pub label: String,
    /// Its room; empty where rooms are not told apart.
    pub room: String,
    /// Its state.
    pub state: BedState,
    /// Since when.
    pub since: Micros,
    /// By when it is to be disinfected.
    pub due: Option<Micros>,
    /// Who lies in it, or for whom it is held.
    pub episode: Option<UnitId>,
    /// The household of that person.
    pub household: Option<HouseholdId>,
}

/// A bed that is somebody's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InBed {
    /// The bed.
    pub bed: UnitId,
    /// The facility.
    pub facility: HolderCode,
    /// The ward.
    pub ward: String,
    /// Which of the episode's claims it is.
    pub n: i64,
    /// Since when it is held.
    pub held_at: Micros,
    /// Since when the person lies in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub admitted_at: Option<Micros>,
    /// Since when the person lies in this ward, in whichever of its beds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_ward: Option<Micros>,
}

/// What a ward or a look at home has recorded, as far as release asks.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Chart {
    /// Temperatures, the latest last.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub temperatures: Vec<(Micros, f64)>,
    /// Tests that the ward recorded.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tests: Vec<Test>,
    /// Whether the symptoms are much better.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub better: Option<(Micros, bool)>,
    /// Whether the picture is improved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub imaging: Option<(Micros, bool)>,
    /// Why the person stays past the criteria, and since when that was said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kept: Option<(Micros, String)>,
    /// Since when the person has lain in beds, without having left care.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inside: Option<Micros>,
}

/// An episode of care: from a positive to the way home.
#[derive(Clone, Debug, PartialEq)]
pub struct Episode {
    /// Which; its area is the county of the case.
    pub id: UnitId,
    /// The case.
    pub case: UnitId,
    /// Whose.
    pub person: PersonId,
    /// With whom the person lives.
    pub household: Option<HouseholdId>,
    /// Sex.
    pub sex: Option<Sex>,
    /// Age in months at the begin.
    pub age_months: Option<i64>,
    /// Where the person was found.
    pub place: Option<PlaceCode>,
    /// Where it stands.
    pub stage: Stage,
    /// Since when.
    pub stage_since: Micros,
    /// Since when the case is known: from then the wait counts.
    pub since: Micros,
    /// By when the person is to be in care.
    pub deadline: Option<Micros>,
    /// The class.
    pub class: Class,
    /// How grave.
    pub condition: Condition,
    /// The gravest that it ever was.
    pub worst: Option<Severity>,
    /// The bed that the person lies in.
    pub lies: Option<InBed>,
    /// The bed that is held.
    pub held: Option<InBed>,
    /// How many beds there were.
    pub claims: i64,
    /// When the person first came into a bed.
    pub admitted_at: Option<Micros>,
    /// Why the person is at home, and until when.
    pub home: Option<(HomeKind, Option<Micros>)>,
    /// As what the person left care, and when.
    pub left: Option<(Leaving, Micros)>,
    /// How it ended, and when.
    pub ended: Option<(Ended, Micros)>,
    /// What the wards recorded.
    pub chart: Chart,
    /// When somebody last looked.
    pub seen_at: Option<Micros>,
    /// When the person last said from home how they are.
    pub checked_at: Option<Micros>,
    /// Since when a check-in waits for a look.
    pub alarm_at: Option<Micros>,
}

/// Children are those younger than this in the wards' rules of sex: the limit that the cases desk
/// takes where the protocol names none.
const CHILD_UNDER_MONTHS: i64 = 14 * 12;

impl Episode {
    /// The county.
    pub fn area(&self) -> AreaCode {
        self.id.area()
    }

    /// Young enough to stay with an adult.
    pub fn is_child(&self) -> bool {
        self.age_months.is_some_and(|months| months < CHILD_UNDER_MONTHS)
    }

    /// The bed that the person lies in, else the held one.
    pub fn bed(&self) -> Option<&InBed> {
        self.lies.as_ref().or(self.held.as_ref())
    }

    /// When something was last heard of somebody at home: a look, a word, or the arrival there.
    pub fn heard_at(&self) -> Micros {
        let heard = self.seen_at.max(self.checked_at);
        heard.map_or(self.stage_since, |at| at.max(self.stage_since))
    }

    /// Who answers for it.
    pub fn is_queued(&self) -> bool {
        self.stage.is_queued()
    }
}

/// Reads [`crate::tables::FACILITY_BY_CODE`].
pub(crate) fn read_facility(row: &Row) -> store::Result<Facility> {
    let (lon, lat) = (row.opt_real(7)?, row.opt_real(8)?);
    Ok(Facility {
        code: row.holder(0)?,
        area: row.area(1)?,
        kind: row.word(2, "Kind", Kind::parse)?,
        name_zh: row.text(3)?.to_owned(),
        name_en: row.text(4)?.to_owned(),
        serves: row.word(5, "a scope", |text| AreaScope::parse(text).ok())?,
        place: row.opt_text(6)?.and_then(|text| PlaceCode::parse(text).ok()),
        at: lon.zip(lat),
        opens_at: row.time(9)?,
        closes_at: row.opt_time(10)?,
        intake: row.opt_int(11)?,
        turnaround_minutes: row.int(12)?,
    })
}

/// Writes a facility for [`crate::tables::FACILITY_PUT`].
pub(crate) fn facility_values(f: &Facility, values: &mut Vec<Value>) {
    values.extend([
        (&f.code).into(),
        f.area.into(),
        f.kind.as_str().into(),
        f.name_zh.as_str().into(),
        f.name_en.as_str().into(),
        f.serves.to_string().into(),
        f.place.as_ref().into(),
        f.at.map(|(lon, _)| lon).into(),
        f.at.map(|(_, lat)| lat).into(),
        f.opens_at.into(),
        f.closes_at.into(),
        f.intake.into(),
        f.turnaround_minutes.into(),
    ]);
}

/// Reads [`crate::tables::WARD_BY_KEY`].
pub(crate) fn read_ward(row: &Row) -> store::Result<Ward> {
    let mut beds = [0; 5];
    for (n, count) in beds.iter_mut().enumerate() {
        *count = row.int(11 + n)?;
    }
    Ok(Ward {
        facility: row.holder(0)?,
        code: row.text(1)?.to_owned(),
        area: row.area(2)?,
        name_zh: row.text(3)?.to_owned(),
        name_en: row.text(4)?.to_owned(),
        level: row.word(5, "Level", Level::parse)?,
        admits: row.word(6, "Admits", Admits::parse)?,
        reserve: row.int(7)?,
        claimed: row.int(8)?,
        nurses: row.int(9)?,
        per_nurse: row.int(10)?,
        beds,
    })
}

/// Writes a ward for [`crate::tables::WARD_PUT`].
pub(crate) fn ward_values(w: &Ward, values: &mut Vec<Value>) {
    values.extend([
        (&w.facility).into(),
        w.code.as_str().into(),
        w.area.into(),
        w.name_zh.as_str().into(),
        w.name_en.as_str().into(),
        w.level.as_str().into(),
        w.admits.as_str().into(),
        w.reserve.into(),
        w.claimed.into(),
        w.nurses.into(),
        w.per_nurse.into(),
    ]);
    values.extend(w.beds.iter().map(|n| Value::from(*n)));
}

/// Reads [`crate::tables::BED_BY_ID`] and its like.
pub(crate) fn read_bed(row: &Row) -> store::Result<Bed> {
    Ok(Bed {
        id: UnitId::from_bytes(row.id(0)?),
        facility: row.holder(1)?,
        ward: row.text(2)?.to_owned(),
        label: row.text(3)?.to_owned(),
        room: row.text(4)?.to_owned(),
        state: row.word(5, "BedState", BedState::parse)?,
        since: row.time(6)?,
        due: row.opt_time(7)?,
        episode: row.opt_id(8)?.map(UnitId::from_bytes),
        household: row.opt_id(9)?.map(HouseholdId::from_bytes),
    })
}

/// Writes a bed for [`crate::tables::BED_PUT`].
pub(crate) fn bed_values(b: &Bed, values: &mut Vec<Value>) {
    values.extend([
        b.id.area().into(),
        b.id.into(),
        (&b.facility).into(),
        b.ward.as_str().into(),
        b.label.as_str().into(),
        b.room.as_str().into(),
        b.state.as_str().into(),
        b.since.into(),
        b.due.into(),
        b.episode.into(),
        b.household.into(),
    ]);
}

/// Reads [`crate::tables::EPISODE_BY_ID`].
pub(crate) fn read_episode(row: &Row) -> store::Result<Episode> {
    let home = row.opt_text(15)?.and_then(HomeKind::parse);
    let left = row.opt_text(17)?.and_then(Leaving::parse);
    let ended = row.opt_text(19)?.and_then(Ended::parse);
    let rank = row.int(10)?;
    Ok(Episode {
        id: UnitId::from_bytes(row.id(0)?),
        case: UnitId::from_bytes(row.id(1)?),
        person: PersonId::from_bytes(row.id(2)?),
        household: row.opt_id(3)?.map(HouseholdId::from_bytes),
        sex: row.opt_text(4)?.and_then(Sex::from_stored),
        age_months: row.opt_int(5)?,
        place: row.opt_text(6)?.and_then(|text| PlaceCode::parse(text).ok()),
        stage: row.word(7, "Stage", Stage::parse)?,
        stage_since: row.time(8)?,
        class: row.word(9, "Class", Class::parse)?,
        condition: match Condition::of_rank(rank) {
            Some(condition) => condition,
            None => return row.wrong(10, "a condition"),
        },
        worst: row.opt_text(11)?.and_then(Severity::parse),
        since: row.time(12)?,
        deadline: row.opt_time(13)?,
        admitted_at: row.opt_time(14)?,
        home: match home {
            Some(kind) => Some((kind, row.opt_time(16)?)),
            None => None,
        },
        left: left.zip(row.opt_time(18)?),
        ended: ended.zip(row.opt_time(20)?),
        lies: row.opt_json(21)?,
        held: row.opt_json(22)?,
        claims: row.int(23)?,
        chart: row.json(24)?,
        seen_at: row.opt_time(25)?,
        checked_at: row.opt_time(26)?,
        alarm_at: row.opt_time(27)?,
    })
}

/// Writes an episode for [`crate::tables::EPISODE_PUT`].
pub(crate) fn episode_values(e: &Episode, values: &mut Vec<Value>) {
    values.extend([
        e.area().into(),
        e.id.into(),
        e.case.into(),
        e.person.into(),
        e.household.into(),
        e.sex.map(Sex::as_str).into(),
        e.age_months.into(),
        e.place.as_ref().into(),
        e.stage.as_str().into(),
        e.stage_since.into(),
        e.class.as_str().into(),
        e.condition.rank().into(),
        e.worst.map(Severity::as_str).into(),
        e.since.into(),
        e.deadline.into(),
        e.admitted_at.into(),
        e.home.map(|(kind, _)| kind.as_str()).into(),
        e.home.and_then(|(_, until)| until).into(),
        e.left.map(|(leaving, _)| leaving.as_str()).into(),
        e.left.map(|(_, at)| at).into(),
        e.ended.map(|(how, _)| how.as_str()).into(),
        e.ended.map(|(_, at)| at).into(),
        e.lies.as_ref().map_or(Value::Null, Value::json),
        e.held.as_ref().map_or(Value::Null, Value::json),
        e.claims.into(),
        Value::json(&e.chart),
        e.seen_at.into(),
        e.checked_at.into(),
        e.alarm_at.into(),
        e.heard_at().into(),
        e.bed().map(|bed| bed.facility.as_str()).into(),
        e.bed().map(|bed| bed.ward.as_str()).into(),
        e.held.as_ref().map(|bed| bed.facility.as_str()).into(),
    ]);
}
