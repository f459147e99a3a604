//! Who can still infect somebody outside, in truth: what a claim of zero is held against.

use types::{AreaCode, Micros};

use super::Facts;
use super::records::Followed;
use crate::truth::Infection;

/// From when until when somebody was kept from meeting people outside.
type Kept = (Micros, Micros);

impl Facts<'_> {
    /// When somebody was kept apart: held at home, in a ward, at a quarantine site, or behind a locked door.
    pub(super) fn kept(&self, person: u32) -> Vec<Kept> {
        let mut kept: Vec<Kept> = Vec::new();
        if let Some(file) = self.chronicle.files.get(&person) {
            kept.extend(file.holds.iter().map(|h| (h.from, h.until.unwrap_or(Micros::MAX))));
            let ended = file.ended.map_or(Micros::MAX, |(_, at)| at);
            kept.extend(file.isolated_at.map(|at| (at, ended)));
        }
        let followed = |f: &&Followed| f.person == Some(person) && f.kept_at.is_some();
        for of in self.contacts_of(person).filter(followed) {
            kept.extend(of.kept_at.map(|at| (at, of.ended_at.unwrap_or(Micros::MAX))));
        }
        let locked = |c: &&super::records::Closed| c.level == zones::Level::Locked && c.has(person);
        let zones = self.chronicle.closed.iter().filter(locked);
        kept.extend(zones.map(|c| (c.from, c.until.unwrap_or(Micros::MAX))));
        kept
    }

    fn contacts_of(&self, person: u32) -> impl Iterator<Item = &Followed> {
        let ids = self.chronicle.kept_of.get(&person).into_iter().flatten();
        ids.filter_map(|id| self.chronicle.followed.get(id))
    }

    /// Until when an infected person could infect somebody outside; nothing for somebody who was kept apart
    /// from the start.
    pub(super) fn loose_until(&self, infection: &Infection) -> Option<Micros> {
        let kept = self.kept(infection.person);
        let mut until = infection.at + self.lasts;
        // A day that lies behind a closed door does not count; before that, it does.
        while let Some((from, _)) = kept.iter().find(|(from, to)| *from < until && until <= *to) {
            until = *from;
        }
        (until > infection.at).then_some(until)
    }

    /// Whether an infected person can infect somebody outside at a time.
    pub(super) fn is_loose(&self, infection: &Infection, at: Micros) -> bool {
        let lives = infection.at <= at && at < infection.at + self.lasts;
        lives && !self.kept(infection.person).iter().any(|(from, to)| *from <= at && at < *to)
    }

    /// The infected persons of a county who can infect somebody outside at a time.
    pub(super) fn loose_in(&self, area: AreaCode, at: Micros) -> Vec<u32> {
        let of = self.infections.iter().filter(|i| i.at <= at && self.lives_in(i.person, area));
        of.filter(|i| self.is_loose(i, at)).map(|i| i.person).collect()
    }

    /// Since when nobody of a county could infect anybody outside, as of a time: nothing while somebody can.
    pub(super) fn truly_zero_since(&self, area: AreaCode, at: Micros) -> Option<Micros> {
        let of = self.infections.iter().filter(|i| i.at <= at && self.lives_in(i.person, area));
        let mut since = self.from;
        for infection in of {
            if self.is_loose(infection, at) {
                return None;
            }
            if let Some(until) = self.loose_until(infection) {
                since = since.max(until.min(at));
            }
        }
        Some(since)
    }

    /// Whether somebody lives in a county.
    pub(super) fn lives_in(&self, person: u32, area: AreaCode) -> bool {
        self.town.homes[self.town.home_of(person)].area == area
    }
}
