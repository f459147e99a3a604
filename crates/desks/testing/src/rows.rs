//! The desk's rows in memory: what the tables hold, typed.

mod pack;
mod read;

use std::collections::BTreeMap;

use types::{AreaCode, Micros, PlaceCode, RoundId, UnitId};

use crate::event::{Member, Recalled};
use crate::words::{Mode, Reading};

pub(crate) use self::pack::{join_places, load_text, pack_members};
pub(crate) use self::read::{read_box, read_claim, read_recall, read_round, read_tube};

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

    /// The county that a member's swab is kept under: that of their home, or of the site.
    pub(crate) fn area_of(&self, id: UnitId, member: &Member) -> AreaCode {
        let site = || PlaceCode::parse(self.community.as_deref()?).ok()?.area();
        self.home(member).and_then(PlaceCode::area).or_else(site).unwrap_or(id.area())
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

impl SwabFate {
    pub(crate) fn of(stored: i64) -> SwabFate {
        match stored {
            1 => SwabFate::NotTheirs,
            2 => SwabFate::SetAside,
            _ => SwabFate::Stands,
        }
    }
}
