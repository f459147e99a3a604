//! An outbreak written as ixa's own examples are: persons with a status, and a plan for everything
//! that will happen to them. `peer-ixa PEOPLE DAYS CONTACTS` prints the processor seconds of the run
//! (without making the people) and the share infected. CONTACTS are those a day of an infectious
//! person that would infect somebody susceptible.

use cpu_time::ProcessTime;
use ixa::prelude::*;
use rand_distr::Exp;

define_entity!(Person);
define_rng!(Outbreak);

define_property!(
    enum Status {
        Susceptible,
        Incubating,
        Infectious,
        Recovered,
    },
    Person,
    default_const = Status::Susceptible
);

/// Days from infection until somebody is infectious, and then until they are not any more: those of
/// the other peers.
const INCUBATION: f64 = 3.0;
const INFECTIOUS: f64 = 5.0;

fn infect(context: &mut Context, person: PersonId, contacts: f64) {
    context.set_property(person, Status::Incubating);
    let at = context.get_current_time() + INCUBATION;
    context.add_plan(at, move |context| become_infectious(context, person, contacts));
}

fn become_infectious(context: &mut Context, person: PersonId, contacts: f64) {
    context.set_property(person, Status::Infectious);
    let until = context.get_current_time() + INFECTIOUS;
    context.add_plan(until, move |context| context.set_property(person, Status::Recovered));
    meet_next(context, person, until, contacts);
}

/// Plans the next contact that would infect, if it comes while the person is infectious.
fn meet_next(context: &mut Context, person: PersonId, until: f64, contacts: f64) {
    let Ok(waiting) = Exp::new(contacts) else { return };
    let at = context.get_current_time() + context.sample_distr(Outbreak, waiting);
    if at >= until {
        return;
    }
    context.add_plan(at, move |context| {
        if let Some(other) = context.sample_entity(Outbreak, Person) {
            if context.get_property::<Person, Status>(other) == Status::Susceptible {
                infect(context, other, contacts);
            }
        }
        meet_next(context, person, until, contacts);
    });
}

fn run(people: usize, days: f64, contacts: f64) -> Result<(f64, f64), IxaError> {
    let mut context = Context::new();
    context.init_random(1);
    let mut everybody = Vec::with_capacity(people);
    for _ in 0..people {
        everybody.push(context.add_entity(Person)?);
    }
    let started = ProcessTime::now();
    for person in everybody.iter().take((people / 10_000).max(10)) {
        infect(&mut context, *person, contacts);
    }
    context.add_plan(days, |context| context.shutdown());
    context.execute();
    let spent = started.elapsed().as_secs_f64();
    let spared = everybody
        .iter()
        .filter(|p| context.get_property::<Person, Status>(**p) == Status::Susceptible)
        .count();
    Ok((spent, 1.0 - spared as f64 / people as f64))
}

fn main() {
    let asked: Vec<f64> = std::env::args().skip(1).filter_map(|a| a.parse().ok()).collect();
    let [people, days, contacts] = asked[..] else {
        eprintln!("usage: peer-ixa PEOPLE DAYS CONTACTS");
        std::process::exit(2);
    };
    match run(people as usize, days, contacts) {
        Ok((spent, share)) => println!("{spent} {share}"),
        Err(error) => {
            eprintln!("{error}");
            std::process::exit(1);
        }
    }
}
