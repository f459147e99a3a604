//! A plan as a page shows it: the verdict first, then what it follows from.

use maud::{Markup, html};
use protocol::Testing as Rules;
use store::Connection;
use testing::plan::{Basis, Check, Plan, Reason, Request, Resource, Verdict, ZoneModes};
use types::{Micros, PlaceCode};

use super::names::Names;
use super::words;
use crate::Fault;
use crate::i18n::number;
use crate::seat::Seat;
use crate::t;
use crate::ui::chart::{self, Series};
use crate::ui::parts::{self, Figure, Tone};
use crate::ui::table::{Cell, Column, Table};
use crate::ui::time::hours_minutes;

/// Sites shown before the round is open.
const SITES: usize = 50;

/// The whole plan.
pub async fn render(
    seat: &Seat,
    db: &mut Connection,
    request: &Request,
    rules: &Rules,
    plan: &Plan,
) -> Result<Markup, Fault> {
    let holders = plan
        .sites
        .iter()
        .take(SITES)
        .map(|s| s.site.as_str())
        .chain(plan.laboratories.iter().map(|l| l.lab.as_str()));
    let mut places: Vec<PlaceCode> = Vec::new();
    for site in plan.sites.iter().take(SITES) {
        places.push(site.community.clone());
        places.extend(site.slots.iter().map(|slot| slot.compound.clone()));
    }
    let counties = plan.couriers.iter().filter_map(|g| PlaceCode::parse(&g.area.to_string()).ok());
    let names = Names::of_holders(db, holders)
        .await?
        .and(Names::of_places(db, places.into_iter().chain(counties)).await?);
    Ok(html! {
        (verdict(seat, &plan.verdict))
        (checks(seat, request, &plan.verdict).render(seat))
        (figures(seat, rules, plan))
        (modes(seat, plan))
        div .columns {
            div .panel { (hours(seat, plan)) }
            div { (laboratories(seat, &names, plan).render(seat)) }
        }
        (couriers(seat, &names, plan).render(seat))
        (sites(seat, &names, plan).render(seat))
    })
}

/// The most that is known: measured when something was measured, else staffed.
fn basis_of(verdict: &Verdict) -> Basis {
    match verdict.laboratories(Basis::Measured) {
        Some(_) => Basis::Measured,
        None => Basis::Staffed,
    }
}

fn basis_name(seat: &Seat, basis: Basis) -> String {
    match basis {
        Basis::Claimed => t!(seat, "basis-claimed"),
        Basis::Staffed => t!(seat, "basis-staffed"),
        Basis::Measured => t!(seat, "basis-measured"),
    }
}

fn resource_name(seat: &Seat, resource: Resource) -> String {
    match resource {
        Resource::Samplers => t!(seat, "resource-samplers"),
        Resource::Couriers => t!(seat, "resource-couriers"),
        Resource::Laboratories => t!(seat, "resource-laboratories"),
    }
}

/// One sentence: whether the window can be met, when it would end, and what keeps it from it.
fn verdict(seat: &Seat, verdict: &Verdict) -> Markup {
    let basis = basis_of(verdict);
    let met = verdict.is_met(basis);
    let ends = verdict.ends(basis);
    let title = match (met, ends) {
        (true, Some(at)) => t!(seat, "verdict-met", at = seat.time(at).to_string()),
        (_, Some(at)) => t!(seat, "verdict-not-met", at = seat.time(at).to_string()),
        (_, None) => t!(seat, "verdict-never"),
    };
    let cannot = verdict.cannot(basis);
    let claimed_only = !met && verdict.is_met(Basis::Claimed);
    parts::notice(
        if met { Tone::Good } else { Tone::Bad },
        &title,
        html! {
            ul {
                li { (t!(seat, "verdict-basis", basis = basis_name(seat, basis))) }
                li { (t!(seat, "verdict-due", at = seat.time(verdict.due).to_string())) }
                @for resource in &cannot {
                    li { strong { (shortage(seat, verdict, *resource, basis)) } }
                }
                @if !met && cannot.is_empty() && ends.is_some() { li { strong { (t!(seat, "verdict-together")) } } }
                @if claimed_only { li { (t!(seat, "verdict-claimed-only")) } }
                @if !verdict.window_by_rule { li { (t!(seat, "verdict-window-too-long")) " " code { "test.window" } } }
                @if verdict.samplers.in_time() && verdict.samplers.short_of_rule() > 0 {
                    li { (t!(seat, "verdict-below-rule", n = number(verdict.samplers.short_of_rule() as i64))) " " code { "test.samplers" } }
                }
                @if verdict.sites_too_far > 0 {
                    li { (t!(seat, "verdict-too-far", n = number(verdict.sites_too_far as i64))) " " code { "test.clock.dispatch_receive" } }
                }
                @if verdict.reserve.0 < verdict.reserve.1 {
                    li { (t!(seat, "verdict-reserve", have = verdict.reserve.0, need = verdict.reserve.1)) " " code { "test.labreserve" } }
                }
            }
        },
    )
}

fn shortage(seat: &Seat, verdict: &Verdict, resource: Resource, basis: Basis) -> String {
    let check = match resource {
        Resource::Samplers => Some(&verdict.samplers),
        Resource::Couriers => Some(&verdict.couriers),
        Resource::Laboratories => verdict.laboratories(basis),
    };
    let name = resource_name(seat, resource);
    match check.and_then(Check::short) {
        Some(short) => t!(seat, "verdict-short", who = name, n = number(short as i64)),
        None => t!(seat, "verdict-no-number", who = name),
    }
}

fn checks(seat: &Seat, request: &Request, verdict: &Verdict) -> Table {
    let columns = vec![
        Column::new("resource", t!(seat, "check-resource")),
        Column::new("verdict", t!(seat, "check-verdict")),
        Column::new("have", t!(seat, "check-have")).numeric(),
        Column::new("need", t!(seat, "check-need")).numeric(),
        Column::new("short", t!(seat, "check-short")).numeric(),
        Column::new("asked", t!(seat, "check-asked")).numeric(),
        Column::new("ends", t!(seat, "check-ends")),
        Column::new("until", t!(seat, "check-until")),
    ];
    let mut table = Table::new(t!(seat, "checks"), columns).window(t!(seat, "checks-window"));
    table.row(check_row(seat, t!(seat, "resource-samplers"), &verdict.samplers));
    table.row(check_row(seat, t!(seat, "resource-couriers"), &verdict.couriers));
    for basis in Basis::ALL {
        let name = format!("{} · {}", t!(seat, "resource-laboratories"), basis_name(seat, basis));
        match verdict.laboratories(basis) {
            Some(check) => table.row(check_row(seat, name, check)),
            None => {
                let mut row =
                    vec![Cell::text(name), Cell::tag(Tone::Plain, t!(seat, "check-not-measured"))];
                row.resize_with(8, Cell::none);
                table.row(row);
            }
        }
    }
    let (have, need) = verdict.reserve;
    let enough = have >= need;
    let tone = if enough { Tone::Good } else { Tone::Warning };
    let word = if enough { t!(seat, "check-enough") } else { t!(seat, "check-below-rule") };
    let short = i64::from(need.saturating_sub(have));
    table.row(vec![
        Cell::text(t!(seat, "resource-reserve")),
        Cell::tag(tone, word),
        Cell::number(i64::from(request.people.reserve_places)),
        Cell::none(),
        Cell::number(short),
        rule_cell(i64::from(need), "test.labreserve"),
        Cell::none(),
        Cell::none(),
    ]);
    table
}

fn rule_cell(n: i64, rule: &str) -> Cell {
    let shown = html! {
        (number(n)) " "
        @if rule.contains('.') { a href={ "/testing/protocol/" (rule) } { code { (rule) } } }
    };
    Cell::markup(shown, n.to_string())
}

fn check_row(seat: &Seat, name: String, check: &Check) -> Vec<Cell> {
    let (tone, word) = match (check.in_time(), check.short_of_rule()) {
        (true, 0) => (Tone::Good, t!(seat, "check-enough")),
        (true, _) => (Tone::Warning, t!(seat, "check-below-rule")),
        (false, _) => (Tone::Bad, t!(seat, "check-cannot")),
    };
    let time = |at: Option<Micros>| {
        at.map_or_else(|| Cell::text(t!(seat, "never")), |at| Cell::time(seat.time(at)))
    };
    let none = || Cell::text(t!(seat, "check-no-number"));
    vec![
        Cell::text(name),
        Cell::tag(tone, word),
        Cell::number(check.have as i64),
        check.need.map_or_else(none, |n| Cell::number(n as i64)),
        check.short().map_or_else(none, |n| Cell::number(n as i64)),
        check.asked.map_or_else(Cell::none, |(n, rule)| rule_cell(n as i64, rule)),
        time(check.ends_at),
        Cell::time(seat.time(check.until)),
    ]
}

fn figures(seat: &Seat, rules: &Rules, plan: &Plan) -> Markup {
    let totals = &plan.totals;
    let figure = |key: &str, n: u64, detail: Option<String>| Figure {
        label: seat.text(key),
        value: number(n as i64),
        href: None,
        detail,
        tone: Tone::Plain,
    };
    let (least, most) = totals.sites_by_rule;
    let range = t!(
        seat,
        "sites-by-rule",
        from = number(least as i64),
        to = number(most as i64),
        rule = rules.persons_per_site.id()
    );
    parts::figures(&[
        figure("plan-persons", totals.persons, None),
        figure("plan-sites", totals.sites, Some(range)),
        figure("plan-stands", totals.stands, None),
        figure("plan-site-samplers", totals.samplers, None),
        figure("plan-tubes", totals.tubes, None),
        figure("plan-recalled", totals.recalled, Some(t!(seat, "plan-recalled-detail"))),
        figure("plan-boxes", totals.boxes, None),
        figure("plan-trips", totals.trips, None),
    ])
}

fn modes(seat: &Seat, plan: &Plan) -> Markup {
    html! {
        @for modes in &plan.modes { (zone_modes(seat, modes).render(seat)) }
    }
}

fn zone_modes(seat: &Seat, modes: &ZoneModes) -> Table {
    let columns = vec![
        Column::new("mode", t!(seat, "mode")),
        Column::new("chosen", t!(seat, "mode-choice")),
        Column::new("tests", t!(seat, "mode-tests")).numeric(),
        Column::new("tube", t!(seat, "mode-persons-a-tube")).numeric(),
        Column::new("follow", t!(seat, "mode-follow-up")).numeric(),
        Column::new("finds", t!(seat, "mode-finds")).numeric(),
        Column::new("rule", t!(seat, "rule")),
    ];
    let reason = match modes.reason {
        Reason::OnlyOne => t!(seat, "mode-only-one"),
        Reason::FewestTests => t!(seat, "mode-fewest-tests"),
        Reason::NoPrevalence => t!(seat, "mode-no-prevalence"),
    };
    let share = |x: f64| format!("{:.1} %", x * 100.0);
    let rows = modes.options.iter().enumerate().map(|(n, option)| {
        let chosen = n == modes.chosen;
        vec![
            Cell::text(words::named(seat, "mode", option.mode.as_str())),
            if chosen { Cell::tag(Tone::Good, reason.clone()) } else { Cell::none() },
            Cell::text(format!("{:.3}", option.tests_a_person)),
            Cell::text(format!("{:.1}", option.persons_a_tube)),
            Cell::text(share(option.follow_up)),
            Cell::text(share(option.finds)),
            Cell::markup(
                html! { a href={ "/testing/protocol/" (option.rule) } { code { (option.rule) } } },
                option.rule,
            ),
        ]
    });
    let zone = words::named(seat, "zone", modes.zone.as_str());
    let prevalence = modes.prevalence.map_or_else(
        || t!(seat, "prevalence-unknown"),
        |p| t!(seat, "prevalence-is", share = share(p)),
    );
    Table::new(t!(seat, "modes-of", zone = zone, persons = number(modes.persons as i64)), columns)
        .window(format!("{prevalence} · {}", t!(seat, "modes-formula")))
        .rows(rows)
}

fn hours(seat: &Seat, plan: &Plan) -> Markup {
    let labels: Vec<String> = plan.hours.iter().map(|h| seat.time(h.hour).to_string()).collect();
    let series = [Series {
        name: t!(seat, "plan-tubes"),
        colour: 2,
        values: plan.hours.iter().map(|h| i64::from(h.tubes)).collect(),
    }];
    chart::stacked(seat, &t!(seat, "plan-tubes-by-hour"), &labels, &series)
}

fn laboratories(seat: &Seat, names: &Names, plan: &Plan) -> Table {
    let columns = vec![
        Column::new("lab", t!(seat, "laboratory")),
        Column::new("tubes", t!(seat, "plan-tubes")).numeric(),
        Column::new("follow", t!(seat, "plan-follow-up")).numeric(),
        Column::new("waiting", t!(seat, "labs-waiting")).numeric(),
        Column::new("claimed", t!(seat, "ends-claimed")),
        Column::new("staffed", t!(seat, "ends-staffed")),
        Column::new("measured", t!(seat, "ends-measured")),
    ];
    let rows = plan.laboratories.iter().map(|lab| {
        let ends = |n: usize| match lab.ends[n] {
            (None, _) => Cell::text(t!(seat, "check-not-measured")),
            (Some(a_day), None) => Cell::tag(Tone::Bad, number(a_day)),
            (Some(a_day), Some(at)) => {
                let late = at > plan.times.ends_at;
                let text = t!(seat, "ends-at", n = number(a_day), at = seat.time(at).to_string());
                if late { Cell::tag(Tone::Bad, text) } else { Cell::text(text) }
            }
        };
        vec![
            Cell::text(names.holder(seat, lab.lab.as_str())),
            Cell::number(lab.tubes as i64),
            Cell::number(lab.follow_up as i64),
            Cell::number(lab.waiting as i64),
            ends(0),
            ends(1),
            ends(2),
        ]
    });
    Table::new(t!(seat, "plan-laboratories"), columns)
        .window(t!(seat, "plan-laboratories-window"))
        .empty(t!(seat, "plan-laboratories-empty"))
        .rows(rows)
}

fn couriers(seat: &Seat, names: &Names, plan: &Plan) -> Table {
    let columns = vec![
        Column::new("area", t!(seat, "area")),
        Column::new("lab", t!(seat, "laboratory")),
        Column::new("sites", t!(seat, "plan-sites")).numeric(),
        Column::new("km", t!(seat, "plan-km")).numeric(),
        Column::new("stops", t!(seat, "plan-stops")).numeric(),
        Column::new("cycle", t!(seat, "plan-cycle")).numeric(),
        Column::new("trips", t!(seat, "plan-trips")).numeric(),
        Column::new("couriers", t!(seat, "resource-couriers")).numeric(),
        Column::new("far", t!(seat, "remark")),
    ];
    let rows = plan.couriers.iter().map(|group| {
        vec![
            Cell::text(names.place_text(seat, &group.area.to_string())),
            Cell::text(
                group.lab.as_ref().map(|l| names.holder(seat, l.as_str())).unwrap_or_default(),
            ),
            Cell::number(i64::from(group.sites)),
            Cell::text(format!("{:.0}", group.km)),
            Cell::number(i64::from(group.stops)),
            Cell::text(hours_minutes(group.cycle)),
            Cell::number(i64::from(group.trips)),
            Cell::text(format!("{:.1}", group.couriers)),
            if group.too_far {
                Cell::tag(Tone::Warning, t!(seat, "plan-too-far"))
            } else {
                Cell::none()
            },
        ]
    });
    Table::new(t!(seat, "plan-couriers-table"), columns).empty(t!(seat, "plan-empty")).rows(rows)
}

fn sites(seat: &Seat, names: &Names, plan: &Plan) -> Table {
    let columns = vec![
        Column::new("site", t!(seat, "site")),
        Column::new("community", t!(seat, "community")),
        Column::new("zone", t!(seat, "zone")),
        Column::new("persons", t!(seat, "plan-persons")).numeric(),
        Column::new("stands", t!(seat, "plan-stands")).numeric(),
        Column::new("samplers", t!(seat, "resource-samplers")).numeric(),
        Column::new("tubes", t!(seat, "plan-tubes")).numeric(),
        Column::new("slots", t!(seat, "plan-slots")),
    ];
    let rows = plan.sites.iter().take(SITES).map(|site| {
        let slots = html! {
            ul .plain-list {
                @for slot in &site.slots {
                    li { (seat.time(slot.from).clock()) "–" (seat.time(slot.until).clock()) " "
                        (names.place(seat, &slot.compound)) }
                }
            }
        };
        let name = match site.new {
            true => html! { code { (site.site) } " " (parts::tag(Tone::Info, &t!(seat, "plan-new-site"))) },
            false => html! { (names.holder(seat, site.site.as_str())) },
        };
        vec![
            Cell::markup(name, site.site.to_string()),
            Cell::text(names.place(seat, &site.community)),
            Cell::text(words::named(seat, "zone", site.zone.as_str())),
            Cell::number(i64::from(site.persons)),
            Cell::number(i64::from(site.stands)),
            Cell::number(i64::from(site.samplers)),
            Cell::number(i64::from(site.tubes)),
            Cell::markup(slots, String::new()),
        ]
    });
    Table::new(t!(seat, "plan-sites-table"), columns)
        .window(t!(seat, "plan-sites-window", n = SITES as i64))
        .total(plan.sites.len() as i64)
        .rows(rows)
}
