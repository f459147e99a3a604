//! The line list beside the truth: who is on it, as what, and how soon somebody looked and told.

use types::{Span, UnitId};

use super::chronicle::{CaseFile, CaseState};
use super::{
    COMPOUND, Cell, Facts, Listing, PERSON, Scorer, Section, Spans, Value, Words, cells_of,
    measure, person_cells, words,
};
use crate::truth::Severity;

/// See the module.
#[derive(Debug)]
pub struct Cases;

/// How soon a case has to be reported (`rep.online` of the eighth edition of the prevention
/// protocol).
const REPORTED_WITHIN: Span = Span::hours(2);

const ALL: Words = words("病例清单上的人", "Persons on the line list");
const MISSING: Words = words("感染而不在病例清单上者", "Infected and not on the line list");
const NOT_INFECTED: Words = words("并未感染却在病例清单上者", "On the line list and not infected");
const UNEXAMINED: Words = words("尚无人诊查的病例", "Cases whom nobody has examined");
const CLASS_WRONG: Words =
    words("有无症状判定与真实不符的病例", "Cases whose class is not what is true");
const TOO_LIGHT: Words = words("分型偏轻的病例", "Cases graver than the list says");
const TOO_GRAVE: Words = words("分型偏重的病例", "Cases lighter than the list says");
const LATE: Words = words("超过两小时上报或尚未上报", "Reported after more than two hours, or not");
const DEATHS: Words = words("死亡", "Deaths");
const ENDED: Words = words("出院或解除隔离", "Discharged or released");

/// A case that is one, with its code.
fn standing<'a>(facts: &'a Facts<'_>) -> impl Iterator<Item = (&'a UnitId, &'a CaseFile)> {
    facts.chronicle.cases.iter().filter(|(_, file)| file.state != CaseState::None)
}

fn is_infected(facts: &Facts<'_>, file: &CaseFile) -> bool {
    file.person.is_some_and(|person| facts.infected_at.contains_key(&person))
}

fn is_examined(file: &CaseFile) -> bool {
    file.class != "screen_positive"
}

/// How ill the person of a case really is, or was when the case ended; `None` for somebody who is
/// not infected.
fn truly(facts: &Facts<'_>, file: &CaseFile) -> Option<Severity> {
    facts.illness.get(&file.person?).copied()
}

/// The grade in the words of the line list. Whoever died was critical before.
pub(super) fn grade(of: Severity) -> &'static str {
    match of {
        Severity::None => "asymptomatic",
        Severity::Mild => "mild",
        Severity::Moderate => "moderate",
        Severity::Severe => "severe",
        Severity::Critical | Severity::Dead => "critical",
    }
}

/// A grade as a number, for telling the lighter from the graver; -1 where nobody has looked.
fn rank(word: &str) -> i32 {
    let grades = ["asymptomatic", "mild", "moderate", "severe", "critical"];
    grades.iter().position(|g| *g == word).map_or(-1, |n| n as i32)
}

/// Of an infected person who was examined: whether the list is right about symptoms.
fn class_right(facts: &Facts<'_>, file: &CaseFile) -> Option<bool> {
    let ill = truly(facts, file).filter(|_| is_examined(file))? > Severity::None;
    Some(ill == matches!(file.class.as_str(), "confirmed" | "converted"))
}

/// By how many grades the list is too light (below 0) or too grave, where somebody has looked.
fn severity_off(facts: &Facts<'_>, file: &CaseFile) -> Option<i32> {
    let truly = truly(facts, file).filter(|_| is_examined(file))?;
    let listed = rank(&file.severity);
    (listed >= 0).then(|| listed - rank(grade(truly)))
}

fn is_late(facts: &Facts<'_>, file: &CaseFile) -> bool {
    file.reported_at.unwrap_or(facts.now) - file.found_at > REPORTED_WITHIN
}

/// Infected persons who are on no list.
fn missing<'a>(facts: &'a Facts<'_>) -> impl Iterator<Item = u32> + 'a {
    let listed: std::collections::BTreeSet<u32> =
        standing(facts).filter_map(|(_, file)| file.person).collect();
    facts.infections.iter().map(|i| i.person).filter(move |person| !listed.contains(person))
}

fn died(facts: &Facts<'_>) -> impl Iterator<Item = u32> {
    facts.illness.iter().filter(|(_, s)| **s == Severity::Dead).map(|(person, _)| *person)
}

fn ended(file: &CaseFile, died: bool) -> bool {
    file.ended.is_some_and(|(how, _)| (how == cases::Ending::Died) == died)
}

type Is = fn(&Facts<'_>, &CaseFile) -> bool;

/// The lists of cases, by name.
const LISTS: [(&str, Words, Is); 9] = [
    ("cases", ALL, |_, _| true),
    ("cases_not_infected", NOT_INFECTED, |facts, file| !is_infected(facts, file)),
    ("cases_unexamined", UNEXAMINED, |_, file| !is_examined(file)),
    ("cases_class_wrong", CLASS_WRONG, |facts, file| class_right(facts, file) == Some(false)),
    ("cases_too_light", TOO_LIGHT, |facts, file| {
        severity_off(facts, file).is_some_and(|off| off < 0)
    }),
    ("cases_too_grave", TOO_GRAVE, |facts, file| {
        severity_off(facts, file).is_some_and(|off| off > 0)
    }),
    ("cases_late", LATE, is_late),
    ("cases_died", DEATHS, |_, file| ended(file, true)),
    ("cases_ended", ENDED, |_, file| ended(file, false)),
];

impl Scorer for Cases {
    fn section(&self, facts: &Facts<'_>) -> Section {
        let count = |is: &dyn Fn(&CaseFile) -> bool| {
            standing(facts).filter(|(_, file)| is(file)).count() as i64
        };
        let of_list = |name: &str| {
            let (_, _, is) = LISTS.iter().find(|(n, ..)| *n == name).copied().unwrap_or(LISTS[0]);
            count(&|file| is(facts, file))
        };
        let all = count(&|_| true);
        let infections = facts.infections.len() as i64;
        let listed = infections - missing(facts).count() as i64;
        let spans = |of: &dyn Fn(&CaseFile) -> Option<Span>| {
            let spans = standing(facts).filter_map(|(_, file)| of(file));
            Value::Spans(Spans::of(spans.filter(|s| s.0 >= 0)))
        };
        let judged = |is: &dyn Fn(&CaseFile) -> Option<bool>| Value::Share {
            part: count(&|file| is(file) == Some(true)),
            whole: count(&|file| is(file).is_some()),
        };
        let from_infection =
            |file: &CaseFile| Some(file.found_at - *facts.infected_at.get(&file.person?)?);
        let in_time = |file: &CaseFile| match is_late(facts, file) {
            true => Some(false),
            false => file.reported_at.map(|_| true),
        };
        let grade_right = |file: &CaseFile| severity_off(facts, file).map(|off| off == 0);
        let one = |key: &str, title, value: Value, list: &str| {
            measure(facts, key, title, value).behind(list)
        };
        Section {
            key: "cases",
            title: words("病例", "Cases"),
            lead: words(
                "谁在病例清单上，判为什么，与真实对照；多久有人上报、有人诊查。\
                 已结案者按结案时的真实病情比较。",
                "Who is on the line list, and as what, beside what is true; how soon somebody \
                 reported and examined them. Those whose case has ended are compared as they were \
                 then.",
            ),
            measures: vec![
                one("listed_cases", ALL, Value::Count(all), "cases"),
                one(
                    "infected_listed",
                    words("感染者已在病例清单上", "Infected persons on the line list"),
                    Value::Share { part: listed, whole: infections },
                    "cases_missing",
                ),
                one(
                    "infection_to_listed",
                    words("感染到列入病例清单", "From infection to the line list"),
                    spans(&from_infection),
                    "cases",
                ),
                one(
                    "listed_not_infected",
                    NOT_INFECTED,
                    Value::Count(of_list("cases_not_infected")),
                    "cases_not_infected",
                ),
                one(
                    "class_right",
                    words(
                        "已诊查者有无症状判定与真实相符",
                        "Of those examined, with the true class",
                    ),
                    judged(&|file| class_right(facts, file)),
                    "cases_class_wrong",
                ),
                one(
                    "severity_right",
                    words("已诊查者分型与真实相符", "Of those examined, with the true severity"),
                    judged(&grade_right),
                    "cases_too_light",
                ),
                one(
                    "severity_too_light",
                    TOO_LIGHT,
                    Value::Count(of_list("cases_too_light")),
                    "cases_too_light",
                ),
                one(
                    "severity_too_grave",
                    TOO_GRAVE,
                    Value::Count(of_list("cases_too_grave")),
                    "cases_too_grave",
                ),
                one(
                    "unexamined",
                    UNEXAMINED,
                    Value::Count(of_list("cases_unexamined")),
                    "cases_unexamined",
                ),
                one(
                    "listed_to_examined",
                    words("列入清单到首次诊查", "From the line list to the first examination"),
                    spans(&|file| Some(file.examined_at? - file.found_at)),
                    "cases",
                ),
                one(
                    "listed_to_reported",
                    words("列入清单到网络直报", "From the line list to the national network"),
                    spans(&|file| Some(file.reported_at? - file.found_at)),
                    "cases",
                ),
                one(
                    "reported_in_time",
                    words("两小时内上报", "Reported within two hours"),
                    judged(&in_time),
                    "cases_late",
                ),
                one(
                    "deaths",
                    DEATHS,
                    Value::Beside {
                        truth: died(facts).count() as i64,
                        system: of_list("cases_died"),
                    },
                    "cases_died",
                ),
                one("ended_cases", ENDED, Value::Count(of_list("cases_ended")), "cases_ended"),
            ],
        }
    }

    fn lists(&self, facts: &Facts<'_>) -> Vec<(String, Listing)> {
        let columns = [
            words("病例", "Case"),
            PERSON,
            COMPOUND,
            words("感染时间", "Infected"),
            words("列入清单", "On the list"),
            words("上报", "Reported"),
            words("首次诊查", "First examined"),
            words("清单判定", "As what on the list"),
            words("真实分型", "True severity"),
            words("结案", "Ended"),
        ];
        let row = |(case, file): (&UnitId, &CaseFile)| {
            let [who, home] = cells_of(facts, file.person);
            let infected = file.person.and_then(|person| facts.infected_at.get(&person)).copied();
            vec![
                Cell::Text(case.to_string()),
                who,
                home,
                Cell::Time(infected),
                Cell::Time(Some(file.found_at)),
                Cell::Time(file.reported_at),
                Cell::Time(file.examined_at),
                Cell::Text(format!("{} {}", file.class, file.severity).trim_end().to_owned()),
                Cell::Text(truly(facts, file).map_or("", grade).to_owned()),
                Cell::Time(file.ended.map(|(_, at)| at)),
            ]
        };
        let list = |(name, title, is): &(&str, Words, Is)| {
            let rows = standing(facts).filter(|(_, file)| is(facts, file)).map(row);
            ((*name).to_owned(), Listing::new(*title, &columns, rows.collect()))
        };
        let mut lists: Vec<(String, Listing)> = LISTS.iter().map(list).collect();
        let rows = missing(facts).map(|person| {
            let [who, home] = person_cells(facts, person);
            let severity = facts.illness.get(&person).map_or("", |s| grade(*s));
            let at = facts.infected_at.get(&person).copied();
            vec![who, home, Cell::Time(at), Cell::Text(severity.to_owned())]
        });
        let columns =
            [PERSON, COMPOUND, words("感染时间", "Infected"), words("真实分型", "True severity")];
        lists.push(("cases_missing".into(), Listing::new(MISSING, &columns, rows.collect())));
        lists
    }
}
