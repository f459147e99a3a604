//! The dispatch plan: searched for as long as somebody lets it, with how far it is; each trip with its reasons, each
//! who is not fetched with theirs; accepted in whole, in part, or otherwise with a reason.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, LazyLock, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use ledger::Status;
use maud::{Markup, html};
use planner::routes::Progress;
use transfers::views::{self, Left, Plan, PlannedTrip};
use transfers::{Command, Dispatch, VehicleState};
use types::{AreaCode, AreaScope, HolderCode, Micros, Refusal, UnitId};

use super::{DISPATCHERS, under_board, who, words};
use crate::house::topic;
use crate::i18n::{Speaks, number};
use crate::pages::act;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::ui::form::{Field, Form, FormData};
use crate::ui::layout::Page;
use crate::ui::parts::{self, Tone};
use crate::ui::table::{Cell, Column, Table};
use crate::{Fault, t};

/// The topic of searches.
const PLANS: &str = "tripplans";
/// How long a search may last, in seconds.
const SECONDS: [u64; 3] = [2, 10, 60];
/// Trips of a plan that a page shows; it is accepted in whole all the same.
const SHOWN: usize = 150;
/// Of those who are not fetched.
const LEFT_SHOWN: usize = 200;

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/transfers/plan", DISPATCHERS, show);
    routes.post("/transfers/plan/start", DISPATCHERS, start);
    routes.post("/transfers/plan/stop", DISPATCHERS, stop);
    routes.post("/transfers/plan", DISPATCHERS, accept).body_limit(2 << 20).timeout_seconds(60);
}

/// A search of somebody: under way, or with its plan.
struct Run {
    scope: AreaScope,
    as_of: Micros,
    started: Instant,
    limit: Duration,
    stop: AtomicBool,
    permille: AtomicU32,
    steps: AtomicU32,
    plan: OnceLock<Plan>,
}

/// The last search of each account. It binds nobody, so it need not outlive the process.
static RUNS: LazyLock<Mutex<HashMap<String, Arc<Run>>>> = LazyLock::new(Mutex::default);

fn run_of(seat: &Seat) -> Result<Option<Arc<Run>>, Fault> {
    let user = &seat.actor()?.user;
    let runs = RUNS.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(runs.get(user).filter(|run| run.scope == seat.scope()).cloned())
}

async fn start(seat: Seat, form: FormData) -> Answer {
    let seconds = form.text("seconds").parse().ok().filter(|n| SECONDS.contains(n));
    let mut db = seat.db().await?;
    let input = views::plan_input(&mut db, seat.scope(), seat.now()).await?;
    drop(db);
    let run = Arc::new(Run {
        scope: seat.scope(),
        as_of: seat.now(),
        started: Instant::now(),
        limit: Duration::from_secs(seconds.unwrap_or(SECONDS[0])),
        stop: AtomicBool::new(false),
        permille: AtomicU32::new(0),
        steps: AtomicU32::new(0),
        plan: OnceLock::new(),
    });
    let user = seat.actor()?.user.clone();
    let before = RUNS.lock().unwrap_or_else(PoisonError::into_inner).insert(user, run.clone());
    if let Some(before) = before {
        // Nobody sees its plan any more.
        before.stop.store(true, Ordering::Relaxed);
    }
    let hub = seat.app().hub().clone();
    let area = AreaCode::from_stored(seat.scope().bounds().0.max(0));
    let searching = tokio::task::spawn_blocking(move || {
        let mut told = 0;
        let plan = views::propose(&input, 1, &mut |progress: &Progress| {
            let share = run.started.elapsed().as_secs_f64() / run.limit.as_secs_f64();
            let permille = (share * 1_000.0) as u32;
            run.permille.store(permille.min(1_000), Ordering::Relaxed);
            run.steps.store(u32::try_from(progress.steps).unwrap_or(u32::MAX), Ordering::Relaxed);
            if permille / 100 != told {
                told = permille / 100;
                hub.mark(PLANS, area);
            }
            if run.stop.load(Ordering::Relaxed) { 1.0 } else { share }
        });
        // The first plan stands: a search is told once.
        let _ = run.plan.set(plan);
        hub.mark(PLANS, area);
    });
    // What takes less than a moment is waited for: nobody sees a bar that is full.
    let _ = tokio::time::timeout(Duration::from_millis(500), searching).await;
    Ok(seat.go(&seat.link("/transfers/plan")))
}

async fn stop(seat: Seat) -> Answer {
    if let Some(run) = run_of(&seat)? {
        run.stop.store(true, Ordering::Relaxed);
    }
    Ok(seat.go(&seat.link("/transfers/plan")))
}

async fn show(seat: Seat) -> Answer {
    shown(&seat, html! {}).await
}

async fn shown(seat: &Seat, told: Markup) -> Answer {
    let run = run_of(seat)?;
    let at_work = run.as_ref().filter(|run| run.plan.get().is_none());
    if let Some(run) = at_work {
        let body = searching(seat, run);
        if seat.wants_fragment("plan") {
            return Ok(seat.fragment(body));
        }
        let src = seat.here(&[("fragment", Some("plan"))]);
        let live = parts::live("plan", &[topic(PLANS, seat.scope())], &src, body);
        return Ok(seat.render(titled(seat, live).reload_without_script(2)));
    }
    let body = match run.as_ref().and_then(|run| run.plan.get()) {
        Some(plan) => html! { (told) (made(seat, plan).await?) },
        None => html! {
            (told)
            p { (t!(seat, "trip-plan-how")) }
            (search_form(seat, true))
        },
    };
    if seat.wants_fragment("plan") {
        return Ok(seat.fragment(body));
    }
    let page = titled(seat, body);
    Ok(seat.render(match run {
        Some(run) => page.as_of(run.as_of),
        None => page,
    }))
}

fn titled(seat: &Seat, body: Markup) -> Page {
    let page = Page::new(t!(seat, "nav-trips-plan"), body);
    under_board(seat, page.lead(html! { (t!(seat, "trip-plan-lead")) }))
}

fn search_form(seat: &Seat, first: bool) -> Markup {
    let options = SECONDS.map(|n| (n.to_string(), t!(seat, "trip-seconds", n = n as i64)));
    let form = Form::new(seat, seat.link("/transfers/plan/start"))
        .field(Field::select("seconds", t!(seat, "trip-search-for"), options.to_vec()).short());
    if first {
        form.button(&t!(seat, "trip-plan-start"))
    } else {
        form.quiet().button(&t!(seat, "trip-plan-again"))
    }
}

fn searching(seat: &Seat, run: &Run) -> Markup {
    let done = run.permille.load(Ordering::Relaxed);
    let steps = i64::from(run.steps.load(Ordering::Relaxed));
    html! {
        div role="status" {
            (parts::progress(seat, &t!(seat, "trip-searching", steps = number(steps)), i64::from(done), 1_000))
        }
        (Form::new(seat, seat.link("/transfers/plan/stop")).quiet().button(&t!(seat, "trip-plan-stop")))
    }
}

/// Why a trip is as it is, in words.
fn why(seat: &Seat, trip: &PlannedTrip) -> String {
    let km = |metres: i64| format!("{:.1}", metres as f64 / 1_000.0);
    let late = trip.rides.iter().filter(|planned| !planned.in_time()).count() as i64;
    let mut parts = vec![
        t!(seat, "trip-why-nearest", km = km(trip.to_first)),
        t!(seat, "trip-why-way", km = km(trip.metres), n = trip.rides.len() as i64),
    ];
    if let Some(due) = trip.rides.iter().map(|planned| planned.ride.due).min() {
        parts.push(t!(seat, "trip-why-due", due = seat.time(due).as_str()));
    }
    if trip.families > 0 {
        parts.push(t!(seat, "trip-why-families", n = trip.families as i64));
    }
    parts.push(match late {
        0 => t!(seat, "trip-why-in-time"),
        late => t!(seat, "trip-why-late", n = late),
    });
    parts.join(&t!(seat, "case-comma"))
}

async fn made(seat: &Seat, plan: &Plan) -> Result<Markup, Fault> {
    let all = || plan.trips.iter().flat_map(|trip| &trip.rides).map(|planned| &planned.ride);
    let everybody = || all().chain(plan.left.iter().map(|left| &left.ride));
    let mut db = seat.db().await?;
    let episodes = who::episodes(&mut db, everybody()).await?;
    let names = words::facility_names(seat, &mut db, everybody()).await?;
    let vehicles = views::vehicles(&mut db, seat.scope()).await?;
    drop(db);
    let fetched = plan.fetched();
    let says = t!(
        seat,
        "trip-plan-says",
        people = (fetched + plan.left.len()) as i64,
        fetched = fetched as i64,
        trips = plan.trips.len() as i64,
        free = plan.free as i64,
        dirty = plan.dirty as i64,
        steps = number(i64::try_from(plan.steps).unwrap_or(i64::MAX))
    );
    let card = |trip: &PlannedTrip| {
        let id = format!("t-{}", trip.vehicle.code.code());
        let others = vehicles.iter().filter(|v| {
            v.code == trip.vehicle.code
                || v.state() == VehicleState::Free && v.carries.contains(&trip.class)
        });
        html! {
            section .panel {
                h2 .panel__title .choice {
                    input type="checkbox" name="trip" value=(trip.vehicle.code) id=(id) checked;
                    label for=(id) {
                        (words::vehicle_name(&trip.vehicle)) " " (words::class(seat, trip.class))
                    }
                }
                p { (why(seat, trip)) }
                ul .plain-list {
                    @for planned in &trip.rides {
                        li .choice {
                            input type="checkbox" name="ride" value=(planned.ride.id) id={ "r-" (planned.ride.id) } checked;
                            label for={ "r-" (planned.ride.id) } {
                                (seat.time(planned.picked_at)) " " (words::spot(seat, &names, &planned.ride.from))
                                " → " (seat.time(planned.arrives_at)) " " (words::spot(seat, &names, &planned.ride.to))
                                " · " (who::line(seat, &episodes, &planned.ride)) " "
                                @if !planned.in_time() { (parts::tag(Tone::Bad, &t!(seat, "trip-late"))) }
                            }
                        }
                    }
                }
                div .field {
                    label .field__label for={ "v-" (id) } { (t!(seat, "trip-vehicle")) }
                    select .input name={ "vehicle-" (trip.vehicle.code) } id={ "v-" (id) } {
                        @for v in others {
                            option value=(v.code) selected[v.code == trip.vehicle.code] { (words::vehicle_name(v)) }
                        }
                    }
                }
            }
        }
    };
    Ok(html! {
        p { (says) }
        @if plan.trips.is_empty() {
            p .muted { (t!(seat, "trip-plan-empty")) }
        } @else {
            form method="post" action=(seat.link("/transfers/plan")) {
                input type="hidden" name=(crate::csrf::FIELD) value=(seat.csrf());
                @for trip in plan.trips.iter().take(SHOWN) { (card(trip)) }
                @if plan.trips.len() > SHOWN { p .muted { (t!(seat, "trip-plan-shown", n = SHOWN as i64)) } }
                (Field::text("reason", t!(seat, "trip-departs"))
                    .hint(t!(seat, "trip-departs-hint")).optional().bare(seat))
                div .buttons {
                    button .button type="submit" { (t!(seat, "trip-accept")) }
                    button .button .button--secondary type="submit" name="all" value="1" {
                        (t!(seat, "trip-accept-all", n = plan.trips.len() as i64))
                    }
                }
            }
        }
        (left_table(seat, plan, &episodes, &names).render(seat))
        (search_form(seat, false))
    })
}

fn left_table(
    seat: &Seat,
    plan: &Plan,
    episodes: &HashMap<UnitId, care::Episode>,
    names: &HashMap<HolderCode, String>,
) -> Table {
    let columns = vec![
        Column::new("ride", t!(seat, "trip-ride")),
        Column::new("person", t!(seat, "case-person")),
        Column::new("class", t!(seat, "trip-class")),
        Column::new("due", t!(seat, "trip-due")),
        Column::new("to", t!(seat, "trip-to")),
        Column::new("why", t!(seat, "care-why")),
    ];
    let rows = plan.left.iter().take(LEFT_SHOWN).map(|Left { ride, why }| {
        vec![
            Cell::words(words::ride_link(ride.id)),
            Cell::text(who::line(seat, episodes, ride)),
            Cell::words(words::class(seat, ride.class)),
            words::due_cell(seat, ride),
            Cell::text(words::spot(seat, names, &ride.to)),
            Cell::text(seat.text(&format!("trip-left-{}", why.as_str()))).long(),
        ]
    });
    Table::new(t!(seat, "trip-left"), columns)
        .empty(t!(seat, "trip-left-nobody"))
        .rows(rows.collect::<Vec<_>>())
}

/// Accepts what is ticked: whole trips, trips without some of their people, or with another vehicle. What
/// departs from the plan needs a reason; what has changed meanwhile is refused trip by trip, and told.
async fn accept(seat: Seat, form: FormData) -> Answer {
    let run = run_of(&seat)?;
    let Some(plan) = run.as_ref().and_then(|run| run.plan.get()) else {
        return Ok(seat.go(&seat.link("/transfers/plan")));
    };
    let all = form.ticked("all");
    let reason = form.text("reason");
    let ticked: Vec<&str> = form.all("trip").collect();
    let riders: Vec<UnitId> =
        form.all("ride").filter_map(|text| UnitId::parse(text).ok()).collect();
    let mut sent: Vec<&PlannedTrip> = Vec::new();
    let mut commands: Vec<(AreaCode, Micros, crate::house::Command)> = Vec::new();
    let mut untold: BTreeMap<String, Refusal> = BTreeMap::new();
    for (n, trip) in plan.trips.iter().enumerate() {
        let code = trip.vehicle.code.as_str();
        let shown = n < SHOWN;
        let taken = all || shown && ticked.contains(&code);
        if !taken {
            continue;
        }
        let keeps = |ride: UnitId| all || riders.contains(&ride);
        let vehicle = match form.text(&format!("vehicle-{code}")) {
            other if !all && shown && !other.is_empty() && other != code => {
                HolderCode::parse(other)?
            }
            _ => trip.vehicle.code.clone(),
        };
        let rides: Vec<UnitId> =
            trip.rides.iter().map(|planned| planned.ride.id).filter(|id| keeps(*id)).collect();
        let departs = vehicle != trip.vehicle.code || rides.len() < trip.rides.len();
        if departs && reason.is_empty() {
            let name = words::vehicle_name(&trip.vehicle);
            untold.insert(name, Refusal::new("note-needed").with("field", "reason"));
            continue;
        }
        let calls = trip.calls.iter().filter(|call| keeps(call.ride)).copied().collect();
        let dispatch = Dispatch {
            vehicle,
            rides,
            calls,
            leaves_at: trip.leaves_at,
            plan: why(&seat, trip).chars().take(400).collect(),
            reason: reason.to_owned(),
        };
        sent.push(trip);
        commands.push((trip.vehicle.area, seat.now(), Command::Dispatch(dispatch).into()));
    }
    let outcomes = act::many(&seat, commands).await?;
    let done = outcomes.iter().filter(|o| o.status == Status::Accepted).count();
    for (trip, outcome) in sent.iter().zip(&outcomes) {
        if let Some(refusal) = &outcome.refusal {
            untold.insert(words::vehicle_name(&trip.vehicle), refusal.clone());
        }
    }
    let told = parts::notice(
        if untold.is_empty() { Tone::Good } else { Tone::Warning },
        &t!(seat, "trip-accepted", n = done as i64),
        html! {
            @if !untold.is_empty() {
                ul { @for (name, refusal) in &untold {
                    li { (name) ": " (seat.lang().refusal(refusal)) " " (seat.lang().refusal_next(refusal)) }
                } }
            }
            p { a href=(seat.link("/transfers")) { (t!(seat, "trip-under-way")) } }
        },
    );
    if untold.is_empty() {
        // The plan has become trips: the next one begins anew.
        let user = &seat.actor()?.user;
        RUNS.lock().unwrap_or_else(PoisonError::into_inner).remove(user);
    }
    shown(&seat, told).await
}
