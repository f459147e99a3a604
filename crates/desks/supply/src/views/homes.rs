//! Households: what is due to them, what was not brought, and that all of them add up.

use std::collections::{BTreeMap, HashMap};

use ledger::{Cursor, Result};
use store::{Connection, Value};
use types::{AreaCode, AreaScope, HouseholdId, Micros, PlaceCode, UnitId};

use super::{by_area, ids_of};
use crate::allocate::Claim;
use crate::load::{read_medicine, read_mode};
use crate::rows::{Complaint, Household, Medicine, read_complaint, read_household};
use crate::tables::{
    COMPLAINT_BY_ID, COMPLAINTS_OF, COMPLAINTS_OPEN, DUES, GIFTS, HISTORY_OF, HOUSEHOLD_BY_ID,
    HOUSEHOLDS_AT, HOUSEHOLDS_FOOD, HOUSEHOLDS_MEDICINE, MEDICINES_ASKED, MEDICINES_OF,
    MEDICINES_TO_RENEW, MODES, NEEDS, PEOPLE,
};
use crate::words::{Due, Good, Mode, Need};

/// One household that the desk knows.
///
/// # Errors
/// [`ledger::LedgerError`] when the store fails; as all functions here.
pub async fn household(
    db: &mut Connection,
    area: AreaCode,
    id: HouseholdId,
) -> Result<Option<Household>> {
    Ok(households(db, &[(area, id)]).await?.pop())
}

/// Households in the order in which they are named; those that the desk does not know are left out.
///
/// # Errors
/// As [`household`].
pub async fn households(
    db: &mut Connection,
    ids: &[(AreaCode, HouseholdId)],
) -> Result<Vec<Household>> {
    let keys: Vec<Value> =
        ids.iter().flat_map(|(area, id)| [(*area).into(), (*id).into()]).collect();
    let mut found = HashMap::with_capacity(ids.len());
    for row in db.lookup(&HOUSEHOLD_BY_ID, &keys).await? {
        let household = read_household(&row)?;
        found.insert(household.id, household);
    }
    Ok(ids.iter().filter_map(|(_, id)| found.remove(id)).collect())
}

pub(super) async fn listed(db: &mut Connection, rows: &[store::Row]) -> Result<Vec<Household>> {
    let ids: Vec<(AreaCode, HouseholdId)> = rows
        .iter()
        .map(|row| Ok((row.area(0)?, HouseholdId::from_bytes(row.id(1)?))))
        .collect::<Result<_>>()?;
    households(db, &ids).await
}

/// Households to whom something is due before a time, the longest overdue first; `community` empty for all.
///
/// # Errors
/// As [`household`].
pub async fn due(
    db: &mut Connection,
    what: Due,
    scope: AreaScope,
    (community, before): (&str, Micros),
    after: Option<Cursor<HouseholdId>>,
    limit: i64,
) -> Result<Vec<Household>> {
    let (low, high) = scope.bounds();
    let [at, id] = Cursor::values(after);
    let params: [Value; 7] =
        [at, id, before.into(), low.into(), high.into(), community.into(), limit.into()];
    let statement = match what {
        Due::Food => &HOUSEHOLDS_FOOD,
        Due::Medicine => &HOUSEHOLDS_MEDICINE,
    };
    let rows = db.query(statement, &params).await?;
    listed(db, &rows).await
}

/// The households under restriction at a place: a community, a compound, a building, an entrance.
///
/// # Errors
/// As [`household`].
pub async fn households_at(
    db: &mut Connection,
    place: &PlaceCode,
    limit: i64,
) -> Result<Vec<Household>> {
    // Codes of what lies below go on with a hyphen, after which no capital and no digit comes.
    let end = format!("{place}.");
    let rows = db.query(&HOUSEHOLDS_AT, &[place.into(), end.into(), limit.into()]).await?;
    listed(db, &rows).await
}

/// How the households under restriction stand: served + not due + overdue = all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Balance {
    /// All under restriction.
    pub all: i64,
    /// Supplied, and not due again.
    pub served: i64,
    /// Not supplied yet, and not due either: the restriction has just begun.
    pub not_due: i64,
    /// Due and not supplied.
    pub overdue: i64,
    /// Households with medicines.
    pub medicated: i64,
    /// Of these: for whom a medicine is due.
    pub medicine_overdue: i64,
}

impl Balance {
    /// Whether every household is somewhere.
    pub fn is_whole(&self) -> bool {
        self.served + self.not_due + self.overdue == self.all
    }
}

impl std::ops::AddAssign for Balance {
    fn add_assign(&mut self, other: Balance) {
        self.all += other.all;
        self.served += other.served;
        self.not_due += other.not_due;
        self.overdue += other.overdue;
        self.medicated += other.medicated;
        self.medicine_overdue += other.medicine_overdue;
    }
}

/// How the households of a community stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommunityBalance {
    /// The county.
    pub area: AreaCode,
    /// The community.
    pub community: String,
    /// How they stand.
    pub balance: Balance,
}

/// How the households of each community of a scope stand, by whole hours: what was due before the hour that
/// runs is overdue, and its list is that of [`due`] before the start of that hour.
///
/// # Errors
/// As [`household`].
pub async fn by_community(
    db: &mut Connection,
    scope: AreaScope,
    community: &str,
    now: Micros,
) -> Result<Vec<CommunityBalance>> {
    let mut found: BTreeMap<(AreaCode, String), Balance> = BTreeMap::new();
    for line in people(db, scope).await? {
        if line.mode.is_restricted() && (community.is_empty() || line.community == community) {
            found.entry((line.area, line.community)).or_default().all += line.households;
        }
    }
    let (low, high) = scope.bounds();
    let params = [low.into(), high.into(), now.hour_start().into(), community.into()];
    for row in db.query(&DUES, &params).await? {
        let balance = found.entry((row.area(0)?, row.text(1)?.to_owned())).or_default();
        let (overdue, all) = (row.int(4)?, row.int(5)?);
        match Due::parse(row.text(2)?) {
            Some(Due::Food) => {
                balance.overdue += overdue;
                match row.flag(3)? {
                    true => balance.served += all - overdue,
                    false => balance.not_due += all - overdue,
                }
            }
            Some(Due::Medicine) => {
                balance.medicated += all;
                balance.medicine_overdue += overdue;
            }
            None => {}
        }
    }
    Ok(found
        .into_iter()
        .filter(|(_, balance)| *balance != Balance::default())
        .map(|((area, community), balance)| CommunityBalance { area, community, balance })
        .collect())
}

/// How the households of a scope stand.
///
/// # Errors
/// As [`household`].
pub async fn balance(
    db: &mut Connection,
    scope: AreaScope,
    community: &str,
    now: Micros,
) -> Result<Balance> {
    let mut all = Balance::default();
    for line in by_community(db, scope, community, now).await? {
        all += line.balance;
    }
    Ok(all)
}

/// Households and people of a community by how they are supplied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeopleLine {
    /// The county.
    pub area: AreaCode,
    /// The community.
    pub community: String,
    /// How.
    pub mode: Mode,
    /// Households.
    pub households: i64,
    /// People.
    pub people: i64,
}

/// Households and people that the desk knows, by community and mode.
///
/// # Errors
/// As [`household`].
pub async fn people(db: &mut Connection, scope: AreaScope) -> Result<Vec<PeopleLine>> {
    let (low, high) = scope.bounds();
    let rows = db.query(&PEOPLE, &[low.into(), high.into()]).await?;
    rows.iter()
        .map(|row| {
            Ok(PeopleLine {
                area: row.area(0)?,
                community: row.text(1)?.to_owned(),
                mode: row.word(2, "Mode", Mode::parse)?,
                households: row.int(3)?,
                people: row.int(4)?,
            })
        })
        .collect()
}

/// Households by community and need.
///
/// # Errors
/// As [`household`].
pub async fn need_counts(
    db: &mut Connection,
    scope: AreaScope,
) -> Result<BTreeMap<(String, Need), i64>> {
    let (low, high) = scope.bounds();
    let mut found = BTreeMap::new();
    for row in db.query(&NEEDS, &[low.into(), high.into()]).await? {
        if let Some(need) = Need::parse(row.text(2)?) {
            found.insert((row.text(1)?.to_owned(), need), row.int(3)?);
        }
    }
    Ok(found)
}

/// The communities that a donation of a good may go to, with what weighs for each: those of the scope that a
/// shop serves. Take what [`crate::allocate::allocate`] makes of them.
///
/// # Errors
/// As [`household`].
pub async fn claims(
    db: &mut Connection,
    scope: AreaScope,
    good: Good,
    now: Micros,
) -> Result<Vec<Claim>> {
    let needs = need_counts(db, scope).await?;
    let (low, high) = scope.bounds();
    let mut last: HashMap<String, Micros> = HashMap::new();
    for row in db.query(&GIFTS, &[low.into(), high.into()]).await? {
        if row.text(1)? == good.as_str() {
            last.insert(row.text(0)?.to_owned(), row.time(2)?);
        }
    }
    let special = |community: &str| {
        let (need, _) = good.first_for()?;
        needs.get(&(community.to_owned(), need)).copied()
    };
    let communities = super::communities(db, scope).await?;
    let claim = |line: super::CommunityLine| Claim {
        special: special(line.place.as_str()).unwrap_or(0),
        days: last.get(line.place.as_str()).map(|at| (now - *at).0 / types::Span::days(1).0),
        people: line.people,
        community: line.place,
    };
    Ok(communities.into_iter().filter(|line| !line.shops.is_empty()).map(claim).collect())
}

/// How a place is supplied, as last decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModeLine {
    /// The county.
    pub area: AreaCode,
    /// The place.
    pub place: PlaceCode,
    /// How.
    pub mode: Mode,
    /// Since when.
    pub since: Micros,
    /// Until when, as decided.
    pub until: Option<Micros>,
    /// On whose decision.
    pub reason: String,
    /// Households there, when it was decided.
    pub households: i64,
    /// People there, when it was decided.
    pub people: i64,
}

/// The places of a scope that are under restriction.
///
/// # Errors
/// As [`household`].
pub async fn modes(db: &mut Connection, scope: AreaScope, limit: i64) -> Result<Vec<ModeLine>> {
    let (low, high) = scope.bounds();
    let rows = db.query(&MODES, &[low.into(), high.into(), limit.into()]).await?;
    rows.iter()
        .map(|row| {
            let (place, row) = read_mode(row)?;
            Ok(ModeLine {
                area: row.area,
                place,
                mode: row.mode,
                since: row.since,
                until: row.until,
                reason: row.reason,
                households: row.households,
                people: row.people,
            })
        })
        .collect()
}

/// The medicines of a household, by name.
///
/// # Errors
/// As [`household`].
pub async fn medicines(
    db: &mut Connection,
    area: AreaCode,
    household: HouseholdId,
) -> Result<Vec<(String, Medicine)>> {
    let rows = db.lookup(&MEDICINES_OF, &[area.into(), household.into()]).await?;
    let mut found: Vec<(String, Medicine)> = rows
        .iter()
        .map(|row| Ok((row.text(1)?.to_owned(), read_medicine(row)?)))
        .collect::<Result<_>>()?;
    found.sort_by(|a, b| (!a.1.taken, a.1.last_dose, &a.0).cmp(&(!b.1.taken, b.1.last_dose, &b.0)));
    Ok(found)
}

/// A prescription that ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Renewal {
    /// The county.
    pub area: AreaCode,
    /// The household.
    pub household: HouseholdId,
    /// The medicine.
    pub name: String,
    /// The day of the last dose.
    pub last_dose: Micros,
    /// Until when the prescription is good.
    pub until: Micros,
}

/// Prescriptions that end before a time, the nearest first.
///
/// # Errors
/// As [`household`].
pub async fn renewals(
    db: &mut Connection,
    scope: AreaScope,
    before: Micros,
    limit: i64,
) -> Result<Vec<Renewal>> {
    let (low, high) = scope.bounds();
    let params = [before.into(), low.into(), high.into(), limit.into()];
    let rows = db.query(&MEDICINES_TO_RENEW, &params).await?;
    rows.iter()
        .map(|row| {
            Ok(Renewal {
                area: row.area(0)?,
                household: HouseholdId::from_bytes(row.id(1)?),
                name: row.text(2)?.to_owned(),
                last_dose: row.time(3)?,
                until: row.time(4)?,
            })
        })
        .collect()
}

/// A prescription whose renewal was asked for and waits for a doctor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The county.
    pub area: AreaCode,
    /// The household.
    pub household: HouseholdId,
    /// The medicine's name.
    pub name: String,
    /// What is known of it.
    pub medicine: Medicine,
}

/// Renewals that wait for a doctor, the first to be answered first.
///
/// # Errors
/// As [`household`].
pub async fn renewals_asked(
    db: &mut Connection,
    scope: AreaScope,
    limit: i64,
) -> Result<Vec<Asked>> {
    let (low, high) = scope.bounds();
    let rows = db.query(&MEDICINES_ASKED, &[low.into(), high.into(), limit.into()]).await?;
    rows.iter()
        .map(|row| {
            Ok(Asked {
                area: row.area(9)?,
                household: HouseholdId::from_bytes(row.id(0)?),
                name: row.text(1)?.to_owned(),
                medicine: read_medicine(row)?,
            })
        })
        .collect()
}

/// The medicines that are taken in these households, by household and name.
///
/// # Errors
/// As [`household`].
pub async fn medicines_taken(
    db: &mut Connection,
    ids: &[(AreaCode, HouseholdId)],
) -> Result<BTreeMap<(HouseholdId, String), Medicine>> {
    let keys: Vec<Value> =
        ids.iter().flat_map(|(area, id)| [Value::from(*area), Value::from(*id)]).collect();
    let mut found = BTreeMap::new();
    for row in db.lookup(&MEDICINES_OF, &keys).await? {
        let medicine = read_medicine(&row)?;
        if medicine.taken {
            found.insert((HouseholdId::from_bytes(row.id(0)?), row.text(1)?.to_owned()), medicine);
        }
    }
    Ok(found)
}

async fn complaints(db: &mut Connection, ids: &[UnitId]) -> Result<Vec<Complaint>> {
    let mut found = HashMap::with_capacity(ids.len());
    for row in db.lookup(&COMPLAINT_BY_ID, &by_area(ids)).await? {
        let complaint = read_complaint(&row)?;
        found.insert(complaint.id, complaint);
    }
    Ok(ids.iter().filter_map(|id| found.remove(id)).collect())
}

/// One complaint.
///
/// # Errors
/// As [`household`].
pub async fn complaint(db: &mut Connection, id: UnitId) -> Result<Option<Complaint>> {
    Ok(complaints(db, &[id]).await?.pop())
}

/// Complaints that nobody has answered, the most pressing first; `community` empty for all.
///
/// # Errors
/// As [`household`].
pub async fn open_complaints(
    db: &mut Connection,
    scope: AreaScope,
    community: &str,
    limit: i64,
) -> Result<Vec<Complaint>> {
    let (low, high) = scope.bounds();
    let params = [low.into(), high.into(), community.into(), limit.into()];
    let rows = db.query(&COMPLAINTS_OPEN, &params).await?;
    complaints(db, &ids_of(&rows, 1)?).await
}

/// The complaints of a household, the latest first.
///
/// # Errors
/// As [`household`].
pub async fn complaints_of(
    db: &mut Connection,
    household: HouseholdId,
    limit: i64,
) -> Result<Vec<Complaint>> {
    let rows = db.query(&COMPLAINTS_OF, &[household.into(), limit.into()]).await?;
    complaints(db, &ids_of(&rows, 1)?).await
}

/// A line of a household's history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryLine {
    /// When it happened.
    pub at: Micros,
    /// When we learnt of it.
    pub recorded_at: Micros,
    /// Who recorded it.
    pub actor: String,
    /// What: `supplied`, `due`, `complained`, a mode.
    pub what: String,
    /// What was said.
    pub said: String,
}

/// What happened to a household, the latest first.
///
/// # Errors
/// As [`household`].
pub async fn history(
    db: &mut Connection,
    area: AreaCode,
    household: HouseholdId,
    limit: i64,
) -> Result<Vec<HistoryLine>> {
    let rows = db.query(&HISTORY_OF, &[area.into(), household.into(), limit.into()]).await?;
    rows.iter()
        .map(|row| {
            Ok(HistoryLine {
                at: row.time(0)?,
                recorded_at: row.time(1)?,
                actor: row.text(2)?.to_owned(),
                what: row.text(3)?.to_owned(),
                said: row.text(4)?.to_owned(),
            })
        })
        .collect()
}
