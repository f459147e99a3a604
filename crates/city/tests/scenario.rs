//! The built-in scenario is sound, and a broken one is refused with the row that is wrong.

use city::{CityError, Quality, Scenario, ScenarioFiles};
use types::AreaScope;

const PARAMETERS: &str = include_str!("../../../scenarios/jilin-2022/scenario.toml");
const DIVISIONS: &str = "code,name,name_en\n22,吉林省,Jilin Province\n2202,吉林市,Jilin City\n\
    220202,昌邑区,Changyi District\n220202001,兴华街道,Xinghua Subdistrict\n\
    220202001001,华兴社区,Huaxing Community\n";
const COUNTIES: &str = "code,lon,lat,area_km2,census_host,population,quality,source\n\
    220202,126.57,43.88,865,,632518,estimate,census\n";
const LABORATORIES: &str = "code,name,name_en,county,lon,lat,from,claimed,staffed,measured,\
    quality,source\nJL-01,一,One,220202,126.5,43.8,2022-03-01,3,2,1,found,here\n";

const SMALL: ScenarioFiles<'static> = ScenarioFiles {
    parameters: PARAMETERS,
    divisions: DIVISIONS,
    counties: COUNTIES,
    laboratories: LABORATORIES,
    facilities: None,
    epidemic: None,
    response: None,
    fitted: None,
    fit: None,
    reported: None,
    supply: None,
};

#[test]
fn jilin_2022_has_every_division_with_two_readable_names() {
    let scenario = Scenario::bundled("jilin-2022").expect("built in");
    let count = |digits| scenario.divisions.iter().filter(|d| d.digits == digits).count();
    assert_eq!([2, 4, 6, 9, 12].map(count), [1, 2, 27, 381, 4576]);
    for d in &scenario.divisions {
        let latin = |c: char| c.is_ascii() || c == 'ü';
        assert!(d.name_en.chars().all(latin), "{} {}", d.code, d.name_en);
        assert!(d.name_en.starts_with(|c: char| c.is_ascii_uppercase()), "{}", d.name_en);
        assert!(!d.name.is_ascii(), "{}", d.name);
    }
    let english = |code| {
        let found = scenario.divisions.iter().find(|d| d.code == code);
        found.map(|d| d.name_en.as_str())
    };
    assert_eq!(english(220_204), Some("Chuanying District"));
    assert_eq!(english(220_104), Some("Chaoyang District"));
    assert_eq!(english(220_104_005), Some("Chongqing Subdistrict"));
    let scope = |text| AreaScope::parse(text).expect("a scope");
    assert_eq!(scenario.census_population(scope("2202")), 3_623_713);
    assert_eq!(scenario.census_population(scope("2201")), 9_066_906);
    assert!(matches!(Scenario::bundled("wuhan"), Err(CityError::UnknownScenario(_))));
}

#[test]
fn every_parameter_has_a_source_and_lies_in_its_range() {
    let scenario = Scenario::bundled("jilin-2022").expect("built in");
    let rows = scenario.parameters.rows();
    assert!(rows.len() > 30);
    for row in &rows {
        assert!(row.source.len() > 5, "{} has no source", row.name);
        assert!(row.range[0] <= row.range[1], "{}", row.name);
    }
    let site = rows.iter().find(|r| r.name == "response.persons_per_site").expect("is there");
    assert_eq!((site.quality, site.value.as_str()), (Quality::Found, "2500"));
}

#[test]
fn a_small_scenario_loads() {
    let scenario = Scenario::from_files(SMALL).expect("sound");
    assert_eq!(scenario.divisions.len(), 5);
    assert_eq!(scenario.laboratories.len(), 1);
}

#[test]
fn a_broken_file_is_refused_with_its_row() {
    let toml = |from: &str, to: &str| PARAMETERS.replacen(from, to, 1);
    let out_of_range = toml("male_share = { value = 0.4992", "male_share = { value = 0.9");
    let bad_sum = toml("value = [0.248, 0.376", "value = [0.348, 0.376");
    let bad_mean = toml("mean_size = { value = 2.34", "mean_size = { value = 2.45");
    let unknown_key = toml("[flags]", "[flags]\nstars = 1");
    let reversed = toml("value = [18.0, 32.0]", "value = [32.0, 18.0]");
    for (text, says) in [
        (&out_of_range, "ages.male_share: 0.9 is outside 0.48 to 0.52"),
        (&bad_sum, "households.size_shares: the shares add up to 1.1"),
        (&bad_mean, "households.size_shares: their mean is 2.33"),
        (&unknown_key, "unknown field `stars`"),
        (&reversed, "compounds.tower_floors: 32 to 18"),
    ] {
        let files = ScenarioFiles { parameters: text, ..SMALL };
        let error = Scenario::from_files(files).expect_err("refused").to_string();
        assert!(error.contains(says), "{error}");
    }

    let orphan = format!("{DIVISIONS}220203001,x,X\n");
    let twice = format!("{DIVISIONS}220202,昌邑区,Changyi District\n");
    let short = format!("{DIVISIONS}220,x,X\n");
    let nameless = format!("{DIVISIONS}220202001002,,X\n");
    for (text, says) in [
        (&orphan, "divisions.csv: 220203001: has no parent row"),
        (&twice, "divisions.csv: 220202: comes twice"),
        (&short, "divisions.csv: 220: is not 2, 4, 6, 9 or 12 digits"),
        (&nameless, "divisions.csv: 220202001002: has no name"),
    ] {
        let files = ScenarioFiles { divisions: text, ..SMALL };
        let error = Scenario::from_files(files).expect_err("refused").to_string();
        assert!(error.contains(says), "{error}");
    }

    let header = COUNTIES.lines().next().expect("a header");
    let county = |row: &str| format!("{header}\n{row}\n");
    let hosted_by_none = county("220202,126.57,43.88,865,220299,,estimate,census");
    let both = county("220202,126.57,43.88,865,220202,5,estimate,census");
    let off_map = county("220202,226.57,43.88,865,,5,estimate,census");
    let missing = county("220203,126.57,43.88,865,,5,estimate,census");
    let garbled = county("220202,126.57,43.88,many,,5,estimate,census");
    for (text, says) in [
        (&hosted_by_none, "counties.csv: 220202: has an unknown census host"),
        (&both, "counties.csv: 220202: needs either a census host or a population"),
        (&off_map, "counties.csv: 220202: has a seat off the map"),
        (&missing, "counties.csv: 220202: is missing"),
        (&garbled, "counties.csv: CSV deserialize error: record 1"),
    ] {
        let files = ScenarioFiles { counties: text, ..SMALL };
        let error = Scenario::from_files(files).expect_err("refused").to_string();
        assert!(error.contains(says), "{error}");
    }
}
