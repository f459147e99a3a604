//! The dispatcher: who waits gets a bed by the system's plan, and a ride by its dispatch plan.
//!
//! A dispatcher follows what the plans propose. Who is in a bed that gives too little care for how
//! ill they have become is sent on to a ward that gives more.

use care::{Assign, Command, Level};
use serde::Deserialize;
use transfers::Dispatch;
use types::{AreaCode, HolderCode, Micros, PersonId, Span, UnitId};

use crate::Result;
use crate::control::command_post;
use crate::run::Drill;
use crate::score::chronicle::Stay;

/// Steps of the search for a dispatch plan: enough for a drill's few vehicles, and a number, so that
/// the same drill makes the same plan.
const STEPS: u32 = 4_000;
/// Between two reminders of somebody who is to be moved on.
const AGAIN: Span = Span::hours(2);

/// An episode of care, as the lists have it.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Listed {
    pub id: UnitId,
    pub area: AreaCode,
    pub case: UnitId,
    pub person: PersonId,
    pub since: Micros,
    #[serde(default)]
    pub lies: Option<Bed>,
    #[serde(default)]
    pub held: Option<Bed>,
}

/// A bed of an episode.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Bed {
    pub ward: String,
    #[serde(default)]
    pub admitted_at: Option<Micros>,
}

#[derive(Deserialize)]
struct Queue {
    episodes: Vec<Listed>,
    #[serde(default)]
    next: Option<String>,
}

#[derive(Deserialize)]
struct Proposed {
    area: AreaCode,
    episode: UnitId,
    facility: HolderCode,
    ward: String,
    plan: String,
}

#[derive(Deserialize)]
struct BedPlan {
    assign: Vec<Proposed>,
    at_home: Vec<Listed>,
}

#[derive(Deserialize)]
struct Trip {
    area: AreaCode,
    vehicle: HolderCode,
    rides: Vec<UnitId>,
    calls: Vec<transfers::Call>,
    leaves_at: Micros,
}

#[derive(Deserialize)]
struct DispatchPlan {
    trips: Vec<Trip>,
}

/// A ward as the lists have it.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct WardRow {
    pub ward: String,
    pub level: String,
    pub usable: i64,
    pub occupied: i64,
    pub held: i64,
}

/// Somebody whose bed gives less care than they need.
#[derive(Clone, Debug)]
pub(crate) struct StepUp {
    pub episode: UnitId,
    pub area: AreaCode,
    pub needs: Level,
}

impl Drill {
    /// What is kept of somebody's way through care.
    pub(crate) fn stay(&mut self, listed: &Listed) -> &mut Stay {
        let person = self.town.person_of(listed.person);
        let found = person.map(|person| self.truth.0.illness(person, listed.since));
        let new = || Stay::new(listed.case, person, listed.area, listed.since, found);
        self.chronicle.stays.entry(listed.id).or_insert_with(new)
    }

    /// Reads who waits, as the dispatcher's list has it.
    pub(crate) async fn read_queue(&mut self) -> Result<()> {
        let session = self.devices[self.device("commander")?].session;
        let mut after = String::new();
        loop {
            let path = format!("/api/v1/care/queue?after={after}");
            let page: Queue = self.link.get(session, &path).await?;
            for listed in &page.episodes {
                self.stay(listed);
            }
            match page.next {
                Some(next) => after = form_urlencoded::byte_serialize(next.as_bytes()).collect(),
                None => return Ok(()),
            }
        }
    }

    /// Beds for those who wait, and vehicles for those who have one.
    pub(crate) async fn beds(&mut self) -> Result<()> {
        self.truth.0.advance(self.now);
        self.read_queue().await?;
        if self.is_taken(&command_post()) {
            return Ok(());
        }
        let (now, commander) = (self.now, self.device("commander")?);
        let session = self.devices[commander].session;
        let plan: BedPlan = self.link.get(session, "/api/v1/care/plan").await?;
        for line in plan.assign {
            let (area, episode) = (line.area, line.episode);
            self.devices[commander].note(
                now,
                area,
                Command::Assign(Assign {
                    episode,
                    facility: line.facility,
                    ward: line.ward,
                    bed: None,
                    plan: line.plan,
                    reason: String::new(),
                }),
            );
            if let Some(stay) = self.chronicle.stays.get_mut(&episode) {
                stay.assigned_at.get_or_insert(now);
            }
        }
        for listed in plan.at_home {
            let desk = self.device(&format!("district:{}", listed.area))?;
            let home = Command::SendHome { episode: listed.id, note: String::new() };
            self.devices[desk].note(now, listed.area, home);
            self.flush(desk).await?;
        }
        self.step_up().await?;
        self.flush(commander).await?;
        self.dispatch_rides().await
    }

    /// Trips as the dispatch plan proposes them.
    async fn dispatch_rides(&mut self) -> Result<()> {
        let (now, commander) = (self.now, self.device("commander")?);
        let session = self.devices[commander].session;
        let path = format!("/api/v1/transfers/plan?steps={STEPS}");
        let plan: DispatchPlan = self.link.get(session, &path).await?;
        let mut vehicles = Vec::new();
        for trip in plan.trips {
            let of = self.crews.iter().position(|crew| crew.holder == trip.vehicle);
            vehicles.extend(of.map(|vehicle| (vehicle, trip.leaves_at)));
            let dispatch = Dispatch {
                vehicle: trip.vehicle,
                rides: trip.rides,
                calls: trip.calls,
                leaves_at: trip.leaves_at,
                plan: "调度计划 / by the dispatch plan".to_owned(),
                reason: String::new(),
            };
            self.devices[commander].note(now, trip.area, transfers::Command::Dispatch(dispatch));
        }
        self.flush(commander).await?;
        for (vehicle, leaves_at) in vehicles {
            self.set_out(vehicle, leaves_at.max(now));
        }
        Ok(())
    }

    /// Those whom their wards called for are given a bed that gives enough care, if there is one.
    async fn step_up(&mut self) -> Result<()> {
        let wanted = std::mem::take(&mut self.step_ups);
        if wanted.is_empty() {
            return Ok(());
        }
        let (now, commander) = (self.now, self.device("commander")?);
        let mut room: Vec<(HolderCode, WardRow)> = Vec::new();
        for ward in 0..self.wards.len() {
            let holder = self.wards[ward].holder.clone();
            let facility = self.read_facility(commander, &holder).await?;
            if facility.open {
                room.extend(facility.wards.into_iter().map(|row| (holder.clone(), row)));
            }
        }
        for (asked_at, wish) in wanted {
            let fits = |row: &WardRow| {
                Level::parse(&row.level).is_some_and(|level| level >= wish.needs)
                    && row.occupied + row.held < row.usable
            };
            // The least that is enough, so that intensive care stays free for whoever needs it.
            let best = room
                .iter_mut()
                .filter(|(_, row)| fits(row))
                .min_by_key(|(_, row)| Level::parse(&row.level));
            let Some((facility, row)) = best else {
                // None is free: it is asked for again.
                if now - asked_at < Span::days(2) {
                    self.step_ups.push((asked_at, wish));
                }
                continue;
            };
            row.held += 1;
            let assign = Assign {
                episode: wish.episode,
                facility: facility.clone(),
                ward: row.ward.clone(),
                bed: None,
                plan: String::new(),
                reason: "病情加重，转上级病区 / has become worse: to a ward that gives more care"
                    .into(),
            };
            self.devices[commander].note(now, wish.area, Command::Assign(assign));
        }
        Ok(())
    }

    /// A ward calls for a bed elsewhere for somebody.
    pub(crate) fn call_for_more(&mut self, wish: StepUp) {
        let now = self.now;
        let called = |(at, other): &(Micros, StepUp)| {
            other.episode == wish.episode && (other.needs >= wish.needs || now - *at < AGAIN)
        };
        if !self.step_ups.iter().any(called) {
            self.step_ups.push((now, wish));
        }
    }
}
