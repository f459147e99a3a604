//! Applying facts to the loaded rows. Total: what was decided cannot fail.

use ledger::Entry;
use types::{AreaCode, HolderCode, HouseholdId, Micros, UnitId};

use crate::command::{Item, Line};
use crate::event::{Event, Home, ModeSet, Sent, TakenIn};
use crate::flush::shop_text;
use crate::rows::{Complaint, Household, Lot, Medicine, Priced, Serves, Shipment, Site, Stock};
use crate::state::{ModeRow, State};
use crate::unmet::{Lack, Wait};
use crate::words::{Due, Good, Mode, ShipState, Standing};

pub(crate) fn apply(state: &mut State, entry: &Entry, event: &Event) {
    let at = entry.event_time;
    state.touched.insert(entry.area);
    match event {
        Event::SitePut(c) => {
            let Some(kind) = c.kind() else { return };
            let closed = state.sites.get(&c.code).and_then(|known| known.closed.clone());
            let site = Site {
                code: c.code.clone(),
                area: entry.area,
                kind,
                name_zh: c.name_zh.clone(),
                name_en: c.name_en.clone(),
                place: c.place.clone(),
                at: c.at,
                households: c.households,
                halal: c.halal,
                contacts: c.contacts.clone(),
                closed,
            };
            state.sites.put(c.code.clone(), site);
        }
        Event::SiteClosed { site, infection, reason } => {
            restand(state, site, false);
            state.sites.change(site, |s| s.closed = Some((at, *infection, reason.clone())));
        }
        Event::SiteReopened { site, .. } => {
            restand(state, site, true);
            state.sites.change(site, |s| s.closed = None);
        }
        Event::StaffPut { site, person, works } => {
            state.staff.put((site.clone(), *person), *works);
        }
        Event::TakenIn(c) => taken_in(state, entry, c),
        Event::Sent(c) => sent(state, entry, c),
        Event::Received { shipment, site, lines, note } => {
            received(state, entry, *shipment, site, lines, note);
        }
        Event::Explained { shipment, note } => state.shipments.change(shipment, |s| {
            s.state = ShipState::Explained;
            s.said.clone_from(note);
        }),
        Event::Spoiled { site, lot, amount, note, why } => {
            let said = if note.is_empty() { why.to_string() } else { note.clone() };
            leave(state, entry, "spoiled", site, &[Line { lot: *lot, amount: *amount }], &said);
            lost_from(state, site, *lot, *amount, Standing::Lost);
        }
        Event::Counted { site, lot, was, found, note } => {
            let more = found - was;
            leave(state, entry, "counted", site, &[Line { lot: *lot, amount: -more }], note);
            lost_from(state, site, *lot, -more, Standing::Missing);
        }
        Event::Allotted { lot, community, .. } => {
            if let Some(good) = state.lots.get(lot).map(|lot| lot.good) {
                state.gifts.insert((entry.area, community.to_string(), good), at);
            }
        }
        Event::Serves { community, shop, households, why } => {
            let serves = Serves { households: *households, why: *why, since: at };
            state.serves.put((community.to_string(), shop_text(shop.as_ref())), serves);
        }
        Event::Priced { shop, items } => priced(state, entry, shop, items),
        Event::LimitSet { good, fen, reason } => {
            state.limit_lines.extend([
                entry.area.into(),
                good.as_str().into(),
                entry.command.into(),
                at.into(),
                entry.actor.as_str().into(),
                (*fen).into(),
                reason.as_str().into(),
            ]);
            let known = state.limits.entry((entry.area, *good)).or_insert((at, *fen));
            *known = (at, *fen).max(*known);
        }
        Event::ModeSet(c) => mode_set(state, entry, c),
        Event::Joined { home, place, mode, until, first, reason } => {
            state.modes.change(place, |row| {
                row.households += 1;
                row.people += home.people;
            });
            enter(state, entry.area, home);
            change(state, entry, home.id, mode.as_str(), reason, |h| {
                h.mode = *mode;
                h.until = *until;
                h.people = home.people;
                h.last_food = None;
                h.next_food = Some(*first);
                h.next_milk = h.has_infant().then_some(*first);
            });
        }
        Event::PeopleAre { household, people, place } => {
            let before = state.households.get(household).map_or(*people, |h| h.people);
            if let Some(place) = place {
                state.modes.change(place, |row| {
                    row.people += people - before;
                    row.households -= i64::from(*people == 0);
                });
            }
            change(state, entry, *household, "people", "", |h| {
                h.people = *people;
                if *people == 0 {
                    h.mode = Mode::Free;
                    h.next_food = None;
                    h.next_milk = None;
                }
            });
        }
        Event::NeedsPut { home, needs, note } => {
            enter(state, entry.area, home);
            change(state, entry, home.id, "needs", note, |h| {
                h.needs.clone_from(needs);
                h.note.clone_from(note);
                let child = h.has_infant() && h.mode.is_restricted();
                let first = h.next_milk.unwrap_or(at + crate::FIRST_WITHIN);
                h.next_milk = child.then_some(first);
            });
        }
        Event::MedicinePut { home, medicine } => {
            enter(state, entry.area, home);
            let key = (home.id, medicine.name.clone());
            let known = state.medicines.get(&key);
            let row = Medicine {
                last_dose: medicine.last_dose,
                prescribed_until: medicine.prescribed_until,
                taken: true,
                days: known.map_or(0, |known| known.days),
                doctor: known.map_or_else(String::new, |known| known.doctor.clone()),
                asked: None,
            };
            state.medicines.put(key, row);
            medicated(state, entry, home.id, "medicine", &medicine.name);
        }
        Event::MedicineBrought { household, name, last_dose, proof } => {
            state.medicines.change(&(*household, name.clone()), |m| m.last_dose = *last_dose);
            let said = if proof.is_empty() { name.clone() } else { format!("{name}: {proof}") };
            medicated(state, entry, *household, "medicine_brought", &said);
        }
        Event::MedicineDropped { household, name, reason } => {
            state.medicines.change(&(*household, name.clone()), |m| {
                m.taken = false;
                m.asked = None;
            });
            medicated(state, entry, *household, "medicine_dropped", &format!("{name}: {reason}"));
        }
        Event::RenewalAsked { renewal, household, name, due } => {
            let key = (*household, name.clone());
            state.medicines.change(&key, |m| m.asked = Some((*renewal, *due)));
            medicated(state, entry, *household, "renewal_asked", name);
        }
        Event::Renewed { household, name, doctor, days, until, note, .. } => {
            state.medicines.change(&(*household, name.clone()), |m| {
                m.prescribed_until = Some(*until);
                m.days = *days;
                m.doctor.clone_from(doctor);
                m.asked = None;
            });
            let said = [name.as_str(), doctor, note].map(str::trim);
            let said = said.iter().filter(|text| !text.is_empty()).copied();
            medicated(state, entry, *household, "renewed", &said.collect::<Vec<_>>().join(" · "));
        }
        Event::RenewalRefused { household, name, doctor, reason, .. } => {
            state.medicines.change(&(*household, name.clone()), |m| m.asked = None);
            let said = format!("{name} · {doctor}: {reason}");
            medicated(state, entry, *household, "not_renewed", &said);
        }
        Event::GivenOut { site, lines } => {
            leave(state, entry, "given_out", site, lines, "");
            for line in lines {
                lost_from(state, site, line.lot, line.amount, Standing::Home);
            }
        }
        Event::Supplied { households, next, proof, milk, food } => {
            for household in households {
                change(state, entry, *household, "supplied", proof, |h| {
                    if *food {
                        h.last_food = Some(at);
                    }
                    if *food && h.mode.is_restricted() {
                        h.next_food = Some(*next);
                    }
                    if *milk > 0 && h.next_milk.is_some() {
                        h.next_milk = Some(crate::unmet::milk_lasts(at, *milk));
                    }
                });
            }
        }
        Event::DueAt { household, what, due, reason } => {
            change(state, entry, *household, "due", reason, |h| match what {
                Due::Food if h.mode.is_restricted() => h.next_food = Some(*due),
                Due::Food => {}
                Due::Medicine => h.next_medicine = Some(*due),
            });
        }
        Event::Complained { complaint, home, about, said, due } => {
            enter(state, entry.area, home);
            let row = Complaint {
                id: *complaint,
                household: home.id,
                community: community_of(home),
                place: home.place.clone(),
                about: *about,
                said: said.clone(),
                actor: entry.actor.clone(),
                at,
                due: *due,
                answered_at: None,
                answer: String::new(),
            };
            state.complaints.put(*complaint, row);
            change(state, entry, home.id, "complained", said, |h| {
                h.complaints += 1;
                let wait = Wait { unit: *complaint, why: Lack::Complaint, at, pack: false };
                h.watch(*complaint, Some(wait));
            });
        }
        Event::ComplaintAnswered { complaint, note } => {
            let household = state.complaints.get(complaint).map(|c| c.household);
            state.complaints.change(complaint, |c| {
                c.answered_at = Some(at);
                c.answer.clone_from(note);
            });
            if let Some(household) = household {
                change(state, entry, household, "answered", note, |h| {
                    h.complaints -= 1;
                    h.watch(*complaint, None);
                });
            }
        }
        Event::Order(event) => crate::orders::apply(state, entry, event),
        Event::Delivery(event) => crate::delivery::apply(state, entry, event),
    }
}

fn standing(site: &Site) -> Standing {
    match site.closed {
        Some(_) => Standing::Closed,
        None => Standing::at(site.kind),
    }
}

pub(crate) fn total(state: &mut State, area: AreaCode, standing: Standing, good: Good, by: i64) {
    *state.totals.entry((area, standing, good)).or_default() += by;
    state.touched.insert(area);
}

/// What lies at a place stands elsewhere from now on: it closes, or opens again.
fn restand(state: &mut State, code: &HolderCode, opens: bool) {
    let Some(site) = state.sites.get(code) else { return };
    let (area, open) = (site.area, Standing::at(site.kind));
    let lying: Vec<(Good, i64)> = state.at(code).iter().map(|(lot, n)| (lot.good, *n)).collect();
    for (good, amount) in lying {
        let back = if opens { amount } else { -amount };
        total(state, area, open, good, back);
        total(state, area, Standing::Closed, good, -back);
    }
}

/// Puts so much more of a lot at a place, with a line in what is recorded of the place.
pub(crate) fn lie(
    state: &mut State,
    entry: &Entry,
    what: &str,
    code: &HolderCode,
    line: Line,
    said: &str,
) {
    let Some(site) = state.sites.get(code) else { return };
    let Some(good) = state.lots.get(&line.lot).map(|lot| lot.good) else { return };
    let (area, stands) = (site.area, standing(site));
    let key = (code.clone(), line.lot);
    let before = state.stock.get(&key).map_or(0, |stock| stock.amount);
    state.stock.put(key, Stock { area, good, amount: before + line.amount });
    total(state, area, stands, good, line.amount);
    let n = state.line_numbers.entry(entry.command).or_default();
    let this = *n;
    *n += 1;
    state.move_lines.extend([
        area.into(),
        code.into(),
        entry.command.into(),
        this.into(),
        entry.event_time.into(),
        entry.record_time.into(),
        entry.actor.as_str().into(),
        what.into(),
        line.lot.into(),
        good.as_str().into(),
        line.amount.into(),
        said.into(),
    ]);
}

pub(crate) fn leave(
    state: &mut State,
    entry: &Entry,
    what: &str,
    code: &HolderCode,
    lines: &[Line],
    said: &str,
) {
    for line in lines {
        lie(state, entry, what, code, Line { amount: -line.amount, ..*line }, said);
    }
}

/// So much less of a lot is left; it stands where nobody can eat it any more.
pub(crate) fn lost_from(
    state: &mut State,
    site: &HolderCode,
    lot: UnitId,
    amount: i64,
    to: Standing,
) {
    let Some(good) = state.lots.get(&lot).map(|lot| lot.good) else { return };
    let Some(area) = state.sites.get(site).map(|site| site.area) else { return };
    state.lots.change(&lot, |lot| lot.left -= amount);
    total(state, area, to, good, amount);
}

fn taken_in(state: &mut State, entry: &Entry, c: &TakenIn) {
    let lot = Lot {
        id: c.lot,
        good: c.good,
        site: c.site.clone(),
        origin: c.origin,
        from: c.from.clone(),
        what: c.what.clone(),
        halal: c.halal,
        amount: c.amount,
        left: c.amount,
        expires_at: c.expires_at,
        at: entry.event_time,
    };
    state.lots.put(c.lot, lot);
    let line = Line { lot: c.lot, amount: c.amount };
    lie(state, entry, "taken_in", &c.site, line, &c.from);
}

fn sent(state: &mut State, entry: &Entry, c: &Sent) {
    let shipment = Shipment {
        id: c.shipment,
        from: c.from.clone(),
        to: c.to.clone(),
        to_area: c.to_area,
        lines: c.lines.clone(),
        got: Vec::new(),
        carrier: c.carrier.clone(),
        due: c.due,
        state: ShipState::Sent,
        sent_at: entry.event_time,
        arrived_at: None,
        community: c.community.clone(),
        said: String::new(),
    };
    state.shipments.put(c.shipment, shipment);
    leave(state, entry, "sent", &c.from, &c.lines, c.to.as_str());
    for line in &c.lines {
        if let Some(good) = state.lots.get(&line.lot).map(|lot| lot.good) {
            total(state, c.to_area, Standing::Road, good, line.amount);
        }
    }
}

fn received(
    state: &mut State,
    entry: &Entry,
    id: UnitId,
    site: &HolderCode,
    lines: &[Line],
    note: &str,
) {
    let Some(before) = state.shipments.get(&id) else { return };
    let (area, from, was) = (before.to_area, before.from.clone(), before.lines.clone());
    state.shipments.change(&id, |s| {
        s.got = lines.to_vec();
        s.arrived_at = Some(entry.event_time);
        s.said = note.to_owned();
        s.state = if s.lacking().is_empty() { ShipState::Arrived } else { ShipState::Differs };
    });
    for line in &was {
        if let Some(good) = state.lots.get(&line.lot).map(|lot| lot.good) {
            total(state, area, Standing::Road, good, -line.amount);
        }
    }
    for line in lines {
        lie(state, entry, "received", site, *line, from.as_str());
    }
    let lacking = state.shipments.get(&id).map(Shipment::lacking).unwrap_or_default();
    for line in lacking {
        lost_from(state, site, line.lot, line.amount, Standing::Missing);
    }
}

fn priced(state: &mut State, entry: &Entry, shop: &HolderCode, items: &[Item]) {
    let Some(area) = state.sites.get(shop).map(|site| site.area) else { return };
    let gone: Vec<(HolderCode, String)> = state
        .items
        .iter()
        .filter(|((of, code), priced)| {
            of == shop && !priced.off && items.iter().all(|item| item.code != *code)
        })
        .map(|(key, _)| key.clone())
        .collect();
    for key in gone {
        state.items.change(&key, |priced| priced.off = true);
    }
    for item in items {
        let key = (shop.clone(), item.code.clone());
        let known = state.items.get(&key);
        let same = known.filter(|k| k.item.fen == item.fen && k.item.amount == item.amount);
        let since = same.map_or(entry.event_time, |known| known.since);
        if same.is_none() {
            state.price_lines.extend([
                area.into(),
                shop.into(),
                item.code.as_str().into(),
                entry.command.into(),
                entry.event_time.into(),
                entry.actor.as_str().into(),
                item.fen.into(),
                item.amount.into(),
            ]);
        }
        state.items.put(key, Priced { item: item.clone(), since, off: false });
    }
}

fn mode_set(state: &mut State, entry: &Entry, c: &ModeSet) {
    let people = c.homes.iter().map(|home| home.people).sum();
    let row = ModeRow {
        area: entry.area,
        mode: c.mode,
        since: entry.event_time,
        until: c.until,
        reason: c.reason.clone(),
        households: c.homes.len() as i64,
        people,
    };
    state.modes.put(c.place.clone(), row);
    for home in &c.homes {
        enter(state, entry.area, home);
        let same = state.households.get(&home.id).is_some_and(|h| h.mode == c.mode);
        let what = if same { "mode_confirmed" } else { c.mode.as_str() };
        change(state, entry, home.id, what, &c.reason, |h| {
            let was = h.mode.is_restricted();
            h.mode = c.mode;
            h.until = c.until;
            h.people = home.people;
            if !c.mode.is_restricted() {
                h.next_food = None;
                h.next_milk = None;
            } else if !was {
                h.last_food = None;
                h.next_food = c.first;
                h.next_milk = c.first.filter(|_| h.has_infant());
            }
        });
    }
}

/// The community of a home.
pub(crate) fn community_of(home: &Home) -> String {
    let text = home.place.as_str();
    text.get(..12).unwrap_or(text).to_owned()
}

/// Makes a household known that the desk has not heard of before.
pub(crate) fn enter(state: &mut State, area: AreaCode, home: &Home) {
    if state.households.get(&home.id).is_some() {
        return;
    }
    let household = Household {
        id: home.id,
        area,
        community: community_of(home),
        place: home.place.clone(),
        people: home.people,
        mode: Mode::Free,
        until: None,
        needs: Vec::new(),
        note: String::new(),
        last_food: None,
        next_food: None,
        next_medicine: None,
        next_milk: None,
        renew_by: None,
        waits: Vec::new(),
        said: String::new(),
        complaints: 0,
    };
    count(state, &household, 1);
    state.households.put(home.id, household);
}

/// Changes a household, counts what that changes, and adds a line to its history.
pub(crate) fn change(
    state: &mut State,
    entry: &Entry,
    id: HouseholdId,
    what: &str,
    said: &str,
    change: impl FnOnce(&mut Household),
) {
    let Some(mut household) = state.households.get(&id).cloned() else { return };
    count(state, &household, -1);
    change(&mut household);
    if !said.is_empty() {
        household.said = said.to_owned();
    }
    count(state, &household, 1);
    let n = state.line_numbers.entry(entry.command).or_default();
    let this = *n;
    *n += 1;
    state.history_lines.extend([
        household.area.into(),
        id.into(),
        entry.command.into(),
        this.into(),
        entry.event_time.into(),
        entry.record_time.into(),
        entry.actor.as_str().into(),
        what.into(),
        said.into(),
    ]);
    state.households.put(id, household);
}

/// A medicine of a household has changed: when the next is due.
fn medicated(state: &mut State, entry: &Entry, id: HouseholdId, what: &str, said: &str) {
    let taken = || state.medicines.iter().filter(|((of, _), m)| *of == id && m.taken);
    let next: Option<Micros> = taken().map(|(_, m)| crate::bring_by(m.last_dose)).min();
    // What is asked for is late when its answer is; what is not, before it ends.
    let asked: Vec<Wait> = taken()
        .filter_map(|(_, m)| m.asked)
        .map(|(unit, at)| Wait { unit, why: Lack::Renewal, at, pack: false })
        .collect();
    let silent = taken().filter(|(_, m)| m.asked.is_none());
    let renew = silent.filter_map(|(_, m)| m.prescribed_until).map(crate::unmet::renew_by).min();
    change(state, entry, id, what, said, |h| {
        h.next_medicine = next;
        h.renew_by = renew;
        h.waits.retain(|wait| wait.why != Lack::Renewal);
        for wait in asked {
            h.watch(wait.unit, Some(wait));
        }
    });
}

fn count(state: &mut State, h: &Household, by: i64) {
    let key = || (h.area, h.community.clone());
    let (area, community) = key();
    let people = state.people.entry((area, community, h.mode)).or_default();
    people.0 += by;
    people.1 += by * h.people;
    let mut due = |what, served, at: Micros| {
        let (area, community) = key();
        *state.dues.entry((area, community, what, served, at.hour_start())).or_default() += by;
    };
    if let Some(at) = h.next_food {
        due(Due::Food, h.is_served(), at);
    }
    if let Some(at) = h.next_medicine {
        due(Due::Medicine, false, at);
    }
    if let Some(at) = h.unmet_at() {
        let (area, community) = key();
        *state.unmet.entry((area, community, at.hour_start())).or_default() += by;
    }
    for need in &h.needs {
        let (area, community) = key();
        *state.needs.entry((area, community, *need)).or_default() += by;
    }
}
