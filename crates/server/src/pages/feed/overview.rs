//! What came in and what waits.

use futures::future::BoxFuture;
use maud::{Markup, html};
use store::Connection;
use types::{HolderCode, Micros};

use super::{PAGE, READERS, sight, window, words};
use crate::Fault;
use crate::access::{Grant, Role};
use crate::feed::lists::{self, Open, Sight, SummaryLine};
use crate::feed::{Item, ItemKey, MessageId, TOPIC};
use crate::house::topic;
use crate::i18n::number;
use crate::pages::testing::names::Names;
use crate::pages::testing::people::has;
use crate::routes::{Group, Routes};
use crate::seat::{Answer, Seat};
use crate::t;
use crate::ui::layout::Page;
use crate::ui::parts::{self, Figure, Tone};
use crate::ui::table::{Cell, Column, Table};

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/testing/feed", READERS, overview);
    routes.nav(Group::Testing, "/testing/feed", "nav-feed");
    routes.waiting([Role::District, Role::Laboratory], what_waits);
}

/// The figure on the first page: what waits for somebody of this role.
fn what_waits<'a>(seat: &'a Seat, grant: &'a Grant) -> BoxFuture<'a, Result<Vec<Figure>, Fault>> {
    Box::pin(async move {
        let sight = Sight::of(seat.actor()?, grant.scope);
        let mut db = seat.db().await?;
        let open = lists::open_now(&mut db, &sight).await?;
        Ok(vec![waiting_figure(seat, &open)])
    })
}

fn waiting_figure(seat: &Seat, open: &Open) -> Figure {
    let oldest = open.oldest.map(|at| t!(seat, "feed-oldest", time = seat.span(seat.now() - at)));
    Figure {
        label: t!(seat, "feed-waiting"),
        value: number(open.waiting),
        href: Some(format!("{}#waiting", seat.link("/testing/feed"))),
        detail: oldest,
        tone: if open.waiting > 0 { Tone::Warning } else { Tone::Good },
    }
}

async fn overview(seat: Seat) -> Answer {
    let sight = sight(&seat)?;
    let mut db = seat.db().await?;
    if Table::wants_csv(&seat) {
        return Ok(waiting(&seat, &mut db, &sight, super::DOWNLOAD).await?.csv_response());
    }
    let part = part(&seat, &mut db, &sight).await?;
    if seat.wants_fragment("feed") {
        return Ok(seat.fragment(part));
    }
    let src = seat.here(&[("fragment", Some("feed"))]);
    let topics = [topic(TOPIC, seat.scope())];
    let actions = html! {
        @if has(&seat, &[Role::Laboratory]) {
            (parts::button_link(&seat.link("/testing/feed/upload"), &t!(seat, "feed-upload"), true))
        }
        (parts::button_link(&seat.link("/testing/feed/messages"), &t!(seat, "feed-messages"), false))
        @if has(&seat, &[Role::Commander, Role::District, Role::Auditor]) {
            (parts::button_link(&seat.link("/testing/feed/senders"), &t!(seat, "feed-senders"), false))
        }
    };
    let page = Page::new(t!(seat, "nav-feed"), parts::live("feed", &topics, &src, part))
        .lead(html! { (t!(seat, "feed-lead")) })
        .actions(actions);
    Ok(seat.render(page))
}

async fn part(seat: &Seat, db: &mut Connection, sight: &Sight) -> Result<Markup, Fault> {
    let open = lists::open_now(db, sight).await?;
    let (window, days) = window(seat);
    let summary = lists::summary(db, sight, window).await?;
    let came: i64 = summary.iter().map(|line| line.messages).sum();
    let recorded: i64 = summary.iter().map(|line| line.counts.recorded).sum();
    let messages = |state: &str| seat.link(&format!("/testing/feed/messages?days=30{state}"));
    let in_window = |n: i64| Some(t!(seat, "feed-of-items", n = number(n)));
    let figures = [
        waiting_figure(seat, &open),
        Figure {
            label: t!(seat, "feed-rejected"),
            value: number(open.rejected_messages),
            href: Some(messages("&state=rejected")),
            detail: Some(t!(seat, "feed-rejected-hint")),
            tone: if open.rejected_messages > 0 { Tone::Bad } else { Tone::Good },
        },
        Figure {
            label: days_text(seat, "feed-came", days),
            value: number(came),
            href: Some(seat.link(&format!("/testing/feed/messages?days={days}"))),
            detail: in_window(recorded),
            tone: Tone::Plain,
        },
        words::line_figure(seat),
    ];
    let waiting = waiting(seat, db, sight, PAGE).await?;
    let names = Names::of_holders(
        db,
        summary.iter().filter_map(|l| l.lab.as_ref()).map(HolderCode::as_str),
    )
    .await?;
    Ok(html! {
        (parts::figures(&figures))
        div #waiting { (waiting.render(seat)) }
        (window_tabs(seat, days))
        (by_laboratory(seat, &names, &summary, days).render(seat))
    })
}

/// A text about the last day or days.
fn days_text(seat: &Seat, key: &'static str, days: i64) -> String {
    seat.fill(key, &[("days", days.into())])
}

/// The windows to choose from.
pub fn window_tabs(seat: &Seat, days: i64) -> Markup {
    let tabs: Vec<parts::Tab> = [1_i64, 7, 30]
        .into_iter()
        .map(|n| parts::Tab {
            href: seat.here(&[("days", Some(&n.to_string())), ("after", None), ("fragment", None)]),
            text: days_text(seat, "feed-days", n),
            count: None,
            current: n == days,
        })
        .collect();
    parts::tabs(&t!(seat, "window"), &tabs)
}

/// The items that wait, the oldest first.
async fn waiting(
    seat: &Seat,
    db: &mut Connection,
    sight: &Sight,
    limit: i64,
) -> Result<Table, Fault> {
    let after = seat.param("after").and_then(|text| place(&text));
    let mut found = lists::waiting(db, sight, after, limit + 1).await?;
    let more = found.len() as i64 > limit;
    found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let next = found.last().filter(|_| more).map(|(item, _)| place_text(item));
    let labs = found.iter().filter_map(|(item, _)| item.lab.as_ref()).map(HolderCode::as_str);
    let names = Names::of_holders(db, labs).await?;
    let columns = vec![
        Column::new("tube", t!(seat, "feed-tube")),
        Column::new("received", t!(seat, "feed-received")),
        Column::new("lab", t!(seat, "laboratory")),
        Column::new("result", t!(seat, "result")),
        Column::new("why", t!(seat, "feed-why")),
    ];
    let rows = found.iter().map(|(item, sender)| {
        let href = item_path(seat, item.key);
        let tube = item.tube.clone().unwrap_or_else(|| t!(seat, "feed-tube-hidden"));
        vec![
            Cell::link(&href, tube),
            Cell::time(seat.time(item.received_at)),
            Cell::text(words::sender(seat, &names, item.lab.as_ref(), sender)),
            words::said(seat, item.draft.as_ref()),
            Cell::markup(
                words::reasons(seat, &item.reasons),
                words::reason_text(seat, &item.reasons),
            )
            .long(),
        ]
    });
    Ok(Table::new(t!(seat, "feed-waiting"), columns)
        .window(t!(seat, "feed-waiting-window"))
        .empty(t!(seat, "feed-waiting-empty"))
        .csv("laboratory-queue")
        .next(next)
        .rows(rows))
}

/// The address of an item.
pub fn item_path(seat: &Seat, key: ItemKey) -> String {
    seat.link(&format!("/testing/feed/items/{}/{}", key.message, key.n))
}

fn place_text(item: &Item) -> String {
    format!("{}.{}.{}", item.received_at.0, item.key.message, item.key.n)
}

/// Reads where a list goes on.
fn place(text: &str) -> Option<(Micros, ItemKey)> {
    let mut parts = text.splitn(3, '.');
    let at = Micros(parts.next()?.parse().ok()?);
    let message = MessageId::parse(parts.next()?).ok()?;
    Some((at, ItemKey { message, n: parts.next()?.parse().ok()? }))
}

/// What each laboratory has sent, and what became of it.
fn by_laboratory(seat: &Seat, names: &Names, lines: &[SummaryLine], days: i64) -> Table {
    let columns = vec![
        Column::new("lab", t!(seat, "laboratory")),
        Column::new("messages", t!(seat, "feed-messages")).numeric(),
        Column::new("items", t!(seat, "feed-items")).numeric(),
        Column::new("recorded", t!(seat, "feed-item-recorded")).numeric(),
        Column::new("duplicate", t!(seat, "feed-item-duplicate")).numeric(),
        Column::new("waiting", t!(seat, "feed-item-waiting")).numeric(),
        Column::new("rejected", t!(seat, "feed-item-rejected")).numeric(),
        Column::new("dismissed", t!(seat, "feed-item-dismissed")).numeric(),
        Column::new("last", t!(seat, "feed-last")),
    ];
    Table::new(t!(seat, "feed-by-laboratory"), columns)
        .window(days_text(seat, "feed-days", days))
        .empty(t!(seat, "feed-by-laboratory-empty"))
        .rows(lines.iter().map(|line| {
            let lab = line.lab.as_ref().map_or_else(String::new, |lab| format!("&lab={lab}"));
            let open =
                |state: &str| seat.link(&format!("/testing/feed/messages?days={days}{lab}{state}"));
            let counts = line.counts;
            vec![
                Cell::link(&open(""), words::sender(seat, names, line.lab.as_ref(), &line.sender)),
                Cell::count(line.messages, &open("")),
                Cell::number(counts.items),
                Cell::number(counts.recorded),
                Cell::number(counts.duplicate),
                Cell::count(counts.waiting, &open("&state=waiting")),
                Cell::count(counts.rejected, &open("&state=rejected")),
                Cell::number(counts.dismissed),
                Cell::time(seat.time(line.last_at)),
            ]
        }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_a_list_goes_on_is_read_back_and_nonsense_is_not() {
        let id = "0190a0b0-0000-8000-8000-000000000001";
        let (at, key) = place(&format!("17.{id}.3")).expect("a place");
        assert_eq!((at, key.n, key.message.to_string().as_str()), (Micros(17), 3, id));
        for nonsense in ["", "17", "x.y.z", &format!("17.{id}.")] {
            assert_eq!(place(nonsense), None, "{nonsense}");
        }
    }
}
