//! The typed form of `response.toml`: what the response has and does, by date, with sources.

use serde::Deserialize;

use super::series::Series;
use crate::CityError;
use crate::epidemic::Lock;
use crate::parameters::{Quality, day};

pub(crate) const FILE: &str = "response.toml";

macro_rules! group {
    ($(#[$doc:meta])* $name:ident as $key:literal { $($(#[$field_doc:meta])* $field:ident,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            $($(#[$field_doc])* pub $field: Series,)+
        }

        impl $name {
            fn check(&self) -> Result<(), CityError> {
                $(self.$field.check(FILE, concat!($key, ".", stringify!($field)))?;)+
                Ok(())
            }
        }
    };
}

group! {
    /// Mass testing and laboratories.
    TestingPlan as "testing" {
        /// Tubes a day that the laboratories test.
        labs,
        /// Persons a day that can be swabbed.
        sampling,
        /// Tubes a day that reach a laboratory.
        couriers,
        /// Persons in a tube.
        pool_size,
        /// 0: several swabs in one tube; 1: equal parts of single samples.
        aliquots,
        /// Share of the people in scope who come to a round, of those whom rounds reach at all.
        coverage,
        /// Share of people whom no round reaches: on no list, or never there.
        never,
        /// Share of swabs that take up nothing.
        poor_swab,
        /// Days from the start of a round to the start of the next, at least; 0 for no rounds.
        gap,
        /// Persons a day who can be swabbed again, one by one.
        resampling,
        /// Share of clean tubes that read positive, by contamination.
        false_positive,
        /// Share of those who seek care who are tested.
        clinics,
        /// Share of households that test themselves for antigen on a day.
        antigen,
        /// Ct below which an antigen test shows.
        antigen_ct,
    }
}

group! {
    /// Contact tracing.
    TracingPlan as "tracing" {
        /// Investigations a day.
        staff,
        /// Share of contacts outside the household that an investigation finds.
        found,
        /// Contacts outside the household that a case names, on average.
        contacts,
    }
}

group! {
    /// Beds, and how people come to them.
    BedPlan as "beds" {
        /// In designated hospitals.
        hospital,
        /// In fangcang.
        fangcang,
        /// Patients a day that can be fetched.
        transfers,
        /// 1: mild and asymptomatic cases go to fangcang; 0: everyone needs a hospital until
        /// the hospitals are full.
        mild_to_fangcang,
        /// 1: the worst first; 0: the first first.
        triage,
        /// Ct that two swabs a day apart must reach for release.
        release_ct,
        /// Days in care, at least.
        least_days,
        /// Days between two patients of a bed.
        turnaround,
    }
}

group! {
    /// Quarantine of contacts.
    QuarantinePlan as "quarantine" {
        /// Rooms.
        rooms,
        /// Days.
        days,
    }
}

group! {
    /// Closing of buildings and compounds around cases.
    ZonePlan as "zones" {
        /// How far people of a case's building may go: 0 anywhere, 1 compound, 2 building, 3 door.
        building,
        /// Of the compound's other buildings.
        compound,
        /// Of everyone else in the region.
        area,
        /// Days without a case after which a building or compound opens.
        lift_after,
        /// Share of households that comply.
        compliance,
        /// Share of forbidden contacts that take place all the same.
        leakage,
    }
}

group! {
    /// What everyone does: factors on contact rates.
    BehaviourPlan as "behaviour" {
        /// Among the people of a street.
        street,
        /// In the region and city.
        region,
        /// On markets.
        market,
        /// At schools and kindergartens.
        school,
        /// On campuses.
        campus,
        /// At work.
        work,
        /// Of response workers with residents.
        service,
        /// Everywhere: masks, season.
        all,
    }
}

group! {
    /// How what was found becomes the day's published figure.
    ReportingPlan as "reporting" {
        /// Least share of those waiting to be published that a day publishes.
        least,
        /// Greatest share.
        most,
    }
}

/// People infected from outside.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seeds {
    /// The day.
    #[serde(deserialize_with = "day")]
    pub on: jiff::civil::Date,
    /// How many.
    pub count: f64,
    /// Bounds of the count.
    pub range: [f64; 2],
    /// Among whom.
    pub among: SeedGroup,
    /// How sure it is.
    pub quality: Quality,
    /// Where it comes from.
    pub source: String,
}

/// Among whom infections are brought in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SeedGroup {
    /// Anyone of the first region.
    Region,
    /// Students of one campus hall.
    Campus,
    /// Pupils.
    Pupils,
    /// Stallholders of the first region's wholesale market.
    Wholesale,
    /// Response workers of the first region, builders among them.
    Response,
}

/// All of `response.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResponsePlan {
    /// The first day.
    #[serde(deserialize_with = "day")]
    pub start: jiff::civil::Date,
    /// The last day.
    #[serde(deserialize_with = "day")]
    pub end: jiff::civil::Date,
    /// Counties where rounds are held and areas closed; all when empty.
    pub scope: Vec<u64>,
    /// From this day on everywhere.
    #[serde(default, deserialize_with = "some_day")]
    pub everywhere_from: Option<jiff::civil::Date>,
    /// Brought in.
    pub seeds: Vec<Seeds>,
    /// Testing.
    pub testing: TestingPlan,
    /// Tracing.
    pub tracing: TracingPlan,
    /// Beds.
    pub beds: BedPlan,
    /// Quarantine.
    pub quarantine: QuarantinePlan,
    /// Zones.
    pub zones: ZonePlan,
    /// Behaviour.
    pub behaviour: BehaviourPlan,
    /// Reporting.
    pub reporting: ReportingPlan,
}

impl ResponsePlan {
    /// Reads and checks `response.toml`.
    ///
    /// # Errors
    /// [`CityError::Value`] naming the key.
    pub fn parse(text: &str) -> Result<ResponsePlan, CityError> {
        let wrong = |e: toml::de::Error| CityError::value(FILE, "the file", e.to_string());
        ResponsePlan::read(toml::from_str(text).map_err(wrong)?)
    }

    /// Reads and checks the document, already taken apart.
    pub(crate) fn read(document: toml::Table) -> Result<ResponsePlan, CityError> {
        let wrong = |e: toml::de::Error| CityError::value(FILE, "the file", e.to_string());
        let plan: ResponsePlan = document.try_into().map_err(wrong)?;
        plan.check()?;
        Ok(plan)
    }

    /// Days that it spans.
    pub fn days(&self) -> u32 {
        self.day_of(self.end) + 1
    }

    /// The number of a date, from 0; 0 before the start.
    pub fn day_of(&self, date: jiff::civil::Date) -> u32 {
        let span = date.duration_since(self.start).as_hours() / 24;
        u32::try_from(span).unwrap_or(0)
    }

    /// The date of a day.
    pub fn date_of(&self, day: u32) -> jiff::civil::Date {
        let span = jiff::Span::new().days(i64::from(day));
        self.start.checked_add(span).unwrap_or(self.end)
    }

    fn check(&self) -> Result<(), CityError> {
        let wrong = |key: &str, problem: &str| Err(CityError::value(FILE, key, problem));
        if self.end <= self.start {
            return wrong("end", "is not after the start");
        }
        self.testing.check()?;
        self.tracing.check()?;
        self.beds.check()?;
        self.quarantine.check()?;
        self.zones.check()?;
        self.behaviour.check()?;
        self.reporting.check()?;
        for seeds in &self.seeds {
            let [low, high] = seeds.range;
            if !(low..=high).contains(&seeds.count) {
                return wrong("seeds", "a count is outside its range");
            }
            if seeds.on < self.start {
                return wrong("seeds", "a date is before the start");
            }
        }
        if self.testing.pool_size.0.iter().any(|d| d.value < 1.0) {
            return wrong("testing.pool_size", "a tube holds at least one");
        }
        for (key, series) in [
            ("zones.building", &self.zones.building),
            ("zones.compound", &self.zones.compound),
            ("zones.area", &self.zones.area),
        ] {
            if series.0.iter().any(|d| ![0.0, 1.0, 2.0, 3.0].contains(&d.value)) {
                return wrong(key, "is not 0 (open), 1 (compound), 2 (building) or 3 (door)");
            }
        }
        if self.reporting.least.0.iter().zip(&self.reporting.most.0).any(|(l, m)| l.value > m.value)
        {
            return wrong("reporting.least", "is above reporting.most");
        }
        Ok(())
    }
}

fn some_day<'de, D: serde::Deserializer<'de>>(d: D) -> Result<Option<jiff::civil::Date>, D::Error> {
    day(d).map(Some)
}

/// The level of a closing by its number.
pub(crate) fn lock_of(level: f64) -> Lock {
    match level as u32 {
        0 => Lock::Open,
        1 => Lock::Compound,
        2 => Lock::Building,
        _ => Lock::Door,
    }
}
