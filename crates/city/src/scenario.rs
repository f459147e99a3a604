//! A scenario: real divisions, populations, public coordinates and parameters, as files.

use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use types::AreaScope;

use crate::epidemic::EpidemicParameters;
use crate::facility::{Facility, read_facilities};
use crate::laboratory::{Laboratory, read_laboratories};
use crate::response_model::reported::read_reported;
use crate::response_model::{Change, FitPlan, ReportedDay, ResponsePlan};
use crate::supply::SupplyPlan;
use crate::{CityError, Parameters};

/// The four files of a scenario, as text.
#[derive(Clone, Copy, Debug)]
pub struct ScenarioFiles<'a> {
    /// `scenario.toml`.
    pub parameters: &'a str,
    /// `divisions.csv`: code, name, name_en; province to community.
    pub divisions: &'a str,
    /// `counties.csv`: seat, area and population of each county.
    pub counties: &'a str,
    /// `laboratories.csv`: capacity claimed, staffed and measured, by date.
    pub laboratories: &'a str,
    /// `facilities.csv`: the places of care that there were, with their beds and dates.
    pub facilities: Option<&'a str>,
    /// `epidemic.toml`: the disease and who meets whom. Places and people need none.
    pub epidemic: Option<&'a str>,
    /// `response.toml`: what the response has and does, by date.
    pub response: Option<&'a str>,
    /// `fitted.csv`: values of some figures, one row for each of several runs that fit.
    pub fitted: Option<&'a str>,
    /// `fit.toml`: what is fitted, and where it is looked for.
    pub fit: Option<&'a str>,
    /// `reported.csv`: the counts that were published.
    pub reported: Option<&'a str>,
    /// `supply.toml`: what households have at home, and what a city's food rests on, by date.
    pub supply: Option<&'a str>,
}

/// What a scenario without figures of its own has.
const SUPPLY: &str = include_str!("../../../scenarios/jilin-2022/supply.toml");

const JILIN_2022: ScenarioFiles<'static> = ScenarioFiles {
    parameters: include_str!("../../../scenarios/jilin-2022/scenario.toml"),
    divisions: include_str!("../../../scenarios/jilin-2022/divisions.csv"),
    counties: include_str!("../../../scenarios/jilin-2022/counties.csv"),
    laboratories: include_str!("../../../scenarios/jilin-2022/laboratories.csv"),
    facilities: Some(include_str!("../../../scenarios/jilin-2022/facilities.csv")),
    epidemic: Some(include_str!("../../../scenarios/jilin-2022/epidemic.toml")),
    response: Some(include_str!("../../../scenarios/jilin-2022/response.toml")),
    fitted: Some(include_str!("../../../scenarios/jilin-2022/fitted.csv")),
    fit: Some(include_str!("../../../scenarios/jilin-2022/fit.toml")),
    reported: Some(include_str!("../../../scenarios/jilin-2022/reported.csv")),
    supply: Some(SUPPLY),
};

const MEASLES_TOWN: ScenarioFiles<'static> = ScenarioFiles {
    parameters: include_str!("../../../scenarios/measles-town/scenario.toml"),
    divisions: include_str!("../../../scenarios/measles-town/divisions.csv"),
    counties: include_str!("../../../scenarios/measles-town/counties.csv"),
    laboratories: include_str!("../../../scenarios/measles-town/laboratories.csv"),
    facilities: None,
    epidemic: Some(include_str!("../../../scenarios/measles-town/epidemic.toml")),
    response: Some(include_str!("../../../scenarios/measles-town/response.toml")),
    fitted: None,
    fit: None,
    reported: None,
    supply: None,
};

/// The rows of a file of fitted values (a key each column) as changes.
pub(crate) fn fitted_sets(text: &str) -> Result<Vec<Vec<Change>>, CityError> {
    const FILE: &str = "fitted.csv";
    let csv_error = |source| CityError::Csv { file: FILE, source };
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let keys = reader.headers().map_err(csv_error)?.clone();
    let mut rows = Vec::new();
    for (number, record) in (1..).zip(reader.records()) {
        let record = record.map_err(csv_error)?;
        let change = |(key, value): (&str, &str)| {
            let wrong = || CityError::value(FILE, format!("row {number}, {key}"), "no number");
            Ok(Change::set(key, value.parse().map_err(|_| wrong())?))
        };
        rows.push(keys.iter().zip(&record).map(change).collect::<Result<_, CityError>>()?);
    }
    Ok(rows)
}

/// One division of the statistical bureau's code list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Division {
    /// 2, 4, 6, 9 or 12 digits.
    pub code: u64,
    /// The number of digits, which tells the level.
    pub digits: u8,
    /// The official name.
    pub name: String,
    /// The name in English, with the proper part in pinyin.
    pub name_en: String,
}

/// What is known of one county beyond its name.
#[derive(Clone, Debug, PartialEq)]
pub struct County {
    /// Six digits.
    pub code: u64,
    /// Approximate public coordinates of the seat of its government, WGS 84, degrees.
    pub seat: [f64; 2],
    /// Area in km²; recalled, used only to size the schematic cells.
    pub area_km2: f64,
    /// The county whose census figure includes this one (development zones), else its own code.
    pub census_host: u64,
    /// Persons in 2020, of this county and of those that it hosts; `None` for hosted ones.
    pub population: Option<u64>,
    /// How sure the population is, as the file says.
    pub quality: String,
    /// Where the population comes from.
    pub source: String,
}

/// Everything a city is made from.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// `scenario.toml`.
    pub parameters: Parameters,
    /// Province to community, parents before children, in code order within each level.
    pub divisions: Vec<Division>,
    /// The counties by code.
    pub counties: BTreeMap<u64, County>,
    /// The laboratories with their dated capacities.
    pub laboratories: Vec<Laboratory>,
    /// The places of care that there were; none for a made-up scenario.
    pub facilities: Vec<Facility>,
    epidemic: Option<EpidemicParameters>,
    response: Option<ResponsePlan>,
    texts: [Option<String>; 5],
    supply: String,
}

impl County {
    /// Whether it is a development zone: the statistical bureau gives those the county codes
    /// 71 to 79, though they are no counties in law.
    pub fn is_zone(&self) -> bool {
        (71..80).contains(&(self.code % 100))
    }
}

#[derive(Deserialize)]
struct DivisionRow {
    code: String,
    name: String,
    name_en: String,
}

#[derive(Deserialize)]
struct CountyRow {
    code: u64,
    lon: f64,
    lat: f64,
    area_km2: f64,
    census_host: Option<u64>,
    population: Option<u64>,
    quality: String,
    source: String,
}

impl Scenario {
    /// A scenario that is built into the program: `jilin-2022` or `measles-town`.
    ///
    /// # Errors
    /// [`CityError::UnknownScenario`] for any other name.
    pub fn bundled(name: &str) -> Result<Scenario, CityError> {
        match name {
            "jilin-2022" => Scenario::from_files(JILIN_2022),
            "measles-town" => Scenario::from_files(MEASLES_TOWN),
            _ => Err(CityError::UnknownScenario(name.to_owned())),
        }
    }

    /// Reads a scenario from its files and checks that they fit together.
    ///
    /// # Errors
    /// [`CityError`] naming the file, the row or parameter, and what is wrong.
    pub fn from_files(files: ScenarioFiles<'_>) -> Result<Scenario, CityError> {
        let parameters = Parameters::parse(files.parameters)?;
        let divisions = read_divisions(files.divisions)?;
        let counties = read_counties(files.counties)?;
        for d in divisions.iter().filter(|d| d.digits == 6) {
            if !counties.contains_key(&d.code) {
                return Err(CityError::value("counties.csv", d.code.to_string(), "is missing"));
            }
        }
        let laboratories = read_laboratories(files.laboratories)?;
        let facilities = files.facilities.map_or(Ok(Vec::new()), read_facilities)?;
        if let Some(lost) = facilities.iter().find(|f| !counties.contains_key(&f.county)) {
            let why = format!("stands in {}, which is no county here", lost.county);
            return Err(CityError::value("facilities.csv", &lost.code, why));
        }
        let epidemic = files.epidemic.map(EpidemicParameters::parse).transpose()?;
        let response = files.response.map(ResponsePlan::parse).transpose()?;
        let texts = [files.epidemic, files.response, files.fitted, files.fit, files.reported];
        let texts = texts.map(|t| t.map(str::to_owned));
        let supply = files.supply.unwrap_or(SUPPLY).to_owned();
        SupplyPlan::parse(&supply)?;
        Ok(Scenario {
            parameters,
            divisions,
            counties,
            laboratories,
            facilities,
            epidemic,
            response,
            texts,
            supply,
        })
    }

    /// `epidemic.toml` and `response.toml`, taken apart.
    pub(crate) fn documents(&self) -> Result<(toml::Table, toml::Table), CityError> {
        let document = |at: usize, file: &'static str| {
            let text = self.texts[at].as_deref();
            let missing = || CityError::value(file, "the file", "the scenario has none");
            let wrong = |e: toml::de::Error| CityError::value(file, "the file", e.to_string());
            toml::from_str(text.ok_or_else(missing)?).map_err(wrong)
        };
        Ok((document(0, "epidemic.toml")?, document(1, "response.toml")?))
    }

    /// What is fitted; `None` for a scenario that is not fitted to anything.
    ///
    /// # Errors
    /// [`CityError::Value`] for a malformed `fit.toml`.
    pub fn fit_plan(&self) -> Result<Option<FitPlan>, CityError> {
        self.texts[3].as_deref().map(FitPlan::parse).transpose()
    }

    /// The published counts; none for a made-up scenario.
    ///
    /// # Errors
    /// [`CityError::Csv`] for a malformed `reported.csv`.
    pub fn reported(&self) -> Result<Vec<ReportedDay>, CityError> {
        self.texts[4].as_deref().map_or(Ok(Vec::new()), read_reported)
    }

    /// The rows of `fitted.csv` as changes; none without the file.
    pub(crate) fn fitted(&self) -> Result<Vec<Vec<Change>>, CityError> {
        self.texts[2].as_deref().map_or(Ok(Vec::new()), fitted_sets)
    }

    /// What the response has and does, by date.
    ///
    /// # Errors
    /// [`CityError::Value`] for a scenario without a `response.toml`.
    pub fn response(&self) -> Result<&ResponsePlan, CityError> {
        let missing = || CityError::value("response.toml", "the file", "the scenario has none");
        self.response.as_ref().ok_or_else(missing)
    }

    /// What households have at home, and what a city's food rests on, with some figures changed. A scenario that has
    /// none of its own has those of jilin-2022.
    ///
    /// # Errors
    /// [`CityError`] naming the key that is unknown, or whose value is none.
    pub fn supply(&self, changes: &[Change]) -> Result<SupplyPlan, CityError> {
        SupplyPlan::changed(&self.supply, changes)
    }

    /// The disease and who meets whom.
    ///
    /// # Errors
    /// [`CityError::Value`] for a scenario without an `epidemic.toml`.
    pub fn epidemic(&self) -> Result<&EpidemicParameters, CityError> {
        let missing = || CityError::value("epidemic.toml", "the file", "the scenario has none");
        self.epidemic.as_ref().ok_or_else(missing)
    }

    /// The 2020 population of all counties within the scope. Whole census units only: a
    /// development zone counts with its host.
    pub fn census_population(&self, scope: AreaScope) -> u64 {
        let inside = |c: &&County| {
            let (low, high) = scope.bounds();
            (low..=high).contains(&(c.code as i64))
        };
        self.counties.values().filter(inside).filter_map(|c| c.population).sum()
    }
}

pub(crate) fn csv_rows<T: serde::de::DeserializeOwned>(
    file: &'static str,
    text: &str,
) -> Result<Vec<T>, CityError> {
    csv::Reader::from_reader(text.as_bytes())
        .deserialize()
        .collect::<Result<_, _>>()
        .map_err(|source| CityError::Csv { file, source })
}

fn read_divisions(text: &str) -> Result<Vec<Division>, CityError> {
    const FILE: &str = "divisions.csv";
    let mut known = BTreeSet::new();
    let mut divisions = Vec::new();
    for row in csv_rows::<DivisionRow>(FILE, text)? {
        let wrong = |problem: &str| CityError::value(FILE, row.code.clone(), problem);
        let digits = row.code.len();
        if ![2, 4, 6, 9, 12].contains(&digits) || !row.code.bytes().all(|b| b.is_ascii_digit()) {
            return Err(wrong("is not 2, 4, 6, 9 or 12 digits"));
        }
        if row.name.is_empty() || row.name_en.is_empty() {
            return Err(wrong("has no name in one language"));
        }
        let code: u64 = row.code.parse().map_err(|_| wrong("is not a number"))?;
        if !known.insert((digits, code)) {
            return Err(wrong("comes twice"));
        }
        divisions.push(Division {
            code,
            digits: digits as u8,
            name: row.name,
            name_en: row.name_en,
        });
    }
    for d in &divisions {
        let (digits, cut) = match d.digits {
            2 => continue,
            4 => (2, 100),
            6 => (4, 100),
            _ => (usize::from(d.digits) - 3, 1000),
        };
        if !known.contains(&(digits, d.code / cut)) {
            return Err(CityError::value(FILE, d.code.to_string(), "has no parent row"));
        }
    }
    divisions.sort_by_key(|d| (d.digits, d.code));
    Ok(divisions)
}

fn read_counties(text: &str) -> Result<BTreeMap<u64, County>, CityError> {
    const FILE: &str = "counties.csv";
    let mut counties = BTreeMap::new();
    for row in csv_rows::<CountyRow>(FILE, text)? {
        let wrong = |problem: &str| CityError::value(FILE, row.code.to_string(), problem);
        if row.census_host.is_some() == row.population.is_some() {
            return Err(wrong("needs either a census host or a population"));
        }
        if !(-180.0..=180.0).contains(&row.lon) || !(-85.0..=85.0).contains(&row.lat) {
            return Err(wrong("has a seat off the map"));
        }
        if row.area_km2 <= 0.0 {
            return Err(wrong("has no area"));
        }
        let county = County {
            code: row.code,
            seat: [row.lon, row.lat],
            area_km2: row.area_km2,
            census_host: row.census_host.unwrap_or(row.code),
            population: row.population,
            quality: row.quality.clone(),
            source: row.source.clone(),
        };
        if counties.insert(row.code, county).is_some() {
            return Err(wrong("comes twice"));
        }
    }
    for c in counties.values() {
        let hosted_well =
            counties.get(&c.census_host).is_some_and(|host| host.population.is_some());
        if !hosted_well {
            return Err(CityError::value(FILE, c.code.to_string(), "has an unknown census host"));
        }
    }
    Ok(counties)
}
