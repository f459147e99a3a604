//! Rows as the rules see them, and how they are written and read.

use std::collections::BTreeMap;

use registry::command::SealedIdentity;
use registry::seal::{BlindIndex, Sealed};
use serde::{Deserialize, Serialize};
use store::{Row, Value};
use types::{AreaCode, HolderCode, HouseholdId, Micros, PersonId, PlaceCode, UnitId};

use crate::schedule::Schedule;
use crate::words::{Degree, Ended, NoInvestigation, Progress, Question, Setting, Stage};

/// The core information of an interview.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Core(pub BTreeMap<Question, String>);

impl Core {
    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes over what another says; an empty answer takes back.
    pub(crate) fn join(&mut self, other: &Core) {
        for (question, answer) in &other.0 {
            if answer.is_empty() {
                self.0.remove(question);
            } else {
                self.0.insert(*question, answer.clone());
            }
        }
    }
}

/// A stay at a place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stay {
    /// Its number in the investigation, from 1.
    pub n: u32,
    /// From when.
    pub from: Micros,
    /// Until when.
    pub until: Micros,
    /// A place of the registry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<PlaceCode>,
    /// What people call it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// What kind of place.
    pub setting: Setting,
    /// Anything said.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

impl Stay {
    /// By which two stays are at one place: the code of the place, else its name without spaces and
    /// case. Names that are spelt differently are two places.
    pub fn key(&self) -> String {
        match &self.place {
            Some(place) => place.as_str().to_owned(),
            None => {
                self.name.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_lowercase()
            }
        }
    }

    /// Whether two stays overlap in time.
    pub fn meets(&self, other: &Stay) -> bool {
        self.from <= other.until && other.from <= self.until
    }
}

/// An investigation.
#[derive(Clone, Debug, PartialEq)]
pub struct Investigation {
    /// Which; its area is the county of the case.
    pub id: UnitId,
    /// The case.
    pub case: UnitId,
    /// Whose.
    pub person: PersonId,
    /// The county of the person's record in the registry.
    pub person_area: Option<AreaCode>,
    /// Where the person lives or stays.
    pub place: Option<PlaceCode>,
    /// Since when the case is known.
    pub since: Micros,
    /// The day of the first symptom.
    pub onset: Option<Micros>,
    /// From when the look-back counts.
    pub anchor: Micros,
    /// How far it has come.
    pub progress: Progress,
    /// How far it had come before it came to nothing.
    pub before: Option<Progress>,
    /// By when investigators are to be on site.
    pub on_site_due: Option<Micros>,
    /// When they were.
    pub on_site_at: Option<Micros>,
    /// By when the core information is to be there.
    pub core_due: Option<Micros>,
    /// When it was.
    pub core_at: Option<Micros>,
    /// By when the full report is to be there.
    pub report_due: Option<Micros>,
    /// When it was.
    pub report_at: Option<Micros>,
    /// The team that has taken it over.
    pub team: Option<HolderCode>,
    /// The core information.
    pub core: Core,
    /// How many stays were ever entered.
    pub stays: i64,
    /// How many contacts name this case as their source.
    pub contacts: i64,
    /// The follow-up of the same person, when the case was a known contact.
    pub contact: Option<UnitId>,
    /// Why it came to nothing, and when.
    pub ended: Option<(NoInvestigation, Micros)>,
    /// The case that stands instead.
    pub keep: Option<UnitId>,
    /// The report in short.
    pub summary: String,
}

impl Investigation {
    /// The county.
    pub fn area(&self) -> AreaCode {
        self.id.area()
    }

    /// By when the next thing is to be done.
    pub fn due(&self) -> Option<Micros> {
        match self.progress {
            Progress::Opened => self.on_site_due,
            Progress::OnSite => self.core_due,
            Progress::Core => self.report_due,
            Progress::Reported | Progress::Closed => None,
        }
    }
}

/// Whom a contact met.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Source {
    /// The case, or the close contact.
    pub unit: UnitId,
    /// Where they met.
    pub setting: Setting,
    /// The stay of the source's investigation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stay: Option<u32>,
    /// When they first met in the time that counts.
    pub first: Micros,
    /// When they last met.
    pub last: Micros,
    /// Anything said.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// It does not stand: the case was none.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub void: bool,
    /// The definition was set aside, and why.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

impl Source {
    /// Whether it is a case, and no contact.
    pub fn is_case(&self) -> bool {
        self.unit.kind() == cases::CASE
    }

    /// Takes over what another record of the same source says.
    pub(crate) fn join(&mut self, other: &Source) {
        self.first = self.first.min(other.first);
        if other.last >= self.last {
            self.last = other.last;
            self.setting = other.setting;
            self.stay = other.stay.or(self.stay);
        }
        if !other.note.is_empty() {
            self.note.clone_from(&other.note);
        }
        if !other.reason.is_empty() {
            self.reason.clone_from(&other.reason);
        }
        self.void &= other.void;
    }
}

/// A nucleic acid test of somebody under observation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Test {
    /// When the sample was taken.
    pub at: Micros,
    /// The day of it.
    pub day: Micros,
    /// What it says.
    pub positive: bool,
    /// The tube's code, or the laboratory.
    pub source: String,
}

/// A county that was asked to follow somebody.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// Which of the follow-up's requests, from 0.
    pub n: i64,
    /// Who asked.
    pub from: AreaCode,
    /// Who is asked.
    pub to: AreaCode,
    /// When.
    pub at: Micros,
    /// By when an answer is due.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Micros>,
}

/// The follow-up of somebody who met an infection.
#[derive(Clone, Debug, PartialEq)]
pub struct Contact {
    /// Which; its area is the county that named the person first.
    pub id: UnitId,
    /// Which follow-up of this person it is, from 0.
    pub n: i64,
    /// Who.
    pub person: PersonId,
    /// The county of the person's record in the registry.
    pub person_area: Option<AreaCode>,
    /// The personal data of somebody whom the registry does not have.
    pub identity: Option<SealedIdentity>,
    /// With whom the person lives.
    pub household: Option<HouseholdId>,
    /// Where the person lives or stays.
    pub place: Option<PlaceCode>,
    /// The county that follows the person.
    pub county: AreaCode,
    /// How near.
    pub degree: Degree,
    /// Where it stands.
    pub stage: Stage,
    /// Since when.
    pub since: Micros,
    /// Where it stood before it ended.
    pub before: Option<Stage>,
    /// When the person was named.
    pub named_at: Micros,
    /// By when the person is to be kept apart.
    pub deadline: Option<Micros>,
    /// When the person first met one of the sources that stand.
    pub first: Micros,
    /// When the person last met one of them.
    pub last: Micros,
    /// No source stands: there is no ground to keep the person.
    pub unfounded: bool,
    /// The site.
    pub site: Option<HolderCode>,
    /// The room.
    pub room: String,
    /// Since when the person is kept apart.
    pub arrived_at: Option<Micros>,
    /// Until when, and when tests are due.
    pub schedule: Option<Schedule>,
    /// Tests, by the time of the sample.
    pub tests: Vec<Test>,
    /// The day of the last look.
    pub checked: Option<Micros>,
    /// Whether the person was ill at the last look.
    pub ill: bool,
    /// The day of the next test.
    pub test_due: Option<Micros>,
    /// The day of the next look.
    pub check_due: Option<Micros>,
    /// The day on which it is over.
    pub release_due: Option<Micros>,
    /// Another county is asked, and has not answered.
    pub request: Option<Request>,
    /// How many requests there were.
    pub requests: i64,
    /// The case that the person became.
    pub case: Option<UnitId>,
    /// The import and the row.
    pub origin: String,
    /// How it ended, and when.
    pub ended: Option<(Ended, Micros)>,
}

impl Contact {
    /// The community by which lists are cut: twelve digits, or nothing.
    pub fn community(&self) -> &str {
        let place = self.place.as_ref().map_or("", PlaceCode::as_str);
        let digits = place.split('-').next().unwrap_or("");
        if digits.len() == 12 { digits } else { "" }
    }

    /// Whether somebody still has to act.
    pub fn is_open(&self) -> bool {
        self.stage.is_open()
    }
}

fn place(row: &Row, column: usize) -> store::Result<Option<PlaceCode>> {
    Ok(row.opt_text(column)?.and_then(|text| PlaceCode::parse(text).ok()))
}

fn area(row: &Row, column: usize) -> store::Result<Option<AreaCode>> {
    Ok(row.opt_int(column)?.map(AreaCode::from_stored))
}

fn holder(row: &Row, column: usize) -> store::Result<Option<HolderCode>> {
    Ok(row.opt_text(column)?.and_then(|text| HolderCode::parse(text).ok()))
}

/// Reads [`crate::tables::INVESTIGATION_BY_ID`] and its like.
pub(crate) fn read_investigation(row: &Row) -> store::Result<Investigation> {
    let ended = row.opt_text(21)?.and_then(NoInvestigation::parse);
    Ok(Investigation {
        id: UnitId::from_bytes(row.id(0)?),
        case: UnitId::from_bytes(row.id(1)?),
        person: PersonId::from_bytes(row.id(2)?),
        person_area: area(row, 3)?,
        place: place(row, 4)?,
        since: row.time(5)?,
        onset: row.opt_time(6)?,
        anchor: row.time(7)?,
        progress: row.word(8, "Progress", Progress::parse)?,
        before: row.opt_text(9)?.and_then(Progress::parse),
        on_site_due: row.opt_time(10)?,
        on_site_at: row.opt_time(11)?,
        core_due: row.opt_time(12)?,
        core_at: row.opt_time(13)?,
        report_due: row.opt_time(14)?,
        report_at: row.opt_time(15)?,
        team: holder(row, 16)?,
        core: row.json(17)?,
        stays: row.int(18)?,
        contacts: row.int(19)?,
        contact: row.opt_id(20)?.map(UnitId::from_bytes),
        ended: ended.zip(row.opt_time(22)?),
        keep: row.opt_id(23)?.map(UnitId::from_bytes),
        summary: row.text(24)?.to_owned(),
    })
}

/// Writes an investigation for [`crate::tables::INVESTIGATION_PUT`].
pub(crate) fn investigation_values(i: &Investigation, values: &mut Vec<Value>) {
    values.extend([
        i.area().into(),
        i.id.into(),
        i.case.into(),
        i.person.into(),
        i.person_area.into(),
        i.place.as_ref().into(),
        i.since.into(),
        i.onset.into(),
        i.anchor.into(),
        i.progress.as_str().into(),
        i.before.map(Progress::as_str).into(),
        i.on_site_due.into(),
        i.on_site_at.into(),
        i.core_due.into(),
        i.core_at.into(),
        i.report_due.into(),
        i.report_at.into(),
        i.team.as_ref().into(),
        Value::json(&i.core),
        i.stays.into(),
        i.contacts.into(),
        i.contact.into(),
        i.ended.map(|(why, _)| why.as_str()).into(),
        i.ended.map(|(_, at)| at).into(),
        i.keep.into(),
        i.summary.as_str().into(),
        // An edition without a pace has no clock: such investigations are at the end of the list.
        i.progress.is_open().then(|| i.due().unwrap_or(Micros::MAX)).into(),
    ]);
}

/// Reads [`crate::tables::CONTACT_BY_ID`] and its like.
pub(crate) fn read_contact(row: &Row) -> store::Result<Contact> {
    let ended = row.opt_text(36)?.and_then(Ended::parse);
    let birth_year = row.opt_int(8)?.and_then(|year| u16::try_from(year).ok());
    let identity = row.opt_bytes(5)?.map(<[u8]>::to_vec);
    let identity = match identity {
        Some(sealed) => Some(SealedIdentity {
            sealed: Sealed(sealed),
            id_index: row.opt_id(6)?.map(BlindIndex),
            phone_index: row.opt_id(7)?.map(BlindIndex),
            birth_year,
            sex: row.opt_text(9)?.and_then(registry::identity::Sex::from_stored),
        }),
        None => None,
    };
    Ok(Contact {
        id: UnitId::from_bytes(row.id(0)?),
        n: row.int(1)?,
        person: PersonId::from_bytes(row.id(2)?),
        person_area: area(row, 3)?,
        household: row.opt_id(4)?.map(HouseholdId::from_bytes),
        identity,
        place: place(row, 10)?,
        county: row.area(11)?,
        degree: row.word(12, "Degree", Degree::parse)?,
        stage: row.word(13, "Stage", Stage::parse)?,
        since: row.time(14)?,
        before: row.opt_text(15)?.and_then(Stage::parse),
        named_at: row.time(16)?,
        deadline: row.opt_time(17)?,
        first: row.time(18)?,
        last: row.time(19)?,
        unfounded: row.flag(20)?,
        site: holder(row, 21)?,
        room: row.text(22)?.to_owned(),
        arrived_at: row.opt_time(23)?,
        schedule: row.opt_json(24)?,
        tests: row.json(25)?,
        checked: row.opt_time(26)?,
        ill: row.flag(27)?,
        test_due: row.opt_time(28)?,
        check_due: row.opt_time(29)?,
        release_due: row.opt_time(30)?,
        request: row.opt_json(31)?,
        requests: row.int(32)?,
        case: row.opt_id(33)?.map(UnitId::from_bytes),
        origin: row.text(34)?.to_owned(),
        ended: ended.zip(row.opt_time(35)?),
    })
}

/// Writes a contact for [`crate::tables::CONTACT_PUT`].
pub(crate) fn contact_values(c: &Contact, values: &mut Vec<Value>) {
    let identity = c.identity.as_ref();
    let index = |index: Option<BlindIndex>| index.map_or(Value::Null, Value::from);
    values.extend([
        c.id.area().into(),
        c.id.into(),
        c.n.into(),
        c.person.into(),
        c.person_area.into(),
        c.household.into(),
        identity.map(|i| i.sealed.0.clone()).into(),
        index(identity.and_then(|i| i.id_index)),
        index(identity.and_then(|i| i.phone_index)),
        identity.and_then(|i| i.birth_year).map(i64::from).into(),
        identity.and_then(|i| i.sex).map(registry::identity::Sex::as_str).into(),
        c.place.as_ref().into(),
        c.county.into(),
        c.degree.as_str().into(),
        c.stage.as_str().into(),
        c.since.into(),
        c.before.map(Stage::as_str).into(),
        c.named_at.into(),
        c.deadline.into(),
        c.first.into(),
        c.last.into(),
        c.unfounded.into(),
        c.site.as_ref().into(),
        c.room.as_str().into(),
        c.arrived_at.into(),
        c.schedule.as_ref().map_or(Value::Null, Value::json),
        Value::json(&c.tests),
        c.checked.into(),
        c.ill.into(),
        c.test_due.into(),
        c.check_due.into(),
        c.release_due.into(),
        c.request.as_ref().map_or(Value::Null, Value::json),
        c.requests.into(),
        c.case.into(),
        c.origin.as_str().into(),
        c.ended.map(|(_, at)| at).into(),
        c.ended.map(|(how, _)| how.as_str()).into(),
        c.community().into(),
    ]);
}

/// Reads [`crate::tables::SOURCES_OF`] and its like: the contact, and the source.
pub(crate) fn read_source(row: &Row) -> store::Result<(UnitId, Source)> {
    let source = Source {
        unit: UnitId::from_bytes(row.id(1)?),
        setting: row.word(2, "Setting", Setting::parse)?,
        stay: row.opt_int(3)?.and_then(|n| u32::try_from(n).ok()),
        first: row.time(4)?,
        last: row.time(5)?,
        note: row.text(6)?.to_owned(),
        void: row.flag(7)?,
        reason: row.text(8)?.to_owned(),
    };
    Ok((UnitId::from_bytes(row.id(0)?), source))
}

/// Reads [`crate::tables::STAYS_OF`] and its like: the case, and the stay.
pub(crate) fn read_stay(row: &Row) -> store::Result<(UnitId, Stay)> {
    let stay = Stay {
        n: u32::try_from(row.int(1)?).unwrap_or(u32::MAX),
        from: row.time(2)?,
        until: row.time(3)?,
        place: place(row, 4)?,
        name: row.text(5)?.to_owned(),
        setting: row.word(6, "Setting", Setting::parse)?,
        note: row.text(7)?.to_owned(),
    };
    Ok((UnitId::from_bytes(row.id(0)?), stay))
}
