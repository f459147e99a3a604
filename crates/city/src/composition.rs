//! Who lives together: households whose sizes and ages add up to the census.
//!
//! A household is a *kind* (a couple with one child and one of its parents, say) with the age
//! band of its head. Every pair of kind and band is a cell. The weights of the cells are
//! fitted when a scenario is loaded, so that both the shares of household sizes and the shares
//! of five-year age bands come out as the scenario says. The fit is the
//! expectation-maximisation rule for a mixture (Lucy 1974): each weight is multiplied by the
//! mean, over what the cell contributes to, of wanted over present. It uses only × and ÷, so
//! it gives the same weights on every machine.

use crate::random::{Alias, Rng, Stream};
use crate::{CityError, Parameters};

/// The greatest household.
pub(crate) const MAX_SIZE: usize = 7;
const BANDS: usize = 18;
/// Heads are 20 to 89: the bands from 20–24 to 85 and over.
const HEAD_BANDS: std::ops::Range<usize> = 4..18;
const SAMPLES: u32 = 160;
const ROUNDS: usize = 250;

/// What a member is to the head of the household.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Relation {
    /// The head of the household.
    Head,
    /// Husband or wife of the head.
    Spouse,
    /// Son or daughter of the head.
    Child,
    /// Father or mother of the head or of the spouse.
    Parent,
    /// Grandchild of the head.
    Grandchild,
    /// Anyone else: a brother or sister, a flatmate.
    Other,
}

impl Relation {
    /// The word in registries, in Chinese.
    pub fn zh(self) -> &'static str {
        match self {
            Relation::Head => "户主",
            Relation::Spouse => "配偶",
            Relation::Child => "子女",
            Relation::Parent => "父母",
            Relation::Grandchild => "孙子女",
            Relation::Other => "其他",
        }
    }

    /// The word in English and in files.
    pub fn en(self) -> &'static str {
        match self {
            Relation::Head => "head",
            Relation::Spouse => "spouse",
            Relation::Child => "child",
            Relation::Parent => "parent",
            Relation::Grandchild => "grandchild",
            Relation::Other => "other",
        }
    }
}

/// Sex as registries keep it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sex {
    /// Male.
    Male,
    /// Female.
    Female,
}

impl Sex {
    /// The word in Chinese.
    pub fn zh(self) -> &'static str {
        if self == Sex::Male { "男" } else { "女" }
    }

    /// The word in English, as FHIR writes it.
    pub fn en(self) -> &'static str {
        if self == Sex::Male { "male" } else { "female" }
    }

    fn other(self) -> Sex {
        if self == Sex::Male { Sex::Female } else { Sex::Male }
    }
}

/// A member before it has a name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Member {
    pub relation: Relation,
    pub sex: Sex,
    /// Whole years on the reference day.
    pub age: u8,
}

const NOBODY: Member = Member { relation: Relation::Other, sex: Sex::Male, age: 0 };

/// The members of one household, head first.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Roster {
    members: [Member; MAX_SIZE],
    len: u8,
}

impl Roster {
    fn push(&mut self, relation: Relation, sex: Sex, age: u32) {
        let age = age.min(104) as u8;
        if let Some(slot) = self.members.get_mut(usize::from(self.len)) {
            *slot = Member { relation, sex, age };
            self.len += 1;
        }
    }

    pub(crate) fn members(&self) -> &[Member] {
        &self.members[..usize::from(self.len)]
    }
}

/// A kind of household: who lives with the head.
#[derive(Clone, Copy, Debug)]
struct Kind {
    spouse: bool,
    children: u8,
    parents: u8,
    grandchildren: u8,
    others: u8,
    /// The bands that the head may be of.
    first_band: usize,
    last_band: usize,
    /// How common it is among households of its size before the fit.
    prior: f64,
}

impl Kind {
    const fn new(
        spouse: bool,
        children: u8,
        parents: u8,
        bands: (usize, usize),
        prior: f64,
    ) -> Kind {
        let (first_band, last_band) = bands;
        Kind {
            spouse,
            children,
            parents,
            grandchildren: 0,
            others: 0,
            first_band,
            last_band,
            prior,
        }
    }

    fn size(self) -> usize {
        usize::from(1 + u8::from(self.spouse))
            + usize::from(self.children + self.parents + self.grandchildren + self.others)
    }
}

/// The kinds, with the head's age bands (4 = 20–24, 17 = 85 and over). The priors are ours;
/// the fit moves them.
const KINDS: [Kind; 17] = [
    Kind::new(false, 0, 0, (4, 17), 1.0),
    Kind::new(true, 0, 0, (4, 17), 0.78),
    Kind::new(false, 1, 0, (5, 16), 0.12),
    Kind::new(false, 0, 1, (5, 12), 0.04),
    Kind { others: 1, ..Kind::new(false, 0, 0, (4, 10), 0.04) },
    Kind { grandchildren: 1, ..Kind::new(false, 0, 0, (10, 15), 0.02) },
    Kind::new(true, 1, 0, (4, 15), 0.84),
    Kind::new(false, 2, 0, (5, 12), 0.04),
    Kind::new(true, 0, 1, (5, 12), 0.06),
    Kind { grandchildren: 1, ..Kind::new(true, 0, 0, (10, 15), 0.06) },
    Kind::new(true, 2, 0, (5, 12), 0.55),
    Kind::new(true, 1, 1, (5, 12), 0.40),
    Kind::new(true, 0, 2, (5, 11), 0.05),
    Kind::new(true, 1, 2, (5, 11), 0.60),
    Kind::new(true, 2, 1, (5, 11), 0.40),
    Kind::new(true, 2, 2, (5, 11), 1.0),
    Kind::new(true, 3, 2, (6, 11), 1.0),
];

#[derive(Clone, Copy, Debug)]
struct Cell {
    kind: Kind,
    band: usize,
}

/// Draws households that follow the census.
#[derive(Clone, Debug)]
pub(crate) struct Composition {
    sizes: Alias,
    /// For each size: the cells and their weights.
    by_size: Vec<(Vec<Cell>, Alias)>,
    draw: Rules,
}

/// The parameters that a single household needs.
#[derive(Clone, Copy, Debug)]
struct Rules {
    male_births: f64,
    male_heads: f64,
    lone_men: [f64; 4],
    mother_gap: (u32, u32),
}

impl Rules {
    fn household(&self, cell: Cell, rng: &mut Rng) -> Roster {
        let Cell { kind, band } = cell;
        let mut roster = Roster { members: [NOBODY; MAX_SIZE], len: 0 };
        let head_age = age_in_band(band, rng);
        let head_sex = if kind.spouse {
            self.sex(self.male_heads, rng)
        } else {
            self.sex(self.lone_men[lone_age(head_age)], rng)
        };
        roster.push(Relation::Head, head_sex, head_age);
        let mut mother_age = head_age;
        if kind.spouse {
            let gap = rng.below(6);
            let man_is_head = head_sex == Sex::Male;
            let age =
                if man_is_head { (head_age + 1 - gap.min(3)).max(20) } else { head_age + gap };
            roster.push(Relation::Spouse, head_sex.other(), age);
            mother_age = if man_is_head { age } else { head_age };
        }
        for _ in 0..kind.children {
            let age = mother_age - self.gap(mother_age, rng);
            roster.push(Relation::Child, self.child_sex(rng), age);
        }
        for nth in 0..kind.parents {
            let mother = head_age + self.gap(104, rng);
            // Of a single parent two in three are women; a second one is the other.
            match (kind.parents, nth) {
                (1, _) if rng.chance(0.33) => roster.push(Relation::Parent, Sex::Male, mother),
                (_, 0) => roster.push(Relation::Parent, Sex::Female, mother),
                _ => roster.push(Relation::Parent, Sex::Male, mother + rng.below(4)),
            }
        }
        for _ in 0..kind.grandchildren {
            let parent_age = head_age - self.gap(head_age, rng);
            let age = parent_age.saturating_sub(self.gap(104, rng)).min(20);
            roster.push(Relation::Grandchild, self.child_sex(rng), age);
        }
        for _ in 0..kind.others {
            let age = (head_age + rng.below(9)).saturating_sub(4).max(18);
            roster.push(Relation::Other, self.child_sex(rng), age);
        }
        roster
    }

    /// Years between a mother and a child; never more than the mother's age.
    fn gap(&self, mother_age: u32, rng: &mut Rng) -> u32 {
        let (low, high) = self.mother_gap;
        // The mean of two draws: most births lie in the middle of the span.
        let gap = (rng.between(low, high) + rng.between(low, high)) / 2;
        gap.min(mother_age)
    }

    fn child_sex(&self, rng: &mut Rng) -> Sex {
        self.sex(self.male_births, rng)
    }

    fn sex(&self, men: f64, rng: &mut Rng) -> Sex {
        if rng.chance(men) { Sex::Male } else { Sex::Female }
    }
}

/// Which entry of `lone_men` holds for an age.
fn lone_age(age: u32) -> usize {
    match age {
        0..40 => 0,
        40..60 => 1,
        60..75 => 2,
        _ => 3,
    }
}

fn age_in_band(band: usize, rng: &mut Rng) -> u32 {
    let low = band as u32 * 5;
    // The open band thins out with age: the lesser of two draws over 85 to 97.
    if band == BANDS - 1 { low + rng.below(13).min(rng.below(13)) } else { low + rng.below(5) }
}

fn band_of(age: u8) -> usize {
    (usize::from(age) / 5).min(BANDS - 1)
}

impl Composition {
    /// Fits the weights of all cells to the scenario's sizes and ages.
    pub(crate) fn fit(parameters: &Parameters) -> Result<Composition, CityError> {
        let gap = parameters.ages.mother_gap.value;
        let draw = Rules {
            male_births: parameters.ages.male_births.value,
            male_heads: parameters.households.male_heads.value,
            lone_men: parameters.households.lone_men.value,
            mother_gap: (gap[0] as u32, gap[1] as u32),
        };
        let size_shares = parameters.households.size_shares.value;
        let mean: f64 = size_shares.iter().zip(1u32..).map(|(s, n)| s * f64::from(n)).sum();

        // What is wanted: persons by band a household, then households by size.
        let mut wanted: Vec<f64> =
            parameters.ages.band_shares.value.iter().map(|s| s * mean).collect();
        wanted.extend(size_shares);

        let mut cells = Vec::new();
        let mut gives: Vec<Vec<f64>> = Vec::new();
        let mut weights = Vec::new();
        for (at, kind) in KINDS.into_iter().enumerate() {
            for band in HEAD_BANDS.filter(|b| (kind.first_band..=kind.last_band).contains(b)) {
                let cell = Cell { kind, band };
                cells.push(cell);
                gives.push(expected(&draw, cell, at));
                weights.push(kind.prior * size_shares[kind.size() - 1] / HEAD_BANDS.len() as f64);
            }
        }
        for _ in 0..ROUNDS {
            let mut present = vec![0.0; wanted.len()];
            for (give, weight) in gives.iter().zip(&weights) {
                for (sum, part) in present.iter_mut().zip(give) {
                    *sum += part * weight;
                }
            }
            let ratio: Vec<f64> = wanted
                .iter()
                .zip(&present)
                .map(|(w, p)| if *p > 0.0 { w / p } else { 1.0 })
                .collect();
            for (give, weight) in gives.iter().zip(weights.iter_mut()) {
                let total: f64 = give.iter().sum();
                let pull: f64 = give.iter().zip(&ratio).map(|(part, r)| part * r).sum();
                *weight *= pull / total;
            }
        }

        let unfit = |what: &str| CityError::value("scenario.toml", what, "no household fits");
        let sizes = Alias::new(&size_shares).ok_or_else(|| unfit("households.size_shares"))?;
        let mut by_size = Vec::new();
        for size in 1..=MAX_SIZE {
            let here: Vec<usize> =
                (0..cells.len()).filter(|&i| cells[i].kind.size() == size).collect();
            let table: Vec<f64> = here.iter().map(|&i| weights[i]).collect();
            let alias = Alias::new(&table).ok_or_else(|| unfit("households.size_shares"))?;
            by_size.push((here.iter().map(|&i| cells[i]).collect(), alias));
        }
        Ok(Composition { sizes, by_size, draw })
    }

    /// The number of persons of a household.
    pub(crate) fn size(&self, rng: &mut Rng) -> u32 {
        self.sizes.draw(rng) as u32 + 1
    }

    /// The members of a household of 1 to [`MAX_SIZE`] persons.
    pub(crate) fn members(&self, size: u32, rng: &mut Rng) -> Roster {
        let at = (size.max(1) as usize - 1).min(MAX_SIZE - 1);
        let (cells, table) = &self.by_size[at];
        let cell = cells[table.draw(rng)];
        self.draw.household(cell, rng)
    }
}

/// Persons by band and households by size that one household of the cell adds, on average
/// over a fixed set of draws.
fn expected(draw: &Rules, cell: Cell, kind_at: usize) -> Vec<f64> {
    let mut sums = vec![0.0; BANDS + MAX_SIZE];
    for n in 0..SAMPLES {
        let mut rng = Rng::keyed(0, Stream::Fit, (kind_at * BANDS + cell.band) as u64, n.into());
        for member in draw.household(cell, &mut rng).members() {
            sums[band_of(member.age)] += 1.0 / f64::from(SAMPLES);
        }
    }
    sums[BANDS + cell.kind.size() - 1] = 1.0;
    sums
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Scenario;

    #[test]
    fn households_follow_the_census() {
        let scenario = Scenario::bundled("jilin-2022").expect("built in");
        let parameters = &scenario.parameters;
        let fit = Composition::fit(parameters).expect("fits");
        let (mut bands, mut sizes, mut men, mut persons) = ([0u32; BANDS], [0u32; 7], 0u32, 0u32);
        let households = 60_000;
        for n in 0..households {
            let mut rng = Rng::keyed(5, Stream::Household, 1, n);
            let size = fit.size(&mut rng);
            let roster = fit.members(size, &mut rng);
            assert_eq!(roster.members().len(), size as usize);
            sizes[size as usize - 1] += 1;
            for m in roster.members() {
                bands[band_of(m.age)] += 1;
                men += u32::from(m.sex == Sex::Male);
                persons += 1;
            }
        }
        let near = |got: u32, of: u32, want: f64, tolerance: f64, what: &str| {
            let share = f64::from(got) / f64::from(of);
            assert!((share - want).abs() < tolerance, "{what}: {share:.4}, wanted {want:.4}");
        };
        for (i, want) in parameters.ages.band_shares.value.into_iter().enumerate() {
            near(bands[i], persons, want, 0.004, &format!("band {i}"));
        }
        for (i, want) in parameters.households.size_shares.value.into_iter().enumerate() {
            near(sizes[i], households as u32, want, 0.008, &format!("size {}", i + 1));
        }
        near(men, persons, parameters.ages.male_share.value, 0.006, "men");
    }

    #[test]
    fn families_make_sense() {
        let scenario = Scenario::bundled("jilin-2022").expect("built in");
        let fit = Composition::fit(&scenario.parameters).expect("fits");
        for n in 0..20_000 {
            let mut rng = Rng::keyed(9, Stream::Household, 2, n);
            let size = fit.size(&mut rng);
            let roster = fit.members(size, &mut rng);
            let head = roster.members()[0];
            assert_eq!(head.relation, Relation::Head);
            assert!(head.age >= 20);
            for m in &roster.members()[1..] {
                match m.relation {
                    Relation::Spouse => assert!(m.age >= 20 && m.sex != head.sex),
                    Relation::Child => assert!(m.age + 15 <= head.age, "{head:?} {m:?}"),
                    Relation::Grandchild => assert!(m.age <= 20 && m.age + 30 <= head.age),
                    Relation::Parent => assert!(m.age >= head.age + 15),
                    Relation::Head => panic!("two heads"),
                    Relation::Other => {}
                }
            }
        }
    }
}
