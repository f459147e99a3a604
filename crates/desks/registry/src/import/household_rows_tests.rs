use std::io::Cursor;

use super::*;
use crate::import::Kind;
use crate::import::columns::Choices;
use crate::import::source::{self, Plan};

const TODAY: Day = Day { year: 2022, month: 3, day: 15 };

fn reader() -> Reader {
    let places = [
        "220202",
        "220202001001",
        "220202001001-03",
        "220202001001-03-05",
        "220202001001-03-05-2",
        "220203100201",
    ];
    Reader {
        import: Uuid::from_u128(1 << 100),
        scope: AreaScope::parse("220202").expect("a scope"),
        today: TODAY,
        place: None,
        places: places.into_iter().map(Into::into).collect(),
        keys: Keys::ephemeral().expect("keys"),
        seal: true,
    }
}

fn prepare(reader: &Reader, text: &str) -> Prepared {
    let plan = Plan {
        kind: Kind::Persons,
        choices: Choices::new(),
        placed: reader.place.is_some(),
        chunk_rows: 1_000,
        encoding: None,
    };
    let mut chunks = Vec::new();
    source::read(Cursor::new(text.to_owned()), &plan, |_| {}, &mut |chunk| {
        chunks.push(chunk);
        true
    })
    .expect("reads");
    assert_eq!(chunks.len(), 1);
    reader.prepare(chunks.remove(0)).expect("prepares")
}

const HEADER: &str =
    "姓名,证件类型,证件号码,电话,性别,出生日期,地址编码,社区编码,小区编码,楼栋,单元,门牌号,户号";

/// The rule that one row breaks, after a header with all columns.
fn broken(row: &str) -> String {
    let prepared = prepare(&reader(), &format!("{HEADER}\n{row}\n"));
    match prepared.rejected.first() {
        Some(remark) => format!("{} {}", remark.field, remark.rule),
        None => String::new(),
    }
}

/// The place and door of one row.
fn address(columns: &str) -> String {
    let row = format!("张三,,11010519491231002X,,,,{columns}");
    let prepared = prepare(&reader(), &format!("{HEADER}\n{row}\n"));
    assert!(prepared.rejected.is_empty(), "{columns}: {:?}", prepared.rejected);
    let household = &prepared.commands[0].1.households[0];
    format!("{} {}", household.place, household.door)
}

#[test]
fn each_rule_names_its_field() {
    let home = "220202001001-03,,,,,301,";
    let good = format!("张三,,11010519491231002X,13800138000,女,1949-12-31,{home}");
    assert_eq!(broken(&good), "");
    for (row, expected) in [
        (format!(",,11010519491231002X,,,,{home}"), "name name-missing"),
        (format!("张三,,,,,,{home}"), "id_number id-number-missing"),
        (format!("张三,,110105194912310021,,,,{home}"), "id_number id-number-check"),
        (format!("张三,,2.20202E+17,,,,{home}"), "id_number id-number-rounded"),
        (format!("张三,,E12345678,,,,{home}"), "id_number id-number-form"),
        (format!("张三,学生证,E12345678,,,,{home}"), "id_type id-type-unknown"),
        (format!("张三,无,E12345678,,,,{home}"), "id_number id-type-missing"),
        (format!("张三,,11010519491231002X,138,,,{home}"), "phone phone-form"),
        (format!("张三,,11010519491231002X,,男,,{home}"), "sex sex-differs"),
        (format!("张三,,11010519491231002X,,?,,{home}"), "sex sex-unknown"),
        (format!("张三,,11010519491231002X,,,1949-12-30,{home}"), "birth_date birth-date-differs"),
        (format!("Li,护照,E12345678,,,2022-02-30,{home}"), "birth_date birth-date"),
        ("张三,,11010519491231002X,,,,,,,,,301,".into(), "place place-missing"),
        ("张三,,11010519491231002X,,,,220202001002,,,,,301,".into(), "place place-unknown"),
        ("张三,,11010519491231002X,,,,220202,,,,,301,".into(), "place place-too-wide"),
        ("张三,,11010519491231002X,,,,22020,,,,,301,".into(), "place place-code-form"),
        ("张三,,11010519491231002X,,,,220203100201,,,,,301,".into(), "place area-not-allowed"),
        ("张三,,11010519491231002X,,,,220202001001,,,,,,".into(), "door household-missing"),
        (format!("张三,,11010519491231002X,,,,{home},x"), " row-too-wide"),
        (format!("\"张三,,11010519491231002X,,,,{home}"), " quote-unclosed"),
    ] {
        assert_eq!(broken(&row), expected, "{row}");
    }
    assert_eq!(broken(&format!("Li Ming,护照,E12345678,,M,1990/2/3,{home}")), "");
    assert_eq!(broken(&format!("婴儿,无,,,,,{home}")), "");
    assert_eq!(broken(&format!("张三,,'11010519491231002x,'13800138000,,,{home}")), "");
}

#[test]
fn an_address_is_followed_as_deep_as_it_is_known() {
    assert_eq!(address("220202001001-03-05-2,,,,,301,"), "220202001001-03-05-2 301");
    assert_eq!(address(",220202001001,03,5号楼,2单元,301室,"), "220202001001-03-05-2 301");
    assert_eq!(address(",,220202001001-03,05,,9,"), "220202001001-03-05 9");
    assert_eq!(address(",,220202001001-03,7,2,301,"), "220202001001-03 7-2-301");
    assert_eq!(address("220202001001,,,,,,H-77"), "220202001001 #H-77");
}

#[test]
fn persons_of_one_door_are_one_household() {
    let rows = "张三,,11010519491231002X,,,,220202001001-03,,,,,301,\n\
                李四,,440524188001010014,,,,220202001001-03,,,,,301室,\n\
                婴儿,无,,,,,220202001001-03,,,,,302,";
    let prepared = prepare(&reader(), &format!("{HEADER}\n{rows}\n"));
    let (area, put) = &prepared.commands[0];
    assert_eq!(area.get(), 220_202);
    let sizes: Vec<usize> = put.households.iter().map(|h| h.persons.len()).collect();
    assert_eq!(sizes, [2, 1]);
    let first = &put.households[0].persons[0];
    assert_eq!((first.row, first.birth_year, first.sex), (1, Some(1949), Some(Sex::Female)));
    assert_eq!(put.households[1].persons[0].id_index, None);
    let reader = reader();
    assert_eq!(ids::row_of(reader.import, first.id), Some(1));
}

#[test]
fn a_place_named_for_the_file_serves_rows_without_one() {
    let reader =
        Reader { place: Some(PlaceCode::parse("220202001001").expect("a place")), ..reader() };
    let text = "站前社区居民名册,,,\n姓名,身份证号,小区编码,房号\n张三,11010519491231002X,03,301\n李四,440524188001010014,,9\n";
    let prepared = prepare(&reader, text);
    let places: Vec<String> =
        prepared.commands[0].1.households.iter().map(|h| h.place.to_string()).collect();
    assert_eq!(places, ["220202001001-03", "220202001001"]);
    assert_eq!(prepared.chunk.blank, 2, "the title and the header");
}

#[test]
fn what_cannot_be_decoded_is_rejected_by_its_field() {
    let mut bytes = format!("{HEADER}\n").into_bytes();
    bytes.extend_from_slice(b"\xff\xfe,,11010519491231002X,,,,220202001001-03,,,,,301,\n");
    let plan = Plan {
        kind: Kind::Persons,
        choices: Choices::new(),
        placed: false,
        chunk_rows: 10,
        encoding: None,
    };
    let reader = reader();
    let mut found = Vec::new();
    source::read(Cursor::new(bytes), &plan, |_| {}, &mut |chunk| {
        found.extend(reader.prepare(chunk).expect("prepares").rejected);
        true
    })
    .expect("reads");
    assert_eq!((found[0].field, &*found[0].rule, found[0].line), ("name", "encoding", 2));
}
