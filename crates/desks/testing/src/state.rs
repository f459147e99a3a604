//! The rows that one group of commands touches: loaded, changed in memory, written back.

use std::collections::{BTreeMap, HashMap, HashSet};

use store::Value;
use types::{AreaCode, Micros, PersonId, PlaceCode, RoundId, UnitId};

use crate::rows::{Claim, Recall, Round, SwabFate, TransportBox, Tube};
use crate::turnaround::Timed;

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

/// Area, person, round, tube.
pub(crate) type SwabKey = (AreaCode, PersonId, RoundId, UnitId);
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
    /// The swabs of a person in a round that are theirs: tube, time, whether it is known to lie
    /// there.
    pub(crate) swabs_of: HashMap<(RoundId, PersonId), BTreeMap<UnitId, (Micros, SwabFate)>>,
    pub(crate) exempt: HashSet<(RoundId, PersonId)>,
    pub(crate) targets: HashMap<(RoundId, PlaceCode), i64>,
    pub(crate) dirty_rounds: HashSet<RoundId>,
    pub(crate) dirty_tubes: HashSet<UnitId>,
    pub(crate) dirty_boxes: HashSet<UnitId>,
    pub(crate) dirty_recalls: HashSet<UnitId>,
    pub(crate) dirty_claims: HashSet<(UnitId, [u8; 16])>,
    /// Position, time and fate of the swabs to write, by key.
    pub(crate) swabs: BTreeMap<SwabKey, (i64, Micros, SwabFate)>,
    pub(crate) new_targets: BTreeMap<(AreaCode, RoundId, PlaceCode), (i64, &'static str)>,
    pub(crate) new_exemptions: BTreeMap<(AreaCode, RoundId, PersonId), [Value; 5]>,
    pub(crate) new_plans: BTreeMap<(AreaCode, RoundId, String), [Value; 5]>,
    pub(crate) new_capacities: BTreeMap<(AreaCode, String, Micros), [Value; 3]>,
    pub(crate) new_results: Vec<Value>,
    pub(crate) new_visits: Vec<Value>,
    /// Persons and tubes to add.
    pub(crate) counts: BTreeMap<CountKey, (i64, i64)>,
    pub(crate) lab_counts: BTreeMap<(AreaCode, String, Stage, Micros), i64>,
    /// How long the steps of the loaded tubes took, as the store has them.
    pub(crate) timed: HashMap<UnitId, Vec<Timed>>,
}

impl State {
    /// The tubes that this group made or changed.
    pub(crate) fn touched_tubes(&self) -> impl Iterator<Item = (&UnitId, &Tube)> {
        self.dirty_tubes.iter().filter_map(|id| self.tubes.get(id).map(|t| (id, t)))
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

    /// Writes a swab.
    pub(crate) fn put_swab(&mut self, key: SwabKey, position: i64, at: Micros, fate: SwabFate) {
        self.swabs.insert(key, (position, at, fate));
        self.know_swab(key, at, fate);
    }

    /// Notes a swab that the store has.
    pub(crate) fn know_swab(&mut self, key: SwabKey, at: Micros, fate: SwabFate) {
        let (_, person, round, tube) = key;
        let known = self.swabs_of.entry((round, person)).or_default();
        match fate {
            SwabFate::NotTheirs => known.remove(&tube),
            SwabFate::Stands | SwabFate::SetAside => known.insert(tube, (at, fate)),
        };
    }

    /// Whether a person has had a swab in a round.
    pub(crate) fn is_swabbed(&self, round: RoundId, person: PersonId) -> bool {
        self.swabs_of.get(&(round, person)).is_some_and(|swabs| !swabs.is_empty())
    }

    /// The swabs of a person in a round, the earliest first: tube, time, whether it stands.
    pub(crate) fn swabs_in(
        &self,
        round: RoundId,
        person: PersonId,
    ) -> Vec<(UnitId, Micros, SwabFate)> {
        let known = self.swabs_of.get(&(round, person)).into_iter().flatten();
        let mut swabs: Vec<_> = known.map(|(tube, (at, fate))| (*tube, *at, *fate)).collect();
        swabs.sort_by_key(|(tube, at, _)| (*at, *tube));
        swabs
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
