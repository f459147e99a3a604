//! One message or file: what became of each of its items, its text with everything masked that
//! may be about a person, and the clear text for whoever says what for.

mod acts;

use axum::extract::Path;
use hl7::charset::Charset;
use maud::{Markup, html};
use store::Connection;

use super::overview::item_path;
use super::{DOWNLOAD, PAGE, READERS, find, unkept, words};
use crate::Fault;
use crate::feed::masked::{self, Segment};
use crate::feed::message::Format;
use crate::feed::{self, Item, ItemState, Message, State, TOPIC, lists, raw};
use crate::house::topic;
use crate::i18n::{Speaks, number};
use crate::pages::testing::names::Names;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::t;
use crate::ui::form::Errors;
use crate::ui::layout::Page;
use crate::ui::parts::{self, Tone};
use crate::ui::table::{Cell, Column, Table, cut};

pub use acts::{purpose_field, purpose_of};

/// Of a long message or file only this much is shown; the download has all of it.
const SHOWN_BYTES: usize = 64 << 10;

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/testing/feed/messages/{message}", READERS, show);
    acts::register(routes);
}

async fn show(seat: Seat, Path(message): Path<String>) -> Answer {
    let mut db = seat.db().await?;
    let message = find(&seat, &mut db, &message).await?;
    if Table::wants_csv(&seat) {
        return Ok(items(&seat, &mut db, &message, DOWNLOAD).await?.csv_response());
    }
    let part = part(&seat, &mut db, &message).await?;
    if seat.wants_fragment("message") {
        let errors = Errors::default();
        return Ok(
            seat.fragment(body(&seat, &mut db, &message, part, &Shown::Masked, errors).await?)
        );
    }
    page(&seat, &mut db, &message, part, Shown::Masked, Errors::default()).await
}

/// How the text of a message is shown.
enum Shown {
    Masked,
    Clear,
}

async fn page(
    seat: &Seat,
    db: &mut Connection,
    message: &Message,
    part: Markup,
    shown: Shown,
    errors: Errors,
) -> Answer {
    let src = seat.here(&[("fragment", Some("message"))]);
    let topics = [topic(TOPIC, seat.scope())];
    let body = body(seat, db, message, part, &shown, errors).await?;
    // What is done it stays, and forms that somebody fills in are left alone.
    let body = match at_work(message) {
        true => parts::live("message", &topics, &src, body),
        false => body,
    };
    let title = match message.format {
        Format::Hl7 => t!(seat, "feed-message-title", control = message.control.as_str()),
        Format::Csv => t!(seat, "feed-file-title", name = message.control.as_str()),
    };
    let page = Page::new(title, body)
        .crumb(seat.link("/testing/feed"), t!(seat, "nav-feed"))
        .crumb(seat.link("/testing/feed/messages"), t!(seat, "feed-messages"));
    Ok(match shown {
        Shown::Masked => seat.render(page),
        Shown::Clear => unkept(seat.render(page)),
    })
}

/// Whether the program is busy with a file: its page goes on by itself.
fn at_work(message: &Message) -> bool {
    matches!(message.state, State::Storing | State::Checking | State::Running)
}

async fn body(
    seat: &Seat,
    db: &mut Connection,
    message: &Message,
    part: Markup,
    shown: &Shown,
    errors: Errors,
) -> Result<Markup, Fault> {
    let text = match at_work(message) {
        true => html! {},
        false => text(seat, db, message, shown).await?,
    };
    Ok(html! {
        (part)
        (text)
        (acts::forms(seat, message, errors))
        (history(seat, db, message).await?)
    })
}

/// What is known of the message, and its items.
async fn part(seat: &Seat, db: &mut Connection, message: &Message) -> Result<Markup, Fault> {
    let names = Names::of_holders(db, message.lab.iter().map(|lab| lab.as_str())).await?;
    let (tone, word) = words::state(seat, message.state);
    let time = |at| html! { (seat.time(at)) };
    let mut facts = vec![
        (t!(seat, "state"), parts::tag(tone, &word)),
        (
            t!(seat, "laboratory"),
            html! { (words::sender(seat, &names, message.lab.as_ref(), &message.sender)) },
        ),
        (t!(seat, "feed-channel"), html! { (words::channel(seat, message)) }),
        (t!(seat, "feed-received"), time(message.received_at)),
        (t!(seat, "feed-brought-by"), html! { code { (message.actor) } }),
        (t!(seat, "feed-size"), html! { (t!(seat, "feed-bytes", n = number(message.bytes))) }),
    ];
    if message.reason.is_none() {
        facts.push((t!(seat, "feed-items"), words::account(seat, &message.counts)));
    }
    if let Some(at) = message.repeated_at {
        let again = t!(seat, "feed-repeated", n = number(message.repeats), count = message.repeats);
        facts.push((t!(seat, "feed-repeats"), html! { (again) " " (seat.time(at)) }));
    }
    let progress = seat.app().feed().progress(message.id);
    let has_items = message.reason.is_none() && message.state != State::Withdrawn;
    Ok(html! {
        @if seat.param("again").is_some() {
            (parts::notice(Tone::Info, &t!(seat, "feed-file-again"), html! {
                p { (t!(seat, "feed-file-again-next")) }
            }))
        }
        @if let Some(reason) = &message.reason {
            @let tone = if message.state == State::Rejected { Tone::Bad } else { Tone::Info };
            (parts::notice(tone, &t!(seat, "feed-not-taken"), html! {
                p { (seat.lang().refusal(reason)) " " (seat.lang().refusal_next(reason)) }
                @if let Some(rule) = &reason.rule { p .muted { code { (rule) } } }
            }))
        }
        @if message.state == State::Checked { (preview(seat, message)) }
        @if let Some(progress) = progress {
            (parts::progress(seat, &t!(seat, "feed-progress", n = number(progress.rows)), progress.bytes, progress.of))
        }
        (parts::facts(&facts))
        @if has_items { (items(seat, db, message, PAGE * 4).await?.render(seat)) }
    })
}

/// What would come of a file that was only read through.
fn preview(seat: &Seat, message: &Message) -> Markup {
    let counts = message.counts;
    let would = counts.recorded + counts.waiting;
    let tone = if counts.rejected > 0 { Tone::Warning } else { Tone::Info };
    parts::notice(
        tone,
        &t!(seat, "feed-checked"),
        html! {
            p { (t!(seat, "feed-checked-hint", n = number(would), rejected = number(counts.rejected))) }
        },
    )
}

/// The items that are kept by themselves: all that wait, were rejected, or have a remark.
async fn items(
    seat: &Seat,
    db: &mut Connection,
    message: &Message,
    limit: i64,
) -> Result<Table, Fault> {
    let after = seat.param("after").and_then(|n| n.parse::<i64>().ok()).unwrap_or(0);
    let state = seat.param("items").and_then(|word| ItemState::parse(&word));
    let mut found = Item::of(db, message.id, after, state, limit + 1).await?;
    let next = cut(&mut found, limit, |item| Some(item.key.n.to_string()));
    let columns = vec![
        Column::new("n", t!(seat, "position")).numeric(),
        Column::new("tube", t!(seat, "feed-tube")),
        Column::new("state", t!(seat, "state")),
        Column::new("result", t!(seat, "result")),
        Column::new("why", t!(seat, "feed-why")),
    ];
    let rows = found.iter().map(|item| {
        let (tone, word) = words::item_state(seat, item.state);
        vec![
            Cell::link(&item_path(seat, item.key), item.key.n.to_string()),
            item.tube.clone().map_or_else(Cell::none, Cell::code),
            Cell::tag(tone, word),
            words::said(seat, item.draft.as_ref()),
            Cell::markup(
                words::reasons(seat, &item.reasons),
                words::reason_text(seat, &item.reasons),
            )
            .long(),
        ]
    });
    Ok(Table::new(t!(seat, "feed-items-kept"), columns)
        .window(t!(seat, "feed-items-kept-hint"))
        .empty(t!(seat, "feed-items-kept-empty"))
        .csv("laboratory-items")
        .next(next)
        .rows(rows))
}

/// The text as it came.
async fn text(
    seat: &Seat,
    db: &mut Connection,
    message: &Message,
    shown: &Shown,
) -> Result<Markup, Fault> {
    if message.state == State::Withdrawn {
        return Ok(html! { p .muted { (t!(seat, "feed-withdrawn-hint")) } });
    }
    let clear = matches!(shown, Shown::Clear);
    let bytes = raw::read(seat.app(), db, message.id, SHOWN_BYTES).await?;
    let cut = message.bytes > bytes.len() as i64;
    let parsed = match message.format {
        Format::Hl7 => hl7::Message::parse(&bytes, &feed::parse_options()).ok(),
        Format::Csv => None,
    };
    let lines: Option<Vec<String>> = match (&parsed, clear) {
        (Some(parsed), _) => Some(masked::segments(parsed, clear).iter().map(line).collect()),
        (None, true) => Some(plain(&bytes)),
        (None, false) => None,
    };
    let title = if clear { t!(seat, "feed-text-clear") } else { t!(seat, "feed-text") };
    Ok(parts::panel(
        &title,
        html! {
            @if clear { (parts::notice(Tone::Info, &t!(seat, "feed-look-recorded"), html! {})) }
            @match lines {
                Some(lines) => {
                    @if !clear { p .muted { (t!(seat, "feed-text-hint")) } }
                    pre .raw tabindex="0" role="region" aria-label=(title) { @for line in lines { (line) "\n" } }
                }
                None => { p .muted { (t!(seat, "feed-text-closed")) } }
            }
            @if clear && cut { p .muted { (t!(seat, "feed-text-cut", n = number(message.bytes))) } }
        },
    ))
}

/// Stands for a field that is masked.
const MASKED: &str = "•••";

/// A segment as it came, masked fields apart.
fn line(segment: &Segment) -> String {
    let header = segment.id == "MSH";
    let mut line = segment.id.clone();
    let mut at = 0;
    for field in &segment.fields {
        let text = field.text.as_deref().unwrap_or(MASKED);
        if header && field.n == 1 {
            // The separator is a field of its own there, and stands once.
            line.push_str(text);
            at = 2;
            continue;
        }
        while at < field.n {
            line.push('|');
            at += 1;
        }
        line.push_str(text);
    }
    line
}

/// Bytes that are no message, as far as they are text, line by line.
pub fn plain(bytes: &[u8]) -> Vec<String> {
    let text = Charset::Utf8
        .decode(bytes)
        .or_else(|_| Charset::Gb18030.decode(bytes))
        .unwrap_or_else(|_| String::from_utf8_lossy(bytes));
    text.split(['\r', '\n']).filter(|line| !line.is_empty()).map(ToOwned::to_owned).collect()
}

async fn history(seat: &Seat, db: &mut Connection, message: &Message) -> Result<Markup, Fault> {
    let lines = lists::events(db, message.id).await?;
    let columns = vec![
        Column::new("at", t!(seat, "feed-event-at")),
        Column::new("who", t!(seat, "feed-event-who")),
        Column::new("what", t!(seat, "feed-event-what")),
        Column::new("detail", t!(seat, "remark")),
    ];
    let table = Table::new(t!(seat, "feed-history"), columns)
        .empty(t!(seat, "feed-history-empty"))
        .rows(lines.iter().map(|line| {
            vec![
                Cell::time(seat.time(line.at)),
                Cell::code(line.actor.clone()),
                Cell::text(words::event(seat, line)),
                Cell::text(words::detail(seat, line)),
            ]
        }));
    Ok(table.render(seat))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_shown_as_it_came_but_for_what_is_masked() {
        let text = "MSH|^~\\&|LIS|LAB-3|||20220320140600||ORU^R01|17|P|2.5\rPID|1||X1||张^三\r\
            OBR|1|T1|F1\rOBX|1|NM|94311-8^N^LN||28.4||||||F\r";
        let message = hl7::Message::parse(text.as_bytes(), &feed::parse_options()).expect("one");
        let lines: Vec<String> = masked::segments(&message, true).iter().map(line).collect();
        assert_eq!(lines, text.split_terminator('\r').collect::<Vec<_>>());
        let masked: Vec<String> = masked::segments(&message, false).iter().map(line).collect();
        assert_eq!(masked[1], "PID|•••||•••||•••");
        assert_eq!(masked[3], lines[3]);
    }

    #[test]
    fn bytes_that_are_no_message_are_read_in_either_encoding() {
        assert_eq!(plain("管号,结果\r\nT1,阴性\n".as_bytes()), ["管号,结果", "T1,阴性"]);
        let gbk = Charset::Gb18030.encode("管号,结果").expect("has them all");
        assert_eq!(plain(&gbk), ["管号,结果"]);
        assert_eq!(plain(b"MSH|\xff\rcut"), ["MSH|\u{fffd}", "cut"]);
    }
}
