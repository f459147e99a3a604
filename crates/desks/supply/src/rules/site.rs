//! Places: entering, closing, opening again.

use ledger::{Decision, note_needed};
use types::{HolderCode, PersonId, PlaceCode, Refusal};

use super::{Decided, Facts};
use crate::command::{Command, PutSite};
use crate::event::Event;
use crate::reassign::{Moved, Orphans, Room, reassign};
use crate::rows::Site;
use crate::words::{ServesWhy, SiteKind};

pub(super) fn put(facts: &Facts<'_, Command>, c: &PutSite) -> Decided {
    let Some(kind) = c.kind() else {
        return Err(Refusal::new("site-kind-unknown").with("site", &c.code));
    };
    if facts.state.site(&c.code).is_some() {
        facts.own_site(&c.code)?;
    }
    if c.name_zh.trim().is_empty() {
        return Err(Refusal::new("name-needed").with("field", "name_zh"));
    }
    if c.place.as_ref().and_then(PlaceCode::area).is_some_and(|area| area != facts.asked.area) {
        return Err(Refusal::new("site-of-another-county").with("site", &c.code));
    }
    if kind == SiteKind::Shop && c.households <= 0 {
        return Err(Refusal::new("shop-without-room").with("site", &c.code));
    }
    // A shop that takes on fewer households than it serves lets nobody down unseen.
    let serves = facts.state.packs_for(&c.code);
    if kind == SiteKind::Shop && serves > c.households {
        return Err(Refusal::new("shop-full")
            .with("site", &c.code)
            .with("room", c.households)
            .with("wanted", serves));
    }
    let mut site = c.clone();
    // To a tenth of a metre: six decimals are read back to the last bit, and a replay has to.
    let round = |degrees: f64| (degrees * 1e6).round() / 1e6;
    site.at = c.at.map(|(lon, lat)| (round(lon), round(lat)));
    if kind != SiteKind::Shop {
        site.households = 0;
    }
    Ok(Decision::fact(Event::SitePut(Box::new(site))))
}

pub(super) fn close(
    facts: &Facts<'_, Command>,
    code: &HolderCode,
    infection: bool,
    reason: &str,
) -> Decided {
    let site = facts.open_site(code)?;
    note_needed(reason)?;
    Ok(closed(facts, site, infection, reason.trim()))
}

/// A place closes; the households of a shop have another one, and what has not left it is cancelled.
fn closed<C>(facts: &Facts<'_, C>, site: &Site, infection: bool, reason: &str) -> Decision<Event> {
    let mut decision = Decision::fact(Event::SiteClosed {
        site: site.code.clone(),
        infection,
        reason: reason.to_owned(),
    });
    if site.kind == SiteKind::Shop {
        to_others(facts, site, &mut decision);
        decision.join(crate::orders::of_a_closed_shop(facts, &site.code));
    }
    if site.kind == SiteKind::Sorting {
        decision.join(crate::delivery::dock_closed(facts, &site.code));
    }
    decision
}

pub(super) fn staff(
    facts: &Facts<'_, Command>,
    code: &HolderCode,
    person: PersonId,
    works: bool,
) -> Decided {
    facts.own_site(code)?;
    if works && !facts.state.yard.lives.contains_key(&person) {
        return Err(Refusal::new("driver-not-registered").with("person", person));
    }
    let known = facts.state.staff.get(&(code.clone(), person)).copied().unwrap_or(false);
    if known == works {
        return Err(Refusal::new("staff-as-it-is").with("site", code).with("person", person));
    }
    Ok(Decision::fact(Event::StaffPut { site: code.clone(), person, works }))
}

/// The word of a place that closed because somebody who works there was found positive.
pub(crate) const STAFF_POSITIVE: &str = "staff-positive";

/// Where one of these works it closes through the infection, until it is disinfected and opened again. A place of another
/// county is told to whoever asks: its own desk closes it.
pub(crate) fn staff_positive<C>(facts: &Facts<'_, C>, persons: &[PersonId]) -> Decision<Event> {
    let staff =
        facts.state.staff.iter().filter(|((_, who), works)| **works && persons.contains(who));
    let mut codes: Vec<&HolderCode> = staff.map(|((site, _), _)| site).collect();
    codes.sort();
    codes.dedup();
    let mut decision = Decision::default();
    for site in codes.into_iter().filter_map(|code| facts.state.site(code)) {
        if site.closed.is_some() {
            continue;
        }
        match site.area == facts.asked.area {
            true => decision.join(closed(facts, site, true, STAFF_POSITIVE)),
            false => decision
                .notes
                .push(Refusal::new("staff-positive-elsewhere").with("site", &site.code)),
        }
    }
    decision
}

/// The households of a shop that closes go to others.
fn to_others<C>(facts: &Facts<'_, C>, shop: &Site, into: &mut Decision<Event>) {
    let state = facts.state;
    let of = state
        .serves
        .iter()
        .filter(|((_, code), serves)| code == shop.code.as_str() && serves.households > 0);
    let orphans: Vec<Orphans> = of
        .map(|((community, _), serves)| Orphans {
            community: community.clone(),
            households: serves.households,
        })
        .collect();
    let rooms: Vec<Room> = state
        .sites
        .iter()
        .map(|(_, site)| site)
        .filter(|site| {
            site.kind == SiteKind::Shop
                && site.area == shop.area
                && site.closed.is_none()
                && site.code != shop.code
        })
        .map(|site| Room {
            shop: site.code.clone(),
            place: site.place.as_ref().map(ToString::to_string).unwrap_or_default(),
            free: site.households - state.packs_for(&site.code),
        })
        .collect();
    let mut sums: std::collections::BTreeMap<(String, String), (i64, ServesWhy)> =
        Default::default();
    let mut left = 0;
    for Moved { community, shop, households, why } in reassign(&orphans, &rooms) {
        if shop.is_none() {
            left += households;
        }
        let key = (community, shop.map(|shop| shop.to_string()).unwrap_or_default());
        let known = state.serves.get(&key).map_or(0, |serves| serves.households);
        sums.entry(key).or_insert((known, why)).0 += households;
    }
    for orphans in &orphans {
        into.events.extend(serves(
            &orphans.community,
            &shop.code.to_string(),
            0,
            ServesWhy::Assigned,
        ));
    }
    for ((community, shop), (households, why)) in sums {
        into.events.extend(serves(&community, &shop, households, why));
    }
    if left > 0 {
        into.notes
            .push(Refusal::new("households-without-shop").with("site", &shop.code).with("n", left));
    }
}

fn serves(community: &str, shop: &str, households: i64, why: ServesWhy) -> Option<Event> {
    Some(Event::Serves {
        community: PlaceCode::parse(community).ok()?,
        shop: HolderCode::parse(shop).ok(),
        households,
        why,
    })
}

pub(super) fn reopen(facts: &Facts<'_, Command>, code: &HolderCode, reason: &str) -> Decided {
    let site = facts.own_site(code)?;
    note_needed(reason)?;
    if site.closed.is_none() {
        return Err(Refusal::new("site-open").with("site", code));
    }
    let mut decision = Decision::fact(Event::SiteReopened {
        site: code.clone(),
        reason: reason.trim().to_owned(),
    });
    if site.kind == SiteKind::Shop {
        decision.notes.push(Refusal::new("shop-serves-nobody-yet").with("site", code));
    }
    Ok(decision)
}
