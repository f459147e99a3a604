//! What one group of commands touches: loaded, changed in memory, written back.

use std::collections::{BTreeMap, HashMap};

use types::{AreaCode, CommandId};

use crate::numbers::Numbers;
use crate::rows::{Certificate, Counted, Explained, Signal, Withdrawn};

/// The loaded rows and what is to be written.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// What the certificates of this group are made from.
    pub(crate) numbers: HashMap<CommandId, Numbers>,
    /// Certificates: those that were asked for, and all that are not withdrawn where those were loaded. In
    /// the order of their ids, so that what follows does so in one order.
    pub(crate) certificates: BTreeMap<CommandId, Certificate>,
    /// The last number of a ground's certificates.
    pub(crate) last_no: HashMap<String, i64>,
    pub(crate) signals: HashMap<CommandId, Signal>,
    pub(crate) new_certificates: Vec<CommandId>,
    pub(crate) withdrawn: Vec<(AreaCode, CommandId, Withdrawn)>,
    pub(crate) counted: Vec<(AreaCode, CommandId, Counted)>,
    pub(crate) new_signals: Vec<Signal>,
    pub(crate) explained: Vec<(AreaCode, CommandId, Explained)>,
}

impl State {
    /// The loaded certificates.
    pub fn certificates(&self) -> impl Iterator<Item = &Certificate> {
        self.certificates.values()
    }

    /// The certificates that are not withdrawn.
    pub fn standing(&self) -> impl Iterator<Item = &Certificate> {
        self.certificates.values().filter(|certificate| certificate.withdrawn.is_none())
    }

    /// The certificates that this group withdrew.
    pub fn withdrawn(&self) -> impl Iterator<Item = (AreaCode, CommandId)> + '_ {
        self.withdrawn.iter().map(|(area, id, _)| (*area, *id))
    }

    /// The counties under which this group changed something, for boards.
    pub fn touched(&self) -> impl Iterator<Item = AreaCode> + '_ {
        let signed = self.new_certificates.iter().filter_map(|id| self.certificates.get(id));
        let signed = signed.map(|certificate| certificate.area);
        let withdrawn = self.withdrawn.iter().map(|(area, ..)| *area);
        let counted = self.counted.iter().map(|(area, ..)| *area);
        let signals = self.new_signals.iter().map(|signal| signal.area);
        let explained = self.explained.iter().map(|(area, ..)| *area);
        signed.chain(withdrawn).chain(counted).chain(signals).chain(explained)
    }
}
