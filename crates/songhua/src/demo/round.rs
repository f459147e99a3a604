//! Who is swabbed when: the tubes of a round.

use std::collections::HashSet;

use testing::{Fault, Mode, TUBE, Zone};
use types::{Micros, PersonId, RoundId, Span, UnitId};

use super::ids::{self, Codes};
use super::town::{Site, Town};

/// How long sites swab in a round.
pub const SAMPLING: Span = Span::hours(9);
/// From the first swab to the last result.
pub const WINDOW: Span = Span::hours(24);
/// How far the round in progress has come when the demo starts.
pub const UNDER_WAY: Span = Span::hours(7);
/// Persons who miss a round without an excuse, and persons with one.
const MISSED: f64 = 0.012;
const EXCUSED: f64 = 0.008;

/// A round of the campaign.
#[derive(Clone, Debug)]
pub struct Round {
    /// Its id.
    pub id: RoundId,
    /// From 1.
    pub number: u32,
    /// First swab.
    pub starts_at: Micros,
    /// Last result due.
    pub ends_at: Micros,
    /// Whether it is over when the demo starts.
    pub finished: bool,
}

impl Round {
    /// The campaign's rounds, one a day: the last is under way, the others are over.
    pub fn campaign(seed: u64, base: Micros, count: u32) -> Vec<Round> {
        let minutes = Span::minutes(10).0;
        let last = Micros((base - UNDER_WAY).0 / minutes * minutes);
        (1..=count)
            .map(|number| {
                let starts_at = last - Span::hours(24 * i64::from(count - number));
                Round {
                    id: ids::round(seed, number, starts_at),
                    number,
                    starts_at,
                    ends_at: starts_at + WINDOW,
                    finished: number < count,
                }
            })
            .collect()
    }
}

/// What a laboratory will read in a tube.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// Nothing.
    Negative,
    /// Both genes.
    Positive,
    /// One gene only.
    SingleTarget,
    /// Late curves.
    Grey,
    /// No control.
    Invalid,
}

/// A tube with its persons.
#[derive(Clone, Debug)]
pub struct Tube {
    /// Its code.
    pub id: UnitId,
    /// Where it is filled, as place in [`Town::sites`].
    pub site: usize,
    /// The persons in order.
    pub persons: Vec<PersonId>,
    /// How they share it.
    pub mode: Mode,
    /// Their zone.
    pub zone: Zone,
    /// First swab.
    pub started_at: Micros,
    /// Sealed.
    pub sealed_at: Micros,
    /// What will be read.
    pub sign: Sign,
    /// What became of it instead of a result, and when that was recorded.
    pub fault: Option<(Fault, Micros)>,
}

/// Somebody excused from a round.
#[derive(Clone, Debug)]
pub struct Excuse {
    /// Who.
    pub person: PersonId,
    /// The site whose desk records it.
    pub site: usize,
    /// The protocol's code.
    pub reason: &'static str,
    /// What shows it.
    pub evidence: String,
}

/// Who is swabbed in a round, and who is not.
#[derive(Debug, Default)]
pub struct Sampling {
    /// The tubes, site by site, in order of time.
    pub tubes: Vec<Tube>,
    /// Excused persons.
    pub excuses: Vec<Excuse>,
}

/// Persons in a tube of this mode.
fn size(mode: Mode) -> usize {
    match mode {
        Mode::Single => 1,
        Mode::Five => 5,
        Mode::Twenty => 20,
        Mode::Household | Mode::Ten => 10,
    }
}

/// Plans the tubes of a round. `locked_out` are compounds that nobody could enter, `in_care`
/// persons who were found positive before.
pub fn sample(
    town: &Town,
    round: &Round,
    codes: &mut Codes,
    infected: &HashSet<PersonId>,
    in_care: &HashSet<PersonId>,
    locked_out: &HashSet<usize>,
) -> Sampling {
    let mut sampling = Sampling::default();
    for (at, site) in town.sites.iter().enumerate() {
        let mut draw = town.draw("sampling", u64::from(round.number) << 32 | at as u64);
        let mut groups: Vec<(Vec<PersonId>, Mode, Zone)> = Vec::new();
        for home in site.homes.iter().filter(|h| !locked_out.contains(h)) {
            let home = &town.homes[*home];
            let mut there = |person: &PersonId, excuses: &mut Vec<Excuse>| {
                let excused = in_care.contains(person) || draw.chance(EXCUSED);
                if excused {
                    excuses.push(excuse(*person, at, in_care.contains(person), draw.below(3)));
                }
                !excused && !draw.chance(MISSED)
            };
            if home.zone == Zone::Locked {
                for (_, range) in &home.households {
                    let mut members = home.persons[range.clone()].to_vec();
                    members.retain(|p| there(p, &mut sampling.excuses));
                    if !members.is_empty() {
                        groups.push((members, Mode::Household, home.zone));
                    }
                }
                continue;
            }
            let mut come = home.persons.clone();
            come.retain(|p| there(p, &mut sampling.excuses));
            // A queue runs on from one compound to the next; only its kind of tube must agree.
            match groups.last_mut() {
                Some((queue, Mode::Ten, _)) => queue.extend(come),
                _ => groups.push((come, Mode::Ten, home.zone)),
            }
        }
        let tubes: Vec<(Vec<PersonId>, Mode, Zone)> = groups
            .into_iter()
            .flat_map(|(persons, mode, zone)| {
                let chunks: Vec<_> =
                    persons.chunks(size(mode)).map(|c| (c.to_vec(), mode, zone)).collect();
                chunks
            })
            .collect();
        let count = tubes.len().max(1) as i64;
        for (n, (persons, mode, zone)) in (0_i64..).zip(tubes) {
            let pace = Span(SAMPLING.0 / count);
            let sealed_at = round.starts_at
                + Span(pace.0 * (n + 1))
                + draw.between(Span(-pace.0 / 3), Span(pace.0 / 3));
            let filling = Span::seconds(20 * persons.len() as i64);
            let sign = match persons.iter().any(|p| infected.contains(p)) {
                true => Sign::Positive,
                false => Sign::Negative,
            };
            sampling.tubes.push(Tube {
                id: codes.next(TUBE, site.area),
                site: at,
                persons,
                mode,
                zone,
                started_at: sealed_at - filling,
                sealed_at,
                sign,
                fault: None,
            });
        }
    }
    sampling
}

fn excuse(person: PersonId, site: usize, in_care: bool, which: usize) -> Excuse {
    let (reason, evidence) = match (in_care, which) {
        (true, _) => ("in-care", "入院名单 / admission list"),
        (false, 0) => ("inpatient", "医院名单 / hospital list"),
        (false, 1) => ("away", "家属出示的车票 / train ticket shown by the family"),
        (false, _) => ("quarantine-site", "隔离点登记册 / register of the quarantine site"),
    };
    Excuse { person, site, reason, evidence: evidence.to_owned() }
}

/// Who is infected in each round: a few clusters, by household and neighbours, fewer each time.
pub fn infections(town: &Town, rounds: usize) -> Vec<HashSet<PersonId>> {
    let mut draw = town.draw("infections", 0);
    // As in the city of 21 March 2022: some five in ten thousand before the rounds began.
    let total: usize = town.homes.iter().map(|h| h.persons.len()).sum();
    let first = (total as f64 * 0.000_25) as usize + 4;
    (0..rounds)
        .map(|round| {
            let wanted = first >> round;
            let mut infected = HashSet::new();
            let mut tries = 0;
            while infected.len() < wanted.max(3) && tries < 1_000 {
                tries += 1;
                let Some(home) = town.homes.get(draw.below(town.homes.len())) else { break };
                let start = draw.below(home.households.len());
                let doors = 1 + draw.below(3);
                for (_, range) in home.households.iter().skip(start).take(doors) {
                    let members = home.persons[range.clone()].iter();
                    infected.extend(members.filter(|_| draw.chance(0.6)));
                }
            }
            infected
        })
        .collect()
}

/// The tubes of people who are called again after a tube that was not negative: one each.
pub fn called_again(
    town: &Town,
    codes: &mut Codes,
    tube: &Tube,
    from: Micros,
    infected: &HashSet<PersonId>,
) -> Vec<Tube> {
    let site: &Site = &town.sites[tube.site];
    let mut draw = town.draw("again", from.0 as u64 ^ tube.id.bytes()[15] as u64);
    let mut tubes = Vec::new();
    for person in &tube.persons {
        let sealed_at = from + draw.between(Span::minutes(35), Span::minutes(210));
        let sign = match infected.contains(person) {
            true => Sign::Positive,
            false => Sign::Negative,
        };
        tubes.push(Tube {
            id: codes.next(TUBE, site.area),
            site: tube.site,
            persons: vec![*person],
            mode: Mode::Single,
            zone: tube.zone,
            started_at: sealed_at - Span::seconds(40),
            sealed_at,
            sign,
            fault: None,
        });
    }
    tubes.sort_by_key(|t| t.sealed_at);
    tubes
}
