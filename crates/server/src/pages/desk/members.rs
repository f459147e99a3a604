//! Who is in a tube. The page says how many and from where; names show after the look has been
//! recorded, with what it is for.

use axum::extract::Path;
use maud::{Markup, html};
use registry::command::Purpose;
use registry::event::PersonRef;
use types::{AreaCode, PersonId, Refusal};

use crate::access::{Action, Policy, Resource, Role, can};
use crate::house::Command;
use crate::looks::record_look;
use crate::pages::testing::names::Names;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::t;
use crate::ui::form::{Field, Form, FormData};
use crate::ui::layout::Page;
use crate::ui::parts::{self, Tone};
use crate::ui::table::{Cell, Column, Table};

use super::tubes::Known;
use super::words;

/// Who may see whom a tube holds: those who work at doors and desks, and who check them.
const NAMES: Policy = Policy::any_of([Role::District, Role::Grid, Role::Sampler, Role::Auditor]);

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.post("/tubes/{unit}/members", NAMES, names);
}

/// The county of a member's record: that of the home, or the tube's.
fn area_of(known: &Known, n: usize) -> AreaCode {
    let home = known.tube.members.get(n).and_then(|m| known.tube.home(m));
    home.and_then(types::PlaceCode::area).unwrap_or(known.area)
}

/// What everybody who handles the tube sees: positions and compounds. Neighbours who stood in line
/// together make one row.
pub fn panel(seat: &Seat, known: &Known, homes: &Names) -> Markup {
    let columns = vec![
        Column::new("position", t!(seat, "desk-position")),
        Column::new("home", t!(seat, "desk-compound")),
        Column::new("persons", t!(seat, "desk-persons")).numeric(),
        Column::new("remark", t!(seat, "desk-remark")),
    ];
    let tube = &known.tube;
    let mut first = 1;
    let rows = tube.members.chunk_by(|a, b| tube.home(a) == tube.home(b) && a.repeat == b.repeat);
    let rows = rows.map(|group| {
        let (from, to) = (first, first + group.len() - 1);
        first = to + 1;
        vec![
            Cell::text(if from == to { from.to_string() } else { format!("{from}–{to}") }),
            match tube.home(&group[0]) {
                Some(home) => Cell::text(homes.place(seat, home)),
                None => Cell::text(t!(seat, "desk-home-unknown")),
            },
            Cell::number(group.len() as i64),
            match group[0].repeat {
                true => Cell::tag(Tone::Info, t!(seat, "desk-repeat")),
                false => Cell::none(),
            },
        ]
    });
    let table = Table::new(t!(seat, "desk-members"), columns)
        .empty(t!(seat, "desk-members-empty"))
        .rows(rows);
    let look = registry::command::Look {
        at: registry::command::LookedAt::Person(PersonId::from_bytes([0; 16])),
        depth: registry::command::LookDepth::File,
        purpose: Purpose::Sampling,
        note: String::new(),
    };
    let command = Command::Registry(registry::Command::Look(look));
    let may = can(seat.somebody(), Action::Send(&command), Resource::Area(known.area)).is_ok();
    html! {
        (table.render(seat))
        @if may && !known.tube.members.is_empty() {
            details .disclosure {
                summary { (t!(seat, "desk-show-names")) }
                (Form::new(seat, seat.link(&format!("/tubes/{}/members", known.id)))
                    .field(Field::select("purpose", t!(seat, "desk-purpose"), purposes(seat))
                        .hint(t!(seat, "desk-purpose-hint")).short())
                    .button(&t!(seat, "desk-show-names")))
            }
        }
    }
}

fn purposes(seat: &Seat) -> Vec<(String, String)> {
    Purpose::ALL
        .into_iter()
        .map(|p| (p.as_str().to_owned(), words::word(seat, "purpose", p.as_str())))
        .collect()
}

/// Shows masked names, each look recorded before the file is read.
async fn names(seat: Seat, Path(unit): Path<String>, form: FormData) -> Answer {
    let known = Known::read(&seat, &unit).await?;
    let purpose = Purpose::ALL
        .into_iter()
        .find(|p| p.as_str() == form.text("purpose"))
        .ok_or_else(|| Refusal::new("malformed-request"))?;
    let mut wanted = Vec::new();
    let mut elsewhere = 0;
    for (n, member) in known.tube.members.iter().enumerate() {
        let area = area_of(&known, n);
        match record_look(&seat, area, member.person, purpose).await {
            Ok(()) => wanted.push((n, PersonRef { area, person: member.person })),
            // Somebody of another county, or whom the registry does not know.
            Err(fault) if fault.status.is_client_error() => elsewhere += 1,
            Err(fault) => return Err(fault),
        }
    }
    let mut db = seat.db().await?;
    let refs: Vec<PersonRef> = wanted.iter().map(|(_, r)| *r).collect();
    let found = registry::file::persons(&mut db, &refs).await.map_err(crate::Fault::internal)?;
    let columns = vec![
        Column::new("position", t!(seat, "desk-position")).numeric(),
        Column::new("name", t!(seat, "account-name")),
        Column::new("number", t!(seat, "desk-id-number")),
        Column::new("phone", t!(seat, "desk-phone")),
        Column::new("place", t!(seat, "desk-compound")),
        Column::new("door", t!(seat, "desk-door")),
        Column::new("id", t!(seat, "desk-person-id")),
    ];
    let mut table =
        Table::new(t!(seat, "desk-members"), columns).empty(t!(seat, "desk-members-empty"));
    for (n, who) in &wanted {
        let Some((_, record)) = found.iter().find(|(r, _)| r == who) else {
            elsewhere += 1;
            continue;
        };
        let line = registry::file::masked(seat.app().keys(), who.area, who.person, record)
            .map_err(crate::Fault::internal)?;
        table.row(vec![
            Cell::number(*n as i64 + 1),
            Cell::text(line.masked.name.clone()),
            line.masked.id_number.clone().map_or_else(Cell::none, Cell::code),
            line.masked.phone.clone().map_or_else(Cell::none, Cell::code),
            line.place.map_or_else(Cell::none, |p| Cell::code(p.to_string())),
            Cell::text(line.door.clone()),
            Cell::code(who.person.to_string()),
        ]);
    }
    let body = html! {
        (parts::notice(Tone::Info, &t!(seat, "desk-look-recorded"), html! {
            @if elsewhere > 0 { p { (t!(seat, "desk-members-elsewhere", n = elsewhere as i64)) } }
        }))
        (table.render(&seat))
    };
    let title = t!(seat, "desk-tube-title", code = known.id.to_string());
    let back = seat.link(&words::unit_path(known.id));
    Ok(seat.render(Page::new(t!(seat, "desk-members"), body).crumb(back, title)))
}
