//! How long swabs waited, step by step.

use types::{Micros, Span};

use super::{Cell, Facts, Listing, Scorer, Section, Spans, Value, Words, measure, words};
use crate::goods::Tube;

/// See the module.
#[derive(Debug)]
pub struct Waits;

type Step = (&'static str, Words, fn(&Tube) -> Option<(Micros, Micros)>);

const STEPS: [Step; 6] = [
    ("sealed_to_sent", words("封管到交接", "Sealed to courier"), |t| {
        Some((t.sealed_at, t.sent_at?))
    }),
    (
        "sent_to_received",
        words("交接到实验室开箱", "Courier to opened at the laboratory"),
        |t| Some((t.sent_at?, t.received_at?)),
    ),
    ("received_to_loaded", words("开箱到上机", "Opened to loaded"), |t| {
        Some((t.received_at?, t.loaded_at?))
    }),
    ("loaded_to_read", words("上机到判读", "Loaded to read"), |t| {
        Some((t.loaded_at?, t.read_at?))
    }),
    ("read_to_known", words("判读到系统得知", "Read to known to the system"), |t| {
        Some((t.read_at?, t.reported_at?))
    }),
    ("sealed_to_known", words("封管到系统得知结果", "Sealed to result known"), |t| {
        Some((t.sealed_at, t.reported_at?))
    }),
];

fn span(tube: &Tube, step: &Step) -> Option<Span> {
    step.2(tube).map(|(from, until)| until - from).filter(|s| s.0 >= 0)
}

/// Tubes on the list of the slowest.
const SLOWEST: usize = 200;

impl Scorer for Waits {
    fn section(&self, facts: &Facts<'_>) -> Section {
        let measures = STEPS.iter().map(|step| {
            let spans = facts.goods.tubes.iter().filter_map(|t| span(t, step));
            measure(facts, step.0, step.1, Value::Spans(Spans::of(spans))).behind("slowest")
        });
        Section {
            key: "waits",
            title: words("等待", "Waits"),
            lead: words(
                "样本真实等待的时间，按环节。",
                "How long samples really waited, step by step.",
            ),
            measures: measures.collect(),
        }
    }

    fn lists(&self, facts: &Facts<'_>) -> Vec<(String, Listing)> {
        let whole = |t: &Tube| {
            // One without a result has waited until now, unless it is known to give none.
            let until = t.reported_at.or(t.marked_at).unwrap_or(facts.now);
            until - t.sealed_at
        };
        let mut tubes: Vec<&Tube> = facts.goods.tubes.iter().collect();
        tubes.sort_by_key(|t| (std::cmp::Reverse(whole(t).0), t.code));
        tubes.truncate(SLOWEST);
        let mut columns = vec![words("试管", "Tube"), words("封管", "Sealed")];
        columns.extend(STEPS.iter().take(5).map(|s| s.1));
        columns.push(words("至结果或至今（小时）", "Until result or now (hours)"));
        let rows = tubes.into_iter().map(|tube| {
            let mut row = vec![Cell::Text(tube.code.to_string()), Cell::Time(Some(tube.sealed_at))];
            row.extend(
                STEPS.iter().take(5).map(|s| Cell::Hours(span(tube, s).map(Span::as_hours))),
            );
            row.push(Cell::Hours(Some(whole(tube).as_hours())));
            row
        });
        let title = words("等待最久的试管", "Tubes that waited longest");
        vec![("slowest".into(), Listing::new(title, &columns, rows.collect()))]
    }
}
