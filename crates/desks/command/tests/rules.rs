//! The desk's rules by example, and what the public is told whatever the figures.

use std::sync::Arc;

use analytics::bulletin::{Cell, ReportWindow};
use cases::{FoundIn, Measure, Severity};
use command::{
    Ahead, AreaFigures, Command, CommandPost, Decide, Document, Event, Foreseen, KeepForecast,
    Public, Revoke, SMALL, Said, State,
};
use ledger::{Actor, Asked, Desk, Units};
use proptest::prelude::*;
use protocol::Protocol;
use types::{AreaCode, AreaScope, CommandId, Micros, Span};

fn at(text: &str) -> Micros {
    Micros::parse(text).expect("a time")
}

fn scope(text: &str) -> AreaScope {
    AreaScope::parse(text).expect("a scope")
}

fn id(n: u8) -> CommandId {
    CommandId::from_bytes([n; 16])
}

const NOW: &str = "2022-03-15T08:00:00+08:00";

struct Post {
    desk: CommandPost,
    state: State,
}

impl Post {
    fn new() -> Post {
        let protocol = Arc::new(Protocol::bundled().expect("the bundled protocol"));
        Post { desk: CommandPost::new(protocol), state: State::default() }
    }

    /// Decides and applies; gives the events or the refusal's code.
    fn tell(&mut self, n: u8, area: u32, command: &Command) -> Result<Vec<Event>, String> {
        let actor = Actor { user: "commander".into(), holder: None };
        let asked = Asked {
            id: id(n),
            area: AreaCode::new(area).expect("six digits"),
            event_time: at(NOW),
            clock_offset: Span(0),
            device: None,
            actor: &actor,
            command,
        };
        let units = Units::default();
        let decided = self.desk.decide(&units, &self.state, asked, at(NOW));
        let decided = decided.map_err(|refusal| refusal.code.to_string())?;
        let entry = asked.entry(at(NOW));
        for event in &decided.events {
            self.desk.apply(&units, &mut self.state, &entry, event);
        }
        Ok(decided.events)
    }
}

fn decision(title: &str) -> Decide {
    Decide {
        scope: scope("2202"),
        title: title.to_owned(),
        text: String::new(),
        evidence: Vec::new(),
        rule: "test.window".into(),
        signed_by: "Deputy mayor".into(),
        from: at(NOW),
        until: at(NOW) + Span::days(7),
        replaces: None,
    }
}

#[test]
fn decisions_are_numbered_end_and_are_revoked_once() {
    let mut post = Post::new();
    let first = Command::Decide(decision("Lock Changyi"));
    let events = post.tell(1, 220_202, &first).expect("decided");
    let [Event::Decided { no: 1, edition, .. }] = events.as_slice() else { panic!("{events:?}") };
    assert!(!edition.is_empty(), "the edition that had the rule goes along");
    let second = Command::Decide(decision("Test twice"));
    let events = post.tell(2, 220_202, &second).expect("decided");
    assert!(matches!(events.as_slice(), [Event::Decided { no: 2, .. }]));

    let wrong = |change: fn(&mut Decide)| {
        let mut decide = decision("x");
        change(&mut decide);
        Command::Decide(decide)
    };
    for (command, code) in [
        (wrong(|d| d.title = " ".into()), "decision-title"),
        (wrong(|d| d.signed_by = String::new()), "decision-unsigned"),
        (wrong(|d| d.until = d.from), "decision-ends-before"),
        (wrong(|d| d.until = d.from + Span::days(400)), "decision-too-long"),
        (wrong(|d| d.rule = "no.such".into()), "rule-unknown"),
        (wrong(|d| d.scope = AreaScope::parse("2201").expect("a scope")), "scope-without-county"),
    ] {
        assert_eq!(post.tell(9, 220_202, &command).expect_err("refused"), code);
    }

    // One that takes the place of another revokes it, for all of its areas.
    let narrow =
        Decide { scope: scope("220202"), replaces: Some(id(1)), ..decision("Lock half of it") };
    let narrow = Command::Decide(narrow);
    assert_eq!(post.tell(3, 220_202, &narrow).expect_err("refused"), "decision-of-other-areas");
    let longer = Command::Decide(Decide { replaces: Some(id(1)), ..decision("Lock it longer") });
    let events = post.tell(4, 220_202, &longer).expect("decided");
    assert!(matches!(events.as_slice(), [Event::Revoked { .. }, Event::Decided { no: 3, .. }]));
    let revoke = |decision: u8, scope: AreaScope| {
        Command::Revoke(Revoke {
            decision: id(decision),
            scope,
            signed_by: "Mayor".into(),
            note: "Done".into(),
        })
    };
    let over = revoke(1, scope("2202"));
    assert_eq!(post.tell(5, 220_202, &over).expect_err("refused"), "decision-is-over");
    let other = revoke(2, scope("220202"));
    assert_eq!(post.tell(6, 220_202, &other).expect_err("refused"), "decision-of-other-areas");
    assert!(post.tell(7, 220_202, &revoke(2, scope("2202"))).is_ok());
    assert!(post.tell(8, 220_202, &revoke(2, scope("2202"))).is_err());
}

#[test]
fn a_forecast_is_kept_before_its_first_day_is_over_and_once() {
    let mut post = Post::new();
    let ahead = |values: [f64; 5]| Ahead {
        levels: vec![0.05, 0.25, 0.5, 0.75, 0.95],
        values: values.to_vec(),
    };
    let with = |day: &str, ahead: Vec<Ahead>, others: Vec<Said>, known: f64| {
        Command::KeepForecast(KeepForecast {
            scope: scope("2202"),
            day: day.parse().expect("a day"),
            utc_offset_minutes: 480,
            method: "renewal".into(),
            ahead,
            others,
            known: vec![(Foreseen::BedsMild, known)],
        })
    };
    let keep = |day: &str, ahead: Vec<Ahead>| with(day, ahead, Vec::new(), 7.0);
    let beds = |method: &str, ahead: Vec<Ahead>| Said {
        what: Foreseen::BedsMild,
        method: method.into(),
        ahead,
    };
    let good = vec![ahead([1.0, 2.0, 3.0, 4.0, 5.0]); 14];
    let mut refused = |command: &Command| post.tell(1, 220_202, command).expect_err("refused");
    assert_eq!(refused(&keep("2022-03-15", good.clone())), "day-not-over");
    assert_eq!(refused(&keep("2022-03-13", good.clone())), "forecast-too-late");
    assert_eq!(refused(&keep("2022-03-14", Vec::new())), "forecast-form");
    assert_eq!(refused(&keep("2022-03-14", vec![good[0].clone(); 29])), "forecast-form");
    let falling = vec![ahead([5.0, 4.0, 3.0, 2.0, 1.0])];
    assert_eq!(refused(&keep("2022-03-14", falling.clone())), "forecast-form");
    // What is said of other figures is held to the same form, and said once by a method.
    for others in [
        vec![beds("city", falling)],
        vec![beds("city", Vec::new())],
        vec![beds("", good.clone())],
        vec![beds("city", good.clone()), beds("city", good.clone())],
    ] {
        let command = with("2022-03-14", good.clone(), others, 7.0);
        assert_eq!(refused(&command), "forecast-form");
    }
    let unknown = with("2022-03-14", good.clone(), Vec::new(), f64::NAN);
    assert_eq!(refused(&unknown), "forecast-form");
    let both = vec![beds("city", good.clone()), beds("renewal", good.clone())];
    let mut other = Post::new();
    assert!(other.tell(2, 220_202, &with("2022-03-14", good.clone(), both, 7.0)).is_ok());
    assert!(post.tell(2, 220_202, &keep("2022-03-14", good.clone())).is_ok());
    let again = post.tell(3, 220_202, &keep("2022-03-14", good));
    assert_eq!(again.expect_err("refused"), "forecast-kept");
}

fn document(areas: Vec<AreaFigures>) -> Document {
    Document {
        scope: scope("22"),
        no: 1,
        correction: 0,
        window: ReportWindow::whole("2022-04-09".parse().expect("a day")),
        utc_offset_minutes: 480,
        from: at("2022-04-09T00:00:00+08:00"),
        until: at("2022-04-10T00:00:00+08:00"),
        as_of: at("2022-04-10T08:00:00+08:00"),
        publisher: "x".into(),
        note: String::new(),
        areas,
        unexamined: 0,
    }
}

fn places() -> [Option<FoundIn>; 5] {
    [
        Some(FoundIn::Quarantine),
        Some(FoundIn::Locked),
        Some(FoundIn::Controlled),
        Some(FoundIn::Community),
        None,
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// No area's figure of one to four is told, what is told is true, and the whole always is.
    #[test]
    fn the_public_is_told_nothing_small_and_nothing_false(
        counts in prop::collection::vec(
            prop::collection::vec(prop_oneof![Just(0_i64), 1_i64..9, 10_i64..300], 5), 1..5),
        critical in 0_i64..4,
    ) {
        let codes = [220_102, 220_202, 220_302, 220_402, 220_502];
        let areas: Vec<AreaFigures> = counts.iter().zip(codes).map(|(row, code)| AreaFigures {
            area: AreaCode::new(code).expect("six digits"),
            new: row.iter().zip(places()).map(|(n, f)| (Measure::Confirmed, f, *n)).collect(),
            severity: vec![(Severity::Mild, row.iter().sum::<i64>()), (Severity::Critical, critical)],
            total: Vec::new(),
            converted_only: 0,
        }).collect();
        let document = document(areas);
        let public = Public::of(&document);
        let table = public.table(Measure::Confirmed).expect("a table");
        prop_assert_eq!(table.total, document.of_window(Measure::Confirmed));
        for (found, cell) in places().iter().zip(&table.totals) {
            if let Cell::Published(n) = cell {
                prop_assert!(*n == 0 || *n >= SMALL);
                prop_assert_eq!(*n as i64, document.found_in(document.scope, Measure::Confirmed, *found));
            }
        }
        for (area, cells) in table.rows.iter().flatten() {
            prop_assert_eq!(cells.len(), 6, "five places and the area's figure");
            if let Some(Cell::Published(n)) = cells.last() {
                prop_assert!(*n == 0 || *n >= SMALL, "{:?}", cells);
                prop_assert_eq!(*n as i64, document.new_in(*area, Measure::Confirmed));
            }
        }
        for (severity, cell) in &public.severity {
            if let Cell::Published(n) = cell {
                prop_assert!(*n == 0 || *n >= SMALL);
                prop_assert_eq!(*n as i64, document.severity(*severity));
            }
        }
    }
}
