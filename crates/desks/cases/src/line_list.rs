//! Line lists: what a row of one means. The reading, the dry run, the file of rejected rows and the
//! account of every row are the registry's imports.

use std::borrow::Cow;
use std::collections::BTreeMap;

use registry::command::SealedIdentity;
use registry::identity::Day;
use registry::ids;
use registry::import::columns::Field as Column;
use registry::import::lists::{Broken, ListChunk, ListCommand, ListDesk, ListRow, ListSettings};
use registry::import::{Kind, RowStatus};
use registry::seal::{Keys, Sealed};
use types::{AreaCode, Micros, PlaceCode, Refusal};

use crate::command::{Command, Field, Patch, PutCase, PutCases};
use crate::keys;
use crate::words::{Class, Ending, FoundIn, Severity};

/// The desk as a taker of line lists.
#[derive(Clone, Copy, Debug, Default)]
pub struct LineLists;

impl<C: From<Command>> ListDesk<C> for LineLists {
    fn kind(&self) -> Kind {
        Kind::Cases
    }

    fn read(
        &self,
        keys: &Keys,
        settings: &ListSettings,
        rows: &[ListRow<'_>],
    ) -> registry::Result<ListChunk<C>> {
        let mut by_area: BTreeMap<AreaCode, Vec<PutCase>> = BTreeMap::new();
        let mut broken = Vec::new();
        for (at, row) in rows.iter().enumerate() {
            match read(keys, settings, row)? {
                Ok((area, case)) => by_area.entry(area).or_default().push(case),
                Err(why) => broken.push((at, why)),
            }
        }
        let commands = by_area.into_iter().map(|(area, rows)| command(settings, area, rows));
        Ok(ListChunk { commands: commands.collect(), broken })
    }

    fn left_out(&self, note: &Refusal) -> Vec<(u32, RowStatus, Broken)> {
        let rows = note.args.iter().find(|(name, _)| name == "rows").map_or("", |(_, rows)| rows);
        let rows = rows.split(' ').filter(|part| !part.is_empty());
        match note.code.as_ref() {
            "cases-duplicate" => rows
                .filter_map(|row| {
                    let why = ("id_number", Cow::Borrowed("case-duplicate"));
                    Some((row.parse().ok()?, RowStatus::Duplicate, why))
                })
                .collect(),
            "cases-rejected" => rows
                .filter_map(|part| {
                    let (row, code) = part.split_once('=')?;
                    let why = (field_of(code), Cow::Owned(code.to_owned()));
                    Some((row.parse().ok()?, RowStatus::Rejected, why))
                })
                .collect(),
            _ => Vec::new(),
        }
    }
}

/// The column that a refusal of the desk is about.
fn field_of(code: &str) -> &'static str {
    match code {
        "found-in-missing" | "found-in-unknown" => "found_in",
        "onset-form" => "onset",
        code if code.starts_with("place-") => "place",
        _ => "",
    }
}

fn command<C: From<Command>>(
    settings: &ListSettings,
    area: AreaCode,
    rows: Vec<PutCase>,
) -> ListCommand<C> {
    let import = settings.import;
    let mut says = Vec::new();
    for row in &rows {
        says.extend(row.row.to_be_bytes());
        says.extend(row.keys.iter().flat_map(|key| key.index.0));
    }
    let numbers = rows.iter().map(|row| row.row).collect();
    let put = PutCases { import, rows };
    let make = Box::new(move || C::from(Command::PutCases(put.clone())));
    ListCommand { area, rows: numbers, says, make }
}

type Read = Result<(AreaCode, PutCase), Broken>;

fn wrong<T>(field: &'static str, rule: &'static str) -> Result<T, Broken> {
    Err((field, Cow::Borrowed(rule)))
}

fn read(keys: &Keys, settings: &ListSettings, row: &ListRow<'_>) -> registry::Result<Read> {
    let parts = match parts(settings, row) {
        Ok(parts) => parts,
        Err(broken) => return Ok(Err(broken)),
    };
    let Parts { area, identity, birth, sex, year, case } = parts;
    let person = ids::person(settings.import, row.number());
    let sealed: Sealed = keys.seal(area, person, &identity)?;
    let index = identity.id_number.as_deref().map(|n| keys.id_index(identity.id_type, n));
    let identity_keys = keys::of_identity(keys, &identity, birth, year);
    let phone_index = identity.phone.as_deref().map(|phone| keys.phone_index(phone));
    let case = PutCase {
        person,
        identity: SealedIdentity {
            sealed,
            id_index: index,
            phone_index,
            birth_year: birth.map(|day| day.year).or(year),
            sex,
        },
        keys: identity_keys,
        ..case
    };
    Ok(Ok((area, case)))
}

struct Parts {
    area: AreaCode,
    identity: registry::identity::Identity,
    birth: Option<Day>,
    sex: Option<registry::identity::Sex>,
    year: Option<u16>,
    case: PutCase,
}

/// Everything of a row but what needs keys.
fn parts(settings: &ListSettings, row: &ListRow<'_>) -> Result<Parts, Broken> {
    let (area, place) = place_of(settings, row)?;
    let (checked, birth, sex) = row.identity(settings.today)?;
    let reported = day_of(settings, row, Column::ReportedOn, "report-date")?;
    let Some(reported) = reported else { return wrong("reported_on", "report-date") };
    let class_text = row.cell(Column::Class)?;
    let Some(class) = class_of(&class_text) else { return wrong("class", "class-unknown") };
    let severity = match &*row.cell(Column::Severity)? {
        "" => severity_of(&class_text),
        text => match severity_of(text) {
            Some(severity) => Some(severity),
            None => return wrong("severity", "severity-unknown"),
        },
    };
    let age_months = match &*row.cell(Column::Age)? {
        "" => None,
        text => match text.trim_end_matches(['岁', 'y', 'Y']).trim().parse::<f64>() {
            Ok(years) if (0.0..=130.0).contains(&years) => Some((years * 12.0) as u16),
            _ => return wrong("age", "age-form"),
        },
    };
    let mut fields = Patch::new();
    let found_in = found_in_of(&row.cell(Column::FoundIn)?)?;
    fields.extend(found_in.map(|found| (Field::FoundIn, found.as_str().to_owned())));
    if place.as_str().len() > 6 {
        fields.insert(Field::Place, place.as_str().to_owned());
    }
    if let Some(onset) = day_of(settings, row, Column::Onset, "onset-form")? {
        fields.insert(Field::Onset, text_of(onset));
    }
    for (column, field) in [
        (Column::Occupation, Field::Occupation),
        (Column::Cluster, Field::Cluster),
        (Column::Remark, Field::Note),
    ] {
        let text = row.cell(column)?;
        if !text.is_empty() {
            let limit = if field == Field::Note { 400 } else { 60 };
            if text.chars().count() > limit {
                return wrong(column.as_str(), "field-too-long");
            }
            fields.insert(field, text.into_owned());
        }
    }
    let ended = ending_of(settings, row, class, reported)?;
    // Of an age alone the year is nearly known: near enough to look whether two are one.
    let year = age_months.map(|months| reported.year.saturating_sub(months / 12));
    let number: String = row.cell(Column::CaseNumber)?.chars().take(60).collect();
    let case = PutCase {
        row: row.number(),
        person: ids::person(settings.import, row.number()),
        identity: SealedIdentity {
            sealed: Sealed(Vec::new()),
            id_index: None,
            phone_index: None,
            birth_year: None,
            sex: None,
        },
        age_months: age_months.filter(|_| birth.is_none()),
        keys: Vec::new(),
        class,
        severity,
        found_at: start_of(reported),
        fields,
        ended,
        number,
    };
    Ok(Parts { area, identity: checked.identity, birth, sex, year, case })
}

fn place_of(settings: &ListSettings, row: &ListRow<'_>) -> Result<(AreaCode, PlaceCode), Broken> {
    let text = row.cell(Column::Place)?;
    let place = match (&*text, &settings.place) {
        ("", Some(place)) => place.clone(),
        ("", None) => return wrong("place", "case-place-missing"),
        (text, _) => match PlaceCode::parse(text) {
            Ok(place) => place,
            Err(_) => return wrong("place", "place-code-form"),
        },
    };
    let Some(area) = place.area() else { return wrong("place", "case-place-too-wide") };
    if !settings.scope.contains(area) {
        return wrong("place", "area-not-allowed");
    }
    Ok((area, place))
}

fn day_of(
    settings: &ListSettings,
    row: &ListRow<'_>,
    column: Column,
    rule: &'static str,
) -> Result<Option<Day>, Broken> {
    match &*row.cell(column)? {
        "" => Ok(None),
        text => match Day::parse(text).filter(|day| *day <= settings.today) {
            Some(day) => Ok(Some(day)),
            None => wrong(column.as_str(), rule),
        },
    }
}

fn text_of(day: Day) -> String {
    format!("{:04}-{:02}-{:02}", day.year, day.month, day.day)
}

/// The begin of a day by Beijing time: a list says days.
fn start_of(day: Day) -> Micros {
    Micros::parse(&format!("{}T00:00:00+08:00", text_of(day))).unwrap_or_default()
}

fn plain(text: &str) -> String {
    text.to_lowercase().replace(['_', '-'], " ").trim().to_owned()
}

fn class_of(text: &str) -> Option<Class> {
    let text = plain(text);
    Class::ALL.iter().copied().find(|class| plain(class.as_str()) == text).or(match &*text {
        "疑似" | "疑似病例" | "probable" | "suspect" => Some(Class::Suspected),
        "初筛阳性" | "阳性" | "待分型" | "positive" => Some(Class::ScreenPositive),
        "无症状" | "无症状感染者" | "asymptomatic infection" => Some(Class::Asymptomatic),
        "确诊"
        | "确诊病例"
        | "确诊病例（轻型）"
        | "轻型"
        | "普通型"
        | "重型"
        | "危重型"
        | "confirmed case"
        | "laboratory confirmed"
        | "lab confirmed" => Some(Class::Confirmed),
        "转归" | "转为确诊" | "无症状转确诊" | "转确诊" => Some(Class::Converted),
        _ => None,
    })
}

fn severity_of(text: &str) -> Option<Severity> {
    let text = plain(text);
    Severity::ALL.iter().copied().find(|grade| plain(grade.as_str()) == text).or(match &*text {
        "无症状" => Some(Severity::Asymptomatic),
        "轻型" | "轻症" => Some(Severity::Mild),
        "普通型" | "中型" => Some(Severity::Moderate),
        "重型" | "重症" => Some(Severity::Severe),
        "危重型" | "危重" => Some(Severity::Critical),
        _ => None,
    })
}

fn found_in_of(text: &str) -> Result<Option<FoundIn>, Broken> {
    let text = plain(text);
    if text.is_empty() {
        return Ok(None);
    }
    let known = FoundIn::ALL.iter().copied().find(|f| f.as_str() == text).or(match &*text {
        "隔离点" | "集中隔离" | "隔离管控" | "闭环" | "quarantine site" => {
            Some(FoundIn::Quarantine)
        }
        "封控区" | "封控" | "locked area" => Some(FoundIn::Locked),
        "管控区" | "管控" | "controlled area" => Some(FoundIn::Controlled),
        "社会面" | "社区" | "防范区" | "the community" => Some(FoundIn::Community),
        _ => None,
    });
    known.map(Some).ok_or(("found_in", Cow::Borrowed("found-in-unknown")))
}

fn ending_of(
    settings: &ListSettings,
    row: &ListRow<'_>,
    class: Class,
    reported: Day,
) -> Result<Option<(Ending, Micros)>, Broken> {
    let text = plain(&row.cell(Column::Outcome)?);
    let ending = match &*text {
        "" | "alive" | "ongoing" | "在治" | "治疗中" | "在院" | "unknown" => None,
        "出院" | "治愈" | "discharged" | "recovered" => Some(match class {
            Class::Asymptomatic | Class::ScreenPositive => Ending::Released,
            _ => Ending::Discharged,
        }),
        "解除隔离" | "解除医学观察" | "released" => Some(Ending::Released),
        "死亡" | "died" | "dead" | "death" => Some(Ending::Died),
        "排除" | "not a case" | "discarded" => Some(Ending::NoCase),
        _ => return wrong("outcome", "outcome-unknown"),
    };
    let Some(ending) = ending else { return Ok(None) };
    match day_of(settings, row, Column::OutcomeOn, "outcome-date")? {
        Some(day) if day >= reported => Ok(Some((ending, start_of(day)))),
        _ => wrong("outcome_on", "outcome-date"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_lists_in_both_languages_are_understood() {
        for (text, class) in [
            ("Confirmed", Class::Confirmed),
            ("无症状感染者", Class::Asymptomatic),
            ("screen-positive", Class::ScreenPositive),
            ("转为确诊", Class::Converted),
            ("Suspected ", Class::Suspected),
        ] {
            assert_eq!(class_of(text), Some(class), "{text}");
        }
        assert_eq!(class_of("maybe"), None);
        assert_eq!(severity_of("普通型"), Some(Severity::Moderate));
        assert_eq!(found_in_of("社会面"), Ok(Some(FoundIn::Community)));
        assert_eq!(found_in_of(""), Ok(None));
        assert!(found_in_of("somewhere").is_err());
    }
}
