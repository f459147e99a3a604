//! Sweeps: the command post orders them where several were found within days, and of a whole county before it is
//! called zero; grid workers go from door to door by the phone's list. Who is found behind a door that no list
//! has is registered, and swabbed.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use testing::{Mode, Zone};
use types::{AreaCode, HolderCode, HouseholdId, Micros, PersonId, PlaceCode, Span, UnitId};
use uuid::Uuid;
use zones::sweep::Door;
use zones::{Command, Knock};

use crate::Result;
use crate::control::command_post;
use crate::ids::{self, low_bits};
use crate::posts::{Group, Task};
use crate::run::Drill;
use crate::score::records::{Because, Swept};

/// Where so many were found within [`LATELY`], a community is swept.
const REPEATED: usize = 2;
/// See [`REPEATED`].
const LATELY: Span = Span::days(3);
/// A community is not swept again before.
const AGAIN: Span = Span::days(7);
/// By when a sweep is to be done.
const DUE: Span = Span::hours(30);
/// Sweeps that are ordered in a county on a day: more cannot be walked.
const A_DAY: usize = 200;
/// How often at most a door is knocked at before the sweep ends without it.
const KNOCKS: i64 = 3;

/// A sweep, as the list of the command post has it.
#[derive(Clone, Debug, Deserialize)]
struct Listed {
    id: UnitId,
    place: PlaceCode,
    opened_at: Micros,
    todo: i64,
    found: i64,
    absent: i64,
    refused: i64,
    strays: i64,
    open_strays: i64,
    #[serde(default)]
    closed_at: Option<Micros>,
}

#[derive(Deserialize)]
struct Sweeps {
    sweeps: Vec<Listed>,
}

/// A door, as the phone has it.
#[derive(Clone, Debug, Deserialize)]
struct Doorway {
    household: HouseholdId,
    state: Door,
    #[serde(default)]
    again_at: Option<Micros>,
}

#[derive(Clone, Debug, Deserialize)]
struct Walk {
    id: UnitId,
    place: PlaceCode,
    doors: Vec<Doorway>,
}

#[derive(Clone, Debug, Deserialize)]
struct Member {
    id: PersonId,
    household: HouseholdId,
}

/// The phone's list, as far as a sweep needs it.
#[derive(Deserialize)]
struct Phone {
    persons: Vec<Member>,
    sweeps: Vec<Walk>,
}

/// How somebody without papers gives their name.
fn name_of(person: u32) -> String {
    const SURNAMES: [&str; 8] = ["王", "李", "张", "刘", "陈", "杨", "赵", "黄"];
    format!("{}师傅", SURNAMES[person as usize % SURNAMES.len()])
}

/// The community of a compound.
fn community_of(code: &PlaceCode) -> Option<PlaceCode> {
    PlaceCode::parse(code.as_str().split('-').next()?).ok()
}

impl Drill {
    /// The sweeps of a county, as the command post sees them.
    async fn sweeps_in(&mut self, area: AreaCode, state: &str) -> Result<Vec<Listed>> {
        let session = self.devices[self.device("commander")?].session;
        let path = format!("/api/v1/zones/sweeps?area={area}&state={state}");
        let found: Sweeps = self.link.get(session, &path).await?;
        Ok(found.sweeps)
    }

    /// Takes over what the list says of sweeps, whoever ordered them.
    fn take_in_sweep(&mut self, area: AreaCode, listed: &Listed) {
        let doors = [listed.todo, listed.found, listed.absent, listed.refused];
        let swept = self.chronicle.sweeps.entry(listed.id).or_insert_with(|| Swept {
            area,
            place: listed.place.clone(),
            because: Because::Person,
            opened_at: listed.opened_at,
            closed_at: None,
            doors,
            strays: 0,
        });
        (swept.doors, swept.strays, swept.closed_at) = (doors, listed.strays, listed.closed_at);
    }

    /// The command post ends sweeps that are done, and orders new ones.
    pub(crate) async fn order_sweeps(&mut self, area: AreaCode) -> Result<()> {
        let open = self.sweeps_in(area, "open").await?;
        open.iter().for_each(|listed| self.take_in_sweep(area, listed));
        let known = self.chronicle.sweeps.iter().filter(|(_, s)| s.area == area);
        let ended =
            known.filter(|(id, s)| s.closed_at.is_none() && open.iter().all(|o| o.id != **id));
        if ended.count() > 0 {
            for listed in self.sweeps_in(area, "closed").await? {
                self.take_in_sweep(area, &listed);
            }
        }
        if self.is_taken(&command_post()) {
            return Ok(());
        }
        let (now, commander) = (self.now, self.device("commander")?);
        for listed in open {
            let knocked = now - listed.opened_at >= DUE;
            let done = listed.todo == 0 && listed.open_strays == 0;
            if done && (listed.absent + listed.refused == 0 || knocked) {
                let note = "多次上门未遇，转社区继续联系 / not found after several visits: the community calls on".to_owned();
                let close = Command::CloseSweep { sweep: listed.id, note };
                self.devices[commander].note(now, area, close);
            }
        }
        if self.config.work.sweeps {
            let wanted = self.to_sweep(area);
            for (place, because) in wanted.into_iter().take(A_DAY) {
                let note = match because {
                    Because::Repeated => "三日内多例 / several cases within three days",
                    _ => "清零前逐户排查 / every door before zero is declared",
                };
                let order = Command::OpenSweep {
                    place: place.clone(),
                    due: Some(now + DUE),
                    note: note.to_owned(),
                };
                let command = self.devices[commander].note(now, area, order);
                let swept = Swept {
                    area,
                    place,
                    because,
                    opened_at: now,
                    closed_at: None,
                    doors: [0; 4],
                    strays: 0,
                };
                self.chronicle.sweeps.insert(zones::sweep_id(area, command), swept);
            }
        }
        self.flush(commander).await?;
        Ok(())
    }

    /// Communities of a county that are to be swept, and why.
    fn to_sweep(&self, area: AreaCode) -> BTreeMap<PlaceCode, Because> {
        let now = self.now;
        let mut wanted: BTreeMap<PlaceCode, Because> = BTreeMap::new();
        let claimed = self.chronicle.claims.iter().rev().find(|c| c.area == area);
        if claimed.is_some_and(|c| c.is_near()) {
            let homes = self.town.homes.iter().filter(|h| h.area == area);
            let all = homes.filter_map(|h| community_of(&h.code));
            wanted.extend(all.map(|community| (community, Because::Zero)));
        }
        let mut found: BTreeMap<PlaceCode, usize> = BTreeMap::new();
        for file in self.chronicle.cases.values() {
            let lately = file.area == area && now - file.found_at <= LATELY;
            let Some(person) = file.person.filter(|_| lately) else { continue };
            let home = &self.town.homes[self.town.home_of(person)];
            if let Some(community) = community_of(&home.code) {
                *found.entry(community).or_default() += 1;
            }
        }
        let repeated = found.into_iter().filter(|(_, cases)| *cases >= REPEATED);
        wanted.extend(repeated.map(|(community, _)| (community, Because::Repeated)));
        let recent = |place: &PlaceCode| {
            self.chronicle.sweeps.values().any(|s| s.place == *place && now - s.opened_at < AGAIN)
        };
        wanted.retain(|place, _| !recent(place));
        wanted
    }

    /// Sends grid workers to each community of a county that is being swept.
    pub(crate) fn walk(&mut self, area: AreaCode) {
        let open =
            self.chronicle.sweeps.values().filter(|s| s.area == area && s.closed_at.is_none());
        let communities: BTreeSet<PlaceCode> =
            open.filter_map(|s| community_of(&s.place)).collect();
        let step = Span(Span::hours(2).0 / communities.len().max(1) as i64);
        for (n, community) in communities.into_iter().enumerate() {
            let at = self.now + Span(step.0 * n as i64);
            self.agenda.put(at, Task::Sweep { community, area });
        }
    }

    /// A grid worker goes from door to door, as the phone says.
    pub(crate) async fn sweep(&mut self, community: &PlaceCode, area: AreaCode) -> Result<()> {
        let holder = HolderCode::parse(&format!("grid:{community}"))?;
        if self.is_taken(&holder) {
            return Ok(());
        }
        self.truth.0.advance(self.now);
        let device = self.device(&format!("grid:{area}"))?;
        self.flush(device).await?;
        let session = self.devices[device].session;
        let phone: Phone =
            self.link.get(session, &format!("/api/v1/field/bundle?holder={holder}")).await?;
        let mut members: BTreeMap<HouseholdId, Vec<u32>> = BTreeMap::new();
        for member in &phone.persons {
            let person = self.town.person_of(member.id);
            members.entry(member.household).or_default().extend(person);
        }
        for walk in &phone.sweeps {
            for door in &walk.doors {
                self.sweep_door(area, device, walk, door, &members);
            }
            self.look_for_strays(area, device, walk).await?;
        }
        self.flush(device).await?;
        Ok(())
    }

    fn sweep_door(
        &mut self,
        area: AreaCode,
        device: usize,
        walk: &Walk,
        door: &Doorway,
        members: &BTreeMap<HouseholdId, Vec<u32>>,
    ) {
        let now = self.now;
        let due = match door.state {
            Door::Todo => true,
            Door::Absent => door.again_at.is_none_or(|at| at <= now),
            Door::Found | Door::Refused => false,
        };
        let knocks = self.chronicle.sweep_knocks.entry((walk.id, door.household)).or_default();
        if !due || *knocks >= KNOCKS {
            return;
        }
        *knocks += 1;
        let mut key = [0; 8];
        key.copy_from_slice(&door.household.bytes()[8..]);
        let number = *knocks as u64;
        let mut draw =
            self.draw("sweep door", low_bits(walk.id) ^ u64::from_be_bytes(key) ^ number);
        let faults = &self.config.faults.people;
        let persons = members.get(&door.household).map_or(&[][..], Vec::as_slice);
        // Whoever is in a ward or at a quarantine site is not behind the door, and the list says so.
        let there = persons.iter().filter(|p| {
            !self.chronicle.is_isolated(**p)
                && !self.chronicle.is_quarantined(**p)
                && !self.is_dead(**p)
        });
        let seen = there.count() as u32;
        let outcome = match () {
            // An empty flat is opened by the manager of the building.
            () if persons.is_empty() || seen == 0 => Door::Found,
            () if draw.chance(faults.nobody_home) => Door::Absent,
            () if draw.chance(faults.refuses / 2.0) => Door::Refused,
            () => Door::Found,
        };
        let knock = Knock {
            sweep: walk.id,
            household: door.household,
            outcome,
            seen: if outcome == Door::Found { seen } else { 0 },
            strangers: 0,
            note: String::new(),
        };
        self.devices[device].note(now, area, Command::Knock(knock));
    }

    /// Whoever walks through a compound may stand before a door that no list has.
    async fn look_for_strays(&mut self, area: AreaCode, device: usize, walk: &Walk) -> Result<()> {
        let lodging = self.town.lodging.clone();
        let compound = self.town.homes[lodging.home].code.clone();
        let there = self.chronicle.hidden.since.is_some_and(|since| since <= self.now);
        let known = self.chronicle.hidden.registered_at.is_some();
        if !there || known || !zones::is_within(&compound, &walk.place) {
            return Ok(());
        }
        let tries = u64::from(self.config.day_of(self.now));
        let mut draw = self.draw("stray", low_bits(walk.id) ^ tries);
        if draw.chance(self.config.faults.sweeps.overlooked) {
            return Ok(());
        }
        let now = self.now;
        let persons: Vec<u32> = lodging.persons.clone().filter(|p| !self.is_dead(*p)).collect();
        let stray = Command::Stray {
            sweep: walk.id,
            place: compound.clone(),
            door: "车库改建的工人宿舍 / a garage where workers sleep".into(),
            persons: persons.len() as u32,
            note: String::new(),
        };
        let command = self.devices[device].note(now, area, stray);
        self.flush(device).await?;
        let hidden = &mut self.chronicle.hidden;
        hidden.found_at.get_or_insert(now);
        hidden.found_by.get_or_insert(walk.id);
        self.register(area, device, &compound, &persons).await?;
        let settle = Command::SettleStray {
            stray: zones::stray_id(walk.id, command),
            note: format!("登记 {0} 人并采样 / {0} people registered and swabbed", persons.len()),
        };
        self.devices[device].note(now, area, settle);
        self.chronicle.hidden.registered_at = Some(now);
        self.swab_found(&compound, &persons)
    }

    /// People of whom no list knew are registered, as a phone does it: in the clear, once.
    async fn register(
        &mut self,
        area: AreaCode,
        device: usize,
        compound: &PlaceCode,
        persons: &[u32],
    ) -> Result<()> {
        let mut commands = Vec::with_capacity(persons.len());
        let (session, name, shows) = {
            let d = &self.devices[device];
            (d.session, d.name.clone(), d.shows(self.now))
        };
        for person in persons {
            let id: Uuid = ids::uuid(self.config.seed, "walk-in", u64::from(*person), self.now);
            commands.push(serde_json::json!({
                "id": id,
                "area": area,
                "event_time": shows,
                "command": { "registry": { "register_person": {
                    "person": self.town.person_id(*person),
                    "details": { "name": name_of(*person), "id_type": "none" },
                    "address": { "place": compound, "door": "车库" },
                }}},
            }));
        }
        let outcomes = self.link.send_clear(session, &name, shows, &commands).await?;
        let refused = outcomes.iter().filter(|o| !o.accepted());
        for outcome in refused {
            let code = outcome.refusal.as_ref().map_or("", |r| r.code.as_str());
            *self.chronicle.refused.entry(code.to_owned()).or_default() += 1;
        }
        *self.chronicle.acknowledged.entry("registry.register_person").or_default() +=
            outcomes.len() as u64;
        Ok(())
    }

    /// They are swabbed at once, one by one, into the box of the site that serves the compound. Where none is
    /// open the next round has them on its list.
    fn swab_found(&mut self, compound: &PlaceCode, persons: &[u32]) -> Result<()> {
        let Some(site) = self.site_of.get(compound).copied() else { return Ok(()) };
        let open = self.sites[site].round.filter(|r| self.chronicle.rounds[*r].closed_at.is_none());
        if open.is_none() || self.is_taken(&self.sites[site].code) {
            return Ok(());
        }
        for person in persons {
            let group = Group { persons: vec![*person], mode: Mode::Single, zone: Zone::Other };
            self.swab(site, group)?;
        }
        Ok(())
    }
}
