//! The response model: nothing appears or vanishes, no capacity is exceeded, changes do what
//! they say, and another disease needs no other code.

use std::sync::OnceLock;

use city::epidemic::{Isolation, Severity};
use city::response_model::{
    Case, Change, DayRow, Found, Rehearsal, ResponsePlan, Run, Search, Totals, community_end, fit,
    write_daily, write_line_list, write_tree,
};
use city::{CityError, Scenario};

fn jilin() -> Scenario {
    Scenario::bundled("jilin-2022").expect("built in")
}

fn changes(list: &[&str]) -> Vec<Change> {
    list.iter().map(|c| c.parse().expect("a change")).collect()
}

/// A small Jilin City with an outbreak that a tenth of the people go through.
fn base() -> &'static Rehearsal {
    static BASE: OnceLock<Rehearsal> = OnceLock::new();
    BASE.get_or_init(|| {
        let louder = changes(&["seeds.0=60", "transmission.region=2", "transmission.street=2"]);
        let rehearsal = Rehearsal::new(&jilin(), 1, Some(60_000), &louder).expect("ready");
        rehearsal.unfitted()
    })
}

fn run(rehearsal: &Rehearsal, replicate: u32, more: &[&str]) -> Run {
    rehearsal.run(replicate, &changes(more), |_| ()).expect("a run")
}

fn plan(run: &Run) -> &ResponsePlan {
    run.response.plan()
}

#[test]
fn everyone_found_waits_lies_in_a_bed_or_was_let_go() {
    let run = run(base(), 0, &[]);
    let truth = run.response.truth();
    assert!(truth.infections().len() > 200, "{} infections", truth.infections().len());
    assert_eq!(truth.infections().len(), run.response.cases().len());
    let last = run.rows.last().expect("days");
    let (mut found, mut waiting, mut lying, mut gone, mut reported) = (0, 0, 0, 0, 0);
    for (infection, case) in truth.infections().iter().zip(run.response.cases()) {
        let Some((day, _)) = case.found() else {
            assert_eq!(case.admitted(), None);
            assert_eq!(case.reported(), None);
            continue;
        };
        found += 1;
        assert!(f64::from(infection.at) < f64::from(day) + 1.0, "found before it was infected");
        reported += u64::from(case.reported().is_some());
        if case.died().is_some() {
            // Out of every queue and bed, and never let go.
            assert_eq!(case.released(), None);
            continue;
        }
        match (case.admitted(), case.released()) {
            (None, None) => waiting += 1,
            (Some((admitted, _)), None) => {
                lying += 1;
                assert!(admitted >= day);
                assert_eq!(truth.isolation(infection.agent), Isolation::Care);
            }
            (Some((admitted, _)), Some(released)) => {
                gone += 1;
                assert!(released >= admitted);
            }
            (None, Some(_)) => panic!("let go without a bed"),
        }
    }
    assert!(found > 100, "{found} found");
    assert_eq!(found, run.rows.iter().map(|r| r.found).sum::<u64>());
    assert_eq!(waiting, last.waiting_for_bed);
    assert_eq!(lying, last.in_hospital + last.in_fangcang);
    assert_eq!(gone, run.rows.iter().map(|r| r.released).sum::<u64>());
    let published = |r: &DayRow| r.reported_confirmed + r.reported_asymptomatic;
    assert_eq!(reported, run.rows.iter().map(published).sum::<u64>());
    for row in &run.rows {
        let ways = row.found_clinic + row.found_round + row.found_antigen + row.found_contact;
        assert_eq!(ways, row.found);
        assert!(row.found_in_community <= row.found);
    }
}

#[test]
fn no_day_does_more_than_its_capacity_and_no_tube_is_lost() {
    let run = run(base(), 1, &["beds.fangcang=x0.1", "beds.hospital=x0.1"]);
    let scale = 60_000.0 / 3_623_713.0;
    let of = |value: f64| (value * scale).round() as u64;
    let (mut collected, mut pools_tested) = (0, 0);
    let mut waited = 0;
    for (day, row) in (0u32..).zip(&run.rows) {
        let date = plan(&run).date_of(day);
        let (testing, beds) = (&plan(&run).testing, &plan(&run).beds);
        assert!(row.tubes_tested <= of(testing.labs.on(date)), "{date}: {row:?}");
        assert!(row.in_hospital <= of(beds.hospital.on(date)), "{date}: {row:?}");
        assert!(row.in_fangcang <= of(beds.fangcang.on(date)), "{date}: {row:?}");
        collected += row.tubes_collected;
        pools_tested += row.tubes_tested;
        waited += row.waiting_for_bed;
        // Singles are tested too, so tested tubes and those that wait are at least all pools.
        assert!(pools_tested + row.tubes_waiting >= collected, "{date}: a tube is missing");
    }
    assert!(waited > 0, "with a tenth of the beds nobody waited");
}

#[test]
fn runs_repeat_and_threads_do_not_matter() {
    let once = run(base(), 3, &[]);
    assert_eq!(once.rows, run(base(), 3, &[]).rows);
    assert_ne!(once.rows, run(base(), 4, &[]).rows);
    let mut all: Vec<(u32, Vec<DayRow>)> = Vec::new();
    base().run_all(5, 2, |_| (), |run| all.push((run.replicate, run.rows))).expect("runs");
    all.sort_by_key(|(replicate, _)| *replicate);
    assert_eq!(all.len(), 5);
    assert_eq!(all[3].1, once.rows);
}

#[test]
fn a_change_that_changes_nothing_gives_the_same_run_and_one_that_does_differs_as_it_should() {
    let before = run(base(), 0, &[]);
    let same = base().changed(&changes(&["beds.turnaround=x1"])).expect("a change");
    assert_eq!(run(&same, 0, &[]).rows, before.rows);

    // No way to be found: an outbreak that nobody sees, with nobody in a bed.
    let blind = run(base(), 0, &["testing.gap=0", "testing.clinics=0", "testing.antigen=0"]);
    let totals = Totals::of(&blind.rows);
    assert_eq!(blind.rows.iter().map(|r| r.found).sum::<u64>(), 0);
    assert!(totals.infections > 2 * Totals::of(&before.rows).infections);
    assert_eq!(totals.waiting_days, 0);

    // Before the change takes effect, the days are the same.
    let later = run(base(), 0, &["testing.labs@2022-03-12=6000"]);
    let day = plan(&before).day_of(jiff::civil::date(2022, 3, 12)) as usize;
    assert_eq!(later.rows[..day], before.rows[..day]);
    assert_ne!(later.rows[day..], before.rows[day..]);
}

#[test]
fn other_fitted_values_take_the_place_of_the_scenarios() {
    let fitted = Rehearsal::new(&jilin(), 1, Some(60_000), &[]).expect("ready");
    let other = fitted.clone().with_fitted("testing.coverage\n0.61\n0.62\n").expect("two rows");
    let on = jiff::civil::date(2022, 3, 10);
    let coverage = |replicate| other.plan(replicate).expect("a plan").testing.coverage.on(on);
    assert_eq!([coverage(0), coverage(1)], [coverage(2), coverage(3)]);
    assert_ne!(coverage(0), coverage(1));
    assert!(fitted.clone().with_fitted("testing.covrage\n0.61\n").is_err());
    assert!(fitted.with_fitted("testing.coverage\nmuch\n").is_err());
}

#[test]
fn changes_come_after_the_fitted_values_and_keep_the_days_before_them() {
    let fitted = Rehearsal::new(&jilin(), 1, Some(60_000), &[]).expect("ready");
    let (first, second) = (fitted.plan(0).expect("a plan"), fitted.plan(1).expect("a plan"));
    let on = jiff::civil::date(2022, 3, 20);
    assert_ne!(first.testing.coverage.on(on), second.testing.coverage.on(on));
    let changed = fitted.changed(&changes(&["testing.coverage@2022-03-20=0.5"])).expect("a change");
    let later = changed.plan(0).expect("a plan");
    assert_eq!(later.testing.coverage.on(on), 0.5);
    let before = jiff::civil::date(2022, 3, 19);
    assert_eq!(later.testing.coverage.on(before), first.testing.coverage.on(before));
}

#[test]
fn no_beds_means_everyone_waits_and_no_infection_no_case() {
    let none = run(base(), 0, &["beds.hospital=0", "beds.fangcang=0"]);
    assert!(none.response.cases().iter().all(|c| c.admitted().is_none()));
    let last = none.rows.last().expect("days");
    assert_eq!(last.waiting_for_bed, none.rows.iter().map(|r| r.found).sum::<u64>());

    let nobody = run(base(), 0, &["seeds.0=0", "seeds.1=0", "seeds.2=0", "seeds.3=0"]);
    assert_eq!(Totals::of(&nobody.rows).infections, 0);
    assert_eq!(nobody.rows.iter().map(|r| r.found).sum::<u64>(), 0);
    // Contamination alone: pools are swabbed again, and nobody is found.
    assert_eq!(community_end(&nobody.rows), None);
}

#[test]
fn changes_are_refused_by_key() {
    let refused = |text: &str| -> String {
        let made = text.parse::<Change>().and_then(|c| base().changed(&[c]));
        made.map(|_| String::new()).expect_err("refused").to_string()
    };
    for (text, wanted) in [
        ("testing.labs", "change testing.labs: has no value"),
        ("testing.labs=many", "change testing.labs: \"many\" is no number"),
        ("testing.lab=5", "change testing.lab: is unknown"),
        ("nothing=5", "change nothing: is unknown; keys begin with course, day_places"),
        ("testing=5", "change testing: is a table"),
        ("transmission.household=+3d", "change transmission.household: has no dates"),
        ("severity.symptomatic=0.3", "name one of severity.symptomatic.0 to"),
        ("severity.symptomatic.9=0.3", "change severity.symptomatic.9: has no entry"),
        ("vaccination.course.4=0.9", "change vaccination.course.4: decides who the people are"),
        ("testing.coverage=1.4", "testing.coverage: 1.4 from 2022-02-20 is outside 0.3 to 1"),
        ("transmission.household=9", "transmission.household: 9 is outside 0.1 to 1.5"),
        ("testing.labs@soon=5", "change testing.labs: \"soon\" is no date"),
    ] {
        let said = refused(text);
        assert!(said.contains(wanted), "{text}: {said}");
    }
}

#[test]
fn changes_change_what_they_name() {
    let plan =
        |list: &[&str]| base().changed(&changes(list)).and_then(|r| r.plan(0)).expect("a plan");
    let date = |month, day| jiff::civil::date(2022, month, day);
    let labs = plan(&["testing.labs=90_000/day"]).testing.labs;
    assert!(labs.0.iter().all(|d| d.value == 90_000.0));
    let before = plan(&["beds.turnaround=x1"]).beds.fangcang;
    let later = plan(&["beds.fangcang=+3d"]).beds.fangcang;
    assert_eq!(later.on(date(3, 13)), 0.0);
    assert_eq!(later.on(date(3, 14)), before.on(date(3, 11)));
    assert_eq!(plan(&["testing.coverage=50%"]).testing.coverage.on(date(3, 4)), 0.5);
    let antigen = plan(&["testing.antigen@2022-03-12=0.3"]).testing.antigen;
    assert_eq!((antigen.on(date(3, 11)), antigen.on(date(4, 11))), (0.0, 0.3));
    let seeds = plan(&["seeds.0=20", "seeds.1=+2d"]).seeds;
    assert_eq!((seeds[0].count, seeds[1].on), (20.0, date(3, 3)));
    let shown = changes(&["beds.fangcang=+3d", "a.b=x2", "a.b@2022-03-01=5", "a.b=40%"]);
    let shown: Vec<String> = shown.iter().map(Change::to_string).collect();
    assert_eq!(shown, ["beds.fangcang=+3d", "a.b=x2", "a.b@2022-03-01=5", "a.b=0.4"]);
}

#[test]
fn files_have_a_line_for_every_day_and_infection() {
    let run = run(base(), 0, &[]);
    let mut daily = Vec::new();
    write_daily(&[run.rows.clone(), run.rows.clone()], plan(&run), &mut daily).expect("written");
    let daily = String::from_utf8(daily).expect("text");
    assert_eq!(daily.lines().count(), 1 + 2 * run.rows.len());
    assert!(daily.starts_with("replicate,date,infections,found,"));
    let (mut lines, mut tree) = (Vec::new(), Vec::new());
    write_line_list(&run, &mut lines).expect("written");
    write_tree(&run, &mut tree).expect("written");
    let infections = run.response.truth().infections().len();
    assert_eq!(String::from_utf8(lines).expect("text").lines().count(), 1 + infections);
    assert_eq!(String::from_utf8(tree).expect("text").lines().count(), 1 + infections);
}

#[test]
fn another_disease_needs_no_other_code() {
    let town = Scenario::bundled("measles-town").expect("built in");
    let rehearsal = Rehearsal::new(&town, 1, None, &[]).expect("ready");
    assert_eq!(rehearsal.population().people(), 30_000);
    let run = rehearsal.run(0, &[], |_| ()).expect("a run");
    let totals = Totals::of(&run.rows);
    assert!((30..6_000).contains(&totals.infections), "{totals:?}");
    assert_eq!((totals.locked_days, run.rows.iter().map(|r| r.swabbed).sum::<u64>()), (0, 0));
    let truth = run.response.truth();
    let all = truth.population();
    assert!(truth.infections().iter().all(|i| !all.immune(i.agent)));
    let by_round = |c: &&city::response_model::Case| c.found().is_some_and(|f| f.1 == Found::Round);
    assert_eq!(run.response.cases().iter().filter(by_round).count(), 0);

    // Contacts stay at home as long as the protocol of the disease says.
    let protocol: toml::Table =
        include_str!("../../../protocols/measles-demo/measles.toml").parse().expect("TOML");
    let days = protocol["rules"]["cc.q"]["value"]["home"].as_str().expect("a span");
    let planned = town.response().expect("a plan").quarantine.days.0[0].value;
    assert_eq!(days, format!("{planned} d"));
}

#[test]
fn a_scenario_without_a_response_says_so() {
    let unknown = Scenario::bundled("nowhere").expect_err("unknown");
    assert!(matches!(unknown, CityError::UnknownScenario(_)));
    assert!(unknown.to_string().contains("measles-town"));
}

#[test]
fn the_dead_are_counted_once_and_free_their_beds() {
    let all = |key: &str| (0..5).map(|band| format!("severity.{key}.{band}=1")).collect::<Vec<_>>();
    let worst: Vec<String> = ["symptomatic", "moderate", "severe", "critical", "death"]
        .into_iter()
        .flat_map(all)
        .collect();
    let worst: Vec<&str> = worst.iter().map(String::as_str).collect();
    let run = run(base(), 0, &worst);
    let truth = run.response.truth();
    let (mut dead, mut in_bed, mut alive) = (0, 0, 0);
    for (infection, case) in truth.infections().iter().zip(run.response.cases()) {
        let due = truth.disease().death(infection);
        if infection.worst() == Severity::Dead {
            assert!(due.is_some_and(|at| at > f64::from(infection.at)));
        }
        if infection.worst() == Severity::Dead {
            assert_eq!(case.released(), None, "somebody was let go who dies, or will");
        }
        let Some(day) = case.died() else {
            alive += 1;
            continue;
        };
        dead += 1;
        assert_eq!(Some(day), due.map(|at| at as u32));
        assert_eq!(truth.isolation(infection.agent), Isolation::Care, "somebody met the dead");
        in_bed += u64::from(case.admitted().is_some());
    }
    assert!(dead > 100 && in_bed > 20, "{dead} dead, {in_bed} of them in a bed");
    assert_eq!(dead + alive, truth.infections().len() as u64);
    assert_eq!(dead, run.rows.iter().map(|r| r.died).sum::<u64>());
    assert_eq!(dead, Totals::of(&run.rows).deaths);
    // Whoever lies in a bed at the end is alive.
    let last = run.rows.last().expect("days");
    let lies = |c: &&Case| c.admitted().is_some() && c.released().is_none() && c.died().is_none();
    let lying = run.response.cases().iter().filter(lies).count() as u64;
    assert_eq!(lying, last.in_hospital + last.in_fangcang);
    // As the scenario has it, few die.
    let usual = crate::run(base(), 0, &[]);
    let (infected, died) =
        (usual.response.cases().len() as u64, usual.rows.iter().map(|r| r.died).sum::<u64>());
    assert!(died * 100 < infected, "{died} of {infected}");
}

#[test]
fn a_fit_repeats_for_any_number_of_threads_and_gives_the_best_first() {
    let scenario = jilin();
    let plan = scenario.fit_plan().expect("readable").expect("a fit");
    let reported = scenario.reported().expect("published");
    let search = |threads| Search { tries: 6, rounds: 2, keep: 2, threads };
    let heard = std::sync::Mutex::new(0);
    let fitted = |threads| {
        fit(base(), &plan, &reported, search(threads), |_| *heard.lock().expect("one") += 1)
            .expect("fits")
    };
    let once = fitted(1);
    assert_eq!(*heard.lock().expect("one"), 2 * 6 + 8 + 4, "tries, and two last looks");
    assert_eq!(once, fitted(2));
    assert_eq!(once.len(), 2);
    assert!(once[0].distance <= once[1].distance && once[1].distance.is_finite());
    for set in &once {
        for (value, span) in set.values.iter().zip(&plan.figures) {
            assert!((span.low..=span.high).contains(value), "{}", span.key);
        }
    }
}
