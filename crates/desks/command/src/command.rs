//! What can be asked of the command desk.

use analytics::bulletin::ReportWindow;
use cases::Measure;
use jiff::civil::Date;
use jiff::tz::Offset;
use serde::{Deserialize, Serialize};
use types::{AreaScope, CommandId, Micros};

use crate::words::Foreseen;

/// A command, externally tagged in JSON: `{"decide": {…}}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Publishes the bulletin of a window, or corrects the one that was published.
    PublishBulletin(PublishBulletin),
    /// Records a decision.
    Decide(Decide),
    /// Revokes a decision.
    Revoke(Revoke),
    /// Keeps a forecast as it is said.
    KeepForecast(KeepForecast),
}

impl Command {
    /// The stable name for the journal.
    pub fn kind(&self) -> &'static str {
        match self {
            Command::PublishBulletin(_) => "command.publish_bulletin",
            Command::Decide(_) => "command.decide",
            Command::Revoke(_) => "command.revoke",
            Command::KeepForecast(_) => "command.keep_forecast",
        }
    }

    /// The areas that it is about.
    pub fn scope(&self) -> AreaScope {
        match self {
            Command::PublishBulletin(c) => c.scope,
            Command::Decide(c) => c.scope,
            Command::KeepForecast(c) => c.scope,
            Command::Revoke(c) => c.scope,
        }
    }
}

/// See [`Command::PublishBulletin`]. The figures are not in it: they are counted when it is decided.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PublishBulletin {
    /// A province, a city or a county.
    pub scope: AreaScope,
    /// The hours.
    pub window: ReportWindow,
    /// How far the clocks of the place are from UTC, in minutes.
    pub utc_offset_minutes: i32,
    /// Who publishes.
    pub publisher: String,
    /// The totals that the publisher read before pressing the button: measure and number. What has
    /// changed since is not published unread.
    pub seen: Vec<(Measure, i64)>,
    /// The bulletin that this one corrects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrects: Option<CommandId>,
    /// What to say with it; a correction says why.
    #[serde(default)]
    pub note: String,
}

impl PublishBulletin {
    /// The offset of the place's clocks; `None` for one that there cannot be.
    pub fn offset(&self) -> Option<Offset> {
        let seconds = self.utc_offset_minutes.checked_mul(60)?;
        Offset::from_seconds(seconds).ok()
    }

    /// Begin and end (exclusive) of the window.
    pub fn bounds(&self) -> Option<(Micros, Micros)> {
        let offset = self.offset()?;
        Some((self.window.start(offset), self.window.end(offset)))
    }
}

/// What a decision rests on, as it was when it was taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// What it is: a key of the board's figures, or words.
    pub what: String,
    /// What it said.
    pub value: String,
    /// The page that has its rows; empty for words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub href: String,
    /// As known when.
    pub at: Micros,
}

/// See [`Command::Decide`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Decide {
    /// The areas for which it holds.
    pub scope: AreaScope,
    /// What is decided, in a line.
    pub title: String,
    /// What is decided, in full.
    #[serde(default)]
    pub text: String,
    /// What it rests on.
    #[serde(default)]
    pub evidence: Vec<Evidence>,
    /// The parameter of the protocol that it follows from; empty where there is none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub rule: String,
    /// Who signed it.
    pub signed_by: String,
    /// From when it holds.
    pub from: Micros,
    /// Until when (exclusive). A decision without an end is not taken: it is prolonged by another.
    pub until: Micros,
    /// The decision that it takes the place of, which it revokes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<CommandId>,
}

/// See [`Command::Revoke`]. The event time is from when on the decision holds no more.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Revoke {
    /// The decision.
    pub decision: CommandId,
    /// The areas for which it holds.
    pub scope: AreaScope,
    /// Who signed that.
    pub signed_by: String,
    /// Why.
    pub note: String,
}

/// See [`Command::KeepForecast`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeepForecast {
    /// The areas that it is of.
    pub scope: AreaScope,
    /// The last day that was known.
    pub day: Date,
    /// How far the clocks of the place are from UTC, in minutes.
    pub utc_offset_minutes: i32,
    /// The method with its settings, in a word: `renewal`.
    pub method: String,
    /// New infections of the days to come, in order, the first after [`KeepForecast::day`].
    pub ahead: Vec<Ahead>,
    /// What else is said of the same days, and by which method.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<Said>,
    /// What was known on [`KeepForecast::day`] of what no counter keeps by day: what earlier forecasts
    /// of it are held against.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub known: Vec<(Foreseen, f64)>,
}

/// What is said of one figure by one method.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Said {
    /// The figure.
    pub what: Foreseen,
    /// The method, in a word: `renewal`, `city`.
    pub method: String,
    /// The days to come, as those of [`KeepForecast::ahead`].
    pub ahead: Vec<Ahead>,
}

/// What is said of one day, by quantile.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ahead {
    /// Levels, rising.
    pub levels: Vec<f64>,
    /// The value at each.
    pub values: Vec<f64>,
}
