//! The response, day by day, around an outbreak.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::case::{Bed, Case, DayRow, Found, NOT_YET, away};
use super::plan::{ResponsePlan, SeedGroup, lock_of};
use super::queue::TubeQueue;
use crate::epidemic::draw::{Draw, Purpose};
use crate::epidemic::{
    Agent, Behaviour, Disease, Epidemic, Isolation, Layer, Lock, PlaceKind, Population, Role,
    Severity,
};

/// A pool that read positive: persons to swab again, and the infected among them.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Pool {
    pub persons: u32,
    pub infected: Vec<u32>,
}

/// A set of agents as ranges, with how many come before each.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scope {
    ranges: Vec<(std::ops::Range<u32>, u32)>,
    pub people: u32,
}

impl Scope {
    /// The regions of some counties; of all when none is named.
    fn of(all: &Population, counties: &[u64]) -> Scope {
        let inside = |region: &&crate::epidemic::Region| {
            counties.is_empty()
                || region.counties.iter().any(|c| counties.contains(&(c % 1_000_000)))
        };
        let regions = all.regions().iter().filter(inside);
        let mut ranges: Vec<_> = regions.flat_map(|r| r.ranges.iter().cloned()).collect();
        ranges.sort_by_key(|r| r.start);
        let mut scope = Scope::default();
        for range in ranges {
            let here = range.end - range.start;
            scope.ranges.push((range, scope.people));
            scope.people += here;
        }
        scope
    }

    /// The place of an agent in the set.
    pub(crate) fn place(&self, agent: Agent) -> Option<u32> {
        let at = self.ranges.partition_point(|(range, _)| range.end <= agent);
        let (range, before) = self.ranges.get(at)?;
        Some(before + agent.checked_sub(range.start)?)
    }
}

/// Mass testing: the round under way.
#[derive(Clone, Debug, Default)]
pub(crate) struct Round {
    pub number: u32,
    pub started: u32,
    /// People in scope who have had their turn.
    pub done: u32,
    /// Where in the scope it began.
    pub offset: u32,
    pub active: bool,
}

/// A response to an outbreak. It sees only what tests, clinics and tracing show; the truth is
/// the outbreak's.
#[derive(Clone, Debug)]
pub struct Response {
    pub(crate) plan: Arc<ResponsePlan>,
    pub(crate) truth: Epidemic,
    pub(crate) all: Arc<Population>,
    pub(crate) cases: Vec<Case>,
    /// Capacities are multiplied by this: people of this run over people of the scenario.
    pub(crate) scale: f64,
    /// Whom rounds and closed areas cover.
    pub(crate) scope: Scope,
    /// By day: who goes to a clinic, whose result comes, whose quarantine ends.
    pub(crate) clinic_on: BTreeMap<u32, Vec<u32>>,
    pub(crate) results_on: BTreeMap<u32, Vec<(u32, Found)>>,
    /// By day: whose disease ends in death.
    pub(crate) deaths_on: BTreeMap<u32, Vec<u32>>,
    pub(crate) kept_until: BTreeMap<u32, Vec<Agent>>,
    pub(crate) rooms_until: BTreeMap<u32, u32>,
    pub(crate) rooms_used: u32,
    pub(crate) round: Round,
    pub(crate) to_lab: TubeQueue<Pool>,
    pub(crate) in_lab: TubeQueue<Pool>,
    pub(crate) again: VecDeque<Pool>,
    pub(crate) singles: u32,
    pub(crate) to_trace: VecDeque<u32>,
    pub(crate) waiting: Vec<u32>,
    pub(crate) patients: Vec<u32>,
    /// Beds taken, turnaround included: hospital, fangcang.
    pub(crate) taken: [u32; 2],
    pub(crate) free_on: BTreeMap<u32, [u32; 2]>,
    pub(crate) unreported: VecDeque<u32>,
    pub(crate) area: Lock,
    pub(crate) building_until: Vec<u16>,
    pub(crate) compound_until: Vec<u16>,
    pub(crate) lift_on: BTreeMap<u32, Vec<u32>>,
    /// By building: from when until when zones hold it, and to what.
    pub(crate) zoned: BTreeMap<u32, Vec<(u32, u32, Lock)>>,
    /// By day: buildings of zones that begin or end.
    pub(crate) zones_turn: BTreeMap<u32, Vec<u32>>,
    pub(crate) locked_down: u64,
    pub(crate) row: DayRow,
}

impl Response {
    /// A response with nothing done yet. `scale` shrinks capacities and seeds for a city made
    /// smaller than its scenario.
    pub fn new(
        plan: Arc<ResponsePlan>,
        all: Arc<Population>,
        disease: Arc<Disease>,
        seed: u64,
        scale: f64,
    ) -> Response {
        let scope = Scope::of(&all, &plan.scope);
        Response {
            truth: Epidemic::new(all.clone(), disease, seed),
            cases: Vec::new(),
            scale,
            scope,
            clinic_on: BTreeMap::new(),
            results_on: BTreeMap::new(),
            deaths_on: BTreeMap::new(),
            kept_until: BTreeMap::new(),
            rooms_until: BTreeMap::new(),
            rooms_used: 0,
            round: Round::default(),
            to_lab: TubeQueue::default(),
            in_lab: TubeQueue::default(),
            again: VecDeque::new(),
            singles: 0,
            to_trace: VecDeque::new(),
            waiting: Vec::new(),
            patients: Vec::new(),
            taken: [0; 2],
            free_on: BTreeMap::new(),
            unreported: VecDeque::new(),
            area: Lock::Open,
            building_until: vec![0; all.buildings() as usize],
            compound_until: vec![0; all.compounds() as usize],
            lift_on: BTreeMap::new(),
            zoned: BTreeMap::new(),
            zones_turn: BTreeMap::new(),
            locked_down: 0,
            row: DayRow::default(),
            plan,
            all,
        }
    }

    /// The truth.
    pub fn truth(&self) -> &Epidemic {
        &self.truth
    }

    /// What is known, in the order of the truth's infections.
    pub fn cases(&self) -> &[Case] {
        &self.cases
    }

    /// The plan.
    pub fn plan(&self) -> &ResponsePlan {
        &self.plan
    }

    /// The date of the next day.
    pub fn date(&self) -> jiff::civil::Date {
        self.plan.date_of(self.truth.day())
    }

    /// A capacity of this city, for a day.
    pub(crate) fn scaled(&self, value: f64) -> u32 {
        libm::round(value * self.scale).clamp(0.0, f64::from(u32::MAX)) as u32
    }

    /// Lives through one day and gives its figures. The outcome does not depend on the number
    /// of threads.
    pub fn live(&mut self, threads: usize) -> DayRow {
        let day = self.truth.day();
        let date = self.date();
        self.row = DayRow::default();
        self.bring_in(date);
        self.truth.set_behaviour(self.behaviour_on(date));
        let wider = self.plan.everywhere_from == Some(date);
        if wider {
            self.scope = Scope::of(&self.all, &[]);
            self.round.active = false;
        }
        self.close_area(date, wider);
        self.turn_zones(day, date);
        let new = self.truth.step(threads);
        self.row.infections = (self.truth.infections().len() - self.cases.len()) as u64;
        self.register();
        debug_assert!(new.end == self.cases.len());

        self.swab_again(day, date);
        self.see_clinics(day, date);
        self.results(day, date);
        self.sample(day, date);
        self.test(date);
        self.self_test(day, date);
        self.test_contacts(day);
        self.trace(day, date);
        self.part_with_the_dead(day, date);
        self.release(day, date);
        self.admit(day, date);
        self.lift(day);
        self.report(day, date);

        self.row.locked_down = self.locked_down;
        self.row.in_quarantine = self.rooms_used.into();
        self.row.tubes_waiting = self.to_lab.waiting() + self.in_lab.waiting();
        self.row.investigations_waiting = self.to_trace.len() as u64;
        self.row.waiting_for_bed = self.waiting.len() as u64;
        self.row.rounds = self.round.number.into();
        self.row
    }

    /// Infects those brought in on a date.
    fn bring_in(&mut self, date: jiff::civil::Date) {
        let plan = self.plan.clone();
        let Some(region) = self.all.regions().first() else { return };
        let ranges = region.ranges.clone();
        for seeds in plan.seeds.iter().filter(|s| s.on == date) {
            let count = if self.scale < 1.0 {
                libm::ceil(seeds.count * self.scale) as u32
            } else {
                libm::round(seeds.count) as u32
            };
            let wanted = match seeds.among {
                SeedGroup::Region => None,
                SeedGroup::Campus => Some(Role::Student),
                SeedGroup::Pupils => Some(Role::Pupil),
                SeedGroup::Wholesale => Some(Role::WholesaleStall),
                SeedGroup::Response => Some(Role::Response),
            };
            let everyone = ranges.iter().cloned().flatten();
            let mut group: Vec<Agent> =
                everyone.filter(|a| wanted.is_none_or(|r| self.all.role(*a) == r)).collect();
            if seeds.among == SeedGroup::Campus {
                // One hall: that of the first student drawn.
                let mut draw = Draw::keyed(self.truth.seed(), 0, self.truth.day(), Purpose::Seeds);
                let one = group.get(draw.below(group.len() as u32) as usize);
                if let Some(team) = one.and_then(|a| self.all.team_of(*a)) {
                    group = self.all.in_place(self.all.place_of(team)).to_vec();
                }
            }
            self.truth.import_among(&group, count);
        }
    }

    fn behaviour_on(&self, date: jiff::civil::Date) -> Behaviour {
        let p = &self.plan.behaviour;
        let mut b = Behaviour { all: p.all.on(date), ..Behaviour::default() };
        b.layers[Layer::Street as usize] = p.street.on(date);
        b.layers[Layer::Region as usize] = p.region.on(date);
        b.layers[Layer::City as usize] = p.region.on(date);
        b.layers[Layer::Market as usize] = p.market.on(date);
        b.layers[Layer::Service as usize] = p.service.on(date);
        for (role, series) in [
            (Role::Pupil, &p.school),
            (Role::Student, &p.campus),
            (Role::Worker, &p.work),
            (Role::LocalStall, &p.market),
            (Role::WholesaleStall, &p.market),
        ] {
            b.attendance[role as usize] = series.on(date);
        }
        b.leakage = Some(self.plan.zones.leakage.on(date));
        b.compliance = Some(self.plan.zones.compliance.on(date));
        b
    }

    /// Gives new infections a file, and those who will seek care a day for it.
    fn register(&mut self) {
        let seed = self.truth.seed();
        for at in self.cases.len()..self.truth.infections().len() {
            let infection = self.truth.infections()[at];
            let mut case = Case::default();
            if let Some(source) = self.truth.number_of(infection.infector) {
                let first = &mut self.cases[source as usize].first_child;
                case.next_sibling = *first;
                *first = at as u32;
            }
            self.cases.push(case);
            if let Some(seeks) = self.truth.disease().seeks_care(seed, &infection) {
                let on = (seeks as u32).max(self.truth.day());
                self.clinic_on.entry(on).or_default().push(at as u32);
            }
            if let Some(dies) = self.truth.disease().death(&infection) {
                let on = (dies as u32).max(self.truth.day());
                self.deaths_on.entry(on).or_default().push(at as u32);
            }
        }
    }

    /// Those who seek care on this day are swabbed, if clinics look; the very ill always.
    fn see_clinics(&mut self, day: u32, date: jiff::civil::Date) {
        let share = self.plan.testing.clinics.on(date);
        for case in self.clinic_on.remove(&day).unwrap_or_default() {
            let infection = self.truth.infections()[case as usize];
            let mut draw = Draw::keyed(self.truth.seed(), infection.agent, day, Purpose::Care);
            let severe = share > 0.0 && infection.worst() >= Severity::Severe;
            if severe || draw.chance(share) {
                self.single(case, day, Found::Clinic);
            }
        }
    }

    /// A single swab today; its result comes tomorrow.
    pub(crate) fn single(&mut self, case: u32, day: u32, how: Found) -> bool {
        let known = &self.cases[case as usize];
        if known.found_on != NOT_YET || known.pending {
            return false;
        }
        self.singles += 1;
        let swab = self.swab_of(case, day, how as u32 + 1);
        let positive = swab.n.is_some() || swab.orf.is_some();
        if positive {
            self.cases[case as usize].pending = true;
            self.results_on.entry(day + 1).or_default().push((case, how));
        }
        positive
    }

    /// Results that come today.
    fn results(&mut self, day: u32, date: jiff::civil::Date) {
        for (case, how) in self.results_on.remove(&day).unwrap_or_default() {
            self.find(case, how, day, date);
        }
    }

    /// An infection becomes known: it waits for a bed, is investigated, and its doors close.
    fn find(&mut self, at: u32, how: Found, day: u32, date: jiff::civil::Date) {
        let infection = self.truth.infections()[at as usize];
        let agent = infection.agent;
        let isolation = self.truth.isolation(agent);
        let building = self.all.building_of(self.all.household_of(agent));
        // A closed area is the community still; a building closed around a case is not.
        let closed = u32::from(self.building_until[building as usize]) > day;
        let free = !away(isolation) && !closed;
        let confirmed = self.truth.severity_at(agent, f64::from(day) + 1.0) >= Severity::Mild;
        let case = &mut self.cases[at as usize];
        if case.found_on != NOT_YET {
            return;
        }
        case.found_on = day as u16;
        case.how = how;
        case.pending = false;
        case.confirmed = confirmed;
        // Somebody kept at home for a positive pool was in the community until then.
        case.community = free && how != Found::Contact;
        self.row.found += 1;
        self.row.found_in_community += u64::from(case.community);
        match how {
            Found::Clinic => self.row.found_clinic += 1,
            Found::Round => self.row.found_round += 1,
            Found::Antigen => self.row.found_antigen += 1,
            Found::Contact => self.row.found_contact += 1,
        }
        // A result may come after death: the case is known, and nobody is to be fetched.
        if self.cases[at as usize].died().is_none() {
            if isolation != Isolation::Quarantine {
                self.truth.isolate(agent, Isolation::Home);
            }
            self.waiting.push(at);
        }
        self.to_trace.push_back(at);
        self.unreported.push_back(at);
        self.close_around(agent, day, date);
    }

    /// Publishes some of what waits to be published.
    fn report(&mut self, day: u32, date: jiff::civil::Date) {
        let (least, most) = (self.plan.reporting.least.on(date), self.plan.reporting.most.on(date));
        let mut draw = Draw::keyed(self.truth.seed(), 0, day, Purpose::Report);
        let share = least + (most - least) * draw.unit();
        let count = libm::round(share * self.unreported.len() as f64) as usize;
        for case in self.unreported.drain(..count.min(self.unreported.len())) {
            let case = &mut self.cases[case as usize];
            case.reported_on = day as u16;
            if case.confirmed {
                self.row.reported_confirmed += 1;
            } else {
                self.row.reported_asymptomatic += 1;
            }
        }
    }

    /// Closes campuses and schools by kind; for those who plan by hand.
    pub fn close_kind(&mut self, kind: PlaceKind, closed: bool) {
        for place in 0..self.all.day_places() {
            if self.all.place_kind(place) == kind {
                self.truth.close_place(place, closed);
            }
        }
    }

    pub(crate) fn lock_level(
        &self,
        series: &super::series::Series,
        date: jiff::civil::Date,
    ) -> Lock {
        lock_of(series.on(date))
    }

    pub(crate) fn bed_index(bed: Bed) -> usize {
        usize::from(bed == Bed::Fangcang)
    }
}
