//! The claim and its rules: by example, and by property.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use cases::FoundIn;
use ledger::{Actor, Asked, Decision, Desk, Units};
use proptest::prelude::*;
use protocol::Protocol;
use tracing_desk::Calendar;
use types::{AreaCode, CommandId, Micros, PlaceCode, Refusal, RoundId, Span, UnitId};
use zero::{
    Claim, Command, Criteria, Degree, Document, EnterSignal, Event, Finding, Ground, Infection,
    Kind, Level, Numbers, Reaction, RoundNumbers, Standing, What, Zero, claim,
};

/// Read once: a property asks for it a thousand times.
fn protocol() -> Arc<Protocol> {
    static BUNDLED: OnceLock<Arc<Protocol>> = OnceLock::new();
    let read = || Arc::new(Protocol::bundled().expect("the bundled protocol"));
    BUNDLED.get_or_init(read).clone()
}

fn at(text: &str) -> Micros {
    Micros::parse(text).expect("a time")
}

/// Noon of 8 April 2022, when Jilin City declared zero.
fn now() -> Micros {
    at("2022-04-08T12:00:00+08:00")
}

fn area(n: u32) -> AreaCode {
    AreaCode::new(n).expect("six digits")
}

fn calendar() -> Calendar {
    Calendar::of("Asia/Shanghai")
}

fn ground(text: &str) -> Ground {
    Ground::parse(text).expect("a ground")
}

fn place(text: &str) -> PlaceCode {
    PlaceCode::parse(text).expect("a place")
}

fn criteria(of: u32, when: Micros) -> Criteria {
    Criteria::of(protocol().at(when, area(of))).expect("rules of zero")
}

/// A round of a hundred thousand people that began so many hours ago, and is over.
fn round(n: u8, hours: i64) -> RoundNumbers {
    RoundNumbers {
        round: RoundId::from_bytes([n; 16]),
        name_zh: "全员核酸".into(),
        name_en: "Everybody".into(),
        number: i64::from(n),
        starts_at: now() - Span::hours(hours),
        ends_at: now() - Span::hours(hours - 24),
        closed_at: None,
        planned: 100_000,
        exempt: 1_000,
        sampled: 98_990,
        settled: 98_950,
        tubes: 0,
        recalled: 0,
    }
}

/// Nobody was found, and everything is as it should be.
fn clean() -> Numbers {
    Numbers { rounds: vec![round(3, 30), round(2, 54), round(1, 78)], ..Numbers::default() }
}

fn found(numbers: &mut Numbers, hours: i64, found_in: Option<FoundIn>, n: i64) {
    numbers.found.insert((now() - Span::hours(hours), found_in), n);
}

fn worked_out(of: u32, numbers: &Numbers) -> Claim {
    claim(&criteria(of, now()), &calendar(), numbers, now()).expect("a claim")
}

const JILIN: u32 = 220_202;

#[test]
fn everything_is_met_where_nothing_is_wrong() {
    let claim = worked_out(JILIN, &clean());
    assert_eq!(claim.failing().collect::<Vec<_>>(), Vec::<&zero::Item>::new());
    assert_eq!(claim.level, Level::Zero);
    assert_eq!(claim.items.iter().map(|item| item.what).collect::<Vec<_>>(), What::ALL.to_vec());
    assert!(claim.none_left >= 0.95, "{}", claim.none_left);
}

#[test]
fn each_thing_that_is_wrong_fails_its_own_item() {
    type Spoil = fn(&mut Numbers);
    let spoilt: [(What, Spoil); 11] = [
        (What::Coverage, |n| n.rounds[0].settled = 97_000),
        (What::Blind, |n| n.rounds[0].sampled = 98_700),
        (What::Tubes, |n| n.rounds[0].tubes = 1),
        (What::Pools, |n| n.rounds[0].recalled = 1),
        (What::Queue, |n| n.queued = 1),
        (What::Contacts, |n| n.to_move = 1),
        (What::Sweeps, |n| n.sweeps = 1),
        (What::Unswept, |n| n.unswept = 1),
        (What::Strays, |n| n.strays = 1),
        (What::Signals, |n| n.signals = 1),
        (What::Fresh, |n| {
            n.rounds.iter_mut().for_each(|round| round.starts_at = now() - Span::hours(80))
        }),
    ];
    for (what, spoil) in spoilt {
        let mut numbers = clean();
        spoil(&mut numbers);
        let claim = worked_out(JILIN, &numbers);
        let failing: Vec<What> = claim.failing().map(|item| item.what).collect();
        assert!(failing.contains(&what), "{what}: {failing:?}");
        assert_eq!(claim.level, Level::Zero, "{what} is not the claim itself");
    }
    let never = Numbers::default();
    let claim = worked_out(JILIN, &never);
    for what in [What::Rounds, What::Coverage, What::Fresh, What::Sure] {
        assert!(!claim.item(what).expect("an item").passes, "{what}");
    }
}

#[test]
fn since_when_goes_by_the_last_day_with_somebody_in_the_community() {
    let mut numbers = clean();
    found(&mut numbers, 5 * 24, Some(FoundIn::Community), 2);
    found(&mut numbers, 24, Some(FoundIn::Quarantine), 87);
    found(&mut numbers, 26, Some(FoundIn::Locked), 56);
    let claim = worked_out(JILIN, &numbers);
    assert_eq!(claim.since, at("2022-04-04T00:00:00+08:00"));
    assert_eq!(
        claim.level,
        Level::Zero,
        "87 + 56 were found in quarantine and behind locked doors"
    );
    // Somebody of whom nobody told where he was found counts as found in the community.
    found(&mut numbers, 2, None, 1);
    let claim = worked_out(JILIN, &numbers);
    assert_eq!((claim.level, claim.since), (Level::None, at("2022-04-09T00:00:00+08:00")));
    let failing: Vec<What> = claim.failing().map(|item| item.what).collect();
    assert!(failing.contains(&What::Infections) && failing.contains(&What::Untold), "{failing:?}");
}

#[test]
fn shanghai_counts_controlled_areas_and_knows_a_basic_zero() {
    let when = at("2022-05-13T12:00:00+08:00");
    let rule = criteria(310_104, when);
    assert!(!rule.judged);
    assert_eq!(rule.said.rule, "zero.sh");
    let day = |n: i64| when - Span::days(n);
    let with = |found_in, n| {
        let mut numbers = clean();
        numbers.rounds[0].planned = 1_000_000;
        numbers.found.insert((day(2), Some(found_in)), n);
        claim(&rule, &calendar(), &numbers, when).expect("a claim")
    };
    assert_eq!(with(FoundIn::Controlled, 9).level, Level::Basic, "0.9 of 100,000");
    assert_eq!(with(FoundIn::Controlled, 10).level, Level::None, "1 of 100,000 is not below 1");
    assert_eq!(with(FoundIn::Locked, 10).level, Level::Zero);
    // In Jilin whoever is found in a controlled area is not found in the community.
    let mut numbers = clean();
    found(&mut numbers, 24, Some(FoundIn::Controlled), 10);
    assert_eq!(worked_out(JILIN, &numbers).level, Level::Zero);
}

#[test]
fn a_round_that_goes_on_is_not_held_against_anybody() {
    let mut numbers = clean();
    let mut running = round(4, 2);
    (running.sampled, running.settled, running.tubes) = (10_000, 0, 1_000);
    numbers.rounds.insert(0, running);
    let claim = worked_out(JILIN, &numbers);
    assert_eq!(claim.failing().count(), 0, "{:?}", claim.failing().collect::<Vec<_>>());
}

#[test]
fn a_ground_answers_for_what_nobody_can_place() {
    let street = ground("220202001");
    assert!(street.holds(area(JILIN), Some(&place("220202001003-02"))));
    assert!(!street.holds(area(JILIN), Some(&place("220202002003-02"))));
    assert!(street.holds(area(JILIN), None) && street.holds(area(JILIN), Some(&place("220202"))));
    assert!(!street.holds(area(220_203), None));
    assert!(ground("2202").holds(area(220_203), None) && !ground("2201").holds(area(JILIN), None));
    for text in ["", "2", "22020", "2202020011", "22020A"] {
        assert!(Ground::parse(text).is_err(), "{text}");
    }
}

/// A small desk: commands are decided and applied, nothing is stored.
struct Bench {
    desk: Zero,
    state: zero::State,
    next: u8,
}

impl Bench {
    fn new() -> Bench {
        Bench { desk: Zero::new(protocol()), state: zero::State::default(), next: 1 }
    }

    fn signed(&self) -> Vec<&zero::Certificate> {
        self.state.certificates().collect()
    }

    fn put(&mut self, document: Document) {
        let id = CommandId::from_bytes([self.next; 16]);
        self.next += 1;
        let digest = document.digest();
        let event = Event::Signed { document: Box::new(document), digest };
        self.apply(id, &Decision::fact(event));
    }

    fn apply(&mut self, id: CommandId, decision: &Decision<Event>) {
        let actor = Actor { user: "commander".into(), holder: None };
        let asked = Asked {
            id,
            area: area(JILIN),
            event_time: now(),
            clock_offset: Span(0),
            device: None,
            actor: &actor,
            command: &(),
        };
        let entry = asked.entry(now());
        for event in &decision.events {
            self.desk.apply(&Units::default(), &mut self.state, &entry, event);
        }
    }

    fn decide(&mut self, command: &Command) -> Result<Decision<Event>, Refusal> {
        let actor = Actor { user: "commander".into(), holder: None };
        let id = CommandId::from_bytes([self.next; 16]);
        self.next += 1;
        let asked = Asked {
            id,
            area: area(JILIN),
            event_time: now(),
            clock_offset: Span(0),
            device: None,
            actor: &actor,
            command,
        };
        let decision = self.desk.decide(&Units::default(), &self.state, asked, now())?;
        self.apply(id, &decision);
        Ok(decision)
    }

    fn react(&mut self, reactions: &[Reaction]) -> Decision<Event> {
        let actor = Actor { user: "laboratory".into(), holder: None };
        let id = CommandId::from_bytes([self.next; 16]);
        self.next += 1;
        let asked = Asked {
            id,
            area: area(JILIN),
            event_time: now(),
            clock_offset: Span(0),
            device: None,
            actor: &actor,
            command: &(),
        };
        let decision = self.desk.react(&self.state, asked, now(), reactions);
        self.apply(id, &decision);
        decision
    }
}

/// A certificate of a ground since 1 April, signed on the 8th.
fn document(of: &str, no: i64) -> Document {
    let rule = criteria(JILIN, now()).said;
    Document {
        ground: ground(of),
        no,
        degree: Degree::Zero,
        most: None,
        since: at("2022-04-01T00:00:00+08:00"),
        as_of: now(),
        until: now() + Span::days(7),
        rule: rule.clone(),
        evidence: rule,
        community: vec![FoundIn::Community],
        items: Vec::new(),
        days: Vec::new(),
        rounds: Vec::new(),
        sure: 9_900,
        signed_by: "指挥长".into(),
        reason: String::new(),
    }
}

#[test]
fn a_positive_signal_of_these_days_withdraws_and_stands_until_it_is_explained() {
    let mut bench = Bench::new();
    bench.put(document("220202", 1));
    let enter = Command::EnterSignal(EnterSignal {
        place: place("220202001"),
        kind: Kind::Wastewater,
        finding: Finding::Positive,
        value: "1.2e4 copies/L".into(),
        laboratory: "CDC".into(),
        note: String::new(),
    });
    let decided = bench.decide(&enter).expect("taken");
    assert_eq!(decided.events.len(), 2, "entered, and withdrawn in the same entry");
    assert_eq!(bench.signed()[0].standing(now()), Standing::Withdrawn);
    let signal = CommandId::from_bytes([2; 16]);
    let explain = |note: &str| {
        let (signed_by, note) = ("CDC".into(), note.into());
        Command::ExplainSignal(zero::ExplainSignal { signal, signed_by, note })
    };
    assert_eq!(bench.decide(&explain("")).expect_err("no reason").code, "note-needed");
    bench.decide(&explain("a released patient upstream")).expect("explained");
    assert_eq!(bench.decide(&explain("again")).expect_err("once").code, "zero-signal-closed");
    assert_eq!(bench.signed()[0].standing(now()), Standing::Withdrawn, "for good");
}

/// Basic zero of Shanghai's kind: at most nine a day, of which two are known on the 7th.
fn basic(no: i64) -> Document {
    let day = |text: &str, community| zero::Day {
        day: at(text),
        community,
        found: vec![(Some(FoundIn::Community), community)],
    };
    Document {
        degree: Degree::Basic,
        most: Some(9),
        days: vec![day("2022-04-07T00:00:00+08:00", 2)],
        ..document("220202", no)
    }
}

fn infection(n: u8, when: &str, found_in: FoundIn) -> Infection {
    Infection {
        case: cases::case_of_command(area(JILIN), CommandId::from_bytes([n; 16])),
        area: area(JILIN),
        place: Some(place("220202001001-01")),
        found_in: Some(found_in),
        at: at(when),
    }
}

#[test]
fn basic_zero_ends_when_a_day_has_more_than_it_allows() {
    let mut bench = Bench::new();
    bench.put(basic(1));
    let found = |n| infection(n, "2022-04-07T09:00:00+08:00", FoundIn::Community);
    let told = |n| Reaction::Infection { found: found(n), before: None };
    // One that was counted when it was signed, and is only known otherwise now.
    let known = Reaction::Infection { found: found(99), before: Some(found(99)) };
    let elsewhere = Reaction::Infection {
        found: infection(98, "2022-04-07T09:00:00+08:00", FoundIn::Quarantine),
        before: None,
    };
    assert!(bench.react(&[known, elsewhere]).events.is_empty());
    for n in 1..=7 {
        let decision = bench.react(&[told(n)]);
        assert_eq!(decision.events.len(), 1, "counted: {} of 9", n + 2);
        assert!(bench.react(&[told(n)]).events.is_empty(), "each once");
    }
    // Another day has its own number.
    let other = infection(20, "2022-04-06T09:00:00+08:00", FoundIn::Community);
    bench.react(&[Reaction::Infection { found: other, before: None }]);
    assert_eq!(bench.signed()[0].standing(now()), Standing::Valid);
    bench.react(&[told(8)]);
    let certificate = bench.signed()[0];
    assert_eq!(certificate.standing(now()), Standing::Withdrawn);
    assert_eq!(
        certificate.withdrawn.as_ref().map(|how| how.cause),
        Some(zero::Cause::Contradicted)
    );
    // No single sample speaks against basic zero.
    let mut bench = Bench::new();
    bench.put(basic(2));
    let pool = Reaction::Pool {
        tube: UnitId::printed(testing::TUBE, area(JILIN), 1),
        area: area(JILIN),
        place: None,
        found_in: Some(FoundIn::Community),
        sampled_at: at("2022-04-07T09:00:00+08:00"),
    };
    assert!(bench.react(&[pool]).events.is_empty());
}

#[test]
fn basic_zero_asks_for_what_can_be_so_while_some_are_found() {
    let when = at("2022-05-13T12:00:00+08:00");
    let rule = criteria(310_104, when);
    let mut numbers = clean();
    numbers.rounds[0].planned = 1_000_000;
    numbers.found.insert((when - Span::days(2), Some(FoundIn::Controlled)), 9);
    numbers.signals = 1;
    let claim = claim(&rule, &calendar(), &numbers, when).expect("a claim");
    let items = claim.items_for(Degree::Basic).expect("a rule of basic zero");
    let what: Vec<What> = items.iter().map(|item| item.what).collect();
    for left_out in [What::Pools, What::Signals, What::Sure] {
        assert!(!what.contains(&left_out), "{left_out}");
    }
    let first = items.iter().find(|item| item.what == What::Infections).expect("an item");
    assert_eq!((first.number, first.limit, first.passes), (9, 9, true));
    assert!(!claim.item(What::Infections).expect("an item").passes, "and it is not zero");
    // Where the command declares, there is no basic zero.
    assert_eq!(worked_out(JILIN, &clean()).items_for(Degree::Basic), None);
}

#[test]
fn what_is_found_around_makes_it_less_sure_in_proportion_to_the_people() {
    let with = |n: i64, people: i64, found_in| {
        let mut numbers = clean();
        numbers.around.insert((now() - Span::hours(30), Some(found_in)), n);
        numbers.people_around = people;
        let claim = worked_out(JILIN, &numbers);
        assert_eq!(claim.level, Level::Zero, "nobody was found here");
        claim.none_left
    };
    let alone = worked_out(JILIN, &clean()).none_left;
    let (few, many) =
        (with(20, 2_000_000, FoundIn::Community), with(400, 2_000_000, FoundIn::Community));
    assert!(alone > few && few > many, "{alone} {few} {many}");
    assert!(with(20, 20_000_000, FoundIn::Community) > few, "among more people");
    assert_eq!(
        with(400, 2_000_000, FoundIn::Quarantine),
        alone,
        "in quarantine they infect nobody here"
    );
}

#[test]
fn an_edition_without_sweeps_has_no_such_items() {
    let mut rule = criteria(JILIN, now());
    rule.sweeps = false;
    let mut numbers = clean();
    (numbers.sweeps, numbers.strays) = (1, 1);
    let claim = claim(&rule, &calendar(), &numbers, now()).expect("a claim");
    assert_eq!(claim.failing().count(), 0);
    assert!(claim.items.iter().all(|item| !item.what.is_unseen()));
}

#[test]
fn a_copy_that_was_changed_has_another_mark() {
    let genuine = document("220202", 1);
    let mut forged = genuine.clone();
    forged.until = forged.until + Span::days(30);
    assert_ne!(genuine.digest(), forged.digest());
    assert_eq!(genuine.digest(), document("220202", 1).digest());
    assert_eq!(genuine.digest().len(), 64);
    let read: Document =
        serde_json::from_str(&serde_json::to_string(&genuine).expect("json")).expect("reads");
    assert_eq!(read.digest(), genuine.digest(), "also when it was stored and read");
}

fn places() -> impl Strategy<Value = Option<PlaceCode>> {
    prop_oneof![
        Just(None),
        Just(Some(place("220202"))),
        Just(Some(place("220202001001-01"))),
        Just(Some(place("220202002001-01"))),
        Just(Some(place("220203001001-01"))),
    ]
}

fn reactions() -> impl Strategy<Value = Reaction> {
    let tags = prop_oneof![
        Just(None),
        Just(Some(FoundIn::Community)),
        Just(Some(FoundIn::Controlled)),
        Just(Some(FoundIn::Locked)),
        Just(Some(FoundIn::Quarantine)),
    ];
    (any::<u32>(), places(), tags, -20_i64..20, any::<bool>()).prop_map(
        |(n, place, found_in, days, pool)| {
            let area = place.as_ref().and_then(PlaceCode::area).unwrap_or(area(JILIN));
            let at = now() + Span::days(days);
            if pool {
                let tube = UnitId::printed(testing::TUBE, area, n % 1_000_000);
                return Reaction::Pool { tube, area, place, found_in, sampled_at: at };
            }
            let case = cases::case_of_command(area, CommandId::from_bytes([7; 16]));
            let found = Infection { case, area, place, found_in, at };
            Reaction::Infection { found, before: None }
        },
    )
}

proptest! {
    /// Whatever happens, and in whatever order: what was once withdrawn is never shown as valid again, what
    /// speaks against a certificate withdraws it at once, and nothing else does.
    #[test]
    fn what_was_withdrawn_is_never_valid_again(
        all in proptest::collection::vec(proptest::collection::vec(reactions(), 1..4), 1..12),
        later in 0_i64..100,
    ) {
        let mut bench = Bench::new();
        for (no, of) in ["220202", "220202001", "2202", "220203"].into_iter().enumerate() {
            bench.put(document(of, no as i64 + 1));
        }
        let mut gone: HashMap<CommandId, zero::Withdrawn> = HashMap::new();
        for group in all {
            let against = |document: &Document| group.iter().any(|reaction| match reaction {
                Reaction::Infection { found, .. } => document.contradicted_by(found).is_some(),
                Reaction::Pool { area, place, found_in, sampled_at, .. } => {
                    found_in.is_none_or(|found| found == FoundIn::Community)
                        && document.is_about(*area, place.as_ref(), *sampled_at)
                }
            });
            let expected: Vec<CommandId> = bench
                .signed()
                .into_iter()
                .filter(|known| known.withdrawn.is_none() && against(&known.document))
                .map(|known| known.id)
                .collect();
            let decision = bench.react(&group);
            let withdrawn: Vec<CommandId> = decision
                .events
                .iter()
                .filter_map(|event| match event {
                    Event::Withdrawn { certificate, .. } => Some(*certificate),
                    _ => None,
                })
                .collect();
            let mut sorted = withdrawn.clone();
            sorted.sort_unstable();
            prop_assert_eq!(sorted, expected, "each once, those and no others");
            for known in bench.signed() {
                match (&known.withdrawn, gone.get(&known.id)) {
                    (None, earlier) => prop_assert!(earlier.is_none()),
                    (Some(how), Some(earlier)) => prop_assert_eq!(how, earlier, "as it was first"),
                    (Some(how), None) => {
                        gone.insert(known.id, how.clone());
                    }
                }
                let standing = known.standing(now() + Span::days(later));
                if known.withdrawn.is_some() {
                    prop_assert_eq!(standing, Standing::Withdrawn);
                } else {
                    prop_assert_ne!(standing, Standing::Withdrawn);
                }
            }
        }
    }
}
