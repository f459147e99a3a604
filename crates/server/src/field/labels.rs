//! Rolls of labels for tubes and boxes: each number is given out once in a county.

use axum::extract::Path;
use ledger::{Operation, Priority};
use maud::{Markup, html};
use store::{Connection, Row};
use types::{AreaCode, AreaScope, Micros, Refusal, UnitId, UnitKind};
use uuid::Uuid;

use crate::access::{Policy, Role};
use crate::field::paper::print_page;
use crate::field::tables::{
    ROLL_BY_ID, ROLL_PUT, ROLLS_OF, SERIAL_BEGIN, SERIAL_NEXT, SERIAL_TAKE,
};
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::ui::form::{Field, Form, FormData};
use crate::ui::parts;
use crate::ui::table::{Cell, Column, Table};
use crate::{App, Fault, t};

/// Who takes numbers.
const TAKERS: Policy = Policy::any_of([Role::District]);
/// Numbers below are for labels that were printed elsewhere before.
const FIRST: i64 = 10_000_001;
/// A serial has eight digits.
const LAST: i64 = 99_999_999;
/// Most labels in one roll.
const MOST: i64 = 2_000;
/// Rolls in the list.
const SHOWN: i64 = 20;
/// Tries to take numbers while others take them, too.
const TRIES: usize = 10;

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.post("/paper/labels/{area}", TAKERS, make);
    routes.get("/paper/labels/{area}", TAKERS, print);
}

/// What a label is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A tube.
    Tube,
    /// A transport box.
    Box,
}

impl Kind {
    fn unit(self) -> UnitKind {
        match self {
            Kind::Tube => testing::TUBE,
            Kind::Box => testing::BOX,
        }
    }

    fn parse(text: &str) -> Option<Kind> {
        [Kind::Tube, Kind::Box].into_iter().find(|kind| kind.unit().letter().to_string() == text)
    }

    fn name(self, seat: &Seat) -> String {
        match self {
            Kind::Tube => t!(seat, "paper-tubes"),
            Kind::Box => t!(seat, "paper-boxes"),
        }
    }
}

/// A roll that was given out.
#[derive(Clone, Debug)]
pub struct Roll {
    area: AreaCode,
    id: Uuid,
    kind: Kind,
    first: i64,
    count: i64,
    login: String,
    made_at: Micros,
}

fn roll(area: AreaCode, row: &Row) -> store::Result<Option<Roll>> {
    let Some(kind) = Kind::parse(row.text(1)?) else { return Ok(None) };
    Ok(Some(Roll {
        area,
        id: Uuid::from_bytes(row.id(0)?),
        kind,
        first: row.int(2)?,
        count: row.int(3)?,
        login: row.text(4)?.to_owned(),
        made_at: row.time(5)?,
    }))
}

/// The last rolls of a county; none for a scope of several.
///
/// # Errors
/// A fault of the store.
pub async fn latest(db: &mut Connection, scope: AreaScope) -> Result<Vec<Roll>, Fault> {
    let Some(area) = one_county(scope) else { return Ok(Vec::new()) };
    let rows = db.query(&ROLLS_OF, &[area.into(), SHOWN.into()]).await?;
    let mut rolls = Vec::with_capacity(rows.len());
    for row in &rows {
        rolls.extend(roll(area, row)?);
    }
    Ok(rolls)
}

fn one_county(scope: AreaScope) -> Option<AreaCode> {
    let (low, high) = scope.bounds();
    (low == high && low > 0).then(|| AreaCode::from_stored(low))
}

/// The part of the page that lists rolls and makes new ones.
pub fn panel(seat: &Seat, rolls: &[Roll]) -> Markup {
    let Some(area) = one_county(seat.scope()) else {
        return html! { p { (t!(seat, "paper-labels-choose-county")) } };
    };
    let may = seat
        .somebody()
        .is_some_and(|actor| actor.grant_for(TAKERS.roles(), AreaScope::one(area)).is_some());
    let columns = vec![
        Column::new("kind", t!(seat, "paper-labels-kind")),
        Column::new("first", t!(seat, "paper-labels-first")),
        Column::new("count", t!(seat, "paper-labels-count")).numeric(),
        Column::new("by", t!(seat, "paper-labels-by")),
        Column::new("at", t!(seat, "paper-labels-at")),
    ];
    let table = Table::new(t!(seat, "paper-rolls"), columns)
        .empty(t!(seat, "paper-rolls-empty"))
        .rows(rolls.iter().map(|roll| {
            let code = label(roll, 0).to_string();
            let href = format!("/paper/labels/{}?roll={}", roll.area, roll.id);
            vec![
                Cell::text(roll.kind.name(seat)),
                if may { Cell::link(&href, code) } else { Cell::code(code) },
                Cell::number(roll.count),
                Cell::text(roll.login.clone()),
                Cell::time(seat.time(roll.made_at)),
            ]
        }));
    let kinds =
        vec![("T".to_owned(), Kind::Tube.name(seat)), ("B".to_owned(), Kind::Box.name(seat))];
    html! {
        p { (t!(seat, "paper-labels-lead")) }
        @if may {
            (Form::new(seat, format!("/paper/labels/{area}"))
                .field(Field::select("kind", t!(seat, "paper-labels-kind"), kinds).short())
                .field(Field::number("count", t!(seat, "paper-labels-count"))
                    .hint(t!(seat, "paper-labels-most", n = MOST)).value("130"))
                .button(&t!(seat, "paper-labels-make")))
        }
        (table.render(seat))
    }
}

fn label(roll: &Roll, n: i64) -> UnitId {
    let serial = u32::try_from(roll.first + n).unwrap_or_default();
    UnitId::printed(roll.kind.unit(), roll.area, serial)
}

/// Takes numbers for a roll. Two desks that ask at once get different ones.
async fn take(app: &App, area: AreaCode, kind: Kind, count: i64) -> Result<i64, Fault> {
    let letter = kind.unit().letter().to_string();
    let begin = vec![area.into(), letter.as_str().into(), FIRST.into()];
    app.engine().operate(Priority::Normal, vec![Operation::Insert(&SERIAL_BEGIN, begin)]).await?;
    for _ in 0..TRIES {
        let key = [area.into(), letter.as_str().into()];
        let row = app.reader().await?.first(&SERIAL_NEXT, &key).await?;
        let first = row.map(|row| row.int(0)).transpose()?.unwrap_or(FIRST);
        if first + count - 1 > LAST {
            return Err(Refusal::new("labels-used-up").with("area", area).into());
        }
        let taken = vec![area.into(), letter.as_str().into(), first.into(), (first + count).into()];
        let take = Operation::Execute(&SERIAL_TAKE, taken);
        let changed = app.engine().operate(Priority::Normal, vec![take]).await?;
        if changed.first() == Some(&1) {
            return Ok(first);
        }
    }
    Err(Fault::overloaded(2))
}

async fn make(seat: Seat, Path(area): Path<String>, form: FormData) -> Answer {
    let area = AreaCode::parse(&area)?;
    let Some(kind) = Kind::parse(form.text("kind")) else {
        return Err(Refusal::new("malformed-request").into());
    };
    let count = form.text("count").parse::<i64>().ok().filter(|n| (1..=MOST).contains(n));
    let Some(count) = count else {
        return Err(Refusal::new("labels-count").with("limit", MOST).into());
    };
    let app = seat.app();
    let first = take(app, area, kind, count).await?;
    let id = Uuid::now_v7();
    let row = vec![
        area.into(),
        id.into_bytes().to_vec().into(),
        kind.unit().letter().to_string().into(),
        first.into(),
        count.into(),
        seat.actor()?.user.as_str().into(),
        seat.now().into(),
    ];
    app.engine().operate(Priority::Normal, vec![Operation::Insert(&ROLL_PUT, row)]).await?;
    Ok(seat.go(&format!("/paper/labels/{area}?roll={id}")))
}

async fn print(seat: Seat, Path(area): Path<String>) -> Answer {
    let area = AreaCode::parse(&area)?;
    let wanted = seat.param("roll").unwrap_or_default();
    let id = Uuid::parse_str(&wanted).map_err(|_| Fault::not_found(&wanted))?;
    let key = [area.into(), id.into_bytes().to_vec().into()];
    let row = seat.db().await?.first(&ROLL_BY_ID, &key).await?;
    let found = row.as_ref().map(|row| roll(area, row)).transpose()?.flatten();
    let Some(found) = found else { return Err(Fault::not_found(&wanted)) };
    let class = match found.kind {
        Kind::Tube => "labels tubes",
        Kind::Box => "labels boxes",
    };
    let body = html! {
        ul class=(class) {
            @for n in 0..found.count {
                @let code = label(&found, n).to_string();
                li {
                    (parts::qr(&code, &code))
                    span .code { (code[..1]) " " (code[1..7]) br; (code[7..15]) " " (code[15..]) }
                }
            }
        }
    };
    let kind = found.kind.name(&seat);
    let title = t!(seat, "paper-roll-of", kind = kind.as_str(), count = found.count);
    print_page(&seat, &title, &body)
}
