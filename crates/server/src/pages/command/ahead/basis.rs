//! What the renewal equation's forecast goes by: infections a day and where they were found, stays in
//! care by severity, contacts of late, rounds that are planned. Counters only.

use analytics::survival::Survival;
use analytics::{AnalyticsError, Care, Needs, Outlook, SEVERITIES, forecast, present};
use care::views::{STAY_STEP, Stays};
use cases::views::Window;
use cases::{Class, Severity};
use command::Foreseen;
use protocol::Edition;
use testing::Round;
use tracing_desk::Flow;
use types::{AreaCode, Micros, Refusal, Span};

use super::Fans;
use crate::Fault;
use crate::pages::cases::daily::{AHEAD, Daily};
use crate::pages::cases::days_ahead;
use crate::pages::command::facts::region;
use crate::seat::Seat;

/// Days that are looked back on, as on the page of the course.
pub const BACK: usize = 28;
/// Days whose places of finding say where the next will be found.
const WEEK: usize = 7;
/// Days whose contacts say how many an infection brings.
const FORTNIGHT: usize = 14;
/// People in a pooled tube: ten to one, as rounds of the testing guide.
const POOL: i64 = 10;
/// Dispersion of the contacts of one infection (size of a negative binomial distribution). A choice of
/// ours, and a wide one.
const CONTACTS_SIZE: f64 = 0.5;
/// Longest stay in days that a share is kept of.
const LONGEST_STAY: usize = 60;
/// Runs of the forecast.
const RUNS: usize = 300;

/// What is known by the end of the last day.
#[derive(Debug)]
pub struct Basis {
    /// The end of the last day: a local midnight.
    pub end: Micros,
    /// Infections a day, by where they were found.
    pub daily: Daily,
    /// In a bed now, by severity.
    pub in_bed: [f64; SEVERITIES],
    tubes: Vec<f64>,
    contacts: Vec<f64>,
    care: Option<Care>,
    needs: Needs,
    outlook: Result<protocol::Outlook, Refusal>,
}

/// The place of a class and its gravest severity in the order of rising care.
fn grade(class: &str, worst: &str) -> usize {
    match (Class::parse(class), Severity::parse(worst)) {
        (Some(Class::Asymptomatic), _) => 0,
        (_, Some(Severity::Mild)) => 1,
        (_, Some(Severity::Moderate)) => 2,
        (_, Some(Severity::Severe)) => 3,
        (_, Some(Severity::Critical)) => 4,
        (_, Some(Severity::Asymptomatic) | None) => 0,
    }
}

/// Counts by day of a window, the last day last.
fn by_day(end: Micros, counts: impl IntoIterator<Item = (Micros, i64)>) -> Vec<f64> {
    let mut days = vec![0_i64; BACK];
    let first = end - Span::days(BACK as i64);
    for (hour, n) in counts {
        let day = usize::try_from((hour - first).0.div_euclid(Span::days(1).0)).ok();
        if let Some(day) = day.and_then(|day| days.get_mut(day)) {
            *day += n;
        }
    }
    days.into_iter().map(|n| n.max(0) as f64).collect()
}

impl Basis {
    /// Reads it.
    pub async fn read(seat: &Seat, end: Micros) -> Result<Basis, Fault> {
        let (now, scope) = (seat.now(), seat.scope());
        let from = end - Span::days(BACK as i64);
        let mut db = seat.db().await?;
        let window = Window { scope, from, until: end, as_of: None };
        let daily = Daily::of(&cases::views::by_hour(&mut db, &window).await?, from, BACK);
        let stays = care::views::stays_by_case(&mut db, scope, now).await?;
        let named = tracing_desk::views::flows(&mut db, scope, from, end).await?;
        let followed = tracing_desk::views::numbers(&mut db, scope).await?;
        let labs = testing::views::lab_hours(&mut db, region(scope), from).await?;
        let rounds = testing::views::rounds(&mut db).await?;
        drop(db);
        let (low, high) = scope.bounds();
        let area = if low == high { AreaCode::from_stored(low) } else { AreaCode::NONE };
        let edition = seat.app().protocol().at(now, area);
        let mut by_grade: [Stays; SEVERITIES] = std::array::from_fn(|_| Stays::default());
        for ((class, worst), of) in &stays {
            by_grade[grade(class, worst)].join(of);
        }
        let contacts = by_day(
            end,
            named
                .into_iter()
                .filter(|((_, what), _)| *what == Flow::Identified)
                .map(|((hour, _), n)| (hour, n)),
        );
        let tubes = by_day(end, labs.values().flatten().map(|(hour, lab)| (*hour, lab.tested)));
        let observed = followed.where_stage(tracing_desk::Stage::is_observed).max(0);
        let infections: f64 = daily.totals().iter().rev().take(FORTNIGHT).sum();
        let brought: f64 = contacts.iter().rev().take(FORTNIGHT).sum();
        let each = if infections > 0.0 { brought / infections } else { 0.0 };
        let needs = needs(edition, each, (&contacts, observed), planned(&rounds, end));
        Ok(Basis {
            end,
            in_bed: std::array::from_fn(|n| by_grade[n].lying() as f64),
            care: care_of(&by_grade),
            daily,
            tubes,
            contacts,
            needs,
            outlook: edition.outlook().cloned(),
        })
    }

    /// What came on each day, the last day last; nothing for what no counter keeps by day.
    pub fn came(&self, what: Foreseen) -> Vec<f64> {
        let found = |places: &[usize]| {
            let on = |day: usize| -> i64 { places.iter().map(|n| self.daily.found[*n][day]).sum() };
            (0..self.daily.days()).map(|day| on(day).max(0) as f64).collect()
        };
        match what {
            Foreseen::Infections => self.daily.totals(),
            Foreseen::Quarantine => found(&[0]),
            Foreseen::Controlled => found(&[1, 2]),
            Foreseen::Community => found(&[3]),
            Foreseen::Tubes => self.tubes.clone(),
            Foreseen::Contacts => self.contacts.clone(),
            Foreseen::BedsAsymptomatic
            | Foreseen::BedsMild
            | Foreseen::BedsModerate
            | Foreseen::BedsSevere
            | Foreseen::BedsCritical => Vec::new(),
        }
    }

    /// The forecast by the renewal equation, with what it was made from. Beds are left out while nobody
    /// has left one.
    pub async fn forecast(self) -> Result<(Basis, Result<Fans, Refusal>), Fault> {
        // Some hundred simulated courses: not on the thread that serves others.
        tokio::task::spawn_blocking(move || {
            let fans = match &self.outlook {
                Ok(outlook) => self.fans(outlook).map_err(Refusal::from),
                Err(refusal) => Err(refusal.clone()),
            };
            (self, fans)
        })
        .await
        .map_err(Fault::internal)
    }

    fn fans(&self, settings: &protocol::Outlook) -> Result<Fans, AnalyticsError> {
        let infections = days_ahead(&self.daily, settings)?;
        let plan = self.daily.plan(settings);
        let (history, interval, course) = present(&self.daily.since_first(), &plan)?;
        let week = |what| self.came(what).iter().rev().take(WEEK).sum::<f64>();
        let nobody = Care {
            shares: [1.0, 0.0, 0.0, 0.0, 0.0],
            stays: std::array::from_fn(|_| vec![1.0]),
            in_bed: std::array::from_fn(|_| Vec::new()),
        };
        let outlook = Outlook {
            history,
            interval,
            course,
            found_in: [Foreseen::Quarantine, Foreseen::Controlled, Foreseen::Community].map(week),
            care: self.care.clone().unwrap_or(nobody),
            needs: self.needs.clone(),
            days: AHEAD,
        };
        let said = forecast(&outlook, RUNS, plan.seed)?;
        // New infections are those of the page of the course, to the last digit.
        let mut fans = Fans::from([
            (Foreseen::Infections, infections),
            (Foreseen::Tubes, said.tubes.days),
            (Foreseen::Contacts, said.contacts.days),
        ]);
        let places = [Foreseen::Quarantine, Foreseen::Controlled, Foreseen::Community];
        fans.extend(places.into_iter().zip(said.found_in.map(|fan| fan.days)));
        if self.care.is_some() {
            fans.extend(Foreseen::BEDS.into_iter().zip(said.beds.map(|fan| fan.days)));
        }
        Ok(fans)
    }
}

/// Lengths of stay in days by the product-limit curve; what lies beyond it is put on its last day.
fn stay_of(curve: &Survival) -> Vec<f64> {
    let steps = (Span::days(1).0 / STAY_STEP.0) as u32;
    let after = |day: usize| curve.stays((day as u32 * steps).saturating_sub(1));
    let mut shares: Vec<f64> = (1..=LONGEST_STAY)
        .map(|day| {
            let before = if day == 1 { 1.0 } else { after(day - 1) };
            (before - after(day)).max(0.0)
        })
        .collect();
    let told: f64 = shares.iter().sum();
    let end = shares.iter().rposition(|share| *share > 0.0).unwrap_or(0);
    shares.truncate(end + 1);
    if let Some(last) = shares.last_mut() {
        *last += (1.0 - told).max(0.0);
    }
    shares
}

/// Shares of severities and stays of all who were or are in a bed; nothing while nobody has left one.
/// Those of a severity that nobody has left yet stay as long as everybody does.
fn care_of(by_grade: &[Stays; SEVERITIES]) -> Option<Care> {
    let mut all = Stays::default();
    by_grade.iter().for_each(|stays| all.join(stays));
    let curve = crate::pages::care::stay_curve(&all).ok()?;
    let everybody = stay_of(&curve);
    let people: [f64; SEVERITIES] =
        std::array::from_fn(|n| (by_grade[n].ended() + by_grade[n].lying()).max(0) as f64);
    let sum: f64 = people.iter().sum();
    if sum <= 0.0 {
        return None;
    }
    let in_bed = std::array::from_fn(|n| {
        let mut days = Vec::new();
        for (length, count) in &by_grade[n].going {
            let day = (length * STAY_STEP.0 / Span::days(1).0).clamp(0, LONGEST_STAY as i64);
            let day = usize::try_from(day).unwrap_or(0);
            if days.len() <= day {
                days.resize(day + 1, 0);
            }
            days[day] += u64::try_from(*count).unwrap_or(0);
        }
        days
    });
    Some(Care {
        shares: people.map(|n| n / sum),
        stays: std::array::from_fn(|n| {
            crate::pages::care::stay_curve(&by_grade[n])
                .map_or_else(|_| everybody.clone(), |curve| stay_of(&curve))
        }),
        in_bed,
    })
}

/// Contacts and tubes: by the edition's days of observation and of tests.
fn needs(
    edition: &Edition,
    each: f64,
    (contacts, observed): (&[f64], i64),
    planned_tubes: Vec<f64>,
) -> Needs {
    let whole = |span: Span| usize::try_from(span.0 / Span::days(1).0).unwrap_or(0);
    let (observation_days, contact_tests) = match edition.contacts() {
        Ok(rules) => {
            let first = whole(rules.quarantine.value.centralized);
            let days = whole(rules.quarantine.value.whole());
            let tests = rules.tests.as_ref().map_or_else(Vec::new, |tests| {
                let apart = tests.value.centralized.0.iter().map(|day| usize::from(*day));
                let home = tests.value.home.0.iter().map(|day| first + usize::from(*day));
                apart.chain(home).collect()
            });
            (days, tests)
        }
        Err(_) => (0, Vec::new()),
    };
    // By the days on which contacts were named; how many are still followed is known.
    let named: Vec<f64> = contacts.iter().rev().take(observation_days).copied().collect();
    let sum: f64 = named.iter().sum();
    let share = if sum > 0.0 { observed as f64 / sum } else { 0.0 };
    let under_observation = named.iter().map(|n| (n * share).round() as u64).collect();
    Needs {
        contacts: [each; 3],
        contacts_size: CONTACTS_SIZE,
        observation_days,
        contact_tests,
        planned_tubes,
        pool: usize::try_from(POOL).unwrap_or(1),
        under_observation,
    }
}

/// Tubes of the rounds that go on or are to come, spread evenly over their hours.
fn planned(rounds: &[Round], end: Micros) -> Vec<f64> {
    (0..AHEAD as i64)
        .map(|day| {
            let (from, until) = (end + Span::days(day), end + Span::days(day + 1));
            rounds
                .iter()
                .filter(|round| round.closed_at.is_none())
                .map(|round| {
                    let whole = (round.ends_at - round.starts_at).0.max(1) as f64;
                    let (first, last) = (round.starts_at.max(from), round.ends_at.min(until));
                    let here = (last - first).0.max(0) as f64;
                    round.population as f64 / POOL as f64 * here / whole
                })
                .sum()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use care::StayEnd;

    use super::*;

    #[test]
    fn stays_add_up_to_one_and_nobody_is_lost_beyond_the_curve() {
        let mut stays = Stays::default();
        stays.over.insert((10, StayEnd::Left), 30);
        stays.over.insert((20, StayEnd::Left), 10);
        stays.going.insert(24, 10);
        let curve = crate::pages::care::stay_curve(&stays).expect("a curve");
        let shares = stay_of(&curve);
        assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-9, "{shares:?}");
        // Ten steps of a quarter of a day: gone on the third day.
        assert!((shares[2] - 0.6).abs() < 1e-9, "{shares:?}");
        let by_grade =
            [stays, Stays::default(), Stays::default(), Stays::default(), Stays::default()];
        let care = care_of(&by_grade).expect("care");
        assert_eq!(care.in_bed[0].iter().sum::<u64>(), 10);
        assert!((care.shares[0] - 1.0).abs() < 1e-9);
        assert_eq!(care.stays[4], care.stays[0], "as long as everybody");
    }

    #[test]
    fn tubes_of_a_round_are_spread_over_its_hours() {
        let end = Micros(0) + Span::days(10);
        let round = Round {
            id: types::RoundId::from_bytes([1; 16]),
            name_zh: String::new(),
            name_en: String::new(),
            number: 1,
            places: String::new(),
            starts_at: end + Span::hours(12),
            ends_at: end + Span::hours(36),
            population: 10_000,
            prevalence: None,
            ordered_hours: None,
            closed_at: None,
        };
        let tubes = planned(&[round], end);
        assert_eq!((tubes[0], tubes[1], tubes[2]), (500.0, 500.0, 0.0));
    }
}
