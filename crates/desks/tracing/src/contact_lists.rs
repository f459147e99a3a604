//! Lists of contacts: what a row of one means. The reading, the dry run, the file of rejected rows and the
//! account of every row are the registry's imports.

use std::borrow::Cow;
use std::collections::BTreeMap;

use registry::command::{Details, SealedIdentity};
use registry::identity::Day;
use registry::ids;
use registry::import::columns::Field as Column;
use registry::import::lists::{Broken, ListChunk, ListCommand, ListDesk, ListRow, ListSettings};
use registry::import::{Kind, RowStatus};
use registry::seal::{Keys, Sealed};
use types::{Micros, PlaceCode, Refusal, Span, UnitId};

use crate::command::{Command, Name, NewContact, Who};
use crate::words::Setting;

/// The desk as a taker of lists of contacts.
#[derive(Clone, Copy, Debug, Default)]
pub struct ContactLists;

impl<C: From<Command>> ListDesk<C> for ContactLists {
    fn kind(&self) -> Kind {
        Kind::Contacts
    }

    fn read(
        &self,
        keys: &Keys,
        settings: &ListSettings,
        rows: &[ListRow<'_>],
    ) -> registry::Result<ListChunk<C>> {
        let mut by_source: BTreeMap<UnitId, Vec<NewContact>> = BTreeMap::new();
        let mut broken = Vec::new();
        for (at, row) in rows.iter().enumerate() {
            match read(keys, settings, row)? {
                Ok((source, contact)) => by_source.entry(source).or_default().push(contact),
                Err(why) => broken.push((at, why)),
            }
        }
        let commands =
            by_source.into_iter().map(|(source, rows)| command(settings, source, rows)).collect();
        Ok(ListChunk { commands, broken })
    }

    fn left_out(&self, note: &Refusal) -> Vec<(u32, RowStatus, Broken)> {
        if note.code != "contact-left-out" {
            return Vec::new();
        }
        let arg = |wanted: &str| {
            note.args.iter().find(|(name, _)| name == wanted).map_or("", |(_, value)| value)
        };
        let Ok(row) = arg("row").parse() else { return Vec::new() };
        let code = arg("reason").to_owned();
        let status = match code.as_str() {
            "contact-known" => RowStatus::Duplicate,
            _ => RowStatus::Rejected,
        };
        vec![(row, status, (field_of(&code), Cow::Owned(code)))]
    }
}

/// The column that a refusal of the desk is about.
fn field_of(code: &str) -> &'static str {
    match code {
        "contact-known" => "id_number",
        "contact-is-the-source" => "name",
        "contact-time-wrong" => "first_contact",
        code if code.starts_with("contact-") => "last_contact",
        code if code.starts_with("place-") => "place",
        _ => "",
    }
}

fn command<C: From<Command>>(
    settings: &ListSettings,
    source: UnitId,
    rows: Vec<NewContact>,
) -> ListCommand<C> {
    let mut says = source.bytes().to_vec();
    for row in &rows {
        says.extend(row.row.to_be_bytes());
        says.extend(row.last.0.to_be_bytes());
    }
    let numbers = rows.iter().map(|row| row.row).collect();
    let name =
        Name { source, import: Some(settings.import), contacts: rows, reason: String::new() };
    let make = Box::new(move || C::from(Command::Name(name.clone())));
    ListCommand { area: source.area(), rows: numbers, says, make }
}

type Read = Result<(UnitId, NewContact), Broken>;

fn wrong<T>(field: &'static str, rule: &'static str) -> Result<T, Broken> {
    Err((field, Cow::Borrowed(rule)))
}

fn read(keys: &Keys, settings: &ListSettings, row: &ListRow<'_>) -> registry::Result<Read> {
    let (source, contact, identity) = match parts(settings, row) {
        Ok(parts) => parts,
        Err(broken) => return Ok(Err(broken)),
    };
    let Parts { identity, birth, sex, place } = identity;
    let person = contact.who.person();
    let sealed: Sealed = keys.seal(source.area(), person, &identity)?;
    let sealed = SealedIdentity {
        sealed,
        id_index: identity.id_number.as_deref().map(|n| keys.id_index(identity.id_type, n)),
        phone_index: identity.phone.as_deref().map(|phone| keys.phone_index(phone)),
        birth_year: birth.map(|day| day.year),
        sex,
    };
    let who = Who::Unregistered { person, details: Details::Sealed(sealed), place };
    Ok(Ok((source, NewContact { who, ..contact })))
}

struct Parts {
    identity: registry::identity::Identity,
    birth: Option<Day>,
    sex: Option<registry::identity::Sex>,
    place: Option<PlaceCode>,
}

/// Everything of a row but what needs keys.
fn parts(
    settings: &ListSettings,
    row: &ListRow<'_>,
) -> Result<(UnitId, NewContact, Parts), Broken> {
    let code = row.cell(Column::SourceCode)?;
    let Ok(source) = UnitId::parse(&code) else { return wrong("source_code", "source-code-form") };
    if source.kind() != cases::CASE && source.kind() != crate::CONTACT {
        return wrong("source_code", "source-code-form");
    }
    if !settings.scope.contains(source.area()) {
        return wrong("source_code", "area-not-allowed");
    }
    let (checked, birth, sex) = row.identity(settings.today)?;
    let place = match &*row.cell(Column::Place)? {
        "" => settings.place.clone(),
        text => match PlaceCode::parse(text) {
            Ok(place) if place.area().is_some() => Some(place),
            _ => return wrong("place", "place-code-form"),
        },
    };
    let last = row.cell(Column::LastContact)?;
    let Some(last) = time_of(&last, true) else {
        return wrong("last_contact", "contact-time-form");
    };
    let first = match &*row.cell(Column::FirstContact)? {
        "" => None,
        text => match time_of(text, false) {
            Some(first) => Some(first),
            None => return wrong("first_contact", "contact-time-form"),
        },
    };
    let setting = match &*row.cell(Column::Setting)? {
        "" => Setting::Other,
        text => match setting_of(text) {
            Some(setting) => setting,
            None => return wrong("setting", "contact-setting-unknown"),
        },
    };
    let note = row.cell(Column::Remark)?;
    if note.chars().count() > 400 {
        return wrong("remark", "field-too-long");
    }
    let person = ids::person(settings.import, row.number());
    let contact = NewContact {
        row: row.number(),
        // Replaced once the personal data are sealed.
        who: Who::Registered { area: source.area(), person },
        setting,
        stay: None,
        first,
        last,
        protected: false,
        note: note.into_owned(),
    };
    Ok((source, contact, Parts { identity: checked.identity, birth, sex, place }))
}

/// A time by Beijing's clock, `2022-03-20 18:30`; of a day alone its last minute, or its first.
fn time_of(text: &str, end: bool) -> Option<Micros> {
    let text = text.trim().replace('/', "-");
    let (day, clock) = match text.split_once([' ', 'T']) {
        Some((day, clock)) => (day, Some(clock.trim())),
        None => (text.as_str(), None),
    };
    let day = Day::parse(day)?;
    let begin = format!("{:04}-{:02}-{:02}", day.year, day.month, day.day);
    let midnight = Micros::parse(&format!("{begin}T00:00:00+08:00")).ok()?;
    match clock {
        None if end => Some(midnight + Span::minutes(24 * 60 - 1)),
        None => Some(midnight),
        Some(clock) => {
            let (hours, rest) = clock.split_once(':')?;
            let minutes = rest.split(':').next()?;
            let (hours, minutes): (i64, i64) = (hours.parse().ok()?, minutes.parse().ok()?);
            let sound = (0..24).contains(&hours) && (0..60).contains(&minutes);
            sound.then(|| midnight + Span::minutes(hours * 60 + minutes))
        }
    }
}

fn setting_of(text: &str) -> Option<Setting> {
    let text = text.trim().to_lowercase();
    Setting::ALL.iter().copied().find(|s| s.as_str() == text).or(match &*text {
        "同住" | "家庭" | "共同居住" | "共同生活" | "family" => {
            Some(Setting::Household)
        }
        "同事" | "单位" | "工作" | "工作场所" | "workplace" => Some(Setting::Work),
        "同学" | "学校" | "college" => Some(Setting::School),
        "工地" | "building site" => Some(Setting::BuildingSite),
        "市场" | "商店" | "商超" | "shop" => Some(Setting::Market),
        "聚餐" | "同餐" | "dinner" => Some(Setting::Meal),
        "同乘" | "交通工具" | "同车" | "vehicle" => Some(Setting::Transport),
        "医院" | "诊疗" | "就诊" | "hospital" => Some(Setting::Care),
        "采样" | "采样点" | "核酸采样" => Some(Setting::Sampling),
        "同楼" | "同单元" | "同楼栋" | "same building" => Some(Setting::Building),
        "其他" => Some(Setting::Other),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_without_an_hour_is_its_last_minute() {
        let at = |text: &str| Micros::parse(text).expect("a time");
        assert_eq!(time_of("2022-03-20", true), Some(at("2022-03-20T23:59:00+08:00")));
        assert_eq!(time_of("2022/03/20 18:30", true), Some(at("2022-03-20T18:30:00+08:00")));
        assert_eq!(time_of("2022-03-20", false), Some(at("2022-03-20T00:00:00+08:00")));
        assert_eq!(time_of("2022-03-20 25:00", true), None);
        assert_eq!(time_of("yesterday", true), None);
    }

    #[test]
    fn words_of_lists_in_both_languages_are_understood() {
        assert_eq!(setting_of("共同居住"), Some(Setting::Household));
        assert_eq!(setting_of("Building site"), Some(Setting::BuildingSite));
        assert_eq!(setting_of("market"), Some(Setting::Market));
        assert_eq!(setting_of("somewhere"), None);
    }
}
