//! What is only known of now: what is late, what does not balance, what runs out.

use std::collections::BTreeMap;

use care::{BedState, Flow, Level, Stage};
use cases::Standing;
use ledger::views::LateLine;
use testing::views::{LabLine, StageCounts};
use testing::{Round, Stage as TestStage};
use types::{AreaCode, AreaScope, Micros, PlaceCode, Span, UnitKind};

use super::super::super::testing::names::Names;
use super::super::super::testing::words as test_words;
use super::Fact;
use crate::i18n::number;
use crate::seat::Seat;
use crate::ui::parts::Tone;
use crate::{Fault, t};

/// Over which time a pace is measured.
const PACE: Span = Span::hours(24);
/// Most of what has no place of its own that is counted.
const MOST: i64 = 500;

/// Beds of one level of care.
#[derive(Clone, Copy, Debug)]
pub struct Beds {
    /// The level.
    pub level: Level,
    /// Places with a bed and staff.
    pub usable: i64,
    /// How many more people it can take.
    pub room: i64,
}

/// What is only known of now.
#[derive(Debug)]
pub struct Live {
    /// What the cases desks have before them.
    pub standing: BTreeMap<Standing, i64>,
    /// What is late, and with whom, the oldest deadline first.
    pub late: Vec<LateLine>,
    /// Kinds of units that do not balance, by county.
    pub broken: Vec<((AreaCode, UnitKind), i64)>,
    /// Disputes, gaps, unexplained arrivals that are open.
    pub findings: i64,
    /// Certificates of community zero that were withdrawn in the last days (up to [`MOST`]).
    pub withdrawn: i64,
    /// Episodes of care.
    pub care: care::views::Numbers,
    /// Beds by level.
    pub beds: Vec<Beds>,
    /// By how many more people came than left in a day.
    pub net: i64,
    /// Laboratories.
    pub labs: Vec<LabLine>,
    /// The round that runs, with how far it is.
    pub round: Option<(Round, StageCounts)>,
    /// Households that lack something, and those that have for too long.
    pub unmet: (i64, i64),
    /// The names of holders and areas.
    pub names: Names,
}

impl Live {
    /// Reads all of it.
    pub(super) async fn load(seat: &Seat, scope: AreaScope, now: Micros) -> Result<Live, Fault> {
        let mut db = seat.db().await?;
        let standing = cases::views::standing(&mut db, scope).await?;
        let late = ledger::views::late(&mut db, scope, now).await?;
        let balance = ledger::views::balance(&mut db, scope).await?;
        let broken = balance
            .into_iter()
            .map(|(key, line)| (key, line.difference()))
            .filter(|(_, difference)| *difference != 0)
            .collect();
        let findings = ledger::views::findings_open(&mut db, scope).await?;
        let since = now - Span::days(7);
        let withdrawn =
            zero::views::withdrawn_since(&mut db, scope, since, MOST).await?.len() as i64;
        let care = care::views::numbers(&mut db, scope).await?;
        let boards = care::views::board(&mut db, scope).await?;
        let flows = care::views::flows(&mut db, scope, now - PACE, now + Span::hours(1)).await?;
        let region = region(scope);
        let labs = testing::views::laboratories(&mut db, region, now - PACE, now).await?;
        let rounds = testing::views::rounds(&mut db).await?;
        let running = rounds
            .into_iter()
            .filter(|round| round.closed_at.is_none() && round.starts_at <= now)
            .max_by_key(|round| round.starts_at);
        let round = match running {
            Some(round) => {
                let counts = testing::views::totals(&mut db, scope, round.id).await?;
                Some((round, counts))
            }
            None => None,
        };
        let unmet = supply::views::unmet_counts(&mut db, scope, "", now).await?;
        let unmet =
            unmet.iter().fold((0, 0), |sum, line| (sum.0 + line.households, sum.1 + line.alarm));
        let holders = late.iter().map(|l| l.holder.as_str());
        let holders = holders.chain(labs.iter().map(|l| l.lab.as_str()));
        let places = late.iter().filter_map(|l| PlaceCode::parse(&l.area.to_string()).ok());
        let names = Names::of_holders(&mut db, holders).await?;
        let names = names.and(Names::of_places(&mut db, places).await?);
        let mut beds: BTreeMap<Level, Beds> = BTreeMap::new();
        for ward in boards.iter().filter(|b| b.facility.is_open(now)).flat_map(|b| &b.wards) {
            let level = ward.level;
            let sum = beds.entry(level).or_insert(Beds { level, usable: 0, room: 0 });
            sum.usable += ward.usable();
            sum.room += ward.room();
            debug_assert!(ward.room() <= ward.of(BedState::Free));
        }
        let flow = |wanted: Flow| -> i64 {
            flows.iter().filter(|((_, what), _)| *what == wanted).map(|(_, n)| n).sum()
        };
        let left = [Flow::Discharged, Flow::Released, Flow::Died].map(flow).iter().sum::<i64>();
        Ok(Live {
            standing,
            late,
            broken,
            findings,
            withdrawn,
            care,
            beds: beds.into_values().collect(),
            net: flow(Flow::Admitted) - left,
            labs,
            round,
            unmet,
            names,
        })
    }

    /// What is late with somebody: the kind, and the step whose time is over, or that it is packed and late
    /// by a limit of its own.
    pub fn late_what(seat: &Seat, line: &LateLine) -> String {
        let step = match line.packed {
            true => t!(seat, "late-packed"),
            false => test_words::step(seat, &line.step),
        };
        format!("{} · {step}", test_words::kind(seat, line.kind))
    }

    fn standing(&self, what: Standing) -> i64 {
        self.standing.get(&what).copied().unwrap_or(0)
    }

    /// What is late.
    pub fn late(&self, seat: &Seat, scope: AreaScope, now: Micros) -> Vec<Fact> {
        let units: i64 = self.late.iter().map(|line| line.units).sum();
        let bad = |n: i64, tone: Tone| if n > 0 { tone } else { Tone::Good };
        let href = |path: &str| {
            let mark = if path.contains('?') { '&' } else { '?' };
            open(seat, path, format!("{path}{mark}area={scope}"))
        };
        let waiting = self.care.waiting(now, Span::hours(24), None);
        let to_report = self.standing(Standing::ToReport);
        let unexamined = self.standing(Standing::Unexamined);
        let mut facts = vec![
            Fact {
                key: "late",
                value: number(units),
                href: href("/testing/late"),
                detail: self
                    .late
                    .first()
                    .map(|l| t!(seat, "board-oldest", time = seat.span(now - l.oldest_deadline))),
                tone: bad(units, Tone::Bad),
            },
            Fact {
                key: "waiting",
                value: number(waiting),
                href: href("/care/queue?over=24"),
                detail: Some(t!(seat, "board-of-queue", n = number(self.care.queued()))),
                tone: bad(waiting, Tone::Bad),
            },
            Fact {
                key: "to-report",
                value: number(to_report),
                href: href("/cases?status=open&unreported=1"),
                detail: None,
                tone: bad(to_report, Tone::Warning),
            },
            Fact {
                key: "unexamined",
                value: number(unexamined),
                href: href("/cases?status=open&class=screen_positive"),
                detail: None,
                tone: bad(unexamined, Tone::Warning),
            },
        ];
        // A household that has lacked something for too long is an alarm; where nobody lacks anything there is none.
        let (lacking, alarm) = self.unmet;
        if lacking > 0 {
            let long = if alarm > 0 { "?over=1" } else { "" };
            let time = seat.span(supply::unmet::ALARM_AFTER);
            facts.push(Fact {
                key: "unmet",
                value: number(if alarm > 0 { alarm } else { lacking }),
                href: href(&format!("/supply/unmet{long}")),
                detail: Some(match alarm {
                    1.. => t!(seat, "board-unmet-of", n = number(lacking), time = time),
                    _ => t!(seat, "board-unmet-none-long", time = time),
                }),
                tone: if alarm > 0 { Tone::Bad } else { Tone::Warning },
            });
        }
        facts
    }

    /// What does not balance.
    pub fn balance(&self, seat: &Seat, scope: AreaScope) -> Vec<Fact> {
        let difference: i64 = self.broken.iter().map(|(_, n)| n.abs()).sum();
        let fact = |key, n: i64, path: &str, tone: Tone, least: bool| Fact {
            key,
            value: if least && n >= MOST { format!("≥ {}", number(n)) } else { number(n) },
            href: open(seat, path, format!("{path}?area={scope}")),
            detail: None,
            tone: if n > 0 { tone } else { Tone::Good },
        };
        let mut facts = vec![
            fact("balance", difference, "/testing/balance", Tone::Bad, false),
            fact("findings", self.findings, "/testing/findings", Tone::Warning, false),
        ];
        // A false all-clear is an alarm; that there is none is not worth a place on the board.
        if self.withdrawn > 0 {
            let href = format!("/zero/certificates?withdrawn=1&area={scope}");
            facts.push(Fact {
                href: open(seat, "/zero/certificates", href),
                ..fact("zero-withdrawn", self.withdrawn, "/zero/certificates", Tone::Bad, true)
            });
        }
        facts
    }

    /// In how many hours something is used up at a pace for a day; nothing when it is not.
    pub fn hours_until(left: i64, a_day: i64) -> Option<i64> {
        (a_day > 0).then(|| (left.max(0) as f64 * 24.0 / a_day as f64).floor() as i64)
    }

    /// How many hours of work wait in a laboratory, at the pace of the last day or else at the
    /// staffed one; nothing when nothing waits or nobody works.
    pub fn backlog(lab: &LabLine) -> Option<f64> {
        let pace = if lab.measured > 0 { lab.measured } else { lab.staffed };
        (lab.waiting > 0 && pace > 0).then(|| lab.waiting as f64 * 24.0 / pace as f64)
    }

    /// What runs out next.
    pub fn runs_out(&self, seat: &Seat, scope: AreaScope) -> Vec<Fact> {
        let room: i64 = self.beds.iter().map(|b| b.room).sum();
        let hours = Live::hours_until(room, self.net);
        let queued = self.care.of(Stage::Waiting);
        let beds_tone = match hours {
            Some(n) if n < 24 => Tone::Bad,
            _ if room < queued => Tone::Bad,
            Some(n) if n < 72 => Tone::Warning,
            _ => Tone::Good,
        };
        let mut facts = vec![Fact {
            key: "beds",
            value: number(room),
            href: open(seat, "/care", format!("/care?area={scope}#beds")),
            detail: Some(match hours {
                Some(n) => t!(seat, "board-beds-until", hours = number(n)),
                None => t!(seat, "board-beds-enough"),
            }),
            tone: beds_tone,
        }];
        let waiting: i64 = self.labs.iter().map(|l| l.waiting).sum();
        let longest = self.labs.iter().filter_map(Live::backlog).fold(0.0, f64::max);
        let stuck = self.labs.iter().any(|l| l.waiting > 0 && Live::backlog(l).is_none());
        facts.push(Fact {
            key: "laboratories",
            value: number(waiting),
            href: open(
                seat,
                "/testing/laboratories",
                format!("/testing/laboratories?area={scope}"),
            ),
            detail: Some(match stuck {
                true => t!(seat, "board-labs-stuck"),
                false => t!(seat, "board-labs-hours", hours = format!("{longest:.1}")),
            }),
            tone: match (stuck, longest) {
                (true, _) => Tone::Bad,
                (false, hours) if hours > 12.0 => Tone::Bad,
                (false, hours) if hours > 6.0 => Tone::Warning,
                _ => Tone::Good,
            },
        });
        if let Some((round, counts)) = &self.round {
            let blind = counts.blind();
            let left = round.ends_at - seat.now();
            let time = match left > Span(0) {
                true => t!(seat, "time-left", time = seat.span(left)),
                false => t!(seat, "board-round-over", time = seat.span(Span(-left.0))),
            };
            let planned = counts.persons(TestStage::Planned);
            let href = format!("/testing/rounds/{}/blind?area={scope}", round.id);
            facts.push(Fact {
                key: "unswabbed",
                value: number(blind),
                href: open(seat, "/testing/rounds/{round}/blind", href),
                detail: Some(t!(seat, "board-of-planned", n = number(planned), time = time)),
                tone: if blind > 0 { Tone::Warning } else { Tone::Good },
            });
        }
        facts
    }
}

/// An address for those who may open its route.
fn open(seat: &Seat, route: &str, href: String) -> Option<String> {
    let route = route.split('?').next().unwrap_or(route);
    seat.may_open(route).then_some(href)
}

/// A city's laboratories test for all of its counties.
pub fn region(scope: AreaScope) -> AreaScope {
    let text = scope.to_string();
    text.get(..4).and_then(|digits| AreaScope::parse(digits).ok()).unwrap_or(scope)
}
