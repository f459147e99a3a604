//! What the ledger must show, computed the slow and simple way: everything afresh from all that
//! was said. It shares no code with the ledger's own fold and counters.

use std::collections::{BTreeMap, BTreeSet};

use ledger::Move;
use ledger::views::{Balance, LateLine};
use types::{AreaCode, CommandId, Micros, Span, UnitId, UnitKind};

/// Clocks may disagree by this much.
const SKEW: Span = Span::minutes(15);

/// One move as it stands in the journal.
#[derive(Clone, Debug)]
pub struct Fact {
    pub happened: Micros,
    pub recorded: Micros,
    pub command: CommandId,
    pub n: u32,
    pub area: AreaCode,
    pub what: Move,
}

/// One row of the table of units.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UnitRow {
    pub opened_at: Option<Micros>,
    pub holder: Option<String>,
    pub container: Option<UnitId>,
    pub step: String,
    pub since: Micros,
    pub deadline: Option<Micros>,
    pub closed: Option<(String, Micros)>,
    pub content: BTreeMap<(AreaCode, UnitKind), i64>,
    pub findings: usize,
}

/// A finding: unit, kind, the move at which it shows, the move against it.
pub type FindingRow = (UnitId, &'static str, Name, Option<Name>);

/// A move's name: its command and its place in it.
pub type Name = (CommandId, u32);

/// Everything that the ledger shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Picture {
    pub units: BTreeMap<UnitId, UnitRow>,
    pub balance: Balance,
    pub findings: BTreeSet<FindingRow>,
    pub stock: BTreeMap<(AreaCode, String, String), i64>,
}

impl Picture {
    /// What is late at `now`.
    pub fn late(&self, now: Micros) -> Vec<LateLine> {
        type Key = (AreaCode, String, UnitKind, String, bool);
        let mut lines: BTreeMap<Key, (Micros, i64)> = BTreeMap::new();
        for (id, row) in &self.units {
            let Some(deadline) = row.deadline.filter(|d| *d < now) else { continue };
            if row.closed.is_some() {
                continue;
            }
            let mut top = row;
            while let Some(container) = top.container {
                top = &self.units[&container];
            }
            let holder = top.holder.clone().unwrap_or("unknown".into());
            let packed = row.container.is_some();
            let key = (id.area(), holder, id.kind(), row.step.clone(), packed);
            let line = lines.entry(key).or_insert((deadline, 0));
            *line = (line.0.min(deadline), line.1 + 1);
        }
        let line = |((area, holder, kind, step, packed), (oldest_deadline, units))| LateLine {
            oldest_deadline,
            area,
            holder,
            kind,
            step,
            packed,
            units,
        };
        let mut late: Vec<LateLine> = lines.into_iter().map(line).collect();
        late.sort();
        late
    }
}

/// A unit by its own history.
#[derive(Default)]
struct Story {
    row: UnitRow,
    said_to_be_in: Option<UnitId>,
    packed: (Micros, Option<Name>),
    limit: Option<Micros>,
    findings: Vec<(&'static str, Name, Option<Name>)>,
}

/// The picture of everything recorded until a time.
pub fn picture(facts: &[Fact], until: Micros) -> Picture {
    let facts: Vec<&Fact> = facts.iter().filter(|f| f.recorded <= until).collect();
    let mut picture = Picture::default();
    let mut named: BTreeSet<UnitId> = BTreeSet::new();
    let mut moved: BTreeSet<UnitId> = BTreeSet::new();
    for fact in &facts {
        if let Move::Post { commodity, from, to, amount } = &fact.what {
            for (account, by) in [(from, -amount), (to, *amount)] {
                let key = (fact.area, commodity.clone(), account.clone());
                *picture.stock.entry(key).or_default() += by;
            }
        }
        if let Move::Pack { into, .. } = &fact.what {
            named.insert(*into);
        }
        moved.extend(fact.what.unit());
    }
    let mut stories: BTreeMap<UnitId, Story> = BTreeMap::new();
    for id in moved.union(&named) {
        let own: Vec<&Fact> =
            facts.iter().filter(|f| f.what.unit() == Some(*id)).copied().collect();
        stories.insert(*id, story(&own));
    }
    settle_rings(&mut stories);

    for (id, story) in &stories {
        let mut row = story.row.clone();
        row.container = story.said_to_be_in;
        if row.container.is_some() {
            row.deadline = story.limit;
        }
        row.findings = story.findings.len();
        for (other, theirs) in &stories {
            let open = theirs.row.closed.is_none() && moved.contains(other);
            if open && chain(&stories, *other).contains(id) {
                *row.content.entry((other.area(), other.kind())).or_default() += 1;
            }
        }
        for (kind, at, against) in &story.findings {
            picture.findings.insert((*id, kind, *at, *against));
        }
        if moved.contains(id) {
            let line = picture.balance.entry((id.area(), id.kind())).or_default();
            line.created += 1;
            if let Some((reason, _)) = &row.closed {
                *line.closed.entry(reason.clone()).or_default() += 1;
            } else {
                let top = chain(&stories, *id).last().copied().unwrap_or(*id);
                let holder = stories[&top].row.holder.clone().unwrap_or("unknown".into());
                *line.held.entry(holder).or_default() += 1;
            }
        }
        picture.units.insert(*id, row);
    }
    picture
}

/// The containers around a unit, innermost first.
fn chain(stories: &BTreeMap<UnitId, Story>, id: UnitId) -> Vec<UnitId> {
    let mut around = Vec::new();
    let mut at = stories[&id].said_to_be_in;
    while let Some(container) = at {
        around.push(container);
        at = stories[&container].said_to_be_in;
    }
    around
}

/// While units contain each other, the last packing among them is taken back.
fn settle_rings(stories: &mut BTreeMap<UnitId, Story>) {
    let ids: Vec<UnitId> = stories.keys().copied().collect();
    for id in ids {
        let mut ring = vec![id];
        while let Some(next) = stories[&ring[ring.len() - 1]].said_to_be_in {
            if next == id {
                let last = ring.iter().copied().max_by_key(|m| stories[m].packed);
                let last = stories.get_mut(&last.expect("a ring has members")).expect("known");
                let by = last.packed.1.expect("it was packed");
                last.said_to_be_in = None;
                last.findings.push(("ring", by, None));
                break;
            }
            if ring.contains(&next) {
                break;
            }
            ring.push(next);
        }
    }
}

fn story(facts: &[&Fact]) -> Story {
    let void = |f: &Fact| {
        facts.iter().any(|v| match &v.what {
            Move::Void { target, .. } => (target.command, target.n) == (f.command, f.n),
            _ => false,
        })
    };
    let mut waiting: Vec<&Fact> = facts
        .iter()
        .filter(|f| !matches!(f.what, Move::Void { .. }) && !void(f))
        .copied()
        .collect();
    waiting.sort_by_key(|f| (f.happened, f.command, f.n));
    let (opens, mut waiting): (Vec<&Fact>, Vec<&Fact>) =
        waiting.into_iter().partition(|f| matches!(f.what, Move::Open { .. }));
    let mut s = Story::default();
    for (i, open) in opens.iter().enumerate() {
        let Move::Open { holder, step, deadline, limit, .. } = &open.what else { continue };
        if i == 0 {
            s.row.opened_at = Some(open.happened);
            hold(&mut s, open.happened, holder.as_str(), step, (*deadline, *limit));
        } else {
            s.findings.push(("double_open", name(open), Some(name(opens[0]))));
        }
    }
    let mut known = !opens.is_empty();
    let mut gave: Vec<(String, Name)> = Vec::new();
    while !waiting.is_empty() {
        let holds = |f: &Fact| match &f.what {
            Move::Hand { giver, .. } => giver.as_ref().map(|g| g.to_string()) == s.row.holder,
            _ => false,
        };
        let mut next = 0;
        let misfit = matches!(waiting[0].what, Move::Hand { .. }) && !holds(waiting[0]);
        if known && s.said_to_be_in.is_none() && misfit {
            let limit = waiting[0].happened + SKEW;
            let better = waiting.iter().position(|f| f.happened <= limit && holds(f));
            next = better.unwrap_or(0);
        }
        let fact = waiting.remove(next);
        let first = !known;
        known = true;
        if first {
            s.findings.push(("unexplained", name(fact), None));
        }
        let closed_as = s.row.closed.as_ref().map(|(reason, _)| reason.clone());
        match (closed_as.as_deref(), &fact.what) {
            (None, _) | (Some(_), Move::Close { .. }) => {}
            (Some("lost"), Move::Hand { .. } | Move::Pack { .. } | Move::Unpack { .. }) => {
                s.row.closed = None;
            }
            _ => {
                s.findings.push(("after_close", name(fact), None));
                continue;
            }
        }
        match &fact.what {
            Move::Hand { giver, taker, step, deadline, limit, .. } => {
                let giver = giver.as_ref().map(|g| g.to_string());
                if !first && s.said_to_be_in.is_none() && giver != s.row.holder {
                    let earlier = gave.iter().rev().find(|(g, _)| Some(g) == giver.as_ref());
                    s.findings.push(match (&giver, earlier) {
                        (_, Some((_, by))) => ("dispute", name(fact), Some(*by)),
                        (Some(_), None) => ("gap", name(fact), None),
                        (None, None) => ("unexplained", name(fact), None),
                    });
                }
                gave.extend(giver.map(|g| (g, name(fact))));
                hold(&mut s, fact.happened, taker.as_str(), step, (*deadline, *limit));
            }
            Move::Unpack { holder, step, deadline, limit, .. } => {
                hold(&mut s, fact.happened, holder.as_str(), step, (*deadline, *limit));
            }
            Move::Pack { into, .. } => {
                s.said_to_be_in = Some(*into);
                s.packed = (fact.happened, Some(name(fact)));
            }
            Move::Step { step, deadline, .. } => {
                s.row.step.clone_from(step);
                s.row.deadline = *deadline;
            }
            Move::Close { reason, .. } if s.row.closed.is_none() => {
                s.row.closed = Some((reason.clone(), fact.happened));
                s.row.deadline = None;
                s.limit = None;
            }
            Move::Close { .. } | Move::Open { .. } | Move::Void { .. } | Move::Post { .. } => {}
        }
    }
    s
}

fn name(fact: &Fact) -> Name {
    (fact.command, fact.n)
}

type Clocks = (Option<Micros>, Option<Micros>);

fn hold(s: &mut Story, since: Micros, holder: &str, step: &str, (deadline, limit): Clocks) {
    s.said_to_be_in = None;
    s.row.holder = Some(holder.to_owned());
    s.row.since = since;
    s.row.step = step.to_owned();
    s.row.deadline = deadline;
    s.limit = limit;
}
