//! A resident registry as a CSV file, sound or with faults of known number.
//!
//! Imports and their benchmarks read it. The faults are those that real lists have; the
//! counts that come back say what an importer must find, so that a test can check
//! rows in = accepted + duplicates + rejects.

use std::fmt::Write as _;
use std::io;

use crate::random::{Rng, Stream};
use crate::{CityError, Person};

/// The language of the header and of the words in the rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RegistryLanguage {
    /// Chinese: 户编号, 地址编码, …
    #[default]
    Chinese,
    /// English: household, place, …
    English,
}

const HEADER_ZH: [&str; 11] = [
    "户编号",
    "地址编码",
    "门牌号",
    "姓名",
    "姓名拼音",
    "性别",
    "出生日期",
    "身份证号",
    "手机号",
    "与户主关系",
    "备注",
];
const HEADER_EN: [&str; 11] = [
    "household",
    "place",
    "door",
    "name",
    "name_pinyin",
    "sex",
    "birth_date",
    "id_number",
    "phone",
    "relation",
    "needs",
];

/// How many rows in one go wrong, by kind: shares of the sound rows, each from 0 to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct FaultRates {
    /// An earlier row comes again, unchanged.
    pub duplicate: f64,
    /// An earlier person comes again at another address, with the same ID number.
    pub second_address: f64,
    /// The check character of the ID number is wrong.
    pub bad_id_check: f64,
    /// The name is empty.
    pub missing_name: f64,
    /// The address lies in no community of the scenario.
    pub unknown_place: f64,
}

impl FaultRates {
    /// The same rate for every kind.
    pub fn each(rate: f64) -> FaultRates {
        FaultRates {
            duplicate: rate,
            second_address: rate,
            bad_id_check: rate,
            missing_name: rate,
            unknown_place: rate,
        }
    }
}

/// How to write a registry.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct RegistryOptions {
    /// The language.
    pub language: RegistryLanguage,
    /// Whether the file begins with a byte order mark, as spreadsheet programs write it.
    pub byte_order_mark: bool,
    /// The faults; none by default.
    pub faults: FaultRates,
    /// Which rows they fall on.
    pub seed: u64,
}

/// What a registry file holds, by kind of row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RegistryCounts {
    /// Data rows, without the header.
    pub rows: u64,
    /// Sound rows of people who did not come before.
    pub sound: u64,
    /// Exact repeats of a sound row.
    pub duplicate: u64,
    /// Repeats of a sound person at another address.
    pub second_address: u64,
    /// Rows with a wrong check character.
    pub bad_id_check: u64,
    /// Rows without a name.
    pub missing_name: u64,
    /// Rows whose community does not exist.
    pub unknown_place: u64,
}

impl RegistryCounts {
    /// Rows that an importer must reject.
    pub fn rejects(&self) -> u64 {
        self.bad_id_check + self.missing_name + self.unknown_place
    }

    /// Rows about someone who is already in.
    pub fn repeats(&self) -> u64 {
        self.duplicate + self.second_address
    }
}

/// One row as text; reused, so that writing allocates nothing per person.
#[derive(Default)]
struct Row {
    household: String,
    place: String,
    door: String,
    name: String,
    pinyin: String,
    sex: &'static str,
    born: String,
    id_number: String,
    phone: String,
    relation: &'static str,
    needs: String,
}

impl Row {
    fn set(&mut self, p: &Person, language: RegistryLanguage) -> std::fmt::Result {
        for text in [
            &mut self.household,
            &mut self.place,
            &mut self.door,
            &mut self.name,
            &mut self.pinyin,
            &mut self.born,
            &mut self.id_number,
            &mut self.phone,
            &mut self.needs,
        ] {
            text.clear();
        }
        write!(self.household, "{}", p.household)?;
        self.place.push_str(p.dwelling.code_text().as_str());
        write!(self.door, "{}", p.dwelling.door())?;
        p.name.write_zh(&mut self.name)?;
        p.name.write_pinyin(&mut self.pinyin)?;
        let born = p.born;
        write!(self.born, "{:04}-{:02}-{:02}", born.year(), born.month(), born.day())?;
        self.id_number.push_str(p.id_number.as_str());
        self.phone.push_str(p.phone.as_str());
        (self.sex, self.relation) = match language {
            RegistryLanguage::Chinese => (p.sex.zh(), p.relation.zh()),
            RegistryLanguage::English => (p.sex.en(), p.relation.en()),
        };
        for need in p.needs.iter() {
            if !self.needs.is_empty() {
                self.needs.push(';');
            }
            self.needs.push_str(need.word());
        }
        Ok(())
    }

    fn write(&self, w: &mut csv::Writer<impl io::Write>) -> Result<(), csv::Error> {
        w.write_record([
            &self.household,
            &self.place,
            &self.door,
            &self.name,
            &self.pinyin,
            self.sex,
            &self.born,
            &self.id_number,
            &self.phone,
            self.relation,
            &self.needs,
        ])
    }
}

/// People whose rows were sound, to be repeated: the last of them, at most this many.
const REMEMBERED: usize = 1000;

/// Writes a registry of the persons, one row each, and counts its rows by kind.
///
/// A faulty row stands in the place of a sound one, so that person is missing from the sound
/// rows; a repeat is an additional row somewhere after the first.
///
/// # Errors
/// [`CityError::Write`] when the file cannot be written.
pub fn write_registry_csv(
    mut w: impl io::Write,
    persons: impl IntoIterator<Item = Person>,
    options: &RegistryOptions,
) -> Result<RegistryCounts, CityError> {
    if options.byte_order_mark {
        w.write_all("\u{feff}".as_bytes())?;
    }
    let mut w = csv::WriterBuilder::new().buffer_capacity(1 << 16).from_writer(w);
    let header = match options.language {
        RegistryLanguage::Chinese => HEADER_ZH,
        RegistryLanguage::English => HEADER_EN,
    };
    w.write_record(header).map_err(write_error)?;

    let faults = &options.faults;
    let mut counts = RegistryCounts::default();
    let mut known: Vec<Person> = Vec::with_capacity(REMEMBERED);
    let mut row = Row::default();
    for (at, person) in (0u64..).zip(persons) {
        let mut rng = Rng::keyed(options.seed, Stream::Faults, at, 0);
        row.set(&person, options.language).map_err(io::Error::other)?;
        // One draw decides, so that a row has at most one fault.
        let draw = rng.unit();
        let (bad_id, nameless) = (faults.bad_id_check, faults.bad_id_check + faults.missing_name);
        if draw < bad_id {
            spoil_check(&mut row.id_number);
            counts.bad_id_check += 1;
        } else if draw < nameless {
            row.name.clear();
            counts.missing_name += 1;
        } else if draw < nameless + faults.unknown_place {
            row.place.replace_range(6..12, NOWHERE);
            counts.unknown_place += 1;
        } else {
            counts.sound += 1;
            let slot = at as usize % REMEMBERED;
            if slot < known.len() { known[slot] = person } else { known.push(person) }
        }
        row.write(&mut w).map_err(write_error)?;

        if !known.is_empty() && rng.chance(faults.duplicate) {
            let again = known[rng.below(known.len() as u32) as usize];
            row.set(&again, options.language).map_err(io::Error::other)?;
            row.write(&mut w).map_err(write_error)?;
            counts.duplicate += 1;
        }
        if !known.is_empty() && rng.chance(faults.second_address) {
            let mut again = known[rng.below(known.len() as u32) as usize];
            if again.dwelling != person.dwelling {
                again.dwelling = person.dwelling;
                again.household = person.household;
                row.set(&again, options.language).map_err(io::Error::other)?;
                row.write(&mut w).map_err(write_error)?;
                counts.second_address += 1;
            }
        }
    }
    w.flush()?;
    counts.rows = counts.sound + counts.repeats() + counts.rejects();
    Ok(counts)
}

/// Street and community of no county: the bureau numbers streets from 001 and 100 up.
const NOWHERE: &str = "999999";

/// Replaces the check character by the next digit.
fn spoil_check(id_number: &mut String) {
    let wrong = match id_number.pop() {
        Some(digit @ '0'..='8') => char::from(digit as u8 + 1),
        _ => '0',
    };
    id_number.push(wrong);
}

fn write_error(e: csv::Error) -> CityError {
    match e.into_kind() {
        csv::ErrorKind::Io(e) => CityError::Write(e),
        other => CityError::Write(io::Error::other(format!("{other:?}"))),
    }
}
