//! Loading: what a group of commands needs to be decided.

use std::collections::{BTreeMap, BTreeSet};

use cases::Measure;
use cases::views::Window;
use ledger::{Asked, Result};
use store::Connection;
use types::{AreaScope, CommandId, Micros, UnitId};

use crate::basis::{Basis, Line};
use crate::command::Command;
use crate::rows::{read_bulletin, read_decision};
use crate::state::State;
use crate::tables;

/// What a group needs to have loaded.
#[derive(Debug, Default)]
pub(crate) struct Wanted {
    /// Bulletins: the command, and the scope and window that it is of.
    bulletins: Vec<(CommandId, AreaScope, Micros, Micros)>,
    decisions: Vec<CommandId>,
    /// Scopes in which something is to be decided.
    numbered: BTreeSet<String>,
    forecasts: BTreeSet<(String, String)>,
}

impl Wanted {
    pub(crate) fn of_command(&mut self, asked: Asked<'_, Command>) {
        match asked.command {
            Command::PublishBulletin(c) => {
                if let Some((from, until)) = c.bounds() {
                    self.bulletins.push((asked.id, c.scope, from, until));
                }
            }
            Command::Decide(c) => {
                self.numbered.insert(c.scope.to_string());
                self.decisions.extend(c.replaces);
            }
            Command::Revoke(c) => self.decisions.push(c.decision),
            Command::KeepForecast(c) => {
                self.forecasts.insert((c.scope.to_string(), c.day.to_string()));
            }
        }
    }
}

impl State {
    pub(crate) async fn load(&mut self, db: &mut Connection, wanted: Wanted) -> Result<()> {
        for (command, scope, from, until) in wanted.bulletins {
            self.load_bulletin(db, command, scope, (from, until)).await?;
        }
        for scope in wanted.numbered {
            let row = db.first(&tables::DECISION_LAST, &[scope.as_str().into()]).await?;
            let last = row.map(|row| row.opt_int(0)).transpose()?.flatten();
            self.decision_no.entry(scope).or_insert(last.unwrap_or(0));
        }
        let keys: Vec<store::Value> = wanted.decisions.into_iter().map(Into::into).collect();
        for row in db.lookup(&tables::DECISION_BY_ID, &keys).await? {
            let decision = read_decision(&row)?;
            self.decisions.entry(decision.id).or_insert(decision);
        }
        let keys: Vec<store::Value> = wanted
            .forecasts
            .iter()
            .flat_map(|(scope, day)| [scope.as_str().into(), day.as_str().into()])
            .collect();
        for row in db.lookup(&tables::FORECAST_OF_DAY, &keys).await? {
            self.forecasts.insert((row.text(0)?.to_owned(), row.text(1)?.to_owned()));
        }
        Ok(())
    }

    async fn load_bulletin(
        &mut self,
        db: &mut Connection,
        command: CommandId,
        scope: AreaScope,
        (from, until): (Micros, Micros),
    ) -> Result<()> {
        self.bases.insert(command, basis(db, scope, from, until).await?);
        let text = scope.to_string();
        let params = [text.as_str().into(), from.into(), until.into()];
        if let Some(row) = db.first(&tables::BULLETIN_OF_WINDOW, &params).await? {
            self.last_of.entry((text.clone(), from, until)).or_insert(read_bulletin(&row)?);
        }
        let row = db.first(&tables::BULLETIN_LAST, &[text.as_str().into()]).await?;
        let last = row.map(|row| row.opt_int(0)).transpose()?.flatten();
        self.bulletin_no.entry(text).or_insert(last.unwrap_or(0));
        Ok(())
    }
}

/// Reads the counters and the line list of a window. What other commands of the same group count is
/// not in the store yet: it comes with the next bulletin, as everything that is learnt later.
pub(crate) async fn basis(
    db: &mut Connection,
    scope: AreaScope,
    from: Micros,
    until: Micros,
) -> Result<Basis> {
    let window = Window { scope, from, until, as_of: None };
    let mut found = Basis::default();
    for (area, figures) in cases::views::by_area(db, &window).await? {
        for ((measure, found_in), n) in figures.0 {
            found.counted.insert((area, measure, found_in), n);
        }
    }
    let whole = Window { from: Micros(i64::MIN), ..window };
    for (area, figures) in cases::views::by_area(db, &whole).await? {
        for ((measure, _), n) in figures.0 {
            *found.totals.entry((area, measure)).or_default() += n;
        }
    }
    let only = cases::views::converted_only(db, scope, until).await?;
    found.converted_only = only.into_iter().collect();
    let mut tallied: BTreeMap<UnitId, Vec<(Measure, i64)>> = BTreeMap::new();
    for (case, measure, n) in cases::views::tallies(db, &window).await? {
        tallied.entry(case).or_default().push((measure, n));
    }
    // What the tallies may have missed: cases that became known in these hours.
    for case in cases::views::found_between(db, &window).await? {
        tallied.entry(case).or_default();
    }
    let ids: Vec<UnitId> = tallied.keys().copied().collect();
    for case in cases::views::cases(db, &ids).await? {
        let of_case = tallied.remove(&case.id).unwrap_or_default();
        found.lines.push(Line::of(&case, of_case));
    }
    Ok(found)
}
