//! The rows that one group of commands touches: loaded, changed in memory, written back.

use std::collections::{BTreeMap, HashMap, HashSet};

use ledger::{Result, Units};
use store::{Connection, Value};
use types::{AreaCode, HolderCode, Micros, PersonId, PlaceCode, RoundId, UnitId};

use crate::command::{Mode, Reading};
use crate::rows::{
    Claim, Recall, Round, TransportBox, Tube, holder_text, join_places, load_text, pack_members,
    read_box, read_claim, read_recall, read_round, read_tube,
};
use crate::tables;

/// What a counter of a round counts. Person stages go by home compound, tube stages by the
/// community of the site.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// Persons expected (hour 0).
    Planned,
    /// Persons excused (hour 0).
    Exempt,
    /// Persons sampled for the first time in the round.
    Sampled,
    /// Swabs of persons who had been sampled in the round already.
    Repeat,
    /// Swabs of persons whom the registry does not know.
    Unregistered,
    /// Persons whose round is settled by a final result.
    Settled,
    /// Persons found positive.
    Positive,
    /// Persons recalled.
    Recalled,
    /// Recalls ended.
    RecallEnded,
    /// Tubes sealed, with the swabs in them.
    Collected,
    /// Tubes dispatched.
    Sent,
    /// Tubes received by a laboratory.
    Received,
    /// Tubes loaded.
    Loaded,
    /// Tubes with a final result.
    Tested,
    /// Tubes whose result was released.
    Reported,
    /// Tubes not negative.
    NotNegative,
    /// Tubes that give no result: lost, leaked, invalid.
    Faulty,
}

impl Stage {
    /// The word that the store keeps.
    pub fn as_str(self) -> &'static str {
        match self {
            Stage::Planned => "planned",
            Stage::Exempt => "exempt",
            Stage::Sampled => "sampled",
            Stage::Repeat => "repeat",
            Stage::Unregistered => "unregistered",
            Stage::Settled => "settled",
            Stage::Positive => "positive",
            Stage::Recalled => "recalled",
            Stage::RecallEnded => "recall_ended",
            Stage::Collected => "collected",
            Stage::Sent => "sent",
            Stage::Received => "received",
            Stage::Loaded => "loaded",
            Stage::Tested => "tested",
            Stage::Reported => "reported",
            Stage::NotNegative => "not_negative",
            Stage::Faulty => "faulty",
        }
    }
}

/// A step whose time is measured for turnaround percentiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// Sealed to dispatched.
    Collect,
    /// Dispatched to received.
    Deliver,
    /// Received to loaded.
    Wait,
    /// Loaded to result.
    Test,
    /// Sealed to released.
    Whole,
}

impl Step {
    /// The word that the store keeps.
    pub fn as_str(self) -> &'static str {
        match self {
            Step::Collect => "collect",
            Step::Deliver => "deliver",
            Step::Wait => "wait",
            Step::Test => "test",
            Step::Whole => "whole",
        }
    }
}

/// Minutes are kept in classes of five, up to three days.
const MINUTE_CLASS: i64 = 5;
const LAST_CLASS: i64 = 3 * 24 * 60;

type SwabKey = (AreaCode, PersonId, RoundId, UnitId);
type CountKey = (AreaCode, RoundId, String, Stage, Micros);

/// The loaded rows and what is to be added to counters.
#[derive(Debug, Default)]
pub struct State {
    pub(crate) rounds: HashMap<RoundId, Round>,
    pub(crate) tubes: HashMap<UnitId, Tube>,
    pub(crate) boxes: HashMap<UnitId, TransportBox>,
    pub(crate) recalls: HashMap<UnitId, Recall>,
    pub(crate) recall_of: HashMap<PersonId, Vec<UnitId>>,
    pub(crate) claims: HashMap<(UnitId, [u8; 16]), Claim>,
    pub(crate) homes: HashMap<PersonId, PlaceCode>,
    pub(crate) swabbed: HashSet<(RoundId, PersonId)>,
    pub(crate) exempt: HashSet<(RoundId, PersonId)>,
    pub(crate) targets: HashMap<(RoundId, PlaceCode), i64>,
    dirty_rounds: HashSet<RoundId>,
    dirty_tubes: HashSet<UnitId>,
    dirty_boxes: HashSet<UnitId>,
    dirty_recalls: HashSet<UnitId>,
    dirty_claims: HashSet<(UnitId, [u8; 16])>,
    /// Position, time and whether it is void, by key.
    pub(crate) swabs: BTreeMap<SwabKey, (i64, Micros, bool)>,
    pub(crate) new_targets: BTreeMap<(AreaCode, RoundId, PlaceCode), (i64, &'static str)>,
    pub(crate) new_exemptions: BTreeMap<(AreaCode, RoundId, PersonId), [Value; 4]>,
    pub(crate) new_plans: BTreeMap<(AreaCode, RoundId, String), [Value; 5]>,
    pub(crate) new_capacities: BTreeMap<(AreaCode, String, Micros), [Value; 3]>,
    pub(crate) new_results: Vec<Value>,
    pub(crate) new_visits: Vec<Value>,
    /// Persons and tubes to add.
    counts: BTreeMap<CountKey, (i64, i64)>,
    lab_counts: BTreeMap<(AreaCode, String, Stage, Micros), i64>,
    turnaround: BTreeMap<(AreaCode, RoundId, Step, i64), i64>,
}

impl State {
    /// The persons whose results this group touched, for caches.
    pub fn touched_tubes(&self) -> impl Iterator<Item = (&UnitId, &Tube)> {
        self.dirty_tubes.iter().filter_map(|id| self.tubes.get(id).map(|t| (id, t)))
    }

    /// The persons with a new or changed swab in this group.
    pub fn touched_persons(&self) -> impl Iterator<Item = PersonId> + '_ {
        self.swabs.keys().map(|(_, person, _, _)| *person)
    }

    /// The rounds and areas whose counters this group changed, for boards.
    pub fn touched_counts(&self) -> impl Iterator<Item = (AreaCode, RoundId)> + '_ {
        self.counts.keys().map(|(area, round, ..)| (*area, *round))
    }

    /// Tells where a person lives who was registered in this same group, and is not in the
    /// store yet.
    pub fn learn_home(&mut self, person: PersonId, compound: PlaceCode) {
        self.homes.insert(person, compound);
    }

    pub(crate) fn round_mut(&mut self, id: RoundId) -> Option<&mut Round> {
        self.dirty_rounds.insert(id);
        self.rounds.get_mut(&id)
    }

    pub(crate) fn put_round(&mut self, round: Round) {
        self.dirty_rounds.insert(round.id);
        self.rounds.insert(round.id, round);
    }

    pub(crate) fn tube_mut(&mut self, id: UnitId) -> &mut Tube {
        self.dirty_tubes.insert(id);
        self.tubes.entry(id).or_default()
    }

    pub(crate) fn box_mut(&mut self, id: UnitId) -> &mut TransportBox {
        self.dirty_boxes.insert(id);
        self.boxes.entry(id).or_default()
    }

    pub(crate) fn recall_mut(&mut self, id: UnitId) -> Option<&mut Recall> {
        self.dirty_recalls.insert(id);
        self.recalls.get_mut(&id)
    }

    pub(crate) fn put_recall(&mut self, recall: Recall) {
        let (id, person) = (recall.opened.recall, recall.opened.person);
        self.dirty_recalls.insert(id);
        let ids = self.recall_of.entry(person).or_default();
        if !ids.contains(&id) {
            ids.push(id);
        }
        self.recalls.insert(id, recall);
    }

    pub(crate) fn claim_mut(&mut self, key: (UnitId, [u8; 16])) -> Option<&mut Claim> {
        self.dirty_claims.insert(key);
        self.claims.get_mut(&key)
    }

    pub(crate) fn put_claim(&mut self, key: (UnitId, [u8; 16]), claim: Claim) {
        self.dirty_claims.insert(key);
        self.claims.insert(key, claim);
    }

    /// Adds to a round's counter.
    pub(crate) fn count(
        &mut self,
        key: (AreaCode, RoundId),
        place: &str,
        stage: Stage,
        at: Micros,
        persons: i64,
        tubes: i64,
    ) {
        let hour = match stage {
            Stage::Planned | Stage::Exempt => Micros(0),
            _ => at.hour_start(),
        };
        let slot = self.counts.entry((key.0, key.1, place.to_owned(), stage, hour)).or_default();
        *slot = (slot.0 + persons, slot.1 + tubes);
    }

    /// Adds a tube to a laboratory's counter.
    pub(crate) fn count_lab(
        &mut self,
        area: AreaCode,
        lab: &str,
        stage: Stage,
        at: Micros,
        n: i64,
    ) {
        *self.lab_counts.entry((area, lab.to_owned(), stage, at.hour_start())).or_default() += n;
    }

    /// Adds a tube's time for a step; unknown ends add nothing, clocks that disagree count zero.
    pub(crate) fn time(
        &mut self,
        key: (AreaCode, RoundId),
        step: Step,
        from: Option<Micros>,
        until: Option<Micros>,
    ) {
        if let (Some(from), Some(until)) = (from, until) {
            let minutes = ((until - from).0 / 60_000_000).clamp(0, LAST_CLASS);
            let class = minutes - minutes % MINUTE_CLASS;
            *self.turnaround.entry((key.0, key.1, step, class)).or_default() += 1;
        }
    }

    /// The open recalls of a person in a round.
    pub(crate) fn open_recalls(&self, person: PersonId, round: RoundId) -> Vec<&Recall> {
        self.recall_of
            .get(&person)
            .into_iter()
            .flatten()
            .filter_map(|id| self.recalls.get(id))
            .filter(|r| r.closed_at.is_none() && r.opened.round == round)
            .collect()
    }
}

/// What a group needs to have loaded.
#[derive(Debug, Default)]
pub(crate) struct Wanted {
    pub rounds: Vec<RoundId>,
    pub units: Vec<UnitId>,
    /// Boxes whose content is needed tube by tube.
    pub boxes_inside: Vec<UnitId>,
    pub persons: Vec<(RoundId, PersonId)>,
    pub exemptions: Vec<(RoundId, PersonId)>,
    /// Persons whose open recalls alone are needed.
    pub recalled: Vec<(RoundId, PersonId)>,
    pub targets: Vec<(AreaCode, RoundId, PlaceCode)>,
    pub recalls: Vec<UnitId>,
    /// Tubes whose members' recalls are needed.
    pub tubes_with_recalls: Vec<UnitId>,
    /// Tubes whose claims are needed.
    pub claims: Vec<UnitId>,
}

impl State {
    /// Loads what is wanted, units first: a tube's box decides which boxes are needed.
    pub(crate) async fn load(
        &mut self,
        db: &mut Connection,
        units: &mut Units,
        mut wanted: Wanted,
    ) -> Result<()> {
        for id in std::mem::take(&mut wanted.boxes_inside) {
            for line in ledger::views::inside(db, id, 100_000).await? {
                wanted.units.push(line.id);
            }
        }
        units.load(db, &wanted.units).await?;
        let containers: Vec<UnitId> =
            wanted.units.iter().flat_map(|id| units.ancestors(*id)).collect();
        wanted.units.extend(containers);
        wanted.units.sort_unstable();
        wanted.units.dedup();

        let keys = distinct(&wanted.rounds).into_iter().map(Value::from).collect::<Vec<_>>();
        for row in db.lookup(&tables::ROUND_BY_ID, &keys).await? {
            let round = read_round(&row)?;
            self.rounds.insert(round.id, round);
        }
        let tubes: Vec<UnitId> =
            wanted.units.iter().filter(|id| id.kind() == crate::TUBE).copied().collect();
        for row in db.lookup(&tables::TUBE_BY_ID, &unit_keys(&tubes)).await? {
            let (id, tube) = read_tube(&row)?;
            self.tubes.insert(id, tube);
        }
        let boxes: Vec<UnitId> =
            wanted.units.iter().filter(|id| id.kind() == crate::BOX).copied().collect();
        for row in db.lookup(&tables::BOX_BY_ID, &unit_keys(&boxes)).await? {
            let (id, found) = read_box(&row)?;
            self.boxes.insert(id, found);
        }
        for row in db.lookup(&tables::CLAIMS_OF, &unit_keys(&distinct(&wanted.claims))).await? {
            let (key, claim) = read_claim(&row)?;
            self.claims.insert(key, claim);
        }
        for id in &wanted.tubes_with_recalls {
            let Some(tube) = self.tubes.get(id) else { continue };
            let claimed = self.claims.iter().filter(|((unit, _), _)| unit == id);
            let members = tube.members.iter().chain(claimed.flat_map(|(_, c)| &c.members));
            for member in members {
                wanted.recalls.push(crate::recall_id(*id, member.person));
                wanted.recalled.extend(tube.round.map(|round| (round, member.person)));
            }
        }
        self.load_people(db, &wanted).await?;
        self.load_recalls(db, units, &wanted).await
    }

    async fn load_people(&mut self, db: &mut Connection, wanted: &Wanted) -> Result<()> {
        let mut persons: Vec<PersonId> = wanted
            .persons
            .iter()
            .chain(&wanted.exemptions)
            .map(|(_, p)| *p)
            .filter(|p| !self.homes.contains_key(p))
            .collect();
        persons.sort_unstable();
        persons.dedup();
        let keys: Vec<Value> = persons.iter().map(|p| (*p).into()).collect();
        for row in db.lookup(&tables::PERSON_HOME, &keys).await? {
            if let Some(home) = row.opt_text(1)?.and_then(|t| PlaceCode::parse(t).ok()) {
                self.homes.insert(PersonId::from_bytes(row.id(0)?), home);
            }
        }
        let area_of = |person: &PersonId, homes: &HashMap<PersonId, PlaceCode>| {
            homes.get(person).and_then(PlaceCode::area).unwrap_or(AreaCode::NONE)
        };
        let mut keys = Vec::with_capacity(wanted.persons.len() * 3);
        for (round, person) in distinct(&wanted.persons) {
            keys.extend([area_of(&person, &self.homes).into(), person.into(), round.into()]);
        }
        for row in db.lookup(&tables::SWAB_OF_PERSON, &keys).await? {
            let person = PersonId::from_bytes(row.id(0)?);
            self.swabbed.insert((RoundId::from_bytes(row.id(1)?), person));
        }
        let mut keys = Vec::with_capacity(wanted.exemptions.len() * 3);
        for (round, person) in distinct(&wanted.exemptions) {
            keys.extend([area_of(&person, &self.homes).into(), round.into(), person.into()]);
        }
        for row in db.lookup(&tables::EXEMPTION_BY_PERSON, &keys).await? {
            let person = PersonId::from_bytes(row.id(1)?);
            self.exempt.insert((RoundId::from_bytes(row.id(0)?), person));
        }
        let mut keys = Vec::with_capacity(wanted.targets.len() * 3);
        for (area, round, compound) in distinct(&wanted.targets) {
            keys.extend([area.into(), round.into(), (&compound).into()]);
        }
        for row in db.lookup(&tables::TARGET_BY_COMPOUND, &keys).await? {
            if let Ok(compound) = PlaceCode::parse(row.text(2)?) {
                self.targets.insert((RoundId::from_bytes(row.id(1)?), compound), row.int(3)?);
            }
        }
        Ok(())
    }

    async fn load_recalls(
        &mut self,
        db: &mut Connection,
        units: &mut Units,
        wanted: &Wanted,
    ) -> Result<()> {
        let mut persons: Vec<PersonId> =
            wanted.persons.iter().chain(&wanted.recalled).map(|(_, p)| *p).collect();
        persons.sort_unstable();
        persons.dedup();
        let keys: Vec<Value> = persons.iter().map(|p| (*p).into()).collect();
        let mut rows = db.lookup(&tables::RECALL_OF_PERSON, &keys).await?;
        let by_id = unit_keys(&distinct(&wanted.recalls));
        rows.extend(db.lookup(&tables::RECALL_BY_ID, &by_id).await?);
        let mut ids = wanted.recalls.clone();
        for row in rows {
            let recall = read_recall(&row)?;
            let id = recall.opened.recall;
            ids.push(id);
            let of_person = self.recall_of.entry(recall.opened.person).or_default();
            if !of_person.contains(&id) {
                of_person.push(id);
            }
            self.recalls.insert(id, recall);
        }
        units.load(db, &ids).await
    }

    /// Writes what changed.
    pub(crate) async fn flush(&mut self, db: &mut Connection) -> Result<()> {
        let mut rows = Vec::new();
        for id in sorted(&self.dirty_rounds) {
            let Some(r) = self.rounds.get(&id) else { continue };
            rows.extend([
                id.into(),
                r.name_zh.as_str().into(),
                r.name_en.as_str().into(),
                r.number.into(),
                r.places.as_str().into(),
                r.starts_at.into(),
                r.ends_at.into(),
                r.population.into(),
                r.prevalence.into(),
                r.ordered_hours.into(),
                r.closed_at.into(),
            ]);
        }
        db.insert(&tables::ROUND_PUT, &rows).await?;
        self.flush_plans(db).await?;
        self.flush_tubes(db).await?;
        self.flush_boxes(db).await?;
        self.flush_recalls(db).await?;
        db.insert(&tables::RESULT_PUT, &self.new_results).await?;
        db.insert(&tables::VISIT_PUT, &self.new_visits).await?;
        self.flush_counts(db).await
    }

    async fn flush_plans(&mut self, db: &mut Connection) -> Result<()> {
        let mut rows = Vec::new();
        for ((area, round, compound), (persons, zone)) in &self.new_targets {
            rows.extend([
                (*area).into(),
                (*round).into(),
                compound.into(),
                (*persons).into(),
                (*zone).into(),
            ]);
        }
        db.insert(&tables::TARGET_PUT, &rows).await?;
        let mut rows = Vec::new();
        for ((area, round, site), [community, slots, stands, samplers, persons]) in &self.new_plans
        {
            rows.extend([(*area).into(), (*round).into(), site.as_str().into()]);
            rows.extend([community, slots, stands, samplers, persons].map(Clone::clone));
        }
        db.insert(&tables::SITE_PLAN_PUT, &rows).await?;
        let mut rows = Vec::new();
        for ((area, lab, from), values) in &self.new_capacities {
            rows.extend([(*area).into(), lab.as_str().into(), (*from).into()]);
            rows.extend(values.iter().cloned());
        }
        db.insert(&tables::CAPACITY_PUT, &rows).await?;
        let mut rows = Vec::new();
        for ((area, round, person), values) in &self.new_exemptions {
            rows.extend([(*area).into(), (*round).into(), (*person).into()]);
            rows.extend(values.iter().cloned());
        }
        db.insert(&tables::EXEMPTION_PUT, &rows).await?;
        Ok(())
    }

    async fn flush_tubes(&mut self, db: &mut Connection) -> Result<()> {
        let mut rows = Vec::with_capacity(self.dirty_tubes.len() * 28);
        for id in sorted(&self.dirty_tubes) {
            let Some(t) = self.tubes.get(&id) else { continue };
            let filled = t.is_collected();
            rows.extend([
                id.area().into(),
                id.into(),
                t.round.into(),
                t.barcode.clone().into(),
                t.site.clone().into(),
                t.community.clone().into(),
                t.mode.map(Mode::as_str).into(),
                t.zone.clone().into(),
                filled.then(|| pack_members(&t.members)).into(),
                filled.then(|| join_places(&t.homes)).into(),
                t.started_at.into(),
                t.collected_at.into(),
                t.claims.into(),
                t.sent_at.into(),
                t.received_at.into(),
                t.loaded_at.into(),
                t.lab.clone().into(),
                t.plate.clone().into(),
                t.well.clone().into(),
                t.tested_at.into(),
                t.status.clone().into(),
                t.reading.map(Reading::as_str).into(),
                t.ct_n.into(),
                t.ct_orf1ab.into(),
                t.ct_control.into(),
                t.reported_at.into(),
                t.settles.into(),
                t.fault.clone().into(),
            ]);
        }
        db.insert(&tables::TUBE_PUT, &rows).await?;
        let mut rows = Vec::with_capacity(self.swabs.len() * 8);
        for ((area, person, round, tube), (position, at, void)) in &self.swabs {
            rows.extend([
                (*area).into(),
                (*person).into(),
                (*round).into(),
                (*tube).into(),
                tube.area().into(),
                (*position).into(),
                (*at).into(),
                (*void).into(),
            ]);
        }
        db.insert(&tables::SWAB_PUT, &rows).await?;
        let mut rows = Vec::new();
        for key in sorted(&self.dirty_claims) {
            let Some(c) = self.claims.get(&key) else { continue };
            rows.extend([
                key.0.area().into(),
                key.0.into(),
                key.1.into(),
                c.site.as_str().into(),
                c.actor.as_str().into(),
                c.collected_at.into(),
                pack_members(&c.members).into(),
                join_places(&c.homes).into(),
                c.void.into(),
            ]);
        }
        db.insert(&tables::CLAIM_PUT, &rows).await?;
        Ok(())
    }

    async fn flush_boxes(&mut self, db: &mut Connection) -> Result<()> {
        let mut rows = Vec::new();
        for id in sorted(&self.dirty_boxes) {
            let Some(b) = self.boxes.get(&id) else { continue };
            rows.extend([
                id.area().into(),
                id.into(),
                b.site.clone().into(),
                load_text(&b.load).into(),
                b.oldest.into(),
                b.sealed_at.into(),
                b.sent_at.into(),
                b.received_at.into(),
                b.opened_at.into(),
                b.courier.clone().into(),
                b.lab.clone().into(),
                b.missing.into(),
                b.surplus.into(),
            ]);
        }
        db.insert(&tables::BOX_PUT, &rows).await?;
        Ok(())
    }

    async fn flush_recalls(&mut self, db: &mut Connection) -> Result<()> {
        let mut rows = Vec::new();
        for id in sorted(&self.dirty_recalls) {
            let Some(r) = self.recalls.get(&id) else { continue };
            rows.extend([
                id.area().into(),
                id.into(),
                r.opened.person.into(),
                r.opened.round.into(),
                r.opened.origin.into(),
                r.opened.reason.as_str().into(),
                r.opened.home.as_ref().into(),
                (&r.opened.community).into(),
                r.opened.counts.into(),
                r.opened_at.into(),
                r.tube.into(),
                r.sampled_at.into(),
                r.closed_at.into(),
                r.ending.clone().into(),
            ]);
        }
        db.insert(&tables::RECALL_PUT, &rows).await?;
        Ok(())
    }

    async fn flush_counts(&mut self, db: &mut Connection) -> Result<()> {
        let mut rows = Vec::with_capacity(self.counts.len() * 7);
        for ((area, round, place, stage, hour), (persons, tubes)) in &self.counts {
            rows.extend([
                (*area).into(),
                (*round).into(),
                place.as_str().into(),
                stage.as_str().into(),
                (*hour).into(),
                (*persons).into(),
                (*tubes).into(),
            ]);
        }
        db.insert(&tables::COUNT_ADD, &rows).await?;
        let mut rows = Vec::new();
        for ((area, lab, stage, hour), tubes) in &self.lab_counts {
            rows.extend([
                (*area).into(),
                lab.as_str().into(),
                stage.as_str().into(),
                (*hour).into(),
                (*tubes).into(),
            ]);
        }
        db.insert(&tables::LAB_COUNT_ADD, &rows).await?;
        let mut rows = Vec::new();
        for ((area, round, step, minutes), tubes) in &self.turnaround {
            rows.extend([
                (*area).into(),
                (*round).into(),
                step.as_str().into(),
                (*minutes).into(),
                (*tubes).into(),
            ]);
        }
        db.insert(&tables::TURNAROUND_ADD, &rows).await?;
        Ok(())
    }
}

fn distinct<T: Ord + Clone>(items: &[T]) -> Vec<T> {
    let mut items = items.to_vec();
    items.sort_unstable();
    items.dedup();
    items
}

fn sorted<T: Ord + Copy>(items: &HashSet<T>) -> Vec<T> {
    let mut items: Vec<T> = items.iter().copied().collect();
    items.sort_unstable();
    items
}

fn unit_keys(ids: &[UnitId]) -> Vec<Value> {
    ids.iter().flat_map(|id| [id.area().into(), (*id).into()]).collect()
}

/// A holder's text, for rows that keep one.
pub(crate) fn text_of(holder: &HolderCode) -> Option<String> {
    holder_text(holder)
}
