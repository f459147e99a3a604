//! Which column of a table is which field, by its heading in Chinese or English.

mod headings;

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::import::Kind;

use headings::{CASES, CONTACTS, PERSONS, PLACES, fields};

/// A field that a column can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// Full name.
    Name,
    /// Number of the identity document.
    IdNumber,
    /// Kind of the identity document.
    IdType,
    /// Telephone.
    Phone,
    /// Sex.
    Sex,
    /// Date of birth.
    BirthDate,
    /// Code of the place where the person lives, of any level from the community down; or the
    /// code of a place itself.
    Place,
    /// Code of the community.
    Community,
    /// Code of the compound, whole or its part below the community.
    Compound,
    /// Building, as a part of a code or as people say it (5号楼).
    Building,
    /// Entrance (2单元).
    Entrance,
    /// Door.
    Door,
    /// Number of the household.
    HouseholdNumber,
    /// A place's name in Chinese.
    NameZh,
    /// A place's name in English.
    NameEn,
    /// Longitude (WGS 84).
    Lon,
    /// Latitude (WGS 84).
    Lat,
    /// Boundary as GeoJSON coordinates.
    Outline,
    /// The number of a case in the list that it comes from.
    CaseNumber,
    /// Age in years, where no day of birth is known.
    Age,
    /// The class of a case.
    Class,
    /// How grave it is.
    Severity,
    /// The day on which it was reported.
    ReportedOn,
    /// The day of the first symptom.
    Onset,
    /// Where the infection was found.
    FoundIn,
    /// Occupation.
    Occupation,
    /// A cluster.
    Cluster,
    /// How the case ended.
    Outcome,
    /// The day on which it did.
    OutcomeOn,
    /// Remarks.
    Remark,
    /// The code of the case, or of the close contact, whom a contact met.
    SourceCode,
    /// When they last met.
    LastContact,
    /// When they first met.
    FirstContact,
    /// Where they met.
    Setting,
}

impl Field {
    /// The fields that a file of a kind can have.
    pub fn all(kind: Kind) -> impl Iterator<Item = Field> {
        fields(kind).iter().map(|(field, ..)| *field)
    }

    /// A stable word, for example `id_number`.
    pub fn as_str(self) -> &'static str {
        PERSONS
            .iter()
            .chain(PLACES)
            .chain(CASES)
            .chain(CONTACTS)
            .find(|(field, ..)| *field == self)
            .map_or("", |(_, word, ..)| word)
    }

    /// The word for a kind of file, which [`Field::parse`] reads: of places, their own code is
    /// `code`.
    pub fn word(self, kind: Kind) -> &'static str {
        fields(kind).iter().find(|(field, ..)| *field == self).map_or("", |(_, word, ..)| word)
    }

    /// The heading in a template: Chinese and English.
    pub fn heading(self, kind: Kind) -> (&'static str, &'static str) {
        fields(kind)
            .iter()
            .find(|(field, ..)| *field == self)
            .map_or(("", ""), |(_, _, zh, en)| (zh[0], en[0]))
    }

    /// The field of a heading; `None` when it is not understood.
    pub fn of_heading(kind: Kind, heading: &str) -> Option<Field> {
        let heading = plain(heading);
        if heading.is_empty() {
            return None;
        }
        fields(kind)
            .iter()
            .find(|(_, word, zh, en)| {
                heading == plain(word)
                    || zh.iter().any(|alias| heading == *alias)
                    || en.iter().any(|alias| heading == plain(alias))
            })
            .map(|(field, ..)| *field)
    }

    /// Reads [`Field::as_str`] for a kind of file.
    pub fn parse(kind: Kind, word: &str) -> Option<Field> {
        fields(kind).iter().find(|(_, known, ..)| *known == word).map(|(field, ..)| *field)
    }
}

/// A heading without what people add to it: signs, spaces, remarks in brackets.
fn plain(heading: &str) -> String {
    let mut depth = 0;
    heading
        .chars()
        .filter(|c| match c {
            '(' | '（' | '[' | '【' => {
                depth += 1;
                false
            }
            ')' | '）' | ']' | '】' => {
                depth -= 1;
                false
            }
            _ => depth <= 0 && c.is_alphanumeric(),
        })
        .flat_map(char::to_lowercase)
        .collect()
}

/// Which column holds which field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapping {
    by_column: Vec<Option<Field>>,
    by_field: HashMap<Field, usize>,
}

/// What a person decided about columns, by heading; `None` leaves the column out.
pub type Choices = HashMap<String, Option<Field>>;

impl Mapping {
    /// Reads a header. A field that two columns claim goes to the first.
    pub fn of(kind: Kind, header: &[String], choices: &Choices) -> Mapping {
        let mut by_field = HashMap::new();
        // What a person chose comes first, whatever the headings say.
        for (column, heading) in header.iter().enumerate() {
            if let Some(Some(field)) = choices.get(heading) {
                by_field.entry(*field).or_insert(column);
            }
        }
        for (column, heading) in header.iter().enumerate() {
            if !choices.contains_key(heading)
                && let Some(field) = Field::of_heading(kind, heading)
            {
                by_field.entry(field).or_insert(column);
            }
        }
        let mut by_column = vec![None; header.len()];
        for (field, column) in &by_field {
            by_column[*column] = Some(*field);
        }
        Mapping { by_column, by_field }
    }

    /// The column of a field.
    pub fn column(&self, field: Field) -> Option<usize> {
        self.by_field.get(&field).copied()
    }

    /// What each column holds; `None` for one that is not used.
    pub fn columns(&self) -> &[Option<Field>] {
        &self.by_column
    }

    /// How many columns are understood.
    pub fn understood(&self) -> usize {
        self.by_field.len()
    }

    /// The fields that a file of the kind cannot do without and this one lacks. `placed`: a
    /// place has been named for the whole file.
    pub fn missing(&self, kind: Kind, placed: bool) -> Vec<&'static str> {
        let has = |field| self.by_field.contains_key(&field);
        let mut missing = Vec::new();
        match kind {
            Kind::Persons => {
                for field in [Field::Name, Field::IdNumber] {
                    if !has(field) {
                        missing.push(field.as_str());
                    }
                }
                let anywhere =
                    [Field::Place, Field::Community, Field::Compound].into_iter().any(has);
                if !placed && !anywhere {
                    missing.push(Field::Place.as_str());
                }
                if !has(Field::Door) && !has(Field::HouseholdNumber) {
                    missing.push(Field::Door.as_str());
                }
            }
            Kind::Cases => {
                for field in [Field::Name, Field::Class, Field::ReportedOn, Field::FoundIn] {
                    if !has(field) {
                        missing.push(field.as_str());
                    }
                }
                if !placed && !has(Field::Place) {
                    missing.push(Field::Place.as_str());
                }
            }
            Kind::Contacts => {
                for field in [Field::SourceCode, Field::Name, Field::LastContact] {
                    if !has(field) {
                        missing.push(field.as_str());
                    }
                }
            }
            Kind::Places => {
                if !has(Field::Place) {
                    missing.push("code");
                }
                if !has(Field::NameZh) {
                    missing.push(Field::NameZh.as_str());
                }
            }
        }
        missing
    }
}

/// The header of a template file of a kind, in Chinese or English.
pub fn template(kind: Kind, chinese: bool) -> Vec<&'static str> {
    fields(kind).iter().map(|(_, _, zh, en)| if chinese { zh[0] } else { en[0] }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(cells: &[&str]) -> Vec<String> {
        cells.iter().map(|c| (*c).to_owned()).collect()
    }

    #[test]
    fn headings_are_understood_in_both_languages() {
        for (heading, field) in [
            ("姓名", Field::Name),
            (" 姓 名* ", Field::Name),
            ("身份证号（必填）", Field::IdNumber),
            ("ID_Number", Field::IdNumber),
            ("id-number", Field::IdNumber),
            ("手机号码", Field::Phone),
            ("Date of Birth", Field::BirthDate),
            ("门牌号", Field::Door),
        ] {
            assert_eq!(Field::of_heading(Kind::Persons, heading), Some(field), "{heading}");
        }
        for heading in ["", "备注", "()", "序号"] {
            assert_eq!(Field::of_heading(Kind::Persons, heading), None, "{heading}");
        }
        assert_eq!(Field::of_heading(Kind::Places, "name"), Some(Field::NameZh));
        assert_eq!(Field::of_heading(Kind::Places, "区划代码"), Some(Field::Place));
    }

    #[test]
    fn no_heading_means_two_fields() {
        for kind in [Kind::Persons, Kind::Places, Kind::Cases, Kind::Contacts] {
            let mut seen = HashMap::new();
            for (field, word, zh, en) in fields(kind) {
                for alias in zh.iter().map(|a| (*a).to_owned()).chain(en.iter().map(|a| plain(a))) {
                    if let Some(other) = seen.insert(alias.clone(), *field) {
                        assert_eq!(other, *field, "{alias}");
                    }
                }
                assert_eq!(Field::parse(kind, word), Some(*field));
                assert_eq!(field.word(kind), *word);
            }
            for chinese in [true, false] {
                let cells: Vec<String> =
                    template(kind, chinese).into_iter().map(ToOwned::to_owned).collect();
                let mapping = Mapping::of(kind, &cells, &Choices::new());
                assert_eq!(mapping.understood(), cells.len());
                assert!(mapping.missing(kind, false).is_empty());
            }
        }
    }

    #[test]
    fn what_a_person_chose_wins() {
        let cells = header(&["姓名", "曾用名", "证件号码", "编号", "门牌号"]);
        let choices = Choices::from([
            ("曾用名".to_owned(), Some(Field::Name)),
            ("姓名".to_owned(), None),
            ("编号".to_owned(), Some(Field::Place)),
        ]);
        let mapping = Mapping::of(Kind::Persons, &cells, &choices);
        assert_eq!(mapping.column(Field::Name), Some(1));
        assert_eq!(mapping.column(Field::Place), Some(3));
        assert_eq!(mapping.columns()[0], None);
        assert!(mapping.missing(Kind::Persons, false).is_empty());
        let bare = Mapping::of(Kind::Persons, &header(&["姓名"]), &Choices::new());
        assert_eq!(bare.missing(Kind::Persons, false), ["id_number", "place", "door"]);
        assert_eq!(bare.missing(Kind::Persons, true), ["id_number", "door"]);
    }
}
