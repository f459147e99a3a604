//! From people and pools to a plan, and again after a change.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::explain::{Explanation, explain};
use super::flow::{Flow, NEVER};
use super::model::{
    BedError, CareLevel, Facility, FacilityIndex, Patient, PatientKey, Pool, PoolIndex, Rule, Sex,
    Urgency, Weights,
};

/// No single wish of one person weighs more than this, so that urgency can weigh more.
const MOST: i64 = 2_000_000;

/// People of one family who need the same care: planned as a whole.
#[derive(Clone, Debug)]
pub(super) struct Party {
    pub(super) family: u32,
    pub(super) level: CareLevel,
    pub(super) urgency: Urgency,
    pub(super) members: Vec<u32>,
    pub(super) part: Part,
    women: bool,
    men: bool,
    child: bool,
}

/// Whether a party is one, or was divided because there was no place for all of it together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Whole,
    Divided,
}

impl Party {
    /// Whether a pool may take this party, its level apart.
    fn admitted(&self, rule: Rule) -> bool {
        match rule {
            Rule::Anybody => true,
            Rule::Women => !self.men,
            Rule::Men => !self.women,
            Rule::Families => self.wants_family_room(),
        }
    }

    pub(super) fn wants_family_room(&self) -> bool {
        self.part == Part::Whole && (self.members.len() > 1 || self.child)
    }
}

/// A part of a pool with a capacity of its own in the flow.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slot {
    pub(super) pool: usize,
    pub(super) reserve: bool,
}

/// What happens between two plans.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Somebody needs a bed.
    Arrive(Patient),
    /// Somebody does not any more: admitted, refused, died, corrected.
    Withdraw(PatientKey),
    /// What is known of somebody has changed: severity, deadline, place, promise.
    Update(Patient),
    /// A pool has other free beds, staff or reserve. Facility, level and rule stay as they were.
    Places {
        /// Which.
        pool: PoolIndex,
        /// Free beds.
        beds: u32,
        /// Staffed places.
        staffed: u32,
        /// Of those usable, the reserve.
        reserve: u32,
    },
    /// A facility has another intake limit.
    Intake {
        /// Which.
        facility: FacilityIndex,
        /// The limit.
        intake: Option<u32>,
    },
}

/// Where one person goes, and why there.
#[derive(Clone, Debug, PartialEq)]
pub struct Seat {
    /// Who.
    pub patient: PatientKey,
    /// The pool; none is a wait.
    pub pool: Option<PoolIndex>,
    /// What the place gives, and which wishes it leaves open.
    pub explanation: Explanation,
}

/// A plan for everybody.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// One for each person, in the order of their keys.
    pub seats: Vec<Seat>,
    /// How many wait.
    pub waiting: usize,
    /// Parties that were planned whole and are in more than one place: at most one fewer than
    /// there are pools (reserves count as pools of their own).
    pub split: usize,
    /// Parties that no ward could take together and that were therefore planned in two parts.
    pub divided: usize,
    /// The total of what the plan costs in metres, with [`Plan::wait_weight`] for those who wait.
    pub cost: i128,
    /// What one step of urgency weighs.
    pub wait_weight: i64,
}

/// The bed plan, kept optimal under changes.
#[derive(Clone, Debug)]
pub struct BedPlanner {
    pub(super) facilities: Vec<Facility>,
    pub(super) pools: Vec<Pool>,
    pub(super) weights: Weights,
    pub(super) slots: Vec<Slot>,
    pub(super) patients: Vec<Patient>,
    pub(super) parties: Vec<Party>,
    flow: Flow,
    by_key: HashMap<PatientKey, u32>,
    present: Vec<bool>,
    families: BTreeMap<u32, Vec<u32>>,
    of_family: HashMap<u32, Vec<usize>>,
    stale: BTreeSet<u32>,
}

impl BedPlanner {
    /// A planner without people.
    ///
    /// # Errors
    /// When a pool names a facility that is not there.
    pub fn new(
        facilities: Vec<Facility>,
        pools: Vec<Pool>,
        weights: Weights,
    ) -> Result<BedPlanner, BedError> {
        for (index, pool) in pools.iter().enumerate() {
            if pool.facility.0 as usize >= facilities.len() {
                return Err(BedError::NoFacility {
                    pool: index as u32,
                    facility: pool.facility.0,
                    facilities: facilities.len(),
                });
            }
        }
        let mut slots = Vec::new();
        for (pool, it) in pools.iter().enumerate() {
            slots.push(Slot { pool, reserve: false });
            // Only where there can be somebody who may use it.
            if it.reserve > 0 || it.level == CareLevel::Intensive {
                slots.push(Slot { pool, reserve: true });
            }
        }
        let capacity: Vec<u32> =
            slots.iter().map(|slot| places(&pools[slot.pool], *slot)).collect();
        // A facility without a limit needs no group: fewer nodes to search.
        let limited: Vec<usize> =
            (0..facilities.len()).filter(|&f| facilities[f].intake.is_some()).collect();
        let group: Vec<Option<usize>> = slots
            .iter()
            .map(|slot| limited.iter().position(|&f| f == pools[slot.pool].facility.0 as usize))
            .collect();
        let intake: Vec<u32> = limited.iter().filter_map(|&f| facilities[f].intake).collect();
        let flow = Flow::new(&capacity, &group, &intake);
        Ok(BedPlanner {
            facilities,
            pools,
            weights,
            slots,
            patients: Vec::new(),
            parties: Vec::new(),
            flow,
            by_key: HashMap::new(),
            present: Vec::new(),
            families: BTreeMap::new(),
            of_family: HashMap::new(),
            stale: BTreeSet::new(),
        })
    }

    /// The flow that the last plan was read from, for [`super::prove`].
    #[must_use]
    pub fn flow(&self) -> &Flow {
        &self.flow
    }

    /// Takes note of a change; the next [`BedPlanner::plan`] heeds it.
    ///
    /// # Errors
    /// When the change names who or what is not there, or is there already.
    pub fn change(&mut self, change: Change) -> Result<(), BedError> {
        match change {
            Change::Arrive(patient) => {
                if self.by_key.contains_key(&patient.key) {
                    return Err(BedError::Twice(patient.key));
                }
                let index = self.patients.len() as u32;
                self.patients.push(patient);
                self.present.push(true);
                self.by_key.insert(patient.key, index);
                self.families.entry(patient.family).or_default().push(index);
                self.stale.insert(patient.family);
            }
            Change::Withdraw(key) => {
                let index = self.by_key.remove(&key).ok_or(BedError::Unknown(key))?;
                self.leave(index);
            }
            Change::Update(patient) => {
                let index = *self.by_key.get(&patient.key).ok_or(BedError::Unknown(patient.key))?;
                self.leave(index);
                self.patients[index as usize] = patient;
                self.present[index as usize] = true;
                self.families.entry(patient.family).or_default().push(index);
                self.stale.insert(patient.family);
            }
            Change::Places { pool, beds, staffed, reserve } => {
                let at = pool.0 as usize;
                let known = self.pools.get_mut(at);
                let known = known.ok_or(BedError::NoSuch { what: "pool", index: pool.0 })?;
                (known.beds, known.staffed, known.reserve) = (beds, staffed, reserve);
                let known = *known;
                for index in 0..self.slots.len() {
                    let slot = self.slots[index];
                    if slot.pool == at {
                        self.flow.set_capacity(index, places(&known, slot));
                    }
                }
            }
            Change::Intake { facility, intake } => {
                let at = facility.0 as usize;
                let missing = BedError::NoSuch { what: "facility", index: facility.0 };
                let known = self.facilities.get_mut(at).ok_or(missing)?;
                let had = known.intake.is_some();
                known.intake = intake;
                let slot = self.slots.iter().position(|s| self.pools[s.pool].facility == facility);
                match slot.and_then(|slot| self.flow.group(slot)) {
                    Some(group) => {
                        self.flow.set_group_capacity(group, intake.unwrap_or(u32::MAX));
                    }
                    // The first limit of a facility changes the graph.
                    None if !had && slot.is_some() && intake.is_some() => self.rebuild()?,
                    None => {}
                }
            }
        }
        Ok(())
    }

    fn leave(&mut self, index: u32) {
        let family = self.patients[index as usize].family;
        self.present[index as usize] = false;
        if let Some(members) = self.families.get_mut(&family) {
            members.retain(|&member| member != index);
        }
        self.stale.insert(family);
    }

    fn rebuild(&mut self) -> Result<(), BedError> {
        let (facilities, pools) = (self.facilities.clone(), self.pools.clone());
        let mut fresh = BedPlanner::new(facilities, pools, self.weights)?;
        for (index, patient) in self.patients.iter().enumerate() {
            if self.present[index] {
                fresh.change(Change::Arrive(*patient))?;
            }
        }
        *self = fresh;
        Ok(())
    }

    /// What one step of urgency weighs: more than all else that could change if one person went
    /// in another's stead. Such an exchange moves at most one person out of each slot.
    fn wait_weight(&self) -> i64 {
        (self.slots.len() as i64 + 2) * (MOST + 1)
    }

    /// The best plan for everybody who is here now.
    pub fn plan(&mut self) -> Plan {
        // Parties that have gone leave their rows behind; a fresh start costs little.
        if self.parties.len() > 4 * self.by_key.len() + 10_000 {
            // The facilities were checked when the planner was made.
            let _checked = self.rebuild();
        }
        self.unite();
        let mut fresh: Vec<Party> = Vec::new();
        for family in std::mem::take(&mut self.stale) {
            for party in self.of_family.remove(&family).unwrap_or_default() {
                self.flow.withdraw(party);
            }
            if let Some(members) = self.families.get(&family) {
                fresh.extend(self.parties_of(family, members));
            }
        }
        // The urgent first: those who come later mostly find their wait at once.
        fresh.sort_by_key(|party| (std::cmp::Reverse(party.urgency), party.family));
        self.flow.reserve(fresh.len());
        for party in fresh {
            self.enter(party);
        }
        let divided = self.divide();
        self.flow.gather();
        self.read(divided)
    }

    fn enter(&mut self, party: Party) -> usize {
        let costs = self.costs(&party);
        let index = self.flow.add(&costs, party.members.len() as u32);
        self.of_family.entry(party.family).or_default().push(index);
        self.parties.push(party);
        index
    }

    fn take_out(&mut self, index: usize) {
        self.flow.withdraw(index);
        if let Some(parties) = self.of_family.get_mut(&self.parties[index].family) {
            parties.retain(|&party| party != index);
        }
    }

    /// Parties that were divided are one again before each plan: perhaps there is room now.
    fn unite(&mut self) {
        let parts: Vec<usize> = (0..self.parties.len())
            .filter(|&p| self.parties[p].part == Part::Divided && self.flow.size(p) > 0)
            .collect();
        for part in parts {
            self.stale.insert(self.parties[part].family);
        }
    }

    /// Divides those who wait although their women or men alone might find places.
    fn divide(&mut self) -> usize {
        let (mut tried, mut divided) = (BTreeSet::new(), 0);
        loop {
            let waiting: Vec<usize> = (0..self.parties.len())
                .filter(|&p| {
                    let party = &self.parties[p];
                    let waits = self.flow.placed(p).iter().any(|&(slot, _)| self.is_wait(slot));
                    waits
                        && party.women
                        && party.men
                        && !tried.contains(&(party.family, party.level))
                })
                .collect();
            if waiting.is_empty() {
                return divided;
            }
            let mut pairs = Vec::new();
            for whole in waiting {
                let party = self.parties[whole].clone();
                tried.insert((party.family, party.level));
                self.take_out(whole);
                let halves = self.halves(&party).map(|half| self.enter(half));
                pairs.push((party, halves));
            }
            for (party, halves) in pairs {
                let helped = halves.iter().any(|&half| {
                    self.flow.placed(half).iter().any(|&(slot, _)| !self.is_wait(slot))
                });
                if helped {
                    divided += 1;
                } else {
                    halves.iter().for_each(|&half| self.take_out(half));
                    self.enter(party);
                }
            }
        }
    }

    fn halves(&self, party: &Party) -> [Party; 2] {
        let person = |&member: &u32| &self.patients[member as usize];
        // Children go with the women where there are grown ones, else with the men.
        let grown = party.members.iter().map(person).any(|p| !p.child && p.sex == Sex::Female);
        let with_women = |member: &u32| {
            let person = person(member);
            if person.child { grown } else { person.sex == Sex::Female }
        };
        let (women, men): (Vec<u32>, Vec<u32>) =
            party.members.iter().partition(|&member| with_women(member));
        [women, men].map(|members| self.party(party.family, party.level, members, Part::Divided))
    }

    pub(super) fn is_wait(&self, slot: u32) -> bool {
        slot as usize == self.slots.len()
    }

    /// A family's parties: those who need the same care, children with an adult where the adult's
    /// care is enough for them.
    fn parties_of(&self, family: u32, members: &[u32]) -> Vec<Party> {
        let person = |member: &u32| &self.patients[*member as usize];
        let mut by_level: BTreeMap<CareLevel, Vec<u32>> = BTreeMap::new();
        for member in members {
            let need = person(member).need;
            let level = if person(member).child {
                let adults = members.iter().map(person).filter(|p| !p.child && p.need >= need);
                adults.map(|p| p.need).min().unwrap_or(need)
            } else {
                need
            };
            by_level.entry(level).or_default().push(*member);
        }
        by_level
            .into_iter()
            .map(|(level, members)| self.party(family, level, members, Part::Whole))
            .collect()
    }

    fn party(&self, family: u32, level: CareLevel, mut members: Vec<u32>, part: Part) -> Party {
        let person = |member: &u32| &self.patients[*member as usize];
        // An adult first and the children after it, so that a split leaves them together.
        members.sort_by_key(|member| (person(member).sex, person(member).child, *member));
        if let Some(adult) = members.iter().position(|member| !person(member).child) {
            members.swap(0, adult);
            members[1..].sort_by_key(|member| (!person(member).child, *member));
        }
        let grown = |sex| members.iter().map(person).any(|p| !p.child && p.sex == sex);
        let only_children = members.iter().map(person).all(|p| p.child);
        let some =
            |sex| grown(sex) || only_children && members.iter().map(person).any(|p| p.sex == sex);
        Party {
            family,
            level,
            urgency: members.iter().map(|m| person(m).urgency).max().unwrap_or(Urgency::new(0, 0)),
            women: some(Sex::Female),
            men: some(Sex::Male),
            child: members.iter().map(person).any(|p| p.child),
            part,
            members,
        }
    }

    /// What one person of the party costs in each slot; the last entry is the wait.
    fn costs(&self, party: &Party) -> Vec<i64> {
        let mut costs: Vec<i64> = self
            .slots
            .iter()
            .map(|slot| {
                let pool = &self.pools[slot.pool];
                let closed = slot.reserve && party.urgency < self.weights.reserve_for;
                if pool.level < party.level || closed || !party.admitted(pool.rule) {
                    return NEVER;
                }
                let weights = &self.weights;
                let mut cost = self.metres(party, slot.pool);
                cost += pool.level.above(party.level) * weights.level_above;
                if party.wants_family_room() && pool.rule != Rule::Families {
                    cost += weights.no_family_room;
                }
                if slot.reserve {
                    cost += weights.reserve_place;
                }
                let broken = |member: &u32| {
                    let promised = self.patients[*member as usize].promised;
                    promised.is_some_and(|promised| promised.0 as usize != slot.pool)
                };
                if party.members.iter().any(broken) {
                    cost += weights.promise_broken;
                }
                cost.min(MOST)
            })
            .collect();
        costs.push((party.urgency.rank() + 1) * self.wait_weight());
        costs
    }

    /// The mean way of the party's people.
    pub(super) fn metres(&self, party: &Party, pool: usize) -> i64 {
        let to = self.facilities[self.pools[pool].facility.0 as usize].at;
        let sum: i64 = party.members.iter().map(|&m| self.patients[m as usize].at.metres(to)).sum();
        sum / party.members.len().max(1) as i64
    }

    pub(super) fn allowed(&self, party: usize, slot: usize) -> bool {
        self.flow.costs(party)[slot] < NEVER
    }

    fn read(&self, divided: usize) -> Plan {
        let mut seats = Vec::with_capacity(self.by_key.len());
        let (mut waiting, mut split) = (0, 0);
        for (index, party) in self.parties.iter().enumerate() {
            let mut placed = self.flow.placed(index).to_vec();
            split += usize::from(placed.len() > 1 && party.part == Part::Whole);
            // The largest share first: the adult and the children are at the front.
            placed.sort_by_key(|&(slot, people)| (std::cmp::Reverse(people), slot));
            let mut members = party.members.iter();
            for (slot, people) in placed {
                let pool = self.slots.get(slot as usize).map(|slot| slot.pool);
                let explanation = explain(self, index, slot as usize);
                for &member in members.by_ref().take(people as usize) {
                    waiting += usize::from(pool.is_none());
                    seats.push(Seat {
                        patient: self.patients[member as usize].key,
                        pool: pool.map(|pool| PoolIndex(pool as u32)),
                        explanation: explanation.clone(),
                    });
                }
            }
        }
        seats.sort_by_key(|seat| seat.patient);
        let (cost, wait_weight) = (self.flow.cost(), self.wait_weight());
        Plan { seats, waiting, split, divided, cost, wait_weight }
    }

    pub(super) fn siblings(&self, party: usize) -> impl Iterator<Item = usize> + '_ {
        let family = self.parties[party].family;
        let all = self.of_family.get(&family).map_or(&[][..], |parties| parties.as_slice());
        all.iter().copied().filter(move |&other| other != party)
    }
}

/// The places of a slot.
fn places(pool: &Pool, slot: Slot) -> u32 {
    let has_reserve = pool.reserve.min(pool.usable());
    if slot.reserve { has_reserve } else { pool.usable() - has_reserve }
}
