//! The typed form of `epidemic.toml`: the disease and who meets whom, each figure with its
//! source and range.

use serde::Deserialize;

use crate::CityError;
use crate::parameters::{ParameterRow, Sourced, check_ranges, row, table};

const FILE: &str = "epidemic.toml";

table! {
    /// Expected infections by one average infected person over the whole course, when everyone
    /// else is susceptible and nothing is closed; by where.
    TransmissionParameters as "transmission" {
        /// Of each single member of the household (a hazard: the share infected is 1 − e⁻ʰ).
        household: f64,
        /// In the building: stairs, lift.
        building: f64,
        /// In the compound.
        compound: f64,
        /// Among the people of the street.
        street: f64,
        /// Anywhere in the region.
        region: f64,
        /// Anywhere in the city.
        city: f64,
        /// By a member of a class, dormitory room or team: in it.
        team: f64,
        /// By a member of a school, campus or workplace: in it, outside the own team.
        place: f64,
        /// By a resident: of stallholders of the local market.
        market: f64,
        /// By a stallholder: of customers and other stallholders.
        stall: f64,
        /// By a response worker: of residents of the street, through masks and gowns.
        service: f64,
        /// By a resident: of response workers of the street.
        served: f64,
        /// By a patient in care or on the way to it: of hospital staff.
        care: f64,
        /// Shape of the gamma distribution of infectiousness between persons: the dispersion k
        /// of the negative binomial of offspring.
        dispersion: f64,
    }
}

table! {
    /// The course of an infection: days, and cycle thresholds of the N gene.
    CourseParameters as "course" {
        /// Days from infection to the peak of the load: mean and standard deviation.
        peak_day: [f64; 2],
        /// Days from the first detectable load to the peak.
        rise_days: [f64; 2],
        /// Days from the peak to the last detectable load.
        fall_days: [f64; 2],
        /// Ct of the N gene at the peak.
        peak_ct: [f64; 2],
        /// Ct at which an assay stops counting.
        limit_ct: f64,
        /// Below this Ct a person infects others, the more the lower it is.
        infectious_ct: f64,
        /// Ct of ORF1ab above that of N.
        orf_offset: [f64; 2],
        /// Standard deviation of a swab's Ct around the person's.
        swab_noise: f64,
        /// Days from the peak to the onset of symptoms (negative: before).
        onset_after_peak: [f64; 2],
    }
}

/// Bands of age in the tables of vaccination and severity: 0–2, 3–17, 18–59, 60–79, 80 and over.
pub const BANDS: usize = 5;
/// Doses that are told apart: none, the first course, a booster.
pub const DOSES: usize = 3;

/// The band of an age in the tables of vaccination and severity.
pub fn band_of(age: u8) -> usize {
    match age {
        0..=2 => 0,
        3..=17 => 1,
        18..=59 => 2,
        60..=79 => 3,
        _ => 4,
    }
}

table! {
    /// Vaccination and what it does.
    VaccinationParameters as "vaccination" {
        /// Share with at least the first course, by band of age.
        course: [f64; 5],
        /// Share with a booster, of all, by band of age.
        booster: [f64; 5],
        /// Share who cannot be infected, by doses.
        immune: [f64; 3],
        /// Susceptibility of the others, by doses.
        susceptibility: [f64; 3],
        /// Infectiousness once infected, by doses.
        infectiousness: [f64; 3],
        /// Risk of moderate and worse disease once infected, by doses.
        severe_risk: [f64; 3],
    }
}

table! {
    /// Who falls ill, and how badly.
    SeverityParameters as "severity" {
        /// Share of infections with symptoms, by band of age.
        symptomatic: [f64; 5],
        /// Share of those with symptoms who get at least moderate disease, unvaccinated.
        moderate: [f64; 5],
        /// Share of moderate disease that becomes severe.
        severe: [f64; 5],
        /// Share of severe disease that becomes critical.
        critical: [f64; 5],
        /// Share of critical disease that ends in death.
        death: [f64; 5],
        /// Days from onset to moderate disease.
        moderate_after: f64,
        /// Days from onset to severe disease.
        severe_after: f64,
        /// Days from onset to critical disease.
        critical_after: f64,
        /// Days from onset to death.
        death_after: f64,
        /// Susceptibility by band of age.
        susceptibility: [f64; 5],
        /// Share who seek care, of those with mild symptoms.
        seek_care: f64,
        /// Days from onset to seeking care, mean.
        seek_after: f64,
    }
}

table! {
    /// Day places: who goes where.
    PlaceParameters as "day_places" {
        /// Share of children of 3 to 5 who go to a kindergarten.
        kindergarten: f64,
        /// Share of those of 15 to 17 at school.
        upper_school: f64,
        /// Children in a class.
        class_size: f64,
        /// Classes in a school.
        school_classes: f64,
        /// Share of those of 18 to 21 who live on a campus.
        campus: f64,
        /// Students in a dormitory room.
        room_size: f64,
        /// Rooms in a dormitory hall.
        hall_rooms: f64,
        /// Share of those of 18 to 59 who work away from home.
        employed: f64,
        /// Shares of workers in workplaces of 1–9, 10–49, 50–249 and 250–999.
        workplace_shares: [f64; 4],
        /// People in a team.
        team_size: f64,
        /// Stallholders of local markets a thousand residents.
        stalls_per_1000: f64,
        /// Stallholders of wholesale markets a thousand residents.
        wholesale_per_1000: f64,
        /// Hospital staff a thousand residents.
        hospital_per_1000: f64,
        /// Response workers a thousand residents: samplers, couriers, grid workers, builders.
        response_per_1000: f64,
        /// Share of other workers whose work goes on under any restriction.
        essential: f64,
    }
}

table! {
    /// What being kept in does to contacts: the share that is left.
    LockdownParameters as "lockdown" {
        /// Left of the contacts that a closed compound, building or door forbids.
        leakage: f64,
        /// Left of them for a household that does not comply.
        refusal: f64,
        /// Share of households that comply.
        compliance: f64,
        /// Left of contacts outside the household in isolation at home.
        home_leakage: f64,
        /// Left of all contacts in a quarantine site.
        quarantine_leakage: f64,
        /// Left of the contacts of those who work on.
        essential: f64,
    }
}

/// All of `epidemic.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EpidemicParameters {
    /// What spreads, for titles: `SARS-CoV-2 BA.2`.
    pub pathogen: String,
    /// Counties that make one region of daily life; every other county is one by itself.
    pub regions: Vec<Vec<u64>>,
    /// Who infects how many, where.
    pub transmission: TransmissionParameters,
    /// Days and loads.
    pub course: CourseParameters,
    /// Vaccination.
    pub vaccination: VaccinationParameters,
    /// Symptoms and severity.
    pub severity: SeverityParameters,
    /// Schools, workplaces, markets.
    pub day_places: PlaceParameters,
    /// Restrictions.
    pub lockdown: LockdownParameters,
}

impl EpidemicParameters {
    /// Reads and checks `epidemic.toml`.
    ///
    /// # Errors
    /// [`CityError::Value`] for a malformed file or a number outside its range.
    pub fn parse(text: &str) -> Result<EpidemicParameters, CityError> {
        let wrong = |e: toml::de::Error| CityError::value(FILE, "the file", e.to_string());
        EpidemicParameters::read(toml::from_str(text).map_err(wrong)?)
    }

    /// Reads and checks the document, already taken apart.
    pub(crate) fn read(document: toml::Table) -> Result<EpidemicParameters, CityError> {
        let wrong = |e: toml::de::Error| CityError::value(FILE, "the file", e.to_string());
        let parameters: EpidemicParameters = document.try_into().map_err(wrong)?;
        check_ranges(FILE, &parameters.rows())?;
        parameters.check()?;
        Ok(parameters)
    }

    /// Every parameter as a row.
    pub fn rows(&self) -> Vec<ParameterRow> {
        let mut rows = Vec::new();
        self.transmission.rows(&mut rows);
        self.course.rows(&mut rows);
        self.vaccination.rows(&mut rows);
        self.severity.rows(&mut rows);
        self.day_places.rows(&mut rows);
        self.lockdown.rows(&mut rows);
        rows
    }

    fn check(&self) -> Result<(), CityError> {
        let wrong = |field: &str, problem: &str| Err(CityError::value(FILE, field, problem));
        if self.transmission.dispersion.value <= 0.0 {
            return wrong("transmission.dispersion", "must be above 0");
        }
        let course = &self.course;
        if course.infectious_ct.value > course.limit_ct.value {
            return wrong("course.infectious_ct", "is above course.limit_ct");
        }
        if course.rise_days.value[0] <= 0.0 || course.fall_days.value[0] <= 0.0 {
            return wrong("course.rise_days", "a course rises and falls over more than 0 days");
        }
        let v = &self.vaccination;
        for (booster, course) in v.booster.value.iter().zip(v.course.value) {
            if *booster > course {
                return wrong("vaccination.booster", "is above vaccination.course");
            }
        }
        let sum: f64 = self.day_places.workplace_shares.value.iter().sum();
        if (sum - 1.0).abs() > 1e-6 {
            return wrong("day_places.workplace_shares", "the shares do not add up to 1");
        }
        for (field, size) in [
            ("day_places.class_size", self.day_places.class_size.value),
            ("day_places.school_classes", self.day_places.school_classes.value),
            ("day_places.room_size", self.day_places.room_size.value),
            ("day_places.hall_rooms", self.day_places.hall_rooms.value),
            ("day_places.team_size", self.day_places.team_size.value),
        ] {
            if size < 1.0 {
                return wrong(field, "is below 1");
            }
        }
        Ok(())
    }
}
