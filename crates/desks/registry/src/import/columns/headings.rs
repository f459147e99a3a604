//! The headings that are understood, in Chinese and English.

use super::Field;
use crate::import::Kind;

/// A field, its word, and its headings in Chinese and in English.
type Heading = (Field, &'static str, &'static [&'static str], &'static [&'static str]);

/// The fields of persons, in the order of a template file, with the headings that are
/// understood: the first Chinese and the first English one are those of the template.
pub(super) const PERSONS: &[Heading] = &[
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

pub(super) const PLACES: &[Heading] = &[
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
pub(super) const CASES: &[Heading] = &[
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
        &[
            "地点编码",
            "地址编码",
            "现住地址编码",
            "现住址编码",
            "住址编码",
            "现住地址国标",
            "社区编码",
            "地区编码",
            "区县编码",
        ],
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

/// Lists of contacts: the headings of Chinese lists of 密接, and English ones.
pub(super) const CONTACTS: &[Heading] = &[
    (
        Field::SourceCode,
        "source_code",
        &["关联病例编码", "关联病例", "接触病例编码", "病例编码", "来源编码"],
        &["source code", "source", "case code", "source case", "index case"],
    ),
    (
        Field::Name,
        "name",
        &["姓名", "密接姓名", "密切接触者姓名", "接触者姓名"],
        &["name", "full name", "contact name"],
    ),
    (
        Field::IdNumber,
        "id_number",
        &["证件号码", "身份证号", "身份证号码", "公民身份号码"],
        &["id number", "national id", "document number", "id no"],
    ),
    (Field::IdType, "id_type", &["证件类型"], &["id type", "document type"]),
    (
        Field::Phone,
        "phone",
        &["联系电话", "电话", "手机号", "手机号码", "联系方式"],
        &["phone", "telephone", "mobile", "phone number"],
    ),
    (Field::Sex, "sex", &["性别"], &["sex", "gender"]),
    (
        Field::BirthDate,
        "birth_date",
        &["出生日期", "生日"],
        &["date of birth", "birth date", "dob"],
    ),
    (
        Field::Place,
        "place",
        &["地点编码", "地址编码", "现住地址编码", "现住址编码", "住址编码", "社区编码"],
        &["place", "place code", "address code"],
    ),
    (
        Field::LastContact,
        "last_contact",
        &["末次接触时间", "末次接触日期", "最后接触时间", "最后接触日期", "末次暴露时间"],
        &["last contact", "date of last contact", "last exposure", "date of last exposure"],
    ),
    (
        Field::FirstContact,
        "first_contact",
        &["首次接触时间", "首次接触日期", "首次暴露时间"],
        &["first contact", "date of first contact", "first exposure"],
    ),
    (
        Field::Setting,
        "setting",
        &["接触场景", "接触方式", "接触地点类型", "接触类型"],
        &["setting", "contact setting", "type of contact"],
    ),
    (Field::Remark, "remark", &["备注", "说明"], &["note", "notes", "remark", "comments"]),
];

/// The fields that a file of a kind can have.
pub(super) fn fields(kind: Kind) -> &'static [Heading] {
    match kind {
        Kind::Persons => PERSONS,
        Kind::Places => PLACES,
        Kind::Cases => CASES,
        Kind::Contacts => CONTACTS,
    }
}
