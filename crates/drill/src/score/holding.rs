//! Who had to stay at home without need, and who was told to be well and was not.

use types::{Micros, Span};

use super::chronicle::Hold;
use super::{
    COMPOUND, Cell, Facts, Listing, PERSON, Scorer, Section, Value, Words, measure, person_cells,
    words,
};
use crate::goods::Tube;

/// See the module.
#[derive(Debug)]
pub struct Holding;

const HELD: Words = words("被要求居家的人数", "Persons held at home");
const NEEDLESS: Words = words("未感染而被要求居家者", "Held at home without being infected");
const CLEARED: Words = words("感染者得到阴性结果", "Infected persons told they were negative");

/// Persons who were held although they were not infected when it began, with the time so far.
fn needless<'a>(facts: &'a Facts<'_>) -> impl Iterator<Item = (u32, Micros, Span)> + 'a {
    facts.chronicle.files.iter().flat_map(move |(person, file)| {
        let holds = file.holds.iter().filter(|h| !facts.infected_by(*person, h.from));
        holds.map(move |h| (*person, h.from, h.until.unwrap_or(facts.now) - h.from))
    })
}

/// Infected persons in tubes that were read as negative.
fn cleared<'a>(facts: &'a Facts<'_>) -> impl Iterator<Item = (u32, &'a Tube)> + 'a {
    let negative = |t: &&Tube| t.positive == Some(false) && t.reported_at.is_some();
    facts.goods.tubes.iter().filter(negative).flat_map(move |tube| {
        let infected = tube.swabbed.iter().filter(|p| facts.infected_by(**p, tube.sealed_at));
        infected.map(move |p| (*p, tube))
    })
}

/// Everybody who was held, once, with all the time.
fn all_held(facts: &Facts<'_>) -> Listing {
    let rows = facts.chronicle.files.iter().filter(|(_, f)| !f.holds.is_empty());
    let rows = rows.map(|(person, file)| {
        let [who, home] = person_cells(facts, *person);
        let hours = |h: &Hold| (h.until.unwrap_or(facts.now) - h.from).as_hours();
        let first = file.holds.first().map(|h| h.from);
        let infected = first.is_some_and(|from| facts.infected_by(*person, from));
        vec![
            who,
            home,
            Cell::Time(first),
            Cell::Hours(Some(file.holds.iter().map(hours).sum())),
            Cell::Number(i64::from(infected)),
        ]
    });
    let columns = [
        PERSON,
        COMPOUND,
        words("自", "Since"),
        words("小时", "Hours"),
        words("当时已感染", "Infected then"),
    ];
    Listing::new(HELD, &columns, rows.collect())
}

impl Scorer for Holding {
    fn section(&self, facts: &Facts<'_>) -> Section {
        let held = facts.chronicle.files.values().filter(|f| !f.holds.is_empty()).count() as i64;
        let persons: std::collections::BTreeSet<u32> = needless(facts).map(|(p, ..)| p).collect();
        let hours: f64 = needless(facts).map(|(_, _, span)| span.as_hours()).sum();
        Section {
            key: "holding",
            title: words("限制与误放", "Restrictions and false all-clears"),
            lead: words(
                "混采阳性后，全管人员居家等待单采结果；感染者若得到阴性结果，便是误放。",
                "After a pool that is not negative all its members stay at home until each has a \
                 result. An infected person who is told to be negative is a false all-clear.",
            ),
            measures: vec![
                measure(facts, "held", HELD, Value::Count(held)).behind("held"),
                measure(
                    facts,
                    "needless",
                    NEEDLESS,
                    Value::Share { part: persons.len() as i64, whole: held },
                )
                .behind("needless"),
                measure(
                    facts,
                    "needless_hours",
                    words("他们居家的小时数", "Hours that they stayed at home"),
                    Value::Hours(hours),
                )
                .behind("needless"),
                measure(facts, "cleared", CLEARED, Value::Count(cleared(facts).count() as i64))
                    .behind("cleared"),
            ],
        }
    }

    fn lists(&self, facts: &Facts<'_>) -> Vec<(String, Listing)> {
        let rows = needless(facts).map(|(person, from, span)| {
            let [who, home] = person_cells(facts, person);
            vec![who, home, Cell::Time(Some(from)), Cell::Hours(Some(span.as_hours()))]
        });
        let columns = [PERSON, COMPOUND, words("自", "Since"), words("小时", "Hours")];
        let held = Listing::new(NEEDLESS, &columns, rows.collect());
        let rows = cleared(facts).map(|(person, tube)| {
            let [who, home] = person_cells(facts, person);
            let since = facts.infected_at.get(&person).map(|at| (tube.sealed_at - *at).as_hours());
            vec![
                who,
                home,
                Cell::Text(tube.code.to_string()),
                Cell::Time(Some(tube.sealed_at)),
                Cell::Hours(since),
            ]
        });
        let columns = [
            PERSON,
            COMPOUND,
            words("试管", "Tube"),
            words("采样", "Sampled"),
            words("感染后（小时）", "Hours after infection"),
        ];
        let told = Listing::new(CLEARED, &columns, rows.collect());
        vec![("held".into(), all_held(facts)), ("needless".into(), held), ("cleared".into(), told)]
    }
}
