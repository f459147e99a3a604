//! Opening a round: places and time, then people and settings with the plan and its verdict,
//! then the round itself. Nothing is stored before the last step.

use std::collections::BTreeMap;

use axum::response::Response;
use maud::{Markup, html};
use registry::command::{HolderDetails, PutHolders};
use registry::geometry::Degrees;
use store::Connection;
use testing::OpenRound;
use testing::plan::{People, Plan, Request, Settings};
use types::{AreaCode, Micros, PlaceCode, Span};

use super::draft::{Draft, PEOPLE, SETTINGS, read_people, read_settings, setting_text};
use super::{plan_view, words};
use crate::Fault;
use crate::access::{Policy, Role};
use crate::house::Command;
use crate::i18n::number;
use crate::pages::act;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::t;
use crate::ui::form::{Errors, Field, Form, FormData};
use crate::ui::layout::Page;
use crate::ui::parts::{self, Tone};
use crate::ui::time::input_value;

/// Who plans and opens rounds.
pub const PLANNERS: Policy = Policy::any_of([Role::Commander, Role::District]);

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/testing/rounds/new", PLANNERS, first);
    routes.post("/testing/rounds/new", PLANNERS, back_to_first);
    routes.post("/testing/rounds/plan", PLANNERS, plan).timeout_seconds(60);
    routes.post("/testing/rounds/open", PLANNERS, open).timeout_seconds(120);
}

/// The rules for rounds that start at a time in the areas in view.
fn rules_at(seat: &Seat, at: Micros) -> Result<protocol::Testing, Fault> {
    let digits = seat.scope().bounds().0;
    let area = AreaCode::from_stored(digits);
    Ok(seat.app().protocol().at(at, area).testing()?.clone())
}

async fn first(seat: Seat) -> Answer {
    let mut db = seat.db().await?;
    let counties = registry::views::county_counts(&mut db, seat.scope()).await?;
    let last = testing::views::rounds(&mut db).await?;
    let last = last.iter().find(|r| super::rounds::concerns(r, seat.scope()));
    // Tomorrow at six, so that there is time to prepare.
    let day =
        seat.time(seat.now() + Span::days(1)).as_str().get(..10).map(|d| format!("{d}T06:00"));
    let starts = day
        .and_then(|text| crate::ui::time::parse_local(&text, seat.app().zone()).ok())
        .unwrap_or(seat.now());
    let population: i64 = counties.iter().map(|c| c.persons).sum();
    let window = rules_at(&seat, starts)?.window.for_population(population.unsigned_abs());
    let number = last.map_or(1, |r| r.number + 1).to_string();
    let starts_text = input_value(starts, seat.app().zone());
    let ends_text = input_value(starts + window, seat.app().zone());
    let circle = seat.param("circle").unwrap_or_default();
    if !circle.is_empty()
        && let Some(proposed) = crate::pages::zones::proposed(&seat, &circle).await?
    {
        // A campaign of its own: the part of the circle that is due, as often as its category asks.
        let more: Vec<&str> = proposed.places.iter().map(PlaceCode::as_str).collect();
        let more = more.join("\n");
        let category = seat.text(&format!("circle-{}", proposed.category));
        let [zh, en] = round_names(proposed.every);
        let pairs = [
            ("number", "1"),
            ("starts", &starts_text),
            ("ends", &ends_text),
            ("name_zh", &zh),
            ("name_en", &en),
            ("more", &more),
            ("why", &t!(&seat, "circle-round-reason", category = category, why = proposed.why)),
        ];
        let typed = FormData::from_pairs(pairs);
        return show_first(&seat, &mut db, &typed, Errors::default()).await;
    }
    let mut pairs: Vec<(&str, &str)> = vec![
        ("number", &number),
        ("starts", &starts_text),
        ("ends", &ends_text),
        ("name_zh", last.map_or("全员核酸检测", |r| &r.name_zh)),
        ("name_en", last.map_or("Mass testing", |r| &r.name_en)),
    ];
    let codes: Vec<String> = counties.iter().map(|c| c.area.to_string()).collect();
    pairs.extend(codes.iter().map(|code| ("place", code.as_str())));
    show_first(&seat, &mut db, &FormData::from_pairs(pairs), Errors::default()).await
}

/// What a round of the circle is called, by how often it is repeated.
fn round_names(every: i64) -> [String; 2] {
    match every {
        1 => ["区域核酸检测（每日一检）".to_owned(), "Regional testing, daily".to_owned()],
        n => [format!("区域核酸检测（{n}天一检）"), format!("Regional testing, every {n} days")],
    }
}

async fn back_to_first(seat: Seat, form: FormData) -> Answer {
    let mut db = seat.db().await?;
    show_first(&seat, &mut db, &form, Errors::default()).await
}

fn steps(seat: &Seat, current: usize) -> Markup {
    html! {
        ol .stages {
            @for (n, key) in ["wizard-places", "wizard-plan", "wizard-open"].iter().enumerate() {
                li aria-current=[(n == current).then_some("step")] { span .stages__n { (n + 1) } (seat.text(key)) }
            }
        }
    }
}

async fn show_first(seat: &Seat, db: &mut Connection, typed: &FormData, errors: Errors) -> Answer {
    let counties = registry::views::county_counts(db, seat.scope()).await?;
    let ticked: Vec<&str> = typed.all("place").collect();
    let ticks = html! {
        fieldset .field {
            legend .field__label { (t!(seat, "wizard-counties")) }
            p .field__hint { (t!(seat, "wizard-counties-hint")) }
            div .choices {
                @for county in &counties {
                    @let code = county.area.to_string();
                    div .choice {
                        input type="checkbox" name="place" id={ "place-" (code) } value=(code)
                            checked[ticked.contains(&code.as_str())];
                        label for={ "place-" (code) } {
                            (super::names::pick(crate::i18n::Speaks::lang(seat), &county.name_zh, &county.name_en))
                            " " span .muted { (t!(seat, "n-persons", n = number(county.persons))) }
                        }
                    }
                }
            }
        }
    };
    let field = |f: Field, name: &str| f.value(typed.raw(name));
    let form = Form::new(seat, "/testing/rounds/plan")
        .errors(errors)
        .hidden("round", typed.raw("round"))
        .hidden("why", typed.raw("why"))
        .markup(html! { h2 { (t!(seat, "wizard-what")) } })
        .field(field(Field::text("name_zh", t!(seat, "round-name-zh")), "name_zh"))
        .field(field(Field::text("name_en", t!(seat, "round-name-en")), "name_en"))
        .field(field(Field::number("number", t!(seat, "round-number")), "number"))
        .markup(html! { h2 { (t!(seat, "wizard-where")) } })
        .markup(ticks)
        .field(
            field(Field::area("more", t!(seat, "wizard-more"), 2), "more")
                .optional()
                .hint(t!(seat, "wizard-more-hint")),
        )
        .markup(html! { h2 { (t!(seat, "wizard-when")) } })
        .field(field(Field::time("starts", t!(seat, "round-starts")), "starts"))
        .field(
            field(Field::time("ends", t!(seat, "round-ends")), "ends")
                .hint(t!(seat, "wizard-ends-hint")),
        )
        .markup(html! { h2 { (t!(seat, "wizard-risk")) } })
        .field(
            field(Field::text("prevalence", t!(seat, "wizard-prevalence")).short(), "prevalence")
                .optional()
                .hint(t!(seat, "wizard-prevalence-hint")),
        )
        .field(
            field(Field::area("locked", t!(seat, "wizard-locked"), 2), "locked")
                .optional()
                .hint(t!(seat, "wizard-zone-hint")),
        )
        .field(
            field(Field::area("controlled", t!(seat, "wizard-controlled"), 2), "controlled")
                .optional(),
        )
        .field(
            field(Field::area("quarantine", t!(seat, "wizard-quarantine"), 2), "quarantine")
                .optional(),
        )
        .button(&t!(seat, "wizard-to-plan"));
    let why = typed.raw("why");
    let body = html! {
        (steps(seat, 0))
        @if !why.is_empty() {
            (parts::notice(Tone::Info, &t!(seat, "circle-round-title"), html! { p { (why) } }))
        }
        (form)
    };
    let page = Page::new(t!(seat, "open-round"), body)
        .crumb(seat.link("/testing/rounds"), t!(seat, "nav-rounds"))
        .narrow()
        .timeless();
    Ok(seat.render(page))
}

async fn plan(seat: Seat, form: FormData) -> Answer {
    let mut errors = Errors::default();
    let mut db = seat.db().await?;
    let Some(draft) = Draft::read(&seat, &form, &mut errors) else {
        return show_first(&seat, &mut db, &form, errors).await;
    };
    let (people, population, settings) = if form.text("samplers").is_empty() {
        prefill(&seat, &mut db, &draft).await?
    } else {
        let (people, population) = read_people(&form, &mut errors);
        (people, population, read_settings(&form, &mut errors))
    };
    show_plan(&seat, &mut db, &form, &draft, people, population, settings, errors).await
}

/// What the registry knows of people, and what the rules ask for.
async fn prefill(
    seat: &Seat,
    db: &mut Connection,
    draft: &Draft,
) -> Result<(People, u64, Settings), Fault> {
    let rules = rules_at(seat, draft.starts_at)?;
    let region = draft.region();
    let counts = registry::views::county_counts(db, region).await?;
    let population: i64 = counts.iter().map(|c| c.persons).sum();
    let population = population.unsigned_abs();
    let persons: u64 = draft.compounds(seat, db).await?.iter().map(|c| u64::from(c.persons)).sum();
    let couriers = registry::views::holders(db, region, "courier").await?;
    let couriers = couriers.iter().filter(|c| c.active).count() as u32;
    let people = People {
        samplers: u32::try_from(rules.samplers_for(persons)).unwrap_or(u32::MAX),
        couriers,
        vehicles: couriers,
        reserve_places: rules.lab_reserve.for_population(population),
    };
    Ok((people, population, Settings::default()))
}

#[allow(clippy::too_many_arguments)] // The page of all that was typed.
async fn show_plan(
    seat: &Seat,
    db: &mut Connection,
    typed: &FormData,
    draft: &Draft,
    people: People,
    population: u64,
    settings: Settings,
    mut errors: Errors,
) -> Answer {
    let rules = rules_at(seat, draft.starts_at)?;
    let request = draft.request(seat, db, people, population, settings).await?;
    let made = if errors.is_empty() { Some(Plan::make(&request, &rules)) } else { None };
    let made = match made {
        Some(Err(refusal)) => {
            let field =
                if refusal.code == "setting-out-of-range" { "settings" } else { "samplers" };
            errors.add(field, refusal);
            None
        }
        Some(Ok(plan)) => Some(plan),
        None => None,
    };
    let wrong = !errors.is_empty();
    let form = numbers_form(seat, typed, draft, &request, population, errors);
    let view = match &made {
        Some(plan) => Some(plan_view::render(seat, db, &request, &rules, plan).await?),
        None => None,
    };
    let body = html! {
        (steps(seat, 1))
        (summary(seat, draft, &request))
        details .panel open[wrong || made.as_ref().is_none_or(|p| p.totals.persons == 0)] {
            summary { (t!(seat, "wizard-numbers")) }
            (form)
        }
        @if let Some(view) = view {
            (view)
            (open_form(seat, typed, draft, &people, population, &settings))
        }
    };
    let page = Page::new(t!(seat, "open-round"), body)
        .crumb(seat.link("/testing/rounds"), t!(seat, "nav-rounds"));
    Ok(seat.render(page))
}

fn summary(seat: &Seat, draft: &Draft, request: &Request) -> Markup {
    let persons: i64 = request.compounds.iter().map(|c| i64::from(c.persons)).sum();
    let places: Vec<&str> = draft.places.iter().map(PlaceCode::as_str).collect();
    let name = super::names::pick(crate::i18n::Speaks::lang(seat), &draft.name_zh, &draft.name_en);
    parts::facts(&[
        (
            t!(seat, "round"),
            html! { (t!(seat, "round-name-number", name = name, number = i64::from(draft.number))) },
        ),
        (
            t!(seat, "window"),
            html! { (seat.time(draft.starts_at)) " – " (seat.time(draft.ends_at)) },
        ),
        (t!(seat, "wizard-where"), html! { (places.join(", ")) }),
        (
            t!(seat, "stage-planned"),
            html! { (t!(seat, "wizard-counted",
            persons = number(persons), compounds = number(request.compounds.len() as i64))) },
        ),
    ])
}

fn numbers_form(
    seat: &Seat,
    typed: &FormData,
    draft: &Draft,
    request: &Request,
    population: u64,
    errors: Errors,
) -> Markup {
    let value = |name: &str| {
        let people = &request.people;
        match name {
            "population" => population.to_string(),
            "samplers" => people.samplers.to_string(),
            "couriers" => people.couriers.to_string(),
            "vehicles" => people.vehicles.to_string(),
            _ => people.reserve_places.to_string(),
        }
    };
    let mut form = Form::new(seat, "/testing/rounds/plan")
        .errors(errors)
        .markup(Draft::hidden(typed, draft.round));
    for name in PEOPLE {
        let field = Field::number(name, seat.text(&format!("plan-{name}"))).value(value(name));
        form = form.field(field.hint(seat.text(&format!("plan-{name}-hint"))));
    }
    form = form.markup(html! {
        h2 #field-settings { (t!(seat, "plan-settings")) }
        p .muted { (t!(seat, "plan-settings-hint")) }
    });
    for (name, _) in SETTINGS {
        let typed = typed.text(name);
        let text = match typed.is_empty() {
            true => setting_text(&request.settings, name),
            false => typed.to_owned(),
        };
        form = form.field(Field::number(name, seat.text(&format!("setting-{name}"))).value(text));
    }
    let again = form.button(&t!(seat, "plan-again"));
    html! {
        (again)
        form method="post" action="/testing/rounds/new" {
            input type="hidden" name="csrf" value=(seat.csrf());
            (Draft::hidden(typed, draft.round))
            button .button .button--secondary type="submit" { (t!(seat, "wizard-back")) }
        }
    }
}

/// The last step carries all that was typed.
fn open_form(
    seat: &Seat,
    typed: &FormData,
    draft: &Draft,
    people: &People,
    population: u64,
    settings: &Settings,
) -> Markup {
    let mut form = Form::new(seat, "/testing/rounds/open")
        .markup(Draft::hidden(typed, draft.round))
        .hidden("population", &population.to_string())
        .hidden("samplers", &people.samplers.to_string())
        .hidden("couriers", &people.couriers.to_string())
        .hidden("vehicles", &people.vehicles.to_string())
        .hidden("reserve", &people.reserve_places.to_string());
    for (name, _) in SETTINGS {
        form = form.hidden(name, &setting_text(settings, name));
    }
    parts::panel(
        &t!(seat, "wizard-open"),
        html! {
            p { (t!(seat, "wizard-open-lead")) }
            (form.button(&t!(seat, "wizard-open-button")))
        },
    )
}

async fn open(seat: Seat, form: FormData) -> Answer {
    let mut errors = Errors::default();
    let mut db = seat.db().await?;
    let Some(draft) = Draft::read(&seat, &form, &mut errors) else {
        return show_first(&seat, &mut db, &form, errors).await;
    };
    let (people, population) = read_people(&form, &mut errors);
    let settings = read_settings(&form, &mut errors);
    let rules = rules_at(&seat, draft.starts_at)?;
    let request = draft.request(&seat, &mut db, people, population, settings).await?;
    let plan = match Plan::make(&request, &rules) {
        Ok(plan) => plan,
        Err(refusal) => {
            errors.add("samplers", refusal);
            return show_plan(&seat, &mut db, &form, &draft, people, population, settings, errors)
                .await;
        }
    };
    let outcomes = act::many(&seat, commands(&seat, &draft, population, &plan)?).await?;
    if let Some(refusal) = act::first_refusal(&outcomes) {
        errors.add("samplers", refusal.clone());
        return show_plan(&seat, &mut db, &form, &draft, people, population, settings, errors)
            .await;
    }
    let notes: Vec<_> = outcomes.into_iter().flat_map(|o| o.notes).collect();
    let path = seat.link(&format!("/testing/rounds/{}", draft.round));
    if notes.is_empty() {
        return Ok(seat.go(&format!("{path}?said=opened")));
    }
    Ok(opened_with_remarks(&seat, &path, &notes))
}

fn opened_with_remarks(seat: &Seat, path: &str, notes: &[types::Refusal]) -> Response {
    let body = html! {
        (parts::notice(Tone::Good, &t!(seat, "said-opened"), html! {}))
        (parts::notice(Tone::Warning, &t!(seat, "remarks"), words::remarks(seat, notes)))
        (parts::button_link(path, &t!(seat, "to-the-board"), true))
    };
    seat.render(Page::new(t!(seat, "open-round"), body).narrow())
}

/// The commands that open the round and set up its plan: the round, new sites, targets, sites.
fn commands(
    seat: &Seat,
    draft: &Draft,
    population: u64,
    plan: &Plan,
) -> Result<Vec<(AreaCode, Micros, Command)>, Fault> {
    let now = seat.now();
    let set_up = plan.commands();
    let first = set_up.first().map(|(area, _)| *area);
    let area = first.ok_or_else(|| types::Refusal::new("plan-without-persons"))?;
    let round = OpenRound {
        round: draft.round,
        name_zh: draft.name_zh.clone(),
        name_en: draft.name_en.clone(),
        number: draft.number,
        places: draft.places.clone(),
        starts_at: draft.starts_at,
        ends_at: draft.ends_at,
        population,
        prevalence: draft.prevalence,
        ordered_hours: u32::try_from(((draft.ends_at - draft.starts_at).as_hours()) as i64).ok(),
    };
    let mut all = vec![(area, now, Command::Testing(testing::Command::OpenRound(round)))];
    let mut new_sites: BTreeMap<AreaCode, Vec<HolderDetails>> = BTreeMap::new();
    for site in plan.sites.iter().filter(|s| s.new) {
        let number = site.site.code().rsplit('-').next().unwrap_or_default();
        new_sites.entry(site.area).or_default().push(HolderDetails {
            code: site.site.clone(),
            name_zh: format!("采样点 {number}（{}）", site.community),
            name_en: format!("Sampling site {number} ({})", site.community),
            place: site.slots.first().map(|s| s.compound.clone()),
            lon: site.at.and_then(|p| Degrees::new(p.lon).ok()),
            lat: site.at.and_then(|p| Degrees::new(p.lat).ok()),
            active: true,
        });
    }
    for (area, holders) in new_sites {
        for some in holders.chunks(500) {
            let put = PutHolders { holders: some.to_vec() };
            all.push((area, now, Command::Registry(registry::Command::PutHolders(put))));
        }
    }
    all.extend(set_up.into_iter().map(|(area, c)| (area, now, Command::Testing(c))));
    Ok(all)
}
