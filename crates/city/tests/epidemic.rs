//! The outbreak against what it is made from: its inputs, closed forms, and itself.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, OnceLock};

use city::epidemic::{
    Behaviour, Disease, Epidemic, EpidemicParameters, Infection, Isolation, Layer, Lock, NOBODY,
    PlaceKind, Population, Role, Severity,
};
use city::{City, Options, Scenario};

const PEOPLE: u64 = 60_000;

fn parameters() -> EpidemicParameters {
    Scenario::bundled("jilin-2022").and_then(|s| s.epidemic().cloned()).expect("built in")
}

fn town() -> &'static City {
    static TOWN: OnceLock<City> = OnceLock::new();
    TOWN.get_or_init(|| {
        let scenario = Scenario::bundled("jilin-2022").expect("built in");
        let options = Options { seed: 3, people: Some(PEOPLE), areas: None };
        City::generate(&scenario, options).expect("a city")
    })
}

fn people(parameters: &EpidemicParameters) -> Arc<Population> {
    Arc::new(Population::of_city(town(), parameters, 1).expect("agents"))
}

fn outbreak(parameters: &EpidemicParameters, seed: u64) -> Epidemic {
    Epidemic::new(people(parameters), Arc::new(Disease::new(parameters)), seed)
}

/// Nothing infects anybody, anywhere, until a test says so; everyone is alike.
fn still() -> EpidemicParameters {
    let mut p = parameters();
    let t = &mut p.transmission;
    for rate in [
        &mut t.household,
        &mut t.building,
        &mut t.compound,
        &mut t.street,
        &mut t.region,
        &mut t.city,
        &mut t.team,
        &mut t.place,
        &mut t.market,
        &mut t.stall,
        &mut t.service,
        &mut t.served,
        &mut t.care,
    ] {
        rate.value = 0.0;
    }
    t.dispersion.value = 1000.0;
    p.vaccination.immune.value = [0.0; 3];
    p.vaccination.susceptibility.value = [1.0; 3];
    p.vaccination.infectiousness.value = [1.0; 3];
    p.severity.susceptibility.value = [1.0; 5];
    p
}

fn run(mut outbreak: Epidemic, seeds: u32, days: u32, threads: usize) -> Epidemic {
    let everyone: Vec<u32> = (0..outbreak.population().people()).collect();
    assert_eq!(outbreak.import_among(&everyone, seeds), seeds);
    for _ in 0..days {
        outbreak.step(threads);
    }
    outbreak
}

#[test]
fn agents_are_the_persons_of_the_city() {
    let all = people(&parameters());
    assert_eq!(u64::from(all.people()), town().people());
    let mut compound_codes = HashSet::new();
    for (agent, person) in (0u32..).zip(town().persons()) {
        assert_eq!(all.age(agent), person.age);
        let household = all.household_of(agent);
        let building = all.building_of(household);
        assert_eq!(all.building_number(building), person.dwelling.building());
        let compound = all.compound_of(building);
        let code = all.compound_code(compound);
        assert!(person.dwelling.to_string().starts_with(&code), "{} {code}", person.dwelling);
        assert_eq!(all.community_of(compound), person.dwelling.community());
        assert!(all.members(household).contains(&agent));
        assert!(all.in_street(all.street_of(compound)).contains(&agent));
        assert!(all.buildings_of(compound).contains(&building));
        compound_codes.insert(code);
    }
    for (household, generated) in (0u32..).zip(town().households()) {
        assert_eq!(all.members(household).len(), generated.size());
    }
    assert!(compound_codes.len() > 100);
    assert!(all.bytes() as f64 <= 24.0 * PEOPLE as f64, "{} bytes", all.bytes());
}

#[test]
fn everyone_has_one_day_place_at_most_and_it_fits_the_age() {
    let p = parameters();
    let all = people(&p);
    let mut seen = HashSet::new();
    let mut by_kind: BTreeMap<&str, u32> = BTreeMap::new();
    for place in 0..all.day_places() {
        let kind = all.place_kind(place);
        for agent in all.in_place(place) {
            assert!(seen.insert(*agent), "{agent} goes to two places");
            let team = all.team_of(*agent).expect("a team");
            assert_eq!(all.place_of(team), place);
            assert!(all.team(team).contains(agent));
            let (age, role) = (all.age(*agent), all.role(*agent));
            match kind {
                PlaceKind::Kindergarten => assert!((3..6).contains(&age)),
                PlaceKind::School => assert!((6..18).contains(&age)),
                PlaceKind::Campus => assert!((18..22).contains(&age) && role == Role::Student),
                _ => assert!((18..60).contains(&age)),
            }
            *by_kind.entry(kind.word()).or_default() += 1;
        }
    }
    let residents = (0..all.people()).filter(|a| all.role(*a) == Role::Resident).count();
    assert_eq!(residents + seen.len(), all.people() as usize);
    // The special jobs come out at their number a thousand residents.
    let per_1000 = |kind: &str| f64::from(by_kind[kind]) * 1000.0 / PEOPLE as f64;
    for (kind, wanted) in [
        ("local-market", p.day_places.stalls_per_1000.value),
        ("hospital", p.day_places.hospital_per_1000.value),
        ("response", p.day_places.response_per_1000.value),
    ] {
        let got = per_1000(kind);
        assert!((got / wanted - 1.0).abs() < 0.25, "{kind}: {got} a thousand, wanted {wanted}");
    }
}

#[test]
fn without_transmission_nobody_is_infected() {
    let after = run(outbreak(&still(), 1), 50, 30, 2);
    assert_eq!(after.infections().len(), 50);
    assert!(after.infections().iter().all(|i| i.infector == NOBODY));
}

#[test]
fn the_outcome_does_not_depend_on_threads() {
    let p = parameters();
    let runs: Vec<Vec<Infection>> =
        [1, 2, 7].map(|threads| run(outbreak(&p, 5), 30, 25, threads).infections().to_vec()).into();
    assert!(runs[0].len() > 2_000, "{} infections", runs[0].len());
    assert_eq!(runs[0], runs[1]);
    assert_eq!(runs[0], runs[2]);
    let other = run(outbreak(&p, 6), 30, 25, 2);
    assert_ne!(runs[0], other.infections());
}

#[test]
fn people_are_conserved_and_infected_once() {
    let after = run(outbreak(&parameters(), 5), 30, 60, 2);
    let all = after.population();
    let infected: HashSet<u32> = after.infections().iter().map(|i| i.agent).collect();
    assert_eq!(infected.len(), after.infections().len(), "somebody was infected twice");
    let susceptible = (0..all.people()).filter(|a| after.susceptible(*a)).count();
    assert_eq!(susceptible + infected.len(), all.people() as usize);
    for i in after.infections() {
        if i.infector != NOBODY {
            let source = after.infection(i.infector).expect("an infector was infected");
            assert!(source.at < i.at, "{source:?} {i:?}");
        }
    }
}

/// Attack rate z of an epidemic in a well-mixed population of which a share s brought it in:
/// z = 1 − (1 − s) e^(−R z) (Kermack and McKendrick 1927).
fn final_size(r: f64, brought: f64) -> f64 {
    (0..200).fold(0.9, |z, _| 1.0 - (1.0 - brought) * (-r * z).exp())
}

#[test]
fn the_well_mixed_limit_has_the_final_size() {
    for r in [1.5, 2.5] {
        let mut p = still();
        p.transmission.city.value = r;
        let runs = [11, 12, 13, 14].map(|seed| {
            let after = run(outbreak(&p, seed), 100, 200, 2);
            after.infections().len() as f64 / PEOPLE as f64
        });
        let attack = runs.iter().sum::<f64>() / runs.len() as f64;
        let wanted = final_size(r, 100.0 / PEOPLE as f64);
        // One run of 1.5 has a standard deviation of about 0.008.
        assert!((attack - wanted).abs() < 0.012, "R {r}: attack {attack:.4}, wanted {wanted:.4}");
    }
}

#[test]
fn generation_intervals_follow_the_load_and_serial_intervals_follow_them() {
    let mut p = still();
    p.transmission.city.value = 1.2;
    // Few of many, so that nobody's contacts are used up.
    let after = run(outbreak(&p, 2), 400, 14, 2);
    let pairs: Vec<(&Infection, &Infection)> = after
        .infections()
        .iter()
        .filter(|i| i.infector != NOBODY)
        .filter_map(|i| Some((after.infection(i.infector)?, i)))
        // Only infectors whose whole course was lived through.
        .filter(|(source, _)| source.infector == NOBODY)
        .collect();
    let mean = |x: Vec<f64>| x.iter().sum::<f64>() / x.len() as f64;
    let generation = mean(pairs.iter().map(|(s, i)| f64::from(i.at - s.at)).collect());
    let wanted = after.disease().generation_time();
    assert!((generation - wanted).abs() < 0.2, "{generation:.2} days, wanted {wanted:.2}");
    let onsets = pairs.iter().filter_map(|(s, i)| Some(i.onset()? - s.onset()?)).collect();
    let serial = mean(onsets);
    assert!((serial - wanted).abs() < 0.35, "serial {serial:.2} days, wanted {wanted:.2}");
}

#[test]
fn offspring_have_the_mean_and_dispersion_asked_for() {
    for k in [0.2, 1.0] {
        let mut p = still();
        p.transmission.city.value = 2.0;
        p.transmission.dispersion.value = k;
        let mut o = outbreak(&p, 4);
        let seeds: Vec<u32> = (0..1500).map(|n| n * 37).collect();
        for agent in &seeds {
            assert!(o.import(*agent, 0.5));
        }
        for _ in 0..18 {
            o.step(2);
        }
        let mut offspring: BTreeMap<u32, u32> = seeds.iter().map(|a| (*a, 0)).collect();
        for i in o.infections() {
            if let Some(n) = offspring.get_mut(&i.infector) {
                *n += 1;
            }
        }
        let n = offspring.len() as f64;
        let mean = offspring.values().map(|x| f64::from(*x)).sum::<f64>() / n;
        let variance = offspring.values().map(|x| (f64::from(*x) - mean).powi(2)).sum::<f64>() / n;
        // Some of the city is infected meanwhile, so the mean falls a little short.
        assert!((1.5..2.1).contains(&mean), "mean {mean}");
        // The load's own variation adds some dispersion.
        let got = mean * mean / (variance - mean);
        assert!((0.6 * k..1.25 * k).contains(&got), "k {got:.3}, wanted {k}");
    }
}

#[test]
fn the_household_attack_rate_is_that_of_the_hazard() {
    let mut p = still();
    p.transmission.household.value = 0.5;
    // Pairs: with more, the third may be infected by the second.
    let o = outbreak(&p, 8);
    let all = o.population().clone();
    let pairs: Vec<u32> = (0..all.households())
        .map(|h| all.members(h))
        .filter(|m| m.len() == 2 && m.clone().all(|a| all.role(a) != Role::Student))
        .map(|m| m.start)
        .collect();
    let mut o = o;
    for head in &pairs {
        assert!(o.import(*head, 0.2));
    }
    for _ in 0..25 {
        o.step(2);
    }
    let infected = o.infections().len() - pairs.len();
    assert!(o.infections().iter().all(|i| i.layer() != Layer::Building));
    let rate = infected as f64 / pairs.len() as f64;
    // Loads differ between persons, which costs a little: E[1 − e⁻ˣ] < 1 − e^(−E[x]).
    let wanted = 1.0 - (-0.5f64).exp();
    assert!((wanted - 0.035..wanted + 0.01).contains(&rate), "{rate:.3}, wanted {wanted:.3}");
}

#[test]
fn nobody_in_care_infects_and_closed_doors_keep_households_apart() {
    let mut p = parameters();
    p.lockdown.leakage.value = 0.0;
    p.lockdown.compliance.value = 1.0;
    p.transmission.service.value = 0.0;
    p.transmission.served.value = 0.0;
    p.transmission.care.value = 0.0;
    let mut o = outbreak(&p, 9);
    for agent in 0..200 {
        o.import(agent * 200, 0.0);
        o.isolate(agent * 200, Isolation::Care);
    }
    for _ in 0..15 {
        assert!(o.step(2).is_empty(), "somebody in care infected somebody");
    }

    let mut o = outbreak(&p, 9);
    let all = o.population().clone();
    for compound in 0..all.compounds() {
        o.lock_compound(compound, Lock::Door);
    }
    // Those who work on and live on a campus are let go of here.
    let mut closed = Behaviour { attendance: [0.0; 8], ..Behaviour::default() };
    closed.layers[Layer::Market as usize] = 0.0;
    o.set_behaviour(closed);
    let o = run(o, 300, 20, 2);
    let students = |a: u32| all.role(a) == Role::Student;
    for i in o.infections().iter().filter(|i| i.infector != NOBODY) {
        if !students(i.infector) && !students(i.agent) {
            assert_eq!(i.layer(), Layer::Household);
            assert_eq!(all.household_of(i.agent), all.household_of(i.infector));
        }
    }
}

#[test]
fn a_swab_shows_the_load_and_only_of_those_infected() {
    let o = run(outbreak(&still(), 1), 400, 4, 1);
    let mut day_3 = 0;
    for i in o.infections() {
        assert_eq!(o.swab(i.agent, f64::from(i.at) + 0.05, 0).n, None, "too early");
        assert_eq!(o.swab(i.agent, f64::from(i.at) + 40.0, 0).n, None, "long over");
        let swab = o.swab(i.agent, f64::from(i.at) + 3.0, 0);
        assert_eq!(swab, o.swab(i.agent, f64::from(i.at) + 3.0, 0), "the same swab twice");
        day_3 += u32::from(swab.n.is_some_and(|ct| ct < 35.0));
        if let (Some(n), Some(orf)) = (swab.n, swab.orf) {
            assert!(orf >= n);
        }
    }
    assert!(day_3 > 350, "{day_3} of 400 are found on day 3");
    let healthy = (0..o.population().people()).find(|a| o.susceptible(*a)).expect("somebody");
    assert_eq!(o.swab(healthy, 3.0, 0).n, None);
}

#[test]
fn severity_goes_up_step_by_step_and_the_old_fare_worse() {
    let o = run(outbreak(&still(), 1), 20_000, 1, 2);
    let all = o.population().clone();
    let (mut bad, mut count) = ([0u32; 2], [0u32; 2]);
    for i in o.infections() {
        let old = usize::from(all.age(i.agent) >= 60);
        count[old] += 1;
        bad[old] += u32::from(i.worst() >= Severity::Moderate);
        let course: Vec<Severity> =
            (0..40).map(|d| o.severity_at(i.agent, f64::from(i.at) + f64::from(d))).collect();
        assert!(course.is_sorted());
        assert_eq!(course.last(), Some(&i.worst()));
        assert_eq!(i.onset().is_none(), i.worst() == Severity::None);
    }
    let share = |at: usize| f64::from(bad[at]) / f64::from(count[at]);
    assert!(share(1) > 3.0 * share(0), "old {} young {}", share(1), share(0));
}
