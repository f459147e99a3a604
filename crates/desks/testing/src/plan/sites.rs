//! Lays out the sites: which compounds, when each comes, how many stands and samplers.

use std::collections::{BTreeMap, HashMap, HashSet};

use protocol::Testing as Rules;
use types::{AreaCode, HolderCode, Micros, PlaceCode, Refusal, Span};

use super::pack::{Item, Limits, pack};
use super::{Compound, Request, Settings, Site, SiteSlot, Times, ZoneModes, tubes_for};
use crate::words::{Mode, Zone};

/// Whether the team goes to the doors instead of the persons to a stand.
pub(super) fn goes_to_the_door(zone: Zone) -> bool {
    matches!(zone, Zone::Quarantine | Zone::Locked)
}

/// Time that one person takes at one stand.
pub(super) fn time_a_person(settings: &Settings, zone: Zone) -> Span {
    let seconds =
        if goes_to_the_door(zone) { settings.seconds_at_the_door } else { settings.seconds_a_swab };
    Span::seconds(i64::from(seconds))
}

/// The latest end of sampling from which the last tube can still be fetched, carried, tested
/// and reported. When the window is too short for that, sampling gets a quarter of it, and
/// the verdict will say that it cannot be met.
fn sampling_until(request: &Request, rules: &Rules) -> Micros {
    let s = &request.settings;
    let minutes = s.pickup_minutes + s.run_minutes + s.release_minutes;
    let after = Span::minutes(i64::from(minutes)).0 + rules.clock.dispatch_receive.value.0;
    let whole = request.ends_at - request.starts_at;
    let quarter = Micros(request.starts_at.0 + whole.0 / 4);
    (request.ends_at - Span(after)).max(quarter)
}

/// The sites by county and code, with their slots.
pub(super) fn lay_out(
    request: &Request,
    rules: &Rules,
    modes: &[ZoneModes],
) -> Result<(Vec<Site>, Times), Refusal> {
    let until = sampling_until(request, rules);
    let limits = Limits {
        min: rules.persons_per_site.value.min,
        max: rules.persons_per_site.value.max,
        reach_km: request.settings.reach_km,
    };
    let mut sites = Vec::new();
    for (key, items) in groups(request, limits.max)? {
        let Some(modes) = modes.iter().find(|m| m.zone == key.zone()) else { continue };
        for run in pack(items, limits) {
            sites.push(site(request, rules, modes.chosen().mode, until, &run)?);
        }
    }
    name(request, &mut sites)?;
    sites.sort_by(|a, b| (a.area, &a.site).cmp(&(b.area, &b.site)));
    let ends = sites.iter().flat_map(|s| &s.slots).map(|s| s.until).max();
    let times = Times {
        starts_at: request.starts_at,
        sampling_until: until,
        sampling_ends: ends.unwrap_or(request.starts_at),
        ends_at: request.ends_at,
        allowed: rules.window.for_population(request.population),
    };
    Ok((sites, times))
}

/// Compounds that may share a site: one street, one kind of zone.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct GroupKey(AreaCode, String, usize);

impl GroupKey {
    fn zone(&self) -> Zone {
        super::ZONES[self.2]
    }
}

fn groups(request: &Request, max: u32) -> Result<BTreeMap<GroupKey, Vec<Item>>, Refusal> {
    let mut communities: HashMap<&str, usize> = HashMap::new();
    let mut groups: BTreeMap<GroupKey, Vec<Item>> = BTreeMap::new();
    for (index, compound) in request.compounds.iter().enumerate() {
        if compound.persons == 0 {
            continue;
        }
        let area = area_of(compound)?;
        let code = compound.code.as_str();
        let street = code.get(..9).unwrap_or(code).to_owned();
        let zone = super::ZONES.iter().position(|z| *z == compound.zone).unwrap_or_default();
        let next = communities.len();
        let community = *communities.entry(code.get(..12).unwrap_or(code)).or_insert(next);
        let group = groups.entry(GroupKey(area, street, zone)).or_default();
        for (persons, households) in parts(compound, max.max(1)) {
            group.push(Item { compound: index, persons, households, community, at: compound.at });
        }
    }
    Ok(groups)
}

fn area_of(compound: &Compound) -> Result<AreaCode, Refusal> {
    compound
        .code
        .area()
        .ok_or_else(|| Refusal::new("place-above-county").with("place", &compound.code))
}

/// A compound over the limit is shared out evenly among as few sites as will do. Each part is
/// over half the limit, so no site gets two of them.
fn parts(compound: &Compound, max: u32) -> impl Iterator<Item = (u32, u32)> {
    let n = compound.persons.div_ceil(max);
    let share = move |whole: u32, at: u32| {
        let cut = |at: u32| u64::from(whole) * u64::from(at) / u64::from(n);
        (cut(at + 1) - cut(at)) as u32
    };
    let (persons, households) = (compound.persons, compound.households);
    (0..n).map(move |at| (share(persons, at), share(households, at)))
}

fn site(
    request: &Request,
    rules: &Rules,
    mode: Mode,
    until: Micros,
    run: &[Item],
) -> Result<Site, Refusal> {
    let of = |item: &Item| &request.compounds[item.compound];
    let persons: u32 = run.iter().map(|i| i.persons).sum();
    let zone = of(&run[0]).zone;
    let each = time_a_person(&request.settings, zone);
    let stands = stands(request, rules, run, each, until - request.starts_at);
    // A stand that runs needs a sampler, whatever the rule for the whole city gives.
    let samplers = (rules.samplers_for(u64::from(persons)) as u32).max(stands);
    let household_max = rules.pool.household_max.value;
    let mut from = request.starts_at;
    let slots: Vec<SiteSlot> = run
        .iter()
        .map(|item| {
            let slot = SiteSlot {
                compound: of(item).code.clone(),
                persons: item.persons,
                tubes: tubes_for(mode, item.persons, item.households, household_max),
                from,
                until: from + duration(item.persons, each, stands, request.settings.slot_minutes),
            };
            from = slot.until;
            slot
        })
        .collect();
    let largest = run.iter().max_by_key(|i| (i.persons, std::cmp::Reverse(i.compound)));
    let largest = of(largest.unwrap_or(&run[0]));
    let area = area_of(largest)?;
    Ok(Site {
        // Named by `name`, when all are known.
        site: HolderCode::parse(&format!("site:{area}"))?,
        new: true,
        area,
        community: community_of(&largest.code),
        at: largest.at,
        zone,
        persons,
        tubes: slots.iter().map(|s| s.tubes).sum(),
        stands,
        samplers,
        slots,
        lab: None,
        km: 0.0,
        pickups: 0,
        boxes: 0,
    })
}

/// The community of a compound; a place above that is its own.
fn community_of(compound: &PlaceCode) -> PlaceCode {
    compound
        .as_str()
        .get(..12)
        .and_then(|c| PlaceCode::parse(c).ok())
        .unwrap_or_else(|| compound.clone())
}

/// Stands by the protocol's persons a stand; more where the slots would not fit in otherwise.
fn stands(request: &Request, rules: &Rules, run: &[Item], each: Span, time: Span) -> u32 {
    let persons: u32 = run.iter().map(|i| i.persons).sum();
    let minutes = request.settings.slot_minutes;
    let by_rule = persons.div_ceil(rules.persons_per_stand.value.max).max(1);
    let by_time = (i64::from(persons) * each.0).div_euclid(time.0.max(1)).max(1);
    let fits = |stands: u32| {
        let taken: i64 = run.iter().map(|i| duration(i.persons, each, stands, minutes).0).sum();
        taken <= time.0
    };
    let mut stands = by_rule.max(u32::try_from(by_time).unwrap_or(u32::MAX).min(persons));
    while stands < persons && !fits(stands) {
        stands += 1;
    }
    // Slots that do not fit at any number are no reason for a stand a person.
    if fits(stands) { stands } else { by_rule }
}

/// Time for `persons` at `stands`, in whole slots' steps.
fn duration(persons: u32, each: Span, stands: u32, slot_minutes: u32) -> Span {
    let step = Span::minutes(i64::from(slot_minutes.max(1))).0;
    let time = i64::from(persons.div_ceil(stands.max(1))) * each.0;
    Span(time.div_euclid(step) * step + if time.rem_euclid(step) > 0 { step } else { 0 })
}

/// Gives each site the code of an existing one that stands in a compound (or, failing that, in
/// the community) that it serves, so that a site keeps its code from round to round; the
/// others get new codes of their county, `site:220202-P001`.
fn name(request: &Request, sites: &mut [Site]) -> Result<(), Refusal> {
    let mut known: HashMap<&str, Vec<&HolderCode>> = HashMap::new();
    let mut taken: HashSet<&HolderCode> = HashSet::new();
    for existing in request.existing_sites.iter().rev() {
        taken.insert(&existing.site);
        known.entry(existing.place.as_str()).or_default().push(&existing.site);
    }
    let mut used: HashSet<&HolderCode> = HashSet::new();
    for in_community in [false, true] {
        for site in sites.iter_mut().filter(|s| s.new) {
            let mut by_size: Vec<&SiteSlot> = site.slots.iter().collect();
            by_size.sort_by_key(|s| std::cmp::Reverse(s.persons));
            let found = by_size.into_iter().find_map(|slot| {
                let place = slot.compound.as_str();
                let place = if in_community { place.get(..12).unwrap_or(place) } else { place };
                let codes = known.get(place)?;
                codes.iter().rev().find(|code| !used.contains(**code)).copied()
            });
            if let Some(code) = found {
                used.insert(code);
                site.site = code.clone();
                site.new = false;
            }
        }
    }
    let mut numbers: HashMap<AreaCode, u32> = HashMap::new();
    for site in sites.iter_mut().filter(|s| s.new) {
        let number = numbers.entry(site.area).or_default();
        loop {
            *number += 1;
            let code = HolderCode::parse(&format!("site:{}-P{number:03}", site.area))?;
            if !taken.contains(&code) {
                site.site = code;
                break;
            }
        }
    }
    Ok(())
}
