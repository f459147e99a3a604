//! Custody: who answers for a unit, computed from all that is known of it.

use std::collections::{HashSet, VecDeque};

use serde::{Deserialize, Serialize};
use types::{HolderCode, Micros, Span, UnitId};

use crate::{Moment, MomentRef, Move};

/// Two devices may disagree about the time by this much without their moves being taken for a
/// contradiction. A setting of ours: phones that sync with the network are within seconds, and
/// the API corrects larger offsets that a device reveals when it syncs.
pub const CLOCK_SKEW: Span = Span::minutes(15);

/// The one reason of closure that a later move may undo: what was lost can be found.
pub const LOST: &str = "lost";

/// What is known of a unit's whereabouts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Custody {
    /// When it came into being; `None` while nobody has said so.
    pub opened_at: Option<Micros>,
    /// Who answers for it, or last did before it went into a container.
    pub holder: Option<HolderCode>,
    /// The container that it is in, by its own history. Among [`FindingKind::Ring`] one of the
    /// claims cannot stand: see [`crate::Units::container`].
    pub parent: Option<UnitId>,
    /// Since when it is in that container, and by which move.
    pub packed: Option<(Micros, MomentRef)>,
    /// Where it stands in its desk's sequence.
    pub step: String,
    /// Since when that holder answers for it.
    pub since: Micros,
    /// By when the step has to be done, while it lies outright: in a container the step is the
    /// container's.
    pub deadline: Option<Micros>,
    /// By when it has to be out of whatever container it lies in, since it does not keep for
    /// longer: a clock of the thing itself, that no container's deadline replaces.
    pub limit: Option<Micros>,
    /// How and when its story ended.
    pub closed: Option<(String, Micros)>,
    /// What does not fit together, oldest first.
    pub findings: Vec<Finding>,
}

impl Custody {
    /// The clock that runs for it: its step's, or in a container its own limit.
    pub fn due(&self) -> Option<Micros> {
        if self.parent.is_some() { self.limit } else { self.deadline }
    }
}

/// Something that does not fit and that a person can look into.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Finding {
    /// What kind of misfit.
    pub kind: FindingKind,
    /// The move at which it shows.
    pub at: MomentRef,
    /// The move that contradicts it.
    pub against: Option<MomentRef>,
}

/// The kinds of misfit. None of them stops work; each stays on a list until it heals (a late
/// record closes the gap) or a person resolves it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    /// It turned up without anybody having created or sent it.
    Unexplained,
    /// The giver was not the one who held it: a record is missing, or still on its way.
    Gap,
    /// The giver had already given it to somebody else: two claims.
    Dispute,
    /// Its code was used to create it a second time.
    DoubleOpen,
    /// It moved after its story had ended.
    AfterClose,
    /// It would lie inside itself: the container that it went into lies, by later word, inside
    /// it. The last such packing does not count until one of them is voided or undone.
    Ring,
}

impl FindingKind {
    /// The word that the store keeps.
    pub fn as_str(self) -> &'static str {
        match self {
            FindingKind::Unexplained => "unexplained",
            FindingKind::Gap => "gap",
            FindingKind::Dispute => "dispute",
            FindingKind::DoubleOpen => "double_open",
            FindingKind::AfterClose => "after_close",
            FindingKind::Ring => "ring",
        }
    }
}

/// Computes custody from a unit's moments, given in any order.
///
/// The result depends on the set of moments only: they are taken in event order (the command id
/// breaks ties), creation first whatever its clock said, and among hand-offs within
/// [`CLOCK_SKEW`] of each other one whose giver holds the unit goes before one whose giver does
/// not.
pub fn fold(moments: &[Moment]) -> Custody {
    let voided: HashSet<MomentRef> = moments
        .iter()
        .filter_map(|m| match &m.what {
            Move::Void { target, .. } => Some(*target),
            _ => None,
        })
        .collect();
    let mut waiting: VecDeque<&Moment> = moments
        .iter()
        .filter(|m| !matches!(m.what, Move::Void { .. } | Move::Post { .. }))
        .filter(|m| !voided.contains(&m.reference))
        .collect();
    waiting
        .make_contiguous()
        .sort_by_key(|m| (!matches!(m.what, Move::Open { .. }), m.event_time, m.reference));

    let mut fold = Fold::default();
    while let Some(moment) = waiting.remove(fold.pick(&waiting)) {
        fold.take(moment);
    }
    fold.custody
}

#[derive(Default)]
struct Fold {
    custody: Custody,
    opened_by: Option<MomentRef>,
    // Every hand-off so far, as (giver, its name), to tell a second claim from a gap.
    given: Vec<(HolderCode, MomentRef)>,
    started: bool,
}

impl Fold {
    /// The index of the next moment: the first, unless its giver does not hold the unit and
    /// another hand-off within the clock skew has the right giver.
    fn pick(&self, waiting: &VecDeque<&Moment>) -> usize {
        let Some(first) = waiting.front() else { return 0 };
        if !self.started || self.custody.parent.is_some() || self.fits(first) {
            return 0;
        }
        let until = first.event_time + CLOCK_SKEW;
        waiting
            .iter()
            .take_while(|m| m.event_time <= until)
            .position(|m| matches!(m.what, Move::Hand { .. }) && self.fits(m))
            .unwrap_or(0)
    }

    fn fits(&self, moment: &Moment) -> bool {
        match &moment.what {
            Move::Hand { giver, .. } => *giver == self.custody.holder,
            _ => true,
        }
    }

    fn take(&mut self, moment: &Moment) {
        let at = moment.reference;
        let opens = matches!(moment.what, Move::Open { .. });
        if !self.started && !opens {
            self.find(FindingKind::Unexplained, at, None);
        }
        let first = !std::mem::replace(&mut self.started, true);
        if let Some((reason, _)) = &self.custody.closed {
            let found_again = reason == LOST
                && matches!(
                    moment.what,
                    Move::Hand { .. } | Move::Pack { .. } | Move::Unpack { .. }
                );
            if found_again {
                self.custody.closed = None;
            } else if !opens && !matches!(moment.what, Move::Close { .. }) {
                self.find(FindingKind::AfterClose, at, None);
                return;
            }
        }
        match &moment.what {
            Move::Open { holder, step, deadline, limit, .. } => {
                if let Some(earlier) = self.opened_by {
                    self.find(FindingKind::DoubleOpen, at, Some(earlier));
                    return;
                }
                self.opened_by = Some(at);
                self.custody.opened_at = Some(moment.event_time);
                self.hold(moment.event_time, holder, step, (*deadline, *limit));
            }
            Move::Hand { giver, taker, step, deadline, limit, .. } => {
                if !first && self.custody.parent.is_none() && *giver != self.custody.holder {
                    self.misfit(giver.as_ref(), at);
                }
                if let Some(giver) = giver {
                    self.given.push((giver.clone(), at));
                }
                self.hold(moment.event_time, taker, step, (*deadline, *limit));
            }
            Move::Pack { into, .. } => {
                self.custody.parent = Some(*into);
                self.custody.packed = Some((moment.event_time, at));
            }
            Move::Unpack { holder, step, deadline, limit, .. } => {
                self.hold(moment.event_time, holder, step, (*deadline, *limit));
            }
            Move::Step { step, deadline, .. } => {
                self.custody.step.clone_from(step);
                self.custody.deadline = *deadline;
            }
            Move::Close { reason, .. } => {
                // The first closure stands; a second one adds nothing.
                if self.custody.closed.is_none() {
                    self.custody.closed = Some((reason.clone(), moment.event_time));
                    self.custody.deadline = None;
                    self.custody.limit = None;
                }
            }
            Move::Void { .. } | Move::Post { .. } => {}
        }
    }

    /// Deadline and limit both begin anew with a holder.
    fn hold(
        &mut self,
        since: Micros,
        holder: &HolderCode,
        step: &str,
        (deadline, limit): (Option<Micros>, Option<Micros>),
    ) {
        self.custody.parent = None;
        self.custody.packed = None;
        self.custody.holder = Some(holder.clone());
        self.custody.since = since;
        step.clone_into(&mut self.custody.step);
        self.custody.deadline = deadline;
        self.custody.limit = limit;
    }

    fn misfit(&mut self, giver: Option<&HolderCode>, at: MomentRef) {
        let earlier = giver.and_then(|g| self.given.iter().rev().find(|(by, _)| by == g));
        match (giver, earlier) {
            (_, Some((_, against))) => self.find(FindingKind::Dispute, at, Some(*against)),
            (Some(_), None) => self.find(FindingKind::Gap, at, None),
            (None, None) => self.find(FindingKind::Unexplained, at, None),
        }
    }

    fn find(&mut self, kind: FindingKind, at: MomentRef, against: Option<MomentRef>) {
        self.custody.findings.push(Finding { kind, at, against });
    }
}

#[cfg(test)]
#[path = "custody_tests.rs"]
mod tests;
