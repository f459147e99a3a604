//! Markets, sorting centres, shops and gates: which there are, and the form that enters one; lots past their
//! date.

use maud::{Markup, html};
use supply::{Command, Contact, PutSite, SiteKind, views};
use types::{HolderCode, Refusal};

use super::{DESK, MOST, READERS, under_board, words};
use crate::house::{SUPPLY, topic};
use crate::pages::cases::words::{named, options};
use crate::pages::{act, typed};
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::ui::form::{Errors, Field, Form, FormData};
use crate::ui::layout::Page;
use crate::ui::parts::{self, Tone};
use crate::ui::table::{Cell, Column, Table};
use crate::{Fault, t};

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/supply/sites", READERS, list);
    routes.get("/supply/sites/new", DESK, new);
    routes.post("/supply/sites/new", DESK, put);
}

async fn list(seat: Seat) -> Answer {
    let kind = seat.param("kind").and_then(|text| SiteKind::parse(&text));
    let mut db = seat.db().await?;
    let found = views::sites(&mut db, seat.scope(), kind, MOST).await?;
    drop(db);
    let expired = match seat.param("expired") {
        Some(_) => Some(expired(&seat).await?),
        None => None,
    };
    let columns = vec![
        Column::new("site", t!(seat, "supply-site")),
        Column::new("kind", t!(seat, "care-kind")),
        Column::new("state", t!(seat, "supply-state")),
        Column::new("place", t!(seat, "supply-place")),
        Column::new("households", t!(seat, "supply-packs-for")).numeric(),
        Column::new("contacts", t!(seat, "supply-contacts")),
    ];
    let rows = found.iter().map(|site| {
        vec![
            Cell::link(&words::site_path(&site.code), words::site_name(&seat, site)),
            Cell::text(named(&seat, "supply-site-kind", site.kind.as_str())),
            Cell::words(state(&seat, site)),
            site.place.as_ref().map_or_else(Cell::none, |place| Cell::code(place.as_str())),
            match site.households {
                0 => Cell::none(),
                n => Cell::number(n),
            },
            Cell::words(contacts(&site.contacts)),
        ]
    });
    let lines = Table::new(t!(seat, "nav-supply-sites"), columns)
        .empty(t!(seat, "supply-sites-empty"))
        .rows(rows.collect::<Vec<_>>())
        .render(&seat);
    if seat.wants_fragment("lines") {
        return Ok(seat.fragment(lines));
    }
    let kinds = options(
        &seat,
        "supply-site-kind",
        Some("case-any"),
        SiteKind::ALL.iter().map(|kind| kind.as_str()),
    );
    let src = seat.here(&[("fragment", Some("lines"))]);
    let body = html! {
        (Form::asks(&seat, "/supply/sites")
            .field(Field::select("kind", t!(seat, "care-kind"), kinds)
                .value(kind.map_or("", SiteKind::as_str)).short())
            .button(&t!(seat, "show")))
        @if let Some(expired) = expired { (expired) }
        (parts::live("lines", &[topic(SUPPLY, seat.scope())], &src, lines))
    };
    let actions = html! {
        @if seat.may_open("/supply/sites/new") {
            (parts::button_link(&new_link(&seat), &t!(seat, "supply-site-new"), false))
        }
    };
    let page = Page::new(t!(seat, "nav-supply-sites"), body).actions(actions);
    Ok(seat.render(under_board(&seat, page)))
}

/// Whether a place is open, as a tag.
pub fn state(seat: &Seat, site: &supply::Site) -> Markup {
    match &site.closed {
        None => parts::tag(Tone::Good, &t!(seat, "supply-open")),
        Some((_, true, _)) => parts::tag(Tone::Bad, &t!(seat, "supply-closed-infection")),
        Some(_) => parts::tag(Tone::Warning, &t!(seat, "supply-closed")),
    }
}

/// Whom to call.
pub fn contacts(contacts: &[Contact]) -> Markup {
    html! {
        @for contact in contacts {
            span .nowrap { (contact.name) " " a href={ "tel:" (contact.phone) } { (contact.phone) } } " "
        }
    }
}

/// Lots that are past their date, and where they lie.
async fn expired(seat: &Seat) -> Result<Markup, Fault> {
    let mut db = seat.db().await?;
    let found = views::expiring(&mut db, seat.scope(), seat.now(), MOST).await?;
    let mut lie = Vec::with_capacity(found.len());
    for lot in &found {
        lie.push(views::where_lies(&mut db, lot.id).await?);
    }
    let codes: Vec<HolderCode> = lie.iter().flatten().map(|(code, _)| code.clone()).collect();
    let names = words::site_names(seat, &mut db, &codes).await?;
    drop(db);
    let columns = vec![
        Column::new("lot", t!(seat, "supply-lot")),
        Column::new("good", t!(seat, "supply-good")),
        Column::new("expires", t!(seat, "supply-expires")),
        Column::new("left", t!(seat, "supply-left")).numeric(),
        Column::new("where", t!(seat, "supply-where")),
    ];
    let rows = found.iter().zip(&lie).map(|(lot, places)| {
        vec![
            Cell::code(words::short(lot.id)),
            Cell::text(words::good(seat, lot.good)),
            words::due_cell(seat, Some(lot.expires_at)),
            Cell::text(words::amount(seat, lot.good, lot.left)),
            Cell::words(html! {
                @for (code, amount) in places {
                    a href=(words::site_path(code)) { (names.get(code).map_or(code.as_str(), String::as_str)) }
                    " " (words::amount(seat, lot.good, *amount)) " "
                }
            }),
        ]
    });
    Ok(Table::new(t!(seat, "supply-expired"), columns)
        .empty(t!(seat, "supply-none-expired"))
        .rows(rows.collect::<Vec<_>>())
        .render(seat))
}

/// A place is entered at one county's desk: with several in view, one is chosen first.
fn new_link(seat: &Seat) -> String {
    let (low, high) = seat.scope().bounds();
    match low == high {
        true => seat.link("/supply/sites/new"),
        false => "/areas?back=%2Fsupply%2Fsites%2Fnew".to_owned(),
    }
}

async fn new(seat: Seat) -> Answer {
    crate::pages::cases::open_county(&seat)?;
    Ok(seat.render(new_page(&seat, &FormData::default(), Errors::default())))
}

fn new_page(seat: &Seat, form: &FormData, errors: Errors) -> Page {
    let kinds =
        options(seat, "supply-site-kind", None, SiteKind::ALL.iter().map(|kind| kind.as_str()));
    let kind = SiteKind::parse(form.text("kind")).unwrap_or(SiteKind::Shop);
    let command = act::again(form, &errors);
    let body = Form::new(seat, seat.link("/supply/sites/new"))
        .errors(errors)
        .hidden(act::ID, &command)
        .field(Field::select("kind", t!(seat, "care-kind"), kinds).value(kind.as_str()).short())
        .field(
            Field::code("code", t!(seat, "supply-site-code"), false)
                .hint(t!(seat, "supply-site-code-hint"))
                .value(form.text("code")),
        )
        .field(Field::text("name_zh", t!(seat, "supply-name-zh")).value(form.text("name_zh")))
        .field(
            Field::text("name_en", t!(seat, "supply-name-en"))
                .value(form.text("name_en"))
                .optional(),
        )
        .field(
            Field::code("place", t!(seat, "supply-place"), false)
                .hint(t!(seat, "supply-site-place-hint"))
                .value(form.text("place"))
                .optional(),
        )
        .field(
            Field::number("households", t!(seat, "supply-packs-for"))
                .hint(t!(seat, "supply-packs-for-hint"))
                .value(form.text("households"))
                .optional(),
        )
        .field(
            Field::text("contact", t!(seat, "supply-contact"))
                .value(form.text("contact"))
                .optional(),
        )
        .field(
            Field::code("phone", t!(seat, "supply-phone"), true)
                .value(form.text("phone"))
                .optional(),
        )
        .field(Field::tick("halal", t!(seat, "supply-halal")).value(form.text("halal")))
        .button(&t!(seat, "save"));
    under_board(seat, Page::new(t!(seat, "supply-site-new"), body))
        .crumb(seat.link("/supply/sites"), t!(seat, "nav-supply-sites"))
        .timeless()
        .narrow()
}

async fn put(seat: Seat, form: FormData) -> Answer {
    let area = crate::pages::cases::open_county(&seat)?;
    let mut errors = Errors::default();
    let code = format!("{}:{}", form.text("kind"), form.text("code"));
    let code = errors.check("code", HolderCode::parse(&code));
    let place = match form.text("place") {
        "" => None,
        text => errors.check("place", typed::place(&seat, text).await?),
    };
    let households = form.opt_number(&mut errors, "households", "800").unwrap_or(0);
    let (Some(code), true) = (code, errors.is_empty()) else {
        return Ok(seat.render(new_page(&seat, &form, errors)));
    };
    let contact =
        Contact { name: form.text("contact").to_owned(), phone: form.text("phone").to_owned() };
    let command = Command::PutSite(PutSite {
        code: code.clone(),
        name_zh: form.text("name_zh").to_owned(),
        name_en: form.text("name_en").to_owned(),
        place,
        at: None,
        households,
        halal: form.ticked("halal"),
        contacts: if contact.phone.is_empty() { Vec::new() } else { vec![contact] },
    });
    match act::send(&seat, area, &form, command).await? {
        Ok(_) => Ok(seat.go(&words::site_path(&code))),
        Err(refusal) => {
            Ok(seat.render(new_page(&seat, &form, Errors::one(field_of(&refusal), refusal))))
        }
    }
}

/// The field that a refusal is about.
fn field_of(refusal: &Refusal) -> &'static str {
    match refusal.code.as_ref() {
        "name-needed" => "name_zh",
        "shop-without-room" | "shop-full" => "households",
        _ => "code",
    }
}
