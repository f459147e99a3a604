//! Zones and sweeps: which infections lay outside of what was locked, who was locked in without risk, and what
//! the doors hid.

use types::{Micros, Span};

use super::records::{Because, Closed};
use super::{
    COMPOUND, Cell, Facts, Listing, PERSON, Scorer, Section, Spans, Value, Words, measure,
    person_cells, words,
};
use crate::truth::Infection;

/// See the module.
#[derive(Debug)]
pub struct Zones;

const CLOSED: Words = words("封控区和管控区", "Locked and controlled areas");
const SMALL: Words = words(
    "划区过小：小区已有病例，区外仍在小区内传染",
    "Zones too small: infected within a compound with a known case, outside of what was locked",
);
const INSIDE: Words = words("封控期间区内感染", "Infected behind a locked door");
const LARGE: Words = words(
    "划区过大：无感染者在内的封控人日",
    "Zones too large: person-days locked with nobody infected inside",
);
const SWEEPS: Words = words("排查", "Sweeps");
const HIDDEN: Words = words("不在任何名册上的人", "People on no list");

/// A case makes its compound one to be watched for so long: what lifting looks back on.
const WATCHED: Span = Span::days(14);

fn locked<'a>(facts: &'a Facts<'_>) -> impl Iterator<Item = &'a Closed> {
    facts.chronicle.closed.iter().filter(|c| c.level == zones::Level::Locked)
}

fn is_locked(facts: &Facts<'_>, person: u32, at: Micros) -> bool {
    locked(facts).any(|c| c.held_at(at) && c.has(person))
}

/// Who was infected by a neighbour of the compound after a case was known there, and lived in no locked area.
fn outside<'a>(facts: &'a Facts<'_>) -> Vec<&'a Infection> {
    let mut known: std::collections::BTreeMap<usize, Vec<Micros>> =
        std::collections::BTreeMap::new();
    for case in facts.chronicle.cases.values() {
        if let Some(person) = case.person {
            known.entry(facts.town.home_of(person)).or_default().push(case.found_at);
        }
    }
    let small = |i: &&Infection| {
        let home = facts.town.home_of(i.person);
        let by_neighbour = i.by.is_some_and(|by| facts.town.home_of(by) == home);
        let known = known.get(&home).map_or(&[][..], Vec::as_slice);
        by_neighbour && is_watched(known, i.at) && !is_locked(facts, i.person, i.at)
    };
    facts.infections.iter().filter(small).collect()
}

/// Whether a compound with cases that became known at these times is one to be watched at a time.
fn is_watched(known: &[Micros], at: Micros) -> bool {
    known.iter().any(|known| *known <= at && at - *known <= WATCHED)
}

fn inside<'a>(facts: &'a Facts<'_>) -> impl Iterator<Item = &'a Infection> {
    facts.infections.iter().filter(|i| is_locked(facts, i.person, i.at))
}

/// A zone's whole time, and its time with nobody infected inside.
fn times(facts: &Facts<'_>, zone: &Closed) -> (Span, Span) {
    let until = zone.until.unwrap_or(facts.now).min(facts.now);
    let there: Vec<(Micros, Micros)> = facts
        .infections
        .iter()
        .filter(|i| zone.has(i.person))
        .filter_map(|i| {
            let file = facts.chronicle.files.get(&i.person);
            // Whoever has been taken to a ward is no risk behind the door any more.
            let away = file.and_then(|f| f.isolated_at).unwrap_or(Micros::MAX);
            let (from, to) = (i.at.max(zone.from), (i.at + facts.lasts).min(away).min(until));
            (from < to).then_some((from, to))
        })
        .collect();
    let whole = Span((until - zone.from).0.max(0));
    (whole, Span(whole.0 - covered(there).0))
}

/// How long at least one of these times lasts.
fn covered(mut times: Vec<(Micros, Micros)>) -> Span {
    times.sort_unstable();
    let (mut covered, mut seen) = (Span(0), Micros(i64::MIN));
    for (from, to) in times {
        let from = from.max(seen);
        if to > from {
            covered.0 += (to - from).0;
            seen = to;
        }
    }
    covered
}

fn person_days(people: u32, span: Span) -> f64 {
    f64::from(people) * span.as_hours() / 24.0
}

impl Scorer for Zones {
    fn section(&self, facts: &Facts<'_>) -> Section {
        let c = facts.chronicle;
        let closed: std::collections::BTreeSet<_> =
            c.closed.iter().filter(|z| !z.persons.is_empty()).map(|z| z.zone).collect();
        let (mut whole, mut idle) = (0.0, 0.0);
        for zone in locked(facts) {
            let (all, free) = times(facts, zone);
            whole += person_days(zone.people(), all);
            idle += person_days(zone.people(), free);
        }
        let doors = c
            .sweeps
            .values()
            .fold([0; 4], |sum: [i64; 4], s| std::array::from_fn(|n| sum[n] + s.doors[n]));
        let hidden = facts.town.lodging.persons.clone();
        let there = c.hidden.since.is_some();
        let infected = hidden.clone().filter(|p| facts.infected_at.contains_key(p));
        let infected: Vec<u32> = infected.collect();
        let known = |p: &&u32| c.files.get(p).is_some_and(|f| f.case_at.is_some());
        let found = c.hidden.since.zip(c.hidden.found_at).map(|(from, at)| at - from);
        let count = |n: usize| Value::Count(n as i64);
        Section {
            key: "zones",
            title: words("分区与排查", "Zones and sweeps"),
            lead: words(
                "封控是否划得过小或过大；逐户排查找到了谁，漏了谁。",
                "Whether too little or too much was locked; whom the sweeps found, and whom not.",
            ),
            measures: vec![
                measure(facts, "zones", CLOSED, count(closed.len())).behind("zones"),
                measure(facts, "zone_small", SMALL, count(outside(facts).len()))
                    .behind("zone_small"),
                measure(facts, "zone_inside", INSIDE, count(inside(facts).count()))
                    .behind("zone_inside"),
                measure(
                    facts,
                    "zone_large",
                    LARGE,
                    Value::Share { part: idle.round() as i64, whole: whole.round() as i64 },
                )
                .behind("zones"),
                measure(facts, "sweeps", SWEEPS, count(c.sweeps.len())).behind("sweeps"),
                measure(
                    facts,
                    "sweep_doors",
                    words("排查户数：已见", "Households of the sweeps: found"),
                    Value::Share { part: doors[1], whole: doors.iter().sum() },
                )
                .behind("sweeps"),
                measure(facts, "hidden", HIDDEN, count(if there { hidden.len() } else { 0 }))
                    .behind("hidden"),
                measure(
                    facts,
                    "hidden_to_found",
                    words("入住到被排查发现", "From moving in to being found by a sweep"),
                    Value::Spans(Spans::of(found)),
                )
                .behind("hidden"),
                measure(
                    facts,
                    "hidden_infected",
                    words("其中感染者，已发现", "Of them infected: found"),
                    Value::Share {
                        part: infected.iter().filter(known).count() as i64,
                        whole: infected.len() as i64,
                    },
                )
                .behind("hidden"),
            ],
        }
    }

    fn lists(&self, facts: &Facts<'_>) -> Vec<(String, Listing)> {
        vec![
            ("zones".into(), all_zones(facts)),
            ("zone_small".into(), infections(facts, SMALL, outside(facts).into_iter())),
            ("zone_inside".into(), infections(facts, INSIDE, inside(facts))),
            ("sweeps".into(), all_sweeps(facts)),
            ("hidden".into(), all_hidden(facts)),
        ]
    }
}

fn level(zone: &Closed) -> &'static str {
    match zone.level {
        zones::Level::Locked => "封控 locked",
        zones::Level::Controlled => "管控 controlled",
        zones::Level::Precaution => "防范 precaution",
    }
}

fn all_zones(facts: &Facts<'_>) -> Listing {
    let rows = facts.chronicle.closed.iter().filter(|z| !z.persons.is_empty()).map(|zone| {
        let (all, free) = times(facts, zone);
        let within = facts.infections.iter().filter(|i| zone.held_at(i.at) && zone.has(i.person));
        let days = |span| person_days(zone.people(), span).round() as i64;
        vec![
            Cell::Text(zone.zone.to_string()),
            Cell::Text(zone.place.as_str().to_owned()),
            Cell::Text(level(zone).to_owned()),
            Cell::Time(Some(zone.from)),
            Cell::Time(zone.until),
            Cell::Number(i64::from(zone.people())),
            Cell::Number(days(all)),
            Cell::Number(days(free)),
            Cell::Number(within.count() as i64),
        ]
    });
    let columns = [
        words("区", "Zone"),
        words("地点", "Place"),
        words("级别", "Level"),
        words("自", "Since"),
        words("至", "Until"),
        words("人数", "People"),
        words("人日", "Person-days"),
        words("无感染者的人日", "Of these with nobody infected inside"),
        words("区内新感染", "Infected inside meanwhile"),
    ];
    Listing::new(CLOSED, &columns, rows.collect())
}

fn infections<'a>(
    facts: &Facts<'_>,
    title: Words,
    of: impl Iterator<Item = &'a Infection>,
) -> Listing {
    let rows = of.map(|i| {
        let [who, home] = person_cells(facts, i.person);
        let source = i.by.map(|by| facts.town.person_id(by).to_string()).unwrap_or_default();
        let case = facts.chronicle.files.get(&i.person).and_then(|f| f.case_at);
        vec![who, home, Cell::Time(Some(i.at)), Cell::Text(source), Cell::Time(case)]
    });
    let columns = [
        PERSON,
        COMPOUND,
        words("感染时间", "Infected"),
        words("传染源", "By"),
        words("判为病例", "Case"),
    ];
    Listing::new(title, &columns, rows.collect())
}

fn all_sweeps(facts: &Facts<'_>) -> Listing {
    let rows = facts.chronicle.sweeps.iter().map(|(id, s)| {
        let because = match s.because {
            Because::Repeated => "多例 several cases",
            Because::Zero => "清零前 before zero",
            Because::Person => "人工 by a person",
        };
        let [todo, found, absent, refused] = s.doors.map(Cell::Number);
        vec![
            Cell::Text(id.to_string()),
            Cell::Text(s.place.as_str().to_owned()),
            Cell::Text(because.to_owned()),
            Cell::Time(Some(s.opened_at)),
            Cell::Time(s.closed_at),
            found,
            absent,
            refused,
            todo,
            Cell::Number(s.strays),
        ]
    });
    let columns = [
        words("排查", "Sweep"),
        words("地点", "Place"),
        words("原因", "Why"),
        words("开始", "Begun"),
        words("结束", "Ended"),
        words("已见", "Found"),
        words("无人", "Absent"),
        words("拒绝", "Refused"),
        words("未敲门", "Not yet"),
        words("名册外的门", "Doors on no list"),
    ];
    Listing::new(SWEEPS, &columns, rows.collect())
}

fn all_hidden(facts: &Facts<'_>) -> Listing {
    let hidden = &facts.chronicle.hidden;
    let there = facts.town.lodging.persons.clone().filter(|_| hidden.since.is_some());
    let rows = there.map(|person| {
        let [who, home] = person_cells(facts, person);
        let file = facts.chronicle.files.get(&person);
        vec![
            who,
            home,
            Cell::Time(hidden.since),
            Cell::Time(hidden.registered_at),
            Cell::Time(facts.last_swab.get(&person).copied()),
            Cell::Time(facts.infected_at.get(&person).copied()),
            Cell::Time(file.and_then(|f| f.case_at)),
        ]
    });
    let columns = [
        PERSON,
        COMPOUND,
        words("入住", "Moved in"),
        words("登记", "Registered"),
        words("最近采样", "Last swab"),
        words("感染时间", "Infected"),
        words("判为病例", "Case"),
    ];
    Listing::new(HIDDEN, &columns, rows.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(n: i64) -> Micros {
        Micros(0) + Span::days(n)
    }

    #[test]
    fn a_compound_is_watched_from_its_case_on_for_fourteen_days() {
        let known = [day(3), day(10)];
        assert!(!is_watched(&[], day(5)));
        assert!(!is_watched(&known, day(2)), "nobody knew yet");
        assert!(is_watched(&known, day(3)));
        assert!(is_watched(&known, day(24)), "the second case");
        assert!(!is_watched(&known, day(25)));
    }

    #[test]
    fn two_who_are_infected_at_once_are_no_more_time_at_risk_than_one() {
        assert_eq!(covered(Vec::new()), Span(0));
        let times = vec![(day(4), day(6)), (day(1), day(3)), (day(2), day(3)), (day(5), day(8))];
        assert_eq!(covered(times), Span::days(6));
    }
}
