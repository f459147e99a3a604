//! The words of these pages: states, senders, what a result says.

use maud::{Markup, html};
use types::{HolderCode, Refusal};

use crate::feed::draft::Draft;
use crate::feed::lists::EventLine;
use crate::feed::{Counts, ItemState, Message, State};
use crate::i18n::{Speaks, number};
use crate::pages::testing::names::Names;
use crate::pages::testing::words::{named, reading};
use crate::seat::Seat;
use crate::t;
use crate::ui::parts::{self, Tone};
use crate::ui::table::Cell;

/// A message's state as a coloured word.
pub fn state(seat: &Seat, state: State) -> (Tone, String) {
    let tone = match state {
        State::Storing | State::Checking | State::Running => Tone::Info,
        State::Checked | State::Waiting => Tone::Warning,
        State::Rejected => Tone::Bad,
        State::Done | State::Resolved => Tone::Good,
        State::Withdrawn => Tone::Plain,
    };
    (tone, named(seat, "feed-state", state.as_str()))
}

/// An item's state as a coloured word.
pub fn item_state(seat: &Seat, state: ItemState) -> (Tone, String) {
    let tone = match state {
        ItemState::Waiting => Tone::Warning,
        ItemState::Rejected => Tone::Bad,
        ItemState::Recorded => Tone::Good,
        ItemState::Duplicate | ItemState::Dismissed => Tone::Plain,
    };
    (tone, named(seat, "feed-item", state.as_str()))
}

/// Whose results these are: the laboratory, or the name that nobody has explained yet.
pub fn sender(seat: &Seat, names: &Names, lab: Option<&HolderCode>, sender: &str) -> String {
    match lab {
        Some(lab) => names.holder(seat, lab.as_str()),
        None if sender.is_empty() => t!(seat, "feed-sender-none"),
        None => t!(seat, "feed-sender-unknown", sender = sender),
    }
}

/// Why an item waits, with what to do next.
pub fn reasons(seat: &Seat, reasons: &[Refusal]) -> Markup {
    html! {
        @for reason in reasons {
            p .reason { (seat.lang().refusal(reason)) }
            p .muted { (seat.lang().refusal_next(reason)) }
        }
    }
}

/// Why, as one line of text.
pub fn reason_text(seat: &Seat, reasons: &[Refusal]) -> String {
    reasons.iter().map(|r| seat.lang().refusal(r)).collect::<Vec<_>>().join(" ")
}

/// What the laboratory made of a tube.
pub fn said(seat: &Seat, draft: Option<&Draft>) -> Cell {
    match draft.and_then(|draft| draft.stated) {
        Some(stated) => {
            let (tone, word) = reading(seat, stated);
            Cell::tag(tone, word)
        }
        None => Cell::none(),
    }
}

/// A Ct value, or that the target was not found.
pub fn ct(seat: &Seat, value: Option<f64>) -> String {
    value.map_or_else(
        || t!(seat, "feed-not-found"),
        |cycles| t!(seat, "feed-cycles", n = format!("{cycles:.2}")),
    )
}

/// The parts that the items of a message are accounted for by; those that are zero are left out.
pub fn account(seat: &Seat, counts: &Counts) -> Markup {
    let parts = [
        ("feed-item-recorded", counts.recorded),
        ("feed-item-duplicate", counts.duplicate),
        ("feed-item-waiting", counts.waiting),
        ("feed-item-rejected", counts.rejected),
        ("feed-item-dismissed", counts.dismissed),
    ];
    let shown: Vec<_> = parts.into_iter().filter(|(_, n)| *n > 0).collect();
    html! {
        strong { (number(counts.items)) }
        @for (n, (key, count)) in shown.iter().enumerate() {
            @if n == 0 { " = " } @else { " + " }
            (number(*count)) " " (seat.text(key))
        }
    }
}

/// What somebody did about a message.
pub fn event(seat: &Seat, line: &EventLine) -> String {
    let what = named(seat, "feed-event", &line.what);
    match line.n {
        Some(n) => t!(seat, "feed-event-of-item", what = what, n = n),
        None => what,
    }
}

/// More about what was done: the purpose of a look in words, else as it was written.
pub fn detail(seat: &Seat, line: &EventLine) -> String {
    match line.what.as_str() {
        "looked" | "downloaded" => named(seat, "feed-purpose", &line.detail),
        _ => line.detail.clone(),
    }
}

/// The line without sign-in: whether it is open, and when something last came.
pub fn line_figure(seat: &Seat) -> parts::Figure {
    let line = seat.app().feed().line();
    let (value, tone) = match line.listening {
        Some(_) => (t!(seat, "feed-line-open"), Tone::Good),
        None => (t!(seat, "feed-line-closed"), Tone::Plain),
    };
    let detail = match (line.listening, line.last_at) {
        (None, _) => t!(seat, "feed-line-closed-hint"),
        (Some(_), None) => t!(seat, "feed-line-silent"),
        (Some(_), Some(at)) => t!(
            seat,
            "feed-line-heard",
            n = number(line.messages as i64),
            count = line.messages as i64,
            at = seat.time(at).to_string()
        ),
    };
    let detail = match line.listening {
        Some(address) => format!("{address} · {detail}"),
        None => detail,
    };
    let detail = match line.broken {
        0 => detail,
        n => format!(
            "{detail} {}",
            t!(seat, "feed-line-broken", n = number(n as i64), count = n as i64)
        ),
    };
    parts::Figure { label: t!(seat, "feed-line"), value, href: None, detail: Some(detail), tone }
}

/// How far a result is settled.
pub fn status(seat: &Seat, status: testing::ResultStatus) -> String {
    match status {
        testing::ResultStatus::Preliminary => t!(seat, "status-preliminary"),
        testing::ResultStatus::Final => t!(seat, "status-final"),
        testing::ResultStatus::Corrected => t!(seat, "status-corrected"),
    }
}

/// How a message came.
pub fn channel(seat: &Seat, message: &Message) -> String {
    named(seat, "feed-channel", message.channel.as_str())
}
