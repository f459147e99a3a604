//! Who was traced: whom the cases infected and nobody named, how soon contacts were apart, and who was kept
//! without having been infected.

use types::{Micros, Span};

use super::records::Followed;
use super::{
    COMPOUND, Cell, Facts, Listing, PERSON, Scorer, Section, Spans, Value, Words, cells_of,
    measure, person_cells, words,
};
use crate::truth::Infection;

/// See the module.
#[derive(Debug)]
pub struct Tracing;

const INQUIRIES: Words = words("流调的病例", "Cases that are investigated");
const MISSED: Words = words(
    "由已流调病例传染而未被列为密接者",
    "Infected by an investigated case and not named as a contact",
);
const CONTACTS: Words = words("列出的密接", "Contacts that were named");
const KEPT: Words = words("集中隔离的密接", "Contacts brought to quarantine");
const NEEDLESS: Words = words("被隔离而从未感染的密接", "Contacts kept apart and never infected");
const CAUGHT: Words = words("已感染并被隔离的密接", "Contacts who were infected, and kept apart");

/// Whom an investigated case infected before it was asked: each should have been named.
struct Link<'a> {
    infection: &'a Infection,
    source: u32,
    asked_at: Micros,
    named: bool,
}

/// When each investigated case was asked first.
fn asked(facts: &Facts<'_>) -> std::collections::BTreeMap<u32, Micros> {
    let mut asked = std::collections::BTreeMap::new();
    for inquiry in facts.chronicle.inquiries.values() {
        if let (Some(person), Some(at)) = (inquiry.person, inquiry.done[1]) {
            let first = asked.entry(person).or_insert(at);
            *first = at.min(*first);
        }
    }
    asked
}

fn links<'a>(facts: &'a Facts<'_>) -> Vec<Link<'a>> {
    let asked = asked(facts);
    let of = |infection: &'a Infection| {
        let source = infection.by?;
        let at = asked.get(&source)?;
        // Who was known to be a case before the interview needs no naming.
        let case = facts.chronicle.files.get(&infection.person).and_then(|f| f.case_at);
        if infection.at > *at || case.is_some_and(|case| case <= *at) {
            return None;
        }
        let namings = facts.chronicle.named.get(&infection.person);
        let named =
            namings.is_some_and(|all| all.iter().any(|n| n.at <= *at || n.source == source));
        Some(Link { infection, source, asked_at: *at, named })
    };
    facts.infections.iter().filter_map(of).collect()
}

/// Contacts who were kept apart, with the time from the positive of their case.
fn kept<'a>(facts: &'a Facts<'_>) -> impl Iterator<Item = (&'a Followed, Micros)> {
    facts.chronicle.followed.values().filter_map(|f| Some((f, f.kept_at?)))
}

/// Of those who were kept apart: who was not infected, with the time so far.
fn needless(facts: &Facts<'_>) -> impl Iterator<Item = (u32, Micros, Span)> {
    kept(facts).filter_map(|(f, at)| {
        let person = f.person?;
        let until = f.home_at.or(f.ended_at).unwrap_or(facts.now);
        (!facts.infected_by(person, until)).then_some((person, at, until - at))
    })
}

/// Of those who were kept apart: who had been infected before they were found to be.
fn caught(facts: &Facts<'_>) -> impl Iterator<Item = (u32, Micros)> {
    kept(facts).filter_map(|(f, at)| {
        let person = f.person?;
        let case = facts.chronicle.files.get(&person).and_then(|f| f.case_at);
        let infected = facts.infected_at.contains_key(&person);
        (infected && case.is_none_or(|case| case >= at)).then_some((person, at))
    })
}

/// Of investigations with such a clock: how many kept it.
fn in_time(facts: &Facts<'_>, step: usize) -> Value {
    let (mut part, mut whole) = (0, 0);
    for inquiry in facts.chronicle.inquiries.values() {
        let Some(due) = inquiry.due[step] else { continue };
        let done = inquiry.done[step];
        if done.is_some() || due <= facts.now {
            whole += 1;
            part += i64::from(done.is_some_and(|at| at <= due));
        }
    }
    Value::Share { part, whole }
}

impl Scorer for Tracing {
    fn section(&self, facts: &Facts<'_>) -> Section {
        let c = facts.chronicle;
        let links = links(facts);
        let missed = links.iter().filter(|l| !l.named).count() as i64;
        let kept_all = kept(facts).count() as i64;
        let from_positive = kept(facts).filter_map(|(f, at)| Some(at - f.positive_at?));
        let never: std::collections::BTreeSet<u32> = needless(facts).map(|(p, ..)| p).collect();
        let hours: f64 = needless(facts).map(|(_, _, span)| span.as_hours()).sum();
        let share = |part: i64, whole: i64| Value::Share { part, whole };
        let count = |n: usize| Value::Count(n as i64);
        Section {
            key: "tracing",
            title: words("流调与密接", "Tracing"),
            lead: words(
                "病例真正接触了谁，流调列出了谁，多久送到隔离点。",
                "Whom cases really met, whom the tracers named, and how soon those were apart.",
            ),
            measures: vec![
                measure(facts, "inquiries", INQUIRIES, count(c.inquiries.len()))
                    .behind("inquiries"),
                measure(
                    facts,
                    "on_site_in_time",
                    words("按时到场", "Tracers on site in time"),
                    in_time(facts, 0),
                )
                .behind("inquiries"),
                measure(
                    facts,
                    "core_in_time",
                    words("按时完成核心信息", "Core information in time"),
                    in_time(facts, 1),
                )
                .behind("inquiries"),
                measure(
                    facts,
                    "report_in_time",
                    words("按时完成流调报告", "Full report in time"),
                    in_time(facts, 2),
                )
                .behind("inquiries"),
                measure(facts, "contacts", CONTACTS, count(c.followed.len())).behind("contacts"),
                measure(facts, "contacts_missed", MISSED, share(missed, links.len() as i64))
                    .behind("contacts_missed"),
                measure(
                    facts,
                    "positive_to_quarantine",
                    words(
                        "病例阳性到密接隔离",
                        "From the case's positive to the contact's quarantine",
                    ),
                    Value::Spans(Spans::of(from_positive.filter(|s| s.0 >= 0))),
                )
                .behind("contacts"),
                measure(facts, "contacts_kept", KEPT, Value::Count(kept_all)).behind("contacts"),
                measure(
                    facts,
                    "contacts_caught",
                    CAUGHT,
                    share(caught(facts).count() as i64, kept_all),
                )
                .behind("contacts_caught"),
                measure(facts, "contacts_needless", NEEDLESS, share(never.len() as i64, kept_all))
                    .behind("contacts_needless"),
                measure(
                    facts,
                    "contacts_needless_hours",
                    words("他们隔离的小时数", "Hours that they were kept"),
                    Value::Hours(hours),
                )
                .behind("contacts_needless"),
            ],
        }
    }

    fn lists(&self, facts: &Facts<'_>) -> Vec<(String, Listing)> {
        vec![
            ("inquiries".into(), all_inquiries(facts)),
            ("contacts".into(), all_contacts(facts)),
            ("contacts_missed".into(), all_missed(facts)),
            ("contacts_caught".into(), all_caught(facts)),
            ("contacts_needless".into(), all_needless(facts)),
        ]
    }
}

fn all_inquiries(facts: &Facts<'_>) -> Listing {
    let rows = facts.chronicle.inquiries.values().map(|i| {
        let [who, home] = cells_of(facts, i.person);
        let [on_site, core, report] = i.done.map(Cell::Time);
        vec![
            Cell::Text(i.id.to_string()),
            who,
            home,
            Cell::Time(Some(i.since)),
            on_site,
            core,
            report,
            Cell::Number(i.met as i64),
            Cell::Number(i.named as i64),
        ]
    });
    let columns = [
        words("流调", "Investigation"),
        PERSON,
        COMPOUND,
        words("病例发现", "Case since"),
        words("到场", "On site"),
        words("核心信息", "Core information"),
        words("报告", "Report"),
        words("真实接触人数", "Really met"),
        words("列出人数", "Named"),
    ];
    Listing::new(INQUIRIES, &columns, rows.collect())
}

fn all_contacts(facts: &Facts<'_>) -> Listing {
    let rows = facts.chronicle.followed.iter().map(|(id, f)| {
        let [who, home] = cells_of(facts, f.person);
        let wait = f.positive_at.zip(f.kept_at).map(|(from, at)| (at - from).as_hours());
        let infected = f.person.is_some_and(|p| facts.infected_at.contains_key(&p));
        vec![
            Cell::Text(id.to_string()),
            who,
            home,
            Cell::Time(Some(f.seen_at)),
            Cell::Time(f.kept_at),
            Cell::Hours(wait),
            Cell::Time(f.home_at),
            Cell::Time(f.ended_at),
            Cell::Number(i64::from(f.refused)),
            Cell::Number(i64::from(infected)),
        ]
    });
    let columns = [
        words("密接", "Contact"),
        PERSON,
        COMPOUND,
        words("列出", "Named"),
        words("到隔离点", "In quarantine"),
        words("病例阳性到隔离（小时）", "Hours from the positive"),
        words("转居家监测", "Home monitoring"),
        words("结束", "Over"),
        words("曾拒绝", "Refused once"),
        words("真实感染", "Infected in truth"),
    ];
    Listing::new(CONTACTS, &columns, rows.collect())
}

fn all_missed(facts: &Facts<'_>) -> Listing {
    let rows = links(facts).into_iter().filter(|l| !l.named).map(|link| {
        let person = link.infection.person;
        let [who, home] = person_cells(facts, person);
        let [source, _] = person_cells(facts, link.source);
        let case = facts.chronicle.files.get(&person).and_then(|f| f.case_at);
        vec![
            who,
            home,
            Cell::Time(Some(link.infection.at)),
            source,
            Cell::Time(Some(link.asked_at)),
            Cell::Time(case),
        ]
    });
    let columns = [
        PERSON,
        COMPOUND,
        words("感染时间", "Infected"),
        words("传染源", "By"),
        words("传染源接受流调", "Its interview"),
        words("判为病例", "Case"),
    ];
    Listing::new(MISSED, &columns, rows.collect())
}

fn all_caught(facts: &Facts<'_>) -> Listing {
    let rows = caught(facts).map(|(person, at)| {
        let [who, home] = person_cells(facts, person);
        let case = facts.chronicle.files.get(&person).and_then(|f| f.case_at);
        let infected = facts.infected_at.get(&person).copied();
        vec![who, home, Cell::Time(infected), Cell::Time(Some(at)), Cell::Time(case)]
    });
    let columns = [
        PERSON,
        COMPOUND,
        words("感染时间", "Infected"),
        words("到隔离点", "In quarantine"),
        words("判为病例", "Case"),
    ];
    Listing::new(CAUGHT, &columns, rows.collect())
}

fn all_needless(facts: &Facts<'_>) -> Listing {
    let rows = needless(facts).map(|(person, from, span)| {
        let [who, home] = person_cells(facts, person);
        vec![who, home, Cell::Time(Some(from)), Cell::Hours(Some(span.as_hours()))]
    });
    let columns = [PERSON, COMPOUND, words("自", "Since"), words("小时", "Hours")];
    Listing::new(NEEDLESS, &columns, rows.collect())
}
