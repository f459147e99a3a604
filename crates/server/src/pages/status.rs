//! How the server is doing: health for machines, counters for monitoring, a page for people.

use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use maud::{Markup, html};
use types::Span;

use crate::access::{Policy, Role};
use crate::house;
use crate::i18n::number;
use crate::routes::{Group, Routes};
use crate::seat::{Answer, Seat};
use crate::t;
use crate::ui::parts::{self, Figure, Tone};
use crate::ui::table::{Cell, Column, Table};

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/livez", Policy::Public, live).urgent().allowance(None);
    routes.get("/healthz", Policy::Public, health).urgent().allowance(None);
    let watchers = Policy::LocalOr(crate::access::Roles::of([Role::Auditor, Role::Admin]));
    routes.get("/metrics", watchers, metrics).urgent();
    let readers = Policy::any_of([Role::Commander, Role::Auditor, Role::Admin]);
    routes.get("/status", readers, status).urgent();
    routes.nav(Group::System, "/status", "nav-status");
}

/// Whether the server answers at all: nothing is read for it.
async fn live() -> Answer {
    Ok("ok\n".into_response())
}

/// Whether the store answers. A load balancer asks this often, so it says little.
async fn health(seat: Seat) -> Answer {
    let answered = tokio::time::timeout(std::time::Duration::from_secs(2), async {
        seat.db().await?.first(&crate::tables::ACCOUNT_COUNT, &[]).await?;
        Ok::<(), crate::Fault>(())
    })
    .await;
    match answered {
        Ok(Ok(())) => Ok((StatusCode::OK, "ok\n").into_response()),
        _ => Ok((StatusCode::SERVICE_UNAVAILABLE, "store unreachable\n").into_response()),
    }
}

async fn metrics(seat: Seat) -> Answer {
    let text = seat.app().metrics().text(seat.app());
    Ok(([(CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response())
}

async fn status(seat: Seat) -> Answer {
    let body = load(&seat);
    if seat.wants_fragment("load") {
        return Ok(seat.fragment(body));
    }
    let topics = [house::TESTING, house::REGISTRY].map(|desk| house::topic(desk, seat.scope()));
    let src = seat.here(&[("fragment", Some("load"))]);
    let body = html! {
        (parts::live("load", &topics, &src, body))
        p .muted { (t!(seat, "shed-explained")) }
    };
    Ok(seat.page(t!(seat, "nav-status"), body))
}

/// How full everything is at this moment.
fn load(seat: &Seat) -> Markup {
    let app = seat.app();
    let load = app.engine().load();
    let fill = app.gate().fill();
    let shed: u64 = fill.iter().map(|f| f.shed).sum();
    let figure = |label: String, value: String, detail: Option<String>, tone: Tone| Figure {
        label,
        value,
        href: None,
        detail,
        tone,
    };
    let busy = load.waiting * 2 > app.config().queue;
    let figures = [
        figure(
            t!(seat, "commands-waiting"),
            number(load.waiting as i64),
            Some(t!(seat, "retry-after", n = i64::from(load.retry_after_seconds))),
            if busy { Tone::Warning } else { Tone::Good },
        ),
        figure(
            t!(seat, "journal-entries"),
            number(*app.engine().progress().borrow()),
            None,
            Tone::Plain,
        ),
        figure(
            t!(seat, "requests-shed"),
            number(shed as i64),
            Some(t!(seat, "since-start")),
            if shed > 0 { Tone::Warning } else { Tone::Good },
        ),
        figure(t!(seat, "watchers"), number(app.hub().watchers() as i64), None, Tone::Plain),
        crate::pages::feed::line_figure(seat),
        figure(
            t!(seat, "running-for"),
            seat.span(Span((app.wall() - app.started()).0)),
            Some(env!("CARGO_PKG_VERSION").to_owned()),
            Tone::Plain,
        ),
    ];
    let columns = vec![
        Column::new("class", t!(seat, "class")),
        Column::new("requests", t!(seat, "requests-in-work")).numeric(),
        Column::new("room", t!(seat, "requests-room")).numeric(),
        Column::new("bytes", t!(seat, "bytes-in-work")).numeric(),
        Column::new("bytes-room", t!(seat, "bytes-room")).numeric(),
        Column::new("shed", t!(seat, "requests-shed")).numeric(),
    ];
    let table = Table::new(t!(seat, "room-by-class"), columns)
        .window(t!(seat, "since-start"))
        .rows(fill.iter().rev().map(|f| {
            vec![
                Cell::text(seat.text(&format!("class-{}", f.class.as_str()))),
                Cell::number(f.requests as i64),
                Cell::number(f.requests_room as i64),
                bytes(f.bytes),
                bytes(f.bytes_room),
                Cell::number(f.shed as i64),
            ]
        }));
    html! {
        (parts::figures(&figures))
        (table.render(seat))
    }
}

/// A size in memory as people read it; the download has the bytes.
fn bytes(n: usize) -> Cell {
    let shown = match n {
        0 => "0".to_owned(),
        n if n < 1 << 20 => format!("{} KiB", n.div_ceil(1 << 10)),
        n => format!("{} MiB", number((n >> 20) as i64)),
    };
    Cell::markup(html! { (shown) }, n.to_string())
}
