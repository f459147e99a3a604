//! Zones in what-if: those that the zones desk keeps are closed in both runs of a pair, and one of them can
//! be lifted, lowered or made smaller in one, or another one be made.

use ::zones::Level;
use city::epidemic::Lock;
use city::response_model::{KnownZone, ZoneSpan};
use jiff::civil::Date;
use types::{AreaScope, PlaceCode, Refusal, UnitId};

use super::super::today::{Held, Today};
use crate::Fault;
use crate::i18n::number;
use crate::pages::testing::names::Names;
use crate::pages::zones::words::level_text;
use crate::seat::Seat;
use crate::t;
use crate::ui::form::{Field, Form, FormData};

/// The fields.
pub const WHAT: &str = "zone-what";
const WHICH: &str = "zone-which";
const PLACE: &str = "zone-place";
const LEVEL: &str = "zone-level";
const FROM: &str = "zone-from";
/// Zones that can be chosen, the largest first; any can be named by its place.
const CHOICES: usize = 60;

/// What is done with a zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    Lift,
    Lower,
    Halve,
    Make,
}

impl Act {
    const ALL: [Act; 4] = [Act::Lift, Act::Lower, Act::Halve, Act::Make];

    const fn as_str(self) -> &'static str {
        match self {
            Act::Lift => "lift",
            Act::Lower => "lower",
            Act::Halve => "halve",
            Act::Make => "make",
        }
    }
}

/// A change of a zone, from a day on.
#[derive(Clone, Debug, PartialEq)]
pub struct ZoneChange {
    act: Act,
    /// The zone that stands, or that is made.
    zone: Held,
    /// Its name when it was asked about.
    name: String,
    /// Days from today.
    from: u32,
    date: Date,
}

impl ZoneChange {
    /// In words.
    pub fn text(&self, seat: &Seat) -> String {
        let level = level_text(seat, self.zone.level);
        let zone = format!("{} · {level} · {}", self.name, number(self.zone.persons));
        seat.fill(
            &format!("what-if-zone-did-{}", self.act.as_str()),
            &[("zone", zone.into()), ("at", self.date.to_string().into())],
        )
    }
}

/// How far people of a level may go: home only behind a lock, the compound under control.
fn lock_of(level: Level) -> Option<Lock> {
    match level {
        Level::Locked => Some(Lock::Door),
        Level::Controlled => Some(Lock::Compound),
        Level::Precaution => None,
    }
}

fn known(zone: &Held, persons: i64, spans: &[(u32, u32, Option<Lock>)]) -> KnownZone {
    let span = |(from, until, lock): &(u32, u32, Option<Lock>)| {
        let lock = lock.filter(|_| from < until)?;
        Some(ZoneSpan { from: *from, until: *until, lock })
    };
    KnownZone {
        county: zone.area.to_string().parse().unwrap_or(0),
        persons: u64::try_from(persons).unwrap_or(0),
        spans: spans.iter().filter_map(span).collect(),
    }
}

/// The zones of both runs of a pair: as it is, and with a change. They stand at the same places in both.
pub fn of_pairs(today: &Today, change: Option<&ZoneChange>) -> (Vec<KnownZone>, Vec<KnownZone>) {
    let (mut base, mut changed) = (Vec::new(), Vec::new());
    for zone in &today.zones {
        let (until, lock) = (zone.days, lock_of(zone.level));
        let as_it_is = |persons| known(zone, persons, &[(0, until, lock)]);
        let asked = change.filter(|change| change.act != Act::Make && change.zone.id == zone.id);
        let Some(change) = asked else {
            base.push(as_it_is(zone.persons));
            changed.push(as_it_is(zone.persons));
            continue;
        };
        let from = change.from.min(until);
        let lowered = lock_of(Level::Controlled);
        let half = zone.persons / 2;
        match change.act {
            Act::Lift | Act::Make => {
                base.push(as_it_is(zone.persons));
                changed.push(known(zone, zone.persons, &[(0, from, lock)]));
            }
            Act::Lower => {
                base.push(as_it_is(zone.persons));
                let spans = [(0, from, lock), (from, until, lowered)];
                changed.push(known(zone, zone.persons, &spans));
            }
            Act::Halve => {
                base.extend([as_it_is(half), as_it_is(zone.persons - half)]);
                let other = known(zone, zone.persons - half, &[(0, from, lock)]);
                changed.extend([as_it_is(half), other]);
            }
        }
    }
    if let Some(change) = change.filter(|change| change.act == Act::Make) {
        let spans = [(change.from, change.zone.days, lock_of(change.zone.level))];
        base.push(known(&change.zone, change.zone.persons, &[]));
        changed.push(known(&change.zone, change.zone.persons, &spans));
    }
    (base, changed)
}

/// The change of a zone that a form asks for; nothing where it asks for none.
///
/// # Errors
/// A refusal with the field that it is about.
pub async fn asked(
    seat: &Seat,
    today: &Today,
    form: &FormData,
) -> Result<Result<Option<ZoneChange>, (&'static str, Refusal)>, Fault> {
    let Some(act) = Act::ALL.into_iter().find(|act| act.as_str() == form.text(WHAT)) else {
        return Ok(Ok(None));
    };
    let (date, from) = match form.text(FROM) {
        "" => (today.date, 0),
        text => match text.parse::<Date>() {
            Ok(day) if day >= today.date => {
                let ahead = day.since(today.date).map_or(0, |span| span.get_days());
                (day, u32::try_from(ahead).unwrap_or(0))
            }
            Ok(_) => return Ok(Err((FROM, Refusal::new("what-if-before-today")))),
            Err(_) => return Ok(Err((FROM, Refusal::new("day-form")))),
        },
    };
    let zone = match act {
        Act::Make => match made(seat, today, form).await? {
            Ok(zone) => zone,
            Err(refusal) => return Ok(Err((PLACE, refusal))),
        },
        Act::Lift | Act::Lower | Act::Halve => {
            let wanted = UnitId::parse(form.text(WHICH)).ok();
            let found = today.zones.iter().find(|zone| zone.id == wanted && wanted.is_some());
            match found {
                None => return Ok(Err((WHICH, Refusal::new("what-if-zone-which")))),
                Some(zone) if act == Act::Lower && zone.level != Level::Locked => {
                    return Ok(Err((WHICH, Refusal::new("what-if-zone-not-locked"))));
                }
                Some(zone) => zone.clone(),
            }
        }
    };
    let names = Names::of_places(&mut seat.db().await?, [zone.place.clone()]).await?;
    let name = names.place(seat, &zone.place);
    Ok(Ok(Some(ZoneChange { act, zone, name, from, date })))
}

/// A zone that does not stand yet: at a place in view where people are registered.
async fn made(seat: &Seat, today: &Today, form: &FormData) -> Result<Result<Held, Refusal>, Fault> {
    let wanted = form.text(PLACE).trim();
    let Ok(place) = PlaceCode::parse(wanted) else {
        return Ok(Err(Refusal::new("what-if-zone-place").with("place", wanted)));
    };
    let line = registry::views::place(&mut seat.db().await?, &place).await?;
    let area = place.area().filter(|area| seat.scope().covers(AreaScope::one(*area)));
    let (Some(area), Some(line)) = (area, line.filter(|line| line.persons > 0)) else {
        return Ok(Err(Refusal::new("what-if-zone-place").with("place", wanted)));
    };
    let over = |zone: &&Held| ::zones::is_within(&place, &zone.place);
    if today.zones.iter().any(|zone| over(&zone)) {
        return Ok(Err(Refusal::new("what-if-zone-stands").with("place", wanted)));
    }
    let level = match form.text(LEVEL) {
        "controlled" => Level::Controlled,
        _ => Level::Locked,
    };
    Ok(Ok(Held { id: None, area, place, level, persons: line.persons, days: u32::MAX / 4 }))
}

/// The part of the form that is about a zone.
pub async fn fields<'a>(
    seat: &'a Seat,
    today: &Today,
    typed: &FormData,
    form: Form<'a>,
) -> Result<Form<'a>, Fault> {
    let mut zones: Vec<&Held> = today.zones.iter().filter(|zone| zone.id.is_some()).collect();
    zones.sort_by_key(|zone| (std::cmp::Reverse(zone.persons), zone.place.clone()));
    zones.truncate(CHOICES);
    let places = zones.iter().map(|zone| zone.place.clone());
    let names = Names::of_places(&mut seat.db().await?, places).await?;
    let mut which = vec![(String::new(), t!(seat, "what-if-none"))];
    which.extend(zones.iter().filter_map(|zone| {
        let (level, name) = (level_text(seat, zone.level), names.place(seat, &zone.place));
        Some((zone.id?.to_string(), format!("{name} · {level} · {}", number(zone.persons))))
    }));
    let acts = std::iter::once((String::new(), t!(seat, "what-if-none"))).chain(
        Act::ALL.iter().filter(|act| **act == Act::Make || !zones.is_empty()).map(|act| {
            let word = act.as_str();
            (word.to_owned(), seat.text(&format!("what-if-zone-{word}")))
        }),
    );
    let levels = [Level::Locked, Level::Controlled]
        .map(|level| (level.as_str().to_owned(), level_text(seat, level)));
    let mut fields = vec![
        Field::select(WHAT, t!(seat, "what-if-zone-what"), acts.collect())
            .value(typed.text(WHAT))
            .optional(),
    ];
    if !zones.is_empty() {
        fields.push(
            Field::select(WHICH, t!(seat, "what-if-zone-which"), which)
                .value(typed.text(WHICH))
                .optional(),
        );
    }
    fields.extend([
        Field::text(PLACE, t!(seat, "what-if-zone-new"))
            .hint(t!(seat, "what-if-zone-new-hint"))
            .value(typed.text(PLACE))
            .optional(),
        Field::select(LEVEL, t!(seat, "what-if-zone-level"), levels.to_vec())
            .value(match typed.text(LEVEL) {
                "" => Level::Locked.as_str(),
                text => text,
            })
            .short(),
        Field::day(FROM, t!(seat, "what-if-from")).value(typed.text(FROM)).optional(),
    ]);
    Ok(form.group(&t!(seat, "what-if-zone"), fields))
}

#[cfg(test)]
mod tests {
    use types::AreaCode;

    use super::*;

    fn held(n: u32, level: Level, persons: i64, days: u32) -> Held {
        let area = AreaCode::new(220_202).expect("a county");
        Held {
            id: Some(UnitId::printed(types::UnitKind::new('Z'), area, n)),
            area,
            place: PlaceCode::parse(&format!("22020200100{n}")).expect("a community"),
            level,
            persons,
            days,
        }
    }

    fn today(zones: Vec<Held>) -> Today {
        Today {
            at: types::Micros(0),
            scope: AreaScope::parse("220202").expect("a county"),
            date: jiff::civil::date(2026, 11, 26),
            residents: 5_000,
            totals: Vec::new(),
            found: Vec::new(),
            waiting: 0,
            in_care: [0, 0],
            has: Vec::new(),
            outlook: Err(Refusal::new("none")),
            zones,
            zones_kept: true,
        }
    }

    fn change(act: Act, zone: &Held, from: u32) -> ZoneChange {
        let date = jiff::civil::date(2026, 11, 26);
        ZoneChange { act, zone: zone.clone(), name: String::new(), from, date }
    }

    #[test]
    fn both_runs_have_the_same_zones_and_differ_in_what_is_asked() {
        let zones = vec![held(1, Level::Locked, 900, 14), held(2, Level::Controlled, 401, 3)];
        let of = |act, zone, from| of_pairs(&today(zones.clone()), Some(&change(act, zone, from)));
        let persons = |zones: &[KnownZone]| zones.iter().map(|z| z.persons).collect::<Vec<_>>();
        let spans = |zone: &KnownZone| -> Vec<(u32, u32, Lock)> {
            zone.spans.iter().map(|span| (span.from, span.until, span.lock)).collect()
        };
        for (act, n) in [(Act::Lift, 2), (Act::Lower, 2), (Act::Halve, 3), (Act::Make, 3)] {
            let (base, changed) = of(act, &zones[0], 5);
            assert_eq!((base.len(), persons(&base)), (n, persons(&changed)), "{act:?}");
        }
        let (base, lifted) = of(Act::Lift, &zones[0], 5);
        assert_eq!(spans(&base[0]), [(0, 14, Lock::Door)]);
        assert_eq!(spans(&lifted[0]), [(0, 5, Lock::Door)]);
        assert_eq!(spans(&lifted[1]), [(0, 3, Lock::Compound)]);
        let (_, lowered) = of(Act::Lower, &zones[0], 5);
        assert_eq!(spans(&lowered[0]), [(0, 5, Lock::Door), (5, 14, Lock::Compound)]);
        let (base, halved) = of(Act::Halve, &zones[1], 1);
        assert_eq!(persons(&base), [900, 200, 201]);
        assert_eq!(
            (spans(&halved[1]), spans(&halved[2])),
            (vec![(0, 3, Lock::Compound)], vec![(0, 1, Lock::Compound)],)
        );
        let new = Held { id: None, ..held(3, Level::Locked, 50, 30) };
        let (base, made) = of(Act::Make, &new, 2);
        assert_eq!((spans(&base[2]), spans(&made[2])), (vec![], vec![(2, 30, Lock::Door)]));
        // What ends before it would be lifted ends on its day.
        let (_, late) = of(Act::Lift, &zones[1], 9);
        assert_eq!(spans(&late[1]), [(0, 3, Lock::Compound)]);
    }
}
