//! What the server knows of a drill that it is part of: how it stands, what can be asked of it,
//! and its score, ready to be shown. The drill itself is somebody else's; a real response has
//! none ([`crate::Config::rehearsal`] is `None`), and then its pages do not exist.

use std::sync::Arc;

use types::{HolderCode, Micros, Span, UnitId};

use crate::access::Role;
use crate::house::Command;

/// A drill that runs on this server.
pub trait Rehearsal: Send + Sync {
    /// How it stands.
    fn state(&self) -> State;

    /// Asks something of it.
    fn ask(&self, ask: Ask);

    /// Its score so far.
    fn score(&self) -> Arc<Score>;

    /// Its report as a file.
    fn report(&self, form: Form) -> Arc<String>;

    /// Whom people can be in it.
    fn parts_to_play(&self) -> Vec<Part>;

    /// What the machines of a laboratory show to people who have taken it over.
    fn machine(&self, lab: &HolderCode) -> Vec<Well>;

    /// Tells it what an account did through this server, after that was accepted.
    fn acted(&self, act: Act);
}

/// Something that an account did.
#[derive(Clone, Debug)]
pub struct Act {
    /// The account.
    pub user: String,
    /// For whom it acts.
    pub holder: Option<HolderCode>,
    /// When it happened.
    pub at: Micros,
    /// What.
    pub command: Command,
}

/// Somebody whom a person can be in a drill.
#[derive(Clone, Debug)]
pub struct Part {
    /// The account to sign in with.
    pub login: String,
    /// Its role.
    pub role: Role,
    /// Whose work it is.
    pub holder: HolderCode,
}

/// What a machine shows for a well. Times are simulated.
#[derive(Clone, Debug)]
pub struct Well {
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

/// How a drill stands.
#[derive(Clone, Debug)]
pub struct State {
    /// Its day, from 1.
    pub day: u32,
    /// Whether it stands still.
    pub paused: bool,
    /// Simulated seconds in a real one; `None` for as fast as it can.
    pub rate: Option<f64>,
    /// Whether it is over.
    pub ended: bool,
    /// What stopped it.
    pub failed: Option<String>,
    /// Whose work people do themselves.
    pub taken: Vec<HolderCode>,
    /// What was let happen, with its time.
    pub happened: Vec<(Micros, Happening)>,
}

/// What can be asked of a drill.
#[derive(Clone, Debug, PartialEq)]
pub enum Ask {
    /// Stand still, or go on.
    Pause(bool),
    /// Go on for some time, then stand.
    Step(Span),
    /// Another pace.
    Rate(Option<f64>),
    /// Let something happen.
    Happen(Happening),
    /// Leave this holder's work to people.
    TakeOver(HolderCode),
    /// Do it again.
    GiveBack(HolderCode),
}

/// What can be let happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Happening {
    /// The largest laboratory stands still for so many hours.
    Laboratory(i64),
    /// So many people of one market are infected.
    Market(u32),
    /// No courier drives for so many hours.
    Strike(i64),
    /// No network and no sampling for so many hours.
    Storm(i64),
    /// People move into a house of which no list knows, and some are infected.
    Dormitory,
    /// Markets close, drivers are held and shop staff are infected, for so many days.
    Supply(i64),
}

impl Happening {
    /// The word in forms and texts.
    pub const fn word(self) -> &'static str {
        match self {
            Happening::Laboratory(_) => "laboratory",
            Happening::Market(_) => "market",
            Happening::Strike(_) => "strike",
            Happening::Storm(_) => "storm",
            Happening::Dormitory => "dormitory",
            Happening::Supply(_) => "supply",
        }
    }

    /// Its size: hours, or persons.
    pub fn size(self) -> i64 {
        match self {
            Happening::Market(persons) => i64::from(persons),
            Happening::Laboratory(hours) | Happening::Strike(hours) | Happening::Storm(hours) => {
                hours
            }
            Happening::Supply(days) => days,
            Happening::Dormitory => 0,
        }
    }
}

/// The form of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A page that stands by itself.
    Html,
    /// Figures, one a row.
    Csv,
    /// Everything.
    Json,
}

/// A text in both languages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

/// A figure.
#[derive(Clone, Debug)]
pub struct Line {
    /// What it counts.
    pub title: Shown,
    /// Of which round.
    pub round: Option<u32>,
    /// What it says.
    pub value: Shown,
    /// The same in a word, where that can be.
    pub short: Shown,
    /// From.
    pub from: Micros,
    /// Until.
    pub until: Micros,
    /// Where the rows behind it are: an address of this server.
    pub href: Option<String>,
    /// How lengths of time are spread, where it is about them.
    pub spread: Vec<Bin>,
}

/// How many lengths of time lie between two.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bin {
    /// From so many hours on.
    pub from: f64,
    /// Until before so many.
    pub until: f64,
    /// How many.
    pub count: i64,
}

/// Figures that belong together.
#[derive(Clone, Debug)]
pub struct Section {
    /// Its title.
    pub title: Shown,
    /// What it answers.
    pub lead: Shown,
    /// Its figures.
    pub lines: Vec<Line>,
}

/// A cell of a list.
#[derive(Clone, Debug)]
pub enum Cell {
    /// A code.
    Code(String),
    /// A number.
    Number(i64),
    /// A time, if it has come.
    Time(Option<Micros>),
    /// A length of time in hours, if it is known.
    Hours(Option<f64>),
}

/// The rows behind a figure.
#[derive(Clone, Debug)]
pub struct Listing {
    /// The name in addresses.
    pub name: String,
    /// What a row is.
    pub title: Shown,
    /// The columns.
    pub columns: Vec<Shown>,
    /// The rows.
    pub rows: Vec<Vec<Cell>>,
    /// How many there are in all.
    pub total: usize,
}

/// A score.
#[derive(Clone, Debug)]
pub struct Score {
    /// Until when it counts.
    pub as_of: Micros,
    /// What a commander asks first: some of the figures below.
    pub headline: Vec<Line>,
    /// Its sections.
    pub sections: Vec<Section>,
    /// Its lists.
    pub lists: Vec<Listing>,
}
