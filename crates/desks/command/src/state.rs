//! What one group of commands touches: loaded, changed in memory, written back.

use std::collections::{HashMap, HashSet};

use types::{AreaCode, CommandId, Micros};

use crate::basis::Basis;
use crate::command::KeepForecast;
use crate::document::Frozen;
use crate::rows::{Bulletin, Decision, Revoked};

/// A scope and the bounds of a window.
pub(crate) type WindowKey = (String, Micros, Micros);

/// The loaded rows and what is to be written.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// What the bulletins of this group are made from.
    pub(crate) bases: HashMap<CommandId, Basis>,
    /// The last bulletin of a window: the one that holds.
    pub(crate) last_of: HashMap<WindowKey, Bulletin>,
    /// The last number of bulletins in a scope.
    pub(crate) bulletin_no: HashMap<String, i64>,
    /// The last number of decisions in a scope.
    pub(crate) decision_no: HashMap<String, i64>,
    pub(crate) decisions: HashMap<CommandId, Decision>,
    /// Scope and day of the forecasts that are kept.
    pub(crate) forecasts: HashSet<(String, String)>,
    pub(crate) new_bulletins: Vec<(Bulletin, Vec<Frozen>)>,
    /// Bulletins that are corrected, with their county, and by which.
    pub(crate) corrected: Vec<(AreaCode, CommandId, CommandId)>,
    pub(crate) new_decisions: Vec<Decision>,
    pub(crate) revoked: Vec<(AreaCode, CommandId, Revoked)>,
    pub(crate) new_forecasts: Vec<(AreaCode, CommandId, Micros, KeepForecast, String)>,
}

impl State {
    /// The counties under which this group changed something, for boards.
    pub fn touched(&self) -> impl Iterator<Item = AreaCode> + '_ {
        let bulletins = self.new_bulletins.iter().map(|(bulletin, _)| bulletin.area);
        let decisions = self.new_decisions.iter().map(|decision| decision.area);
        let revoked = self.revoked.iter().map(|(area, _, _)| *area);
        let forecasts = self.new_forecasts.iter().map(|(area, ..)| *area);
        bulletins.chain(decisions).chain(revoked).chain(forecasts)
    }
}
