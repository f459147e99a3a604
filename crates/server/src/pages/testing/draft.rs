//! What is typed to open a round, read into a request for a plan.

use std::collections::{BTreeSet, HashMap};

use maud::{Markup, html};
use store::Connection;
use testing::Zone;
use testing::plan::{ByZone, Compound, ExistingSite, Laboratory, People, Point, Request, Settings};
use testing::views::LabLine;
use types::{AreaScope, HolderCode, Micros, PlaceCode, Refusal, RoundId, Span};
use uuid::Uuid;

use crate::Fault;
use crate::seat::Seat;
use crate::ui::form::{Errors, FormData};
use crate::ui::time::parse_local;

/// The fields of places and time, which stay with the form through all its pages.
pub const FIRST: [&str; 11] = [
    "round",
    "name_zh",
    "name_en",
    "number",
    "more",
    "starts",
    "ends",
    "prevalence",
    "locked",
    "controlled",
    "quarantine",
];
/// The fields of people.
pub const PEOPLE: [&str; 5] = ["population", "samplers", "couriers", "vehicles", "reserve"];
/// The settings, with whether they are whole numbers.
pub const SETTINGS: [(&str, bool); 15] = [
    ("seconds-a-swab", true),
    ("seconds-at-the-door", true),
    ("slot-minutes", true),
    ("sampler-hours", true),
    ("reach-km", false),
    ("pickup-minutes", true),
    ("tubes-a-box", true),
    ("boxes-a-vehicle", true),
    ("stop-minutes", true),
    ("kmh-in-town", false),
    ("kmh-outside", false),
    ("detour", false),
    ("unknown-km", false),
    ("run-minutes", true),
    ("release-minutes", true),
];

/// Places and time of a round to be.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The round.
    pub round: RoundId,
    /// Name in Chinese.
    pub name_zh: String,
    /// Name in English.
    pub name_en: String,
    /// Number in its campaign.
    pub number: u32,
    /// What it covers.
    pub places: Vec<PlaceCode>,
    /// When sampling starts.
    pub starts_at: Micros,
    /// When the last result is due.
    pub ends_at: Micros,
    /// Expected share of infected persons.
    pub prevalence: Option<f64>,
    /// Places by kind of zone.
    zones: Vec<(PlaceCode, Zone)>,
}

/// Codes in a field, separated by anything that is not part of one.
fn codes(text: &str) -> Result<Vec<PlaceCode>, types::ParseError> {
    text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'))
        .filter(|word| !word.is_empty())
        .map(|word| PlaceCode::parse(&word.to_ascii_uppercase()))
        .collect()
}

impl Draft {
    /// Reads the first page. `None` when something is wrong, which `errors` then says.
    pub fn read(seat: &Seat, form: &FormData, errors: &mut Errors) -> Option<Draft> {
        let round = match form.text("round") {
            "" => Some(RoundId(Uuid::now_v7())),
            text => errors.check("name_zh", RoundId::parse(text)),
        };
        for (field, name) in [("name_zh", form.text("name_zh")), ("name_en", form.text("name_en"))]
        {
            if name.is_empty() {
                errors.add(field, Refusal::new("round-without-name"));
            }
        }
        let number = form.text("number").parse().map_err(|_| Refusal::new("number-needed"));
        let number = errors.check("number", number);
        let ticked: Result<Vec<PlaceCode>, _> = form.all("place").map(PlaceCode::parse).collect();
        let ticked = errors.check("more", ticked);
        let more = errors.check("more", codes(form.text("more")));
        let places: BTreeSet<PlaceCode> = ticked.into_iter().chain(more).flatten().collect();
        if places.is_empty() {
            errors.add("more", Refusal::new("round-without-region"));
        }
        let zone = seat.app().zone();
        let starts_at = errors.check("starts", parse_local(form.text("starts"), zone));
        let ends_at = errors.check("ends", parse_local(form.text("ends"), zone));
        if let (Some(from), Some(until)) = (starts_at, ends_at)
            && until <= from
        {
            errors.add("ends", Refusal::new("round-ends-before-start"));
        }
        let prevalence = errors.check("prevalence", read_percent(form.text("prevalence")));
        let mut zones = Vec::new();
        for (field, kind) in [
            ("locked", Zone::Locked),
            ("controlled", Zone::Controlled),
            ("quarantine", Zone::Quarantine),
        ] {
            let places = errors.check(field, codes(form.text(field))).unwrap_or_default();
            zones.extend(places.into_iter().map(|place| (place, kind)));
        }
        if !errors.is_empty() {
            return None;
        }
        Some(Draft {
            round: round?,
            name_zh: form.text("name_zh").to_owned(),
            name_en: form.text("name_en").to_owned(),
            number: number?,
            places: places.into_iter().collect(),
            starts_at: starts_at?,
            ends_at: ends_at?,
            prevalence: prevalence?,
            zones,
        })
    }

    /// The fields as they were typed, to be sent again unseen.
    pub fn hidden(form: &FormData, round: RoundId) -> Markup {
        html! {
            input type="hidden" name="round" value=(round);
            @for name in FIRST.iter().filter(|n| **n != "round") {
                input type="hidden" name=(name) value=(form.raw(name));
            }
            @for place in form.all("place") { input type="hidden" name="place" value=(place); }
        }
    }

    /// The kind of zone of a compound: that of the narrowest place named which holds it.
    fn zone_of(&self, compound: &PlaceCode) -> Zone {
        self.zones
            .iter()
            .filter(|(place, _)| compound.as_str().starts_with(place.as_str()))
            .max_by_key(|(place, _)| place.as_str().len())
            .map_or(Zone::Other, |(_, zone)| *zone)
    }

    /// The prefecture of the round's first place: its laboratories test for the round.
    pub fn region(&self) -> AreaScope {
        self.places
            .first()
            .and_then(|place| place.as_str().get(..4))
            .and_then(|digits| AreaScope::parse(digits).ok())
            .unwrap_or(AreaScope::ALL)
    }

    /// Everything that a plan needs.
    ///
    /// # Errors
    /// A fault; `not-your-area` when a place is not the actor's.
    pub async fn request(
        &self,
        seat: &Seat,
        db: &mut Connection,
        people: People,
        population: u64,
        settings: Settings,
    ) -> Result<Request, Fault> {
        let compounds = self.compounds(seat, db).await?;
        let sites = registry::views::holders(db, self.region(), "site").await?;
        let existing = sites
            .into_iter()
            .filter(|s| s.active)
            .filter_map(|site| Some(ExistingSite { site: site.code, place: site.place? }));
        Ok(Request {
            round: self.round,
            population,
            starts_at: self.starts_at,
            ends_at: self.ends_at,
            prevalence: ByZone::all(self.prevalence),
            compounds,
            existing_sites: existing.collect(),
            people,
            laboratories: laboratories(db, self.region(), seat.now()).await?,
            settings,
        })
    }

    /// The compounds of the round's places, each once.
    pub async fn compounds(
        &self,
        seat: &Seat,
        db: &mut Connection,
    ) -> Result<Vec<Compound>, Fault> {
        let mut found: HashMap<PlaceCode, Compound> = HashMap::new();
        for place in &self.places {
            let scope = match place.area() {
                Some(area) => AreaScope::one(area),
                None => AreaScope::parse(place.as_str())?,
            };
            for line in registry::views::compounds(db, scope, place.as_str()).await? {
                let compound = Compound {
                    persons: u32::try_from(line.persons).unwrap_or(0),
                    households: u32::try_from(line.households).unwrap_or(0),
                    zone: self.zone_of(&line.code),
                    at: line.middle.map(|(lon, lat)| Point { lon, lat }),
                    code: line.code.clone(),
                };
                found.insert(line.code, compound);
            }
        }
        let mut compounds: Vec<Compound> = found.into_values().collect();
        compounds.sort_by(|a, b| a.code.cmp(&b.code));
        let areas: BTreeSet<_> = compounds.iter().filter_map(|c| c.code.area()).collect();
        for area in areas {
            seat.require(area)?;
        }
        Ok(compounds)
    }
}

/// A percentage, or nothing.
fn read_percent(text: &str) -> Result<Option<f64>, Refusal> {
    if text.is_empty() {
        return Ok(None);
    }
    match text.trim_end_matches(['%', ' ']).parse::<f64>() {
        Ok(percent) if (0.0..=100.0).contains(&percent) => Ok(Some(percent / 100.0)),
        _ => Err(Refusal::new("share-out-of-range").with("field", "prevalence")),
    }
}

/// What a laboratory did is measured over so long.
const MEASURED_OVER: Span = Span::hours(24);

/// The laboratories of a region with their three figures.
pub async fn laboratories(
    db: &mut Connection,
    region: AreaScope,
    now: Micros,
) -> Result<Vec<Laboratory>, Fault> {
    let lines = testing::views::laboratories(db, region, now - MEASURED_OVER, now).await?;
    let codes: Vec<HolderCode> =
        lines.iter().filter_map(|l| HolderCode::parse(&l.lab).ok()).collect();
    let holders = registry::views::holders_by_code(db, &codes).await?;
    let one = |line: &LabLine| {
        let lab = HolderCode::parse(&line.lab).ok()?;
        let at = holders.get(&lab).and_then(|h| h.position).map(|(lon, lat)| Point { lon, lat });
        Some(Laboratory {
            at,
            claimed: line.claimed,
            staffed: line.staffed,
            measured: (line.tested > 0).then_some(line.measured),
            waiting: line.waiting,
            lab,
        })
    };
    Ok(lines.iter().filter_map(one).collect())
}

fn whole(form: &FormData, name: &'static str, errors: &mut Errors) -> u32 {
    let read = form.text(name).replace([',', ' '], "").parse::<u32>();
    errors.check(name, read.map_err(|_| Refusal::new("number-needed"))).unwrap_or(0)
}

/// People and vehicles, and the residents of the region.
pub fn read_people(form: &FormData, errors: &mut Errors) -> (People, u64) {
    let population = u64::from(whole(form, "population", errors));
    let people = People {
        samplers: whole(form, "samplers", errors),
        couriers: whole(form, "couriers", errors),
        vehicles: whole(form, "vehicles", errors),
        reserve_places: whole(form, "reserve", errors),
    };
    (people, population)
}

/// The settings as typed; what was not sent keeps its default.
pub fn read_settings(form: &FormData, errors: &mut Errors) -> Settings {
    let mut settings = Settings::default();
    for (name, is_whole) in SETTINGS {
        if form.text(name).is_empty() {
            continue;
        }
        if is_whole {
            let value = whole(form, name, errors);
            match name {
                "seconds-a-swab" => settings.seconds_a_swab = value,
                "seconds-at-the-door" => settings.seconds_at_the_door = value,
                "slot-minutes" => settings.slot_minutes = value,
                "sampler-hours" => settings.sampler_hours = value,
                "pickup-minutes" => settings.pickup_minutes = value,
                "tubes-a-box" => settings.tubes_a_box = value,
                "boxes-a-vehicle" => settings.boxes_a_vehicle = value,
                "stop-minutes" => settings.stop_minutes = value,
                "run-minutes" => settings.run_minutes = value,
                _ => settings.release_minutes = value,
            }
        } else {
            let read = form.text(name).parse::<f64>().map_err(|_| Refusal::new("number-needed"));
            let Some(value) = errors.check(name, read) else { continue };
            match name {
                "reach-km" => settings.reach_km = value,
                "kmh-in-town" => settings.kmh_in_town = value,
                "kmh-outside" => settings.kmh_outside = value,
                "detour" => settings.detour = value,
                _ => settings.unknown_km = value,
            }
        }
    }
    settings
}

/// The value of a setting as a field shows it.
pub fn setting_text(settings: &Settings, name: &str) -> String {
    match name {
        "seconds-a-swab" => settings.seconds_a_swab.to_string(),
        "seconds-at-the-door" => settings.seconds_at_the_door.to_string(),
        "slot-minutes" => settings.slot_minutes.to_string(),
        "sampler-hours" => settings.sampler_hours.to_string(),
        "reach-km" => settings.reach_km.to_string(),
        "pickup-minutes" => settings.pickup_minutes.to_string(),
        "tubes-a-box" => settings.tubes_a_box.to_string(),
        "boxes-a-vehicle" => settings.boxes_a_vehicle.to_string(),
        "stop-minutes" => settings.stop_minutes.to_string(),
        "kmh-in-town" => settings.kmh_in_town.to_string(),
        "kmh-outside" => settings.kmh_outside.to_string(),
        "detour" => settings.detour.to_string(),
        "unknown-km" => settings.unknown_km.to_string(),
        "run-minutes" => settings.run_minutes.to_string(),
        _ => settings.release_minutes.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_is_read_into_its_own_place() {
        let defaults = Settings::default();
        for (name, _) in SETTINGS {
            let mut errors = Errors::default();
            let settings = read_settings(&FormData::from_pairs([(name, "77")]), &mut errors);
            assert!(errors.is_empty());
            assert_eq!(setting_text(&settings, name), "77", "{name}");
            for (other, _) in SETTINGS.iter().filter(|(other, _)| *other != name) {
                assert_eq!(setting_text(&settings, other), setting_text(&defaults, other));
            }
        }
    }

    #[test]
    fn a_percentage_is_a_share() {
        assert_eq!(read_percent("0.5"), Ok(Some(0.005)));
        assert_eq!(read_percent("2 %"), Ok(Some(0.02)));
        assert_eq!(read_percent(""), Ok(None));
        assert!(read_percent("101").is_err() && read_percent("-1").is_err());
        assert!(read_percent("NaN").is_err());
    }

    #[test]
    fn codes_are_read_however_they_are_separated() {
        let read = codes("220202001001-03, 220202002\n220203；").expect("codes");
        let read: Vec<&str> = read.iter().map(PlaceCode::as_str).collect();
        assert_eq!(read, ["220202001001-03", "220202002", "220203"]);
        assert!(codes("x1").is_err());
    }
}
