//! Small cells in public tables.
//!
//! A count of one to four people in a small area may tell who they are. Such cells are left out
//! (primary suppression), and with them as many others as are needed so that none can be worked
//! out from the totals (complementary suppression; L. Willenborg and T. de Waal, *Elements of
//! Statistical Disclosure Control*, 2001, ch. 4 and 6).
//!
//! Published totals tie the cells of a row and of a column together. A cell stays unknown exactly
//! when some cycle of left-out cells runs through it, along which 1 can be added and taken away in
//! turn while every total stays and every left-out cell stays at least 1: then two tables explain
//! what is published. (Zeros are always published, so everybody knows that a left-out cell is at
//! least 1.) Where a cell lies on no such cycle, the cheapest one is completed, by Dijkstra's
//! method with the counts as costs; totals serve only where nothing else does.

use serde::Serialize;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::AnalyticsError;

/// A cell as the public sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cell {
    /// Its number.
    Published(u64),
    /// Left out because it is small.
    Small,
    /// Left out so that a small one cannot be worked out.
    Complement,
}

/// A table fit for the public: the cells, and in the last row and column the totals.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Suppressed {
    /// Row by row, totals last.
    pub cells: Vec<Vec<Cell>>,
}

/// Leaves out cells of 1 to `below` - 1 and what is needed to protect them.
///
/// # Errors
/// [`AnalyticsError::Bulletin`] when the rows differ in length or there is no cell, and when no set
/// of cells protects one (a table in which nothing else is above 1): publish a coarser one.
pub fn suppress(counts: &[Vec<u64>], below: u64) -> Result<Suppressed, AnalyticsError> {
    protect(Table::new(counts)?, below)
}

/// The same where the grand total is published whatever happens: it is never left out.
///
/// # Errors
/// As [`suppress`]; a table can be protected less often so.
pub fn suppress_parts(counts: &[Vec<u64>], below: u64) -> Result<Suppressed, AnalyticsError> {
    protect(Table { whole_is_told: true, ..Table::new(counts)? }, below)
}

fn protect(mut table: Table, below: u64) -> Result<Suppressed, AnalyticsError> {
    let grand = (table.value.len() - 1, table.value[0].len() - 1);
    let told = |place: (usize, usize)| table.whole_is_told && place == grand;
    let small: Vec<(usize, usize)> = table
        .places()
        .filter(|&(r, c)| (1..below).contains(&table.value[r][c]) && !told((r, c)))
        .collect();
    for &(r, c) in &small {
        table.left_out[r][c] = true;
    }
    // Protecting one cell leaves out others, which must be protected, too; each round leaves out
    // at least one more, so this ends.
    while let Some(place) = table.exposed() {
        let cycle = table.cheapest_cycle(place).ok_or_else(|| {
            AnalyticsError::Bulletin(format!(
                "row {}, column {} cannot be protected in this table; publish a coarser one",
                place.0 + 1,
                place.1 + 1
            ))
        })?;
        for (r, c) in cycle {
            table.left_out[r][c] = true;
        }
    }
    let cell = |r: usize, c: usize| match (table.left_out[r][c], small.contains(&(r, c))) {
        (false, _) => Cell::Published(table.value[r][c]),
        (true, true) => Cell::Small,
        (true, false) => Cell::Complement,
    };
    let (rows, columns) = (table.value.len(), table.value[0].len());
    let cells = (0..rows).map(|r| (0..columns).map(|c| cell(r, c)).collect()).collect();
    Ok(Suppressed { cells })
}

/// The table with its totals as a last row and column.
struct Table {
    value: Vec<Vec<u64>>,
    left_out: Vec<Vec<bool>>,
    /// Whether the grand total is published whatever happens.
    whole_is_told: bool,
}

/// A node of the graph of ties: rows first, then columns.
type Node = usize;

impl Table {
    fn new(counts: &[Vec<u64>]) -> Result<Table, AnalyticsError> {
        let columns = counts.first().map_or(0, Vec::len);
        if columns == 0 || counts.iter().any(|row| row.len() != columns) {
            let why = "a table needs rows of the same, positive length";
            return Err(AnalyticsError::Bulletin(why.to_owned()));
        }
        let mut value: Vec<Vec<u64>> = counts
            .iter()
            .map(|row| row.iter().copied().chain([row.iter().sum()]).collect())
            .collect();
        let totals = (0..=columns).map(|c| value.iter().map(|row| row[c]).sum()).collect();
        value.push(totals);
        let left_out = vec![vec![false; columns + 1]; value.len()];
        Ok(Table { value, left_out, whole_is_told: false })
    }

    fn places(&self) -> impl Iterator<Item = (usize, usize)> + use<> {
        let (rows, columns) = (self.value.len(), self.value[0].len());
        (0..rows).flat_map(move |r| (0..columns).map(move |c| (r, c)))
    }

    fn is_total(&self, (r, c): (usize, usize)) -> bool {
        (r + 1 == self.value.len()) != (c + 1 == self.value[0].len())
    }

    /// Whether the cell can take part in a cycle with its value going up or down. A total goes
    /// the other way than the cells it sums up; the grand total again as the cells.
    fn can_move(&self, place: (usize, usize), up: bool) -> bool {
        let value = self.value[place.0][place.1];
        let grand = (self.value.len() - 1, self.value[0].len() - 1);
        if self.whole_is_told && place == grand {
            return false;
        }
        let really_up = up != self.is_total(place);
        value >= 1 && (really_up || value >= 2)
    }

    /// The first left-out cell that the rest of the table gives away.
    fn exposed(&self) -> Option<(usize, usize)> {
        self.places()
            .filter(|&(r, c)| self.left_out[r][c])
            .find(|&place| self.cycle(place, |_, left_out| left_out.then_some(0)).is_none())
    }

    /// The cheapest cells that close a cycle through this one.
    fn cheapest_cycle(&self, place: (usize, usize)) -> Option<Vec<(usize, usize)>> {
        // Any number of inner cells is better than one total.
        let dear = 1 + 2 * self.value.iter().flatten().sum::<u64>();
        let last = (self.value.len() - 1, self.value[0].len() - 1);
        self.cycle(place, |(r, c), left_out| {
            let outer = if r == last.0 || c == last.1 { dear } else { 0 };
            Some(if left_out { 0 } else { self.value[r][c] + 1 + outer })
        })
    }

    /// The cheapest cycle through a cell, over cells that `cost` allows, in either direction.
    fn cycle(
        &self,
        place: (usize, usize),
        cost: impl Fn((usize, usize), bool) -> Option<u64> + Copy,
    ) -> Option<Vec<(usize, usize)>> {
        [true, false]
            .into_iter()
            .filter(|up| self.can_move(place, *up))
            .filter_map(|up| self.path(place, up, cost))
            .min_by_key(|(sum, _)| *sum)
            .map(|(_, cells)| cells)
    }

    /// If the cell goes up, its row must go down in another column, that column up in another row,
    /// and so on, until the cell's own column is balanced: the shortest path from its row to its
    /// column, where edges from rows go down and edges from columns go up (the other way round if
    /// the cell goes down).
    fn path(
        &self,
        place: (usize, usize),
        up: bool,
        cost: impl Fn((usize, usize), bool) -> Option<u64>,
    ) -> Option<(u64, Vec<(usize, usize)>)> {
        let (rows, columns) = (self.value.len(), self.value[0].len());
        let (from, to) = (place.0, rows + place.1);
        let mut best = vec![u64::MAX; rows + columns];
        let mut before: Vec<Option<Node>> = vec![None; rows + columns];
        let mut queue = BinaryHeap::from([Reverse((0, from))]);
        best[from] = 0;
        while let Some(Reverse((sum, node))) = queue.pop() {
            if node == to {
                break;
            }
            if sum > best[node] {
                continue;
            }
            let neighbours = if node < rows { rows..rows + columns } else { 0..rows };
            for next in neighbours {
                let cell = if node < rows { (node, next - rows) } else { (next, node - rows) };
                let goes_up = if node < rows { !up } else { up };
                if cell == place || !self.can_move(cell, goes_up) {
                    continue;
                }
                let Some(step) = cost(cell, self.left_out[cell.0][cell.1]) else { continue };
                if sum + step < best[next] {
                    best[next] = sum + step;
                    before[next] = Some(node);
                    queue.push(Reverse((sum + step, next)));
                }
            }
        }
        if best[to] == u64::MAX {
            return None;
        }
        let mut cells = Vec::new();
        let mut node = to;
        while let Some(previous) = before[node] {
            let (row, column) = if previous < rows { (previous, node) } else { (node, previous) };
            cells.push((row, column - rows));
            node = previous;
        }
        Some((best[to], cells))
    }
}
