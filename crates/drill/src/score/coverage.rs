//! How many were reached in each round: in truth, and as the system counts.

use super::{
    Behind, COMPOUND, Cell, Facts, Listing, Measure, PERSON, ROWS, Scorer, Section, Value, Words,
    person_cells, swabbed_in, words,
};

/// See the module.
#[derive(Debug)]
pub struct Coverage;

const LEFT_OUT: Words = words("当轮真正未采样者", "Residents not swabbed in the round, in truth");
const UNSEEN: Words = words("当轮未采样的感染者", "Infected and not swabbed in the round");

/// Infected persons at large whom a round did not swab.
fn unseen(facts: &Facts<'_>, round: usize) -> Vec<u32> {
    let Some(file) = facts.chronicle.rounds.get(round) else { return Vec::new() };
    let swabbed = swabbed_in(facts, round);
    let until = file.ends_at.min(facts.now);
    facts
        .infections
        .iter()
        .filter(|i| i.at <= file.starts_at)
        .map(|i| i.person)
        .filter(|p| !swabbed.get(*p as usize).copied().unwrap_or(false))
        .filter(|p| {
            let file = facts.chronicle.files.get(p);
            file.and_then(|f| f.isolated_at).is_none_or(|at| at > until)
        })
        .collect()
}

/// Residents whom a round did not swab, in truth. Those who are in a ward have no need to be.
fn left_out<'a>(facts: &'a Facts<'_>, round: usize) -> impl Iterator<Item = u32> + 'a {
    let swabbed = swabbed_in(facts, round);
    (0..facts.town.people).filter(move |person| {
        let done = swabbed.get(*person as usize).copied().unwrap_or(false);
        !done && !facts.chronicle.is_excused(*person)
    })
}

fn left_of(number: u32) -> String {
    format!("left_out_{number}")
}

fn list_of(number: u32) -> String {
    format!("unseen_{number}")
}

impl Scorer for Coverage {
    fn section(&self, facts: &Facts<'_>) -> Section {
        let mut measures = Vec::new();
        for (at, round) in facts.chronicle.rounds.iter().enumerate() {
            let [planned, sampled, reported, blind] = round.system;
            let truth = swabbed_in(facts, at).into_iter().filter(|s| *s).count() as i64;
            let read_at = round.read_at.unwrap_or(facts.now).min(facts.now);
            let page = format!("/testing/rounds/{}", round.id);
            let mut add = |key: &str, title, value, behind: Behind| {
                measures.push(Measure {
                    key: key.to_owned(),
                    title,
                    round: Some(round.number),
                    value,
                    from: round.starts_at.min(read_at),
                    until: read_at,
                    behind: Some(behind),
                });
            };
            add(
                "swabbed",
                words("已采样人数", "Persons swabbed"),
                Value::Beside { truth, system: sampled },
                Behind::Page(page.clone()),
            );
            add(
                "covered",
                words("应采者中已采样", "Of those expected, swabbed"),
                Value::Share { part: truth, whole: planned },
                Behind::List(left_of(round.number)),
            );
            add(
                "reported",
                words("已出结果人数（系统）", "Persons with a result (system)"),
                Value::Share { part: reported, whole: planned },
                Behind::Page(page.clone()),
            );
            add(
                "blind",
                words("盲点（系统）", "Blind spots (system)"),
                Value::Count(blind),
                Behind::Page(format!("{page}/blind")),
            );
            let missed = unseen(facts, at).len() as i64;
            add("unseen", UNSEEN, Value::Count(missed), Behind::List(list_of(round.number)));
        }
        Section {
            key: "coverage",
            title: words("每轮覆盖", "Coverage by round"),
            lead: words(
                "每轮真实采样人数与系统计数对照；系统计数为当日末读取。",
                "Persons really swabbed beside the system's count, which was read at the end of a day.",
            ),
            measures,
        }
    }

    fn lists(&self, facts: &Facts<'_>) -> Vec<(String, Listing)> {
        let columns = [PERSON, COMPOUND, words("感染时间", "Infected")];
        let number = |at: usize| facts.chronicle.rounds[at].number;
        let left = (0..facts.chronicle.rounds.len()).map(|at| {
            let people: Vec<u32> = left_out(facts, at).collect();
            let row = |person: &u32| person_cells(facts, *person).to_vec();
            let rows = people.iter().take(ROWS).map(row).collect();
            let list = Listing::first(LEFT_OUT, &columns[..2], rows, people.len());
            (left_of(number(at)), list)
        });
        let unseen = (0..facts.chronicle.rounds.len()).map(|at| {
            let rows = unseen(facts, at).into_iter().map(|person| {
                let [who, home] = person_cells(facts, person);
                vec![who, home, Cell::Time(facts.infected_at.get(&person).copied())]
            });
            (list_of(number(at)), Listing::new(UNSEEN, &columns, rows.collect()))
        });
        left.chain(unseen).collect()
    }
}
