//! What waits for each role, on the first page: the running round for those who direct it, the
//! blind spots of a grid worker's community, and what somebody has in hand.

use futures::future::BoxFuture;
use registry::place::Level;
use store::Connection;
use testing::views::{self, StageCounts};
use testing::{Round, Stage};
use types::{AreaScope, PlaceCode};

use super::rounds::concerns;
use super::words::{percent, round_name};
use crate::Fault;
use crate::access::{Grant, Role};
use crate::i18n::number;
use crate::routes::Routes;
use crate::seat::Seat;
use crate::t;
use crate::ui::parts::{Figure, Tone};

/// Most units of a holder that are looked at: whoever has more has more than a figure says.
const HELD: i64 = 1_000;

/// Registers the figures.
pub fn register(routes: &mut Routes) {
    routes.waiting([Role::Commander, Role::District, Role::Auditor], of_a_desk);
    routes.waiting([Role::Grid], of_a_grid);
    routes.waiting([Role::Sampler, Role::Courier, Role::Laboratory], in_hand);
}

/// The latest round that is open and touches the areas.
async fn running(db: &mut Connection, scope: AreaScope) -> Result<Option<Round>, Fault> {
    let rounds = views::rounds(db).await?;
    let open = rounds.into_iter().filter(|r| r.closed_at.is_none() && concerns(r, scope));
    Ok(open.max_by_key(|r| r.starts_at))
}

/// A path with the areas of the grant: a second grant is of other areas than those in view.
fn within(scope: AreaScope, path: &str) -> String {
    let text = scope.to_string();
    if text.is_empty() { path.to_owned() } else { format!("{path}?area={text}") }
}

fn blind(seat: &Seat, counts: &StageCounts, href: String) -> Figure {
    let (n, planned) = (counts.blind(), counts.persons(Stage::Planned));
    Figure {
        label: t!(seat, "blind-spots"),
        value: number(n),
        href: Some(href),
        detail: Some(t!(seat, "share-of-planned", share = percent(n, planned))),
        tone: if n > 0 { Tone::Warning } else { Tone::Good },
    }
}

fn of_a_desk<'a>(seat: &'a Seat, grant: &'a Grant) -> BoxFuture<'a, Result<Vec<Figure>, Fault>> {
    Box::pin(async move {
        let mut db = seat.db().await?;
        let mut figures = Vec::new();
        if let Some(round) = running(&mut db, grant.scope).await? {
            let counts = views::totals(&mut db, grant.scope, round.id).await?;
            let page = format!("/testing/rounds/{}", round.id);
            let (sampled, planned) =
                (counts.persons(Stage::Sampled), counts.persons(Stage::Planned));
            figures.push(Figure {
                label: round_name(seat, &round),
                value: percent(sampled, planned),
                href: Some(within(grant.scope, &page)),
                detail: Some(t!(
                    seat,
                    "waiting-sampled",
                    n = number(sampled),
                    of = number(planned),
                    until = seat.time(round.ends_at).to_string()
                )),
                tone: Tone::Info,
            });
            figures.push(blind(seat, &counts, within(grant.scope, &format!("{page}/blind"))));
        }
        let late = ledger::views::late(&mut db, grant.scope, seat.now()).await?;
        let units = late.iter().map(|line| line.units).sum();
        figures.push(Figure {
            label: t!(seat, "nav-late"),
            value: number(units),
            href: Some(within(grant.scope, "/testing/late")),
            detail: Some(t!(seat, "unit-units")),
            tone: if units > 0 { Tone::Bad } else { Tone::Good },
        });
        Ok(figures)
    })
}

/// The community of a grid worker, if its holder names one.
fn community_of(grant: &Grant) -> Option<PlaceCode> {
    let place = PlaceCode::parse(grant.holder.as_ref()?.code()).ok()?;
    Level::of(&place).is_some_and(|level| level == Level::Community).then_some(place)
}

fn of_a_grid<'a>(seat: &'a Seat, grant: &'a Grant) -> BoxFuture<'a, Result<Vec<Figure>, Fault>> {
    Box::pin(async move {
        let mut db = seat.db().await?;
        let Some(round) = running(&mut db, grant.scope).await? else { return Ok(Vec::new()) };
        let page = format!("/testing/rounds/{}/blind", round.id);
        let Some(community) = community_of(grant) else {
            let counts = views::totals(&mut db, grant.scope, round.id).await?;
            return Ok(vec![blind(seat, &counts, within(grant.scope, &page))]);
        };
        let code = community.as_str();
        let lines = views::places(&mut db, grant.scope, round.id, code, code.len() as i64).await?;
        let counts = lines.into_iter().find(|l| l.place == code).map(|l| l.counts);
        let counts = counts.unwrap_or_default();
        Ok(vec![blind(seat, &counts, format!("{page}/{community}"))])
    })
}

fn in_hand<'a>(seat: &'a Seat, grant: &'a Grant) -> BoxFuture<'a, Result<Vec<Figure>, Fault>> {
    Box::pin(async move {
        let Some(holder) = &grant.holder else { return Ok(Vec::new()) };
        let mut db = seat.db().await?;
        let held = ledger::views::held(&mut db, holder, HELD).await?;
        let now = seat.now();
        let late = held.iter().filter(|line| line.deadline.is_some_and(|d| d < now)).count();
        let href = match grant.role {
            Role::Laboratory => "/laboratory".to_owned(),
            _ => format!("/testing/holders/{holder}"),
        };
        let figure = |label: String, n: usize, tone: Tone| Figure {
            label,
            value: if n as i64 == HELD { format!("{}+", number(HELD)) } else { number(n as i64) },
            href: Some(href.clone()),
            detail: None,
            tone: if n > 0 { tone } else { Tone::Good },
        };
        Ok(vec![
            figure(t!(seat, "work-in-hand"), held.len(), Tone::Plain),
            figure(t!(seat, "work-late"), late, Tone::Bad),
        ])
    })
}
