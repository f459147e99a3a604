//! Loading: what a group of commands needs to be decided, and the numbers of grounds.

use std::collections::BTreeMap;

use ledger::{Asked, Result};
use store::{Connection, Value};
use testing::views::StageCounts;
use tracing_desk::Calendar;
use types::{AreaCode, AreaScope, CommandId, Micros, Span};

use crate::claim::{MOST_ROUNDS, first_day};
use crate::command::Command;
use crate::ground::{Ground, STREET};
use crate::numbers::{Numbers, RoundNumbers};
use crate::rows::{read_certificate, read_signal};
use crate::state::State;
use crate::tables;

/// Most certificates that one certificate's contradiction may also concern.
const MOST_STANDING: i64 = 10_000;
/// For how long after its end a certificate may still be withdrawn: whatever is learnt of its days is learnt
/// by then.
const AFTERWARDS: Span = Span::days(60);
/// Rounds that are asked whether they reached a ground, at most.
const ASKED: usize = 2 * MOST_ROUNDS;
/// How long a positive signal stands in the way, at most.
const SIGNAL_DAYS: i64 = 14;

/// What a group needs to have loaded.
#[derive(Debug, Default)]
pub(crate) struct Wanted {
    /// Grounds to be signed for: the command, and when.
    grounds: Vec<(CommandId, Ground, Micros)>,
    certificates: Vec<CommandId>,
    signals: Vec<CommandId>,
    /// All certificates that are not withdrawn, as of a time.
    standing: Option<Micros>,
}

impl Wanted {
    pub(crate) fn of_command(&mut self, asked: Asked<'_, Command>) {
        match asked.command {
            Command::Sign(c) => {
                self.grounds.push((asked.id, c.ground.clone(), asked.event_time));
            }
            Command::Withdraw(c) => self.certificates.push(c.certificate),
            Command::EnterSignal(_) => self.standing_at(asked.event_time),
            Command::ExplainSignal(c) => self.signals.push(c.signal),
        }
    }

    /// Certificates that something learnt now may contradict.
    pub(crate) fn standing_at(&mut self, at: Micros) {
        self.standing = Some(self.standing.map_or(at, |known| known.min(at)));
    }
}

impl State {
    pub(crate) async fn load(
        &mut self,
        db: &mut Connection,
        calendar: &Calendar,
        wanted: Wanted,
    ) -> Result<()> {
        for (command, ground, at) in wanted.grounds {
            let row = db.first(&tables::CERTIFICATE_LAST, &[ground.as_str().into()]).await?;
            let last = row.map(|row| row.opt_int(0)).transpose()?.flatten();
            self.last_no.entry(ground.to_string()).or_insert(last.unwrap_or(0));
            self.numbers.insert(command, numbers(db, calendar, &ground, at).await?);
        }
        let keys: Vec<Value> = wanted.certificates.into_iter().map(Into::into).collect();
        for row in db.lookup(&tables::CERTIFICATE_BY_ID, &keys).await? {
            let certificate = read_certificate(&row)?;
            self.certificates.entry(certificate.id).or_insert(certificate);
        }
        let keys: Vec<Value> = wanted.signals.into_iter().map(Into::into).collect();
        for row in db.lookup(&tables::SIGNAL_BY_ID, &keys).await? {
            let signal = read_signal(&row)?;
            self.signals.entry(signal.id).or_insert(signal);
        }
        if let Some(at) = wanted.standing {
            let params = [(at - AFTERWARDS).into(), MOST_STANDING.into()];
            for row in db.query(&tables::CERTIFICATES_STANDING, &params).await? {
                let certificate = read_certificate(&row)?;
                self.certificates.entry(certificate.id).or_insert(certificate);
            }
        }
        Ok(())
    }
}

/// The numbers of one ground as of a time.
pub(crate) async fn numbers(
    db: &mut Connection,
    calendar: &Calendar,
    ground: &Ground,
    at: Micros,
) -> Result<Numbers> {
    if ground.is_street() {
        let mut streets = by_street(db, calendar, ground.scope(), at).await?;
        return Ok(streets.remove(ground).unwrap_or_default());
    }
    let mut counties = by_county(db, calendar, ground.scope(), at).await?;
    if let Some(county) = counties.remove(ground) {
        return Ok(county);
    }
    let mut all = Numbers::default();
    for part in counties.values() {
        all.add(part);
    }
    all.rounds.truncate(MOST_ROUNDS);
    Ok(all)
}

/// The last rounds that reached somebody in a scope, the latest first.
async fn last_rounds(
    db: &mut Connection,
    scope: AreaScope,
    at: Micros,
    digits: i64,
) -> Result<Vec<(testing::Round, Vec<(String, StageCounts)>)>> {
    let begun = |round: &testing::Round| round.starts_at <= at;
    let rounds = testing::views::rounds(db).await?.into_iter().filter(begun).take(ASKED);
    let mut found = Vec::new();
    for round in rounds {
        let lines = testing::views::places(db, scope, round.id, "", digits).await?;
        let lines: Vec<_> = lines
            .into_iter()
            .filter(|line| line.counts.persons(testing::Stage::Planned) > 0)
            .map(|line| (line.place, line.counts))
            .collect();
        if lines.is_empty() {
            continue;
        }
        found.push((round, lines));
        if found.len() == MOST_ROUNDS {
            break;
        }
    }
    Ok(found)
}

/// Digits of a prefecture.
const PREFECTURE: usize = 4;
/// Digits of a county.
const COUNTY: usize = 6;

/// The prefecture of a county or street; nothing for what is wider.
fn prefecture(ground: &Ground) -> Option<&str> {
    ground.as_str().get(..PREFECTURE).filter(|_| ground.as_str().len() > PREFECTURE)
}

/// A scope, or the prefecture in which it lies.
fn widened(scope: AreaScope) -> AreaScope {
    let text = scope.to_string();
    let wide = text.get(..PREFECTURE).filter(|_| text.bytes().all(|b| b.is_ascii_digit()));
    wide.and_then(|wide| AreaScope::parse(wide).ok()).unwrap_or(scope)
}

/// Tells each of some grounds what was found in the rest of its prefecture, from the counties of that.
fn tell_around(grounds: &mut BTreeMap<Ground, Numbers>, counties: &BTreeMap<Ground, Numbers>) {
    let mut wholes: BTreeMap<&str, (BTreeMap<_, i64>, i64)> = BTreeMap::new();
    for (county, numbers) in counties {
        let Some(prefecture) = prefecture(county) else { continue };
        let (found, people) = wholes.entry(prefecture).or_default();
        for (key, n) in &numbers.found {
            *found.entry(*key).or_default() += n;
        }
        *people += numbers.population();
    }
    for (ground, numbers) in grounds {
        let Some((found, people)) = prefecture(ground).and_then(|of| wholes.get(of)) else {
            continue;
        };
        let rest = found.iter().map(|(key, n)| {
            let here = numbers.found.get(key).copied().unwrap_or(0);
            (*key, (n - here).max(0))
        });
        numbers.around = rest.filter(|(_, n)| *n > 0).collect();
        numbers.people_around = *people;
    }
}

fn ground_of(area: AreaCode, code: &str) -> Option<Ground> {
    if code.len() < STREET {
        return Ground::county(area);
    }
    Ground::parse(code.get(..STREET)?).ok()
}

/// The numbers of the counties of a scope, which know of the rest of their prefectures.
pub(crate) async fn by_county(
    db: &mut Connection,
    calendar: &Calendar,
    scope: AreaScope,
    at: Micros,
) -> Result<BTreeMap<Ground, Numbers>> {
    let mut grounds = counties(db, calendar, scope, at).await?;
    let wide = widened(scope);
    // The last rounds of one county are not those of all of them.
    let all = match wide == scope {
        true => grounds.clone(),
        false => counties(db, calendar, wide, at).await?,
    };
    tell_around(&mut grounds, &all);
    Ok(grounds)
}

/// The numbers of the counties of a scope, each by itself.
async fn counties(
    db: &mut Connection,
    calendar: &Calendar,
    scope: AreaScope,
    at: Micros,
) -> Result<BTreeMap<Ground, Numbers>> {
    let mut grounds: BTreeMap<Ground, Numbers> = BTreeMap::new();
    for (round, lines) in last_rounds(db, scope, at, 6).await? {
        for (place, counts) in lines {
            if let Ok(ground) = Ground::parse(&place) {
                let numbers = grounds.entry(ground).or_default();
                numbers.rounds.push(RoundNumbers::of(&round, &counts));
            }
        }
    }
    let since = first_day(calendar, at);
    for (area, hour, found_in, n) in cases::views::by_area_and_hour(db, scope, since).await? {
        if let Some(ground) = Ground::county(area) {
            let found = &mut grounds.entry(ground).or_default().found;
            *found.entry((hour, found_in)).or_default() += n;
        }
    }
    spread(db, calendar, scope, at, 6, |area, _, what, n| {
        if let Some(ground) = Ground::county(area) {
            *what(grounds.entry(ground).or_default()) += n;
        }
    })
    .await?;
    Ok(grounds)
}

/// The numbers of the streets of a scope. What is somewhere in a county, and nobody knows where, counts in
/// every street of it.
pub(crate) async fn by_street(
    db: &mut Connection,
    calendar: &Calendar,
    scope: AreaScope,
    at: Micros,
) -> Result<BTreeMap<Ground, Numbers>> {
    let mut grounds: BTreeMap<Ground, Numbers> = BTreeMap::new();
    for (round, lines) in last_rounds(db, scope, at, STREET as i64).await? {
        for (place, counts) in lines {
            if let Ok(ground) = Ground::parse(&place) {
                let numbers = grounds.entry(ground).or_default();
                numbers.rounds.push(RoundNumbers::of(&round, &counts));
            }
        }
    }
    let since = first_day(calendar, at);
    let digits = STREET as i64;
    let infections = cases::views::by_street_and_hour(db, scope, since, digits).await?;
    let mut somewhere: BTreeMap<Ground, Numbers> = BTreeMap::new();
    for (area, code, hour, found_in, n) in infections {
        let Some(ground) = ground_of(area, &code) else { continue };
        let whole = if ground.is_street() { &mut grounds } else { &mut somewhere };
        *whole.entry(ground).or_default().found.entry((hour, found_in)).or_default() += n;
    }
    spread(db, calendar, scope, at, digits, |area, code, what, n| {
        let Some(ground) = ground_of(area, code) else { return };
        let whole = if ground.is_street() { &mut grounds } else { &mut somewhere };
        *what(whole.entry(ground).or_default()) += n;
    })
    .await?;
    let wide = widened(scope);
    // The counties of a whole prefecture are the sums of their streets: nothing more is read.
    let all = match wide == scope {
        true => counties_of(&grounds, &somewhere),
        false => counties(db, calendar, wide, at).await?,
    };
    for (ground, numbers) in &mut grounds {
        let county =
            somewhere.iter().find(|(county, _)| ground.as_str().starts_with(county.as_str()));
        if let Some((_, unplaced)) = county {
            numbers.add(unplaced);
        }
    }
    tell_around(&mut grounds, &all);
    Ok(grounds)
}

/// Counties from their streets, and from what is somewhere in them and nobody knows where.
fn counties_of(
    streets: &BTreeMap<Ground, Numbers>,
    somewhere: &BTreeMap<Ground, Numbers>,
) -> BTreeMap<Ground, Numbers> {
    let mut found: BTreeMap<Ground, Numbers> = somewhere.clone();
    for (street, numbers) in streets {
        let county = street.as_str().get(..COUNTY).map(Ground::parse);
        if let Some(Ok(county)) = county {
            found.entry(county).or_default().add(numbers);
        }
    }
    found
}

/// A number of a ground.
type Slot = fn(&mut Numbers) -> &mut i64;

/// What waits somewhere: people for a bed, contacts for their quarantine, households and doors for somebody who
/// knocks, signals for an explanation.
async fn spread(
    db: &mut Connection,
    calendar: &Calendar,
    scope: AreaScope,
    at: Micros,
    digits: i64,
    mut add: impl FnMut(AreaCode, &str, Slot, i64),
) -> Result<()> {
    let queued: Slot = |numbers| &mut numbers.queued;
    for (area, code, n) in care::views::queued_by_place(db, scope, digits).await? {
        add(area, &code, queued, n);
    }
    let to_move: Slot = |numbers| &mut numbers.to_move;
    for (area, code, n) in tracing_desk::views::to_move_by_place(db, scope, digits).await? {
        add(area, &code, to_move, n);
    }
    let (sweeps, unswept): (Slot, Slot) = (|n| &mut n.sweeps, |n| &mut n.unswept);
    for (area, code, [n, homes]) in zones::views::sweeping_by_place(db, scope, digits).await? {
        add(area, &code, sweeps, n);
        add(area, &code, unswept, homes);
    }
    let strays: Slot = |numbers| &mut numbers.strays;
    for (area, code, n) in zones::views::strays_by_place(db, scope, digits).await? {
        add(area, &code, strays, n);
    }
    let signals: Slot = |numbers| &mut numbers.signals;
    let (low, high) = scope.bounds();
    let since = calendar.after(calendar.day(at), -SIGNAL_DAYS);
    let params = [since.into(), low.into(), high.into(), digits.into()];
    for row in db.query(&tables::SIGNALS_OPEN, &params).await? {
        add(row.area(0)?, row.text(1)?, signals, row.int(2)?);
    }
    Ok(())
}
