//! The desks of the districts and their doctors: cases are reported, people are seen, and end
//! their case.
//!
//! A desk knows of a case because the line list has it, and of the person because the case's page
//! says who it is. What a doctor finds follows from how ill the person really is, as well as people
//! look.

use std::collections::BTreeSet;

use cases::{Class, Close, Command, Ending, Lungs, Observation, Observe};
use types::{AreaCode, HolderCode, Micros, PersonId, Span, UnitId};

use crate::Result;
use crate::draw::Draw;
use crate::faults::Cases as Rates;
use crate::ids::low_bits;
use crate::posts::Task;
use crate::run::Drill;
use crate::score::chronicle::{CaseFile, CaseState};
use crate::truth::Severity;

/// Between two looks at a patient, at least.
const BETWEEN_LOOKS: Span = Span::hours(6);
/// So long doctors go round, before their notes go in.
pub(crate) const ROUND_TAKES: Span = Span::hours(3);
/// While people do the work of a desk, its staff look so often whether they still do.
const TAKEN: Span = Span::minutes(30);

/// A row of the line list's download.
struct Row {
    case: UnitId,
    class: String,
    severity: String,
    found_at: Micros,
}

/// A time as the line list writes it, in the zone of the scenario (UTC+8, without summer time).
fn time(text: &str) -> Result<Micros> {
    Ok(Micros::parse(&format!("{}:00+08:00", text.trim().replace(' ', "T")))?)
}

/// Whose a case is, by the link to the person's file on its page.
fn person_of(html: &str) -> Option<PersonId> {
    const LINK: &str = "/registry/persons/";
    let rest = html.get(html.find(LINK)? + LINK.len()..)?;
    PersonId::parse(rest.split(['?', '"']).next()?).ok()
}

/// What a doctor writes down of somebody who is really so ill.
pub(super) fn observed(truly: Severity, rates: &Rates, draw: &mut Draw) -> Observation {
    let misses_lungs = draw.chance(rates.lungs_missed);
    let misses_all = draw.chance(rates.symptoms_missed);
    let mut symptoms = Vec::new();
    for _ in 0..1 + draw.below(3) {
        // Breathlessness is the last of the list: not of the mildly ill.
        symptoms.push(cases::SYMPTOMS[draw.below(cases::SYMPTOMS.len() - 1)].to_owned());
    }
    let between = |draw: &mut Draw, low: f64, high: f64| {
        // As a device shows it: one digit behind the point.
        ((low + (high - low) * draw.unit()) * 10.0).round() / 10.0
    };
    let rate = |draw: &mut Draw, low: usize, high: usize| (low + draw.below(high - low)) as u16;
    let is_ill = truly > Severity::None && !(truly == Severity::Mild && misses_all);
    if !is_ill {
        symptoms.clear();
    }
    symptoms.sort_unstable();
    symptoms.dedup();
    let fever = symptoms.iter().any(|s| s == "fever");
    let lungs = match truly >= Severity::Moderate {
        _ if misses_lungs => None,
        true => Some(Lungs::Pneumonia),
        false => Some(Lungs::Clear),
    };
    // Within the criteria of the protocol for children, too: by oxygen, which has no age.
    let (breaths, oxygen) = match truly {
        Severity::None | Severity::Mild => (rate(draw, 14, 20), between(draw, 96.0, 99.0)),
        Severity::Moderate => (rate(draw, 18, 27), between(draw, 94.0, 96.0)),
        Severity::Severe => (rate(draw, 30, 37), between(draw, 88.0, 93.0)),
        Severity::Critical | Severity::Dead => (rate(draw, 34, 45), between(draw, 75.0, 88.0)),
    };
    let signs = match truly >= Severity::Critical {
        true => vec!["respiratory-failure".to_owned()],
        false => Vec::new(),
    };
    let temperature = match fever {
        true => between(draw, 37.5, 39.2),
        false => between(draw, 36.1, 37.1),
    };
    Observation {
        symptoms: Some(symptoms),
        temperature: Some(temperature),
        respiratory_rate: Some(breaths),
        spo2: Some(oxygen),
        lungs,
        signs: Some(signs),
        ..Observation::default()
    }
}

impl Drill {
    /// Whether somebody has died.
    pub(crate) fn is_dead(&self, person: u32) -> bool {
        self.truth.0.illness(person, self.now) == Severity::Dead
    }

    fn is_desk_taken(&self, area: AreaCode) -> Result<bool> {
        Ok(self.is_taken(&HolderCode::parse(&format!("desk:{area}"))?))
    }

    /// The line list of a county, or a part of it.
    async fn line_list(&mut self, area: AreaCode, filter: &str) -> Result<Vec<Row>> {
        let session = self.devices[self.device(&format!("district:{area}"))?].session;
        let list = self.link.list(session, &format!("/cases/export{filter}")).await?;
        let columns = ["case", "class", "severity", "found_at"];
        let at: Vec<usize> = columns.iter().map(|c| list.column(c)).collect::<Result<_>>()?;
        let row = |row: &csv::StringRecord| {
            let cell = |n: usize| row.get(at[n]).unwrap_or_default();
            Ok(Row {
                case: UnitId::parse(cell(0))?,
                class: cell(1).to_owned(),
                severity: cell(2).to_owned(),
                found_at: time(cell(3))?,
            })
        };
        list.iter().map(row).collect()
    }

    /// Takes a case in that the list has and the drill has not seen yet: looks up whose it is.
    async fn take_in(&mut self, area: AreaCode, row: &Row) -> Result<()> {
        if let Some(file) = self.chronicle.cases.get_mut(&row.case) {
            file.class.clone_from(&row.class);
            file.severity.clone_from(&row.severity);
            return Ok(());
        }
        let session = self.devices[self.device(&format!("district:{area}"))?].session;
        let page = self.link.page(session, &format!("/cases/{}", row.case)).await?;
        let person = person_of(&page).and_then(|id| self.town.person_of(id));
        let file = CaseFile {
            person,
            area,
            found_at: row.found_at,
            class: row.class.clone(),
            severity: row.severity.clone(),
            at_desk: false,
            reported_at: None,
            examined_at: None,
            seen_at: None,
            ended: None,
            state: CaseState::Open,
        };
        self.chronicle.cases.insert(row.case, file);
        Ok(())
    }

    /// A desk looks at its line list: what is new is reported, and somebody goes to see the person.
    pub(crate) async fn cases(&mut self, area: AreaCode) -> Result<()> {
        if self.is_desk_taken(area)? {
            return Ok(());
        }
        for row in self.line_list(area, "?status=open").await? {
            self.take_in(area, &row).await?;
            self.begin_case(&row);
        }
        Ok(())
    }

    /// What follows when a desk sees a case for the first time.
    fn begin_case(&mut self, row: &Row) {
        let case = row.case;
        let Some(file) = self.chronicle.cases.get_mut(&case).filter(|f| !f.at_desk) else { return };
        file.at_desk = true;
        let person = file.person;
        let (work, rates) = (self.config.work.clone(), self.config.faults.cases.clone());
        let mut draw = self.case_draw("case", case);
        let [low, high] = work.report_minutes.map(Span::minutes);
        let mut wait = draw.between(low, high);
        if draw.chance(rates.late_report) {
            let [low, high] = rates.late_hours.map(|h| Span((h * 3_600e6) as i64));
            wait.0 += draw.between(low, high).0;
        }
        self.agenda.put(self.now + wait, Task::Report { case });
        let [low, high] = work.examine_hours.map(Span::hours);
        let seen = draw.between(low, high);
        if row.class == Class::ScreenPositive.as_str() && !draw.chance(rates.overlooked) {
            self.agenda.put(self.now + seen, Task::Examine { case });
        }
        if let Some(person) = person {
            self.call_a_case(person);
        }
    }

    fn case_draw(&self, what: &str, case: UnitId) -> Draw {
        self.draw(what, low_bits(case))
    }

    /// The desk reports a case on the national network, and says so.
    pub(crate) async fn report_case(&mut self, case: UnitId) -> Result<()> {
        let Some(file) = self.chronicle.cases.get(&case) else { return Ok(()) };
        let area = file.area;
        if self.is_desk_taken(area)? {
            self.agenda.put(self.now + TAKEN, Task::Report { case });
            return Ok(());
        }
        // Somebody else may have done it.
        let open = self.line_list(area, "?unreported=1").await?.iter().any(|row| row.case == case);
        let now = self.now;
        if let Some(file) = self.chronicle.cases.get_mut(&case) {
            file.reported_at = Some(now);
        }
        if open {
            let number = format!("D{:08}", self.case_draw("number", case).below(100_000_000));
            let desk = self.device(&format!("district:{area}"))?;
            self.devices[desk].note(now, area, Command::Report { case, number });
            self.flush(desk).await?;
        }
        Ok(())
    }

    /// A doctor sees somebody for the first time.
    pub(crate) async fn examine(&mut self, case: UnitId) -> Result<()> {
        let Some(file) = self.chronicle.cases.get(&case) else { return Ok(()) };
        let (area, person) = (file.area, file.person);
        if file.examined_at.is_some() || file.ended.is_some() {
            return Ok(());
        }
        if self.is_desk_taken(area)? {
            self.agenda.put(self.now + TAKEN, Task::Examine { case });
            return Ok(());
        }
        let Some(person) = person else { return Ok(()) };
        self.see(case, area, person, self.now)?;
        let desk = self.device(&format!("district:{area}"))?;
        self.flush(desk).await?;
        Ok(())
    }

    /// Doctors have gone round, and their notes go in: whoever is a case and in no bed is seen once a
    /// day. Who lies in a bed is seen by its ward; who has died is reported by the desk.
    pub(crate) async fn ward_round(&mut self, area: AreaCode) -> Result<()> {
        if self.is_desk_taken(area)? {
            return Ok(());
        }
        let rows = self.line_list(area, "?status=open").await?;
        let passed_by = self.config.faults.cases.passed_by;
        let day = u64::from(self.config.day_of(self.now));
        let (began, step) =
            (self.now - ROUND_TAKES, Span(ROUND_TAKES.0 / rows.len().max(1) as i64));
        for (n, row) in rows.iter().enumerate() {
            self.take_in(area, row).await?;
            self.begin_case(row);
            let Some(file) = self.chronicle.cases.get(&row.case) else { continue };
            let Some(person) = file.person else { continue };
            let at = (began + Span(step.0 * n as i64)).max(file.found_at);
            let recently = file.seen_at.is_some_and(|seen| at - seen < BETWEEN_LOOKS);
            let ended = file.ended;
            let mut draw = self.draw("ward round", day << 32 | u64::from(person));
            let passes = draw.chance(passed_by);
            match ended {
                // Its end has not come through: it is said again.
                Some((Ending::Died, _)) => self.died(row.case, area, person, at)?,
                _ if recently || passes => {}
                _ if self.truth.0.illness(person, at) == Severity::Dead => {
                    self.died(row.case, area, person, at)?;
                }
                None if !self.chronicle.is_isolated(person) => {
                    self.see(row.case, area, person, at)?;
                }
                _ => {}
            }
        }
        let desk = self.device(&format!("district:{area}"))?;
        self.flush(desk).await?;
        Ok(())
    }

    /// A doctor looks at somebody and writes down what there is to see.
    fn see(&mut self, case: UnitId, area: AreaCode, person: u32, at: Micros) -> Result<()> {
        let hour = (at - self.config.start).0.max(0) as u64 / Span::hours(1).0.unsigned_abs();
        let mut draw = self.draw("doctor", hour << 32 | u64::from(person));
        let truly = self.truth.0.illness(person, at);
        let observation = observed(truly, &self.config.faults.cases, &mut draw);
        let desk = self.device(&format!("district:{area}"))?;
        self.devices[desk].note(at, area, Command::Observe(Observe { case, observation }));
        if let Some(file) = self.chronicle.cases.get_mut(&case) {
            file.examined_at.get_or_insert(at);
            file.seen_at = Some(at);
        }
        Ok(())
    }

    /// Somebody has died, and the desk says so.
    fn died(&mut self, case: UnitId, area: AreaCode, person: u32, at: Micros) -> Result<()> {
        let close = Close { case, ending: Ending::Died, note: "死亡 / died".to_owned() };
        let desk = self.device(&format!("district:{area}"))?;
        self.devices[desk].note(at, area, Command::Close(close));
        if let Some(file) = self.chronicle.cases.get_mut(&case) {
            file.ended = Some((Ending::Died, file.ended.map_or(at, |(_, at)| at)));
        }
        let file = self.chronicle.file(person);
        file.ended = Some((Ending::Died, file.ended.map_or(at, |(_, at)| at)));
        Ok(())
    }

    /// What the line lists say at the end of a day, for the score: also where people do the work.
    pub(crate) async fn read_line_lists(&mut self) -> Result<()> {
        for area in self.town.areas.clone() {
            for row in self.line_list(area, "").await? {
                self.take_in(area, &row).await?;
                if let Some(file) = self.chronicle.cases.get_mut(&row.case) {
                    file.state = CaseState::Over;
                }
            }
            for (filter, state) in
                [("?status=open", CaseState::Open), ("?status=no_case", CaseState::None)]
            {
                for row in self.line_list(area, filter).await? {
                    if let Some(file) = self.chronicle.cases.get_mut(&row.case) {
                        file.state = state;
                    }
                }
            }
            let open: BTreeSet<UnitId> =
                self.line_list(area, "?unreported=1").await?.iter().map(|row| row.case).collect();
            let now = self.now;
            for (case, file) in self.chronicle.cases.iter_mut().filter(|(_, f)| f.area == area) {
                if !open.contains(case) {
                    file.reported_at.get_or_insert(now);
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_and_lists_are_read_as_people_read_them() {
        let id = "0196aaaa-0000-7000-8000-000000000001";
        let html = format!("<a href=\"/registry/persons/{id}?area=220202&amp;purpose=care\">x</a>");
        assert_eq!(person_of(&html), PersonId::parse(id).ok());
        assert!(person_of(&html).is_some());
        assert_eq!(person_of("<p>nobody</p>"), None);
        assert_eq!(time("2022-03-05 13:30").ok(), Micros::parse("2022-03-05T05:30:00Z").ok());
        assert!(time("yesterday").is_err());
    }

    #[test]
    fn a_doctor_who_misses_nothing_writes_down_what_is_true() {
        let careful = crate::faults::Faults::none().cases;
        let careless = Rates { symptoms_missed: 1.0, lungs_missed: 1.0, ..careful.clone() };
        let all = [Severity::None, Severity::Mild, Severity::Moderate, Severity::Severe];
        for (n, truly) in all.into_iter().chain([Severity::Critical]).enumerate() {
            for m in 0..50 {
                let seen = observed(truly, &careful, &mut Draw::keyed(m, "doctor", n as u64));
                assert_eq!(seen.shows_illness(), truly > Severity::None, "{seen:?}");
                assert_eq!(seen.lungs == Some(Lungs::Pneumonia), truly >= Severity::Moderate);
                let low = seen.spo2.is_some_and(|oxygen| oxygen <= 93.0);
                assert_eq!(low, truly >= Severity::Severe, "{seen:?}");
                let signs = seen.signs.is_some_and(|signs| !signs.is_empty());
                assert_eq!(signs, truly >= Severity::Critical);
                let missed = observed(truly, &careless, &mut Draw::keyed(m, "doctor", n as u64));
                assert_eq!(missed.lungs, None);
                assert_eq!(missed.shows_illness(), truly > Severity::Mild, "{missed:?}");
            }
        }
    }
}
