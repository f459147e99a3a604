//! Which value holds: the engine's answer is always that of a naive scan over all editions.

use proptest::prelude::*;
use protocol::{Protocol, ProtocolError};
use types::{AreaCode, AreaScope, Micros, Span};

const MANIFEST: &str = r#"
[protocol]
id = "random"
title = { en = "Random", zh = "随机" }
zone = "Asia/Shanghai"
[parameters]
"rep.online" = { en = "Report within", zh = "报告时限" }
"#;

/// An edition that sets the reporting time; days of January 2022.
#[derive(Clone, Debug)]
struct Claim {
    scope: &'static str,
    from: u8,
    to: Option<u8>,
    hours: u8,
}

impl Claim {
    fn toml(&self) -> String {
        let applies_to = match self.scope {
            "" => String::new(),
            scope => format!("applies_to = {scope:?}"),
        };
        let valid_to = self.to.map_or(String::new(), |to| format!("valid_to = 2022-01-{to:02}"));
        format!(
            r#"
            [edition]
            protocol = "random"
            document = "d"
            name = "n"
            title = {{ en = "t", zh = "t" }}
            {applies_to}
            valid_from = 2022-01-{:02}
            {valid_to}
            date = {{ status = "chosen" }}
            [rules."rep.online"]
            value = "{} h"
            status = "chosen"
            setting = true
            "#,
            self.from, self.hours
        )
    }

    fn start(&self) -> Micros {
        day(self.from)
    }

    fn end(&self) -> Micros {
        self.to.map_or(Micros::MAX, day)
    }
}

fn day(n: u8) -> Micros {
    Micros::parse(&format!("2022-01-{n:02}T00:00:00+08:00")).expect("a day")
}

fn claims() -> impl Strategy<Value = Vec<Claim>> {
    let one = (
        prop::sample::select(vec!["", "22", "2202", "220202", "31"]),
        2..28u8,
        prop::option::of(1..10u8),
        1..100u8,
    )
        .prop_map(|(scope, from, length, hours)| Claim {
            scope,
            from,
            to: length.map(|l| (from + l).min(31)),
            hours,
        });
    // The base, open from the first day, keeps the group whole.
    let base = Claim { scope: "", from: 1, to: None, hours: 101 };
    prop::collection::vec(one, 0..8).prop_map(move |mut more| {
        more.push(base.clone());
        more
    })
}

fn load(claims: &[Claim]) -> Result<Protocol, ProtocolError> {
    let files: Vec<_> =
        claims.iter().enumerate().map(|(n, c)| (format!("e{n}.toml"), c.toml())).collect();
    let texts = files.iter().map(|(name, text)| (name.as_str(), text.as_str()));
    Protocol::from_files([("protocol.toml", MANIFEST)].into_iter().chain(texts))
}

/// The rule of the documentation, word by word.
fn naive(claims: &[Claim], time: Micros, area: &str) -> Option<u8> {
    let mut best: Option<&Claim> = None;
    for claim in claims {
        let holds = area.starts_with(claim.scope) && claim.start() <= time && time < claim.end();
        let better =
            best.is_none_or(|b| (claim.scope.len(), claim.start()) > (b.scope.len(), b.start()));
        if holds && better {
            best = Some(claim);
        }
    }
    best.map(|c| c.hours)
}

fn contested(claims: &[Claim]) -> bool {
    claims.iter().enumerate().any(|(n, a)| {
        claims[n + 1..].iter().any(|b| {
            let (first, second) = if a.from <= b.from { (a, b) } else { (b, a) };
            a.scope == b.scope
                && (a.from == b.from || first.to.is_some_and(|end| second.from < end))
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn the_value_is_that_of_a_naive_scan(claims in claims()) {
        let protocol = match load(&claims) {
            Ok(protocol) => {
                prop_assert!(!contested(&claims));
                protocol
            }
            Err(ProtocolError::Overlap { .. }) => {
                prop_assert!(contested(&claims));
                return Ok(());
            }
            Err(other) => return Err(TestCaseError::fail(other.to_string())),
        };
        for n in 1..=31u8 {
            for area in ["220202", "220203", "220102", "310101", "440101"] {
                let code = AreaCode::parse(area).expect("an area");
                // The instants around midnight show which side a boundary belongs to.
                for time in [day(n) - Span(1), day(n), day(n) + Span(1), day(n) + Span::hours(7)] {
                    let edition = protocol.at(time, code);
                    prop_assert!(edition.from <= time && time < edition.to);
                    let found = edition.reporting().ok().map(|r| r.online.value);
                    let wanted = naive(&claims, time, area).map(|h| Span::hours(i64::from(h)));
                    prop_assert_eq!(found, wanted);
                    let explained = protocol.explain("rep.online", time, code).expect("known");
                    let text = explained.current.map(|s| s.rule.text.en.clone());
                    let in_edition = edition.rule("rep.online").map(|r| r.text.en.clone());
                    prop_assert_eq!(text, in_edition);
                }
            }
        }
    }

    #[test]
    fn histories_are_unbroken_and_in_order(claims in claims()) {
        let Ok(protocol) = load(&claims) else { return Ok(()) };
        let area = AreaCode::parse("220202").expect("an area");
        let history = protocol.explain("rep.online", day(1), area).expect("known").history;
        prop_assert_eq!(history[0].from, day(1));
        prop_assert_eq!(history[history.len() - 1].to, Micros::MAX);
        for pair in history.windows(2) {
            prop_assert_eq!(pair[0].to, pair[1].from);
            prop_assert!(pair[0].rule != pair[1].rule, "a switch that changes nothing");
        }
    }

    /// Every rule of every group of `cn-2022`, at any time and in any area.
    #[test]
    fn the_shipped_protocol_resolves_as_its_listing_says(
        hours in -4_000i64..30_000,
        nudge in -1i64..=1,
        area in prop::sample::select(vec![220_202u32, 220_102, 310_101, 440_106, 320_902, 230_102, 440_305, 110_101]),
        at_switch in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let protocol = shipped();
        let time = match at_switch {
            Some(index) => protocol.switches()[index.index(protocol.switches().len())] + Span(nudge),
            None => day(1) + Span::hours(hours),
        };
        let area = AreaCode::new(area).expect("an area");
        let edition = protocol.at(time, area);
        let rows = protocol.parameters();
        let mut ids: Vec<_> = rows.iter().map(|r| r.id).collect();
        ids.dedup();
        for id in ids {
            let width = |s: AreaScope| s.bounds().1 - s.bounds().0;
            let wanted = rows
                .iter()
                .filter(|r| r.id == id && r.applies_to.contains(area) && r.valid_from <= time)
                .filter(|r| r.valid_to.is_none_or(|end| time < end))
                .min_by_key(|r| (width(r.applies_to), std::cmp::Reverse(r.valid_from)));
            let found = edition.rule(id);
            prop_assert_eq!(
                found.map(|r| (&r.text, &r.edition.file, r.edition.valid_from)),
                wanted.map(|r| (&r.value, &r.file, r.valid_from))
            );
        }
    }
}

fn shipped() -> &'static Protocol {
    static SHIPPED: std::sync::OnceLock<Protocol> = std::sync::OnceLock::new();
    SHIPPED.get_or_init(|| Protocol::bundled().expect("the bundled protocol loads"))
}

#[test]
fn a_dated_exception_gives_back_to_what_it_replaced() {
    let claims = [
        Claim { scope: "", from: 1, to: None, hours: 10 },
        Claim { scope: "", from: 5, to: Some(8), hours: 20 },
    ];
    let protocol = load(&claims).expect("it loads");
    let online = |n| {
        let edition = protocol.at(day(n), AreaCode::NONE);
        edition.reporting().expect("in force").online.value
    };
    assert_eq!([4, 5, 7, 8].map(online), [10, 20, 20, 10].map(Span::hours));
}
