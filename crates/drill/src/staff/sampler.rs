//! The sampling sites: whom the phone's list names is swabbed, tube by tube, box by box.

use std::collections::{BTreeMap, VecDeque};

use testing::{BOX, Collect, Command, Mode, Pack, TUBE, Zone};
use types::{HouseholdId, Micros, PlaceCode, Span, UnitId};

use crate::Result;
use crate::draw::Draw;
use crate::goods::{Parcel, Sealed, Tube, TubeAt, Whereabouts};
use crate::link::Session;
use crate::posts::{Group, Task};
use crate::reading::{Bundle, OpenRound, Person};
use crate::run::Drill;
use crate::truth::pooled;

/// Tubes in a box, at most.
const ROOM: usize = 60;
/// Looks at the list after the queue has gone: for those who came late, and for recalls.
const LOOKS: u32 = 5;
/// Between two of them.
const LOOK: Span = Span::minutes(150);

/// Sites begin and look again at full ten minutes: those that do it at the same moment are heard
/// side by side.
pub(super) fn together(at: Micros) -> Micros {
    at.floor(Span::minutes(10))
}

impl Drill {
    /// Sites begin their round.
    pub(crate) async fn shift(&mut self, sites: &[usize]) -> Result<()> {
        let minutes = Span::minutes(self.config.work.box_minutes.max(5));
        // Boxes are closed at their times until late in the evening.
        for site in sites.iter().copied() {
            for n in 1..=(15 * 60 / self.config.work.box_minutes.max(5)) {
                self.agenda.put(self.now + Span(minutes.0 * n), Task::Pack { site });
            }
        }
        self.refresh(sites).await
    }

    /// Sites look at their lists: who is still due, who has to come again.
    pub(crate) async fn refresh(&mut self, sites: &[usize]) -> Result<()> {
        let mut looking = Vec::with_capacity(sites.len());
        for site in sites.iter().copied() {
            let s = &self.sites[site];
            let Some(round) = s.round.filter(|r| self.chronicle.rounds[*r].closed_at.is_none())
            else {
                continue;
            };
            if self.is_taken(&s.code) || s.closed_until > self.now {
                self.look_again(site)?;
            } else if self.devices[s.device].is_online(self.now) {
                looking.push((site, round));
            } else {
                // A list can only be fetched with network.
                self.agenda.put(together(self.now + Span::minutes(30)), Task::Refresh { site });
            }
        }
        // What the phones hold goes first, or their lists would name people who are done.
        let devices: Vec<usize> =
            looking.iter().map(|(site, _)| self.sites[*site].device).collect();
        self.flush_all(devices).await?;
        let asked: Vec<(Session, String)> = looking
            .iter()
            .map(|(site, _)| {
                let s = &self.sites[*site];
                let path = format!("/api/v1/field/bundle?holder={}", s.code);
                (self.devices[s.device].session, path)
            })
            .collect();
        let bundles: Vec<Bundle> = self.link.get_all(&asked).await?;
        for ((site, round), bundle) in looking.into_iter().zip(bundles) {
            self.line_up(site, round, &bundle)?;
        }
        Ok(())
    }

    /// Takes in a list: whom it names stands in line.
    fn line_up(&mut self, site: usize, round: usize, bundle: &Bundle) -> Result<()> {
        let id = self.chronicle.rounds[round].id;
        let Some(open) = bundle.rounds.iter().find(|r| r.id == id) else {
            return self.look_again(site);
        };
        self.sites[site].community = bundle.community.clone();
        let queue = self.queue_of(site, round, open, bundle);
        self.sites[site].queue.extend(queue);
        if !self.sites[site].filling && !self.sites[site].queue.is_empty() {
            self.sites[site].filling = true;
            self.agenda.put(self.now + Span::minutes(4), Task::Fill { site });
        }
        self.look_again(site)
    }

    fn look_again(&mut self, site: usize) -> Result<()> {
        let looks = &mut self.sites[site].looks;
        if *looks < LOOKS {
            *looks += 1;
            self.agenda.put(together(self.now + LOOK), Task::Refresh { site });
        }
        Ok(())
    }

    /// Who comes, in what tubes: those to be sampled again first, then compound by compound in
    /// the order of the plan's slots.
    fn queue_of(
        &self,
        site: usize,
        round: usize,
        open: &OpenRound,
        bundle: &Bundle,
    ) -> VecDeque<Group> {
        let waiting: std::collections::BTreeSet<u32> =
            self.sites[site].queue.iter().flat_map(|g| g.persons.iter().copied()).collect();
        let zone_of = |place: &PlaceCode| {
            bundle.compounds.iter().find(|c| c.code == *place).map_or(Zone::Other, |c| c.zone)
        };
        let compound_of: BTreeMap<HouseholdId, &PlaceCode> =
            bundle.households.iter().map(|h| (h.id, &h.compound)).collect();
        let mut alone = Vec::new();
        let mut by_compound: BTreeMap<&PlaceCode, Vec<(HouseholdId, u32)>> = BTreeMap::new();
        for person in bundle.persons.iter().filter(|p| p.is_due(open.id)) {
            let (Some(number), Some(compound)) =
                (self.town.person_of(person.id), compound_of.get(&person.household))
            else {
                continue;
            };
            if waiting.contains(&number) || !self.comes(site, round, person, number) {
                continue;
            }
            // Whoever has to stay at home is swabbed there, alone.
            if person.recall || self.chronicle.is_held(number) {
                alone.push((number, zone_of(compound)));
            } else {
                by_compound.entry(compound).or_default().push((person.household, number));
            }
        }
        let mut queue: VecDeque<Group> = alone
            .into_iter()
            .map(|(person, zone)| Group { persons: vec![person], mode: Mode::Single, zone })
            .collect();
        let order = &self.sites[site].compounds;
        let mut places: Vec<&PlaceCode> = by_compound.keys().copied().collect();
        places.sort_by_key(|place| order.iter().position(|p| p == *place).unwrap_or(usize::MAX));
        // A queue runs on from one compound to the next; only its kind of tube must agree.
        let mut line: Option<(Mode, Zone, Vec<u32>)> = None;
        let mut close = |line: &mut Option<(Mode, Zone, Vec<u32>)>| {
            let Some((mode, zone, persons)) = line.take() else { return };
            let tubes = persons.chunks(open.sizes.of(mode));
            queue.extend(tubes.map(|p| Group { persons: p.to_vec(), mode, zone }));
        };
        for place in places {
            let zone = zone_of(place);
            let mode = open.mode_in(zone);
            let Some(persons) = by_compound.remove(place) else { continue };
            if mode == Mode::Household {
                close(&mut line);
                for household in persons.chunk_by(|a, b| a.0 == b.0) {
                    line = Some((mode, zone, household.iter().map(|(_, p)| *p).collect()));
                    close(&mut line);
                }
                continue;
            }
            let people = persons.into_iter().map(|(_, p)| p);
            match &mut line {
                Some((m, z, queue)) if (*m, *z) == (mode, zone) => queue.extend(people),
                _ => {
                    close(&mut line);
                    line = Some((mode, zone, people.collect()));
                }
            }
        }
        close(&mut line);
        queue
    }

    /// Whether somebody whom the list names is really there.
    fn comes(&self, site: usize, round: usize, person: &Person, number: u32) -> bool {
        let away = self.chronicle.is_isolated(number) || self.chronicle.is_quarantined(number);
        if away || self.is_dead(number) {
            return false;
        }
        let faults = &self.config.faults.people;
        let look = u64::from(self.sites[site].looks.min(7));
        let key = (round as u64) << 40 | look << 36;
        let first = self.town.household_of(number).start;
        let absent = self.draw("household absent", key | u64::from(first));
        let alone = self.draw("no show", key | u64::from(number));
        let chance = |mut draw: Draw, rate: f64| draw.chance(rate);
        // Of those who did not come in their slot, half come when they are called later.
        let later = |rate: f64| if look > 0 && !person.recall { rate.max(0.5) } else { rate };
        !chance(absent, later(faults.household_absent)) && !chance(alone, later(faults.no_show))
    }

    /// The next tube of a site.
    pub(crate) fn fill(&mut self, site: usize) -> Result<()> {
        if self.is_taken(&self.sites[site].code) {
            self.sites[site].filling = false;
            self.sites[site].queue.clear();
            return Ok(());
        }
        let closed = self.sites[site].closed_until;
        if closed > self.now {
            self.agenda.put(closed, Task::Fill { site });
            return Ok(());
        }
        let Some(group) = self.sites[site].queue.pop_front() else {
            self.sites[site].filling = false;
            return Ok(());
        };
        let swabs = group.persons.len() as i64;
        self.swab(site, group)?;
        let pace = self.config.work.seconds_a_swab.max(1) * swabs / self.sites[site].stands.max(1);
        self.agenda.put(self.now + Span::seconds(pace.max(5)), Task::Fill { site });
        Ok(())
    }

    /// A tube is filled and sealed, and entered as well as people do it.
    pub(crate) fn swab(&mut self, site: usize, group: Group) -> Result<Option<TubeAt>> {
        let (area, device, code, round) = {
            let s = &self.sites[site];
            (s.area, s.device, s.code.clone(), s.round)
        };
        let Some(round) = round else { return Ok(None) };
        let number = self.goods.tubes.len() as u64;
        let mut draw = self.draw("tube", number);
        let faults = self.config.faults.tubes.clone();
        let mut entered = group.persons.clone();
        if draw.chance(faults.wrong_person) {
            self.mix_up(&mut entered, &mut draw);
        }
        let again = self.sites[site].last.filter(|_| draw.chance(faults.reused_code));
        let tube = match again {
            Some(used) => used,
            None => self.codes.next(TUBE, area),
        };
        let now = self.now;
        let cts = group.persons.iter().filter_map(|p| self.truth.0.ct(*p, now));
        let sealed = Sealed {
            code: tube,
            round,
            site,
            swabbed: group.persons.clone(),
            entered: entered.clone(),
            mode: group.mode,
            zone: group.zone,
            ct: pooled(cts),
            at: now,
        };
        let at = self.goods.add(Tube { second_use: again.is_some(), ..Tube::sealed(sealed) });
        self.sites[site].loose.push(at);
        self.sites[site].last = Some(tube);
        let community = self.community_of(site, &group);
        let collect = Collect {
            round: self.chronicle.rounds[round].id,
            tube,
            barcode: None,
            site: code,
            community,
            mode: group.mode,
            zone: group.zone,
            persons: entered.iter().map(|p| self.town.person_id(*p)).collect(),
            started_at: self.devices[device].shows(now) - Span::seconds(20 * entered.len() as i64),
        };
        if draw.chance(faults.double_scan) {
            let second = Command::Collect(collect.clone());
            self.devices[device].note(now, area, second);
        }
        self.devices[device].note(now, area, Command::Collect(collect));
        Ok(Some(at))
    }

    /// Where the site stands, or else where its first person lives.
    fn community_of(&self, site: usize, group: &Group) -> PlaceCode {
        let home = || {
            let person = group.persons.first().copied().unwrap_or(0);
            let code = &self.town.homes[self.town.home_of(person)].code;
            let community = code.as_str().split('-').next().unwrap_or_default();
            PlaceCode::parse(community).unwrap_or_else(|_| code.clone())
        };
        self.sites[site].community.clone().unwrap_or_else(home)
    }

    /// Enters a neighbour in somebody's place.
    fn mix_up(&self, entered: &mut [u32], draw: &mut Draw) {
        let which = draw.below(entered.len());
        let Some(slot) = entered.get(which).copied() else { return };
        let home = &self.town.homes[self.town.home_of(slot)];
        let length = (home.persons.end - home.persons.start) as usize;
        let other = home.persons.start + draw.below(length) as u32;
        if !entered.contains(&other) {
            entered[which] = other;
        }
    }

    /// Closes a box with what lies ready.
    pub(crate) fn pack(&mut self, site: usize) -> Result<()> {
        if self.is_taken(&self.sites[site].code) {
            return Ok(());
        }
        while !self.sites[site].loose.is_empty() {
            let s = &mut self.sites[site];
            let room = s.loose.len().min(ROOM);
            let tubes: Vec<TubeAt> = s.loose.drain(..room).collect();
            let (area, device, holder) = (s.area, s.device, s.code.clone());
            let code = self.codes.next(BOX, area);
            let number = self.goods.boxes.len();
            let mut draw = self.draw("box", number as u64);
            let unscanned = self.config.faults.tubes.unscanned;
            let mut scanned: Vec<UnitId> = Vec::new();
            for at in &tubes {
                self.goods.tubes[*at].at = Whereabouts::Box(number);
                let tube = self.goods.tubes[*at].code;
                if !draw.chance(unscanned) && !scanned.contains(&tube) {
                    scanned.push(tube);
                }
            }
            self.goods.boxes.push(Parcel {
                code,
                site,
                tubes,
                ready_at: self.now,
                at: Whereabouts::Site(site),
                opened: false,
            });
            self.sites[site].ready.push(number);
            let now = self.now;
            let device = &mut self.devices[device];
            let halves = scanned.chunks(scanned.len().div_ceil(2).max(1));
            for (n, some) in halves.enumerate() {
                let pack = Pack { box_: code, tubes: some.to_vec(), holder: holder.clone() };
                let at = now - Span::seconds(90 - 30 * n as i64);
                device.note(at, area, Command::Pack(pack));
            }
            if !scanned.is_empty() {
                device.note(now, area, Command::SealBox { box_: code });
            }
        }
        Ok(())
    }
}
