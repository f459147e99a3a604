//! The desk's rows in memory: what the tables hold, typed.

use std::collections::BTreeMap;

use store::{Result, Row, StoreError};
use types::{AreaCode, Micros, PersonId, PlaceCode, RoundId, UnitId};

use crate::event::{Member, Recalled};
use crate::words::{Mode, Reading};

/// A round.
#[derive(Clone, Debug, PartialEq)]
pub struct Round {
    /// The round.
    pub id: RoundId,
    /// Campaign name in Chinese.
    pub name_zh: String,
    /// Campaign name in English.
    pub name_en: String,
    /// Number in the campaign.
    pub number: i64,
    /// What it covers, separated by spaces.
    pub places: String,
    /// When sampling starts.
    pub starts_at: Micros,
    /// When the last result is due.
    pub ends_at: Micros,
    /// Residents of the region.
    pub population: i64,
    /// Expected share of infected persons.
    pub prevalence: Option<f64>,
    /// A shorter window than the protocol's, in hours.
    pub ordered_hours: Option<i64>,
    /// When it was closed.
    pub closed_at: Option<Micros>,
}

/// A tube. Everything is optional that a later record may still bring: a result can come
/// before the record of the filling.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tube {
    /// The round.
    pub round: Option<RoundId>,
    /// A foreign barcode.
    pub barcode: Option<String>,
    /// The site.
    pub site: Option<String>,
    /// The site's community.
    pub community: Option<String>,
    /// How persons share it.
    pub mode: Option<Mode>,
    /// Their zone.
    pub zone: Option<String>,
    /// The persons in order.
    pub members: Vec<Member>,
    /// Their home compounds.
    pub homes: Vec<PlaceCode>,
    /// First swab.
    pub started_at: Option<Micros>,
    /// Sealed.
    pub collected_at: Option<Micros>,
    /// How many groups of persons claim it; more than one is a dispute.
    pub claims: i64,
    /// The box whose load counts it.
    pub boxed: Option<UnitId>,
    /// Dispatched to a laboratory; empty while its box's load counts it.
    pub sent_at: Option<Micros>,
    /// Received by a laboratory; empty while its box's load counts it.
    pub received_at: Option<Micros>,
    /// Loaded on a plate.
    pub loaded_at: Option<Micros>,
    /// The laboratory.
    pub lab: Option<String>,
    /// The plate.
    pub plate: Option<String>,
    /// The well.
    pub well: Option<String>,
    /// Run ended.
    pub tested_at: Option<Micros>,
    /// How far the result is settled.
    pub status: Option<String>,
    /// What it says.
    pub reading: Option<Reading>,
    /// Ct of N.
    pub ct_n: Option<f64>,
    /// Ct of ORF1ab.
    pub ct_orf1ab: Option<f64>,
    /// Ct of the control.
    pub ct_control: Option<f64>,
    /// Released to the persons.
    pub reported_at: Option<Micros>,
    /// What the release has been counted as for its persons.
    pub settles: Settled,
    /// Why it gives no result.
    pub fault: Option<String>,
}

/// What a tube's release has been counted as for its persons' round.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Settled {
    /// Nothing: not released, or not a statement about any one of them.
    #[default]
    Nothing = 0,
    /// Settled, and not positive.
    NotPositive = 1,
    /// Settled as positive.
    Positive = 2,
}

impl Settled {
    fn of(stored: i64) -> Settled {
        match stored {
            1 => Settled::NotPositive,
            2 => Settled::Positive,
            _ => Settled::Nothing,
        }
    }

    /// How many persons it counts as (settled, positive) for each of its persons.
    pub(crate) fn counts(self) -> (i64, i64) {
        match self {
            Settled::Nothing => (0, 0),
            Settled::NotPositive => (1, 0),
            Settled::Positive => (1, 1),
        }
    }
}

impl Tube {
    /// Whether the record of the filling has come.
    pub fn is_collected(&self) -> bool {
        self.collected_at.is_some()
    }

    /// Whether nothing has happened to it but its filling: one, undisputed, and not moved by itself.
    pub(crate) fn is_only_sealed(&self) -> bool {
        let moved = [self.sent_at, self.received_at, self.loaded_at, self.reported_at];
        self.is_collected()
            && self.claims == 1
            && self.fault.is_none()
            && self.reading.is_none()
            && moved.iter().all(Option::is_none)
    }

    /// The home compound of a member.
    pub fn home(&self, member: &Member) -> Option<&PlaceCode> {
        member.home.and_then(|at| self.homes.get(usize::from(at)))
    }
}

/// How many tubes and swabs of one community a box holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Amount {
    /// Tubes.
    pub tubes: i64,
    /// Swabs in them.
    pub persons: i64,
}

/// A box's content by (area, round, community).
pub type BoxLoad = BTreeMap<(AreaCode, RoundId, String), Amount>;

/// A transport box.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TransportBox {
    /// The site that packed it.
    pub site: Option<String>,
    /// Its content when it was last changed.
    pub load: BoxLoad,
    /// When the oldest tube in it was sealed.
    pub oldest: Option<Micros>,
    /// Closed.
    pub sealed_at: Option<Micros>,
    /// Dispatched.
    pub sent_at: Option<Micros>,
    /// Received.
    pub received_at: Option<Micros>,
    /// Opened.
    pub opened_at: Option<Micros>,
    /// Who carried it.
    pub courier: Option<String>,
    /// The laboratory.
    pub lab: Option<String>,
    /// Tubes expected and not found.
    pub missing: i64,
    /// Tubes found and not expected.
    pub surplus: i64,
}

/// A person to be sampled again.
#[derive(Clone, Debug, PartialEq)]
pub struct Recall {
    /// How it began.
    pub opened: Recalled,
    /// When it began.
    pub opened_at: Micros,
    /// The new tube.
    pub tube: Option<UnitId>,
    /// When the new swab was taken.
    pub sampled_at: Option<Micros>,
    /// When it ended.
    pub closed_at: Option<Micros>,
    /// How it ended.
    pub ending: Option<String>,
}

/// What a person decided about a filling under a tube's code, or that nobody has yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClaimFate {
    /// It claims the tube beside its filling.
    Open,
    /// It has become the tube's filling.
    Stands,
    /// It was set aside.
    SetAside,
}

impl ClaimFate {
    /// The word that the store keeps.
    pub fn as_str(self) -> &'static str {
        match self {
            ClaimFate::Open => "open",
            ClaimFate::Stands => "stands",
            ClaimFate::SetAside => "set_aside",
        }
    }
}

/// A filling under a tube's code beside that in its row: a later one, or a first one that was
/// set aside.
#[derive(Clone, Debug, PartialEq)]
pub struct Claim {
    /// The round.
    pub round: RoundId,
    /// A foreign barcode.
    pub barcode: Option<String>,
    /// The site.
    pub site: String,
    /// The site's community.
    pub community: String,
    /// How persons share it.
    pub mode: Option<Mode>,
    /// Their zone.
    pub zone: String,
    /// First swab.
    pub started_at: Micros,
    /// Who recorded it.
    pub actor: String,
    /// When it was sealed.
    pub collected_at: Micros,
    /// The persons.
    pub members: Vec<Member>,
    /// Their home compounds.
    pub homes: Vec<PlaceCode>,
    /// What was decided.
    pub fate: ClaimFate,
}

impl Claim {
    /// The tube as it would be with this filling.
    pub(crate) fn fill(&self, tube: &Tube) -> Tube {
        Tube {
            round: Some(self.round),
            barcode: self.barcode.clone(),
            site: Some(self.site.clone()),
            community: Some(self.community.clone()),
            mode: self.mode,
            zone: Some(self.zone.clone()),
            members: self.members.clone(),
            homes: self.homes.clone(),
            started_at: Some(self.started_at),
            collected_at: Some(self.collected_at),
            ..tube.clone()
        }
    }

    /// The filling of a tube, set aside; `None` when nobody has said how it was filled.
    pub(crate) fn set_aside(tube: &Tube, actor: &str) -> Option<Claim> {
        Some(Claim {
            round: tube.round?,
            barcode: tube.barcode.clone(),
            site: tube.site.clone()?,
            community: tube.community.clone()?,
            mode: tube.mode,
            zone: tube.zone.clone()?,
            started_at: tube.started_at?,
            actor: actor.to_owned(),
            collected_at: tube.collected_at?,
            members: tube.members.clone(),
            homes: tube.homes.clone(),
            fate: ClaimFate::SetAside,
        })
    }
}

/// Whether a swab counts for its person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SwabFate {
    /// It does.
    Stands = 0,
    /// It was never this person's.
    NotTheirs = 1,
    /// It was taken, and nobody knows in which tube it is: a recall answers for it.
    SetAside = 2,
}

const NO_HOME: u8 = 127;
const REPEAT: u8 = 0x80;

/// Packs members as the table keeps them: 17 bytes each.
pub(crate) fn pack_members(members: &[Member]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(members.len() * 17);
    for member in members {
        bytes.extend(member.person.bytes());
        let home = member.home.map_or(NO_HOME, |at| at.min(NO_HOME - 1));
        bytes.push(home | if member.repeat { REPEAT } else { 0 });
    }
    bytes
}

/// Reads what [`pack_members`] wrote.
pub(crate) fn unpack_members(bytes: &[u8]) -> Vec<Member> {
    bytes
        .chunks_exact(17)
        .map(|chunk| {
            let mut id = [0; 16];
            id.copy_from_slice(&chunk[..16]);
            let home = chunk[16] & !REPEAT;
            Member {
                person: PersonId::from_bytes(id),
                home: (home != NO_HOME).then_some(home),
                repeat: chunk[16] & REPEAT != 0,
            }
        })
        .collect()
}

/// Places on one line.
pub(crate) fn join_places(places: &[PlaceCode]) -> String {
    places.iter().map(PlaceCode::as_str).collect::<Vec<_>>().join(" ")
}

/// Reads what [`join_places`] wrote.
pub(crate) fn split_places(text: &str) -> Vec<PlaceCode> {
    text.split_whitespace().filter_map(|t| PlaceCode::parse(t).ok()).collect()
}

/// A box's load as the table keeps it: `area round community tubes persons`, one a line.
pub(crate) fn load_text(load: &BoxLoad) -> String {
    let lines: Vec<String> = load
        .iter()
        .filter(|(_, n)| n.tubes != 0 || n.persons != 0)
        .map(|((area, round, community), n)| {
            format!("{area} {round} {community} {} {}", n.tubes, n.persons)
        })
        .collect();
    lines.join("\n")
}

fn load_parse(text: &str) -> Option<BoxLoad> {
    text.lines()
        .map(|line| {
            let mut words = line.split(' ');
            let area: u32 = words.next()?.parse().ok()?;
            let round = RoundId::parse(words.next()?).ok()?;
            let community = words.next()?.to_owned();
            let tubes = words.next()?.parse().ok()?;
            let persons = words.next()?.parse().ok()?;
            Some(((AreaCode::new(area).ok()?, round, community), Amount { tubes, persons }))
        })
        .collect()
}

fn owned(text: Option<&str>) -> Option<String> {
    text.map(ToOwned::to_owned)
}

fn wrong(column: usize, expected: &'static str) -> StoreError {
    StoreError::Decode { column, expected, found: "something else" }
}

/// Reads [`crate::tables::ROUND_BY_ID`].
pub(crate) fn read_round(row: &Row) -> Result<Round> {
    Ok(Round {
        id: RoundId::from_bytes(row.id(0)?),
        name_zh: row.text(1)?.to_owned(),
        name_en: row.text(2)?.to_owned(),
        number: row.int(3)?,
        places: row.text(4)?.to_owned(),
        starts_at: row.time(5)?,
        ends_at: row.time(6)?,
        population: row.int(7)?,
        prevalence: row.opt_real(8)?,
        ordered_hours: row.opt_int(9)?,
        closed_at: row.opt_time(10)?,
    })
}

/// Reads [`crate::tables::TUBE_BY_ID`].
pub(crate) fn read_tube(row: &Row) -> Result<(UnitId, Tube)> {
    let tube = Tube {
        round: row.opt_id(1)?.map(RoundId::from_bytes),
        barcode: owned(row.opt_text(2)?),
        site: owned(row.opt_text(3)?),
        community: owned(row.opt_text(4)?),
        mode: row.opt_text(5)?.and_then(Mode::parse),
        zone: owned(row.opt_text(6)?),
        members: row.opt_bytes(7)?.map(unpack_members).unwrap_or_default(),
        homes: row.opt_text(8)?.map(split_places).unwrap_or_default(),
        started_at: row.opt_time(9)?,
        collected_at: row.opt_time(10)?,
        claims: row.int(11)?,
        sent_at: row.opt_time(12)?,
        received_at: row.opt_time(13)?,
        loaded_at: row.opt_time(14)?,
        lab: owned(row.opt_text(15)?),
        plate: owned(row.opt_text(16)?),
        well: owned(row.opt_text(17)?),
        tested_at: row.opt_time(18)?,
        status: owned(row.opt_text(19)?),
        reading: row.opt_text(20)?.and_then(Reading::parse),
        ct_n: row.opt_real(21)?,
        ct_orf1ab: row.opt_real(22)?,
        ct_control: row.opt_real(23)?,
        reported_at: row.opt_time(24)?,
        settles: Settled::of(row.int(25)?),
        fault: owned(row.opt_text(26)?),
        boxed: row.opt_id(27)?.map(UnitId::from_bytes),
    };
    Ok((UnitId::from_bytes(row.id(0)?), tube))
}

/// Reads [`crate::tables::BOX_BY_ID`].
pub(crate) fn read_box(row: &Row) -> Result<(UnitId, TransportBox)> {
    let found = TransportBox {
        site: owned(row.opt_text(1)?),
        load: load_parse(row.text(2)?).ok_or_else(|| wrong(2, "a box's load"))?,
        oldest: row.opt_time(3)?,
        sealed_at: row.opt_time(4)?,
        sent_at: row.opt_time(5)?,
        received_at: row.opt_time(6)?,
        opened_at: row.opt_time(7)?,
        courier: owned(row.opt_text(8)?),
        lab: owned(row.opt_text(9)?),
        missing: row.int(10)?,
        surplus: row.int(11)?,
    };
    Ok((UnitId::from_bytes(row.id(0)?), found))
}

/// Reads [`crate::tables::RECALL_BY_ID`] and [`crate::tables::RECALL_OF_PERSON`].
pub(crate) fn read_recall(row: &Row) -> Result<Recall> {
    use crate::event::RecallReason as Why;
    let reasons =
        [Why::PoolNotNegative, Why::Unclear, Why::Lost, Why::Leaked, Why::Invalid, Why::Disputed];
    let reason = row.text(4)?;
    let reason = reasons
        .into_iter()
        .find(|r| r.as_str() == reason)
        .ok_or_else(|| wrong(4, "a reason for a recall"))?;
    let community = PlaceCode::parse(row.text(6)?).map_err(|_| wrong(6, "a place code"))?;
    Ok(Recall {
        opened: Recalled {
            recall: UnitId::from_bytes(row.id(0)?),
            person: PersonId::from_bytes(row.id(1)?),
            round: RoundId::from_bytes(row.id(2)?),
            origin: UnitId::from_bytes(row.id(3)?),
            reason,
            home: row.opt_text(5)?.and_then(|t| PlaceCode::parse(t).ok()),
            community,
            counts: row.flag(7)?,
        },
        opened_at: row.time(8)?,
        tube: row.opt_id(9)?.map(UnitId::from_bytes),
        sampled_at: row.opt_time(10)?,
        closed_at: row.opt_time(11)?,
        ending: owned(row.opt_text(12)?),
    })
}

/// Reads [`crate::tables::CLAIMS_OF`].
pub(crate) fn read_claim(row: &Row) -> Result<((UnitId, [u8; 16]), Claim)> {
    let fate = row.text(13)?;
    let fate = [ClaimFate::Open, ClaimFate::Stands, ClaimFate::SetAside]
        .into_iter()
        .find(|f| f.as_str() == fate)
        .ok_or_else(|| wrong(13, "the fate of a claim"))?;
    let claim = Claim {
        round: RoundId::from_bytes(row.id(2)?),
        barcode: owned(row.opt_text(3)?),
        site: row.text(4)?.to_owned(),
        community: row.text(5)?.to_owned(),
        mode: row.opt_text(6)?.and_then(Mode::parse),
        zone: row.text(7)?.to_owned(),
        started_at: row.time(8)?,
        actor: row.text(9)?.to_owned(),
        collected_at: row.time(10)?,
        members: unpack_members(row.bytes(11)?),
        homes: split_places(row.text(12)?),
        fate,
    };
    Ok(((UnitId::from_bytes(row.id(0)?), row.id(1)?), claim))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_round_trip() {
        let person = PersonId::from_bytes([7; 16]);
        let members = vec![
            Member { person, home: Some(3), repeat: false },
            Member { person, home: None, repeat: true },
        ];
        assert_eq!(unpack_members(&pack_members(&members)), members);
    }

    #[test]
    fn a_load_round_trips() {
        let area = AreaCode::new(220_202).expect("six digits");
        let round = RoundId::from_bytes([1; 16]);
        let load = BoxLoad::from([(
            (area, round, "220202001001".to_owned()),
            Amount { tubes: 38, persons: 371 },
        )]);
        assert_eq!(load_parse(&load_text(&load)), Some(load));
    }
}
