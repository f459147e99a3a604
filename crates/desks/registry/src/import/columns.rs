//! Which column of a table is which field, by its heading in Chinese or English.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::import::Kind;

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
}

/// The fields of persons, in the order of a template file, with the headings that are
/// understood: the first Chinese and the first English one are those of the template.
const PERSONS: &[(Field, &str, &[&str], &[&str])] = &[
    (Field::Name, "name", &["姓名", "名字", "居民姓名", "人员姓名"], &["name", "full name"]),
    (
        Field::IdNumber,
        "id_number",
        &[
            "证件号码",
            "身份证号",
            "身份证号码",
            "公民身份号码",
            "公民身份证号码",
            "身份证",
            "证件号",
        ],
        &["id number", "id", "id no", "identity number", "idcard", "document number"],
    ),
    (
        Field::IdType,
        "id_type",
        &["证件类型", "证件种类", "证件名称"],
        &["id type", "document type"],
    ),
    (
        Field::Phone,
        "phone",
        &["联系电话", "手机号", "手机号码", "电话", "手机", "联系方式", "电话号码"],
        &["phone", "mobile", "telephone", "phone number"],
    ),
    (Field::Sex, "sex", &["性别"], &["sex", "gender"]),
    (
        Field::BirthDate,
        "birth_date",
        &["出生日期", "出生年月日", "生日"],
        &["birth date", "date of birth", "dob", "birthday"],
    ),
    (
        Field::Place,
        "place",
        &["地址编码", "地点编码", "地址代码", "单元编码", "地点代码"],
        &["place", "place code", "address code"],
    ),
    (
        Field::Community,
        "community",
        &["社区编码", "社区代码", "村编码", "村居代码", "社区村代码"],
        &["community", "community code"],
    ),
    (
        Field::Compound,
        "compound",
        &["小区编码", "小区代码", "小区号"],
        &["compound", "compound code"],
    ),
    (
        Field::Building,
        "building",
        &["楼栋", "楼号", "栋", "楼栋号", "楼"],
        &["building", "building number"],
    ),
    (Field::Entrance, "entrance", &["单元", "单元号"], &["entrance", "unit", "stairwell"]),
    (
        Field::Door,
        "door",
        &["门牌号", "房号", "室", "门牌", "房间号", "室号", "户室号"],
        &["door", "room", "flat", "apartment", "door number"],
    ),
    (
        Field::HouseholdNumber,
        "household_number",
        &["户号", "户编号", "家庭编号", "户口簿号"],
        &["household", "household number", "household no", "household id"],
    ),
];

const PLACES: &[(Field, &str, &[&str], &[&str])] = &[
    (
        Field::Place,
        "code",
        &["编码", "代码", "地点编码", "区划代码", "行政区划代码", "统计用区划代码"],
        &["code", "adcode", "place", "place code", "division code"],
    ),
    (
        Field::NameZh,
        "name_zh",
        &["名称", "中文名称", "中文名", "地点名称", "区划名称"],
        &["name zh", "name", "namezh", "chinese name"],
    ),
    (Field::NameEn, "name_en", &["英文名称", "英文名"], &["name en", "nameen", "english name"]),
    (Field::Lon, "lon", &["经度"], &["lon", "lng", "longitude", "x"]),
    (Field::Lat, "lat", &["纬度"], &["lat", "latitude", "y"]),
    (Field::Outline, "outline", &["边界"], &["outline", "boundary"]),
];

/// Line lists: the headings of WHO's (case id, age, sex, date of report, classification, outcome)
/// and those of Chinese lists.
const CASES: &[(Field, &str, &[&str], &[&str])] = &[
    (
        Field::CaseNumber,
        "case_number",
        &["病例编号", "编号", "卡片编号", "序号"],
        &["case id", "case number", "case no", "unique case id", "line number"],
    ),
    (
        Field::Name,
        "name",
        &["姓名", "患者姓名", "病例姓名", "名字"],
        &["name", "full name", "patient name", "case name"],
    ),
    (
        Field::IdNumber,
        "id_number",
        &["证件号码", "身份证号", "身份证号码", "公民身份号码", "有效证件号"],
        &["id number", "national id", "document number", "id no"],
    ),
    (Field::IdType, "id_type", &["证件类型", "有效证件类型"], &["id type", "document type"]),
    (
        Field::Phone,
        "phone",
        &["联系电话", "电话", "手机号", "手机号码", "联系方式"],
        &["phone", "telephone", "mobile", "phone number", "contact number"],
    ),
    (Field::Sex, "sex", &["性别"], &["sex", "gender"]),
    (
        Field::BirthDate,
        "birth_date",
        &["出生日期", "生日"],
        &["date of birth", "birth date", "dob"],
    ),
    (Field::Age, "age", &["年龄", "年龄岁"], &["age", "age years", "age in years"]),
    (
        Field::Class,
        "class",
        &["病例分类", "分型", "诊断分类", "病例分型", "感染类型"],
        &["case classification", "class", "classification", "case status", "case definition"],
    ),
    (
        Field::Severity,
        "severity",
        &["严重程度", "临床严重程度", "临床分型"],
        &["severity", "clinical severity"],
    ),
    (
        Field::ReportedOn,
        "reported_on",
        &["报告日期", "诊断日期", "发现日期", "确诊日期"],
        &["date of report", "report date", "reported on", "date reported", "date of notification"],
    ),
    (
        Field::Onset,
        "onset",
        &["发病日期", "发病时间"],
        &["date of onset", "onset date", "onset", "date of symptom onset"],
    ),
    (
        Field::FoundIn,
        "found_in",
        &["发现地点", "发现方式", "发现途径", "发现场所"],
        &["found in", "detected in", "place of detection"],
    ),
    (
        Field::Place,
        "place",
        &["地点编码", "地址编码", "现住地址编码", "社区编码", "地区编码", "区县编码"],
        &["place", "place code", "area code", "county code", "admin code"],
    ),
    (Field::Occupation, "occupation", &["职业", "人群分类"], &["occupation"]),
    (Field::Cluster, "cluster", &["聚集性疫情", "聚集"], &["cluster", "cluster name"]),
    (
        Field::Outcome,
        "outcome",
        &["转归", "结局", "转归情况"],
        &["outcome", "case outcome", "outcome status"],
    ),
    (
        Field::OutcomeOn,
        "outcome_on",
        &["转归日期", "结局日期", "出院日期", "死亡日期"],
        &["date of outcome", "outcome date", "date of discharge", "date of death"],
    ),
    (Field::Remark, "remark", &["备注", "说明"], &["note", "notes", "remark", "comments"]),
];

fn fields(
    kind: Kind,
) -> &'static [(Field, &'static str, &'static [&'static str], &'static [&'static str])] {
    match kind {
        Kind::Persons => PERSONS,
        Kind::Places => PLACES,
        Kind::Cases => CASES,
    }
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
        for kind in [Kind::Persons, Kind::Places] {
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
