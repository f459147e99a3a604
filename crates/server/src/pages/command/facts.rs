//! What the board shows, read from counters: what is new and where, what is late, what does not
//! balance, what runs out, what was decided. The board, the meeting's sheets and the evidence of
//! decisions all come from here, so that they say the same.

mod live;

use cases::views::{AreaFigures, Figures, Window};
use cases::{FoundIn, Measure};
use command::{Bulletin, Decision, Evidence, views};
use types::{AreaScope, Micros, Refusal, Span};

pub use live::{Live, region};

use crate::i18n::number;
use crate::seat::Seat;
use crate::ui::parts::{Figure, Tone};
use crate::ui::time::{Local, parse_local};
use crate::{Fault, t};

/// Days in the line of the last days.
const DAYS: i64 = 14;
/// Decisions on the board.
const DECISIONS: i64 = 6;

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
