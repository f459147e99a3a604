//! Photos that prove receipts: taken in with a form, told of on the pages of their orders, shown to those who may see
//! them, and the list of those that have not come.

use axum::extract::multipart::Multipart;
use axum::extract::{FromRequest, Path, Request};
use axum::http::StatusCode;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE,
};
use axum::response::IntoResponse;
use ledger::Cursor;
use maud::{Markup, html};
use registry::command::{Look, LookDepth, LookedAt, Purpose};
use supply::{Photo, Proof, views};
use types::{Refusal, UnitId};

use super::orders::order_path;
use super::{PAGE, READERS, under_board, words};
use crate::access::{Policy, Role};
use crate::house::{SUPPLY, topic};
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::ui::form::{Field, Form, FormData};
use crate::ui::layout::Page;
use crate::ui::parts;
use crate::ui::table::{Cell, Column, Table, cut};
use crate::{App, Fault, looks, photos, t};

/// Who may look at the photo of a receipt: who looks after deliveries in the county, and who checks them. Neither the
/// shop nor who brought the goods: they have seen the door, and keep no picture of it. A household sees its own.
const LOOKERS: Policy =
    Policy::any_of([Role::Commander, Role::District, Role::Grid, Role::Auditor]);
/// What a form with a photo may be at most. A photo straight from a camera is larger than what is taken; whoever sends
/// one is told so, and not cut off while sending it.
pub(super) const FORM_BYTES: usize = 16 << 20;
/// The form's field.
const FIELD: &str = "photo";

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/supply/photos/{order}", LOOKERS, look);
    routes.get("/supply/deliveries/photos", READERS, missing);
}

/// A form that may carry a photo.
pub(super) struct PhotoForm {
    /// Its other fields.
    pub fields: FormData,
    /// The photo's bytes, if there is one.
    pub photo: Option<Vec<u8>>,
}

impl FromRequest<App> for PhotoForm {
    type Rejection = Fault;

    async fn from_request(request: Request, state: &App) -> Result<PhotoForm, Fault> {
        let kind = request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        if !kind.is_some_and(|kind| kind.starts_with("multipart/form-data")) {
            let fields = FormData::from_request(request, state).await?;
            return Ok(PhotoForm { fields, photo: None });
        }
        let malformed = || Fault::from(Refusal::new("malformed-request"));
        let mut parts = Multipart::from_request(request, state).await.map_err(|_| malformed())?;
        let (mut fields, mut photo) = (Vec::new(), None);
        while let Some(part) = parts.next_field().await.map_err(|_| malformed())? {
            let name = part.name().unwrap_or_default().to_owned();
            let bytes = part.bytes().await.map_err(|_| malformed())?;
            if name == FIELD {
                // A field that was left empty is sent as a file without bytes.
                photo = Some(bytes.to_vec()).filter(|bytes| !bytes.is_empty());
            } else {
                fields.push((name, String::from_utf8_lossy(&bytes).into_owned()));
            }
        }
        let pairs = fields.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        Ok(PhotoForm { fields: FormData::from_pairs(pairs), photo })
    }
}

impl PhotoForm {
    /// What proves a receipt, by the form: the household's code, a photo, or what is said.
    ///
    /// # Errors
    /// `proof-needed`, or what is wrong with the photo.
    pub(super) fn proof(&self) -> Result<Proof, Refusal> {
        match (self.fields.text("code"), &self.photo, self.fields.text("note")) {
            ("", None, "") => Err(Refusal::new("proof-needed")),
            ("", Some(photo), _) => {
                supply::photo_of(photo)?;
                Ok(Proof::Photo(photos::hash_of(photo).to_string()))
            }
            ("", None, said) => Ok(Proof::Said(said.to_owned())),
            (code, ..) => Ok(Proof::Code(code.to_owned())),
        }
    }

    /// Keeps the photo of a receipt that was recorded by it. When that fails the receipt stands and its photo is
    /// missing, as the page of the order says.
    ///
    /// # Errors
    /// As [`photos::take`].
    pub(super) async fn keep(self, seat: &Seat, order: UnitId, proof: &Proof) -> Result<(), Fault> {
        match (self.photo, proof) {
            (Some(photo), Proof::Photo(_)) => photos::take(seat, order, photo).await.map(drop),
            _ => Ok(()),
        }
    }
}

/// Adds the fields of a proof to a form: the household's code, a photo, or a word.
pub(super) fn proof_fields<'a>(seat: &Seat, form: Form<'a>) -> Form<'a> {
    let code = Field::code("code", t!(seat, "supply-order-code"), true);
    let photo = Field::photo(FIELD, t!(seat, "supply-photo-take"));
    form.upload()
        .field(code.hint(t!(seat, "supply-order-code-hint")).optional())
        .field(photo.hint(t!(seat, "supply-photo-hint")).optional())
        .field(
            Field::text("note", t!(seat, "supply-proof"))
                .hint(t!(seat, "supply-proof-who"))
                .optional(),
        )
}

/// What is known of the photo of a receipt; with a link for those who may look at it. A household's own page has
/// `/my/photos` for it.
pub(crate) fn told(seat: &Seat, photo: &Photo, base: &str) -> Markup {
    if photo.is_over(seat.now()) {
        return html! { span .muted { (t!(seat, "supply-photo-over", days = words::photo_days())) } };
    }
    if photo.came.is_none() {
        let since = seat.time(photo.at);
        return html! {
            (parts::tag(parts::Tone::Warning, &t!(seat, "supply-photo-waits")))
            " " span .muted { (t!(seat, "supply-photo-since", at = since.as_str())) }
        };
    }
    html! {
        @if seat.may_open(&format!("{base}/{{order}}")) {
            a href={ (base) "/" (photo.order) } { (t!(seat, "supply-photo-look")) }
        } @else { (t!(seat, "supply-photo-here")) }
    }
}

async fn look(seat: Seat, Path(text): Path<String>) -> Answer {
    let order = words::unit(&text, supply::ORDER)?;
    seat.require(order.area())?;
    let purpose = match seat.grant()?.role {
        Role::Auditor => Purpose::Audit,
        _ => Purpose::Support,
    };
    let photo = known(&seat, order).await?;
    shown(&seat, &photo, purpose).await
}

/// The photo that an order's receipt names.
pub(crate) async fn known(seat: &Seat, order: UnitId) -> Result<Photo, Fault> {
    let mut db = seat.db().await?;
    let found = views::photos(&mut db, &[order]).await?.remove(&order);
    found.ok_or_else(|| Fault::not_found(order))
}

/// The photo itself. The look is on record before it is opened.
pub(crate) async fn shown(seat: &Seat, photo: &Photo, purpose: Purpose) -> Answer {
    let came = photo.came.as_ref().filter(|_| !photo.is_over(seat.now()));
    let Some(came) = came else {
        return Err(Fault::new(StatusCode::NOT_FOUND, Refusal::new("photo-not-here")));
    };
    let at = LookedAt::Receipt(photo.order);
    let look = Look { at, depth: LookDepth::Photo, purpose, note: String::new() };
    looks::record(seat, photo.order.area(), look).await?;
    let mut db = seat.db().await?;
    let bytes = photos::open(seat.app(), &mut db, photo).await?;
    let headers = [
        (CONTENT_TYPE, came.image.media_type()),
        (CACHE_CONTROL, "no-store"),
        // A picture and nothing else: were it more than that, it could run and load nothing.
        (CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'; sandbox"),
        (CONTENT_DISPOSITION, "inline"),
    ];
    Ok((headers, bytes.to_vec()).into_response())
}

async fn missing(seat: Seat) -> Answer {
    let (scope, now) = (seat.scope(), seat.now());
    let after = seat.param("after").and_then(|text| Cursor::parse(&text));
    let mut db = seat.db().await?;
    let counts = views::photo_counts(&mut db, scope, now).await?;
    let mut found = views::photos_missing(&mut db, scope, now, after, PAGE + 1).await?;
    let next = cut(&mut found, PAGE, |p| Some(Cursor { at: p.at, id: p.order }.to_string()));
    let places: Vec<_> = found.iter().map(|photo| &photo.place).collect();
    let homes = words::Homes::of_places(&mut db, &places).await?;
    drop(db);
    let opens = seat.may_open("/supply/orders/{order}");
    let rows = found.iter().map(|photo| {
        let short = words::short(photo.order);
        vec![
            if opens { Cell::link(&order_path(photo.order), short) } else { Cell::code(short) },
            Cell::time(seat.time(photo.at)),
            Cell::text(homes.place(&seat, &photo.place)),
            Cell::code(photo.carrier.as_ref().map(ToString::to_string).unwrap_or_default()),
            Cell::code(photo.by.clone()),
        ]
    });
    let columns = vec![
        Column::new("order", t!(seat, "supply-order")),
        Column::new("since", t!(seat, "supply-photo-waits")),
        Column::new("where", t!(seat, "supply-where")),
        Column::new("carrier", t!(seat, "supply-carrier")),
        Column::new("by", t!(seat, "by")),
    ];
    let lines = Table::new(t!(seat, "supply-photos-missing"), columns)
        .empty(t!(seat, "supply-photos-none"))
        .rows(rows.collect::<Vec<_>>())
        .next(next)
        .render(&seat);
    if seat.wants_fragment("lines") {
        return Ok(seat.fragment(lines));
    }
    let src = seat.here(&[("fragment", Some("lines"))]);
    let body = html! { (parts::live("lines", &[topic(SUPPLY, scope)], &src, lines)) };
    let lead = t!(
        seat,
        "supply-photos-lead",
        hours = supply::PHOTO_WITHIN.0 / types::Span::hours(1).0,
        days = words::photo_days(),
        named = counts.named,
        here = counts.here,
        size = crate::i18n::number(counts.bytes >> 10)
    );
    let page = Page::new(t!(seat, "supply-photos-missing"), body).lead(html! { (lead) });
    let page = under_board(&seat, page)
        .crumb(seat.link("/supply/deliveries"), t!(seat, "nav-supply-deliveries"));
    Ok(seat.render(page))
}
