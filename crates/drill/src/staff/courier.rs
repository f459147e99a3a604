//! The couriers: they go where the list has a box, and bring what they find to a laboratory.

use testing::{BOX, Command, HandOver};
use types::{HolderCode, Micros, Span};

use crate::Result;
use crate::goods::{TubeAt, Whereabouts};
use crate::link::Session;
use crate::posts::Task;
use crate::reading::Held;
use crate::run::Drill;

/// Laboratories look every other minute whether a box stands there.
fn look_after(at: Micros) -> Micros {
    let step = Span::minutes(2).0;
    Micros(at.0 + (step - at.0.rem_euclid(step)) % step)
}

impl Drill {
    /// The sites of a courier, in the order of the way.
    fn sites_of(&self, courier: usize) -> Vec<usize> {
        let c = &self.town.couriers[courier];
        let mut sites: Vec<usize> =
            (0..self.sites.len()).filter(|s| self.sites[*s].area == c.area).collect();
        sites.sort_by(|a, b| self.sites[*a].code.cmp(&self.sites[*b].code));
        let (number, of) = c.share;
        sites.into_iter().skip(number).step_by(of.max(1)).collect()
    }

    /// A tour of the sites.
    pub(crate) async fn tour(&mut self, courier: usize) -> Result<()> {
        let (holder, area) = {
            let c = &self.town.couriers[courier];
            (c.holder.clone(), c.area)
        };
        let waits = self.couriers[courier].idle_until > self.now;
        if waits || self.couriers[courier].under_way || self.is_taken(&holder) {
            return Ok(());
        }
        let device = self.couriers[courier].device;
        self.couriers[courier].tours += 1;
        // The regular round goes by every site every other hour; in between only where the list
        // says that something is ready.
        let regular = self.couriers[courier].tours.is_multiple_of(2);
        let online = self.devices[device].is_online(self.now);
        let session = self.devices[device].session;
        let sites = self.sites_of(courier);
        let looks: Vec<(Session, String)> = sites
            .iter()
            .filter(|_| online)
            .map(|s| (session, format!("/api/v1/holders/{}/held", self.sites[*s].code)))
            .collect();
        let mut held = self.link.get_all::<Held>(&looks).await?.into_iter();
        for site in sites {
            let listed = held.next().is_some_and(|h| h.held.iter().any(|u| u.unit.kind() == BOX));
            if listed || regular {
                self.fetch(courier, site, &holder)?;
            }
        }
        self.flush(device).await?;
        if self.couriers[courier].cargo.is_empty() {
            return Ok(());
        }
        let Some(lab) = self.dispatch.get(&courier).copied().or_else(|| self.nearest(area)) else {
            return Ok(());
        };
        let key = (courier as u64) << 32 | u64::from(self.couriers[courier].tours);
        let mut draw = self.draw("drive", key);
        let mut drive = draw.between(Span::minutes(20), Span::minutes(60));
        let faults = &self.config.faults.couriers;
        if draw.chance(faults.late) {
            let [low, high] = faults.late_hours.map(|h| Span((h * 3_600e6) as i64));
            drive = Span(drive.0 + draw.between(low, high).0);
        }
        self.couriers[courier].under_way = true;
        self.agenda.put(self.now + drive, Task::Deliver { courier, lab });
        Ok(())
    }

    /// A laboratory of the county, or the first one.
    fn nearest(&self, area: types::AreaCode) -> Option<usize> {
        let labs = &self.town.labs;
        labs.iter().position(|l| l.area == area).or((!labs.is_empty()).then_some(0))
    }

    /// Takes the boxes that stand ready at a site.
    fn fetch(&mut self, courier: usize, site: usize, taker: &HolderCode) -> Result<()> {
        let boxes = std::mem::take(&mut self.sites[site].ready);
        let (giver, area, at_site) = {
            let s = &self.sites[site];
            (s.code.clone(), s.area, s.device)
        };
        for parcel in boxes {
            let now = self.now;
            let mut draw = self.draw("fetch", parcel as u64);
            let hand = |sign: Option<String>| {
                Command::HandOver(HandOver {
                    unit: self.goods.boxes[parcel].code,
                    giver: Some(giver.clone()),
                    taker: taker.clone(),
                    countersign: sign,
                    note: None,
                })
            };
            let (by_courier, by_site) = (hand(Some(format!("signed at {giver}"))), hand(None));
            let unrecorded = draw.chance(self.config.faults.couriers.unrecorded);
            let device = self.couriers[courier].device;
            if !unrecorded {
                self.devices[device].note(now, area, by_courier);
                if draw.chance(0.5) && !self.is_taken(&giver) {
                    // The site records the same hand-over: its confirmation.
                    self.devices[at_site].note(now + Span::seconds(30), area, by_site);
                }
            }
            self.goods.boxes[parcel].at = Whereabouts::Courier(courier);
            let inside = self.goods.boxes[parcel].tubes.clone();
            for tube in inside {
                self.goods.tubes[tube].sent_at = Some(now);
                self.road(parcel, tube);
            }
            self.couriers[courier].cargo.push(parcel);
        }
        Ok(())
    }

    /// What becomes of a tube on the road.
    fn road(&mut self, parcel: usize, tube: TubeAt) {
        let faults = self.config.faults.tubes.clone();
        let mut draw = self.draw("road", tube as u64);
        if draw.chance(faults.leaked) {
            self.goods.tubes[tube].leaked = true;
        } else if draw.chance(faults.lost) {
            self.goods.boxes[parcel].tubes.retain(|t| *t != tube);
            let lost = &mut self.goods.tubes[tube];
            lost.at = Whereabouts::Lost;
            lost.lost_at = Some(self.now);
            if draw.chance(faults.found_again) {
                let after = draw.between(Span::hours(6), Span::hours(40));
                self.agenda.put(self.now + after, Task::Found { tube });
            }
        }
    }

    /// The boxes of a tour come to a laboratory.
    pub(crate) async fn deliver(&mut self, courier: usize, lab: usize) -> Result<()> {
        let giver = self.town.couriers[courier].holder.clone();
        let taker = self.town.labs[lab].holder.clone();
        let device = self.couriers[courier].device;
        self.couriers[courier].under_way = false;
        if self.is_taken(&giver) {
            // Whoever took the vehicle over has what is in it, and brings it.
            return Ok(());
        }
        let cargo = std::mem::take(&mut self.couriers[courier].cargo);
        let now = self.now;
        for parcel in cargo {
            let mut draw = self.draw("hand in", parcel as u64 ^ now.0.unsigned_abs());
            if draw.chance(self.config.faults.couriers.forgotten) {
                // Under the seat; it comes along with the next tour.
                self.couriers[courier].cargo.push(parcel);
                continue;
            }
            let code = self.goods.boxes[parcel].code;
            let hand = HandOver {
                unit: code,
                giver: Some(giver.clone()),
                taker: taker.clone(),
                countersign: None,
                note: None,
            };
            if !draw.chance(self.config.faults.couriers.unrecorded) {
                self.devices[device].note(now, code.area(), Command::HandOver(hand));
            }
            self.goods.boxes[parcel].at = Whereabouts::Lab(lab);
            let wait = draw.between(Span::minutes(8), Span::minutes(35));
            self.agenda.put(look_after(now + wait), Task::OpenBox { parcel, lab });
        }
        self.flush(device).await?;
        Ok(())
    }

    /// A lost tube turns up in a vehicle and is brought to a laboratory.
    pub(crate) async fn found(&mut self, tube: TubeAt) -> Result<()> {
        let now = self.now;
        let site = self.goods.tubes[tube].site;
        let area = self.sites[site].area;
        let Some(courier) = self.town.couriers.iter().position(|c| c.area == area) else {
            return Ok(());
        };
        let Some(lab) = self.dispatch.get(&courier).copied().or_else(|| self.nearest(area)) else {
            return Ok(());
        };
        self.labs[lab].busy = true;
        let t = &mut self.goods.tubes[tube];
        (t.found_at, t.received_at, t.at) = (Some(now), Some(now), Whereabouts::Lab(lab));
        let hand = HandOver {
            unit: t.code,
            giver: Some(self.town.couriers[courier].holder.clone()),
            taker: self.town.labs[lab].holder.clone(),
            countersign: None,
            note: Some("在车内找到 / found in the vehicle".into()),
        };
        let device = self.couriers[courier].device;
        self.devices[device].note(now, area, Command::HandOver(hand));
        self.flush(device).await?;
        Ok(())
    }
}
