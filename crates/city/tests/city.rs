//! A generated city against the scenario that it comes from.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use city::{
    City, CityError, Level, Need, Options, Person, PlaceRow, Relation, Scenario, Sex,
    id_check_character,
};
use types::{AreaScope, PlaceCode};

fn scenario() -> Scenario {
    Scenario::bundled("jilin-2022").expect("built in")
}

fn scope(text: &str) -> AreaScope {
    AreaScope::parse(text).expect("a scope")
}

fn city(seed: u64, people: Option<u64>, areas: &str) -> City {
    City::generate(&scenario(), Options { seed, people, areas: Some(scope(areas)) })
        .expect("a city")
}

/// Changyi district alone, with 40,000 people.
fn changyi() -> City {
    city(7, Some(40_000), "220202")
}

#[test]
fn the_whole_city_has_the_people_of_the_census() {
    let all = City::generate(&scenario(), Options::default()).expect("a city");
    assert_eq!(all.people(), 3_623_713);
    let rows: Vec<PlaceRow> = all.places_down_to(Level::Compound).collect();
    let sum =
        |level| -> u64 { rows.iter().filter(|r| r.level == level).filter_map(|r| r.people).sum() };
    for level in &Level::ALL[..6] {
        assert_eq!(sum(*level), 3_623_713, "{level:?}");
    }
    let people_of = |code: &str| {
        rows.iter().find(|r| r.code.as_str() == code).and_then(|r| r.people).expect("a county")
    };
    assert_eq!(people_of("220281"), 328_925);
    // A zone and its host share one census figure.
    assert_eq!(people_of("220202") + people_of("220271"), 632_518);
    let four_districts =
        ["220202", "220203", "220204", "220211", "220271", "220272"].map(people_of);
    assert_eq!(four_districts.iter().sum::<u64>(), 1_895_865);
    // Mean household 2.34 persons.
    let mean = all.people() as f64 / all.household_count() as f64;
    assert!((mean - 2.34).abs() < 0.02, "{mean}");
}

#[test]
fn fewer_people_keep_the_share_of_each_county() {
    let (full, small) = (city(1, None, "2202"), city(1, Some(300_000), "2202"));
    let counties = |c: &City| -> BTreeMap<PlaceCode, u64> {
        c.places_down_to(Level::County)
            .filter(|p| p.level == Level::County)
            .filter_map(|p| Some((p.code, p.people?)))
            .collect()
    };
    let (full, small) = (counties(&full), counties(&small));
    assert_eq!(small.values().sum::<u64>(), 300_000);
    for (code, people) in &full {
        let wanted = *people as f64 * 300_000.0 / 3_623_713.0;
        assert!((small[code] as f64 - wanted).abs() < wanted * 0.01 + 20.0, "{code}");
    }
}

#[test]
fn both_cities_can_be_made_and_nothing_else() {
    let both = city(1, Some(50_000), "22");
    let prefectures: Vec<String> = both
        .places_down_to(Level::Prefecture)
        .filter(|p| p.level == Level::Prefecture)
        .map(|p| format!("{} {} {}", p.code, p.name, p.name_en))
        .collect();
    assert_eq!(prefectures, ["2201 长春市 Changchun City", "2202 吉林市 Jilin City"]);
    let nowhere =
        City::generate(&scenario(), Options { areas: Some(scope("11")), ..Options::default() });
    assert!(matches!(nowhere, Err(CityError::NothingThere(_))));
    let crowd =
        City::generate(&scenario(), Options { people: Some(99_000_000), ..Options::default() });
    assert!(matches!(crowd, Err(CityError::TooMany { .. })));
}

#[test]
fn a_city_without_people_has_its_divisions() {
    let empty = city(1, Some(0), "2202");
    assert_eq!(empty.persons().count(), 0);
    assert_eq!(empty.places().filter(|p| p.level == Level::Community).count(), 1778);
    assert!(empty.places().all(|p| p.level <= Level::Community));
}

#[test]
fn every_code_is_unique_and_starts_with_its_parents() {
    let mut seen: HashMap<PlaceCode, Level> = HashMap::new();
    let mut last_of: HashMap<PlaceCode, usize> = HashMap::new();
    for place in city(3, Some(200_000), "2202").places() {
        if let Some(parent) = &place.parent {
            assert!(place.code.as_str().starts_with(parent.as_str()), "{}", place.code);
            assert!(seen[parent] < place.level, "{} before its parent", place.code);
            // Siblings have codes of one length, so none is the beginning of another.
            let length = last_of.entry(parent.clone()).or_insert(place.code.as_str().len());
            assert_eq!(*length, place.code.as_str().len(), "{}", place.code);
        } else {
            assert_eq!(place.level, Level::Province);
        }
        assert!(!place.name.is_empty() && !place.name_en.is_empty());
        assert!(seen.insert(place.code.clone(), place.level).is_none(), "{} twice", place.code);
    }
}

#[test]
fn everyone_lives_at_a_place_that_exists_behind_a_door_of_their_own() {
    let city = changyi();
    let places: HashMap<PlaceCode, PlaceRow> = city.places().map(|p| (p.code.clone(), p)).collect();
    let mut doors = BTreeSet::new();
    let mut taken: HashMap<PlaceCode, u32> = HashMap::new();
    for household in city.households() {
        let home = household.dwelling.code();
        let place = &places[&home];
        assert!(matches!(place.level, Level::Entrance | Level::Building), "{home}");
        assert!(doors.insert((home.clone(), household.dwelling.door())), "{home} twice");
        *taken.entry(home).or_default() += 1;
    }
    for (home, households) in taken {
        assert!(households <= places[&home].doors, "{home} has too few doors");
    }
    let doors_of = |level| places.values().filter(|p| p.level == level).map(|p| p.doors).sum();
    let (in_compounds, in_buildings): (u32, u32) =
        (doors_of(Level::Compound), doors_of(Level::Building));
    assert_eq!(in_compounds, in_buildings);
}

#[test]
fn persons_have_valid_unique_numbers_and_ids_in_order() {
    let city = changyi();
    let persons: Vec<Person> = city.persons().collect();
    assert_eq!(persons.len(), 40_000);
    assert!(persons.is_sorted_by(|a, b| a.id < b.id), "ids are out of order");
    let numbers: BTreeSet<_> = persons.iter().map(|p| p.id_number).collect();
    assert_eq!(numbers.len(), persons.len());
    for p in &persons {
        let text = p.id_number.as_str();
        let check = id_check_character(&text.as_bytes()[..17]).map(char::from);
        assert_eq!(text.chars().last(), check, "{text}");
        assert_eq!(text[6..14], p.born.strftime("%Y%m%d").to_string());
        let man = text.as_bytes()[16] % 2 == 1;
        assert_eq!(man, p.sex == Sex::Male);
        let reference = city.scenario().parameters.reference_date;
        let birthday = p.born + jiff::Span::new().years(i64::from(p.age));
        assert!(birthday <= reference && birthday + jiff::Span::new().years(1) > reference);
        assert_eq!(p.phone.as_str().len(), 11);
    }
    // Households of neighbours sort next to each other.
    let homes: Vec<_> = city.households().map(|h| (h.id, h.dwelling)).collect();
    assert!(homes.is_sorted_by(|a, b| a.0 < b.0 && a.1 < b.1));
}

#[test]
fn households_have_one_head_first_and_add_up() {
    let city = changyi();
    let mut persons = 0;
    let mut households = 0;
    for h in city.households() {
        let members: Vec<Person> = h.members().collect();
        assert_eq!(members.len(), h.size());
        assert_eq!(members[0].relation, Relation::Head);
        assert!(members[1..].iter().all(|m| m.relation != Relation::Head));
        assert!(members.iter().all(|m| m.household == h.id && m.dwelling == h.dwelling));
        let alone = members[0].needs.has(Need::ElderlyAlone);
        assert_eq!(alone, members.len() == 1 && members[0].age >= 60);
        for child in members.iter().filter(|m| m.age < 12) {
            assert_eq!(child.phone, members[0].phone);
        }
        persons += members.len() as u64;
        households += 1;
    }
    assert_eq!((persons, households), (city.people(), city.household_count()));
}

#[test]
fn ages_sexes_and_sizes_follow_the_scenario() {
    let city = city(11, Some(150_000), "220204");
    let p = &city.scenario().parameters;
    let (mut bands, mut men) = ([0f64; 18], 0f64);
    for person in city.persons() {
        bands[(usize::from(person.age) / 5).min(17)] += 1.0;
        men += f64::from(u8::from(person.sex == Sex::Male));
    }
    let total = city.people() as f64;
    for (band, (got, want)) in bands.iter().zip(p.ages.band_shares.value).enumerate() {
        assert!((got / total - want).abs() < 0.006, "band {band}: {}, not {want}", got / total);
    }
    assert!((men / total - p.ages.male_share.value).abs() < 0.006, "{}", men / total);
    let mut sizes = [0f64; 7];
    city.households().for_each(|h| sizes[h.size() - 1] += 1.0);
    for (at, (got, want)) in sizes.iter().zip(p.households.size_shares.value).enumerate() {
        let share = got / city.household_count() as f64;
        assert!((share - want).abs() < 0.01, "size {}: {share}, not {want}", at + 1);
    }
}

#[test]
fn the_same_seed_makes_the_same_city_and_another_seed_another() {
    let describe = |city: &City| {
        let mut text = String::new();
        for p in city.places() {
            text += &format!("{p:?}\n");
        }
        for p in city.persons() {
            text += &format!("{p:?}\n");
        }
        text
    };
    let small = |seed| describe(&city(seed, Some(5_000), "220211"));
    assert_eq!(small(1), small(1));
    assert_ne!(small(1), small(2));
}

#[test]
fn compounds_are_made_alone_as_in_the_whole() {
    let city = changyi();
    let whole: Vec<Person> = city.persons().collect();
    let parts: Vec<Person> =
        (0..city.compound_count()).flat_map(|at| city.persons_of(at)).collect();
    assert!(whole == parts);
    assert_eq!(city.persons_of(city.compound_count()).count(), 0);
}

/// FNV-1a, to name many bytes by one number.
fn digest(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// Machines, compilers and builds must agree. Whoever changes the generator or the scenario
/// on purpose writes the new numbers here.
#[test]
fn the_bytes_are_those_of_every_other_machine() {
    let city = city(1, Some(3_000), "220202");
    let map = city.geojson(Level::Compound, AreaScope::ALL);
    let mut registry = Vec::new();
    let options = city::RegistryOptions::default();
    city::write_registry_csv(&mut registry, city.persons(), &options).expect("written");
    assert_eq!(digest(map.as_bytes()), 17_401_519_591_715_315_665);
    assert_eq!(digest(&registry), 18_304_010_613_972_386_002);
}
