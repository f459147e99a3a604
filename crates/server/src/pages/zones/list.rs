//! What holds where, now or at a past moment, as a list that is a code list when it is downloaded.

use maud::html;
use types::{Micros, PlaceCode, Refusal};
use zones::{Level, Stretch, Zone, views};

use super::{DOWNLOAD, PAGE, READERS, board, under_board, words};
use crate::house::{ZONES, topic};
use crate::pages::cases::words::{named, options};
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::ui::form::{Field, Form};
use crate::ui::layout::Page;
use crate::ui::parts;
use crate::ui::table::{Cell, Column, Table, cut};
use crate::ui::time::{input_value, parse_local};
use crate::{Fault, t};

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/zones/list", READERS, show);
}

/// What the address asks for.
pub(crate) struct Wanted {
    /// Only this level.
    pub level: Option<Level>,
    /// Only what lies in this place.
    pub within: Option<PlaceCode>,
    /// The page after this one.
    pub after: Option<views::Cursor>,
}

/// Reads what the address asks for.
pub(crate) fn read(seat: &Seat) -> Result<Wanted, Refusal> {
    let within = seat.param("within").map(|text| PlaceCode::parse(&text)).transpose()?;
    let after = seat.param("after").map(|text| PlaceCode::parse(&text)).transpose()?;
    Ok(Wanted {
        level: seat.param("level").and_then(|text| Level::parse(&text)),
        within,
        after: after.map(|place| views::Cursor { place }),
    })
}

/// The past moment that the address asks for.
fn moment(seat: &Seat) -> Result<Option<Micros>, Refusal> {
    let zone = seat.app().zone();
    Ok(seat.param("at").map(|text| parse_local(&text, zone)).transpose()?)
}

async fn show(seat: Seat) -> Answer {
    let wanted = read(&seat)?;
    let csv = Table::wants_csv(&seat);
    let limit = if csv { DOWNLOAD } else { PAGE };
    let table = match moment(&seat)? {
        Some(at) => past(&seat, &wanted, at).await?,
        None => {
            let filter = (wanted.level, wanted.within.as_ref());
            let mut db = seat.db().await?;
            let after = wanted.after.as_ref();
            let mut found =
                views::standing(&mut db, seat.scope(), filter, after, limit + 1).await?;
            let next = cut(&mut found, limit, |zone: &Zone| Some(zone.place.to_string()));
            let names =
                words::names(&mut db, found.iter().map(|z| z.place.clone()).collect()).await?;
            board::table(&seat, &names, t!(seat, "nav-zones-list"), &found)
                .empty(t!(seat, "zone-list-empty"))
                .next(next)
        }
    };
    let table = table.csv("zones");
    if csv {
        return Ok(table.csv_response());
    }
    let part = table.render(&seat);
    if seat.wants_fragment("lines") {
        return Ok(seat.fragment(part));
    }
    let levels = Level::ALL.iter().map(|level| level.as_str());
    let at = moment(&seat)?.map_or(String::new(), |at| input_value(at, seat.app().zone()));
    let within = wanted.within.as_ref().map_or("", PlaceCode::as_str);
    let form = Form::asks(&seat, "/zones/list")
        .field(
            Field::select(
                "level",
                t!(seat, "zone-level"),
                options(&seat, "zone-level", Some("case-any"), levels),
            )
            .value(wanted.level.map_or("", Level::as_str))
            .short(),
        )
        .field(
            Field::text("within", t!(seat, "zone-within"))
                .hint(t!(seat, "zone-within-hint"))
                .value(within)
                .optional()
                .short(),
        )
        .field(
            Field::time("at", t!(seat, "zone-at"))
                .hint(t!(seat, "zone-at-hint"))
                .value(at)
                .optional(),
        )
        .button(&t!(seat, "show"));
    let src = seat.here(&[("fragment", Some("lines"))]);
    let body = html! {
        (form)
        (parts::live("lines", &[topic(ZONES, seat.scope())], &src, part))
    };
    let actions = html! {
        @if seat.may_open("/zones/new") {
            (parts::button_link(&seat.link("/zones/new"), &t!(seat, "zone-new-from-list"), false))
        }
    };
    let page = Page::new(t!(seat, "nav-zones-list"), body).actions(actions);
    Ok(seat.render(under_board(&seat, page)))
}

/// What held at a moment.
async fn past(seat: &Seat, wanted: &Wanted, at: Micros) -> Result<Table, Fault> {
    let mut db = seat.db().await?;
    let mut found = views::at(&mut db, seat.scope(), wanted.within.as_ref(), at).await?;
    found.retain(|stretch| wanted.level.is_none_or(|level| stretch.level == level));
    let names = words::names(&mut db, found.iter().map(|s| s.place.clone()).collect()).await?;
    let columns = vec![
        Column::new("place", t!(seat, "place")),
        Column::new("level", t!(seat, "zone-level")),
        Column::new("from", t!(seat, "zone-from")),
        Column::new("to", t!(seat, "zone-to")),
        Column::new("why", t!(seat, "zone-why")),
        Column::new("code", t!(seat, "code")),
    ];
    let rows = found.iter().map(|stretch: &Stretch| {
        vec![
            Cell::link(&words::path(stretch.zone), words::place(seat, &names, &stretch.place)),
            words::level_cell(seat, stretch.level),
            Cell::time(seat.time(stretch.from)),
            stretch.to.map_or_else(Cell::none, |to| Cell::time(seat.time(to))),
            Cell::text(named(seat, "zone-why", stretch.why.as_str())),
            Cell::code(stretch.place.as_str()),
        ]
    });
    Ok(Table::new(t!(seat, "zone-past", time = seat.time(at).as_str()), columns)
        .empty(t!(seat, "zone-past-empty"))
        .rows(rows.collect::<Vec<_>>()))
}
