//! Every component on one page, with made-up numbers: to look at, to test, to copy from.

use maud::{Markup, html};
use types::{Refusal, Span};

use crate::access::{Policy, Role};
use crate::i18n::number;
use crate::routes::{Group, Routes};
use crate::seat::{Answer, Seat};
use crate::t;
use crate::ui::chart::{self, Series, Share};
use crate::ui::form::{Errors, Field, Form};
use crate::ui::layout::Page;
use crate::ui::parts::{self, Figure, Tab, Tone, panel};
use crate::ui::table::{Cell, Column, Sort, Table};

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/styleguide", Policy::any_of([Role::Admin]), styleguide);
    routes.nav(Group::System, "/styleguide", "nav-styleguide");
}

async fn styleguide(seat: Seat) -> Answer {
    let table = sample_table(&seat);
    if Table::wants_csv(&seat) {
        return Ok(table.csv_response());
    }
    let body = html! {
        (panel(&t!(seat, "guide-figures"), figures(&seat)))
        (panel(&t!(seat, "guide-stages"), stages(&seat)))
        (panel(&t!(seat, "guide-charts"), charts(&seat)))
        (panel(&t!(seat, "guide-table"), html! { (table.render(&seat)) (empty_table(&seat).render(&seat)) }))
        (panel(&t!(seat, "guide-form"), form(&seat)))
        (panel(&t!(seat, "guide-notices"), notices(&seat)))
        (panel(&t!(seat, "guide-small"), small(&seat)))
    };
    let actions = html! {
        (parts::button_link("#main", &t!(seat, "guide-secondary"), false))
        (parts::button_link("#main", &t!(seat, "guide-primary"), true))
    };
    let page = Page::new(t!(seat, "nav-styleguide"), body)
        .crumb("/", t!(seat, "nav-home"))
        .lead(html! { (t!(seat, "guide-lead")) })
        .actions(actions);
    Ok(seat.render(page))
}

fn figures(seat: &Seat) -> Markup {
    let figure = |key: &str, n: i64, tone: Tone, detail: Option<String>| Figure {
        label: seat.text(key),
        value: number(n),
        href: Some("#main".into()),
        detail,
        tone,
    };
    let of = |n: i64| Some(t!(seat, "guide-of-planned", n = number(n)));
    parts::figures(&[
        figure("guide-planned", 3_623_441, Tone::Plain, None),
        figure("guide-sampled", 2_871_060, Tone::Info, of(3_623_441)),
        figure("guide-reported", 2_104_312, Tone::Good, of(3_623_441)),
        figure("guide-late", 1_204, Tone::Warning, Some(t!(seat, "guide-tubes"))),
        figure("guide-missing", 3, Tone::Bad, Some(t!(seat, "guide-tubes"))),
    ])
}

fn stages(seat: &Seat) -> Markup {
    let tab = |key: &str, n: i64, current| Tab {
        href: "#main".into(),
        text: seat.text(key),
        count: Some(n),
        current,
    };
    let share = |key: &str, value, colour, tone| Share {
        name: seat.text(key),
        value,
        colour,
        href: Some("#main".into()),
        tone,
    };
    html! {
        (parts::tabs(&t!(seat, "guide-stages"), &[
            tab("chain-collect", 18_204, true),
            tab("chain-deliver", 2_310, false),
            tab("chain-test", 41_022, false),
            tab("chain-report", 225_731, false),
        ]))
        (chart::shares(&t!(seat, "guide-round"), &[
            share("guide-reported", 2_104_312, 0, Tone::Plain),
            share("chain-test", 410_220, 1, Tone::Plain),
            share("chain-deliver", 356_528, 2, Tone::Plain),
            share("guide-planned-left", 752_381, 5, Tone::Plain),
        ]))
        (parts::progress(seat, &t!(seat, "guide-sampled"), 2_871_060, 3_623_441))
        (parts::progress(seat, &t!(seat, "guide-reported"), 2_104_312, 3_623_441))
    }
}

fn charts(seat: &Seat) -> Markup {
    let first = seat.now().hour_start() - Span::hours(23);
    let wave = |n: i64, height: i64, shift: i64| {
        let x = (n - 8 - shift) as f64 / 4.0;
        (height as f64 * (-x * x).exp()) as i64
    };
    let slots: Vec<_> =
        (0..24).map(|n| (first + Span::hours(n), wave(n, 231_000, 0) + 900 * n)).collect();
    let labels: Vec<String> = slots.iter().map(|(at, _)| seat.time(*at).to_string()).collect();
    let series: Vec<Series> = ["chain-collect", "chain-deliver", "chain-test", "chain-report"]
        .iter()
        .zip(0..)
        .map(|(key, colour): (&&str, usize)| Series {
            name: seat.text(key),
            colour,
            values: (0..24).map(|n| wave(n, 180_000, colour as i64 * 3)).collect(),
        })
        .collect();
    let spark: Vec<i64> = slots.iter().map(|(_, v)| *v).collect();
    html! {
        div .columns {
            (chart::bars_by_hour(seat, &t!(seat, "guide-swabs-by-hour"), &slots))
            (chart::stacked(seat, &t!(seat, "guide-stages-by-hour"), &labels, &series))
        }
        p { (t!(seat, "guide-spark")) " " (chart::sparkline(&t!(seat, "guide-spark"), &spark)) }
    }
}

fn columns(seat: &Seat) -> Vec<Column> {
    vec![
        Column::new("tube", t!(seat, "guide-tube")).sorts(),
        Column::new("site", t!(seat, "guide-site")).sorts(),
        Column::new("persons", t!(seat, "guide-persons")).numeric().sorts(),
        Column::new("since", t!(seat, "guide-since")).sorts(),
        Column::new("state", t!(seat, "guide-state")),
    ]
}

fn sample_table(seat: &Seat) -> Table {
    let rows = [
        ("T220202000123458", "昌邑区 站前街道 3 号点", 10, 20, Tone::Good, "guide-state-good"),
        ("T22020200012346X", "龙潭区 土城子 1 号点", 10, 340, Tone::Warning, "guide-state-late"),
        ("T220202000123474", "丰满区 江南 12 号点", 1, 15, Tone::Info, "guide-state-transit"),
        ("T220202000123482", "船营区 黄旗 7 号点", 20, 900, Tone::Bad, "guide-state-lost"),
    ];
    Table::new(t!(seat, "guide-tubes"), columns(seat))
        .window(t!(seat, "guide-window"))
        .sorted(Sort::of(seat, &["-since", "tube", "site", "persons"]))
        .csv("tubes")
        .next(Some("T220202000123482".into()))
        .rows(rows.iter().map(|(tube, site, persons, minutes, tone, state)| {
            vec![
                Cell::link("#main", *tube),
                Cell::text(*site),
                Cell::count(*persons, "#main"),
                Cell::time(seat.time(seat.now() - Span::minutes(*minutes))),
                Cell::tag(*tone, seat.text(state)),
            ]
        }))
}

fn empty_table(seat: &Seat) -> Table {
    Table::new(t!(seat, "guide-findings"), columns(seat)).empty(t!(seat, "guide-findings-empty"))
}

fn form(seat: &Seat) -> Markup {
    let options = ["single", "household", "ten"]
        .map(|mode| (mode.to_owned(), seat.text(&format!("guide-mode-{mode}"))))
        .to_vec();
    let mut errors = Errors::default();
    errors.add(
        "tube",
        Refusal::new("malformed-field")
            .with("field", "tube")
            .with("text", "T22020200012345")
            .with("wanted", "16"),
    );
    Form::new(seat, "/styleguide")
        .errors(errors)
        .field(
            Field::code("tube", t!(seat, "guide-tube"), false)
                .hint(t!(seat, "guide-tube-hint"))
                .value("T22020200012345"),
        )
        .field(Field::radios("mode", t!(seat, "guide-mode"), options.clone()).value("ten"))
        .field(Field::select("zone", t!(seat, "guide-mode"), options).short())
        .field(Field::time("at", t!(seat, "guide-since")))
        .field(Field::area("note", t!(seat, "guide-note"), 3).optional())
        .field(Field::tick("sure", t!(seat, "guide-sure")))
        .button(&t!(seat, "save"))
}

fn notices(seat: &Seat) -> Markup {
    html! {
        @for (tone, key) in [
            (Tone::Good, "guide-notice-good"), (Tone::Info, "guide-notice-info"),
            (Tone::Warning, "guide-notice-warning"), (Tone::Bad, "guide-notice-bad"),
        ] {
            (parts::notice(tone, &seat.text(key), html! { p { (seat.text(&format!("{key}-body"))) } }))
        }
    }
}

fn small(seat: &Seat) -> Markup {
    html! {
        p .tags {
            @for (tone, key) in [
                (Tone::Plain, "guide-state-waiting"), (Tone::Info, "guide-state-transit"),
                (Tone::Good, "guide-state-good"), (Tone::Warning, "guide-state-late"),
                (Tone::Bad, "guide-state-lost"),
            ] { (parts::tag(tone, &seat.text(key))) " " }
        }
        (parts::facts(&[
            (t!(seat, "guide-tube"), html! { code { "T220202000123458" } }),
            (t!(seat, "guide-site"), html! { "昌邑区 站前街道 3 号点" }),
            (t!(seat, "guide-since"), html! { (seat.time(seat.now())) }),
        ]))
        (parts::qr("T220202000123458", "T220202000123458"))
        div .buttons {
            a .button href="#main" { (t!(seat, "guide-primary")) }
            a .button .button--secondary href="#main" { (t!(seat, "guide-secondary")) }
            a .button .button--danger href="#main" { (t!(seat, "guide-danger")) }
        }
    }
}
