//! The places of care of a scenario: which there were, when they opened, how many beds they had; and
//! what of that nobody reported.

use std::collections::BTreeSet;

use serde::Deserialize;
use types::{Micros, words};

use crate::CityError;
use crate::scenario::csv_rows;

const FILE: &str = "facilities.csv";

words! {
    /// What kind of place it was.
    FacilityKind {
        /// A hospital designated for the disease.
        Hospital = "hospital",
        /// A shelter hospital.
        Fangcang = "fangcang",
        /// Rooms for people under quarantine.
        Quarantine = "quarantine",
        /// A ward where patients stay until their result is there.
        Buffer = "buffer",
    }
}

words! {
    /// How sure a figure or a date is.
    Sure {
        /// It was reported.
        Found = "found",
        /// Some of it was reported; the note says what was not.
        FoundInPart = "found-in-part",
        /// It was reported that it was no less.
        AtLeast = "at-least",
        /// It follows from reported figures, as the note says.
        Derived = "derived",
        /// Nobody reported it: a setting of this program.
        Setting = "setting",
    }
}

/// A place of care that was there.
#[derive(Clone, Debug, PartialEq)]
pub struct Facility {
    /// For example `JL-F5`; its holder code is `ward:JL-F5`.
    pub code: String,
    /// The name in Chinese.
    pub name: String,
    /// The name in English.
    pub name_en: String,
    /// What kind of place.
    pub kind: FacilityKind,
    /// Whether it took cases; else contacts under quarantine.
    pub for_cases: bool,
    /// The county that it stood in.
    pub county: u64,
    /// Approximate place, degrees east and north.
    pub at: [f64; 2],
    /// When it took in the first people.
    pub opens: Micros,
    /// How sure that is.
    pub opens_sure: Sure,
    /// When it had let the last people go.
    pub closes: Option<Micros>,
    /// The beds that were reported; `None` where no number was found.
    pub reported_beds: Option<u32>,
    /// Beds to reckon with: the reported ones, else a setting.
    pub beds: u32,
    /// How sure they are.
    pub beds_sure: Sure,
    /// Of the beds, those of high dependency: always a setting.
    pub acute: u32,
    /// Of the beds, those of intensive care: always a setting.
    pub intensive: u32,
    /// Where what was found was read.
    pub source: String,
    /// What was not reported, and what stands for it.
    pub note: String,
}

impl Facility {
    /// Whether it takes people in at a time.
    pub fn is_open(&self, at: Micros) -> bool {
        at >= self.opens && self.closes.is_none_or(|end| at < end)
    }

    /// Its beds for a town of `people` where `of` lived, at least one of each level that it has.
    /// Gives `[ordinary, acute, intensive]`.
    pub fn beds_for(&self, people: u64, of: u64) -> [u32; 3] {
        let share = |beds: u32| -> u32 {
            if beds == 0 {
                return 0;
            }
            let scaled = u64::from(beds).saturating_mul(people) / of.max(1);
            u32::try_from(scaled).unwrap_or(u32::MAX).max(1)
        };
        let ordinary = self.beds.saturating_sub(self.acute + self.intensive);
        [share(ordinary), share(self.acute), share(self.intensive)]
    }
}

#[derive(Deserialize)]
struct Row {
    code: String,
    name: String,
    name_en: String,
    kind: String,
    takes: String,
    county: u64,
    lon: f64,
    lat: f64,
    opens: String,
    opens_quality: String,
    closes: String,
    closes_quality: String,
    beds: Option<u32>,
    beds_quality: String,
    setting: Option<u32>,
    acute: u32,
    intensive: u32,
    source: String,
    note: String,
}

fn wrong(code: &str, why: impl Into<String>) -> CityError {
    CityError::value(FILE, code, why.into())
}

fn time(code: &str, text: &str) -> Result<Micros, CityError> {
    let fault = |_| wrong(code, format!("{text} is no time like 2022-03-18T11:00:00+08:00"));
    Micros::parse(text).map_err(fault)
}

fn sure(code: &str, text: &str) -> Result<Sure, CityError> {
    Sure::parse(text).ok_or_else(|| wrong(code, format!("{text} says not how sure it is")))
}

pub(crate) fn read_facilities(text: &str) -> Result<Vec<Facility>, CityError> {
    let mut all = Vec::new();
    let mut known = BTreeSet::new();
    for row in csv_rows::<Row>(FILE, text)? {
        if !known.insert(row.code.clone()) {
            return Err(wrong(&row.code, "is there twice"));
        }
        all.push(facility(row)?);
    }
    Ok(all)
}

fn facility(row: Row) -> Result<Facility, CityError> {
    let code = row.code.as_str();
    let kind = FacilityKind::parse(&row.kind)
        .ok_or_else(|| wrong(code, format!("{} is no kind of facility", row.kind)))?;
    let for_cases = match row.takes.as_str() {
        "cases" => true,
        "contacts" => false,
        other => return Err(wrong(code, format!("{other} is neither cases nor contacts"))),
    };
    let opens = time(code, &row.opens)?;
    let closes = match row.closes.as_str() {
        "" => None,
        text => {
            sure(code, &row.closes_quality)?;
            Some(time(code, text)?)
        }
    };
    if closes.is_some_and(|end| end <= opens) {
        return Err(wrong(code, "closes before it opens"));
    }
    // What was reported says how sure it is; what stands for it is said to be a setting.
    let (beds, beds_sure) = match (row.beds, row.setting) {
        (Some(beds), None) => (beds, sure(code, &row.beds_quality)?),
        (None, Some(setting)) if row.beds_quality.is_empty() => (setting, Sure::Setting),
        _ => return Err(wrong(code, "has either beds with their quality, or a setting")),
    };
    if beds == 0 || row.acute + row.intensive > beds {
        return Err(wrong(code, "has no beds, or more of high dependency than beds"));
    }
    if beds_sure == Sure::Setting && row.beds.is_some() {
        return Err(wrong(code, "a setting is no reported number"));
    }
    Ok(Facility {
        kind,
        for_cases,
        county: row.county,
        at: [row.lon, row.lat],
        opens,
        opens_sure: sure(code, &row.opens_quality)?,
        closes,
        reported_beds: row.beds,
        beds,
        beds_sure,
        acute: row.acute,
        intensive: row.intensive,
        source: row.source,
        note: row.note,
        name: row.name,
        name_en: row.name_en,
        code: row.code,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Scenario;

    fn jilin() -> Vec<Facility> {
        Scenario::bundled("jilin-2022").expect("the scenario").facilities
    }

    fn at(text: &str) -> Micros {
        time("test", text).expect("a time")
    }

    #[test]
    fn the_reported_beds_of_jilin_city_are_those_of_the_press() {
        let all = jilin();
        let open = |when: &str| -> u32 {
            let here = all.iter().filter(|f| f.code.starts_with("JL-F"));
            here.filter(|f| f.code != "JL-F5" && f.is_open(at(when))).map(|f| f.beds).sum()
        };
        // "Nearly 1,200" on 10 and 11 March, 3,200 in four of them on 14 March.
        assert_eq!(open("2022-03-11T12:00:00+08:00"), 1_200);
        assert_eq!(open("2022-03-14T12:00:00+08:00"), 3_200);
        let five = all.iter().find(|f| f.code == "JL-F5").expect("No. 5");
        assert_eq!((five.beds, five.beds_sure), (5_000, Sure::AtLeast));
        assert!(
            five.is_open(at("2022-04-12T23:00:00+08:00"))
                && !five.is_open(at("2022-04-13T00:00:00+08:00"))
        );
        let six = all.iter().find(|f| f.code == "JL-F6").expect("No. 6");
        assert!(
            !six.is_open(at("2022-03-18T10:59:00+08:00"))
                && six.is_open(at("2022-03-18T11:00:00+08:00"))
        );
        assert!(all.iter().all(|f| !f.source.is_empty() && !f.note.is_empty()));
    }

    #[test]
    fn what_nobody_reported_is_marked_as_a_setting() {
        for facility in jilin() {
            assert_eq!(
                facility.reported_beds.is_none(),
                facility.beds_sure == Sure::Setting,
                "{}",
                facility.code
            );
        }
        assert!(jilin().iter().any(|f| f.beds_sure == Sure::Setting));
    }

    #[test]
    fn a_smaller_town_has_its_share_and_no_level_is_lost() {
        let all = jilin();
        let central = all.iter().find(|f| f.code == "JL-H1").expect("the hospital");
        assert_eq!(central.beds_for(3_623_713, 3_623_713), [700, 80, 20]);
        assert_eq!(central.beds_for(20_000, 3_623_713), [3, 1, 1]);
        let shelter = all.iter().find(|f| f.code == "JL-F1").expect("No. 1");
        assert_eq!(shelter.beds_for(20_000, 3_623_713), [2, 0, 0]);
    }

    #[test]
    fn a_row_that_does_not_hold_together_is_refused() {
        let head = "code,name,name_en,kind,takes,county,lon,lat,opens,opens_quality,closes,\
                    closes_quality,beds,beds_quality,setting,acute,intensive,source,note\n";
        let row = |middle: &str| format!("{head}X,x,x,hospital,cases,220202,126,43,{middle},s,n\n");
        let sound = "2022-03-10T00:00:00+08:00,found,,,10,found,,0,0";
        assert!(read_facilities(&row(sound)).is_ok());
        for broken in [
            "2022-03-10,found,,,10,found,,0,0",
            "2022-03-10T00:00:00+08:00,perhaps,,,10,found,,0,0",
            "2022-03-10T00:00:00+08:00,found,2022-03-09T00:00:00+08:00,found,10,found,,0,0",
            "2022-03-10T00:00:00+08:00,found,,,10,found,10,0,0",
            "2022-03-10T00:00:00+08:00,found,,,,,,0,0",
            "2022-03-10T00:00:00+08:00,found,,,10,setting,,0,0",
            "2022-03-10T00:00:00+08:00,found,,,10,found,,8,3",
        ] {
            assert!(read_facilities(&row(broken)).is_err(), "{broken}");
        }
        let twice = format!("{}X,x,x,hospital,cases,220202,126,43,{sound},s,n\n", row(sound));
        assert!(read_facilities(&twice).is_err());
    }
}
