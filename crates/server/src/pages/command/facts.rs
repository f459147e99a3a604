//! What the board shows, read from counters: what is new and where, what is late, what does not
//! balance, what runs out, what was decided. The board, the meeting's sheets and the evidence of
//! decisions all come from here, so that they say the same.

use std::collections::BTreeMap;

use care::{BedState, Flow, Level, Stage};
use cases::views::{AreaFigures, Figures, Window};
use cases::{FoundIn, Measure, Standing};
use command::{Bulletin, Decision, Evidence, views};
use ledger::views::LateLine;
use testing::views::{LabLine, StageCounts};
use testing::{Round, Stage as TestStage};
use types::{AreaCode, AreaScope, Micros, PlaceCode, Refusal, Span, UnitKind};

use super::super::testing::names::Names;
use super::super::testing::words as test_words;
use crate::i18n::number;
use crate::seat::Seat;
use crate::ui::parts::{Figure, Tone};
use crate::ui::time::{Local, parse_local};
use crate::{Fault, t};

/// Days in the line of the last days.
const DAYS: i64 = 14;
/// Over which time a pace is measured.
const PACE: Span = Span::hours(24);
/// Most of what has no place of its own that is counted.
const MOST: i64 = 500;
/// Decisions on the board.
const DECISIONS: i64 = 6;

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
    /// The names of holders and areas.
    pub names: Names,
}

/// What the board shows.
#[derive(Debug)]
pub struct Facts {
    /// The areas.
    pub scope: AreaScope,
    /// The time that it is of.
    pub at: Micros,
    /// The local day, `2022-04-09`.
    pub day: String,
    /// The day so far.
    pub today: Figures,
    /// The day before until the same hour.
    pub before: Figures,
    /// Of an earlier moment: the same day by what is known today.
    pub since: Option<Figures>,
    /// The day so far by county.
    pub areas: Vec<AreaFigures>,
    /// Infections of the last days, the last one so far.
    pub days: Vec<i64>,
    /// What is only known of now; nothing of an earlier time.
    pub live: Option<Live>,
    /// Decisions that hold, those that end first first.
    pub in_force: Vec<Decision>,
    /// The latest decisions.
    pub decided: Vec<Decision>,
    /// The last bulletin.
    pub bulletin: Option<Bulletin>,
}

/// A figure with its key, for the board and as evidence.
#[derive(Debug)]
pub struct Fact {
    /// Its key: `board-KEY` names it.
    pub key: &'static str,
    /// The number.
    pub value: String,
    /// Its rows.
    pub href: Option<String>,
    /// More about it.
    pub detail: Option<String>,
    /// How it stands.
    pub tone: Tone,
}

impl Fact {
    /// The name of a fact.
    pub fn label(seat: &Seat, key: &str) -> String {
        seat.text_if(&format!("board-{key}")).unwrap_or_else(|| key.to_owned())
    }

    /// As a figure of a page.
    pub fn figure(self, seat: &Seat) -> Figure {
        Figure {
            label: Fact::label(seat, self.key),
            value: self.value,
            href: self.href,
            detail: self.detail,
            tone: self.tone,
        }
    }

    /// As evidence, frozen.
    pub fn evidence(self, at: Micros) -> Evidence {
        let value = match self.detail {
            Some(detail) => format!("{} · {detail}", self.value),
            None => self.value,
        };
        let href = self.href.unwrap_or_default();
        Evidence { what: self.key.to_owned(), value, href, at }
    }
}

impl Facts {
    /// Reads all of it, as known at a time or now.
    pub async fn load(seat: &Seat, as_of: Option<Micros>) -> Result<Facts, Fault> {
        let scope = seat.scope();
        let at = as_of.unwrap_or_else(|| seat.now());
        let day = Local::new(at, seat.app().zone()).day().to_owned();
        let from =
            parse_local(&format!("{day}T00:00"), seat.app().zone()).map_err(Refusal::from)?;
        let mut db = seat.db().await?;
        let window = Window { scope, from, until: from + Span::days(1), as_of };
        let today = cases::views::figures(&mut db, &window).await?;
        let since = match as_of {
            None => None,
            Some(at) => {
                // Until the same moment: what came later that day is no change of what was known.
                let now = Window { until: at.hour_start(), as_of: None, ..window };
                Some(cases::views::figures(&mut db, &now).await?)
            }
        };
        let areas = cases::views::by_area(&mut db, &window).await?;
        // Whole hours: of the day before as many as have begun today.
        let hours = (at - from).0 / Span::hours(1).0 + 1;
        let earlier = from - Span::days(1);
        let before = Window { from: earlier, until: earlier + Span::hours(hours), ..window };
        let before = cases::views::figures(&mut db, &before).await?;
        let first = from - Span::days(DAYS - 1);
        let whole = Window { from: first, ..window };
        let mut days = vec![0; DAYS as usize];
        for (hour, figures) in cases::views::by_hour(&mut db, &whole).await? {
            let n = usize::try_from((hour - first).0 / Span::days(1).0).unwrap_or(0);
            if let Some(day) = days.get_mut(n) {
                *day += figures.total(Measure::Infections);
            }
        }
        let mut in_force = views::in_force(&mut db, scope, at, DECISIONS).await?;
        if as_of.is_some() {
            // What was recorded later was not known, though it held.
            in_force.retain(|decision| decision.recorded_at <= at);
        }
        let filter = views::Filter { as_of, ..views::Filter::of(scope) };
        let decided = views::decisions(&mut db, &filter, None, DECISIONS).await?;
        let bulletin = last_bulletin(&mut db, scope, at).await?;
        drop(db);
        let live = match as_of {
            None => Some(Live::load(seat, scope, at).await?),
            Some(_) => None,
        };
        Ok(Facts {
            scope,
            at,
            day,
            today,
            before,
            since,
            areas,
            days,
            live,
            in_force,
            decided,
            bulletin,
        })
    }

    /// The address of the cases behind a figure of the day, as known when the figure was.
    pub fn cases(
        &self,
        seat: &Seat,
        scope: AreaScope,
        measure: Measure,
        found_in: Option<FoundIn>,
    ) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("measure", measure.as_str()).append_pair("day", &self.day);
        if let Some(found_in) = found_in {
            query.append_pair("found_in", found_in.as_str());
        }
        if let Some(as_of) = seat.param("as_of").filter(|_| self.live.is_none()) {
            query.append_pair("as_of", &as_of);
        }
        query.append_pair("area", &scope.to_string());
        format!("/cases/counts/list?{}", query.finish())
    }

    /// Of an earlier moment: what a figure is by what is known today, or that it is the same.
    fn changed(
        &self,
        seat: &Seat,
        then: i64,
        measure: Measure,
        found_in: Option<FoundIn>,
    ) -> Option<String> {
        let since = self.since.as_ref()?;
        let today = match found_in {
            None => since.total(measure),
            Some(_) => since.found(measure, found_in),
        };
        Some(match then == today {
            true => t!(seat, "as-of-same"),
            false => t!(seat, "as-of-today-n", n = number(today)),
        })
    }

    /// What is new.
    pub fn fresh(&self, seat: &Seat) -> Vec<Fact> {
        let all = self.today.total(Measure::Infections);
        let earlier = self.before.total(Measure::Infections);
        let outside = Some(FoundIn::Community);
        let community = self.today.found(Measure::Infections, outside);
        let mut facts = vec![
            Fact {
                key: "infections",
                value: number(all),
                href: Some(self.cases(seat, self.scope, Measure::Infections, None)),
                detail: self
                    .changed(seat, all, Measure::Infections, None)
                    .or_else(|| Some(t!(seat, "board-yesterday", n = number(earlier)))),
                tone: Tone::Plain,
            },
            Fact {
                key: "community",
                value: number(community),
                href: Some(self.cases(seat, self.scope, Measure::Infections, outside)),
                detail: self.changed(seat, community, Measure::Infections, outside),
                tone: if community > 0 { Tone::Bad } else { Tone::Good },
            },
        ];
        for (key, measure) in [
            ("confirmed", Measure::Confirmed),
            ("asymptomatic", Measure::Asymptomatic),
            ("died", Measure::Died),
        ] {
            let n = self.today.total(measure);
            if measure == Measure::Died && n == 0 {
                continue;
            }
            facts.push(Fact {
                key,
                value: number(n),
                href: Some(self.cases(seat, self.scope, measure, None)),
                detail: self.changed(seat, n, measure, None),
                tone: if measure == Measure::Died { Tone::Bad } else { Tone::Plain },
            });
        }
        facts
    }

    /// Everything that can be evidence.
    pub fn all(&self, seat: &Seat) -> Vec<Fact> {
        let mut facts = self.fresh(seat);
        if let Some(live) = &self.live {
            facts.extend(live.late(seat, self.scope, self.at));
            facts.extend(live.balance(seat, self.scope));
            facts.extend(live.runs_out(seat, self.scope));
        }
        facts
    }
}

/// The latest bulletin of these areas that is not corrected.
async fn last_bulletin(
    db: &mut store::Connection,
    scope: AreaScope,
    at: Micros,
) -> Result<Option<Bulletin>, Fault> {
    let found = views::bulletins(db, scope, None, 20).await?;
    let holds = |b: &Bulletin| b.corrected_by.is_none() && b.document.as_of <= at;
    // That of exactly these areas, rather than that of one of their counties.
    let own = found.iter().find(|b| holds(b) && b.document.scope == scope).cloned();
    Ok(own.or_else(|| found.into_iter().find(holds)))
}

impl Live {
    async fn load(seat: &Seat, scope: AreaScope, now: Micros) -> Result<Live, Fault> {
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
        vec![
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
        ]
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
