//! Zones: the command post follows what the rules propose, renews what is not clean, lowers and lifts what is;
//! and what holds by the system's list is what people's doors do in truth, whoever decided it.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use types::{AreaCode, Micros, PlaceCode, Span, UnitId};
use zones::{Command, Draft, Ease, Level, Make, NewZone};

use crate::Result;
use crate::control::command_post;
use crate::run::Drill;
use crate::score::records::Closed;

/// For how long a zone is made: as long as the scheme looks back before it lifts one.
const MADE_FOR: Span = Span::days(15);
/// For how long it is renewed.
const RENEWED_FOR: Span = Span::days(7);
/// A zone that ends sooner is renewed, or let end.
const ENDS_SOON: Span = Span::days(2);
/// The checklist is looked at when a zone has had no case for so long: before that it is not met.
const CLEAN_AFTER: Span = Span::days(14);

/// A zone that stands, as the list has it.
#[derive(Clone, Debug, Deserialize)]
struct Stands {
    id: UnitId,
    place: PlaceCode,
    level: Level,
    since: Micros,
    until: Micros,
    #[serde(default)]
    last: Option<Micros>,
    unfounded: bool,
}

#[derive(Deserialize)]
struct Zones {
    zones: Vec<Stands>,
    #[serde(default)]
    next: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
struct Proposal {
    place: PlaceCode,
    level: Level,
    cases: Vec<UnitId>,
    #[serde(default)]
    raises: Option<UnitId>,
}

#[derive(Deserialize)]
struct Proposals {
    proposals: Vec<Proposal>,
}

#[derive(Deserialize)]
struct Criterion {
    met: bool,
}

#[derive(Deserialize)]
struct Whole {
    checklist: Vec<Criterion>,
}

fn duties(until: Micros) -> Draft {
    Draft {
        until: Some(until),
        supply: "社区保供点每两天送菜上门，药品由网格员代购 / vegetables to the door every two days, medicine by the grid worker".into(),
        urgent: "街道应急电话 0432-12345 / the street's emergency telephone".into(),
        basis: "《传染病防治法》第四十二条，指挥部通告（演练） / Law on Infectious Diseases, article 42; notice of the command post (drill)".into(),
    }
}

impl Drill {
    async fn standing(&mut self) -> Result<Vec<Stands>> {
        let session = self.devices[self.device("commander")?].session;
        let (mut all, mut path) = (Vec::new(), "/api/v1/zones".to_owned());
        loop {
            let page: Zones = self.link.get(session, &path).await?;
            all.extend(page.zones);
            match page.next {
                Some(next) => path = format!("/api/v1/zones?after={next}"),
                None => return Ok(all),
            }
        }
    }

    /// The command post follows the proposals, and sees to what ends.
    pub(crate) async fn zones(&mut self) -> Result<()> {
        if !self.is_taken(&command_post()) {
            self.make_zones().await?;
            self.ease_zones().await?;
        }
        self.watch_zones().await
    }

    async fn make_zones(&mut self) -> Result<()> {
        let (now, commander) = (self.now, self.device("commander")?);
        let session = self.devices[commander].session;
        let found: Proposals = self.link.get(session, "/api/v1/zones/proposals").await?;
        let mut by_area: BTreeMap<AreaCode, Vec<NewZone>> = BTreeMap::new();
        for proposal in found.proposals {
            let Some(area) = proposal.place.area() else { continue };
            if let Some(zone) = proposal.raises {
                let reason = "区内发现阳性 / by the proposal".to_owned();
                let raise = Command::Raise { zone, level: proposal.level, reason };
                self.devices[commander].note(now, area, raise);
                continue;
            }
            by_area.entry(area).or_default().push(NewZone {
                place: proposal.place,
                level: proposal.level,
                proposed: Some(proposal.level),
                evidence: proposal.cases,
            });
        }
        for (area, zones) in by_area {
            for some in zones.chunks(zones::MOST_ZONES.min(100)) {
                let make = Make {
                    zones: some.to_vec(),
                    duties: duties(now + MADE_FOR),
                    reason: String::new(),
                };
                self.devices[commander].note(now, area, Command::Make(make));
            }
        }
        self.flush(commander).await?;
        Ok(())
    }

    /// Who meets the checklist is eased, who rests on nothing is let go, and what would end unclean goes on.
    async fn ease_zones(&mut self) -> Result<()> {
        let (now, commander) = (self.now, self.device("commander")?);
        let session = self.devices[commander].session;
        for zone in self.standing().await? {
            let Some(area) = zone.place.area() else { continue };
            let clean_since = zone.last.unwrap_or(zone.since);
            let ends = zone.until <= now + ENDS_SOON;
            let looks = zone.unfounded || ends || clean_since + CLEAN_AFTER <= now;
            if !looks {
                continue;
            }
            let path = format!("/api/v1/zones/{}", zone.id);
            let whole: Whole = self.link.get(session, &path).await?;
            let met = whole.checklist.iter().all(|criterion| criterion.met);
            let command = if met || zone.unfounded {
                let reason = match met {
                    true => String::new(),
                    false => {
                        "划区依据的病例已排除 / the cases that it rested on are none".to_owned()
                    }
                };
                let level = if zone.unfounded { None } else { zone.level.lower() };
                Command::Ease(Ease { zone: zone.id, level, until: None, reason })
            } else if ends {
                let reason = "解除条件未满足，延长 / the checklist is not met".to_owned();
                Command::Renew { zones: vec![zone.id], until: now + RENEWED_FOR, reason }
            } else {
                continue;
            };
            self.devices[commander].note(now, area, command);
        }
        self.flush(commander).await?;
        Ok(())
    }

    /// What holds by the system's list holds in the city: doors close and open with it.
    pub(crate) async fn watch_zones(&mut self) -> Result<()> {
        let now = self.now;
        let standing = self.standing().await?;
        let holds: BTreeSet<(UnitId, Level)> = standing.iter().map(|z| (z.id, z.level)).collect();
        let mut changed: Vec<PlaceCode> = Vec::new();
        for zone in self.chronicle.closed.iter_mut().filter(|zone| zone.until.is_none()) {
            if !holds.contains(&(zone.zone, zone.level)) {
                zone.until = Some(now);
                changed.push(zone.place.clone());
            }
        }
        for zone in standing {
            let known =
                |c: &Closed| c.until.is_none() && c.zone == zone.id && c.level == zone.level;
            if self.chronicle.closed.iter().any(known) {
                continue;
            }
            let persons = match zone.level {
                Level::Precaution => Vec::new(),
                _ => self.town.residents_of(&zone.place),
            };
            changed.push(zone.place.clone());
            self.chronicle.closed.push(Closed {
                zone: zone.id,
                place: zone.place,
                level: zone.level,
                // By the zone's own word: what was decided at noon held from noon.
                from: zone.since.min(now),
                until: None,
                persons,
            });
        }
        changed.retain(|place| place.as_str().len() > 6);
        if !changed.is_empty() {
            self.lock_doors(&changed);
        }
        Ok(())
    }

    /// The compounds that are locked, and those that are controlled, as the form of a round takes them.
    pub(crate) fn zones_for_round(&self) -> [String; 2] {
        let of = |level: Level| {
            let zones = self.chronicle.closed.iter().filter(|zone| {
                zone.until.is_none() && zone.level == level && !zone.persons.is_empty()
            });
            let places: BTreeSet<&str> = zones.map(|zone| zone.place.as_str()).collect();
            places.into_iter().collect::<Vec<_>>().join(" ")
        };
        [of(Level::Locked), of(Level::Controlled)]
    }
}
