//! A ward: who lies where, whose round is due, who may leave today, which beds are to be cleaned.

use std::collections::HashMap;

use axum::extract::Path;
use care::views::ReleaseLine;
use care::{BedState, Command, Episode, round_due, views};
use maud::{Markup, html};
use types::{AreaScope, Refusal, Span, UnitId};

use super::{CARERS, IN_WARD, VISITORS, facility, names, under_board, words};
use crate::house::{CARE, topic};
use crate::pages::act;
use crate::pages::cases::words::named;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::t;
use crate::ui::form::FormData;
use crate::ui::layout::Page;
use crate::ui::parts::{self, Tone};
use crate::ui::table::{Cell, Column, Table};

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/care/facilities/{holder}/wards/{ward}", VISITORS, show);
    routes.post("/care/facilities/{holder}/wards/{ward}/clean", CARERS, clean);
}

async fn show(seat: Seat, Path((holder, ward)): Path<(String, String)>) -> Answer {
    let of = words::read_facility(&seat, &holder).await?;
    let mut db = seat.db().await?;
    let wards = views::wards(&mut db, &of.code).await?;
    let ward = wards.into_iter().find(|w| w.code == ward).ok_or_else(|| {
        Refusal::new("ward-unknown").with("facility", &of.code).with("ward", &ward)
    })?;
    let beds = views::ward_beds(&mut db, &of.code, &ward.code).await?;
    let edition = seat.app().protocol().at(seat.now(), of.area).clone();
    let people = views::in_facility(&mut db, &of.code, Some(&ward.code), IN_WARD).await?;
    let lines = views::release_list(&mut db, &edition, &people, seat.now()).await?;
    let held = views::coming(&mut db, &of.code, IN_WARD).await?;
    let whose: HashMap<UnitId, &Episode> =
        people.iter().chain(&held).map(|episode| (episode.id, episode)).collect();
    let verdicts: HashMap<UnitId, &ReleaseLine> =
        lines.iter().map(|line| (line.episode.id, line)).collect();
    let ready: Vec<&ReleaseLine> = lines.iter().filter(|line| line.verdict.is_met()).collect();
    let columns = vec![
        Column::new("bed", t!(seat, "care-bed")),
        Column::new("room", t!(seat, "care-room-of")),
        Column::new("state", t!(seat, "care-bed-state")),
        Column::new("episode", t!(seat, "care-episode")),
        Column::new("person", t!(seat, "case-person")),
        Column::new("condition", t!(seat, "care-condition")),
        Column::new("since", t!(seat, "care-since")),
        Column::new("round", t!(seat, "care-round-due")),
        Column::new("release", t!(seat, "care-release")),
    ];
    let rows = beds.iter().map(|bed| {
        let episode = bed.episode.and_then(|id| whose.get(&id).copied());
        let tone = match bed.state {
            BedState::Free => Tone::Good,
            BedState::Held => Tone::Info,
            BedState::Occupied => Tone::Plain,
            BedState::Dirty => Tone::Warning,
            BedState::Out => Tone::Bad,
        };
        let late = bed.due.is_some_and(|due| due < seat.now());
        let mut row = vec![
            Cell::code(bed.label.clone()),
            Cell::text(bed.room.clone()),
            Cell::tag(
                if late { Tone::Bad } else { tone },
                named(&seat, "care-bed", bed.state.as_str()),
            ),
        ];
        match episode {
            Some(episode) => {
                let lies = episode.lies.as_ref().is_some_and(|l| l.bed == bed.id);
                let round = round_due(episode).filter(|_| lies);
                row.extend([
                    Cell::words(words::link_of(&seat, episode)),
                    Cell::text(words::person(&seat, episode)),
                    words::condition_cell(&seat, episode.condition),
                    Cell::time(seat.time(bed.since)),
                    round.map_or_else(Cell::none, |at| {
                        if at < seat.now() {
                            Cell::tag(Tone::Bad, seat.time(at).to_string())
                        } else {
                            Cell::time(seat.time(at))
                        }
                    }),
                    match verdicts.get(&episode.id).filter(|_| lies) {
                        Some(line) if line.verdict.is_met() => {
                            Cell::tag(Tone::Good, t!(seat, "care-may-leave"))
                        }
                        Some(line) => Cell::text(unmet(&seat, line)),
                        None => Cell::none(),
                    },
                ]);
            }
            None => row.extend([
                Cell::none(),
                Cell::none(),
                Cell::none(),
                Cell::time(seat.time(bed.since)),
                Cell::none(),
                Cell::none(),
            ]),
        }
        row
    });
    let table = Table::new(t!(seat, "care-beds"), columns)
        .empty(t!(seat, "care-ward-empty"))
        .rows(rows.collect::<Vec<_>>());
    let dirty: Vec<&care::Bed> = beds.iter().filter(|b| b.state == BedState::Dirty).collect();
    let may = facility::may_work(&seat, &of);
    let shown = html! {
        (release_list(&seat, &ready))
        @if may && !dirty.is_empty() {
            (parts::panel(&t!(seat, "care-clean"), html! {
                form method="post" action=(format!("{}/clean", words::ward_path(&of.code, &ward.code))) {
                    input type="hidden" name=(crate::csrf::FIELD) value=(seat.csrf());
                    fieldset .form__group {
                        legend .form__legend { (t!(seat, "care-clean-which")) }
                        @for bed in &dirty {
                            div .choice {
                                input type="checkbox" name="bed" value=(bed.id) id={ "bed-" (bed.label) };
                                label for={ "bed-" (bed.label) } {
                                    (bed.label)
                                    @if let Some(due) = bed.due { " · " (t!(seat, "care-due")) " " (seat.time(due)) }
                                }
                            }
                        }
                    }
                    div .buttons { button .button type="submit" { (t!(seat, "care-clean-done")) } }
                }
            }))
        }
        (table.render(&seat))
    };
    if seat.wants_fragment("ward") {
        return Ok(seat.fragment(shown));
    }
    let src = seat.here(&[("fragment", Some("ward"))]);
    // Ticks under the hand are not replaced.
    let body = if may && !dirty.is_empty() {
        shown
    } else {
        parts::live("ward", &[topic(CARE, AreaScope::one(of.area))], &src, shown)
    };
    let lead = html! {
        (named(&seat, "care-level", ward.level.as_str())) " · "
        (named(&seat, "care-admits", ward.admits.as_str())) " · "
        (t!(seat, "care-ward-lead", occupied = ward.of(BedState::Occupied), usable = ward.usable(),
            claimed = ward.claimed, nurses = ward.nurses))
    };
    let path = words::ward_path(&of.code, &ward.code);
    let actions = html! {
        (parts::button_link(&format!("{}/rounds?ward={}", words::facility_path(&of.code), ward.code), &t!(seat, "care-rounds"), true))
        @if may || seat.may_open("/care/facilities/{holder}/change") {
            (parts::button_link(&format!("{path}/change"), &t!(seat, "care-ward-change"), false))
        }
    };
    let body = html! { (body) (names::button(&seat, &of, &ward.code)) };
    let page = Page::new(words::ward(&seat, &ward), body).lead(lead).actions(actions);
    let page =
        under_board(&seat, page).crumb(words::facility_path(&of.code), words::facility(&seat, &of));
    Ok(seat.render(page))
}

/// What somebody lacks for release, in words.
fn unmet(seat: &Seat, line: &ReleaseLine) -> String {
    let missing = line.verdict.criteria.iter().filter(|c| !c.met);
    let names: Vec<String> = missing.map(|c| named(seat, "care-criterion", &c.what)).collect();
    t!(seat, "care-lacks", what = names.join(&t!(seat, "case-comma")))
}

fn release_list(seat: &Seat, ready: &[&ReleaseLine]) -> Markup {
    let columns = vec![
        Column::new("episode", t!(seat, "care-episode")),
        Column::new("person", t!(seat, "case-person")),
        Column::new("class", t!(seat, "case-class")),
        Column::new("since", t!(seat, "care-met-since")),
        Column::new("evidence", t!(seat, "care-evidence")),
        Column::new("kept", t!(seat, "care-kept")),
    ];
    let rows = ready.iter().map(|line| {
        let tests = line.verdict.criteria.iter().find(|c| c.what == "tests");
        let kept = line.episode.chart.kept.as_ref();
        let long = line.verdict.since().is_some_and(|at| seat.now() - at > Span::hours(24));
        vec![
            Cell::words(words::link_of(seat, &line.episode)),
            Cell::text(words::person(seat, &line.episode)),
            crate::pages::cases::words::class_cell(seat, line.episode.class),
            line.verdict.since().map_or_else(Cell::none, |at| Cell::time(seat.time(at))),
            Cell::text(tests.map(|c| c.value.clone()).unwrap_or_default()),
            match kept {
                Some((_, reason)) => Cell::text(reason.clone()).long(),
                None if long => Cell::tag(Tone::Bad, t!(seat, "care-kept-without")),
                None => Cell::none(),
            },
        ]
    });
    let table = Table::new(t!(seat, "care-release-list"), columns)
        .empty(t!(seat, "care-release-empty"))
        .rows(rows.collect::<Vec<_>>());
    table.render(seat)
}

async fn clean(seat: Seat, Path((holder, ward)): Path<(String, String)>, form: FormData) -> Answer {
    let of = words::read_facility(&seat, &holder).await?;
    let beds: Vec<UnitId> = form.all("bed").filter_map(|text| UnitId::parse(text).ok()).collect();
    match act::send(&seat, of.area, &form, Command::Disinfect { beds }).await? {
        Ok(_) => Ok(seat.go(&words::ward_path(&of.code, &ward))),
        Err(refusal) => Err(refusal.into()),
    }
}
