//! Which areas the rules in force point to: from cases and where they were, to proposals. Pure; a person
//! decides.
//!
//! The scheme of 2021-22 (`zone.L.def`, `zone.C.def`, `zone.P.def`) says: the home compound of a positive,
//! and places with likely spread where contacts cannot be told, become locked; places with some risk of
//! spread, controlled; the rest of the county, precaution. Movements count from the look-back of the rule
//! before the onset or the first positive sample to isolation. Likely spread is taken to be where two cases
//! stayed at one time; a place where one case stayed has some risk. That is this program's reading, not a
//! number of the scheme: the command departs from it with a reason.

use std::collections::{BTreeMap, BTreeSet};

use protocol::Zones;
use registry::place::{Level as Depth, area_of, chain_of};
use types::{Micros, PlaceCode, UnitId};

use crate::words::{Ground, Level};

/// A case, as far as zones follow from it.
#[derive(Clone, Debug, PartialEq)]
pub struct Infection {
    /// The case.
    pub case: UnitId,
    /// Where the person lives or stays.
    pub place: Option<PlaceCode>,
    /// When it was found.
    pub since: Micros,
    /// The day of the first symptom or of the first positive sample.
    pub anchor: Micros,
    /// Whether the person was kept apart already when it was found.
    pub closed_loop: bool,
    /// Where the person was.
    pub visits: Vec<Visit>,
}

/// A stay at a place of the registry.
#[derive(Clone, Debug, PartialEq)]
pub struct Visit {
    /// Where.
    pub place: PlaceCode,
    /// From when.
    pub from: Micros,
    /// Until when.
    pub until: Micros,
}

/// How finely areas are cut.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Grain {
    /// Whole compounds.
    #[default]
    Compound,
    /// The building is locked, the compound around it controlled.
    Building,
}

/// A zone that stands, as far as proposals look at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stands {
    /// Which.
    pub zone: UnitId,
    /// What holds in it.
    pub level: Level,
}

/// An area that is proposed as a zone.
#[derive(Clone, Debug, PartialEq)]
pub struct Proposal {
    /// Where.
    pub place: PlaceCode,
    /// What it is to become.
    pub level: Level,
    /// Why.
    pub ground: Ground,
    /// The rule that says so.
    pub rule: &'static str,
    /// The cases that it rests on, with when each was found, the latest first.
    pub cases: Vec<(UnitId, Micros)>,
    /// The zone that stands there with a lower level: it is to be raised.
    pub raises: Option<UnitId>,
}

impl Proposal {
    /// When the last of its cases was found.
    pub fn latest(&self) -> Option<Micros> {
        self.cases.iter().map(|(_, at)| *at).max()
    }
}

/// What is known besides the cases.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// What stands where.
    pub standing: BTreeMap<PlaceCode, Stands>,
    /// When the proposal of a level for a place was refused last.
    pub refused: BTreeMap<(PlaceCode, Level), Micros>,
}

impl Known {
    /// The strictest level that holds at a place.
    fn level_at(&self, place: &PlaceCode) -> Option<Level> {
        let chain = chain_of(place);
        let levels = chain.iter().filter_map(|at| self.standing.get(at)).map(|s| s.level);
        levels.max_by_key(|level| level.strictness())
    }
}

/// The areas that become zones by the rules in force, and are none yet, or less strict ones. The strictest
/// first, then those with most cases.
pub fn propose(
    rules: &Zones,
    infections: &[Infection],
    known: &Known,
    grain: Grain,
) -> Vec<Proposal> {
    let mut drafts: BTreeMap<PlaceCode, (Level, Ground, BTreeMap<UnitId, Micros>)> =
        BTreeMap::new();
    let mut add = |place: PlaceCode, level: Level, ground: Ground, of: &Infection| {
        let draft = drafts.entry(place).or_insert((level, ground, BTreeMap::new()));
        if !draft.0.covers(level) {
            (draft.0, draft.1) = (level, ground);
        }
        draft.2.insert(of.case, of.since);
    };
    for of in infections.iter().filter(|of| !of.closed_loop) {
        let Some(home) = &of.place else { continue };
        let Some((inner, outer)) = cut(home, grain) else { continue };
        add(inner, Level::Locked, Ground::Home, of);
        if let Some(outer) = outer {
            add(outer, Level::Controlled, Ground::Around, of);
        }
    }
    let lookback = rules.controlled.value.lookback.or(rules.locked.value.lookback);
    let mut at: BTreeMap<PlaceCode, Vec<(&Infection, &Visit)>> = BTreeMap::new();
    for of in infections.iter().filter(|of| !of.closed_loop) {
        for visit in &of.visits {
            let from = lookback.map(|span| of.anchor - span);
            let counts = from.is_none_or(|from| visit.until >= from) && visit.from <= of.since;
            let home = of.place.as_ref().is_some_and(|home| visit.place.as_str() == home.as_str());
            if let (true, false, Some((place, _))) = (counts, home, cut(&visit.place, grain)) {
                at.entry(place).or_default().push((of, visit));
            }
        }
    }
    for (place, visits) in at {
        for (of, visit) in &visits {
            let met = visits.iter().any(|(other, there)| {
                other.case != of.case && there.from <= visit.until && visit.from <= there.until
            });
            let (level, ground) = match met {
                true => (Level::Locked, Ground::Shared),
                false => (Level::Controlled, Ground::Visited),
            };
            add(place.clone(), level, ground, of);
        }
    }
    let mut found: Vec<Proposal> = Vec::new();
    for (place, (level, ground, cases)) in drafts {
        if known.level_at(&place).is_some_and(|holds| holds.covers(level)) {
            continue;
        }
        let latest = cases.values().max().copied();
        let refused = known.refused.get(&(place.clone(), level)).copied();
        if refused.is_some_and(|refused| latest.is_none_or(|latest| latest <= refused)) {
            continue;
        }
        let raises = known.standing.get(&place).map(|stands| stands.zone);
        let mut cases: Vec<(UnitId, Micros)> = cases.into_iter().collect();
        cases.sort_by_key(|(case, at)| (std::cmp::Reverse(*at), *case));
        found.push(Proposal { place, level, ground, rule: level.rule(), cases, raises });
    }
    found.extend(rest(known, &found));
    found.sort_by(|a, b| {
        let key = |p: &Proposal| std::cmp::Reverse((p.level.strictness(), p.cases.len()));
        key(a).cmp(&key(b)).then_with(|| a.place.cmp(&b.place))
    });
    found
}

/// The area of a place as it is cut, and the area around it, where there is one.
fn cut(place: &PlaceCode, grain: Grain) -> Option<(PlaceCode, Option<PlaceCode>)> {
    let chain = chain_of(place);
    let at = |depth: Depth| chain.iter().find(|code| Depth::of(code) == Some(depth)).cloned();
    let compound = at(Depth::Compound);
    match (grain, at(Depth::Building)) {
        (Grain::Building, Some(building)) => Some((building, compound)),
        // A village has no compounds: it is one.
        _ => compound.or_else(|| at(Depth::Community)).map(|place| (place, None)),
    }
}

/// The rest of each county in which something is locked or controlled, or is proposed to be.
fn rest(known: &Known, found: &[Proposal]) -> Vec<Proposal> {
    let stand = known.standing.iter().filter(|(_, stands)| stands.level != Level::Precaution);
    let counties: BTreeSet<_> = stand
        .map(|(place, _)| place)
        .chain(found.iter().map(|proposal| &proposal.place))
        .map(area_of)
        .collect();
    let level = Level::Precaution;
    counties
        .into_iter()
        .filter_map(|area| PlaceCode::parse(&area.to_string()).ok())
        .filter(|county| !known.standing.contains_key(county))
        .filter(|county| {
            let refused = known.refused.get(&(county.clone(), level)).copied();
            let latest = found
                .iter()
                .filter(|p| area_of(&p.place) == area_of(county))
                .filter_map(Proposal::latest)
                .max();
            refused.is_none_or(|refused| latest.is_some_and(|latest| latest > refused))
        })
        .map(|place| Proposal {
            place,
            level,
            ground: Ground::Rest,
            rule: level.rule(),
            cases: Vec::new(),
            raises: None,
        })
        .collect()
}
