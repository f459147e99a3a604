//! What comes into a drill from outside: happenings, and people who take work over, do it and give
//! it back.
//!
//! All of it is taken in between two tasks, never in the middle of one, and is written down there
//! ([`crate::diary`]), so that a drill with people in it can be told again.

use std::collections::BTreeSet;

use types::{AreaCode, HolderCode, Micros, PlaceCode, Span};

use crate::Result;
use crate::control::{Act, Happening, Input, command_post};
use crate::posts::Task;
use crate::run::Drill;
use crate::score::chronicle::TakenOver;

/// Hours of the day in which a round can still be opened with a use.
const OPENING: std::ops::Range<i64> = 6..15;
/// Hours of the evening in which grid workers knock.
const KNOCKING: std::ops::Range<i64> = 17..22;

impl Drill {
    /// Whether a person does the work of this holder.
    pub(crate) fn is_taken(&self, holder: &HolderCode) -> bool {
        self.taken.contains(holder)
    }

    /// Takes something in.
    pub(crate) fn admit(&mut self, at: Micros, input: Input) -> Result<()> {
        match input {
            Input::Happening(what) => {
                self.settle_at(at)?;
                self.let_happen(what);
            }
            Input::TakeOver(holder) => {
                tracing::info!(%holder, at = ?self.now, "a person takes over");
                if self.taken.insert(holder.clone()) {
                    let taken = TakenOver { holder, from: at, until: None, acts: 0 };
                    self.chronicle.taken_over.push(taken);
                }
            }
            Input::GiveBack(holder) => {
                tracing::info!(%holder, at = ?self.now, "the staff do it again");
                self.settle_at(at)?;
                if self.taken.remove(&holder) {
                    if let Some(taken) = self.chronicle.taken_now(&holder) {
                        taken.until = Some(at);
                    }
                    self.resume_work(&holder);
                }
            }
            Input::Act(act) => self.learn(act)?,
        }
        Ok(())
    }

    /// Lets something happen now, and writes it down for the score.
    pub(crate) fn let_happen(&mut self, what: Happening) {
        self.happen(&what);
        self.chronicle.happened.push((self.now, what));
    }

    /// What a person did in the browser or with a phone: their tubes and boxes exist too.
    fn learn(&mut self, act: Act) -> Result<()> {
        if let Some(taken) = act.holder.as_ref().and_then(|h| self.chronicle.taken_now(h)) {
            taken.acts += 1;
        }
        match act.command {
            desks::Command::Testing(command) => self.learn_testing(act.at, command),
            desks::Command::Supply(command) => {
                self.learn_supply(&command);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// The hour of the day, in the zone of the scenario.
    fn hour(&self) -> i64 {
        let since = self.now - self.config.midnight(self.config.day_of(self.now));
        since.0 / Span::hours(1).0
    }

    /// The staff of a holder look at once what there is to do: nobody waits for the next round of
    /// an empty post.
    fn resume_work(&mut self, holder: &HolderCode) {
        let now = self.now;
        if *holder == command_post() {
            return self.resume_command_post();
        }
        self.resume_supply(holder);
        match holder.kind() {
            "site" => {
                if let Some(site) = self.site_at.get(holder).copied() {
                    self.agenda.put(now, Task::Refresh { site });
                }
            }
            "lab" => {
                if let Some(lab) = self.town.labs.iter().position(|l| l.holder == *holder) {
                    self.labs[lab].busy = true;
                    self.agenda.put(now, Task::Bench { lab });
                }
            }
            "courier" => {
                let of = self.town.couriers.iter().position(|c| c.holder == *holder);
                if let Some(courier) = of {
                    self.agenda.put(now, Task::Tour { courier });
                }
            }
            "ward" => {
                if let Some(ward) = self.wards.iter().position(|w| w.holder == *holder) {
                    self.agenda.put(now, Task::WardHour { ward });
                }
            }
            "vehicle" => {
                if let Some(vehicle) = self.crews.iter().position(|c| c.holder == *holder) {
                    self.set_out(vehicle, now);
                    self.agenda.put(now, Task::CleanVehicle { vehicle });
                }
            }
            "desk" => {
                if let Ok(area) = AreaCode::parse(holder.code()) {
                    self.agenda.put(now, Task::Cases { area });
                    self.agenda.put(now, Task::Trace { area });
                }
            }
            "grid" if KNOCKING.contains(&self.hour()) => {
                let community = PlaceCode::parse(holder.code()).ok();
                let area = community.as_ref().and_then(PlaceCode::area);
                if let Some((community, area)) = community.zip(area) {
                    self.agenda.put(now, Task::Knock { community, area });
                }
            }
            _ => {}
        }
    }

    /// The round of the day is opened if it still makes sense, and those that are over are closed.
    fn resume_command_post(&mut self) {
        let day = self.config.day_of(self.now);
        let today = self.config.midnight(day)..self.config.midnight(day + 1);
        let rounds = &self.chronicle.rounds;
        let opened = rounds.iter().any(|r| today.contains(&r.starts_at));
        let due = day.is_multiple_of(self.config.work.round_every_days.max(1));
        let over = |n: &usize| {
            let round = &rounds[*n];
            round.closed_at.is_none() && round.ends_at + Span::hours(12) <= self.now
        };
        let over: Vec<usize> = (0..rounds.len()).filter(over).collect();
        if due && !opened && OPENING.contains(&self.hour()) {
            self.agenda.put(self.now, Task::OpenRound);
        }
        for round in over {
            self.agenda.put(self.now, Task::CloseRound { round });
        }
    }

    /// People move in where no list looks. Two of them bring the disease.
    pub(crate) fn move_in(&mut self) {
        if self.chronicle.hidden.since.is_some() {
            return;
        }
        let now = self.now;
        self.truth.0.advance(now);
        self.chronicle.hidden.since = Some(now);
        let persons = self.town.lodging.persons.clone();
        persons.clone().for_each(|person| self.keep_apart(person));
        self.close_larders(std::slice::from_ref(&persons));
        // Some cannot be infected: the first two who can.
        let wanted = self.truth.0.infections().len() + 2;
        for person in persons {
            self.truth.0.seed(&[person], now);
            self.truth.0.advance(now);
            if self.truth.0.infections().len() >= wanted {
                break;
            }
        }
    }

    fn happen(&mut self, what: &Happening) {
        tracing::info!(?what, at = ?self.now, "something happens");
        match what {
            Happening::LaboratoryFails { lab, hours } => {
                let at = match lab {
                    Some(lab) => self.town.labs.iter().position(|l| l.holder == *lab),
                    None => {
                        (0..self.town.labs.len()).max_by_key(|l| self.town.labs[*l].capacity[2])
                    }
                };
                if let Some(at) = at {
                    self.labs[at].fails_until = self.now + Span::hours(*hours);
                }
            }
            Happening::MarketCluster { persons } => {
                let mut draw = self.draw("market", self.now.0.unsigned_abs());
                let people = self.town.people as usize;
                let chosen: BTreeSet<u32> =
                    (0..*persons).map(|_| draw.below(people) as u32).collect();
                self.truth.0.seed(&chosen.into_iter().collect::<Vec<_>>(), self.now);
            }
            Happening::CourierStrike { hours } => {
                let until = self.now + Span::hours(*hours);
                self.couriers.iter_mut().for_each(|c| c.idle_until = until);
            }
            Happening::HiddenDormitory => self.move_in(),
            Happening::SupplyBreaksDown { days } => self.supply_breaks_down(*days),
            Happening::Storm { hours } => {
                let until = self.now + Span::hours(*hours);
                for site in &mut self.sites {
                    site.closed_until = until;
                }
                for device in &mut self.devices {
                    device.cut_off(self.now, until);
                }
            }
        }
    }
}
