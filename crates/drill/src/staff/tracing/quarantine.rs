//! Contacts who are kept: fetched, looked at every morning, swabbed, let go.

use std::collections::BTreeSet;

use testing::{Exempt, Mode, Zone};
use tracing_desk::{Arrive, Check, Command};
use types::{AreaCode, HolderCode, RoundId, Span, UnitId};

use super::Contact;
use crate::Result;
use crate::ids::low_bits;
use crate::posts::Group;
use crate::run::Drill;
use crate::staff::cases::observed;

impl Drill {
    /// Somebody has been brought to the quarantine site.
    pub(crate) async fn fetch_contact(&mut self, contact: UnitId) -> Result<()> {
        let Some(followed) = self.chronicle.followed.get(&contact) else { return Ok(()) };
        let (area, person) = (followed.area, followed.person);
        let Some(person) = person.filter(|_| followed.kept_at.is_none()) else { return Ok(()) };
        let a_case = self.chronicle.files.get(&person).is_some_and(|f| f.case_at.is_some());
        if a_case || self.is_dead(person) {
            return Ok(());
        }
        let now = self.now;
        let tracer = self.device(&format!("tracer:{area}"))?;
        let site = quarantine_of(area)?;
        let room = format!("{}", 101 + low_bits(contact) % 800);
        let arrive = Arrive { contact, site: Some(site), room, reason: String::new() };
        self.devices[tracer].note(now, area, Command::Arrive(arrive));
        self.flush(tracer).await?;
        if let Some(followed) = self.chronicle.followed.get_mut(&contact) {
            followed.kept_at = Some(now);
        }
        self.keep_apart(person);
        let open = self.chronicle.rounds.iter().filter(|r| r.closed_at.is_none());
        let rounds: Vec<RoundId> = open.map(|r| r.id).collect();
        self.excuse_contacts(&[person], &rounds).await
    }

    /// Who is at a quarantine site is swabbed there, and excused from rounds that go on.
    pub(crate) async fn excuse_contacts(
        &mut self,
        persons: &[u32],
        rounds: &[RoundId],
    ) -> Result<()> {
        let now = self.now;
        for person in persons {
            let area = self.town.homes[self.town.home_of(*person)].area;
            let tracer = self.device(&format!("tracer:{area}"))?;
            for round in rounds {
                let exempt = Exempt {
                    round: *round,
                    person: self.town.person_id(*person),
                    reason: "quarantine-site".into(),
                    evidence: Some("隔离点名单 / list of the quarantine site".into()),
                };
                self.devices[tracer].note(now, area, testing::Command::Exempt(exempt));
            }
        }
        for area in self.town.areas.clone() {
            let tracer = self.device(&format!("tracer:{area}"))?;
            self.flush(tracer).await?;
        }
        Ok(())
    }

    /// The morning at the quarantine sites: everybody is looked at, and swabbed whose test is due.
    pub(crate) async fn follow_up(&mut self, area: AreaCode) -> Result<()> {
        self.truth.0.advance(self.now);
        self.count_contacts(area).await?;
        if !self.is_desk_free(area)? {
            return Ok(());
        }
        let now = self.now;
        let day = u64::from(self.config.day_of(now)) << 32;
        let missed = self.config.faults.tracing.looks_missed;
        let tracer = self.device(&format!("tracer:{area}"))?;
        for due in self.due_today(area, "check").await? {
            let person = self.chronicle.followed.get(&due.id).and_then(|f| f.person);
            let Some(person) = person else { continue };
            let mut draw = self.draw("contact look", day | u64::from(person));
            if draw.chance(missed) {
                continue;
            }
            let truly = self.truth.0.illness(person, now);
            let seen = observed(truly, &self.config.faults.cases, &mut draw);
            let check = Check {
                contact: due.id,
                temperature: seen.temperature,
                symptoms: seen.symptoms.unwrap_or_default(),
                note: String::new(),
            };
            self.devices[tracer].note(now, area, Command::Check(check));
        }
        let mut wanted: Vec<(UnitId, usize)> = Vec::new();
        let tomorrow = now + Span::days(1);
        for due in self.due_today(area, "test").await? {
            // The edition may ask for two samples before somebody is let go.
            let swabs = if due.until.is_some_and(|until| until <= tomorrow) { 2 } else { 1 };
            wanted.push((due.id, swabs));
        }
        let again: Vec<UnitId> = self.chronicle.swab_again.iter().copied().collect();
        for contact in again {
            let of_here = self.chronicle.followed.get(&contact).is_some_and(|f| f.area == area);
            if of_here && self.chronicle.swab_again.remove(&contact) {
                wanted.push((contact, 2));
            }
        }
        wanted.sort_unstable();
        wanted.dedup_by_key(|(contact, _)| *contact);
        for (contact, swabs) in wanted {
            self.swab_contact(contact, swabs)?;
        }
        self.flush(tracer).await?;
        Ok(())
    }

    /// Swabs somebody at the quarantine site: each in a tube of its own, which goes with the next box of the
    /// site that serves the home. Where no round is open it has to wait.
    fn swab_contact(&mut self, contact: UnitId, swabs: usize) -> Result<()> {
        let Some(followed) = self.chronicle.followed.get(&contact) else { return Ok(()) };
        let Some(person) = followed.person else { return Ok(()) };
        if self.chronicle.is_isolated(person) || self.is_dead(person) {
            return Ok(());
        }
        let home = self.town.homes[self.town.home_of(person)].code.clone();
        let Some(site) = self.site_of.get(&home).copied() else { return Ok(()) };
        let open = self.sites[site].round.filter(|r| self.chronicle.rounds[*r].closed_at.is_none());
        if open.is_none() || self.is_taken(&self.sites[site].code) {
            return Ok(());
        }
        let zone = if followed.is_kept() { Zone::Quarantine } else { Zone::Other };
        for _ in 0..swabs {
            self.swab(site, Group { persons: vec![person], mode: Mode::Single, zone })?;
        }
        Ok(())
    }

    /// In the evening whose time is over is let go, by the list.
    pub(crate) async fn let_contacts_go(&mut self, area: AreaCode) -> Result<()> {
        if !self.is_desk_free(area)? {
            return self.count_contacts(area).await;
        }
        let over = self.due_today(area, "release").await?;
        let now = self.now;
        let desk = self.device(&format!("district:{area}"))?;
        for due in &over {
            let release = Command::Release { contact: due.id, reason: String::new() };
            self.devices[desk].note(now, area, release);
        }
        self.flush(desk).await?;
        if !over.is_empty() {
            // Whom the criteria keep is swabbed once more tomorrow.
            let still = self.due_today(area, "release").await?;
            self.chronicle.swab_again.extend(still.iter().map(|due| due.id));
        }
        self.count_contacts(area).await
    }

    /// Who is at the sites and who is watched at home, by the desk's own lists: also where people do the work.
    pub(crate) async fn count_contacts(&mut self, area: AreaCode) -> Result<()> {
        if self.chronicle.followed.is_empty() {
            return Ok(());
        }
        let ids = |all: Vec<Contact>| all.into_iter().map(|c| c.id).collect::<BTreeSet<_>>();
        let here = ids(self.contacts_in(area, "quarantined").await?);
        let home = ids(self.contacts_in(area, "monitoring").await?);
        let now = self.now;
        let mut changed = Vec::new();
        for (id, followed) in &mut self.chronicle.followed {
            if followed.area != area || followed.ended_at.is_some() {
                continue;
            }
            let before = (followed.is_kept(), followed.is_watched());
            if here.contains(id) {
                followed.kept_at.get_or_insert(now);
                followed.home_at = None;
            } else if home.contains(id) {
                followed.home_at.get_or_insert(now);
            } else if followed.kept_at.is_some() {
                followed.ended_at = Some(now);
            }
            if before != (followed.is_kept(), followed.is_watched()) {
                changed.extend(followed.person);
            }
        }
        for person in changed.into_iter().filter(|p| !self.is_dead(*p)).collect::<Vec<_>>() {
            self.keep_apart(person);
        }
        Ok(())
    }
}

/// The quarantine site of a county.
pub(super) fn quarantine_of(area: AreaCode) -> Result<HolderCode> {
    Ok(HolderCode::parse(&format!("quarantine:{area}-1"))?)
}
