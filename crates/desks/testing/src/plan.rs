//! The plan of a round, made before it starts: sites and slots, tubes an hour, couriers,
//! laboratories, and whether the window can be met. Pure: no clock, no store.
//!
//! ```text
//! compounds ─► modes by zone ─► sites (sized by the protocol) ─► slots ─► tubes an hour
//!                                                                  │
//!              verdict ◄── laboratories ◄── courier trips ◄────────┘
//! ```
//!
//! What the protocol says is taken from it ([`protocol::Testing`]); what no rule says is a
//! [`Settings`] field with a default that the page shows and lets the user change. A verdict
//! names for samplers, couriers and laboratories what the window needs, what there is, when it
//! would end, and how many are short. Laboratories are judged three times, by what they claim,
//! what they can staff and what was measured: in Jilin City in March 2022 the claim was twice
//! what the laboratories did.

mod couriers;
mod flow;
mod modes;
mod pack;
mod request;
mod sites;
mod verdict;

use std::collections::BTreeMap;

use protocol::Testing as Rules;
use types::{AreaCode, HolderCode, Micros, PlaceCode, Refusal, RoundId, Span};

use crate::command::{Command, PlanSites, SetTargets, SitePlan, Slot, Target};
use crate::words::{Mode, Zone};

pub use couriers::CourierGroup;
pub use modes::{ModeOption, Reason, ZoneModes};
pub use request::{
    ByZone, Compound, ExistingSite, Laboratory, People, Point, Request, Settings, ZONES,
};
pub use verdict::{Basis, Check, Resource, Verdict};

/// A planned sampling site.
#[derive(Clone, Debug, PartialEq)]
pub struct Site {
    /// Its code.
    pub site: HolderCode,
    /// Whether the registry does not know it yet.
    pub new: bool,
    /// Its county.
    pub area: AreaCode,
    /// The community that it stands in.
    pub community: PlaceCode,
    /// Where it stands, if known: in its largest compound.
    pub at: Option<Point>,
    /// The kind of zone; a site never mixes two.
    pub zone: Zone,
    /// Persons.
    pub persons: u32,
    /// Tubes of the first sampling.
    pub tubes: u32,
    /// Stands.
    pub stands: u32,
    /// Samplers.
    pub samplers: u32,
    /// Its compounds in the order in which they come.
    pub slots: Vec<SiteSlot>,
    /// The laboratory that its boxes go to; `None` without any laboratory.
    pub lab: Option<HolderCode>,
    /// Kilometres by road to it.
    pub km: f64,
    /// Pick-ups by couriers.
    pub pickups: u32,
    /// Boxes.
    pub boxes: u32,
}

/// A compound's turn at a site.
#[derive(Clone, Debug, PartialEq)]
pub struct SiteSlot {
    /// The compound.
    pub compound: PlaceCode,
    /// Persons of it that come to this site: fewer than live there when it is shared among
    /// several sites.
    pub persons: u32,
    /// Tubes that they fill.
    pub tubes: u32,
    /// From.
    pub from: Micros,
    /// Until.
    pub until: Micros,
}

/// What is expected in one hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hour {
    /// Its start.
    pub hour: Micros,
    /// Persons sampled.
    pub persons: u32,
    /// Tubes sealed.
    pub tubes: u32,
}

/// What one laboratory is to do.
#[derive(Clone, Debug, PartialEq)]
pub struct LabLoad {
    /// The laboratory.
    pub lab: HolderCode,
    /// Tubes of the first sampling sent to it.
    pub tubes: u64,
    /// Tubes of the members of pools that are not negative, expected.
    pub follow_up: u64,
    /// Tubes that wait there already.
    pub waiting: u64,
    /// Capacity a day, and when it would have its last result: claimed, staffed, measured.
    /// `None` where the capacity is zero or not known.
    pub ends: [(Option<i64>, Option<Micros>); 3],
}

/// Sums over the plan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Compounds with persons.
    pub compounds: u64,
    /// Persons.
    pub persons: u64,
    /// Sites.
    pub sites: u64,
    /// Fewest and most sites by the protocol's persons a site.
    pub sites_by_rule: (u64, u64),
    /// Stands.
    pub stands: u64,
    /// Samplers at the sites.
    pub samplers: u64,
    /// Tubes of the first sampling.
    pub tubes: u64,
    /// Tubes for the members of pools that are not negative, expected.
    pub follow_up: u64,
    /// Persons who would be held and sampled again, expected.
    pub recalled: u64,
    /// Boxes.
    pub boxes: u64,
    /// Courier trips.
    pub trips: u64,
}

/// The times that the plan works with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    /// When sampling starts.
    pub starts_at: Micros,
    /// The latest end of sampling from which the rest still fits.
    pub sampling_until: Micros,
    /// When sampling ends as planned.
    pub sampling_ends: Micros,
    /// When the last result is due.
    pub ends_at: Micros,
    /// The longest window that the protocol allows.
    pub allowed: Span,
}

/// A plan.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// The round.
    pub round: RoundId,
    /// Its times.
    pub times: Times,
    /// How tubes are filled in each kind of zone that occurs, and why.
    pub modes: Vec<ZoneModes>,
    /// The sites, by county and code.
    pub sites: Vec<Site>,
    /// Hour by hour, from the first swab to the last.
    pub hours: Vec<Hour>,
    /// Courier work by laboratory and county.
    pub couriers: Vec<CourierGroup>,
    /// Laboratories in the order of the request.
    pub laboratories: Vec<LabLoad>,
    /// Sums.
    pub totals: Totals,
    /// Whether the window can be met, and what keeps it from being met.
    pub verdict: Verdict,
    targets: BTreeMap<AreaCode, Vec<Target>>,
}

/// The most targets or slots in one command: it stays well under a request's limit.
const CHUNK: usize = 500;

impl Plan {
    /// Makes the plan.
    ///
    /// # Errors
    /// Refusals: `plan-without-persons`, `round-ends-before-start`, `share-out-of-range`,
    /// `setting-out-of-range`, `place-above-county`, `place-named-twice`,
    /// `pool-size-unsupported`.
    pub fn make(request: &Request, rules: &Rules) -> Result<Plan, Refusal> {
        request.check()?;
        let targets = targets(request)?;
        let modes = modes::choose(request, rules)?;
        let (mut sites, times) = sites::lay_out(request, rules, &modes)?;
        couriers::assign_laboratories(request, &mut sites);
        let couriers = couriers::groups(request, rules, &mut sites);
        let totals = totals(rules, &modes, &sites, &couriers);
        let (laboratories, verdict) =
            verdict::judge(request, rules, &times, &sites, &couriers, &totals);
        Ok(Plan {
            round: request.round,
            times,
            hours: flow::hours(&sites),
            modes,
            sites,
            couriers,
            laboratories,
            totals,
            verdict,
            targets,
        })
    }

    /// The commands that set the plan up, each with its county: targets first, then sites.
    pub fn commands(&self) -> Vec<(AreaCode, Command)> {
        let round = self.round;
        let mut commands = Vec::new();
        for (area, targets) in &self.targets {
            for some in targets.chunks(CHUNK) {
                let set = SetTargets { round, targets: some.to_vec() };
                commands.push((*area, Command::SetTargets(set)));
            }
        }
        let mut by_area: BTreeMap<AreaCode, Vec<SitePlan>> = BTreeMap::new();
        for site in &self.sites {
            by_area.entry(site.area).or_default().push(site.to_command());
        }
        for (area, sites) in by_area {
            for some in sites.chunks(CHUNK / 5) {
                let plan = PlanSites { round, sites: some.to_vec() };
                commands.push((area, Command::PlanSites(plan)));
            }
        }
        commands
    }

    /// The modes of a kind of zone; `None` when no compound lies in one.
    pub fn modes_of(&self, zone: Zone) -> Option<&ZoneModes> {
        self.modes.iter().find(|m| m.zone == zone)
    }
}

impl Site {
    fn to_command(&self) -> SitePlan {
        let slots = self.slots.iter().map(|s| Slot {
            compound: s.compound.clone(),
            from: s.from,
            until: s.until,
        });
        SitePlan {
            site: self.site.clone(),
            community: self.community.clone(),
            slots: slots.collect(),
            stands: self.stands,
            samplers: self.samplers,
            persons: i64::from(self.persons),
        }
    }
}

fn targets(request: &Request) -> Result<BTreeMap<AreaCode, Vec<Target>>, Refusal> {
    let mut targets: BTreeMap<AreaCode, Vec<Target>> = BTreeMap::new();
    let mut seen = std::collections::HashSet::new();
    for compound in &request.compounds {
        let Some(area) = compound.code.area() else {
            return Err(Refusal::new("place-above-county").with("place", &compound.code));
        };
        if !seen.insert(&compound.code) {
            return Err(Refusal::new("place-named-twice").with("place", &compound.code));
        }
        targets.entry(area).or_default().push(Target {
            compound: compound.code.clone(),
            persons: i64::from(compound.persons),
            zone: compound.zone,
        });
    }
    Ok(targets)
}

fn totals(rules: &Rules, modes: &[ZoneModes], sites: &[Site], couriers: &[CourierGroup]) -> Totals {
    let mut totals = Totals {
        sites: sites.len() as u64,
        trips: couriers.iter().map(|g| u64::from(g.trips)).sum(),
        ..Totals::default()
    };
    let mut compounds = std::collections::HashSet::new();
    for site in sites {
        totals.persons += u64::from(site.persons);
        totals.stands += u64::from(site.stands);
        totals.samplers += u64::from(site.samplers);
        totals.tubes += u64::from(site.tubes);
        totals.boxes += u64::from(site.boxes);
        compounds.extend(site.slots.iter().map(|s| &s.compound));
    }
    totals.compounds = compounds.len() as u64;
    totals.sites_by_rule = rules.sites_for(totals.persons);
    let recalled: f64 = modes.iter().map(|m| m.persons as f64 * m.chosen().follow_up).sum();
    totals.recalled = recalled.ceil() as u64;
    totals.follow_up = totals.recalled;
    totals
}

/// How the mode fills tubes from a compound's persons.
pub(crate) fn tubes_for(mode: Mode, persons: u32, households: u32, household_max: u32) -> u32 {
    match mode {
        Mode::Single => persons,
        Mode::Household => households.max(persons.div_ceil(household_max.max(1))).min(persons),
        Mode::Five => persons.div_ceil(5),
        Mode::Ten => persons.div_ceil(10),
        Mode::Twenty => persons.div_ceil(20),
    }
}

/// Quotient of two positive numbers, rounded up.
fn round_up(n: i64, by: i64) -> i64 {
    let by = by.max(1);
    (n + by - 1) / by
}
