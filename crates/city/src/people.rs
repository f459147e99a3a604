//! Households and persons, made one by one from the plan.

use types::{HouseholdId, PersonId};

use crate::city::{City, Compound, household_rng};
use crate::composition::{MAX_SIZE, Member, Relation, Roster, Sex};
use crate::identity::{IdNumber, Phone, household_id, person_id};
use crate::parameters::FlagParameters;
use crate::person_names::PersonName;
use crate::place::Dwelling;
use crate::random::{Rng, Stream};

/// A need that a response must know before it locks a door.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Need {
    /// Aged 60 or more and living alone.
    ElderlyAlone,
    /// On dialysis, usually every second or third day.
    Dialysis,
    /// Takes medicine every day.
    Chronic,
    /// Cannot walk to a sampling site.
    LimitedMobility,
    /// Pregnant.
    Pregnant,
    /// Under one year old.
    Infant,
}

impl Need {
    /// All needs.
    pub const ALL: [Need; 6] = [
        Need::ElderlyAlone,
        Need::Dialysis,
        Need::Chronic,
        Need::LimitedMobility,
        Need::Pregnant,
        Need::Infant,
    ];

    /// The word in files, for example `elderly-alone`.
    pub fn word(self) -> &'static str {
        match self {
            Need::ElderlyAlone => "elderly-alone",
            Need::Dialysis => "dialysis",
            Need::Chronic => "chronic",
            Need::LimitedMobility => "limited-mobility",
            Need::Pregnant => "pregnant",
            Need::Infant => "infant",
        }
    }
}

/// A set of [`Need`]s.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Needs(u8);

impl Needs {
    fn set(&mut self, need: Need) {
        self.0 |= 1 << need as u8;
    }

    /// Whether the person has the need.
    pub fn has(self, need: Need) -> bool {
        self.0 & (1 << need as u8) != 0
    }

    /// Whether the person has none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The needs that the person has.
    pub fn iter(self) -> impl Iterator<Item = Need> {
        Need::ALL.into_iter().filter(move |n| self.has(*n))
    }
}

/// A resident.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Person {
    /// Sorts by community, compound, household and member.
    pub id: PersonId,
    /// The household.
    pub household: HouseholdId,
    /// Where the household lives.
    pub dwelling: Dwelling,
    /// What the person is to the head of the household.
    pub relation: Relation,
    /// The sex.
    pub sex: Sex,
    /// The date of birth.
    pub born: jiff::civil::Date,
    /// Whole years on the scenario's reference day.
    pub age: u8,
    /// The name, in both scripts.
    pub name: PersonName,
    /// A number that no real person can have: see [`IdNumber`].
    pub id_number: IdNumber,
    /// A number that no real person can have; children have that of the head.
    pub phone: Phone,
    /// Needs.
    pub needs: Needs,
}

/// A household with its members.
#[derive(Clone, Debug)]
pub struct Household<'a> {
    city: &'a City,
    /// Sorts by community, compound and number.
    pub id: HouseholdId,
    /// Where it lives.
    pub dwelling: Dwelling,
    compound: u32,
    number: u32,
    /// Number of its first member in the city, from 0.
    first_person: u64,
    roster: Roster,
}

impl City {
    /// Every household, in the order of their ids.
    pub fn households(&self) -> impl Iterator<Item = Household<'_>> {
        (0..self.compounds.len()).flat_map(|at| self.households_of(at))
    }

    /// The households of one compound, by its index below
    /// [`compound_count`](City::compound_count). Compounds are independent: several threads
    /// may each make some.
    pub fn households_of(&self, compound: usize) -> impl Iterator<Item = Household<'_>> {
        let compounds = self.compounds.get(compound).into_iter();
        compounds.flat_map(move |c| Households { city: self, compound: c, number: 0, persons: 0 })
    }

    /// Every person, in the order of their ids.
    pub fn persons(&self) -> impl Iterator<Item = Person> + '_ {
        self.households().flat_map(Household::into_members)
    }

    /// The persons of one compound, by its index.
    pub fn persons_of(&self, compound: usize) -> impl Iterator<Item = Person> + '_ {
        self.households_of(compound).flat_map(Household::into_members)
    }
}

struct Households<'a> {
    city: &'a City,
    compound: &'a Compound,
    number: u32,
    persons: u32,
}

impl<'a> Iterator for Households<'a> {
    type Item = Household<'a>;

    fn next(&mut self) -> Option<Household<'a>> {
        let c = self.compound;
        if self.number >= c.households {
            return None;
        }
        let (city, number) = (self.city, self.number);
        let mut rng = household_rng(city.seed, c, number);
        // The last household takes whoever is left, so that the people add up.
        let size = city.composition.size(&mut rng).min(c.people - self.persons);
        let roster = city.composition.members(size, &mut rng);
        // Empty doors are spread evenly among the others.
        let door = (u64::from(number) * u64::from(c.doors) / u64::from(c.households)) as u32;
        let household = Household {
            city,
            id: household_id(city.seed, c.community, c.number.into(), number.into()),
            dwelling: c.dwelling(door),
            compound: c.number,
            number,
            first_person: c.first_person + u64::from(self.persons),
            roster,
        };
        self.number += 1;
        self.persons += size;
        Some(household)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = (self.compound.households - self.number) as usize;
        (left, Some(left))
    }
}

impl<'a> Household<'a> {
    /// The number of members.
    pub fn size(&self) -> usize {
        self.roster.members().len()
    }

    /// The members before they have names.
    pub(crate) fn roster(&self) -> &Roster {
        &self.roster
    }

    /// The members, head first.
    pub fn members(&self) -> impl Iterator<Item = Person> + 'a {
        self.clone().into_members()
    }

    /// The members, head first.
    pub fn into_members(self) -> impl Iterator<Item = Person> + 'a {
        let c = self.dwelling.community * 1000 + u64::from(self.compound);
        let mut rng = Rng::keyed(self.city.seed, Stream::Names, c, self.number.into());
        let head = self.city.names.surname(&mut rng);
        let wife = self.city.names.surname(&mut rng);
        let mut at = 0;
        debug_assert!(self.size() <= MAX_SIZE);
        std::iter::from_fn(move || {
            let member = *self.roster.members().get(at)?;
            let person = self.person(at as u64, member, (head, wife), &mut rng);
            at += 1;
            Some(person)
        })
    }

    fn person(
        &self,
        at: u64,
        member: Member,
        (head_name, spouse_name): (usize, usize),
        rng: &mut Rng,
    ) -> Person {
        let Member { relation, sex, age } = member;
        let city = self.city;
        let head_sex = self.roster.members()[0].sex;
        let born = born(city.scenario.parameters.reference_date, age, rng);
        let surname = match relation {
            Relation::Head => head_name,
            Relation::Spouse => spouse_name,
            // Children bear their father's name.
            Relation::Child | Relation::Grandchild if head_sex == Sex::Male => head_name,
            Relation::Child | Relation::Grandchild => spouse_name,
            // The head's father shares the head's name; a mother brought her own.
            Relation::Parent if sex == Sex::Male => head_name,
            Relation::Parent | Relation::Other => city.names.surname(rng),
        };
        let name = city.names.name(surname, sex, born.year(), rng);
        let ordinal = self.first_person + at;
        let phone_of = if age < 12 { self.first_person } else { ordinal };
        let alone = self.size() == 1;
        let (community, compound) = (self.dwelling.community, self.compound.into());
        Person {
            id: person_id(city.seed, community, compound, self.number.into(), at + 1),
            household: self.id,
            dwelling: self.dwelling,
            relation,
            sex,
            born,
            age,
            name,
            id_number: IdNumber::new(ordinal, city.seed, sex, born),
            phone: Phone::new(phone_of, city.seed),
            needs: needs(&city.scenario.parameters.flags, sex, age, alone, rng),
        }
    }
}

fn needs(p: &FlagParameters, sex: Sex, age: u8, alone: bool, rng: &mut Rng) -> Needs {
    let mut needs = Needs::default();
    if alone && age >= 60 {
        needs.set(Need::ElderlyAlone);
    }
    if age >= 18 && rng.chance(p.dialysis.value) {
        needs.set(Need::Dialysis);
    }
    let chronic = if age >= 60 { &p.chronic_60_plus } else { &p.chronic_under_60 };
    if rng.chance(chronic.value) {
        needs.set(Need::Chronic);
    }
    if age >= 75 && rng.chance(p.limited_mobility_75_plus.value) {
        needs.set(Need::LimitedMobility);
    }
    let of_age = sex == Sex::Female && (20..40).contains(&age);
    if of_age && rng.chance(p.pregnant_women_20_39.value) {
        needs.set(Need::Pregnant);
    }
    if age == 0 {
        needs.set(Need::Infant);
    }
    needs
}

/// Days before each month in a common year.
const BEFORE: [u16; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];

/// A date of birth that makes the person `age` years old on the day. Any day of a common year
/// is as likely; nobody is born on 29 February, which keeps this a look-up.
fn born(on: jiff::civil::Date, age: u8, rng: &mut Rng) -> jiff::civil::Date {
    let day = rng.below(365) as u16;
    let month = BEFORE.partition_point(|before| *before <= day);
    let in_month = day - BEFORE[month - 1] + 1;
    let (month, in_month) = (month as i8, in_month as i8);
    let had_birthday = (month, in_month) <= (on.month(), on.day());
    let year = on.year() - i16::from(age) - i16::from(!had_birthday);
    // The table yields days that every year has.
    jiff::civil::Date::new(year, month, in_month).unwrap_or(on)
}
