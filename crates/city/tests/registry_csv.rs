//! Registry files against the people that they are written from.

use std::collections::{BTreeMap, BTreeSet};

use city::{
    City, FaultRates, Options, RegistryCounts, RegistryLanguage, RegistryOptions, Scenario,
    id_check_character, write_registry_csv,
};
use types::AreaScope;

fn city() -> City {
    let areas = Some(AreaScope::parse("220211").expect("a scope"));
    let scenario = Scenario::bundled("jilin-2022").expect("built in");
    City::generate(&scenario, Options { seed: 2, people: Some(20_000), areas }).expect("a city")
}

fn write(city: &City, options: &RegistryOptions) -> (Vec<u8>, RegistryCounts) {
    let mut file = Vec::new();
    let counts = write_registry_csv(&mut file, city.persons(), options).expect("written");
    (file, counts)
}

fn rows(file: &[u8]) -> Vec<BTreeMap<String, String>> {
    csv::Reader::from_reader(file).deserialize().collect::<Result<_, _>>().expect("rows")
}

#[test]
fn a_sound_file_has_every_person_once() {
    let city = city();
    let options =
        RegistryOptions { language: RegistryLanguage::English, ..RegistryOptions::default() };
    let (file, counts) = write(&city, &options);
    assert_eq!(counts, RegistryCounts { rows: 20_000, sound: 20_000, ..Default::default() });
    let rows = rows(&file);
    assert_eq!(rows.len(), 20_000);
    for (row, person) in rows.iter().zip(city.persons()) {
        assert_eq!(row["household"], person.household.to_string());
        assert_eq!(row["place"], person.dwelling.code().as_str());
        assert_eq!(row["door"], person.dwelling.door().to_string());
        assert_eq!(row["name"], person.name.zh());
        assert_eq!(row["name_pinyin"], person.name.pinyin());
        assert_eq!(row["birth_date"], person.born.to_string());
        assert_eq!(row["id_number"], person.id_number.as_str());
        assert_eq!(row["phone"], person.phone.as_str());
        assert_eq!(row["sex"], person.sex.en());
        assert_eq!(row["relation"], person.relation.en());
        let needs: Vec<&str> = person.needs.iter().map(city::Need::word).collect();
        assert_eq!(row["needs"], needs.join(";"));
    }
}

#[test]
fn a_chinese_file_can_begin_as_spreadsheets_write_it() {
    let options = RegistryOptions { byte_order_mark: true, ..RegistryOptions::default() };
    let (file, _) = write(&city(), &options);
    let text = std::str::from_utf8(&file).expect("UTF-8");
    let header = "\u{feff}户编号,地址编码,门牌号,姓名,姓名拼音,性别,出生日期,身份证号,手机号,与户主关系,备注\n";
    assert!(text.starts_with(header));
    assert!(text.contains(",户主,"));
}

#[test]
fn what_an_importer_finds_is_what_the_counts_say() {
    let city = city();
    let options = RegistryOptions {
        language: RegistryLanguage::English,
        faults: FaultRates::each(0.02),
        seed: 5,
        ..RegistryOptions::default()
    };
    let (file, counts) = write(&city, &options);
    let communities: BTreeSet<String> =
        city.scenario().divisions.iter().map(|d| d.code.to_string()).collect();

    let mut found = RegistryCounts::default();
    let mut known: BTreeMap<String, String> = BTreeMap::new();
    for row in rows(&file) {
        found.rows += 1;
        let number = row["id_number"].as_bytes();
        if id_check_character(&number[..17]) != Some(number[17]) {
            found.bad_id_check += 1;
        } else if row["name"].is_empty() {
            found.missing_name += 1;
        } else if !communities.contains(&row["place"][..12]) {
            found.unknown_place += 1;
        } else {
            let address = format!("{} {}", row["place"], row["door"]);
            match known.get(&row["id_number"]) {
                None => {
                    known.insert(row["id_number"].clone(), address);
                    found.sound += 1;
                }
                Some(same) if *same == address => found.duplicate += 1,
                Some(_) => found.second_address += 1,
            }
        }
    }
    assert_eq!(found, counts);
    assert_eq!(counts.rows, counts.sound + counts.repeats() + counts.rejects());
    assert_eq!(counts.sound + counts.rejects(), city.people());
    for (kind, count) in [
        ("duplicate", counts.duplicate),
        ("second address", counts.second_address),
        ("check", counts.bad_id_check),
        ("name", counts.missing_name),
        ("place", counts.unknown_place),
    ] {
        assert!((300..500).contains(&count), "{kind}: {count} of about 400");
    }
    assert_eq!(write(&city, &options).0, file, "the same seed wrote another file");
}
