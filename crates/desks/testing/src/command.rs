//! What can be asked of the testing desk.

use crate::words::{Fault, Mode, Reading, ResultStatus, VisitOutcome, Zone};
use serde::{Deserialize, Serialize};
use types::{CommandId, HolderCode, Micros, PersonId, PlaceCode, RoundId, UnitId};

/// A command, externally tagged in JSON: `{"collect": {…}}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Opens a round of a campaign.
    OpenRound(OpenRound),
    /// Says whom the round expects in one county, compound by compound.
    SetTargets(SetTargets),
    /// Says which site serves which compounds, with what staff.
    PlanSites(PlanSites),
    /// Ends a round: no more planning; late swabs are still taken, with a remark.
    CloseRound {
        /// The round.
        round: RoundId,
    },
    /// States a laboratory's capacity.
    SetCapacity(SetCapacity),
    /// Excuses a person from a round.
    Exempt(Exempt),
    /// A tube was filled and sealed.
    Collect(Collect),
    /// Tubes were put into a box.
    Pack(Pack),
    /// A box was closed, ready for the courier.
    SealBox {
        /// The box.
        #[serde(rename = "box")]
        box_: UnitId,
    },
    /// A box or a loose tube changed hands; either side may send it.
    HandOver(HandOver),
    /// The laboratory opened a box and found these tubes.
    OpenBox(OpenBox),
    /// Tubes were loaded on a plate.
    LoadPlate(LoadPlate),
    /// A tube has a result.
    RecordResult(RecordResult),
    /// Results are released to the persons.
    Report {
        /// The tubes.
        tubes: Vec<UnitId>,
    },
    /// A tube cannot give a result.
    Mark(Mark),
    /// The person at a position of a tube was entered wrongly.
    CorrectMember(CorrectMember),
    /// A person decided which of two claims does not stand.
    Resolve(Resolve),
    /// A grid worker went to see about somebody without a swab.
    Visit(Visit),
}

/// See [`Command::OpenRound`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OpenRound {
    /// The round.
    pub round: RoundId,
    /// The campaign's name in Chinese.
    pub name_zh: String,
    /// The campaign's name in English.
    pub name_en: String,
    /// The round's number in its campaign, from 1.
    pub number: u32,
    /// What it covers: places of any level.
    pub places: Vec<PlaceCode>,
    /// When sampling starts.
    pub starts_at: Micros,
    /// When the last result is due.
    pub ends_at: Micros,
    /// Residents of the whole region, for the protocol's window.
    pub population: u64,
    /// Expected share of infected persons (0 to 1), for the choice of pools.
    pub prevalence: Option<f64>,
    /// Sample to result for the region as a number of hours, when a shorter one than the
    /// protocol's is ordered.
    #[serde(default)]
    pub ordered_hours: Option<u32>,
}

/// See [`Command::SetTargets`]. The command's area says which county.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SetTargets {
    /// The round.
    pub round: RoundId,
    /// Each compound once.
    pub targets: Vec<Target>,
}

/// Registered residents of one compound.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Target {
    /// The compound.
    pub compound: PlaceCode,
    /// Its persons.
    pub persons: i64,
    /// The kind of zone that it is in.
    pub zone: Zone,
}

/// See [`Command::PlanSites`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanSites {
    /// The round.
    pub round: RoundId,
    /// The sites.
    pub sites: Vec<SitePlan>,
}

/// One sampling site in a round.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SitePlan {
    /// The site as a holder, `site:…`.
    pub site: HolderCode,
    /// The community that it stands in.
    pub community: PlaceCode,
    /// The compounds that it serves, with the slot in which each comes.
    pub slots: Vec<Slot>,
    /// Sampling stands.
    pub stands: u32,
    /// Samplers.
    pub samplers: u32,
    /// Persons expected.
    pub persons: i64,
}

/// When a compound comes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Slot {
    /// The compound.
    pub compound: PlaceCode,
    /// From.
    pub from: Micros,
    /// Until.
    pub until: Micros,
}

/// See [`Command::SetCapacity`]. What a laboratory achieves is measured, never stated.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SetCapacity {
    /// The laboratory, `lab:…`.
    pub lab: HolderCode,
    /// Tubes a day as claimed on paper.
    pub claimed: i64,
    /// Tubes a day for which there are people and machines today.
    pub staffed: i64,
    /// From when.
    pub from: Micros,
    /// Who says so.
    pub source: String,
}

/// See [`Command::Exempt`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Exempt {
    /// The round.
    pub round: RoundId,
    /// The person.
    pub person: PersonId,
    /// A code of the protocol's list, for example `inpatient`.
    pub reason: String,
    /// A document or a record that shows it.
    #[serde(default)]
    pub evidence: Option<String>,
}

/// See [`Command::Collect`]. The command's event time is when the tube was sealed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Collect {
    /// The round.
    pub round: RoundId,
    /// The tube.
    pub tube: UnitId,
    /// The barcode, when it is not one of ours.
    #[serde(default)]
    pub barcode: Option<String>,
    /// The site, `site:…`.
    pub site: HolderCode,
    /// The community that the site stands in.
    pub community: PlaceCode,
    /// How persons share the tube.
    pub mode: Mode,
    /// The zone of the persons.
    pub zone: Zone,
    /// The persons in the order of their swabs.
    pub persons: Vec<PersonId>,
    /// When the first swab went in.
    pub started_at: Micros,
}

/// See [`Command::Pack`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pack {
    /// The box.
    #[serde(rename = "box")]
    pub box_: UnitId,
    /// The tubes that went in.
    pub tubes: Vec<UnitId>,
    /// Who packs: the site.
    pub holder: HolderCode,
}

/// See [`Command::HandOver`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HandOver {
    /// The box or tube.
    pub unit: UnitId,
    /// Who gave it; `None` when the taker does not know.
    #[serde(default)]
    pub giver: Option<HolderCode>,
    /// Who took it.
    pub taker: HolderCode,
    /// What the other side's device signed, as scanned.
    #[serde(default)]
    pub countersign: Option<String>,
    /// Anything to say.
    #[serde(default)]
    pub note: Option<String>,
}

/// See [`Command::OpenBox`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OpenBox {
    /// The box.
    #[serde(rename = "box")]
    pub box_: UnitId,
    /// The laboratory.
    pub lab: HolderCode,
    /// The tubes that were in it.
    pub found: Vec<UnitId>,
}

/// See [`Command::LoadPlate`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LoadPlate {
    /// The plate, as the laboratory names it.
    pub plate: String,
    /// The laboratory.
    pub lab: HolderCode,
    /// Wells and their tubes: one tube a well, since a pool is not pooled again.
    pub wells: Vec<Well>,
}

/// One well of a plate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Well {
    /// `A1` to `H12`.
    pub well: String,
    /// The tube.
    pub tube: UnitId,
}

/// See [`Command::RecordResult`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RecordResult {
    /// The tube.
    pub tube: UnitId,
    /// The laboratory.
    pub lab: HolderCode,
    /// The plate, when known.
    #[serde(default)]
    pub plate: Option<String>,
    /// The well, when known.
    #[serde(default)]
    pub well: Option<String>,
    /// Ct of the N gene; `None` when none was detected.
    #[serde(default)]
    pub ct_n: Option<f64>,
    /// Ct of ORF1ab; `None` when none was detected.
    #[serde(default)]
    pub ct_orf1ab: Option<f64>,
    /// Ct of the internal control; `None` when it was not detected.
    #[serde(default)]
    pub ct_control: Option<f64>,
    /// The laboratory's own reading, when it sends no Ct values at all.
    #[serde(default)]
    pub stated: Option<Reading>,
    /// When the run ended.
    pub tested_at: Micros,
    /// How far it is settled.
    pub status: ResultStatus,
}

/// See [`Command::Mark`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mark {
    /// The tube.
    pub tube: UnitId,
    /// What is wrong with it.
    pub fault: Fault,
    /// Anything to say.
    pub note: String,
}

/// See [`Command::CorrectMember`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CorrectMember {
    /// The tube.
    pub tube: UnitId,
    /// The position, from 1.
    pub position: u32,
    /// Who it really was.
    pub person: PersonId,
    /// How that is known.
    pub note: String,
}

/// See [`Command::Resolve`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Resolve {
    /// The unit.
    pub unit: UnitId,
    /// The command whose move does not stand.
    pub void_command: CommandId,
    /// Which of that command's moves, from 0.
    pub void_n: u32,
    /// Why.
    pub note: String,
}

/// See [`Command::Visit`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Visit {
    /// The round.
    pub round: RoundId,
    /// The person.
    pub person: PersonId,
    /// What was found.
    pub outcome: VisitOutcome,
    /// Anything to say.
    #[serde(default)]
    pub note: Option<String>,
}

impl Command {
    /// The stable name for the journal.
    pub fn kind(&self) -> &'static str {
        match self {
            Command::OpenRound(_) => "testing.open_round",
            Command::SetTargets(_) => "testing.set_targets",
            Command::PlanSites(_) => "testing.plan_sites",
            Command::CloseRound { .. } => "testing.close_round",
            Command::SetCapacity(_) => "testing.set_capacity",
            Command::Exempt(_) => "testing.exempt",
            Command::Collect(_) => "testing.collect",
            Command::Pack(_) => "testing.pack",
            Command::SealBox { .. } => "testing.seal_box",
            Command::HandOver(_) => "testing.hand_over",
            Command::OpenBox(_) => "testing.open_box",
            Command::LoadPlate(_) => "testing.load_plate",
            Command::RecordResult(_) => "testing.record_result",
            Command::Report { .. } => "testing.report",
            Command::Mark(_) => "testing.mark",
            Command::CorrectMember(_) => "testing.correct_member",
            Command::Resolve(_) => "testing.resolve",
            Command::Visit(_) => "testing.visit",
        }
    }
}
