//! The balance, quantities and what was late, as they were known at an earlier moment.

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;
use store::{Connection, Store};
use types::{AreaCode, AreaScope, Micros, UnitId, UnitKind};

use crate::balance::{Bucket, UNKNOWN};
use crate::histories::{each, moment_of};
use crate::tables::MOMENTS_OF;
use crate::views::{Balance, LateLine, Stock};
use crate::{Custody, LedgerError, Moment, Move, Result, fold};

/// Containers whose histories are read in one statement.
const CHUNK: usize = 500;

/// Balance and lateness as they were known at a moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AsOf {
    /// The balance as it was known.
    pub balance: Balance,
    /// What was late, as it was known.
    pub late: Vec<LateLine>,
    /// Quantities, as they were known.
    pub stock: Stock,
}

/// Folds the histories up to a time of recording. Reads every moment of the scope: for reviews,
/// not for live boards. Holds no more in memory than the containers and what is late in them.
///
/// Every group is recorded at a time of its own, so `at` the time of one group means: with that
/// group, without the next. A time that has not passed yet means: as far as is known.
///
/// # Errors
/// [`LedgerError`] when the store fails.
pub async fn as_of(store: &Store, scope: AreaScope, at: Micros) -> Result<AsOf> {
    let mut review = Review::new(Cut::known_at(at), at);
    each(store, scope, at, |unit, moments| review.see(unit, &fold(moments))).await?;
    let containers = review.containers(&mut store.reader().await?).await?;
    Ok(AsOf {
        stock: stock(store, scope, Cut::known_at(at)).await?,
        ..review.finish(&containers, scope)
    })
}

/// The moves of a journal entry.
#[derive(Deserialize)]
struct Moves {
    #[serde(default)]
    moves: Vec<Move>,
}

/// Quantities have no moments: what was posted stands in the journal alone.
pub(crate) async fn stock(store: &Store, scope: AreaScope, cut: Cut) -> Result<Stock> {
    let (low, high) = scope.bounds();
    let mut rows = store.stream(
        "SELECT seq, area, body FROM journal
         WHERE refused IS NULL AND area BETWEEN $1 AND $2 AND record_time <= $3
           AND event_time <= $4
           AND body LIKE '%{\"post\":%'",
        vec![low.into(), high.into(), cut.recorded.into(), cut.happened.into()],
    );
    let mut stock = Stock::new();
    while let Some(chunk) = rows.recv().await {
        for row in chunk? {
            let (seq, area) = (row.int(0)?, row.area(1)?);
            let body: Moves = serde_json::from_str(row.text(2)?)
                .map_err(|e| LedgerError::Unreadable { seq, reason: e.to_string() })?;
            for what in body.moves {
                let Move::Post { commodity, from, to, amount } = what else { continue };
                let accounts = stock.entry((area, commodity)).or_default();
                *accounts.entry(from).or_default() -= amount;
                *accounts.entry(to).or_default() += amount;
            }
        }
    }
    Ok(stock)
}

/// County, holder, kind, step, and whether it lies in a container.
type LateKey = (AreaCode, String, UnitKind, String, bool);

/// Which moments count.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cut {
    recorded: Micros,
    happened: Micros,
}

impl Cut {
    /// What had been recorded by a time, whenever it happened.
    pub(crate) fn known_at(at: Micros) -> Cut {
        Cut { recorded: at, happened: Micros::MAX }
    }

    /// What had happened by a time, whenever it was recorded. A correction counts whenever it
    /// was made: what it sets aside never happened.
    pub(crate) fn happened_by(at: Micros) -> Cut {
        Cut { recorded: Micros::MAX, happened: at }
    }

    pub(crate) fn takes(self, moment: &Moment) -> bool {
        let happened =
            moment.event_time <= self.happened || matches!(moment.what, Move::Void { .. });
        moment.record_time <= self.recorded && happened
    }
}

/// What has been counted so far, and what waits for its container.
pub(crate) struct Review {
    cut: Cut,
    // A deadline before this time has passed.
    now: Micros,
    balance: Balance,
    late: BTreeMap<LateKey, (i64, Micros)>,
    // Open units that lie in a container and whose limit has passed.
    late_inside: Vec<(UnitId, UnitId, String, Micros)>,
    // Open units by the container that they lie in directly.
    inside: HashMap<UnitId, HashMap<(AreaCode, UnitKind), i64>>,
}

impl Review {
    pub(crate) fn new(cut: Cut, now: Micros) -> Review {
        Review {
            cut,
            now,
            balance: Balance::new(),
            late: BTreeMap::new(),
            late_inside: Vec::new(),
            inside: HashMap::new(),
        }
    }

    pub(crate) fn see(&mut self, id: UnitId, custody: &Custody) {
        let line = self.balance.entry((id.area(), id.kind())).or_default();
        line.add(Bucket::Created, 1);
        match (&custody.closed, custody.parent) {
            (Some((reason, _)), _) => line.add(Bucket::Closed(reason), 1),
            (None, None) => self.see_outright(id, custody),
            (None, Some(parent)) => {
                let content = self.inside.entry(parent).or_default();
                *content.entry((id.area(), id.kind())).or_default() += 1;
                if let Some(limit) = custody.limit.filter(|limit| *limit < self.now) {
                    self.late_inside.push((id, parent, custody.step.clone(), limit));
                }
            }
        }
    }

    /// An open unit that lies in no container.
    fn see_outright(&mut self, id: UnitId, custody: &Custody) {
        let holder = holder(Some(custody));
        let line = self.balance.entry((id.area(), id.kind())).or_default();
        line.add(Bucket::Held(holder), 1);
        if let Some(deadline) = custody.deadline.filter(|deadline| *deadline < self.now) {
            let step = custody.step.clone();
            self.see_late((id.area(), holder.to_owned(), id.kind(), step, false), deadline);
        }
    }

    fn see_late(&mut self, key: LateKey, deadline: Micros) {
        let (units, oldest) = self.late.entry(key).or_insert((0, deadline));
        *units += 1;
        *oldest = deadline.min(*oldest);
    }

    /// All containers of what has been seen, also those of other areas, and theirs.
    pub(crate) async fn containers(&self, db: &mut Connection) -> Result<HashMap<UnitId, Custody>> {
        let mut containers: HashMap<UnitId, Custody> = HashMap::new();
        let mut wanted: Vec<UnitId> = self.inside.keys().copied().collect();
        while !wanted.is_empty() {
            let mut further = Vec::new();
            for ids in wanted.chunks(CHUNK) {
                let keys: Vec<_> =
                    ids.iter().flat_map(|id| [id.area().into(), (*id).into()]).collect();
                let mut histories: HashMap<UnitId, Vec<Moment>> = HashMap::new();
                for row in db.lookup(&MOMENTS_OF, &keys).await? {
                    let moment = moment_of(&row, 6)?;
                    if self.cut.takes(&moment) {
                        let id = UnitId::from_bytes(row.id(0)?);
                        histories.entry(id).or_default().push(moment);
                    }
                }
                for id in ids {
                    // One that nobody had reported yet has no history.
                    let custody = histories.get(id).map(|h| fold(h)).unwrap_or_default();
                    further.extend(custody.parent);
                    containers.insert(*id, custody);
                }
            }
            further.sort_unstable();
            further.dedup();
            further.retain(|id| !containers.contains_key(id));
            wanted = further;
        }
        Ok(containers)
    }

    pub(crate) fn finish(
        mut self,
        containers: &HashMap<UnitId, Custody>,
        scope: AreaScope,
    ) -> AsOf {
        let cut = cut_of(containers);
        for (id, custody) in cut.iter().filter_map(|id| Some((*id, containers.get(id)?))) {
            let Some(parent) = custody.parent else { continue };
            let counted = scope.contains(id.area()) && custody.closed.is_none();
            let content = self.inside.get_mut(&parent).filter(|_| counted);
            if let Some(n) = content.and_then(|c| c.get_mut(&(id.area(), id.kind()))) {
                *n -= 1;
                self.see_outright(id, custody);
            }
        }
        let outermost = |container: UnitId| {
            let mut top = container;
            while let Some(parent) =
                containers.get(&top).and_then(|c| c.parent).filter(|_| !cut.contains(&top))
            {
                top = parent;
            }
            top
        };
        for (id, parent, step, limit) in std::mem::take(&mut self.late_inside) {
            if !cut.contains(&id) {
                let holder = holder(containers.get(&outermost(parent))).to_owned();
                self.see_late((id.area(), holder, id.kind(), step, true), limit);
            }
        }
        for (container, content) in &self.inside {
            let top = outermost(*container);
            for (key, n) in content.iter().filter(|(_, n)| **n != 0) {
                let line = self.balance.entry(*key).or_default();
                line.add(Bucket::Held(holder(containers.get(&top))), *n);
            }
        }
        let late = self.late.into_iter().map(
            |((area, holder, kind, step, packed), (units, oldest_deadline))| LateLine {
                oldest_deadline,
                area,
                holder,
                kind,
                step,
                packed,
                units,
            },
        );
        let mut late: Vec<LateLine> = late.collect();
        late.sort();
        AsOf { balance: self.balance, late, stock: Stock::new() }
    }
}

/// Of each ring of containers, the one whose packing does not count: the last by event time.
fn cut_of(containers: &HashMap<UnitId, Custody>) -> Vec<UnitId> {
    let parent = |id: &UnitId| containers.get(id).and_then(|c| c.parent);
    let mut cut = Vec::new();
    let mut done: std::collections::HashSet<UnitId> = std::collections::HashSet::new();
    for start in containers.keys() {
        let mut path = Vec::new();
        let mut at = Some(*start);
        while let Some(id) = at.filter(|id| done.insert(*id)) {
            path.push(id);
            at = parent(&id);
        }
        let closes = at.and_then(|id| path.iter().position(|seen| *seen == id));
        if let Some(from) = closes {
            let last = path[from..].iter().max_by_key(|id| containers.get(id)?.packed);
            cut.extend(last);
        }
    }
    cut
}

fn holder(custody: Option<&Custody>) -> &str {
    custody.and_then(|c| c.holder.as_ref()).map_or(UNKNOWN, |h| h.as_str())
}
