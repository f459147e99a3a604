//! What somebody who runs the drill can do to it: stop it, go on, change its pace, let something
//! happen; and whose work people have taken over.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use tokio::sync::Notify;
use types::{HolderCode, Micros, Span, UnitId};

/// Something that happens to the response from outside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Happening {
    /// A laboratory stands still for so many hours.
    LaboratoryFails {
        /// Which; the one with the largest capacity when left out.
        lab: Option<HolderCode>,
        /// For how long.
        hours: i64,
    },
    /// People who were at one market are infected.
    MarketCluster {
        /// How many.
        persons: u32,
    },
    /// No courier drives.
    CourierStrike {
        /// For how long.
        hours: i64,
    },
    /// No device has network, and nobody comes to a site.
    Storm {
        /// For how long.
        hours: i64,
    },
    /// People move into a house of which no list knows, and two of them are infected.
    HiddenDormitory,
    /// As in late March 2022 in Changchun: the wholesale market closes, most drivers are held, and some of the staff
    /// of every second shop are infected.
    SupplyBreaksDown {
        /// For how long the market is closed and drivers are held.
        days: i64,
    },
}

/// The holder that stands for the command post where work is taken over.
pub fn command_post() -> HolderCode {
    #[expect(clippy::expect_used, reason = "the text is written here, never read")]
    HolderCode::parse("desk:command").expect("a code")
}

/// How a drill stands.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct State {
    /// Simulated time.
    pub at: Micros,
    /// Its day, from 0.
    pub day: u32,
    /// Whether it stands still.
    pub paused: bool,
    /// Simulated seconds in a real one; `None` for as fast as it can.
    pub rate: Option<f64>,
    /// Whether the last day is over.
    pub ended: bool,
    /// Holders whose work people do themselves.
    pub taken: BTreeSet<HolderCode>,
    /// What stopped it, if something did.
    pub failed: Option<String>,
    /// Happenings so far, with their times.
    pub happened: Vec<(Micros, Happening)>,
}

/// Something that a person did through the server, of which the drill must know.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Act {
    /// For whom, if for somebody.
    pub holder: Option<HolderCode>,
    /// When, by the server's clock.
    pub at: Micros,
    /// What.
    pub command: desks::Command,
}

/// What comes into a drill from outside.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Input {
    /// Something happens.
    Happening(Happening),
    /// A person does this holder's work from now on.
    TakeOver(HolderCode),
    /// The drill's staff do it again.
    GiveBack(HolderCode),
    /// A person did something.
    Act(Act),
}

/// What a machine shows for a well of a plate that a person loaded, or has to read.
#[derive(Clone, Debug, PartialEq)]
pub struct WellReading {
    /// The plate.
    pub plate: String,
    /// The well.
    pub well: String,
    /// The tube in it.
    pub tube: UnitId,
    /// When the run ended.
    pub at: Micros,
    /// Ct of the N gene; `None` where there is no curve.
    pub ct_n: Option<f64>,
    /// Ct of ORF1ab.
    pub ct_orf1ab: Option<f64>,
    /// Ct of the internal control.
    pub ct_control: Option<f64>,
}

#[derive(Debug)]
struct Inside {
    state: State,
    // Goes on until this time although it is paused.
    step_until: Option<Micros>,
    inputs: Vec<Input>,
    stops: bool,
    // What the machines of laboratories show to the people who have taken them over.
    machines: BTreeMap<HolderCode, Vec<WellReading>>,
}

/// The controls of a drill. Clones are the same.
#[derive(Clone, Debug)]
pub struct Control {
    inside: Arc<Mutex<Inside>>,
    changed: Arc<Notify>,
}

impl State {
    fn note(&mut self, at: Micros, input: &Input) {
        match input {
            Input::Happening(what) => self.happened.push((at, what.clone())),
            Input::TakeOver(holder) => {
                self.taken.insert(holder.clone());
            }
            Input::GiveBack(holder) => {
                self.taken.remove(holder);
            }
            Input::Act(_) => {}
        }
    }
}

impl Inside {
    fn take_over(&mut self, holder: &HolderCode) {
        if self.state.taken.insert(holder.clone()) {
            self.inputs.push(Input::TakeOver(holder.clone()));
        }
    }
}

impl Control {
    /// The controls of a drill that begins at a time.
    pub fn new(at: Micros, rate: Option<f64>) -> Control {
        let state = State {
            at,
            day: 0,
            paused: false,
            rate,
            ended: false,
            taken: BTreeSet::new(),
            failed: None,
            happened: Vec::new(),
        };
        let inside = Inside {
            state,
            step_until: None,
            inputs: Vec::new(),
            stops: false,
            machines: BTreeMap::new(),
        };
        Control { inside: Arc::new(Mutex::new(inside)), changed: Arc::new(Notify::new()) }
    }

    fn with<T>(&self, change: impl FnOnce(&mut Inside) -> T) -> T {
        let done = change(&mut self.inside.lock().unwrap_or_else(PoisonError::into_inner));
        self.changed.notify_waiters();
        done
    }

    /// How it stands.
    pub fn state(&self) -> State {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner).state.clone()
    }

    /// Stops or goes on.
    pub fn pause(&self, paused: bool) {
        self.with(|i| {
            i.state.paused = paused;
            i.step_until = None;
        });
    }

    /// Goes on for some time, then stands.
    pub fn step(&self, span: Span) {
        self.with(|i| {
            i.state.paused = true;
            i.step_until = Some(i.state.at + span);
        });
    }

    /// Changes the pace.
    pub fn set_rate(&self, rate: Option<f64>) {
        self.with(|i| i.state.rate = rate);
    }

    /// Lets something happen at the next moment.
    pub fn happen(&self, what: Happening) {
        self.with(|i| i.inputs.push(Input::Happening(what)));
    }

    /// A person does this holder's work from now on; the drill's staff leave it alone.
    pub fn take_over(&self, holder: HolderCode) {
        self.with(|i| i.take_over(&holder));
    }

    /// The drill's staff do it again.
    pub fn give_back(&self, holder: &HolderCode) {
        self.with(|i| {
            if i.state.taken.remove(holder) {
                i.inputs.push(Input::GiveBack(holder.clone()));
            }
        });
    }

    /// Tells what a person did: whoever acts for a holder has taken its work over.
    pub fn acted(&self, act: Act) {
        self.with(|i| {
            if let Some(holder) = &act.holder {
                i.take_over(holder);
            }
            i.inputs.push(Input::Act(act));
        });
    }

    /// Asks the drill to end between two tasks, so that it can be resumed.
    pub fn stop(&self) {
        self.with(|i| i.stops = true);
    }

    /// Whether it was asked to end.
    pub(crate) fn stops(&self) -> bool {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner).stops
    }

    /// What machines of a laboratory show, the latest plate first.
    pub fn machine(&self, lab: &HolderCode) -> Vec<WellReading> {
        let inside = self.inside.lock().unwrap_or_else(PoisonError::into_inner);
        let mut wells = inside.machines.get(lab).cloned().unwrap_or_default();
        wells.sort_by_key(|w| std::cmp::Reverse(w.at));
        wells
    }

    /// Shows what machines of a laboratory say now.
    pub(crate) fn show_machine(&self, lab: &HolderCode, wells: Vec<WellReading>) {
        self.with(|i| i.machines.insert(lab.clone(), wells));
    }

    /// Tells where the drill is.
    pub(crate) fn reached(&self, at: Micros, day: u32) {
        self.with(|i| (i.state.at, i.state.day) = (at, day));
    }

    /// Tells that it is over.
    pub(crate) fn end(&self, failed: Option<String>) {
        self.with(|i| {
            i.state.ended = true;
            i.state.failed = failed;
        });
    }

    /// What has come in since the last call.
    pub(crate) fn take(&self, at: Micros) -> Vec<Input> {
        let mut inside = self.inside.lock().unwrap_or_else(PoisonError::into_inner);
        let inputs = std::mem::take(&mut inside.inputs);
        inputs.iter().for_each(|input| inside.state.note(at, input));
        inputs
    }

    /// Shows what came in before the drill was resumed.
    pub(crate) fn recall(&self, at: Micros, input: &Input) {
        self.with(|i| i.state.note(at, input));
    }

    /// The pace, or `None` while it stands: what lies after `next` has to wait.
    pub(crate) fn may_go(&self, next: Micros) -> Option<Option<f64>> {
        let inside = self.inside.lock().unwrap_or_else(PoisonError::into_inner);
        let stepping = inside.step_until.is_some_and(|until| next <= until);
        (!inside.state.paused || stepping).then_some(inside.state.rate)
    }

    /// Resolves at the next change.
    pub(crate) fn changes(&self) -> Arc<Notify> {
        self.changed.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_paused_drill_goes_no_further_than_its_step() {
        let control = Control::new(Micros(0), Some(720.0));
        assert_eq!(control.may_go(Micros(5)), Some(Some(720.0)));
        control.pause(true);
        assert_eq!(control.may_go(Micros(5)), None);
        control.step(Span(10));
        assert!(control.may_go(Micros(10)).is_some());
        assert!(control.may_go(Micros(11)).is_none());
        control.pause(false);
        control.set_rate(None);
        assert_eq!(control.may_go(Micros(11)), Some(None));
    }

    #[test]
    fn whoever_acts_for_a_holder_has_taken_it_over() {
        let control = Control::new(Micros(0), None);
        let site = HolderCode::parse("site:220202-S001").expect("a holder");
        let command: desks::Command = testing::Command::Report { tubes: Vec::new() }.into();
        let act = || Act { holder: Some(site.clone()), at: Micros(1), command: command.clone() };
        control.acted(act());
        control.acted(act());
        assert!(control.state().taken.contains(&site));
        // Taken over once, and each thing that was done.
        let taken = control.take(Micros(2));
        assert_eq!(taken, [Input::TakeOver(site.clone()), Input::Act(act()), Input::Act(act())]);
        assert!(control.take(Micros(2)).is_empty());
        control.give_back(&site);
        control.give_back(&site);
        assert!(control.state().taken.is_empty());
        assert_eq!(control.take(Micros(3)), [Input::GiveBack(site)]);
    }
}
