//! Rows as the rules see them, and how they are written and read.

use registry::command::SealedIdentity;
use registry::identity::Sex;
use registry::seal::{BlindIndex, Sealed};
use serde::{Deserialize, Serialize};
use store::{Row, Value};
use types::{AreaCode, CommandId, Micros, PersonId, PlaceCode, UnitId};

use crate::classify::{Age, Judged, Stated};
use crate::clinical::Clinical;
use crate::command::{Field, Patch};
use crate::keys::Key;
use crate::words::{Class, Convention, Ending, FoundIn, Measure, Severity, Source, Standing};

/// A case.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// The case; its home area is the county that it belongs to.
    pub id: UnitId,
    /// Whose.
    pub person: PersonId,
    /// The county of the person's record in the registry; nothing when there is none.
    pub person_area: Option<AreaCode>,
    /// The personal data of somebody whom the registry did not have when the case opened, sealed for
    /// the case's county and the id [`Case::sealed_for`].
    pub identity: Option<SealedIdentity>,
    /// What the case was before it was linked to somebody in the registry.
    pub linked: Option<Linked>,
    /// Year of birth.
    pub birth_year: Option<u16>,
    /// Age in months at the opening.
    pub age_months: Option<u16>,
    /// Sex.
    pub sex: Option<Sex>,
    /// How it came to be known.
    pub source: Source,
    /// The import and the row, or the number in the list that it comes from.
    pub origin: String,
    /// When it became known.
    pub found_at: Micros,
    /// When we learnt of it.
    pub recorded_at: Micros,
    /// What people entered.
    pub fields: Patch,
    /// How often that was changed. An edit that was made offline names the version that it saw.
    pub version: i64,
    /// Final positive results: tube, and when it was released.
    pub positives: Vec<(UnitId, Micros)>,
    /// What was said of the class.
    pub stated: Option<Stated>,
    /// What was observed.
    pub clinical: Clinical,
    /// What follows.
    pub judged: Judged,
    /// The gravest that it ever was.
    pub worst: Option<Severity>,
    /// When it was first severe or worse.
    pub severe_at: Option<Micros>,
    /// When it was first critical.
    pub critical_at: Option<Micros>,
    /// By when it has to be reported on the national network.
    pub report_due: Option<Micros>,
    /// When it was.
    pub reported_at: Option<Micros>,
    /// Its number there.
    pub number: String,
    /// How and when it ended.
    pub ending: Option<(Ending, Micros)>,
    /// The record that stands for it.
    pub merged_into: Option<UnitId>,
}

/// What a case was of before it was linked to somebody in the registry.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Linked {
    /// The id of the sender's making.
    pub was: PersonId,
    /// Year of birth, as it had been told.
    pub birth_year: Option<u16>,
    /// Sex, as it had been told.
    pub sex: Option<Sex>,
    /// Keys that came with the link.
    pub keys: Vec<Key>,
}

impl Case {
    /// The id for which the case's own personal data are sealed.
    pub fn sealed_for(&self) -> PersonId {
        self.linked.as_ref().map_or(self.person, |linked| linked.was)
    }

    /// The county.
    pub fn area(&self) -> AreaCode {
        self.id.area()
    }

    /// The class.
    pub fn class(&self) -> Class {
        self.judged.class
    }

    /// The severity; nothing before anybody has looked.
    pub fn severity(&self) -> Option<Severity> {
        self.judged.severity
    }

    /// Whether there is a high-risk factor.
    pub fn is_high_risk(&self) -> bool {
        !self.judged.risks.is_empty()
    }

    /// Where the infection was found.
    pub fn found_in(&self) -> Option<FoundIn> {
        self.fields.get(&Field::FoundIn).and_then(|text| FoundIn::parse(text))
    }

    /// Where the person lives or stays.
    pub fn place(&self) -> Option<PlaceCode> {
        self.fields.get(&Field::Place).and_then(|text| PlaceCode::parse(text).ok())
    }

    /// Whether it goes on: neither ended nor merged.
    pub fn is_open(&self) -> bool {
        self.ending.is_none() && self.merged_into.is_none()
    }

    /// Whether it turned out to be none.
    pub fn is_none(&self) -> bool {
        self.ending.is_some_and(|(ending, _)| ending == Ending::NoCase)
    }

    /// The age.
    pub fn age(&self) -> Age {
        Age {
            months: self.age_months.map(|months| (months, self.found_at)),
            birth_year: self.birth_year,
        }
    }

    /// What the case counts as: for each measure when, and where it was found. A correction is
    /// what this was before, taken back, and what it is now.
    pub fn counts(&self) -> Vec<(Measure, Micros)> {
        if self.merged_into.is_some() || self.is_none() {
            return Vec::new();
        }
        let judged = &self.judged;
        let mut counts: Vec<(Measure, Option<Micros>)> = vec![
            (Measure::Infections, judged.infected_at),
            (Measure::Asymptomatic, judged.asymptomatic_at),
        ];
        match judged.class {
            Class::Suspected => counts.push((Measure::Suspected, Some(self.found_at))),
            Class::ScreenPositive | Class::Asymptomatic => {}
            Class::Confirmed => counts.push((Measure::Confirmed, judged.confirmed_at)),
            Class::Converted => {
                counts.push((Measure::Confirmed, judged.confirmed_at));
                counts.push((Measure::Converted, judged.confirmed_at));
            }
        }
        counts.push((Measure::Severe, self.severe_at));
        counts.push((Measure::Critical, self.critical_at));
        if let Some((ending, at)) = self.ending {
            counts.extend(match ending {
                Ending::Discharged => Some((Measure::Discharged, Some(at))),
                Ending::Released => Some((Measure::Released, Some(at))),
                Ending::Died => Some((Measure::Died, Some(at))),
                Ending::NoCase | Ending::Merged => None,
            });
        }
        counts.into_iter().filter_map(|(measure, at)| Some((measure, at?))).collect()
    }

    /// What a desk has before it while the case goes on.
    pub fn standing(&self) -> Vec<Standing> {
        if !self.is_open() {
            return Vec::new();
        }
        let told = [
            (Standing::ToReport, self.reported_at.is_none()),
            (Standing::Unexamined, self.class() == Class::ScreenPositive),
            (Standing::Severe, self.severity() == Some(Severity::Severe)),
            (Standing::Critical, self.severity() == Some(Severity::Critical)),
        ];
        let told = told.into_iter().filter(|(_, is)| *is).map(|(standing, _)| standing);
        std::iter::once(Standing::Open).chain(told).collect()
    }

    /// The word of the ending that lists go by; empty while it goes on.
    pub fn status(&self) -> &'static str {
        match (self.merged_into, self.ending) {
            (Some(_), _) => Ending::Merged.as_str(),
            (None, Some((ending, _))) => ending.as_str(),
            (None, None) => "",
        }
    }
}

/// What is known of a person in the registry.
#[derive(Clone, Debug, PartialEq)]
pub struct Registered {
    /// The county of the record.
    pub area: AreaCode,
    /// Whose other name it is.
    pub same_as: Option<PersonId>,
    /// Where the person lives.
    pub place: Option<PlaceCode>,
    /// Index of the document's number.
    pub id_index: Option<BlindIndex>,
    /// Index of the telephone number.
    pub phone_index: Option<BlindIndex>,
    /// Year of birth.
    pub birth_year: Option<u16>,
    /// Sex.
    pub sex: Option<Sex>,
}

/// An edit of one case.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct EditRow {
    pub case: UnitId,
    pub was: Patch,
    pub now: Patch,
    pub undone: bool,
}

/// Two records that look alike.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PairRow {
    pub score: i64,
    pub reasons: String,
    pub state: &'static str,
    pub found_at: Micros,
    pub settled_by: Option<String>,
    pub note: String,
}

/// The states of a pair.
pub(crate) const PAIR_STATES: [&str; 3] = ["open", "merged", "different"];

/// What was published of a window.
#[derive(Clone, Debug, PartialEq)]
pub struct Publication {
    /// The command that published it.
    pub id: CommandId,
    /// The county under which it was sent.
    pub area: AreaCode,
    /// The areas that it is of.
    pub scope: String,
    /// The window's begin.
    pub from: Micros,
    /// Its end (exclusive).
    pub until: Micros,
    /// When the figures were as they say.
    pub as_of: Micros,
    /// Who publishes.
    pub publisher: String,
    /// By whose convention.
    pub convention: Convention,
    /// Measure, where found, number.
    pub figures: Vec<(Measure, Option<FoundIn>, i64)>,
    /// What it corrects.
    pub corrects: Option<CommandId>,
    /// What it says with it.
    pub note: String,
    /// The account that sent it.
    pub actor: String,
}

impl Publication {
    /// A figure over all places where cases were found.
    pub fn total(&self, measure: Measure) -> i64 {
        self.figures.iter().filter(|(m, _, _)| *m == measure).map(|(_, _, n)| n).sum()
    }
}

fn opt_u16(row: &Row, column: usize) -> store::Result<Option<u16>> {
    Ok(row.opt_int(column)?.and_then(|n| u16::try_from(n).ok()))
}

/// Reads [`crate::tables::CASE_BY_ID`].
pub(crate) fn read_case(row: &Row) -> store::Result<Case> {
    let identity = row.opt_bytes(4)?.map(|sealed| Sealed(sealed.to_vec()));
    let (birth_year, sex) = (opt_u16(row, 7)?, row.opt_text(9)?.and_then(Sex::from_stored));
    let identity = match identity {
        Some(sealed) => Some(SealedIdentity {
            sealed,
            id_index: row.opt_id(5)?.map(BlindIndex),
            phone_index: row.opt_id(6)?.map(BlindIndex),
            birth_year,
            sex,
        }),
        None => None,
    };
    let source = row.word(10, "a source", Source::parse)?;
    let ending = match (row.opt_text(26)?.and_then(Ending::parse), row.opt_time(27)?) {
        (Some(ending), Some(at)) => Some((ending, at)),
        _ => None,
    };
    Ok(Case {
        id: UnitId::from_bytes(row.id(1)?),
        person: PersonId::from_bytes(row.id(2)?),
        person_area: row.opt_int(3)?.map(AreaCode::from_stored),
        identity,
        linked: row.opt_json(29)?,
        birth_year,
        age_months: opt_u16(row, 8)?,
        sex,
        source,
        origin: row.text(11)?.to_owned(),
        found_at: row.time(12)?,
        recorded_at: row.time(13)?,
        fields: row.json(14)?,
        version: row.int(15)?,
        positives: row.json(16)?,
        stated: row.opt_json(17)?,
        clinical: row.json(18)?,
        judged: row.json(19)?,
        worst: row.opt_text(20)?.and_then(Severity::parse),
        severe_at: row.opt_time(21)?,
        critical_at: row.opt_time(22)?,
        report_due: row.opt_time(23)?,
        reported_at: row.opt_time(24)?,
        number: row.text(25)?.to_owned(),
        ending,
        merged_into: row.opt_id(28)?.map(UnitId::from_bytes),
    })
}

/// Writes a case for [`crate::tables::CASE_PUT`].
pub(crate) fn case_values(case: &Case, values: &mut Vec<Value>) {
    let identity = case.identity.as_ref();
    let index = |index: Option<BlindIndex>| index.map_or(Value::Null, Value::from);
    let place = case.fields.get(&Field::Place).map_or("", String::as_str);
    values.extend([
        case.area().into(),
        case.id.into(),
        case.person.into(),
        case.person_area.into(),
        identity.map(|i| i.sealed.0.clone()).into(),
        index(identity.and_then(|i| i.id_index)),
        index(identity.and_then(|i| i.phone_index)),
        case.birth_year.map(i64::from).into(),
        case.age_months.map(i64::from).into(),
        case.sex.map(Sex::as_str).into(),
        case.source.as_str().into(),
        case.origin.as_str().into(),
        case.found_at.into(),
        case.recorded_at.into(),
        Value::json(&case.fields),
        case.version.into(),
        Value::json(&case.positives),
        case.stated.as_ref().map_or(Value::Null, Value::json),
        Value::json(&case.clinical),
        Value::json(&case.judged),
        case.worst.map(Severity::as_str).into(),
        case.severe_at.into(),
        case.critical_at.into(),
        case.report_due.into(),
        case.reported_at.into(),
        case.number.as_str().into(),
        case.ending.map(|(ending, _)| ending.as_str()).into(),
        case.ending.map(|(_, at)| at).into(),
        case.merged_into.into(),
        case.class().as_str().into(),
        case.severity().map_or("", Severity::as_str).into(),
        case.found_in().map_or("", FoundIn::as_str).into(),
        case.is_high_risk().into(),
        case.status().into(),
        place.into(),
        case.linked.as_ref().map_or(Value::Null, Value::json),
    ]);
}

/// Reads [`crate::tables::PERSON_FACTS`].
pub(crate) fn read_registered(row: &Row) -> store::Result<(PersonId, Registered)> {
    let registered = Registered {
        area: row.area(1)?,
        same_as: row.opt_id(7)?.map(PersonId::from_bytes),
        place: row.opt_text(2)?.and_then(|text| PlaceCode::parse(text).ok()),
        id_index: row.opt_id(3)?.map(BlindIndex),
        phone_index: row.opt_id(4)?.map(BlindIndex),
        birth_year: opt_u16(row, 5)?,
        sex: row.opt_text(6)?.and_then(Sex::from_stored),
    };
    Ok((PersonId::from_bytes(row.id(0)?), registered))
}

/// Reads [`crate::tables::PAIR_BY_KEY`].
pub(crate) fn read_pair(row: &Row) -> store::Result<((UnitId, UnitId), PairRow)> {
    let state = |text: &str| PAIR_STATES.into_iter().find(|s| *s == text);
    let pair = PairRow {
        score: row.int(2)?,
        reasons: row.text(3)?.to_owned(),
        state: row.word(4, "the state of a pair", state)?,
        found_at: row.time(5)?,
        settled_by: row.opt_text(6)?.map(ToOwned::to_owned),
        note: row.text(7)?.to_owned(),
    };
    Ok(((UnitId::from_bytes(row.id(0)?), UnitId::from_bytes(row.id(1)?)), pair))
}

/// Reads [`crate::tables::PUBLICATION_BY_ID`].
pub(crate) fn read_publication(row: &Row) -> store::Result<Publication> {
    Ok(Publication {
        area: row.area(0)?,
        id: CommandId::from_bytes(row.id(1)?),
        scope: row.text(2)?.to_owned(),
        from: row.time(3)?,
        until: row.time(4)?,
        as_of: row.time(5)?,
        publisher: row.text(6)?.to_owned(),
        convention: row.word(7, "a convention", Convention::parse)?,
        figures: row.json(8)?,
        corrects: row.opt_id(9)?.map(CommandId::from_bytes),
        note: row.text(10)?.to_owned(),
        actor: row.text(11)?.to_owned(),
    })
}
