//! The grid workers: in the evening they knock where the list still has somebody without a swab.

use std::collections::{BTreeMap, BTreeSet};

use testing::{Command, Mode, Visit, VisitOutcome, Zone};
use types::{AreaCode, HolderCode, HouseholdId, PlaceCode, Span};

use crate::Result;
use crate::link::Session;
use crate::posts::{Group, Task};
use crate::reading::Bundle;
use crate::run::Drill;

/// Over this time the workers of a county go out.
const EVENING: Span = Span::hours(3);
/// Those who set out within it do so at the same moment, so that they can be heard side by side.
const TOGETHER: Span = Span::minutes(2);

/// A grid worker who sets out.
struct Worker {
    area: AreaCode,
    device: usize,
    session: Session,
    holder: HolderCode,
}

impl Drill {
    /// Reads where blind spots are, street by street, and sends workers to each community.
    pub(crate) async fn visits(&mut self, area: AreaCode) -> Result<()> {
        let Some(round) = self.chronicle.rounds.iter().rev().find(|r| r.closed_at.is_none()) else {
            return Ok(());
        };
        let id = round.id;
        let session = self.devices[self.device(&format!("grid:{area}"))?].session;
        let mut communities = Vec::new();
        let county = format!("/testing/rounds/{id}/blind/{area}");
        for street in self.blind_below(session, &county).await? {
            let path = format!("/testing/rounds/{id}/blind/{street}");
            communities.extend(self.blind_below(session, &path).await?);
        }
        let step = Span(EVENING.0 / communities.len().max(1) as i64);
        for (n, community) in communities.into_iter().enumerate() {
            let at = (self.now + Span(step.0 * n as i64)).floor(TOGETHER);
            self.agenda.put(at, Task::Knock { community, area });
        }
        Ok(())
    }

    /// The places of a list that have somebody.
    async fn blind_below(&mut self, session: Session, path: &str) -> Result<Vec<PlaceCode>> {
        let list = self.link.list(session, path).await?;
        let (code, blind) = (list.column("Code")?, list.column("Blind spots")?);
        let some = |row: &&csv::StringRecord| row.get(blind).is_some_and(|n| n != "0");
        list.iter()
            .filter(some)
            .map(|row| Ok(PlaceCode::parse(row.get(code).unwrap_or_default())?))
            .collect()
    }

    /// Knocks at the doors of communities, and swabs those who let it.
    pub(crate) async fn knock(&mut self, communities: &[(PlaceCode, AreaCode)]) -> Result<()> {
        let Some(round) = self.chronicle.rounds.iter().rposition(|r| r.closed_at.is_none()) else {
            return Ok(());
        };
        let mut out = Vec::with_capacity(communities.len());
        for (community, area) in communities {
            let holder = HolderCode::parse(&format!("grid:{community}"))?;
            if self.is_taken(&holder) {
                continue;
            }
            let device = self.device(&format!("grid:{area}"))?;
            let session = self.devices[device].session;
            out.push(Worker { area: *area, device, session, holder });
        }
        let devices: BTreeSet<usize> = out.iter().map(|worker| worker.device).collect();
        self.flush_all(devices.iter().copied()).await?;
        let asked: Vec<(Session, String)> = out
            .iter()
            .map(|worker| {
                (worker.session, format!("/api/v1/field/bundle?holder={}", worker.holder))
            })
            .collect();
        let bundles: Vec<Bundle> = self.link.get_all(&asked).await?;
        for (worker, bundle) in out.iter().zip(&bundles) {
            self.doors(round, worker, bundle)?;
        }
        self.flush_all(devices).await
    }

    /// The doors of a list behind which somebody still has no swab.
    fn doors(&mut self, round: usize, worker: &Worker, bundle: &Bundle) -> Result<()> {
        let id = self.chronicle.rounds[round].id;
        let mut doors: BTreeMap<HouseholdId, Vec<u32>> = BTreeMap::new();
        for person in bundle.persons.iter().filter(|p| p.is_due(id) && !p.recall) {
            if let Some(number) = self.town.person_of(person.id) {
                doors.entry(person.household).or_default().push(number);
            }
        }
        let compound_of: BTreeMap<HouseholdId, &PlaceCode> =
            bundle.households.iter().map(|h| (h.id, &h.compound)).collect();
        for (household, persons) in doors {
            let Some(compound) = compound_of.get(&household) else { continue };
            let zone = bundle
                .compounds
                .iter()
                .find(|c| c.code == **compound)
                .map_or(Zone::Other, |c| c.zone);
            let site = self.site_of.get(*compound).copied();
            self.door(round, worker.area, worker.device, site, zone, &persons)?;
        }
        Ok(())
    }

    fn door(
        &mut self,
        round: usize,
        area: AreaCode,
        device: usize,
        site: Option<usize>,
        zone: Zone,
        persons: &[u32],
    ) -> Result<()> {
        let Some(first) = persons.first().copied() else { return Ok(()) };
        let faults = self.config.faults.people.clone();
        let key = (round as u64) << 40 | u64::from(first);
        let opens = !self.draw("door", key).chance(faults.nobody_home);
        let home = &self.town.homes[self.town.home_of(first)];
        self.chronicle.knock(self.chronicle.rounds[round].id, &home.code, opens);
        let mut swabbed = Vec::new();
        for person in persons {
            let key = (round as u64) << 40 | u64::from(*person);
            let outcome = match opens
                && !self.chronicle.is_isolated(*person)
                && !self.chronicle.is_quarantined(*person)
                && !self.is_dead(*person)
            {
                false => VisitOutcome::Absent,
                true if self.draw("refuses", key).chance(faults.refuses) => VisitOutcome::Refused,
                true => VisitOutcome::Found,
            };
            if outcome == VisitOutcome::Found {
                swabbed.push(*person);
            }
            let visit = Visit {
                round: self.chronicle.rounds[round].id,
                person: self.town.person_id(*person),
                outcome,
                note: None,
            };
            let now = self.now;
            self.devices[device].note(now, area, Command::Visit(visit));
        }
        let Some(site) =
            site.filter(|s| !swabbed.is_empty() && self.sites[*s].round == Some(round))
        else {
            return Ok(());
        };
        if self.is_taken(&self.sites[site].code) {
            return Ok(());
        }
        // What a grid worker swabs goes into the box of the site that serves the compound.
        let mode = if swabbed.len() == 1 { Mode::Single } else { Mode::Household };
        self.swab(site, Group { persons: swabbed, mode, zone })?;
        Ok(())
    }
}
