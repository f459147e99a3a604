//! What a rehearsal writes: daily figures, the line list, the transmission tree.

use std::io::Write;

use super::case::DayRow;
use super::plan::ResponsePlan;
use super::rehearsal::Run;
use crate::CityError;
use crate::epidemic::NOBODY;

fn failed(source: csv::Error) -> CityError {
    CityError::Write(std::io::Error::other(source))
}

/// Writes the daily figures of several runs: replicate, date, and the columns of [`DayRow`].
///
/// # Errors
/// [`CityError::Write`].
pub fn write_daily(
    runs: &[Vec<DayRow>],
    plan: &ResponsePlan,
    to: impl Write,
) -> Result<(), CityError> {
    let mut csv = csv::Writer::from_writer(to);
    csv.write_field("replicate").and_then(|()| csv.write_field("date")).map_err(failed)?;
    csv.write_record(DayRow::NAMES).map_err(failed)?;
    for (replicate, rows) in runs.iter().enumerate() {
        for (day, row) in (0u32..).zip(rows) {
            let date = plan.date_of(day).to_string();
            let mut fields = vec![replicate.to_string(), date];
            fields.extend(row.values().iter().map(u64::to_string));
            csv.write_record(&fields).map_err(failed)?;
        }
    }
    csv.flush()?;
    Ok(())
}

const LINES: [&str; 18] = [
    "agent",
    "age",
    "doses",
    "role",
    "county",
    "compound",
    "infected_on",
    "layer",
    "onset_on",
    "worst",
    "found_on",
    "found_by",
    "class",
    "in_community",
    "reported_on",
    "admitted_on",
    "released_on",
    "died_on",
];

/// Writes one line an infection of a run, whether it was found or not.
///
/// # Errors
/// [`CityError::Write`].
pub fn write_line_list(run: &Run, to: impl Write) -> Result<(), CityError> {
    let (response, truth) = (&run.response, run.response.truth());
    let all = truth.population();
    let date =
        |day: Option<u32>| day.map_or(String::new(), |d| response.plan().date_of(d).to_string());
    let mut csv = csv::Writer::from_writer(to);
    csv.write_record(LINES).map_err(failed)?;
    for (infection, case) in truth.infections().iter().zip(response.cases()) {
        let agent = infection.agent;
        let found = case.found();
        let class = match found {
            None => "",
            Some(_) if case.confirmed() => "confirmed",
            Some(_) => "asymptomatic",
        };
        csv.write_record([
            agent.to_string(),
            all.age(agent).to_string(),
            all.doses(agent).to_string(),
            format!("{:?}", all.role(agent)).to_lowercase(),
            all.county_of(agent).to_string(),
            all.compound_code(all.home(agent)),
            date(Some(infection.at as u32)),
            infection.layer().word().into(),
            date(infection.onset().map(|at| at as u32)),
            infection.worst().word().into(),
            date(found.map(|f| f.0)),
            found.map_or("", |f| f.1.word()).into(),
            class.into(),
            found.map_or("", |_| if case.community() { "yes" } else { "no" }).into(),
            date(case.reported()),
            date(case.admitted().map(|a| a.0)),
            date(case.released()),
            date(case.died()),
        ])
        .map_err(failed)?;
    }
    csv.flush()?;
    Ok(())
}

/// Writes who infected whom, where and when (days since the start), in a run.
///
/// # Errors
/// [`CityError::Write`].
pub fn write_tree(run: &Run, to: impl Write) -> Result<(), CityError> {
    let mut csv = csv::Writer::from_writer(to);
    csv.write_record(["infector", "agent", "day", "layer"]).map_err(failed)?;
    for i in run.response.truth().infections() {
        let source = if i.infector == NOBODY { String::new() } else { i.infector.to_string() };
        let fields = [source, i.agent.to_string(), format!("{:.2}", i.at), i.layer().word().into()];
        csv.write_record(&fields).map_err(failed)?;
    }
    csv.flush()?;
    Ok(())
}
