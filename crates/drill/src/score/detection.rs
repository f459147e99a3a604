//! Who was infected, who was found, and how long that took.

use types::Span;

use super::{
    COMPOUND, Cell, Facts, Listing, PERSON, Scorer, Section, Spans, Value, Words, measure,
    person_cells, words,
};

/// See the module.
#[derive(Debug)]
pub struct Detection;

/// Somebody who is infected for so long and no case is counted as not found: before that, no swab
/// would show it.
const FINDABLE: Span = Span::days(2);

const INFECTED: Words = words("感染者", "Infected persons");
const FOUND: Words = words("其中已发现", "Of these found");

impl Scorer for Detection {
    fn section(&self, facts: &Facts<'_>) -> Section {
        let found = |person: &u32| facts.chronicle.files.get(person).and_then(|f| f.case_at);
        let after = |what: &dyn Fn(&u32) -> Option<types::Micros>| {
            let times = facts.infections.iter().filter_map(|i| Some(what(&i.person)? - i.at));
            Value::Spans(Spans::of(times.filter(|s| s.0 >= 0)))
        };
        let cases = facts.infections.iter().filter(|i| found(&i.person).is_some()).count() as i64;
        let whole = facts.infections.len() as i64;
        let kept = |person: &u32| {
            let file = facts.chronicle.files.get(person)?;
            let since = facts.infected_at.get(person)?;
            let holds = file.holds.iter().filter(|h| h.until.is_none_or(|u| u > *since));
            let held = holds.map(|h| h.from.max(*since)).min();
            held.into_iter().chain(file.isolated_at).min()
        };
        let ward = |person: &u32| facts.chronicle.files.get(person)?.isolated_at;
        Section {
            key: "detection",
            title: words("发现", "Detection"),
            lead: words(
                "谁真的感染了，系统发现了谁，用了多久。",
                "Who was really infected, whom the system found, and how long that took.",
            ),
            measures: vec![
                measure(facts, "infected", INFECTED, Value::Count(whole)).behind("infected"),
                measure(facts, "found", FOUND, Value::Share { part: cases, whole }).behind("found"),
                measure(
                    facts,
                    "not_found",
                    words("感染两天以上仍未发现", "Infected for two days and not found"),
                    Value::Count(not_found(facts).count() as i64),
                )
                .behind("not_found"),
                measure(
                    facts,
                    "infection_to_case",
                    words("感染到发现", "From infection to detection"),
                    after(&found),
                )
                .behind("infected"),
                measure(
                    facts,
                    "infection_to_home",
                    words("感染到居家或隔离", "From infection to staying at home or in a ward"),
                    after(&kept),
                )
                .behind("infected"),
                measure(
                    facts,
                    "infection_to_ward",
                    words("感染到隔离治疗", "From infection to isolation in a ward"),
                    after(&ward),
                )
                .behind("infected"),
                measure(
                    facts,
                    "false_cases",
                    words("并未感染却判为病例", "Cases who were not infected"),
                    Value::Count(false_cases(facts).count() as i64),
                )
                .behind("false_cases"),
            ],
        }
    }

    fn lists(&self, facts: &Facts<'_>) -> Vec<(String, Listing)> {
        let columns = [
            PERSON,
            COMPOUND,
            words("感染时间", "Infected"),
            words("判为病例", "Case"),
            words("隔离", "Isolated"),
            words("感染到发现（小时）", "Hours to detection"),
            words("感染到隔离（小时）", "Hours to isolation"),
        ];
        let row = |person: u32| {
            let at = facts.infected_at.get(&person).copied();
            let file = facts.chronicle.files.get(&person);
            let case = file.and_then(|f| f.case_at);
            let [who, home] = person_cells(facts, person);
            vec![
                who,
                home,
                Cell::Time(at),
                Cell::Time(case),
                Cell::Time(file.and_then(|f| f.isolated_at)),
                Cell::Hours(at.zip(case).map(|(a, c)| (c - a).as_hours())),
                Cell::Hours(
                    at.zip(file.and_then(|f| f.isolated_at)).map(|(a, i)| (i - a).as_hours()),
                ),
            ]
        };
        let list = |title, rows: Vec<u32>| {
            Listing::new(title, &columns, rows.into_iter().map(row).collect())
        };
        vec![
            (
                "infected".into(),
                list(INFECTED, facts.infections.iter().map(|i| i.person).collect()),
            ),
            (
                "found".into(),
                list(
                    words("已发现的感染者", "Infected persons who were found"),
                    facts
                        .infections
                        .iter()
                        .map(|i| i.person)
                        .filter(|p| {
                            facts.chronicle.files.get(p).is_some_and(|f| f.case_at.is_some())
                        })
                        .collect(),
                ),
            ),
            (
                "not_found".into(),
                list(
                    words("尚未发现的感染者", "Infected and not found"),
                    not_found(facts).collect(),
                ),
            ),
            (
                "false_cases".into(),
                list(words("误判的病例", "Cases not infected"), false_cases(facts).collect()),
            ),
        ]
    }
}

fn not_found<'a>(facts: &'a Facts<'_>) -> impl Iterator<Item = u32> + 'a {
    facts
        .infections
        .iter()
        .filter(|i| facts.now - i.at >= FINDABLE)
        .map(|i| i.person)
        .filter(|p| facts.chronicle.files.get(p).is_none_or(|f| f.case_at.is_none()))
}

fn false_cases<'a>(facts: &'a Facts<'_>) -> impl Iterator<Item = u32> + 'a {
    let cases = facts.chronicle.files.iter().filter_map(|(p, f)| Some((*p, f.case_at?)));
    cases.filter(|(p, at)| !facts.infected_by(*p, *at)).map(|(p, _)| p)
}
