//! From the positive to a bed: how long it took, whom it did not reach in time, and who was torn apart.

use std::collections::BTreeMap;

use types::{Micros, Span, UnitId};

use super::chronicle::Stay;
use super::{
    COMPOUND, Cell, Facts, Listing, PERSON, Scorer, Section, Spans, Value, Words, cells_of,
    measure, person_cells, words,
};
use crate::truth::Severity;

/// See the module.
#[derive(Debug)]
pub struct Beds;

/// By when a positive is to be in care: `pos.transfer` of `cn-2022`, a setting (recalled, not read).
const WITHIN: Span = Span::hours(2);

const ALL: Words = words("等待过床位的人", "Persons who waited for a bed");
const WAITING: Words = words("仍无床位者", "Still without a bed");
const LATE: Words = words("两小时内未入院者", "Not in a bed within two hours");
const WORSE: Words = words("等待期间病情加重者", "Became worse while they waited");
const SEVERE_WAITS: Words =
    words("仍无床位的重型、危重型", "Severe or critical, and still without a bed");
const DIED_WAITING: Words = words("等待床位期间死亡", "Died while they waited");
const SPLIT: Words = words("一家人分住不同机构", "Families in more than one facility");

fn waited(facts: &Facts<'_>, stay: &Stay) -> Span {
    end_of_wait(facts, stay) - stay.since
}

/// When somebody came into a bed, died, or now.
fn end_of_wait(facts: &Facts<'_>, stay: &Stay) -> Micros {
    stay.admitted_at.or_else(|| died_at(facts, stay)).unwrap_or(facts.now)
}

/// When somebody who was in no bed was reported to have died.
fn died_at(facts: &Facts<'_>, stay: &Stay) -> Option<Micros> {
    let file = facts.chronicle.files.get(&stay.person?)?;
    file.ended.filter(|(how, _)| *how == cases::Ending::Died).map(|(_, at)| at)
}

fn severity_now(facts: &Facts<'_>, stay: &Stay) -> Option<Severity> {
    facts.illness.get(&stay.person?).copied()
}

/// Whether somebody waits now: in no bed, not dead, and the case still one.
fn waits(facts: &Facts<'_>, stay: &Stay) -> bool {
    let case = facts.chronicle.cases.get(&stay.case);
    stay.admitted_at.is_none()
        && severity_now(facts, stay) != Some(Severity::Dead)
        && case.is_none_or(|file| {
            file.ended.is_none() && file.state == super::chronicle::CaseState::Open
        })
}

fn died_waiting(facts: &Facts<'_>, stay: &Stay) -> bool {
    stay.admitted_at.is_none() && severity_now(facts, stay) == Some(Severity::Dead)
}

/// Graver when the wait was over, or now, than when it began.
fn became_worse(facts: &Facts<'_>, stay: &Stay) -> bool {
    let after = match stay.admitted_at {
        Some(_) => stay.ill_at_admission,
        None => severity_now(facts, stay),
    };
    stay.ill_at_first.zip(after).is_some_and(|(before, after)| after > before)
}

fn grave(of: Option<Severity>) -> bool {
    of.is_some_and(|severity| severity >= Severity::Severe)
}

type Is = fn(&Facts<'_>, &Stay) -> bool;

/// The lists, by name.
const LISTS: [(&str, Words, Is); 6] = [
    ("beds_all", ALL, |_, _| true),
    ("beds_waiting", WAITING, waits),
    ("beds_late", LATE, |facts, stay| waited(facts, stay) > WITHIN),
    ("beds_worse", WORSE, became_worse),
    ("beds_severe", SEVERE_WAITS, |facts, stay| {
        waits(facts, stay) && grave(severity_now(facts, stay))
    }),
    ("beds_died", DIED_WAITING, died_waiting),
];

/// Households of whom several lie in different facilities now, with who lies where.
fn split(facts: &Facts<'_>) -> BTreeMap<u32, Vec<(UnitId, u32, String)>> {
    let mut homes: BTreeMap<u32, Vec<(UnitId, u32, String)>> = BTreeMap::new();
    for (id, stay) in &facts.chronicle.stays {
        let lies = stay.admitted_at.is_some() && stay.left_at.is_none();
        if let (true, Some(person), Some(facility)) = (lies, stay.person, &stay.facility) {
            let home = facts.town.household_of(person).start;
            homes.entry(home).or_default().push((*id, person, facility.to_string()));
        }
    }
    homes.retain(|_, lie| lie.iter().any(|(.., facility)| *facility != lie[0].2));
    homes
}

impl Scorer for Beds {
    fn section(&self, facts: &Facts<'_>) -> Section {
        let stays = || facts.chronicle.stays.values();
        let count = |is: Is| stays().filter(|stay| is(facts, stay)).count() as i64;
        let listed = |name: &str| {
            LISTS.iter().find(|(known, ..)| *known == name).map_or(0, |(_, _, is)| count(*is))
        };
        let spans = |is: &dyn Fn(&Stay) -> bool| {
            let admitted = stays().filter(|stay| is(stay));
            Value::Spans(Spans::of(
                admitted.filter_map(|stay| Some(stay.admitted_at? - stay.since)),
            ))
        };
        let between = |of: &dyn Fn(&Stay) -> Option<(Micros, Micros)>| {
            let all = stays().filter_map(of).map(|(from, until)| until - from);
            Value::Spans(Spans::of(all.filter(|span| span.0 >= 0)))
        };
        let days: f64 = stays().map(|stay| waited(facts, stay).as_hours().max(0.0)).sum();
        // Who has not waited so long yet may still be in time.
        let judged =
            stays().filter(|stay| stay.admitted_at.is_some() || waited(facts, stay) > WITHIN);
        let one = |key: &str, title, value: Value, list: &str| {
            measure(facts, key, title, value).behind(list)
        };
        Section {
            key: "beds",
            title: words("床位", "Beds"),
            lead: words(
                "从阳性到入院：等了多久，谁没有等到，等待中谁加重了。病情按真实情况，不按记录。",
                "From the positive to a bed: how long it took, whom it did not reach, who became worse \
                 meanwhile. How ill people are is the truth, not what is recorded.",
            ),
            measures: vec![
                one("waited_for_bed", ALL, Value::Count(count(|_, _| true)), "beds_all"),
                one(
                    "waiting_for_bed",
                    WAITING,
                    Value::Count(listed("beds_waiting")),
                    "beds_waiting",
                ),
                one(
                    "positive_to_bed",
                    words("阳性到入院", "From the positive to a bed"),
                    spans(&|_| true),
                    "beds_all",
                ),
                one(
                    "positive_to_bed_severe",
                    words("其中重型、危重型", "Of those severe or critical"),
                    spans(&|stay| grave(stay.ill_at_admission)),
                    "beds_all",
                ),
                one(
                    "positive_to_bed_mild",
                    words("其中无症状、轻型", "Of those without symptoms or mildly ill"),
                    spans(&|stay| stay.ill_at_admission <= Some(Severity::Mild)),
                    "beds_all",
                ),
                one(
                    "in_bed_in_time",
                    words("两小时内入院", "In a bed within two hours"),
                    Value::Share {
                        part: stays()
                            .filter(|s| s.admitted_at.is_some() && waited(facts, s) <= WITHIN)
                            .count() as i64,
                        whole: judged.count() as i64,
                    },
                    "beds_late",
                ),
                one(
                    "hours_waited",
                    words("等待床位的人时", "Person-hours of waiting"),
                    Value::Hours(days),
                    "beds_all",
                ),
                one(
                    "assigned_to_picked",
                    words("派床到接走", "From a bed held to the pick-up"),
                    between(&|stay| Some((stay.assigned_at?, stay.picked_at?))),
                    "beds_all",
                ),
                one(
                    "picked_to_bed",
                    words("接走到入院", "From the pick-up to the bed"),
                    between(&|stay| Some((stay.picked_at?, stay.admitted_at?))),
                    "beds_all",
                ),
                one("worse_waiting", WORSE, Value::Count(listed("beds_worse")), "beds_worse"),
                one(
                    "severe_waiting",
                    SEVERE_WAITS,
                    Value::Count(listed("beds_severe")),
                    "beds_severe",
                ),
                one("died_waiting", DIED_WAITING, Value::Count(listed("beds_died")), "beds_died"),
                one("families_split", SPLIT, Value::Count(split(facts).len() as i64), "beds_split"),
            ],
        }
    }

    fn lists(&self, facts: &Facts<'_>) -> Vec<(String, Listing)> {
        let columns = [
            words("收治", "Episode"),
            PERSON,
            COMPOUND,
            words("阳性", "Positive"),
            words("派床", "Bed held"),
            words("接走", "Picked up"),
            words("入院", "In a bed"),
            words("机构", "Facility"),
            words("等待（小时）", "Waited (hours)"),
            words("真实分型：起初→入院", "True severity: at first → at admission"),
        ];
        let word = |of: Option<Severity>| of.map_or("", super::cases::grade);
        let row = |(id, stay): (&UnitId, &Stay)| {
            let [who, home] = cells_of(facts, stay.person);
            let then = stay.ill_at_admission.or_else(|| severity_now(facts, stay));
            vec![
                Cell::Text(id.to_string()),
                who,
                home,
                Cell::Time(Some(stay.since)),
                Cell::Time(stay.assigned_at),
                Cell::Time(stay.picked_at),
                Cell::Time(stay.admitted_at),
                Cell::Text(stay.facility.as_ref().map(ToString::to_string).unwrap_or_default()),
                Cell::Hours(Some(waited(facts, stay).as_hours())),
                Cell::Text(format!("{} → {}", word(stay.ill_at_first), word(then))),
            ]
        };
        let list = |(name, title, is): &(&str, Words, Is)| {
            let rows = facts.chronicle.stays.iter().filter(|(_, stay)| is(facts, stay)).map(row);
            ((*name).to_owned(), Listing::new(*title, &columns, rows.collect()))
        };
        let mut lists: Vec<(String, Listing)> = LISTS.iter().map(list).collect();
        let rows = split(facts).into_values().flatten().map(|(id, person, facility)| {
            let [who, home] = person_cells(facts, person);
            vec![Cell::Text(id.to_string()), who, home, Cell::Text(facility)]
        });
        let columns = [words("收治", "Episode"), PERSON, COMPOUND, words("机构", "Facility")];
        lists.push(("beds_split".into(), Listing::new(SPLIT, &columns, rows.collect())));
        lists
    }
}
